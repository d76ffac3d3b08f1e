"""Places that come and go: who leaves, more and fewer of them, what the worker moves on; and what the database keeps."""

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError

from hub import commands
from hub.clock import now
from hub.labs import enrolment, people, rules, seats
from hub.labs.models import EnrolGroup, Enrolment, EnrolmentChange, QueueSkip, Seat
from hub.notices.letter import words
from hub.notices.models import Notice
from tests.hub.labs.makers import (
    DAY,
    HOUR,
    TICK,
    acts,
    adult,
    child,
    enrol,
    history,
    lab,
    line,
    meet,
    mine,
    organisation,
    person,
    refused,
    told,
    years_ago,
)


@pytest.fixture
def gino(session):
    return person("Gino", role="manager")


# --- leaving


def test_who_leaves_says_why_in_a_code_which_the_log_holds(session):
    robot = lab()
    enrol(robot, ada := adult("Ada"))
    made = mine(robot, ada)
    assert refused(enrolment.withdraw, made, "mi annoio", by=ada.person).rule == "reason"
    assert enrolment.withdraw(made, "distance", by=ada.person) is False
    assert (made.state, made.seat, made.end_reason) == ("withdrawn", None, "distance")
    assert acts()[1:] == [("enrolment.withdrawn", "robot", "distance", {})]
    assert [(one.before, one.after, one.by_id, one.reason) for one in history(made)] == [
        ("", "enrolled", ada.person_id, ""),
        ("enrolled", "withdrawn", ada.person_id, ""),
    ]
    assert refused(enrolment.withdraw, made, "distance", by=ada.person).rule == "state"


def test_who_only_waited_stands_in_no_log(session):
    robot = lab(places=0)
    enrol(robot, ada := adult("Ada"))
    enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    assert acts() == [] and told() == [("waiting", "Ada"), ("withdrawn", "Ada")]


def test_from_the_deadline_on_who_leaves_counts_as_absent_and_is_told(session):
    robot = lab(places=2, cancel_hours=48)
    deadline = robot.sessions[0].starts_at - 48 * HOUR
    for name, at, late in (("Ada", deadline - TICK, False), ("Leo", deadline, True)):
        enrol(robot, who := adult(name))
        made = mine(robot, who)
        with time_machine.travel(at, tick=False):
            assert enrolment.is_late(made, now()) is late
            assert enrolment.withdraw(made, "health", by=who.person) is late
        assert history(made)[-1].reason == (enrolment.LATE if late else "")
    mails = session.scalars(sa.select(Notice).filter_by(kind="labs/withdrawn").order_by(Notice.id)).all()
    assert ["senza avviso" in words(mail, "it")[1] for mail in mails] == [False, True]


def test_who_leaves_a_course_in_its_middle_is_late_for_the_session_that_comes_next(session):
    robot = lab(begins=now() + 11 * DAY)
    meet(robot, now() + 18 * DAY)
    enrol(robot, ada := adult("Ada"))
    made = mine(robot, ada)
    with time_machine.travel(robot.sessions[0].starts_at + HOUR, tick=False):  # the first runs: the second is a week away
        assert not enrolment.is_late(made, now())
    with time_machine.travel(robot.sessions[1].starts_at, tick=False):  # none is left to be absent from
        assert not enrolment.is_late(made, now())
    with time_machine.travel(robot.sessions[1].ends_at, tick=False):
        assert refused(enrolment.withdraw, made, "work", by=ada.person).rule == "over"


def test_who_waits_is_late_for_nothing(session):
    robot = lab(places=0)
    enrol(robot, ada := adult("Ada"))
    with time_machine.travel(robot.sessions[0].starts_at - HOUR, tick=False):
        assert not enrolment.is_late(mine(robot, ada), now())


def test_a_manager_turns_somebody_away_with_a_reason_and_the_place_goes_on(session, gino):
    robot = lab(places=1)
    enrol(robot, ada := adult("Ada")), enrol(robot, adult("Leo"))
    made = mine(robot, ada)
    assert refused(enrolment.reject, made, "Non si può.", by=ada.person).rule == "whose"
    assert refused(enrolment.reject, made, " ", by=gino).rule == "reason"
    enrolment.reject(made, "Non ha l'età.", by=gino)
    assert line(robot) == [("Leo", "offered", 1)]
    assert (history(made)[-1].reason, history(made)[-1].by_id) == ("Non ha l'età.", gino.id)
    assert acts()[-1] == ("enrolment.withdrawn", "robot", "other", {})
    mail = session.scalars(sa.select(Notice).filter_by(kind="labs/rejected")).one()
    assert mail.name == "Ada Greco" and "Non ha l'età." in words(mail, "it")[1]


