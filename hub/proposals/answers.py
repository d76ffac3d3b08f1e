"""What the owner of a process answers: a proposal is taken up, answered with a reason, and answered anew where that changes."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.service import notice
from hub.participation.log import record
from hub.proposals import readers
from hub.proposals.drafts import written_by
from hub.proposals.holding import hold
from hub.proposals.models import Proposal
from hub.proposals.news import tell
from hub.proposals.outcome_models import Answer, ResultSource
from hub.proposals.outcome_rules import (
    must_answer_now,
    must_be_another,
    must_be_answerable,
    must_be_new,
    must_be_reasoned,
    must_follow,
    must_keep_results,
)
from hub.proposals.rules import LIVE_STATES
from hub.refusal import must_pass
from impact.acts import EventVoided, ProposalAnswered


def take_up(proposal: Proposal, *, by: Person) -> None:
    """The office begins to examine a published proposal. Raises Refusal."""
    hold(proposal)
    must_be_answerable(proposal.state, proposal.hidden_at is not None)
    must_be_new(proposal.state)
    must_be_another(written_by(proposal, by) is not None)
    proposal.state, proposal.updated_at = "under_review", now()
    tell(proposal, "under_review", by)


def answer(proposal: Proposal, kind: str, text: str, act: str = "", *, by: Person, seen: int | None = None) -> Answer:
    """Answer a proposal, or answer it anew: what was said before stays, and can be read. Its authors are told. Raises Refusal.

    kind: one of rules.ANSWERS; act: of the owner, where there is one; seen: the number of the answer that whoever writes this
    one has read, None where there was none.
    """
    hold(proposal)
    text, before, at = text.strip(), live_answer(proposal), now()
    must_be_answerable(proposal.state, proposal.hidden_at is not None)
    must_be_another(written_by(proposal, by) is not None)
    must_answer_now(proposal.process.phases, at)
    must_follow(before.id if before else None, seen)
    must_pass(
        lambda: must_be_reasoned(kind, text),
        lambda: must_keep_results(kind, _has_results(proposal)),
    )
    if before:
        record(EventVoided(ref=before.event_id))
        before.replaced_at = at
        db.session.flush()
    event = record(ProposalAnswered(activity=proposal.code, status=kind))
    said = Answer(proposal_id=proposal.id, kind=kind, text=text, act=act.strip(), by_id=by.id, at=at, event_id=event)
    db.session.add(said)
    if proposal.state in LIVE_STATES:
        proposal.state = "answered"
    proposal.updated_at = at
    tell(proposal, "answered", by, answer=kind, anew=before is not None)
    for person in readers.authors(proposal.id):
        told = {"title": proposal.title, "answer": kind, "text": text, "act": said.act, "anew": before is not None}
        notice("proposals/answered", to=person, link=f"/proposte/{proposal.code}", **told)
    return said


def live_answer(proposal: Proposal) -> Answer | None:
    """The answer that holds, None where there is none yet."""
    return db.session.scalars(sa.select(Answer).filter_by(proposal_id=proposal.id, replaced_at=None)).one_or_none()


def answers_to(proposal: Proposal) -> list[Answer]:
    """Every answer that was given, in order, with who gave it: for the staff."""
    given = sa.select(Answer).filter_by(proposal_id=proposal.id).order_by(Answer.id)
    return list(db.session.scalars(given.options(joinedload(Answer.by))))


def _has_results(proposal: Proposal) -> bool:
    return db.session.scalar(sa.select(sa.exists().where(ResultSource.proposal_id == proposal.id)))
