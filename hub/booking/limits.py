"""What the rules allow to whom, by what they have already: quotas, shares of the busy hours, unused bookings.

Rules of a person count what they booked for themselves, rules of an organisation what was booked in its name.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.booking import quotas, rules
from hub.booking.models import Booking, Turned
from hub.clock import Period, now, wall
from hub.db import db
from hub.organisations.models import Organisation
from hub.refusal import Refusal, must_pass
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence, Space, SpaceAtom
from hub.spaces.rules import Slot
from hub.spaces.terms import COUNTING, Demand

HAD = (*rules.LIVE_STATES, "done", "no_show")
TURNED_DAYS = 730


class Asking(NamedTuple):
    """Who asks for what: for themselves, or in the name of an organisation; known: the hub's hours and rules."""

    booking: Booking
    person: Person
    known: spaces.House

    @property
    def organisation(self) -> Organisation | None:
        return self.booking.organisation

    @property
    def per(self) -> str:
        return "person" if self.organisation is None else "organisation"

    @property
    def others(self) -> tuple[sa.ColumnElement[bool], ...]:
        """Their other bookings."""
        theirs = Booking.organisation_id == self.organisation.id if self.organisation else _alone(self.person)
        return theirs, Booking.id != self.booking.id


def _alone(person: Person) -> sa.ColumnElement[bool]:
    return sa.and_(Booking.requester_id == person.id, Booking.organisation_id.is_(None))


def must_respect(booking: Booking, known: spaces.House, *, by: Person) -> None:
    """Whether somebody may have this booking besides what they have already. Raises Refusal, with all that speaks against it.

    Their other bookings wait until the transaction ends, so that two at the same moment know of each other.
    """
    asking, found = Asking(booking, by, known), {}
    for one in booking.planned:
        for demand in known.limits(one.space, wall(one.starts_at).date(), booking.audience):
            found.setdefault(demand.id, (demand, []))[1].append(one)
    with db.session.no_autoflush:  # what was changed so far goes with the change of state
        if any(demand.kind in (*COUNTING, "prime_share") for demand, _ in found.values()):
            _lock(asking)
        must_pass(*(partial(_ask, asking, demand, dates) for demand, dates in found.values()))


def wait_for_others(booking: Booking, *, by: Person) -> None:
    """Their other bookings wait until the transaction ends: for who locks atoms before the rules are asked."""
    _lock(Asking(booking, by, spaces.House([], [], [])))


def _lock(asking: Asking) -> None:
    model, id = (Organisation, asking.organisation.id) if asking.organisation else (Person, asking.person.id)
    db.session.execute(sa.select(model.id).where(model.id == id).with_for_update(key_share=True)).all()


def _ask(asking: Asking, demand: Demand, dates: list[Occurrence]) -> None:
    must_pass(lambda: CHECKS[demand.kind](asking, demand, dates), code=lambda _: demand.code)


def _hours(asking: Asking, demand: Demand, dates: list[Occurrence]) -> None:
    if demand.params["per"] != asking.per:
        return
    asked = [_slot(one) for one in dates]
    periods = _periods(asked, demand.params["period"])
    had = _had(asking, periods, demand.space_id and Occurrence.space_id == demand.space_id)
    had += [_slot(one) for one in _beside(asking, dates) if demand.space_id in (None, one.space_id)]
    for period in periods:
        window = Slot(*period.span)
        used, more = quotas.minutes_of(had, window), quotas.minutes_of(asked, window)
        quotas.must_keep_hours(used, more, demand.params["hours"], period, asking.per)


def _live(asking: Asking, demand: Demand, _dates: list[Occurrence]) -> None:
    if demand.params["per"] != asking.per:
        return
    live = sa.select(sa.func.count(Booking.id.distinct())).join(Booking.occurrences).where(*asking.others)
    live = live.where(Booking.state.in_(rules.LIVE_STATES), Occurrence.status == "planned", Occurrence.ends_at > now())
    quotas.must_keep_live(db.session.scalar(_of(live, demand)), demand.params["count"], asking.per)


