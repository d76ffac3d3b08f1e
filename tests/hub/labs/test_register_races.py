"""Two trainers at once, in eight processes on both engines: one record holds of each person; and with the guards off, two."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.labs.models import Activity, Attendance, Session
from hub.participation.models import LogEntry
from tests.databases import ENGINES, environment
from tests.hub.labs import register_races as races
from tests.hub.labs.register_races import UNGUARDED
from tests.hub.labs.registers import course, keeper
from tests.races import CONTESTANTS, Racers, racing

ROUNDS = 6


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """Activities, each with one person in its register, and the processes that race on their database."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            keeper()
            slugs = [f"{name}-{number}" for name in ("registro", "tenuto", f"registro-{UNGUARDED}") for number in range(ROUNDS)]
            slugs += [f"registro-{UNGUARDED}-{number + 100}" for number in range(ROUNDS)]
            for number, slug in enumerate(slugs):
                course(f"anna{number}", slug=slug)
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()
    db.session.remove()


def live(name: str) -> list[int]:
    """How many records hold in each register whose address begins so."""
    db.session.expire_all()
    holding = sa.func.count(Attendance.id)
    found = (
        sa.select(holding)
        .select_from(Activity)
        .outerjoin(Attendance, sa.and_(Attendance.activity_id == Activity.id, Attendance.voided_at.is_(None)))
        .where(Activity.slug.like(f"{name}-_"), Activity.slug.not_like(f"%{UNGUARDED}%") if UNGUARDED not in name else sa.true())
        .group_by(Activity.id)
    )
    return list(db.session.scalars(found))


def test_one_record_holds_however_many_mark_the_same_person(track):
    ends = track.run(races.both, ROUNDS)
    assert [dict(end) for end in ends] == [{"marked": CONTESTANTS}] * ROUNDS
    assert live("registro") == [1] * ROUNDS
    for activity in db.session.scalars(sa.select(Activity).where(Activity.slug.like("registro-_"))):
        log = db.session.scalars(sa.select(LogEntry).where(LogEntry.activity == activity.slug)).all()
        marked = {line.event_id for line in log if line.type == "attendance.recorded"}
        voided = set(db.session.scalars(sa.select(LogEntry.ref).where(LogEntry.ref.in_(marked))))
        assert len(marked - voided) == 1, activity.slug


def test_one_length_holds_however_many_say_that_it_was_held(track):
    ends = track.run(races.hold, ROUNDS)
    assert [dict(end) for end in ends] == [{"held": CONTESTANTS}] * ROUNDS
    sessions = db.session.scalars(sa.select(Session).join(Activity).where(Activity.slug.like("tenuto-_"))).all()
    for one in sessions:
        log = db.session.scalars(sa.select(LogEntry).where(LogEntry.session == one.code, LogEntry.type == "session.held")).all()
        voided = set(db.session.scalars(sa.select(LogEntry.ref).where(LogEntry.type == "event.voided")))
        assert [(line.event_id, line.minutes) for line in log if line.event_id not in voided] == [(one.event_id, one.minutes)]
        assert len(log) == CONTESTANTS


def test_without_the_lock_the_database_has_the_last_word_in_plain_words(track):
    ends = track.run(races.both_without_the_lock, ROUNDS)
    assert all(set(end) <= {"marked", "refused: marked"} for end in ends)
    assert live(f"registro-{UNGUARDED}") == [1] * ROUNDS
    assert sum(end["refused: marked"] for end in ends) > 0


def test_control_with_the_guards_off_a_person_has_two_records(track):
    db.session.execute(sa.text("DROP INDEX one_live_attendance"))
    db.session.commit()
    track.run(races.both_without_a_guard, ROUNDS)
    twice = sa.select(sa.func.count(Attendance.id)).join(Activity, Activity.id == Attendance.activity_id)
    twice = twice.where(Activity.slug.like(f"registro-{UNGUARDED}-1__"), Attendance.voided_at.is_(None)).group_by(Activity.id)
    assert max(db.session.scalars(twice)) > 1
