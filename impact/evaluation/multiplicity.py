"""Further outcomes, with p adjusted: Holm for the confirmatory family, Benjamini-Hochberg for the exploratory table."""

from dataclasses import dataclass

from statsmodels.stats.multitest import multipletests

from impact.evaluation.estimators import ancova, did, sample_of
from impact.evaluation.plan import Plan
from impact.evaluation.scores import Scores

PRIMARY = "primary"


@dataclass(frozen=True)
class Adjusted:
    outcome: str
    n: int
    estimate: float
    p: float
    p_adjusted: float


@dataclass(frozen=True)
class Multiplicity:
    """`confirmatory` begins with the primary outcome and is adjusted by Holm, `exploratory` by Benjamini-Hochberg."""

    confirmatory: tuple[Adjusted, ...]
    exploratory: tuple[Adjusted, ...]


def multiplicity(scores: Scores, plan: Plan) -> Multiplicity:
    """The plan's estimator on each outcome. Raises `ScoresError` where one of them has no effect to compute."""
    confirmatory = [_estimated(scores, plan, None), *(_estimated(scores, plan, name) for name in plan.confirmatory)]
    exploratory = [_estimated(scores, plan, name) for name in plan.exploratory]
    return Multiplicity(_adjusted(confirmatory, "holm"), _adjusted(exploratory, "fdr_bh"))


def _estimated(scores: Scores, plan: Plan, name: str | None) -> tuple[str, int, float, float]:
    sample = sample_of(scores, name)
    found = (did if plan.estimator == "did" else ancova)(sample, plan.alpha)
    return name or PRIMARY, len(sample.pre), found.estimate, found.p


def _adjusted(found: list[tuple[str, int, float, float]], method: str) -> tuple[Adjusted, ...]:
    adjusted = [p for *_, p in found]
    if len(found) > 1:  # one p alone stays as it is, and multipletests takes long: it collects garbage
        _, adjusted, _, _ = multipletests(adjusted, method=method)
    return tuple(Adjusted(*row, float(p)) for row, p in zip(found, adjusted, strict=True))
