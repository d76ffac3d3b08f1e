"""The estimators beside other people's printed figures, other libraries and plain algebra."""

import numpy as np
import pytest
from scipy import stats

from impact.evaluation import ScoresError, read_scores
from impact.evaluation.estimators import Sample, ancova, design, did, lin, pooled_sd, sample_of
from tests.impact.evaluation.samples import anorexia, drawn, plan, scores, two_centres

SEEDS = range(5)


def test_r_prints_the_same_ancova_of_the_anorexia_set(tmp_path):
    """R: lm(Postwt ~ Prewt + Treat, data = anorexia) gives TreatCBT 4.0971, SE 1.8935, t 2.164, p 0.033999 on 68 df.

    Printed at commres.net/wiki/ancova; family therapy enters here as a covariate.
    """
    asked = plan(covariates=("ft",))
    found = ancova(sample_of(read_scores(anorexia(tmp_path, family_therapy=True), asked)), 0.05)
    assert found.estimate == pytest.approx(4.0971, abs=5e-5)
    assert found.se_ols == pytest.approx(1.8935, abs=5e-5)
    assert found.t == pytest.approx(2.164, abs=5e-4)
    assert found.p == pytest.approx(0.033999, abs=5e-7)
    assert found.df == 68


def test_r_prints_the_same_welch_test_of_the_sleep_set():
    """R: t.test(extra ~ group, data = sleep) gives t = -1.8608, df = 17.776, p-value = 0.07939 (Cookbook for R, t-test)."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    change, zeros = np.array(first + second), np.zeros(20)
    found = did(Sample("", zeros, change, np.arange(20) < 10, np.empty((20, 0))), 0.05)
    assert (round(found.t, 4), round(found.df, 3), round(found.p, 5)) == (-1.8608, 17.776, 0.07939)


def test_did_of_two_centres_is_what_the_specification_prints(tmp_path):
    found = did(sample_of(two_centres(tmp_path)), 0.05)
    assert (round(found.estimate, 4), round(found.p, 3)) == (3.4569, 0.101)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_did_is_scipy_s_welch_test_on_the_changes(seed, alpha):
    sample = sample_of(drawn(seed))
    found, other = did(sample, alpha), stats.ttest_ind(*sample.arms(sample.change), equal_var=False)
    assert found.t == pytest.approx(other.statistic, rel=1e-12)
    assert found.df == pytest.approx(other.df, rel=1e-12)
    assert found.p == pytest.approx(other.pvalue, rel=1e-12)
    assert found.ci == pytest.approx(tuple(other.confidence_interval(1 - alpha)), rel=1e-12)
    assert found.se == pytest.approx(found.estimate / found.t, rel=1e-12)


def _algebra(x: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, float], int]:
    """The first coefficient and its standard errors (classical, HC2, HC3), with numpy alone."""
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ y
    e, h, df = y - x @ b, np.einsum("ij,jk,ik->i", x, bread, x), len(y) - x.shape[1]
    weights = {"ols": np.full(len(y), e @ e / df), "hc2": e**2 / (1 - h), "hc3": e**2 / (1 - h) ** 2}
    return b[0], {kind: np.sqrt((bread @ (x.T * w) @ x @ bread)[0, 0]) for kind, w in weights.items()}, df


@pytest.mark.parametrize("seed", SEEDS)
def test_ancova_and_its_errors_are_those_of_plain_algebra(seed):
    sample = sample_of(drawn(seed))
    found = ancova(sample, 0.05)
    estimate, se, df = _algebra(design(sample), sample.post)
    assert found.estimate == pytest.approx(estimate, rel=1e-9)
    assert (found.se_ols, found.se_hc2, found.se_hc3) == pytest.approx((se["ols"], se["hc2"], se["hc3"]), rel=1e-9)
    assert found.df == df == 19
    assert found.p == pytest.approx(2 * stats.t.sf(abs(estimate / se["ols"]), df), rel=1e-9)
    half = stats.t.ppf(0.975, df) * se["ols"]
    assert found.ci == pytest.approx((estimate - half, estimate + half), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_lin_is_the_difference_of_two_regression_lines_at_the_common_mean(seed):
    sample = sample_of(drawn(seed))
    lines = [stats.linregress(*pair) for pair in zip(sample.arms(sample.pre), sample.arms(sample.post), strict=True)]
    heights = [line.intercept + line.slope * sample.pre.mean() for line in lines]
    found, x = lin(sample), design(sample)
    _, se, _ = _algebra(np.column_stack([x, x[:, 2:] * x[:, :1]]), sample.post)
    assert found.estimate == pytest.approx(heights[0] - heights[1], rel=1e-9)
    assert found.se_hc2 == pytest.approx(se["hc2"], rel=1e-9)


def test_ancova_with_a_slope_of_one_is_did():
    """With post - pre unrelated to pre inside the arms, the pooled slope is 1 and both give 3 - 1 = 2."""
    programme = [(1, 4), (1, 6), (3, 6), (3, 8)]  # changes 3, 5, 3, 5 at both values of pre
    comparison = [(2, 3), (2, 5), (4, 5), (4, 7)]  # changes 1, 3, 1, 3
    sample = sample_of(scores(programme, comparison))
    assert did(sample, 0.05).estimate == pytest.approx(2)
    assert ancova(sample, 0.05).estimate == pytest.approx(2)


def test_a_robust_error_is_missing_where_one_person_alone_fixes_a_coefficient():
    held = drawn(1)
    alone = np.zeros((22, 1))
    alone[4] = 1
    sample = sample_of(scores(_pairs(held, True), _pairs(held, False), covariates=alone, covariate_names=("only",)))
    found = ancova(sample, 0.05)
    assert (found.se_hc2, found.se_hc3) == (None, None)
    assert found.se_ols > 0
    assert lin(sample).estimate is None


def _pairs(held, is_in: bool) -> list[tuple[float, float]]:
    chosen = held.programme == is_in
    return list(zip(held.pre[chosen], held.post[chosen], strict=True))


@pytest.mark.parametrize(
    ("programme", "comparison", "column", "words"),
    [
        ([], [(1, 2), (2, 5)], "arm", "the arm programme has 0 of 0 persons"),
        ([(1, 2), (None, 3)], [(1, 2), (2, 5)], "arm", "the arm programme has 1 of 2 persons"),
        ([(1, 2), (2, 4)], [(1, None), (2, None)], "arm", "the arm comparison has 0 of 2 persons"),
        ([(1, 2), (1, 4)], [(3, 2), (3, 5)], "pre", "does not vary within the arms"),
        ([(1, 2), (3, 2)], [(2, 7), (4, 7)], "post", "does not vary within the arms"),
        ([(1, 2), (3, 4)], [(2, 7), (4, 9)], "post", "the change does not vary within the arms"),
        ([(1, 4), (2, 6), (3, 8)], [(1, 2), (2, 4), (5, 10)], "post", "follows exactly from arm and pre"),
    ],
)
def test_what_has_no_effect_to_compute_is_refused_with_its_column(programme, comparison, column, words):
    with pytest.raises(ScoresError, match=words) as caught:
        ancova(sample_of(scores(programme, comparison)), 0.05)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("columns", "names", "column"),
    [
        ([[1.0] * 22], ("age",), "age"),
        ([[0.1] * 22], ("age",), "age"),
        ([[1.0] * 12 + [0.0] * 10], ("age",), "age"),
        ([list(range(22)), list(range(0, 44, 2))], ("age", "months"), "months"),
        ([[1.0] * 12 + [0.0] * 10], ("girl=yes",), "girl"),
    ],
)
def test_a_covariate_that_says_nothing_new_is_refused(columns, names, column):
    held = drawn(2)
    held = scores(_pairs(held, True), _pairs(held, False), covariates=np.array(columns, dtype=float).T, covariate_names=names)
    with pytest.raises(ScoresError, match="follows from the arm") as caught:
        ancova(sample_of(held), 0.05)
    assert caught.value.column == column


def test_more_coefficients_than_persons_are_refused():
    held = scores([(1, 2), (2, 5)], [(1, 3), (3, 4)], covariates=np.array([[1.0], [2.0], [4.0], [3.0]]), covariate_names=("age",))
    with pytest.raises(ScoresError, match="4 persons with both scores are too few for 4 coefficients"):
        ancova(sample_of(held), 0.05)


def test_pooled_sd_by_hand():
    """Squares about the means 2 and 5: 2 + 8 = 10 over 3 + 3 - 2 = 4."""
    assert pooled_sd(np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])) == pytest.approx(np.sqrt(10 / 4))
