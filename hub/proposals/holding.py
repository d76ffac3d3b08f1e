"""Proposals that nobody else changes while a verb decides about them."""

import sqlalchemy as sa

from hub.db import db
from hub.proposals.models import Proposal


def hold(*proposals: Proposal) -> None:
    """Wait until nobody else is changing these proposals, keep others from it until the transaction ends, and look at how they
    are now. Always in the order of their numbers, so that two who hold several never wait for each other."""
    ids = sorted({one.id for one in proposals})
    db.session.execute(
        sa.select(Proposal.id).where(Proposal.id.in_(ids)).order_by(Proposal.id).with_for_update(key_share=True)
    ).all()
    refreshed = sa.select(Proposal).where(Proposal.id.in_(ids)).execution_options(populate_existing=True)
    db.session.scalars(refreshed).all()
