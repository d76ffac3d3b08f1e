"""Spaces as people look for them: the catalogue, the days they are open, the times that are free."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from holidays import country_holidays
from sqlalchemy.orm import joinedload

from hub.clock import ROME, now, span, today
from hub.db import db
from hub.spaces.ledger import LONGEST_PADDING, occupy, plan, uses
from hub.spaces.models import PRICE_UNITS, Closure, Layout, Opening, Price, Rule, Space, SpaceAtom
from hub.spaces.rules import Hours, OpenDay, Slot, Use, crowded, free_stretches, kept_from, open_day, starts_within
from hub.spaces.tariffs import Rate
from hub.spaces.terms import LIMITS, Demand, Terms, in_force, standing, terms


def spaces() -> list[Space]:
    """All published spaces with their layouts and atoms, in the order of the house; in one query."""
    whole = sa.select(Space).options(joinedload(Space.layouts), joinedload(Space.atoms))
    return list(db.session.scalars(whole.where(Space.published).order_by(Space.sort, Space.id)).unique())


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


def space_by(slug: str, *, priced: bool = False) -> Space | None:
    """A published space with its layouts and atoms, and its prices where asked for, in one query; None where there is none."""
    found = sa.select(Space).where(Space.slug == slug, Space.published)
    parts = [joinedload(Space.layouts), joinedload(Space.atoms)] + [joinedload(Space.prices)] * priced
    return db.session.scalars(found.options(*parts)).unique().one_or_none()


class House(NamedTuple):
    """When the hub and its spaces are open, and what they demand of a booking: all of it, as plain values.

    rates: the price list, where it was asked for.
    """

    hours: list[Hours]
    demands: list[Demand]
    rates: list[Rate]

    def terms(self, space: Space, day: date | None = None, audience: str | None = None) -> Terms:
        """What holds of a space on a day (today, where none is given)."""
        return terms(self.demands, space.id, audience, day or today())

    def limits(self, space: Space, day: date, audience: str) -> list[Demand]:
        """The rules to respect on a day that depend on who asks, and on what they have already."""
        return [one for kind in LIMITS for one in in_force(self.demands, kind, space.id, audience, day)]

    def code(self, rule: str | None, space: Space, day: date, audience: str | None) -> str | None:
        """What the rule of this kind that holds is called, where there is one (see `Demand.code`)."""
        return next((one.code for one in standing(self.demands, rule or "", space.id, audience, day)), None)


def house(*, priced: bool = False) -> House:
    """The opening hours and the rules that stand, and the price list where it is asked for, in one query."""
    found = House([], [], [])
    for kind, *shared, params, weekday, opens, closes in db.session.execute(PRICED_HOUSE if priced else HOUSE):
        space_id, audience, valid_from, valid_to, id = shared
        if kind == "hours":
            found.hours.append(Hours(space_id, weekday, opens, closes, valid_from, valid_to, params, audience))
        elif kind in PRICE_UNITS:
            layout_id, cents = weekday, opens
            found.rates.append(Rate(space_id, layout_id, audience, kind, cents, valid_from, valid_to))
        else:
            found.demands.append(Demand(id, kind, space_id, audience, valid_from, valid_to, params))
    return found


def _shared(model: type[Opening | Rule | Price]) -> tuple:
    return model.space_id, model.audience, model.valid_from, model.valid_to, model.id


def rates(spaces: Iterable[int]) -> list[Rate]:
    """The price list of these spaces, by id."""
    listed = sa.select(*(getattr(Price, name) for name in Rate.__dataclass_fields__))
    return [Rate(*row) for row in db.session.execute(listed.where(Price.space_id.in_(spaces)))]


NO_HOUR = sa.literal(None, sa.Integer)
STANDING = (
    sa.select(
        sa.literal("hours").label("kind"), *_shared(Opening), Opening.reason, Opening.weekday, Opening.opens, Opening.closes
    ),
    sa.select(Rule.kind, *_shared(Rule), Rule.params, NO_HOUR, NO_HOUR, NO_HOUR).where(Rule.ended_at.is_(None)),
)
LISTED = sa.select(Price.unit, *_shared(Price), sa.null(), Price.layout_id, Price.cents, NO_HOUR)
HOUSE, PRICED_HOUSE = sa.union_all(*STANDING), sa.union_all(*STANDING, LISTED)


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


def days_of(space: Space, first: date, count: int, known: House | None = None, audience: str | None = None) -> list[OpenDay]:
    """When the space is open, for this audience, on each of these days."""
    hours = (known or house()).hours
    days = (first + timedelta(days=n) for n in range(count))
    return [open_day(day, space.id, hours, holiday(day), audience) for day in days]


def busy(space: Space, layout: Layout | None, window: Slot) -> list[Slot]:
    """When this layout cannot take place in a window: an atom is taken, or is being set up or put away, or no lanes are left."""
    return kept(space, layout, uses(space.atom_ids, window.padded(LONGEST_PADDING, LONGEST_PADDING)))


def kept(space: Space, layout: Layout | None, taken: Iterable[Use]) -> list[Slot]:
    """When this layout cannot take place, of what is known to stand in the ledger (see `rules.kept_from`)."""
    setup, cleanup = (layout.setup_min, layout.cleanup_min) if layout else (0, 0)
    if space.lanes is None:
        return kept_from(taken, space.id, layout and layout.id, setup, cleanup)
    padded = [(use.slot.padded(use.setup_now, use.cleanup_now), use.low, use.high) for use in taken]
    full = crowded(padded, space.lanes, (layout and layout.lanes) or 1)
    return [slot.padded(cleanup, setup) for slot in full]


def weekly_hours(space: Space, known: House) -> list[list[Hours]]:
    """The week's hours of a space for everybody, its own or the hub's, from Monday to Sunday; an empty day is closed."""
    for_all = [rule for rule in known.hours if rule.weekday is not None and rule.audience is None]
    weekly = [rule for rule in for_all if rule.stands_on(today() + _to_weekday(rule.weekday))]
    own = [rule for rule in weekly if rule.space_id == space.id] or [rule for rule in weekly if rule.space_id is None]
    return [sorted((rule for rule in own if rule.weekday == day), key=lambda rule: rule.opens or 0) for day in range(7)]


def _to_weekday(weekday: int) -> timedelta:
    """From today to the next such day of the week."""
    return timedelta(days=(weekday - today().weekday()) % 7)


def free_week(space: Space, first: date, count: int = 7, known: House | None = None) -> list[tuple[OpenDay, list[Slot]]]:
    """Each day with the stretches that are open, free, not too near for the space's notice, and as long as a booking."""
    known = known or house()
    demanded, days = known.terms(space), days_of(space, first, count, known)
    starts, ends = span(first, count)
    soonest, grid = now() + timedelta(hours=demanded.notice_hours), timedelta(minutes=demanded.grid_minutes)
    too_near = Slot(starts - timedelta(days=1), max(soonest + (starts - soonest) % grid, starts))
    taken = [*busy(space, None, Slot(starts, ends)), too_near]
    free = ((day, free_stretches(day.slots, taken)) for day in days)
    return [(day, [slot for slot in slots if slot.minutes >= demanded.min_minutes]) for day, slots in free]


