"""Organisations on a real database: founding, changing, verifying, closing; what the database keeps."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError

from hub.accounts.models import Identity, Person
from hub.accounts.roles import grant_role
from hub.clock import now
from hub.db import db
from hub.organisations import members, service, verification
from hub.organisations.demo import ASSOCIATION, load_organisations
from hub.organisations.models import Invitation, Membership, Organisation, OrganisationChange
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from tests.hub.organisations.conftest import (
    CHILD,
    CODE,
    GROUP,
    GROWN_UP,
    OTHER_CODE,
    SAID,
    founded,
    grouped,
    join,
    place,
    somebody,
    told,
    verified,
)


def refusal_of(call, *args, **values) -> Refusal:
    """What a verb was refused with; what it did is undone, as in a request."""
    with pytest.raises(Refusal) as refused:
        call(*args, **values)
    db.session.rollback()
    return refused.value


def lines(organisation: Organisation) -> list[tuple[str, str, str]]:
    return [(line.before, line.after, line.reason) for line in service.history(organisation)]


def again(organisation: Organisation) -> Organisation:
    """As a manager's request finds it."""
    return verification.organisation_by(organisation.id, locked=True)


# --- founding


def test_whoever_founds_an_organisation_stands_for_it_and_managers_hear(people):
    made = founded(people["rosa"], tax_code=" 0000 001 9992", email="Circolo@Posta.example", vat_number="IT00000019992")
    assert (made.state, made.tax_code, made.vat_number, made.pec) == ("pending", CODE, CODE, None)
    assert made.email == "circolo@posta.example"
    assert [(one.person_id, one.role) for one in service.members_of(made)] == [(people["rosa"].id, "legal_rep")]
    assert lines(made) == [("", "pending", "")]
    assert told() == [("received", "rosa@posta.example"), ("to_verify", "gestore@officine.example")]


def test_the_same_organisation_is_not_founded_twice_while_it_waits(people):
    first = founded(people["rosa"])
    by_code = SAID | {"name": "Un altro nome"}
    by_name = SAID | {"name": "CIRCOLO dei  prova libri", "tax_code": OTHER_CODE}
    for values in (by_code, by_name):
        assert refusal_of(service.found, values, by=people["rosa"]).rule == "twin"
        assert service.waiting_like(values, by=people["rosa"]).id == first.id
    founded(people["pino"])  # of two people who say they stand for it, a manager finds out who does


def test_one_person_does_not_keep_the_managers_busy(people):
    for number in range(5):
        service.found(GROUP | {"name": f"Gruppo {number}"}, by=people["rosa"], birth_date=GROWN_UP)
    assert refusal_of(service.found, GROUP | {"name": "Gruppo 5"}, by=people["rosa"]).rule == "pending"


def test_the_code_of_a_verified_organisation_is_refused_without_a_name(people):
    verified(people["rosa"], people["manager"])
    refusal = refusal_of(service.found, SAID | {"name": "Altro"}, by=people["pino"])
    assert (refusal.rule, refusal.field, refusal.values) == ("code-taken", "tax_code", {})


def test_a_child_founds_nothing_and_a_group_asks_for_a_day_of_birth(people, session):
    people["pino"].birth_date = CHILD
    session.commit()
    assert refusal_of(service.found, SAID, by=people["pino"]).rule == "adult"
    assert refusal_of(service.found, GROUP, by=people["rosa"]).rule == "birth-missing"
    assert refusal_of(service.found, GROUP, by=people["rosa"], birth_date=CHILD).rule == "adult"
    assert session.get(Person, people["rosa"].id).birth_date is None
    made = service.found(GROUP, by=people["rosa"], birth_date=GROWN_UP)
    assert (made.tax_code, session.get(Person, people["rosa"].id).birth_date) == (None, GROWN_UP)


