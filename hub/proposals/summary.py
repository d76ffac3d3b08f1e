"""The final document of a process: how many took part and how, what was proposed, what was answered, what came of it.

Every figure is counted from the rows themselves, so that the document of a concluded process always says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.db import db
from hub.proposals import comments, rules
from hub.proposals.debate_models import ProposalComment, Support, Vote
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.outcome_models import Answer, ResultSource
from hub.proposals.process_models import Process
from hub.proposals.processes import are_votes_hidden, is_sealed
from hub.proposals.showing import SHOWN
from hub.proposals.tallies import Tally, tallies

ACTS = ("proposed", "supported", "voted", "commented")


@dataclass(frozen=True)
class Line:
    """A proposal of the document: how it stands, what it has (tally: None where nobody may know) and its answer, if any."""

    proposal: Proposal
    tally: Tally | None
    comments: int
    answer: Answer | None
    results: Sequence[ResultSource]


@dataclass(frozen=True)
class Summary:
    """people: how many different people did each of ACTS, by channel and in "all"; those of None nobody may know yet.
    whole: the different people of all acts that may be told, by channel and in "all"."""

    process: Process
    sealed: bool
    people: dict[str, dict[str, int] | None]
    whole: dict[str, int]
    lines: list[Line]
    answers: dict[str, int]
    waiting: int


def summary(process: Process) -> Summary:
    """The document of a process, as it stands; in a constant number of statements."""
    sealed = is_sealed(process)
    acts = _acts(process.id)
    hidden = {"supported": sealed, "voted": are_votes_hidden(process)}
    told = [act for act in ACTS if not hidden.get(act)]
    people = {act: _people([acts[act]]) if act in told else None for act in ACTS}
    lines = _lines(process)
    given = [line.answer.kind for line in lines if line.answer]
    return Summary(
        process,
        sealed,
        people,
        _people([acts[act] for act in told]),
        lines,
        {kind: given.count(kind) for kind in rules.ANSWERS if kind in given},
        sum(line.answer is None and line.proposal.closed_at is None for line in lines),
    )


def _acts(process: int) -> dict[str, sa.Select]:
    """(voice, channel) of whoever did each of ACTS in a process, whose acts stand."""
    shown = sa.and_(Proposal.process_id == process, *SHOWN)

    def of(model: type, *standing: sa.ColumnElement) -> sa.Select:
        return sa.select(model.voice_id, model.channel).join(Proposal, Proposal.id == model.proposal_id).where(shown, *standing)

    return {
        "proposed": sa.select(ProposalAuthor.voice_id, Proposal.channel).join(Proposal).where(shown),
        "supported": of(Support, Support.revoked_at.is_(None), Support.kind == "support"),
        "voted": of(Vote, Vote.replaced_at.is_(None)),
        "commented": of(ProposalComment, *comments.READABLE),
    }


def _people(acts: list[sa.Select]) -> dict[str, int]:
    """How many different people did any of these, by channel and in "all"."""
    did = sa.union(*acts).subquery()
    by_channel = sa.select(did.c.channel, sa.func.count(did.c.voice_id.distinct())).group_by(did.c.channel)
    counted = dict(tuple(row) for row in db.session.execute(by_channel))
    whole = db.session.scalar(sa.select(sa.func.count(did.c.voice_id.distinct())))
    return {channel: counted[channel] for channel in rules.CHANNELS if channel in counted} | {"all": whole}


def _lines(process: Process) -> list[Line]:
    shown = sa.select(Proposal).where(Proposal.process_id == process.id, *SHOWN)
    loaded = shown.options(
        joinedload(Proposal.organisation),
        selectinload(Proposal.authors).joinedload(ProposalAuthor.voice).joinedload(Voice.person),
    )
    found = db.session.scalars(loaded.order_by(Proposal.published_at, Proposal.id)).all()
    ids = [one.id for one in found]
    counts = tallies(ids)
    said = dict(tuple(row) for row in db.session.execute(comments.counted().where(ProposalComment.proposal_id.in_(ids))))
    answered = sa.select(Answer).where(Answer.proposal_id.in_(ids), Answer.replaced_at.is_(None))
    answers = {one.proposal_id: one for one in db.session.scalars(answered)}
    came = sa.select(ResultSource).where(ResultSource.proposal_id.in_(ids)).options(joinedload(ResultSource.result))
    results: dict[int, list[ResultSource]] = {}
    for source in db.session.scalars(came.order_by(ResultSource.result_id)):
        results.setdefault(source.proposal_id, []).append(source)
    return [Line(one, counts[one.id], said.get(one.id, 0), answers.get(one.id), results.get(one.id, [])) for one in found]


def ended_at(process: Process) -> datetime | None:
    """When the last phase of a process closes; None where it has none."""
    return max((phase.closes_at for phase in process.phases), default=None)
