"""The queue: who takes what, for how long, and what comes after a failure."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.db import db
from hub.notices import outbox
from hub.notices.models import Notice
from tests.hub.notices.post_office import tell

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def clock(session):
    """A clock that a test moves."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_a_notice_is_taken_once_and_again_when_its_worker_is_lost(session, clock):
    tell()
    assert outbox.is_due()
    (taken,) = outbox.claim()
    assert (taken.attempts, taken.lease_until) == (1, START + outbox.LEASE)
    assert not outbox.is_due()
    assert outbox.claim() == []
    clock.shift(outbox.LEASE)
    (again,) = outbox.claim()
    assert (again.id, again.attempts) == (taken.id, 2)


def test_the_longest_due_goes_first_and_no_more_than_asked(session, clock):
    late, early, third = tell(1), tell(2), tell(3)
    late.due_at, early.due_at, third.due_at = START, START - timedelta(hours=1), START - timedelta(minutes=1)
    session.flush()
    assert [notice.id for notice in outbox.claim(2)] == [early.id, third.id]
    assert [notice.id for notice in outbox.claim(2)] == [late.id]


def test_what_was_sent_never_goes_again_and_a_secret_is_forgotten(session, clock):
    tell(1, private=True, token="secret")
    tell(2, code="OM-1")
    for notice in outbox.claim(2):
        outbox.sent(notice)
    clock.shift(timedelta(days=1))
    assert outbox.claim() == []
    assert [tuple(row) for row in session.execute(sa.select(Notice.payload, Notice.sent_at).order_by(Notice.subject))] == [
        ({}, START),
        ({"code": "OM-1"}, START),
    ]


def test_a_notice_erased_on_its_way_does_not_end_the_one_that_took_its_number(session, clock):
    tell(1)
    (on_its_way,) = outbox.claim()
    session.expunge(on_its_way)
    session.execute(sa.delete(Notice))
    other = tell(2)
    session.execute(sa.update(Notice).values(id=on_its_way.id))
    outbox.sent(on_its_way)
    outbox.failed(on_its_way, "DATA 451 4.3.0")
    assert [(notice.key, notice.attempts) for notice in outbox.claim()] == [(other.key, 1)]


def test_pauses_grow_from_a_minute_to_six_hours_and_the_tenth_failure_is_the_last(session, clock):
    tell()
    pauses = []
    for _ in range(outbox.TRIES):
        (taken,) = outbox.claim()
        begun = taken.due_at
        given_up = outbox.failed(taken, "DATA 451 4.3.0")
        session.expire_all()
        pauses.append((taken.due_at - begun).total_seconds() / 60)
        clock.move_to(taken.due_at - timedelta(seconds=1))
        assert outbox.claim() == []
        clock.move_to(taken.due_at)
    assert given_up
    assert pauses == [1, 5, 15, 60, 120, 240, 360, 360, 360, 0]
    assert (taken.dead_at is not None, taken.last_error, taken.attempts) == (True, "DATA 451 4.3.0", 10)
    assert not outbox.is_due()
    assert [notice.id for notice in outbox.dead_letters()] == [taken.id]


def test_what_can_never_arrive_is_given_up_at_once(session, clock):
    tell()
    (taken,) = outbox.claim()
    assert outbox.failed(taken, "RCPT 550 5.1.1", for_good=True)
    assert outbox.claim() == []


def test_a_dead_letter_tried_again_has_all_its_tries(session, clock):
    row = tell()
    (taken,) = outbox.claim()
    outbox.failed(taken, "RCPT 550", for_good=True)
    assert outbox.retry(row.id)
    assert not outbox.retry(row.id)
    (again,) = outbox.claim()
    assert (again.id, again.attempts, again.dead_at) == (row.id, 1, None)


def test_a_worker_that_lost_its_notice_says_nothing_over_the_next_one(session, clock):
    tell()
    (slow,) = outbox.claim()
    session.expunge(slow)
    clock.shift(outbox.LEASE)
    (quick,) = outbox.claim()
    outbox.failed(slow, "TimeoutError", for_good=True)
    session.refresh(quick)
    assert (quick.dead_at, quick.lease_until) == (None, START + 2 * outbox.LEASE)


def test_how_long_mail_has_been_overdue(session, clock):
    assert outbox.oldest_due_seconds() == 0
    assert outbox.waiting_since() is None
    tell()
    clock.shift(90)
    tell()
    assert outbox.oldest_due_seconds() == 90
    assert outbox.waiting_since() == START
    for notice in outbox.claim(2):
        outbox.failed(notice, "TimeoutError")
    assert outbox.oldest_due_seconds() == 0


def test_two_workers_asking_together_take_different_notices(app, session):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    rows = [tell(number) for number in (1, 2)]
    session.commit()
    first = outbox.claim()
    with app.app_context():  # another session
        second = outbox.claim()  # does not wait for the first, which is not committed
        db.session.commit()
    session.commit()
    assert {first[0].id, second[0].id} == {row.id for row in rows}


def test_the_queue_is_found_by_its_index(session):
    statement = outbox._due(START).order_by(Notice.due_at).limit(1)
    text = str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
    if db.engine.dialect.name == "postgresql":
        session.execute(sa.text("SET enable_seqscan = off"))  # an empty table is read whole otherwise
        plan = session.execute(sa.text(f"EXPLAIN {text}")).scalars()
    else:
        plan = (row[3] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")))
    assert "ix_notice_queue" in " ".join(plan)
