"""Spaces as people look for them: the catalogue, the days they are open, the times that are free."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

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


class Showcase(NamedTuple):
    """A space in a shop window: people is the most that any of its layouts holds."""

    slug: str
    name: dict[str, str]
    text: dict[str, str]
    people: int


def showcase() -> list[Showcase]:
    """The single spaces of the hub, without their combinations, in the order of the house; in one query."""
    people = sa.select(sa.func.max(Layout.capacity)).where(Layout.space_id == Space.id).scalar_subquery()
    single = sa.select(Space.slug, Space.name, Space.text, people).where(Space.published, Space.kind == "atomic")
    return [Showcase(*row) for row in db.session.execute(single.order_by(Space.sort))]


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


def free_slots(
    space: Space,
    layout: Layout,
    day: date,
    minutes: int,
    *,
    known: list[Hours] | None = None,
    taken: list[tuple[int, Slot, int, int]] | None = None,
    ignoring: sa.Select | None = None,
) -> list[Slot]:
    """The times of a day when this layout can be had for so many minutes, by the space's notice, on its grid.

    known: the hub's hours, taken: the ledger's uses around the day, for whoever has asked for them already; ignoring:
    occurrences that do not count (see ledger.uses).
    """
    around = _around(day, 1)
    here = [use for use in taken if use[0] in space.atom_ids] if taken is not None else uses(space.atom_ids, around, ignoring)
    opening = days_of(space, day, 1, known)[0]
    free = free_stretches([around], _busy(space, layout, here))
    earliest = now() + timedelta(hours=space.notice_hours)
    latest = now() + timedelta(days=space.horizon_days)
    found = starts_within(free, minutes, layout.setup_min, layout.cleanup_min, opening.slots)
    return [slot for slot in found if earliest <= slot.starts <= latest]


def _around(first: date, days: int) -> Slot:
    """These days with what may come before and after them: the set-up and the clean-up of their first and last use."""
    return Slot(*span(first, days)).padded(LONGEST_PADDING, LONGEST_PADDING)


LONGEST_PADDING = 240


def nearest(space: Space, layout: Layout, wanted: Slot, count: int = 3, within_days: int = 14) -> list[Slot]:
    """The free times of the same length nearest to the wanted one, looking some days back and ahead."""
    centre = wanted.starts.astimezone(ROME).date()
    first = max(centre - timedelta(days=within_days), today())
    days = [first + timedelta(days=n) for n in range((centre - first).days + within_days + 1)]
    known, taken = hours(), uses(space.atom_ids, _around(first, len(days)))
    found: list[Slot] = []
    for day in sorted(days, key=lambda day: abs(day - centre)):
        if len(found) >= count and abs(day - centre) > timedelta(days=1):
            break
        found += free_slots(space, layout, day, wanted.minutes, known=known, taken=taken)
    return sorted(sorted(found, key=lambda slot: abs(slot.starts - wanted.starts))[:count])


def elsewhere(wanted: Slot, people: int, *, other_than: Space, count: int = 3) -> list[Layout]:
    """Layouts of other spaces and combinations that hold these people at the same time, the snuggest first."""
    day = wanted.starts.astimezone(ROME).date()
    others = [space for space in spaces() if space.id != other_than.id]
    known, taken = hours(), uses({atom for space in others for atom in space.atom_ids}, _around(day, 1))
    found = []
    for layout in sorted((layout for space in others for layout in space.layouts), key=lambda layout: layout.capacity):
        if layout.capacity < people or layout.space in [other.space for other in found]:
            continue
        if wanted in free_slots(layout.space, layout, day, wanted.minutes, known=known, taken=taken):
            found.append(layout)
            if len(found) == count:
                break
    return found


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
