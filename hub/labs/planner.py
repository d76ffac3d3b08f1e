"""The managers' planner: rooms for all the dates of a rule at once, and what is in the way where there is none.

First the rooms that are free on every date; else of the rooms that could do it the one that is free on most dates, and for the
dates that are left the same again. Rooms are asked of the board that answers whoever looks for a space, in a house without
the rules for bookings: the hub gives itself no notice. Nothing is kept until the plan is accepted: then all of it, or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hub.booking.models import Booking
from hub.clock import instants, today
from hub.db import db
from hub.labs import sessions, team
from hub.labs.models import Activity, Session, Trainer
from hub.labs.rules import must_be_alive
from hub.refusal import Refusal, Refusals, must_pass, refusals
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.board import Board
from hub.spaces.models import Closure, Layout, Occurrence
from hub.spaces.needs import Need
from hub.spaces.rules import Slot, at_minute, kept_from
from hub.spaces.terms import Demand

REACH_DAYS = 3 * 366
DATES_EXPLAINED = 60  # beyond that nobody reads why: the rule itself is wrong
# what holds for the hub itself: no notice, any length and minute
OWN_RULES = [
    Demand(None, kind, None, None, None, None, params)
    for kind, params in {
        "notice": {"hours": 0},
        "horizon": {"days": REACH_DAYS},
        "length": {"min": 1, "max": 24 * 60},
        "grid": {"minutes": 1},
    }.items()
]


class Wish(NamedTuple):
    """The dates, a time of day in minutes after midnight, how many minutes, for how many people; layout: a kind, or None."""

    days: tuple[date, ...]
    start: int
    minutes: int
    people: int
    layout: str | None = None
    equipment: tuple[str, ...] = ()
    step_free: bool = False

    def slot(self, day: date) -> Slot:
        """Its time on a day, on Lecce's clocks."""
        starts = at_minute(day, self.start)
        return Slot(starts, starts + timedelta(minutes=self.minutes))

    @property
    def need(self) -> Need:
        return Need(
            first=self.days[0],
            last=self.days[-1],
            only=self.days,
            start=self.start,
            minutes=self.minutes,
            people=self.people,
            layout=self.layout,
            equipment=self.equipment,
            step_free=self.step_free,
            audience=sessions.AUDIENCE,
        )


class Obstacle(NamedTuple):
    """Why a room cannot be had on a date. state: closed or taken; why: in words; what: what stands there, and when."""

    layout: Layout
    state: str
    why: Refusal | None = None
    what: str | dict[str, str] = ""
    slot: Slot | None = None


class Date(NamedTuple):
    """One date: the rooms that are free, the snuggest first; the one that is proposed, None where there is none; and what is in
    the way of the others, of all where none is free, else of the room that most dates have."""

    day: date
    slot: Slot
    rooms: list[Layout]
    best: Layout | None
    obstacles: list[Obstacle]


class Plan(NamedTuple):
    """whole: the rooms that are free on every date, the snuggest first; able: how many rooms could do it at all."""

    whole: list[Layout]
    dates: list[Date]
    able: int


def propose(wish: Wish) -> Plan:
    """Rooms for every date of a wish. Raises Refusal for dates that nobody can plan."""
    must_be_some_days(wish.days)
    board = Board(spaces.spaces(), spaces.House(spaces.house().hours, OWN_RULES, []))
    board.look(board.spaces, wish.days[0], wish.days[-1])
    free = {layout: {one.day for one in days} for layout, days in board.layouts(wish.need)}
    ranked = sorted(free, key=snugness)
    mix = _mix(wish.days, ranked, free)
    usual = max(mix.values(), key=list(mix.values()).count, default=None)
    explained = _explained(wish, ranked, free, mix, usual)
    dates = [
        Date(day, wish.slot(day), [one for one in ranked if day in free[one]], mix.get(day), explained.get(day, []))
        for day in wish.days
    ]
    return Plan([one for one in ranked if free[one].issuperset(wish.days)], dates, len(ranked))


def snugness(layout: Layout) -> tuple:
    """The smaller room first, then the one that is sooner ready."""
    return layout.capacity, layout.setup_min + layout.cleanup_min, layout.space.sort, layout.id


def _mix(days: Sequence[date], ranked: Sequence[Layout], free: Mapping[Layout, set[date]]) -> dict[date, Layout]:
    """A room for each date that can have one: again and again the room that is free on most of the dates left."""
    found: dict[date, Layout] = {}
    left = set(days)
    while left:
        best = max(ranked, key=lambda one: len(free[one] & left), default=None)
        if best is None or not free[best] & left:
            break
        found |= dict.fromkeys(free[best] & left, best)
        left -= free[best]
    return found


