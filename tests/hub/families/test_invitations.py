"""Invitations of a family: another adult who answers too, and the record that passes to whom it is of."""

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person
from hub.accounts.service import digest
from hub.clock import ROME, now
from hub.db import db
from hub.families import invitations, rules, service
from hub.families.models import FamilyInvitation, Guardianship, Participant
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.refusal import Refusal
from tests.hub.families.conftest import born, child, link, told
from tests.hub.families.test_service import refusal, second

ADDRESS = "nuova@posta.example"


def invite(record: Participant, by: Person, email: str = ADDRESS) -> FamilyInvitation:
    made = invitations.invite(record, email, by=by)
    db.session.commit()
    return made


def accept(token: str, by: Person) -> Participant:
    record = invitations.accept(token, by=by, basis="parent", other_agrees=True)
    db.session.commit()
    return record


def test_a_guardian_invites_another_by_mail_which_does_not_name_the_child(app, people, session):
    anna = child(people["rosa"])
    made = invite(anna, people["rosa"], " Nuova@Posta.Example ")
    sent = session.scalars(sa.select(Notice).filter_by(kind="families/invited")).one()
    assert (sent.private, sent.address, sent.subject) == (True, ADDRESS, f"family-invitation:{made.id}")
    mail = letter(sent)
    assert "Rosa Greco" in mail["Subject"] and f"http://localhost/famiglia/inviti/{link('invited')}" in mail.get_content()
    assert "Anna" not in mail["Subject"] + mail.get_content()
    assert made.token_hash == digest(link("invited"))
    assert link("invited") not in str(session.execute(sa.select(FamilyInvitation.__table__)).all())


def test_who_accepts_sees_and_changes_the_same_and_the_others_hear(people, session):
    anna = child(people["rosa"])
    invite(anna, people["rosa"])
    token = link("invited")
    assert accept(token, people["pino"]).id == anna.id
    assert service.answers_for(people["pino"], anna)
    assert [(one.guardian_id, one.basis) for one in service.guardianships_of(anna)][1] == (people["pino"].id, "parent")
    assert told()[-1] == ("joined", "rosa@posta.example")
    before = len(told())
    accept(token, people["pino"])  # a second press of the button
    assert len(told()) == before and len(service.guardianships_of(anna)) == 2
    assert refusal(accept, token, people["ugo"]).rule == "invitation"


def test_only_a_guardian_invites_and_an_address_once(people, session):
    anna = child(people["rosa"])
    assert refusal(invite, anna, people["ugo"]).rule == "answers"
    made = invite(anna, people["rosa"])
    assert refusal(invite, anna, people["rosa"], ADDRESS.upper()).rule == "invited"
    for verb in (invitations.resend, invitations.revoke):
        assert refusal(verb, made, by=people["ugo"]).rule == "answers"
    second(anna, people["pino"])
    first = link("invited")
    invitations.resend(made, by=people["pino"])
    session.commit()
    assert link("invited") != first and invitations.invitation_with(first) is None


def test_the_database_keeps_one_open_invitation_for_an_address(people, session):
    anna = child(people["rosa"])
    invite(anna, people["rosa"])
    columns = "participant_id, invited_as, email, invited_by_id, created_at, expires_at"
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(
            sa.text(f"INSERT INTO family_invitation ({columns}, token_hash) SELECT {columns}, 'x' FROM family_invitation")
        )
    session.rollback()


@pytest.mark.parametrize("end", ["expired", "revoked", "declined", "unknown", "inviter left"])
def test_a_link_that_is_over_opens_nothing(people, session, end):
    anna = child(people["rosa"])
    second(anna, people["citizen"])
    made = invite(anna, people["rosa"])
    token = link("invited")
    if end == "revoked":
        invitations.revoke(made, by=people["rosa"])
        invitations.revoke(made, by=people["rosa"])
    elif end == "declined":
        invitations.decline(token)
        invitations.decline(token)
    elif end == "inviter left":
        service.stop_answering(anna, by=people["rosa"])
    session.commit()
    edge = made.expires_at + timedelta(seconds=0 if end == "expired" else -1)
    with time_machine.travel(edge, tick=False):
        token = "nessuno" if end == "unknown" else token
        assert refusal(accept, token, people["ugo"]).rule == "invitation"
    assert not service.answers_for(people["ugo"], anna)


def test_an_invitation_to_answer_for_who_has_come_of_age_since_is_over(people, session):
    luca = child(people["rosa"], "Luca", birth_date=born(17, 360))
    invite(luca, people["rosa"])
    token = link("invited")
    day = datetime.combine(rules.comes_of_age(luca.birth_date), time(), ROME).astimezone(UTC)
    with time_machine.travel(day - timedelta(seconds=1), tick=False):
        assert invitations.standing(invitations.invitation_with(token)) == "open"
    with time_machine.travel(day, tick=False):
        assert invitations.standing(invitations.invitation_with(token)) == "expired"
        assert refusal(accept, token, people["pino"]).rule == "invitation"


def test_a_minor_does_not_come_to_answer_for_others(people, session):
    anna = child(people["rosa"])
    invite(anna, people["rosa"])
    session.get(Person, people["ugo"].id).birth_date = born(17)
    session.commit()
    assert refusal(accept, link("invited"), people["ugo"]).rule == "adult"


