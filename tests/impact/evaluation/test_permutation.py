"""Permutation tests: beside enumerations done by others and by hand, and what no relabelling may change."""

import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from impact.evaluation.estimators import Sample, sample_of
from impact.evaluation.permutation import LEAST_DRAWS, ancova_test, did_test, permutation
from tests.impact.evaluation.samples import drawn, scores, two_centres


def _sample(pre, post, programme) -> Sample:
    return Sample("", np.array(pre, float), np.array(post, float), np.array(programme, bool), np.empty((len(pre), 0)))


def _distance(a, b, axis):
    return abs(a.mean(axis=axis) - b.mean(axis=axis))


def test_a_lecture_s_example_of_four_children():
    """Iowa State STAT 401 (Nettleton), randomizationtest.txt: 7, 5 against 3, 1 gives a two-sided p of 2/6."""
    assert did_test(np.array([7.0, 5, 3, 1]), np.array([True, True, False, False]), 1, 0) == (pytest.approx(2 / 6), 6, True)


def test_rosetta_code_s_example_of_nineteen_patients():
    """rosettacode.org, Permutation test: 92,378 ways to choose 9 of 19; here compared with scipy's enumeration."""
    treated, control = [85, 88, 75, 66, 25, 29, 83, 39, 97], [68, 41, 10, 49, 16, 65, 32, 92, 28, 98]
    values, programme = np.array(treated + control, float), np.arange(19) < 9
    p, total, exact = did_test(values, programme, 1, 0)
    assert (total, exact) == (92_378, True)
    other = stats.permutation_test((treated, control), _distance, n_resamples=np.inf, vectorized=True, alternative="greater")
    assert p == pytest.approx(other.pvalue, rel=1e-12)


def test_draws_come_near_the_exact_p_and_count_the_observed_one():
    sample = sample_of(drawn(4, (9, 10)))
    exact, _, _ = did_test(sample.change, sample.programme, 1, 0)
    wide = np.concatenate([sample.change] * 2)  # 38 persons: too many relabellings to list
    p, draws, is_exact = did_test(wide, np.tile(sample.programme, 2), 20_000, 3)
    other = stats.permutation_test(
        (wide[np.tile(sample.programme, 2)], wide[~np.tile(sample.programme, 2)]),
        _distance,
        n_resamples=20_000,
        vectorized=True,
        alternative="greater",
        rng=np.random.default_rng(1),
    )
    assert (draws, is_exact) == (20_000, False)
    assert p < exact
    assert p == pytest.approx(other.pvalue, abs=4 * np.sqrt(p / 20_000) + 1e-4)
    assert (p * 20_001) == pytest.approx(round(p * 20_001))
    assert p >= 1 / 20_001


def test_freedman_and_lane_is_what_refitting_each_order_gives():
    """Six persons: the 720 orders of the residuals, each fitted anew by statsmodels."""
    sample = _sample([1, 4, 2, 6, 3, 5], [3, 6, 5, 5, 3, 4], [1, 1, 1, 0, 0, 0])
    x = np.column_stack([sample.programme, np.ones(6), sample.pre]).astype(float)
    reduced = sm.OLS(sample.post, x[:, 1:]).fit()
    observed = abs(sm.OLS(sample.post, x).fit().tvalues[0])
    found = [
        abs(sm.OLS(reduced.fittedvalues + np.array(order), x).fit().tvalues[0]) for order in itertools.permutations(reduced.resid)
    ]
    expected = np.mean(np.array(found) >= observed * (1 - 1e-9))
    assert ancova_test(sample, 1, 0) == (pytest.approx(expected), 720, True)


def test_freedman_and_lane_on_two_centres_comes_near_the_t_test(tmp_path):
    """With 55 girls the permutation p of the ANCOVA is near its classical one, 0.0249."""
    p, draws, exact = ancova_test(sample_of(two_centres(tmp_path)), 20_000, 7)
    assert (draws, exact) == (20_000, False)
    assert p == pytest.approx(0.0249, abs=0.005)


def test_the_seed_of_the_plan_decides_the_draws_and_no_fewer_than_20000_are_made(tmp_path):
    sample = sample_of(two_centres(tmp_path))
    first, again, other = (permutation(sample, 100, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.did_p != other.did_p
    assert first.draws == first.ancova_draws == LEAST_DRAWS
    assert not first.exact


def test_no_difference_at_all_is_as_far_as_every_relabelling():
    assert did_test(np.array([1.0, 2, 1, 2]), np.array([True, True, False, False]), 1, 0)[0] == 1


SCORES = st.integers(-400, 400).map(lambda number: number / 8)
PAIRS = st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=4)


@st.composite
def samples(draw) -> Sample:
    programme, comparison = draw(PAIRS), draw(PAIRS)
    pairs = [(pre + number % 3, post + number * number % 5) for number, (pre, post) in enumerate(programme + comparison)]
    held = scores(pairs[: len(programme)], pairs[len(programme) :])
    for values in (held.pre, held.post, held.post - held.pre):
        assume(all(np.ptp(values[held.programme == is_in]) > 0.2 for is_in in (True, False)))
    return sample_of(held)


def _p(sample: Sample) -> tuple[float, float]:
    first = did_test(sample.change, sample.programme, 1, 0)[0]
    if len(sample.pre) > 6:
        return first, 0.0
    return first, ancova_test(sample, 1, 0)[0]


def _but(sample: Sample, **changes) -> Sample:
    return Sample(**({name: getattr(sample, name) for name in ("file", "pre", "post", "programme", "covariates")} | changes))


@settings(deadline=None, max_examples=40)
@given(samples())
def test_p_does_not_change_when_the_arms_swap_names(sample):
    assert _p(_but(sample, programme=~sample.programme)) == pytest.approx(_p(sample))


@settings(deadline=None, max_examples=40)
@given(samples(), st.sampled_from([-3.0, -1.0, 0.5, 8.0]), st.integers(-50, 50))
def test_p_does_not_change_with_the_unit_or_the_direction_of_the_scale(sample, unit, start):
    moved = _but(sample, pre=sample.pre * unit + start, post=sample.post * unit + start)
    assert _p(moved) == pytest.approx(_p(sample))


@settings(deadline=None, max_examples=40)
@given(samples(), st.randoms(use_true_random=False))
def test_p_does_not_change_with_the_order_of_the_persons(sample, random):
    order = list(range(len(sample.pre)))
    random.shuffle(order)
    moved = _but(sample, pre=sample.pre[order], post=sample.post[order], programme=sample.programme[order])
    assert _p(moved) == pytest.approx(_p(sample))


@settings(deadline=None, max_examples=40)
@given(samples())
def test_p_counts_the_observed_labels(sample):
    for p in _p(sample)[: 1 if len(sample.pre) > 6 else 2]:
        assert 0 < p <= 1


def test_swapped_arms_have_the_same_p_by_draws_too(tmp_path):
    sample = sample_of(two_centres(tmp_path))
    swapped = _but(sample, programme=~sample.programme)
    assert permutation(swapped, 20_000, 7) == permutation(sample, 20_000, 7)
