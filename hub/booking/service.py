"""Booking a space: draft, hold, submit, decide, cancel. Each verb checks the rules, changes the row, records the act."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.accounts.service import people_with
from hub.booking import charges, limits, rules
from hub.booking.history import is_of as is_of
from hub.booking.history import note, record_act, tell, touch, turn
from hub.booking.models import Booking
from hub.booking.papers import facts
from hub.clock import now, wall
from hub.db import db
from hub.notices.service import notice
from hub.organisations.models import Organisation
from hub.organisations.service import BEFORE_CLOSING
from hub.refusal import Refusal, must_pass
from hub.spaces import ledger
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.needs import PRIVATE
from hub.spaces.rules import Slot
from impact.acts import SpaceBooked, SpaceCancelled

CODE = re.compile(r"OM-[0-9]{4}-(?P<number>[0-9]{6,9})")


def draft(layout: Layout, slot: Slot, attendees: int, *, by: Person | None) -> Booking:
    """Begin a booking; whoever has signed in has the place kept for some minutes. Raises Refusal, Conflict.

    Where the same person holds that time already, or one that it would overlap (another tab, or the way back), it is that
    booking which takes the new time.
    """
    _must_suit_somebody(layout, slot, attendees, by)
    if by and (held := _held_around(layout, slot, by)):
        if (held.layout, held.slot) == (layout, slot):
            held.attendees = attendees
        else:
            change_slot(held, layout, slot, attendees, by=by)
        return held
    booking = Booking(state="draft", space=layout.space, layout=layout, attendees=attendees, created_at=now(), occurrences=[])
    booking.audience = usual_audience(by)
    db.session.add(booking)
    _place(booking, slot, by)
    return booking


def usual_audience(person: Person | None) -> str:
    """As which somebody seems to book: until they say so, nobody is taken for a resident."""
    return known_audience(person) or "other"


def known_audience(person: Person | None) -> str | None:
    """Whom somebody acts for, or as which they booked for themselves the last time; None of whom nobody knows it."""
    if person is None:
        return None
    if person.acting_as:
        return rules.audience_of(person.acting_as.kind, False)
    sent = sa.select(Booking.audience).where(Booking.requester_id == person.id, Booking.submitted_at.is_not(None))
    private = sent.where(Booking.audience.in_(PRIVATE)).order_by(Booking.id.desc()).limit(1)
    return db.session.scalar(private)


def change_slot(booking: Booking, layout: Layout, slot: Slot, attendees: int, *, by: Person | None) -> None:
    """Another time or layout for a draft: the old hold goes, a new one comes. Raises Refusal, Conflict."""
    _must_be_unfinished(booking)
    _must_suit_somebody(layout, slot, attendees, by)
    clear(booking)
    booking.space, booking.layout, booking.attendees, booking.held_until = layout.space, layout, attendees, now()
    _place(booking, slot, by)


def hold(booking: Booking, *, by: Person) -> None:
    """Keep the place for somebody who has signed in, while they finish. Raises Refusal, Conflict."""
    _must_be_unfinished(booking)
    booking.requester = db.session.get(Person, by.id)  # who asks may come as a snapshot, out of this session
    if booking.state == "held" and booking.held_until > now():
        return
    if booking.state != "held":
        live = sa.select(sa.func.count()).where(
            Booking.requester_id == by.id, Booking.state == "held", Booking.held_until > now()
        )
        rules.must_not_hoard(db.session.scalar(live))
    booking.held_until = now() + timedelta(minutes=rules.HOLD_MINUTES)
    turn(booking, "held", by=by)
    must_be_free(side_by_side(booking.planned))
    _claim([one for one in booking.planned if not one.space.competing], until=booking.held_until)


def describe(booking: Booking, *, title: str, purpose: str, details: str, public: bool = False) -> None:
    """What it is for, and whether the public calendar may show its title."""
    _must_be_unfinished(booking, "changes_requested")
    booking.title, booking.purpose, booking.details, booking.public = title, purpose, details, public


def introduce(booking: Booking, *, phone: str, by: Person, resident: bool = True, school: bool = False) -> None:
    """Who asks, once they have signed in: from now on the booking is theirs, or of the organisation that they act for, and
    the place is kept. resident: whether a private person lives in Lecce; school: whether a public body asks for one.
    Raises Refusal, Conflict."""
    booking.phone = phone
    booking.organisation = db.session.get(Organisation, by.acting_as.id) if by.acting_as else None
    kind = booking.organisation and booking.organisation.kind
    booking.audience = "school" if school and kind == "public_body" else rules.audience_of(kind, resident)
    _must_be_allowed(booking, spaces.house(), by)
    hold(booking, by=by)


def submit(booking: Booking, *, by: Person) -> None:
    """Send it: a request for a manager, or a confirmed booking where the space confirms by itself. Raises Refusal."""
    known = spaces.house()
    named, acting_for = booking.organisation and booking.organisation.name, by.acting_as and by.acting_as.name
    must_pass(lambda: _must_be_allowed(booking, known, by), lambda: rules.must_speak_for(named, acting_for))
    booking.requester, booking.terms_accepted_at, booking.level = db.session.get(Person, by.id), now(), by.level
    booking.submitted_at = booking.submitted_at or now()
    send(booking, known, by=by)


def send(booking: Booking, known: spaces.House, *, by: Person) -> None:
    """What is complete goes to a manager, or confirms itself where the rules of the space say so. Raises Conflict."""
    demanded = known.terms(booking.space, wall(booking.occurrence.starts_at).date(), booking.audience)
    charges.charge(booking, demanded)
    if confirms_itself(booking, known):
        return confirm(booking, by=by)
    turn(booking, "submitted", by=by)
    booking.answer_by = now() + timedelta(days=demanded.answer_days)
    ledger.lock_together(booking.planned)
    must_be_free(side_by_side(booking.planned))
    for occurrence in side_by_side(booking.planned):
        ledger.release(occurrence)
        ledger.occupy(occurrence, blocking=False)
    _claim([one for one in booking.planned if not one.space.competing], until=kept_until(booking))
    tell("booking/submitted", booking, status="TENTATIVE")
    for manager in people_with("manager"):
        notice("booking/to_decide", to=manager, **facts(booking))
    return None


def confirms_itself(booking: Booking, known: spaces.House) -> bool:
    """Whether nobody need decide it: by the rules of the space of each of its dates, and where it is paid as the list says."""
    return not booking.free_reason and all(
        known.terms(one.space, wall(one.starts_at).date(), booking.audience).confirms_itself(
            booking.attendees, Slot(one.starts_at, one.ends_at).minutes
        )
        for one in booking.planned
    )


def kept_until(booking: Booking) -> datetime:
    """How long a request that is sent now keeps its places."""
    return min(now() + timedelta(days=booking.space.request_days), *(one.starts_at for one in booking.planned))


def side_by_side(dates: Iterable[Occurrence]) -> list[Occurrence]:
    """Those for which several requests may wait: what is confirmed already is refused, nothing is kept."""
    return [one for one in dates if one.space.competing]


def withdraw(booking: Booking, *, by: Person) -> None:
    """The requester, or who acts for their organisation, takes back a request that nobody has decided yet."""
    rules.must_be_the_requester(is_of(booking, by))
    turn(booking, "withdrawn", by=by)
    _free(booking)
    tell("booking/withdrawn", booking, status="CANCELLED")


def cancel(booking: Booking, reason: str, *, by: Person) -> None:
    """Give back a confirmed place: the requester, or who acts for their organisation, within the terms; a manager with a
    reason until it begins."""
    coming = [one for one in booking.planned if one.starts_at > now()]
    starts = coming[0].starts_at if coming else booking.occurrence.starts_at
    rules.must_be_before(starts, now())
    demanded = spaces.house().terms(booking.space, wall(starts).date(), booking.audience)
    if is_of(booking, by):
        rules.must_be_in_time_to_cancel(starts, now(), demanded.cancel_hours)
        charges.give_back(booking, coming, demanded)
        end(booking, "cancelled", reason.strip() or "-", by=by, told="booking/cancelled")
    else:
        charges.give_back(booking, coming, demanded, percent=100)
        end(booking, "cancelled", reason, by=by, told="booking/cancelled_by_hub")
    for occurrence in coming:
        record_act(SpaceCancelled, booking, occurrence, by=by)


def call_off(booking: Booking, dates: Collection[Occurrence], reason: str, *, by: Person, told: str, **more: object) -> None:
    """The hub takes back some of a booking's dates, whatever its state: what is left stands, nothing of them is paid.

    The booking, and the atoms of its dates, are locked. told: the mail, which gets `more`.
    """
    left, agreed = [one for one in booking.planned if one not in dates], booking.state == "approved"
    demanded = spaces.house().terms(booking.space, wall(booking.occurrence.starts_at).date(), booking.audience)
    if agreed:
        charges.give_back(booking, dates, demanded, percent=100)
    for occurrence in dates:
        ledger.release(occurrence)
        occurrence.status = "cancelled"
        touch(occurrence)
        if agreed:
            record_act(SpaceCancelled, booking, occurrence, by=by)
    if not left:
        turn(booking, "cancelled" if agreed else "rejected", by=by, reason=reason)
    else:
        note(booking, booking.state, by=by, reason=reason)
        if booking.series:
            booking.series.sequence += 1
        if not agreed:
            charges.charge(booking, demanded)
    stands = "CONFIRMED" if agreed else "TENTATIVE"
    tell(told, booking, status=stands if left else "CANCELLED", reason=reason, **more)


def unhold(booking: Booking) -> None:
    """A hold ends before its time, and is a draft again. The booking and the atoms of its dates are locked."""
    turn(booking, "draft", by=None)
    for occurrence in booking.occurrences:
        ledger.release(occurrence)


def all_bookings_of(person: Person) -> list[Booking]:
    """Everything that somebody booked or began to, the oldest first."""
    mine = sa.select(Booking).where(Booking.requester_id == person.id).order_by(Booking.id)
    return list(db.session.scalars(mine.options(*WHOLE[1:3], *LISTED, selectinload(Booking.changes))).unique())


def must_be_settled(person: Person) -> None:
    """Whoever leaves takes back what is still to come. Raises Refusal."""
    rules.must_have_none_to_come(_to_come(Booking.requester_id == person.id))


def must_not_need(organisation: Organisation) -> None:
    """An organisation is not closed while it has bookings still to come. Raises Refusal."""
    rules.must_have_none_to_come(_to_come(Booking.organisation_id == organisation.id))


BEFORE_CLOSING.append(must_not_need)


def _to_come(whose: sa.ColumnElement[bool]) -> int:
    live = sa.select(sa.func.count(Booking.id.distinct())).join(Booking.occurrences)
    return db.session.scalar(live.where(whose, Booking.state.in_(rules.LIVE_STATES), Occurrence.ends_at > now()))


def forget(person: Person) -> None:
    """Throw away somebody's drafts, and take out of what they sent what says who they are."""
    mine = Booking.requester_id == person.id
    ledger.lock()  # before any booking, as everywhere
    for booking in db.session.scalars(sa.select(Booking).where(mine, Booking.state.in_(("draft", "held")))).all():
        clear(booking)
        db.session.flush()
        db.session.execute(sa.delete(Booking).where(Booking.id == booking.id))
    db.session.execute(sa.update(Booking).where(mine).values(phone="", details=""))