# --- one's own record


def offer(record: Participant, by: Person, email: str = "luca@posta.example") -> str:
    invitations.offer(record, email, by=by)
    db.session.commit()
    return link("offered")


def test_from_fourteen_on_a_guardian_gives_the_child_an_account_and_answers_on(people, session):
    luca = child(people["rosa"], "Luca", birth_date=born(14, -1))
    assert refusal(offer, luca, people["rosa"]).rule == "young"
    luca.birth_date = born(14)
    session.commit()
    token = offer(luca, people["rosa"])
    assert accept(token, people["ugo"]).person_id == people["ugo"].id
    assert service.enrols(people["ugo"], luca) == "pending" and service.answers_for(people["rosa"], luca)
    assert told()[-1] == ("joined", "rosa@posta.example")
    accept(token, people["ugo"])  # a second press of the button
    assert luca.subject == f"participant:{luca.id}"  # the log knows them by what it knew them by
    assert refusal(offer, luca, people["rosa"]).rule == "account"


def test_the_link_to_a_record_is_not_for_a_guardian_nor_for_who_was_born_otherwise(people, session):
    luca = child(people["rosa"], "Luca", 17)
    token = offer(luca, people["rosa"])
    assert refusal(accept, token, people["rosa"]).rule == "own-guardian"
    session.get(Person, people["ugo"].id).birth_date = born(30)
    session.commit()
    assert refusal(accept, token, people["ugo"]).rule == "birth-other"
    session.get(Person, people["ugo"].id).birth_date = luca.birth_date
    session.commit()
    assert accept(token, people["ugo"]).person_id == people["ugo"].id


def test_a_record_of_ones_own_with_which_nothing_was_done_makes_way(people, session):
    luca = child(people["rosa"], "Luca", 17)
    mine = service.participant_of(people["ugo"])
    accept(offer(luca, people["rosa"]), people["ugo"])
    session.refresh(mine)
    assert (mine.erased_at is not None, mine.person_id) == (True, None)
    assert service.record_of(people["ugo"]).id == luca.id


def test_a_link_sent_at_seventeen_is_taken_up_at_eighteen(people, session):
    luca = child(people["rosa"], "Luca", birth_date=born(17, 360))
    token = offer(luca, people["rosa"])
    day = datetime.combine(rules.comes_of_age(luca.birth_date), time(), ROME).astimezone(UTC)
    with time_machine.travel(day, tick=False):
        assert accept(token, people["ugo"]).id == luca.id
        assert service.answers_for(people["ugo"], luca) and not service.answers_for(people["rosa"], luca)
        assert [kind for kind, _address in told()].count("joined") == 0  # nobody answers for them any more


def test_a_manager_hands_a_record_over_from_the_day_of_eighteen(people, session):
    luca = child(people["rosa"], "Luca", birth_date=born(18, -1))
    assert refusal(invitations.hand_over, luca, ADDRESS, by=people["manager"]).rule == "minor"
    luca.birth_date = born(18)
    session.commit()
    for _ in range(2):  # asked again, another link
        invitations.hand_over(luca, ADDRESS, by=people["manager"])
    session.commit()
    assert accept(link("offered"), people["ugo"]).person_id == people["ugo"].id
    assert refusal(invitations.hand_over, luca, ADDRESS, by=people["manager"]).rule == "account"


def test_mails_are_limited_by_mailbox_and_by_person(people, session):
    session.rollback()

    def sends(address: str, by: Person) -> str:
        try:
            invitations.must_not_flood(address, by=by)
        except Refusal as refused:
            return refused.rule
        return "sent"

    answers = [sends("Una@posta.example", people["rosa"]) for _ in range(invitations.TO_MAILBOX.times + 1)]
    assert answers[-2:] == ["sent", "too-many"]
    answers = [sends(f"a{number}@posta.example", people["ugo"]) for number in range(invitations.FROM_PERSON.times + 1)]
    assert answers[-2:] == ["sent", "too-many"]


def test_addresses_are_thrown_away_in_time(people, session):
    anna = child(people["rosa"])
    answered, expired, live = (invite(anna, people["rosa"], f"{name}@posta.example") for name in ("a", "b", "c"))
    invitations.revoke(answered, by=people["rosa"])
    expired.expires_at, live.expires_at = now() + timedelta(days=3), now() + timedelta(days=14)
    session.commit()
    assert invitations.purge_family_invitations(now() + timedelta(days=29)) == 0
    assert invitations.purge_family_invitations(now() + timedelta(days=31)) == 1
    assert invitations.purge_family_invitations(now() + timedelta(days=34)) == 1
    assert session.scalars(sa.select(FamilyInvitation.email)).all() == ["c@posta.example"]


def test_who_left_may_come_back_by_another_invitation(people, session):
    anna = child(people["rosa"])
    for _ in range(2):
        invite(anna, people["rosa"])
        accept(link("invited"), people["ugo"])
        service.stop_answering(anna, by=people["ugo"])
        session.commit()
    rows = sa.select(sa.func.count()).select_from(Guardianship).where(Guardianship.guardian_id == people["ugo"].id)
    assert session.scalar(rows) == 2
