"""The day's sheet of the caretaker, as plain facts: who is where, which walls and which chairs and tables move, and by when."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.booking.models import Booking
from hub.clock import span
from hub.db import db
from hub.labs.models import Activity, Session, SessionTrainer
from hub.labs.seats import Places, places_of
from hub.spaces import closures, service
from hub.spaces.closures import Closed
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.rules import OpenDay, Slot, open_day

LOOK_BACK_DAYS = 28  # how far back a room may have been left as it is
SHOWN = ("planned", "done", "no_show")
AGREED = ("approved", "done", "no_show")
PUBLIC = ("published", "closed")


class Use(NamedTuple):
    """Somebody in a space: a booking, or a session of an activity, of which it then knows the places. padded: with set-up and
    clean-up in force."""

    occurrence: Occurrence
    slot: Slot
    padded: Slot
    booking: Booking | None = None
    session: Session | None = None
    places: Places | None = None

    @property
    def people(self) -> int:
        """For how many chairs are put out: who booked says it; of an activity who is enrolled, or who could be."""
        if self.booking:
            return self.booking.attendees
        return self.places.taken or self.places.count or self.occurrence.layout.capacity


class Wall(NamedTuple):
    """A movable wall between two atoms, to be opened or shut before a use begins, since the last one left it otherwise."""

    between: tuple[Space, Space]
    opens: bool
    window: Slot
    use: Use


class Furniture(NamedTuple):
    """Chairs and tables that change place before a use. before: how it was left, space by space; nothing where nobody knows."""

    space: Space
    before: list[tuple[Space, Layout]]
    after: Layout
    people: int
    window: Slot
    use: Use


class Sheet(NamedTuple):
    """A day. uses: by space, in time order; window of a job: from when it can be done until when it must be."""

    day: date
    building: OpenDay
    uses: list[tuple[Space, list[Use]]]
    jobs: list[Wall | Furniture]
    closures: list[tuple[Closed, list[Space]]]

    @property
    def all_uses(self) -> list[Use]:
        return [use for _space, uses in self.uses for use in uses]

    @property
    def work(self) -> Slot | None:
        """From the first set-up to the last clean-up; nothing on an empty day."""
        padded = [use.padded for use in self.all_uses]
        return Slot(min(padded).starts, max(one.ends for one in padded)) if padded else None


def sheet(day: date) -> Sheet:
    """What happens on a day in Lecce: what was confirmed, not what waits for an answer; what is public, not the drafts."""
    window = Slot(*span(day))
    spaces = service.spaces()
    uses = sorted([*_bookings(window), *_sessions(window)], key=lambda use: (use.slot.starts, use.occurrence.id))
    by_space = [(space, mine) for space in spaces if (mine := [use for use in uses if use.occurrence.space_id == space.id])]
    closed = [(one, [s for s in spaces if one.atoms & set(s.atom_ids)]) for one in closures.standing(window)]
    building = open_day(day, 0, service.house().hours, service.holiday(day))
    return Sheet(day, building, by_space, jobs(uses, _left(window), walls(spaces)), closed)


def _bookings(window: Slot) -> list[Use]:
    """The confirmed bookings of a window."""
    found = sa.select(Booking, Occurrence).join(Occurrence, Occurrence.booking_id == Booking.id)
    found = found.where(*_within(window), Booking.state.in_(AGREED))
    whole = found.options(joinedload(Booking.requester), joinedload(Booking.organisation), *IN_A_SPACE)
    return [_use(occurrence, booking=booking) for booking, occurrence in db.session.execute(whole).unique()]


def _sessions(window: Slot) -> list[Use]:
    """The sessions of activities in a window, each once for each of its spaces."""
    found = sa.select(Session, Occurrence).join(Occurrence, Occurrence.session_id == Session.id)
    found = found.join(Activity, Activity.id == Session.activity_id).where(*_within(window), Activity.state.in_(PUBLIC))
    whole = found.options(
        joinedload(Session.activity).selectinload(Activity.trainers),
        joinedload(Session.trainers).joinedload(SessionTrainer.trainer),
        *IN_A_SPACE,
    )
    rows = db.session.execute(whole).unique().all()
    places = places_of({session.activity_id for session, _ in rows})
    return [_use(occurrence, session=session, places=places[session.activity_id]) for session, occurrence in rows]


IN_A_SPACE = (joinedload(Occurrence.layout), joinedload(Occurrence.space).joinedload(Space.atoms))


def _within(window: Slot) -> tuple[sa.ColumnElement[bool], ...]:
    return Occurrence.starts_at < window.ends, Occurrence.ends_at > window.starts, Occurrence.status.in_(SHOWN)


def _use(occurrence: Occurrence, **whose: object) -> Use:
    slot = Slot(occurrence.starts_at, occurrence.ends_at)
    return Use(occurrence, slot, slot.padded(occurrence.setup_min, occurrence.cleanup_min), **whose)


def _left(window: Slot) -> list[tuple[Space, Layout]]:
    """How the spaces were used before a window, the last use last."""
    before = sa.select(Occurrence).outerjoin(Booking, Booking.id == Occurrence.booking_id)
    before = before.outerjoin(Session, Session.id == Occurrence.session_id)
    before = before.outerjoin(Activity, Activity.id == Session.activity_id)
    before = before.where(Occurrence.starts_at < window.starts, Occurrence.ends_at <= window.starts)
    before = before.where(Occurrence.starts_at > window.starts - timedelta(days=LOOK_BACK_DAYS))
    before = before.where(Occurrence.status.in_(("planned", "done")))
    before = before.where(sa.or_(Booking.state.in_(AGREED), Activity.state.in_(PUBLIC))).order_by(Occurrence.ends_at)
    return [(one.space, one.layout) for one in db.session.scalars(before.options(*IN_A_SPACE)).unique()]


def walls(spaces: Iterable[Space]) -> list[tuple[Space, Space]]:
    """The movable walls: between two atoms that can be had as one; in a larger hall, those of its pairs, or of its atoms in
    order where no pair can be had."""
    spaces = list(spaces)
    atoms = {space.id: space for space in spaces if space.atom_ids == [space.id]}
    larger = sorted((space for space in spaces if space.kind == "composite"), key=lambda space: len(space.atom_ids))
    found: list[tuple[int, int]] = []
    for space in larger:
        ids = space.atom_ids
        if len(ids) == 2 or not any({a, b} <= set(ids) for a, b in found):
            found += [pair for pair in pairwise(ids) if pair not in found]
    return [(atoms[a], atoms[b]) for a, b in found if a in atoms and b in atoms]


def jobs(uses: list[Use], left: list[tuple[Space, Layout]], walls: list[tuple[Space, Space]]) -> list[Wall | Furniture]:
    """What has to move on a day, in time order. uses: by their start; left: how the spaces were used before."""
    stands: dict[int, tuple[Space, Layout]] = {}
    is_open = dict.fromkeys(((a.id, b.id) for a, b in walls), False)
    free_from: dict[int, datetime] = {}
    found: list[Wall | Furniture] = []
    for space, layout in left:
        stands |= dict.fromkeys(space.atom_ids, (space, layout))
        is_open |= _walls_of(space, is_open)
    for use in uses:
        space, layout = use.occurrence.space, use.occurrence.layout
        window = _window(use, free_from)
        wanted = _walls_of(space, is_open)
        for a, b in walls:
            if wanted.get((a.id, b.id), is_open[a.id, b.id]) != is_open[a.id, b.id]:
                found.append(Wall((a, b), wanted[a.id, b.id], window, use))
        before = {stands[atom] for atom in space.atom_ids if atom in stands}
        if (before != {(space, layout)} or any(atom not in stands for atom in space.atom_ids)) and space.lanes is None:
            left_so = sorted(before, key=lambda one: (one[0].id, one[1].id))
            found.append(Furniture(space, left_so, layout, use.people, window, use))
        stands |= dict.fromkeys(space.atom_ids, (space, layout))
        free_from |= dict.fromkeys(space.atom_ids, use.slot.ends)
        is_open |= wanted
    return sorted(found, key=lambda job: (job.window.ends, isinstance(job, Furniture)))


def _walls_of(space: Space, known: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bool]:
    """How the walls around a space stand while it is used: open within it, shut at its edges."""
    ids = set(space.atom_ids)
    return {wall: ids.issuperset(wall) for wall in known if ids.intersection(wall)}


def _window(use: Use, free_from: dict[int, datetime]) -> Slot:
    """When the work before a use is done: in its set-up, or since the last use went where it has none."""
    if use.padded.starts < use.slot.starts:
        return Slot(use.padded.starts, use.slot.starts)
    since = max((free_from[atom] for atom in use.occurrence.space.atom_ids if atom in free_from), default=use.slot.starts)
    return Slot(min(since, use.slot.starts), use.slot.starts)
