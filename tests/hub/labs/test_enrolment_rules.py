"""What is asked of who enrols, on plain values, at the edges."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.labs import rules
from hub.labs.rules import Asked
from tests.hub.labs.makers import TICK, refused

NOW = datetime(2027, 3, 6, 9, tzinfo=UTC)


# --- ages


@pytest.mark.parametrize(
    ("born", "starts", "rule", "passes"),
    [
        (date(2016, 3, 6), date(2027, 3, 6), "on_start", True),  # eleven on the first day
        (date(2016, 3, 7), date(2027, 3, 6), "on_start", False),
        (date(2016, 12, 31), date(2027, 3, 6), "calendar_year", True),  # eleven by the end of the year
        (date(2017, 1, 1), date(2027, 3, 6), "calendar_year", False),
        (date(2009, 3, 7), date(2027, 3, 6), "on_start", True),  # eighteen tomorrow
        (date(2009, 3, 6), date(2027, 3, 6), "on_start", False),
        (date(2010, 1, 1), date(2027, 12, 31), "calendar_year", True),
        (date(2009, 12, 31), date(2027, 1, 1), "calendar_year", False),
        (date(2016, 2, 29), date(2027, 2, 28), "on_start", False),  # a year older on 1 March
        (date(2016, 2, 29), date(2027, 3, 1), "on_start", True),
        (date(2012, 2, 29), date(2024, 2, 29), "on_start", True),
    ],
)
def test_an_age_from_eleven_to_seventeen_counts_on_the_day_or_in_the_year(born, starts, rule, passes):
    if passes:
        rules.must_be_of_age(born, starts, rule, 11, 17)
    else:
        assert refused(rules.must_be_of_age, born, starts, rule, 11, 17).rule == "age"


def test_one_limit_is_enough_and_each_is_said():
    born, starts = date(2000, 5, 1), date(2027, 3, 6)
    rules.must_be_of_age(born, starts, "on_start", 26, None)
    rules.must_be_of_age(born, starts, "on_start", None, 26)
    rules.must_be_of_age(None, starts, "on_start", None, None)
    assert refused(rules.must_be_of_age, born, starts, "on_start", 27, None).values == {"least": 27, "age": 26}
    assert refused(rules.must_be_of_age, born, starts, "on_start", None, 25).values == {"most": 25, "age": 26}
    assert refused(rules.must_be_of_age, born, starts, "on_start", 1, 2).values == {"least": 1, "most": 2, "age": 26}


def test_where_age_counts_the_birth_date_is_asked():
    assert refused(rules.must_be_of_age, None, date(2027, 3, 6), "on_start", 11, None).rule == "born"


# --- times


def test_enrolment_is_open_from_one_instant_to_another_half_open():
    opens, closes = NOW, NOW + timedelta(hours=1)
    rules.must_be_open(opens, closes, opens)
    rules.must_be_open(opens, closes, closes - TICK)
    assert refused(rules.must_be_open, opens, closes, opens - TICK).rule == "not-yet"
    assert refused(rules.must_be_open, opens, closes, closes).rule == "late"
    assert refused(rules.must_be_open, None, None, NOW).rule == "no-enrolment"


def test_residents_come_first_until_an_instant():
    rules.must_leave_to_residents(True, NOW, NOW - TICK)
    rules.must_leave_to_residents(False, NOW, NOW)
    rules.must_leave_to_residents(False, None, NOW)
    assert refused(rules.must_leave_to_residents, False, NOW, NOW - TICK).values == {"until": NOW}


@pytest.mark.parametrize("state", rules.HELD_STATES)
def test_a_place_is_kept_until_an_instant_that_is_too_late_itself(state):
    rules.must_be_in_time(state, NOW, NOW - TICK)
    assert refused(rules.must_be_in_time, state, NOW, NOW).rule == "offer-late"


def test_who_is_kept_no_place_has_nothing_to_say_yes_to():
    assert refused(rules.must_be_in_time, "expired", NOW, NOW - TICK).rule == "offer-late"
    for state in ("waiting", "enrolled", "withdrawn", "rejected", "completed"):
        assert refused(rules.must_be_in_time, state, None, NOW).rule == "state"


def test_leaving_is_late_from_so_many_hours_before_the_next_session():
    starts = NOW + timedelta(hours=48)
    assert rules.is_late(starts, 48, NOW)
    assert not rules.is_late(starts, 48, NOW - TICK)
    assert not rules.is_late(None, 48, NOW)


def test_what_is_over_is_over_at_its_last_instant():
    rules.must_not_be_over(None, NOW)
    rules.must_not_be_over(NOW, NOW - TICK)
    assert refused(rules.must_not_be_over, NOW, NOW).rule == "over"


# --- states and places


def test_no_way_leads_out_of_the_end_or_into_nothing():
    assert set(rules.WAYS) | set(rules.ENDED_STATES) == {"", *rules.ENROLMENT_STATES}
    for state in rules.ENDED_STATES:
        for after in rules.ENROLMENT_STATES:
            assert refused(rules.must_go, state, after).rule == "state"
    rules.must_go("waiting", "offered")
    assert refused(rules.must_go, "waiting", "enrolled").rule == "state"


@pytest.mark.parametrize(
    ("check", "passes", "fails"),
    [
        (rules.must_be_in_programme, ("published",), ("draft",)),
        (rules.must_be_in_programme, ("published",), ("closed",)),
        (rules.must_take, ("person", "person"), ("none", "person")),
        (rules.must_take, ("organisation", "organisation"), ("organisation", "person")),
        (rules.must_take, ("person", "person"), ("person", "organisation")),
        (rules.must_fit_in_the_hub, (3, 3), (4, 3)),
        (rules.must_leave_room_to_wait, (5, 5, 10), (5, 6, 10)),
        (rules.must_leave_room_to_wait, (12, 0, 10), (0, 1, 0)),
        (rules.must_be_a_number_of_places, (0,), (-1,)),
        (rules.must_be_a_number_of_places, (rules.MOST_PLACES,), (rules.MOST_PLACES + 1,)),
        (rules.must_keep_taken, (4, 4), (3, 4)),
        (rules.must_be_a_withdrawal, ("school",), ("bored",)),
        (rules.must_give_reason, ("Non ha l'età.",), ("  ",)),
        (rules.must_give_reason, ("x" * rules.REASON_LENGTH,), ("x" * (rules.REASON_LENGTH + 1),)),
        (rules.must_answer_for, (True,), (False,)),
        (rules.must_be_confirmed_by_another, (False,), (True,)),
    ],
)
def test_a_rule_passes_up_to_its_edge_and_refuses_beyond(check, passes, fails):
    check(*passes)
    refused(check, *fails)


def test_fewer_places_than_are_taken_are_refused_with_their_number():
    assert refused(rules.must_keep_taken, 3, 4).values == {"taken": 4}


# --- answers


QUESTIONS = (
    Asked(1, "text", {"it": "Scuola"}, (), True),
    Asked(2, "choice", {"it": "Taglia"}, ("S", "M"), False),
    Asked(3, "number", {"it": "Fratelli"}, (), False),
    Asked(4, "consent", {"it": "Regole"}, (), True),
)


def answered(**given: object) -> dict[str, object]:
    """given: q1=… to q4=…, beside answers that pass."""
    said = {"1": "Ammirato", "4": True} | {key[1:]: value for key, value in given.items()}
    return rules.checked_answers(QUESTIONS, said)


def test_answers_are_kept_by_question_and_what_is_not_asked_is_left_out():
    assert answered(q1=" Ammirato ", q2="M", q3="3", q9="x") == {"1": "Ammirato", "2": "M", "3": 3, "4": True}
    assert answered(q2="", q3=None) == {"1": "Ammirato", "4": True}
    assert answered(q3="3,5")["3"] == answered(q3=3.5)["3"] == 3.5
    assert answered(q3="-2")["3"] == -2


@pytest.mark.parametrize(
    ("given", "field", "rule", "question"),
    [
        ({"q1": "  "}, "question_1", "required", "Scuola"),
        ({"q1": None}, "question_1", "required", "Scuola"),
        ({"q1": "x" * (rules.ANSWER_LENGTH + 1)}, "question_1", "length", "Scuola"),
        ({"q2": "XL"}, "question_2", "choice", "Taglia"),
        ({"q3": "tre"}, "question_3", "number", "Fratelli"),
        ({"q3": "1e9"}, "question_3", "number", "Fratelli"),
        ({"q3": "nan"}, "question_3", "number", "Fratelli"),
        ({"q3": "9" * 10}, "question_3", "number", "Fratelli"),
        ({"q4": False}, "question_4", "consent", "Regole"),
        ({"q4": "no"}, "question_4", "consent", "Regole"),
    ],
)
def test_a_wrong_answer_is_refused_beside_its_question_by_name(given, field, rule, question):
    told = refused(answered, **given)
    assert (told.field, told.rule, told.values["question"]) == (field, rule, {"it": question})


def test_every_wrong_answer_is_told_at_once():
    told = refused(answered, q1="", q2="XL", q4=None)
    assert [one.field for one in told.all] == ["question_1", "question_2", "question_4"]
