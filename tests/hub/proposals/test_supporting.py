"""Supporting, endorsing and voting: once, within limits, in the open phase, the same for everybody; and what the log says."""

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.db import db
from hub.participation.models import LogEntry
from hub.proposals import processes, supporting
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import ProposalAuthor
from hub.proposals.outcome_models import AssistedAct, AssistedSession
from hub.proposals.standing import standing
from hub.proposals.tallies import tally
from hub.proposals.voices import By, voice_of
from tests.hub.labs.makers import organisation, person, refused
from tests.hub.proposals.makers import DAY, HOUR, by, process, proposal
from tests.hub.proposals.test_kept import refused as kept

SUPPORTS = {"supports": True}


def logged() -> list[tuple[str, str | None, str | None]]:
    """(type, activity, ref) of the rows of the log, in their order."""
    rows = db.session.scalars(sa.select(LogEntry).order_by(LogEntry.id))
    return [(one.type, one.activity, one.ref) for one in rows]


def for_organisation(who, ours) -> By:
    return By(voice_of(who), organisation=ours)


# --- support


def test_a_support_counts_once_and_is_logged_once(session):
    idea, fan = proposal(process(), person("ada")), person("bea")
    given = supporting.support(idea, by=by(fan))
    assert (given.slot, tally(idea).supports) == (1, 1)
    assert refused(supporting.support, idea, by=by(fan)).rule == "twice"
    assert tally(idea).supports == 1
    assert logged() == [("proposal.supported", idea.code, None)]


def test_a_support_that_is_taken_back_counts_no_longer_and_is_void_in_the_log(session):
    idea, fan = proposal(process(), person("ada")), by(person("bea"))
    event = supporting.support(idea, by=fan).event_id
    supporting.revoke(idea, by=fan)
    assert tally(idea).supports == 0
    assert logged()[1:] == [("event.voided", None, event)]
    assert refused(supporting.revoke, idea, by=fan).rule == "none"
    assert supporting.support(idea, by=fan).slot == 1 and tally(idea).supports == 1


def test_in_a_phase_one_has_so_many_supports_and_the_smallest_free_number_is_taken(session):
    found = process("tre", {"supports": True, "supports_most": 2})
    author, fan = person("ada"), by(person("bea"))
    one, two, three = (proposal(found, author) for _ in range(3))
    assert [supporting.support(idea, by=fan).slot for idea in (one, two)] == [1, 2]
    told = refused(supporting.support, three, by=fan)
    assert (told.rule, told.values) == ("limit", {"most": 2})
    supporting.revoke(one, by=fan)
    assert supporting.support(three, by=fan).slot == 1
    assert refused(supporting.support, two, by=fan).rule == "twice"  # rather than that all are taken


def test_the_support_of_a_hidden_or_withdrawn_proposal_can_be_taken_back_and_given_to_another(session):
    found = process("una", {"supports": True, "supports_most": 1})
    gone, other, fan = proposal(found, person("ada")), proposal(found, person("eva")), by(person("bea"))
    supporting.support(gone, by=fan)
    gone.hidden_at = now()
    session.flush()
    assert refused(supporting.support, gone, by=by(person("ugo"))).rule == "hidden"
    gone.hidden_at, gone.state, gone.closed_at, gone.closed_reason = None, "withdrawn", now(), "Ripensata"
    session.flush()
    assert refused(supporting.support, gone, by=by(person("lia"))).rule == "closed"
    supporting.revoke(gone, by=fan)
    assert supporting.support(other, by=fan).slot == 1


@pytest.mark.parametrize("role", ["", "manager", "evaluator", "administrator"])
def test_outside_its_phase_nobody_supports_whatever_their_role(session, role):
    at = now()
    found = process("chiusa", {"supports": True, "opens_at": at - 3 * DAY, "closes_at": at - DAY}, {"discusses": True})
    told = refused(supporting.support, proposal(found, person("ada")), by=by(person("bea", role=role)))
    assert told.rule == "supports"


