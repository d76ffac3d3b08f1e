"""The register of who opened whose data: written by the pages of the staff, read by the person in their personal area."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import DataView, Person
from hub.clock import now
from hub.db import db

PER_PAGE = 30


def opened(person: Person | None, what: str, ref: str = "", *, by: Person) -> None:
    """Note that `by` looks at this person's data on a page of the kind `what`, about `ref` (a code). One's own is not noted.

    Flushes: the view, which is marked with `hub.db.writes`, commits.
    """
    if person is not None and person.id != by.id:
        db.session.add(DataView(person_id=person.id, viewer_id=by.id, what=what, ref=ref, at=now()))
        db.session.flush()


def views_of(person: Person, *, page: int = 1) -> tuple[list[DataView], bool]:
    """Who opened this person's data, the newest first, a page at a time; and whether there are more."""
    mine = sa.select(DataView).filter_by(person_id=person.id).order_by(DataView.id.desc()).options(joinedload(DataView.viewer))
    found = db.session.scalars(mine.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return list(found[:PER_PAGE]), len(found) > PER_PAGE
