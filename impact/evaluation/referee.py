"""The design referee: what the assignment allows to be said, whatever the numbers are.

With one cluster in each arm the scores inside a cluster sum to zero, so a cluster-robust variance is 0 and p is 0 on any
data: statsmodels, pyfixest, linearmodels and diff-diff print it. Here that inference is refused below three clusters in
either arm, where no method that is known holds its level.
"""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from impact.evaluation.estimators import Sample, clustered
from impact.evaluation.plan import Plan

LEAST = 3
_MOST_RELABELLINGS = 1_000_000


@dataclass(frozen=True)
class Clusters:
    """How many clusters each arm has, and what may be inferred from them.

    `permutation_p` relabels whole clusters: 1 with one in each arm, None where a cluster has both arms or there are too many
    relabellings to list. `robust` is the cluster-robust inference, None where it is refused.
    """

    programme: int
    comparison: int
    inference: str  # ok or refused
    reason: str | None
    permutation_p: float | None
    robust: dict[str, Any] | None


def referee(sample: Sample, names: np.ndarray, plan: Plan) -> Clusters:
    """The clusters of the complete cases, one name a person."""
    counts = [len(set(arm)) for arm in sample.arms(names)]
    p = cluster_permutation(sample, names)
    if min(counts) < LEAST:
        return Clusters(*counts, "refused", _reason(*counts), p, None)
    _, groups = np.unique(names, return_inverse=True)
    robust = clustered(sample, plan.estimator, groups, plan.alpha)
    if robust is None:
        return Clusters(*counts, "refused", "the cluster variance is 0: every cluster has the mean of its arm", p, None)
    return Clusters(*counts, "ok", None, p, robust)


def _reason(programme: int, comparison: int) -> str:
    counts = f"{programme} in the programme and {comparison} in the comparison"
    if programme == comparison == 1:
        return f"one cluster in each arm ({counts}): the cluster variance is identically 0, so nothing can be told"
    return f"fewer than {LEAST} clusters in an arm ({counts}): a cluster variance from so few is not reliable"


def cluster_permutation(sample: Sample, names: np.ndarray) -> float | None:
    """The share of relabellings of the clusters whose mean changes differ at least as much, each cluster counting once."""
    programme, comparison = (sorted(set(arm)) for arm in sample.arms(names))
    if set(programme) & set(comparison):
        return None
    total = math.comb(len(programme) + len(comparison), len(programme))
    if total >= _MOST_RELABELLINGS:
        return None
    change = sample.change
    means = np.array([change[names == name].mean() for name in programme + comparison])
    means = means - means.mean()
    size, first = len(means), len(programme)
    sums = np.array([means[list(chosen)].sum() for chosen in combinations(range(size), first)])
    return float(np.mean(np.abs(sums) >= abs(means[:first].sum()) - 1e-10 * np.abs(means).max()))
