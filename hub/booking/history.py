"""What every verb of a booking ends with: its state turned and written down, the act recorded, its people told."""

from datetime import datetime

from hub.accounts.models import Person
from hub.booking import rules
from hub.booking.models import Booking, BookingChange
from hub.booking.papers import calendar_entry, facts
from hub.clock import now, wall
from hub.db import db
from hub.notices.service import notice
from hub.participation.log import record
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot


def is_of(booking: Booking, person: Person) -> bool:
    """Whether this is somebody's own booking: they asked for it, or act now for the organisation in whose name it was."""
    ours = person.acting_as is not None and person.acting_as.id == booking.organisation_id
    return booking.requester_id == person.id or ours


def turn(booking: Booking, state: str, *, by: Person | None, reason: str = "", code: str = "") -> None:
    """The one way from a state to another, written down."""
    before = booking.state
    rules.must_go(before, state)
    booking.state = state
    note(booking, before, by=by, reason=reason, code=code)


def note(booking: Booking, before: str, *, by: Person | None, reason: str = "", code: str = "") -> None:
    """A line of its history; before: the state that it was in, which it may still be."""
    change = BookingChange(booking=booking, before=before, after=booking.state, at=now(), level=0)
    change.reason, change.reason_code = reason, code
    if by:
        change.actor_id, change.level = by.id, by.level
        change.organisation_id = by.acting_as.id if by.acting_as and is_of(booking, by) else None
    db.session.add(change)


def touch(occurrence: Occurrence) -> None:
    occurrence.sequence += 1
    occurrence.updated_at = now()


def record_act(
    act: type, booking: Booking, occurrence: Occurrence, *, by: Person | None = None, at: datetime | None = None
) -> None:
    """A line of the participation log. at: when it happened, now where none is given."""
    minutes = Slot(occurrence.starts_at, occurrence.ends_at).minutes
    told = act(activity=occurrence.space.slug, session=_code(booking, occurrence), minutes=minutes, people=booking.attendees)
    level = by.level if by and is_of(booking, by) else booking.level
    record(told, who=booking.requester, acting_as=booking.organisation, level=level, at=at)


def _code(booking: Booking, occurrence: Occurrence) -> str:
    """What the log calls it by: the booking's code, and in a series the day that the rule gave it, wherever it moved."""
    if occurrence.recurrence_at is None:
        return booking.code
    return f"{booking.code}.{wall(occurrence.recurrence_at):%Y%m%d}"


def tell(kind: str, booking: Booking, *, status: str | None = None, **more: object) -> None:
    if booking.requester is None:  # somebody without an account, whom the desk tells
        return
    entry = {"calendar": calendar_entry(booking, status).as_json()} if status else {}
    notice(kind, to=booking.requester, **(facts(booking) | entry | more))