def test_whatever_somebody_has_or_waits_for_a_manager_ends_it(session, gino):
    robot = lab(places=2)
    enrol(robot, ada := adult("Ada"))
    pending = enrol(robot, child("Pia", person("Rosa"), years=15, account=person("Pia")))[0]
    waiting, offered = enrol(robot, adult("Leo"))[0], enrol(robot, adult("Ugo"))[0]
    enrolment.reject(waiting, "No.", by=gino)
    enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    assert [one.state for one in (waiting, pending, offered)] == ["rejected", "pending", "offered"]
    enrolment.reject(pending, "No.", by=gino)
    enrolment.reject(offered, "No.", by=gino)
    assert line(robot) == [] and [act[0] for act in acts()] == ["enrolment.created", "enrolment.withdrawn"]


def test_an_activity_that_is_called_off_ends_every_enrolment_and_offers_nothing(session, gino):
    robot = lab(places=2)
    ada, leo, pia, ugo = (adult(name) for name in ("Ada", "Leo", "Pia", "Ugo"))
    for one in (ada, leo, pia, ugo):
        enrol(robot, one)
    enrolment.withdraw(mine(robot, leo), "school", by=leo.person)
    before = told()
    ended = enrolment.end_all(robot, "Piove. ", by=gino)
    assert [one.participant for one in ended] == [ada, pia, ugo]
    assert {(one.state, one.seat) for one in ended} == {("rejected", None)}
    assert {history(one)[-1].reason for one in ended} == {"Piove."}
    assert line(robot) == [] and told() == before  # whoever calls it off tells them
    assert [act[0] for act in acts()].count("enrolment.withdrawn") == 2  # Ada's; Pia and Ugo never had a place


# --- how many places


def test_more_places_are_offered_at_once_in_the_order_of_the_line(session, gino):
    robot = lab(places=1)
    for name in ("Ada", "Leo", "Pia", "Ugo"):
        enrol(robot, adult(name))
    enrolment.set_places(robot, 3, by=gino)
    assert line(robot) == [("Ada", "enrolled", 1), ("Leo", "offered", 2), ("Pia", "offered", 3), ("Ugo", "waiting", None)]
    offer = history(enrolment.people.enrolments(robot, ["offered"])[0])[-1]
    assert (offer.before, offer.after, offer.by_id) == ("waiting", "offered", gino.id)


def test_of_the_free_places_the_highest_go_and_come_back_from_the_lowest(session, gino):
    robot = lab(places=5)
    who = [adult(name) for name in ("Uno", "Due", "Tre", "Quattro")]
    for one in who:
        enrol(robot, one)
    enrolment.withdraw(mine(robot, who[1]), "school", by=who[1].person)
    enrolment.set_places(robot, 4, by=gino)
    assert numbers(robot) == [1, 2, 3, 4]
    enrolment.set_places(robot, 3, by=gino)
    assert numbers(robot) == [1, 3, 4]
    assert refused(enrolment.set_places, robot, 2, by=gino).values == {"taken": 3}
    assert numbers(robot) == [1, 3, 4]
    enrolment.set_places(robot, 6, by=gino)
    assert numbers(robot) == [1, 2, 3, 4, 5, 6]
    assert refused(enrolment.set_places, robot, rules.MOST_PLACES + 1, by=gino).rule == "places"


def numbers(activity) -> list[int]:
    query = sa.select(Seat.number).where(Seat.activity_id == activity.id).order_by(Seat.number)
    return list(enrolment.db.session.scalars(query))


def test_a_place_that_is_kept_cannot_go_but_one_that_was_kept_too_long_can(session, gino):
    robot = lab(places=1)
    enrol(robot, ada := adult("Ada")), enrol(robot, leo := adult("Leo"))
    enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    assert refused(enrolment.set_places, robot, 0, by=gino).rule == "taken"
    with time_machine.travel(mine(robot, leo).held_until, tick=False):
        enrolment.set_places(robot, 0, by=gino)
    assert line(robot) == [] and numbers(robot) == []


def test_places_of_a_draft_are_offered_to_nobody(session, gino):
    robot = lab(places=0)
    enrol(robot, adult("Ada"))
    robot.state = "closed"
    enrolment.set_places(robot, 1, by=gino)
    assert line(robot) == [("Ada", "waiting", None)]


def test_places_of_many_activities_are_counted_at_once(session):
    robot, music, art = lab(places=2), lab("music", places=1), lab("art", places=0)
    enrol(robot, adult("Ada")), enrol(music, adult("Leo")), enrol(music, adult("Pia"))
    assert seats.places_of([robot.id, music.id, art.id]) == {robot.id: (2, 1, 0), music.id: (1, 1, 1), art.id: (0, 0, 0)}
    assert seats.places_of([]) == {}


