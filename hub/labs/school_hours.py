"""Hours for school (PCTO): how long the pupils that a school enrolled were there, in exact minutes."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.db import db
from hub.families.models import Participant
from hub.labs.dose import Dose, doses_in
from hub.labs.models import Activity, Enrolment
from hub.organisations.models import Organisation


class Pupil(NamedTuple):
    """A pupil in an activity, however often they were enrolled in it. stays: whether they take part still."""

    school: Organisation
    activity: Activity
    participant: Participant
    dose: Dose
    stays: bool


def hours(*, activity: Activity | None = None, school: Organisation | None = None) -> list[Pupil]:
    """The pupils of an activity, or of a school, by activity, school and name: who takes part, and who left after some hours.

    In three statements, however many there are.
    """
    mine = sa.select(Enrolment).where(Enrolment.through_id.is_not(None), Enrolment.participant_id.is_not(None))
    if activity:
        mine = mine.where(Enrolment.activity_id == activity.id)
    if school:
        mine = mine.where(Enrolment.through_id == school.id)
    whole = (joinedload(Enrolment.activity), joinedload(Enrolment.participant), joinedload(Enrolment.through))
    found = list(db.session.scalars(mine.options(*whole).order_by(Enrolment.id)))
    return _by_pupil(found, doses_in({one.activity_id for one in found}))


def _by_pupil(found: list[Enrolment], got: dict[int, Dose]) -> list[Pupil]:
    pupils: dict[tuple[int, int, int], Pupil] = {}
    for one in found:
        key = (one.activity_id, one.through_id, one.participant_id)
        before = pupils.get(key)
        minutes = got[one.id].minutes + (before.dose.minutes if before else 0)
        sessions = got[one.id].sessions + (before.dose.sessions if before else 0)
        dose = got[one.id]._replace(minutes=minutes, sessions=sessions)
        stays = one.state in ("enrolled", "completed") or (before is not None and before.stays)
        pupils[key] = Pupil(one.through, one.activity, one.participant, dose, stays)
    return sorted((one for one in pupils.values() if one.stays or one.dose.minutes), key=_order)


def _order(one: Pupil) -> tuple:
    record = one.participant
    names = (one.school.name, record.family_name, record.given_name)
    return (one.activity.title["it"].casefold(), one.activity.id, *(name.casefold() for name in names), record.id)


def clock(minutes: int) -> str:
    """Minutes as hours and minutes, exactly: 12:30."""
    return f"{minutes // 60}:{minutes % 60:02d}"
