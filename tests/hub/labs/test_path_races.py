"""Eight processes at once on both engines: a meeting that both sides confirm at one moment counts once; and the control."""

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.clock import now
from hub.db import db
from hub.labs.meetings import code_of
from hub.labs.models import Meeting
from hub.participation.models import LogEntry
from tests.databases import ENGINES, environment
from tests.hub.labs import path_races as races
from tests.hub.labs.makers import HOUR
from tests.hub.labs.path_races import ROUNDS
from tests.hub.labs.test_paths import Path
from tests.races import Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """A meeting for each round that nobody has confirmed, and for each round of the controls one that the mentor has."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            path = Path()
            for number in range(3 * ROUNDS):
                told = {"starts_at": now() - (number + 2) * HOUR, "minutes": 30, "topic": "Gara", "written_by_id": path.max.id}
                if number >= ROUNDS:
                    told |= {"mentor_confirmed_at": now(), "mentor_confirmed_by_id": path.max.id}
                db.session.add(Meeting(mentorship=path.match, **told))
                db.session.flush()
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()


def counted(first: int) -> list[int]:
    """How often each meeting of a race stands in the log, from this one on."""
    rows = Counter(db.session.scalars(sa.select(LogEntry.session).where(LogEntry.type == "mentoring.held")))
    meetings = db.session.scalars(sa.select(Meeting).order_by(Meeting.id).offset(first).limit(ROUNDS)).all()
    assert all(one.event_id and one.mentor_confirmed_at and one.other_confirmed_at for one in meetings)
    return [rows[code_of(one)] for one in meetings]


def test_a_meeting_that_both_confirm_at_once_counts_once(track):
    for ends in track.run(races.confirm, ROUNDS):
        assert ends == {"done": 8}
    assert counted(0) == [1] * ROUNDS


def test_a_meeting_that_both_write_at_once_is_written_once(track):
    for ends in track.run(races.write, ROUNDS):
        assert ends == {"done": 1, "refused: overlap": 7}


def test_without_the_lock_the_database_still_lets_it_count_once(track):
    for ends in track.run(races.confirm_without_the_lock, ROUNDS):
        assert ends["done"] == 1 or any("meeting_kept_update" in end for end in ends), ends
    assert counted(ROUNDS) == [1] * ROUNDS


def test_without_the_guards_it_counts_more_than_once(track):
    """The control: what the lock and the trigger are for. It comes last."""
    races.drop_the_guard()
    track.run(races.confirm_by_a_look_first, ROUNDS)
    assert max(counted(2 * ROUNDS)) > 1
