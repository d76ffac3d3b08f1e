"""Recording acts: one row each, by pseudonym, that nobody changes afterwards."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.db import GUARANTEES, db, missing_guarantees
from hub.participation.log import pseudonym, record, time_ordered_id
from hub.participation.models import LogEntry, LogSeal, Pseudonym
from hub.participation.seal import seal_log
from impact.acts import ActError, EnrolmentCreated, SessionHeld, SpaceBooked

AT = datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC)
BOOKED = SpaceBooked(activity="officina-grande", session="OM-1", minutes=120, people=40)


@dataclass(frozen=True)
class Somebody:
    subject: str = "person:1"


def test_an_act_is_one_row_with_its_columns(session):
    with time_machine.travel(AT + timedelta(days=1), tick=False):
        event_id = record(BOOKED, who=Somebody(), at=AT)
    session.commit()
    session.expire_all()
    row = session.scalars(sa.select(LogEntry)).one()
    assert (row.event_id, row.type, row.activity, row.session, row.minutes) == (
        event_id, "space.booked", "officina-grande", "OM-1", 120,
    )  # fmt: skip
    assert (row.status, row.ref, row.facts) == (None, None, '{"people":40}')
    assert (row.ts_event, row.ts_recorded) == (AT, AT + timedelta(days=1))


def test_the_log_knows_somebody_by_one_random_code(session):
    for who in (Somebody(), Somebody("person:2"), Somebody()):
        record(BOOKED, who=who)
    first, second, third = session.scalars(sa.select(LogEntry.person).order_by(LogEntry.id))
    assert first == third != second
    assert first != second and len(first) == 21
    assert pseudonym("person:1") == first


def test_an_act_without_somebody_has_no_pseudonym_and_one_that_needs_it_is_refused(session):
    record(SessionHeld(activity="steam", session="s1", minutes=90, trainers=("p7f3",)))
    assert session.scalar(sa.select(LogEntry.facts)) == '{"trainers":["p7f3"]}'
    with pytest.raises(ActError, match="say who"):
        record(EnrolmentCreated(activity="steam", channel="web"))


def test_an_act_goes_with_the_transaction_of_the_fact(session):
    record(BOOKED, who=Somebody())
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 0
    record(BOOKED, who=Somebody())
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 1


def test_to_forget_a_person_leaves_the_log_as_it_was(session):
    record(BOOKED, who=Somebody())
    before = session.execute(sa.select(LogEntry.__table__)).all()
    session.execute(sa.delete(Pseudonym))
    session.commit()
    assert session.execute(sa.select(LogEntry.__table__)).all() == before
    assert pseudonym("person:1") != before[0].person


REWRITES = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
]
REPLACES = {
    "log_entry": "INSERT OR REPLACE INTO log_entry SELECT {id}, {event_id}, ts_event, ts_recorded, type, person, activity,"
    " session, 999, status, ref, facts FROM log_entry LIMIT 1",
    "log_seal": "INSERT OR REPLACE INTO log_seal SELECT entry_id, seq, prev_hash, upper(hash) FROM log_seal LIMIT 1",
}


@pytest.mark.parametrize(("table", "column"), [("log_entry", "minutes"), ("log_seal", "hash")])
def test_the_database_refuses_to_rewrite_the_log(session, table, column):
    record(BOOKED)
    session.commit()
    seal_log()
    statements = [statement.format(table=table, column=column) for statement in REWRITES]
    if db.engine.dialect.name == "postgresql":
        statements += [f"TRUNCATE {table} CASCADE"]
    else:
        statements += [REPLACES[table].format(id="id", event_id="'x'"), REPLACES[table].format(id="7", event_id="event_id")]
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            session.execute(sa.text(statement))
        session.rollback()
    assert session.scalar(sa.select(LogEntry.minutes)) == 120


@pytest.mark.parametrize("change", [{"seq": 1}, {"prev_hash": "0" * 64}, {"seq": 0}, {"hash": "short"}, {"entry_id": 99}])
def test_the_database_refuses_a_seal_that_makes_no_sense(session, change):
    record(BOOKED)
    record(BOOKED)
    session.flush()
    ids = list(session.scalars(sa.select(LogEntry.id).order_by(LogEntry.id)))
    session.execute(sa.insert(LogSeal).values(entry_id=ids[0], seq=1, prev_hash="0" * 64, hash="a" * 64))
    seal = {"entry_id": ids[1], "seq": 2, "prev_hash": "a" * 64, "hash": "b" * 64} | change
    with pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.insert(LogSeal).values(seal))
        session.commit()


def test_the_guarantees_are_missed_where_they_are_gone(session):
    assert not [name for name in missing_guarantees(session.connection()) if name.startswith("log_")]
    ours = sorted(name for name in GUARANTEES if name.startswith("log_"))
    assert ours == [f"log_{table}_no_{verb}" for table in ("entry", "seal") for verb in ("delete", "update", "wipe")]
    on = " ON log_entry" if db.engine.dialect.name == "postgresql" else ""
    session.execute(sa.text(f"DROP TRIGGER log_entry_no_update{on}"))
    assert missing_guarantees(session.connection()) == ["log_entry_no_update"]


def test_ids_are_version_7_and_grow_with_time():
    ids = []
    for second in range(20):
        with time_machine.travel(AT + timedelta(seconds=second), tick=False):
            ids.append(time_ordered_id())
    assert ids == sorted(ids)
    assert {(uuid.UUID(id).version, uuid.UUID(id).variant) for id in ids} == {(7, uuid.RFC_4122)}
    assert uuid.UUID(ids[0]).int >> 80 == int(AT.timestamp() * 1000)


def in_thread(app, work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            work()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_writers_do_not_wait_for_one_another(app, session):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    record(BOOKED, who=Somebody())  # their first act, in a transaction that stays open
    waited = []

    def write() -> None:
        begun = time.monotonic()
        record(BOOKED, who=Somebody())
        db.session.commit()
        waited.append(time.monotonic() - begun)

    in_thread(app, write).join(10)
    assert waited and waited[0] < 0.5
    assert seal_log_elsewhere(app) == 1  # nor does the sealer
    session.commit()
    assert len(set(session.scalars(sa.select(LogEntry.person)))) == 1


def seal_log_elsewhere(app) -> int:
    sealed = []
    in_thread(app, lambda: sealed.append(seal_log())).join(10)
    return sealed[0]


def test_a_race_for_the_first_act_makes_one_pseudonym(app, session):
    gate = threading.Barrier(4)  # as many as a web process has threads

    def write() -> None:
        gate.wait(10)
        record(BOOKED, who=Somebody())
        db.session.commit()

    threads = [in_thread(app, write) for _ in range(4)]
    for thread in threads:
        thread.join(30)
    people = list(session.scalars(sa.select(LogEntry.person)))
    assert len(people) == 4
    assert set(people) == set(session.scalars(sa.select(Pseudonym.code)))
    assert len(set(people)) == 1
