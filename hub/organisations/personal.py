"""What organisations keep of a person."""

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.db import db
from hub.organisations import members
from hub.organisations.models import Invitation, Membership, OrganisationChange


def _tell(person: Person) -> dict[str, object]:
    mine = sa.select(Membership).filter_by(person_id=person.id).order_by(Membership.id)
    belongs = db.session.scalars(mine.options(joinedload(Membership.organisation)))
    sent = sa.select(Invitation).filter_by(invited_by=person.id).order_by(Invitation.id)
    got = sa.select(Invitation).filter_by(email=person.email).order_by(Invitation.id)
    did = sa.select(OrganisationChange).filter_by(by_id=person.id).order_by(OrganisationChange.id)
    return {
        "memberships": [_told(one) for one in belongs],
        "invitations_sent": rows(db.session.scalars(sent), "email", "role", "created_at", "expires_at", "answer"),
        "invitations_received": rows(db.session.scalars(got), "role", "created_at", "expires_at", "answer"),
        "changes": rows(db.session.scalars(did), "organisation_id", "before", "after", "level", "reason", "at"),
    }


def _told(membership: Membership) -> dict[str, object]:
    organisation = membership.organisation
    (told,) = rows([membership], "role", "since", "ended_at")
    return told | {"organisation": organisation.id, "name": organisation.name, "state": organisation.state}


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "organisations",
            _("Organizzazioni di cui hai fatto parte, inviti mandati e ricevuti"),
            _tell,
            members.forget,
            settle=members.must_be_settled,
            stays=_("Il periodo in cui ne hai fatto parte e con quale ruolo, senza nome."),
            why=_("Chi ha agito per conto di un'organizzazione l'ha impegnata: le date restano."),
        ),
    )
