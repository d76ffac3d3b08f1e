"""What is kept of a person who took part in proposals, and what stays of it when they are erased."""

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.clock import now
from hub.db import db
from hub.proposals.debate_models import Appeal, CommentReport, ProposalComment, Support, Vote
from hub.proposals.models import AuthorInvitation, Proposal, ProposalAuthor, Voice
from hub.proposals.outcome_models import AssistedSession, Digest, Follow
from hub.proposals.voices import known_voice


def _tell(person: Person) -> dict[str, object]:
    voice = known_voice(person)
    followed = sa.select(Follow).filter_by(person_id=person.id).order_by(Follow.proposal_id)
    told: dict[str, object] = {
        "follows": rows(db.session.scalars(followed), "proposal_id", "since", "ended_at"),
        "mails": rows(db.session.scalars(sa.select(Digest).filter_by(person_id=person.id)), "every", "sent_at"),
    }
    if voice is None:
        return told

    def of(model: type, *columns: str, **more: object) -> list[dict[str, object]]:
        return rows(db.session.scalars(sa.select(model).filter_by(**(more or {"voice_id": voice.id}))), *columns)

    began = db.session.scalars(sa.select(Proposal).filter_by(author_id=voice.id).order_by(Proposal.id)).all()
    return told | {
        "proposals": [
            rows([one], "code", "state", "draft", "created_at", "published_at", "closed_at", "closed_reason")[0]
            | {"versions": rows(one.versions, "number", "content", "at")}
            for one in began
        ],
        "authorships": of(ProposalAuthor, "proposal_id", "named", "since", "left_at"),
        "invitations": of(AuthorInvitation, "proposal_id", "email", "created_at", "answer", invited_by_id=person.id),
        "supports": of(Support, "proposal_id", "kind", "channel", "level", "at", "revoked_at"),
        "votes": of(Vote, "proposal_id", "choice", "channel", "at", "replaced_at"),
        "comments": of(ProposalComment, "proposal_id", "parent_id", "stance", "text", "named", "at", "removed_at", "hidden_at"),
        "reports": of(CommentReport, "proposal_id", "comment_id", "reason", "words", "at"),
        "appeals": of(Appeal, "text", "at", "outcome", "words", "decided_at", by_id=voice.id),
        "assisted": of(AssistedSession, "channel", "place", "consent", "started_at", "ended_at", "claimed_at"),
    }


def _forget(person: Person) -> None:
    """Drafts of their own, comments and who follows what go; what was published, or is written with others, stays, and says of
    nobody."""
    for model in (Follow, Digest):
        db.session.execute(sa.delete(model).filter_by(person_id=person.id))
    db.session.execute(sa.delete(AuthorInvitation).filter_by(invited_by_id=person.id))
    voice = known_voice(person)
    if voice is None:
        return
    quietly = {"synchronize_session": False}
    mine = ProposalComment.voice_id == voice.id
    others = sa.select(ProposalAuthor.proposal_id).where(ProposalAuthor.voice_id != voice.id, ProposalAuthor.left_at.is_(None))
    alone = (Proposal.author_id == voice.id, Proposal.organisation_id.is_(None), Proposal.id.not_in(others))
    db.session.execute(sa.delete(Proposal).where(*alone, Proposal.state == "draft"), execution_options=quietly)
    removed = sa.update(ProposalComment).where(mine, ProposalComment.removed_at.is_(None)).values(text="", removed_at=now())
    db.session.execute(removed, execution_options=quietly)
    for statement in (
        sa.update(ProposalComment).where(mine).values(named=False),
        sa.update(ProposalAuthor).filter_by(voice_id=voice.id).values(named=False),
        sa.update(Proposal).where(*alone).values(draft={}),
        sa.update(CommentReport).filter_by(voice_id=voice.id).values(words=""),
        sa.update(Voice).filter_by(id=voice.id).values(person_id=None, fiscal_digest=None, name="", email=None, erased_at=now()),
    ):
        db.session.execute(statement, execution_options=quietly)
    db.session.expire_all()


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "proposals",
            _("Proposte, sostegni, voti, commenti, e che cosa segui"),
            _tell,
            _forget,
            stays=_("Le proposte pubblicate o scritte con altri, i sostegni e i voti, senza nome."),
            why=_("Sono parte di una decisione pubblica: altri li hanno letti, discussi e contati."),
        ),
    )
