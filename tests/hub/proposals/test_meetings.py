"""Meetings of community labs: what is on their agenda, how many were there, and minutes that are published once."""

import pytest
import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.labs.models import Activity, Attendance, Session
from hub.proposals import meetings, planning
from hub.proposals.meetings import Present
from hub.proposals.news import story
from hub.proposals.outcome_models import Discussed, LabMinutes
from hub.proposals.process_models import Process
from tests.hub.labs.makers import HOUR, adult, enrol, lab, meet, person, refused
from tests.hub.proposals.makers import DAY, process, proposal
from tests.hub.proposals.test_kept import refused as refused_by_the_database


@pytest.fixture
def ours(session) -> tuple[Process, Activity, Session]:
    """A process, its lab, and a meeting of it."""
    made, activity = process(), lab("orto", places=10)
    planning.attach(made, activity)
    return made, activity, activity.sessions[0]


def held(session: Session, *present: int) -> Session:
    """It took place; present: the minutes of each who was there, 0 of who was not."""
    people = [adult(f"p{number}") for number in range(len(present))]
    for participant, minutes in zip(people, present, strict=True):
        (place,) = enrol(session.activity, participant)
        status = "present" if minutes else "absent"
        row = Attendance(enrolment_id=place.id, session_id=session.id, activity_id=session.activity_id, status=status)
        row.minutes, row.source, row.marked_at, row.event_id = minutes, "list", now(), f"e{place.id}"
        db.session.add(row)
    session.state, session.minutes = "held", 120
    db.session.flush()
    return session


def test_a_proposal_goes_on_the_agenda_by_its_code(ours):
    made, _activity, session = ours
    ada = person("ada")
    found, other = proposal(made, ada), proposal(process("altro"), ada)
    meetings.put_on_agenda(session, made, f" {found.code.lower()} ")
    meetings.put_on_agenda(session, made, found.code)
    assert meetings.agenda(session, made) == [found]
    assert [one.session for one in meetings.meetings_of(found)] == [session]
    draft = proposal(made, ada, state="draft")
    for code in (other.code, draft.code, "PR-2020-000001", "x", found.code.replace("PR-20", "PR-19")):
        assert refused(meetings.put_on_agenda, session, made, code).field == "proposal"
    assert meetings.to_discuss(session, made) == []
    meetings.take_off_agenda(session, found)
    assert meetings.agenda(session, made) == meetings.meetings_of(found) == []
    assert meetings.to_discuss(session, made) == [found]


def test_what_a_moderator_hides_is_on_no_agenda(ours):
    made, _activity, session = ours
    found = proposal(made, person("ada"))
    meetings.put_on_agenda(session, made, found.code)
    found.hidden_at = now()
    db.session.flush()
    assert meetings.agenda(session, made) == []


def test_minutes_are_a_draft_until_the_register_says_that_it_was_held(ours):
    made, _activity, session = ours
    found, gina = proposal(made, person("ada")), person("gina")
    meetings.put_on_agenda(session, made, found.code)
    assert refused(meetings.publish, session).rule == "no-minutes"
    assert refused(meetings.write, session, "  ", "", seen="", by=gina).field == "text"
    kept = meetings.write(session, "Si è parlato dell'orto.", "", seen="", by=gina)
    assert meetings.meetings_in([session.activity]) == [(session, None)], "a draft is not public"
    assert refused(meetings.publish, session).rule == "unheld"
    held(session)
    meetings.publish(session)
    assert kept.published_at is not None
    assert meetings.meetings_of(found) == meetings.meetings_in([session.activity]) == [(session, kept)]
    (told,) = story(found)
    assert (told.kind, told.data["process"], told.data["meeting"]) == ("discussed", made.slug, "orto.01")


