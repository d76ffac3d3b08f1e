"""Sizes of effects, detectable effects and breakdown values beside published figures."""

import math

import numpy as np
import pytest
from scipy import stats

from impact.evaluation.effects import (
    baseline,
    breakdown,
    breakdown_icc,
    correction,
    d_ppc2,
    effect_size,
    hedges_g,
    interval,
    mdes,
)
from impact.evaluation.estimators import ancova, did, pooled_sd, sample_of
from tests.impact.evaluation.samples import drawn, scores, two_centres


def test_effectsize_prints_the_same_hedges_g_and_noncentral_interval():
    """R: effectsize::hedges_g(mpg ~ am, data = mtcars) prints -1.44 [-2.21, -0.65], cohens_d -1.48 [-2.27, -0.67] (its README).

    Group means 17.147 and 24.392 with SD 3.834 and 6.167 at n 19 and 13 are those of mtcars, so t = -4.1061 on 30 df.
    """
    sd = math.sqrt((18 * 3.833966**2 + 12 * 6.166504**2) / 30)
    d = (17.147368 - 24.392308) / sd
    root, j = math.sqrt(1 / 19 + 1 / 13), correction(30)
    (low, high), method = interval(d * j, d / root, 30, root * j, 32, 0.05)
    assert method == "noncentral t"
    assert (round(d, 2), round(d * j, 2)) == (-1.48, -1.44)
    assert (round(low, 2), round(high, 2)) == (-2.21, -0.65)
    assert (round(low / j, 2), round(high / j, 2)) == (-2.27, -0.67)


def test_morris_2008_table_5_gives_the_same_d_ppc2():
    """Study 5 of Morris (2008), d_ppc2 0.44, with the data and value that metafor's page analyses:morris2008 repeats.

    Programme 35.6 -> 36.0, SD before 4.7; comparison 34.8 -> 33.4, SD before 3.1; 14 and 14 persons.
    """
    sd = math.sqrt((13 * 4.7**2 + 13 * 3.1**2) / 26)
    assert round(d_ppc2((36.0 - 35.6) - (33.4 - 34.8), sd, 28), 2) == 0.44


def test_correction_by_hand():
    assert correction(10) == pytest.approx(1 - 3 / 39)


def test_hedges_g_by_hand():
    """Means 4 and 2, both variances 1, df 4: d = 2, J = 1 - 3/15 = 0.8, g = 1.6."""
    assert hedges_g(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("gap", "verdict"), [(0.0, "satisfied"), (0.04, "satisfied"), (0.06, "adjust"), (0.24, "adjust"), (0.26, "not_satisfied")]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_baseline_equivalence_is_judged_at_05_and_25(gap, verdict, sign):
    pre = np.array([-1.0, 0.0, 1.0] * 20)  # SD^2 = 40/59 within, J = 1 - 3/(4 x 118 - 1)
    shift = sign * gap * math.sqrt(40 / 59) / correction(118)
    post = pre + np.tile([0.0, 1.0], 30)
    sample = sample_of(
        scores(list(zip(pre + shift, post, strict=True)), list(zip(pre, post, strict=True))),
    )
    found = baseline(sample)
    assert found.hedges_g == pytest.approx(sign * gap, abs=1e-12)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("sizes", "printed"),
    [
        ((41, 41), (0.626, 0.542, 0.443)),
        ((41, 30), (0.683, 0.591, 0.483)),
        ((41, 20), (0.777, 0.673, 0.549)),
        ((20, 20), (0.909, 0.787, 0.643)),
    ],
)
def test_detectable_effects_are_those_of_table_3_2(sizes, printed):
    """impact.md 3.2, R2 = 0, .25 and .50."""
    assert tuple(round(mdes(*sizes, 0.05, r2), 3) for r2 in (0, 0.25, 0.5)) == printed


@pytest.mark.parametrize("sizes", [(2, 2), (3, 7), (41, 41), (300, 5)])
def test_detectable_effects_have_a_power_of_80_percent_by_the_noncentral_t(sizes):
    df, root = sum(sizes) - 2, math.sqrt(sum(1 / size for size in sizes))
    limit = stats.t.ppf(0.975, df)
    found = mdes(*sizes, 0.05) / root
    assert stats.nct.sf(limit, df, found) + stats.nct.cdf(-limit, df, found) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("effect", "printed"), [(0.60, 0.023), (0.40 / math.sqrt(2 * (1 - 0.7)), 0.011)])