def test_a_support_is_taken_back_only_while_its_phase_is_open(session):
    found = process("due", SUPPORTS, SUPPORTS)
    idea, fan = proposal(found, person("ada")), person("bea")
    given = supporting.support(idea, by=by(fan))
    with time_machine.travel(found.phases[0].closes_at, tick=False):
        assert refused(supporting.revoke, idea, by=by(fan)).rule == "over"
        assert refused(supporting.support, idea, by=by(fan)).rule == "twice"  # once in the whole process
    late = sa.update(Support).filter_by(id=given.id).values(revoked_at=found.phases[0].closes_at)
    kept("support_revoked_while_open", late)


def test_who_claims_what_was_done_for_them_loses_the_second_support_even_later(session):
    found = process("una", SUPPORTS)
    given = supporting.support(proposal(found, person("ada")), by=by(person("bea")))
    values = {"revoked_at": found.phases[0].closes_at, "voice_id": voice_of(person("eva")).id}
    session.execute(sa.update(Support).filter_by(id=given.id).values(values))


def test_who_supports_comes_with_the_identity_that_the_process_asks_for(session):
    idea, fan = proposal(process(level_least=2), person("ada")), person("bea")
    told = refused(supporting.support, idea, by=by(fan))
    assert (told.rule, told.values) == ("identity", {"least": 2}) and "SPID" in told.words
    fan.level = 2
    assert supporting.support(idea, by=by(fan)).level == 2
    facts = session.scalars(sa.select(LogEntry.facts)).one()
    assert facts == '{"identity":2}'
    idle = person("ugo")
    idle.confirmed_at, idle.level = None, 3
    assert refused(supporting.support, idea, by=by(idle)).rule == "confirmed"


def test_an_author_has_a_support_too_like_everybody_else(session):
    author = person("ada")
    idea = proposal(process(), author)
    session.add(ProposalAuthor(proposal_id=idea.id, voice_id=voice_of(person("eva")).id, since=now()))
    supporting.support(idea, by=by(author))
    assert refused(supporting.support, idea, by=by(author)).rule == "twice"
    assert tally(idea).supports == 1


def test_what_an_operator_does_for_somebody_is_written_in_the_session(session):
    idea, operator, helped = proposal(process(), person("ada")), person("gina", role="manager"), voice_of(person("bea"))
    started = {
        "started_at": now() - HOUR / 4,
        "lapses_at": now() + HOUR / 6,
        "consent": "Sì",
        "place": "Sportello",
        "claim_hash": "x",
    }
    opened = AssistedSession(voice_id=helped.id, operator_id=operator.id, **started)
    session.add(opened)
    session.flush()
    told = By(helped, channel="assisted", level=1, session=opened)
    supporting.support(idea, by=told)
    supporting.vote(idea, "agree", by=told)
    supporting.revoke(idea, by=told)
    acts = session.scalars(sa.select(AssistedAct).order_by(AssistedAct.id)).all()
    assert [(one.act, one.about) for one in acts] == [(act, idea.code) for act in ("supported", "voted", "revoked")]


# --- organisations


def test_an_organisation_endorses_by_name_and_counts_as_no_person(session):
    idea, ours = proposal(process(), person("ada")), organisation("Circolo")
    bea, ugo = for_organisation(person("bea"), ours), for_organisation(person("ugo"), ours)
    assert refused(supporting.support, idea, by=bea).rule == "alone"
    assert refused(supporting.vote, idea, "agree", by=bea).rule == "alone"
    supporting.endorse(idea, by=bea)
    assert (tally(idea).supports, tally(idea).endorsements) == (0, 1)
    assert refused(supporting.endorse, idea, by=ugo).rule == "twice"
    assert logged() == []  # the log counts people
    supporting.unendorse(idea, by=ugo)
    assert tally(idea).endorsements == 0
    assert refused(supporting.unendorse, idea, by=bea).rule == "none"
    assert refused(supporting.endorse, idea, by=by(person("eva"))).rule == "organisation"


