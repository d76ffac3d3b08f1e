"""Families on a real database: who answers for whom until eighteen, who is told, what the database keeps."""

import ast
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

import hub
from hub.accounts.models import Identity, Person
from hub.clock import ROME, now, today
from hub.families import consents, service
from hub.families.models import Consent, Guardianship, Participant, ParticipantView
from hub.families.words import LOOKED_AT, TEXT_VERSION
from hub.refusal import Refusal
from tests.hub.families.conftest import born, child, said, told
from tests.hub.organisations.conftest import somebody


def refusal(verb, *args, **more) -> Refusal:
    with pytest.raises(Refusal) as caught:
        verb(*args, **more)
    return caught.value


def second(record: Participant, by: Person) -> Guardianship:
    return service.answer_for(record, basis="tutor", other_agrees=False, by=by)


def test_a_guardian_adds_a_child_and_declares_that_the_other_parent_agrees(people, session):
    anna = child(people["rosa"])
    assert (anna.name, anna.subject, anna.person_id) == ("Anna Greco", f"participant:{anna.id}", None)
    (one,) = service.guardianships_of(anna)
    assert (one.guardian_id, one.basis, one.ended_at) == (people["rosa"].id, "parent", None)
    assert one.other_agrees_at is not None
    second(anna, people["pino"])
    assert [one.other_agrees_at for one in service.guardianships_of(anna)][1] is None
    assert [one.id for one in service.children_of(people["rosa"])] == [anna.id]
    assert service.answers_for(people["pino"], anna) and not service.answers_for(people["ugo"], anna)


def test_the_same_child_is_not_added_twice_and_everything_wrong_is_said_at_once(people, session):
    child(people["rosa"])
    twin = said("  anna ", birth_date=born(11, 100))
    assert refusal(service.add_child, twin, basis="parent", other_agrees=True, by=people["rosa"]).rule == "twin"
    session.rollback()
    service.add_child(twin, basis="parent", other_agrees=True, by=people["pino"])  # what another has added is their own
    session.get(Person, people["ugo"].id).birth_date = born(17)
    grown = said(years=18, birth_date=born(18))
    wrong = refusal(service.add_child, grown, basis="parent", other_agrees=True, by=people["ugo"])
    assert [one.rule for one in wrong.all] == ["of-age", "adult"]


def test_nobody_adds_children_without_end(people, session):
    for number in range(12):
        service.add_child(said(f"Bimbo{'x' * number}"), basis="parent", other_agrees=True, by=people["rosa"])
    assert refusal(service.add_child, said("Uno"), basis="parent", other_agrees=True, by=people["rosa"]).rule == "many"


def test_on_the_day_of_eighteen_guardians_answer_no_longer_and_the_young_adult_does(people, session):
    """From the first instant of the day on the clocks of Lecce."""
    luca = child(people["rosa"], "Luca", birth_date=born(17, 200))
    luca.person_id = people["ugo"].id
    session.commit()
    day = datetime.combine(service.rules.comes_of_age(luca.birth_date), time(), ROME).astimezone(UTC)
    with time_machine.travel(day - timedelta(seconds=1), tick=False):
        assert service.answers_for(people["rosa"], luca) and not service.answers_for(people["ugo"], luca)
        assert service.may_see(people["ugo"], luca) and service.enrols(people["ugo"], luca) == "pending"
        assert service.people_of(luca) == [session.get(Person, people["rosa"].id)]
    with time_machine.travel(day, tick=False):
        assert not service.answers_for(people["rosa"], luca) and service.answers_for(people["ugo"], luca)
        assert service.children_of(people["rosa"]) == [] and service.guardianships_of(luca) == []
        assert service.record_seen_by(people["rosa"], luca.id) is None
        assert [one.id for one in service.people_of(luca)] == [people["ugo"].id]
        assert refusal(service.change, luca, {"gender": "x"}, by=people["rosa"]).rule == "answers"


def test_ones_own_record_has_the_name_of_the_account_and_the_birth_that_the_identity_says(people, session):
    rosa = session.get(Person, people["rosa"].id)
    record = service.participant_of(rosa, born(30))
    assert (record.name, record.subject, record.birth_date) == ("Rosa Greco", rosa.subject, born(30))
    rosa.family_name = "Bianchi"
    assert service.participant_of(rosa).id == record.id
    assert (record.name, record.birth_date) == ("Rosa Bianchi", born(30))
    session.add(Identity(person_id=rosa.id, fiscal_code="RSSMRA80A01H501U", level=2, identified_at=now()))
    rosa.birth_date = born(40)
    assert service.participant_of(rosa, born(50)).birth_date == born(40)


