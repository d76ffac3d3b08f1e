"""Activities that are over, with who was there and for how long, as rows: for the tests of what comes after a register."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import event

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs.models import Activity, Attendance, Enrolment, Session
from hub.organisations.models import Organisation
from hub.participation.log import time_ordered_id
from tests.hub.labs.makers import DAY, lab, meet, person


def over(slug: str = "robot", *minutes: int, places: int = 30, days_ago: int = 3, **columns: object) -> Activity:
    """A lab that ended some days ago, a week a session; minutes: of each of its sessions, all held."""
    last = now() - days_ago * DAY
    begins = last - 7 * (len(minutes) - 1) * DAY - timedelta(hours=2)
    made = lab(slug, places, begins=now() + 20 * DAY, **columns)
    for number, length in enumerate(minutes):
        session = made.sessions[0] if number == 0 else meet(made, now() + (20 + number) * DAY)
        session.starts_at = begins + 7 * number * DAY
        session.ends_at = session.starts_at + timedelta(hours=2)
        session.state, session.minutes = "held", length
    made.enrol_opens_at, made.enrol_closes_at = begins - 30 * DAY, begins - DAY
    db.session.flush()
    return made


def came(activity: Activity, who, *minutes: int, through: Organisation | None = None, by: Person | None = None) -> Enrolment:
    """Somebody took part: enrolled, and present for so many minutes of each session; 0 where they were absent."""
    taken = db.session.query(Enrolment).filter(Enrolment.activity_id == activity.id).count()
    made = Enrolment(activity=activity, state="enrolled", seat=taken + 1, key=f"{activity.id}-{taken + 1}"[:16], answers={})
    made.participant, made.organisation = (None, who) if isinstance(who, Organisation) else (who, None)
    made.through = through
    made.queued_at = made.created_at = now() - 60 * DAY
    made.enrolled_by = by or (made.participant.person if made.participant and made.participant.person else person(f"di{taken}"))
    db.session.add(made)
    db.session.flush()
    for session, length in zip(activity.sessions, minutes, strict=False):
        mark(made, session, length)
    return made


def mark(enrolment: Enrolment, session: Session, minutes: int, *, voided: datetime | None = None) -> Attendance:
    """A record of the register."""
    row = Attendance(activity_id=session.activity_id, session_id=session.id, enrolment_id=enrolment.id, minutes=minutes)
    row.status, row.source, row.marked_at = ("present" if minutes else "absent"), "list", now()
    row.event_id, row.voided_at = time_ordered_id(), voided
    db.session.add(row)
    db.session.flush()
    return row


def correct(enrolment: Enrolment, session: Session, minutes: int) -> Attendance:
    """Another record in the place of the one there is."""
    live = db.session.query(Attendance).filter_by(enrolment_id=enrolment.id, session_id=session.id, voided_at=None).one()
    live.voided_at = now()
    db.session.flush()
    return mark(enrolment, session, minutes)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
