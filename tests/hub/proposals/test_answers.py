"""Answers and the silence clock: who answers, when, with what reason; what waits for longer than promised."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.clock import now, starts_of, wall
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.proposals import answers, merging, silence
from hub.proposals.merging import Part
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.news import story
from hub.proposals.outcome_models import Answer
from hub.proposals.process_models import Process
from tests.hub.labs.makers import organisation, person, refused
from tests.hub.proposals.makers import DAY, by, process, proposal


class Case:
    """A process that answers now, an author with a proposal, and two managers."""

    def __init__(self, *phases: dict, **columns: object) -> None:
        self.process = process("idee", *phases, **columns)
        self.ada, self.gina, self.gino = person("ada"), person("gina", role="manager"), person("gino", role="manager")
        self.proposal = proposal(self.process, self.ada)

    def answer(self, kind="accepted", text="Sì, si può fare.", **more):
        return answers.answer(self.proposal, kind, text, **({"by": self.gina} | more))


def logged() -> list[tuple[str, str | None, str | None]]:
    rows = sa.select(LogEntry.type, LogEntry.activity, LogEntry.status).order_by(LogEntry.id)
    return [tuple(row) for row in db.session.execute(rows)]


def test_a_proposal_is_taken_up_then_answered_and_its_author_is_told(session):
    case = Case()
    answers.take_up(case.proposal, by=case.gina)
    assert case.proposal.state == "under_review"
    assert refused(answers.take_up, case.proposal, by=case.gino).rule == "taken-up"
    said = case.answer("partly", "La corte è vincolata: si coltiva nei vasi.", act="Determina 12/2027")
    assert (case.proposal.state, said.act, said.replaced_at) == ("answered", "Determina 12/2027", None)
    assert [one.kind for one in story(case.proposal)] == ["under_review", "answered"]
    assert logged() == [("proposal.answered", case.proposal.code, "partly")]
    told = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/answered")).one()
    assert told.subject == case.ada.subject and told.payload["text"].startswith("La corte")


def test_the_mail_says_what_was_answered_and_where_to_read_it(session):
    case = Case()
    first = case.answer("rejected", "La corte è vincolata.", act="Determina 12/2027")
    case.answer("accepted", "", seen=first.id)
    told = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/answered").order_by(Notice.id)).all()
    subject, body = words(told[0], "it")
    assert case.proposal.title in subject and "Non accolta" in body and "La corte è vincolata." in body
    assert "Determina 12/2027" in body and f"/proposte/{case.proposal.code}" in body
    assert "è cambiata" in words(told[1], "it")[0]


def test_an_author_without_an_account_is_told_where_they_left_an_address(session):
    case = Case()
    with_one, without = (Voice(fiscal_digest=name * 64, name=f"Nonna {name}", created_at=now()) for name in "ab")
    with_one.email = "nonna@posta.example"
    db.session.add_all([with_one, without])
    db.session.flush()
    for voice in (with_one, without):
        db.session.add(ProposalAuthor(proposal_id=case.proposal.id, voice_id=voice.id, since=now()))
    case.answer()
    told = db.session.scalars(sa.select(Notice.address).filter_by(kind="proposals/answered").order_by(Notice.address))
    assert list(told) == ["ada@posta.example", "nonna@posta.example"]


def test_only_plain_acceptance_needs_no_reason(session):
    case = Case()
    for kind in ("partly", "rejected", "not_competent", "already_done"):
        assert refused(case.answer, kind, "  ").rule == "reasoned"
    assert case.answer("accepted", "").text == ""
    with pytest.raises(DBAPIError, match="reasoned"), db.session.begin_nested():
        told = {"by_id": case.gina.id, "at": now(), "event_id": "x" * 36, "kind": "rejected", "text": "", "act": ""}
        db.session.execute(sa.insert(Answer).values(proposal_id=proposal(case.process, case.ada).id, **told))


def test_a_new_answer_takes_the_place_of_the_one_that_was_read_and_both_stay(session):
    case = Case()
    first = case.answer("rejected", "Mancano i fondi.")
    assert refused(case.answer, "accepted", "", by=case.gino).rule == "answered-meanwhile"
    second = case.answer("accepted", "Sono arrivati i fondi.", by=case.gino, seen=first.id)
    assert [(one.kind, one.replaced_at is None) for one in answers.answers_to(case.proposal)] == [
        ("rejected", False),
        ("accepted", True),
    ]
    assert answers.live_answer(case.proposal) is second
    assert [kind for kind, *_rest in logged()] == ["proposal.answered", "event.voided", "proposal.answered"]
    voided = db.session.scalars(sa.select(LogEntry.ref).filter_by(type="event.voided")).one()
    assert voided == first.event_id
    with pytest.raises(DBAPIError, match="answer_kept_update"), db.session.begin_nested():
        db.session.execute(sa.update(Answer).filter_by(id=first.id).values(text="Altro"))


def test_nobody_answers_their_own_proposal(session):
    case = Case()
    own = proposal(case.process, case.gina)
    assert refused(answers.take_up, own, by=case.gina).rule == "own"
    assert refused(answers.answer, own, "accepted", "", by=case.gina).rule == "own"
    case.proposal.organisation_id = organisation("Amici dell'orto", case.gina).id
    db.session.flush()
    assert refused(case.answer).rule == "own"
    assert case.answer(by=case.gino).kind == "accepted"


def test_the_staff_has_no_privilege_over_the_dates(session):
    opens = now() + 5 * DAY
    case = Case(
        {"submits": True, "supports": True, "closes_at": opens},
        {"answers": True, "opens_at": opens, "closes_at": opens + 10 * DAY},
    )
    told = refused(case.answer)
    assert (told.rule, told.values["opens"]) == ("answers", opens)
    with time_machine.travel(opens, tick=False):
        assert case.answer().kind == "accepted"


def test_what_was_withdrawn_or_is_hidden_is_not_answered_and_the_database_says_so_too(session):
    case = Case()
    case.proposal.hidden_at = now()
    db.session.flush()
    assert refused(case.answer).rule == "hidden"
    case.proposal.hidden_at = None
    case.proposal.state, case.proposal.closed_at, case.proposal.closed_reason = "withdrawn", now(), "Ripensata"
    db.session.flush()
    assert refused(case.answer).rule == "closed"
    told = {"by_id": case.gina.id, "at": now(), "event_id": "x" * 36, "kind": "accepted", "text": "", "act": ""}
    with pytest.raises(DBAPIError, match="answer_of_what_stands"), db.session.begin_nested():
        db.session.execute(sa.insert(Answer).values(proposal_id=case.proposal.id, **told))


def test_what_has_an_answer_is_never_closed(session):
    case = Case()
    case.answer()
    closed = {"state": "merged", "closed_at": now()}
    with pytest.raises(DBAPIError, match="proposal_answered_stands"), db.session.begin_nested():
        db.session.execute(sa.update(Proposal).filter_by(id=case.proposal.id).values(**closed))


# --- the silence clock


def at(day: date, hours: int = 12):
    return starts_of(day) + timedelta(hours=hours)


def a_process(**columns: object) -> Process:
    """It collects for ten days from the first of March 2027, and answers in the twenty after that."""
    first = at(date(2027, 3, 1), 0)
    phases = (
        {"submits": True, "opens_at": first, "closes_at": first + 10 * DAY},
        {"answers": True, "opens_at": first + 10 * DAY, "closes_at": first + 30 * DAY},
    )
    return process("marzo", *phases, **({"answer_days": 15, "update_days": 30} | columns))


def test_an_answer_is_promised_from_when_answers_begin_in_whole_days_of_lecce(session):
    with time_machine.travel(at(date(2027, 3, 5)), tick=False):
        found = proposal(a_process(), person("ada"))
        assert silence.due(found) == date(2027, 3, 26)  # fifteen days after the eleventh
    for day, late, stage in ((18, 0, "fine"), (19, 0, "soon"), (26, 0, "soon"), (27, 1, "late")):
        with time_machine.travel(at(date(2027, 3, day), 23), tick=False):
            (one,) = silence.waiting()
            assert (one.kind, one.code, one.late, one.stage) == ("answer", found.code, late, stage)


def test_a_proposal_of_the_last_minute_of_a_day_counts_from_that_day(session):
    with time_machine.travel(starts_of(date(2027, 3, 28)) - timedelta(minutes=1), tick=False):  # the clocks go forward after it
        found = proposal(a_process(), person("ada"))
        assert wall(found.published_at).date() == date(2027, 3, 27)
        assert silence.due(found) == date(2027, 4, 11)


def test_what_is_late_comes_longest_first_and_each_process_says_how_it_stands(session):
    with time_machine.travel(at(date(2027, 3, 5)), tick=False):
        ada, slow = person("ada"), a_process()
        first = proposal(slow, ada)
    with time_machine.travel(at(date(2027, 3, 20)), tick=False):
        second = proposal(slow, ada)
        fine = proposal(process("adesso"), ada)
    with time_machine.travel(at(date(2027, 4, 10)), tick=False):
        found = silence.waiting()
        assert [one.code for one in silence.overdue(found)] == [first.code, second.code]
        assert [one.late for one in found] == [15, 6, 0] and found[-1].code == fine.code
        standing = {one.process.slug: (one.waiting, one.late, one.longest) for one in silence.standings(found)}
        assert standing == {"marzo": (2, 2, 15), "adesso": (1, 0, 0)}


def test_merging_and_splitting_start_no_clock_anew(session):
    text, first = "Coltiviamo insieme un orto nella corte.", starts_of(date(2027, 3, 1))
    with time_machine.travel(at(date(2027, 3, 2)), tick=False):
        ada, gina = person("ada"), person("gina", role="manager")
        open_ = process("subito", {"submits": True, "answers": True, "opens_at": first, "closes_at": first + 60 * DAY})
        oldest = proposal(open_, ada, title="La prima")
    with time_machine.travel(at(date(2027, 3, 9)), tick=False):
        newest = proposal(open_, ada, title="La seconda")
        whole = merging.merge([newest, oldest], Part("Tutte e due", text), by=by(gina), as_manager=True)
    with time_machine.travel(at(date(2027, 3, 20)), tick=False):
        parts = merging.split(whole, [Part("Parte uno", text), Part("Parte due", text)], by=by(gina), as_manager=True)
    assert {silence.due(one) for one in (oldest, whole, *parts)} == {date(2027, 4, 1)}
    assert silence.due(newest) == date(2027, 4, 8)
    with time_machine.travel(at(date(2027, 4, 4)), tick=False):
        assert {(one.code, one.late) for one in silence.waiting()} == {(one.code, 3) for one in parts}


def test_what_is_hidden_withdrawn_or_refused_waits_for_nothing(session):
    case = Case()
    hidden = proposal(case.process, case.ada)
    hidden.hidden_at = now()
    db.session.flush()
    case.answer("rejected", "No.")
    assert silence.waiting() == [] and silence.promises(case.proposal) == []


def test_what_was_accepted_waits_for_news(session):
    case = Case(update_days=30)
    case.answer("partly", "In parte.")
    (one,) = silence.promises(case.proposal)
    assert (one.kind, one.code, one.due) == ("news", case.proposal.code, wall(now()).date() + 30 * DAY)
    assert [each.code for each in silence.waiting()] == [case.proposal.code]
