"""What a portal may show of a log: the catalogue by activity and by month, of several periods, after disclosure control.

Each table (an indicator, a period, a breakdown) is laid beside all that was published before (`impact.releases`); one that
would tell a small group with those is refused with its reason, and the others go out.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from impact.disclosure import THRESHOLD, DisclosureError, must_be_threshold
from impact.log import whole
from impact.releases import Register, Release
from impact.row import LogError
from impact.show import show

BREAKDOWNS = ("", "activity", "month")
SIDE = "side"  # of a share of people: those whom it counts, and the rest
NEVER_WRITTEN = ("name", "name_en", "period")


class Period(NamedTuple):
    """A span of days, both of them inside, and what it is called."""

    key: str
    first: date
    last: date


def publish(
    source: str | Path, periods: Sequence[Period], register: Path, *, only: Sequence[str] = (), threshold: int = THRESHOLD
) -> dict[str, Any]:
    """All tables that may be published, and those that may not with the reason; the register grows by the former.

    register: a folder with a file of releases for each indicator; only: codes, all where empty. Raises `LogError`, and
    `DisclosureError` for a threshold beneath the floor or a register that is not whole.
    """
    from impact.indicators import CATALOGUE, VERSION, compute_from  # here: other commands need no database
    from impact.sides import read
    from impact.tables import opened

    must_be_threshold(threshold)
    for file in register.glob("*.jsonl"):
        Register(file).releases()  # says what is wrong with it, before anything is entered
    sides = read(Path(source)) if Path(source).is_dir() else {}
    tables, refused = [], []
    with opened(source) as log:
        told = {"log_head": log.head, "rows": log.rows, "definitions_version": VERSION, "threshold": threshold}
        for period in periods:
            asked = {"first": period.first, "last": period.last, "threshold": threshold, "only": only}
            answers = {by: _by_code(compute_from(log, sides, by=_keys(by), **asked)) for by in BREAKDOWNS}
            for code in only or CATALOGUE:
                found = Tables(CATALOGUE[code], period, {by: answer[code] for by, answer in answers.items()}, threshold)
                for by, rows in found.guarded().items():
                    entry = {"code": code, "period": period.key, "by": by}
                    try:
                        _enter(register, found.release(by))
                        tables.append(entry | {"rows": [_told(row) for row in rows]})
                    except DisclosureError as error:
                        refused.append(entry | {"why": str(error)})
    told |= {"side_files": sorted(sides), "periods": [[one.key, str(one.first), str(one.last)] for one in periods]}
    return told | {"catalogue": [one.described() for one in CATALOGUE.values()], "tables": tables, "refused": refused}


def _keys(by: str) -> tuple[str, ...]:
    return (by,) if by else ()


def _by_code(answer: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in answer.indicators:
        found.setdefault(row["code"], []).append(row)
    return found


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in NEVER_WRITTEN}


class Tables:
    """One indicator of one period: its rows by each column, small cells hidden already, and over everything ("")."""

    def __init__(self, chosen: Any, period: Period, rows: dict[str, list[dict[str, Any]]], threshold: int) -> None:
        self.chosen, self.period, self.rows, self.threshold = chosen, period, rows, threshold
        self.is_share = chosen.is_share(row for found in rows.values() for row in found)

    def guarded(self) -> dict[str, list[dict[str, Any]]]:
        """The rows, without the share over everything where with the others it would tell one that is hidden."""
        from impact.indicators.frame import without_share

        if self.is_share and any(map(self._is_told, filter(_is_hidden_share, self.rows["activity"]))):
            self.rows[""] = [without_share(row) for row in self.rows[""]]
        return self.rows

    def _is_told(self, row: dict[str, Any]) -> bool:
        """Whether the share over everything narrows that of one small activity to a range narrower than the threshold."""
        (total,) = self.rows[""] if len(self.rows[""]) == 1 else (None,)
        if total is None or total["value"] is None:
            return False
        shown = [one for one in self.rows["activity"] if one["value"] is not None]
        unknown = sum(one["n"] for one in self.rows["activity"] if one is not row and _is_hidden_share(one))
        counted = total["numerator"] - sum(one["numerator"] for one in shown) - unknown
        rest = total["n"] - total["numerator"] - sum(one["n"] - one["numerator"] for one in shown) - unknown
        return (row["n"] - max(0, rest)) - max(0, counted) < self.threshold

    def release(self, by: str) -> Release | None:
        """What the rows by a column tell of people; None where they tell of nobody."""
        if not self.chosen.protected:
            return None
        keys = [*_keys(by), *self.chosen.splits]
        cells = [cell for row in self.rows[by] for cell in self._cells(row, keys, sides=True)]
        if by and not self.chosen.splits:  # a month is no part of a longer share: who completes the year need not the month
            cells += [cell for row in self.rows[""] for cell in self._cells(row, keys, sides=by == "activity")]
        period = (self.period.first.isoformat(), self.period.last.isoformat())
        return Release(self.chosen.code, period, tuple(cells), (SIDE,), threshold=self.threshold) if cells else None

    def _cells(self, row: dict[str, Any], keys: list[str], *, sides: bool) -> Iterator[tuple[dict[str, str | None], int | None]]:
        """The counts that a row tells, None for those that it hides; nothing of a row without data."""
        if row["n"] is None and not row["suppressed"]:
            return
        by = {key: None if row["by"].get(key) is None else str(row["by"][key]) for key in keys}
        yield by | {SIDE: None}, row["n"]
        if self.is_share and sides and row["n"]:
            counted = row["numerator"]
            yield by | {SIDE: "counted"}, counted
            yield by | {SIDE: "rest"}, None if counted is None else row["n"] - counted


def _is_hidden_share(row: dict[str, Any]) -> bool:
    """Whether of this row only how many people stand behind it is told."""
    return row["suppressed"] and row["n"] is not None


def _enter(folder: Path, release: Release | None) -> None:
    """Enter it in the register, unless it stands there already. Raises `DisclosureError`."""
    if release is None:
        return
    register = Register(folder / f"{release.statistic}.jsonl")
    if release not in register.releases():
        register.publish(release)


# --- the command


def add_publish(commands: Any) -> None:
    words = "Compute what may be published of a log, each table held against all that was published before."
    command = commands.add_parser("publish", help="compute what may be published", description=words)
    command.add_argument("log", metavar="LOG", help="a folder with log.csv or log.parquet and its side files, or one file")
    command.add_argument("--period", type=_period, action="append", required=True, metavar="NAME=FIRST..LAST")
    command.add_argument("--only", type=lambda text: text.split(","), default=[], metavar="OM05,OM13")
    command.add_argument("--register", type=Path, required=True, metavar="DIR", help="the folder of what was published")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the tables to FILE, as JSON")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_publish)


def run_publish(options: argparse.Namespace) -> int:
    """0 done, also where some tables were refused: those are told."""
    try:
        options.register.mkdir(parents=True, exist_ok=True)
        answer = publish(options.log, options.period, options.register, only=options.only)
        if options.output:
            with whole(options.output) as part:
                part.write_text(json.dumps(answer, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    except DisclosureError as error:
        raise LogError(options.register, None, None, str(error)) from None
    except OSError as error:
        raise LogError(error.filename or options.register, None, None, f"cannot be read or written: {error.strerror}") from None
    if options.format == "json" and not options.output:
        print(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
        return 0
    counts = {"tables": len(answer["tables"]), "refused": len(answer["refused"]), "log_head": answer["log_head"]}
    show(counts, options.format)
    return 0


def _period(text: str) -> Period:
    key, _, span = text.partition("=")
    first, _, last = span.partition("..")
    try:
        found = Period(key, date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a period: write it as in 2023=2023-01-01..2023-12-31") from None
    if not key or found.first > found.last:
        raise argparse.ArgumentTypeError(f"{text!r}: give it a name, and a last day that is not before the first")
    return found