# --- what time decides


def test_the_worker_moves_on_what_nobody_took_in_every_activity(session):
    kept = []
    for slug in ("robot", "music"):
        made = lab(slug, places=1)
        who = [adult(f"{slug}{number}") for number in range(3)]
        for one in who:
            enrol(made, one)
        enrolment.withdraw(mine(made, who[0]), "school", by=who[0].person)
        kept.append(mine(made, who[1]).held_until)
    with time_machine.travel(max(kept), tick=False):
        assert (seats.settle(), seats.settle()) == (2, 0)
    assert any(duty is seats.settle for _, duty in commands.DUTIES)


def test_when_it_is_over_who_still_waits_is_told_so_and_nobody_is_offered_a_place(session):
    robot = lab(places=1)
    enrol(robot, ada := adult("Ada")), enrol(robot, adult("Leo"))
    with time_machine.travel(ends := robot.sessions[0].ends_at, tick=False):
        assert seats.settle() == 1
        assert seats.settle() == 0
    assert line(robot) == [("Ada", "enrolled", 1)] and mine(robot, ada).state == "enrolled"
    left = session.scalars(sa.select(Enrolment).filter_by(state="expired")).one()
    assert left.ended_at == ends and told()[-1] == ("no_place", "Leo")


def test_an_offer_that_lapses_when_all_is_over_goes_to_nobody(session):
    robot = lab(places=1, begins=now() + 11 * DAY, offer_hours=720)
    enrol(robot, ada := adult("Ada")), enrol(robot, adult("Leo")), enrol(robot, adult("Pia"))
    enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    with time_machine.travel(now() + 31 * DAY, tick=False):
        assert seats.settle() == 2
    assert line(robot) == [] and [kind for kind, _ in told()][-2:] == ["expired", "no_place"]


# --- who is told


def recipients(enrolled: Enrolment) -> list[str]:
    return [one.given_name for one in people.recipients(enrolled)]


def test_of_a_child_its_guardians_are_told_once_each_and_no_longer_than_they_answer(session):
    rosa, ugo = person("Rosa"), person("Ugo")
    ada = child("Ada", rosa, ugo)
    made = enrol(lab(), ada, by=rosa)[0]
    assert recipients(made) == ["Rosa", "Ugo"]
    ada.guardianships[0].ended_at = now()
    session.flush()
    assert recipients(made) == ["Ugo"]
    ada.birth_date = years_ago(18)
    assert recipients(made) == []  # of age, without an account: there is nobody left to write to


def test_on_the_day_of_eighteen_the_young_adult_is_told_and_the_guardian_no_more(session):
    rosa = person("Rosa")
    ada = child("Ada", rosa, account=person("Ada"))
    made = enrol(lab(), ada, by=rosa)[0]
    birthday = ada.birth_date.replace(year=ada.birth_date.year + 18)
    midnight = now().replace(
        year=birthday.year, month=birthday.month, day=birthday.day, hour=0, minute=0, second=0, microsecond=0
    )
    for minutes, whom in ((-121, ["Rosa"]), (0, ["Ada"])):  # midnight in Lecce is one or two hours before that of UTC
        with time_machine.travel(midnight + minutes * HOUR / 60, tick=False):
            assert recipients(made) == whom


def test_who_left_the_portal_is_written_to_no_more(session):
    rosa, ugo = person("Rosa"), person("Ugo")
    made = enrol(lab(), child("Ada", rosa, ugo), by=rosa)[0]
    rosa.erased_at = now()
    assert recipients(made) == ["Ugo"]


def test_a_childs_own_organisation_is_told_only_where_nobody_answers_for_it(session):
    rosa, ugo = person("Rosa"), person("Ugo")
    centre = organisation("Volare", rosa)
    rosa.acting_as = centre
    robot = lab(places=5)
    alone, guarded = enrol(robot, child("Ada"), child("Leo", ugo), by=rosa, through=centre)
    assert (recipients(alone), recipients(guarded)) == (["Rosa"], ["Ugo"])


def test_everybody_with_a_place_is_told_once_whatever_number_of_theirs_have_one(session):
    rosa = person("Rosa")
    robot = lab(places=3)
    enrol(robot, child("Ada", rosa), child("Leo", rosa), by=rosa)
    enrol(robot, adult("Pia")), enrol(robot, adult("Ugo"))
    assert people.tell_all(robot, "labs/enrolled") == 2
    last = session.scalars(sa.select(Notice).order_by(Notice.id.desc()).limit(2)).all()
    assert [(one.name, one.payload["who"]) for one in reversed(last)] == [("Rosa Greco", ["Ada", "Leo"]), ("Pia Greco", ["Pia"])]
    assert people.tell_all(robot, "labs/waiting", states=["waiting"]) == 1


