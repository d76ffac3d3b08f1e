"""How many support, endorse and vote: the only place where they are counted, and none is told while its process is sealed.

A page, a feed, an export, a search, a title, the log: whoever wants a number asks here, and gets None where nobody may know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.db import db
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Proposal
from hub.proposals.processes import sealed_ids


@dataclass(frozen=True)
class Tally:
    """What a proposal has: people who support it, organisations that endorse it, votes by choice; of people, by channel."""

    supports: int = 0
    endorsements: int = 0
    votes: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)


def tallies(ids: Iterable[int]) -> dict[int, Tally | None]:
    """The tally of each of these proposals, None where its process is sealed; three statements."""
    ids = list(ids)
    told = sa.select(Proposal.id).where(Proposal.id.in_(ids), Proposal.process_id.not_in(sealed_ids()))
    told = set(db.session.scalars(told))
    counts: dict[int, Tally | None] = {id: Tally(votes={}, channels={}) if id in told else None for id in ids}
    given = sa.select(Support.proposal_id, Support.kind, Support.channel, sa.func.count()).where(
        Support.proposal_id.in_(told), Support.revoked_at.is_(None)
    )
    for id, kind, channel, count in db.session.execute(given.group_by(Support.proposal_id, Support.kind, Support.channel)):
        was = counts[id]
        if kind == "support":
            counts[id] = Tally(was.supports + count, was.endorsements, was.votes, was.channels | {channel: count})
        else:
            counts[id] = Tally(was.supports, was.endorsements + count, was.votes, was.channels)
    cast = sa.select(Vote.proposal_id, Vote.choice, sa.func.count()).where(Vote.proposal_id.in_(told), Vote.replaced_at.is_(None))
    for id, choice, count in db.session.execute(cast.group_by(Vote.proposal_id, Vote.choice)):
        counts[id].votes[choice] = count
    return counts


def tally(proposal: Proposal) -> Tally | None:
    """The tally of one proposal, None where nobody may know."""
    return tallies([proposal.id])[proposal.id]


def supports() -> sa.Subquery:
    """(proposal_id, people) of the live supports of proposals whose process is not sealed: to sort a list by."""
    open_to_see = sa.select(Proposal.id).where(Proposal.process_id.not_in(sealed_ids()))
    counted = sa.select(Support.proposal_id, sa.func.count().label("people")).where(
        Support.kind == "support", Support.revoked_at.is_(None), Support.proposal_id.in_(open_to_see)
    )
    return counted.group_by(Support.proposal_id).subquery()
