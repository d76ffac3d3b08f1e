"""From a payment to the rows of the log behind it, and back: what would change if one of them were void.

A metric of a contract says which indicator measures it: `"indicator": "OM13"`, with `"activity"`, `"from"` and `"to"`
where it is not all activities and all days; a metric whose own code is that of an indicator needs to say nothing. The
figure is computed by `measure`, any function of a log and a `Source`: by default the catalogue (`catalogue_figure`).
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from impact.log import rows, write_parquet
from impact.merkle import Tree, leaf_of
from impact.row import ROME, LogError, Row
from impact.siinc.contract import Contract
from impact.siinc.document import Node
from impact.siinc.settle import Settlement, Values, settle

LAST_WINS = {  # of rows that agree in these columns the last one counts
    "attendance.recorded": ("person", "activity", "session"),
    "mentoring.held": ("person", "activity", "session"),
    "session.held": ("activity", "session"),
}


class Source(NamedTuple):
    """What measures a metric: an indicator, of one activity or (None) all, from one day to another or (None) always."""

    metric: str
    indicator: str
    activity: str | None = None
    first: date | None = None
    last: date | None = None


class Figure(NamedTuple):
    """An indicator's figure; the value is None where there is no data."""

    value: Decimal | None
    numerator: Any = None
    denominator: Any = None


Measure = Callable[[str | os.PathLike, Source], Figure]


@dataclass(frozen=True)
class Counted:
    """A row that counts: where it stands (from 0), and the hashes that prove it under the root (None in an unsealed log)."""

    row: Row
    index: int
    proof: tuple[str, ...] | None


@dataclass(frozen=True)
class Trace:
    """The rows behind one line of a settlement. `root` is that of all `size` rows of the log, None if it is not sealed."""

    source: Source
    figure: Figure
    settlement: Settlement
    counted: tuple[Counted, ...]
    size: int
    root: str | None

    def document(self) -> dict[str, Any]:
        line = next((line for line in self.settlement.document()["lines"] if line["metric"] == self.source.metric), None)
        head = {"metric": self.source.metric, "indicator": self.source.indicator, "activity": self.source.activity}
        head |= {"line": line, "log_value": _text(self.figure.value)}
        head |= {"numerator": self.figure.numerator, "denominator": self.figure.denominator}
        head |= {"payable": str(self.settlement.payable), "rows": self.size, "root": self.root}
        return head | {"events": [_event(one) for one in self.counted]}


def _event(one: Counted) -> dict[str, Any]:
    proof = None if one.proof is None else list(one.proof)
    return {"event_id": one.row.event_id, "type": one.row.type, "hash": one.row.hash, "index": one.index, "proof": proof}


@dataclass(frozen=True)
class Effect:
    """What the void of one event would change: the figures that move, before and after, and the settlement of each."""

    event_id: str
    figures: dict[str, tuple[Figure, Figure]]
    before: Settlement
    after: Settlement

    def document(self) -> dict[str, Any]:
        moved = [
            {"metric": metric, "before": _text(before.value), "after": _text(after.value)}
            for metric, (before, after) in self.figures.items()
            if before.value != after.value
        ]
        money = {
            name: {"before": str(before), "after": str(after), "difference": str(after - before)}
            for name in ("cumulative_entitlement", "payable", "clawback")
            for before, after in [(getattr(self.before, name), getattr(self.after, name))]
        }
        return {"event_id": self.event_id, "values": moved, **money, "changes_payment": self.before != self.after}


def sources(contract: Contract) -> dict[str, Source]:
    """What measures each metric that says so, or whose code is that of an indicator. Raises `ContractError`."""
    found = {}
    for node in contract.source.at("metrics").items():
        code, told = node.at("code").text(), node.at("indicator")
        if told.is_null() and not _is_indicator(code):
            continue
        indicator = code if told.is_null() else told.text()
        if not _is_indicator(indicator):
            told.fail(f"{indicator!r} is not an indicator: they go from OM01 to OM37")
        activity = node.at("activity")
        days = (_day(node.at("from")), _day(node.at("to")))
        found[code] = Source(code, indicator, None if activity.is_null() else activity.text(), *days)
    return found


def _is_indicator(code: str) -> bool:
    return code[:2] == "OM" and code[2:].isdigit() and len(code) == 4 and 1 <= int(code[2:]) <= 37


def _day(node: Node) -> date | None:
    if node.is_null():
        return None
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        return node.fail(f"{node.value!r} is not a day: write it as in 2026-03-01")


def catalogue_figure(log: str | os.PathLike, source: Source, *, side: str | os.PathLike | None = None) -> Figure:
    """The figure of the catalogue, not protected: for the evaluator. `side`: the folder of the side files."""
    from impact.indicators import compute  # here, for it brings a database

    by = ("activity",) if source.activity else ()
    found = compute(log, side=side, only=[source.indicator], by=by, first=source.first, last=source.last, threshold=0)
    for row in found.indicators:
        if not source.activity or row["by"].get("activity") == source.activity:
            value = None if row["value"] is None else Decimal(repr(row["value"]))
            return Figure(value, row["numerator"], row["denominator"])
    return Figure(None)


