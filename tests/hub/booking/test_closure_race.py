"""A space is closed while people book it, by processes of their own: nobody keeps a place in a space that is closed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import closing, service
from hub.booking.models import Booking
from hub.clock import span, today
from hub.db import db
from hub.notices.models import Notice
from hub.refusal import Refusal
from hub.spaces import closures
from hub.spaces import service as spaces
from hub.spaces.rules import Slot
from tests.databases import ENGINES, environment
from tests.races import drop_the_guard, racing

ROUNDS = 4
CLOSERS = 2  # of the eight contestants; the others book an hour each of a room that confirms by itself


def book_or_close(number: int, contestant: int) -> str:
    """The meeting room of a day: two managers close it, each after having looked, six people book its hours."""
    room = spaces.space_by("sala-riunioni")
    day = today() + timedelta(days=20 + number)
    email = "gestore@officine.example" if contestant < CLOSERS else "cittadina@officine.example"
    person = db.session.scalars(sa.select(Person).filter_by(email=email)).one()
    opening = spaces.days_of(room, day, 1)[0]
    db.session.rollback()
    if not opening.slots:
        return "feast"
    if contestant < CLOSERS:
        return _close(room, Slot(*span(day)), person)
    starts = opening.slots[0].starts + timedelta(hours=contestant)
    made = service.draft(room.layouts[0], Slot(starts, starts + timedelta(hours=1)), 5, by=person)
    service.describe(made, title=f"Gara {number}", purpose="work", details="")
    service.submit(made, by=person)
    db.session.commit()
    return "booked"


def _close(room, slot: Slot, manager: Person) -> str:
    for _ in range(20):
        seen = closing.seal(closing.met([room], slot))
        db.session.rollback()
        try:
            closing.close([room], slot, {"it": "Gara"}, seen=seen, by=manager)
            db.session.commit()
            return "closed"
        except Refusal as refusal:
            db.session.rollback()
            if refusal.rule != "closure-seen":
                raise
    return "never the same list"


@pytest.fixture(params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            demo.load_spaces()
            load_people()
            with racing(url) as racers:
                yield racers


def kept_in_a_closed_room() -> list[Booking]:
    found = []
    for closed in closures.standing():
        found += [hit for hit in closing.met(spaces.spaces(), closed.slot) if closed.atoms & set(hit.dates[0].space.atom_ids)]
    return closing.sent(found)


def test_nobody_keeps_a_place_in_a_space_that_was_closed_at_the_same_moment(track):
    ends = track.run(book_or_close, ROUNDS)
    assert [word for end in ends for word in end if word.startswith(("error", "never"))] == []
    played = [end for end in ends if "feast" not in end]
    assert len(played) >= 3 and all((end["closed"], end["refused: closed-already"]) == (1, 1) for end in played), ends
    assert kept_in_a_closed_room() == []
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)
    told = db.session.scalar(sa.select(sa.func.count()).select_from(Notice).filter_by(kind="booking/closed"))
    ended = db.session.scalar(sa.select(sa.func.count()).select_from(Booking).filter_by(state="cancelled"))
    assert (told, ended) == (sum(end["booked"] for end in played),) * 2


def test_with_the_guard_off_somebody_does(track):
    drop_the_guard()
    track.run(book_or_close, ROUNDS)
    assert kept_in_a_closed_room() and spaces.audit()["overlaps"]
