"""What a portal may show of a log: the catalogue by activity and by month, of several periods, after disclosure control.

Each table (an indicator, a period, a breakdown) is laid beside all that was published before (`impact.releases`); one that
would tell a small group with those is refused with its reason, and the others go out. Of a share of people both sides are
guarded, those whom it counts and the rest: 3 of 41 tells of three.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from impact.disclosure import THRESHOLD, DisclosureError, protect
from impact.log import whole
from impact.releases import Register, Release
from impact.row import LogError
from impact.show import show

BREAKDOWNS = ("", "activity", "month")
HIDDEN = ("value", "numerator", "denominator")
SIDE = "side"  # of a share of people: those whom it counts, and the rest
WORDS = {"it": "Nascosto: ci sono dietro troppo poche persone.", "en": "Hidden: too few people stand behind it."}
NEVER_WRITTEN = ("name", "name_en", "period")


class Period(NamedTuple):
    """A span of days, both of them inside, and what it is called."""

    key: str
    first: date
    last: date


def publish(source: str | Path, periods: Iterable[Period], register: Path, threshold: int = THRESHOLD) -> dict[str, Any]:
    """All tables that may be published, and those that may not with the reason; the register grows by the former.

    register: a folder with a file of releases for each indicator. Raises `LogError`, `DisclosureError`.
    """
    from impact.indicators.catalogue import CATALOGUE, VERSION, compute_from, read_sides  # here: other commands need no database
    from impact.tables import opened

    sides = read_sides(Path(source)) if Path(source).is_dir() else {}
    tables, refused = [], []
    with opened(source) as log:
        head, rows = log.head, log.rows
        for period in periods:
            span = {"first": period.first, "last": period.last}
            raw = {by: _by_code(compute_from(log, sides, by=_keys(by), threshold=0, **span)) for by in BREAKDOWNS}
            for by in BREAKDOWNS:
                shown = _by_code(compute_from(log, sides, by=_keys(by), threshold=threshold, **span))
                for code, chosen in CATALOGUE.items():
                    table = Table(chosen, period, by, raw[by][code], raw[""][code], threshold)
                    entry = {"code": code, "period": period.key, "by": by}
                    try:
                        found = table.guarded(shown[code])
                        _release(register, table.release(found))
                        tables.append(entry | {"rows": [_told(row) for row in found]})
                    except DisclosureError as error:
                        refused.append(entry | {"why": str(error)})
    told = {"log_head": head, "rows": rows, "definitions_version": VERSION, "threshold": threshold, "side_files": sorted(sides)}
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


class Table(NamedTuple):
    """One indicator of one period by one column, or by none: its rows as computed, and those over everything."""

    chosen: Any
    period: Period
    by: str
    raw: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    threshold: int

    @property
    def keys(self) -> list[str]:
        return [*_keys(self.by), *self.chosen.splits]

    @property
    def is_share(self) -> bool:
        """Whether every row is a part of the people who stand behind it."""
        numbers = [row for row in (*self.raw, *self.totals) if row["value"] is not None]
        return self.chosen.protected and self.chosen.unit == "%" and all(_is_part(row) for row in numbers)

    def guarded(self, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The protected rows, with the shares hidden that tell a small side."""
        if not self.is_share or not shown:
            return shown
        small = self._small_sides()
        return [_hidden(row) if not row["suppressed"] and _place(row, self.keys) in small else row for row in shown]

    def _small_sides(self) -> set[tuple]:
        import pandas as pd  # at the edge, and only here

        rows = self._sided()
        if not rows:
            return set()
        table = pd.DataFrame(rows, columns=[*self.keys, SIDE, "n"]).astype({"n": object})
        kept = protect(table, keys=[*self.keys, SIDE], n="n", values=[], threshold=self.threshold, additive=(SIDE,))
        return {row[:-2] for row, kind in zip(rows, kept["suppressed"], strict=True) if kind}

    def _sided(self) -> list[tuple]:
        """Each count of people: all, those whom the share counts, the rest."""
        rows = [row for row in self.raw if row["value"] is not None]
        rows += [row for row in self.totals if self.by and row["value"] is not None and not self.chosen.splits]
        found = []
        for row in rows:
            place, n, counted = _place(row, self.keys), row["n"], row["numerator"]
            found += [(*place, None, n), (*place, "counted", counted), (*place, "rest", n - counted)]
        return found

    def release(self, shown: list[dict[str, Any]]) -> Release | None:
        """What these rows tell of people; None where nobody stands behind them."""
        if not self.chosen.protected:
            return None
        total = [row | {"suppressed": 0 < (row["n"] or 0) < self.threshold} for row in self.totals]
        rows = [*shown, *(total if self.by and not self.chosen.splits else [])]
        cells = [cell for row in rows for cell in self._cells(row)]
        if not cells:
            return None
        period = (self.period.first.isoformat(), self.period.last.isoformat())
        return Release(self.chosen.code, period, tuple(cells), (SIDE,), threshold=self.threshold)

    def _cells(self, row: dict[str, Any]) -> Iterator[tuple[dict[str, str | None], int | None]]:
        """The counts that a row tells; None for those that it hides."""
        by = {key: None if row["by"].get(key) is None else str(row["by"][key]) for key in self.keys}
        if row["n"] is None and not row["suppressed"]:
            return
        yield by | {SIDE: None}, None if row["suppressed"] and not row.get("n") else row["n"]
        if self.is_share and not row["suppressed"] and row["value"] is not None and row["by"]:
            yield by | {SIDE: "counted"}, row["numerator"]
            yield by | {SIDE: "rest"}, row["n"] - row["numerator"]


def _is_part(row: dict[str, Any]) -> bool:
    """Whether the denominator is the people of the row, and the numerator some of them."""
    return row["denominator"] is not None and row["n"] == row["denominator"] and row["numerator"] is not None


def _place(row: dict[str, Any], keys: list[str]) -> tuple:
    return tuple(row["by"].get(key) for key in keys)


def _hidden(row: dict[str, Any]) -> dict[str, Any]:
    """The row without its share; how many people stand behind it is told."""
    return row | dict.fromkeys(HIDDEN) | {"suppressed": True, "note": WORDS["en"], "note_it": WORDS["it"]}


def _release(folder: Path, release: Release | None) -> None:
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
    command.add_argument("--register", type=Path, required=True, metavar="DIR", help="the folder of what was published")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the tables to FILE, as JSON")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_publish)


def run_publish(options: argparse.Namespace) -> int:
    """0 done, also where some tables were refused: those are told."""
    try:
        options.register.mkdir(parents=True, exist_ok=True)
        answer = publish(options.log, options.period, options.register)
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
