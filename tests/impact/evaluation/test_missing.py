"""Who is missing, scales and families of outcomes, by hand and beside other libraries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impact.evaluation import ScoresError
from impact.evaluation.estimators import did, sample_of
from impact.evaluation.missing import Reason, attrition, bounds
from impact.evaluation.multiplicity import multiplicity
from impact.evaluation.plan import Reliability
from impact.evaluation.scales import cronbach_alpha, reliability
from impact.evaluation.scores import Outcome
from tests.impact.evaluation.samples import drawn, plan, scores

ITEMS = Reliability(threshold=0.7, items_pre=("a", "b"), items_post=("c", "d"))
PROGRAMME, COMPARISON = [(1, 3), (2, 4), (3, None), (2, 5)], [(1, 1), (None, 2), (2, 3), (3, 3), (4, 4)]


def test_attrition_by_arm():
    found = attrition(scores(PROGRAMME, COMPARISON))
    assert (found.overall, found.programme, found.comparison) == (pytest.approx(2 / 9), 0.25, 0.2)
    assert found.differential == pytest.approx(0.05)
    assert found.reasons is None


def test_reasons_are_counted_by_arm():
    reasons = (None, None, "moved", "ignored, for nothing is missing", None, None, None, None, None)
    found = attrition(scores(PROGRAMME, COMPARISON, reasons=reasons))
    assert found.reasons == {"programme": (Reason("moved", 1),), "comparison": (Reason("unsaid", 1),)}


def test_bounds_by_hand():
    """On a scale of 1 to 5. Programme: changes 2, 2, x - 3, 3; comparison: 0, 2 - y, 1, 0, 0.

    Worst: x = 1 and y = 1: (2 + 2 - 2 + 3)/4 - (0 + 1 + 1 + 0 + 0)/5 = 1.25 - 0.4; best: x = 5 and y = 5: 2.25 + 0.4.
    """
    found = bounds(scores(PROGRAMME, COMPARISON), plan(scale=(1.0, 5.0)))
    assert (found.worst, found.best, found.basis) == (pytest.approx(0.85), pytest.approx(2.65), "scale")
    lower = bounds(scores(PROGRAMME, COMPARISON), plan(scale=(1.0, 5.0), lower_is_better=True))
    assert (lower.worst, lower.best) == (found.best, found.worst)


def test_bounds_without_a_scale_go_by_the_scores_in_the_file():
    assert bounds(scores(PROGRAMME, COMPARISON), plan()).basis == "observed"


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.booleans()), min_size=6, max_size=9))
def test_whatever_was_missing_the_effect_lies_within_the_bounds(rows):
    known = [(pre, post) for pre, post, _ in rows]
    shown = [(pre, None if hidden else post) for pre, post, hidden in rows]
    found = bounds(scores(shown[:3], shown[3:]), plan(scale=(1.0, 5.0)))
    change = [post - pre for pre, post in known]
    effect = np.mean(change[:3]) - np.mean(change[3:])
    assert found.worst - 1e-12 <= effect <= found.best + 1e-12


def test_r_prints_the_same_alpha_of_the_attitude_set():
    """R: psych::alpha(attitude) gives raw_alpha 0.843 (and 0.839 standardised); the seven columns of datasets::attitude."""
    rows = """43 51 30 39 61 92 45;63 64 51 54 63 73 47;71 70 68 69 76 86 48;61 63 45 47 54 84 35;81 78 56 66 71 83 47;
    43 55 49 44 54 49 34;58 67 42 56 66 68 35;71 75 50 55 70 66 41;72 82 72 67 71 83 31;67 61 45 47 62 80 41;
    64 53 53 58 58 67 34;67 60 47 39 59 74 41;69 62 57 42 55 63 25;68 83 83 45 59 77 35;77 77 54 72 79 77 46;
    81 90 50 72 60 54 36;74 85 64 69 79 79 63;65 60 65 75 55 80 60;65 70 46 57 75 85 46;50 58 68 54 64 78 52;
    50 40 33 34 43 64 33;64 61 52 62 66 80 41;53 66 52 50 63 80 37;40 37 42 58 50 57 49;63 54 42 48 66 75 33;
    66 77 66 63 88 76 72;78 75 58 74 80 78 49;48 57 44 45 51 83 38;85 85 71 71 77 74 55;82 82 39 59 64 78 39"""
    answers = np.array([row.split() for row in rows.split(";")], dtype=float)
    assert round(cronbach_alpha(answers), 3) == 0.843
    standardised = (answers - answers.mean(axis=0)) / answers.std(axis=0)
    assert round(cronbach_alpha(standardised), 3) == 0.839


def _with_items(post: list[tuple]):
    agreeing = np.array([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (np.nan, 1)])
    return scores([(1, 2), (2, 4), (3, 7)], [(1, 1), (2, 3), (4, 4)], items={"pre": agreeing, "post": np.array(post, float)})


def test_the_gate_takes_the_lower_of_the_two_waves():
    opposed = [(1, 2), (2, 1), (3, 3), (1, 1), (2, 2), (3, 1)]
    found = reliability(_with_items(opposed), plan(reliability=ITEMS))
    assert found.pre == pytest.approx(1)
    assert found.post == pytest.approx(cronbach_alpha(np.array(opposed, float)))
    assert not found.reached
    assert reliability(_with_items([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (5, 5)]), plan(reliability=ITEMS)).reached
    assert reliability(_with_items(opposed), plan()) is None


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ([(1, 2), (2, 1), *[(np.nan, 1)] * 4], "only 2 persons answered every item of the wave post"),
        ([(1, 2), (2, 1)] * 3, "everybody has the same sum of items in the wave post"),
    ],
)
def test_a_reliability_that_cannot_be_told_is_refused(post, words):
    with pytest.raises(ScoresError, match=words) as caught:
        reliability(_with_items(post), plan(reliability=ITEMS))
    assert caught.value.column == "c"


def test_holm_and_benjamini_hochberg_by_hand():
    """Holm: the k-th smallest p times (m - k + 1), never below the one before. BH: p times m/k, never above the one after."""
    held = drawn(6)
    made = {name: drawn(seed) for name, seed in (("a", 8), ("b", 9), ("c", 10), ("d", 11))}
    held = scores(_pairs(held, True), _pairs(held, False), outcomes={name: Outcome(s.pre, s.post) for name, s in made.items()})
    found = multiplicity(held, plan(confirmatory=("a", "b"), exploratory=("c", "d")))
    assert [row.outcome for row in found.confirmatory] == ["primary", "a", "b"]
    assert [row.outcome for row in found.exploratory] == ["c", "d"]
    p = [row.p for row in found.confirmatory]
    assert p[0] == did(sample_of(held), 0.05).p
    assert p[1] == did(sample_of(made["a"]), 0.05).p
    order, expected, above = np.argsort(p), np.zeros(3), 0.0
    for rank, place in enumerate(order):
        above = max(above, min(1.0, p[place] * (3 - rank)))
        expected[place] = above
    assert [row.p_adjusted for row in found.confirmatory] == pytest.approx(expected.tolist())
    p = [row.p for row in found.exploratory]
    assert [row.p_adjusted for row in found.exploratory] == pytest.approx(stats.false_discovery_control(p).tolist())


def _pairs(held, is_in: bool) -> list[tuple[float, float]]:
    chosen = held.programme == is_in
    return list(zip(held.pre[chosen], held.post[chosen], strict=True))


def test_a_further_outcome_with_nothing_to_compute_names_its_own_column():
    held = drawn(6)
    flat = Outcome(np.ones(22), np.arange(22.0))
    held = scores(_pairs(held, True), _pairs(held, False), outcomes={"calm": flat})
    with pytest.raises(ScoresError, match="column calm_pre: does not vary"):
        multiplicity(held, plan(exploratory=("calm",)))
