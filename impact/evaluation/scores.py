"""Read the scores of two arms before and after: a CSV in the wide or in the long form.

    wide    person, arm, centre, pre, post           one row a person
    long    person, arm, centre, wave, score         one row a person and wave, wave pre or post (follow-up is skipped)

Columns are found by name; further ones are read where the plan names them, and the column `reason` (why somebody left) is
always read. An empty cell is a missing score. Persons are put in the order of their names, so that the order of the rows
changes nothing.
"""

import csv
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from impact.evaluation.plan import Plan
from impact.row import LogError

ARMS = ("programme", "comparison")
MOST_ROWS = 100_000
SKIPPED_WAVES = ("follow-up", "followup", "follow_up")
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


class ScoresError(LogError):
    """Scores that cannot be evaluated, with the place where the file has them, or the column alone where it is all of it."""


class Outcome(NamedTuple):
    """Scores before and after, NaN where missing, one a person: two arrays of n floats."""

    pre: np.ndarray
    post: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Everybody in the file, in the order of their names: n persons.

    `programme` are n truth values, `pre` and `post` n floats with NaN where missing, `clusters` n names, `covariates` an
    n x k array in which texts have become indicators, `outcomes` and `items` what the plan asks for besides.
    """

    file: str
    persons: tuple[str, ...]
    programme: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    clusters: tuple[str, ...]
    covariates: np.ndarray
    covariate_names: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    items: dict[str, np.ndarray] = field(default_factory=dict)
    reasons: tuple[str | None, ...] = ()
    sha256: str = ""

    @cached_property
    def complete(self) -> np.ndarray:
        """Who has both scores: n truth values."""
        return ~(np.isnan(self.pre) | np.isnan(self.post))


class _Cell(NamedTuple):
    text: str
    line: int


class _Person(NamedTuple):
    """What the file says of one person: `own` by column, and the scores and items by wave and column."""

    line: int
    own: dict[str, _Cell]
    waves: dict[str, dict[str, _Cell]]


def read_scores(path: str | os.PathLike, plan: Plan) -> Scores:
    """The scores in a CSV, with the columns that the plan names. Raises `ScoresError` at the first cell that cannot be read."""
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ScoresError(path, None, None, f"the file cannot be opened: {error.strerror}") from None
    people = _people(path, plan)
    persons = tuple(sorted(people))
    rows = [people[name] for name in persons]
    covariates, names = _covariates(path, rows, plan)
    return Scores(
        file=str(path),
        persons=persons,
        programme=np.array([row.own["arm"].text == ARMS[0] for row in rows], dtype=bool),
        pre=_numbers(path, rows, "pre", "pre", plan.scale),
        post=_numbers(path, rows, "post", "post", plan.scale),
        clusters=tuple(row.own[plan.clusters].text for row in rows),
        covariates=covariates,
        covariate_names=names,
        outcomes={
            name: Outcome(*(_numbers(path, rows, wave, f"{name}_{wave}") for wave in ("pre", "post")))
            for name in (*plan.confirmatory, *plan.exploratory)
        },
        items={wave: _items(path, rows, wave, plan) for wave in ("pre", "post")} if plan.reliability else {},
        reasons=tuple(row.own["reason"].text or None if "reason" in row.own else None for row in rows),
        sha256=digest,
    )


def _people(path: Any, plan: Plan) -> dict[str, _Person]:
    rows = _rows(path)
    _, header = next(rows)
    is_long = _is_long(path, header)
    own, waves = _columns(path, header, plan, is_long)
    people: dict[str, _Person] = {}
    for line, cells in rows:
        row = {column: _Cell(cells[place].strip(), line) for place, column in enumerate(header)}
        _check_own(path, row, own)
        name, arm = row["person"].text, row["arm"].text
        if arm not in ARMS:
            raise ScoresError(path, line, "arm", f"{arm!r} is not one of {', '.join(ARMS)}")
        if is_long:
            _add_wave(path, people, row, own, waves)
        elif name in people:
            raise ScoresError(path, line, "person", f"{name!r} stands in line {people[name].line}, too: give each person one row")
        else:
            kept = {wave: {column: row[source] for column, source in columns.items()} for wave, columns in waves.items()}
            people[name] = _Person(line, {column: row[column] for column in own}, kept)
        if len(people) > MOST_ROWS:
            raise ScoresError(path, line, None, f"the file has more than {MOST_ROWS:,} persons: this is not a file of scores")
    return people


def _add_wave(path: Any, people: dict[str, _Person], row: dict[str, _Cell], own: list[str], waves: dict) -> None:
    """One row of the long form: the person's own columns must say the same in each of their rows."""
    name, wave = row["person"].text, row["wave"]
    if wave.text not in (*waves, *SKIPPED_WAVES):
        raise ScoresError(path, wave.line, "wave", f"{wave.text!r} is not one of pre, post, follow-up")
    person = people.setdefault(name, _Person(wave.line, {column: row[column] for column in own}, {"pre": {}, "post": {}}))
    for column in own:
        if column != "reason" and person.own[column].text != row[column].text:
            words = f"{row[column].text!r} is not what line {person.line} says of {name!r}: {person.own[column].text!r}"
            raise ScoresError(path, wave.line, column, words)
    if "reason" in own and not person.own["reason"].text:
        person.own["reason"] = row["reason"]
    if wave.text in SKIPPED_WAVES:
        return
    if person.waves[wave.text]:
        raise ScoresError(path, wave.line, "wave", f"{name!r} has a row for {wave.text} already: give one row a person and wave")
    person.waves[wave.text] |= {column: row[source] for column, source in waves[wave.text].items()}