def sweep() -> int:
    """Throw away what nobody finished: holds that are over become drafts, old drafts go. Returns how many changed."""
    ledger.lock()  # before any booking, whose owner may be waiting for the same atoms
    free = {"skip_locked": True, "of": Booking}  # one that somebody is busy with is left for the next round
    ended = sa.select(Booking).where(Booking.state == "held", Booking.held_until <= now()).order_by(Booking.id)
    over = db.session.scalars(ended.with_for_update(**free)).all()
    for booking in over:
        unhold(booking)
    old = now() - timedelta(days=rules.DRAFT_DAYS)
    drafts = sa.select(Booking).where(Booking.state == "draft", Booking.created_at < old).order_by(Booking.id)
    stale = [booking.id for booking in db.session.scalars(drafts.with_for_update(**free))]
    db.session.flush()
    db.session.execute(sa.delete(Booking).where(Booking.id.in_(stale)))
    ledger.lapse()
    return len(over) + len(stale)


def keeps_its_place(booking: Booking) -> bool:
    """Whether a waiting request still keeps its place in the ledger (it may have lapsed, or compete with others)."""
    standing = (
        sa.select(ledger.Allocation.occurrence_id)
        .join(Occurrence, Occurrence.id == ledger.Allocation.occurrence_id)
        .where(Occurrence.booking_id == booking.id, ledger.Allocation.blocking)
        .where(sa.or_(ledger.Allocation.expires_at.is_(None), ledger.Allocation.expires_at > now()))
    )
    ours = {occurrence.id for occurrence in booking.planned}
    return bool(ours) and ours <= set(db.session.scalars(standing))


