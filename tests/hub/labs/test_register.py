"""The register: who was there, whether a session took place, and the end of an activity; by its rules and on a database."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.families import service as families
from hub.labs import attendance, dose, enrolment, programme, register, sessions, tickets
from hub.labs.attendance import Mark, minutes_for, must_be_time, stood
from hub.labs.models import Attendance
from hub.participation.log import forget
from hub.participation.models import Pseudonym
from hub.spaces.rules import Slot
from impact.acts import ACTS
from tests.hub.labs.makers import DAY, HOUR, adult, enrol, history, meet, refused
from tests.hub.labs.registers import course, exported, facts, keeper, pseudonym_of, put_back, told, works_in, written

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
STARTS = datetime(2027, 3, 1, 15, tzinfo=UTC)
SLOT = Slot(STARTS, STARTS + 2 * HOUR)


# --- rules


@pytest.mark.parametrize(
    ("status", "minutes", "kept"),
    [
        ("present", None, 120),
        ("present", 90, 90),
        ("present", 120, 120),
        ("present", 1, 1),
        ("late", 1, 1),
        ("late", 119, 119),
        ("left_early", 60, 60),
        ("absent", None, 0),
        ("absent", 45, 0),
        ("excused", None, 0),
    ],
)
def test_the_minutes_that_go_with_a_status(status, minutes, kept):
    assert minutes_for(status, minutes, 120) == kept


@pytest.mark.parametrize(
    ("status", "minutes", "rule"),
    [
        ("late", None, "minutes-missing"),
        ("left_early", None, "minutes-missing"),
        ("late", 120, "minutes"),
        ("late", 0, "minutes"),
        ("late", -5, "minutes"),
        ("present", 121, "minutes"),
        ("present", 0, "minutes"),
        ("here", None, "status"),
        ("", None, "status"),
    ],
)
def test_minutes_that_do_not_go_with_a_status_are_refused(status, minutes, rule):
    assert refused(minutes_for, status, minutes, 120).rule == rule


@pytest.mark.parametrize(
    ("case", "state", "since", "ended", "how"),
    [
        ("enrolled long before", "enrolled", -DAY, None, "expected"),
        ("has been through it", "completed", -DAY, None, "expected"),
        ("enrolled while it was on", "enrolled", HOUR, None, "expected"),
        ("enrolled at its end", "enrolled", 2 * HOUR, None, "later"),
        ("enrolled after it", "enrolled", DAY, None, "later"),
        ("left before it", "withdrawn", -DAY, -HOUR, ""),
        ("left as it began", "withdrawn", -DAY, 0 * HOUR, ""),
        ("left while it was on", "withdrawn", -DAY, TICK, "expected"),
        ("left after it", "withdrawn", -DAY, DAY, "expected"),
        ("came and left after it", "rejected", DAY, 2 * DAY, ""),
    ],
)
def test_how_somebody_stood_when_a_session_was(case, state, since, ended, how):
    assert stood(state, STARTS + since, None if ended is None else STARTS + ended, SLOT) == how, case


def test_a_register_opens_an_hour_before():
    must_be_time(STARTS, STARTS - HOUR)
    must_be_time(STARTS, STARTS + 300 * DAY)
    assert refused(must_be_time, STARTS, STARTS - HOUR - TICK).rule == "early"


@pytest.mark.parametrize(
    ("minutes", "worked", "rule"),
    [(4, 4, "length"), (1441, 60, "length"), (None, 60, "length"), (60, 61, "worked"), (60, 0, "worked")],
)
def test_how_long_a_session_and_who_works_in_it_may_be(minutes, worked, rule):
    if rule == "length":
        assert refused(register.must_be_minutes, minutes).rule == rule
    else:
        assert refused(register.must_be_within, 1, worked, minutes).field == "worked_1"


def another(row: Attendance) -> Attendance:
    """A second record beside one that holds."""
    same = {name: getattr(row, name) for name in ("activity_id", "session_id", "enrolment_id", "event_id", "marked_at")}
    return Attendance(status="absent", minutes=0, source="list", **same)


# --- who was there


def test_somebody_is_marked_and_the_log_says_it_as_the_evaluation_reads_it(session, tmp_path):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    record = attendance.mark(one, anna, "late", 80, by=gino)
    session.commit()
    assert (record.status, record.minutes, record.source, record.marked_by_id) == ("late", 80, "list", gino.id)
    (row,) = [row for row in exported(tmp_path) if row.type == "attendance.recorded"]
    assert (row.event_id, row.person) == (record.event_id, pseudonym_of(anna.participant))
    assert (row.activity, row.session, row.minutes, row.status) == ("robot", "robot.01", 80, "late")
    assert (row.ref, row.facts, row.ts_event) == (None, {}, one.starts_at) and row.ts_recorded > row.ts_event
    ACTS[row.type](activity=row.activity, session=row.session, minutes=row.minutes, status=row.status)


def test_the_same_mark_again_changes_nothing(session):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    first = attendance.mark(one, anna, "present", by=gino)
    again = attendance.mark(one, anna, "present", source="qr", by=gino)
    assert again.id == first.id and again.source == "list"
    assert len(told("attendance.recorded")) == 1 and told("event.voided") == []


def test_a_correction_voids_what_stood_and_both_stay(session, tmp_path):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    for status, minutes in (("absent", None), ("left_early", 30), ("present", None)):
        attendance.mark(one, anna, status, minutes, by=gino)
        session.commit()
    assert written(one) == [("Anna", "absent", 0, False), ("Anna", "left_early", 30, False), ("Anna", "present", 120, True)]
    log = [row for row in exported(tmp_path) if row.type != "enrolment.created"]
    assert [row.type.split(".")[0] for row in log] == ["attendance", "event", "attendance", "event", "attendance"]
    assert [row.ref for row in log if row.ref] == [log[0].event_id, log[2].event_id]
    assert {row.ts_event for row in log if not row.ref} == {one.starts_at}
    records = session.scalars(sa.select(Attendance).order_by(Attendance.id)).all()
    assert [row.voided_by_id for row in records] == [gino.id, gino.id, None]


def test_many_are_marked_at_once_all_or_none(session):
    robot, (anna, bruno, carla) = course()
    one, gino = robot.sessions[0], keeper()
    wrong = [Mark(anna, "present"), Mark(bruno, "late"), Mark(carla, "left_early", 500)]
    refusal = refused(attendance.mark_all, one, wrong, by=gino)
    assert [(each.field, each.rule) for each in refusal.all] == [
        (f"row_{bruno.id}", "minutes-missing"),
        (f"row_{carla.id}", "minutes"),
    ]
    assert written(one) == [] and told("attendance.recorded") == []
    right = [Mark(anna, "present"), Mark(bruno, "late", 100), Mark(carla, "excused")]
    assert attendance.mark_all(one, right, source="paper", by=gino) == 3
    assert attendance.mark_all(one, right, by=gino) == 0
    assert {row.source for row in session.scalars(sa.select(Attendance))} == {"paper"}


def test_who_has_no_place_is_not_marked(session):
    robot, _ = course()
    one, gino = robot.sessions[0], keeper()
    _other, (elsewhere,) = course("dario", slug="altro")
    assert refused(attendance.mark, one, elsewhere, "present", by=gino).rule == "not-enrolled"
    enrolment.set_places(robot, 3, by=gino)
    (waits,) = enrol(robot, adult("elsa"))
    assert waits.state == "waiting"
    assert refused(attendance.mark, one, waits, "present", by=gino).rule == "not-enrolled"


def test_who_left_later_stays_in_the_registers_of_before_and_in_no_other(session):
    robot, (anna, bruno, _carla) = course(begins=now() - 8 * DAY)
    first, gino = robot.sessions[0], keeper()
    second = meet(robot, now() - HOUR)
    attendance.mark(first, anna, "present", by=gino)
    anna.ended_at, anna.state, anna.seat, anna.end_reason = now() - 3 * DAY, "withdrawn", None, "moved"
    session.commit()
    assert [line.name for line in attendance.lines(first)] == ["Anna Greco", "Bruno Greco", "Carla Greco"]
    assert [line.name for line in attendance.lines(second)] == ["Bruno Greco", "Carla Greco"]
    attendance.mark(first, anna, "excused", by=gino)
    assert refused(attendance.mark, second, anna, "present", by=gino).rule == "not-enrolled"
    assert written(first)[-1] == ("Anna", "excused", 0, True)
    assert dose.doses(robot)[bruno.id].minutes == 0


def test_who_came_to_the_activity_after_a_session_can_be_marked_but_is_not_expected(session):
    robot, _ = course(begins=now() - 3 * DAY)
    robot.enrol_closes_at = now() + DAY
    meet(robot, now() + DAY)
    (dario,) = enrol(robot, adult("dario"))
    line = next(one for one in attendance.lines(robot.sessions[0]) if one.enrolment.id == dario.id)
    assert not line.expected
    attendance.mark(robot.sessions[0], dario, "present", by=keeper())


def test_too_early_called_off_and_not_held_sessions_take_no_marks(session):
    robot, (anna, *_) = course()
    gino = keeper()
    later = meet(robot, now() + 3 * HOUR)
    assert refused(attendance.mark, later, anna, "present", by=gino).rule == "early"
    sessions.call_off(later, "Neve", by=gino)
    assert refused(attendance.mark, later, anna, "present", by=gino).rule == "session-cancelled"
    register.not_held(robot.sessions[0], "Sciopero", by=gino)
    assert refused(attendance.mark, robot.sessions[0], anna, "present", by=gino).rule == "not-held"


def test_whoever_comes_early_is_marked_and_then_the_session_does_not_move(session):
    robot, (anna, *_) = course(begins=now() + 30 * MINUTE)
    one, gino = robot.sessions[0], keeper()
    attendance.mark(one, anna, "present", source="qr", by=gino)
    slot = Slot(one.starts_at + DAY, one.ends_at + DAY)
    assert refused(sessions.move, one, slot, place="Altrove", by=gino).rule == "marked"
    sessions.call_off(one, "Allerta meteo", by=gino)
    assert written(one) == [("Anna", "present", 120, False)]
    assert [line.ref for line in told("event.voided")] == [told("attendance.recorded")[0].event_id]


def test_a_mark_is_taken_back(session):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    assert not attendance.unmark(one, anna, by=gino)
    attendance.mark(one, anna, "present", by=gino)
    assert attendance.unmark(one, anna, by=gino)
    assert written(one) == [("Anna", "present", 120, False)] and len(told("event.voided")) == 1


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(session):
    robot, (anna, bruno, _) = course()
    one, gino = robot.sessions[0], keeper()
    first = attendance.mark(one, anna, "present", by=gino)
    attendance.mark(one, anna, "absent", by=gino)
    refusal = refused(attendance.mark_all, one, [Mark(anna, "late", 60, seen=first.id)], by=gino)
    assert (refusal.rule, refusal.field) == ("marked", f"row_{anna.id}")
    assert attendance.mark_all(one, [Mark(anna, "present", seen=first.id)], by=gino) == 0  # as it was found, and left
    assert attendance.mark_all(one, [Mark(anna, "absent", seen=first.id)], by=gino) == 0  # the same by both
    attendance.mark(one, bruno, "absent", by=gino)
    assert refused(attendance.mark_all, one, [Mark(bruno, "present", seen=0)], by=gino).rule == "marked"


def test_the_database_refuses_a_second_record_in_words(session):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    attendance.mark(one, anna, "present", by=gino)
    session.commit()
    row = attendance.records_of(one)[anna.id]
    with pytest.raises(attendance.Refusal) as said, attendance.in_words():
        session.add(another(row))
    assert said.value.rule == "marked"


# --- whether it took place


def test_a_session_is_held_with_who_worked_in_it(session, tmp_path):
    robot, _ = course()
    one, gino = robot.sessions[0], keeper()
    ada, ugo = works_in(robot, "ada"), works_in(robot, "ugo", account=False)
    assert register.hold(one, 110, {ada: 110, ugo: 45}, by=gino)
    session.commit()
    assert (one.state, one.minutes) == ("held", 110)
    (row,) = [row for row in exported(tmp_path) if row.type == "session.held"]
    assert (row.event_id, row.person, row.activity, row.session) == (one.event_id, None, "robot", "robot.01")
    assert (row.minutes, row.ts_event) == (110, one.starts_at)
    assert row.facts == {"trainers": [pseudonym_of(ada), pseudonym_of(ugo)]}
    assert [(each.trainer.name, each.minutes, each.sessions) for each in register.hours(robot)] == [
        ("Ada", 110, 1),
        ("Ugo", 45, 1),
    ]
    assert (register.worked_by(ada.person), register.worked_by(gino)) == ({ada.id: 110}, {})
    assert not register.hold(one, 110, {ugo: 45, ada: 110}, by=gino)
    assert len(told("session.held")) == 1


def test_a_session_that_was_held_otherwise_is_said_anew(session):
    robot, (anna, bruno, carla) = course()
    one, gino = robot.sessions[0], keeper()
    ada = works_in(robot, "ada")
    attendance.mark_all(one, [Mark(anna, "present"), Mark(bruno, "late", 30), Mark(carla, "absent")], by=gino)
    register.hold(one, 120, {ada: 120}, by=gino)
    register.hold(one, 100, {}, by=gino)
    session.commit()
    assert [(line.minutes, facts(line)) for line in told("session.held")] == [
        (120, {"trainers": [pseudonym_of(ada)]}),
        (100, {}),
    ]
    assert written(one) == [
        ("Anna", "present", 120, False),
        ("Bruno", "late", 30, True),
        ("Carla", "absent", 0, True),
        ("Anna", "present", 100, True),
    ]
    assert len(told("event.voided")) == 2 and [each.minutes for each in register.hours(robot)] == [0]
    refusal = refused(register.hold, one, 30, {}, by=gino)
    assert (refusal.rule, refusal.values["count"]) == ("minutes-over", 1)


def test_marks_may_come_with_the_length_that_is_about_to_be_said(session):
    robot, (anna, bruno, _) = course()
    one, gino = robot.sessions[0], keeper()
    attendance.mark_all(one, [Mark(anna, "present"), Mark(bruno, "late", 140)], length=150, by=gino)
    register.hold(one, 150, {}, by=gino)
    assert written(one) == [("Anna", "present", 150, True), ("Bruno", "late", 140, True)] and told("event.voided") == []


def test_a_session_is_decided_from_its_beginning_on(session):
    robot, _ = course(begins=now() + 10 * MINUTE)
    one, gino = robot.sessions[0], keeper()
    assert refused(register.hold, one, 120, {}, by=gino).rule == "not-begun"
    assert refused(register.not_held, one, "Sciopero", by=gino).rule == "not-begun"
    assert refused(register.reopen, one, by=gino).rule == "undecided"
    with time_machine.travel(one.starts_at, tick=False):
        register.hold(one, 120, {}, by=gino)


def test_a_session_that_did_not_take_place_voids_its_register(session):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    ada = works_in(robot, "ada")
    attendance.mark(one, anna, "present", by=gino)
    register.hold(one, 120, {ada: 120}, by=gino)
    assert refused(register.not_held, one, "  ", by=gino).rule == "reason"
    register.not_held(one, "Mancava la corrente", by=gino)
    session.commit()
    assert (one.state, one.minutes, one.reason, one.event_id) == ("not_held", None, "Mancava la corrente", None)
    refs = {line.ref for line in told("event.voided")}
    assert refs == {line.event_id for line in told("session.held", "attendance.recorded")}
    assert written(one) == [("Anna", "present", 120, False)]
    assert [each.minutes for each in register.hours(robot)] == [0]
    register.hold(one, 120, {}, by=gino)
    assert (one.state, one.reason) == ("held", "")


def test_a_register_is_opened_again(session):
    robot, (anna, *_) = course()
    one, gino = robot.sessions[0], keeper()
    attendance.mark_all(one, [Mark(anna, "present")], length=90, by=gino)
    register.hold(one, 90, {}, by=gino)
    register.reopen(one, by=gino)
    assert (one.state, one.minutes, one.event_id) == ("planned", None, None)
    assert written(one)[-1] == ("Anna", "present", 120, True)
    assert len(told("event.voided")) == 2
    assert refused(register.reopen, one, by=gino).rule == "undecided"


# --- the whole, and the end


def test_the_matrix_has_everybody_who_ever_had_a_place(session):
    robot, (anna, bruno, _) = course()
    one, gino = robot.sessions[0], keeper()
    attendance.mark_all(one, [Mark(anna, "present"), Mark(bruno, "absent")], by=gino)
    register.hold(one, 120, {}, by=gino)
    enrolment.withdraw(bruno, "work", by=bruno.participant.person)
    shown = register.matrix(robot)
    assert [(row.member.name, row.cells) for row in shown.rows] == [
        ("Anna Greco", {one.id: ("present", 120)}),
        ("Bruno Greco", {one.id: ("absent", 0)}),
        ("Carla Greco", {}),
    ]
    assert shown.there(one) == 1 and shown.rows[0].dose[:2] == (120, 120)


def test_an_activity_is_finished_once_every_session_is_decided(session):
    robot, (anna, bruno, carla) = course()
    one, gino = robot.sessions[0], keeper()
    found = programme.activity_by("robot", locked=True)
    assert refused(register.finish, found, by=gino).rule == "unrecorded"
    attendance.mark_all(one, [Mark(anna, "present"), Mark(bruno, "absent"), Mark(carla, "late", 10)], by=gino)
    register.hold(one, 120, {}, by=gino)
    assert {each.id for each in register.finish(found, by=gino)} == {anna.id, carla.id}
    session.commit()
    assert (found.state, anna.state, bruno.state, anna.seat) == ("closed", "completed", "enrolled", 1)
    assert (history(anna)[-1].before, history(anna)[-1].after, history(anna)[-1].by_id) == ("enrolled", "completed", gino.id)
    attendance.mark(one, bruno, "present", by=gino)  # what was written wrongly is corrected afterwards too
    register.hold(one, 100, {}, by=gino)
    assert refused(register.reopen, one, by=gino).rule == "over"


# --- who was erased


def test_what_is_written_of_who_was_erased_stays_and_the_log_knows_them_no_more(session):
    robot, (anna, bruno, _carla) = course()
    gino, first = keeper(), robot.sessions[0]
    attendance.mark(first, anna, "present", by=gino)
    attendance.mark(first, bruno, "late", 60, by=gino)
    for one in (anna, bruno):
        families.erase(one.participant)
        forget(one.participant.subject)  # as it goes with an account
    session.commit()
    vault, lines = session.query(Pseudonym).count(), len(told("attendance.recorded"))
    assert refused(attendance.mark, first, anna, "absent", by=gino).rule == "erased"
    assert refused(attendance.mark, first, bruno, "late", 61, by=gino).rule == "erased"
    session.rollback()
    whole = [Mark(anna, "present", None), Mark(bruno, "late", 60)]
    assert attendance.mark_all(first, whole, length=100, by=gino) == 0
    assert register.hold(first, 50, {}, by=gino) and register.hold(first, 110, {}, by=gino)
    session.commit()
    assert [row.minutes for row in attendance.records_of(first).values()] == [120, 60]
    assert (session.query(Pseudonym).count(), len(told("attendance.recorded"))) == (vault, lines)


def test_nobody_waits_for_the_mark_of_who_was_erased(session):
    robot, (anna, _bruno, _carla) = course()
    families.erase(anna.participant)
    session.commit()
    assert [one.name for one in attendance.lines(robot.sessions[0])] == ["Bruno Greco", "Carla Greco"]
    assert refused(attendance.mark, robot.sessions[0], anna, "present", by=keeper()).rule == "not-enrolled"


# --- the ticket


def test_the_session_of_now_is_the_one_that_is_on_then_the_next_within_the_hour(session):
    robot, _ = course(begins=STARTS)
    second = meet(robot, STARTS + 2 * HOUR)
    first, every = robot.sessions[0], [robot.sessions[0], second]
    cases = {
        STARTS - HOUR - TICK: None,
        STARTS - HOUR: first,
        STARTS + HOUR + 50 * MINUTE: first,
        STARTS + 2 * HOUR: second,
        STARTS + 4 * HOUR: None,
    }
    for at, wanted in cases.items():
        assert register.of_now(every, at) is wanted, at


def test_a_ticket_is_found_by_its_code_however_it_is_typed(session):
    robot, (anna, *_) = course()
    gino, ada = keeper(), works_in(robot, "ada")
    code = tickets.code_of(anna)
    assert len(code) == 9 and code == tickets.code_of(anna)
    for text in (
        code,
        code.lower(),
        code.replace("-", ""),
        f"  {code.replace('-', ' ')} ",
        code.replace("0", "o").replace("1", "i"),
    ):
        assert tickets.typed(text, gino) == (anna, "code"), text
        assert tickets.typed(text, ada.person) == (anna, "code")
    assert tickets.typed(f"http://127.0.0.1:5000/presenze/{anna.key}", gino) == (anna, "qr")
    assert tickets.typed("AAAA-AAAA", gino) is None and tickets.typed("", gino) is None
    assert tickets.typed(code, anna.participant.person) is None  # whoever keeps no register finds nobody
    with time_machine.travel(robot.sessions[0].ends_at, tick=False):
        assert tickets.typed(code, gino) is None


def test_a_ticket_admits_once_and_leaves_who_was_marked_there(session):
    robot, (anna, bruno, _) = course()
    gino = keeper()
    assert tickets.admit(anna, "qr", by=gino).record.source == "qr"
    tickets.admit(anna, "code", by=gino)
    attendance.mark(robot.sessions[0], bruno, "late", 30, by=gino)
    assert tickets.admit(bruno, "qr", by=gino).record.status == "late"
    attendance.mark(robot.sessions[0], bruno, "absent", by=gino)
    assert tickets.admit(bruno, "qr", by=gino).record.status == "present"
    with time_machine.travel(robot.sessions[0].ends_at, tick=False):
        assert refused(tickets.admit, anna, "qr", by=gino).rule == "no-session"


def test_somebody_is_on_the_register_since_they_were_first_enrolled(session):
    robot, (anna, *_) = course()
    put_back(anna, now() - 99 * DAY)
    assert attendance.roster(robot)[0].since < now() - 98 * DAY
