"""What somebody needs of a space, and when it can be had, on plain values: instants are whole seconds since 1970.

A busy month of a hub is thousands of uses, and each is asked about by several spaces: hence numbers rather than datetimes, and
starts as ranges (from one free start to the last before the next use, by the grid) rather than one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from hub.spaces.rules import ROME, Slot, at_minute, crowded

PARTS = {"morning": (0, 13 * 60), "afternoon": (13 * 60, 18 * 60), "evening": (18 * 60, 24 * 60)}
MOST_DAYS = 31
LENGTHS = (60, 90, 120, 180, 240, 300, 360, 480, 600, 720)  # minutes
PRIVATE = ("resident", "other")
AUDIENCE_OF_KIND = {"startup": "company", "company": "company", "public_body": "public"}


def audience_of(kind: str | None, is_resident: bool) -> str:
    """Which audience somebody is: by the kind of the organisation (None for a private person, who says where they live)."""
    if kind is None:
        return "resident" if is_resident else "other"
    return AUDIENCE_OF_KIND.get(kind, "ets")


def audiences_of(kind: str | None) -> tuple[str, ...]:
    """All that somebody may be: by the kind of the organisation, None for a private person."""
    if kind is None:
        return PRIVATE
    return (audience_of(kind, False), *(["school"] if kind == "public_body" else []))


@dataclass(frozen=True)
class Need:
    """What is wanted of a space. No first day: any day, whatever is free on it.

    part: a code of PARTS, when it begins; start: minutes after midnight, where it must begin at that very time; minutes: how
    long; people: None where it does not matter; space: the slug of the only space to look at; audience: who asks; only: the
    days that are meant, in order, where not all of those from the first to the last are.
    """

    first: date | None = None
    last: date | None = None
    part: str | None = None
    start: int | None = None
    minutes: int = 120
    people: int | None = None
    layout: str | None = None
    equipment: tuple[str, ...] = ()
    step_free: bool = False
    budget_cents: int | None = None
    audience: str = "resident"
    space: str | None = None
    only: tuple[date, ...] = ()

    @property
    def days(self) -> list[date]:
        """The days that are asked for, in order; none where any will do."""
        if self.first is None:
            return []
        if self.only:
            return list(self.only)
        count = ((self.last or self.first) - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(count)]

    def but(self, **changes: object) -> "Need":
        """The same need with some of it changed."""
        return replace(self, **changes)

    def bounds(self, day: date) -> tuple[int, int] | None:
        """The first and the last second of a day at which it may begin; None where the clock never shows the wanted time."""
        if self.start is not None:
            at = at_minute(day, self.start)
            wall = at.astimezone(ROME)
            return (seconds(at), seconds(at)) if wall.hour * 60 + wall.minute == self.start else None
        begins, ends = PARTS.get(self.part or "", (0, 1440))
        return seconds(at_minute(day, begins)), seconds(at_minute(day, ends)) - 1


class Taken(NamedTuple):
    """What blocks an atom: a `rules.Use` in numbers, as the ledger gives many of them at once."""

    atom: int
    space_id: int
    layout_id: int | None
    starts: int
    ends: int
    setup: int
    cleanup: int
    setup_now: int
    cleanup_now: int
    low: int
    high: int


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def slot_at(starts: int, minutes: int) -> Slot:
    """The slot that begins at a second."""
    begins = datetime.fromtimestamp(starts, UTC)
    return Slot(begins, begins + timedelta(minutes=minutes))


def kept_from(taken: Iterable[tuple], space_id: int, layout_id: int, setup: int, cleanup: int) -> list[tuple[int, int]]:
    """When nothing with this layout can take place (see `rules.kept_from`): stretches in order, that do not overlap.

    taken: rows as `Taken` has them; padding in minutes.
    """
    before, after = cleanup * 60, setup * 60
    return joined(
        (starts, ends)
        if other == layout_id and space == space_id
        else (starts - wind_up * 60 - before, ends + wind_down * 60 + after)
        for _, space, other, starts, ends, wind_up, wind_down, *_ in taken
    )


def crowded_out(taken: Iterable[tuple], lanes: int, wanted: int, setup: int, cleanup: int) -> list[tuple[int, int]]:
    """When a shared space has not so many neighbouring lanes left for a layout (see `rules.crowded`)."""
    uses = (Taken._make(row) for row in taken)
    padded = [(_slot(use.starts, use.ends).padded(use.setup_now, use.cleanup_now), use.low, use.high) for use in uses]
    full = (slot.padded(cleanup, setup) for slot in crowded(padded, lanes, wanted))
    return joined((seconds(slot.starts), seconds(slot.ends)) for slot in full)


def _slot(starts: int, ends: int) -> Slot:
    return Slot(datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC))


def joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches in order, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    begins = until = None
    for starts, ends in sorted(stretches):
        if until is None or starts > until:
            if until is not None:
                found.append((begins, until))
            begins, until = starts, ends
        elif ends > until:
            until = ends
    if until is not None:
        found.append((begins, until))
    return found


class Opening(NamedTuple):
    """A stretch when a space is open, its grid, and the seconds between which one may begin in it (both included)."""

    opens: int
    closes: int
    step: int
    earliest: int
    latest: int


def free_starts(openings: Iterable[Opening], kept: list[tuple[int, int]], length: int) -> list[list[range]]:
    """For each opening, in order of time, the starts of a use of so many seconds that meets nothing of what is kept.

    kept: in order and without overlaps (see `joined`).
    """
    found, past, count = [], 0, len(kept)
    for opens, closes, step, earliest, latest in openings:
        while past < count and kept[past][1] <= opens:
            past += 1
        free, begins, at = [], opens, past
        while begins < closes:
            ends, resumes = (closes, closes) if at == count or kept[at][0] >= closes else kept[at]
            first = begins if begins > earliest else earliest
            first += (opens - first) % step
            last = min(ends - length, latest)
            if first <= last:
                free.append(range(first, last + 1, step))
            begins, at = resumes, at + 1
        found.append(free)
    return found


def first_of(starts: Iterable[range], count: int) -> list[int]:
    """The first so many of these starts."""
    found = []
    for start in chain.from_iterable(starts):
        if len(found) == count:
            break
        found.append(start)
    return found


def nearest_of(starts: Iterable[range], wanted: int, count: int) -> list[int]:
    """The so many of these starts that are nearest to a wanted one, in order of time."""
    return sorted(sorted(chain.from_iterable(starts), key=lambda start: abs(start - wanted))[:count])
