"""The public story of each proposal: its page, its feed and its followers' mails tell it, one row at a time."""

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import News


def tell(proposal: Proposal, kind: str, actor: Person | None = None, **data: object) -> News:
    """Add to the story of a proposal, in the caller's transaction. kind: one of rules.NEWS_KINDS; data: plain values that the
    words of the kind need, and nobody's name. actor: whose act it is, who is not told of it. The worker tells who wants to hear
    (`telling`)."""
    row = News(proposal_id=proposal.id, kind=kind, data=data, actor_id=actor and actor.id, at=now())
    db.session.add(row)
    db.session.flush()
    return row


def story(proposal: Proposal) -> list[News]:
    """What happened to a proposal, in order."""
    return list(db.session.scalars(sa.select(News).filter_by(proposal_id=proposal.id).order_by(News.id)))
