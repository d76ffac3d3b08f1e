"""Booking a space: draft, hold, submit, decide, cancel. Each verb checks the rules, changes the row, records the act."""

import re
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.accounts.service import people_with
from hub.booking import rules
from hub.booking.models import Booking, BookingChange
from hub.booking.papers import calendar_entry, facts
from hub.clock import now, wall
from hub.db import db
from hub.notices.service import notice
from hub.organisations.models import Organisation
from hub.organisations.service import BEFORE_CLOSING
from hub.participation.log import record
from hub.spaces import ledger
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.rules import Slot
from impact.acts import SpaceBooked, SpaceCancelled

CODE = re.compile(r"OM-[0-9]{4}-(?P<number>[0-9]{6,9})")


def draft(layout: Layout, slot: Slot, attendees: int, *, by: Person | None) -> Booking:
    """Begin a booking; whoever has signed in has the place kept for some minutes. Raises Refusal, Conflict.

    Where the same person holds that time already, or one that it would overlap (another tab, or the way back), it is that
    booking which takes the new time.
    """
    _must_suit(layout, slot, attendees)
    if by and (held := _held_around(layout, slot, by)):
        if (held.layout, held.slot) == (layout, slot):
            held.attendees = attendees
        else:
            change_slot(held, layout, slot, attendees, by=by)
        return held
    booking = Booking(state="draft", space=layout.space, layout=layout, attendees=attendees, created_at=now(), occurrences=[])
    db.session.add(booking)
    _place(booking, slot, by)
    return booking


def change_slot(booking: Booking, layout: Layout, slot: Slot, attendees: int, *, by: Person | None) -> None:
    """Another time or layout for a draft: the old hold goes, a new one comes. Raises Refusal, Conflict."""
    _must_be_unfinished(booking)
    _must_suit(layout, slot, attendees)
    ledger.release(booking.occurrence)
    db.session.delete(booking.occurrences.pop())
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
    _turn(booking, "held", by=by)
    if booking.space.competing:  # requests stand side by side: what is confirmed already is refused, nothing is kept
        _must_be_free(booking)
    else:
        ledger.claim(booking.occurrence, until=booking.held_until)


def describe(booking: Booking, *, title: str, purpose: str, details: str) -> None:
    """What it is for."""
    _must_be_unfinished(booking, "changes_requested")
    booking.title, booking.purpose, booking.details = title, purpose, details


def introduce(booking: Booking, *, phone: str, by: Person) -> None:
    """Who asks, once they have signed in: from now on the booking is theirs, or of the organisation that they act for, and
    the place is kept. Raises Refusal, Conflict."""
    booking.phone = phone
    booking.organisation = db.session.get(Organisation, by.acting_as.id) if by.acting_as else None
    hold(booking, by=by)


def submit(booking: Booking, *, by: Person) -> None:
    """Send it: a request for a manager, or a confirmed booking where the space confirms by itself. Raises Refusal."""
    occurrence, space = booking.occurrence, booking.space
    _must_suit(booking.layout, booking.slot, booking.attendees, sent_before=booking.submitted_at is not None)
    rules.must_speak_for(booking.organisation and booking.organisation.name, by.acting_as and by.acting_as.name)
    booking.requester, booking.terms_accepted_at, booking.level = db.session.get(Person, by.id), now(), by.level
    booking.submitted_at = booking.submitted_at or now()
    if space.approval == "automatic":
        return _confirm(booking, by=by)
    _turn(booking, "submitted", by=by)
    if space.competing:
        _must_be_free(booking)
        ledger.release(occurrence)
        ledger.occupy(occurrence, blocking=False)
    else:
        ledger.claim(occurrence, until=min(now() + timedelta(days=space.request_days), occurrence.starts_at))
    _tell("booking/submitted", booking, status="TENTATIVE")
    for manager in people_with("manager"):
        notice("booking/to_decide", to=manager, **facts(booking))
    return None


def approve(booking: Booking, *, by: Person) -> None:
    """Say yes: the moment when the database decides between rivals. Raises Refusal, Conflict."""
    rules.must_be_before(booking.occurrence.starts_at, now())
    _confirm(booking, by=by)


