"""Which proposals everybody may read, and by which name."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.db import db
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.process_models import Process

CODE = re.compile(r"PR-\d{4}-(\d{6,9})")


def proposal_by(code: str) -> Proposal | None:
    """The proposal of this code, draft or not, with its process, phases and versions; None where there is none."""
    found = CODE.fullmatch(code)
    if not found:
        return None
    asked = (
        sa.select(Proposal)
        .filter_by(id=int(found[1]))
        .options(
            joinedload(Proposal.process).selectinload(Process.phases),
            joinedload(Proposal.author).joinedload(Voice.person),
            joinedload(Proposal.organisation),
            joinedload(Proposal.space),
            selectinload(Proposal.versions),
            selectinload(Proposal.authors).joinedload(ProposalAuthor.voice).joinedload(Voice.person),
        )
    )
    row = db.session.scalars(asked).one_or_none()
    return row if row is not None and row.code == code else None


def shown_proposal(code: str) -> Proposal | None:
    """The same, where everybody may read it: published, and not hidden by a moderator."""
    found = proposal_by(code)
    return found if found is not None and found.published_at is not None and found.hidden_at is None else None


def is_author(proposal: Proposal, person: Person) -> bool:
    """Whether a person is an author of this proposal now."""
    return any(one.left_at is None and one.voice.person_id == person.id for one in proposal.authors)
