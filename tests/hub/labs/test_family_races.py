"""Eight processes at once on both engines: a child keeps somebody who answers for them, and is enrolled once; and the control."""

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.families.models import Consent, Guardianship, Participant
from hub.labs import basket
from hub.labs.models import Activity, Enrolment
from hub.labs.programme import activity_by
from tests.databases import ENGINES, environment
from tests.hub.labs import family_races as races
from tests.hub.labs.family_races import ROUNDS
from tests.hub.labs.makers import child, enrol, lab, person
from tests.races import Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """For each round a child with two guardians, enrolled in one course and in both their baskets for two others."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            known = lab("known", ROUNDS)
            for number in range(ROUNDS):
                both = [person(f"guardian{number}x{which}") for which in range(2)]
                bimbo = child(f"bimbo{number}", *both)
                bimbo.emergency_phone = "0832 777777"
                enrol(known, bimbo, by=both[0])
                for which, slugs in enumerate((("a", "b"), ("b", "a"))):  # put in by each in another order
                    for slug in slugs:
                        course = _course(f"{slug}{number}")
                        basket.put(course, [bimbo], together=False, by=both[which])
            with racing(url) as racers:
                yield racers


def _course(slug: str) -> Activity:
    return activity_by(slug) or lab(slug, 1)


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()


def guardians() -> Counter:
    """How many guardians the children have: {how many: children}."""
    live = sa.select(Guardianship.participant_id, sa.func.count()).where(Guardianship.ended_at.is_(None))
    counts = dict(tuple(row) for row in db.session.execute(live.group_by(Guardianship.participant_id)))
    children = db.session.scalars(sa.select(Participant.id).where(Participant.given_name.like("Bimbo%")))
    return Counter(counts.get(id, 0) for id in children)


def test_a_child_in_two_baskets_is_enrolled_once_in_each_course(track):
    for ends in track.run(races.confirm, ROUNDS):
        assert ends["won 2"] == 1, ends
        assert set(ends) <= {"won 2", "refused: basket", "refused: empty"}, ends
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment))
    assert rows == 3 * ROUNDS
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))) == 2 * ROUNDS


def test_of_two_guardians_who_leave_at_once_one_stays(track):
    for ends in track.run(races.leave, ROUNDS):
        assert ends["left"] == 1, ends
        assert set(ends) <= {"left", "gone before", "refused: last-guardian"}, ends
    assert guardians() == {1: ROUNDS}


def test_without_the_lock_some_child_is_left_with_nobody(track):
    """The control: what the lock is for. It comes last: the guardians of the race before are made to answer again."""
    rows = db.session.scalars(sa.select(Guardianship).where(Guardianship.ended_at.is_not(None))).all()
    again = [{"guardian_id": row.guardian_id, "participant_id": row.participant_id, "basis": "parent"} for row in rows]
    db.session.add_all([Guardianship(**values, since=row.since) for values, row in zip(again, rows, strict=True)])
    db.session.commit()
    assert guardians() == {2: ROUNDS}
    db.session.rollback()  # what was asked took the turn to write, which the racers wait for
    told = track.run(races.leave_by_a_look_first, ROUNDS)
    assert guardians()[0] > 0, told
