"""A hub with its spaces and people, for the tests of bookings."""

from datetime import timedelta

import pytest

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import service
from hub.booking.models import Booking
from hub.clock import today
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.service import free_slots


@pytest.fixture
def hub(session) -> dict[str, Space]:
    return demo.load_spaces()


@pytest.fixture
def people(session) -> dict[str, Person]:
    loaded = load_people()
    session.flush()
    return loaded


def free_slot(layout: Layout, days: int = 10, minutes: int = 120, index: int = 0) -> Slot:
    """A free time some days ahead; closed days are stepped over."""
    day = today() + timedelta(days=days)
    while not (found := free_slots(layout.space, layout, day, minutes)):
        day += timedelta(days=1)
    return found[index]


def ask(layout: Layout, slot: Slot, by: Person, people: int = 5, title: str = "Prova") -> Booking:
    """A booking that was sent."""
    booking = service.draft(layout, slot, people, by=by)
    service.describe(booking, title=title, purpose="meeting", details="")
    service.introduce(booking, phone="", by=by)
    service.submit(booking, by=by)
    return booking
