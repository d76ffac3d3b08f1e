"""Who is missing: attrition and completeness by arm, and the effect if all who left had done as badly or as well as can be."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from impact.evaluation.plan import Plan
from impact.evaluation.scores import ARMS, Scores


@dataclass(frozen=True)
class Reason:
    reason: str
    persons: int


@dataclass(frozen=True)
class Attrition:
    """Shares of those in the file without both scores; `differential` is the distance between the arms.

    `reasons` counts them by arm and by the column `reason`, "unsaid" where it is empty; None where no row has a reason.
    """

    overall: float
    programme: float
    comparison: float
    differential: float
    reasons: dict[str, tuple[Reason, ...]] | None


@dataclass(frozen=True)
class Bounds:
    """The difference of mean changes over everybody, in score units; `basis` is scale, or observed where the plan has none."""

    worst: float
    best: float
    basis: str


def attrition(scores: Scores) -> Attrition:
    rates = [float(np.mean(~scores.complete[is_in])) for is_in in (scores.programme, ~scores.programme)]
    return Attrition(float(np.mean(~scores.complete)), *rates, abs(rates[0] - rates[1]), _reasons(scores))


def _reasons(scores: Scores) -> dict[str, tuple[Reason, ...]] | None:
    if not any(scores.reasons):
        return None
    missing = zip(scores.reasons, scores.programme, scores.complete, strict=True)
    pairs = [(ARMS[0 if is_in else 1], reason or "unsaid") for reason, is_in, held in missing if not held]
    counts = {arm: Counter(reason for of, reason in pairs if of == arm) for arm in ARMS}
    return {arm: tuple(Reason(*pair) for pair in sorted(held.items())) for arm, held in counts.items()}


def bounds(scores: Scores, plan: Plan) -> Bounds:
    """Worst: missing scores of the programme lie at the bad end of the scale, those of the comparison at the good end.

    A missing score before counts the other way round. Without a scale in the plan, its ends are the scores in the file.
    """
    held = np.concatenate([scores.pre, scores.post])
    ends = plan.scale or (float(np.nanmin(held)), float(np.nanmax(held)))
    low, high = (_changes(scores, ends[0], ends[1]), _changes(scores, ends[1], ends[0]))
    least, most = _difference(low, high, scores.programme), _difference(high, low, scores.programme)
    worst, best = (most, least) if plan.lower_is_better else (least, most)
    return Bounds(worst, best, "scale" if plan.scale else "observed")


def _changes(scores: Scores, post: float, pre: float) -> np.ndarray:
    return np.where(np.isnan(scores.post), post, scores.post) - np.where(np.isnan(scores.pre), pre, scores.pre)


def _difference(programme: np.ndarray, comparison: np.ndarray, is_in: np.ndarray) -> float:
    return float(programme[is_in].mean() - comparison[~is_in].mean())
