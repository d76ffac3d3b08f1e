"""The rules of space and time, on plain values."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from hub.refusal import Refusal
from hub.spaces import rules
from hub.spaces.rules import (
    Hours,
    OpenDay,
    Slot,
    Use,
    crowded,
    follows,
    free_lane,
    free_stretches,
    kept_from,
    open_day,
    starts_within,
)

DAY = date(2027, 3, 10)  # a Wednesday
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def at(hour: float, day: date = DAY) -> datetime:
    return rules.at_minute(day, int(hour * 60))


def slot(starts: float, ends: float) -> Slot:
    return Slot(at(starts), at(ends))


def test_slots_that_only_touch_do_not_meet():
    assert not slot(9, 10).meets(slot(10, 11))
    assert slot(9, 10.5).meets(slot(10, 11))


def test_a_weekly_rule_opens_its_own_weekday_only():
    week = [Hours(None, 2, 480, 1320)]
    assert open_day(DAY, 1, week, None).slots == (slot(8, 22),)
    assert open_day(DAY + timedelta(days=1), 1, week, None).slots == ()


def test_a_space_with_hours_of_its_own_does_not_follow_the_hub():
    week = [Hours(None, 2, 480, 1320), Hours(None, 3, 480, 1320), Hours(7, 2, 600, 720)]
    assert open_day(DAY, 7, week, None).slots == (slot(10, 12),)
    assert open_day(DAY + timedelta(days=1), 7, week, None).slots == ()


def test_a_holiday_closes_and_an_exception_opens_it_again():
    week = [Hours(None, 2, 480, 1320)]
    patron = {"it": "Sant'Oronzo"}
    assert open_day(DAY, 1, week, patron) == OpenDay(DAY, (), patron)
    opening = Hours(None, None, 600, 900, DAY, DAY)
    assert open_day(DAY, 1, [*week, opening], patron).slots == (slot(10, 15),)


def test_a_closed_day_within_a_season_of_other_hours_is_closed():
    season = Hours(None, None, 540, 840, DAY - timedelta(days=5), DAY + timedelta(days=5))
    closed = Hours(None, None, None, None, DAY, DAY, {"it": "inventario"})
    assert open_day(DAY, 1, [season, closed], None) == OpenDay(DAY, (), {"it": "inventario"})
    assert open_day(DAY + timedelta(days=1), 1, [season, closed], None).slots


def test_a_season_of_other_hours_does_not_open_a_holiday():
    season = Hours(None, None, 540, 840, DAY - timedelta(days=5), DAY + timedelta(days=5))
    assert open_day(DAY, 1, [season], {"it": "festa"}).slots == ()


def test_hours_of_its_own_that_are_over_leave_the_space_to_the_hub_s():
    summer = Hours(7, 2, 600, 720, valid_to=DAY - timedelta(days=1))
    assert open_day(DAY, 7, [Hours(None, 2, 480, 1320), summer], None).slots == (slot(8, 22),)


def test_the_space_s_exception_wins_over_the_hub_s():
    closed = Hours(None, None, None, None, DAY, DAY, {"it": "inventario"})
    own = Hours(5, None, 600, 660, DAY, DAY)
    assert open_day(DAY, 5, [closed, own], None).slots == (slot(10, 11),)
    assert open_day(DAY, 6, [closed, own], None).reason == {"it": "inventario"}


def test_hours_of_an_audience_take_nothing_away_from_what_holds_for_everybody():
    week, evening = Hours(None, 2, 480, 1320), Hours(7, 2, 1320, 1440, audience="ets")
    morning = Hours(None, None, 360, 480, DAY, DAY, audience="ets")
    assert open_day(DAY, 7, [week, evening, morning], None).slots == (slot(8, 22),)
    assert open_day(DAY, 7, [week, evening, morning], None, "ets").slots == (slot(6, 24),)
    assert open_day(DAY, 7, [week, evening, morning], {"it": "festa"}, "ets").slots == (slot(6, 8),)
    own = Hours(7, None, 600, 720, DAY, DAY, audience="ets")
    closed = Hours(None, None, None, None, DAY, DAY, {"it": "inventario"})
    assert open_day(DAY, 7, [week, own, closed], None, "ets").slots == (slot(10, 12),)
    assert open_day(DAY, 7, [week, morning, closed], None, "ets").reason == {"it": "inventario"}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (date(2027, 10, 31), 25)]
)
def test_a_whole_day_has_the_hours_of_its_clock(day, hours):
    assert Slot(rules.at_minute(day, 0), rules.at_minute(day, 1440)).minutes == hours * 60


def test_what_is_free_is_what_is_open_without_what_is_taken():
    assert free_stretches([slot(8, 22)], [slot(9, 10), slot(10, 11), slot(7, 8.5)]) == [slot(8.5, 9), slot(11, 22)]
    assert free_stretches([slot(8, 12)], [slot(7, 13)]) == []


def test_starts_respect_grid_length_and_padding():
    use = Use(1, 1, 1, 7, slot(12, 13), 0, 0, 0, 0, 0, 1000)
    found = starts_within(kept_from([use], 1, 8, 30, 30), 120, 30, [slot(8, 16)])
    assert [one.starts for one in found] == [at(8), at(8.5), at(9), at(9.5), at(13.5), at(14)]


def test_the_same_layout_needs_nothing_between_two_uses():
    use = Use(1, 1, 1, 7, slot(12, 13), 30, 30, 30, 30, 0, 1000)
    assert kept_from([use], 1, 7, 30, 30) == [slot(12, 13)]
    assert kept_from([use], 1, 8, 30, 15) == [slot(11.25, 14)]
    assert kept_from([use], 2, 7, 30, 30) == [slot(11, 14)]


def test_neighbours_follow_each_other_where_nothing_else_fits_between():
    first = Use(1, 1, 1, 7, slot(9, 10), 30, 30, 30, 30, 0, 1000)
    near, far = (first._replace(slot=slot(*hours)) for hours in ((10.75, 12), (11, 12)))
    assert follows(first, near) and not follows(first, far)
    assert not follows(first, near._replace(layout_id=8)) and not follows(first, near._replace(space_id=2))
    assert not follows(None, near) and not follows(first._replace(layout_id=None), near._replace(layout_id=None))


def test_the_hour_that_comes_twice_is_offered_twice():
    night = date(2026, 10, 25)
    opening = Slot(rules.at_minute(night, 0), rules.at_minute(night, 6 * 60))
    found = starts_within([], 30, 30, [opening])
    walls = [one.starts.astimezone(rules.ROME).strftime("%H:%M%z") for one in found]
    assert "02:30+0200" in walls and "02:30+0100" in walls


def test_the_hour_that_does_not_exist_is_not_offered():
    night = date(2026, 3, 29)
    opening = Slot(rules.at_minute(night, 0), rules.at_minute(night, 6 * 60))
    walls = [one.starts.astimezone(rules.ROME).time() for one in starts_within([], 30, 30, [opening])]
    assert time(2, 30) not in walls and time(3, 0) in walls


def test_lanes_are_filled_from_the_lowest_gap_that_is_wide_enough():
    assert free_lane([], 6, 1) == 0
    assert free_lane([(0, 1), (2, 3)], 6, 1) == 1
    assert free_lane([(0, 1), (2, 3)], 6, 2) == 3
    assert free_lane([(0, 1000)], 6, 1) is None


def test_a_shared_space_is_crowded_only_where_no_lane_is_left():
    uses = [(slot(9, 12), 0, 1), (slot(10, 11), 1, 2)]
    assert crowded(uses, 2, 1) == [slot(10, 11)]
    assert crowded(uses, 2, 2) == [slot(9, 10), slot(10, 11), slot(11, 12)]


OPEN = OpenDay(DAY, (slot(8, 22),))


@pytest.mark.parametrize(
    ("rule", "arguments", "code"),
    [
        (rules.must_be_open, (slot(7, 9), OPEN), "opening-hours"),
        (rules.must_be_open, (slot(9, 10), OpenDay(DAY, ())), "closed-day"),
        (rules.must_be_open, (slot(9, 10), OpenDay(DAY, (), {"it": "festa"})), "closed-day"),
        (rules.must_be_on_grid, (slot(9.25, 10.25), OPEN, 30), "grid"),
        (rules.must_fit, (61, 60), "capacity"),
        (rules.must_last, (30, 60, 720), "length"),
        (rules.must_last, (800, 60, 720), "length"),
        (rules.must_give_notice, (NOW, NOW, 24), "past"),
        (rules.must_give_notice, (NOW + timedelta(hours=23), NOW, 24), "notice"),
        (rules.must_be_within_reach, (NOW + timedelta(days=366), NOW, 365), "horizon"),
    ],
)
def test_a_refusal_names_its_rule(rule, arguments, code):
    with pytest.raises(Refusal) as refusal:
        rule(*arguments)
    assert refusal.value.rule == code
    assert refusal.value.words % refusal.value.values


def test_what_respects_the_rules_passes():
    rules.must_be_open(slot(8, 22), OPEN)
    rules.must_be_on_grid(slot(9.5, 10.5), OPEN, 30)
    rules.must_fit(60, 60)
    rules.must_last(60, 60, 720)
    rules.must_give_notice(NOW + timedelta(hours=24), NOW, 24)
    rules.must_be_within_reach(NOW + timedelta(days=364), NOW, 365)


def test_a_start_off_the_grid_is_told_the_nearest_on_it():
    with pytest.raises(Refusal) as refused:
        rules.must_be_on_grid(slot(9.25, 10.25), OPEN, 30)
    assert [f"{refused.value.values[name]:%H:%M}" for name in ("before", "after")] == ["09:00", "09:30"]
