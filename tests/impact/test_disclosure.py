"""Small cells stay hidden: hand-worked tables, and every table that hypothesis makes, checked by a count of our own."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.disclosure import DisclosureError, protect, public


def table(counts: dict[tuple, int], keys: list[str]) -> pd.DataFrame:
    rows = [dict(zip(keys, place, strict=True)) | {"n": n, "value": n * 1.5} for place, n in counts.items()]
    return pd.DataFrame(rows, columns=[*keys, "n", "value"])


def with_totals(details: dict[tuple, int]) -> dict[tuple, int]:
    """The details and all their margins."""
    found: dict[tuple, int] = {}
    for place, n in details.items():
        for mask in product((False, True), repeat=len(place)):
            total = tuple(None if over else key for over, key in zip(mask, place, strict=True))
            found[total] = found.get(total, 0) + n
    return found


def kinds(counts: dict[tuple, int], keys: list[str], additive: bool = True, **how) -> dict[tuple, str]:
    protected = protect(table(counts, keys), keys=keys, n="n", values=["value"], additive=additive, **how)
    return dict(zip(counts, protected["suppressed"], strict=True))


def test_a_small_cell_takes_the_smallest_other_with_it_so_that_the_total_does_not_tell_it():
    # 2 girls of 30: with only them hidden, 30 - 16 - 12 = 2. With the 12 hidden too, F + X = 14: 0 to 14 each.
    found = kinds({("F",): 2, ("M",): 16, ("X",): 12, (None,): 30}, ["gender"])
    assert found == {("F",): "primary", ("M",): "", ("X",): "complementary", (None,): ""}


def test_without_a_total_nothing_tells_the_small_cell():
    assert kinds({("F",): 2, ("M",): 16}, ["gender"]) == {("F",): "primary", ("M",): ""}


def test_two_small_cells_of_a_small_sum_still_need_a_third():
    # 1 + 2 = 20 - 17: each is 0 to 3, narrower than 5; with the 17 hidden each is 0 to 20.
    found = kinds({("a",): 1, ("b",): 2, ("c",): 17, (None,): 20}, ["cohort"])
    assert list(found.values()) == ["primary", "primary", "complementary", ""]


def test_in_two_ways_a_rectangle_is_hidden():
    details = dict(zip(product("ab", "xyz"), (3, 10, 20, 12, 11, 30), strict=True))
    found = kinds(with_totals(details), ["arm", "band"])
    hidden = {place for place, kind in found.items() if kind}
    assert found["a", "x"] == "primary"
    assert hidden == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}


def test_unique_people_are_not_a_sum_and_a_month_does_not_tell_the_other():
    # 12 people came, 10 of them in March; April is 2 to 12 for the reader, so nothing else is hidden.
    found = kinds({("2026-03",): 10, ("2026-04",): 4, (None,): 12}, ["month"], additive=False)
    assert list(found.values()) == ["", "primary", ""]


def test_hidden_cells_lose_their_count_and_their_values_and_nothing_else():
    protected = protect(table({("F",): 2, ("M",): 16}, ["gender"]), keys=["gender"], n="n", values=["value"], additive=True)
    assert protected["n"].tolist() == [None, 16]
    assert protected["value"].tolist() == [None, 24.0]
    assert protected["gender"].tolist() == ["F", "M"]


def test_the_table_that_was_given_stays_as_it_was():
    given_table = table({("F",): 2, (None,): 2}, ["gender"])
    before = given_table.copy(deep=True)
    protect(given_table, keys=["gender"], n="n", values=["value"], additive=True)
    pd.testing.assert_frame_equal(given_table, before)


def test_the_public_sees_one_sign_for_both_kinds():
    counts = {("F",): 2, ("M",): 16, ("X",): 12, (None,): 30}
    protected = protect(table(counts, ["gender"]), keys=["gender"], n="n", values=["value"], additive=True)
    assert public(protected)["suppressed"].tolist() == [True, False, True, False]


def test_nobody_is_nothing_to_hide_and_no_data_neither():
    assert kinds({("F",): 0, ("M",): 16, (None,): 16}, ["gender"]) == {("F",): "", ("M",): "", (None,): ""}
    empty = pd.DataFrame({"gender": ["F"], "n": [None], "value": [None]})
    assert protect(empty, keys=["gender"], n="n", values=["value"], additive=True)["suppressed"].tolist() == [""]


def test_the_word_total_and_a_null_mean_the_same():
    by_word = kinds({("F",): 2, ("M",): 16, ("total",): 18}, ["gender"])
    by_null = kinds({("F",): 2, ("M",): 16, (None,): 18}, ["gender"])
    assert list(by_word.values()) == list(by_null.values()) == ["primary", "complementary", ""]


def test_a_table_of_one_cell_has_no_keys():
    assert kinds({(): 4}, []) == {(): "primary"}
    assert kinds({(): 5}, []) == {(): ""}


@pytest.mark.parametrize("threshold", [2, 0, -1, True, 5.0, None])
def test_a_threshold_below_the_law_is_refused(threshold):
    with pytest.raises(DisclosureError, match="the law's floor is 3"):
        kinds({("F",): 2}, ["gender"], threshold=threshold)


def test_three_is_allowed():
    assert kinds({("F",): 2, ("M",): 3}, ["gender"], threshold=3) == {("F",): "primary", ("M",): ""}


@pytest.mark.parametrize(
    ("counts", "additive", "words"),
    [
        ({("F",): 10, ("M",): 16, (None,): 30}, True, "is 30 and its parts sum to 26"),
        ({("F",): 10, ("M",): 16, (None,): 30}, False, "its parts allow 16 to 26 unique people"),
        ({("F",): 10, ("M",): 16, (None,): 15}, False, "its parts allow 16 to 26 unique people"),
        ({("F",): -1}, True, "n = -1: a count is a whole number"),
        ({("F",): 2.5}, True, "n = 2.5: a count is a whole number"),
        ({("total",): 2, (None,): 2}, True, "the cell gender total stands in two rows"),
    ],
)
def test_a_table_that_cannot_be_judged_is_refused_in_a_sentence(counts, additive, words):
    with pytest.raises(DisclosureError) as refused:
        kinds(counts, ["gender"], additive=additive)
    assert words in str(refused.value)


def test_a_value_without_a_count_is_refused():
    frame = pd.DataFrame({"gender": ["F"], "n": [None], "value": [0.5]})
    with pytest.raises(DisclosureError, match="the cell gender F has a value and no n"):
        protect(frame, keys=["gender"], n="n", values=["value"], additive=True)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DisclosureError, match="no column 'age'"):
        protect(table({("F",): 6}, ["gender"]), keys=["age"], n="n", values=["value"], additive=True)


# What hypothesis makes is judged by other programmes: their unknowns are the details alone, and not the hidden cells.

DETAILS = st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), st.integers(0, 9), min_size=1, max_size=6)


@settings(deadline=None, max_examples=30)
@given(DETAILS, st.sampled_from([3, 4, 5]))
def test_no_hidden_count_of_a_sum_can_be_narrowed_below_the_threshold(details, threshold):
    counts = with_totals(details)
    found = kinds(counts, ["arm", "band"], threshold=threshold)
    assert all(found[place] for place, n in counts.items() if 0 < n < threshold)
    shown = {place: n for place, n in counts.items() if not found[place]}
    for place in (place for place, kind in found.items() if kind):
        low, high = range_of(place, list(details), shown)
        assert high - low >= threshold


def range_of(place: tuple, details: list[tuple], shown: dict[tuple, int]) -> tuple[float, float]:
    """The lowest and the highest count of a cell over all tables of details that give the shown counts."""

    def covers(cell: tuple) -> list[int]:
        return [int(all(key in (None, part) for key, part in zip(cell, detail, strict=True))) for detail in details]

    limits = [LinearConstraint(np.array([covers(cell)]), n, n) for cell, n in shown.items()]
    aim = np.array(covers(place))
    ends = [milp(sign * aim, integrality=np.ones(len(details)), bounds=Bounds(0, 999), constraints=limits) for sign in (1, -1)]
    return round(ends[0].fun), round(-ends[1].fun)


PEOPLE = st.lists(st.sets(st.sampled_from("xyz"), min_size=1), min_size=1, max_size=12)


@settings(deadline=None, max_examples=25)
@given(PEOPLE)
def test_no_hidden_count_of_unique_people_can_be_narrowed_below_the_threshold(people):
    counts = {(band,): sum(band in person for person in people) for band in "xyz"} | {(None,): len(people)}
    found = kinds(counts, ["band"], additive=False)
    shown = {place: n for place, n in counts.items() if not found[place]}
    for place in (place for place, kind in found.items() if kind):
        # By the inequalities alone: the largest part <= total <= the sum of the parts. Every number for this cell is tried;
        # it fits if the others can be chosen: hidden parts up to the total, a hidden total between the two.
        fitting = [number for number in range(30) if fits(shown | {place: number})]
        assert max(fitting) - min(fitting) >= 5, shown


def fits(known: dict[tuple, int]) -> bool:
    parts = [known[band,] for band in "xyz" if (band,) in known]
    total = known.get((None,))
    if total is None:
        return True  # the largest part can be the total
    return max(parts, default=0) <= total and (len(parts) < 3 or total <= sum(parts))


def test_a_key_that_divides_people_is_told_by_its_totals_beside_one_that_does_not():
    # Unique people by activity and gender: genders sum up within an activity, activities overlap.
    counts = {
        ("steam", "F"): 2, ("steam", "M"): 16, ("steam", None): 18,
        ("maker", "F"): 9, ("maker", "M"): 8, ("maker", None): 17,
        (None, "F"): 10, (None, "M"): 17, (None, None): 27,
    }  # fmt: skip
    blind = kinds(counts, ["activity", "gender"], additive=False)
    assert [place for place, kind in blind.items() if kind] == [("steam", "F")]  # 18 - 16 = 2 would tell it
    found = kinds(counts, ["activity", "gender"], additive=["gender"])
    assert [place for place, kind in found.items() if kind] == [("steam", "F"), ("steam", "M")]
