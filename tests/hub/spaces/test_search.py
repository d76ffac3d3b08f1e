"""Search by need on a real ledger: who is offered, when, and what instead; against an oracle that goes minute by minute."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import demo
from hub.accounts.demo import load_people
from hub.booking import service as booking
from hub.clock import span, today, wall
from hub.spaces import search, service
from hub.spaces.needs import LENGTHS, Need, Opening, first_of, free_starts, joined, nearest_of
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import free_slot

MINUTES = st.integers(0, 400)


@pytest.fixture
def hub(session):
    spaces = demo.load_spaces()
    session.flush()
    return spaces


def slugs(found: search.Found) -> list[str]:
    return [answer.space.slug for answer in found.answers]


def weekday(days: int) -> date:
    day = today() + timedelta(days=days)
    while service.holiday(day) or day.weekday() > 4:
        day += timedelta(days=1)
    return day


def test_spaces_and_combinations_answer_the_snuggest_first(hub):
    assert slugs(search.find(Need(people=180))) == ["officina-grande", "corte-urbana"]
    assert slugs(search.find(Need(layout="u_shape"))) == ["aula-1", "aula-2"]
    assert slugs(search.find(Need(people=50, layout="classroom"))) == ["aule-1-2"]
    assert slugs(search.find(Need(equipment=("printer_3d",)))) == ["laboratorio-digitale"]
    assert len(search.find(Need(step_free=True)).answers) == len(demo.SPACES)


def test_a_day_leaves_only_what_is_free_on_it(hub):
    assert search.find(Need(first=date(today().year + 1, 8, 26))).answers == []
    assert len(search.find(Need(first=weekday(20), audience="ets")).answers) == len(demo.SPACES)


def test_the_answers_of_a_day_are_the_times_that_may_be_booked(hub, session):
    """Against the other way to the same times, of the page on which one books."""
    people, day = load_people(), weekday(20)
    layout = hub["officina-grande"].layouts[0]
    for index in (2, 9):
        taken = booking.draft(layout, free_slot(layout, days=20, index=index), 5, by=people["citizen"])
        booking.describe(taken, title="Prova", purpose="meeting", details="")
    session.flush()
    for slug, code in (
        ("campata-nord", "isole"),
        ("campate-nord-centrale", "platea"),
        ("officina-grande", "platea"),
        ("aula-1", "banchi"),
    ):
        layout = next(one for one in hub[slug].layouts if one.code == code)
        need = Need(first=day, space=slug, layout=layout.kind, minutes=120, audience="other")
        (answer,) = search.find(need).answers
        (free,) = answer.days
        assert free.slots(99) == service.free_slots(hub[slug], layout, day, 120, audience="other")


@given(
    st.lists(st.tuples(MINUTES, st.integers(1, 120)), max_size=5),
    st.tuples(MINUTES, st.integers(1, 300)),
    st.sampled_from((1, 15, 30)),
    st.integers(1, 90),
    MINUTES,
    MINUTES,
)
def test_the_free_starts_are_those_of_a_grid_of_minutes(taken, opening, step, length, earliest, latest):
    kept = joined((starts, starts + lasts) for starts, lasts in taken)
    opens, closes = opening[0], opening[0] + opening[1]
    busy = {minute for starts, lasts in taken for minute in range(starts, starts + lasts)}
    wanted = [
        at
        for at in range(opens, closes - length + 1)
        if (at - opens) % step == 0 and earliest <= at <= latest and not busy & set(range(at, at + length))
    ]
    (found,) = free_starts([Opening(opens, closes, step, earliest, latest)], kept, length)
    assert first_of(found, 10_000) == wanted
    assert nearest_of(found, 200, 3) == sorted(sorted(wanted, key=lambda at: abs(at - 200))[:3])


def test_the_misses_name_one_wish_each_and_find_something(hub, session):
    day = weekday(20)
    service.close(hub["aule-1-2"], Slot(*span(day)), {"it": "Lavori"})
    session.flush()
    need = Need(first=day, start=600, layout="u_shape", people=20, minutes=120)
    found = search.find(need)
    assert found.answers == [] and {miss.wish for miss in found.misses} == {"day", "layout"}
    for miss in found.misses:
        assert search.find(miss.need).answers
    late = search.find(Need(first=weekday(20), start=21 * 60, minutes=120, space="sala-riunioni"))
    assert {miss.wish for miss in late.misses} >= {"time", "length"}
    assert all(miss.need.minutes in LENGTHS for miss in late.misses)


def test_who_comes_too_early_is_told_the_last_days_that_may_be_booked(hub, session):
    last = today() + timedelta(days=365)
    found = search.find(Need(first=today() + timedelta(days=600), layout="meeting", minutes=60))
    days = [miss.need.first for miss in found.misses if miss.wish == "day"]
    assert len(days) == 3 and all(last - timedelta(days=9) <= day <= last for day in days)


def test_alternatives_are_free_and_the_nearest_first(hub, session):
    people = load_people()
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout, days=20, index=6)
    booking.draft(layout, slot, 5, by=people["citizen"])
    session.flush()
    found = search.alternatives(hub["aula-1"], layout, slot, 10, "resident", most=4)
    assert [(one.space.slug, one.slot == slot) for one in found[:2]] == [("aula-2", True), ("sala-riunioni", True)]
    here = [one.slot for one in found[2:]]
    assert all(one.space.slug == "aula-1" and one.layout is layout for one in found[2:]) and len(here) == 2
    for one in found:
        assert one.slot in service.free_slots(one.space, one.layout, wall(one.slot.starts).date(), 120, audience="resident")
    assert len(search.alternatives(hub["corte-urbana"], hub["corte-urbana"].layouts[0], slot, 400, "resident", most=2)) == 2


def test_the_free_days_of_a_month_leave_the_others_out(hub):
    first = (today() + timedelta(days=40)).replace(day=1)
    days = [day for day, _ in search.free_days(Need(first=first, last=first + timedelta(days=27), layout="meeting"))]
    every = [first + timedelta(days=n) for n in range(28)]
    assert days == [day for day in every if not service.holiday(day)]
