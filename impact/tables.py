"""A log opened for counting: checked as `impact.log` checks it, without its rows ever being in Python's memory.

The rules are those of `impact.row` and `impact.countable`, and are written nowhere else: each *kind* of row (type, status,
which cells are empty) and each different value of facts is judged once by those, however many rows there are of it. If
one is not accepted, or the file is not spelt plainly, the log is read row by row, which gives the first fault and its
place, or a clean copy to count from.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import ibis

from impact import database, log
from impact.countable import LONGEST, must_be_countable, must_be_counted_facts
from impact.engines import Engine, EngineError
from impact.engines.duck import DuckDB, NotPlain
from impact.row import LogError, Row, facts_of, typed

_INSTANT = datetime(2023, 3, 6, tzinfo=UTC)
MANY_FACTS = 200_000  # different values: beyond, rows are read one by one


class Opened(NamedTuple):
    """A checked log.

    `events` holds the valid rows (see `Engine.log`): neither voided nor void; `rows` counts all of them; `head` is the
    hash of the last row of a sealed log; `folder` is where side files may lie, None for a single file or a database.
    """

    engine: Engine
    events: ibis.Table
    rows: int
    head: str | None
    folder: Path | None


class Careful(NamedTuple):
    """How the log is read row by row, and what a message calls it."""

    file: Any
    rows: Callable[[], Iterator[Row]]


@contextmanager
def opened(source: str | Path, *, engine: str = "duckdb", **settings: Any) -> Iterator[Opened]:
    """Open a log: a CSV or Parquet file, a folder with log.csv or log.parquet, `sqlite:///FILE` or `postgresql://...`.

    engine: duckdb, postgres (in place, for a postgresql:// URL alone) or spark; settings: threads and memory of DuckDB.
    Raises `LogError` in words, naming file, line and column.
    """
    url = database.is_url(source)
    if engine == "postgres":
        if not str(source).startswith(database.POSTGRESQL):
            raise EngineError("the engine postgres computes where the log is: give a postgresql:// URL, or another --engine")
        from impact.engines.postgres import Postgres  # here: whoever reads files needs no driver

        with Postgres(str(source)) as postgres, postgres.in_words():
            yield _checked(postgres, Careful(postgres.place, lambda: log.rows(source)), None)
        return
    folder = None if url or not Path(source).is_dir() else Path(source)
    with DuckDB(**settings) as duck, duck.in_words():
        careful = _open(duck, source)
        found = _checked(duck, careful, folder)
        if engine == "duckdb":
            yield found
            return
        if engine != "spark":
            raise EngineError(f"there is no engine {engine!r}: choose duckdb, postgres or spark")
        from impact.engines.spark import Spark

        checked = duck.folder / "checked.parquet"
        duck.connection.to_parquet(duck.log, checked)
        with Spark(checked) as spark:
            yield _checked(spark, careful, folder)


def _open(duck: DuckDB, source: str | Path) -> Careful:
    """Open the source on DuckDB."""
    if database.is_url(source):
        careful = Careful(database.shown(str(source)), lambda: log.rows(source))
        _copy(duck, careful)
        return careful
    path = log.locate(source)
    careful = Careful(path, lambda: log.rows(path))
    try:
        duck.read(path, is_parquet=log.is_parquet(path))
        if _is_odd(duck):
            raise NotPlain
    except NotPlain:
        _copy(duck, careful)
    return careful


def _copy(duck: DuckDB, careful: Careful) -> None:
    """Read row by row and count from a clean copy."""
    copy = duck.folder / "copy.parquet"
    log.write_parquet(copy, _countable(careful))
    duck.read(copy, is_parquet=True)


def _countable(careful: Careful) -> Iterator[Row]:
    for row in careful.rows():
        must_be_countable(row, careful.file)
        yield row


def _is_odd(duck: DuckDB) -> bool:
    if duck.row(duck.log.filter(duck.log.odd).limit(1).aggregate(n=ibis._.count()))["n"]:
        return True
    return not (all(map(_is_accepted, _shapes(duck))) and _facts_accepted(duck))


def _checked(engine: Engine, careful: Careful, folder: Path | None) -> Opened:
    """Refuse what no single row shows; in a database in place, also what one does."""
    table = engine.log
    if engine.name == "postgres" and not (all(map(_is_accepted, _shapes(engine))) and _facts_accepted(engine)):
        deque(_countable(careful), maxlen=0)  # gives the fault and its place
    total = engine.row(table.aggregate(rows=table.count(), sealed=table.seq.count()))
    if engine.distinct_ids() < total["rows"]:
        _refuse_repeated(engine, careful)
    events = table.filter(table.type != "event.voided")
    voids = table.filter(table.type == "event.voided").select("place", "event_id", "ref")
    if engine.row(voids.aggregate(n=voids.count()))["n"]:
        events = events.anti_join(_effective(engine, voids, careful), [("event_id", "ref")])
    head = None
    if total["sealed"]:
        last = table.filter(table.seq.notnull()).order_by(ibis.desc("seq")).limit(1).select("hash")
        head = engine.row(last)["hash"]
    return Opened(engine, events, total["rows"], head, folder)


def _shapes(engine: Engine) -> list[dict[str, Any]]:
    """The kinds of rows: one for each type, status, set of empty cells, and whether the minutes are more than a day."""
    table = engine.log
    empty = {name: table[name].isnull() for name in (*_CELLS, "minutes")}
    length = ibis.cases((table.minutes < 0, -1), (table.minutes > LONGEST, LONGEST + 1), else_=1)
    shapes = table.select("type", "status", length=length, **empty)
    return engine.rows(shapes.distinct())


_CELLS = {"event_id": "x", "day": _INSTANT, "recorded": _INSTANT, "person": "x", "activity": "x", "session": "x", "ref": "x"}


def _is_accepted(shape: dict[str, Any]) -> bool:
    event_id, *times, person, activity, session, ref = (None if shape[name] else cell for name, cell in _CELLS.items())
    minutes = None if shape["minutes"] else shape["length"]
    facts = '{"score":1}' if shape["type"] == "feedback.given" else ""
    cells = (event_id, *times, shape["type"], person, activity, session, minutes, shape["status"], ref, facts)
    try:
        row = typed(cells, "LOG", 1)
        must_be_countable(row, "LOG")
    except LogError:
        return False
    return True


def _facts_accepted(engine: Engine) -> bool:
    table = engine.log
    told = table.filter((table.type == "feedback.given") | (table.facts.notnull() & ~table.facts.isin(("", "{}"))))
    found = engine.rows(told.select("type", "facts").distinct().limit(MANY_FACTS + 1))
    if len(found) > MANY_FACTS:
        return False
    try:
        for one in found:
            must_be_counted_facts(one["type"], facts_of(one["facts"]))
    except ValueError:
        return False
    return True


def _refuse_repeated(engine: Engine, careful: Careful) -> None:
    table = engine.log
    counted = table.group_by("event_id").aggregate(n=table.count())
    again = table.semi_join(counted.filter(counted.n > 1), "event_id").select("event_id", "place")
    seen: set[str] = set()
    for row in engine.rows(again.order_by("place").limit(100)):
        if row["event_id"] in seen:
            raise _at(careful, row["place"], "event_id", f"{row['event_id']!r} stands in an earlier row: use it once")
        seen.add(row["event_id"])


def _effective(engine: Engine, voids: ibis.Table, careful: Careful) -> ibis.Table:
    """The voids that hold, once it is sure that each names an event of the log.

    A void that is itself voided cancels nothing.
    """
    lost = voids.anti_join(engine.log, [("ref", "event_id")]).order_by("place").limit(1)
    for row in engine.rows(lost):
        raise _at(careful, row["place"], "ref", f"{row['ref']!r} is not an event of this log: a void names what it cancels")
    pairs = engine.rows(voids.semi_join(voids, [("ref", "event_id")]).order_by("place"))
    without = _without_effect(pairs, careful)
    return voids.filter(~voids.event_id.isin(sorted(without))) if without else voids


def _without_effect(pairs: list[dict[str, Any]], careful: Careful) -> set[str]:
    """Of voids of voids, which voids do not hold: those that a void that holds names."""
    by: dict[str, list[str]] = {}
    for pair in pairs:
        by.setdefault(pair["ref"], []).append(pair["event_id"])
    holds: dict[str, bool] = {}
    waiting = {*by, *(pair["event_id"] for pair in pairs)}
    while waiting:
        ready = [one for one in waiting if all(void in holds for void in by.get(one, ()))]
        if not ready:
            first = next(pair for pair in pairs if pair["event_id"] in waiting)
            raise _at(careful, first["place"], "ref", "voids cancel each other in a circle: which of them holds is not defined")
        holds |= {one: not any(holds[void] for void in by.get(one, ())) for one in ready}
        waiting.difference_update(ready)
    return {one for one, held in holds.items() if not held}


def _at(careful: Careful, place: int, column: str, words: str) -> LogError:
    """The error at a row, by the line at which it stands in its file."""
    row = next(islice(careful.rows(), place - 1, None))
    return LogError(careful.file, row.line, column, words)
