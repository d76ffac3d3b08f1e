"""What a feed of proposals tells: the newest ones of the hub or of a process, or the story of one. No names, no counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.db import db
from hub.proposals.listing import NEWEST, TEXT
from hub.proposals.merging import links_of
from hub.proposals.models import Proposal, ProposalVersion, code_of
from hub.proposals.news import story
from hub.proposals.outcome_models import News
from hub.proposals.process_models import Process
from hub.proposals.showing import SHOWN

MOST = 50  # entries of a feed
EXCERPT = 500  # characters of a proposal's text


@dataclass(frozen=True)
class Entry:
    """One entry. key: what tells it from all others, for good; path: of the page that it leads to."""

    key: str
    title: str
    text: str
    path: str
    published: datetime
    updated: datetime


def newest(process: Process | None = None) -> list[Entry]:
    """The proposals that were published last, of all processes or of one, as their newest versions have them."""
    columns = (Proposal.id, Proposal.created_at, Proposal.title, Proposal.published_at, ProposalVersion.at, TEXT)
    found = sa.select(*columns).join(ProposalVersion, NEWEST).where(*SHOWN)
    if process is not None:
        found = found.where(Proposal.process_id == process.id)
    rows = db.session.execute(found.order_by(Proposal.published_at.desc(), Proposal.id.desc()).limit(MOST))
    return [
        Entry(code_of(row), row.title, _excerpt(row.text), f"/proposte/{code_of(row)}", row.published_at, row.at) for row in rows
    ]


def story_of(proposal: Proposal, words: Callable[[News], str]) -> list[Entry]:
    """What happened to a proposal, the newest first. words: what is said of each."""
    path = f"/proposte/{proposal.code}"
    told = story(proposal)[::-1][:MOST]
    return [Entry(f"{proposal.code}/{one.id}", words(_as_shown(one, proposal)), "", path, one.at, one.at) for one in told]


def _as_shown(one: News, proposal: Proposal) -> News:
    """Without the title of what it goes on in, where a moderator hides that by now."""
    if one.kind != "merged" or any(other.code == one.data["into"] for _kind, other, _at in links_of(proposal)):
        return one
    return News(kind=one.kind, data={})


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT].rsplit(' ', 1)[0]} …"