def _prime(asking: Asking, demand: Demand, dates: list[Occurrence]) -> None:
    if asking.organisation is None:
        return
    for space in {one.space_id: one.space for one in dates}.values():
        here = [one for one in dates if one.space is space]
        asked = [_slot(one) for one in here]
        periods = _periods(asked, demand.params["period"])
        atoms = sa.select(SpaceAtom.space_id).where(SpaceAtom.atom_id.in_(space.atom_ids))
        had = _had(asking, periods, Occurrence.space_id.in_(atoms))
        had += [_slot(one) for one in _beside(asking, here) if set(one.space.atom_ids).intersection(space.atom_ids)]
        for period in periods:
            busy = prime_time(space, demand, period, asking.known)
            used = quotas.minutes_of(quotas.apart(quotas.shared(had, busy)))
            more = quotas.minutes_of(quotas.apart(quotas.shared([*had, *asked], busy))) - used
            quotas.must_share(used, more, quotas.minutes_of(busy), demand.params["percent"], period)


def prime_time(space: Space, demand: Demand, period: Period, known: spaces.House) -> list[Slot]:
    """The busy hours of a period by such a rule, when the space is open to everybody."""
    days = spaces.days_of(space, period.first, period.days, known)
    busy = quotas.prime((day.day for day in days), *(demand.params[name] for name in ("weekdays", "from", "to")))
    return quotas.shared([slot for day in days for slot in day.slots], busy)


def _residents(asking: Asking, demand: Demand, dates: list[Occurrence]) -> None:
    for one in dates:
        first_sent = asking.booking.submitted_at or now()  # what was in time the first time need not be again
        quotas.must_leave_to_residents(one.starts_at, first_sent, demand.params["days"], asking.booking.audience)


def _association(asking: Asking, _demand: Demand, _dates: list[Occurrence]) -> None:
    quotas.must_be_an_organisation(asking.organisation and asking.organisation.name)


def _came(asking: Asking, demand: Demand, _dates: list[Occurrence]) -> None:
    count, days = demand.params["count"], demand.params["days"]
    missed = sa.select(Occurrence.starts_at).join(Booking, Booking.id == Occurrence.booking_id).where(*asking.others)
    missed = missed.where(Occurrence.status == "no_show", Occurrence.starts_at > now() - timedelta(days=days))
    quotas.must_have_come(db.session.scalars(_of(missed, demand)).all(), now(), count, days)


CHECKS: dict[str, Callable[[Asking, Demand, list[Occurrence]], None]] = {
    "association": _association,
    "residents_first": _residents,
    "quota_hours": _hours,
    "quota_live": _live,
    "no_show": _came,
    "prime_share": _prime,
}


def _beside(asking: Asking, dates: list[Occurrence]) -> list[Occurrence]:
    """The other dates of the same booking: they count as those do that were booked before."""
    return [one for one in asking.booking.planned if one not in dates]


def _slot(occurrence: Occurrence) -> Slot:
    return Slot(occurrence.starts_at, occurrence.ends_at)


def _of(query: sa.Select, demand: Demand) -> sa.Select:
    """Of the space that the rule is about, or of all where it is the hub's."""
    return query.where(Occurrence.space_id == demand.space_id) if demand.space_id else query


def _periods(slots: Iterable[Slot], kind: str) -> list[Period]:
    """The periods that these times touch, in order."""
    return sorted({Period.around(day, kind) for slot in slots for day in quotas.days_of(slot)})


def _had(asking: Asking, periods: list[Period], where: sa.ColumnElement[bool] | None) -> list[Slot]:
    """The times that they have, or had, in these periods."""
    starts, ends = periods[0].span[0], periods[-1].span[1]
    had = sa.select(Occurrence.starts_at, Occurrence.ends_at).join(Booking, Booking.id == Occurrence.booking_id)
    had = had.where(*asking.others, Booking.state.in_(HAD), Occurrence.status.in_(("planned", "done", "no_show")))
    had = had.where(Occurrence.starts_at < ends, Occurrence.ends_at > starts)
    return [Slot(*row) for row in db.session.execute(had if where is None else had.where(where))]


def count_turned(space_id: int, refusals: Iterable[Refusal]) -> None:
    """Count the rules that turned somebody away from a space, for the hub's own knowledge: never whom."""
    db.session.add_all(Turned(space_id=space_id, rule=one.rule, at=now()) for one in refusals)


def purge_turned(at: datetime) -> int:
    """Forget what is too old for any statistics. Returns how many."""
    old = sa.delete(Turned).where(Turned.at < at - timedelta(days=TURNED_DAYS))
    return db.session.execute(old).rowcount
