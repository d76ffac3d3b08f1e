"""Where a reader stands with a proposal: what they may do about it now, what they have done, and what everybody may know."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.proposals import processes, supporting, tallies
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal, Voice
from hub.proposals.process_models import Phase, Process
from hub.proposals.rules import LIVE_STATES
from hub.proposals.voices import known_voice

PER_PAGE = 30


@dataclass(frozen=True)
class Standing:
    """Of a reader (None: of a visitor) and a proposal.

    supports, votes: the phase of now where it is open to that and the proposal is not closed. begins: when the next phase that
    supports opens. told_at: when counts are told, where a seal hides them; votes_told_at: when those of votes are. given: how
    they, or the organisation for which they act, support or endorse it; may_revoke: whether they still can take that back.
    left: how many more they may support in the phase, None for any number. choice: what they voted. known: whether they came
    with the identity that the process asks for. ours: whether it is their organisation's own. endorsers: None under a seal.
    """

    reader: Person | None
    tally: tallies.Tally | None
    endorsers: list[str] | None
    supports: Phase | None = None
    votes: Phase | None = None
    begins: datetime | None = None
    told_at: datetime | None = None
    votes_told_at: datetime | None = None
    given: Support | None = None
    may_revoke: bool = False
    left: int | None = None
    choice: str | None = None
    known: bool = True
    ours: bool = False
    has_supports: bool = False
    has_votes: bool = False


def standing(proposal: Proposal, reader: Person | None) -> Standing:
    """reader: None of a visitor. Writes nothing."""
    process, at, tally = proposal.process, now(), tallies.tally(proposal)
    phase = processes.phase_at(process, at)
    live = phase if proposal.state in LIVE_STATES else None
    supports, votes = (live if live and getattr(live, switch) else None for switch in ("supports", "votes"))
    voice = known_voice(reader) if reader else None
    given = _given(proposal, reader, voice)
    polls = [one for one in process.phases if one.votes]
    told_at = processes.seal_ends(process) if tally is None else None
    voted_at = max(polls[-1].closes_at, told_at or at) if polls else None
    return Standing(
        reader,
        tally,
        tallies.endorsers(proposal),
        supports=supports,
        votes=votes,
        begins=_begins(process, at) if proposal.state in LIVE_STATES else None,
        told_at=told_at,
        votes_told_at=voted_at if tally is None or tally.votes is None else None,
        given=given,
        may_revoke=given is not None and phase is not None and given.phase_id == phase.id,
        left=_left(voice, supports),
        choice=_choice(proposal, voice),
        known=reader is None or reader.level >= process.level_least,
        ours=reader is not None and reader.acting_as is not None and reader.acting_as.id == proposal.organisation_id,
        has_supports=any(one.supports for one in process.phases),
        has_votes=bool(polls),
    )


def _given(proposal: Proposal, reader: Person | None, voice: Voice | None) -> Support | None:
    if reader is not None and reader.acting_as is not None:
        return supporting.endorsement(proposal, reader.acting_as.id)
    return supporting.support_of(proposal, voice) if voice else None


def _choice(proposal: Proposal, voice: Voice | None) -> str | None:
    vote = supporting.vote_of(proposal, voice) if voice else None
    return vote.choice if vote else None


def _left(voice: Voice | None, phase: Phase | None) -> int | None:
    if phase is None or phase.supports_most is None:
        return None
    return phase.supports_most - (len(supporting.slots(voice, phase)) if voice else 0)


def _begins(process: Process, at: datetime) -> datetime | None:
    return min((one.opens_at for one in process.phases if one.supports and one.opens_at > at), default=None)


# --- what somebody supports


@dataclass(frozen=True)
class Given:
    """Something that somebody supports or endorses, and whether it can still be taken back."""

    support: Support
    may_revoke: bool


def given_by(person: Person, *, page: int = 1) -> tuple[list[Given], bool]:
    """What a person supports, or the organisation for which they act endorses, the newest first, a page at a time; and whether
    there is more."""
    mine = sa.select(Support).where(Support.revoked_at.is_(None))
    if person.acting_as is not None:
        mine = mine.filter_by(organisation_id=person.acting_as.id)
    elif voice := known_voice(person):
        mine = mine.filter_by(voice_id=voice.id, kind="support")
    else:
        return [], False
    loaded = mine.options(
        joinedload(Support.proposal).joinedload(Proposal.process).selectinload(Process.phases), joinedload(Support.phase)
    )
    ordered = loaded.order_by(Support.at.desc(), Support.id.desc())
    found = db.session.scalars(ordered.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    at = now()
    phases = {one.id: processes.phase_at(one.proposal.process, at) for one in found}
    told = [Given(one, phases[one.id] is not None and phases[one.id].id == one.phase_id) for one in found[:PER_PAGE]]
    return told, len(found) > PER_PAGE


def left_by(person: Person) -> list[tuple[Phase, int]]:
    """(phase, how many more) of each phase of now in which somebody supports something, and may not support everything."""
    voice = known_voice(person)
    if voice is None:
        return []
    at = now()
    open_now = sa.select(Phase, sa.func.count()).join(Support, Support.phase_id == Phase.id).group_by(Phase.id)
    open_now = open_now.where(Phase.opens_at <= at, Phase.closes_at > at, Phase.supports_most.is_not(None))
    mine = open_now.where(Support.voice_id == voice.id, Support.revoked_at.is_(None), Support.kind == "support")
    found = db.session.execute(mine.options(selectinload(Phase.process)).order_by(Phase.closes_at, Phase.id))
    return [(phase, phase.supports_most - given) for phase, given in found]
