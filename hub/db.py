"""The database: one way to open it, one way to begin a transaction, and the guarantees that must stand in it.

SQLite: a transaction that may write begins IMMEDIATE, one that only reads begins deferred and is closed before the page
is sent. Which of the two is decided here alone: a request that cannot write (GET, HEAD, OPTIONS) reads, all else writes;
`reading()` says otherwise for a block of code, `@writes` for a view.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import sqlalchemy as sa
import structlog
from flask import Flask, current_app, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase

WAL_IS_SAFE_FROM = (3, 51, 3)  # older libraries can corrupt a WAL database when its log is reset
BUSY_SECONDS = 5.0


class Model(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})
migrate = Migrate(db=db, directory=str(Path(__file__).parent.parent / "migrations"))


class UtcDateTime(sa.types.TypeDecorator):
    """An aware instant: timestamptz on PostgreSQL, fixed-width ISO 8601 text in UTC on SQLite, which sorts as time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset from UTC")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """CHECK, by the column's name, that a code is one of a closed list."""
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def unique_while(condition: str, name: str, *columns: str) -> sa.Index:
    """No two rows for which an SQL condition holds have the same values in these columns."""
    return sa.Index(name, *columns, unique=True, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def init(app: Flask) -> None:
    """Bind the database of the configuration to the application."""
    url = sa.engine.make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite":
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's data: its owner's only
        options = {"connect_args": {"isolation_level": None, "timeout": BUSY_SECONDS}, "hide_parameters": True}
    else:
        options = {
            "pool_size": app.config["WEB_THREADS"],
            "max_overflow": 2,
            "pool_timeout": 3,
            "pool_pre_ping": True,
            "pool_recycle": 1800,
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 3,
                "options": "-c timezone=UTC -c lock_timeout=2s -c statement_timeout=5s"
                " -c idle_in_transaction_session_timeout=10s",
            },
        }
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    db.init_app(app)
    migrate.init_app(app, compare_type=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _open_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
    app.before_request(lambda: _reads_only.set(_cannot_write()) and None)
    app.teardown_request(lambda _error: _reads_only.set(False) and None)


_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)


def writes(view: Callable) -> Callable:
    """A view that writes though a browser asks with GET: a register of who looked, the way back from an identity provider."""
    view.writes = True
    return view


def _cannot_write() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in ("GET", "HEAD", "OPTIONS") and not getattr(view, "writes", False)


@contextmanager
def reading() -> Iterator[None]:
    """A block whose transactions only read: on SQLite they begin deferred, so they never wait for a writer's turn."""
    token = _reads_only.set(True)
    try:
        yield
    finally:
        _reads_only.reset(token)


def only_reads() -> bool:
    """Whether the transactions from here on only read."""
    return _reads_only.get()


def undo() -> None:
    """Undo what a refused request did; what it still asks for is only shown, so that it takes nobody's turn to write."""
    db.session.rollback()
    _reads_only.set(True)


def insert_unless_there(model: type[Model], **values: object) -> bool:
    """Whether the row went in: not where a unique key of it stands already. Waits for another transaction's insert."""
    dialect = db.session.get_bind().dialect.name
    insert = sa.dialects.sqlite.insert if dialect == "sqlite" else sa.dialects.postgresql.insert
    unless_there = insert(model).values(values).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return db.session.execute(unless_there).rowcount == 1  # which PostgreSQL's driver is not asked for otherwise


_connections = count()


def version() -> tuple[int, Hashable]:
    """What the database is at: (whose count this is, the count). Where the same one has counted no further, nobody has
    committed anything since. Whoever keeps what they read asks for it first, in the same transaction.

    SQLite counts for each connection: what others committed, and what it changed itself. PostgreSQL's snapshot tells which
    transactions are over.
    """
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        return 0, connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
    number = connection.info.setdefault("number", next(_connections))
    changed = connection.connection.driver_connection.total_changes
    return number, (connection.exec_driver_sql("PRAGMA data_version").scalar_one(), changed)


def _open_sqlite(connection: sqlite3.Connection, _record) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM else "DELETE"
    if connection.execute("PRAGMA journal_mode").fetchone()[0].upper() != journal:
        connection.execute(f"PRAGMA journal_mode = {journal}")


