"""Where the data stands: for each engine and size a portal's database and the reference's, and copies to be worn out."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from hub.clock import today
from tests.bench import seed
from tests.bench.dataset import SIZES, Calendar
from tests.databases import PostgreSQL, Sqlite, postgresql_server

DATA = Path(__file__).parent / "data"
SEEDS = {"portal": seed.portal, "reference": seed.reference}
CALENDAR = Calendar(today() - timedelta(days=today().weekday()))
_numbers = count()


class SqliteData:
    """Files, kept for as long as the week, the schema and the seeding stay as they are."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        DATA.mkdir(exist_ok=True)
        with Sqlite(folder).fresh() as url:
            self.empty = folder / "empty.sqlite"
            shutil.copy(url.removeprefix("sqlite:///"), self.empty)
        self.mark = _digest(self.empty)

    @contextmanager
    def copy(self, application: str, size: str, calendar: Calendar = CALENDAR) -> Iterator[str]:
        """The URL of a copy of this application's database, gone afterwards."""
        file = self.folder / f"copy-{next(_numbers)}.sqlite"
        shutil.copy(self._made(application, size, calendar), file)
        yield f"sqlite:///{file}"
        file.unlink()

    def _made(self, application: str, size: str, calendar: Calendar) -> Path:
        name = f"{application}-{size}-{calendar.future_days}"
        kept = DATA / f"{name}-{calendar.monday}-{self.mark}.sqlite"
        if not kept.exists():
            for stale in DATA.glob(f"{name}-*.sqlite"):
                stale.unlink()
            being_made = self.folder / "being-made.sqlite"
            if application == "portal":
                shutil.copy(self.empty, being_made)
            SEEDS[application](f"sqlite:///{being_made}", calendar, SIZES[size])
            shutil.move(being_made, kept)
        return kept


def _digest(database: Path) -> str:
    """What the kept data depend on: the schema and the sources that write them."""
    with sqlite3.connect(database) as connection:
        schema = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    sources = [Path(__file__).with_name(name).read_text() for name in ("dataset.py", "seed.py", "limit_app.py")]
    return hashlib.sha256(repr((schema, sources)).encode()).hexdigest()[:12]


@dataclass
class PostgresqlData:
    """Databases of one server, each seeded when it is first asked for."""

    name = "postgresql"
    server: str
    migrated: PostgreSQL
    made: set[str] = field(default_factory=set)

    @contextmanager
    def copy(self, application: str, size: str, calendar: Calendar = CALENDAR) -> Iterator[str]:
        """The URL of a copy of this application's database, gone afterwards."""
        template = self._made(application, size, calendar)
        name = f"{template}_copy_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self._url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, application: str, size: str, calendar: Calendar) -> str:
        name = f"hub_bench_{application}_{size}_{calendar.future_days}"
        if name not in self.made:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._run(f"CREATE DATABASE {name}" + (f" TEMPLATE {self.migrated.template}" if application == "portal" else ""))
            self.made.add(name)
            SEEDS[application](self._url(name), calendar, SIZES[size])
        return name

    def drop(self) -> None:
        for name in self.made:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")
        self.migrated.close()

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def data(engine: str) -> Iterator[SqliteData | PostgresqlData]:
    """The databases of an engine ("sqlite" or "postgresql")."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            yield SqliteData(Path(folder))
        return
    with postgresql_server() as server:
        databases = PostgresqlData(server, PostgreSQL(server))
        # the tests' own server skips it; an acknowledged booking is on the disk on both engines
        databases._run("ALTER SYSTEM RESET fsync")
        databases._run("SELECT pg_reload_conf()")
        yield databases
        databases.drop()
