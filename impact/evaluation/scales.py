"""Cronbach's alpha of the items before and after, and whether it reaches what the plan asks."""

from dataclasses import dataclass

import numpy as np

from impact.evaluation.plan import Plan
from impact.evaluation.scores import Scores, ScoresError


@dataclass(frozen=True)
class ReliabilityResult:
    pre: float
    post: float
    threshold: float
    reached: bool


def reliability(scores: Scores, plan: Plan) -> ReliabilityResult | None:
    """Over those who answered every item of the wave. None where the plan asks for nothing."""
    if plan.reliability is None:
        return None
    alphas = {}
    for wave, items in (("pre", plan.reliability.items_pre), ("post", plan.reliability.items_post)):
        answers = scores.items[wave]
        answers = answers[~np.isnan(answers).any(axis=1)]
        if len(answers) < 3:
            words = f"only {len(answers)} persons answered every item of the wave {wave}: the reliability cannot be told"
            raise ScoresError(scores.file, None, items[0], words)
        if np.var(answers.sum(axis=1)) <= 1e-20:
            raise ScoresError(
                scores.file, None, items[0], f"everybody has the same sum of items in the wave {wave}: zero variance"
            )
        alphas[wave] = cronbach_alpha(answers)
    threshold = plan.reliability.threshold
    return ReliabilityResult(alphas["pre"], alphas["post"], threshold, min(alphas.values()) >= threshold)


def cronbach_alpha(answers: np.ndarray) -> float:
    """k / (k - 1) x (1 - sum of the items' variances / variance of their sum), of n x k answers without gaps."""
    k = answers.shape[1]
    return float(k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1)))
