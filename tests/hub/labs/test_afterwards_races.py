"""Eight processes issue, revoke, give feedback and send the invitations at the same moment: each thing happens once."""

from collections import Counter

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.db import db, reading
from hub.labs import certificates, feedback, programme
from hub.labs.models import Certificate, Comment, Enrolment
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from tests.databases import ENGINES, environment
from tests.hub.labs.attended import came, over
from tests.hub.labs.makers import adult, person
from tests.races import CONTESTANTS, racing

ROUNDS, PEOPLE = 3, 5


def issue(number: int, contestant: int) -> str:
    """Half of them issue to all, the others each to one."""
    activity = programme.activity_by(f"gara-{number}", locked=True)
    by = db.session.scalars(sa.select(Person).filter_by(email="gino@posta.example")).one()
    if contestant % 2:
        certificates.issue_all(activity, "attendance", 75, by=by)
    else:
        certificates.issue(certificates.lines(activity)[contestant // 2].enrolment, "attendance", by=by)
    db.session.commit()
    return "done"


def revoke(number: int, contestant: int) -> str:
    activity = programme.activity_by(f"gara-{number}", locked=True)
    certificates.revoke(certificates.lines(activity)[0].papers[0], f"Motivo {contestant}")
    db.session.commit()
    return "done"


def say(number: int, contestant: int) -> str:
    """Everybody speaks for the same enrolment, as several guardians do."""
    with reading():
        mine = sa.select(Enrolment).where(Enrolment.activity.has(slug=f"gara-{number}")).order_by(Enrolment.id)
        found = db.session.scalars(mine).first()
        assert feedback.stage(found) == "open" or found.feedback_at
        db.session.rollback()
    feedback.give(found, {"recommend": contestant, "satisfaction": 3}, f"Parola {contestant}")
    db.session.commit()
    return "done"


def invite(_number: int, _contestant: int) -> str:
    feedback.invite()
    db.session.commit()
    return "done"


@pytest.fixture(params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            person("gino", role="manager")
            for number in range(ROUNDS):
                activity = over(f"gara-{number}", 60)
                for one in range(PEOPLE):
                    came(activity, adult(f"a{number}-{one}"), 60)
            with racing(url) as racers:
                yield racers


def count(model: type, **known: object) -> int:
    """How many there are; nobody waits for the look."""
    with reading():
        found = db.session.scalar(sa.select(sa.func.count()).select_from(model).filter_by(**known))
        db.session.rollback()
    return found


def test_each_thing_that_comes_after_a_course_happens_once(track):
    assert track.run(issue, ROUNDS) == [Counter(done=CONTESTANTS)] * ROUNDS
    assert count(Certificate) == count(Notice, kind="labs/certificate") == ROUNDS * PEOPLE
    once = Counter({"done": 1, "refused: revoked": CONTESTANTS - 1})
    assert track.run(revoke, ROUNDS) == [once] * ROUNDS
    assert count(Certificate, revoked_at=None) == ROUNDS * (PEOPLE - 1)
    assert count(Notice, kind="labs/certificate_revoked") == ROUNDS
    assert track.run(invite, ROUNDS) == [Counter(done=CONTESTANTS)] * ROUNDS
    assert count(Notice, kind="labs/feedback") == ROUNDS * PEOPLE
    once = Counter({"done": 1, "refused: given": CONTESTANTS - 1})
    assert track.run(say, ROUNDS) == [once] * ROUNDS
    assert (count(Comment), count(LogEntry, type="feedback.given")) == (ROUNDS, 2 * ROUNDS)
