"""The public story of each proposal: its page, its feed and its followers' mails tell it, one row at a time."""

import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import News


def tell(proposal: Proposal, kind: str, **data: object) -> News:
    """Add to the story of a proposal, in the caller's transaction. kind: one of rules.NEWS_KINDS; data: plain values that the
    words of the kind need, and nobody's name. The worker tells who wants to hear (`followers`)."""
    row = News(proposal_id=proposal.id, kind=kind, data=data, at=now())
    db.session.add(row)
    db.session.flush()
    return row


def story(proposal: Proposal) -> list[News]:
    """What happened to a proposal, in order."""
    return list(db.session.scalars(sa.select(News).filter_by(proposal_id=proposal.id).order_by(News.id)))
