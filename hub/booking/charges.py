"""What a booking costs: the price by the list, what is granted, paid and given back. All in euro cents."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.booking import rules
from hub.booking.history import tell
from hub.booking.models import Booking, Payment
from hub.clock import now, starts_of, today, wall
from hub.db import db
from hub.organisations.models import Organisation
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot
from hub.spaces.tariffs import price
from hub.spaces.terms import Terms

OWING_STATES = ("approved", "done", "no_show", "cancelled")


class Account(NamedTuple):
    """How a booking stands. due: what it costs after what was granted and called off; paid: less what was given back;
    deposit: what is asked as a security; kept: what was handed in of it, and not returned yet."""

    due: int
    paid: int
    deposit: int
    kept: int

    @property
    def to_pay(self) -> int:
        return max(self.due - self.paid, 0)

    @property
    def to_give_back(self) -> int:
        return max(self.paid - self.due, 0)


def list_price(booking: Booking, audience: str | None = None) -> int:
    """What all its dates cost by the list, each on its day; for another audience where one is given."""
    rates = spaces.rates({occurrence.space_id for occurrence in booking.planned})
    return sum(
        price(
            rates,
            space_id=occurrence.space_id,
            layout_id=occurrence.layout_id,
            audience=audience or booking.audience,
            minutes=_minutes(occurrence),
            day=wall(occurrence.starts_at).date(),
        )
        for occurrence in booking.planned
    )


def charge(booking: Booking, demanded: Terms) -> None:
    """Note what it costs, as it is sent: later lists do not change it. What was granted before is asked for anew."""
    with db.session.no_autoflush:  # what was changed so far goes with the change of state
        booking.price_cents = booking.due_cents = list_price(booking)
    booking.deposit_cents, booking.free_granted = demanded.deposit_cents, None


def ask_free(booking: Booking, *, reason: str, words: str) -> None:
    """The requester asks to pay nothing, and says why; a manager answers. No reason: they pay. Raises Refusal."""
    rules.must_say_why_free(reason, words)
    booking.free_reason, booking.free_words = reason, words if reason else ""


def grant(booking: Booking, terms: str, *, by: Person) -> None:
    """What a manager grants before the confirmation: `list` price, `free` of charge, or the price of the `patronage`.

    Raises Refusal where the booking is decided already.
    """
    rules.must_be_waiting(booking.state)
    agree(booking, terms)


def agree(booking: Booking, terms: str) -> None:
    """What it costs by these terms, see `grant`."""
    if terms == "free":
        booking.free_granted, booking.due_cents = True, 0
        booking.free_reason = booking.free_reason or "other"
    elif terms == "patronage":
        booking.due_cents = min(list_price(booking, "patronage"), booking.price_cents)
        booking.audience = "patronage"
    else:
        booking.free_granted, booking.due_cents = (False if booking.free_reason else None), booking.price_cents


def give_back(booking: Booking, dates: Iterable[Occurrence], demanded: Terms, *, percent: int | None = None) -> None:
    """Of dates that are called off, what need not be paid any more: by the terms, or so many per cent (100: the hub called
    them off). Each date bears its part of the price by its minutes."""
    every = sum(_minutes(one) for one in booking.occurrences if one.status != "skipped")
    for occurrence in dates:
        hours = (occurrence.starts_at - now()).total_seconds() / 3600
        share = demanded.refund_percent(hours) if percent is None else percent
        cents = -(-booking.due_cents * _minutes(occurrence) * share // (every * 100))  # a half cent is the requester's
        booking.refund_cents = min(booking.refund_cents + cents, booking.due_cents)


def _minutes(occurrence: Occurrence) -> int:
    return Slot(occurrence.starts_at, occurrence.ends_at).minutes


# What a row counts for: money that came in, less what went out; a row that voids another counts the other way round.
SIGNED = (
    Payment.cents
    * sa.case((Payment.kind.in_(("payment", "deposit")), 1), else_=-1)
    * sa.case((Payment.voids_id.is_(None), 1), else_=-1)
)
FOR_USE = Payment.kind.in_(("payment", "refund"))


def account(booking: Booking) -> Account:
    paid, kept = db.session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(SIGNED).filter(FOR_USE), 0), sa.func.coalesce(sa.func.sum(SIGNED).filter(~FOR_USE), 0)
        ).where(Payment.booking_id == booking.id)
    ).one()
    return _account(booking, paid, kept)


def _account(booking: Booking, paid: int, kept: int) -> Account:
    owing = booking.state in OWING_STATES
    due = booking.due_cents - booking.refund_cents if owing else 0
    deposit = booking.deposit_cents if booking.state == "approved" else 0
    return Account(int(due), int(paid), int(deposit), int(kept))


def payments_of(booking: Booking) -> list[Payment]:
    """In the order in which they were written down."""
    return list(db.session.scalars(sa.select(Payment).where(Payment.booking_id == booking.id).order_by(Payment.id)))


def record_payment(booking: Booking, *, kind: str, method: str, cents: int, paid_on: date, reference: str, by: Person) -> Payment:
    """Write down money that a manager has seen. booking: locked, so that two desks do not take the same money twice.

    Raises Refusal where it is more than what is open.
    """
    stands = account(booking)
    most = {
        "payment": stands.to_pay,
        "refund": stands.to_give_back,
        "deposit": max(stands.deposit - stands.kept, 0),
        "deposit_return": max(stands.kept, 0),
    }
    rules.must_be_open_amount(cents, most[kind])
    rules.must_not_be_to_come(paid_on, today())
    payment = Payment(booking_id=booking.id, kind=kind, method=method, cents=cents, paid_on=paid_on, reference=reference)
    payment.by_id, payment.at = by.id, now()
    db.session.add(payment)
    told = {"kind": kind, "cents": cents, "paid_on": paid_on, "method": method}
    tell("booking/payment", booking, payment=told)
    return payment


def void(payment: Payment, *, by: Person) -> Payment:
    """Another row that undoes this one: what was written by mistake stays readable. Raises Refusal, once it is undone."""
    undone = db.session.scalar(sa.select(Payment.id).where(Payment.voids_id == payment.id))
    rules.must_be_a_standing_payment(payment.voids_id is not None or undone is not None)
    undoing = Payment(
        **{name: getattr(payment, name) for name in ("booking_id", "kind", "method", "cents", "reference")},
        paid_on=today(),
        voids_id=payment.id,
        by_id=by.id,
        at=now(),
    )
    db.session.add(undoing)
    return undoing


def payment_by(id: int) -> Payment | None:
    return db.session.get(Payment, id)


OPEN = {  # the tabs of the desk: what stands open
    "da-incassare": lambda due, paid, deposit, kept: due > paid,
    "da-restituire": lambda due, paid, deposit, kept: paid > due,
    "cauzioni": lambda due, paid, deposit, kept: (deposit > kept) | (kept > 0),
}


def open_accounts(which: str, *, page: int, size: int = 20) -> tuple[list[tuple[Booking, Account]], bool]:
    """A page of the bookings with something open (a key of OPEN), the next to take place first; and whether there are more."""
    sums = (
        sa.select(
            Payment.booking_id,
            sa.func.sum(SIGNED).filter(FOR_USE).label("paid"),
            sa.func.sum(SIGNED).filter(~FOR_USE).label("kept"),
        )
        .group_by(Payment.booking_id)
        .subquery()
    )
    paid, kept = sa.func.coalesce(sums.c.paid, 0), sa.func.coalesce(sums.c.kept, 0)
    owing = Booking.state.in_(OWING_STATES)
    due = sa.case((owing, Booking.due_cents - Booking.refund_cents), else_=0)
    deposit = sa.case((Booking.state == "approved", Booking.deposit_cents), else_=0)
    first = sa.select(sa.func.min(Occurrence.starts_at)).where(Occurrence.booking_id == Booking.id).scalar_subquery()
    found = (
        sa.select(Booking, paid, kept)
        .outerjoin(sums, sums.c.booking_id == Booking.id)
        .where(OPEN[which](due, paid, deposit, kept))
        .options(joinedload(Booking.space), joinedload(Booking.requester), selectinload(Booking.occurrences))
        .order_by(first, Booking.id)
    )
    rows = db.session.execute(found.offset((page - 1) * size).limit(size + 1)).all()
    return [(booking, _account(booking, *sums)) for booking, *sums in rows[:size]], len(rows) > size


class Advantage(NamedTuple):
    """What the hub gave up for an organisation in a year: bookings, minutes, and the euro cents between the list and what
    was due. organisation: None for whoever booked without one, all together."""

    organisation: str | None
    bookings: int
    minutes: int
    cents: int


def advantages(year: int) -> list[Advantage]:
    """The economic advantage of free or favoured use in a year of Lecce's calendar, by organisation, the greatest first.

    Each date that stands bears its part by its minutes, in the year in which it is.
    """
    window = Slot(starts_of(date(year, 1, 1)), starts_of(date(year + 1, 1, 1)))
    here = Booking.occurrences.any(sa.and_(Occurrence.starts_at >= window.starts, Occurrence.starts_at < window.ends))
    favoured = sa.select(Booking).where(Booking.state.in_(("approved", "done")), Booking.due_cents < Booking.price_cents, here)
    sums: dict[int | None, list[int]] = {}
    for booking in db.session.scalars(favoured.options(selectinload(Booking.occurrences))):
        used = [one for one in booking.occurrences if one.status in ("planned", "done")]
        minutes = sum(_minutes(one) for one in used if window.starts <= one.starts_at < window.ends)
        whole = sum(_minutes(one) for one in booking.occurrences if one.status != "skipped")
        if minutes:
            row = sums.setdefault(booking.organisation_id, [0, 0, 0])
            row[0] += 1
            row[1] += minutes
            row[2] += round((booking.price_cents - booking.due_cents) * minutes / whole)
    names = dict(db.session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(sums))).all())
    found = [Advantage(names.get(id), *row) for id, row in sums.items()]
    return sorted(found, key=lambda one: (-one.cents, one.organisation or ""))
