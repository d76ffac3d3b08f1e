"""Where indicators are computed: DuckDB (in this process), PostgreSQL (where the log lies), Spark.

An engine gives the log as one table of the same columns and types, from which on every expression is the same ibis for
all three. What differs between their dialects is in this package and nowhere else: how a log is opened, what day it was in
Rome, how facts are taken out of their JSON. Scores and FTE are whole millionths: sums of whole numbers are equal to the last
digit everywhere, whatever the order of summing.
"""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from itertools import count
from typing import Any

import ibis
import pyarrow as pa

from impact.row import LogError

NAMES = ("duckdb", "postgres", "spark")
FACT_COLUMNS = ("place", "day", "recorded", "seq", "type", "person", "activity", "session", "status", "facts")
COUNTED = (*FACT_COLUMNS, "minutes")  # all that indicators read


class EngineError(LogError):
    """An engine that cannot be had, or does not read this log."""

    def __init__(self, words: str) -> None:
        super().__init__("LOG", None, None, words)


class Engine(ABC):
    """A connection with a log open on it; close it with `with`.

    `log` holds place, event_id, day (a date, in Rome), recorded, type, person, activity, session, minutes, status, ref,
    facts (text), seq and hash; place grows in the order of the file.
    """

    name: str
    log: ibis.Table

    def __init__(self, connection: Any, stack: ExitStack) -> None:
        self.connection, self._stack, self._numbers = connection, stack, count()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @abstractmethod
    def facts(self, log: ibis.Table, kinds: tuple[str, ...]) -> ibis.Table:
        """The rows of these types, with people, cents, score and fte (millionths), question and mentor out of facts."""

    @abstractmethod
    def members(self, log: ibis.Table, kind: str, key: str) -> ibis.Table:
        """place and member: one row for each code in the list `key` in the facts of the rows of this type."""

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """The same table, computed once."""
        return self.connection.create_table(self._name(), expression, temp=True)

    def apart(self, log: ibis.Table) -> ibis.Table:
        """The same rows, for many questions of which each wants few of them."""
        return log

    def put(self, table: pa.Table) -> ibis.Table:
        """A small table from Python."""
        return self.connection.create_table(self._name(), table, temp=True)

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        return self.connection.to_pyarrow(expression).to_pylist()

    def row(self, expression: ibis.Table) -> dict[str, Any]:
        (found,) = self.rows(expression)
        return found

    def distinct_ids(self) -> int:
        """How many event_id there are."""
        return self.row(self.log.aggregate(n=self.log.event_id.nunique()))["n"]

    def last(self, table: ibis.Table, keys: tuple[str, ...], kind: str) -> ibis.Table:
        """Of rows of one type with the same keys the last one, by recorded, then seq, then place."""
        order = [ibis.desc(table.recorded), ibis.desc(ibis.coalesce(table.seq, 0)), ibis.desc(table.place)]
        window = ibis.window(group_by=[table[key] for key in keys], order_by=order)
        ranked = table.mutate(rank=ibis.row_number().over(window))
        return ranked.filter(ranked["rank"] == 0).drop("rank")

    def view(self, sql: str) -> ibis.Table:
        name = self._name()
        self.connection.raw_sql(f"CREATE TEMPORARY VIEW {name} AS {sql}")
        return self.connection.table(name)

    def _name(self) -> str:
        return f"impact_{next(self._numbers)}"

    def _with_facts(self, log: ibis.Table, kinds: tuple[str, ...]) -> str:
        """A table of these rows alone: taking numbers from the facts of other types might fail."""
        return self.keep(log.filter(log.type.isin(kinds)).select(FACT_COLUMNS)).get_name()
