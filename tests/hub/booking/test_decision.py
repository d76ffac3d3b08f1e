"""What is decided of a request: between rivals, with a refusal announced first, in time or too late."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.booking import decision, service
from hub.booking.models import Booking
from hub.clock import now
from hub.notices.models import Notice
from hub.organisations.models import Membership, Organisation
from hub.refusal import Refusal
from hub.spaces.models import Rule
from hub.spaces.service import AUDITS, audit
from tests.hub.booking.conftest import ask, free_slot


def kinds(session) -> list[str]:
    return list(session.scalars(sa.select(Notice.kind).order_by(Notice.id)))


def request(hub, people, slug: str = "aula-1", who: str = "citizen", days: int = 10) -> Booking:
    layout = hub[slug].layouts[0]
    return ask(layout, free_slot(layout, days=days), people[who])


def announced_first(hub, session) -> None:
    session.add(Rule(space_id=hub["aula-1"].id, kind="announce_refusal", params={"days": 10}, created_at=now()))
    session.flush()


def test_who_loses_to_a_rival_is_told_at_once_with_what_is_free_instead(hub, people, session):
    first, second = request(hub, people, "portico"), request(hub, people, "portico", "evaluator")
    assert decision.rivals(first) == [second]
    decision.approve(second, by=people["manager"])
    session.flush()
    assert (first.state, second.state) == ("rejected", "approved")
    change = first.changes[-1]
    assert (change.reason_code, change.actor_id) == ("taken", None)
    told = session.scalars(sa.select(Notice).where(Notice.kind == "booking/taken")).one()
    assert told.payload["dates"][0]["others"][0]["link"].startswith("/spazi/") and "booking/confirmed" in kinds(session)
    assert audit() == dict.fromkeys(AUDITS, 0) and decision.settle() == 0


def test_a_request_with_other_dates_goes_back_to_who_asked(hub, people, session):
    first, second = request(hub, people, "portico"), request(hub, people, "portico", "evaluator")
    other = free_slot(first.layout, days=30)
    first.occurrences.append(service.ledger.plan(first.space, first.layout, other))
    session.flush()
    decision.approve(second, by=people["manager"])
    session.flush()
    assert (first.state, first.changes[-1].reason_code) == ("changes_requested", "taken")
    assert "booking/dates_taken" in kinds(session) and decision.settle() == 0


def test_whose_times_only_touch_are_no_rivals(hub, people, session):
    layout = hub["stalli-corte"].layouts[0]
    one, two = request(hub, people, "stalli-corte"), request(hub, people, "stalli-corte", "evaluator")
    decision.approve(one, by=people["manager"])
    session.flush()
    assert layout.lanes == 1 and two.state == "submitted"


def test_nobody_decides_their_own_request_nor_their_organisation_s(hub, people, session):
    own = request(hub, people, who="manager")
    ours = request(hub, people, days=20)
    ours.organisation = Organisation(
        kind="association", name="Circolo", email="c@example.org", state="verified", created_at=now(), tax_code="93000000751"
    )
    ours.organisation.memberships.append(Membership(person_id=people["manager"].id, role="member", since=now()))
    session.flush()
    for booking in (own, ours):
        for verb in (
            lambda booking: decision.approve(booking, by=people["manager"]),
            lambda booking: decision.refuse(booking, "No", code="other", by=people["manager"]),
            lambda booking: decision.ask_changes(booking, "Quante sedie?", by=people["manager"]),
            lambda booking: decision.announce_refusal(booking, "No", code="other", by=people["manager"]),
        ):
            with pytest.raises(Refusal) as refused:
                verb(booking)
            assert "own-request" in [one.rule for one in refused.value.all]


def test_a_refusal_has_a_reason_of_the_list_and_words_where_it_has_none(hub, people, session):
    booking = request(hub, people)
    for code, reason in (("", "No"), ("nessuno", "No"), ("other", " ")):
        with pytest.raises(Refusal, match="motivo"):
            decision.refuse(booking, reason, code=code, by=people["manager"])
    decision.refuse(booking, "", code="works", by=people["manager"])
    session.flush()
    assert (booking.changes[-1].reason_code, kinds(session)[-1]) == ("works", "booking/rejected")


def test_where_the_rule_says_so_a_refusal_is_announced_and_may_be_objected_to(hub, people, session):
    announced_first(hub, session)
    booking = request(hub, people, days=30)
    with pytest.raises(Refusal, match="si annuncia prima"):
        decision.refuse(booking, "", code="works", by=people["manager"])
    decision.announce_refusal(booking, "Tetto", code="works", by=people["manager"])
    session.flush()
    assert booking.state == "refusal_announced" and service.keeps_its_place(booking)
    assert booking.answer_by - now() > timedelta(days=9)
    with pytest.raises(Refusal, match="può ancora rispondere"):
        decision.refuse(booking, "", code="works", by=people["manager"])
    with pytest.raises(Refusal, match="Solo chi"):
        decision.object_to_it(booking, "Il tetto regge", by=people["manager"])
    decision.object_to_it(booking, "Il tetto regge", by=people["citizen"])
    session.flush()
    assert booking.state == "submitted" and kinds(session)[-2:] == ["booking/refusal_announced", "booking/objected"]
    assert decision.objected(booking) and decision.against_refusing(booking) == []
    with pytest.raises(Refusal, match="non bastano"):
        decision.refuse(booking, " ", code="works", by=people["manager"])
    decision.refuse(booking, "Il perito dice di no", code="works", by=people["manager"])
    assert booking.state == "rejected"


def test_an_announced_refusal_that_nobody_answers_waits_for_a_manager_who_is_told(hub, people, session):
    announced_first(hub, session)
    booking = request(hub, people, days=30)
    decision.announce_refusal(booking, "", code="works", by=people["manager"])
    session.flush()
    assert decision.escalate() == 0 and not decision.is_late(booking, now())
    with time_machine.travel(now() + timedelta(days=11), tick=False):
        with pytest.raises(Refusal, match="finito"):
            decision.object_to_it(booking, "Ancora", by=people["citizen"])
        assert decision.is_late(booking, now()) and [decision.escalate(), decision.escalate()] == [1, 0]
        decision.refuse(booking, "", code="works", by=people["manager"])
    assert booking.state == "rejected"


def test_what_is_late_is_told_once_to_who_manages_and_administers(hub, people, session):
    booking = request(hub, people, days=30)
    assert decision.escalate() == 0 and not decision.is_late(booking, now())
    with time_machine.travel(booking.answer_by + timedelta(minutes=1), tick=False):
        assert decision.is_late(booking, now())
        assert [decision.escalate(), decision.escalate()] == [1, 0]
    session.flush()
    assert kinds(session).count("booking/late") == 2  # the demo's manager and administrator


def test_what_nobody_decided_ends_when_it_was_to_begin(hub, people, session):
    booking = request(hub, people)
    assert decision.expire() == 0
    with time_machine.travel(booking.slot.starts, tick=False):
        assert decision.expire() == 1
        assert decision.expire() == 0
    session.flush()
    assert booking.state == "rejected" and kinds(session)[-1] == "booking/undecided"
