"""Invitations by mail, to whatever it is: a link that works for some days and is answered once, sent to an address of which
nobody says whether it has an account.

A model of invitations has email, token_hash, inviter, created_at, expires_at, answer and answered_at, and what it is about.
"""

from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.credentials import Mailbox
from hub.accounts.models import Person
from hub.accounts.rules import mailbox
from hub.accounts.service import digest, new_token
from hub.clock import now
from hub.db import Model, db
from hub.notices.service import notice
from hub.organisations import rules

LINK_DAYS, KEPT_DAYS = 14, 30
Invited = TypeVar("Invited", bound=Model)


def asked(model: type[Invited], email: str, **about: object) -> Invited | None:
    """The invitation of this address to this that nobody has answered, expired ones too."""
    return db.session.scalars(sa.select(model).filter_by(email=mailbox(email), answer=None, **about)).one_or_none()


def anew(model: type[Invited], email: str, **about: object) -> Invited:
    """A new one, which is kept once it is sent."""
    return model(email=mailbox(email), created_at=now(), **about)


def unanswered(model: type[Invited], **about: object) -> list[Invited]:
    """The invitations to this that nobody has answered, expired ones too, the newest first; with who sent them."""
    found = sa.select(model).filter_by(answer=None, **about).order_by(model.id.desc())
    return list(db.session.scalars(found.options(joinedload(model.inviter))))


def invitation_of(model: type[Invited], id: int, **about: object) -> Invited | None:
    """The invitation to this with this number; None where it is to something else."""
    return db.session.scalars(sa.select(model).filter_by(id=id, **about)).one_or_none()


def with_token(model: type[Invited], token: str) -> sa.Select:
    """The query for the invitation whose link has this token: none where we never sent it, or sent another since."""
    return sa.select(model).filter_by(token_hash=digest(token))


def standing(invitation: Invited | None) -> str:
    """How it stands: open, expired, accepted, declined, revoked; or unknown."""
    return rules.standing(invitation.answer, invitation.expires_at, now()) if invitation else "unknown"


def must_be_unanswered(invitation: Invited) -> None:
    """Whether nobody has answered it yet, expired or not. Raises Refusal."""
    rules.must_be_open(invitation.answer or "open")


def send(invitation: Invited, kind: str, path: str, *, by: Person, **facts: object) -> None:
    """A new link, with all its days, to whoever reads the address; one from before opens nothing any more.

    kind: of the notice; path: what its link begins with; facts: what the mail tells beside inviter and days."""
    token = new_token()
    invitation.token_hash, invitation.expires_at = digest(token), now() + timedelta(days=LINK_DAYS)
    db.session.add(invitation)
    db.session.flush()
    kept = invitation.__tablename__.replace("_", "-")
    reader = Mailbox(f"{kept}:{invitation.id}", invitation.email, by.language, "")
    notice(kind, to=reader, link=path + token, private=True, inviter=by.name, days=LINK_DAYS, **facts)


def answer(invitation: Invited, said: str) -> None:
    """It was accepted, declined or revoked."""
    invitation.answer, invitation.answered_at = said, now()
    db.session.flush()


def revoke(invitation: Invited) -> None:
    """It opens nothing any more; said twice, it is said. Raises Refusal where it was answered."""
    if invitation.answer != "revoked":
        must_be_unanswered(invitation)
        answer(invitation, "revoked")


def purge(model: type[Invited], at: datetime) -> int:
    """Delete those that were answered, or expired, long ago: an address is not kept for longer. How many rows."""
    ended = sa.func.coalesce(model.answered_at, model.expires_at)
    doomed = sa.delete(model).where(ended <= at - timedelta(days=KEPT_DAYS))
    return db.session.execute(doomed, execution_options={"synchronize_session": False}).rowcount
