"""Plans and scores for the tests of the evaluation.

`data/anorexia.csv`: weights of 72 girls before and after cognitive behavioural therapy (the programme), family therapy (ft) or
none (cont), here both comparison. Hand, Daly, McConway, Lunn and Ostrowski (1993), A Handbook of Small Data Sets, data set 285;
taken from Rdatasets (csv/MASS/anorexia.csv, commit 1dcc2bf5), where it comes from the R package MASS (GPL-2 or GPL-3).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from impact.evaluation import Plan, Scores, read_scores

DATA = Path(__file__).parent / "data"
PLAN = {
    "title": "A plan",
    "estimator": "did",
    "alpha": 0.05,
    "permutations": 20_000,
    "seed": 7,
    "direction": "higher",
    "min_completeness": 0.8,
}


def plan(**changes) -> Plan:
    known = {key: held for key, held in PLAN.items() if key != "direction"}
    return Plan(**(known | changes))


def plan_text(more: str = "", **changes) -> str:
    """The text of a plan, with these keys of [plan] changed (None: left out), and more tables after it."""
    held = {key: value for key, value in (PLAN | changes).items() if value is not None}
    spelt = {key: f'"{value}"' if isinstance(value, str) else value for key, value in held.items()}
    return "\n".join(["[plan]", *(f"{key} = {value}" for key, value in spelt.items()), more, ""])


def anorexia(folder: Path, *, family_therapy: bool = False) -> Path:
    """A file of therapy beside no therapy: two centres, one in each arm; with family therapy as a column of its own, all 72."""
    header, *lines = (DATA / "anorexia.csv").read_text().splitlines()
    if family_therapy:
        lines = [f"{line},{int(',ft,' in line)}" for line in lines]
        header += ",ft"
    else:
        lines = [line for line in lines if ",ft," not in line]
    path = folder / "scores.csv"
    path.write_text("\n".join([header, *lines, ""]))
    return path


def two_centres(folder: Path) -> Scores:
    return read_scores(anorexia(folder), plan())


def scores(programme: Sequence[tuple], comparison: Sequence[tuple], *, centres: Sequence[str] | None = None, **more) -> Scores:
    """Pairs (pre, post), None where missing; one centre in each arm unless `centres` names one a person."""
    pairs = np.array([*programme, *comparison], dtype=float).reshape(-1, 2)
    arm = np.array([True] * len(programme) + [False] * len(comparison))
    known = {
        "file": "scores.csv",
        "persons": tuple(f"p{number:03}" for number in range(len(arm))),
        "programme": arm,
        "pre": pairs[:, 0],
        "post": pairs[:, 1],
        "clusters": tuple(centres or np.where(arm, "lecce", "brindisi").tolist()),
        "covariates": np.empty((len(arm), 0)),
        "reasons": (None,) * len(arm),
    }
    return Scores(**(known | more))


def drawn(seed: int, n: tuple[int, int] = (12, 10), effect: float = 2.0) -> Scores:
    """Made-up pairs that correlate, programme better by `effect`."""
    random = np.random.default_rng(seed)
    pre = random.normal(50, 10, sum(n))
    post = 20 + 0.6 * pre + random.normal(0, 6, sum(n)) + effect * (np.arange(sum(n)) < n[0])
    pairs = list(zip(pre.round(2), post.round(2), strict=True))
    return scores(pairs[: n[0]], pairs[n[0] :])
