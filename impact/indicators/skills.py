"""Scores before and after: OM24, OM25, OM26, OM28. Their effect is `python -m impact evaluate`; here is what was measured.

Scores are no part of the log: `scores` gives a file (the SCORES of `evaluate`) for each code.
"""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from impact.indicators.definition import both, indicator
from impact.indicators.view import Log
from impact.row import LogError

CODES = ("OM24", "OM26", "OM28")
CONFIDENCE = 0.95


class Pair(NamedTuple):
    """Somebody with both scores."""

    arm: str
    centre: str
    pre: float
    post: float


class Measured(NamedTuple):
    """A file of scores: who has both, and how many there are in all, by arm."""

    file: str
    pairs: tuple[Pair, ...]
    persons: dict[str, int]


def read(path: Path, code: str) -> Measured:
    """Raises `LogError` naming file, line and column; scores of OM28 are 1 (interested) or 0."""
    from impact.evaluation import read_scores  # here: whoever counts events needs no numpy
    from impact.evaluation.plan import Plan

    scale = (0.0, 1.0) if code == "OM28" else None
    plan = Plan(title=code, estimator="did", alpha=0.05, permutations=0, seed=0, min_completeness=0.0, scale=scale)
    scores = read_scores(path, plan)
    arms = ["programme" if is_in else "comparison" for is_in in scores.programme]
    rows = zip(arms, scores.clusters, scores.pre.tolist(), scores.post.tolist(), strict=True)
    pairs = tuple(Pair(*row) for row in rows if not (math.isnan(row[2]) or math.isnan(row[3])))
    if code == "OM28" and any(score not in (0, 1) for pair in pairs for score in (pair.pre, pair.post)):
        raise LogError(path, None, "post", "scores of OM28 are 1 for interested and 0 for not")
    return Measured(scores.file, pairs, {arm: arms.count(arm) for arm in dict.fromkeys(arms)})


_COMPLETE = both("Chi non ha tutti e due i punteggi.", "Who does not have both scores.")
_NOT_THE_EFFECT = both(
    "La variazione di un gruppo non è un effetto: per quello c'è OM25.", "The change of one group is not an effect: see OM25."
)
_STANDARD = both(
    "Deviazione standard dei punteggi prima, di entrambi i gruppi insieme.",
    "Standard deviation of the scores before, of both arms together.",
)
_CHANGE = both("Media di (dopo meno prima), per gruppo.", "Mean of (after minus before), by arm.")


@indicator(
    "OM24",
    name=both("Punteggio competenze STEAM", "STEAM skill score"),
    asks=both("Quanto cambia il punteggio STEAM in ogni gruppo?", "How much does the STEAM score change in each arm?"),
    numerator=_CHANGE,
    denominator=_STANDARD,
    exclusions=_COMPLETE,
    limits=_NOT_THE_EFFECT,
    unit="SD",
    events=(),
    needs=("scores",),
    by=("centre",),
    splits=("arm",),
    sdg=("4.4",),
    iris=("~PI9024",),
    level="outcome",
    counts="persons",
    minimum_n=5,
)
def steam_score(log: Log) -> list[dict[str, Any]]:
    return _scores(log, "OM24")


@indicator(
    "OM25",
    name=both("Effetto competenze", "Skill effect"),
    asks=both(
        "Quanto cambia in più chi partecipa rispetto al confronto?", "How much more do participants change than the comparison?"
    ),
    numerator=both("Lo stimatore principale del piano congelato.", "The primary estimator of the frozen plan."),
    denominator=_STANDARD,
    exclusions=both("Quelle del piano.", "Those of the plan."),
    limits=both(
        "I risultati descrivono la differenza tra due centri; il disegno non permette di attribuirla con certezza al programma.",
        "The results describe the difference between two centres; the design cannot attribute it to the programme with"
        " certainty.",
    ),
    unit="SD",
    events=(),
    needs=("evaluate",),
    by=(),
    sdg=("4.4",),
    iris=(),
    level="outcome",
    counts="persons",
    minimum_n=5,
)
def skill_effect(log: Log) -> list[dict[str, Any]]:
    """Never reached: it needs what only `evaluate` has."""
    raise NotImplementedError("OM25 comes out of `python -m impact evaluate`")


