"""How many statements each page costs the database: four at most, the person's own included."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.accounts.service import open_sign_in
from hub.booking import service
from hub.booking.models import Booking
from hub.clock import today, wall
from hub.db import db
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.service import free_slots
from tests.client import CheckingClient

MOST = 4
MOST_TO_CONFIRM = 17
MOST_TO_REFUSE = 32


def layout_of(slug: str) -> Layout:
    return db.session.scalars(sa.select(Layout).join(Layout.space).where(Space.slug == slug).order_by(Layout.id)).first()


def slots_of(layout: Layout, count: int) -> list[Slot]:
    """So many free times of two hours that do not meet, some days ahead."""
    day, found = today() + timedelta(days=10), []
    while len(found) < count:
        found += free_slots(layout.space, layout, day, 120)[::8]
        day += timedelta(days=1)
    return found[:count]


def ask(layout: Layout, slot: Slot, by: Person, *, send: bool) -> Booking:
    booking = service.draft(layout, slot, 5, by=by)
    service.describe(booking, title="Prova", purpose="meeting", details="")
    service.introduce(booking, phone="", by=by)
    if send:
        service.submit(booking, by=by)
    return booking


@pytest.fixture
def addresses(app: Flask, client: CheckingClient) -> dict[str, str]:
    """A citizen who is signed in, with twenty bookings sent and one to be sent; where each page stands."""
    with app.app_context():
        demo.load_spaces()
        citizen = load_people()["citizen"]
        layout = layout_of("sala-riunioni")
        *slots, last = slots_of(layout, 21)
        sent = [ask(layout, slot, citizen, send=True) for slot in slots]
        held = ask(layout, last, citizen, send=False)
        token = open_sign_in(citizen, hours=1)
        db.session.commit()
        client.set_cookie(app.config["SIGN_IN_COOKIE_NAME"], token)
        day = wall(last.starts).date().isoformat()
        return {
            "home": "/",
            "list of spaces": "/spazi",
            "space with its week": f"/spazi/sala-riunioni?giorno={day}",
            "booking form": f"/spazi/sala-riunioni/prenota?giorno={day}",
            "my bookings": "/area-personale/prenotazioni",
            "a booking": f"/prenotazioni/{sent[0].code}",
            "summary of a booking": f"/prenota/{held.key}/riepilogo",
        }


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile; the beginnings of transactions are not counted."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def counted(name: str, seen: list[str], most: int) -> None:
    assert len(seen) <= most, f"{name}: {len(seen)} statements, {most} at most:\n" + "\n".join(s.split("\n")[0] for s in seen)


def test_each_page_asks_the_database_little(app, client, addresses):
    for name, address in addresses.items():
        with statements(app) as seen:
            assert client.get(address).status_code == 200
        counted(name, seen, MOST)


def test_confirming_a_booking_asks_the_database_little(app, client, addresses):
    form = client.page(addresses["summary of a booking"]).form()
    with statements(app) as seen:
        answer = client.post(addresses["summary of a booking"], data=form.values | {"terms": "y"})
    assert answer.status_code == 303
    counted("confirming a booking", seen, MOST_TO_CONFIRM)


def test_a_time_that_was_taken_asks_the_database_little(app, client, addresses):
    choice = client.page(addresses["booking form"]).form("prenota")
    starts = next(node.get("value") for node in choice.node.iter("input") if node.get("name") == "starts")
    with app.app_context():
        begins = datetime.fromisoformat(starts)
        ask(layout_of("sala-riunioni"), Slot(begins, begins + timedelta(hours=2)), load_people()["evaluator"], send=True)
        db.session.commit()
    with statements(app) as seen:
        answer = client.post(addresses["booking form"].partition("?")[0], data=choice.values | {"starts": starts})
    assert answer.status_code == 422
    counted("a time that was taken", seen, MOST_TO_REFUSE)
