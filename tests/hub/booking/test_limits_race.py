"""One person sends eight bookings at the same moment, by processes of their own: no more are let through than the quota says."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import limits, service
from hub.booking.models import Booking
from hub.clock import now, today
from hub.db import db
from hub.spaces import service as spaces
from hub.spaces.models import Rule
from hub.spaces.rules import Slot
from tests.databases import ENGINES, environment
from tests.races import CONTESTANTS, racing

ROUNDS, QUOTA = 4, 2


def send(number: int, contestant: int) -> str:
    """Each has an hour of the meeting room to itself: only the quota stands between."""
    mine, person = _mine(number, contestant)
    service.submit(mine, by=person)
    db.session.commit()
    return "won"


def send_by_a_count_read_first(number: int, contestant: int) -> str:
    """The same by a count that is read, and a booking that is sent afterwards: what the lock is for."""
    mine, person = _mine(number, contestant)
    known = spaces.house()
    limits.must_respect(mine, known, by=person)
    db.session.rollback()
    mine, person = _mine(number, contestant)
    mine.requester, mine.terms_accepted_at, mine.submitted_at = person, now(), now()
    service.send(mine, known, by=person)
    db.session.commit()
    return "won"


def _mine(number: int, contestant: int) -> tuple[Booking, Person]:
    id = db.session.scalars(sa.select(Booking.id).filter_by(title=f"Gara {number} {contestant}")).one()
    db.session.rollback()
    mine = service.booking_by_key(db.session.get(Booking, id).key, locked=True)
    return mine, db.session.scalars(sa.select(Person).filter_by(email="cittadina@officine.example")).one()


@pytest.fixture(params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            room = demo.load_spaces()["sala-riunioni"]
            load_people()
            days = (today() + timedelta(days=20 + 14 * number) for number in range(ROUNDS))
            for number, day in enumerate(days):
                _drafts(room, number, day)
            db.session.execute(sa.update(Rule).where(Rule.kind.in_(limits.CHECKS)).values(ended_at=now()))
            params = {"hours": QUOTA, "period": "week", "per": "person"}
            db.session.add(Rule(kind="quota_hours", params=params, created_at=now()))
            with racing(url) as racers:
                yield racers


def _drafts(room, number: int, day) -> None:
    """Eight hours of a day of one week, each a draft that nobody has signed in for."""
    while not (opening := spaces.days_of(room, day, 1)[0]).slots or day.weekday() > 4:
        day += timedelta(days=1)
    for contestant in range(CONTESTANTS):
        starts = opening.slots[0].starts + timedelta(hours=contestant)
        made = service.draft(room.layouts[0], Slot(starts, starts + timedelta(hours=1)), 5, by=None)
        service.describe(made, title=f"Gara {number} {contestant}", purpose="work", details="")


def test_of_eight_bookings_at_once_as_many_are_sent_as_the_quota_says(track):
    ends = track.run(send, ROUNDS)
    assert [dict(end) for end in ends] == [{"won": QUOTA, "refused: quota_hours": CONTESTANTS - QUOTA}] * ROUNDS


def test_with_a_count_that_is_read_first_more_are_sent(track):
    ends = track.run(send_by_a_count_read_first, ROUNDS)
    assert [word for end in ends for word in end if word.startswith("error")] == []
    assert max(end["won"] for end in ends) > QUOTA, ends