def _explained(
    wish: Wish,
    ranked: Sequence[Layout],
    free: Mapping[Layout, set[date]],
    mix: Mapping[date, Layout],
    usual: Layout | None,
) -> dict[date, list[Obstacle]]:
    """What is in the way: of every room where a date has none, of the usual one where a date has another."""
    asked = {day: ranked if day not in mix else [usual] for day in wish.days if mix.get(day) != usual or day not in mix}
    asked = dict(list(asked.items())[:DATES_EXPLAINED])
    known = spaces.house()
    found = {day: _obstacles(layouts, wish, day, known) for day, layouts in asked.items()}
    names = _names({id for several in found.values() for _obstacle, id in several if id})
    return {day: [one._replace(what=names[id]) if id else one for one, id in several] for day, several in found.items()}


def _obstacles(layouts: Sequence[Layout], wish: Wish, day: date, known: spaces.House) -> list[tuple[Obstacle, int | None]]:
    """Why each of these rooms is not free on a day, and the number of the occurrence that stands there, where one does: of a room
    that could be laid out in several ways, in the snuggest."""
    slot = wish.slot(day)
    padded = slot.padded(2 * ledger.LONGEST_PADDING, 2 * ledger.LONGEST_PADDING)
    uses = ledger.uses({atom for layout in layouts for atom in layout.space.atom_ids}, padded)
    found, snuggest = [], {}
    for layout in layouts:
        snuggest.setdefault(layout.space_id, layout)
    for layout in snuggest.values():
        if shut := refusals(
            lambda: must_be_an_hour(day, wish.start), lambda layout=layout: sessions.must_be_open_for(layout, slot, known)
        ):
            found.append((Obstacle(layout, "closed", shut[0]), None))
        else:
            here = [use for use in uses if use.atom in layout.space.atom_ids]
            kept = kept_from(here, layout.space_id, layout.id, layout.setup_min, layout.cleanup_min)
            use = next((use for use, taken in zip(here, kept, strict=True) if taken.meets(slot)), None)
            found.append((Obstacle(layout, "taken", slot=use and use.slot), use and use.occurrence_id))
    return found


def _names(ids: Iterable[int]) -> dict[int, str | dict[str, str]]:
    """What stands in the ledger, by number of the occurrence: the title of a booking or an activity, the reason of a closure."""
    rows = (
        sa.select(Occurrence.id, Booking.title, Activity.title, Closure.reason)
        .outerjoin(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Session, Session.id == Occurrence.session_id)
        .outerjoin(Activity, Activity.id == Session.activity_id)
        .outerjoin(Closure, Closure.id == Occurrence.closure_id)
        .where(Occurrence.id.in_(ids))
    )
    return {id: reason or title or booked or "" for id, booked, title, reason in db.session.execute(rows)}


def accept(
    activity: Activity,
    wish: Wish,
    picks: Mapping[date, Layout | None],
    *,
    trainers: Iterable[Trainer] = (),
) -> list[Session]:
    """Write down the sessions of these dates, all or none; a draft's may be without a room for now (None).

    Raises Refusal, Conflict, which name every date that cannot be had. The caller holds the lock of the activity.
    """
    must_be_alive(activity.state)
    must_pick_some(len(picks))
    known, trainers = spaces.house(), list(trainers)
    taken = {day: layout for day, layout in picks.items() if layout}
    must_pass(
        *(lambda day=day: must_be_an_hour(day, wish.start) for day in picks),
        lambda: sessions.must_be_of_a_length(wish.slot(min(picks))),
        lambda: sessions.must_be_known_where(activity.state, len(taken) == len(picks)),
        *(lambda day=day, one=one: sessions.must_be_open_for(one, wish.slot(day), known) for day, one in taken.items()),
    )
    ledger.lock({atom for layout in taken.values() for atom in layout.space.atom_ids})
    made, lost = [], []
    for day, layout in sorted(picks.items()):
        session = sessions.write(activity, wish.slot(day))
        team.assign(session, trainers)
        if layout and not sessions.take_if_free(session, [layout]):
            lost.append(sessions.taken(layout.space.name, wish.slot(day)))
        made.append(session)
    if lost:
        raise Refusals(*lost)
    return made


def must_be_some_days(days: Sequence[date]) -> None:
    if not days or days[-1] > today() + timedelta(days=REACH_DAYS):
        raise Refusal("È troppo lontano: al massimo tre anni da oggi.", field="until", rule="recurrence-end")


def must_be_an_hour(day: date, start: int) -> None:
    """On the night when the clocks go forward an hour is missing."""
    if not instants(day, time(*divmod(start, 60))):
        raise Refusal("%(day)s l'orologio va avanti e quest'ora non c'è.", day=day, field="at", rule="no-hour")


def must_pick_some(count: int) -> None:
    if not count:
        raise Refusal("Scegli almeno una data.", rule="no-dates")
