"""The basket on a real database: several children in several courses, all of it or nothing, and what is consented to with it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.labs import basket, health, mine
from hub.labs.models import BasketLine, EnrolGroup, Enrolment
from hub.refusal import Refusal
from tests.hub.labs.families import course, family, put
from tests.hub.labs.makers import DAY, ask, child, line, own_record, person, told, years_ago


def rules_against(lines, by) -> list[set[str]]:
    """The rules that speak against each line, in order."""
    against = basket.against(lines, by=by)
    return [{one.rule for one in against.get(line.id, ())} for line in lines]


def refusal(verb, *args, **more) -> Refusal:
    with pytest.raises(Refusal) as caught:
        verb(*args, **more)
    db.session.rollback()
    return caught.value


def lines(by) -> list[BasketLine]:
    return basket.lines_of(by, locked=True)


def test_three_children_and_two_courses_are_enrolled_at_once(session):
    rosa, (anna, bea, ciro) = family("rosa", "anna", "bea", "ciro")
    robot, coro = course("robot", 2), course("coro", 10)
    put(robot, anna, bea, ciro, by=rosa)
    put(coro, ciro, by=rosa)
    assert [(one.activity.slug, one.participant.given_name) for one in lines(rosa)] == [
        *(("robot", name) for name in ("Anna", "Bea", "Ciro")),
        ("coro", "Ciro"),
    ]
    made = basket.confirm(lines(rosa), {}, by=rosa)
    session.commit()
    assert len(made) == 4 and lines(rosa) == []
    assert line(robot) == [("Anna", "enrolled", 1), ("Bea", "enrolled", 2), ("Ciro", "waiting", None)]
    assert line(coro) == [("Ciro", "enrolled", 1)]
    assert all(consents.has_consent(one.participant, "participation", one.activity) for one in made)
    assert sorted(told()) == [("enrolled", "Rosa"), ("enrolled", "Rosa"), ("waiting", "Rosa")]


def test_chosen_again_the_basket_holds_who_was_chosen_last_and_keeps_their_answers(session):
    rosa, (anna, bea) = family("rosa", "anna", "bea")
    robot = course()
    question = ask(robot, "text")
    put(robot, anna, by=rosa)
    basket.answer(lines(rosa)[0], {str(question.id): "Un gatto"}, "", by=rosa)
    put(robot, anna, bea, by=rosa)
    assert [(one.participant.given_name, one.answers) for one in lines(rosa)] == [
        ("Anna", {str(question.id): "Un gatto"}),
        ("Bea", {}),
    ]
    put(robot, bea, by=rosa)
    assert [one.participant.given_name for one in lines(rosa)] == ["Bea"]


def test_where_one_line_fails_nobody_is_enrolled_and_each_line_says_why(session):
    rosa, (anna, bea) = family("rosa", "anna", "bea")
    robot, coro = course("robot", age_min=11), course("coro", residents_until=now() + DAY)
    bea.resident = False
    question = ask(coro, "text", required=True)
    put(robot, anna, by=rosa)
    put(coro, anna, bea, by=rosa)
    assert rules_against(lines(rosa), rosa) == [{"age"}, {"required"}, {"required", "residents_first"}]
    found = refusal(basket.confirm, lines(rosa), {}, by=rosa)
    assert found.rule == "basket" and len(found.against) == 3
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 0
    assert len(lines(rosa)) == 3  # nothing is lost
    basket.remove(lines(rosa)[0])
    bea.resident = True
    for one in lines(rosa):
        basket.answer(one, {str(question.id): "sì"}, "", by=rosa)
    basket.confirm(lines(rosa), {}, by=rosa)
    assert [name for name, *_rest in line(coro)] == ["Anna", "Bea"]


def test_what_changes_between_the_look_and_the_lock_undoes_it_all(session):
    """The last course of the basket refuses: a list that is full is seen by `enrol` alone where two wait for one place."""
    rosa, (anna, bea) = family("rosa", "anna", "bea")
    robot, coro = course("robot", 5), course("coro", 0, waiting_most=1)
    put(robot, anna, by=rosa)
    put(coro, anna, bea, by=rosa)
    assert rules_against(lines(rosa), rosa) == [set(), set(), set()]
    found = refusal(basket.confirm, lines(rosa), {}, by=rosa)
    assert {one.rule for refused in found.against.values() for one in refused} == {"waiting-full"}
    assert line(robot) == [] and line(coro) == [] and told() == []


def test_together_they_get_places_all_or_none(session):
    rosa, (anna, bea) = family("rosa", "anna", "bea")
    robot = course("robot", 1)
    put(robot, anna, bea, by=rosa, together=True)
    assert rules_against(lines(rosa), rosa) == [{"group-size"}, {"group-size"}]
    robot2 = course("robot2", 2)
    ugo, (dino,) = family("ugo", "dino")
    put(robot2, dino, by=ugo)
    basket.confirm(lines(ugo), {}, by=ugo)
    basket.remove(lines(rosa)[0])
    assert [one.together for one in lines(rosa)] == [False]  # one alone is no group
    basket.remove(lines(rosa)[0])
    put(robot2, anna, bea, by=rosa, together=True)
    basket.confirm(lines(rosa), {}, by=rosa)
    assert line(robot2) == [("Dino", "enrolled", 1), ("Anna", "waiting", None), ("Bea", "waiting", None)]
    assert session.scalar(sa.select(sa.func.count()).select_from(EnrolGroup)) == 1


def test_the_summary_says_yes_and_no_for_all_activities(session):
    rosa, (anna,) = family("rosa", "anna")
    consents.give_consent(anna, "leave_alone", by=rosa)
    put(course(), anna, by=rosa)
    basket.confirm(lines(rosa), {anna.id: {"photo"}}, by=rosa)
    session.commit()
    assert [consents.has_consent(anna, purpose) for purpose in basket.STANDING] == [True, False, False]


def test_nobody_enrols_for_whom_they_do_not_answer(session):
    rosa, (anna,) = family("rosa", "anna")
    ugo, (dino,) = family("ugo", "dino")
    robot = course()
    assert refusal(basket.put, robot, [anna], together=False, by=ugo).rule == "enrols"
    assert refusal(basket.put, robot, [], together=False, by=ugo).rule == "nobody"
    put(robot, dino, by=ugo)
    families.answer_for(dino, basis="parent", other_agrees=True, by=rosa)
    families.stop_answering(dino, by=ugo)
    session.commit()
    assert basket.lines_of(ugo) == []  # what they prepared says nothing any more


def test_an_adult_enrols_themselves_and_says_when_they_were_born(session):
    ugo = person("ugo")
    robot = course()
    own = families.participant_of(ugo)
    assert refusal(basket.put, robot, [own], together=False, by=ugo).rule == "birth"
    own = families.participant_of(ugo, years_ago(30))
    put(robot, own, by=ugo)
    (made,) = basket.confirm(lines(ugo), {own.id: set()}, by=ugo)
    assert (made.state, made.enrolled_by_id) == ("enrolled", ugo.id)
    assert not consents.has_consent(own, "participation", robot)  # an adult's enrolment is their own act


def test_from_fourteen_on_a_minor_asks_and_a_guardian_confirms_with_the_consents(session):
    rosa, _ = family("rosa")
    luca_account = person("luca")
    luca = child("luca", rosa, years=15, account=luca_account)
    luca.emergency_phone = "1"
    robot = course(asks_health=True)
    put(robot, luca, by=luca_account)
    basket.answer(lines(luca_account)[0], {}, "Asma", by=luca_account)
    assert lines(luca_account)[0].sealed_health == ""  # that needs a guardian's consent
    (made,) = basket.confirm(lines(luca_account), {luca.id: {"photo"}}, by=luca_account)
    session.commit()
    assert made.state == "pending" and not consents.has_consent(luca, "photo")
    assert mine.may_do(made, luca_account) == {"answer": False, "confirm": False, "withdraw": True, "annotate": False}
    assert mine.may_do(made, rosa)["confirm"]
    assert refusal(mine.confirm, made, set(), "", by=luca_account).rule == "answers"
    made = mine.enrolment_of(rosa, made.id, locked=True)
    mine.confirm(made, {"photo"}, "Asma", by=rosa)
    session.commit()
    assert (made.state, health.of(made)) == ("enrolled", "Asma")
    assert all(consents.has_consent(luca, purpose, robot) for purpose in ("participation", "health", "photo"))
    assert not mine.may_do(made, luca_account)["withdraw"]  # what a guardian has said yes to they take back


def test_at_thirteen_and_with_nobody_who_answers_a_minor_does_not_ask(session):
    rosa, _ = family("rosa")
    young, alone = person("young"), person("alone")
    robot = course()
    record = child("young", rosa, years=13, account=young)
    assert refusal(basket.put, robot, [record], together=False, by=young).rule == "enrols"
    own = own_record(alone, years_ago(15))
    assert refusal(basket.put, robot, [own], together=False, by=alone).rule == "enrols"


def test_somebody_must_be_there_to_call_for_a_child(session):
    rosa, (anna,) = family("rosa", "anna")
    anna.emergency_phone = ""
    put(course(), anna, by=rosa)
    assert rules_against(lines(rosa), rosa) == [{"emergency"}]


def test_who_is_enrolled_already_is_not_enrolled_twice(session):
    rosa, (anna,) = family("rosa", "anna")
    robot = course()
    put(robot, anna, by=rosa)
    basket.confirm(lines(rosa), {}, by=rosa)
    put(robot, anna, by=rosa)
    assert rules_against(lines(rosa), rosa) == [{"twice"}]


def test_a_basket_has_an_end_and_is_thrown_away_in_time(session):
    rosa, (anna,) = family("rosa", "anna")
    for number in range(basket.MOST_LINES):
        put(course(f"corso-{number}"), anna, by=rosa)
    assert refusal(basket.put, course("uno-di-troppo"), [anna], together=False, by=rosa).rule == "full"
    assert basket.purge_baskets(now() + timedelta(days=29)) == 0
    assert basket.purge_baskets(now() + timedelta(days=31)) == basket.MOST_LINES
    assert refusal(basket.confirm, [], {}, by=rosa).rule == "empty"


def test_who_withdraws_takes_back_what_was_consented_to_for_it_and_the_note_goes(session):
    rosa, (anna,) = family("rosa", "anna")
    robot = course(asks_health=True)
    put(robot, anna, by=rosa)
    basket.answer(lines(rosa)[0], {}, "Noci", by=rosa)
    (made,) = basket.confirm(lines(rosa), {anna.id: {"photo"}}, by=rosa)
    session.commit()
    assert health.of(made) == "Noci"
    assert refusal(consents.withdraw_consent, anna, "participation", by=rosa, activity=robot).rule == "consent-enrolled"
    found = mine.enrolment_of(rosa, made.id, locked=True)
    assert mine.leave(found, "schedule", by=rosa) is False
    session.commit()
    assert (found.state, health.of(found)) == ("withdrawn", "")
    assert not any(consents.has_consent(anna, purpose, robot) for purpose in ("participation", "health"))
    assert consents.has_consent(anna, "photo")  # which is for all activities


def test_the_last_guardian_stays_while_the_child_is_enrolled(session):
    rosa, (anna,) = family("rosa", "anna")
    robot = course()
    put(robot, anna, by=rosa)
    (made,) = basket.confirm(lines(rosa), {}, by=rosa)
    session.commit()
    assert refusal(families.stop_answering, anna, by=rosa).rule == "last-guardian"
    assert refusal(families.change, anna, {"birth_date": years_ago(10)}, by=rosa).rule == "birth-counted"
    mine.leave(mine.enrolment_of(rosa, made.id, locked=True), "other", by=rosa)
    assert families.stop_answering(anna, by=rosa) is True


def test_what_is_over_keeps_nobody(session):
    rosa, (anna,) = family("rosa", "anna")
    robot = course(begins=now() + timedelta(hours=1))
    put(robot, anna, by=rosa)
    basket.confirm(lines(rosa), {}, by=rosa)
    assert families.is_enrolled(anna) and families.is_enrolled(anna, robot.id) and not families.is_enrolled(anna, robot.id + 1)
    for one in robot.sessions:
        one.starts_at, one.ends_at = now() - 2 * DAY, now() - DAY
    session.flush()
    assert not families.is_enrolled(anna) and families.enrolments_of(anna) == [(robot.id, False)]
