"""`evaluate`: a plan and scores in, numbers and the sentences that may be said of them out."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from impact.evaluation import words
from impact.evaluation.effects import Baseline, Breakdown, EffectSize, baseline, breakdown, effect_size, mdes
from impact.evaluation.estimators import Ancova, Did, Lin, Sample, ancova, did, lin, sample_of
from impact.evaluation.missing import Attrition, Bounds, attrition, bounds
from impact.evaluation.multiplicity import Multiplicity, multiplicity
from impact.evaluation.permutation import Permutation, permutation
from impact.evaluation.plan import Amendment, Plan
from impact.evaluation.referee import Clusters, referee
from impact.evaluation.scales import ReliabilityResult, reliability
from impact.evaluation.scores import ARMS, Scores

DIGITS = 11


@dataclass(frozen=True)
class Counts:
    programme: int
    comparison: int
    dropped: int


@dataclass(frozen=True)
class Means:
    """Each by arm, over the complete cases."""

    pre: dict[str, float]
    post: dict[str, float]
    change: dict[str, float]


@dataclass(frozen=True)
class Bracket:
    """Between the two estimates, DiD and ANCOVA."""

    low: float
    high: float
    signs_differ: bool


@dataclass(frozen=True)
class Provenance:
    title: str
    estimator: str
    alpha: float
    seed: int
    better: str  # higher or lower
    sha256: str
    frozen_at: str | None
    scores_sha256: str
    amendments: tuple[Amendment, ...]


@dataclass(frozen=True)
class Evaluation:
    """Numbers and sentences of one run. All effects are programme minus comparison, in score units unless they are sizes."""

    n: Counts
    means: Means
    baseline: Baseline
    did: Did
    ancova: Ancova
    lin: Lin
    bracket: Bracket
    effect_size: EffectSize
    permutation: Permutation
    attrition: Attrition
    clusters: Clusters
    breakdown: Breakdown
    mdes: float
    payable: bool
    sentences: dict[str, str]
    payable_reasons: tuple[str, ...]
    mdes_with_pre: float
    bounds: Bounds
    reliability: ReliabilityResult | None
    multiplicity: Multiplicity
    provenance: Provenance

    def answer(self) -> dict[str, Any]:
        """As plain values for JSON, floats with 11 significant digits."""
        return {part.name: _plain(getattr(self, part.name)) for part in fields(self)}


def evaluate(plan: Plan, scores: Scores) -> Evaluation:
    """All that the plan asks of these scores, deterministic in both. Raises `ScoresError` where an effect has no meaning."""
    sample = sample_of(scores)
    by_did, by_ancova = did(sample, plan.alpha), ancova(sample, plan.alpha)
    primary = by_did if plan.estimator == "did" else by_ancova
    clusters = referee(sample, np.array(scores.clusters)[scores.complete], plan)
    lost, scale = attrition(scores), reliability(scores, plan)
    low, high = sorted((by_did.estimate, by_ancova.estimate))
    numbers = {
        "n": _counts(scores),
        "means": _means(sample),
        "baseline": baseline(sample),
        "did": by_did,
        "ancova": by_ancova,
        "lin": lin(sample),
        "bracket": Bracket(low, high, low < 0 < high),
        "effect_size": effect_size(sample, by_did, by_ancova, plan.alpha),
        "permutation": permutation(sample, plan.permutations, plan.seed),
        "attrition": lost,
        "clusters": clusters,
        "breakdown": breakdown(sample, primary, (clusters.programme, clusters.comparison), plan.alpha),
        "mdes": mdes(*_sizes(sample), plan.alpha),
        "mdes_with_pre": mdes(*_sizes(sample), plan.alpha, _explained(sample)),
        "bounds": bounds(scores, plan),
        "reliability": scale,
        "multiplicity": multiplicity(scores, plan),
        "provenance": _provenance(plan, scores),
    }
    reasons = _reasons(plan, lost, scale)
    sentences = _sentences(plan, primary, reasons, numbers)
    return Evaluation(**numbers, payable=not reasons, payable_reasons=reasons, sentences=sentences)


def _counts(scores: Scores) -> Counts:
    held = scores.complete
    return Counts(int(np.sum(held & scores.programme)), int(np.sum(held & ~scores.programme)), int(np.sum(~held)))


def _sizes(sample: Sample) -> tuple[int, int]:
    return int(sample.programme.sum()), int((~sample.programme).sum())


def _means(sample: Sample) -> Means:
    measures = (sample.pre, sample.post, sample.change)
    return Means(*({arm: float(held.mean()) for arm, held in zip(ARMS, sample.arms(values), strict=True)} for values in measures))


def _explained(sample: Sample) -> float:
    """The share of the variance of post within the arms that pre tells."""
    within = [np.concatenate([arm - arm.mean() for arm in sample.arms(values)]) for values in (sample.pre, sample.post)]
    before, after = (values / np.linalg.norm(values) for values in within)
    return min(float(before @ after) ** 2, 1.0)  # rounding may pass it


def _provenance(plan: Plan, scores: Scores) -> Provenance:
    better = "lower" if plan.lower_is_better else "higher"
    known = (plan.title, plan.estimator, plan.alpha, plan.seed, better)
    return Provenance(*known, plan.sha256, plan.frozen_at, scores.sha256, plan.amendments)


def _reasons(plan: Plan, lost: Attrition, scale: ReliabilityResult | None) -> tuple[str, ...]:
    """Why the run pays nothing; empty where it may."""
    reasons = []
    if not plan.is_frozen:
        found = words.PLAN_AMENDED if plan.is_whole else words.PLAN_CHANGED
        reasons.append(words.PLAN_NOT_FROZEN if plan.frozen_sha256 is None else found)
    if 1 - max(lost.programme, lost.comparison) < plan.min_completeness - 1e-12:  # 0.8 of 5 is 4, whatever the last bit
        reasons.append(words.DATA_INCOMPLETE)
    if scale and not scale.reached:
        reasons.append(words.UNRELIABLE)
    return tuple(reasons)


def _sentences(plan: Plan, primary: Did | Ancova, reasons: tuple[str, ...], numbers: dict[str, Any]) -> dict[str, str]:
    bracket = numbers["bracket"]
    told = [
        words.status(reasons),
        *map(words.amendment, plan.amendments),
        words.attribution(numbers["clusters"]),
        words.balance(numbers["baseline"]),
        words.effect(primary, plan),
        words.bracket(bracket.low, bracket.high, bracket.signs_differ),
        words.inference(numbers["clusters"]),
        words.permuted(numbers["permutation"], plan),
        words.fragility(numbers["breakdown"], numbers["clusters"]),
        words.losses(numbers["attrition"], numbers["bounds"]),
        words.scale(numbers["reliability"]),
        words.LIMITS,
    ]
    told = [both for both in told if both]
    return {"it": " ".join(both.it for both in told), "en": " ".join(both.en for both in told)}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    return _plain(asdict(value)) if hasattr(value, "__dataclass_fields__") else value
