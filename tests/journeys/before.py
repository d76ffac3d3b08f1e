"""What others did before a journey begins: done by the portal's own services, inside its database (see Portal.inside)."""

from collections.abc import Callable
from datetime import date, timedelta

from hub.accounts.demo import PEOPLE
from hub.accounts.service import person_with
from hub.booking import decision, service
from hub.clock import span, today
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot, at_minute
from hub.spaces.service import busy, free_slots, space_by

MANAGER = PEOPLE["manager"][0]
LAST = 330  # days from now: well within what can be booked


def layout_of(slug: str, code: str) -> Layout:
    """A layout of a space."""
    return next(layout for layout in space_by(slug).layouts if layout.code == code)


def time_of(day: date, hour: int, hours: int = 2) -> Slot:
    """A time of a day, by Lecce's clocks."""
    return Slot(at_minute(day, hour * 60), at_minute(day, (hour + hours) * 60))


def is_free(layout: Layout, slot: Slot, day: date) -> bool:
    return slot in free_slots(layout.space, layout, day, slot.minutes)


def is_empty(space: Space, day: date) -> bool:
    """Whether nothing at all takes it on that day."""
    return not busy(space, None, Slot(*span(day)))


def first_day(after: int, fits: Callable[[date], bool]) -> date:
    """The first day from so many days ahead on which this holds: holidays and what others took are stepped over."""
    return next(day for more in range(after, LAST) if fits(day := today() + timedelta(days=more)))


def confirmed(layout: Layout, slot: Slot, who: str, title: str, people: int = 12, *, public: bool = False) -> str:
    """A booking of somebody, by their address, which the manager approved; its code."""
    by = person_with(who)
    booking = service.draft(layout, slot, people, by=by)
    service.describe(booking, title=title, purpose="course", details="", public=public)
    service.introduce(booking, phone="0832 654321", by=by)
    service.submit(booking, by=by)
    decision.approve(booking, by=person_with(MANAGER))
    return booking.code
