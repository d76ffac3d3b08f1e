"""Activities with a register, for the tests: who is enrolled, who works there, what the log says of it."""

import json
from datetime import datetime

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import enrolment
from hub.labs.models import Activity, Attendance, Enrolment, Session, Trainer
from hub.participation.export import export_log
from hub.participation.log import known_as
from hub.participation.models import LogEntry
from hub.participation.seal import seal_log
from impact import rows
from tests.hub.labs.makers import DAY, HOUR, adult, enrol, lab, person

NAMES = ("anna", "bruno", "carla")


def course(
    *names: str, begins: datetime | None = None, slug: str = "robot", **columns: object
) -> tuple[Activity, list[Enrolment]]:
    """A lab with a session that began an hour ago and lasts two, and these people enrolled, long before; committed."""
    made = lab(slug, 50, **columns)
    enrolled = [enrol(made, adult(name))[0] for name in names or NAMES]
    first = made.sessions[0]
    first.starts_at = begins or now() - HOUR
    first.ends_at = first.starts_at + 2 * HOUR
    for one in enrolled:
        put_back(one, first.starts_at - 10 * DAY)
    db.session.commit()
    return made, enrolled


def put_back(one: Enrolment, at: datetime) -> None:
    """Somebody was enrolled at another instant than now: a later line of its history says so, as lines are never changed."""
    one.created_at = at
    told = {"enrolment_id": one.id, "before": "waiting", "after": "enrolled", "at": at}
    db.session.execute(sa.insert(enrolment.seats.EnrolmentChange).values(level=0, reason="", **told))


def works_in(activity: Activity, name: str = "trainer", *, account: bool = True) -> Trainer:
    """Somebody works in an activity; committed."""
    who = person(name) if account else None
    made = Trainer(activity=activity, person=who, subject=who.subject if who else f"trainer:{name}", name=name.title())
    made.role = "trainer"
    db.session.add(made)
    db.session.commit()
    return made


def keeper() -> Person:
    return person("gino", role="manager")


def written(session: Session) -> list[tuple[str, str, int, bool]]:
    """(given name, status, minutes, whether it holds) of each record of a session, in order."""
    found = sa.select(Attendance, Enrolment).join(Enrolment, Enrolment.id == Attendance.enrolment_id)
    lines = db.session.execute(found.where(Attendance.session_id == session.id).order_by(Attendance.id))
    return [(one.participant.given_name, row.status, row.minutes, row.voided_at is None) for row, one in lines]


def told(*types: str) -> list[LogEntry]:
    """The lines of the log of these types, in order."""
    return list(db.session.scalars(sa.select(LogEntry).where(LogEntry.type.in_(types)).order_by(LogEntry.id)))


def facts(line: LogEntry) -> dict:
    return json.loads(line.facts)


def exported(folder) -> list:
    """The sealed log, as impact reads it from its export."""
    db.session.commit()
    seal_log()
    export_log(folder / "log.csv", "csv")
    return list(rows(folder / "log.csv"))


def pseudonym_of(who: object) -> str:
    return known_as(who.subject)