LISTED = (joinedload(Booking.space), selectinload(Booking.occurrences))
WHOLE = (  # one booking, in one query
    joinedload(Booking.space).joinedload(Space.atoms),
    joinedload(Booking.layout).joinedload(Layout.space),
    joinedload(Booking.requester),
    joinedload(Booking.organisation),
    joinedload(Booking.series),
    joinedload(Booking.occurrences),
)


def booking_by_key(key: str, *, locked: bool = False) -> Booking | None:
    """A booking by the secret address of its draft; locked against other changes where one is about to be made."""
    return _one(sa.select(Booking).where(Booking.key == key), locked)


def booking_by_code(code: str, *, locked: bool = False) -> Booking | None:
    """A booking by its public code; locked against other decisions where one is about to be taken."""
    parts = CODE.fullmatch(code)
    if parts is None:
        return None
    booking = _one(sa.select(Booking).where(Booking.id == int(parts["number"])), locked)
    return booking if booking and booking.code == code else None


def _one(query: sa.Select, locked: bool) -> Booking | None:
    if locked:  # first the lock, then the look: what was read while waiting for it may be old
        db.session.execute(query.with_only_columns(Booking.id).with_for_update()).all()
    query = query.options(*WHOLE).execution_options(populate_existing=locked)
    return db.session.scalars(query).unique().one_or_none()


