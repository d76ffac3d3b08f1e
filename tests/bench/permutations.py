"""100,000 permutations of 82 children (impact.md 7): both tests of the evaluation, and scipy's own beside the first."""

import time

import numpy as np
from scipy import stats

from impact.evaluation.estimators import Sample
from impact.evaluation.permutation import ancova_test, did_test
from tests.bench.report import Goals, table

DRAWS, CHILDREN = 100_000, 82
MOST_SECONDS = 5


def permutations(goals: Goals) -> None:
    """One run of each; the goal is on both of ours together."""
    random = np.random.default_rng(1)
    pre = random.normal(size=CHILDREN)
    sample = Sample("", pre, 0.7 * pre + random.normal(size=CHILDREN), np.arange(CHILDREN) < 41, np.empty((CHILDREN, 0)))
    runs = {
        "difference of changes": lambda: did_test(sample.change, sample.programme, DRAWS, 1)[0],
        "ANCOVA, Freedman-Lane": lambda: ancova_test(sample, DRAWS, 1)[0],
        "scipy.stats.permutation_test": lambda: _scipy(sample),
    }
    rows = [(name, *_timed(run)) for name, run in runs.items()]
    table(f"{DRAWS:,} permutations, n = {CHILDREN}", ("test", "seconds", "CPU s", "p"), rows)
    ours = sum(seconds for _, seconds, _, _ in rows[:2])
    goals.at_most("I7", "numpy", f"seconds for {DRAWS:,} permutations of both tests", ours, MOST_SECONDS)


def _scipy(sample: Sample) -> float:
    def distance(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return abs(a.mean(axis=axis) - b.mean(axis=axis))

    known = {"n_resamples": DRAWS, "vectorized": True, "alternative": "greater", "batch": 5000, "rng": np.random.default_rng(1)}
    return float(stats.permutation_test(sample.arms(sample.change), distance, **known).pvalue)


def _timed(run) -> tuple[float, float, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    p = run()
    return time.perf_counter() - begun, time.process_time() - cpu, p
