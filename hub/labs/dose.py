"""How much of an activity somebody was there for: minutes of presence out of the minutes that were held, and its sessions."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hub.db import db
from hub.labs.models import Activity, Attendance, Enrolment, Session


class Dose(NamedTuple):
    """minutes: of presence; of_minutes: of the sessions that were held; sessions: those with some presence, of_sessions held."""

    minutes: int
    of_minutes: int
    sessions: int
    of_sessions: int


def doses(activity: Activity) -> dict[int, Dose]:
    """By the number of the enrolment, of all that ever were in an activity; in two statements, however many there are."""
    return doses_in([activity.id])


def doses_in(activities: Iterable[int]) -> dict[int, Dose]:
    """The same of several activities, by their numbers.

    Nobody was there for longer than a session lasted: what the register has beyond it does not count.
    """
    numbers = {"activities": list(activities)}
    held = {id: (minutes, count) for id, minutes, count in db.session.execute(_HELD, numbers)}
    found = {}
    for id, activity_id, minutes, sessions in db.session.execute(_PRESENT, numbers):
        of_minutes, of_sessions = held.get(activity_id, (0, 0))
        found[id] = Dose(minutes, of_minutes, sessions, of_sessions)
    return found


def dose(enrolment: Enrolment) -> Dose:
    """Of one enrolment."""
    return doses_in([enrolment.activity_id])[enrolment.id]


def reaches(dose: Dose, percent: int) -> bool:
    """Whether it is at least so many hundredths of what was held, compared without rounding; never where nothing was held."""
    return dose.of_minutes > 0 and dose.minutes * 100 >= dose.of_minutes * percent


_WANTED = sa.bindparam("activities", expanding=True)
_HELD = (
    sa.select(Session.activity_id, sa.func.sum(Session.minutes), sa.func.count(Session.id))
    .where(Session.activity_id.in_(_WANTED), Session.state == "held")
    .group_by(Session.activity_id)
)
_THERE = sa.case((Attendance.minutes > Session.minutes, Session.minutes), else_=Attendance.minutes)
_REGISTER = sa.join(Attendance, Session, sa.and_(Session.id == Attendance.session_id, Session.state == "held"))
_PRESENCE = sa.and_(Attendance.enrolment_id == Enrolment.id, Attendance.voided_at.is_(None), Attendance.minutes > 0)
_PRESENT = (
    sa.select(Enrolment.id, Enrolment.activity_id, sa.func.coalesce(sa.func.sum(_THERE), 0), sa.func.count(Session.id))
    .select_from(Enrolment)
    .outerjoin(_REGISTER, _PRESENCE)
    .where(Enrolment.activity_id.in_(_WANTED))
    .group_by(Enrolment.id, Enrolment.activity_id)
)
