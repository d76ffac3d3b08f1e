"""Series that want the same dates, and dates that move to where others want to be, by processes of their own: each series
stands there whole or not at all, nothing overlaps, and nobody waits in a circle."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import dates, decision, limits, series, service
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import now, today, wall
from hub.db import db, reading
from hub.spaces import service as spaces
from hub.spaces.ledger import Allocation
from hub.spaces.models import Layout, Occurrence, Rule
from tests.databases import ENGINES, environment
from tests.races import CONTESTANTS, MIX, drop_the_guard, racing

ROUNDS, WEEKS, DATES = 3, 4, 3
EVENING, MINUTES = 18 * 60, 90
BAYS = ("campata-nord", "campata-centrale", "campata-sud")
ATOMS = {slug: set(atoms or (slug,)) for slug, _name, _text, _area, _people, atoms, _more in demo.SPACES}
WORDS = {"taken", *(f"won {n}" for n in range(CONTESTANTS))}
Dates = list[tuple[str, int]]  # of each date its space and its week


def one_room(contestant: int) -> Dates:
    """One room, beginning in one week or the next."""
    return [("aula-1", contestant % 2 + n) for n in range(DATES)]


def bays_and_hall(contestant: int) -> Dates:
    """Each date in another space: the hall, its bays and its pairs of bays, everybody in another order."""
    return [(MIX[(contestant + n) % len(MIX)], contestant % 2 + n) for n in range(DATES)]


def bay_or_hall(contestant: int) -> Dates:
    """All dates in one space, which shares its atoms with those of others."""
    return [(MIX[contestant], n) for n in range(DATES)]


def bays_in_turn(contestant: int) -> Dates:
    """Another bay each week."""
    return [(BAYS[(contestant + n) % 3], n) for n in range(DATES)]


def portico_and_room(contestant: int) -> Dates:
    """The portico, where requests compete, and in the first week or the last a room, where they do not."""
    room, week = ("aula-1", "aula-2")[contestant // 2 % 2], 3 * (1 - contestant % 2)
    return sorted([(room, week), ("portico", 1), ("portico", 2)], key=lambda date: date[1])


def room_alone(contestant: int) -> Dates:
    return [date for date in portico_and_room(contestant) if date[0] != "portico"]


def ask_for_one_room(number: int, contestant: int) -> str:
    return _ask(number, contestant, one_room(contestant))


def ask_for_bays_and_hall(number: int, contestant: int) -> str:
    return _ask(number, contestant, bays_and_hall(contestant))


def move(number: int, contestant: int) -> str:
    """Everybody moves all the dates of their series to the same evenings."""
    layout, mine = _layout(MIX[contestant]), _mine(number, contestant)
    day = wall(mine.occurrence.starts_at).date()
    dates.move(mine, mine.occurrence, layout, day, EVENING, MINUTES, "all", by=mine.requester)
    db.session.commit()
    return f"won {contestant}"


def move_or_ask(number: int, contestant: int) -> str:
    """Half of them move their dates to evenings for which the others ask at the same moment."""
    return move(number, contestant) if contestant % 2 else _ask(number, contestant, bay_or_hall(contestant))


def withdraw(number: int, contestant: int) -> str:
    """Everybody gives back all the dates of their series, which are in other bays each week."""
    mine = _mine(number, contestant)
    service.withdraw(mine, by=mine.requester)
    db.session.commit()
    return f"won {contestant}"


def ask_side_by_side(number: int, contestant: int) -> str:
    """Series of a space where requests compete, with dates in rooms besides."""
    return _ask(number, contestant, portico_and_room(contestant))


def approve(number: int, contestant: int) -> str:
    """Managers approve such series, each another: whoever is first ends those of the others, with their dates in the rooms."""
    with reading():
        manager = db.session.scalars(sa.select(Person).filter_by(email="gestore@officine.example")).one()
        db.session.rollback()
    decision.approve(_mine(number, contestant), by=manager)
    db.session.commit()
    return f"won {contestant}"


def close_date_by_date(number: int, contestant: int) -> str:
    """The dates of a series locked one by one, in its own order: what the lock on all of them at once is for."""
    for slug, week in bays_and_hall(contestant):
        spaces.close(spaces.space_by(slug), _wish(_layout(slug)).slot(_first_day(number) + timedelta(weeks=week)), {"it": "Gara"})
    db.session.commit()
    return f"won {contestant}"


def _ask(number: int, contestant: int, wanted: Dates) -> str:
    with reading():
        by = db.session.scalars(sa.select(Person).filter_by(email=f"racer{contestant}@officine.example")).one()
        made = {slug: _layout(slug) for slug, _ in wanted}
        db.session.rollback()
    _send(number, contestant, {week: made[slug] for slug, week in wanted}, by, EVENING)
    db.session.commit()
    return f"won {contestant}"


def _mine(number: int, contestant: int) -> Booking:
    with reading():
        titled = sa.select(Booking.key).filter_by(title=_title(number, contestant))
        key = db.session.scalars(titled.order_by(Booking.id.desc()).limit(1)).one()
        db.session.rollback()
    return service.booking_by_key(key, locked=True)


def _send(number: int, contestant: int, wanted: dict[int, Layout], by: Person, start: int) -> Booking:
    """A series of WEEKS dates, of which those are left out that are not wanted."""
    asked = _wish(next(iter(wanted.values())), start)
    rule = Recurrence(_first_day(number), "weekly", count=WEEKS)
    slots = [asked.slot(day) for day in rule.days]
    picks = [Pick(slot.starts, wanted[n], slot) if n in wanted else Pick(slot.starts) for n, slot in enumerate(slots)]
    made = series.draft_series(asked, rule, picks, by=by)
    service.describe(made, title=_title(number, contestant), purpose="culture", details="")
    service.submit(made, by=by)
    return made


def _wish(layout: Layout, start: int = EVENING) -> Wish:
    return Wish(layout, start, MINUTES, 10, "other")


def _layout(slug: str) -> Layout:
    return spaces.space_by(slug).layouts[0]


def _title(number: int, contestant: int) -> str:
    return f"Gara {number} {contestant}"


def _first_day(number: int) -> date:
    """Of a round: for as many weeks as a series lasts nobody keeps a feast."""
    day = today() + timedelta(days=20)
    while any(spaces.holiday(day + timedelta(days=n)) for n in range(7 * WEEKS + ROUNDS)):
        day += timedelta(days=1)
    return day + timedelta(days=number)


@pytest.fixture(scope="module", params=ENGINES)
def track(request):
    """A portal with the demo's spaces and without its limits, and the processes that race on its database."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            demo.load_spaces()
            load_people()
            db.session.execute(sa.update(Rule).where(Rule.kind.in_(limits.CHECKS)).values(ended_at=now()))
            for n in range(CONTESTANTS):
                racer = Person(email=f"racer{n}@officine.example", given_name="Gara", family_name=str(n))
                racer.confirmed_at = racer.created_at = now()
                db.session.add(racer)
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def empty(track):
    """Every race begins with an empty ledger."""
    yield
    db.session.rollback()
    db.session.execute(sa.delete(Allocation))
    db.session.commit()


