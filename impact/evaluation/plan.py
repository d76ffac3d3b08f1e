"""The analysis plan: a TOML file that says what will be computed, frozen by the hash of its own bytes.

    [plan]
    title = "Volare Alto 2026"
    estimator = "did"               # or "ancova": the one that pays; the other is printed beside it
    alpha = 0.05
    permutations = 20000            # draws where not every relabelling can be listed; fewer than 20,000 count as 20,000
    seed = 20260301
    direction = "higher"            # or "lower": which way a score gets better
    min_completeness = 0.8          # share with both scores that each arm must reach
    [clusters]
    column = "centre"
    [covariates]
    columns = ["age"]               # pre is always one
    [scale]
    min = 1
    max = 5
    [reliability]                   # Cronbach's alpha of the items, below which nothing is payable
    threshold = 0.7
    items_pre = ["a1", "a2"]
    items_post = ["b1", "b2"]
    reverse = ["a2", "b2"]
    [multiplicity]                  # further outcomes, each in the columns NAME_pre and NAME_post
    confirmatory = ["curiosity"]    # adjusted with the primary one (Holm)
    exploratory = ["teamwork"]      # adjusted among themselves (Benjamini-Hochberg)
    [frozen]                        # written by `freeze`; only amendments follow it
    at = 2026-03-01T10:00:00+01:00
    sha256 = "..."                  # of the file's bytes before the line [frozen]
    [[amendments]]                  # written by `amend`, each at the end
    at = 2026-04-01T10:00:00+02:00
    scores = "unseen"               # or "seen": what was changed by then makes the run exploratory
    reason = "the comparison centre closes in May"
    change.plan.min_completeness = 0.7
    sha256 = "..."                  # of the file's bytes before this line

Only `[plan]` must be there. Keys that are not listed here are kept in the hash and otherwise ignored.
"""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from impact.evaluation.table import TABLES, PlanError, Table, parsed
from impact.log import whole

ESTIMATORS = ("did", "ancova")
_HIGHER = ("higher", "higher_is_better", "higher-is-better", "higher_better", "up", "increase", "positive", "greater")
_LOWER = ("lower", "lower_is_better", "lower-is-better", "lower_better", "down", "decrease", "negative", "less")
DIRECTIONS = dict.fromkeys(_HIGHER, False) | dict.fromkeys(_LOWER, True)  # whether lower is better
_FROZEN = re.compile(rb"^[ \t]*\[frozen\].*$", re.MULTILINE)
_AMENDED = re.compile(rb"^[ \t]*\[\[[ \t]*amendments[ \t]*\]\]", re.MULTILINE)
_SEALED = re.compile(rb"^[ \t]*sha256[^\n]*\s*\Z", re.MULTILINE)
UNSEEN, SEEN = "unseen", "seen"


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The items of the scale, by the columns that hold their answers before and after."""

    threshold: float
    items_pre: tuple[str, ...]
    items_post: tuple[str, ...]
    reverse: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What was changed in a frozen plan: `change` is by table and key; `scores`: whether they were seen or unseen by then.

    `sha256` is of all bytes before its own line, `sealed_sha256` what the file says it was.
    """

    at: str
    scores: str
    reason: str
    change: dict[str, dict[str, Any]]
    sha256: str
    sealed_sha256: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan, as amended.

    `sha256` is of the bytes that freezing covers, `frozen_sha256` what the file says it was when frozen.
    """

    title: str
    estimator: str
    alpha: float
    permutations: int
    seed: int
    min_completeness: float
    lower_is_better: bool = False
    clusters: str = "centre"
    covariates: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    reliability: Reliability | None = None
    confirmatory: tuple[str, ...] = ()
    exploratory: tuple[str, ...] = ()
    sha256: str = ""
    frozen_at: str | None = None
    frozen_sha256: str | None = None
    amendments: tuple[Amendment, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the file is what was frozen, and amended, to the byte."""
        return self.frozen_sha256 == self.sha256 and all(one.sealed_sha256 == one.sha256 for one in self.amendments)

    @property
    def is_frozen(self) -> bool:
        """Whether all of it was fixed before scores were seen."""
        return self.is_whole and all(one.scores == UNSEEN for one in self.amendments)

    @property
    def last_sha256(self) -> str:
        """What parties name who agree to the plan with all its amendments."""
        return self.amendments[-1].sha256 if self.amendments else self.sha256


