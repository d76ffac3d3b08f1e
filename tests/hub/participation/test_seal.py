"""The chain: whatever is not sealed yet gets the next place, late rows too, and nobody forks it."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

import config
from hub.db import db
from hub.participation import seal
from hub.participation.log import record
from hub.participation.models import LogEntry, LogSeal
from hub.participation.seal import seal_log
from impact import GENESIS, chain_hash
from impact.row import Row
from tests.databases import environment
from tests.hub.participation.test_log import BOOKED, Somebody


def write(session, count: int) -> None:
    for number in range(count):
        record(BOOKED, who=Somebody(f"person:{number % 7}"))
    session.commit()


def seals(session) -> list[LogSeal]:
    session.expire_all()
    return list(session.scalars(sa.select(LogSeal).order_by(LogSeal.seq)))


def test_rows_are_sealed_in_their_order_and_once(session):
    write(session, 3)
    assert seal_log() == 3
    assert seal_log() == 0
    write(session, 2)
    assert seal_log() == 2
    chain = seals(session)
    assert [row.seq for row in chain] == [1, 2, 3, 4, 5]
    assert [row.entry_id for row in chain] == list(session.scalars(sa.select(LogEntry.id).order_by(LogEntry.id)))
    assert [row.prev_hash for row in chain] == [GENESIS] + [row.hash for row in chain[:-1]]


def test_a_hash_is_the_one_that_impact_gives(session):
    write(session, 1)
    seal_log()
    (chain,) = seals(session)
    entry = session.scalars(sa.select(LogEntry)).one()
    row = Row(entry.event_id, entry.ts_event, entry.ts_recorded, entry.type, entry.person, entry.activity, entry.session, 120)
    assert chain.hash == chain_hash(GENESIS, row._replace(facts={"people": 40}, seq=1))


def test_batches_continue_one_another(session, monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 4)
    write(session, 10)
    assert seal_log() == 10
    chain = seals(session)
    assert [row.prev_hash for row in chain] == [GENESIS] + [row.hash for row in chain[:-1]]


def test_a_row_committed_late_is_sealed_later(app, session):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: rows are committed in the order of their ids")
    record(BOOKED)  # a slow transaction, which has its id already
    with app.app_context():
        record(BOOKED)
        db.session.commit()
        assert seal_log() == 1
    session.commit()
    assert seal_log() == 1
    early, late = seals(session)
    assert late.entry_id < early.entry_id


def test_two_sealers_at_once_make_no_fork(session, database_url):
    write(session, 3000)
    command = [sys.executable, "-m", "flask", "--app", "hub", "hub", "seal-log"]
    settings = os.environ | environment(database_url)
    sealers = [subprocess.Popen(command, cwd=config.ROOT, env=settings, stdout=subprocess.PIPE) for _ in range(3)]
    for sealer in sealers:
        sealer.communicate(timeout=60)
    assert [sealer.returncode for sealer in sealers] == [0, 0, 0]
    seal_log()
    chain = seals(session)
    assert [row.seq for row in chain] == list(range(1, 3001))
    assert [row.prev_hash for row in chain] == [GENESIS] + [row.hash for row in chain[:-1]]
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 3000


def test_a_second_sealer_goes_home(app, session):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    write(session, 2)
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(seal.SEALER)))
    with app.app_context():
        assert seal_log() == 0
    session.rollback()
    assert seal_log() == 2
