"""What the calendars keep of a person: the secret addresses that they follow them by."""

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.agenda.models import FeedToken
from hub.db import db


def _tell(person: Person) -> list[dict[str, object]]:
    mine = sa.select(FeedToken).where(FeedToken.person_id == person.id).order_by(FeedToken.id)
    return rows(db.session.scalars(mine), "name", "created_at", "revoked_at")


def _forget(person: Person) -> None:
    db.session.execute(sa.delete(FeedToken).where(FeedToken.person_id == person.id))


def init(app: Flask) -> None:
    hang(app, Drawer("calendars", _("Indirizzi segreti dei tuoi calendari"), _tell, _forget))
