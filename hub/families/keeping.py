"""Records of those whom an organisation entered, and keeps until a guardian takes them over."""

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families.models import Keeper, Participant
from hub.families.service import enter_all
from hub.organisations.models import Organisation


def lock(organisation: Organisation) -> None:
    """Keep everybody else from entering people for an organisation until the transaction ends: two lists at once would not
    know of each other. Rows that only name it may still be written."""
    row = sa.select(Organisation.id).where(Organisation.id == organisation.id)
    db.session.execute(row.with_for_update(key_share=True)).all()


def take_in(entries: Sequence[tuple[dict[str, object], str]], organisation: Organisation, *, by: Person) -> list[Participant]:
    """New records, which the organisation for which `by` acts keeps. Raises Refusal.

    entries: what is said of each, see `service.enter`, and the name of who signed its papers.
    """
    records = enter_all(said for said, _guardian in entries)
    kept = {"organisation_id": organisation.id, "entered_by_id": by.id, "entered_at": now()}
    for record, (_said, guardian) in zip(records, entries, strict=True):
        db.session.add(Keeper(participant_id=record.id, guardian=guardian, **kept))
    db.session.flush()
    return records


def kept_by(organisation: Organisation, born: Collection[date]) -> list[Participant]:
    """The records that an organisation entered of who was born on one of these days."""
    theirs = sa.select(Participant).join(Keeper, Keeper.participant_id == Participant.id)
    theirs = theirs.where(Keeper.organisation_id == organisation.id, Participant.erased_at.is_(None))
    return list(db.session.scalars(theirs.where(Participant.birth_date.in_(born)).order_by(Participant.id)))


def keeper_of(record: Participant) -> Keeper | None:
    """Which organisation entered somebody, with the name of who signed; None where none did."""
    return db.session.get(Keeper, record.id)
