"""The rows of a log kept in a database: `sqlite:///FILE` or `postgresql://...`, read row by row.

A database holds the log as the portal does (`log_entry`, with its seals in `log_seal`), or as one table
`participation_log` with the columns of the file format. A row's place is its `id`, or its order by seq, ts_recorded
and event_id where there is none.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from impact.row import COLUMNS, SEAL, UNSEALED, LogError, Row, columns_in, typed

POSTGRESQL = ("postgresql://", "postgres://", "postgresql+psycopg://")
SQLITE = "sqlite:///"
PORTAL, PLAIN = "log_entry", "participation_log"


def is_url(source: Any) -> bool:
    return "://" in str(source)


def rows(url: str) -> Iterator[Row]:
    """The rows in the order of their places, typed. Raises `LogError` naming table, row and column."""
    with _connected(url) as connection:
        table, columns = layout(connection, url)
        numbered = enumerate(_cells(connection, query(table, columns)), 1)
        for number, (place, *cells) in numbered:
            yield typed(cells, shown(url), number if place is None else place)


def plain(url: str) -> str:
    """A URL as the driver takes it, from one that names the driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def shown(url: str) -> str:
    """What a message calls a database: its URL without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{unquote(parts.path)}"


def layout(connection: Any, url: str) -> tuple[str, tuple[str, ...]]:
    """The table that holds the log, and which of `COLUMNS` it gives."""
    for table in (PORTAL, PLAIN):
        if names := _names(connection, table):
            if table == PORTAL:
                columns_in([*names, *SEAL], shown(url))
                return table, COLUMNS
            return table, columns_in(names, shown(url))
    raise LogError(shown(url), None, None, f"the database has neither a table {PORTAL} nor a table {PLAIN}")


def query(table: str, columns: tuple[str, ...]) -> str:
    """SQL that gives the place of each row and these columns, in order; in both databases' words."""
    if table == PORTAL:
        own = ", ".join(f"e.{column}" for column in UNSEALED)
        joined = "log_entry e LEFT JOIN log_seal s ON s.entry_id = e.id"
        return f"SELECT e.id, {own}, s.seq, s.prev_hash, s.hash FROM {joined} ORDER BY e.id"  # noqa: S608
    order = ("seq, " if "seq" in columns else "") + "ts_recorded, event_id"
    return f"SELECT row_number() OVER (ORDER BY {order}), {', '.join(columns)} FROM {table} ORDER BY {order}"  # noqa: S608


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        if not path.is_file():
            raise LogError(url, None, None, "there is no such file")
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            try:
                yield connection
            except sqlite3.Error as error:
                raise LogError(url, None, None, f"the database cannot be read: {error}") from None
        return
    if not url.startswith(POSTGRESQL):
        raise LogError("LOG", None, None, "is not a database that is read here: give sqlite:///FILE or postgresql://...")
    import psycopg  # here: whoever reads files needs no driver

    try:
        with psycopg.connect(plain(url)) as connection:
            connection.read_only = True
            yield connection
    except psycopg.Error as error:
        words = str(error).strip().splitlines()[0]
        raise LogError(shown(url), None, None, f"the database cannot be read: {words}") from None


def _names(connection: Any, table: str) -> list[str]:
    if isinstance(connection, sqlite3.Connection):
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    found = connection.execute("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0", (table,))
    return [row[0] for row in found]


def _cells(connection: Any, sql: str) -> Iterator[tuple]:
    if isinstance(connection, sqlite3.Connection):
        yield from connection.execute(sql)
        return
    with connection.cursor(name="log") as cursor:  # stays on the server, which sends some rows at a time
        cursor.itersize = 5000
        cursor.execute(sql)
        for place, *cells in cursor:
            yield place, *(json.dumps(cell) if isinstance(cell, dict) else cell for cell in cells)  # facts kept as jsonb
