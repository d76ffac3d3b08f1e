"""Reminders: to whom, when, and once, also across the night when the clocks change and with two workers."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.db import db
from hub.labs import enrolment, reminders, sessions
from hub.labs.models import Activity, Reminder
from hub.labs.reminders import hours_due, remind
from hub.labs.seats import set_places
from hub.notices import service as notices
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.spaces.rules import Slot
from tests.hub.labs.groups import group, line, school
from tests.hub.labs.makers import DAY, HOUR, TICK, adult, child, enrol, lab, meet, person

STARTS = datetime(2027, 3, 10, 16, tzinfo=UTC)


@pytest.fixture
def clock(session):
    with time_machine.travel(STARTS - 5 * DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def robot(clock) -> Activity:
    """A lab on 10 March 2027 at 17 in Lecce, with Ada and her daughter Bea enrolled."""
    made = lab("robot", 5, begins=STARTS)
    rosa = person("rosa")
    enrol(made, adult("ada"))
    enrol(made, child("bea", rosa), child("ciro", rosa), by=rosa)
    db.session.commit()
    return made


def sent() -> list[str]:
    """Who was reminded, in order."""
    kinds = sa.select(Notice.name).filter_by(kind="labs/reminder").order_by(Notice.id)
    return [name.split()[0] for name in db.session.scalars(kinds)]


def at(clock, instant: datetime) -> int:
    clock.move_to(instant)
    told = remind()
    db.session.commit()
    return told


def test_everybody_is_reminded_two_days_and_one_day_before_once_each(robot, clock):
    assert at(clock, STARTS - 48 * HOUR - TICK) == 0
    assert at(clock, STARTS - 48 * HOUR) == 2 and sent() == ["Ada", "Rosa"]
    assert at(clock, STARTS - 24 * HOUR - TICK) == 0
    assert at(clock, STARTS - 24 * HOUR) == 2 and sent() == ["Ada", "Rosa"] * 2
    assert at(clock, STARTS - HOUR) == 0 and at(clock, STARTS + HOUR) == 0
    assert db.session.scalars(sa.select(Reminder.hours).order_by(Reminder.hours)).all() == [24, 48]


def test_the_mail_says_who_when_and_where_on_lecces_clocks(robot, clock):
    robot.sessions[0].place = "Biblioteca"
    at(clock, STARTS - 24 * HOUR)
    mail = db.session.scalars(sa.select(Notice).filter_by(kind="labs/reminder").order_by(Notice.id.desc())).first()
    subject, body = words(mail, "it")
    assert subject == "Promemoria: Robot, mercoledì 10 marzo"
    assert "Bea, Ciro" in body and "mercoledì 10 marzo 2027, dalle 17:00 alle 19:00" in body and "Biblioteca" in body
    assert "http://localhost/area-personale/iscrizioni" in body


@pytest.mark.parametrize(
    ("before", "hours"),
    [(48 * HOUR, 48), (47 * HOUR, 48), (24 * HOUR + TICK, 48), (24 * HOUR, 24), (HOUR, 24), (TICK, 24)],
)
def test_a_session_is_told_by_the_nearest_of_its_hours(before, hours):
    assert hours_due(STARTS, STARTS - before) == hours


def test_a_session_that_is_scheduled_late_is_told_once(robot, clock):
    at(clock, STARTS - 24 * HOUR)
    clock.move_to(STARTS - 12 * HOUR)
    meet(robot, STARTS - 2 * HOUR)
    db.session.commit()
    assert at(clock, STARTS - 12 * HOUR) == 2 and at(clock, STARTS - 3 * HOUR) == 0
    assert db.session.scalars(sa.select(Reminder.hours)).all() == [24, 24]


def test_a_worker_that_was_away_sends_the_nearest_alone(robot, clock):
    assert at(clock, STARTS - 5 * HOUR) == 2
    assert len(sent()) == 2


@pytest.mark.parametrize(
    ("day", "reminded"),
    [
        # 28 March 2027: at 2 the clocks go to 3. 24 hours before 10 in the morning it is 9.
        (datetime(2027, 3, 28, 8, tzinfo=UTC), "2027-03-27 09:00"),
        # 31 October 2027: at 3 they go back to 2. 24 hours before 10 in the morning it is 11.
        (datetime(2027, 10, 31, 9, tzinfo=UTC), "2027-10-30 11:00"),
    ],
)
def test_a_day_before_is_24_hours_where_the_clocks_change(session, day, reminded):
    from hub.clock import wall

    with time_machine.travel(day - 10 * DAY, tick=False) as clock:
        made = lab("robot", 5, begins=day, enrol_closes_at=day)
        enrol(made, adult("ada"))
        session.commit()
        assert f"{wall(day):%H:%M}" == "10:00"
        at(clock, day - 30 * HOUR)
        assert at(clock, day - 24 * HOUR - TICK) == 0
        assert at(clock, day - 24 * HOUR) == 1
        assert f"{wall(now()):%Y-%m-%d %H:%M}" == reminded
        mail = session.scalars(sa.select(Notice).filter_by(kind="labs/reminder")).all()[-1]
        assert "dalle 10:00 alle 12:00" in words(mail, "it")[1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda robot: setattr(robot.sessions[0], "state", "cancelled"),
        lambda robot: setattr(robot, "state", "draft"),
        lambda robot: setattr(robot, "state", "cancelled"),
    ],
    ids=["cancelled", "draft", "activity cancelled"],
)
def test_of_what_does_not_take_place_nobody_is_reminded(robot, clock, spoil):
    spoil(robot)
    db.session.commit()
    assert at(clock, STARTS - 24 * HOUR) == 0 and sent() == []


def test_a_session_that_moves_is_told_at_its_new_time(robot, clock):
    at(clock, STARTS - 48 * HOUR)
    later = STARTS + 3 * DAY
    sessions.move(robot.sessions[0], Slot(later, later + 2 * HOUR), place="Biblioteca", by=person("capo", role="manager"))
    db.session.commit()
    assert at(clock, STARTS - 24 * HOUR) == 0
    assert at(clock, later - 48 * HOUR) == 2 and at(clock, later - 24 * HOUR) == 2
    assert len(sent()) == 6


def test_who_waits_or_has_left_is_not_reminded_and_a_school_is_for_its_pupils(robot, clock):
    galateo, olga = school()
    set_places(robot, 4, by=olga)
    group(robot, line(), line(3, given_name="Dora"), ours=galateo, by=olga)
    ada = db.session.scalars(sa.select(enrolment.Enrolment)).first()
    enrolment.withdraw(ada, "other", by=ada.participant.person)
    db.session.commit()
    at(clock, STARTS - 24 * HOUR)
    assert sent() == ["Rosa", "Olga"]


def test_who_wants_no_reminders_reads_them_in_the_personal_area_alone(robot, clock):
    ada = db.session.scalars(sa.select(Notice.subject).where(Notice.name.like("Ada%"))).first()
    notices.opt_out(ada, "reminder")
    at(clock, STARTS - 24 * HOUR)
    quiet = sa.select(Notice.name, Notice.quiet).filter_by(kind="labs/reminder").order_by(Notice.id)
    assert [(name.split()[0], silent) for name, silent in db.session.execute(quiet)] == [("Ada", True), ("Rosa", False)]


def test_two_workers_at_once_remind_once(app, robot, clock, monkeypatch):
    """The second looks while the first has written and not committed: it leaves the session alone, or finds it told."""
    clock.move_to(STARTS - 24 * HOUR)
    assert remind() == 2
    if db.engine.dialect.name == "postgresql":
        with app.app_context():
            assert remind() == 0
            db.session.commit()
    db.session.commit()
    with app.app_context():
        assert remind() == 0
        db.session.commit()
    assert len(sent()) == 2


def test_a_row_that_another_worker_wrote_first_keeps_the_mails_from_going_twice(robot, clock):
    clock.move_to(STARTS - 24 * HOUR)
    session = reminders._near(now())[0]
    db.session.add(Reminder(session_id=session.id, hours=24, at=now()))
    db.session.flush()
    assert reminders._remind(session, 24) == 0 and sent() == []


def test_a_worker_that_dies_half_way_has_reminded_nobody(robot, clock):
    clock.move_to(STARTS - 24 * HOUR)
    remind()
    db.session.rollback()
    assert sent() == [] and remind() == 2


def test_the_worker_reminds_unasked():
    from hub.commands import DUTIES

    assert [seconds for seconds, duty in DUTIES if duty is remind] == [600]
    assert timedelta(seconds=600) < HOUR
