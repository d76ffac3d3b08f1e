"""The managers' planner, against trying every room on every date; and its acceptance: all the dates or none."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import wall
from hub.labs import planner, sessions, team
from hub.labs.models import Session
from hub.labs.planner import Wish
from hub.labs.programme import activity_by
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Occurrence, Opening
from hub.spaces.rules import Slot, at_minute, open_day
from tests.hub.booking.conftest import ask
from tests.hub.labs.programmes import activity, layout, published, slot, working_day

NOTHING_WRONG = dict.fromkeys(spaces.AUDITS, 0)


def weeks(count: int, days: int = 21) -> tuple[date, ...]:
    """So many working days, a week apart; among them may be one on which the hub is closed."""
    first = working_day(days)
    return tuple(first + timedelta(weeks=n) for n in range(count))


def tried(session, wish: Wish) -> dict[date, set[int]]:
    """Of each date the layouts that can do it, by trying: is the house open, and does the ledger take it?"""
    known, found = spaces.house(), {}
    for day in wish.days:
        found[day] = set()
        for one in (one for space in spaces.spaces() for one in space.layouts):
            suits = one.capacity >= wish.people and wish.layout in (None, one.kind) and one.space.step_free >= wish.step_free
            if not suits or not set(wish.equipment) <= set(one.space.equipment):
                continue
            opening = open_day(day, one.space_id, known.hours, spaces.holiday(day))
            if not any(hours.holds(wish.slot(day)) for hours in opening.slots):
                continue
            savepoint = session.begin_nested()
            try:
                sessions.take(sessions.write(activity_by("steam-2027"), wish.slot(day)), one)
                found[day].add(one.id)
            except ledger.Conflict:
                pass
            finally:
                savepoint.rollback()
                session.expire_all()
    return found


def fill(hub, people, days: tuple[date, ...]) -> None:
    """Bookings, a closure, a session and a day without hours in the way of some of these days, at five in the afternoon."""
    at = [Slot(at_minute(day, 17 * 60), at_minute(day, 19 * 60)) for day in days]
    ask(layout(hub["aula-1"]), at[0], people["citizen"])
    ask(layout(hub["officina-grande"], "isole"), at[1], people["citizen"], title="Grande festa")
    spaces.close(hub["laboratorio-digitale"], at[1], {"it": "Manutenzione"})
    published(people["manager"], layout(hub["aule-1-2"], "cerchio"), when=at[2], slug="altro-corso", title={"it": "Altro corso"})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"layout": "classroom"},
        {"people": 30},
        {"people": 45, "layout": "classroom"},
        {"equipment": ("printer_3d",)},
        {"start": 21 * 60},
        {"start": 15 * 60, "minutes": 90},
    ],
)
def test_the_rooms_are_those_that_can_be_had_by_trying(hub, people, session, more):
    days = weeks(3)
    activity(people["manager"])
    fill(hub, people, days)
    session.add(Opening(valid_from=days[2], valid_to=days[2], space_id=hub["campata-nord"].id, reason={"it": "Mostra"}))
    session.commit()
    wish = Wish(**{"days": days, "start": 17 * 60, "minutes": 120, "people": 20} | more)
    expected = tried(session, wish)
    plan = planner.propose(wish)
    assert {one.day: {room.id for room in one.rooms} for one in plan.dates} == expected
    assert {room.id for room in plan.whole} == set.intersection(*expected.values())
    for one in plan.dates:
        assert (one.best is None) == (not one.rooms) and (one.best is None or one.best in one.rooms)
        if plan.whole:
            assert one.best in plan.whole
    used = {one.best.id for one in plan.dates if one.best}
    if len(used) > 1:  # no single room could have done it
        assert not plan.whole


def test_a_room_for_all_dates_is_proposed_and_the_snuggest_first(hub, people, session):
    wish = Wish(weeks(4), 17 * 60, 120, 20, layout="classroom")
    plan = planner.propose(wish)
    assert [room.space.slug for room in plan.whole] == ["aula-1", "aula-2", "aule-1-2"]
    assert {one.best.space.slug for one in plan.dates} == {"aula-1"} and not any(one.obstacles for one in plan.dates)


def test_where_no_room_has_all_dates_the_fewest_are_mixed_and_what_is_in_the_way_is_named(hub, people, session):
    days = weeks(3)
    at = [Slot(at_minute(day, 17 * 60), at_minute(day, 19 * 60)) for day in days]
    ask(layout(hub["aula-1"], "banchi"), at[0], people["citizen"], title="Coro")
    published(people["manager"], layout(hub["aula-2"], "banchi"), when=at[1], slug="corso-b", title={"it": "Corso B"})
    spaces.close(hub["aula-2"], at[2], {"it": "Tinteggiatura"})
    session.flush()
    plan = planner.propose(Wish(days, 17 * 60, 120, 20, layout="classroom"))
    assert plan.whole == [] and [one.best.space.slug for one in plan.dates] == ["aula-2", "aula-1", "aula-1"]
    (obstacle,) = plan.dates[0].obstacles
    assert (obstacle.layout.space.slug, obstacle.state, obstacle.what) == ("aula-1", "taken", "Coro")
    assert obstacle.slot == at[0]
    both = planner.propose(Wish(days[1:2], 17 * 60, 120, 45, layout="classroom")).dates[0]
    assert both.best is None
    assert [(one.layout.space.slug, one.state, one.what) for one in both.obstacles] == [("aule-1-2", "taken", {"it": "Corso B"})]
    closed = planner.propose(Wish(days[2:], 17 * 60, 120, 45, layout="classroom")).dates[0].obstacles
    assert [one.what for one in closed] == [{"it": "Tinteggiatura"}]


def test_what_is_closed_says_why(hub, people, session):
    (day,) = days = weeks(1)
    session.add(Opening(valid_from=day, valid_to=day, reason={"it": "Patrono"}))
    session.flush()
    obstacles = planner.propose(Wish(days, 17 * 60, 120, 20, layout="classroom")).dates[0].obstacles
    assert {(one.state, one.why.rule) for one in obstacles} == {("closed", "closed-day")}
    night = Wish((date(day.year + 1, 3, 1),), 3 * 60, 60, 5, layout="meeting")
    assert {one.why.rule for one in planner.propose(night).dates[0].obstacles} <= {"opening-hours", "closed-day"}


def test_a_request_that_keeps_its_place_is_in_the_way_and_one_that_competes_is_not(hub, people, session):
    day = working_day(30)
    at = Slot(at_minute(day, 17 * 60), at_minute(day, 19 * 60))
    ask(layout(hub["portico"], "vuota"), at, people["citizen"])
    ask(layout(hub["corte-urbana"], "vuota"), at, people["citizen"])
    plan = planner.propose(Wish((day,), 17 * 60, 120, 90, layout="empty"))
    slugs = {room.space.slug for room in plan.whole}
    assert "portico" in slugs and "corte-urbana" not in slugs


def test_the_rules_of_bookings_do_not_bind_the_hub(hub, people, session):
    """The courtyard wants a week's notice, and starts come every half hour."""
    day = working_day(2)
    plan = planner.propose(Wish((day,), 16 * 60 + 10, 35, 100, layout="empty"))
    assert {room.space.slug for room in plan.whole} >= {"corte-urbana", "portico"}


