"""Quotas and shares on plain values, against a count minute by minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.booking import quotas
from hub.clock import Period, span, starts_of, wall
from hub.refusal import Refusal
from hub.spaces.rules import Slot

MINUTE = timedelta(minutes=1)
# about the nights when the clocks change, the end of a year, and the end of a month that is a week's middle
NEAR = (date(2027, 3, 27), date(2027, 10, 30), date(2027, 12, 31), date(2027, 6, 30))


@st.composite
def slots(draw) -> list[Slot]:
    around = starts_of(draw(st.sampled_from(NEAR)))
    made = draw(st.lists(st.tuples(st.integers(-1500, 3000), st.integers(1, 720)), min_size=1, max_size=4))
    return [Slot(around + timedelta(minutes=at), around + timedelta(minutes=at + length)) for at, length in made]


def minutes(slot: Slot) -> list[datetime]:
    return [slot.starts + n * MINUTE for n in range(slot.minutes)]


@settings(max_examples=60, deadline=None)
@given(slots(), st.sampled_from(["week", "month", "year"]))
def test_minutes_of_a_period_are_those_that_a_calendar_shows_in_it(given_slots, kind):
    shown = [Period.around(wall(minute).date(), kind) for slot in given_slots for minute in minutes(slot)]
    periods = {Period.around(day, kind) for slot in given_slots for day in quotas.days_of(slot)}
    assert periods == set(shown)
    assert {one: quotas.minutes_of(given_slots, Slot(*one.span)) for one in periods} == {one: shown.count(one) for one in periods}


@settings(max_examples=60, deadline=None)
@given(slots(), st.sets(st.integers(0, 6)), st.integers(6 * 60, 15 * 60), st.integers(1, 9 * 60))
def test_busy_minutes_are_those_when_the_clock_shows_them_each_once(given_slots, weekdays, begins, length):
    ends = begins + length

    def is_busy(minute: datetime) -> bool:
        at = wall(minute)
        return at.weekday() in weekdays and begins <= at.hour * 60 + at.minute < ends

    days = [day + timedelta(days=n) for day in {min(quotas.days_of(slot)) for slot in given_slots} for n in range(-1, 2)]
    busy = quotas.apart(quotas.prime(set(days), weekdays, begins, ends))
    counted = {minute for slot in given_slots for minute in minutes(slot) if is_busy(minute)}
    assert quotas.minutes_of(quotas.apart(quotas.shared(given_slots, busy))) == len(counted)


@pytest.mark.parametrize(
    ("day", "kind", "first", "days"),
    [
        (date(2028, 1, 2), "week", date(2027, 12, 27), 7),  # a Sunday: its week began in the old year
        (date(2028, 2, 29), "month", date(2028, 2, 1), 29),
        (date(2028, 12, 31), "year", date(2028, 1, 1), 366),
        (date(2027, 12, 31), "year", date(2027, 1, 1), 365),
        (date(2027, 12, 31), "month", date(2027, 12, 1), 31),
    ],
)
def test_a_period_has_the_days_of_the_calendar(day, kind, first, days):
    period = Period.around(day, kind)
    assert (period.first, period.days) == (first, days)
    assert period.span == span(first, days)


def test_the_week_with_the_short_night_is_an_hour_shorter():
    assert Slot(*Period.around(date(2027, 3, 28), "week").span).minutes == 7 * 24 * 60 - 60
    assert Slot(*Period.around(date(2027, 10, 31), "week").span).minutes == 7 * 24 * 60 + 60


def test_a_quota_is_refused_from_the_first_minute_beyond_it_and_says_what_is_left():
    november = Period.around(date(2027, 11, 5), "month")
    quotas.must_keep_hours(12 * 60, 4 * 60, 16, november, "person")
    quotas.must_keep_hours(20 * 60, 0, 16, november, "person")  # what asks for nothing of a period is not held back by it
    with pytest.raises(Refusal) as refused:
        quotas.must_keep_hours(12 * 60, 4 * 60 + 1, 16, november, "person")
    hour = timedelta(hours=1)
    assert refused.value.values == {
        "when": november,
        "used": 12 * hour,
        "most": 16 * hour,
        "left": 4 * hour,
        "asked": 4 * hour + MINUTE,
    }


def test_others_than_residents_wait_until_the_time_is_near():
    starts = datetime(2027, 6, 30, 16, tzinfo=UTC)
    for audience in quotas.LOCALS:
        quotas.must_leave_to_residents(starts, starts - timedelta(days=60), 30, audience)
    quotas.must_leave_to_residents(starts, starts - timedelta(days=30), 30, "company")
    with pytest.raises(Refusal) as refused:
        quotas.must_leave_to_residents(starts, starts - timedelta(days=30) - MINUTE, 30, "other")
    assert refused.value.values["opens"] == starts - timedelta(days=30)


def test_whoever_did_not_come_may_book_again_when_the_oldest_time_counted_is_long_ago():
    now = datetime(2027, 6, 30, tzinfo=UTC)
    missed = [now - timedelta(days=days) for days in (200, 50, 20, 5)]
    quotas.must_have_come(missed, now, 4, 90)
    with pytest.raises(Refusal) as refused:
        quotas.must_have_come(missed, now, 2, 90)
    again = refused.value.values["again"]
    assert again == missed[2] + timedelta(days=90)
    quotas.must_have_come(missed, again, 2, 90)
