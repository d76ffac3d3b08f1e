"""The hub at a glance: which of its spaces can do what somebody needs, in which layout, on which days, for how much."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from hub.clock import now, span, today, wall
from hub.spaces.ledger import LONGEST_PADDING, uses_by_atom
from hub.spaces.models import Layout, Space
from hub.spaces.needs import PRIVATE, Need, Opening, crowded_out, first_of, free_starts, kept_from, seconds, slot_at
from hub.spaces.rules import Slot, open_day
from hub.spaces.service import House, holiday, house, spaces
from hub.spaces.tariffs import Rate, price
from hub.spaces.terms import Demand, Terms, standing, terms

Openings = list[tuple[date, Opening]]


class FreeDay(NamedTuple):
    """A day on which a space can be had: in which layout, for how many euro cents, from which starts (see needs.free_starts)."""

    day: date
    layout: Layout
    cents: int
    starts: list[range]
    minutes: int

    @property
    def count(self) -> int:
        return sum(map(len, self.starts))

    def slots(self, most: int) -> list[Slot]:
        """The first so many of its times."""
        return [slot_at(start, self.minutes) for start in first_of(self.starts, most)]


class Answer(NamedTuple):
    """A space or a combination that can do it, in the snuggest layout that can, for so many euro cents; and the days when.

    layouts: all that would fit; without a wanted day there are no days. for_organisations: nobody else may book it.
    """

    space: Space
    layout: Layout
    cents: int
    days: list[FreeDay]
    layouts: list[Layout]
    terms: Terms
    for_organisations: bool


class Board:
    """All that the answers depend on, read once: spaces, hours, rules, prices, and the uses of some atoms in a window.

    What many spaces and days have in common (the hub's hours and rules) is worked out once.
    """

    def __init__(self, spaces: list[Space], known: House) -> None:
        self.spaces, self.today = spaces, today()
        self.now = seconds(now() + timedelta(microseconds=999_999))  # a time that has begun is past
        self.taken: dict[int, list[tuple]] = {}
        self._stretches: dict[int, list[tuple[int, int]]] = {}
        self._rates: dict[int, list[Rate]] = {}
        for rate in known.rates:
            self._rates.setdefault(rate.space_id, []).append(rate)
        self._hours = {id: [rule for rule in known.hours if rule.space_id in (None, id)] for id in _owners(known.hours)}
        self._demands = {id: [one for one in known.demands if one.space_id in (None, id)] for id in _owners(known.demands)}
        self._dated = any(one.valid_from or one.valid_to for one in known.demands)
        self._known: dict[tuple, object] = {}

    def look(self, spaces: Iterable[Space], first: date, last: date) -> None:
        """Read what is taken of these spaces from one day to another."""
        window = Slot(*span(first, (last - first).days + 1)).padded(LONGEST_PADDING, LONGEST_PADDING)
        atoms = sorted({atom for space in spaces for atom in space.atom_ids})
        self.taken, self._stretches = uses_by_atom(atoms, window) if atoms else {}, {}

    def last_day(self, audience: str) -> date:
        """The last day on which somebody may book any of the spaces now."""
        return wall(slot_at(max(self._terms(space, self.today, audience)[2] for space in self.spaces), 0).starts).date()

    def able(self, need: Need) -> list[tuple[Space, list[Layout]]]:
        """The spaces that could do it if they were free, each with the layouts that fit, the snuggest first."""
        found = []
        for space in self.spaces:
            fits = need.space in (None, space.slug) and (space.step_free or not need.step_free)
            if fits and set(need.equipment) <= set(space.equipment):
                layouts = [one for one in space.layouts if one.capacity >= (need.people or 0) and need.layout in (None, one.kind)]
                if layouts:
                    found.append((space, sorted(layouts, key=lambda one: (one.capacity, one.setup_min + one.cleanup_min))))
        return found

    def answers(self, need: Need) -> list[Answer]:
        """Who can do it: by capacity where a number of people is given, else in the order of the house."""
        found = [answer for space, layouts in self.able(need) if (answer := self._answer(space, layouts, need))]
        return sorted(found, key=lambda one: one.layout.capacity) if need.people else found

    def _answer(self, space: Space, layouts: list[Layout], need: Need) -> Answer | None:
        demanded, *_, for_organisations = self._terms(space, self.today, need.audience)
        if need.first is None:
            costs = [(layout, self._cents(space, layout, need, self.today)) for layout in layouts]
            chosen = next(((layout, cents) for layout, cents in costs if _within(cents, need)), None)
            return chosen and Answer(space, *chosen, [], layouts, demanded, for_organisations)
        days, left = [], self._openings(space, need)
        for layout in layouts:  # of each day, the first layout that can do it
            found, left = self._days(space, layout, need, left)
            days += found
            if not left:
                break
        days.sort(key=lambda one: one.day)
        return Answer(space, days[0].layout, days[0].cents, days, layouts, demanded, for_organisations) if days else None

    def options(self, need: Need) -> Iterator[tuple[Layout, int]]:
        """Every layout that can do it, once for each of the days when it can, and for how many cents."""
        for space, layouts in self.able(need):
            for layout in layouts:
                if need.first:
                    yield from ((layout, free.cents) for free in self._days(space, layout, need, self._openings(space, need))[0])
                elif _within(cents := self._cents(space, layout, need, self.today), need):
                    yield layout, cents

    def layouts(self, need: Need) -> Iterator[tuple[Layout, list[FreeDay]]]:
        """Every layout that could do it, and the days when it can."""
        for space, layouts in self.able(need):
            for layout in layouts:
                yield layout, self._days(space, layout, need, self._openings(space, need))[0]

    def _days(self, space: Space, layout: Layout, need: Need, openings: Openings) -> tuple[list[FreeDay], Openings]:
        """The days on which this layout can be had, and the openings that another layout of the space may have."""
        costs = {day: self._cents(space, layout, need, day) for day, _ in openings}
        able = [one for one in openings if _within(costs[one[0]], need)]
        found: dict[date, list[range]] = {}
        free = free_starts((opening for _, opening in able), self._kept(space, layout), need.minutes * 60)
        for (day, _), starts in zip(able, free, strict=True):
            if starts:
                found.setdefault(day, []).extend(starts)
        days = [FreeDay(day, layout, costs[day], starts, need.minutes) for day, starts in found.items()]
        return days, [one for one in openings if one[0] not in found]

    def _openings(self, space: Space, need: Need) -> Openings:
        """When a use of the wanted length may begin on the wanted days, by the hours and the rules of the space."""
        hours, demands = (space.id if space.id in known else None for known in (self._hours, self._demands))
        if (key := ("openings", hours, demands, need)) not in self._known:
            found = self._known[key] = []
            for day, first, last in ((day, *bounds) for day in need.days if (bounds := need.bounds(day))):
                demanded, earliest, latest, for_organisations = self._terms(space, day, need.audience)
                if for_organisations or not demanded.min_minutes <= need.minutes <= demanded.max_minutes:
                    continue
                earliest, latest, step = max(first, earliest), min(last, latest), demanded.grid_minutes * 60
                for opens, closes in self._open(space, day, need.audience):
                    if earliest < closes and opens <= latest:
                        found.append((day, Opening(opens, closes, step, earliest, latest)))
        return self._known[key]

    def _kept(self, space: Space, layout: Layout) -> list[tuple[int, int]]:
        """When this layout cannot be had, of all that was looked at."""
        if layout.id not in self._stretches:
            taken = [row for atom in space.atom_ids for row in self.taken.get(atom, ())]
            padding = layout.setup_min, layout.cleanup_min
            self._stretches[layout.id] = (
                kept_from(taken, space.id, layout.id, *padding)
                if space.lanes is None
                else crowded_out(taken, space.lanes, layout.lanes or 1, *padding)
            )
        return self._stretches[layout.id]

    def _open(self, space: Space, day: date, audience: str) -> list[tuple[int, int]]:
        """The seconds between which the space is open on a day."""
        owner = space.id if space.id in self._hours else None
        if (key := ("open", owner, day, audience)) not in self._known:
            slots = open_day(day, owner or 0, self._hours[owner], holiday(day), audience).slots
            self._known[key] = [(seconds(slot.starts), seconds(slot.ends)) for slot in slots]
        return self._known[key]

    def _terms(self, space: Space, day: date, audience: str) -> tuple[Terms, int, int, bool]:
        """What holds of a space on a day: its terms, the first and the last second that may be booked now, and whether only
        organisations may."""
        owner = space.id if space.id in self._demands else None
        if (key := ("terms", owner, day if self._dated else None, audience)) not in self._known:
            demands = self._demands[owner]
            found = terms(demands, owner or 0, audience, day)
            reach = found.horizon_days
            if audience != "resident" and (first := standing(demands, "residents_first", owner or 0, audience, day)):
                reach = min(reach, first[0].params["days"])
            barred = audience in PRIVATE and bool(standing(demands, "association", owner or 0, audience, day))
            self._known[key] = (found, self.now + found.notice_hours * 3600, self.now + reach * 86400, barred)
        return self._known[key]

    def _cents(self, space: Space, layout: Layout, need: Need, day: date) -> int:
        if not (listed := self._rates.get(space.id)):
            return 0
        if (key := ("cents", layout.id, need.minutes, day, need.audience)) not in self._known:
            self._known[key] = price(
                listed, space_id=space.id, layout_id=layout.id, audience=need.audience, minutes=need.minutes, day=day
            )
        return self._known[key]


def _owners(rules: Iterable[Demand]) -> set[int | None]:
    """The spaces with hours or rules of their own, and the hub."""
    return {None} | {rule.space_id for rule in rules}


def _within(cents: int, need: Need) -> bool:
    return need.budget_cents is None or cents <= need.budget_cents


def board() -> Board:
    """The hub as it stands, without its uses."""
    return Board(spaces(), house(priced=True))
