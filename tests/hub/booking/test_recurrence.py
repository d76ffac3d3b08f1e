"""The dates of a rule: cases at the edges of the calendar, and a day-by-day count beside dateutil's."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from hub.booking.recurrence import FREQUENCIES, MOST_DATES, Recurrence, must_recur
from hub.refusal import Refusal

TUESDAY = date(2027, 3, 9)  # the second of its month


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Recurrence(TUESDAY, "daily", 3, until=date(2027, 3, 15)), ["2027-03-09", "2027-03-12", "2027-03-15"]),
        (Recurrence(TUESDAY, "weekly", count=3), ["2027-03-09", "2027-03-16", "2027-03-23"]),
        (Recurrence(TUESDAY, "weekly", 2, (3, 1), count=4), ["2027-03-09", "2027-03-11", "2027-03-23", "2027-03-25"]),
        (Recurrence(TUESDAY, "weekly", 1, (0,), count=2), ["2027-03-15", "2027-03-22"]),
        (Recurrence(date(2027, 1, 31), "monthly_date", count=3), ["2027-01-31", "2027-03-31", "2027-05-31"]),
        (Recurrence(date(2028, 2, 29), "monthly_date", 12, count=2), ["2028-02-29", "2032-02-29"]),
        (Recurrence(TUESDAY, "monthly_weekday", count=3), ["2027-03-09", "2027-04-13", "2027-05-11"]),
        (Recurrence(date(2027, 3, 30), "monthly_weekday", count=2), ["2027-03-30", "2027-06-29"]),  # a fifth Tuesday
        (Recurrence(date(2027, 3, 26), "monthly_last", count=3), ["2027-03-26", "2027-04-30", "2027-05-28"]),
    ],
)
def test_the_dates_of_a_rule(rule, days):
    assert [day.isoformat() for day in rule.days] == days


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.sampled_from(("daily", "weekly", "monthly_date", "monthly_weekday")),
    st.integers(1, 5),
    st.sets(st.integers(0, 6)),
    st.integers(2, 300),
)
def test_the_days_are_those_that_somebody_counts_one_by_one(first, freq, interval, weekdays, length):
    until = first + timedelta(days=length)
    monday = first - timedelta(days=first.weekday())

    def has(day: date) -> bool:
        months = (day.year - first.year) * 12 + day.month - first.month
        match freq:
            case "daily":
                return (day - first).days % interval == 0
            case "weekly":
                return (day - monday).days // 7 % interval == 0 and day.weekday() in (weekdays or {first.weekday()})
            case "monthly_date":
                return months % interval == 0 and day.day == first.day
        return months % interval == 0 and day.weekday() == first.weekday() and (day.day - 1) // 7 == (first.day - 1) // 7

    every = (first + timedelta(days=n) for n in range(length + 1))
    rule = Recurrence(first, freq, interval, tuple(weekdays), until=until)
    assert rule.days == [day for day in every if has(day)]
    if rule.days:  # what the feeds write has the same dates for another reader
        assert [at.date() for at in rrulestr(rule.rule, dtstart=_at(rule.days[0]))] == rule.days


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.sampled_from(FREQUENCIES),
    st.integers(1, 5),
    st.sets(st.integers(0, 6)),
    st.one_of(st.integers(2, 40), st.dates(date(2026, 2, 1), date(2029, 12, 31))),
)
def test_a_rule_that_was_written_is_read_again(first, freq, interval, weekdays, end):
    ends = {"count": end} if isinstance(end, int) else {"until": end}
    rule = Recurrence(first, freq, interval, tuple(weekdays), **ends)
    if rule.days:
        read = Recurrence.read(rule.rule, rule.days[0])
        assert read.days == rule.days
        assert (read.freq, read.interval, read.until, read.count) == (freq, interval, rule.until, rule.count)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(18))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Recurrence(TUESDAY, "daily"), "fino a quando"),
        (Recurrence(TUESDAY, "daily", until=TUESDAY), "prima del primo"),
        (Recurrence(TUESDAY, "daily", until=date(2031, 1, 1)), "al massimo tre anni"),
        (Recurrence(TUESDAY, "weekly", until=TUESDAY + timedelta(days=3)), "almeno due date"),
        (Recurrence(TUESDAY, "daily", until=TUESDAY + timedelta(days=MOST_DATES)), "Sono più di"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(rule, words):
    with pytest.raises(Refusal, match=words):
        must_recur(rule)


def test_as_many_dates_as_there_may_be_are_accepted():
    must_recur(Recurrence(TUESDAY, "daily", until=TUESDAY + timedelta(days=MOST_DATES - 1)))
