"""The calendar in the portal's own schema and in the reference's: the same rows, written in bulk."""

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import psycopg
import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person, RoleGrant, SignIn
from hub.booking.models import Booking, BookingChange
from hub.clock import wall
from hub.db import db
from hub.spaces.models import Allocation, Layout, Occurrence, Opening, Rule, Space
from hub.spaces.service import compose, holiday
from tests.bench import limit_app
from tests.bench.dataset import CLOSES, OPENS, SPACES, Calendar, Use
from tests.bench.load import CLIENTS
from tests.bench.servers import settings

PUBLISHED = 20  # spaces on the home page: a list of twenty, as the reference's page
REQUESTERS = 400  # people who have the bookings, in turn
HELD = 2400  # bookings that lack only the last step, those of the people after the requesters, in turn
RACERS = 800
COMMITTERS = range(REQUESTERS + 1, REQUESTERS + CLIENTS + 1)
RACING = range(COMMITTERS.stop, COMMITTERS.stop + RACERS)
LAYOUTS = (
    # code, kind, Italian, English, capacity, minutes of set-up and of clean-up
    ("tavolo", "meeting", "Tavolo unico", "Boardroom table", 40, 0, 0),
    ("banchi", "classroom", "Aula con banchi", "Classroom", 60, 30, 15),
    ("platea", "theatre", "Platea", "Theatre rows", 120, 30, 30),
)


def token(person: int) -> str:
    """What stands in the cookie of somebody who is signed in."""
    return f"bench-{person}"


def held_key(number: int) -> str:
    """The address of a booking that lacks only the last step; number % CLIENTS says whose it is."""
    return f"held-{number:017d}"


def slug(space: int) -> str:
    return f"spazio-{space}"


def free_times(calendar: Calendar) -> Iterator[Use]:
    """Free hours on days when the portal is open: the first HELD of them are those of the held bookings."""
    return (use for use in calendar.free() if not holiday(wall(use.starts).date()))


def portal(url: str, calendar: Calendar, total: int) -> None:
    """Fill the portal's empty, migrated database."""
    app = create_app(settings(url))
    with app.app_context():
        _people_and_spaces(calendar)
        db.session.commit()
        layouts = list(db.session.scalars(sa.select(Layout.id).where(Layout.code == "tavolo").order_by(Layout.space_id)))
        db.session.remove()
        db.engine.dispose()
    taken = [(use, n % REQUESTERS + 1, "") for n, use in enumerate(calendar.uses(total))]
    held = islice(free_times(calendar), HELD)
    taken += [(use, COMMITTERS[n % CLIENTS], held_key(n)) for n, use in enumerate(held)]
    with _bulk(url, guard="allocation_no_overlap", table="allocation") as bulk:
        for table, rows in _rows(calendar, taken, layouts):
            bulk.write(table, rows)


def _people_and_spaces(calendar: Calendar) -> None:
    long_ago = datetime.combine(calendar.monday, datetime.min.time(), UTC) - timedelta(days=900)
    later = long_ago + timedelta(days=930)
    names = {"given_name": "Persona", "created_at": long_ago, "confirmed_at": long_ago}
    everybody = range(1, RACING.stop + 1)  # the last one is the manager
    db.session.add_all(Person(id=n, email=f"persona{n}@bench.example", family_name=f"Numero {n}", **names) for n in everybody)
    db.session.flush()
    db.session.add(RoleGrant(person_id=everybody[-1], role="manager", granted_at=long_ago))
    signed_in = [*range(1, CLIENTS + 1), *COMMITTERS, *RACING]
    db.session.add_all(
        SignIn(token_hash=hashlib.sha256(token(n).encode()).hexdigest(), person_id=n, created_at=long_ago, expires_at=later)
        for n in signed_in
    )
    for n in range(1, SPACES + 1):
        words = {"it": f"Spazio numero {n}", "en": f"Space number {n}"}
        text = {"it": "Uno spazio luminoso per riunioni, corsi e prove.", "en": "A bright space for meetings and courses."}
        space = Space(id=n, slug=slug(n), name=words, text=text, kind="atomic", area_m2=60, sort=n)
        space.published, space.equipment = n <= PUBLISHED, ["projector", "whiteboard"]
        space.layouts = [
            Layout(code=code, kind=kind, name={"it": it, "en": en}, capacity=capacity, setup_min=before, cleanup_min=after)
            for code, kind, it, en, capacity, before, after in LAYOUTS
        ]
        db.session.add(space)
        compose(space, [space])
    db.session.add(Rule(kind="approval", params={"by": "automatic"}, created_at=long_ago))
    db.session.add_all(Opening(weekday=weekday, opens=OPENS * 60, closes=CLOSES * 60) for weekday in range(7))
    db.session.flush()
    if db.engine.dialect.name == "postgresql":
        for table in ("person", "space"):
            db.session.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))


