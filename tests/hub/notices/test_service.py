"""Telling somebody something, and what a person was told."""

from datetime import UTC, date, datetime, time

import pytest
import sqlalchemy as sa

from hub.db import db
from hub.notices import service
from hub.notices.models import Notice
from hub.notices.service import notice
from tests.hub.notices.post_office import Reader, tell

AT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_notice_goes_with_the_transaction_of_the_fact(session):
    tell()
    session.rollback()
    assert service.message_count("person:1") == 0
    tell()
    session.commit()
    assert service.message_count("person:1") == 1


def test_a_notice_keeps_whom_it_is_for_and_what_it_tells(session):
    row = notice("notices/trial", to=Reader(), at=AT, day=date(2026, 10, 25), hour=time(18, 30), spaces=({"it": "Aula"}, 3))
    session.commit()
    session.expire_all()
    assert (row.subject, row.address, row.language) == ("person:1", "ada@lecce.example", "it")
    assert row.payload == {
        "at": {"$at": "2026-10-25T00:30:00+00:00"},
        "day": {"$day": "2026-10-25"},
        "hour": "18:30:00",
        "spaces": [{"it": "Aula"}, 3],
    }
    assert row.due_at == row.created_at
    assert row.sent_at is row.read_at is row.lease_until is None


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_a_notice_refuses_what_json_cannot_hold(session, value):
    with pytest.raises(TypeError):
        tell(value=value)


def test_a_notice_refuses_an_instant_without_offset(session):
    with pytest.raises(ValueError, match="offset"):
        tell(at=datetime(2026, 10, 25))  # noqa: DTZ001


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "trial"},
        {"address": "nobody"},
        {"language": "fr"},
        {"attempts": -1},
        {"sent_at": AT, "dead_at": AT},
        {"sent_at": AT, "lease_until": AT},
    ],
)
def test_the_database_refuses_a_notice_that_makes_no_sense(session, changed):
    row = tell()
    session.commit()
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(Notice).where(Notice.id == row.id).values(changed))


def test_messages_are_mine_newest_first_and_never_private(session):
    rows = [tell(1) for _ in range(service.PER_PAGE + 1)]
    tell(2)
    tell(1, private=True)
    assert [row.id for row in service.messages("person:1")] == [row.id for row in reversed(rows[1:])]
    assert [row.id for row in service.messages("person:1", page=2)] == [rows[0].id]
    assert service.message_count("person:1") == len(rows)
    assert service.message("person:2", rows[0].key) is None


def test_reading_a_message_twice_keeps_the_first_time(session):
    row = tell()
    service.mark_read(row)
    first = row.read_at
    service.mark_read(row)
    assert row.read_at == first
    assert service.message_count("person:1", unread=True) == 0


def test_private_notices_go_a_month_after_they_were_sent(session):
    old, late, waiting, mine = (tell(private=private) for private in (True, True, True, False))
    old.sent_at = mine.sent_at = datetime(2026, 1, 1, tzinfo=UTC)
    late.dead_at = datetime(2026, 1, 20, tzinfo=UTC)
    session.flush()
    assert service.purge_private(datetime(2026, 2, 1, tzinfo=UTC)) == 1
    assert set(session.scalars(sa.select(Notice.id))) == {late.id, waiting.id, mine.id}
    assert db.session.get(Notice, old.id) is None
