"""The list of all proposals that everybody may read: what fits, in which order, and what is told of each.

However many there are, a page costs the same few statements.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.db import db
from hub.folding import words_of
from hub.proposals import comments, tallies
from hub.proposals.index import matching
from hub.proposals.models import Proposal, ProposalAuthor, ProposalSdg, ProposalVersion, Voice
from hub.proposals.outcome_models import Answer
from hub.proposals.process_models import Process
from hub.proposals.processes import is_sealed
from hub.proposals.rules import ANSWERS, LIVE_STATES
from hub.proposals.showing import SHOWN
from hub.proposals.tallies import Tally

PER_PAGE = 20
NEWEST = sa.and_(ProposalVersion.proposal_id == Proposal.id, ProposalVersion.number == Proposal.current)
TEXT = ProposalVersion.content["text"].as_string().label("text")
MOST_CANDIDATES = 200  # that the search of the whole portal looks at
WHOSE = (  # what `showing.whose` needs of each
    joinedload(Proposal.organisation),
    selectinload(Proposal.authors).joinedload(ProposalAuthor.voice).joinedload(Voice.person),
)


@dataclass(frozen=True)
class Sought:
    """What somebody looks for; what is left out is as nobody sought it.

    process, space: numbers; who: organisation or people; answered: yes, no or a code of ANSWERS; words: as they were typed;
    sort: newest, supported, discussed or waiting.
    """

    process: int | None = None
    state: str = ""
    topic: str = ""
    area: str = ""
    sdg: int | None = None
    place: str = ""
    space: int | None = None
    who: str = ""
    answered: str = ""
    words: str = ""
    sort: str = "newest"


class Shown(NamedTuple):
    """A proposal of a list, the text of its newest version, and who supports it; tally None where nobody may know."""

    proposal: Proposal
    text: str
    tally: Tally | None


@dataclass(frozen=True)
class Page:
    """count: how many fit in all."""

    items: list[Shown] = field(default_factory=list)
    count: int = 0


def look(sought: Sought, page: int = 1) -> Page:
    """A page of what fits. Supports never tell the order of what is sealed: those come as if nobody supported them."""
    fits = [*SHOWN, *_fitting(sought)]
    found = sa.select(Proposal, TEXT).join(ProposalVersion, NEWEST).where(*fits).options(*WHOSE)
    rows = db.session.execute(_sorted(found, sought.sort).offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
    count = len(rows) if page == 1 and len(rows) < PER_PAGE else _count(fits)
    told = tallies.tallies(row.Proposal.id for row in rows) if rows else {}
    return Page([Shown(row.Proposal, row.text, told[row.Proposal.id]) for row in rows], count)


def can_sort_by_support(processes: list[Process], chosen: Process | None) -> bool:
    """Whether an order by support would say something: of the chosen process, or of any where none is chosen."""
    return not all(is_sealed(one) for one in ([chosen] if chosen else processes))


def candidates(words: list[str]) -> list[sa.Row]:
    """(id, created_at, title, text) of shown proposals with all these words, the newest first; one statement, by the index."""
    found = sa.select(Proposal.id, Proposal.created_at, Proposal.title, TEXT).join(ProposalVersion, NEWEST)
    found = found.where(*SHOWN, Proposal.id.in_(matching(words)))
    return list(db.session.execute(found.order_by(Proposal.id.desc()).limit(MOST_CANDIDATES)))


def _count(fits: list[sa.ColumnElement[bool]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Proposal).where(*fits))


def _fitting(sought: Sought) -> list[sa.ColumnElement[bool]]:
    columns = {Proposal.process_id: sought.process, Proposal.state: sought.state, Proposal.topic: sought.topic}
    columns |= {Proposal.area: sought.area, Proposal.place: sought.place, Proposal.space_id: sought.space}
    fits = [column == wanted for column, wanted in columns.items() if wanted]
    if sought.sdg:
        fits.append(Proposal.id.in_(sa.select(ProposalSdg.proposal_id).filter_by(sdg=sought.sdg)))
    if sought.who:
        fits.append(Proposal.organisation_id.is_not(None) if sought.who == "organisation" else Proposal.organisation_id.is_(None))
    if sought.answered:
        live = sa.select(Answer.proposal_id).where(Answer.replaced_at.is_(None))
        if sought.answered in ANSWERS:
            live = live.where(Answer.kind == sought.answered)
        fits.append(Proposal.id.not_in(live) if sought.answered == "no" else Proposal.id.in_(live))
    if sought.words:
        fits.append(Proposal.id.in_(matching(words_of(sought.words))))
    return fits


def _sorted(found: sa.Select, sort: str) -> sa.Select:
    newest = (Proposal.published_at.desc(), Proposal.id.desc())
    if sort == "supported":
        given = tallies.supports()
        found = found.outerjoin(given, given.c.proposal_id == Proposal.id)
        return found.order_by(sa.func.coalesce(given.c.people, 0).desc(), *newest)
    if sort == "discussed":
        said = comments.counted().subquery()
        found = found.outerjoin(said, said.c.proposal_id == Proposal.id)
        return found.order_by(sa.func.coalesce(said.c.comments, 0).desc(), *newest)
    if sort == "waiting":
        return found.order_by(Proposal.state.in_(LIVE_STATES).desc(), Proposal.published_at, Proposal.id)
    return found.order_by(*newest)