def refuse(booking: Booking, reason: str, *, by: Person) -> None:
    """Say no, with the reason that the requester reads."""
    _end(booking, "rejected", reason, by=by, told="booking/rejected")


def ask_changes(booking: Booking, reason: str, *, by: Person) -> None:
    """Send it back to be changed; the place stays kept."""
    rules.must_give_reason(reason)
    _turn(booking, "changes_requested", by=by, reason=reason)
    _tell("booking/changes_requested", booking, reason=reason)


def withdraw(booking: Booking, *, by: Person) -> None:
    """The requester, or who acts for their organisation, takes back a request that nobody has decided yet."""
    rules.must_be_the_requester(is_of(booking, by))
    _turn(booking, "withdrawn", by=by)
    _free(booking)
    _tell("booking/withdrawn", booking, status="CANCELLED")


def cancel(booking: Booking, reason: str, *, by: Person) -> None:
    """Give back a confirmed place: the requester, or who acts for their organisation, within the terms; a manager with a
    reason until it begins."""
    starts = booking.occurrence.starts_at
    rules.must_be_before(starts, now())
    if is_of(booking, by):
        rules.must_be_in_time_to_cancel(starts, now(), booking.space.cancel_hours)
        _end(booking, "cancelled", reason.strip() or "-", by=by, told="booking/cancelled")
    else:
        _end(booking, "cancelled", reason, by=by, told="booking/cancelled_by_hub")
    _record(SpaceCancelled, booking, by=by)


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
        ledger.release(booking.occurrence)
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
        _turn(booking, "draft", by=None)
        ledger.release(booking.occurrence)
    old = now() - timedelta(days=rules.DRAFT_DAYS)
    drafts = sa.select(Booking).where(Booking.state == "draft", Booking.created_at < old).order_by(Booking.id)
    stale = [booking.id for booking in db.session.scalars(drafts.with_for_update(**free))]
    db.session.flush()
    db.session.execute(sa.delete(Booking).where(Booking.id.in_(stale)))
    ledger.lapse()
    return len(over) + len(stale)


def keeps_its_place(booking: Booking) -> bool:
    """Whether a waiting request still keeps its place in the ledger (it may have lapsed, or compete with others)."""
    rows = sa.select(sa.func.count()).where(
        ledger.Allocation.occurrence_id == booking.occurrence.id,
        ledger.Allocation.blocking,
        sa.or_(ledger.Allocation.expires_at.is_(None), ledger.Allocation.expires_at > now()),
    )
    return db.session.scalar(rows) > 0


LISTED = (joinedload(Booking.space), selectinload(Booking.occurrences))
WHOLE = (  # one booking, in one query
    joinedload(Booking.space).joinedload(Space.atoms),
    joinedload(Booking.layout).joinedload(Layout.space),
    joinedload(Booking.requester),
    joinedload(Booking.organisation),
    joinedload(Booking.occurrences),
)


def is_of(booking: Booking, person: Person) -> bool:
    """Whether this is somebody's own booking: they asked for it, or act now for the organisation in whose name it was."""
    ours = person.acting_as is not None and person.acting_as.id == booking.organisation_id
    return booking.requester_id == person.id or ours


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
    order = Booking.submitted_at if state in ("submitted", "changes_requested") else Booking.id.desc()
    return _paged(sa.select(Booking).where(Booking.state == state).order_by(order), page, size)


def rivals(booking: Booking) -> list[Booking]:
    """Other requests that wait for the same atoms at the same time."""
    mine, other = sa.orm.aliased(ledger.Allocation), sa.orm.aliased(ledger.Allocation)
    ids = (
        sa.select(Occurrence.booking_id)
        .join(other, other.occurrence_id == Occurrence.id)
        .join(mine, sa.and_(mine.atom_id == other.atom_id, mine.starts_at < other.ends_at, other.starts_at < mine.ends_at))
        .where(mine.occurrence_id == booking.occurrence.id, other.occurrence_id != mine.occurrence_id)
        .where(other.starts_at > booking.occurrence.starts_at - 2 * ledger.LONGEST)
    )
    waiting = sa.select(Booking).where(Booking.id.in_(ids), Booking.state.in_(("submitted", "changes_requested")))
    return list(db.session.scalars(waiting.options(*LISTED).order_by(Booking.submitted_at)))


