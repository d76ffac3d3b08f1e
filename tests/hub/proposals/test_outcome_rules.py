"""What becomes of proposals, on plain values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from hub.proposals import outcome_rules as rules
from hub.refusal import Refusal

JUNE = [datetime(2027, 6, day, 10, tzinfo=UTC) for day in range(1, 30)]


@dataclass
class Phase:
    opens_at: datetime
    closes_at: datetime
    submits: bool = False
    answers: bool = False


def test_answers_are_given_while_a_phase_answers_and_late_rather_than_never():
    phases = [Phase(JUNE[0], JUNE[9], submits=True), Phase(JUNE[9], JUNE[14]), Phase(JUNE[14], JUNE[19], answers=True)]
    for at, opens in ((2, 14), (9, 14), (14, 14), (18, 18), (19, 19), (25, 25)):
        assert rules.answerable_from(phases, JUNE[at]) == JUNE[opens]


def test_between_two_phases_that_answer_the_next_one_is_waited_for():
    phases = [Phase(JUNE[0], JUNE[5], answers=True), Phase(JUNE[5], JUNE[10]), Phase(JUNE[10], JUNE[12], answers=True)]
    assert rules.answerable_from(phases, JUNE[2]) == JUNE[2]
    assert rules.answerable_from(phases, JUNE[6]) == JUNE[10]


def test_a_process_without_a_phase_that_answers_does_so_once_it_collects_no_more():
    phases = [Phase(JUNE[0], JUNE[9], submits=True), Phase(JUNE[9], JUNE[14])]
    assert rules.answerable_from(phases, JUNE[2]) == JUNE[9]
    assert rules.answerable_from([Phase(JUNE[0], JUNE[9])], JUNE[2]) == JUNE[2]


def test_a_promise_is_kept_on_its_last_day_and_late_by_one_on_the_next():
    due = rules.due_on(date(2027, 3, 1), 30)
    assert due == date(2027, 3, 31)
    assert [rules.late_by(due, today) for today in (date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 12))] == [0, 1, 12]


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ((), "answered"),
        (("planned",), "answered"),
        (("running", "planned"), "in_execution"),
        (("planned", "done"), "in_execution"),
        (("done", "stopped"), "done"),
        (("stopped",), "stopped"),
    ],
)
def test_a_proposal_follows_what_realises_it(results, state):
    assert rules.state_by(results) == state


def refused(rule: str, verb, *args) -> None:
    with pytest.raises(Refusal) as told:
        verb(*args)
    assert told.value.rule == rule


def test_evidence_is_one_thing_and_is_told_in_words():
    rules.must_show("", False, "")
    rules.must_show("https://comune.example/delibera", False, "La delibera")
    refused("https", rules.must_show, "http://comune.example", False, "La delibera")
    refused("https", rules.must_show, "javascript:alert(1)", False, "x")
    refused("https", rules.must_show, "https://", False, "x")
    refused("one-evidence", rules.must_show, "https://comune.example", True, "x")
    refused("evidence-words", rules.must_show, "", True, "")
    refused("evidence-missing", rules.must_show, "", False, "La delibera")


def test_what_is_concluded_is_whole():
    rules.must_be_in_step("done", 10_000)
    refused("done", rules.must_be_in_step, "done", 9_999)
    refused("planned", rules.must_be_in_step, "planned", 1)


def test_who_collects_lets_authors_merge_and_under_review_only_managers_do():
    rules.must_be_in_time(True, ["published"], False)
    rules.must_be_in_time(False, ["under_review", "under_review"], True)
    refused("in-time", rules.must_be_in_time, False, ["under_review", "published"], True)
    refused("in-time", rules.must_be_in_time, False, ["under_review"], False)


def test_a_split_has_two_to_five_parts_of_different_titles():
    rules.must_be_parts(["Orto", "Pozzo"])
    refused("parts", rules.must_be_parts, ["Orto"])
    refused("parts", rules.must_be_parts, list("abcdef"))
    refused("parts-apart", rules.must_be_parts, ["Orto", "ORTO"])
