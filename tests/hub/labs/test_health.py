"""Notes on health: sealed, read by the staff of the course on the days on which they need it, and gone after the end."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person
from hub.clock import ROME, now, starts_of, wall
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.labs import basket, health, mine
from hub.labs.models import Activity, Enrolment, HealthNote, Trainer
from hub.sealing import Unreadable, unseal
from tests.hub.labs.families import course, family, put
from tests.hub.labs.makers import DAY, meet, person
from tests.hub.labs.test_basket import lines, refusal

ONE = [(date(2027, 3, 4), date(2027, 3, 4))]
NIGHT = [(date(2027, 3, 4), date(2027, 3, 5))]
TWO = [*ONE, (date(2027, 3, 11), date(2027, 3, 11))]
DAYS = [
    ("two days before", ONE, date(2027, 3, 2), False),
    ("the day before", ONE, date(2027, 3, 3), True),
    ("the day itself", ONE, date(2027, 3, 4), True),
    ("the day after", ONE, date(2027, 3, 5), True),
    ("two days after", ONE, date(2027, 3, 6), False),
    ("the day after the second day of a night", NIGHT, date(2027, 3, 6), True),
    ("two days after it", NIGHT, date(2027, 3, 7), False),
    ("between two sessions", TWO, date(2027, 3, 8), False),
    ("the day before the second", TWO, date(2027, 3, 10), True),
    ("no session", [], date(2027, 3, 4), False),
]


@pytest.mark.parametrize(("case", "days", "today", "readable"), DAYS, ids=[case[0] for case in DAYS])
def test_a_note_is_read_from_the_day_before_a_session_to_the_day_after(case, days, today, readable):
    assert health.is_readable(days, today) is readable


@pytest.fixture
def noted(session) -> Enrolment:
    return enrolled_with_a_note()


def enrolled_with_a_note() -> Enrolment:
    """Anna, of whom there is a note, in a course with one session in twenty days; committed."""
    rosa, (anna,) = family("rosa", "anna")
    robot = course(asks_health=True)
    person("trainer")
    put(robot, anna, by=rosa)
    basket.answer(lines(rosa)[0], {}, "È allergica alle noci", by=rosa)
    (made,) = basket.confirm(lines(rosa), {}, by=rosa)
    trainer = db.session.scalars(sa.select(Person).filter_by(email="trainer@posta.example")).one()
    db.session.add(Trainer(activity=robot, person=trainer, subject=trainer.subject, name="T", role="trainer"))
    db.session.commit()
    return made


def by_name(name: str) -> Person:
    return db.session.scalars(sa.select(Person).filter_by(email=f"{name}@posta.example")).one()


def session_days(activity: Activity) -> tuple[date, date]:
    """On which days it begins and ends: late in the evening they are two."""
    return wall(activity.sessions[0].starts_at).date(), wall(activity.sessions[0].ends_at).date()


def test_a_note_is_encrypted_in_the_basket_and_in_the_course(noted, session):
    kept = session.get(HealthNote, noted.id).sealed
    assert "noci" not in kept and unseal(kept, "health") == "È allergica alle noci"
    with pytest.raises(Unreadable):
        unseal(kept, "second-factor")
    assert health.of(noted) == "È allergica alle noci"


def test_the_staff_reads_it_on_those_days_alone_and_each_reading_is_written_down(noted, session):
    trainer, (session_begins, session_ends) = by_name("trainer"), session_days(noted.activity)
    first, last = starts_of(session_begins - DAY), starts_of(session_ends + 2 * DAY) - timedelta(seconds=1)
    for instant, allowed in ((first - timedelta(seconds=1), False), (first, True), (last, True), (last + DAY, False)):
        with time_machine.travel(instant, tick=False):
            if allowed:
                assert health.read(noted, by=trainer) == "È allergica alle noci"
                session.commit()
            else:
                assert refusal(health.read, noted, by=trainer).rule == "health-days"
    looks, _more = families.views_of(noted.participant)
    assert [(one.viewer_id, one.what, one.ref) for one in looks] == [(trainer.id, "health", "robot")] * 2


def test_who_does_not_work_in_the_course_never_reads_it(noted, session):
    with time_machine.travel(noted.activity.sessions[0].starts_at, tick=False):
        assert refusal(health.read, noted, by=person("ugo")).rule == "staff"
        db.session.scalars(sa.select(Trainer)).one().ended_at = now()
        session.flush()
        assert refusal(health.read, noted, by=by_name("trainer")).rule == "staff"
    assert families.views_of(noted.participant)[0] == []


def test_who_waits_or_has_left_is_not_read(noted, session):
    assert [one.id for one in health.noted(noted.activity)] == [noted.id]
    with time_machine.travel(noted.activity.sessions[0].starts_at - 2 * timedelta(hours=1), tick=False):
        found = mine.enrolment_of(by_name("rosa"), noted.id, locked=True)
        mine.leave(found, "health", by=by_name("rosa"))
        session.commit()
        assert health.noted(noted.activity) == []
        assert refusal(health.read, noted, by=by_name("trainer")).rule == "takes-part"


def test_the_guardian_changes_it_and_takes_it_back_with_the_consent(noted, session):
    rosa = by_name("rosa")
    mine.annotate(noted, "Anche al latte", by=rosa)
    assert health.of(noted) == "Anche al latte"
    consents.withdraw_consent(noted.participant, "health", by=rosa, activity=noted.activity)
    session.commit()
    assert session.get(HealthNote, noted.id) is None
    mine.annotate(noted, "Di nuovo", by=rosa)
    assert consents.has_consent(noted.participant, "health", noted.activity)
    mine.annotate(noted, "", by=rosa)
    assert health.of(noted) == "" and not consents.has_consent(noted.participant, "health", noted.activity)
    noted.activity.asks_health = False
    assert refusal(mine.annotate, noted, "Non chiesta", by=rosa).rule == "answers"


def test_a_note_goes_thirty_days_after_the_end_of_the_course(noted, session):
    second = meet(noted.activity, noted.activity.sessions[0].starts_at + 7 * DAY)
    session.commit()
    end = second.ends_at + timedelta(days=30)
    assert health.purge_notes(end - timedelta(seconds=1)) == 0
    assert health.purge_notes(end) == 1
    assert session.get(HealthNote, noted.id) is None


def test_the_note_of_who_was_turned_away_goes_with_the_next_clearing(noted, session):
    noted.state, noted.seat, noted.ended_at = "rejected", None, now()
    session.commit()
    assert health.purge_notes(now()) == 1


# --- the pages


def test_the_trainer_reads_a_note_on_the_day_and_the_parent_sees_who_did(app):
    with app.app_context():
        noted = enrolled_with_a_note()
        number, starts, child = noted.id, noted.activity.sessions[0].starts_at, noted.participant_id
    path = "/gestione/attivita/robot/salute"
    early = datetime.combine(wall(starts).date() - 2 * DAY, time(12), ROME).astimezone(UTC)
    with time_machine.travel(early, tick=False):
        trainer = app.test_client().known_as("trainer@posta.example")
        page = trainer.page(path)
        assert "Anna Greco" in page.text and "Oggi non si possono leggere" in page.text and "Leggi la nota" not in page.text
        closed = trainer.page(f"{path}/{number}")
        assert (closed.status, "noci" in closed.text) == (403, False)
    with time_machine.travel(early + DAY, tick=False):
        trainer = app.test_client().known_as("trainer@posta.example")
        page = trainer.page(trainer.page(path).link("Leggi la nota"))
        assert "È allergica alle noci" in page.text and "Nonna Ada" in page.text
        assert trainer.get(f"{path}/{number + 1}").status_code == 404
        assert trainer.get("/gestione/attivita/nessuna/salute").status_code == 404
        rosa = app.test_client().known_as("rosa@posta.example")
        assert [rosa.get(address).status_code for address in (path, f"{path}/{number}")] == [404, 404]
        looks = rosa.page(f"/area-personale/famiglia/{child}/accessi")
        assert looks.text.count("La nota sulla salute (robot)") == 1 and "Trainer Greco" in looks.text


def test_where_the_staff_has_a_second_factor_a_trainer_needs_one_to_read_a_note(app):
    with app.app_context():
        number = enrolled_with_a_note().id
    app.config["STAFF_SECOND_FACTOR"] = "required"
    trainer = app.test_client().known_as("trainer@posta.example")
    answer = trainer.get(f"/gestione/attivita/robot/salute/{number}")
    assert answer.status_code == 303 and "secondo-fattore" in answer.location
    app.config["STAFF_SECOND_FACTOR"] = "optional"
    assert trainer.get(f"/gestione/attivita/robot/salute/{number}").status_code == 403