def held_by(person: Person, space: Space) -> sa.Select:
    """The ids of what somebody has on hold in a space now: for their own eyes, that time is free."""
    return (
        sa.select(Occurrence.id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.requester_id == person.id, Booking.space_id == space.id)
        .where(Booking.state == "held", Booking.held_until > now())
    )


def bookings_of(person: Person, *, page: int, size: int = 20) -> tuple[list[Booking], bool]:
    """A page of somebody's bookings, or of the organisation's that they act for, the newest first; are there more?"""
    whose = Booking.requester_id == person.id
    if person.acting_as:  # a draft is still its author's alone
        sent = sa.or_(whose, Booking.submitted_at.is_not(None))
        whose = sa.and_(Booking.organisation_id == person.acting_as.id, sent)
    query = sa.select(Booking).where(whose).order_by(Booking.id.desc())
    return _paged(query, page, size)


def requests(state: str, *, page: int, size: int = 20) -> tuple[list[Booking], bool]:
    """A page of the bookings in a state: those that wait by age, the others from the newest; and whether there are more."""
    order = sa.func.coalesce(Booking.answer_by, Booking.submitted_at) if state in rules.WAITING_STATES else Booking.id.desc()
    people = (joinedload(Booking.requester), joinedload(Booking.organisation))
    return _paged(sa.select(Booking).where(Booking.state == state).order_by(order).options(*people), page, size)


def _paged(query: sa.Select, page: int, size: int) -> tuple[list[Booking], bool]:
    found = db.session.scalars(query.options(*LISTED).offset((page - 1) * size).limit(size + 1)).all()
    return list(found[:size]), len(found) > size


def _must_be_allowed(booking: Booking, known: spaces.House, by: Person) -> None:
    """Whether a booking may be made by whom it is for: all that speaks against any of its dates, and against one more."""
    must_pass(
        *(partial(_must_suit, one, booking, known) for one in booking.planned),
        lambda: limits.must_respect(booking, known, by=by),
    )


def _must_suit(occurrence: Occurrence, booking: Booking, known: spaces.House) -> None:
    """Whether the space may be booked so. What was in time the first time need not be again."""
    slot, sent_before = Slot(occurrence.starts_at, occurrence.ends_at), booking.submitted_at is not None
    told = {"known": known, "audience": booking.audience, "sent_before": sent_before}
    must_suit(occurrence.layout, slot, booking.attendees, **told)


def _must_suit_somebody(layout: Layout, slot: Slot, attendees: int, by: Person | None) -> None:
    """Whether it may be booked by the rules for everybody, or by those for whom it seems to be; who it is for is said later,
    and asked then. Raises Refusal."""
    try:
        must_suit(layout, slot, attendees)
    except Refusal:
        audience = known_audience(by)
        if audience is None:
            raise
        must_suit(layout, slot, attendees, audience=audience)


