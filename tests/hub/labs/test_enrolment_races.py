"""Eight processes at once on both engines: no place is had twice, nobody overtakes; and with the guards off, the fault."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from math import inf

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.clock import now
from hub.db import db
from hub.labs import seats
from hub.labs.models import Activity, Enrolment, EnrolmentChange, Seat
from tests.databases import ENGINES, environment
from tests.hub.labs import races
from tests.hub.labs.makers import DAY, HOUR, child, enrol, lab, person
from tests.hub.labs.races import FAMILIES, KIDS, PLACES, UNGUARDED, WAITING
from tests.races import CONTESTANTS, Racers, racing

ROUNDS = 10  # the control goes wrong within two
FEW = 10  # rounds of the other races


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """A portal with all the families, and the processes that race on its database."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            person("Gino", role="manager")
            for family in range(FAMILIES):
                parent = person(f"family{family}")
                for number in range(KIDS if family < CONTESTANTS else 1):
                    child(f"kid{family}-{number}", parent).subject = f"kid:{family}-{number}"
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()
    db.session.remove()


def live(activity: Activity) -> list[Enrolment]:
    """Who has, is kept or waits for a place, by seat, then as they wait."""
    db.session.expire_all()
    theirs = sa.select(Enrolment).where(Enrolment.activity_id == activity.id, Enrolment.ended_at.is_(None))
    order = (Enrolment.seat.is_(None), Enrolment.seat, *seats.QUEUE)
    return list(db.session.scalars(theirs.order_by(*order)))


def states(activity: Activity) -> Counter:
    return Counter(one.state for one in live(activity))


def seats_of(activity: Activity) -> list[int]:
    return [one.seat for one in live(activity) if one.seat is not None]


# --- many families for the last places


def labs(name: str, rounds: int, places: int, **columns: object) -> list[Activity]:
    """The activity of each round of a race."""
    made = [lab(f"{name}-{number}", places, **columns) for number in range(rounds)]
    db.session.commit()
    return made


def told(end: Counter) -> list[tuple[int, str, float, float]]:
    """(family, how it ended, from when to when) of each family of a round."""
    rows = [one.split() for words in end if words for one in words.split("|")]
    return [(int(family), state, float(began), float(ended)) for family, state, began, ended in rows]


def overtaken(rows: list[tuple[int, str, float, float]], ranks: dict[int, float]) -> list[int]:
    """Families who came when another one had been answered already, and who stand before that one."""
    ended = sorted((ended, ranks.get(family, inf)) for family, _, _, ended in rows)
    found, worst, next_ended = [], -inf, 0
    for family, _, began, _ in sorted(rows, key=lambda row: row[2]):
        while next_ended < len(ended) and ended[next_ended][0] < began:
            worst = max(worst, ended[next_ended][1])
            next_ended += 1
        if ranks.get(family, inf) < worst:
            found.append(family)
    return found


def test_of_two_hundred_families_twenty_have_the_last_places_and_the_others_wait_in_order(track):
    made = labs("corsa", ROUNDS, PLACES, waiting_most=WAITING)
    ends = track.run(races.come, ROUNDS)
    for activity, end in zip(made, ends, strict=True):
        rows = told(end)
        wanted = {"enrolled": PLACES, "waiting": WAITING, "waiting-full": FAMILIES - PLACES - WAITING}
        assert Counter(state for _, state, *_ in rows) == wanted
        assert seats_of(activity) == list(range(1, PLACES + 1))
        ranks = {int(one.participant.subject[4:-2]): rank for rank, one in enumerate(live(activity))}
        assert overtaken(rows, ranks) == []
        assert {number for number, state, *_ in rows if state in ("enrolled", "waiting")} == set(ranks)


def test_who_overtakes_is_seen():
    """The control of the look at the order: the second came when the first had been answered."""
    rows = [(1, "waiting", 0.0, 1.0), (2, "waiting", 2.0, 3.0), (3, "waiting", 0.5, 2.5), (4, "waiting-full", 4.0, 5.0)]
    assert overtaken(rows, {1: 0, 2: 1, 3: 2}) == []
    assert overtaken(rows, {1: 2, 2: 0, 3: 1}) == [2]
    assert overtaken([*rows, (5, "waiting", 6.0, 7.0)], {1: 0, 2: 1, 3: 2, 5: 3}) == [5]


# --- offers at their last instant


def offers(name: str, rounds: int) -> list[tuple[Activity, datetime]]:
    """Of each round four places, offered to the families of the first four contestants until an instant; four others wait."""
    made = labs(name, rounds, 4)
    ends = [now() + DAY + number * HOUR for number in range(rounds)]  # what lapses in one round is over in the next
    for activity, until in zip(made, ends, strict=True):
        for family in range(CONTESTANTS):
            enrol(activity, races.kid(family), by=races.guardian(family))
        for one in live(activity)[:4]:
            one.state, one.held_until = "offered", until
        activity.enrol_closes_at = until
    db.session.commit()
    return list(zip(made, ends, strict=True))


def changes(activity: Activity, state: str) -> list[EnrolmentChange]:
    theirs = sa.select(Enrolment.id).where(Enrolment.activity_id == activity.id)
    query = sa.select(EnrolmentChange).where(EnrolmentChange.enrolment_id.in_(theirs), EnrolmentChange.after == state)
    return list(db.session.scalars(query.where(EnrolmentChange.before == "offered")))


