"""The calendar that both applications are measured on: 50 spaces, 6 bookings a day in each, between 8 and 22.

It always ends some weeks after this Monday and grows into the past, so that the week on show is the same at every size.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hub.clock import ROME

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
SPACES, PER_DAY = 50, 6
OPENS, CLOSES = 8, 22
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Use:
    """Somebody has a space (1 to SPACES) from one instant to another."""

    space: int
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Calendar:
    """The bookings of a database made in the week of this Monday, which go on for so many days from it."""

    monday: date
    future_days: int = 28

    @property
    def week(self) -> date:
        """The first day of the week on show: next week's Monday."""
        return self.monday + timedelta(days=7)

    def oldest_week(self, total: int) -> date:
        """The first of the oldest seven days that are full."""
        days = total // (SPACES * PER_DAY)
        return self.monday + timedelta(days=self.future_days - days)

    def uses(self, total: int) -> list[Use]:
        """Exactly so many bookings, the oldest first."""
        found: list[Use] = []
        offset = self.future_days
        while len(found) < total:
            offset -= 1
            midnight = _midnight(self.monday + timedelta(days=offset))
            for space in range(SPACES, 0, -1):
                for first, last in reversed(_day(space, offset)):
                    found.append(Use(space, midnight + first * HALF_HOUR, midnight + last * HALF_HOUR))
        del found[total:]
        return found[::-1]

    def free(self) -> Iterator[Use]:
        """One-hour slots after the last booking that nobody has taken, 700 a day."""
        day = self.monday + timedelta(days=self.future_days + 7)
        while True:
            for hour in range(OPENS, CLOSES):
                starts = _midnight(day) + timedelta(hours=hour)
                yield from (Use(space, starts, starts + timedelta(hours=1)) for space in range(1, SPACES + 1))
            day += timedelta(days=1)


def _midnight(day: date) -> datetime:
    """Twelve hours before noon in Lecce: what the hours from 8 to 22 are counted from, whatever the clocks did at night."""
    return datetime.combine(day, time(12), ROME).astimezone(UTC) - timedelta(hours=12)


def _day(space: int, offset: int) -> list[tuple[int, int]]:
    """The bookings of a space on a day, as half hours after midnight [first, last), one to two hours each, in order."""
    chance = random.Random(space * 100_003 + offset)
    lengths = [chance.choice((2, 3, 3, 4)) for _ in range(PER_DAY)]
    spare = (CLOSES - OPENS) * 2 - sum(lengths)
    gaps = sorted(chance.randint(0, spare) for _ in range(PER_DAY))
    found, used = [], OPENS * 2
    for length, gap in zip(lengths, gaps, strict=True):
        found.append((used + gap, used + gap + length))
        used += length
    return found
