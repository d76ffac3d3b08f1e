"""The dates of a booking that was sent, one by one: moved, cancelled, taken up again; this one, this and those after, or all.

The requester does it within the terms, and only where no manager has approved what would change; a manager does it until a
date begins. All of the dates, or none: where one cannot be had, the transaction is undone and everything stands as it did.
"""

from datetime import date
from functools import partial

from hub.accounts.models import Person
from hub.booking import charges, limits, rules
from hub.booking.history import is_of, note, record_act, tell, touch
from hub.booking.models import Booking
from hub.booking.service import cancel, kept_until, must_be_free, must_suit, side_by_side, withdraw
from hub.clock import now, wall
from hub.refusal import Refusal, must_pass
from hub.spaces import ledger
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Occurrence
from hub.spaces.rules import Slot, at_minute
from hub.spaces.service import House
from hub.spaces.terms import Terms
from impact.acts import SpaceBooked, SpaceCancelled

SCOPES = ("this", "following", "all")
LEFT_OUT = ("skipped", "cancelled")


def chosen(booking: Booking, occurrence: Occurrence, scope: str) -> list[Occurrence]:
    """The dates to come that a scope means, from the point of view of one of them."""
    coming = [one for one in booking.planned if one.starts_at > now()]
    if scope == "all":
        return coming
    return [one for one in coming if one is occurrence or (scope == "following" and one.starts_at >= occurrence.starts_at)]


def is_fixed(booking: Booking, occurrence: Occurrence, known: House | None = None) -> bool:
    """Whether a manager has approved this date: its requester may still give it back, but not move it.

    known: the rules, for whoever has asked for them already.
    """
    asked = booking.attendees, _minutes(occurrence)
    return booking.state == "approved" and not _terms(booking, occurrence, known).confirms_itself(*asked)


def move(
    booking: Booking, occurrence: Occurrence, layout: Layout, day: date, start: int, minutes: int, scope: str, *, by: Person
) -> None:
    """Another day, time (minutes after midnight), length or layout; of several dates, each by as many days as this one.

    Raises Refusal, Conflict, which names the date that is taken.
    """
    dates = _to_change(booking, occurrence, scope)
    days = day - wall(occurrence.starts_at).date()
    if is_of(booking, by):
        _must_be_open(booking, dates)
    before, cost = [(one, one.starts_at) for one in dates], charges.list_price(booking)
    agreed, own = booking.state == "approved", is_of(booking, by)
    renewed = [one for one in dates if agreed and (one.space is not layout.space or _minutes(one) != minutes)]
    for one in renewed:  # for the log a use of another space, or of another length, is another use
        record_act(SpaceCancelled, booking, one, by=by)
    if own:
        limits.wait_for_others(booking, by=by)
    ledger.lock({atom for space in (*(one.space for one in dates), layout.space) for atom in space.atom_ids})
    for one in dates:
        ledger.release(one)
    for one in dates:
        _place(one, layout, wall(one.starts_at).date() + days, start, minutes)
    if len(booking.planned) == 1:
        booking.space, booking.layout = layout.space, layout
    if own:
        _must_be_allowed(booking, dates, cost, by)
    else:
        must_pass(
            partial(space_rules.must_fit, booking.attendees, layout.capacity),
            *(partial(rules.must_be_before, one.starts_at, now()) for one in dates),
        )
    for one in dates:
        try:
            _take(booking, one)
        except ledger.Conflict as conflict:
            raise ledger.taken(Slot(one.starts_at, one.ends_at)) if len(dates) > 1 else conflict from conflict
        touch(one)
    for one in renewed:
        record_act(SpaceBooked, booking, one, by=by)
    _changed(booking, by, "date_moved", [{"before": starts, **_told(one)} for one, starts in before])


def _must_be_allowed(booking: Booking, dates: list[Occurrence], cost: int, by: Person) -> None:
    """Whether the requester may have these dates as they are now; cost: what they were by the list, in euro cents."""
    known = spaces.house()
    suits = partial(must_suit, known=known, audience=booking.audience)
    must_pass(
        *(partial(suits, one.layout, Slot(one.starts_at, one.ends_at), booking.attendees) for one in dates),
        lambda: limits.must_respect(booking, known, by=by),
        lambda: _must_be_as_agreed(booking, dates, cost),
    )


def _must_be_as_agreed(booking: Booking, dates: list[Occurrence], cost: int) -> None:
    """What confirmed itself goes only where it would again, and where it costs no more than before."""
    if booking.state == "approved":
        for one in dates:
            rules.must_leave_to_the_hub(booking.state, not is_fixed(booking, one))
        rules.must_cost_no_more(charges.list_price(booking), cost)