def test_an_offer_is_taken_before_its_last_instant_or_goes_to_who_is_next(track):
    made = offers("attesa", FEW)
    ends = track.run(races.answer, FEW)
    seen = Counter()
    for (activity, until), end in zip(made, ends, strict=True):
        taken = end["yes"]
        assert end == Counter({"yes": taken, "refused: offer-late": 4 - taken, "worked": 4})
        assert states(activity) == Counter({"enrolled": taken, "offered": 4 - taken, "waiting": taken})
        assert seats_of(activity) == [1, 2, 3, 4]
        assert all(one.at < until for one in changes(activity, "enrolled"))
        assert all(one.at >= until for one in changes(activity, "expired"))
        waited = sa.select(Enrolment.state).filter_by(activity_id=activity.id).order_by(Enrolment.id).offset(4)
        assert list(db.session.scalars(waited)) == ["offered"] * (4 - taken) + ["waiting"] * taken
        seen += Counter(end)
    assert seen["yes"] and seen["refused: offer-late"] >= FEW  # the first has time, the fourth has none


# --- one child, groups, and fewer places


def test_a_child_that_is_enrolled_from_eight_windows_has_one_place(track):
    made = labs("stessa", FEW, 20)
    ends = track.run(races.same, FEW)
    assert all(end == {"enrolled": 1, "refused: twice": CONTESTANTS - 1} for end in ends), ends
    assert all(seats_of(activity) == [1] for activity in made)


def test_groups_are_seated_whole_or_wait_whole(track):
    made = labs("gruppi", FEW, 8)
    ends = track.run(races.together, FEW)
    for activity, end in zip(made, ends, strict=True):
        assert end == {"came": 4, "left": 4}
        assert mixed(activity) == []
        taken = seats_of(activity)
        assert len(set(taken)) == len(taken) and set(taken) <= set(range(1, 9))
        assert seats.seating(activity).seated == []  # nobody waits for a place that they could have


def mixed(activity: Activity) -> list[set[str]]:
    """Groups of which some have a place and some wait."""
    groups = defaultdict(set)
    for one in live(activity):
        if one.group_id:
            groups[one.group_id].add("waiting" if one.state == "waiting" else "seated")
    assert len(groups) == CONTESTANTS // 2
    return [found for found in groups.values() if len(found) > 1]


def test_places_never_become_fewer_than_are_taken(track):
    made = labs("posti", FEW, 20)
    ends = track.run(races.shrink, FEW)
    for activity, end in zip(made, ends, strict=True):
        assert not [word for word in end if word.startswith("error")], end
        assert lost(activity) == []
        count = seats.places(activity).count
        ended = states(activity)
        had = ended["enrolled"] + ended["offered"]  # offered: to who waited, by whoever made twelve of six
        assert had + ended["waiting"] == 18 and had <= count
        refused = end["refused: taken"]
        assert refused == 2 - (end["places 12"] + end["places 6"]) and (count == 20) == (refused == 2)
        assert ended["waiting"] == 0 or had == count  # who waits, waits because every place is had
    assert any(seats.places(activity).count < 20 for activity in made)


def lost(activity: Activity) -> list[int]:
    """Seats that somebody has and that are not there."""
    there = set(db.session.scalars(sa.select(Seat.number).where(Seat.activity_id == activity.id)))
    return [seat for seat in seats_of(activity) if seat not in there]


# --- the controls


def test_without_the_lock_the_database_still_refuses_a_place_twice(track):
    made = [lab(f"corsa-{UNGUARDED}-{races.ROUNDS + number}", PLACES) for number in range(races.ROUNDS)]
    db.session.commit()
    ends = track.run(races.come_without_the_lock, races.ROUNDS)
    assert any(word.startswith("error: IntegrityError") for end in ends for word in end)
    assert all(len(set(seats_of(activity))) == len(seats_of(activity)) for activity in made)


@pytest.fixture
def unguarded(track) -> Racers:
    races.drop_the_guards()
    return track


def test_with_the_guards_off_each_of_these_goes_wrong(unguarded):
    """It is the lock, and behind it the database, that keep the promises."""
    made = labs(f"corsa-{UNGUARDED}", races.ROUNDS, PLACES, waiting_most=WAITING)
    unguarded.run(races.come_by_a_look_first, races.ROUNDS)
    assert any(states(activity)["enrolled"] > PLACES for activity in made)

    made = [activity for activity, _ in offers(f"attesa-{UNGUARDED}", races.ROUNDS)]
    unguarded.run(races.answer_by_a_look_first, races.ROUNDS)
    assert any(len(set(seats_of(activity))) < len(seats_of(activity)) for activity in made)

    made = labs(f"gruppi-{UNGUARDED}", races.ROUNDS, KIDS - 1)
    unguarded.run(races.together_one_by_one, races.ROUNDS)
    assert any(mixed(activity) for activity in made)

    made = labs(f"stessa-{UNGUARDED}", races.ROUNDS, 20)
    unguarded.run(races.same_by_a_look_first, races.ROUNDS)
    assert any(len(live(activity)) > 1 for activity in made)

    made = labs(f"posti-{UNGUARDED}", races.ROUNDS, 20)
    unguarded.run(races.shrink_by_a_count_read_first, races.ROUNDS)
    assert any(lost(activity) for activity in made)