def series_of_their_own(wanted: Callable[[int], Dates] = lambda n: [(BAYS[n % 3], week) for week in range(DATES)]) -> None:
    """Of every contestant one for each round: in a bay, before the evening."""
    people = db.session.scalars(sa.select(Person).where(Person.email.like("racer%")).order_by(Person.email)).all()
    for number in range(ROUNDS):
        for n, person in enumerate(people):
            _send(number, n, {week: _layout(slug) for slug, week in wanted(n)}, person, 600 + 150 * (n // 3))
    db.session.commit()


def must_be_fair(ends: list[Counter], wanted: Callable[[int], Dates]) -> None:
    """In every round no two won the same atom of an evening, and each of the others met somebody who won."""
    cells = [{(atom, week) for slug, week in wanted(n) for atom in ATOMS[slug]} for n in range(CONTESTANTS)]
    for end in ends:
        assert set(end) <= WORDS, ends
        won = [n for n in range(CONTESTANTS) if end[f"won {n}"]]
        taken = set().union(*(cells[n] for n in won))
        assert won and len(taken) == sum(len(cells[n]) for n in won), end
        assert all(cells[n] & taken for n in range(CONTESTANTS)), end


def must_be_whole(series: int, moved: int) -> None:
    """So many series are there with all their dates, of so many all of them in the evening, of the others none."""
    standing = sa.select(Occurrence.booking_id).join(Allocation, Allocation.occurrence_id == Occurrence.id)
    found = db.session.scalars(sa.select(Booking).where(Booking.id.in_(standing)).execution_options(populate_existing=True)).all()
    assert len(found) == series and all(len(one.planned) == DATES and service.keeps_its_place(one) for one in found)
    evenings = [{wall(one.starts_at).hour == EVENING // 60 for one in booking.planned} for booking in found]
    assert Counter(map(tuple, evenings)) == Counter({(True,): moved, (False,): series - moved})
    assert db.session.scalar(sa.select(sa.func.count(Allocation.occurrence_id.distinct()))) == DATES * series
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def wins(ends: list[Counter]) -> int:
    return sum(count for end in ends for word, count in end.items() if word.startswith("won"))


def test_series_that_overlap_are_had_whole_or_not_at_all(track):
    ends = track.run(ask_for_one_room, ROUNDS)
    must_be_fair(ends, one_room)
    must_be_whole(wins(ends), wins(ends))


def test_series_of_bays_and_hall_are_had_whole_or_not_at_all(track):
    ends = track.run(ask_for_bays_and_hall, ROUNDS)
    must_be_fair(ends, bays_and_hall)
    must_be_whole(wins(ends), wins(ends))


def test_of_series_that_move_to_the_same_evenings_those_that_lose_stay_where_they_were(track):
    series_of_their_own()
    ends = track.run(move, ROUNDS)
    must_be_fair(ends, bay_or_hall)
    must_be_whole(ROUNDS * CONTESTANTS, wins(ends))


def test_between_dates_that_move_and_new_series_one_has_the_evening(track):
    series_of_their_own()
    ends = track.run(move_or_ask, ROUNDS)
    must_be_fair(ends, bay_or_hall)
    new = sum(end[f"won {n}"] for end in ends for n in range(0, CONTESTANTS, 2))
    must_be_whole(ROUNDS * CONTESTANTS + new, wins(ends))


def test_series_that_are_given_back_at_once_leave_nothing(track):
    series_of_their_own(bays_in_turn)
    ends = track.run(withdraw, ROUNDS)
    assert [set(end) for end in ends] == [WORDS - {"taken"}] * ROUNDS, ends
    assert not db.session.scalars(sa.select(Allocation.id)).all()


def test_where_requests_compete_series_stand_side_by_side_but_not_in_their_rooms(track):
    ends = track.run(ask_side_by_side, ROUNDS)
    must_be_fair(ends, room_alone)
    assert wins(ends) == 4 * ROUNDS and spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_of_competing_series_that_are_approved_at_once_one_of_each_time_is(track):
    series_of_their_own(portico_and_room)
    ends = track.run(approve, ROUNDS)
    assert all(set(end) <= WORDS for end in ends), ends
    assert [sorted(n // 3 for n in range(CONTESTANTS) if end[f"won {n}"]) for end in ends] == [[0, 1, 2]] * ROUNDS, ends
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_dates_that_are_locked_one_by_one_wait_in_a_circle(track):
    """The control of the errors that are none above."""
    ends = track.run(close_date_by_date, 2)
    circles = [word for end in ends for word in end if "DeadlockDetected" in word]
    assert bool(circles) == (db.engine.dialect.name == "postgresql"), ends


def test_with_the_guard_off_they_overlap(track):
    series_of_their_own()
    drop_the_guard()
    for race, wanted in ((move, bay_or_hall), (move_or_ask, bay_or_hall), (ask_for_one_room, one_room)):
        with pytest.raises(AssertionError):
            must_be_fair(track.run(race, 1), wanted)
    assert spaces.audit()["overlaps"] > 0