def _begin_sqlite(connection: sa.Connection) -> None:
    if _reads_only.get():
        connection.exec_driver_sql("BEGIN")
        return None
    # SQLite's own wait grows in steps and starves the unlucky writer: short random waits keep the queue fair.
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    deadline = time.monotonic() + BUSY_SECONDS
    try:
        while True:
            try:
                return connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if not is_unavailable(error) or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.0005, 0.004))  # noqa: S311 - a wait, not a secret
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def is_unavailable(error: BaseException) -> bool:
    """Whether this error says that the database is locked, full, out of reach or out of connections for now."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_FOR_NOW
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


_SQLITE_FOR_NOW = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


@dataclass(frozen=True)
class Guarantee:
    """A promise that the database itself keeps, by a trigger or a constraint of this name.

    The statements that make it, an engine each; None where that engine keeps the promise by other means.
    """

    name: str
    table: str
    sqlite: str | None
    postgresql: str | None


GUARANTEES: dict[str, Guarantee] = {}


def guarantee(table: sa.Table, name: str, *, sqlite: str | None = None, postgresql: str | None = None) -> None:
    """Declare a promise that must stand: made with its table, looked for at every start of the server."""
    GUARANTEES[name] = Guarantee(name, table.name, sqlite, postgresql)
    for dialect, ddl in (("sqlite", sqlite), ("postgresql", postgresql)):
        if ddl:
            event.listen(table, "after_create", sa.DDL(ddl.strip().replace("%", "%%")).execute_if(dialect=dialect))


def refuse(table: sa.Table, name: str, operation: str, when: str | None = None, *, alone: str | None = None) -> None:
    """Promise that this operation (INSERT, UPDATE or DELETE) on a row is refused, always or when a condition in SQL holds.

    The condition sees OLD and NEW, and the present instant as {now}. alone: the rows ("process WHERE id = NEW.process_id") that
    PostgreSQL locks before it looks, where the condition asks about other rows: two that begin at once would not see each
    other's. On SQLite one writes at a time anyway.
    """
    head = f"CREATE TRIGGER {name} BEFORE {operation} ON {table.name}"
    condition = when or "true"
    kept = "OLD" if operation == "DELETE" else "NEW"
    first = f"  PERFORM 1 FROM {alone} FOR NO KEY UPDATE;\n" if alone else ""
    guarantee(
        table,
        name,
        sqlite=f"""
{head}{f" WHEN {when.format(now=SQLITE_NOW)}" if when else ""}
BEGIN
  SELECT RAISE(ABORT, '{name}');
END""",
        postgresql=f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{first}  IF {condition.format(now="now()")} THEN
    RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN {kept};
END $$;
{head} FOR EACH ROW EXECUTE FUNCTION {name}()""",
    )


SQLITE_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def missing_guarantees(connection: sa.Connection) -> list[str]:
    """Names of the triggers, unique indexes and exclusion constraints that the models declare and the database lacks."""
    dialect = connection.dialect.name
    wanted = {promise.name for promise in GUARANTEES.values() if getattr(promise, dialect)}
    for table in db.metadata.tables.values():
        wanted |= {index.name for index in table.indexes if index.unique}
        if dialect == "postgresql":
            wanted |= {c.name for c in table.constraints if c.__visit_name__ == "exclude_constraint"}
    standing = (
        "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'index', 'table')"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' UNION SELECT conname FROM pg_constraint"
        " UNION SELECT relname FROM pg_class WHERE relkind = 'i'"
    )
    return sorted(wanted - set(connection.exec_driver_sql(standing).scalars()))


def must_hold_guarantees(app: Flask) -> None:
    """Refuse to start (SystemExit, one sentence) on a database that lacks a guarantee; one out of reach is waited for."""
    with app.app_context(), reading():
        try:
            with db.engine.connect() as connection:
                missing = missing_guarantees(connection)
        except OperationalError as error:
            if not is_unavailable(error):
                raise
            structlog.get_logger("hub").warning("database unavailable at the start", code=getattr(error.orig, "sqlstate", None))
            return
        finally:
            db.engine.dispose()  # a web server forks after this: its processes must inherit no connection
    if missing:
        raise SystemExit(f"The database lacks what keeps its promises ({', '.join(missing)}): run `flask db upgrade`.")
