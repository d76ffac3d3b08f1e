"""The estimators: statsmodels computes, here stand the designs. All estimates are programme minus comparison, in score units.

- `did`: difference of the mean changes, Welch's standard error and Satterthwaite's degrees of freedom.
- `ancova`: post on arm and pre (and covariates), least squares; p and interval from the classical standard error, with
  the robust ones of MacKinnon and White (1985), HC2 and HC3, beside it.
- `lin`: the same with every regressor centred and interacted with the arm (Lin 2013), standard error HC2.

A robust standard error is None where one person alone determines a coefficient (leverage 1) and it is not defined.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact.evaluation.scores import ARMS, Scores, ScoresError

_TINY = 1e-10  # of the spread: below it a variance is rounding


@dataclass(frozen=True)
class Sample:
    """Those with both scores: n persons, as in `Scores`."""

    file: str
    pre: np.ndarray
    post: np.ndarray
    programme: np.ndarray
    covariates: np.ndarray
    covariate_names: tuple[str, ...] = ()
    pre_name: str = "pre"
    post_name: str = "post"

    @property
    def change(self) -> np.ndarray:
        return self.post - self.pre

    def arms(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values[self.programme], values[~self.programme]


@dataclass(frozen=True)
class Did:
    estimate: float
    se: float
    df: float
    t: float
    p: float
    ci: tuple[float, float]


@dataclass(frozen=True)
class Ancova:
    estimate: float
    se_ols: float
    se_hc2: float | None
    se_hc3: float | None
    t: float
    df: float
    p: float
    ci: tuple[float, float]


@dataclass(frozen=True)
class Lin:
    """Both are None where an arm alone cannot tell the slope."""

    estimate: float | None
    se_hc2: float | None


def sample_of(scores: Scores, outcome: str | None = None) -> Sample:
    """The complete cases of the primary outcome or of a further one. Raises `ScoresError` where no effect can be computed."""
    pre, post = scores.outcomes[outcome] if outcome else (scores.pre, scores.post)
    names = (f"{outcome}_pre", f"{outcome}_post") if outcome else ("pre", "post")
    held = ~(np.isnan(pre) | np.isnan(post))
    sample = Sample(
        scores.file, pre[held], post[held], scores.programme[held], scores.covariates[held], scores.covariate_names, *names
    )
    _must_vary(sample, scores)
    return sample


def _must_vary(sample: Sample, scores: Scores) -> None:
    for arm, is_arm in zip(ARMS, (True, False), strict=True):
        count, everybody = (int(np.sum(programme == is_arm)) for programme in (sample.programme, scores.programme))
        if count < 2:
            words = f"the arm {arm} has {count} of {everybody} persons with both scores: an effect needs at least 2 in each arm"
            raise ScoresError(sample.file, None, "arm", words)
    for name, values in ((sample.pre_name, sample.pre), (sample.post_name, sample.post), ("change", sample.change)):
        if pooled_sd(*sample.arms(values)) <= _TINY * max(1e-90, float(np.max(np.abs([sample.pre, sample.post])))):
            words = "does not vary within the arms: no effect can be told from chance with zero variance"
            place = name if name != "change" else sample.post_name
            raise ScoresError(sample.file, None, place, f"the change {words}" if name == "change" else words)


def pooled_sd(a: np.ndarray, b: np.ndarray) -> float:
    """The standard deviation within two groups, n - 2 degrees of freedom."""
    squares = (len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)
    return float(np.sqrt(squares / (len(a) + len(b) - 2)))


def did(sample: Sample, alpha: float) -> Did:
    means = CompareMeans(*(DescrStatsW(change) for change in sample.arms(sample.change)))
    estimate, se = float(means.d1.mean - means.d2.mean), float(means.std_meandiff_separatevar)
    t, p, df = means.ttest_ind(usevar="unequal")
    low, high = means.tconfint_diff(alpha, usevar="unequal")
    return Did(estimate, se, float(df), float(t), float(p), (float(low), float(high)))


def design(sample: Sample) -> np.ndarray:
    """Arm first, then one, pre and covariates centred and in their own SD, which moves no estimate: n x (3 + k)."""
    others = np.column_stack([sample.pre, sample.covariates])
    spread = others.std(axis=0)
    varies = spread > _TINY * np.abs(others).max(axis=0)
    others = np.where(varies, others - others.mean(axis=0), 0.0) / np.where(varies, spread, 1.0)
    return np.column_stack([sample.programme.astype(float), np.ones(len(others)), others])


def ancova(sample: Sample, alpha: float) -> Ancova:
    """Raises `ScoresError` where the covariates leave no degree of freedom, say one thing twice, or explain all of post."""
    columns = design(sample)
    _must_be_told_apart(sample, columns)
    fit = sm.OLS(sample.post, columns).fit()
    if np.sqrt(fit.ssr) <= _TINY * np.sqrt(fit.centered_tss):
        words = "follows exactly from arm and pre: no effect can be told from chance with zero variance"
        raise ScoresError(sample.file, None, sample.post_name, words)
    ci = fit.conf_int(alpha)[0]
    hc2, hc3 = (float(se[0]) for se in (fit.HC2_se, fit.HC3_se)) if _is_robust(columns) else (None, None)
    numbers = (float(fit.tvalues[0]), float(fit.df_resid), float(fit.pvalues[0]))
    return Ancova(float(fit.params[0]), float(fit.bse[0]), hc2, hc3, *numbers, (float(ci[0]), float(ci[1])))


def _must_be_told_apart(sample: Sample, columns: np.ndarray) -> None:
    if len(columns) <= columns.shape[1]:
        words = f"{len(columns)} persons with both scores are too few for {columns.shape[1]} coefficients: take covariates out"
        raise ScoresError(sample.file, None, sample.pre_name, words)
    for count in range(3, columns.shape[1] + 1):
        if _rank(columns[:, :count]) < count:
            name = ((sample.pre_name, *sample.covariate_names))[count - 3]
            words = "does not vary, or follows from the arm and the columns before it: take it out of the covariates"
            raise ScoresError(sample.file, None, name.split("=")[0], words)


def _rank(columns: np.ndarray) -> int:
    lengths = np.linalg.norm(columns, axis=0)
    return int(np.linalg.matrix_rank(columns / np.where(lengths > 0, lengths, 1.0), tol=1e-8))


def _is_robust(columns: np.ndarray) -> bool:
    """Whether nobody has leverage 1."""
    q, _ = np.linalg.qr(columns)
    return bool(np.max(np.sum(q * q, axis=1)) < 1 - 1e-9)


def lin(sample: Sample) -> Lin:
    columns = design(sample)
    columns = np.column_stack([columns, columns[:, 2:] * columns[:, :1]])
    if len(columns) <= columns.shape[1] or _rank(columns) < columns.shape[1]:
        return Lin(None, None)
    fit = sm.OLS(sample.post, columns).fit()
    return Lin(float(fit.params[0]), float(fit.HC2_se[0]) if _is_robust(columns) else None)


def clustered(sample: Sample, estimator: str, groups: np.ndarray, alpha: float) -> dict[str, Any] | None:
    """The primary estimate with statsmodels' cluster-robust standard error (CR1) and t with G - 2 degrees of freedom.

    G - 2, as for a difference between two groups of clusters (Donald and Lang 2007): with few clusters the usual G - 1
    finds too much. Only for three clusters or more in each arm: with one in each this variance is 0 whatever the data. None
    where it is 0 beyond them.
    """
    columns = design(sample)[:, :2] if estimator == "did" else design(sample)
    outcome = sample.change if estimator == "did" else sample.post
    fit = sm.OLS(outcome, columns).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    variance = float(fit.cov_params()[0, 0])
    if variance <= (_TINY * float(np.std(outcome))) ** 2:
        return None
    estimate, se, df = float(fit.params[0]), float(np.sqrt(variance)), len(np.unique(groups)) - 2
    half, t = float(stats.t.ppf(1 - alpha / 2, df)) * se, estimate / se
    p, ci = float(2 * stats.t.sf(abs(t), df)), (estimate - half, estimate + half)
    return {"method": "CR1, t with G - 2 df", "estimate": estimate, "se": se, "df": df, "t": t, "p": p, "ci": ci}
