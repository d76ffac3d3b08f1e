"""What the database keeps of enrolments and registers, whoever writes to it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.clock import now
from hub.labs.models import Attendance, Certificate, EnrolGroup, Enrolment, EnrolmentChange, QueueSkip, Seat
from tests.hub.labs.makers import adult, enrol, lab, person


@pytest.fixture
def enrolled(session) -> Enrolment:
    """Somebody enrolled, with one of each thing that is kept."""
    robot, manager = lab(), person("Gina")
    (row,) = enrol(robot, adult("Ada"))
    group = EnrolGroup(activity_id=robot.id, created_at=now())
    session.add(group)
    session.flush()
    session.add(QueueSkip(group_id=group.id, enrolment_id=row.id, at=now()))
    session.add(present(row))
    paper = {
        "kind": "attendance",
        "code": "OM-1",
        "minutes": 60,
        "of_minutes": 120,
        "issued_at": now(),
        "issued_by_id": manager.id,
    }
    session.add(Certificate(enrolment_id=row.id, **paper))
    session.flush()
    return row


def present(enrolment: Enrolment, **other: object) -> Attendance:
    said = {"status": "present", "minutes": 60, "source": "list", "marked_at": now(), "event_id": "e1"} | other
    (session,) = enrolment.activity.sessions
    return Attendance(activity_id=enrolment.activity_id, session_id=session.id, enrolment_id=enrolment.id, **said)


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE enrolment_change SET reason = 'altro'", "enrolment_change_kept_update"),
        ("DELETE FROM enrolment_change", "enrolment_change_kept_delete"),
        ("UPDATE queue_skip SET at = at", "queue_skip_kept_update"),
        ("DELETE FROM queue_skip", "queue_skip_kept_delete"),
        ("UPDATE attendance SET minutes = 90", "attendance_kept_update"),
        ("DELETE FROM attendance", "attendance_kept_delete"),
        ("UPDATE certificate SET minutes = 119", "certificate_kept_update"),
        ("DELETE FROM certificate", "certificate_kept_delete"),
    ],
)
def test_what_was_written_down_is_never_rewritten(enrolled, session, statement, promise):
    assert session.scalars(sa.select(EnrolmentChange)).all()
    with pytest.raises(DBAPIError, match=promise):
        session.execute(sa.text(statement))
    session.rollback()


def test_a_record_of_the_register_is_corrected_by_voiding_it_and_writing_another(enrolled, session):
    session.add(present(enrolled, status="late", minutes=30, event_id="e2"))
    with pytest.raises(IntegrityError, match=r"one_live_attendance|attendance\.session_id"):
        session.flush()
    session.rollback()


def test_once_it_is_voided_another_stands_in_its_place_and_the_first_stays(enrolled, session):
    first = session.scalars(sa.select(Attendance)).one()
    first.voided_at = now()
    session.flush()
    session.add(present(enrolled, status="late", minutes=30, event_id="e2"))
    session.flush()
    assert sorted(session.scalars(sa.select(Attendance.minutes))) == [30, 60]
    with pytest.raises(DBAPIError, match="attendance_kept_update"):
        session.execute(sa.update(Attendance).where(Attendance.id == first.id).values(voided_at=None))
    session.rollback()


@pytest.mark.parametrize("minutes", [0, -1])
def test_who_was_there_was_there_for_some_time(enrolled, session, minutes):
    session.scalars(sa.select(Attendance)).one().voided_at = now()
    session.add(present(enrolled, minutes=minutes, event_id="e2"))
    with pytest.raises(IntegrityError, match="minutes"):
        session.flush()
    session.rollback()


def test_a_seat_that_is_taken_does_not_go(enrolled, session):
    with pytest.raises(IntegrityError):
        session.execute(sa.delete(Seat).where(Seat.number == enrolled.seat))
    session.rollback()
