"""How it went: said once by who took part, counted in the log without anybody's name, shown from five answers on."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now, today, wall
from hub.db import db
from hub.labs import feedback
from hub.labs.feedback import INVITED_DAYS, KEPT_DAYS, LEAST_SHOWN, QUESTIONS, give, invite, results, stage
from hub.labs.models import Activity, Comment, Enrolment
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from impact.acts import FeedbackGiven
from impact.countable import SCALES, must_be_counted_facts
from tests.hub.labs.attended import came, over
from tests.hub.labs.makers import DAY, adult, child, meet, organisation, person, refused, told
from tests.hub.labs.test_certificates import act, known

GOOD = {"recommend": 9, "satisfaction": 4, "importance": 5}
MINE = "/area-personale/iscrizioni/{}/giudizio"


def rows() -> list[tuple[str | None, str, dict]]:
    """(person, activity, facts) of each line of the log about feedback."""
    said = sa.select(LogEntry).where(LogEntry.type == "feedback.given").order_by(LogEntry.id)
    return [(row.person, row.activity, json.loads(row.facts)) for row in db.session.scalars(said)]


def attended(count: int, slug: str = "robot", **columns: object) -> tuple[Activity, list[Enrolment]]:
    robot = over(slug, 60, **columns)
    return robot, [came(robot, adult(f"{slug}{number}"), 60) for number in range(count)]


def test_every_question_has_a_scale_that_the_evaluator_counts_with(session):
    assert set(QUESTIONS) <= set(SCALES)
    for code in QUESTIONS:
        for score in SCALES[code]:
            must_be_counted_facts(FeedbackGiven.type, {"score": score, "question": code})


def test_scores_go_to_the_log_without_a_person_and_words_apart(session):
    _robot, (ada,) = attended(1)
    give(ada, GOOD, "  Bello, ma faceva caldo. ")
    session.commit()
    assert rows() == [(None, "robot", {"question": code, "score": GOOD[code]}) for code in QUESTIONS]
    comment = session.scalars(sa.select(Comment)).one()
    assert (comment.text, comment.month) == ("Bello, ma faceva caldo.", today().replace(day=1))
    assert wall(ada.feedback_at).strftime("%d %H:%M:%S.%f") == "01 00:00:00.000000"  # the instant would tell which are whose


def test_it_is_given_once_and_words_need_not_be_said(session):
    _robot, (ada,) = attended(1)
    give(ada, {**GOOD, "importance": None}, " ")
    assert refused(give, ada, GOOD, "Ancora").rule == "given"
    assert len(rows()) == 2 and session.scalars(sa.select(Comment)).all() == []


@pytest.mark.parametrize(
    ("scores", "rule", "field"),
    [
        ({}, "needed", "recommend"),
        ({"recommend": 11, "satisfaction": 3}, "scale", "recommend"),
        ({"recommend": -1, "satisfaction": 3}, "scale", "recommend"),
        ({"recommend": 5}, "needed", "satisfaction"),
        ({"recommend": 5, "satisfaction": 0}, "scale", "satisfaction"),
        ({"recommend": 5, "satisfaction": 5, "importance": 6}, "scale", "importance"),
    ],
)
def test_a_score_off_its_scale_is_refused_and_nothing_is_kept(session, scores, rule, field):
    _robot, (ada,) = attended(1)
    refusal = refused(give, ada, scores, "x")
    assert (refusal.rule, refusal.field) == (rule, field) and rows() == [] and ada.feedback_at is None


def test_from_the_end_of_the_last_session_and_for_sixty_days(session):
    robot, (ada,) = attended(1)
    end = robot.sessions[0].ends_at
    tick = timedelta(microseconds=1)
    stages = {end - tick: "early", end: "open", end + KEPT_DAYS * DAY - tick: "open", end + KEPT_DAYS * DAY: "late"}
    for instant, expected in stages.items():
        with time_machine.travel(instant, tick=False):
            assert stage(ada) == expected, instant


def test_it_is_for_who_was_there(session):
    robot = over("robot", 60, 60)
    absent = came(robot, adult("ugo"), 0, 0)
    assert stage(absent) == "absent"
    robot.sessions[1].state, robot.sessions[1].minutes = "planned", None
    session.flush()
    assert stage(absent) == "unrecorded"
    absent.state, absent.seat, absent.ended_at, absent.end_reason = "withdrawn", None, now(), "other"
    assert stage(absent) == "absent"


# --- results


def test_below_five_nothing_is_shown_and_from_five_on_all_of_it(session):
    robot, people = attended(7)
    for number, one in enumerate(people[: LEAST_SHOWN - 1]):
        give(one, {"recommend": 10, "satisfaction": 5}, f"Parola {number}")
    few = results(robot)
    assert (few.given, few.took_part, few.comments) == (4, 7, [])
    assert [(one.count, one.counts) for one in few.answers] == [(4, None), (4, None), (0, None)]
    give(people[4], {"recommend": 6, "satisfaction": 1, "importance": 3}, "Alfa")
    all_of_it = results(robot)
    recommend, satisfaction, importance = all_of_it.answers
    assert recommend.counts == {**dict.fromkeys(range(11), 0), 6: 1, 10: 4} and list(recommend.counts) == list(range(11))
    assert (recommend.share(9, 10), recommend.share(0, 6)) == (0.8, 0.2)
    assert satisfaction.counts == {1: 1, 2: 0, 3: 0, 4: 0, 5: 4}
    assert (importance.count, importance.counts) == (1, None)  # one answer to a question is told of nobody either
    assert [one.text for one in all_of_it.comments] == ["Alfa", *(f"Parola {number}" for number in range(4))]


def test_the_results_are_of_one_activity_alone(session):
    robot, people = attended(5)
    other, strangers = attended(5, "orto")
    for one in people:
        give(one, GOOD, "")
    assert results(other).given == 0 and results(robot).given == 5 and len(strangers) == 5


# --- invitations


def test_who_took_part_is_asked_once_when_the_register_is_complete(session):
    robot = over("robot", 60, 60)
    rosa = person("rosa")
    came(robot, child("anna", rosa), 60, 0, by=rosa)
    came(robot, child("bice", rosa), 60, 60, by=rosa)
    ada = came(robot, adult("ada"), 60, 0)
    came(robot, adult("ugo"), 0, 0)
    robot.sessions[1].state, robot.sessions[1].minutes = "planned", None
    session.commit()
    assert invite() == 0
    robot.sessions[1].state, robot.sessions[1].minutes = "held", 60
    session.commit()
    assert invite() == 1
    session.commit()
    assert sorted(told()) == [("feedback", "Ada"), ("feedback", "Rosa")]
    links = {row.name.split()[0]: row.payload["link"] for row in session.scalars(sa.select(Notice))}
    assert links == {"Rosa": "/area-personale/iscrizioni", "Ada": MINE.format(ada.id)}
    assert invite() == 0 and len(told()) == 2


def test_nobody_is_asked_before_the_end_nor_long_after_it(session):
    robot, _people = attended(1)
    end = robot.sessions[0].ends_at
    session.commit()
    for instant in (end - timedelta(seconds=1), end + INVITED_DAYS * DAY):
        with time_machine.travel(instant, tick=False):
            assert invite() == 0, instant
    with time_machine.travel(end + INVITED_DAYS * DAY - timedelta(seconds=1), tick=False):
        assert invite() == 1


def test_what_was_called_off_asks_nobody_and_a_session_to_come_is_waited_for(session):
    attended(1, state="cancelled")
    orto, _people = attended(1, "orto")
    meet(orto, now() + DAY)
    session.commit()
    assert invite() == 0


def test_a_school_is_asked_once_for_all_of_whom_nobody_answers_here(session):
    robot = over("robot", 60)
    school = organisation("Liceo Palmieri", person("preside"))
    for name in ("lia", "eva", "ida"):
        came(robot, child(name, years=16), 60, through=school)
    session.commit()
    invite()
    assert told() == [("feedback", "Preside")]
    assert sorted(session.scalars(sa.select(Notice)).one().payload["who"]) == ["Eva", "Ida", "Lia"]


# --- the pages


def test_a_guardian_says_it_from_the_page_of_the_enrolment_and_the_second_time_reads_thanks(app):
    with app.app_context():
        rosa = person("rosa")
        robot = over("robot", 60)
        number = came(robot, child("anna", rosa), 60, by=rosa).id
        person("ugo")
        db.session.commit()
    rosa = known(app, "rosa")
    page = rosa.page(rosa.page(f"/area-personale/iscrizioni/{number}").link("Lascia un giudizio"))
    empty = page.form().submit(comment="Resta scritto")
    assert empty.status == 422 and "Scegli un numero." in empty.text and "Resta scritto" in empty.html
    wrong = page.form().submit(recommend="11", satisfaction="3")
    assert wrong.status == 422 and "Scegli dall'elenco" in wrong.text
    long = page.form().submit(recommend="9", satisfaction="3", comment="x" * 2001)
    assert long.status == 422
    done = page.form().submit(recommend="0", satisfaction="1", importance="", comment="Caldo")
    assert done.path == f"/area-personale/iscrizioni/{number}" and "Grazie" in done.text
    assert "Lascia un giudizio" not in done.text
    twice = page.form().submit(recommend="9", satisfaction="3")
    assert twice.status == 422 and "Il giudizio c'è già" in twice.text
    assert "Il giudizio c'è già" in rosa.page(page.path).text
    with app.app_context():
        assert [facts["score"] for _person, _activity, facts in rows()] == [0, 1]
    assert known(app, "ugo").get(page.path).status_code == 404


def test_a_minor_with_an_account_and_the_operator_of_their_school_may_say_it_too(app):
    with app.app_context():
        lia = person("lia")
        preside = person("preside")
        school = organisation("Liceo Palmieri", preside)
        robot = over("robot", 60)
        own = came(robot, child("lia", years=16, account=lia), 60, by=lia)
        pupil = came(robot, child("eva", years=16), 60, through=school, by=preside)
        db.session.commit()
        own, pupil, chosen = own.id, pupil.id, school.id
    minor = known(app, "lia")
    assert "Grazie" in minor.page(MINE.format(own)).form().submit(recommend="10", satisfaction="5").text
    operator = known(app, "preside")
    act(operator, chosen)
    assert "Grazie" in operator.page(MINE.format(pupil)).form().submit(recommend="7", satisfaction="4").text


def test_before_the_end_the_page_says_when(app):
    with app.app_context():
        robot = over("robot", 60)
        number = came(robot, adult("ada"), 60).id
        robot.sessions[0].starts_at, robot.sessions[0].ends_at = now() + DAY, now() + 2 * DAY
        db.session.commit()
    page = known(app, "ada").page(MINE.format(number))
    assert page.status == 200 and "quando l'attività è finita" in page.text and "Invia il giudizio" not in page.text


def test_the_manager_reads_distributions_with_a_table_and_words_from_five_on(app):
    with app.app_context():
        person("gino", role="manager")
        _robot, people = attended(6)
        for one in people[:4]:
            give(one, GOOD, "Segreto")
        db.session.commit()
        last = people[4].id
    manager = known(app, "gino")
    page = manager.page(manager.page("/gestione/attivita/robot").link("Giudizi"))
    assert "4 giudizi" in page.text and "67%" in page.text and "Ancora pochi" in page.text and "Segreto" not in page.html
    with app.app_context():
        give(db.session.get(Enrolment, last), {"recommend": 3, "satisfaction": 1}, "")
        db.session.commit()
    page = manager.page("/gestione/attivita/robot/giudizi")
    assert page.text.count("Segreto") == 4 and "Le risposte sono meno di 5" in page.text
    assert "La consigliano (9 o più): 80%" in page.text and "Non la consigliano: 20%" in page.text
    assert len(list(page.tree.iter("table"))) == 2 and page.html.count('class="hub-chart"') == 2
    assert "Nessun giudizio" in feedbackless(app, manager).text


def feedbackless(app, manager):
    with app.app_context():
        over("orto", 60)
        db.session.commit()
    return manager.page("/gestione/attivita/orto/giudizi")


def test_what_the_log_has_of_other_questions_is_left_alone(session):
    robot, people = attended(5)
    feedback.record(FeedbackGiven(activity="robot", score=3, question="page-clarity"))
    for one in people:
        give(one, GOOD, "")
    assert [one.count for one in results(robot).answers] == [5, 5, 5]
