"""Rules of space and time, on plain values: when a space is open, which times are free, what a booking must respect."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.refusal import Refusal

ROME = ZoneInfo("Europe/Rome")


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
    audience: str | None = None

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def stands_on(self, day: date) -> bool:
        return self.is_valid_on(day) and self.weekday in (None, day.weekday())


class Use(NamedTuple):
    """What blocks an atom: for which space and layout, when (without padding), on which lanes.

    setup, cleanup: the minutes that its layout takes before and after; setup_now, cleanup_now: those in force, none towards
    a neighbour with the same layout.
    """

    occurrence_id: int
    atom: int
    space_id: int
    layout_id: int | None
    slot: Slot
    setup: int
    cleanup: int
    setup_now: int
    cleanup_now: int
    low: int
    high: int


def follows(first: Use | None, second: Use | None) -> bool:
    """Whether the room stays as it is between two neighbours: the same layout of the same space, too near for anything else."""
    if first is None or second is None or first.layout_id is None:
        return False
    same = (first.space_id, first.layout_id) == (second.space_id, second.layout_id)
    return same and second.slot.starts - first.slot.ends < timedelta(minutes=first.cleanup + second.setup)


def kept_from(uses: Iterable[Use], space_id: int, layout_id: int | None, setup: int, cleanup: int) -> list[Slot]:
    """When nothing with this layout can take place: during each use, and while one is put away and the other set up, which
    nobody need do where the layout is the same."""
    return [
        use.slot
        if (use.space_id, use.layout_id) == (space_id, layout_id) and layout_id is not None
        else use.slot.padded(use.setup + cleanup, use.cleanup + setup)
        for use in uses
    ]


@dataclass(frozen=True)
class OpenDay:
    """What a day is like: the stretches when the space is open, and why it is closed where there are none."""

    day: date
    slots: tuple[Slot, ...]
    reason: dict | None = None


def open_day(day: date, space_id: int, hours: Iterable[Hours], holiday: dict | None, audience: str | None = None) -> OpenDay:
    """The day by the most particular word: the space's exception, the hub's, a holiday, the space's week, the hub's week.

    Hours of an audience are added, for those who belong to it, to what holds for everybody.
    """
    hours = [rule for rule in hours if rule.audience in (None, audience)]
    standing = [rule for rule in hours if rule.stands_on(day) and rule.space_id in (None, space_id)]
    added: list[Hours] = []  # until a word for everybody is found
    for owner in (space_id, None):
        exceptions = [rule for rule in standing if rule.weekday is None and rule.space_id == owner]
        if closing := [rule for rule in exceptions if rule.opens is None]:
            return _told(day, added or closing)  # a closed day within weeks of other hours is closed
        if holiday:  # only a word about that very day opens a holiday again, not a season's hours
            exceptions = [rule for rule in exceptions if rule.valid_from == rule.valid_to]
        added += exceptions
        if any(rule.audience is None for rule in exceptions):
            return _told(day, added)
    if holiday:
        return _told(day, added) if added else OpenDay(day, (), holiday)
    own = [rule for rule in hours if rule.space_id == space_id and rule.weekday is not None and rule.is_valid_on(day)]
    owners = (space_id,) if any(rule.audience is None for rule in own) else (space_id, None)
    return _told(day, [*added, *(rule for rule in standing if rule.weekday is not None and rule.space_id in owners)])


def _told(day: date, rules: list[Hours]) -> OpenDay:
    stretches = sorted((rule.opens, rule.closes) for rule in rules if rule.opens is not None)
    joined: list[tuple[int, int]] = []
    for opens, closes in stretches:  # hours that touch or overlap, such as an audience's longer evening, are one stretch
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    slots = [Slot(at_minute(day, opens), at_minute(day, closes)) for opens, closes in joined]
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
    coming = sorted(uses, key=lambda use: use[0], reverse=True)
    edges = sorted({edge for slot, _, _ in coming for edge in (slot.starts, slot.ends)})
    full, here = [], []
    for starts, ends in pairwise(edges):
        while coming and coming[-1][0].starts <= starts:
            here.append(coming.pop())
        here = [use for use in here if use[0].ends > starts]
        if free_lane([(low, high) for _, low, high in here], lanes, wanted) is None:
            full.append(Slot(starts, ends))
    return full


def free_lane(taken: Iterable[tuple[int, int]], lanes: int, wanted: int) -> int | None:
    """The lowest lane from which `wanted` neighbouring lanes are free, or None."""
    taken = list(taken)
    for first in range(lanes - wanted + 1):
        if not any(low < first + wanted and first < high for low, high in taken):
            return first
    return None


def starts_within(kept: Iterable[Slot], minutes: int, grid: int, open_slots: Iterable[Slot]) -> list[Slot]:
    """Every slot of this length, on the grid of the opening hours, that meets none of the stretches kept from it.

    kept: see `kept_from`; grid: minutes between one start and the next.
    """
    taken = sorted(kept)
    length, step = timedelta(minutes=minutes), timedelta(minutes=grid)
    found = []
    for opening in open_slots:
        starts, past = opening.starts, 0
        while starts + length <= opening.ends:
            while past < len(taken) and taken[past].ends <= starts:
                past += 1
            if not any(other.starts < starts + length and starts < other.ends for other in taken[past:]):
                found.append(Slot(starts, starts + length))
            starts += step
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
            "Questo spazio si prenota da %(shortest)s a %(longest)s.",
            shortest=timedelta(minutes=shortest),
            longest=timedelta(minutes=longest),
            field="minutes",
            rule="length",
        )


def must_give_notice(starts: datetime, now: datetime, notice_hours: int) -> None:
    """Not too late: the space must be made ready."""
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


def must_be_within_reach(starts: datetime, now: datetime, horizon_days: int) -> None:
    """Not too early: others want to plan as well."""
    latest = now + timedelta(days=horizon_days)
    if starts > latest:
        raise Refusal(
            "Si prenota al massimo con %(days)s giorni di anticipo: l'ultimo giorno possibile è %(latest)s.",
            days=horizon_days,
            latest=latest.astimezone(ROME).date(),
            field="starts",
            rule="horizon",
        )


def must_be_on_grid(slot: Slot, day: OpenDay, grid: int) -> None:
    """A start of the grid; outside the opening hours, which have words of their own, there is none to miss."""
    opening = next((opening for opening in day.slots if opening.holds(slot)), None)
    step = timedelta(minutes=grid)
    if opening and (past := (slot.starts - opening.starts) % step):
        raise Refusal(
            "Gli orari di inizio sono ogni %(grid)s minuti: i più vicini sono le %(before)s e le %(after)s.",
            grid=grid,
            before=(slot.starts - past).astimezone(ROME).time(),
            after=(slot.starts - past + step).astimezone(ROME).time(),
            field="starts",
            rule="grid",
        )
