"""Which proposals everybody may read, and by which name."""

import re

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import today
from hub.db import db
from hub.families.rules import is_minor
from hub.organisations.models import Organisation
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.process_models import Process

SHOWN = (Proposal.published_at.is_not(None), Proposal.hidden_at.is_(None))  # what everybody may read, in a query
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


def whose(proposal: Proposal) -> str:
    """Who makes a proposal, as everybody may read it: the organisation, and those authors who want to be named."""
    names = [one.voice.full_name for one in proposal.authors if one.left_at is None and one.named and _may_be_named(one.voice)]
    if proposal.organisation is not None:
        return ", ".join([proposal.organisation.name, *names])
    others = sum(one.left_at is None for one in proposal.authors) - len(names)
    if not names:
        return _("Una persona") if others == 1 else ngettext("%(num)s persona", "%(num)s persone", others)
    return ", ".join([*names, ngettext("un'altra persona", "altre %(num)s persone", others)] if others else names)


def called(voice: Voice, named: bool, organisation: Organisation | None = None) -> str | None:
    """By which name everybody reads who said something: the organisation in whose name they did, or their own where they want
    that; None for anybody else. Voice with its person."""
    if organisation is not None:
        return organisation.name
    return voice.full_name if named and _may_be_named(voice) else None


def _may_be_named(voice: Voice) -> bool:
    """No minor is named in public."""
    return voice.erased_at is None and not (
        voice.person and voice.person.birth_date and is_minor(voice.person.birth_date, today())
    )


def is_author(proposal: Proposal, person: Person) -> bool:
    """Whether a person is an author of this proposal now."""
    return any(one.left_at is None and one.voice.person_id == person.id for one in proposal.authors)
