"""Workers as processes of their own: side by side, told to stop, killed, without a database."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.db import db
from hub.notices import outbox
from hub.notices.models import Notice
from hub.notices.post import post
from hub.notices.work import Worker
from tests.hub.notices.post_office import PostOffice, tell, worker

PATIENCE = 60


def tell_many(session, count: int) -> set[str]:
    keys = {f"<{tell(number).key}@localhost>" for number in range(count)}
    session.commit()
    return keys


def wait_until(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def all_sent() -> bool:
    left = db.session.scalar(sa.select(sa.func.count()).where(Notice.sent_at.is_(None)))
    db.session.rollback()
    return left == 0


def stop(process: subprocess.Popen, how: int = signal.SIGTERM) -> int:
    process.send_signal(how)
    return process.wait(PATIENCE)


def test_two_workers_send_two_hundred_mails_once_each(session, database_url):
    keys = tell_many(session, 200)
    with PostOffice() as office, worker(database_url, office.url) as one, worker(database_url, office.url) as other:
        wait_until(all_sent)
        assert (stop(one), stop(other)) == (0, 0)
    assert Counter(office.keys) == Counter(keys)
    assert set(session.scalars(sa.select(Notice.attempts))) == {1}


def test_a_worker_killed_in_mid_sending_loses_nothing_and_repeats_only_the_mail_in_hand(session, database_url):
    keys = tell_many(session, 30)
    with PostOffice(hold=10) as office:
        with worker(database_url, office.url) as killed:
            assert office.held.wait(PATIENCE)
            assert stop(killed, signal.SIGKILL) == -signal.SIGKILL
        in_hand = office.keys[9]
        with worker(database_url, office.url) as survivor:
            wait_until(lambda: len(office.raw) == 30)
            assert stop(survivor) == 0
        with time_machine.travel(now() + outbox.LEASE):  # when the dead worker's time is over
            way_out = post(office.url, "localhost")
            Worker(way_out).run_once()
            way_out.close()
    assert Counter(office.keys) == Counter(keys) + Counter([in_hand])
    assert all_sent()


def test_a_worker_told_to_stop_ends_after_the_mail_in_hand(session, database_url):
    tell_many(session, 20)
    with PostOffice(hold=3) as office, worker(database_url, office.url) as process:
        assert office.held.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None  # it waits for the server's answer
        office.let_go()
        assert process.wait(PATIENCE) == 0
    assert len(office.raw) == 3
    sent = session.scalar(sa.select(sa.func.count()).where(Notice.sent_at.is_not(None)))
    assert (sent, session.scalar(sa.select(sa.func.count()).where(Notice.lease_until.is_not(None)))) == (3, 0)


def test_once_does_what_is_due_and_ends(session, database_url):
    tell_many(session, 2)
    with PostOffice() as office, worker(database_url, office.url, "--once") as process:
        assert process.wait(PATIENCE) == 0
    assert len(office.raw) == 2


def test_an_idle_worker_never_takes_the_turn_to_write(app, session):
    with PostOffice() as office, db.engine.connect() as writer:
        if db.engine.dialect.name == "sqlite":
            writer.exec_driver_sql("SELECT 1")  # begins IMMEDIATE: from now on nobody else writes
        else:
            writer.exec_driver_sql("LOCK TABLE notice IN EXCLUSIVE MODE")
        begun = time.monotonic()
        Worker(post(office.url, "localhost")).run_once()
        assert time.monotonic() - begun < 1


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """Nobody reaches the database (PostgreSQL), or somebody else holds its lock (SQLite)."""
    db.session.remove()
    if database_url.startswith("sqlite"):
        with db.engine.connect() as holder:
            holder.exec_driver_sql("SELECT 1")
            yield
        return
    parts = urlsplit(database_url)
    name = parts.path.strip("/")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_a_worker_waits_for_a_database_that_is_away(session, database_url):
    tell_many(session, 2)
    with PostOffice(hold=1) as office, worker(database_url, office.url) as process:
        assert office.held.wait(PATIENCE)
        with away(database_url):
            office.let_go()  # the mail is gone, and cannot be written down
            time.sleep(7)
            assert process.poll() is None
            assert len(office.raw) == 1
        wait_until(lambda: len(office.raw) == 2)
        wait_until(all_sent)
        assert stop(process) == 0
    assert len(set(office.keys)) == 2


def test_duties_run_at_once_and_then_at_their_interval_and_one_that_breaks_stops_nothing(session):
    done = []

    def breaks() -> None:
        done.append("breaks")
        tell()
        raise RuntimeError

    def works() -> None:
        done.append("works")
        tell()

    with PostOffice() as office:
        busy = Worker(post(office.url, "localhost"), [(3600, breaks), (0, works)])
        busy.run_once()
        busy.run_once()
        busy.post.close()
    assert done == ["breaks", "works", "works"]
    assert len(office.raw) == 2
