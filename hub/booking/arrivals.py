"""Who came: arrivals at the desk, dates that nobody came to, what is over, and the mail of the day before."""

import re
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.booking import rules
from hub.booking.history import record_act, tell, touch, turn
from hub.booking.models import Booking
from hub.booking.service import booking_by_code
from hub.clock import now, span, today, wall
from hub.db import db
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot
from impact.acts import SpaceNoShow, SpaceUsed

EXPECTED_STATES = ("approved", "done", "no_show")
NUMBER = re.compile(r"(?:OM)?\W*(?:(?P<year>[0-9]{4})\W+)?0*(?P<number>[0-9]{1,9})", re.IGNORECASE)


def expected(day: date) -> list[tuple[Booking, Occurrence]]:
    """The dates of a day that somebody may come to, or did, in the order of time."""
    starts, ends = span(day)
    found = (
        sa.select(Booking, Occurrence)
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Occurrence.starts_at >= starts, Occurrence.starts_at < ends, Booking.state.in_(EXPECTED_STATES))
        .where(Occurrence.status.in_(("planned", "done", "no_show")))
        .options(joinedload(Booking.requester), joinedload(Booking.organisation), joinedload(Occurrence.space))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return [tuple(row) for row in db.session.execute(found)]


def code_of(text: str) -> str | None:
    """The code of the booking that somebody means, however they type it: om 2026 123, 000123, a whole address. None: nobody's."""
    found = NUMBER.fullmatch(text.strip().rstrip("/").rsplit("/", 1)[-1].strip())
    booking = db.session.get(Booking, int(found["number"])) if found else None
    if booking is None or booking.submitted_at is None or found["year"] not in (None, booking.code[3:7]):
        return None
    return booking.code


def date_of(booking: Booking) -> Occurrence:
    """The date of a booking that is meant today: today's, or the next, or the last."""
    alive = [one for one in booking.occurrences if one.status in ("planned", "done", "no_show")] or booking.occurrences
    ours = [one for one in alive if wall(one.starts_at).date() == today()]
    coming = [one for one in alive if one.ends_at > now()]
    return (ours or coming or alive[-1:])[0]


def arrive(booking: Booking, occurrence: Occurrence, *, by: Person) -> None:
    """Somebody is here. A date that had been given up is theirs again where nobody took it. Raises Refusal, Conflict."""
    rules.must_be_expected(booking.state, occurrence.status, wall(occurrence.starts_at).date(), today())
    if occurrence.arrived_at:
        return
    if occurrence.status == "no_show":
        occurrence.status = "planned"
        if occurrence.ends_at > now():
            ledger.occupy(occurrence)
        if booking.state == "no_show":
            turn(booking, "approved", by=by)
        touch(occurrence)
    occurrence.arrived_at, occurrence.arrived_by_id = now(), by.id


def undo_arrival(occurrence: Occurrence) -> None:
    """It was somebody else: nobody came yet. Raises Refusal, once it is over."""
    rules.must_be_running(occurrence.ends_at, now())
    occurrence.arrived_at = occurrence.arrived_by_id = None


def close() -> int:
    """End what nobody came to in time, whose place is free again, and what is over. Returns how many dates.

    Where no rule says how long to wait, whoever booked is taken to have come.
    """
    ledger.lock()  # before any booking, whose owner may be waiting for the same atoms
    due = sa.select(Occurrence.booking_id).where(Occurrence.status == "planned", Occurrence.starts_at <= now())
    found = (
        sa.select(Booking)
        .where(Booking.state == "approved", Booking.id.in_(due))
        .order_by(Booking.id)
        .options(selectinload(Booking.occurrences).joinedload(Occurrence.space))
    )
    known, ended = spaces.house(), 0
    for booking in db.session.scalars(found.with_for_update(skip_locked=True, of=Booking)):
        for one in booking.planned:
            grace = known.terms(one.space, wall(one.starts_at).date(), booking.audience).grace_minutes
            waited = grace is not None and one.starts_at + timedelta(minutes=grace) <= now()
            if waited and one.arrived_at is None:
                _give_up(booking, one)
            elif one.ends_at <= now():
                _finish(booking, one)
            else:
                continue
            ended += 1
        _close_booking(booking)
    return ended


def _give_up(booking: Booking, occurrence: Occurrence) -> None:
    ledger.release(occurrence)
    occurrence.status = "no_show"
    touch(occurrence)
    record_act(SpaceNoShow, booking, occurrence, at=min(now(), occurrence.ends_at))
    told = {"day": wall(occurrence.starts_at).date(), "hour": occurrence.starts_at}
    tell("booking/no_show", booking, missed=told)


def _finish(booking: Booking, occurrence: Occurrence) -> None:
    occurrence.status = "done"
    occurrence.updated_at = now()
    record_act(SpaceUsed, booking, occurrence, at=occurrence.ends_at)


def _close_booking(booking: Booking) -> None:
    """With its last date, the booking is over."""
    if booking.planned or any(one.ends_at > now() for one in booking.occurrences if one.status == "no_show"):
        return
    turn(booking, "done" if any(one.status == "done" for one in booking.occurrences) else "no_show", by=None)


def remind() -> int:
    """Tell who comes tomorrow how to get in, once for each date; who comes today where it was booked or moved since then.
    Returns how many."""
    starts, ends = now(), span(today(), 2)[1]
    found = (
        sa.select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.state == "approved", Occurrence.status == "planned", Occurrence.reminded_at.is_(None))
        .where(Occurrence.starts_at >= starts, Occurrence.starts_at < ends)
        .order_by(Occurrence.id)
        .with_for_update(skip_locked=True, of=Occurrence)
    )
    dates = list(db.session.scalars(found))
    for one in dates:
        one.reminded_at = now()
        booking = db.session.get(Booking, one.booking_id)
        slot = Slot(one.starts_at, one.ends_at)
        there = {"space": one.space.name, "layout": one.layout.name if one.layout else {}}
        there |= {"access": one.space.access_text, "is_today": wall(slot.starts).date() == today()}
        tell("booking/tomorrow", booking, **there, starts=slot.starts, ends=slot.ends, more=0)
    return len(dates)


def booking_at(code: str, *, locked: bool = False) -> Booking | None:
    """A booking that was sent, for the desk."""
    booking = booking_by_code(code, locked=locked)
    return booking if booking and booking.submitted_at else None
