"""How the database is opened and how its transactions begin, on both engines."""

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, StatementError

from hub import create_app, demo
from hub.db import WAL_IS_SAFE_FROM, UtcDateTime, db, is_unavailable, reading, version
from hub.spaces.models import Closure
from tests.databases import environment


def only(session, engine):
    if session.get_bind().dialect.name != engine:
        pytest.skip(f"of {engine}")


def test_sqlite_is_opened_so_that_nothing_acknowledged_is_lost(session):
    only(session, "sqlite")
    pragma = {
        name: session.execute(sa.text(f"PRAGMA {name}")).scalar() for name in ("foreign_keys", "synchronous", "journal_mode")
    }
    wal = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM
    assert pragma == {"foreign_keys": 1, "synchronous": 2, "journal_mode": "wal" if wal else "delete"}
    assert session.execute(sa.text("PRAGMA busy_timeout")).scalar() == 5000


def test_postgresql_is_opened_with_its_time_outs(session):
    only(session, "postgresql")
    shown = {
        name: session.execute(sa.text(f"SHOW {name}")).scalar() for name in ("lock_timeout", "statement_timeout", "timezone")
    }
    assert shown == {"lock_timeout": "2s", "statement_timeout": "5s", "timezone": "UTC"}
    assert session.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar() == "10s"


def test_an_instant_is_kept_in_utc_and_sorts_as_time(session):
    rome = timezone(timedelta(hours=2))
    at = datetime(2027, 8, 26, 18, 30, 0, 123456, tzinfo=rome)
    session.add_all([Closure(reason={}, created_at=at), Closure(reason={}, created_at=at - timedelta(microseconds=1))])
    session.flush()
    session.expire_all()
    kept = session.scalars(sa.select(Closure.created_at).order_by(Closure.created_at)).all()
    assert kept[1] == at and kept[1].tzinfo == UTC and kept[0] < kept[1]
    later = sa.select(sa.func.count()).select_from(Closure).where(Closure.created_at >= at)
    assert session.scalar(later) == 1


def test_an_instant_without_offset_is_refused(session):
    with pytest.raises((StatementError, ValueError), match="offset"):
        session.execute(sa.select(sa.literal(datetime(2027, 1, 1), UtcDateTime)))  # noqa: DTZ001


@pytest.fixture
def begun(app):
    """How the transactions of each request began, on SQLite."""
    seen = []
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: seen.append(statement))
    return seen


def test_a_page_that_is_read_never_takes_the_turn_to_write(app, client, session, begun):
    only(session, "sqlite")
    session.close()
    client.get("/spazi")
    assert "BEGIN" in begun and "BEGIN IMMEDIATE" not in begun


def test_a_form_that_is_sent_takes_it_before_it_reads(app, client, session, begun):
    only(session, "sqlite")
    demo.load_spaces()
    session.commit()
    choice = client.page("/spazi/aula-1/prenota")
    begun.clear()
    choice.form("prenota").submit(starts="2027-03-10T10:00:00+00:00")
    assert begun[0] == "BEGIN IMMEDIATE"


def test_reading_is_said_for_a_block_and_ends_with_it(app, session, begun):
    only(session, "sqlite")
    session.close()
    with reading():
        session.execute(sa.text("SELECT 1"))
        session.rollback()
    session.execute(sa.text("SELECT 1"))
    assert [word for word in begun if word.startswith("BEGIN")] == ["BEGIN", "BEGIN IMMEDIATE"]


def _write_slowly(url: str, started, go_on) -> None:
    app = create_app(environment(url))
    with app.app_context():
        db.session.add(Closure(reason={}, created_at=datetime(2027, 1, 1, tzinfo=UTC)))
        db.session.flush()
        started.set()
        go_on.wait(30)
        db.session.commit()


def _read_often(url: str, started, over, told) -> None:
    client = create_app(environment(url)).test_client()
    while not over.is_set():
        told.put(client.get("/spazi").status_code)
        started.set()


def test_while_one_process_writes_another_reads(database_url):
    context = multiprocessing.get_context("spawn")
    started, go_on = context.Event(), context.Event()
    writer = context.Process(target=_write_slowly, args=(database_url, started, go_on))
    writer.start()
    assert started.wait(60)
    app = create_app(environment(database_url))
    assert app.test_client().get("/spazi").status_code == 200
    go_on.set()
    writer.join(60)
    with app.app_context():
        db.engine.dispose()
    assert writer.exitcode == 0


def test_while_one_process_reads_page_after_page_another_commits(app, session, database_url):
    """A reader that kept its transaction open would make SQLite's commit wait until it gave up."""
    context = multiprocessing.get_context("spawn")
    started, over, told = context.Event(), context.Event(), context.Queue()
    reader = context.Process(target=_read_often, args=(database_url, started, over, told))
    reader.start()
    assert started.wait(60)
    for _ in range(20):
        session.add(Closure(reason={}, created_at=datetime(2027, 1, 1, tzinfo=UTC)))
        session.commit()
    over.set()
    pages = [told.get(timeout=10)]
    while not told.empty():
        pages.append(told.get())
    reader.join(60)
    assert set(pages) == {200}


def test_the_transaction_of_a_page_is_over_before_its_bytes_go_out(app, database_url):
    """Between the last line of the view and the first byte to a slow reader, nobody is kept waiting."""
    open_when_sent = []
    inner = app.wsgi_app

    def server(environ, start_response):
        body = inner(environ, start_response)
        with app.app_context():
            open_when_sent.append(db.engine.pool.checkedout())
        return body

    app.wsgi_app = server
    assert app.test_client().get("/spazi").status_code == 200
    assert open_when_sent == [0]


def test_the_database_has_another_version_as_soon_as_anybody_commits(app, session):
    """Whoever it was: each connection of this process finds out, and none where nobody did."""
    closure = sa.insert(Closure).values(reason={}, created_at=datetime(2027, 1, 1, tzinfo=UTC))
    session.close()
    with db.engine.connect(), db.engine.connect():
        pass  # from here on there are two, which take turns

    def versions() -> dict:
        found = []
        for _ in range(4):
            with reading():
                found.append(version())
                session.rollback()
        return dict(found)

    before = versions()
    assert len(before) == (2 if db.engine.dialect.name == "sqlite" else 1) and versions() == before
    somebody = sa.create_engine(db.engine.url)
    for engine in (db.engine, somebody):
        with engine.begin() as connection:
            connection.execute(closure)
        after = versions()
        assert after.keys() == before.keys() and not after.items() & before.items()
        before = after
    somebody.dispose()


def test_what_is_locked_or_away_is_told_from_what_is_broken(app, session):
    with pytest.raises(sa.exc.SQLAlchemyError) as broken:
        session.execute(sa.text("SELECT * FROM nothing"))
    assert not is_unavailable(broken.value) or session.get_bind().dialect.name == "postgresql"
    session.rollback()
    away = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(OperationalError) as unreachable:
        away.connect()
    assert is_unavailable(unreachable.value)
    assert not is_unavailable(ValueError("x"))


def test_when_every_connection_is_taken_the_page_says_so(app, session, monkeypatch):
    only(session, "postgresql")
    session.close()
    monkeypatch.setattr(db.engine.pool, "_timeout", 0.2)
    held = []
    with pytest.raises(sa.exc.TimeoutError) as full:
        while True:
            held.append(db.engine.connect())
    assert is_unavailable(full.value)
    answer = app.test_client().get("/spazi")
    for connection in held:
        connection.close()
    assert answer.status_code == 503 and answer.headers["Retry-After"]
