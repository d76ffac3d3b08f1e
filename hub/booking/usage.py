"""How the spaces are used, for managers: figures of a period of whole days on Lecce's calendar, each a table.

A use counts on the day when it begins; set-up and clean-up do not count. Of a composite, every atom is used. Sessions of
activities count as hours used, as what the hub itself does: neither as prime time that somebody had, nor as missed arrivals.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hub.booking.models import Booking, BookingChange, Turned
from hub.clock import span, wall
from hub.db import db
from hub.organisations.models import Organisation
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence, Space
from hub.spaces.needs import joined
from hub.spaces.rules import Slot, free_stretches

TOOK_PLACE = ("planned", "done")


PROGRAMME = "programme"  # in place of an audience: a session of an activity


class Use(NamedTuple):
    """A date of a booking that stands, or of a session (booking_id None). organisation: its name, None for a private person;
    state: see OCCURRENCE_STATUSES."""

    space_id: int
    starts: datetime
    ends: datetime
    state: str
    audience: str
    organisation: str | None = None
    booking_id: int | None = None
    people: int | None = None

    @property
    def minutes(self) -> int:
        return Slot(self.starts, self.ends).minutes


class Figures(NamedTuple):
    """What is known of a period: uses, the minutes that each atom was open and used, by (weekday, hour) too."""

    atoms: list[Space]
    uses: list[Use]
    open_minutes: dict[int, int]
    used_minutes: dict[int, int]
    open_hours: Counter
    used_hours: Counter
    names: dict[int, dict]
    made_of: dict[int, list[int]]


class Window(NamedTuple):
    """When everybody wants these atoms, or all of them (None): weekdays from Monday, minutes after midnight."""

    atoms: frozenset[int] | None
    weekdays: tuple[int, ...]
    begins: int
    ends: int

    def holds(self, atoms: Iterable[int], weekday: int, minute: int) -> bool:
        here = self.atoms is None or not self.atoms.isdisjoint(atoms)
        return here and weekday in self.weekdays and self.begins <= minute < self.ends


def figures(first: date, last: date) -> Figures:
    """What is known of the days from first to last."""
    every = spaces.spaces()
    atoms = [space for space in every if space.atom_ids == [space.id]]
    period = span(first, (last - first).days + 1)
    uses = [*_uses(*period), *_sessions(*period)]
    known, closed = spaces.house(), _closed(every, *span(first, (last - first).days + 1))
    made_of = {space.id: space.atom_ids for space in every}
    open_minutes, used_minutes, open_hours, used_hours = {}, {}, Counter(), Counter()
    for atom in atoms:
        days = spaces.days_of(atom, first, (last - first).days + 1, known)
        opened = free_stretches([slot for day in days for slot in day.slots], closed.get(atom.id, []))
        ours = [use for use in uses if use.state in TOOK_PLACE and atom.id in made_of.get(use.space_id, ())]
        used = [_slot(*stretch) for stretch in joined((int(use.starts.timestamp()), int(use.ends.timestamp())) for use in ours)]
        for slots, minutes, hours in ((opened, open_minutes, open_hours), (used, used_minutes, used_hours)):
            minutes[atom.id] = sum(slot.minutes for slot in slots)
            for cell, share in by_hour(slots):
                hours[cell] += share
    return Figures(atoms, uses, open_minutes, used_minutes, open_hours, used_hours, _names(), made_of)


def _uses(starts: datetime, ends: datetime) -> Iterator[Use]:
    found = (
        sa.select(
            *(Occurrence.space_id, Occurrence.starts_at, Occurrence.ends_at, Occurrence.status, Booking.audience),
            *(Organisation.name, Booking.id, Booking.attendees),
        )
        .join(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Organisation, Organisation.id == Booking.organisation_id)
        .where(Occurrence.starts_at >= starts, Occurrence.starts_at < ends)
        .where(Booking.state.in_(("approved", "done", "no_show")), Occurrence.status.in_((*TOOK_PLACE, "no_show")))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return (Use(*row) for row in db.session.execute(found))


def _sessions(starts: datetime, ends: datetime) -> Iterator[Use]:
    found = sa.select(Occurrence.space_id, Occurrence.starts_at, Occurrence.ends_at, Occurrence.status)
    found = found.where(Occurrence.starts_at >= starts, Occurrence.starts_at < ends)
    found = found.where(Occurrence.session_id.is_not(None), Occurrence.status.in_((*TOOK_PLACE, "no_show")))
    rows = db.session.execute(found.order_by(Occurrence.starts_at, Occurrence.id))
    return (Use(*row, PROGRAMME) for row in rows)


def _closed(every: list[Space], starts: datetime, ends: datetime) -> dict[int, list[Slot]]:
    """When each atom was closed for works and the like."""
    made_of = {space.id: space.atom_ids for space in every}
    found: dict[int, list[Slot]] = defaultdict(list)
    closures = sa.select(Occurrence.space_id, Occurrence.starts_at, Occurrence.ends_at).where(
        Occurrence.closure_id.is_not(None),
        Occurrence.status == "planned",
        Occurrence.starts_at < ends,
        Occurrence.ends_at > starts,
    )
    for space_id, begins, until in db.session.execute(closures):
        for atom in made_of.get(space_id, ()):
            found[atom].append(Slot(begins, until))
    return found


def _names() -> dict[int, dict]:
    return dict(db.session.execute(sa.select(Space.id, Space.name)).all())


def _slot(starts: int, ends: int) -> Slot:
    return Slot(datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC))


def by_hour(slots: Iterable[Slot]) -> Iterator[tuple[tuple[int, int], int]]:
    """The stretches cut at the hours of Lecce's clocks: ((weekday from Monday, hour), minutes) of each piece."""
    for slot in slots:
        at = slot.starts
        while at < slot.ends:
            here = wall(at)
            until = min(at + timedelta(minutes=60 - here.minute), slot.ends)
            yield (here.weekday(), here.hour), int((until - at).total_seconds() // 60)
            at = until


def share(part: float, whole: float) -> float | None:
    """A part of a whole, from 0 to 1; None of nothing."""
    return part / whole if whole else None


def by_space(known: Figures) -> list[tuple[dict, int, int, float | None]]:
    """(name, minutes used, minutes open, share) of each atom."""
    return [
        (atom.name, used := known.used_minutes[atom.id], opened := known.open_minutes[atom.id], share(used, opened))
        for atom in known.atoms
    ]


def by_weekday(known: Figures) -> dict[tuple[int, int], float]:
    """The share of what was open that was used, by (weekday, hour)."""
    return {cell: known.used_hours[cell] / minutes for cell, minutes in sorted(known.open_hours.items()) if minutes}


def by_audience(known: Figures) -> list[tuple[str, int, int, int]]:
    """(audience, bookings, dates, minutes), by most minutes; sessions are no bookings."""
    found: dict[str, list] = defaultdict(lambda: [set(), 0, 0])
    for use in known.uses:
        if use.state in TOOK_PLACE:
            row = found[use.audience]
            row[0] |= {use.booking_id} - {None}
            row[1] += 1
            row[2] += use.minutes
    rows = [(audience, len(bookings), dates, minutes) for audience, (bookings, dates, minutes) in found.items()]
    return sorted(rows, key=lambda row: (-row[3], row[0]))


def prime(known: Figures, windows: Collection[Window]) -> list[tuple[str | None, int, float]]:
    """(organisation, minutes, share) of what was used in prime time, by most minutes; None for whoever booked without one."""
    found: Counter = Counter()
    for use in known.uses:
        if use.state in TOOK_PLACE and use.audience != PROGRAMME:
            found[use.organisation] += _prime_minutes(use, known.made_of.get(use.space_id, ()), windows)
    whole = sum(found.values())
    rows = [(name, minutes, minutes / whole) for name, minutes in found.items() if minutes]
    return sorted(rows, key=lambda row: (-row[1], row[0] or ""))


def _prime_minutes(use: Use, atoms: Iterable[int], windows: Collection[Window]) -> int:
    total, at = 0, use.starts
    while at < use.ends:  # half an hour at a time: what every window and every grid is made of
        here = wall(at)
        until = min(at + timedelta(minutes=30 - here.minute % 30), use.ends)
        if any(window.holds(atoms, here.weekday(), here.hour * 60 + here.minute) for window in windows):
            total += int((until - at).total_seconds() // 60)
        at = until
    return total


def prime_windows(known: Figures, first: date) -> set[Window]:
    """When prime time is, and where, by the rules that stood on a day."""
    rules = [one for one in spaces.house().demands if one.kind == "prime_share"]
    standing = [one for one in rules if (one.valid_from or first) <= first <= (one.valid_to or first)]
    return {
        Window(
            frozenset(known.made_of.get(one.space_id, ())) if one.space_id else None,
            tuple(one.params["weekdays"]),
            one.params["from"],
            one.params["to"],
        )
        for one in standing
    }


def no_shows(known: Figures, now: datetime) -> list[tuple[dict, int, int, float | None]]:
    """(space, dates that are over, those that nobody came to, share), where there is any."""
    over, unused = Counter(), Counter()
    for use in known.uses:
        if use.ends <= now and use.audience != PROGRAMME:
            over[use.space_id] += 1
            unused[use.space_id] += use.state == "no_show"
    return [(known.names[id], count, unused[id], share(unused[id], count)) for id, count in sorted(over.items())]


def turned_away(first: date, last: date) -> list[tuple[str, dict, int]]:
    """(rule, space, how often) it refused what somebody asked for, the most frequent first."""
    starts, ends = span(first, (last - first).days + 1)
    found = (
        sa.select(Turned.rule, Turned.space_id, sa.func.count().label("times"))
        .where(Turned.at >= starts, Turned.at < ends)
        .group_by(Turned.rule, Turned.space_id)
        .order_by(sa.desc("times"), Turned.rule, Turned.space_id)
    )
    names = _names()
    return [(rule, names[space_id], times) for rule, space_id, times in db.session.execute(found)]


def decided(first: date, last: date) -> tuple[dict[str, int], dict[str, int]]:
    """How many decisions of each kind (the state that followed), and refusals by their reason."""
    starts, ends = span(first, (last - first).days + 1)
    within = (BookingChange.at >= starts, BookingChange.at < ends)
    states = sa.select(BookingChange.after, sa.func.count()).where(*within).group_by(BookingChange.after)
    reasons = (
        sa.select(BookingChange.reason_code, sa.func.count())
        .where(*within, BookingChange.after == "rejected")
        .group_by(BookingChange.reason_code)
    )
    return dict(db.session.execute(states).all()), dict(db.session.execute(reasons).all())
