"""A form that creates something takes effect once: sent twice, from two tabs, or again after a lost answer.

The form carries a random key. The first sending stores it, with a digest of the form and the answer, in the transaction of
the fact itself; a later one with the same key gets the same answer, and one with another body is refused.
"""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, make_transient_to_detached, mapped_column

from hub.clock import now
from hub.db import UtcDateTime, db, insert_unless_there
from hub.refusal import Refusal


class Sending(db.Model):
    """One accepted sending of a creating form."""

    actor: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[str] = mapped_column(sa.String(500), default="")
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)


def new_key() -> str:
    return secrets.token_urlsafe(24)


def once(actor: str, key: str, digest: str) -> Sending:
    """This sending, to be given its `answer` (the URL to go to) beside the fact; one that has it already is a repeat.

    digest: of the form's body, 64 hex characters. Where the same key is being stored by another transaction, waits for
    its end. Raises Refusal if the body differs.
    """
    values = {"actor": actor, "key": key, "digest": digest, "answer": "", "sent_at": now()}
    if insert_unless_there(Sending, **values):
        sending = Sending(**values)
        make_transient_to_detached(sending)  # the row as it was just stored: no need to ask for it
        db.session.add(sending)
        return sending
    sending = db.session.get_one(Sending, (actor, key))
    if sending.digest != digest:
        raise Refusal(
            "Questo modulo era già stato inviato con altri dati: controlla quello che hai scritto e invia di nuovo.",
            rule="once-other-body",
        )
    return sending


def purge_sendings(at: datetime) -> int:
    """Forget the sendings that nobody repeats any longer. Returns how many."""
    return db.session.execute(sa.delete(Sending).where(Sending.sent_at < at - KEPT)).rowcount


KEPT = timedelta(days=30)
