"""How many support, endorse and vote: the only place where they are counted, and none is told while its process is sealed.

A page, a feed, an export, a search, a title, the log: whoever wants a number asks here, and gets None where nobody may know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.db import db
from hub.organisations.models import Organisation
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from hub.proposals.processes import is_sealed, sealed_ids, voting_ids


@dataclass(frozen=True)
class Tally:
    """What a proposal has: people who support it, organisations that endorse it, votes by choice; of people, by channel.

    votes: None while its process still votes (`processes.are_votes_hidden`), though what supports it is told.
    """

    supports: int = 0
    endorsements: int = 0
    votes: dict[str, int] | None = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)

    @property
    def helped(self) -> int:
        """People who support it otherwise than by themselves from the site: with an operator, on paper."""
        return self.supports - self.channels.get("web", 0)


def tallies(ids: Iterable[int]) -> dict[int, Tally | None]:
    """The tally of each of these proposals, None where its process is sealed; three statements."""
    ids = list(ids)
    ended = Proposal.process_id.not_in(voting_ids())
    told = sa.select(Proposal.id, ended).where(Proposal.id.in_(ids), Proposal.process_id.not_in(sealed_ids()))
    told = dict(tuple(row) for row in db.session.execute(told))
    counts: dict[int, Tally | None] = dict.fromkeys(ids)
    counts |= {id: Tally(votes={} if over else None, channels={}) for id, over in told.items()}
    given = sa.select(Support.proposal_id, Support.kind, Support.channel, sa.func.count()).where(
        Support.proposal_id.in_(told), Support.revoked_at.is_(None)
    )
    for id, kind, channel, count in db.session.execute(given.group_by(Support.proposal_id, Support.kind, Support.channel)):
        was = counts[id]
        if kind == "support":
            counts[id] = Tally(was.supports + count, was.endorsements, was.votes, was.channels | {channel: count})
        else:
            counts[id] = Tally(was.supports, was.endorsements + count, was.votes, was.channels)
    over = [id for id, ended in told.items() if ended]
    cast = sa.select(Vote.proposal_id, Vote.choice, sa.func.count()).where(Vote.proposal_id.in_(over), Vote.replaced_at.is_(None))
    for id, choice, count in db.session.execute(cast.group_by(Vote.proposal_id, Vote.choice)):
        counts[id].votes[choice] = count
    return counts


def tally(proposal: Proposal) -> Tally | None:
    """The tally of one proposal, None where nobody may know."""
    return tallies([proposal.id])[proposal.id]


def endorsers(proposal: Proposal) -> list[str] | None:
    """The names of the organisations that endorse a proposal, by when they did; None where nobody may know."""
    theirs = sa.select(Organisation.name).join(Support, Support.organisation_id == Organisation.id)
    theirs = theirs.where(Support.proposal_id == proposal.id, Support.revoked_at.is_(None)).order_by(Support.at, Support.id)
    return None if is_sealed(proposal.process) else list(db.session.scalars(theirs))


def supports() -> sa.Subquery:
    """(proposal_id, people) of the live supports of proposals whose process is not sealed: to sort a list by."""
    open_to_see = sa.select(Proposal.id).where(Proposal.process_id.not_in(sealed_ids()))
    counted = sa.select(Support.proposal_id, sa.func.count().label("people")).where(
        Support.kind == "support", Support.revoked_at.is_(None), Support.proposal_id.in_(open_to_see)
    )
    return counted.group_by(Support.proposal_id).subquery()


def supports_in(process: Process) -> int | None:
    """How many supports the proposals of a process have in all, None where nobody may know."""
    if is_sealed(process):
        return None
    theirs = sa.select(sa.func.count()).select_from(Support).join(Proposal, Proposal.id == Support.proposal_id)
    shown = theirs.where(Proposal.process_id == process.id, Proposal.hidden_at.is_(None))
    return db.session.scalar(shown.where(Support.kind == "support", Support.revoked_at.is_(None)))