KINDS = ("enrolled", "waiting", "pending", "offered", "expired", "no_place", "withdrawn", "rejected")


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_names_the_activity_who_it_is_about_and_where_to_go(session, kind):
    rosa = person("Rosa")
    robot = lab()
    made = enrol(robot, child("Ada", rosa), by=rosa)
    people.tell(f"labs/{kind}", made, until=now(), was="offered", late=False, reason="Il motivo.")
    mail = session.scalars(sa.select(Notice).order_by(Notice.id.desc())).first()
    for language in ("it", "en"):
        subject, body = words(mail, language)
        assert "Robot" in subject and "\n\n\n" not in body
        assert all(part in body for part in ("Rosa", "Ada", "http://localhost/attivita/robot", people.PATH)), body


# --- what the database keeps, whoever asks


# SQLite tells an index by its columns, and a foreign key not at all.
SQLITE = {"one_enrolment_a_seat": "enrolment.activity_id, enrolment.seat", "fk_enrolment_seat": "FOREIGN KEY constraint failed"}


def row(activity, who, **values: object) -> Enrolment:
    made = Enrolment(activity_id=activity.id, participant_id=who.id, key=f"key{who.id}-{activity.id}", state="enrolled")
    made.enrolled_by_id, made.created_at, made.queued_at = who.person_id, now(), now()
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("values", "promise"),
    [
        ({"seat": 1}, "one_enrolment_a_seat"),
        ({"seat": 3}, "fk_enrolment_seat"),
        ({"seat": None}, "ck_enrolment_seated"),
        ({"seat": 2, "state": "waiting"}, "ck_enrolment_seated"),
        ({"seat": 2, "state": "offered"}, "ck_enrolment_held"),
        ({"seat": 2, "ended_at": "now"}, "ck_enrolment_ended"),
        ({"seat": None, "state": "withdrawn"}, "ck_enrolment_ended"),
    ],
)
def test_a_place_is_had_once_and_there_are_no_others(session, values, promise):
    robot = lab(places=2)
    enrol(robot, adult("Ada"))
    leo = adult("Leo")
    if values.get("ended_at"):
        values = values | {"ended_at": now()}
    session.add(row(robot, leo, **values))
    with pytest.raises(IntegrityError) as broken:
        session.flush()
    told = SQLITE.get(promise, promise) if session.get_bind().dialect.name == "sqlite" else promise
    assert told in str(broken.value.orig)


@pytest.mark.parametrize(("who", "rule"), [("same", "twice"), ("other", "seat")])
def test_what_the_database_refuses_is_told_in_words(session, who, rule):
    robot = lab(places=2)
    ada = adult("Ada")
    enrol(robot, ada)
    with pytest.raises(rules.Refusal) as told, seats.in_words("Ada"):
        session.add(row(robot, ada, seat=2) if who == "same" else row(robot, adult("Leo"), seat=1))
    assert told.value.rule == rule


def test_a_seat_that_somebody_has_cannot_be_taken_away(session):
    robot = lab(places=1)
    enrol(robot, adult("Ada"))
    with pytest.raises(rules.Refusal) as told, seats.in_words():
        session.execute(sa.delete(Seat).where(Seat.activity_id == robot.id))
    assert told.value.rule == "seat"


def test_another_refusal_of_the_database_is_not_taken_for_one_of_ours(session):
    robot = lab(places=2)
    with pytest.raises(IntegrityError), seats.in_words():
        session.add(row(robot, adult("Leo"), seat=2, channel="pigeon"))


@pytest.mark.parametrize("change", [sa.update(EnrolmentChange).values(reason="x"), sa.delete(EnrolmentChange)])
def test_the_history_of_an_enrolment_is_never_rewritten(session, change):
    enrol(lab(), adult("Ada"))
    with pytest.raises(IntegrityError, match="enrolment_change_kept"):
        session.execute(change)


@pytest.mark.parametrize("change", [sa.update(QueueSkip).values(group_id=1), sa.delete(QueueSkip)])
def test_who_was_let_past_whom_is_never_rewritten(session, change):
    robot = lab()
    made = enrol(robot, adult("Ada"))[0]
    group = EnrolGroup(activity_id=robot.id, created_at=now())
    session.add(group)
    session.flush()
    seats.write_skips([(group, made)], now())
    session.flush()
    with pytest.raises(IntegrityError, match="queue_skip_kept"):
        session.execute(change)