def kinds_of(indicator: str) -> tuple[str, ...]:
    """The types of the rows that an indicator is made of."""
    from impact.indicators import CATALOGUE

    return tuple(CATALOGUE[indicator].events)


def trace(
    log: str | os.PathLike,
    contract: Contract,
    values: Values,
    source: Source,
    *,
    measure: Measure = catalogue_figure,
    **how: bool,
) -> Trace:
    """The rows behind a metric's line, with their proofs. `how`: as in `settle`."""
    book = _Book(rows(log), kinds_of(source.indicator))
    tree = Tree(book.leaves) if book.leaves else None
    counted = tuple(
        Counted(row, index, None if tree is None else tuple(part.hex() for part in tree.inclusion(index)))
        for index, row in book.counting(source)
    )
    root = None if tree is None else tree.root.hex()
    return Trace(source, measure(log, source), settle(contract, values, **how), counted, book.size, root)


class _Book:
    """One reading of a log: the leaves of its rows if it is sealed, its voids, and the rows of some types."""

    def __init__(self, log: Iterable[Row], kinds: tuple[str, ...]) -> None:
        self.leaves: list[bytes] = []
        self.size = 0
        self._voids: dict[str, str] = {}  # the void -> what it cancels
        self._rows: list[tuple[int, Row]] = []
        for row in log:
            if row.hash is not None:
                self.leaves.append(leaf_of(row))
            if row.type == "event.voided":
                self._voids[row.event_id] = row.ref
            if row.type in kinds or row.type == "session.held":
                self._rows.append((self.size, row))
            self.size += 1
        self._kinds = kinds

    def counting(self, source: Source) -> Iterator[tuple[int, Row]]:
        """The valid rows of these types, of the activity and the days of the source, in the order of the log."""
        gone = _cancelled(self._voids)
        kept: dict[tuple, tuple[int, Row]] = {}
        for index, row in self._rows:
            if row.event_id in gone:
                continue
            columns = LAST_WINS.get(row.type, ("event_id",))
            key = (row.type, *(getattr(row, column) for column in columns))
            if key not in kept or (row.ts_recorded, row.seq or 0, index) > _order(kept[key]):
                kept[key] = (index, row)
        days = {(row.activity, row.session): _day_of(row) for _, row in kept.values() if row.type == "session.held"}
        for index, row in sorted(kept.values(), key=lambda pair: pair[0]):
            day = days.get((row.activity, row.session), _day_of(row))
            # Who enrolled or withdrew before the period still belongs to it.
            begins = None if row.type.startswith("enrolment.") else source.first
            if row.type in self._kinds and source.activity in (None, row.activity) and _is_within(day, begins, source.last):
                yield index, row


def _order(pair: tuple[int, Row]) -> tuple:
    index, row = pair
    return row.ts_recorded, row.seq or 0, index


def _day_of(row: Row) -> date:
    return row.ts_event.astimezone(ROME).date()


def _is_within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _cancelled(voids: dict[str, str]) -> set[str]:
    """The events that are void: a void that is itself void cancels nothing."""
    by: dict[str, list[str]] = {}
    for void, ref in voids.items():
        by.setdefault(ref, []).append(void)
    gone: dict[str, bool] = {}

    def is_gone(event: str) -> bool:
        if event not in gone:
            gone[event] = False  # a circle is refused where indicators are computed
            gone[event] = any(not is_gone(void) for void in by.get(event, ()))
        return gone[event]

    return {ref for ref in by if is_gone(ref)}


def without(
    log: str | os.PathLike,
    event_id: str,
    contract: Contract,
    values: Values,
    *,
    measure: Measure = catalogue_figure,
    **how: bool,
) -> Effect:
    """What voiding this event would change in what is due. Raises `LogError` if the log has no such event.

    Metrics of which the log has a figure are settled by it, before and after; the others by their verified values.
    """
    measured = sources(contract)
    before = {metric: measure(log, source) for metric, source in measured.items()}
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "log.parquet"
        write_parquet(copy, _with_void(log, event_id))
        after = {metric: measure(copy, source) for metric, source in measured.items()}
    told = [metric for metric in measured if (before[metric].value, after[metric].value) != (None, None)]
    settled = [
        settle(contract, replace(values, values=values.values | {metric: figures[metric].value for metric in told}), **how)
        for figures in (before, after)
    ]
    return Effect(event_id, {metric: (before[metric], after[metric]) for metric in measured}, *settled)


def _with_void(log: str | os.PathLike, event_id: str) -> Iterator[Row]:
    """The log, not sealed, with a void of the event at its end."""
    last = None
    is_there = False
    for row in rows(log):
        is_there = is_there or row.event_id == event_id
        last = row.ts_recorded if last is None else max(last, row.ts_recorded)
        yield row._replace(seq=None, prev_hash=None, hash=None)
    if not is_there:
        raise LogError(log, None, "event_id", f"there is no event {event_id!r} to void")
    moment = last + timedelta(microseconds=1)
    yield Row("~void-of-the-trace", moment, moment, "event.voided", ref=event_id)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
