"""Two voices turn out to be one somebody: what the one did becomes the other's, and nothing counts twice."""

import sqlalchemy as sa

from hub.accounts.models import Identity, Person
from hub.clock import now
from hub.db import db
from hub.participation.log import known_as, record, rename
from hub.proposals.debate_models import CommentReport, ProposalComment, Support, Vote
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.outcome_models import AssistedSession
from hub.sealing import mark
from impact.acts import EventVoided


def join_by_identity(person: Person) -> Voice | None:
    """Somebody with a digital identity whom an operator had helped, by the same fiscal code, has one voice from now on: that
    one. None where there is nothing to join."""
    identity = db.session.get(Identity, person.id)
    if identity is None:
        return None
    helped = sa.select(Voice).filter_by(fiscal_digest=mark(identity.fiscal_code, "voice"), person_id=None).with_for_update()
    voice = db.session.scalars(helped, execution_options={"populate_existing": True}).one_or_none()
    return join(voice, person) if voice is not None else None


def join(voice: Voice, person: Person) -> Voice:
    """The voice of somebody who was helped is this person's from now on: the voice that they have then.

    Where both supported, or voted on, the same proposal, what the person did with their own account stands, and the other one is
    taken back; a support that finds no free number in its phase is taken back too. The log keeps its rows: under the person's
    code where they had none, else under one that says of nobody.
    """
    mine = db.session.scalars(sa.select(Voice).filter_by(person_id=person.id).with_for_update()).one_or_none()
    _sessions(voice, mine or voice)
    rename(voice.subject, person.subject if known_as(person.subject) is None else None)
    if mine is None:
        voice.person_id, voice.name, voice.email = person.id, "", None
        db.session.flush()
        return voice
    _supports(voice, mine)
    _votes(voice, mine)
    both = sa.select(ProposalAuthor.proposal_id).filter_by(voice_id=mine.id, left_at=None)
    twice = sa.update(ProposalAuthor).where(ProposalAuthor.voice_id == voice.id, ProposalAuthor.proposal_id.in_(both))
    _do(twice.where(ProposalAuthor.left_at.is_(None)).values(left_at=now()))
    for model in (ProposalAuthor, ProposalComment):
        _do(sa.update(model).where(model.voice_id == voice.id).values(voice_id=mine.id))
    _do(sa.update(Proposal).where(Proposal.author_id == voice.id).values(author_id=mine.id))
    _do(sa.update(CommentReport).where(CommentReport.voice_id == voice.id).values(words=""))
    kept, voice.fiscal_digest = voice.fiscal_digest, None
    voice.name, voice.email, voice.erased_at = "", None, now()
    db.session.flush()
    mine.fiscal_digest = mine.fiscal_digest or kept
    db.session.flush()
    db.session.expire_all()
    return mine


def _sessions(voice: Voice, mine: Voice) -> None:
    """What an operator helped with is claimed. Nobody can end what is: what lapsed, or goes on at another desk, ends here."""
    theirs, at = sa.update(AssistedSession).filter_by(voice_id=voice.id, claimed_at=None), now()
    lapsed = AssistedSession.lapses_at < at, AssistedSession.lapses_at
    over = sa.case(lapsed, else_=sa.literal(at, AssistedSession.lapses_at.type))
    ended = sa.func.coalesce(AssistedSession.ended_at, over)
    _do(theirs.values(claimed_at=at, ended_at=ended, voice_id=mine.id))


def _supports(voice: Voice, mine: Voice) -> None:
    """Move each support to the smallest free number of its phase, or take it back."""
    standing = sa.select(Support).where(Support.revoked_at.is_(None), Support.kind == "support").order_by(Support.id)
    own = db.session.scalars(standing.filter_by(voice_id=mine.id)).all()
    theirs = db.session.scalars(standing.filter_by(voice_id=voice.id)).all()
    supported, taken = {one.proposal_id for one in own}, {(one.phase_id, one.slot) for one in own}
    for one in theirs:
        most = one.phase.supports_most or len(own) + len(theirs)
        slot = next((n for n in range(1, most + 1) if (one.phase_id, n) not in taken), None)
        one.voice_id = mine.id
        if one.proposal_id in supported or slot is None:
            one.revoked_at = now()
            if one.event_id is not None:
                record(EventVoided(ref=one.event_id), at=one.revoked_at)
        else:
            one.slot = slot
            taken.add((one.phase_id, slot))
        db.session.flush()


def _votes(voice: Voice, mine: Voice) -> None:
    voted = sa.select(Vote.proposal_id).filter_by(voice_id=mine.id, replaced_at=None)
    standing = sa.update(Vote).where(Vote.voice_id == voice.id, Vote.replaced_at.is_(None))
    _do(standing.where(Vote.proposal_id.in_(voted)).values(replaced_at=now(), voice_id=mine.id))
    _do(standing.values(voice_id=mine.id))


def _do(statement: sa.Update) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