@indicator(
    "OM26",
    name=both("Competenze di vita", "Life-skill score"),
    asks=both("Quanto cambia il punteggio delle competenze di vita?", "How much does the life-skill score change in each arm?"),
    numerator=_CHANGE,
    denominator=_STANDARD,
    exclusions=_COMPLETE,
    limits=_NOT_THE_EFFECT,
    unit="SD",
    events=(),
    needs=("scores",),
    by=("centre",),
    splits=("arm",),
    sdg=("4.7",),
    iris=(),
    level="outcome",
    counts="persons",
    minimum_n=5,
)
def life_skill_score(log: Log) -> list[dict[str, Any]]:
    return _scores(log, "OM26")


@indicator(
    "OM28",
    name=both("Interesse per carriere STEM", "STEM career interest"),
    asks=both("Quanti in più si interessano a un lavoro STEM?", "How many more are interested in a STEM career?"),
    numerator=both("Interessati dopo meno interessati prima, per gruppo.", "Interested after minus interested before, by arm."),
    denominator=both("Chi ha risposto prima e dopo.", "Those who answered before and after."),
    exclusions=_COMPLETE,
    limits=both(
        "Interesse dichiarato, non scelte fatte; quota fra -1 e 1.", "Declared interest, not choices made; a share from -1 to 1."
    ),
    unit="pp",
    events=(),
    needs=("scores",),
    by=("centre",),
    splits=("arm",),
    sdg=("4.4", "8.6"),
    iris=(),
    level="outcome",
    direct=False,
    counts="persons",
    minimum_n=5,
)
def career_interest(log: Log) -> list[dict[str, Any]]:
    measured = log.scores["OM28"]
    return [
        group | {"numerator": round(sum(pair.post - pair.pre for pair in pairs)), "denominator": len(pairs), "n": len(pairs)}
        for group, pairs in _arms(log, measured)
    ]


def _arms(log: Log, measured: Measured) -> list[tuple[dict[str, str], list[Pair]]]:
    groups: dict[tuple, list[Pair]] = {}
    for pair in measured.pairs:
        groups.setdefault((*((pair.centre,) if "centre" in log.by else ()), pair.arm), []).append(pair)
    names = ("centre", "arm") if "centre" in log.by else ("arm",)
    return [(dict(zip(names, key, strict=True)), pairs) for key, pairs in sorted(groups.items())]


def _scores(log: Log, code: str) -> list[dict[str, Any]]:
    measured = log.scores[code]
    spread = _sd([pair.pre for pair in measured.pairs])
    return [group | _change(pairs, spread) for group, pairs in _arms(log, measured)]


def _change(pairs: list[Pair], spread: float | None) -> dict[str, Any]:
    """The change in units of `spread`, and in those of the scores with its 95 % interval by t."""
    from scipy import stats

    changes, n = [pair.post - pair.pre for pair in pairs], len(pairs)
    mean, error = _mean(changes), _sd(changes)
    half = None if error is None else float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error / math.sqrt(n)
    value = None if not spread else mean / spread
    answer = {"numerator": _digits(mean), "denominator": _digits(spread), "n": n, "value": _digits(value)}
    answer |= {
        "pre_mean": _digits(_mean([pair.pre for pair in pairs])),
        "post_mean": _digits(_mean([pair.post for pair in pairs])),
    }
    return answer | {
        "change_low": None if half is None else _digits(mean - half),
        "change_high": None if half is None else _digits(mean + half),
    }


def _mean(values: list[float]) -> float:
    return float(sum(map(Fraction, values)) / len(values))


def _sd(values: list[float]) -> float | None:
    if len(values) < 2:
        return None
    mean = sum(map(Fraction, values)) / len(values)
    return math.sqrt(sum((Fraction(value) - mean) ** 2 for value in values) / (len(values) - 1))


def _digits(value: float | None) -> float | None:
    """As in `evaluate`: 11 significant digits, which no machine's arithmetic changes."""
    return None if value is None else float(f"{value:.11g}")
