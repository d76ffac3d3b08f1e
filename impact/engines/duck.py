"""DuckDB on a log file: Parquet is read where it lies, CSV is copied once into a temporary database.

The quick way reads plain files: each cell spelt as every program spells it. Where it is not sure of a cell it says so
(`NotPlain`, or the column `odd`), and the log is read by `impact.log`, which finds the fault and its place, or reads it.
"""

import csv
import errno
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from impact.engines import COUNTED, Engine, EngineError
from impact.row import COLUMNS, SEAL, columns_in

TEXT = ("event_id", "type", "person", "activity", "session", "status", "ref", "facts", "prev_hash", "hash")
TIMES = ("ts_event", "ts_recorded")
MEMORY = "250MB"  # of DuckDB; what is larger goes to a temporary folder
AT_ONCE = 10_000_000  # digests of 8 bytes that are sorted together
FEW = 1_000_000  # rows that are sorted without looking for repeated keys first

# What is written without offset is Rome's clock; in the weeks when clocks change, and before it was fixed when, ask Python.
_WALL = (
    "CASE WHEN month({0}) IN (3, 10) AND day({0}) >= 24 OR year({0}) < 1997 OR year({0}) > 2036 THEN NULL"
    " ELSE timezone('Europe/Rome', {0}) END"
)
_CLOCK = r"[12]\d{{3}}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{{1,6}})?"
_INSTANT = {
    "instant": "{0}",
    "wall": _WALL,
    "text": rf"CASE WHEN regexp_full_match({{0}}, '{_CLOCK}(Z|[+-][01]\d:[0-5]\d)') THEN try_cast({{0}} AS TIMESTAMPTZ)"
    rf" WHEN regexp_full_match({{0}}, '{_CLOCK}') THEN {_WALL.replace('{0}', 'try_cast({0} AS TIMESTAMP)')} END",
}


class NotPlain(Exception):
    """A file that the quick way does not take."""