def test_published_minutes_and_their_agenda_stay(ours):
    made, _activity, session = ours
    ada, gina = person("ada"), person("gina")
    found, late = proposal(made, ada), proposal(made, ada)
    meetings.put_on_agenda(session, made, found.code)
    kept = meetings.write(held(session), "Detto.", "Deciso.", seen="", by=gina)
    meetings.publish(session)
    seen = meetings.seen_of(kept)
    assert refused(meetings.write, session, "Altro.", "", seen=seen, by=gina).rule == "minuted"
    assert refused(meetings.publish, session).rule == "minuted"
    assert refused(meetings.put_on_agenda, session, made, late.code).rule == "minuted"
    assert refused(meetings.take_off_agenda, session, found).rule == "minuted"
    there = {"session_id": session.id, "added_at": now()}
    refused_by_the_database("discussed_kept_insert", sa.insert(Discussed).values(proposal_id=late.id, **there))
    refused_by_the_database("discussed_kept_delete", sa.delete(Discussed).filter_by(session_id=session.id))
    refused_by_the_database("discussed_kept_update", sa.update(Discussed).values(proposal_id=late.id))
    refused_by_the_database("lab_minutes_kept_update", sa.update(LabMinutes).values(text="Altro."))
    refused_by_the_database("lab_minutes_kept_delete", sa.delete(LabMinutes))


def test_minutes_that_somebody_else_wrote_meanwhile_are_not_lost(ours):
    _made, _activity, session = ours
    gina, max_ = person("gina"), person("max")
    first = meetings.seen_of(meetings.write(session, "Uno.", "", seen="", by=gina))
    assert refused(meetings.write, session, "Due.", "", seen="", by=max_).rule == "seen"
    meetings.write(session, "Uno e due.", "", seen=first, by=max_)
    assert refused(meetings.write, session, "Tre.", "", seen=first, by=gina).rule == "seen"
    assert meetings.minutes_of(session).text == "Uno e due."


@pytest.mark.parametrize("state", ["cancelled", "not_held"])
def test_of_what_did_not_take_place_there_is_nothing_to_say(ours, state):
    made, _activity, session = ours
    found = proposal(made, person("ada"))
    session.state, session.reason = state, "Pioggia"
    assert refused(meetings.put_on_agenda, session, made, found.code).rule == "session-off"
    assert refused(meetings.write, session, "x", "", seen="", by=person("gina")).rule == "session-off"


@pytest.mark.parametrize(
    "minutes, told",
    [((), Present(0, None)), ((0, 0), Present(0, None)), ((120, 60, 30, 10, 0), Present(None, 5)), ((9,) * 5, Present(5, None))],
)
def test_a_few_who_were_there_are_not_told_by_their_number(ours, minutes, told):
    _made, _activity, session = ours
    assert meetings.present(session) == Present(None, None)
    assert meetings.present(held(session, *minutes)) == told


def test_a_record_that_was_voided_counts_for_nobody(ours):
    session = held(ours[2], *(9,) * 5)
    db.session.execute(sa.update(Attendance).where(Attendance.event_id.is_not(None)).values(voided_at=now()))
    assert meetings.present(session) == Present(0, None)


def test_a_meeting_is_found_by_its_code_in_its_own_process(ours):
    made, activity, session = ours
    later = meet(activity, now() + 30 * DAY + HOUR)
    assert meetings.meeting_by(made, "orto.01") is session and meetings.meeting_by(made, "orto.02") is later
    for code in ("orto.1", "orto.001", "orto.03", "altro.01", "orto", ""):
        assert meetings.meeting_by(made, code) is None
    assert meetings.meeting_by(process("altro"), "orto.01") is None
    assert [one.session for one in meetings.meetings_in(planning.activities_of(made))] == [session, later]


def test_two_processes_of_one_lab_are_both_told(ours):
    made, activity, session = ours
    other, ada = process("altro"), person("ada")
    planning.attach(other, activity)
    found, theirs = proposal(made, ada), proposal(other, ada)
    meetings.put_on_agenda(session, made, found.code)
    meetings.put_on_agenda(session, other, theirs.code)
    meetings.write(held(session), "Detto.", "", seen="", by=person("gina"))
    meetings.publish(session)
    assert [one.data["process"] for one in (*story(found), *story(theirs))] == [made.slug, "altro"]