def test_a_plan_is_accepted_whole(hub, people, session):
    course = activity(people["manager"])
    ada = team.take_on(course, name="Ada", email="", role="trainer", public=True)
    days = weeks(3)
    wish = Wish(days, 17 * 60, 120, 20, layout="classroom")
    room = planner.propose(wish).whole[0]
    made = planner.accept(course, wish, {days[2]: room, days[0]: None}, trainers=[ada])
    assert [(wall(one.starts_at).date(), len(one.standing), one.number) for one in made] == [(days[0], 0, 1), (days[2], 1, 2)]
    assert all(team.trainers_of(one) == [ada] and one.trainers for one in made)
    assert spaces.audit() == NOTHING_WRONG


def test_what_was_taken_meanwhile_is_all_named_and_nothing_is_written(hub, people, session):
    course = activity(people["manager"])
    days = weeks(4)
    wish = Wish(days, 17 * 60, 120, 20, layout="classroom")
    room = planner.propose(wish).whole[0]
    for day in days[1:3]:
        ask(layout(hub["aula-1"], "banchi"), wish.slot(day), people["citizen"])
    session.commit()
    with pytest.raises(Refusal) as refused:
        planner.accept(course, wish, dict.fromkeys(days, room))
    assert [one.values["starts"] for one in refused.value.all] == [wish.slot(day).starts for day in days[1:3]]
    session.rollback()
    assert session.query(Session).count() == 0
    assert session.scalars(sa.select(Occurrence.id).where(Occurrence.kind == "session")).all() == []
    assert spaces.audit() == NOTHING_WRONG


def test_a_plan_that_cannot_be_is_refused_in_words(hub, people, session):
    course, _ = published(people["manager"], layout(hub["aula-2"]))
    (day,) = weeks(1)
    room: Layout = layout(hub["aula-1"])
    for wish, picks, rule in (
        (Wish((day,), 17 * 60, 120, 20), {}, "no-dates"),
        (Wish((day,), 17 * 60, 120, 20), {day: None}, "without-space"),
        (Wish((day,), 21 * 60, 120, 20), {day: room}, "opening-hours"),
        (Wish((day,), 17 * 60, 5, 20), {day: room}, "length"),
    ):
        with pytest.raises(Refusal) as refused:
            planner.accept(course, wish, picks)
        assert [one.rule for one in refused.value.all] == [rule]
    far = day.replace(year=day.year + 4, day=1)
    for days in ((), (far,)):
        with pytest.raises(Refusal, match="troppo lontano"):
            planner.propose(Wish(days, 17 * 60, 120, 20))


def test_an_hour_that_the_clocks_skip_is_told(hub, people, session):
    spring = date(2027, 3, 28)
    session.add(Opening(weekday=spring.weekday(), opens=0, closes=1440))
    session.flush()
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC)):
        course = activity(people["manager"], slug="notte")
        wish = Wish((spring,), 2 * 60 + 30, 60, 10, layout="meeting")
        (found,) = planner.propose(wish).dates
        assert found.rooms == [] and [one.why.rule for one in found.obstacles] == ["no-hour"]
        with pytest.raises(Refusal) as refused:
            planner.accept(course, wish, {spring: layout(hub["sala-riunioni"])})
        assert "no-hour" in [one.rule for one in refused.value.all]


def test_sessions_are_in_the_way_of_the_planner_too(hub, people, session):
    course = activity(people["manager"])
    at = slot(21)
    sessions.schedule(course, at, [layout(hub["aula-1"], "banchi")])
    wish = Wish((wall(at.starts).date(),), 16 * 60, 120, 20, layout="classroom")
    assert [room.space.slug for room in planner.propose(wish).whole] == ["aula-2"]
