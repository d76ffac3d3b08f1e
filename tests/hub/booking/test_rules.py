"""The rules of a booking, on plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.booking import rules
from hub.refusal import Refusal

NOW = datetime(2027, 3, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize("before", rules.STATES)
@pytest.mark.parametrize("after", rules.STATES)
def test_only_the_written_ways_are_open(before, after):
    if after in rules.WAYS.get(before, ()):
        rules.must_go(before, after)
    else:
        with pytest.raises(Refusal, match="cambiata"):
            rules.must_go(before, after)


def test_what_is_over_goes_nowhere():
    for state in ("rejected", "withdrawn", "cancelled"):
        assert state not in rules.WAYS


def test_three_places_on_hold_are_enough():
    rules.must_not_hoard(2)
    with pytest.raises(Refusal) as refusal:
        rules.must_not_hoard(3)
    assert refusal.value.rule == "live-holds"


def test_cancelling_is_counted_in_true_hours_across_the_change_of_the_clock():
    starts = NOW + timedelta(hours=24)  # the night between loses an hour on the wall, none in truth
    rules.must_be_in_time_to_cancel(starts, NOW, 24)
    with pytest.raises(Refusal) as refusal:
        rules.must_be_in_time_to_cancel(starts, NOW + timedelta(minutes=1), 24)
    assert refusal.value.rule == "cancel-late"


def test_a_refusal_needs_a_reason():
    rules.must_give_reason("Serve un'altra sala")
    with pytest.raises(Refusal) as refusal:
        rules.must_give_reason("  ")
    assert refusal.value.field == "reason"


def test_nothing_is_decided_after_it_has_begun():
    rules.must_be_before(NOW + timedelta(seconds=1), NOW)
    with pytest.raises(Refusal):
        rules.must_be_before(NOW, NOW)
