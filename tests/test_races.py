"""Eight processes at once on both engines: one winner, no overlap, no deadlock; and with the guard off, the fault."""

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import limits
from hub.booking import service as booking
from hub.clock import now
from hub.db import db
from hub.spaces.models import Rule, Space
from hub.spaces.service import audit
from tests import races
from tests.databases import ENGINES, environment
from tests.hub.booking.conftest import ask, free_slot
from tests.races import CONTESTANTS, racing

ROUNDS = 50


@pytest.fixture(scope="module", params=ENGINES)
def track(request):
    """A portal with the demo's spaces, and the processes that race on its database."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            demo.load_spaces()
            load_people()
            db.session.execute(sa.update(Rule).where(Rule.kind.in_(limits.CHECKS)).values(ended_at=now()))
            for number in range(CONTESTANTS):
                db.session.add(
                    Person(
                        email=f"racer{number}@officine.example",
                        given_name="Gara",
                        family_name=str(number),
                        confirmed_at=now(),
                        created_at=now(),
                    )
                )
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def empty(track):
    yield
    db.session.rollback()


def wins(end):
    return {word: count for word, count in end.items() if word.startswith("won")}


def no_errors(ends):
    return [word for end in ends for word in end if word.startswith("error")]


def test_one_slot_has_one_winner_in_every_round(track):
    ends = track.run(races.one_slot, ROUNDS)
    assert no_errors(ends) == []
    assert all(end == {"won aula-1": 1, "taken": CONTESTANTS - 1} for end in ends), ends
    assert audit() == dict.fromkeys(audit(), 0)


def test_hall_bays_and_pairs_never_overlap(track):
    ends = track.run(races.mixed, ROUNDS)
    assert no_errors(ends) == []
    assert all(wins(end) for end in ends)
    assert all(end["won officina-grande"] == 0 or sum(wins(end).values()) == 1 for end in ends), ends
    assert audit() == dict.fromkeys(audit(), 0)


def test_of_people_booking_the_same_time_one_gets_it(track):
    ends = track.run(races.hold, 12)
    assert no_errors(ends) == []
    played = [end for end in ends if "closed" not in end]
    assert len(played) > 6 and all(end["won"] == 1 for end in played), ends
    assert audit() == dict.fromkeys(audit(), 0)


def rivals(title, count, days):
    """So many times of the portico, some days ahead, each of which two people ask for."""
    layout = db.session.scalars(sa.select(Space).filter_by(slug="portico")).one().layouts[0]
    people = db.session.scalars(sa.select(Person).where(Person.email.like("racer%")).order_by(Person.id)).all()
    for number in range(count):
        slot = free_slot(layout, days=days + 3 * number)
        for person in people[:2]:
            ask(layout, slot, person, title=f"{title} {number}")
        db.session.commit()


@pytest.mark.parametrize(("race", "title", "days"), [(races.approve, "Rivale", 30), (races.confirm, "Altra rivale", 70)])
def test_of_two_approvals_of_competing_requests_one_succeeds(track, race, title, days):
    rivals(title, 10, days)
    ends = track.run(race, 10)
    assert no_errors(ends) == []
    # each request is approved by four at once: one of the eight wins, the others hear that it is decided or taken
    assert all(end["won"] == 1 for end in ends), ends
    assert audit() == dict.fromkeys(audit(), 0)
    assert booking.requests("approved", page=1, size=100)[0]


def test_with_the_guard_off_both_of_two_competing_requests_are_approved(track):
    rivals("Altra rivale", 3, 120)
    races.drop_the_guard()
    ends = track.run(races.confirm, 3)
    assert any(end["won"] == 2 for end in ends), ends
    assert audit()["overlaps"] > 0


def test_with_the_guard_off_the_same_race_overlaps(track):
    """The negative control: it is the database that keeps the promise."""
    races.drop_the_guard()
    ends = track.run(races.one_slot, 5)
    assert any(end["won aula-1"] > 1 for end in ends)
    assert audit()["overlaps"] > 0