def test_what_guardians_said_of_a_birth_is_not_undone_by_the_minors_profile(people, session):
    luca = child(people["rosa"], "Luca", 16)
    before = luca.birth_date
    luca.person_id = people["ugo"].id
    session.get(Person, people["ugo"].id).birth_date = born(30)
    session.commit()
    assert service.participant_of(people["ugo"], born(30)).birth_date == before
    assert refusal(service.change, luca, {"birth_date": born(30)}, by=people["ugo"]).rule == "answers"


def test_who_mistyped_their_own_birth_may_say_so_again(people, session):
    record = service.participant_of(people["rosa"], born(9))
    assert not service.answers_for(people["rosa"], record)
    service.change(record, {"birth_date": born(39)}, by=people["rosa"])
    assert service.answers_for(people["rosa"], record)


def test_asked_for_twice_it_is_one_record(people, session):
    first, again = service.participant_of(people["rosa"]), service.participant_of(people["rosa"])
    assert first.id == again.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1


def test_a_correction_must_hold_too(people, session):
    anna = child(people["rosa"])
    assert refusal(service.change, anna, {"birth_date": born(18)}, by=people["rosa"]).rule == "of-age"
    assert refusal(service.change, anna, {"birth_date": today() + timedelta(days=1)}, by=people["rosa"]).rule == "born"
    assert refusal(service.change, anna, {"gender": "x"}, by=people["ugo"]).rule == "answers"
    service.change(anna, said("Annina", 12), by=people["rosa"])
    assert (anna.given_name, service.rules.years_old(anna.birth_date, today())) == ("Annina", 12)


def test_who_leaves_is_gone_at_once_and_the_others_hear(people, session):
    anna = child(people["rosa"])
    second(anna, people["pino"])
    assert service.stop_answering(anna, by=people["rosa"]) is False
    session.commit()
    assert not service.answers_for(people["rosa"], anna) and service.answers_for(people["pino"], anna)
    assert told() == [("left", "pino@posta.example")]
    assert refusal(service.stop_answering, anna, by=people["rosa"]).rule == "answers"
    second(anna, people["rosa"])  # they may come back


def test_the_last_guardian_takes_the_record_away(people, session):
    anna = child(people["rosa"])
    service.add_pickup(anna, name="Zia Pia", phone="", by=people["rosa"])
    number, subject = anna.id, anna.subject
    assert service.stop_answering(anna, by=people["rosa"]) is True
    session.commit()
    left = session.execute(sa.select(Participant.__table__).where(Participant.id == number)).one()
    assert (left.given_name, left.family_name, left.birth_date, left.emergency_phone) == ("—", "", None, "")
    assert left.subject == subject and left.erased_at is not None
    assert service.pickups_of(anna) == [] and service.record_by(number) is None


def test_adults_who_may_take_the_child_home_come_and_go(people, session):
    anna = child(people["rosa"])
    second(anna, people["pino"])
    pia = service.add_pickup(anna, name="Zia Pia", phone="0832 1", by=people["rosa"])
    service.add_pickup(anna, name="Nonno Ugo", phone="", by=people["pino"])
    assert [one.name for one in service.pickups_of(anna)] == ["Zia Pia", "Nonno Ugo"]
    assert refusal(service.add_pickup, anna, name="X", phone="", by=people["ugo"]).rule == "answers"
    assert refusal(service.end_pickup, anna, pia.id, by=people["ugo"]).rule == "answers"
    service.end_pickup(anna, pia.id, by=people["pino"])  # whoever added them
    assert [one.name for one in service.pickups_of(anna)] == ["Nonno Ugo"]
    assert service.end_pickup(anna, pia.id, by=people["pino"]) is None
    assert service.end_pickup(child(people["ugo"], "Bea"), pia.id, by=people["ugo"]) is None


def test_what_the_staff_opens_is_written_down_and_what_a_parent_opens_is_not(people, session):
    anna = child(people["rosa"])
    service.viewed(anna, "health", "steam-2027", by=people["manager"])
    service.viewed(anna, "register", "steam-2027", by=people["rosa"])  # a parent who is a trainer too
    found, more = service.views_of(anna)
    assert [(one.viewer_id, one.what, one.ref) for one in found] == [(people["manager"].id, "health", "steam-2027")]
    for _ in range(service.PER_PAGE):
        service.viewed(anna, "register", by=people["manager"])
    found, more = service.views_of(anna)
    assert (len(found), more, found[0].what) == (service.PER_PAGE, True, "register")
    assert [one.what for one in service.views_of(anna, page=2)[0]] == ["health"]


