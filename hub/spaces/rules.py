"""Rules of space and time, on plain values: when a space is open, which times are free, what a booking must respect."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hub.refusal import Refusal

ROME = ZoneInfo("Europe/Rome")
GRID_MINUTES = 30


@dataclass(frozen=True, order=True)
class Slot:
    """A half-open stretch of time [starts, ends), aware instants."""

    starts: datetime
    ends: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends - self.starts).total_seconds() // 60)

    def meets(self, other: "Slot") -> bool:
        return self.starts < other.ends and other.starts < self.ends

    def holds(self, other: "Slot") -> bool:
        return self.starts <= other.starts and other.ends <= self.ends

    def padded(self, before: int, after: int) -> "Slot":
        """With minutes before and after."""
        return Slot(self.starts - timedelta(minutes=before), self.ends + timedelta(minutes=after))


@dataclass(frozen=True)
class Hours:
    """Opening hours as a rule or an exception states them: minutes after midnight on the wall clock (see Opening)."""

    space_id: int | None
    weekday: int | None
    opens: int | None
    closes: int | None
    valid_from: date | None = None
    valid_to: date | None = None
    reason: dict | None = None

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def stands_on(self, day: date) -> bool:
        return self.is_valid_on(day) and self.weekday in (None, day.weekday())


@dataclass(frozen=True)
class OpenDay:
    """What a day is like: the stretches when the space is open, and why it is closed where there are none."""

    day: date
    slots: tuple[Slot, ...]
    reason: dict | None = None


def open_day(day: date, space_id: int, hours: Iterable[Hours], holiday: dict | None) -> OpenDay:
    """The day by the most particular word: the space's exception, the hub's, a holiday, the space's week, the hub's week."""
    standing = [rule for rule in hours if rule.stands_on(day) and rule.space_id in (None, space_id)]
    for owner in (space_id, None):
        exceptions = [rule for rule in standing if rule.weekday is None and rule.space_id == owner]
        if closing := [rule for rule in exceptions if rule.opens is None]:
            return _told(day, closing)  # a closed day within weeks of other hours is closed
        if holiday:  # only a word about that very day opens a holiday again, not a season's hours
            exceptions = [rule for rule in exceptions if rule.valid_from == rule.valid_to]
        if exceptions:
            return _told(day, exceptions)
    if holiday:
        return OpenDay(day, (), holiday)
    weekly = [rule for rule in standing if rule.weekday is not None]
    has_own_week = any(rule.space_id == space_id and rule.weekday is not None and rule.is_valid_on(day) for rule in hours)
    return _told(day, [rule for rule in weekly if (rule.space_id == space_id) == has_own_week])


def _told(day: date, rules: list[Hours]) -> OpenDay:
    slots = sorted(Slot(at_minute(day, rule.opens), at_minute(day, rule.closes)) for rule in rules if rule.opens is not None)
    reasons = [rule.reason for rule in rules if rule.opens is None and rule.reason]
    return OpenDay(day, tuple(slots), reasons[0] if reasons else None)


def at_minute(day: date, minute: int) -> datetime:
    """The instant when the wall clock shows so many minutes after midnight; in spring's gap, as long after it."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall clock has no offset
    return wall.replace(tzinfo=ROME).astimezone(UTC)


def free_stretches(open_slots: Iterable[Slot], busy: Iterable[Slot]) -> list[Slot]:
    """What is left of the open stretches when the busy ones are taken out, in order."""
    left = []
    taken = sorted(busy)
    for slot in open_slots:
        begins = slot.starts
        for other in taken:
            if other.ends <= begins or other.starts >= slot.ends:
                continue
            if other.starts > begins:
                left.append(Slot(begins, other.starts))
            begins = max(begins, other.ends)
        if begins < slot.ends:
            left.append(Slot(begins, slot.ends))
    return left


