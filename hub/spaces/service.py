"""Spaces as people look for them: the catalogue, the days they are open, the times that are free."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import sqlalchemy as sa
from holidays import country_holidays
from sqlalchemy.orm import joinedload, selectinload

from hub.clock import ROME, now, span, today
from hub.db import db
from hub.spaces.ledger import occupy, plan, uses
from hub.spaces.models import Closure, Layout, Opening, Space, SpaceAtom
from hub.spaces.rules import Hours, OpenDay, Slot, crowded, free_stretches, open_day, starts_within


def spaces() -> list[Space]:
    """All published spaces with their layouts and atoms, in the order of the house."""
    whole = sa.select(Space).options(selectinload(Space.layouts), selectinload(Space.atoms))
    return list(db.session.scalars(whole.where(Space.published).order_by(Space.sort)))


def space_by(slug: str) -> Space | None:
    """A published space with its layouts and atoms, in one query; None where there is none."""
    found = sa.select(Space).where(Space.slug == slug, Space.published)
    return db.session.scalars(found.options(joinedload(Space.layouts), joinedload(Space.atoms))).unique().one_or_none()


def hours() -> list[Hours]:
    """Every opening rule and exception of the hub, as plain values."""
    return [Hours(*row) for row in db.session.execute(HOURS)]


HOURS = sa.select(*(getattr(Opening, name) for name in Hours.__dataclass_fields__))


@lru_cache(64)
def _holidays(year: int) -> dict[date, dict[str, str]]:
    named = {
        language: country_holidays("IT", subdiv="LE", years=year, language=code)
        for language, code in (("it", "it_IT"), ("en", "en_US"))
    }
    return {
        day: {"it": name, "en": BRITISH.get(named["en"][day], named["en"][day])}
        for day, name in named["it"].items()
        if name not in WORKING
    }


WORKING = {"Giorno dell'unità nazionale"}  # kept on a Sunday by law, and nobody closes for it
BRITISH = {
    "Labor Day": "Labour Day",
    "Assumption Of Mary Day": "Assumption of Mary",
    "Saint Orontius's Day": "Sant'Oronzo, patron saint of Lecce",
}


def holiday(day: date) -> dict[str, str] | None:
    """The name, in both languages, of a national holiday or of Lecce's patron; None on any other day."""
    return _holidays(day.year).get(day)


def days_of(space: Space, first: date, count: int, known: list[Hours] | None = None) -> list[OpenDay]:
    """When the space is open on each of these days."""
    rules = hours() if known is None else known
    days = (first + timedelta(days=n) for n in range(count))
    return [open_day(day, space.id, rules, holiday(day)) for day in days]


def busy(space: Space, layout: Layout | None, window: Slot) -> list[Slot]:
    """The stretches of a window when the space cannot be had: an atom taken, or no lanes left for this layout."""
    return _busy(space, layout, uses(space.atom_ids, window))


def _busy(space: Space, layout: Layout | None, taken: Iterable[tuple[int, Slot, int, int]]) -> list[Slot]:
    if space.lanes is None:
        return [slot for _, slot, _, _ in taken]
    return crowded([use[1:] for use in taken], space.lanes, (layout and layout.lanes) or 1)


def find(
    *,
    people: int | None = None,
    layout: str | None = None,
    equipment: str | None = None,
    step_free: bool = False,
    day: date | None = None,
) -> list[tuple[Space, list[Layout], list[Slot]]]:
    """Spaces and combinations that can do it, each with the layouts that fit and, where a day is given, its free stretches."""
    found = []
    for space in spaces():
        layouts = [one for one in space.layouts if one.capacity >= (people or 0) and layout in (None, one.kind)]
        if layouts and equipment in (None, *space.equipment) and (space.step_free or not step_free):
            found.append((space, layouts, []))
    if day is None:
        return found
    return [(space, layouts, free) for space, layouts, _ in found if (free := _free_on(space, layouts, day))]


def _free_on(space: Space, layouts: list[Layout], day: date) -> list[Slot]:
    """The free stretches of a day, where at least one of the layouts can be booked in it."""
    known = hours()
    if not any(free_slots(space, layout, day, space.min_minutes, known=known) for layout in layouts):
        return []
    return free_week(space, day, 1, known)[0][1]


def weekly_hours(space: Space, known: list[Hours]) -> list[list[Hours]]:
    """The week's rules of a space, its own or the hub's, from Monday to Sunday; an empty day is closed."""
    weekly = [rule for rule in known if rule.weekday is not None and rule.stands_on(today() + _to_weekday(rule.weekday))]
    own = [rule for rule in weekly if rule.space_id == space.id] or [rule for rule in weekly if rule.space_id is None]
    return [sorted((rule for rule in own if rule.weekday == day), key=lambda rule: rule.opens or 0) for day in range(7)]


