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
    [frozen]                        # written by `freeze`, always last
    at = 2026-03-01T10:00:00+01:00
    sha256 = "..."                  # of the file's bytes before the line [frozen]

Only `[plan]` must be there. Keys that are not listed here are kept in the hash and otherwise ignored.
"""

import hashlib
import math
import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from impact.row import LogError

ESTIMATORS = ("did", "ancova")
_HIGHER = ("higher", "higher_is_better", "higher-is-better", "higher_better", "up", "increase", "positive", "greater")
_LOWER = ("lower", "lower_is_better", "lower-is-better", "lower_better", "down", "decrease", "negative", "less")
DIRECTIONS = dict.fromkeys(_HIGHER, False) | dict.fromkeys(_LOWER, True)  # whether lower is better
_FROZEN = re.compile(rb"^[ \t]*\[frozen\].*$", re.MULTILINE)
_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")


class PlanError(LogError):
    """A plan that cannot be run; `column` is the key, as in `plan.alpha`."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The items of the scale, by the columns that hold their answers before and after."""

    threshold: float
    items_pre: tuple[str, ...]
    items_post: tuple[str, ...]
    reverse: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan. `sha256` is of the bytes that freezing covers, `frozen_sha256` what the file says it was when frozen."""

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

    @property
    def is_frozen(self) -> bool:
        return self.frozen_sha256 is not None and self.frozen_sha256 == self.sha256


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
        raise PlanError(path, None, "frozen", f"the plan is frozen already, at {plan.frozen_at}: write a new file to amend it")
    content = Path(path).read_bytes()
    content += b"\n" if content.endswith(b"\n") else b"\n\n"
    content += f'[frozen]\nat = {at.isoformat()}\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'.encode()
    frozen = _plan_of(content, path)
    part = Path(f"{os.fspath(path)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return frozen


def _plan_of(content: bytes, path: Any) -> Plan:
    data = _parsed(content, path)
    mark = _FROZEN.search(content)
    covered = content[: mark.start()] if mark else content
    table = _Table(path, content.decode(), data)
    frozen = _frozen(table, covered, bool(mark)) if "frozen" in data else {}
    return Plan(sha256=hashlib.sha256(covered).hexdigest(), **frozen, **_what(table))


def _parsed(content: bytes, path: Any) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise PlanError(path, None, None, "the file is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        words, line = str(error), re.search(r"at line (\d+)", str(error))
        raise PlanError(path, int(line[1]) if line else None, None, f"the file is not TOML: {words}") from None


class _Table:
    """The values of a plan, each asked for by table and key, with the line where it stands for the error."""

    def __init__(self, path: Any, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data
        for name in ("plan", "clusters", "covariates", "scale", "reliability", "multiplicity", "frozen"):
            if not isinstance(data.get(name, {}), dict):
                raise PlanError(path, self.line(None, name), name, f"is not a table: write [{name}]")
        if "plan" not in data:
            raise PlanError(path, None, "plan", "the table [plan] is missing")

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def has(self, table: str, key: str) -> bool:
        return key in self.data.get(table, {})

    def line(self, table: str | None, key: str | None) -> int | None:
        current, header = None, None
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := _TABLE.fullmatch(line.split("#")[0].rstrip()):
                current = found[1]
                header = number if current == table else header
            elif current == table and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return header

    def fail(self, table: str, key: str, words: str) -> NoReturn:
        raise PlanError(self.path, self.line(table, key), f"{table}.{key}", words)

    def get(self, table: str, key: str) -> Any:
        if not self.has(table, key):
            self.fail(table, key, "the key is missing")
        return self.data[table][key]

    def text_of(self, table: str, key: str) -> str:
        value = self.get(table, key)
        if not isinstance(value, str) or not value.strip():
            self.fail(table, key, f"{value!r} is not a text")
        return value

    def number(self, table: str, key: str, is_good: Any = lambda value: True, wanted: str = "a number") -> float:
        value = self.get(table, key)
        if type(value) not in (int, float) or not math.isfinite(value) or not is_good(value):
            self.fail(table, key, f"{value!r} is not {wanted}")
        return value

    def whole(self, table: str, key: str, least: int, most: int) -> int:
        value = self.get(table, key)
        if type(value) is not int or not least <= value <= most:
            self.fail(table, key, f"{value!r} is not a whole number from {least} to {most}")
        return value

    def names(self, table: str, key: str, least: int = 0) -> tuple[str, ...]:
        value = self.get(table, key)
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value) or len(value) < least:
            self.fail(table, key, f"{value!r} is not a list of{f' {least} or more' if least else ''} names of columns")
        if len(set(value)) < len(value):
            self.fail(table, key, f"{value!r} repeats a name")
        return tuple(value)


def _what(table: _Table) -> dict[str, Any]:
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


def _outcomes(table: _Table, family: str) -> tuple[str, ...]:
    """The further outcomes of a family; a plan may name its method instead, and then has none."""
    if not table.has("multiplicity", family):
        return ()
    held = table.data["multiplicity"][family]
    if isinstance(held, str):
        if held.lower() not in _FAMILIES[family]:
            table.fail("multiplicity", family, f"{held!r} is neither a list of outcomes nor {_FAMILIES[family][0]!r}, its method")
        return ()
    return table.names("multiplicity", family)


def _covariates(table: _Table) -> tuple[str, ...]:
    if not table.data.get("covariates"):
        return ()
    names = table.names("covariates", "columns")
    for name in names:
        if name in ("person", "arm", "post", "wave", "score"):
            table.fail("covariates", "columns", f"{name!r} cannot be a covariate")
    return tuple(name for name in names if name != "pre")


def _scale(table: _Table) -> tuple[float, float] | None:
    if not table.data.get("scale"):
        return None
    least, most = table.number("scale", "min"), table.number("scale", "max")
    if least >= most:
        table.fail("scale", "max", f"{most!r} is not above the min, {least!r}")
    return float(least), float(most)


def _reliability(table: _Table) -> Reliability | None:
    if not table.data.get("reliability"):
        return None
    name = "reliability"
    return Reliability(
        threshold=table.number(name, "threshold", lambda value: 0 <= value <= 1, "a share from 0 to 1"),
        items_pre=table.names(name, "items_pre", 2),
        items_post=table.names(name, "items_post", 2),
        reverse=table.names(name, "reverse") if table.has(name, "reverse") else (),
    )


def _frozen(table: _Table, covered: bytes, is_marked: bool) -> dict[str, str]:
    if not is_marked:
        table.fail("frozen", "sha256", "stands elsewhere than under a line [frozen] of its own: freeze the plan again")
    rest = {name: held for name, held in table.data.items() if name != "frozen"}
    if _parsed(covered, table.path) != rest:
        table.fail("frozen", "sha256", "is followed by keys that the hash does not cover: [frozen] comes last")
    return {"frozen_at": _moment(table), "frozen_sha256": table.text_of("frozen", "sha256")}


def _moment(table: _Table) -> str:
    value = table.get("frozen", "at")
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        table.fail("frozen", "at", f"{value!r} is not a time: write it in ISO 8601")