class DuckDB(Engine):
    name = "duckdb"

    def __init__(self, *, threads: int | None = None, memory: str = MEMORY) -> None:
        # ibis 12 asks DuckDB 1.5 by a name that is going away, at every table; as an error it would come up anywhere.
        warnings.filterwarnings("ignore", r"fetch_arrow_table\(\) is deprecated", DeprecationWarning)
        stack = ExitStack()
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="impact-")))
        settings = {"memory_limit": memory, "temp_directory": str(self.folder)} | ({"threads": threads} if threads else {})
        connection = ibis.duckdb.connect(self.folder / "log.duckdb", **settings)
        stack.callback(connection.disconnect)
        connection.raw_sql("SET TimeZone = 'UTC'")
        super().__init__(connection, stack)

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Raises `EngineError` where memory or disk are not enough."""
        try:
            yield
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise EngineError(f"DuckDB has too little memory or disk for it: {str(error).splitlines()[0]}") from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise EngineError(f"there is no room left for temporary files in {self.folder.parent}") from None

    def read(self, path: Path, *, is_parquet: bool) -> None:
        """Open a log file; `log` gets a column more, `odd`. Raises `NotPlain`, and `LogError` for a column that is missing."""
        try:
            sql = self._typed(*(self._parquet(path) if is_parquet else self._csv(path)))
            self.log = self.view(sql) if is_parquet else self._copy(sql)
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, csv.Error, pa.ArrowException, UnicodeError, OSError) as error:
            raise NotPlain from error

    def _parquet(self, path: Path) -> tuple[str, dict[str, str]]:
        schema = pq.read_schema(path)
        kinds = {column: _kind(column, schema.field(column).type) for column in columns_in(schema.names, path)}
        file = f"read_parquet({quoted(path)}, file_row_number = true)"
        return f"(SELECT {', '.join(kinds)}, file_row_number + 1 AS place FROM {file})", kinds  # noqa: S608

    def _csv(self, path: Path) -> tuple[str, dict[str, str]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            columns = columns_in(header, path)
            if lines.line_num != 1 or len(set(header)) < len(header) or not all(header):
                raise NotPlain
        kinds = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in header)
        dialect = "delim = ',', quote = '\"', escape = '\"', header = true, auto_detect = false, strict_mode = true, nullstr = ''"
        file = f"read_csv({quoted(path)}, {dialect}, columns = {{{kinds}}})"
        source = f"(SELECT {', '.join(columns)}, row_number() OVER () AS place FROM {file})"  # noqa: S608
        return source, dict.fromkeys(columns, "text")

    def _copy(self, sql: str) -> ibis.Table:
        """On the disk, packed: a CSV is read once."""
        name = self._name()
        self.connection.raw_sql(f"CREATE TABLE {name} AS {sql}")
        return self.connection.table(name)

    def _typed(self, source: str, kinds: dict[str, str]) -> str:
        """SQL of the columns of `Engine.log`, and of `odd`."""
        cells = {column: f"nullif({column}, '')" if column in TEXT else column for column in kinds}
        cells |= {column: _INSTANT[kinds[column]].format(column) for column in TIMES}
        odd = [f"({cells[column]}) IS NULL" for column in ("event_id", "type", *TIMES)]
        for column in ("minutes", "seq"):
            if kinds.get(column) == "text":
                cells[column] = f"CASE WHEN regexp_full_match({column}, '[0-9]{{1,9}}') THEN {column}::BIGINT END"
                odd.append(f"(nullif({column}, '') IS NOT NULL AND ({cells[column]}) IS NULL)")
            elif column in kinds:
                odd.append(f"coalesce({column} < 0 OR {column} > 999999999, false)")
                cells[column] = f"CAST({column} AS BIGINT)"
        for column in SEAL:
            cells.setdefault(column, "NULL::BIGINT" if column == "seq" else "NULL::VARCHAR")
        text = ", ".join(column for column in TEXT if column in kinds and column not in SEAL)
        odd.append(f"strlen(concat({text})) <> length(concat({text}))")  # beyond ASCII: the careful reader makes it NFC
        chosen = ", ".join(f"{cells[column]} AS {column}" for column in COLUMNS if column not in (*TIMES, "prev_hash"))
        day = f"CAST(timezone('Europe/Rome', {cells['ts_event']}) AS DATE) AS day, {cells['ts_recorded']} AS recorded"
        return f"SELECT place, {day}, {chosen}, {' OR '.join(odd)} AS odd FROM {source}"  # noqa: S608

    def apart(self, log: ibis.Table) -> ibis.Table:
        """A copy: finding few rows in a file costs as much as reading it."""
        return self.keep(log.select(COUNTED))

    def facts(self, log: ibis.Table, kinds: tuple[str, ...]) -> ibis.Table:
        taken = [f"CAST(facts->>'$.{key}' AS BIGINT) AS {key}" for key in ("people", "cents")]
        taken += [f"CAST(CAST(facts->>'$.{key}' AS DECIMAL(18, 6)) * 1000000 AS BIGINT) AS {key}" for key in ("score", "fte")]
        taken += [f"facts->>'$.{key}' AS {key}" for key in ("question", "mentor")]
        return self.view(f"SELECT * EXCLUDE (facts), {', '.join(taken)} FROM {self._with_facts(log, kinds)}")  # noqa: S608

    def members(self, log: ibis.Table, kind: str, key: str) -> ibis.Table:
        return self.view(f"SELECT place, unnest(facts->>'$.{key}[*]') AS member FROM {self._with_facts(log, (kind,))}")  # noqa: S608

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Straight from DuckDB: by way of ibis a process pays for pandas, 50 MB."""
        found = self._asked(expression)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many rows of each type there are, voided ones included."""
        return {row["type"]: row["n"] for row in self.rows(self.log.group_by("type").aggregate(n=self.log.count()))}

    def distinct_ids(self) -> int:
        """By a digest of 64 bits of each: the texts of ten million would not fit."""
        rows = sum(self.sizes.values())
        return rows - sum(map(len, self._repeated(self.log.select(digest=self.log.event_id.hash()), rows)))

    def last(self, table: ibis.Table, keys: tuple[str, ...], kind: str) -> ibis.Table:
        """As everywhere, but of many rows only those whose keys repeat are sorted."""
        rows = self.sizes.get(kind, 0)
        if rows < FEW:
            return super().last(table, keys, kind)
        sql = self.connection.compile(table)
        hashed = self.view(f"SELECT *, hash({', '.join(keys)}) AS digest FROM ({sql})")  # noqa: S608
        repeated = np.concatenate([*self._repeated(hashed.select("digest"), rows)])
        if not len(repeated):
            return table
        twice = self.put(pa.table({"digest": repeated}))
        again = super().last(hashed.semi_join(twice, "digest"), keys, kind)
        return hashed.anti_join(twice, "digest").union(again).drop("digest")

    def _repeated(self, digests: ibis.Table, rows: int) -> Iterator[np.ndarray]:
        """Digests that stand in an earlier row, once for each such row: sorting them costs less than grouping rows by them."""
        parts = rows // AT_ONCE + 1
        for part in range(parts):
            some = digests.filter(digests.digest % parts == part) if parts > 1 else digests
            found = self._asked(some).fetchnumpy()["digest"]
            found.sort()
            yield found[1:][found[1:] == found[:-1]]

    def _asked(self, expression: ibis.Table) -> duckdb.DuckDBPyConnection:
        return self.connection.raw_sql(self.connection.compile(expression))


def _kind(column: str, kind: pa.DataType) -> str:
    """How a column of a Parquet file is read: text, whole numbers, instants, or times by the clock of Rome."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if column in ("minutes", "seq") and pa.types.is_integer(kind):
        return "whole"
    if column in TIMES and pa.types.is_timestamp(kind) and kind.unit != "ns":
        return "instant" if kind.tz else "wall"
    raise NotPlain


def quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"