def _paged(query: sa.Select, page: int, size: int) -> tuple[list[Booking], bool]:
    found = db.session.scalars(query.options(*LISTED).offset((page - 1) * size).limit(size + 1)).all()
    return list(found[:size]), len(found) > size


def _must_suit(layout: Layout, slot: Slot, attendees: int, *, sent_before: bool = False) -> None:
    """Whether the space may be booked so; a request that was in time the first time need not give notice again."""
    space = layout.space
    day = spaces.days_of(space, wall(slot.starts).date(), 1)[0]
    space_rules.must_fit(attendees, layout.capacity)
    space_rules.must_last(slot.minutes, space.min_minutes, space.max_minutes)
    if sent_before:
        rules.must_be_before(slot.starts, now())
    else:
        space_rules.must_give_notice(slot.starts, now(), space.notice_hours, space.horizon_days)
    space_rules.must_be_open(slot, day)
    space_rules.must_be_on_grid(slot, day)


def _place(booking: Booking, slot: Slot, by: Person | None) -> None:
    """Give a draft its time: held for whoever has signed in, only looked at for the others."""
    booking.occurrences.append(ledger.plan(booking.space, booking.layout, slot))
    if by:
        hold(booking, by=by)
    else:
        _must_be_free(booking)


def _must_be_free(booking: Booking) -> None:
    db.session.flush()
    padded = ledger.padded(booking.occurrence)
    if any(padded.meets(slot) for slot in spaces.busy(booking.space, booking.layout, padded)):
        raise ledger.taken()


def _held_around(layout: Layout, slot: Slot, by: Person) -> Booking | None:
    wanted = slot.padded(layout.setup_min, layout.cleanup_min)
    mine = sa.select(Booking.id).join(Booking.occurrences).where(Occurrence.id.in_(held_by(by, layout.space)))
    found = [_one(sa.select(Booking).where(Booking.id == id), locked=True) for id in db.session.scalars(mine).all()]
    held = [booking for booking in found if booking and booking.state == "held"]
    return next((booking for booking in held if ledger.padded(booking.occurrence).meets(wanted)), None)


def _must_be_unfinished(booking: Booking, *also: str) -> None:
    if booking.state not in ("draft", "held", *also):
        rules.must_go(booking.state, "held")


def _confirm(booking: Booking, *, by: Person) -> None:
    _turn(booking, "approved", by=by)
    ledger.claim(booking.occurrence)
    _touch(booking.occurrence)
    _record(SpaceBooked, booking, by=by)
    _tell("booking/confirmed", booking, status="CONFIRMED")


def _end(booking: Booking, state: str, reason: str, *, by: Person, told: str) -> None:
    rules.must_give_reason(reason)
    _turn(booking, state, by=by, reason=reason)
    _free(booking)
    _tell(told, booking, status="CANCELLED", reason=reason)


def _free(booking: Booking) -> None:
    ledger.release(booking.occurrence)
    booking.occurrence.status = "cancelled"
    _touch(booking.occurrence)


def _touch(occurrence: Occurrence) -> None:
    occurrence.sequence += 1
    occurrence.updated_at = now()


def _turn(booking: Booking, state: str, *, by: Person | None, reason: str = "") -> None:
    """The one way from a state to another, written down."""
    before = booking.state
    rules.must_go(before, state)
    booking.state = state
    change = BookingChange(booking=booking, before=before, after=state, reason=reason, at=now(), level=0)
    if by:
        change.actor_id, change.level = by.id, by.level
        change.organisation_id = by.acting_as.id if by.acting_as and is_of(booking, by) else None
    db.session.add(change)


def _record(act: type, booking: Booking, *, by: Person) -> None:
    facts = act(activity=booking.space.slug, session=booking.code, minutes=booking.slot.minutes, people=booking.attendees)
    level = by.level if is_of(booking, by) else booking.level
    record(facts, who=booking.requester, acting_as=booking.organisation, level=level)


def _tell(kind: str, booking: Booking, *, status: str | None = None, **more: object) -> None:
    entry = {"calendar": calendar_entry(booking, status).as_json()} if status else {}
    notice(kind, to=booking.requester, **facts(booking), **entry, **more)