def test_a_consent_is_no_until_somebody_says_yes_and_again_once_they_take_it_back(people, session):
    anna = child(people["rosa"])
    assert not consents.has_consent(anna, "photo")
    given = consents.give_consent(anna, "photo", by=people["rosa"])
    assert consents.give_consent(anna, "photo", by=people["rosa"]).id == given.id
    assert consents.has_consent(anna, "photo") and not consents.has_consent(anna, "assessment")
    assert refusal(consents.give_consent, anna, "photo", by=people["ugo"]).rule == "answers"
    assert refusal(consents.withdraw_consent, anna, "photo", by=people["ugo"]).rule == "answers"
    second(anna, people["pino"])
    consents.withdraw_consent(anna, "photo", by=people["pino"])  # either of them
    consents.withdraw_consent(anna, "photo", by=people["pino"])
    assert not consents.has_consent(anna, "photo")
    consents.give_consent(anna, "photo", by=people["pino"])
    session.commit()
    history = consents.consents_of(anna)
    assert [(one.given_by_id, one.withdrawn_by_id) for one in history] == [
        (people["pino"].id, None),
        (people["rosa"].id, people["pino"].id),
    ]
    assert consents.who_consented([anna], "photo") == {anna.id} and consents.who_consented([anna], "health") == set()


def test_new_words_are_said_yes_to_anew_and_the_old_ones_stay_in_the_history(people, session):
    anna = child(people["rosa"])
    old = Consent(participant_id=anna.id, purpose="photo", text_version="2025-01", given_by_id=people["rosa"].id, given_at=now())
    session.add(old)
    session.commit()
    assert consents.has_consent(anna, "photo") and not consents.has_consented_to_these_words(anna, "photo")
    new = consents.give_consent(anna, "photo", by=people["rosa"])
    session.commit()
    assert (old.text_version, new.text_version, old.withdrawn_at is None) == ("2025-01", TEXT_VERSION, False)
    assert consents.has_consented_to_these_words(anna, "photo")


def test_a_consent_on_paper_is_entered_by_who_answers_for_nobody(people, session):
    anna = child(people["rosa"])
    given = consents.give_consent(anna, "photo", by=people["manager"], on_paper=True)
    assert (given.on_paper, given.given_by_id) == (True, people["manager"].id)


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("DELETE FROM guardianship", "guardianship_kept_delete"),
        ("UPDATE guardianship SET guardian_id = {ugo}", "guardianship_kept_update"),
        ("DELETE FROM consent", "consent_kept_delete"),
        ("UPDATE consent SET purpose = 'health'", "consent_kept_update"),
        ("UPDATE consent SET text_version = 'x'", "consent_kept_update"),
        ("UPDATE consent SET given_by_id = {ugo}", "consent_kept_update"),
        ("UPDATE participant_view SET what = 'x'", "participant_view_kept_update"),
        ("DELETE FROM participant_view", "participant_view_kept_delete"),
    ],
)
def test_the_database_never_rewrites_who_answered_consented_or_looked(people, session, statement, promise):
    anna = child(people["rosa"])
    consents.give_consent(anna, "photo", by=people["rosa"])
    service.viewed(anna, "register", by=people["manager"])
    session.commit()
    with pytest.raises(sa.exc.DBAPIError, match=promise):
        session.execute(sa.text(statement.format(ugo=people["ugo"].id)))
    session.rollback()


def test_what_has_ended_stays_ended(people, session):
    anna = child(people["rosa"])
    second(anna, people["pino"])
    consents.give_consent(anna, "photo", by=people["rosa"])
    consents.withdraw_consent(anna, "photo", by=people["rosa"])
    service.stop_answering(anna, by=people["pino"])
    session.commit()
    for table, column in (("guardianship", "ended_at"), ("consent", "withdrawn_at")):
        with pytest.raises(sa.exc.DBAPIError, match=f"{table}_kept_update|ck_consent_withdrawn"):
            session.execute(sa.text(f"UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL"))
        session.rollback()


def test_the_database_keeps_one_guardianship_and_one_consent_at_a_time(people, session):
    anna = child(people["rosa"])
    with pytest.raises(sa.exc.IntegrityError):
        second(anna, people["rosa"])
    session.rollback()
    consents.give_consent(anna, "photo", by=people["rosa"])
    session.commit()
    columns = "participant_id, purpose, activity_id, text_version, given_by_id, given_at, on_paper"
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.text(f"INSERT INTO consent ({columns}) SELECT {columns} FROM consent"))
    session.rollback()


def test_a_record_is_found_by_all_of_its_name_and_birth_alone(people, session):
    anna = child(people["rosa"])
    assert service.records_named(" anna", "GRECO", anna.birth_date) == [anna]
    assert service.records_named("Ann", "Greco", anna.birth_date) == []
    assert service.records_named("Anna", "Greco", born(12)) == []


def test_each_look_that_the_portal_notes_has_words(people, session):
    """Every code given to `viewed` in the portal stands in the list of words."""
    used = set()
    for path in Path(hub.__file__).parent.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name == "viewed" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
                used.add(call.args[1].value)
    assert used and used <= set(LOOKED_AT)


def test_a_newcomer_of_the_same_name_is_another(people, session):
    other = somebody("anna")
    session.commit()
    assert service.participant_of(other).id != child(people["rosa"]).id
    assert session.scalar(sa.select(sa.func.count()).select_from(ParticipantView)) == 0
