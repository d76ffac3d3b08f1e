"""What stands beside the exported log: of which age band, gender and centre its pseudonyms are, what its activities are, when
its spaces were open. Files of impact.md 9.1; those that the portal has no facts for (costs, schools) are not written: absent
says "no data".
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from hub.booking.usage import figures
from hub.clock import today, wall
from hub.db import db
from hub.families.models import Participant
from hub.families.rules import years_old
from hub.labs.models import Activity, Edition, Enrolment, Session
from hub.labs.programme import slug_of
from hub.organisations.models import Organisation
from hub.participation.models import LogEntry, Pseudonym

PEOPLE = ("person", "kind", "age_band", "gender", "centre", "cohort", "disability")
ACTIVITIES = ("activity", "kind", "theme", "edition", "scheduled_minutes", "group", "sdg")
OPENINGS = ("space", "month", "bookable_minutes")
AGE_BANDS = ((11, "0-10"), (14, "11-13"), (18, "14-17"), (30, "18-29"), (65, "30-64"))


class First(NamedTuple):
    """How somebody came to the hub: the day on which their first activity began, its edition, and through whom."""

    day: date
    cohort: str
    centre: str


def write_side_files(folder: Path) -> list[Path]:
    """Write `people.csv`, `activities.csv` and `openings.csv` into a folder; which ones."""
    tables = (("people", PEOPLE, people()), ("activities", ACTIVITIES, activities()), ("openings", OPENINGS, openings()))
    return [_write(folder / f"{name}.csv", columns, rows) for name, columns, rows in tables]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def age_band(born: date | None, day: date) -> str:
    """The band of an age on a day; "" where it is not known."""
    if born is None:
        return ""
    age = years_old(born, day)
    return next((band for below, band in AGE_BANDS if age < below), "65+")


def people() -> Iterator[tuple]:
    """Everybody whom the log knows by pseudonym, by that. The age is that of the day on which their first activity began."""
    firsts = _firsts()
    known = {one.subject: one for one in db.session.scalars(sa.select(Participant).where(Participant.erased_at.is_(None)))}
    organisations = {one.subject for one in db.session.scalars(sa.select(Organisation))}
    for subject, code in db.session.execute(sa.select(Pseudonym.subject, Pseudonym.code).order_by(Pseudonym.code)):
        first = firsts.get(subject)
        cohort, centre = (first.cohort, first.centre) if first else ("", "")
        if subject in organisations:
            yield (code, "org", "", "", centre, cohort, "")
            continue
        found = known.get(subject)
        band = age_band(found.birth_date, first.day if first else today()) if found else ""
        yield (code, "person", band, found.gender if found else "", centre, cohort, "")


def _firsts() -> dict[str, First]:
    """How those who were ever enrolled came, by their subject in the vault."""
    began = sa.select(Session.activity_id, sa.func.min(Session.starts_at).label("at")).group_by(Session.activity_id).subquery()
    through = sa.orm.aliased(Organisation)
    rows = (
        sa.select(Participant.subject, Enrolment.organisation_id, began.c.at, Edition.code, through.name)
        .select_from(Enrolment)
        .join(Activity, Activity.id == Enrolment.activity_id)
        .join(began, began.c.activity_id == Activity.id)
        .outerjoin(Participant, Participant.id == Enrolment.participant_id)
        .outerjoin(Edition, Edition.id == Activity.edition_id)
        .outerjoin(through, through.id == Enrolment.through_id)
        .order_by(began.c.at, Enrolment.id)
    )
    found: dict[str, First] = {}
    for subject, organisation, at, edition, name in db.session.execute(rows):
        first = First(wall(at).date(), edition or "", slug_of(name) if name else "")
        found.setdefault(subject or f"organisation:{organisation}", first)
    return found


def activities() -> Iterator[tuple]:
    """Everything of the programme that was ever shown. scheduled_minutes: what was promised, else the sum of the sessions."""
    length = sa.select(Session).where(Session.state != "cancelled").order_by(Session.id)
    planned: dict[int, int] = {}
    for one in db.session.scalars(length):
        planned[one.activity_id] = planned.get(one.activity_id, 0) + one.slot.minutes
    shown = sa.select(Activity, Edition.code).outerjoin(Edition, Edition.id == Activity.edition_id)
    for one, edition in db.session.execute(shown.where(Activity.state != "draft").order_by(Activity.slug)):
        minutes = one.scheduled_minutes or planned.get(one.id, 0)
        yield (one.slug, one.kind, one.theme, edition or "", minutes, "yes", " ".join(map(str, one.sdgs)))


def openings() -> Iterator[tuple]:
    """How many minutes each space could be booked in each month in which the log has something of a space."""
    seen = sa.select(LogEntry.ts_event).where(LogEntry.type.like("space.%"))
    for month in sorted({wall(at).date().replace(day=1) for at in db.session.scalars(seen)}):
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        found = figures(month, last)
        for space in found.atoms:
            yield (space.slug, f"{month:%Y-%m}", found.open_minutes[space.id])