def crowded(uses: Iterable[tuple[Slot, int, int]], lanes: int, wanted: int) -> list[Slot]:
    """The stretches when a shared space has no `wanted` neighbouring lanes free out of `lanes`.

    uses: (slot, lane_from, lane_to) of each use, an exclusive one taking them all.
    """
    uses = list(uses)
    edges = sorted({edge for slot, _, _ in uses for edge in (slot.starts, slot.ends)})
    full = []
    for starts, ends in pairwise(edges):
        here = [(low, high) for slot, low, high in uses if slot.starts < ends and starts < slot.ends]
        if free_lane(here, lanes, wanted) is None:
            full.append(Slot(starts, ends))
    return full


def free_lane(taken: Iterable[tuple[int, int]], lanes: int, wanted: int) -> int | None:
    """The lowest lane from which `wanted` neighbouring lanes are free, or None."""
    taken = list(taken)
    for first in range(lanes - wanted + 1):
        if not any(low < first + wanted and first < high for low, high in taken):
            return first
    return None


def starts_within(free: Iterable[Slot], minutes: int, before: int, after: int, open_slots: Iterable[Slot]) -> list[Slot]:
    """Every slot of this length, on the grid of the opening hours, whose set-up and clean-up find the space free.

    free: stretches without uses (they reach beyond the opening hours, where staff may set up); before, after: minutes.
    """
    free = list(free)
    found = []
    for opening in open_slots:
        starts = opening.starts
        while starts + timedelta(minutes=minutes) <= opening.ends:
            slot = Slot(starts, starts + timedelta(minutes=minutes))
            if any(stretch.holds(slot.padded(before, after)) for stretch in free):
                found.append(slot)
            starts += timedelta(minutes=GRID_MINUTES)
    return found


def must_be_open(slot: Slot, day: OpenDay) -> None:
    if any(opening.holds(slot) for opening in day.slots):
        return
    if day.reason:
        raise Refusal("Quel giorno siamo chiusi: %(reason)s.", reason=day.reason, field="starts", rule="closed-day")
    if not day.slots:
        raise Refusal("Quel giorno siamo chiusi.", field="starts", rule="closed-day")
    raise Refusal(
        "Siamo aperti dalle %(opens)s alle %(closes)s: scegli un orario che finisca entro la chiusura.",
        opens=day.slots[0].starts.astimezone(ROME).time(),
        closes=day.slots[-1].ends.astimezone(ROME).time(),
        field="starts",
        rule="opening-hours",
    )


def must_fit(people: int, capacity: int) -> None:
    if people > capacity:
        raise Refusal(
            "In questa disposizione entrano al massimo %(capacity)s persone: scegline un'altra o uno spazio più grande.",
            capacity=capacity,
            field="attendees",
            rule="capacity",
        )


def must_last(minutes: int, shortest: int, longest: int) -> None:
    if minutes < shortest or minutes > longest:
        raise Refusal(
            "Questo spazio si prenota da %(shortest)s a %(longest)s minuti.",
            shortest=shortest,
            longest=longest,
            field="minutes",
            rule="length",
        )


def must_give_notice(starts: datetime, now: datetime, notice_hours: int, horizon_days: int) -> None:
    """Neither too late (the space must be made ready) nor too early."""
    if starts <= now:
        raise Refusal("Questo orario è già passato: scegline uno futuro.", field="starts", rule="past")
    earliest = now + timedelta(hours=notice_hours)
    if starts < earliest:
        raise Refusal(
            "Serve un preavviso di %(hours)s ore: il primo orario possibile è %(earliest)s.",
            hours=notice_hours,
            earliest=earliest,
            field="starts",
            rule="notice",
        )
    latest = now + timedelta(days=horizon_days)
    if starts > latest:
        raise Refusal(
            "Si prenota al massimo con %(days)s giorni di anticipo: l'ultimo giorno possibile è %(latest)s.",
            days=horizon_days,
            latest=latest.astimezone(ROME).date(),
            field="starts",
            rule="horizon",
        )


def must_be_on_grid(slot: Slot, day: OpenDay) -> None:
    for opening in day.slots:
        if opening.holds(slot) and (slot.starts - opening.starts).total_seconds() % (GRID_MINUTES * 60) == 0:
            return
    raise Refusal("Gli orari di inizio sono ogni %(grid)s minuti.", grid=GRID_MINUTES, field="starts", rule="grid")
