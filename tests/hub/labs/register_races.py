"""What trainers do to one register at the same moment; each is run by eight processes (`tests.races`)."""

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.labs import attendance, register
from hub.labs.models import Activity, Attendance, Enrolment

UNGUARDED = "senza"  # in the addresses of the activities of the control


def both(number: int, contestant: int) -> str:
    """Everybody marks the same person, half of them as present."""
    session, mine, by = _there(f"registro-{number}")
    attendance.mark(session, mine, "present" if contestant % 2 else "absent", by=by)
    db.session.commit()
    return "marked"


def both_without_the_lock(number: int, contestant: int) -> str:
    """The same by a look at what stands and a record written then, while the database still has the last word."""
    return _look_and_write(f"registro-{UNGUARDED}-{number}", contestant)


def both_without_a_guard(number: int, contestant: int) -> str:
    """The same, once the database lets it pass."""
    return _look_and_write(f"registro-{UNGUARDED}-{number + 100}", contestant)


def _look_and_write(slug: str, contestant: int) -> str:
    with reading():
        session, mine, by = _there(slug)
        live = attendance.records_of(session).get(mine.id)
        db.session.rollback()
    known = {"activity_id": session.activity_id, "session_id": session.id, "enrolment_id": mine.id, "marked_at": now()}
    status, minutes = ("present", 120) if contestant % 2 else ("absent", 0)
    with attendance.in_words():
        attendance.void([live] if live else [], now(), by=by)
        db.session.add(Attendance(status=status, minutes=minutes, source="list", event_id=f"{slug}-{contestant}", **known))
    db.session.commit()
    return "marked"


def hold(number: int, contestant: int) -> str:
    """Everybody says that it was held, each for other minutes."""
    session, _mine, by = _there(f"tenuto-{number}")
    register.hold(session, 60 + contestant, {}, by=by)
    db.session.commit()
    return "held"


def _there(slug: str) -> tuple[object, Enrolment, Person]:
    robot = db.session.scalars(sa.select(Activity).filter_by(slug=slug)).one()
    mine = db.session.scalars(sa.select(Enrolment).filter_by(activity_id=robot.id)).one()
    return robot.sessions[0], mine, db.session.scalars(sa.select(Person).filter_by(email="gino@posta.example")).one()
