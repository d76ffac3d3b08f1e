"""What a rule that is not written yet would have said to the bookings that are confirmed and still to come."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple

import sqlalchemy as sa

from hub.booking import quotas
from hub.booking.limits import prime_time
from hub.booking.models import Booking
from hub.clock import Period, now, wall
from hub.db import db
from hub.refusal import refusals
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence, Space
from hub.spaces.rules import Slot
from hub.spaces.terms import Demand


class Confirmed(NamedTuple):
    """A booking with those of its dates that a rule would be about. whose: (person or organisation, its number or None of
    somebody without an account); sent: when it was asked for."""

    whose: tuple[str, int | None]
    audience: str
    sent: datetime
    dates: list[tuple[Space, Slot]]


def unmet(demand: Demand) -> int | None:
    """How many confirmed bookings to come would not pass such a rule; None of a rule that refuses nobody.

    Of those that count together, whoever asked first is let through first.
    """
    if demand.kind in EACH:
        check = EACH[demand.kind](demand)
        return sum(any(refusals(partial(check, one, *date)) for date in one.dates) for one in _coming(demand))
    if demand.kind in TOGETHER:
        passes = TOGETHER[demand.kind](demand)
        return sum(not passes(one) for one in _coming(demand))
    return None


def _coming(demand: Demand) -> list[Confirmed]:
    by_id = {space.id: space for space in spaces.spaces()}
    rows = db.session.execute(
        sa.select(
            *(Booking.id, Booking.requester_id, Booking.organisation_id, Booking.audience, Booking.submitted_at),
            *(Occurrence.space_id, Occurrence.starts_at, Occurrence.ends_at),
        )
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Booking.state == "approved", Occurrence.status == "planned", Occurrence.starts_at > now())
        .order_by(Booking.submitted_at, Booking.id, Occurrence.starts_at)
    )
    found: dict[int, Confirmed] = {}
    for id, person, organisation, audience, sent, space_id, starts, ends in rows:
        if space_id in by_id and demand.stands_for(space_id, audience, wall(starts).date()):
            whose = ("organisation", organisation) if organisation else ("person", person)
            one = found.setdefault(id, Confirmed(whose, audience, sent, []))
            one.dates.append((by_id[space_id], Slot(starts, ends)))
    return list(found.values())


Each = Callable[[Confirmed, Space, Slot], None]
Passes = Callable[[Confirmed], bool]


def _notice(demand: Demand) -> Each:
    return lambda one, _space, slot: space_rules.must_give_notice(slot.starts, one.sent, demand.params["hours"])


def _horizon(demand: Demand) -> Each:
    return lambda one, _space, slot: space_rules.must_be_within_reach(slot.starts, one.sent, demand.params["days"])


def _length(demand: Demand) -> Each:
    return lambda _one, _space, slot: space_rules.must_last(slot.minutes, demand.params["min"], demand.params["max"])


def _grid(demand: Demand) -> Each:
    known = spaces.house()

    def check(one: Confirmed, space: Space, slot: Slot) -> None:
        day = spaces.days_of(space, wall(slot.starts).date(), 1, known, one.audience)[0]
        space_rules.must_be_on_grid(slot, day, demand.params["minutes"])

    return check


def _association(_demand: Demand) -> Each:
    return lambda one, _space, _slot: quotas.must_be_an_organisation(one.whose[0] if one.whose[0] == "organisation" else None)


def _residents(demand: Demand) -> Each:
    days = demand.params["days"]
    return lambda one, _space, slot: quotas.must_leave_to_residents(slot.starts, one.sent, days, one.audience)


def _hours(demand: Demand) -> Passes:
    had: Counter = Counter()

    def passes(one: Confirmed) -> bool:
        if one.whose[0] != demand.params["per"] or one.whose[1] is None:
            return True
        slots = [slot for _, slot in one.dates]
        periods = {Period.around(day, demand.params["period"]) for slot in slots for day in quotas.days_of(slot)}
        asked = {(one.whose, period): quotas.minutes_of(slots, Slot(*period.span)) for period in periods}
        within = all(had[key] + minutes <= demand.params["hours"] * 60 for key, minutes in asked.items())
        had.update(asked if within else {})
        return within

    return passes


def _live(demand: Demand) -> Passes:
    had: Counter = Counter()

    def passes(one: Confirmed) -> bool:
        if one.whose[0] != demand.params["per"] or one.whose[1] is None:
            return True
        within = had[one.whose] < demand.params["count"]
        had[one.whose] += within
        return within

    return passes


def _prime(demand: Demand) -> Passes:
    known, had = spaces.house(), defaultdict(list)

    @cache
    def busy(space: Space, period: Period) -> list[Slot]:
        return prime_time(space, demand, period, known)

    def beyond(whose: tuple, space: Space, slot: Slot) -> bool:
        for period in {Period.around(day, demand.params["period"]) for day in quotas.days_of(slot)}:
            here = [other for atoms, other in had[whose] if atoms & set(space.atom_ids)]
            used = quotas.minutes_of(quotas.apart(quotas.shared([*here, slot], busy(space, period))))
            if used * 100 > quotas.minutes_of(busy(space, period)) * demand.params["percent"]:
                return bool(quotas.shared([slot], busy(space, period)))
        return False

    def passes(one: Confirmed) -> bool:
        if one.whose[0] == "person":
            return True
        within = True
        for space, slot in one.dates:
            within = within and not beyond(one.whose, space, slot)
            had[one.whose].append((set(space.atom_ids), slot))
        return within

    return passes


def _came(demand: Demand) -> Passes:
    missed = (
        sa.select(Booking.organisation_id, Booking.requester_id)
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Occurrence.status == "no_show", Occurrence.starts_at > now() - timedelta(days=demand.params["days"]))
    )
    if demand.space_id:
        missed = missed.where(Occurrence.space_id == demand.space_id)
    times = Counter(("organisation", one) if one else ("person", person) for one, person in db.session.execute(missed))
    return lambda one: one.whose[1] is None or times[one.whose] < demand.params["count"]


EACH: dict[str, Callable[[Demand], Each]] = {
    "notice": _notice,
    "horizon": _horizon,
    "length": _length,
    "grid": _grid,
    "association": _association,
    "residents_first": _residents,
}
TOGETHER: dict[str, Callable[[Demand], Passes]] = {
    "quota_hours": _hours,
    "quota_live": _live,
    "prime_share": _prime,
    "no_show": _came,
}
