"""How rows become the events of a calendar, in one language: each by itself, or a series by its rule.

A series is one event with a rule, which leaves out the dates that are not in this calendar; those that are not as most of
them (moved, elsewhere, called off, or on a night when the clocks change) stand beside it with the time that the rule has
them at. It is written whole, its oldest dates too, as long as one of them is in the days on show. Each of its dates stands
alone, with a uid of its own, where
- no more than half of its dates, not counting those left out, are in this calendar: it belongs to another space;
- a date is in an hour that comes twice or not at all, or its rule cannot be followed: readers differ there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hub.booking.models import code_of
from hub.booking.papers import ADDRESS
from hub.booking.rules import WAITING_STATES
from hub.clock import wall
from hub.ical import Entry, Recurring, comes_twice, dates_of, rule_of

MOST_DATES = 1000  # of a rule: one that goes on for ever is not written as a rule
REFUSED_STATES = ("rejected", "withdrawn")
TAKES_PLACE, CALLED_OFF = ("planned", "done"), ("cancelled", "no_show")


@dataclass(frozen=True)
class Place:
    """A space as a feed tells it."""

    slug: str
    name: Mapping[str, str]
    published: bool


@dataclass(frozen=True)
class Desk:
    """What it takes to tell of rows in a language.

    here: ids of the spaces whose uses are told; private: whether it is somebody's own calendar, with codes and requests;
    called_off_since: what was called off before is told no more; busy: the words for a booking that shows no title.
    """

    places: Mapping[int, Place]
    here: frozenset[int]
    private: bool
    called_off_since: datetime
    language: str
    busy: str

    def singles(self, rows: Iterable[sa.Row]) -> Iterator[Entry]:
        """Those that are in this calendar, each by itself."""
        for row in rows:
            if status := self._status(row):
                yield self._entry(row, status)

    def series(self, rows: list[sa.Row]) -> Iterator[Entry | Recurring]:
        """All the dates of a series, by its rule or each by itself (see the module's first words)."""
        ruled = self._ruled(rows)
        if ruled is None:
            yield from self.singles(rows)
            return
        rule, dates = ruled
        told = {row.recurrence_at: row for row in rows if row.recurrence_at in dates and self._status(row)}
        if told:
            whole = self._whole(rows, rule, dates, told)
            if whole is None:
                yield from self.singles(rows)
                return
            yield whole
        yield from self.singles(row for row in rows if row.recurrence_at not in dates)

    def _ruled(self, rows: list[sa.Row]) -> tuple[str, dict[datetime, None]] | None:
        """The rule of a series and its dates, in their order; None where each of them must stand alone."""
        counted = [row for row in rows if row.status in (*TAKES_PLACE, *CALLED_OFF)]
        ours = [row for row in counted if row.space_id in self.here]
        first = min((row.recurrence_at for row in rows if row.recurrence_at), default=None)
        if first is None or 2 * len(ours) <= len(counted):
            return None
        try:
            rule = rule_of(rows[0].rrule)
            dates = {date.astimezone(UTC): None for date in dates_of(rule, first, MOST_DATES + 1)}
        except ValueError:
            return None
        times = [time for row in ours if self._status(row) for time in (row.starts_at, row.ends_at)]
        if first not in dates or len(dates) > MOST_DATES or not _is_plain(first, dates, times):
            return None
        return rule, dates

    def _whole(
        self, rows: list[sa.Row], rule: str, dates: Iterable[datetime], told: Mapping[datetime, sa.Row]
    ) -> Recurring | None:
        """The event that has the rule, with the dates of this calendar (told) that are not as it says; None where readers
        would not agree how long the others are."""
        first = next(iter(dates))
        standing = [row for row in told.values() if self._status(row) != "CANCELLED"]
        shapes = Counter(_shape(row) for row in standing or told.values())
        usual = max(shapes, key=lambda shape: (shapes[shape], shape))
        length, space_id, _ = usual
        if _clocks_change(first, first + length):
            return None
        state = self._status(standing[0]) if standing else "CANCELLED"
        known_as = {"uid": rows[0].series_uid, "sequence": rows[0].series_sequence + sum(row.sequence for row in rows)}
        changed, times = max(row.updated_at for row in rows), {"starts": first, "ends": first + length}
        master = self._entry(rows[0], state, space_id=space_id, changed=changed, **known_as, **times)
        others = tuple(
            (date, self._entry(row, self._status(row), **known_as))
            for date, row in told.items()
            if (row.starts_at, _shape(row), self._status(row)) != (date, usual, state)
            or _clocks_change(row.starts_at, row.ends_at)
        )
        return Recurring(master, rule, tuple(date for date in dates if date not in told), others)

    def _status(self, row: sa.Row) -> str | None:
        """How an occurrence stands in this calendar; None where it does not."""
        if row.space_id not in self.here or row.status not in (*TAKES_PLACE, *CALLED_OFF):
            return None
        if row.status in CALLED_OFF or row.state in REFUSED_STATES:
            return "CANCELLED" if row.updated_at >= self.called_off_since else None
        return "TENTATIVE" if row.state in WAITING_STATES else "CONFIRMED"

    def _entry(self, row: sa.Row, status: str, *, space_id: int | None = None, **other: object) -> Entry:
        """The occurrence as an event. other: what is told otherwise than the row has it."""
        place = self.places[space_id or row.space_id]
        space = place.name.get(self.language) or place.name["it"]
        code = code_of(row.booking_id, row.created_at) if self.private else ""
        values = {
            "uid": row.ical_uid,
            "sequence": row.sequence,
            "starts": row.starts_at,
            "ends": row.ends_at,
            "changed": row.updated_at,
            "summary": self._summary(row, space),
            "location": f"{space}, {ADDRESS[self.language]}",
            "description": code,
            "status": status,
            "url": self._url(row, place, code),
        }
        return Entry(**values | other)

    @staticmethod
    def _url(row: sa.Row, place: Place, code: str) -> str:
        if code:
            return f"/prenotazioni/{code}"
        if row.slug:
            return f"/attivita/{row.slug}"
        return f"/spazi/{place.slug}" if place.published else ""

    def _summary(self, row: sa.Row, space: str) -> str:
        if self.private:  # as in the entry that came with the mail, which has the same uid
            return f"{row.title} ({space})"
        for words in (row.reason, row.activity):
            if words is not None:
                return words.get(self.language) or words.get("it") or self.busy
        return row.title or self.busy


def _shape(row: sa.Row) -> tuple[timedelta, int, int]:
    """By what a date differs from others besides its time: its length, its space and its layout."""
    return row.ends_at - row.starts_at, row.space_id, row.layout_id or 0


def _is_plain(first: datetime, dates: Iterable[datetime], times: Iterable[datetime]) -> bool:
    """Whether every reader finds these dates at the same instants: none in an hour that comes twice, or not at all."""
    at = wall(first).time()
    return not any(map(comes_twice, (*dates, *times))) and all(wall(date).time() == at for date in dates)


def _clocks_change(starts: datetime, ends: datetime) -> bool:
    return wall(starts).utcoffset() != wall(ends).utcoffset()