def test_breakdown_icc_is_what_the_specification_prints(effect, printed):
    """impact.md 3.2, 41 + 41: a raw effect of 0.60 SD breaks at 0.023, a gain of 0.40 SD (pre-post r = .7) at 0.011.

    The SD of gains is sqrt(2 (1 - r)) of the raw one.
    """
    assert round(breakdown_icc(effect, 2 / 41, 2, 0.05), 3) == printed


@pytest.mark.parametrize(("rho", "se"), [(0, 0.221), (0.01, 0.261), (0.02, 0.296), (0.05, 0.383), (0.10, 0.494), (0.20, 0.663)])
def test_at_the_breakdown_icc_the_error_is_that_of_the_specification(rho, se):
    """impact.md 3.2 prints SE = sqrt(2 rho + 2 (1 - rho)/n) for n = 41."""
    exact = math.sqrt(2 * rho + 2 * (1 - rho) / 41)
    assert round(exact, 3) == se
    assert breakdown_icc(stats.norm.ppf(0.975) * exact, 2 / 41, 2, 0.05) == pytest.approx(rho, abs=1e-12)


def test_breakdown_icc_stays_between_0_and_1():
    assert breakdown_icc(0.1, 2 / 41, 2, 0.05) == 0
    assert breakdown_icc(9.0, 2 / 41, 2, 0.05) == 1
    assert breakdown_icc(0.5, 2, 2, 0.05) == 0


def test_breakdown_of_both_estimates():
    sample = sample_of(drawn(5, (30, 30), effect=8))
    first, second = did(sample, 0.05), ancova(sample, 0.05)
    of_did, of_ancova = (breakdown(sample, found, (1, 1), 0.05) for found in (first, second))
    assert of_did.centre_shock == pytest.approx(first.ci[0])
    assert of_ancova.centre_shock == pytest.approx(second.ci[0])
    size = first.estimate / pooled_sd(*sample.arms(sample.change))
    assert of_did.icc == pytest.approx(((size / stats.norm.ppf(0.975)) ** 2 - 2 / 30) / (2 - 2 / 30))
    residuals = (
        sample.post
        - np.column_stack([sample.programme, np.ones(60), sample.pre])
        @ np.linalg.lstsq(np.column_stack([sample.programme, np.ones(60), sample.pre]), sample.post, rcond=None)[0]
    )
    sd = math.sqrt(residuals @ residuals / 57)
    variance = (second.se_ols / sd) ** 2
    assert of_ancova.icc == pytest.approx(((second.estimate / sd / stats.norm.ppf(0.975)) ** 2 - variance) / (2 - variance))


def test_effect_sizes_of_two_centres(tmp_path):
    """g_post = b x J / pooled post SD; its interval covers 0 exactly when that of b does."""
    sample = sample_of(two_centres(tmp_path))
    by_did, by_ancova = did(sample, 0.05), ancova(sample, 0.05)
    found = effect_size(sample, by_did, by_ancova, 0.05)
    j = 1 - 3 / (4 * 53 - 1)
    assert found.g_post == pytest.approx(by_ancova.estimate * j / pooled_sd(*sample.arms(sample.post)))
    assert found.d_ppc2 == pytest.approx(by_did.estimate * j / pooled_sd(*sample.arms(sample.pre)))
    assert found.g_post_unadjusted == pytest.approx(hedges_g(*sample.arms(sample.post)))
    assert found.g_post_ci[0] < found.g_post < found.g_post_ci[1]
    at_p = effect_size(sample, by_did, by_ancova, by_ancova.p)
    assert at_p.g_post_ci[0] == pytest.approx(0, abs=1e-9)


def test_an_interval_far_beyond_the_noncentral_t_is_normal():
    (low, high), method = interval(200.0, 1e9, 4, 2e-7, 6, 0.05)
    assert method in ("normal", "noncentral t")
    assert low < 200 < high
