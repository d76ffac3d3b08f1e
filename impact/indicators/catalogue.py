"""The catalogue of 37 indicators, and what computes it from a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from impact.indicators import courses, hours, organisations, reach, skills, spaces, voice  # noqa: F401 - they enter the catalogue
from impact.indicators import definition as _definition
from impact.indicators.definition import Indicator
from impact.indicators.frame import answer, order_of
from impact.indicators.view import Log, month_name
from impact.row import LogError
from impact.sides import read as read_sides
from impact.tables import Opened, opened

CATALOGUE: dict[str, Indicator] = dict(sorted(_definition.CATALOGUE.items()))
VERSION = _definition.VERSION


@dataclass(frozen=True)
class Answer:
    """Rows of indicators (see `impact.indicators.frame.answer`, each with its `period`), and what they were computed from.

    recomputed: with a cache, the months that were computed anew; None without one.
    """

    indicators: list[dict[str, Any]]
    log_head: str | None
    rows: int
    threshold: int
    recomputed: list[str] | None = None
    definitions_version: str = VERSION

    def described(self) -> dict[str, Any]:
        """The answer as the command prints it."""
        told = {"indicators": self.indicators, "log_head": self.log_head, "definitions_version": self.definitions_version}
        told |= {"rows": self.rows, "threshold": self.threshold}
        return told if self.recomputed is None else told | {"recomputed": self.recomputed}


def compute(
    source: str | Path,
    *,
    engine: str = "duckdb",
    side: str | Path | None = None,
    scores: Mapping[str, str | Path] | None = None,
    cache: str | Path | None = None,
    **options: Any,
) -> Answer:
    """The catalogue from a log: see `compute_from` for the options, `impact.tables.opened` for source and engine.

    side: the folder of the side files, by default the log's own; scores: a file for each code of OM24, OM26, OM28; cache: a
    folder that keeps what was computed by month. Raises `LogError`.
    """
    measured = {code: skills.read(Path(path), code) for code, path in (scores or {}).items()}
    folder = side or (source if Path(source).is_dir() else None)
    sides = read_sides(Path(folder)) if folder else {}
    with opened(source, engine=engine) as log:
        return compute_from(log, sides, scores=measured, cache=cache and Path(cache), **options)


def compute_from(
    log: Opened,
    sides: Mapping[str, list[dict[str, Any]]],
    *,
    first: date | None = None,
    last: date | None = None,
    by: Sequence[str] = (),
    only: Sequence[str] = (),
    threshold: int = 5,
    scores: Mapping[str, skills.Measured] | None = None,
    cache: Path | None = None,
) -> Answer:
    """The catalogue from an open log.

    first, last: days in Rome, both inclusive; by: columns of `DIMENSIONS`, crossed; only: codes, all where empty;
    threshold: see `frame.answer`; for an evaluator's working figures 0, which hides nothing.
    """
    for code in only:
        if code not in CATALOGUE:
            raise LogError("--only", None, None, f"{code!r} is not an indicator: they go from OM01 to OM37")
    if first and last and first > last:
        raise LogError("--from", None, None, f"the period begins on {first} and ends before, on {last}")
    view = Log(log, sides, first=first, last=last, by=order_of(by), scores=scores)
    recomputed = None
    if cache:
        from impact.indicators.partitions import use

        recomputed = [month_name(month) for month in use(cache, view)]
    rows = []
    for code in only or CATALOGUE:
        found = answer(CATALOGUE[code], view, threshold)
        rows += [row | {"period": f"{first or '..'}/{last or '..'}"} for row in found]
    return Answer(rows, log.head, log.rows, threshold, recomputed)
