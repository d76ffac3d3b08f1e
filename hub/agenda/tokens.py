"""The secret addresses by which people follow their own calendar: made, listed, revoked; only a digest of each is kept."""

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.accounts.service import digest, new_token
from hub.agenda.models import FeedToken
from hub.clock import now
from hub.db import db
from hub.organisations.service import lock_person
from hub.refusal import Refusal

MOST_LIVE = 5


def make(name: str, *, by: Person) -> str:
    """A new secret for somebody's calendar, which is told here and never again. Raises Refusal where they have many."""
    person = lock_person(by)  # one request at a time: in two tabs they would not know of each other
    must_not_hoard(len(live_of(person)))
    token = new_token()
    db.session.add(FeedToken(person_id=person.id, digest=digest(token), name=name, created_at=now()))
    return token


def must_not_hoard(live: int) -> None:
    """A forgotten address is a door left open: nobody has many."""
    if live >= MOST_LIVE:
        raise Refusal(
            "Hai già %(live)s indirizzi attivi: revocane uno che non usi più, poi creane un altro.", rule="feed-tokens", live=live
        )


def live_of(person: Person) -> list[FeedToken]:
    """The addresses that open somebody's calendar, the latest first."""
    mine = sa.select(FeedToken).where(FeedToken.person_id == person.id, FeedToken.revoked_at.is_(None))
    return list(db.session.scalars(mine.order_by(FeedToken.id.desc())))


def of(person: Person, id: int) -> FeedToken | None:
    """Somebody's address with this number, revoked or not; None where they have none."""
    return db.session.scalars(sa.select(FeedToken).filter_by(id=id, person_id=person.id)).one_or_none()


def revoke(token: FeedToken) -> None:
    """From now on this address opens nothing."""
    token.revoked_at = token.revoked_at or now()


def holder(token: str) -> Person | None:
    """Whose calendar this secret opens; None where it is unknown or revoked, or its person was erased."""
    found = (
        sa.select(Person)
        .join(FeedToken, FeedToken.person_id == Person.id)
        .where(FeedToken.digest == digest(token), FeedToken.revoked_at.is_(None), Person.erased_at.is_(None))
    )
    return db.session.scalars(found).one_or_none()