def _to_weekday(weekday: int) -> timedelta:
    """From today to the next such day of the week."""
    return timedelta(days=(weekday - today().weekday()) % 7)


def free_week(space: Space, first: date, count: int = 7, known: list[Hours] | None = None) -> list[tuple[OpenDay, list[Slot]]]:
    """Each day with the stretches that are open, free and not too near for the space's notice."""
    days = days_of(space, first, count, known)
    starts, ends = span(first, count)
    too_near = Slot(starts - timedelta(days=1), max(now() + timedelta(hours=space.notice_hours), starts))
    taken = [*busy(space, None, Slot(starts, ends)), too_near]
    return [(day, free_stretches(day.slots, taken)) for day in days]


def free_slots(space: Space, layout: Layout, day: date, minutes: int, *, known: list[Hours] | None = None) -> list[Slot]:
    """The times of a day when this layout can be had for so many minutes, by the space's notice, on its grid."""
    starts, ends = span(day)
    around = Slot(starts, ends).padded(layout.setup_min + 60, layout.cleanup_min + 60)
    opening = days_of(space, day, 1, known)[0]
    free = free_stretches([around], busy(space, layout, around))
    earliest = now() + timedelta(hours=space.notice_hours)
    latest = now() + timedelta(days=space.horizon_days)
    found = starts_within(free, minutes, layout.setup_min, layout.cleanup_min, opening.slots)
    return [slot for slot in found if earliest <= slot.starts <= latest]


def nearest(space: Space, layout: Layout, wanted: Slot, count: int = 3, within_days: int = 14) -> list[Slot]:
    """The free times of the same length nearest to the wanted one, looking some days back and ahead."""
    known, found = hours(), []
    centre = wanted.starts.astimezone(ROME).date()
    for distance in range(within_days + 1):
        for day in {centre - timedelta(days=distance), centre + timedelta(days=distance)}:
            found += free_slots(space, layout, day, wanted.minutes, known=known)
        if len(found) >= count:
            break
    return sorted(sorted(found, key=lambda slot: abs(slot.starts - wanted.starts))[:count])


def elsewhere(wanted: Slot, people: int, *, other_than: Space, count: int = 3) -> list[Layout]:
    """Layouts of other spaces and combinations that hold these people at the same time, the snuggest first."""
    known, day = hours(), wanted.starts.astimezone(ROME).date()
    found = []
    for space in spaces():
        fitting = [layout for layout in space.layouts if layout.capacity >= people]
        for layout in sorted(fitting, key=lambda layout: layout.capacity):
            if space.id != other_than.id and wanted in free_slots(space, layout, day, wanted.minutes, known=known):
                found.append(layout)
                break
    return sorted(found, key=lambda layout: layout.capacity)[:count]


def close(space: Space, slot: Slot, reason: dict[str, str]) -> Closure:
    """Close a space for a time, through the ledger like any other use. Raises Conflict where something stands there."""
    closure = Closure(reason=reason, created_at=now())
    db.session.add(closure)
    db.session.flush()
    occupy(plan(space, None, slot, kind="closure", closure_id=closure.id))
    return closure


def compose(space: Space, atoms: Iterable[Space]) -> None:
    """Say which atoms a new space is made of (itself, for an atom)."""
    db.session.flush()
    db.session.add_all(SpaceAtom(space_id=space.id, atom_id=atom.id) for atom in atoms)


AUDITS = {
    "overlaps": """
        SELECT count(*) FROM allocation a JOIN allocation b
          ON b.atom_id = a.atom_id AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
        WHERE a.blocking AND b.blocking AND a.lane_from < b.lane_to AND b.lane_from < a.lane_to
          AND (b.starts_at > a.starts_at OR b.id > a.id)""",
    "atoms_missing": """
        SELECT count(*) FROM occurrence o JOIN space_atom s ON s.space_id = o.space_id
        WHERE EXISTS (SELECT 1 FROM allocation a WHERE a.occurrence_id = o.id)
          AND NOT EXISTS (SELECT 1 FROM allocation a WHERE a.occurrence_id = o.id AND a.atom_id = s.atom_id)""",
    "atoms_foreign": """
        SELECT count(*) FROM allocation a JOIN occurrence o ON o.id = a.occurrence_id
        WHERE NOT EXISTS (SELECT 1 FROM space_atom s WHERE s.space_id = o.space_id AND s.atom_id = a.atom_id)""",
}


def audit() -> dict[str, int]:
    """What an outsider may ask of the ledger: rows that overlap, uses that lack an atom or take a foreign one. All 0."""
    return {name: db.session.execute(sa.text(query)).scalar_one() for name, query in AUDITS.items()}
