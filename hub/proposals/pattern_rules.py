"""Patterns in how supports come, on plain values: what is worth a look, and is no proof of anything."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
LEAST = 8  # supports in a window below which it is never a burst
TIMES = 6  # how much quicker than the proposal's usual pace a burst is
SHARED_LEAST = 3  # people with one device from which on it is told


@dataclass(frozen=True)
class Burst:
    """Supports of one proposal that came together: the instants of the first and the last, how many, and how many come
    in a window at its usual pace."""

    starts: datetime
    ends: datetime
    count: int
    usual: float

    @property
    def minutes(self) -> int:
        """How long it took, one at least."""
        return max(1, round((self.ends - self.starts).total_seconds() / 60))


def bursts(times: Sequence[datetime], since: datetime, until: datetime) -> list[Burst]:
    """The bursts among the instants of a proposal's supports, in order; no support is in two.

    since, until: from when to when it could be supported. The usual pace is that of the supports outside the window, over the
    time outside it. A burst goes on for as long as windows of WINDOW that begin in it are as full.
    """
    ordered, found, first = sorted(times), [], 0
    while first < len(ordered):
        end = bisect_left(ordered, ordered[first] + WINDOW)
        if not _is_burst(len(ordered), end - first, since, until):
            first += 1
            continue
        last = end
        while last < len(ordered) and _is_burst(len(ordered), last + 1 - _before(ordered, last), since, until):
            last += 1
        found.append(Burst(ordered[first], ordered[last - 1], last - first, _usual(len(ordered), last - first, since, until)))
        first = last
    return found


def _before(ordered: Sequence[datetime], number: int) -> int:
    """The first of the supports that came within a window before this one."""
    return bisect_left(ordered, ordered[number] - WINDOW)


def _is_burst(all_of_them: int, count: int, since: datetime, until: datetime) -> bool:
    return count >= LEAST and count >= TIMES * _usual(all_of_them, count, since, until)


def _usual(all_of_them: int, count: int, since: datetime, until: datetime) -> float:
    """How many of the others come in a window."""
    windows = max((until - since) / WINDOW - 1, 1.0)
    return (all_of_them - count) / windows
