"""Plans, moves and bookings that want the same hall and bays at the same evenings, by processes of their own: each plan stands
there whole or not at all, a session that loses stays where it was, nothing overlaps, and nobody waits in a circle."""

from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import load_people
from hub.accounts.service import person_with
from hub.booking import service as booking
from hub.clock import today, wall
from hub.db import db, reading
from hub.labs import planner, programme, sessions
from hub.labs.models import Session
from hub.labs.planner import Wish
from hub.spaces import service as spaces
from hub.spaces.models import Layout
from hub.spaces.rules import Slot, at_minute
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import person
from tests.hub.labs.programmes import MANAGER, activity
from tests.races import CONTESTANTS, MIX, racing

ROUNDS, DATES, EVENING = 3, 3, 18 * 60
OWN = ("aula-1", "aula-2", "laboratorio-digitale", "portico", "corte-urbana", "aula-1", "aula-2", "portico")


def plan_or_book(number: int, contestant: int) -> str:
    """Half of them plan three evenings in the hall and its bays, each in another order; the others book one of those."""
    days = evenings(number)
    with reading():
        rooms = {day: layout_of(MIX[(contestant + n) % len(MIX)]) for n, day in enumerate(days)}
        by = person_with(f"gara{contestant}@posta.example")
        db.session.rollback()
    if contestant % 2:
        day = days[contestant % DATES]
        booking.draft(rooms[day], slot_of(day), 5, by=by)
    else:
        planner.accept(programme.activity_by(f"gara-{contestant}", locked=True), Wish(days, EVENING, 120, 5), rooms)
    db.session.commit()
    return f"won {contestant}"


def move(number: int, contestant: int) -> str:
    """Everybody moves a session of their own to the same evening, in the hall or in a part of it."""
    with reading():
        layout = layout_of(MIX[contestant])
        db.session.rollback()
    mine = programme.activity_by(f"gara-{contestant}", locked=True).sessions[number]
    sessions.move(mine, slot_of(evenings(number)[0]), [layout], by=person_with(MANAGER))
    db.session.commit()
    return f"won {contestant}"


def evenings(number: int) -> tuple[date, ...]:
    """Those of a round: days on which nobody keeps a feast."""
    days, day = [], today() + timedelta(days=20)
    while len(days) < ROUNDS * DATES:
        day += timedelta(days=1)
        if not spaces.holiday(day) and day.weekday() < 5:
            days.append(day)
    return tuple(days[number * DATES : (number + 1) * DATES])


def slot_of(day: date) -> Slot:
    return Slot(at_minute(day, EVENING), at_minute(day, EVENING + 120))


def layout_of(slug: str) -> Layout:
    return spaces.space_by(slug).layouts[0]


@pytest.fixture(params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            demo.load_spaces()
            load_people()
            for n in range(CONTESTANTS):
                activity(person_with(MANAGER), slug=f"gara-{n}", places=0)
                person(f"gara{n}")
            with racing(url) as racers:
                yield racers


def must_be_fair(ends: list[Counter], lost: str) -> int:
    """Nobody ended otherwise than by winning or by hearing that it is taken; how many won."""
    words = {lost, *(f"won {n}" for n in range(CONTESTANTS))}
    for end in ends:
        assert set(end) <= words and any(word.startswith("won") for word in end), ends
    return sum(count for end in ends for word, count in end.items() if word.startswith("won"))


def test_plans_and_bookings_are_had_whole_or_not_at_all(track):
    ends = track.run(plan_or_book, ROUNDS)
    for end in ends:
        assert {word for word in end if not word.startswith("won")} <= {"taken", "refused: no-overlap"}, ends
    plans = sum(end[f"won {n}"] for end in ends for n in range(0, CONTESTANTS, 2))
    found = db.session.scalars(sa.select(Session)).all()
    assert len(found) == DATES * plans and all(len(one.standing) == 1 for one in found)
    assert plans and spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_sessions_that_move_to_the_same_evening_stay_where_they_were_where_they_lose(track):
    for n in range(CONTESTANTS):
        mine = programme.activity_by(f"gara-{n}", locked=True)
        for number in range(ROUNDS):
            at = slot_of(evenings(number)[0])
            hours = timedelta(hours=8 if n < 5 else 4)
            sessions.schedule(mine, Slot(at.starts - hours, at.ends - hours), [layout_of(OWN[n])])
    db.session.commit()
    won = must_be_fair(track.run(move, ROUNDS), "taken")
    db.session.expire_all()
    found = db.session.scalars(sa.select(Session)).all()
    assert Counter(wall(one.starts_at).hour == EVENING // 60 for one in found) == {True: won, False: ROUNDS * CONTESTANTS - won}
    assert all(len(one.standing) == 1 and one.standing[0].starts_at == one.starts_at for one in found)
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)