def must_suit(
    layout: Layout,
    slot: Slot,
    attendees: int,
    *,
    known: spaces.House | None = None,
    audience: str | None = None,
    sent_before: bool = False,
) -> None:
    """Whether a layout may be booked at a time for so many people. Raises Refusal, with all that speaks against it."""
    known = known or spaces.house()
    space, date = layout.space, wall(slot.starts).date()
    day = spaces.days_of(space, date, 1, known, audience)[0]
    demanded = known.terms(space, date, audience)
    in_time = (
        (lambda: rules.must_be_before(slot.starts, now()),)
        if sent_before
        else (
            lambda: space_rules.must_give_notice(slot.starts, now(), demanded.notice_hours),
            lambda: space_rules.must_be_within_reach(slot.starts, now(), demanded.horizon_days),
        )
    )
    must_pass(
        lambda: space_rules.must_fit(attendees, layout.capacity),
        lambda: space_rules.must_last(slot.minutes, demanded.min_minutes, demanded.max_minutes),
        *in_time,
        lambda: space_rules.must_be_open(slot, day),
        lambda: space_rules.must_be_on_grid(slot, day, demanded.grid_minutes),
        code=lambda rule: known.code(rule, space, date, audience),
    )


def _place(booking: Booking, slot: Slot, by: Person | None) -> None:
    """Give a draft its time: held for whoever has signed in, only looked at for the others."""
    booking.occurrences.append(ledger.plan(booking.space, booking.layout, slot))
    if by:
        hold(booking, by=by)
    else:
        must_be_free(booking.planned)


def clear(booking: Booking) -> None:
    """Take from a draft its dates, and give them back."""
    ledger.lock_together(booking.occurrences)
    for occurrence in booking.occurrences:
        ledger.release(occurrence)
        db.session.delete(occurrence)
    booking.occurrences = []
    booking.series = None


def _claim(dates: list[Occurrence], until: datetime | None = None) -> None:
    """Have all these dates, or none. Raises Conflict, which says which date is taken where there are several."""
    ledger.lock_together(dates)
    for occurrence in dates:
        try:
            ledger.claim(occurrence, until=until)
        except ledger.Conflict as conflict:
            if len(dates) == 1:
                raise
            raise ledger.taken(Slot(occurrence.starts_at, occurrence.ends_at)) from conflict


def must_be_free(dates: list[Occurrence]) -> None:
    """Whether these dates could all be had now. Raises Conflict."""
    db.session.flush()
    for occurrence in dates:
        slot = Slot(occurrence.starts_at, occurrence.ends_at)
        if any(slot.meets(other) for other in spaces.busy(occurrence.space, occurrence.layout, slot)):
            raise ledger.taken(slot if len(dates) > 1 else None)


def _held_around(layout: Layout, slot: Slot, by: Person) -> Booking | None:
    return next((booking for booking in held_in_the_way([(layout, slot)], by=by) if booking.series is None), None)


def held_in_the_way(wanted: Collection[tuple[Layout, Slot]], *, by: Person) -> list[Booking]:
    """What somebody has on hold, locked, that shares room and time with what they want now."""
    live = sa.select(Booking.id).where(Booking.requester_id == by.id, Booking.state == "held", Booking.held_until > now())
    mine = db.session.scalars(live.order_by(Booking.id)).all()
    found = [_one(sa.select(Booking).where(Booking.id == id), locked=True) for id in mine]
    held = [booking for booking in found if booking and booking.state == "held"]
    asked = [(layout.space, slot.padded(layout.setup_min, layout.cleanup_min)) for layout, slot in wanted]
    return [
        booking
        for booking in held
        if any(
            time.meets(ledger.padded(one)) and not set(space.atom_ids).isdisjoint(one.space.atom_ids)
            for one in booking.planned
            for space, time in asked
        )
    ]


def _must_be_unfinished(booking: Booking, *also: str) -> None:
    if booking.state not in ("draft", "held", *also):
        rules.must_go(booking.state, "held")


def confirm(booking: Booking, *, by: Person, reason: str = "") -> None:
    """It is agreed on: its places are its own for good. Raises Conflict."""
    turn(booking, "approved", by=by, reason=reason)
    _claim(booking.planned)
    for occurrence in booking.planned:
        touch(occurrence)
        record_act(SpaceBooked, booking, occurrence, by=by)
    tell("booking/confirmed", booking, status="CONFIRMED")


def end(booking: Booking, state: str, reason: str, *, by: Person | None, told: str, code: str = "", **more: object) -> None:
    """It takes place no more: its dates are given back, and its people told why. code: one of REFUSAL_REASONS."""
    rules.must_give_reason(reason, code)
    turn(booking, state, by=by, reason=reason, code=code)
    _free(booking)
    tell(told, booking, status="CANCELLED", reason=reason, reason_code=code, **more)


def _free(booking: Booking) -> None:
    ledger.lock_together(booking.planned)
    for occurrence in booking.planned:
        if occurrence.ends_at > now():
            ledger.release(occurrence)
            occurrence.status = "cancelled"
            touch(occurrence)