def test_a_day_of_birth_comes_from_the_digital_identity_where_there_is_one(people, session):
    rosa = people["rosa"]
    session.add(Identity(person_id=rosa.id, fiscal_code="RSSMRA85T10A562S", level=2, identified_at=now()))
    session.commit()
    assert not service.asks_birth(rosa)
    assert refusal_of(service.found, GROUP, by=rosa, birth_date=GROWN_UP).rule == "birth-identity"
    session.get(Person, rosa.id).birth_date = GROWN_UP
    session.commit()
    assert service.found(GROUP, by=rosa, birth_date=CHILD) and session.get(Person, rosa.id).birth_date == GROWN_UP


# --- changing


def test_what_waits_is_changed_freely_and_goes_on_waiting(people):
    made = founded(people["rosa"])
    service.revise(SAID | {"name": "Circolo nuovo", "tax_code": OTHER_CODE}, by=place(people["rosa"], made))
    assert (made.state, made.name, made.tax_code) == ("pending", "Circolo nuovo", OTHER_CODE)
    assert len(lines(made)) == 1


def test_what_was_refused_is_sent_again(people):
    made = founded(people["rosa"])
    verification.refuse(again(made), "Manca lo statuto.", by=people["manager"])
    service.revise({"address": "Via Nuova 1"}, by=place(people["rosa"], made))
    assert made.state == "pending"
    assert lines(made) == [
        ("", "pending", ""),
        ("pending", "refused", "Manca lo statuto."),
        ("refused", "pending", ""),
    ]
    assert [kind for kind, _ in told()] == ["received", "to_verify", "refused", "received", "to_verify"]


def test_contacts_of_a_verified_organisation_are_free_and_its_name_is_verified_again(people):
    made = verified(people["rosa"], people["manager"])
    join(made, people["pino"], "editor")
    service.revise({"address": "Via Nuova 1", "pec": "Circolo@PEC.example"}, by=place(people["pino"], made))
    assert (made.state, made.pec) == ("verified", "circolo@pec.example")
    assert refusal_of(service.revise, {"name": "Altro"}, by=place(people["pino"], made)).rule == "role"
    service.revise({"name": "Altro"}, by=place(people["rosa"], made))
    assert (made.state, made.name) == ("pending", "Altro")
    assert lines(made)[-1] == ("verified", "pending", "")
    assert [address for kind, address in told() if kind == "received"][-2:] == ["rosa@posta.example", "pino@posta.example"]


def test_a_verified_group_does_not_become_an_association(people):
    made = grouped(people["rosa"], somebody("ada", GROWN_UP), manager=people["manager"])
    refusal = refusal_of(service.revise, {"kind": "association", "tax_code": CODE}, by=place(people["rosa"], made))
    assert refusal.rule == "kind"


def test_another_organisation_s_verified_code_is_not_taken_by_editing(people):
    verified(people["rosa"], people["manager"])
    mine = founded(people["pino"], name="Altra", tax_code=OTHER_CODE)
    assert refusal_of(service.revise, {"tax_code": CODE}, by=place(people["pino"], mine)).rule == "code-taken"


def test_a_member_who_does_not_act_changes_nothing(people):
    made = founded(people["rosa"])
    join(made, people["pino"])
    assert refusal_of(service.revise, {"address": "Altrove"}, by=place(people["pino"], made)).rule == "role"


# --- verification


def test_a_manager_verifies_and_everybody_in_it_hears(people, session):
    made = founded(people["rosa"])
    join(made, people["pino"])
    verification.verify(again(made), by=people["manager"])
    assert made.state == "verified"
    assert told()[-2:] == [("verified", "rosa@posta.example"), ("verified", "pino@posta.example")]
    assert session.scalars(sa.select(LogEntry)).all() == []  # `org.status` speaks of enterprises born, not of our checks


def test_a_refusal_has_a_reason_and_a_decision_is_taken_once(people):
    made = founded(people["rosa"])
    assert refusal_of(verification.refuse, again(made), "  ", by=people["manager"]).field == "reason"
    verification.verify(again(made), by=people["manager"])
    db.session.commit()
    assert refusal_of(verification.verify, again(made), by=people["manager"]).rule == "state"
    assert refusal_of(verification.refuse, again(made), "Tardi", by=people["manager"]).rule == "state"