def _rows(calendar: Calendar, taken: list[tuple[Use, int, str]], layouts: list[int]) -> Iterator[tuple[sa.Table, Iterable]]:
    """For each table of a booking its rows. taken: (use, person, key), the key of a booking that is only held, or ""."""
    until = datetime.combine(calendar.monday, datetime.min.time(), UTC) + timedelta(days=30)
    chance = random.Random(0)

    def booking(n: int, use: Use, person: int, key: str) -> dict:
        asked = min(use.starts, until) - timedelta(days=31)
        told = {"held_until": until} if key else {"terms_accepted_at": asked, "submitted_at": asked}
        return {
            "id": n, "key": key or f"{chance.getrandbits(128):032x}"[:22], "state": "held" if key else "approved", "version": 1,
            "space_id": use.space, "layout_id": layouts[use.space - 1], "requester_id": person, "attendees": 10,
            "title": f"Attività {n}", "purpose": "meeting", "created_at": asked, **told,
        }  # fmt: skip

    def occurrence(n: int, use: Use, person: int, key: str) -> dict:
        return {
            "id": n, "kind": "booking", "booking_id": n, "space_id": use.space, "layout_id": layouts[use.space - 1],
            "starts_at": use.starts, "ends_at": use.ends, "updated_at": use.starts - timedelta(days=31),
            "ical_uid": f"{chance.getrandbits(128):032x}@officine-mezzogiorno",
        }  # fmt: skip

    def allocation(n: int, use: Use, person: int, key: str) -> dict:
        return {
            "id": n, "occurrence_id": n, "atom_id": use.space, "starts_at": use.starts, "ends_at": use.ends,
            "expires_at": until if key else None,
        }  # fmt: skip

    def change(n: int, use: Use, person: int, key: str) -> dict:
        states = ("draft", "held") if key else ("held", "approved")
        asked = min(use.starts, until) - timedelta(days=31)
        return {"id": n, "booking_id": n, "before": states[0], "after": states[1], "actor_id": person, "at": asked}

    for model, row in ((Booking, booking), (Occurrence, occurrence), (Allocation, allocation), (BookingChange, change)):
        yield model.__table__, (row(n, *one) for n, one in enumerate(taken, 1))


def reference(url: str, calendar: Calendar, total: int) -> None:
    """Fill an empty database with the reference's schema and the same bookings."""
    engine = limit_app.engine_of(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        limit_app.metadata.create_all(connection)
        connection.execute(sa.insert(limit_app.space), [{"id": n, "name": f"Space {n}"} for n in range(1, SPACES + 1)])
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(limit_app.NO_OVERLAP)
    engine.dispose()
    rows = (
        {
            "id": n, "space_id": use.space, "starts_at": int(use.starts.timestamp()), "ends_at": int(use.ends.timestamp()),
            "user_id": n % REQUESTERS + 1, "title": f"Activity {n}",
        }
        for n, use in enumerate(calendar.uses(total), 1)
    )  # fmt: skip
    with _bulk(url, guard="no_overlap", table="booking") as bulk:
        bulk.write(limit_app.booking, rows)


def _bulk(url: str, *, guard: str, table: str) -> "_Sqlite | _Postgresql":
    return (_Sqlite if url.startswith("sqlite") else _Postgresql)(url, guard, table)


class _Sqlite:
    """Many rows at once into a SQLite file: its triggers are put back afterwards."""

    def __init__(self, url: str, _guard: str, _table: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        self.dialect = sa.create_engine("sqlite://").dialect

    def __enter__(self) -> "_Sqlite":
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("BEGIN")
        found = self.connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        self.triggers = [sql for _, sql in found]
        for name, _ in found:
            self.connection.execute(f"DROP TRIGGER {name}")
        return self

    def write(self, table: sa.Table, rows: Iterable[dict]) -> None:
        names, values = _values(table, rows, self.dialect)
        self.connection.executemany(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", values
        )

    def __exit__(self, *failed) -> None:
        for sql in self.triggers:
            self.connection.execute(sql)
        self.connection.execute("ROLLBACK" if failed[0] else "COMMIT")
        self.connection.close()


class _Postgresql:
    """Many rows at once into PostgreSQL: COPY without foreign keys, the exclusion constraint is built afterwards."""

    def __init__(self, url: str, guard: str, table: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.guard, self.table = guard, table
        self.dialect = sa.create_engine("postgresql+psycopg://").dialect
        self.written: list[str] = []

    def __enter__(self) -> "_Postgresql":
        self.connection.execute("SET session_replication_role = replica")
        self.connection.execute("SET maintenance_work_mem = '512MB'")
        found = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
        (self.definition,) = self.connection.execute(found, [self.guard]).fetchone()
        self.connection.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT {self.guard}")
        return self

    def write(self, table: sa.Table, rows: Iterable[dict]) -> None:
        names, values = _values(table, rows, self.dialect)
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        self.written.append(table.name)

    def __exit__(self, *failed) -> None:
        if not failed[0]:
            for table in self.written:
                self.connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            self.connection.execute(f"ALTER TABLE {self.table} ADD CONSTRAINT {self.guard} {self.definition}")
            self.connection.execute("VACUUM ANALYZE")
        self.connection.close()


def _values(table: sa.Table, rows: Iterable[dict], dialect: sa.Dialect) -> tuple[list[str], Iterator[tuple]]:
    """Names of all the columns, and each row as the driver takes it; what a row leaves out is the column's default."""
    columns = list(table.columns)
    defaults = {column.name: column.default.arg for column in columns if column.default is not None and column.default.is_scalar}
    binds = [column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for column in columns]
    names = [column.name for column in columns]
    told = (defaults | row for row in rows)
    return names, (tuple(bind(row.get(name)) for name, bind in zip(names, binds, strict=True)) for row in told)


def _as_it_is(value: object) -> object:
    return value