def _place(occurrence: Occurrence, layout: Layout, day: date, start: int, minutes: int) -> None:
    occurrence.space, occurrence.layout = layout.space, layout
    occurrence.starts_at, occurrence.ends_at = at_minute(day, start), at_minute(day, start + minutes)
    occurrence.setup_min, occurrence.cleanup_min, occurrence.reminded_at = layout.setup_min, layout.cleanup_min, None


def cancel_dates(booking: Booking, occurrence: Occurrence, scope: str, reason: str, *, by: Person) -> None:
    """Give dates back; with the last of them the whole booking goes. Raises Refusal."""
    dates = _to_change(booking, occurrence, scope)
    if booking.state == "approved" and len(dates) == len([one for one in booking.planned if one.ends_at > now()]):
        return cancel(booking, reason, by=by)
    if is_of(booking, by) and len(dates) == len(booking.planned):
        return withdraw(booking, by=by)
    if is_of(booking, by):
        for one in dates:
            rules.must_be_in_time_to_cancel(one.starts_at, now(), _terms(booking, one).cancel_hours)
    else:
        rules.must_give_reason(reason)
    rules.must_keep_some(len(booking.planned) - len(dates))
    ledger.lock_together(dates)
    for one in dates:
        ledger.release(one)
        one.status = "cancelled"
        touch(one)
        if booking.state == "approved":
            charges.give_back(booking, [one], _terms(booking, one), percent=None if is_of(booking, by) else 100)
            record_act(SpaceCancelled, booking, one, by=by)
    return _changed(booking, by, "date_cancelled", [_told(one) for one in dates], reason=reason)


def take_up(booking: Booking, occurrence: Occurrence, *, by: Person) -> None:
    """A date that was left out or cancelled is wanted after all, where it still can be had. Raises Refusal, Conflict."""
    rules.must_be_alive(booking.state)
    if occurrence.status not in LEFT_OUT:
        raise Refusal("Questa data c'è già.", rule="state")
    if is_of(booking, by):
        rules.must_leave_to_the_hub(booking.state, not is_fixed(booking, occurrence))
    if booking.state == "approved":
        rules.must_have_a_price_left(booking.price_cents)
    occurrence.status = "planned"
    if is_of(booking, by):
        known, slot = spaces.house(), Slot(occurrence.starts_at, occurrence.ends_at)
        must_pass(
            lambda: must_suit(occurrence.layout, slot, booking.attendees, known=known, audience=booking.audience),
            lambda: limits.must_respect(booking, known, by=by),
        )
    rules.must_be_before(occurrence.starts_at, now())
    _take(booking, occurrence)
    touch(occurrence)
    if booking.state == "approved":
        record_act(SpaceBooked, booking, occurrence, by=by)
    _changed(booking, by, "date_added", [_told(occurrence)])


def _take(booking: Booking, occurrence: Occurrence) -> None:
    """Have its place: for good, or as a request has it. Raises Conflict."""
    if booking.state == "approved":
        ledger.occupy(occurrence)
    elif side_by_side([occurrence]):
        must_be_free([occurrence])
        ledger.occupy(occurrence, blocking=False)
    else:
        ledger.occupy(occurrence, until=kept_until(booking))


def _to_change(booking: Booking, occurrence: Occurrence, scope: str) -> list[Occurrence]:
    rules.must_be_alive(booking.state)
    dates = chosen(booking, occurrence, scope)
    if occurrence not in dates:
        raise Refusal("Questa data è già passata o annullata: non si cambia più.", rule="past")
    return dates


def _must_be_open(booking: Booking, dates: list[Occurrence]) -> None:
    """Whether the requester may move these dates."""
    for one in dates:
        rules.must_leave_to_the_hub(booking.state, not is_fixed(booking, one))
        if booking.state == "approved":
            rules.must_be_in_time_to_cancel(one.starts_at, now(), _terms(booking, one).cancel_hours)


def _minutes(occurrence: Occurrence) -> int:
    return Slot(occurrence.starts_at, occurrence.ends_at).minutes


def _terms(booking: Booking, occurrence: Occurrence, known: House | None = None) -> Terms:
    return (known or spaces.house()).terms(occurrence.space, wall(occurrence.starts_at).date(), booking.audience)


def _told(occurrence: Occurrence) -> dict[str, object]:
    return {"space": occurrence.space.name, "starts": occurrence.starts_at, "ends": occurrence.ends_at}


def _changed(booking: Booking, by: Person, kind: str, dates: list[dict], *, reason: str = "") -> None:
    """What was changed is written down and told; a request that waits costs what its dates cost now."""
    if booking.state != "approved":
        charges.charge(booking, _terms(booking, booking.occurrence))
    if booking.series:
        booking.series.sequence += 1
    note(booking, booking.state, by=by, reason=reason)
    tell(
        f"booking/{kind}", booking, status="CONFIRMED" if booking.state == "approved" else "TENTATIVE", dates=dates, reason=reason
    )
