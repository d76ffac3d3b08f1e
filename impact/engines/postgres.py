"""PostgreSQL in place: the log stays on its server, which computes; only results come here.

Everything is temporary and in one transaction, which sees one state of the log and is undone at the end.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import ibis

from impact import database
from impact.engines import Engine, EngineError
from impact.row import LogError


class Postgres(Engine):
    name = "postgres"

    def __init__(self, url: str) -> None:
        import psycopg  # here: the other engines need no driver

        stack = ExitStack()
        try:
            driver = psycopg.connect(database.plain(url))
        except psycopg.Error as error:
            words = str(error).strip().splitlines()[0]
            raise LogError(database.shown(url), None, None, f"the database cannot be read: {words}") from None
        stack.callback(driver.close)
        driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        super().__init__(ibis.postgres.from_connection(driver), stack)
        self.place = database.shown(url)
        try:
            with self.in_words():
                self.log = self._typed(*database.layout(driver, url), driver)
        except LogError:
            self._stack.close()
            raise

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Raises `LogError` where the server refuses, or goes away."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            words = str(error).strip().splitlines()[0]
            raise LogError(self.place, None, None, f"the database does not do it: {words}") from None

    def _typed(self, table: str, columns: tuple[str, ...], driver: Any) -> ibis.Table:
        kinds = "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
        found = dict(driver.execute(kinds, (table,)).fetchall())
        for column in ("ts_event", "ts_recorded"):
            if found[column] != "timestamp with time zone":
                raise EngineError(f"column {column} of {table} is {found[column]}: in place it must be timestamp with time zone")
        text = ", ".join(f"nullif({name}::text, '') AS {name}" for name in ("person", "activity", "session", "status", "ref"))
        seal = "seq::bigint AS seq, hash::text AS hash" if "seq" in columns else "NULL::bigint AS seq, NULL::text AS hash"
        named = ", ".join(("place", *columns))
        return self.view(
            "SELECT place::bigint AS place, (ts_event AT TIME ZONE 'Europe/Rome')::date AS day, ts_recorded AS recorded,"  # noqa: S608
            f" event_id::text AS event_id, type::text AS type, {text}, minutes::bigint AS minutes, facts::text AS facts, {seal},"
            f" false AS odd FROM ({database.query(table, columns)}) AS held ({named})"
        )

    def facts(self, log: ibis.Table, kinds: tuple[str, ...]) -> ibis.Table:
        plain = "place, day, recorded, seq, type, person, activity, session, status"
        taken = [f"(facts::jsonb->>'{key}')::bigint AS {key}" for key in ("people", "cents")]
        taken += [f"((facts::jsonb->>'{key}')::numeric * 1000000)::bigint AS {key}" for key in ("score", "fte")]
        taken += [f"facts::jsonb->>'{key}' AS {key}" for key in ("question", "mentor")]
        return self.view(f"SELECT {plain}, {', '.join(taken)} FROM {self._with_facts(log, kinds)}")  # noqa: S608

    def members(self, log: ibis.Table, kind: str, key: str) -> ibis.Table:
        name = self._with_facts(log, (kind,))
        listed = f"CASE WHEN facts::jsonb ? '{key}' THEN facts::jsonb->'{key}' ELSE '[]'::jsonb END"
        return self.view(f"SELECT place, member FROM {name}, jsonb_array_elements_text({listed}) AS member")  # noqa: S608
