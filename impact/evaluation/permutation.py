"""Permutation tests of both estimates, vectorised in numpy; children are permuted, though nobody assigned them singly.

- Difference of the mean changes, two-sided: every relabelling of the arms where there are fewer than a million of them
  (p = count / total), else draws with the plan's seed (p = (1 + count) / (1 + draws), Phipson and Smyth 2010).
- ANCOVA by Freedman and Lane (1983): the residuals of post on pre and covariates are permuted and the t of the arm is
  computed anew. This needs every order of the residuals, so it is exact up to n = 9 and drawn beyond.

A permutation counts when its statistic is as far from 0 as the observed one, to ten digits: equal sums may differ in the last.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, permutations

import numpy as np

from impact.evaluation.estimators import Sample, design

MOST_RELABELLINGS = 1_000_000
LEAST_DRAWS = 20_000
_CELLS = 400_000  # of a batch of permutations, 3 MB
_CLOSE = 1e-10


@dataclass(frozen=True)
class Permutation:
    did_p: float
    ancova_p: float
    draws: int
    exact: bool
    ancova_draws: int
    ancova_exact: bool


def permutation(sample: Sample, draws: int, seed: int) -> Permutation:
    """Both tests; at least `LEAST_DRAWS` draws where not everything can be listed."""
    draws = max(draws, LEAST_DRAWS)
    did_p, did_draws, did_exact = did_test(sample.change, sample.programme, draws, seed)
    ancova_p, ancova_draws, ancova_exact = ancova_test(sample, draws, seed)
    return Permutation(did_p, ancova_p, did_draws, did_exact, ancova_draws, ancova_exact)


def did_test(values: np.ndarray, programme: np.ndarray, draws: int, seed: int) -> tuple[float, int, bool]:
    """(p, permutations, whether they are all) of the difference between the means of two groups."""
    size, first = len(values), int(programme.sum())
    values = _standardised(values)
    observed = abs(_difference(values[programme].sum(), first, size))
    total = math.comb(size, first)
    if total >= MOST_RELABELLINGS:
        sums = (order[:, programme].sum(axis=1) for order in _shuffled(values, draws, seed))
        return _drawn((abs(_difference(held, first, size)) for held in sums), observed, draws), draws, False
    count = 0
    for chosen in _batches(combinations(range(size), first), first):
        count += int(np.sum(abs(_difference(values[chosen].sum(axis=1), first, size)) >= observed - _CLOSE))
    return count / total, total, True


def ancova_test(sample: Sample, draws: int, seed: int) -> tuple[float, int, bool]:
    """(p, permutations, whether they are all) of the arm's t in post ~ arm + pre + covariates."""
    arm, others = arm_alone(sample)
    residuals = _standardised(sample.post - others @ (others.T @ sample.post))
    observed = float(_t_like(residuals[None, :], arm, others)[0])
    total = math.factorial(len(residuals))
    if total >= MOST_RELABELLINGS:
        found = (_t_like(order, arm, others) for order in _shuffled(residuals, draws, seed))
        return _drawn(found, observed, draws), draws, False
    count = 0
    for order in _batches(permutations(range(len(residuals))), len(residuals)):
        count += int(np.sum(_t_like(residuals[order], arm, others) >= observed - _CLOSE))
    return count / total, total, True


def arm_alone(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The arm less what one, pre and covariates tell of it (n floats), and an orthonormal basis of those (n x k)."""
    columns = design(sample)
    others, _ = np.linalg.qr(columns[:, 1:] / np.linalg.norm(columns[:, 1:], axis=0))
    return columns[:, 0] - others @ (others.T @ columns[:, 0]), others


def _t_like(orders: np.ndarray, arm: np.ndarray, others: np.ndarray) -> np.ndarray:
    """|partial correlation| of each row of `orders` with the arm: grows with |t| and needs no division by a small variance.

    The fit of the reduced model, which Freedman and Lane add back, lies in the span of `others` and drops out.
    """
    projected = orders @ np.column_stack([arm / np.linalg.norm(arm), others])
    within = np.sum(orders * orders, axis=1) - np.sum(projected[:, 1:] ** 2, axis=1)
    return np.abs(projected[:, 0]) / np.sqrt(np.maximum(within, _CLOSE))


def _standardised(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return centred / np.sqrt(np.mean(centred * centred))


def _difference(sums: np.ndarray, first: int, size: int) -> np.ndarray:
    """Difference of means, given the sum over the first group and that all sum to 0."""
    return sums * (1 / first + 1 / (size - first))


def _shuffled(values: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """`draws` rows of `values` in random order, in batches."""
    random, rows = np.random.default_rng(seed), max(1, _CELLS // len(values))
    for start in range(0, draws, rows):
        yield random.permuted(np.broadcast_to(values, (min(rows, draws - start), len(values))), axis=1)


def _batches(choices: Iterator[tuple[int, ...]], width: int) -> Iterator[np.ndarray]:
    while batch := list(islice(choices, max(1, _CELLS // width))):
        yield np.array(batch)


def _drawn(found: Iterator[np.ndarray], observed: float, draws: int) -> float:
    return (1 + sum(int(np.sum(batch >= observed - _CLOSE)) for batch in found)) / (1 + draws)