def read_plan(path: str | os.PathLike) -> Plan:
    """The plan in a TOML file. Raises `PlanError` naming file, line and key; a hash that does not match is no error here."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise PlanError(path, None, None, f"the file cannot be opened: {error.strerror}") from None
    return _plan_of(content, path)


def freeze(path: str | os.PathLike, at: datetime) -> Plan:
    """Append `[frozen]` to a plan that has none and return it. Raises `PlanError`, and leaves the file as it was.

    `at` is when those who signed froze it, with its offset from UTC.
    """
    plan = read_plan(path)
    if plan.frozen_sha256 is not None:
        raise PlanError(path, None, "frozen", f"the plan is frozen already, at {plan.frozen_at}: `amend` changes it")
    content = Path(path).read_bytes()
    content += b"\n" if content.endswith(b"\n") else b"\n\n"
    content += f'[frozen]\nat = {at.isoformat()}\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'.encode()
    return _kept(content, path)


def amend(path: str | os.PathLike, at: datetime, *, reason: str, changes: Sequence[str], scores: str) -> Plan:
    """Append an amendment to a frozen plan and return it as amended. Raises `PlanError`, and leaves the file as it was.

    changes: each as TOML of one line, `plan.alpha = 0.01`; scores: whether who decided had `SEEN` any after the programme.
    """
    plan = read_plan(path)
    if plan.frozen_sha256 is None:
        raise PlanError(path, None, "frozen", "the plan is not frozen yet: change it as you like, then `freeze` it")
    if not plan.is_whole:
        raise PlanError(path, None, "frozen", "the plan was changed after it was frozen: put back what was frozen, then amend it")
    last = datetime.fromisoformat(plan.amendments[-1].at if plan.amendments else plan.frozen_at)
    if last.tzinfo and at < last:
        words = f"{at.isoformat()} is before {last.isoformat()}, when the plan was fixed last"
        raise PlanError(path, None, "amendments.at", words)
    content = Path(path).read_bytes()
    content += b"\n" if content.endswith(b"\n") else b"\n\n"
    told = {"at": at.isoformat(), "scores": f'"{scores}"', "reason": json.dumps(reason, ensure_ascii=False)}
    lines = ["[[amendments]]", *(f"{key} = {value}" for key, value in told.items()), *(f"change.{one}" for one in changes)]
    content += "".join(f"{line}\n" for line in lines).encode()
    content += f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n'.encode()
    if replace(_plan_of(content, path), amendments=plan.amendments) == plan:
        raise PlanError(path, None, "amendments.change", f"{', '.join(changes)} changes nothing of what is computed")
    return _kept(content, path)


def _kept(content: bytes, path: Any) -> Plan:
    plan = _plan_of(content, path)
    with whole(path) as part:
        part.write_bytes(content)
    return plan


def _plan_of(content: bytes, path: Any) -> Plan:
    data = parsed(content, path)
    mark = _FROZEN.search(content)
    covered = content[: mark.start()] if mark else content
    table = Table(path, content.decode(), data)
    frozen = _frozen(table, covered, bool(mark)) if "frozen" in data else {}
    amendments = _amendments(table, content, mark.end() if mark else 0) if "amendments" in data else ()
    for one in amendments:
        data = data | {name: data.get(name, {}) | keys for name, keys in one.change.items()}
    told = _what(Table(path, content.decode(), data))
    return Plan(sha256=hashlib.sha256(covered).hexdigest(), amendments=amendments, **frozen, **told)


def _what(table: Table) -> dict[str, Any]:
    estimator = table.text_of("plan", "estimator")
    if estimator not in ESTIMATORS:
        table.fail("plan", "estimator", f"{estimator!r} is not one of {', '.join(ESTIMATORS)}")
    direction = table.text_of("plan", "direction") if table.has("plan", "direction") else "higher"
    if direction not in DIRECTIONS:
        table.fail("plan", "direction", f"{direction!r} is not one of {', '.join(DIRECTIONS)}")
    family = {key: _outcomes(table, key) for key in _FAMILIES}
    if twice := set(family["confirmatory"]) & set(family["exploratory"]):
        table.fail("multiplicity", "exploratory", f"{sorted(twice)} stand among the confirmatory outcomes, too")
    return family | {
        "title": table.text_of("plan", "title"),
        "estimator": estimator,
        "alpha": table.number("plan", "alpha", lambda value: 0 < value <= 0.5, "a share above 0 and up to 0.5"),
        "permutations": table.whole("plan", "permutations", 1, 10_000_000),
        "seed": table.whole("plan", "seed", 0, 2**63 - 1),
        "lower_is_better": DIRECTIONS[direction],
        "min_completeness": table.number("plan", "min_completeness", lambda value: 0 <= value <= 1, "a share from 0 to 1"),
        "clusters": table.text_of("clusters", "column") if table.has("clusters", "column") else "centre",
        "covariates": _covariates(table),
        "scale": _scale(table),
        "reliability": _reliability(table),
    }


_FAMILIES = {"confirmatory": ("holm",), "exploratory": ("bh", "fdr_bh", "benjamini-hochberg")}  # and how each is adjusted


def _outcomes(table: Table, family: str) -> tuple[str, ...]:
    """The further outcomes of a family; a plan may name its method instead, and then has none."""
    if not table.has("multiplicity", family):
        return ()
    held = table.data["multiplicity"][family]
    if isinstance(held, str):
        if held.lower() not in _FAMILIES[family]:
            table.fail("multiplicity", family, f"{held!r} is neither a list of outcomes nor {_FAMILIES[family][0]!r}, its method")
        return ()
    return table.names("multiplicity", family)


def _covariates(table: Table) -> tuple[str, ...]:
    if not table.data.get("covariates"):
        return ()
    names = table.names("covariates", "columns")
    for name in names:
        if name in ("person", "arm", "post", "wave", "score"):
            table.fail("covariates", "columns", f"{name!r} cannot be a covariate")
    return tuple(name for name in names if name != "pre")


def _scale(table: Table) -> tuple[float, float] | None:
    if not table.data.get("scale"):
        return None
    least, most = table.number("scale", "min"), table.number("scale", "max")
    if least >= most:
        table.fail("scale", "max", f"{most!r} is not above the min, {least!r}")
    return float(least), float(most)


def _reliability(table: Table) -> Reliability | None:
    if not table.data.get("reliability"):
        return None
    name = "reliability"
    return Reliability(
        threshold=table.number(name, "threshold", lambda value: 0 <= value <= 1, "a share from 0 to 1"),
        items_pre=table.names(name, "items_pre", 2),
        items_post=table.names(name, "items_post", 2),
        reverse=table.names(name, "reverse") if table.has(name, "reverse") else (),
    )


def _frozen(table: Table, covered: bytes, is_marked: bool) -> dict[str, str]:
    if not is_marked:
        table.fail("frozen", "sha256", "stands elsewhere than under a line [frozen] of its own: freeze the plan again")
    rest = {name: held for name, held in table.data.items() if name not in ("frozen", "amendments")}
    if parsed(covered, table.path) != rest:
        table.fail("frozen", "sha256", "is followed by keys that the hash does not cover: only amendments follow [frozen]")
    return {"frozen_at": table.moment("frozen", "at"), "frozen_sha256": table.text_of("frozen", "sha256")}


def _amendments(table: Table, content: bytes, start: int) -> tuple[Amendment, ...]:
    """The records after the frozen plan, each with the hash of what stands before its last line."""
    records, places = table.data["amendments"], [mark.start() for mark in _AMENDED.finditer(content, start)]
    if "frozen" not in table or not isinstance(records, list) or len(records) != len(places):
        table.fail("amendments", "at", "stands elsewhere than under a line [[amendments]] after [frozen]: write it by `amend`")
    found = []
    for record, place, end in zip(records, places, [*places[1:], len(content)], strict=True):
        seal = _SEALED.search(content[place:end])
        if not seal:
            table.fail("amendments", "sha256", "is not the last line of each amendment: write it by `amend`")
        one = Table(table.path, table.text, table.data | {"amendments": record})
        digest = hashlib.sha256(content[: place + seal.start()]).hexdigest()
        found.append(Amendment(**_amendment(one), sha256=digest, sealed_sha256=one.text_of("amendments", "sha256")))
    return tuple(found)


def _amendment(table: Table) -> dict[str, Any]:
    name, scores, change = "amendments", table.text_of("amendments", "scores"), table.get("amendments", "change")
    if scores not in (UNSEEN, SEEN):
        table.fail(name, "scores", f"{scores!r} is not one of {UNSEEN}, {SEEN}")
    if not isinstance(change, dict) or not all(key in TABLES and isinstance(keys, dict) for key, keys in change.items()):
        table.fail(name, "change", f"{change!r} is not by table and key: write it as in change.plan.alpha = 0.01")
    try:
        json.dumps(change, allow_nan=False)
    except (TypeError, ValueError):
        table.fail(name, "change", f"{change!r} holds what no key of a plan takes")
    return {"at": table.moment(name, "at"), "scores": scores, "reason": table.text_of(name, "reason"), "change": change}
