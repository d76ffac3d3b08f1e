"""Sizes of effects, what the design could have seen, and what would erase what it saw.

J is Hedges' small-sample correction 1 - 3 / (4 df - 1) with df = n - 2 everywhere.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats
from statsmodels.stats.power import TTestIndPower

from impact.evaluation.estimators import Ancova, Did, Sample, pooled_sd
from impact.evaluation.permutation import arm_alone

SATISFIED, ADJUST = 0.05, 0.25  # What Works Clearinghouse, standards for baseline equivalence
POWER = 0.8


@dataclass(frozen=True)
class Baseline:
    hedges_g: float
    verdict: str  # satisfied, adjust or not_satisfied


@dataclass(frozen=True)
class EffectSize:
    """`g_post` is the ANCOVA estimate x J / pooled post SD, `d_ppc2` the difference of changes x J / pooled pre SD."""

    g_post: float
    g_post_ci: tuple[float, float]
    d_ppc2: float
    g_post_unadjusted: float
    g_post_unadjusted_ci: tuple[float, float]
    ci_method: str


@dataclass(frozen=True)
class Breakdown:
    """`icc`: the share of variance between centres at which the interval touches 0, from 0 (it does already) to 1 (never).

    `centre_shock`: |estimate| - t x SE in score units, how large an event in one centre must be to erase significance; below
    0 where nothing is significant to begin with.
    """

    icc: float
    centre_shock: float


def correction(df: int) -> float:
    return 1 - 3 / (4 * df - 1)


def hedges_g(a: np.ndarray, b: np.ndarray) -> float:
    """Difference of two means x J / pooled SD."""
    return float(a.mean() - b.mean()) / pooled_sd(a, b) * correction(len(a) + len(b) - 2)


def baseline(sample: Sample) -> Baseline:
    g = hedges_g(*sample.arms(sample.pre))
    return Baseline(g, "satisfied" if abs(g) <= SATISFIED else "adjust" if abs(g) <= ADJUST else "not_satisfied")


def d_ppc2(change: float, sd_pre: float, n: int) -> float:
    """Morris (2008), Estimating effect sizes from pretest-posttest-control group designs."""
    return change / sd_pre * correction(n - 2)


def effect_size(sample: Sample, did: Did, ancova: Ancova, alpha: float) -> EffectSize:
    n, post = len(sample.post), sample.arms(sample.post)
    sd, j = pooled_sd(*post), correction(n - 2)
    g = ancova.estimate * j / sd
    adjusted, method = interval(g, ancova.t, ancova.df, ancova.se_ols * j / sd, n, alpha)
    raw, root = hedges_g(*post), math.sqrt(sum(1 / len(arm) for arm in post))
    unadjusted, _ = interval(raw, raw / j / root, n - 2, root * j, n, alpha)
    change = d_ppc2(did.estimate, pooled_sd(*sample.arms(sample.pre)), n)
    return EffectSize(g, adjusted, change, raw, unadjusted, method)


def interval(g: float, t: float, df: float, unit: float, n: int, alpha: float) -> tuple[tuple[float, float], str]:
    """The interval of a standardised effect g = t x `unit` over n persons, and how it was made.

    Its ends are the noncentralities for which t is a limit of the noncentral t; where these cannot be found, normal with
    the variance of Borenstein et al. (2009), 1/n1 + 1/n2 + g^2 / 2n.
    """
    if t < 0:
        (low, high), method = interval(-g, -t, df, unit, n, alpha)
        return (-high, -low), method
    z = float(stats.norm.isf(alpha / 2))
    reach = (z + 2) * math.sqrt(1 + t * t / (2 * df))
    try:
        low, high = (_noncentrality(t, df, level, reach) for level in (1 - alpha / 2, alpha / 2))
    except ValueError:  # not between the ends, or not a number on the way: scipy loses the tails of few degrees of freedom
        half = z * math.sqrt(unit**2 + g**2 / (2 * n))
        return (g - half, g + half), "normal"
    return (low * unit, high * unit), "noncentral t"


def _noncentrality(t: float, df: float, level: float, reach: float) -> float:
    return float(optimize.brentq(lambda nc: special.nctdtr(df, nc, t) - level, t - reach, t + reach, xtol=1e-13))


def mdes(programme: int, comparison: int, alpha: float, r2: float = 0.0) -> float:
    """The smallest effect, in SD, that two arms of these sizes show with power 80 %, if the centre has no effect.

    `r2` is the share of variance that a covariate explains. Two-sided, exact noncentral t.
    """
    least = TTestIndPower().solve_power(nobs1=programme, ratio=comparison / programme, alpha=alpha, power=POWER)
    return float(least) * math.sqrt(1 - r2)


def breakdown(sample: Sample, primary: Did | Ancova, counts: tuple[int, int], alpha: float) -> Breakdown:
    """Of the primary estimate; `counts` are the clusters in each arm."""
    if isinstance(primary, Did):
        sd, t = pooled_sd(*sample.arms(sample.change)), stats.t.ppf(1 - alpha / 2, primary.df)
        variance = sum(1 / len(arm) for arm in sample.arms(sample.change))
        shock = abs(primary.estimate) - float(t) * primary.se
    else:
        sd = _residual_sd(sample, primary)
        variance, t = (primary.se_ols / sd) ** 2, stats.t.ppf(1 - alpha / 2, primary.df)
        shock = abs(primary.estimate) - float(t) * primary.se_ols
    return Breakdown(breakdown_icc(abs(primary.estimate) / sd, variance, sum(1 / count for count in counts), alpha), shock)


def _residual_sd(sample: Sample, ancova: Ancova) -> float:
    """Of post, given arm, pre and covariates: the arm's own variance is 1/(d'Md) and se = sd x its root."""
    arm, _ = arm_alone(sample)
    return ancova.se_ols * float(np.linalg.norm(arm))


def breakdown_icc(effect: float, variance: float, between: float, alpha: float) -> float:
    """The rho at which `effect` / SE(rho) falls to the normal quantile, with SE(rho)^2 = between rho + variance (1 - rho).

    All in units of the SD of what is compared; `variance` is 1/n1 + 1/n2 and `between` 1/G1 + 1/G2, so 2 with one centre
    in each arm: SE = sqrt(2 rho + 2 (1 - rho) / n).
    """
    room = (effect / float(stats.norm.ppf(1 - alpha / 2))) ** 2 - variance
    if room <= 0:
        return 0.0
    return 1.0 if room >= between - variance else room / (between - variance)
