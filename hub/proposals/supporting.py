"""Supporting, endorsing and voting, in the open phase alone, and the same for everybody, staff or not.

A person supports a proposal once, within so many of a phase: each support takes the smallest number that the person has free
there, and the database refuses a second one with it. Where two windows want the same number, one of them takes the next.

Authors support what they propose like everybody else, as in Decidim (`can_vote_proposal?` asks for a phase, a verified account
and votes left) and CONSUL (`votable_by?` asks for verification alone; what an author may not do is to report their own). One
person has one support, an author too. To refuse it would mean to take back the support of whoever becomes a co-author later,
and it would not hold: who does not sign is no author.

While a process is sealed a support writes nothing into the log, which is an output too: `log_unsealed` does it afterwards.
Verbs flush, never commit.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.clock import now
from hub.db import db, insert_unless_there
from hub.organisations.promises import in_words
from hub.participation.log import Happened, record, record_all
from hub.proposals import processes, support_rules
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Proposal, Voice
from hub.proposals.process_models import Phase
from hub.proposals.rules import must_be_open
from hub.proposals.voices import By
from hub.refusal import Refusal, must_pass
from impact.acts import EventVoided, ProposalSupported

BATCH = 500
DEVICES_KEPT = timedelta(days=30)


def support(proposal: Proposal, *, by: By, device: str | None = None) -> Support:
    """Somebody supports a proposal. device: a keyed digest of where it comes from, None where that says nothing.

    Raises Refusal.
    """
    phase, at = _begin(proposal, "supports")
    must_pass(lambda: _must_be_a_voter(proposal, by), lambda: support_rules.must_act_alone(_name(by)))
    given = {"proposal_id": proposal.id, "phase_id": phase.id, "voice_id": by.voice.id, "kind": "support", "at": at}
    given |= {"channel": by.channel, "level": by.level, "device": device}
    with in_words(_says(phase.supports_most)):
        while (found := support_of(proposal, by.voice)) is None:
            slot = support_rules.free_slot(slots(by.voice, phase), phase.supports_most)
            if insert_unless_there(Support, **given, slot=slot):
                break
        else:
            raise support_rules.twice()
    found = support_of(proposal, by.voice)
    if not processes.is_sealed(proposal.process, at):
        act = ProposalSupported(activity=proposal.code)
        found.event_id = record(act, who=by.voice, level=by.level, at=at)
        db.session.flush()
    by.did("supported", proposal.code)
    return found


def revoke(proposal: Proposal, *, by: By) -> None:
    """They support it no longer; what the log says of it holds no longer. Also where it is hidden or closed by now, since it
    takes one of those that they have. Raises Refusal."""
    found = support_of(proposal, by.voice, locked=True)
    support_rules.must_be_there(found is not None)
    _end(found, proposal)
    if found.event_id is not None:
        record(EventVoided(ref=found.event_id), at=found.revoked_at)
    by.did("revoked", proposal.code)


def endorse(proposal: Proposal, *, by: By) -> Support:
    """The organisation for which somebody acts endorses a proposal: it is named, and counts as no person. Raises Refusal."""
    phase, at = _begin(proposal, "supports")
    ours = by.organisation
    must_pass(
        lambda: support_rules.must_act_for_an_organisation(ours and ours.state),
        lambda: support_rules.must_be_anothers(ours is not None and proposal.organisation_id == ours.id),
    )
    given = {"proposal_id": proposal.id, "phase_id": phase.id, "voice_id": by.voice.id, "kind": "endorsement", "at": at}
    given |= {"organisation_id": ours.id, "channel": by.channel, "level": by.level}
    with in_words(_says()):
        if not insert_unless_there(Support, **given):
            raise support_rules.endorsed_twice(ours.name)
    return endorsement(proposal, ours.id)


def unendorse(proposal: Proposal, *, by: By) -> None:
    """The organisation for which somebody acts endorses it no longer, whoever of it did so. Raises Refusal."""
    ours = by.organisation
    support_rules.must_act_for_an_organisation(ours and ours.state)
    found = endorsement(proposal, ours.id, locked=True)
    support_rules.must_be_there(found is not None)
    _end(found, proposal)


def vote(proposal: Proposal, choice: str, *, by: By) -> Vote:
    """Somebody votes; another vote of theirs takes the place of this one until the phase closes. choice: one of rules.CHOICES.

    Raises Refusal.
    """
    phase, at = _begin(proposal, "votes")
    must_pass(
        lambda: support_rules.must_be_a_choice(choice),
        lambda: _must_be_a_voter(proposal, by),
        lambda: support_rules.must_act_alone(_name(by)),
    )
    given = {"proposal_id": proposal.id, "phase_id": phase.id, "voice_id": by.voice.id, "choice": choice, "at": at}
    with in_words(_says()):
        while True:
            found = vote_of(proposal, by.voice, locked=True)
            if found is not None and found.choice == choice:
                return found
            if found is not None:
                support_rules.must_be_the_first_poll(found.phase_id == phase.id)
                found.replaced_at = at
                db.session.flush()
            if insert_unless_there(Vote, **given, channel=by.channel, level=by.level):
                break
    by.did("voted", proposal.code)
    return vote_of(proposal, by.voice)


# --- what is done unasked


def log_unsealed() -> int:
    """Write into the log the supports that a seal kept out of it, each once and as of the instant when it was given, as soon as
    the seal is lifted; returns how many. What was taken back meanwhile is not written. Commits each batch, as `seal_log` does."""
    waiting = sa.select(Support, Proposal, Voice).join(Support.proposal).join(Support.voice)
    waiting = waiting.where(Support.event_id.is_(None), Support.revoked_at.is_(None), Support.kind == "support")
    waiting = waiting.where(Proposal.process_id.not_in(processes.sealed_ids())).order_by(Support.at, Support.id).limit(BATCH)
    written = 0
    while found := db.session.execute(waiting.with_for_update(skip_locked=True, of=Support)).all():
        told = [Happened(ProposalSupported(activity=one.code), voice, given.at, given.level) for given, one, voice in found]
        for (given, _, _), event_id in zip(found, record_all(told), strict=True):
            given.event_id = event_id
        db.session.commit()
        written += len(found)
    return written


def purge_devices(at: datetime) -> int:
    """Forget where supports came from, after some days. Returns how many."""
    old = sa.update(Support).where(Support.device.is_not(None), Support.at < at - DEVICES_KEPT)
    return db.session.execute(old.values(device=None)).rowcount


# --- what somebody has given


def slots(voice: Voice, phase: Phase) -> set[int]:
    """The numbers that the live supports of somebody have in a phase."""
    theirs = sa.select(Support.slot).filter_by(voice_id=voice.id, phase_id=phase.id, revoked_at=None)
    return set(db.session.scalars(theirs.where(Support.slot.is_not(None))))


def endorsement(proposal: Proposal, organisation: int, *, locked: bool = False) -> Support | None:
    """How the organisation with this number endorses a proposal, if it does."""
    theirs = sa.select(Support).filter_by(proposal_id=proposal.id, organisation_id=organisation, revoked_at=None)
    return _one(theirs, locked)


def vote_of(proposal: Proposal, voice: Voice, *, locked: bool = False) -> Vote | None:
    """What somebody votes on a proposal."""
    return _one(sa.select(Vote).filter_by(proposal_id=proposal.id, voice_id=voice.id, replaced_at=None), locked)


def support_of(proposal: Proposal, voice: Voice, *, locked: bool = False) -> Support | None:
    """How somebody supports a proposal, if they do."""
    theirs = sa.select(Support).filter_by(proposal_id=proposal.id, voice_id=voice.id, kind="support", revoked_at=None)
    return _one(theirs, locked)


def _one(asked: sa.Select, locked: bool) -> Support | Vote | None:
    asked = asked.with_for_update() if locked else asked
    return db.session.scalars(asked.execution_options(populate_existing=True)).one_or_none()


# --- what is asked, and what the database says


def _begin(proposal: Proposal, switch: str) -> tuple[Phase, datetime]:
    """The phase of now, open to this, and this instant; from here on nobody closes or hides the proposal until the transaction
    ends. Raises Refusal."""
    shown = sa.select(Proposal.state, Proposal.hidden_at).filter_by(id=proposal.id).with_for_update(read=True)
    state, hidden_at = db.session.execute(shown).one()
    at = now()
    phase = processes.phase_at(proposal.process, at)
    must_pass(
        lambda: must_be_open(phase is not None and getattr(phase, switch), switch),
        lambda: support_rules.must_be_shown(state, hidden_at),
    )
    return phase, at


def _must_be_a_voter(proposal: Proposal, by: By) -> None:
    person = by.voice.person
    support_rules.must_be_somebody(person is not None, person and person.confirmed_at)
    support_rules.must_be_known(by.level, proposal.process.level_least)


def _name(by: By) -> str | None:
    return by.organisation.name if by.organisation else None


def _end(given: Support, proposal: Proposal) -> None:
    at = now()
    phase = processes.phase_at(proposal.process, at)
    support_rules.must_be_revocable(phase is not None and phase.id == given.phase_id)
    with in_words({"support_revoked_while_open": support_rules.over}):
        given.revoked_at = at


def _says(most: int | None = None) -> dict[str, Callable[[], Refusal]]:
    """What the database may say, by the name of what it keeps. most: how many supports a person has in the phase."""
    return {
        "support_while_open": support_rules.changed,
        "vote_while_open": support_rules.changed,
        "vote_replaced_while_open": support_rules.over,
        "support_within_limit": lambda: support_rules.limit(most),
        "endorsement_of_another": support_rules.unverified,
    }
