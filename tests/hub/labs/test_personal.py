"""What is kept of families and of who takes part: told whole, and erased so that no table names them any more."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts import personal_data
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families import consents, invitations
from hub.families import service as families
from hub.families.models import Consent, Guardianship, Participant
from hub.labs import basket, mine
from hub.labs.models import Enrolment, Trainer
from hub.notices.models import Notice
from hub.participation.models import Pseudonym
from hub.refusal import Refusal
from tests.hub.labs.families import course, put
from tests.hub.labs.makers import DAY, ask, child, own_record, person, years_ago
from tests.hub.labs.test_basket import lines

# Each stands where the family wrote it: names, the number to call, an answer, a note on health.
CANARIES = ("gialloverde", "canarina", "0832 777777", "piumaggio", "allergica al miglio")


def drawers(app):
    return app.extensions["personal_data"]


def traces(session) -> list[str]:
    """The tables in which a canary still sings, and what of it; notes are read as who has the key reads them."""
    found = []
    for table in db.metadata.sorted_tables:
        for row in session.execute(sa.select(table)):
            text = json.dumps([str(cell) for cell in row], ensure_ascii=False).lower()
            found += [f"{table.name}: {word}" for word in CANARIES if word in text]
    return found


@pytest.fixture
def parent(session) -> Person:
    """Somebody with a child, traces of both in every table of families and labs: enrolled, waiting, in the basket, withdrawn."""
    rosa = person("gialloverde")
    rosa.family_name = "Gialloverde"
    anna = child("canarina", rosa)
    anna.family_name, anna.emergency_name, anna.emergency_phone = "Gialloverde", "Nonna Gialloverde", "0832 777777"
    families.add_pickup(anna, name="Zia Gialloverde", phone="0832 777777", by=rosa)
    invitations.invite(anna, "gialloverde2@posta.example", by=rosa)
    consents.give_consent(anna, "photo", by=rosa)
    families.viewed(anna, "register", "robot", by=person("capo", role="manager"))
    robot, coro, danza = course("robot", asks_health=True), course("coro"), course("danza", asks_health=True)
    question = ask(robot, "text")
    for activity in (robot, coro):
        put(activity, anna, by=rosa)
    basket.answer(lines(rosa)[0], {str(question.id): "Piumaggio"}, "Allergica al miglio", by=rosa)
    basket.confirm(lines(rosa), {}, by=rosa)
    put(danza, anna, by=rosa)
    basket.answer(lines(rosa)[0], {}, "Allergica al miglio", by=rosa)
    session.commit()
    return rosa


def leave_everything(rosa: Person) -> None:
    for one in mine.enrolments_of(rosa)[0]:
        mine.leave(mine.enrolment_of(rosa, one.id, locked=True), "moved", by=rosa)
    db.session.commit()


def test_the_copy_holds_the_family_and_what_it_takes_part_in(app, session, parent):
    told = personal_data.told(parent, drawers(app))
    text = json.dumps(told, ensure_ascii=False).lower()
    assert [word for word in CANARIES if word not in text] == []
    (anna,) = told["family"]["children"]
    assert [one["purpose"] for one in anna["consents"]] == ["participation", "health", "participation", "photo"]
    assert [one["what"] for one in anna["opened_by"]] == ["register"]
    assert [act["type"] for act in anna["participation"]["acts"]] == ["enrolment.created"] * 2
    assert [(one["activity"], one["state"], one["health"]) for one in told["activities"]["enrolments"]] == [
        ("robot", "enrolled", "Allergica al miglio"),
        ("coro", "enrolled", ""),
    ]
    assert [(one["activity"], one["health"]) for one in told["activities"]["basket"]] == [("danza", "Allergica al miglio")]


def test_the_copy_holds_nothing_of_another_family_nor_what_opens_a_door(app, session, parent):
    other = person("vicina")
    child("vicino", other)
    session.commit()
    text = json.dumps(personal_data.told(parent, drawers(app)))
    assert "vicin" not in text.lower() and "token" not in text and "sealed" not in text
    assert "gialloverde" not in json.dumps(personal_data.told(other, drawers(app))).lower()


def test_the_young_adult_takes_the_copy_and_the_parent_no_longer(app, session, parent):
    anna = session.scalars(sa.select(Participant)).one()
    account = person("anna")
    anna.birth_date, anna.person_id = years_ago(18) - timedelta(days=90), account.id
    session.commit()
    assert personal_data.told(parent, drawers(app))["family"]["children"] == []
    told = personal_data.told(account, drawers(app))
    assert told["family"]["own_record"]["emergency_phone"] == "0832 777777"
    assert len(told["activities"]["enrolments"]) == 2


def test_nobody_goes_while_a_child_who_has_only_them_is_enrolled(app, session, parent):
    with pytest.raises(Refusal, match="l'unica persona che ne risponde"):
        personal_data.erase(parent, drawers(app))
    session.rollback()
    assert traces(session)


def test_erasing_the_last_guardian_leaves_no_trace_of_parent_nor_child(app, session, parent):
    leave_everything(parent)
    anna = session.scalars(sa.select(Participant)).one()
    assert session.get(Pseudonym, anna.subject)
    assert len({trace.split(":")[0] for trace in traces(session)}) >= 5  # the control: before, the canaries sing
    personal_data.erase(parent, drawers(app))
    session.commit()
    assert {trace.split(":")[0] for trace in traces(session)} == {"notice"}  # the last mail, and the invitation on its way
    session.execute(sa.text("UPDATE notice SET sent_at = created_at, payload = '{}' WHERE private"))
    session.execute(sa.delete(Notice).where(Notice.private))
    session.commit()
    assert traces(session) == []
    assert session.get(Pseudonym, anna.subject) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 2  # the accounts of a public activity
    assert session.scalar(sa.select(sa.func.count()).select_from(Consent)) == 4
    assert {one.ended_at is None for one in session.scalars(sa.select(Guardianship))} == {False}


def test_where_another_guardian_stays_the_childs_record_is_theirs(app, session, parent):
    anna = session.scalars(sa.select(Participant)).one()
    pino = person("pino")
    families.answer_for(anna, basis="parent", other_agrees=True, by=pino)
    session.commit()
    personal_data.erase(parent, drawers(app))
    session.commit()
    session.refresh(anna)
    assert anna.given_name == "Canarina" and families.guardians_of(anna) == [pino]
    assert [one.state for one in mine.enrolments_of(pino)[0]] == ["enrolled", "enrolled"]


def test_ending_the_last_guardianship_erases_the_child_alone(app, session, parent):
    leave_everything(parent)
    anna = session.scalars(sa.select(Participant)).one()
    assert families.stop_answering(anna, by=parent) is True
    session.commit()
    left = {trace for trace in traces(session) if "gialloverde" not in trace}
    assert left == set()
    told = session.scalars(sa.select(Notice).where(Notice.kind == "labs/enrolled")).all()
    assert [notice.payload["who"] for notice in told] == [["—"], ["—"]]


def test_an_adult_gives_their_places_up_before_they_go(app, session):
    ugo = person("ugo")
    record = own_record(ugo, years_ago(30))
    robot = course("robot", begins=now() + 5 * DAY)
    put(robot, record, by=ugo)
    (made,) = basket.confirm(lines(ugo), {record.id: {"photo"}}, by=ugo)
    session.commit()
    with pytest.raises(Refusal, match="prima ritirale"):
        personal_data.erase(ugo, drawers(app))
    session.rollback()
    mine.leave(mine.enrolment_of(ugo, made.id, locked=True), "work", by=ugo)
    session.commit()
    personal_data.erase(ugo, drawers(app))
    session.commit()
    row = session.get(Participant, record.id)
    assert (row.given_name, row.birth_date, row.person_id, row.erased_at is None) == ("—", None, None, False)


def test_a_minor_who_closes_their_account_leaves_the_record_to_their_guardians(app, session, parent):
    anna = session.scalars(sa.select(Participant)).one()
    account = person("anna")
    anna.birth_date, anna.person_id = years_ago(15), account.id
    session.commit()
    personal_data.erase(account, drawers(app))
    session.commit()
    session.refresh(anna)
    assert (anna.person_id, anna.given_name) == (None, "Canarina") and families.answers_for(parent, anna)


def test_who_worked_in_an_activity_leaves_their_hours_without_a_name(app, session):
    ugo = person("gialloverde")
    robot = course()
    session.add(Trainer(activity=robot, person=ugo, subject=ugo.subject, name="Gialloverde", role="trainer", public=True))
    session.commit()
    assert personal_data.told(ugo, drawers(app))["activities"]["works_in"][0]["activity"] == "robot"
    personal_data.erase(ugo, drawers(app))
    session.commit()
    row = session.scalars(sa.select(Trainer)).one()
    assert (row.name, row.public, row.ended_at is None) == ("—", False, False)