def _rows(path: Any) -> Iterator[tuple[int, list[str]]]:
    """The lines of the file with their cells, the header first; blank lines are skipped."""
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines, line, header = csv.reader(file, strict=True), 1, None
        try:
            for cells in lines:
                if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
                    raise ScoresError(path, line, None, "the row is not UTF-8: save the file in UTF-8")
                if cells and header is None:
                    header = cells = [cell.strip() for cell in cells]
                elif cells and len(cells) != len(header):
                    column = header[min(len(cells), len(header) - 1)]
                    raise ScoresError(path, line, column, f"the row has {len(cells)} cells and the header {len(header)}")
                if cells:
                    yield line, cells
                line = lines.line_num + 1
        except csv.Error as error:
            raise ScoresError(path, line, None, f"the row is not CSV: {error}") from None
    if header is None:
        raise ScoresError(path, 1, "person", "the column is missing: the file is empty")


def _is_long(path: Any, header: list[str]) -> bool:
    for column in header:
        if column and header.count(column) > 1:
            raise ScoresError(path, 1, column, "the column stands twice in the header")
    has_wide, has_long = {"pre", "post"} & set(header), {"wave", "score"} & set(header)
    if has_wide and has_long:
        words = f"stands beside {', '.join(sorted(has_long))}: give pre and post (wide) or wave and score (long)"
        raise ScoresError(path, 1, min(has_wide), words)
    return bool(has_long)


def _columns(path: Any, header: list[str], plan: Plan, is_long: bool) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The columns of the person, and for each wave the name under which a value is kept -> its column."""
    own = list(dict.fromkeys(("person", "arm", "centre", plan.clusters, *plan.covariates)))
    waves = {wave: {wave: "score" if is_long else wave} for wave in ("pre", "post")}
    for name in (*plan.confirmatory, *plan.exploratory):
        if is_long:
            raise ScoresError(
                path, 1, f"{name}_pre", "further outcomes are read from the wide form: give pre and post in one row"
            )
        for wave in waves:
            waves[wave] |= {f"{name}_{wave}": f"{name}_{wave}"}
    for wave in waves if plan.reliability else ():
        waves[wave] |= {f"item {item}": item for item in _items_of(plan, wave)}
    wanted = [*own, *(("wave",) if is_long else ()), *(column for columns in waves.values() for column in columns.values())]
    for column in wanted:
        if column not in header:
            raise ScoresError(path, 1, column, f"the column is missing: the header is {', '.join(header)[:200]}")
    return own + ["reason"] * ("reason" in header), waves


def _items_of(plan: Plan, wave: str) -> tuple[str, ...]:
    return plan.reliability.items_pre if wave == "pre" else plan.reliability.items_post


def _check_own(path: Any, row: dict[str, _Cell], own: list[str]) -> None:
    for column in own:
        if not row[column].text and column != "reason":
            raise ScoresError(path, row[column].line, column, "is empty: every row needs it")


def _number(path: Any, cell: _Cell, column: str, scale: tuple[float, float] | None = None) -> float:
    if not cell.text:
        return np.nan
    if not _NUMBER.fullmatch(cell.text):
        words = f"{cell.text[:80]!r} is not a number: write it with a decimal point, or leave the cell empty where there is none"
        raise ScoresError(path, cell.line, column, words)
    value = float(cell.text)
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-15:
        words = f"{cell.text[:80]!r} is not a score: it is too {'large' if abs(value) > 1 else 'small'}"
        raise ScoresError(path, cell.line, column, words)
    if scale and not scale[0] <= value <= scale[1]:
        words = f"{cell.text} is out of scale: the plan's goes from {scale[0]:g} to {scale[1]:g}"
        raise ScoresError(path, cell.line, column, words)
    return value


_NONE = _Cell("", 0)


def _numbers(path: Any, rows: list[_Person], wave: str, name: str, scale: tuple[float, float] | None = None) -> np.ndarray:
    return np.array([_number(path, row.waves[wave].get(name, _NONE), name, scale) for row in rows], dtype=float)


def _items(path: Any, rows: list[_Person], wave: str, plan: Plan) -> np.ndarray:
    """Answers, n x items, with the sign of the reversed ones turned."""
    columns = []
    for item in _items_of(plan, wave):
        answers = [_number(path, row.waves[wave].get(f"item {item}", _NONE), item) for row in rows]
        columns.append(np.array(answers) * (-1 if item in plan.reliability.reverse else 1))
    return np.column_stack(columns)


def _covariates(path: Any, rows: list[_Person], plan: Plan) -> tuple[np.ndarray, tuple[str, ...]]:
    """The n x k design of the covariates: numbers as they are, texts as one indicator a value but the first in order."""
    columns, names = [], []
    for name in plan.covariates:
        cells = [row.own[name] for row in rows]
        if any(_NUMBER.fullmatch(cell.text) for cell in cells):
            columns.append([_number(path, cell, name) for cell in cells])
            names.append(name)
            continue
        for value in sorted({cell.text for cell in cells})[1:]:
            columns.append([float(cell.text == value) for cell in cells])
            names.append(f"{name}={value}")
    return np.array(columns, dtype=float).T.reshape(len(rows), len(names)), tuple(names)
