"""Who takes part: the voice of a person with an account, or of somebody whom an operator helps right now.

Every verb of the room that somebody does takes a `By`: whose voice it is, how it came in, with which identity, and who helped.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.organisations.models import Organisation
from hub.proposals.joining import join_by_identity
from hub.proposals.models import Voice
from hub.proposals.outcome_models import AssistedAct, AssistedSession


@dataclass(frozen=True)
class By:
    """Who does something: voice; channel (web, assisted, paper); level of identity (0 to 3); organisation: verified, in whose
    name; session: in which an operator helps them, None where they do it themselves."""

    voice: Voice
    channel: str = "web"
    level: int = 0
    organisation: Organisation | None = None
    session: AssistedSession | None = None

    def did(self, act: str, about: str) -> None:
        """Write an act down in the operator's session, where there is one; the database refuses it once that is over."""
        if self.session is not None:
            db.session.add(AssistedAct(session_id=self.session.id, act=act, about=about, at=now()))
            db.session.flush()


def voice_of(person: Person) -> Voice:
    """The voice of a person with an account, made at their first act."""
    mine = sa.select(Voice).filter_by(person_id=person.id)
    found = db.session.scalars(mine).one_or_none()
    if found is None:
        insert_unless_there(Voice, person_id=person.id, name="", created_at=now())
        found = db.session.scalars(mine).one()
    return found


def known_voice(person: Person) -> Voice | None:
    """The voice of a person with an account; None of who has not taken part yet. Writes nothing."""
    return db.session.scalars(sa.select(Voice).filter_by(person_id=person.id)).one_or_none()


def themselves(person: Person) -> By:
    """A signed-in person, as they come: with the identity of their sign-in, in the name of the organisation they act for. Who
    comes with a digital one is whom an operator helped by its fiscal code, and counts once."""
    organisation = db.session.get_one(Organisation, person.acting_as.id) if person.acting_as else None
    joined = join_by_identity(person) if person.level else None
    return By(joined or voice_of(person), level=person.level, organisation=organisation)
