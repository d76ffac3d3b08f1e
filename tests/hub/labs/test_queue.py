"""Who is next, against a model that gives one party at a time its places and starts again from the front."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.labs.queue import Party, Plan, promote


@dataclass
class Waits:
    size: int
    skips: int
    seated: bool = False


def one_by_one(line: list[Waits], free: int, places: int, most: int) -> tuple[list[int], list[tuple[int, int]]]:
    """(who gets places, by their number in the line; who was let past whom): the published rule, read aloud."""
    seated, skips = [], []
    while (number := next_of(line, free, places, most)) is not None:
        for before in (n for n in range(number) if not line[n].seated and line[n].size <= places):
            line[before].skips += 1
            skips.append((before, number))
        line[number].seated = True
        free -= line[number].size
        seated.append(number)
    return seated, skips


def next_of(line: list[Waits], free: int, places: int, most: int) -> int | None:
    for number, one in enumerate(line):
        if one.seated or one.size > places:
            continue
        if one.size <= free:
            return number
        if one.skips >= most or free == 0:
            return None
    return None


lines = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=8)


@settings(max_examples=400, deadline=None)
@given(lines, st.integers(0, 8), st.integers(0, 4), st.integers(0, 3))
def test_the_walk_gives_what_the_rule_gives_party_by_party(line, free, taken, most):
    plan = promote([Party(n, size, skips) for n, (size, skips) in enumerate(line)], free, free + taken, most)
    told = [party.key for party in plan.seated], [(group.key, other.key) for group, other in plan.skips]
    assert told == one_by_one([Waits(*one) for one in line], free, free + taken, most)
    assert sum(party.size for party in plan.seated) <= free


@settings(max_examples=200, deadline=None)
@given(lines, st.integers(0, 8), st.integers(0, 4), st.integers(0, 3))
def test_what_is_left_over_is_settled(line, free, taken, most):
    """Asked again, with who got places gone and the skips counted, nobody is next."""
    parties = [Party(n, size, skips) for n, (size, skips) in enumerate(line)]
    plan = promote(parties, free, free + taken, most)
    counted = {party.key: party.skips + sum(group.key == party.key for group, _ in plan.skips) for party in parties}
    left = [Party(one.key, one.size, counted[one.key]) for one in parties if one not in plan.seated]
    assert promote(left, free - sum(one.size for one in plan.seated), free + taken, most) == Plan([], [])


THREE, TWO, ADA, LEO, PIA = Party("three", 3), Party("two", 2), Party("Ada", 1), Party("Leo", 1), Party("Pia", 1)


@pytest.mark.parametrize(
    ("queue", "free", "most", "seated", "skips"),
    [
        ([ADA, LEO], 1, 2, ["Ada"], []),
        ([ADA, LEO], 0, 2, [], []),
        ([THREE, ADA, LEO], 3, 2, ["three"], []),
        ([THREE, ADA, LEO, PIA], 2, 2, ["Ada", "Leo"], [("three", "Ada"), ("three", "Leo")]),
        ([THREE, ADA, LEO, PIA], 2, 1, ["Ada"], [("three", "Ada")]),  # the second place is kept
        ([THREE, ADA], 2, 0, [], []),
        ([THREE._replace(skips=2), ADA], 2, 2, [], []),
        ([THREE, TWO, ADA], 2, 2, ["two"], [("three", "two")]),
        ([THREE, TWO._replace(skips=2), ADA], 1, 2, [], []),  # who is behind a group that is kept places waits too
    ],
)
def test_a_group_is_passed_over_until_places_are_kept_for_it(queue, free, most, seated, skips):
    plan = promote(queue, free, 10, most)
    assert [party.key for party in plan.seated] == seated
    assert [(group.key, other.key) for group, other in plan.skips] == skips


def test_a_group_larger_than_all_the_places_keeps_nobody_waiting():
    plan = promote([THREE._replace(skips=9), ADA, LEO], 2, 2, 0)
    assert plan == Plan([ADA, LEO], [])
