"""Who of those who take part is written to: their account's address, or the one that somebody who was helped gave."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.db import db
from hub.proposals.debate_models import Support
from hub.proposals.models import ProposalAuthor, Voice


@dataclass(frozen=True)
class Helped:
    """Somebody without an account who left an address with the operator."""

    subject: str
    email: str
    name: str
    language: str = "it"


def reader(voice: Voice) -> Person | Helped | None:
    """Whom a mail to a voice goes to; None where it cannot be written to."""
    if voice.person is not None:
        return voice.person
    return Helped(voice.subject, voice.email, voice.name) if voice.email else None


def authors(*proposals: int) -> list[Person | Helped]:
    """The authors of these proposals (their numbers) now, each once."""
    theirs = sa.select(ProposalAuthor.voice_id).where(ProposalAuthor.proposal_id.in_(proposals), ProposalAuthor.left_at.is_(None))
    return _readers(theirs)


def supporters(*proposals: int) -> list[Person | Helped]:
    """Those who support these proposals, or endorse them for an organisation, each once."""
    theirs = sa.select(Support.voice_id).where(Support.proposal_id.in_(proposals), Support.revoked_at.is_(None))
    return _readers(theirs)


def _readers(ids: sa.Select) -> list[Person | Helped]:
    voices: Iterable[Voice] = db.session.scalars(
        sa.select(Voice).where(Voice.id.in_(ids)).options(joinedload(Voice.person)).order_by(Voice.id)
    )
    return [one for voice in voices if (one := reader(voice)) is not None]