def test_a_manager_does_not_judge_an_organisation_of_theirs(people):
    made = founded(people["rosa"])
    join(made, people["manager"])
    for verb in (verification.verify, lambda one, by: verification.refuse(one, "No", by=by)):
        assert refusal_of(verb, again(made), by=people["manager"]).rule == "own"
    assert refusal_of(verification.mark_implementer, again(made), True, by=people["manager"]).rule == "own"


def test_of_two_with_one_code_the_second_is_not_verified(people):
    first, second = founded(people["rosa"]), founded(people["pino"], name="Un'altra")
    assert verification.with_same_code(first) == [second]
    verification.verify(again(first), by=people["manager"])
    db.session.commit()
    assert refusal_of(verification.verify, again(second), by=people["manager"]).rule == "code-taken"


def test_a_group_of_one_adult_is_not_verified_and_the_words_say_why(people):
    made = grouped(people["rosa"])
    assert refusal_of(verification.verify, again(made), by=people["manager"]).values == {"adults": 1}
    join(made, people["pino"])
    assert refusal_of(verification.verify, again(made), by=people["manager"]).values == {"adults": 1, "unknown": 1}
    members.declare_birth(CHILD, by=place(people["pino"], made))
    db.session.commit()
    assert refusal_of(verification.verify, again(made), by=people["manager"]).values == {"adults": 1}
    join(made, somebody("ada", GROWN_UP))
    verification.verify(again(made), by=people["manager"])
    assert made.state == "verified"


def test_the_queue_shows_each_state_with_counts_and_age(people):
    with time_machine.travel(now() - timedelta(days=9)):
        old = founded(people["rosa"])
    verified(people["pino"], people["manager"], name="Fatta", tax_code=OTHER_CODE)
    new = founded(people["ugo"], name="Nuova")
    rows, more = verification.queue("pending")
    assert [organisation.id for organisation, _ in rows] == [old.id, new.id] and not more
    assert (now() - rows[0][1]).days == 9
    assert verification.counts() == {"pending": 2, "verified": 1, "refused": 0, "closed": 0}


def test_an_age_begins_anew_when_it_is_sent_again_and_not_when_the_implementer_is_named(people):
    with time_machine.travel(now() - timedelta(days=9)):
        made = founded(people["rosa"])
        verification.refuse(again(made), "Manca lo statuto.", by=people["manager"])
    with time_machine.travel(now() - timedelta(days=4)):
        service.revise({}, by=place(people["rosa"], made))
    verification.mark_implementer(again(made), True, by=people["manager"])
    ((_, since),), _ = verification.queue("pending")
    assert (now() - since).days == 4


def test_pages_of_the_queue_follow_one_another(people):
    for number in range(21):
        service.found(SAID | {"name": f"N. {number}", "tax_code": CODE}, by=somebody(f"fondatrice{number}"))
    first, more = verification.queue("pending")
    second, end = verification.queue("pending", page=2)
    assert (len(first), more, len(second), end) == (20, True, 1, False)


# --- the implementer and the evaluator: whichever of the three facts comes last is refused, in words


def test_the_implementer_is_named_and_no_longer_and_its_people_hear(people):
    made = verified(people["rosa"], people["manager"])
    for value in (True, True, False):
        verification.mark_implementer(again(made), value, by=people["manager"])
    assert [line[2] for line in lines(made)[2:]] == ["implementer", "not_implementer"]
    assert [kind for kind, _ in told()].count("implementer") == 2


def test_the_organisation_of_an_evaluator_is_not_the_implementer(people):
    made = verified(people["rosa"], people["manager"])
    join(made, people["evaluator"])
    assert refusal_of(verification.mark_implementer, again(made), True, by=people["manager"]).rule == "evaluator-apart"
    assert not db.session.get(Organisation, made.id).is_implementer


