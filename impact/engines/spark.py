"""Spark on this machine or on a cluster, for logs that one machine does not hold. Needs PySpark, which is not installed
with the portal: `pip install -r requirements-spark.lock`.

The log is checked by DuckDB first, and given to Spark as one Parquet file.
"""

from contextlib import ExitStack
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from impact.engines import Engine, EngineError


class Spark(Engine):
    name = "spark"

    def __init__(self, checked: Path) -> None:
        """checked: a Parquet file with the columns of `Engine.log`, in a folder to write in."""
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise EngineError("PySpark is not installed: pip install -r requirements-spark.lock, or leave out --engine") from None
        stack = ExitStack()
        builder = SparkSession.builder.appName("impact").config("spark.sql.session.timeZone", "UTC")
        builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "8")
        session = builder.getOrCreate()
        stack.callback(session.stop)
        self._session, self._folder = session, checked.parent
        super().__init__(ibis.pyspark.connect(session), stack)
        session.read.parquet(str(checked)).createOrReplaceTempView("impact_log")
        self.log = self.connection.table("impact_log")

    def keep(self, expression: ibis.Table) -> ibis.Table:
        name = self._name()
        self._session.sql(self.connection.compile(expression)).cache().createOrReplaceTempView(name)
        return self.connection.table(name)

    def put(self, table: pa.Table) -> ibis.Table:
        name = self._name()
        file = self._folder / f"{name}.parquet"
        pq.write_table(table, file)
        self._session.read.parquet(str(file)).createOrReplaceTempView(name)
        return self.connection.table(name)

    def facts(self, log: ibis.Table, kinds: tuple[str, ...]) -> ibis.Table:
        plain = "place, day, recorded, seq, type, person, activity, session, status"
        taken = [f"CAST(get_json_object(facts, '$.{key}') AS BIGINT) AS {key}" for key in ("people", "cents")]
        taken += [
            f"CAST(CAST(get_json_object(facts, '$.{key}') AS DECIMAL(18, 6)) * 1000000 AS BIGINT) AS {key}"
            for key in ("score", "fte")
        ]
        taken += [f"get_json_object(facts, '$.{key}') AS {key}" for key in ("question", "mentor")]
        return self.view(f"SELECT {plain}, {', '.join(taken)} FROM {self._with_facts(log, kinds)}")  # noqa: S608

    def members(self, log: ibis.Table, kind: str, key: str) -> ibis.Table:
        listed = f"from_json(get_json_object(facts, '$.{key}'), 'array<string>')"
        return self.view(f"SELECT place, explode({listed}) AS member FROM {self._with_facts(log, (kind,))}")  # noqa: S608