def free_slots(
    space: Space,
    layout: Layout,
    day: date,
    minutes: int,
    *,
    known: House | None = None,
    taken: list[Use] | None = None,
    ignoring: sa.Select | None = None,
    audience: str | None = None,
) -> list[Slot]:
    """The times of a day when this layout can be had for so many minutes, by the space's notice, on its grid.

    known: the hub's hours and rules, taken: the ledger's uses around the day, for whoever has asked for them already;
    ignoring: occurrences that do not count (see ledger.uses).
    """
    known = known or house()
    here = (
        [use for use in taken if use.atom in space.atom_ids]
        if taken is not None
        else uses(space.atom_ids, _around(day, 1), ignoring)
    )
    opening = days_of(space, day, 1, known, audience)[0]
    demanded = known.terms(space, day, audience)
    earliest = now() + timedelta(hours=demanded.notice_hours)
    latest = now() + timedelta(days=demanded.horizon_days)
    found = starts_within(kept(space, layout, here), minutes, demanded.grid_minutes, opening.slots)
    return [slot for slot in found if earliest <= slot.starts <= latest]


def _around(first: date, days: int) -> Slot:
    """These days with what may come before and after them: the set-up and the clean-up of their first and last use."""
    return Slot(*span(first, days)).padded(LONGEST_PADDING, LONGEST_PADDING)


def nearest(space: Space, layout: Layout, wanted: Slot, count: int = 3, within_days: int = 14) -> list[Slot]:
    """The free times of the same length nearest to the wanted one, looking some days back and ahead."""
    centre = wanted.starts.astimezone(ROME).date()
    first = max(centre - timedelta(days=within_days), today())
    days = [first + timedelta(days=n) for n in range((centre - first).days + within_days + 1)]
    known, taken = house(), uses(space.atom_ids, _around(first, len(days)))
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
    known, taken = house(), uses({atom for space in others for atom in space.atom_ids}, _around(day, 1))
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