def test_who_is_of_the_implementer_becomes_no_evaluator(people):
    made = verified(people["rosa"], people["manager"])
    join(made, people["pino"])
    verification.mark_implementer(again(made), True, by=people["manager"])
    db.session.commit()
    assert refusal_of(grant_role, people["pino"], "evaluator").rule == "evaluator-apart"
    members.leave(by=place(people["pino"], made))
    db.session.commit()
    grant_role(db.session.get(Person, people["pino"].id), "evaluator")


def test_the_database_itself_keeps_an_evaluator_out_of_the_implementer(people, session):
    made = verified(people["rosa"], people["manager"])
    verification.mark_implementer(again(made), True, by=people["manager"])
    session.commit()
    with pytest.raises(IntegrityError, match="evaluator_apart_join"):
        join(made, people["evaluator"])
    session.rollback()


# --- closing


def test_closing_ends_the_acting_and_the_invitations_and_everybody_hears(people, session):
    made = verified(people["rosa"], people["manager"])
    join(made, people["pino"])
    asked = Invitation(organisation_id=made.id, email="x@posta.example", role="member", token_hash="x" * 64)
    asked.invited_by, asked.created_at, asked.expires_at = people["rosa"].id, now(), now() + timedelta(days=1)
    session.add(asked)
    session.commit()
    assert refusal_of(service.close, by=place(people["pino"], made)).rule == "role"
    service.close(by=place(people["rosa"], made))
    session.commit()
    assert made.state == "closed" and asked.answer == "revoked"
    assert [address for kind, address in told() if kind == "closed"] == ["rosa@posta.example", "pino@posta.example"]
    assert refusal_of(service.close, by=place(people["rosa"], made)).rule == "closed"
    assert refusal_of(service.revise, {"address": "Altrove"}, by=place(people["rosa"], made)).rule == "closed"
    founded(people["ugo"])  # the code is free again


# --- what the database keeps


def test_the_history_is_never_rewritten(people, session):
    made = founded(people["rosa"])
    for statement in (sa.update(OrganisationChange).values(reason="altro"), sa.delete(OrganisationChange)):
        with pytest.raises(IntegrityError, match="organisation_change_kept"):
            session.execute(statement)
        session.rollback()
    assert lines(made) == [("", "pending", "")]


@pytest.mark.parametrize(
    "statement",
    [
        sa.delete(Membership),
        sa.update(Membership).values(ended_at=None),
        sa.update(Membership).values(person_id=1),
    ],
)
def test_who_belonged_when_is_never_rewritten(people, session, statement):
    made = founded(people["rosa"])
    gone = join(made, people["pino"])
    gone.ended_at = now()
    session.commit()
    with pytest.raises(IntegrityError, match="membership_kept"):
        session.execute(statement.where(Membership.id == gone.id))
    session.rollback()


def test_one_place_each_and_one_representative(people, session):
    made = founded(people["rosa"])
    for person, role in ((people["rosa"], "member"), (people["pino"], "legal_rep")):
        with pytest.raises(IntegrityError):
            join(made, person, role)
        session.rollback()


@pytest.mark.parametrize(
    "values", [{"kind": "club"}, {"state": "open"}, {"name": ""}, {"tax_code": None}], ids=lambda values: next(iter(values))
)
def test_a_row_that_breaks_a_list_or_lacks_its_code_is_refused(people, session, values):
    made = founded(people["rosa"])
    with pytest.raises(IntegrityError):
        session.execute(sa.update(Organisation).filter_by(id=made.id).values(values))
    session.rollback()


# --- the demo


def test_the_demo_has_one_verified_association_that_is_plainly_made_up(people, session):
    made = load_organisations(people)["association"]
    assert load_organisations(people)["association"] is made
    session.commit()
    assert made.state == "verified" and "(demo)" in made.name and "Dato sintetico" in made.purpose
    assert place(people["citizen"], made).role == "legal_rep"
    assert made.tax_code == ASSOCIATION["tax_code"]
    assert [one.id for one in members.organisations_to_act_for(people["citizen"])] == [made.id]
