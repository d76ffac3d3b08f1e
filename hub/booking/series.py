"""A series as a negotiation: each date of a rule with what stands in its way and what is free instead, then all in one go."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from hub.accounts.models import Person
from hub.booking import service
from hub.booking.models import Booking, Series
from hub.booking.recurrence import Recurrence, must_recur
from hub.booking.rules import must_keep_some
from hub.clock import now, wall
from hub.db import db
from hub.refusal import Refusal
from hub.spaces import closures, ledger, rules, search
from hub.spaces import service as spaces
from hub.spaces.models import Layout
from hub.spaces.rules import Slot, at_minute
from hub.spaces.search import Alternative

CLOSED = ("closed-day", "opening-hours")
DATES_WITH_ALTERNATIVES = 40  # beyond that nobody reads them: the rule itself is wrong
OFFERED = 4  # of them two elsewhere, where there are


class Wish(NamedTuple):
    """What recurs: a layout, a time of day in minutes after midnight, how long, for how many people of which audience."""

    layout: Layout
    start: int
    minutes: int
    people: int
    audience: str

    def slot(self, day: date) -> Slot:
        """Its time on a day, on Lecce's clocks."""
        return Slot(at_minute(day, self.start), at_minute(day, self.start + self.minutes))


class Proposal(NamedTuple):
    """A date of the rule. state: free, closed, refused (by a rule) or taken; why: what says so; others: what is free instead."""

    slot: Slot
    state: str
    why: tuple[Refusal, ...] = ()
    others: tuple[Alternative, ...] = ()


class Pick(NamedTuple):
    """What is wanted of a date of the rule, which begins at `at`: a layout at a time, or nothing."""

    at: datetime
    layout: Layout | None = None
    slot: Slot | None = None


def propose(wish: Wish, rule: Recurrence, *, by: Person | None) -> list[Proposal]:
    """Every date of a rule. Raises Refusal for a rule that makes no sense."""
    must_recur(rule)
    rules.must_fit(wish.people, wish.layout.capacity)
    slots = [wish.slot(day) for day in rule.days]
    space, known = wish.layout.space, spaces.house()
    window = Slot(slots[0].starts, slots[-1].ends).padded(ledger.LONGEST_PADDING, ledger.LONGEST_PADDING)
    mine = service.held_by(by, space) if by else None
    busy = spaces.kept(space, wish.layout, ledger.uses(space.atom_ids, window, mine))
    closed = closures.standing(window, space.atom_ids)
    found = [_proposal(wish, slot, known, busy, closed) for slot in slots]
    troubled = [one for one in found if one.state != "free"][:DATES_WITH_ALTERNATIVES]
    if not troubled:
        return found
    ground = search.look_around([wall(one.slot.starts).date() for one in troubled])
    offered = {one.slot: _others(wish, one.slot, ground, set(rule.days)) for one in troubled}
    return [one._replace(others=offered.get(one.slot, ())) for one in found]


def _proposal(wish: Wish, slot: Slot, known: spaces.House, busy: Sequence[Slot], closed: Sequence[closures.Closed]) -> Proposal:
    try:
        service.must_suit(wish.layout, slot, wish.people, known=known, audience=wish.audience)
    except Refusal as refusal:
        shut = any(one.rule in CLOSED for one in refusal.all)
        return Proposal(slot, "closed" if shut else "refused", refusal.all)
    if not any(slot.meets(other) for other in busy):
        return Proposal(slot, "free")
    needed = slot.padded(wish.layout.setup_min, wish.layout.cleanup_min)
    reasons = [one.reason for one in closed if one.slot.meets(needed)]
    why = tuple(Refusal("Chiuso: %(reason)s", reason=reason, field="starts", rule="closed-day") for reason in reasons[:1])
    return Proposal(slot, "closed" if why else "taken", why)


def _others(wish: Wish, slot: Slot, ground: search.Board, asked: Collection[date]) -> tuple[Alternative, ...]:
    layout, more = wish.layout, {"most": OFFERED, "ground": ground, "asked": asked}
    return tuple(search.alternatives(layout.space, layout, slot, wish.people, wish.audience, **more))


def draft_series(
    wish: Wish, rule: Recurrence, picks: Sequence[Pick], *, by: Person | None, instead_of: Booking | None = None
) -> Booking:
    """Begin a booking with these dates, all or none: kept for some minutes for whoever has signed in.

    Raises Refusal, and Conflict where one of the dates was taken meanwhile. What is left out stays as a date that can be taken
    up again. instead_of: an unfinished series, locked, which takes these dates for its own. What the same person holds at one
    of these times (another tab, or the way back) gives way: a series takes the new dates, anything else is a draft again.
    """
    must_recur(rule)
    kept = [pick for pick in picks if pick.slot]
    must_keep_some(len(kept))
    known = spaces.house()
    for pick in kept:
        service.must_suit(pick.layout, pick.slot, wish.people, known=known, audience=wish.audience)
    layout = wish.layout
    held = service.held_in_the_way([(pick.layout, pick.slot) for pick in kept], by=by) if by else []
    booking = instead_of or next((one for one in held if one.series and one.space is layout.space), None)
    given_up = {*held, *([booking] if booking else [])}
    taken = {pick.layout.space for pick in kept} | {one.space for other in given_up for one in other.occurrences}
    ledger.lock({atom for space in taken for atom in space.atom_ids})
    for other in held:
        if other is not booking:
            service.unhold(other)
    if booking is None:
        booking = Booking(state="draft", created_at=now(), occurrences=[], audience=wish.audience)
        db.session.add(booking)
    else:
        service.clear(booking)
        booking.held_until = now()
        db.session.flush()
    booking.space, booking.layout, booking.attendees = layout.space, layout, wish.people
    booking.series = Series(rrule=rule.rule, ical_uid=f"{uuid.uuid4()}@officine-mezzogiorno", sequence=0)
    for pick in picks:
        chosen = pick.layout or layout
        occurrence = ledger.plan(chosen.space, chosen, pick.slot or Slot(pick.at, _end(pick.at, wish)))
        occurrence.recurrence_at, occurrence.status = pick.at, "planned" if pick.slot else "skipped"
        booking.occurrences.append(occurrence)
    if by:
        service.hold(booking, by=by)
    else:
        service.must_be_free(booking.planned)
    return booking


def _end(at: datetime, wish: Wish) -> datetime:
    return wish.slot(wall(at).date()).ends