def test_an_organisation_endorses_what_others_propose_once_it_is_verified(session):
    idea, ours = proposal(process(), person("ada")), organisation("Circolo")
    bea = for_organisation(person("bea"), ours)
    idea.organisation_id = ours.id
    session.flush()
    assert refused(supporting.endorse, idea, by=bea).rule == "another"
    given = {"kind": "endorsement", "channel": "web", "level": 0, "at": now(), "voice_id": bea.voice.id}
    given |= {"proposal_id": idea.id, "phase_id": idea.process.phases[0].id, "organisation_id": ours.id}
    kept("endorsement_of_another", sa.insert(Support).values(given))
    idea.organisation_id, ours.state = None, "pending"
    session.flush()
    assert refused(supporting.endorse, idea, by=bea).rule == "another"
    kept("endorsement_of_another", sa.insert(Support).values(given))


# --- votes


def test_a_vote_takes_the_place_of_the_one_before_until_the_phase_closes(session):
    found = process("voto", {"votes": True})
    idea, fan = proposal(found, person("ada")), person("bea")
    for choice in ("agree", "agree", "pass", "disagree"):
        supporting.vote(idea, choice, by=by(fan))
    assert list(session.scalars(sa.select(Vote.choice).order_by(Vote.id))) == ["agree", "pass", "disagree"]
    assert refused(supporting.vote, idea, "maybe", by=by(fan)).rule == "choice"
    assert tally(idea).votes is None and processes.are_votes_hidden(found)
    with time_machine.travel(found.phases[0].closes_at, tick=False):
        assert refused(supporting.vote, idea, "agree", by=by(fan)).rule == "votes"
        assert tally(idea).votes == {"disagree": 1}
    late = sa.update(Vote).filter_by(replaced_at=None).values(replaced_at=found.phases[0].closes_at)
    kept("vote_replaced_while_open", late)


def test_who_voted_in_a_phase_that_is_closed_has_voted(session):
    found = process("voti", {"votes": True}, {"votes": True})
    idea, fan = proposal(found, person("ada")), by(person("bea"))
    supporting.vote(idea, "agree", by=fan)
    with time_machine.travel(found.phases[1].opens_at, tick=False):
        assert refused(supporting.vote, idea, "pass", by=fan).rule == "over"
        supporting.vote(idea, "pass", by=by(person("ugo")))
        assert tally(idea).votes is None


# --- under a seal


def test_under_a_seal_nothing_enters_the_log_until_it_is_lifted(session):
    found = process("sigillo", {"supports": True, "hides_counts": True}, {"discusses": True})
    idea = proposal(found, person("ada"))
    fan, loser = person("bea"), person("ugo")
    given = supporting.support(idea, by=by(fan))
    supporting.support(idea, by=by(loser))
    supporting.revoke(idea, by=by(loser))
    assert tally(idea) is None
    assert supporting.log_unsealed() == 0 and logged() == []
    with time_machine.travel(found.phases[0].closes_at, tick=False):
        assert supporting.log_unsealed() == 1
        assert supporting.log_unsealed() == 0
        assert tally(idea).supports == 1
    row = session.scalars(sa.select(LogEntry)).one()
    assert (row.activity, row.ts_event, row.event_id) == (idea.code, given.at, given.event_id)
    assert row.ts_recorded >= found.phases[0].closes_at


def test_votes_are_promised_for_when_the_seal_of_a_later_phase_ends(session):
    found = process("sigillo", {"votes": True, "closes_at": now() - HOUR}, {"supports": True, "hides_counts": True})
    told = standing(proposal(found, person("ada")), None)
    assert (told.tally, told.votes_told_at, told.told_at) == (None, found.phases[1].closes_at, found.phases[1].closes_at)
    with time_machine.travel(found.phases[1].closes_at, tick=False):
        assert standing(proposal(found, person("ugo")), None).votes_told_at is None


def test_where_a_support_came_from_is_forgotten_after_thirty_days(session):
    idea = proposal(process(), person("ada"))
    given = supporting.support(idea, by=by(person("bea")), device="a" * 32)
    assert supporting.purge_devices(now() + 29 * DAY) == 0
    assert supporting.purge_devices(now() + 31 * DAY) == 1
    session.refresh(given)
    assert given.device is None
