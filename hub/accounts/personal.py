"""What accounts, and the rooms beneath them, keep of a person."""

import json

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import DataView, Identity, MailToken, Person, RecoveryCode, RoleChange, SecondFactor, SignIn
from hub.accounts.personal_data import Drawer, hang, rows
from hub.accounts.rules import must_hold_no_role
from hub.db import db
from hub.notices.models import Notice
from hub.notices.service import choices, forget_choices
from hub.once import Sending
from hub.participation import log
from hub.participation.models import LogEntry


def _of(model: type[db.Model], person: Person) -> list:
    return list(db.session.scalars(sa.select(model).filter_by(person_id=person.id)))


def _tell_person(person: Person) -> dict[str, object]:
    said = ("email", "given_name", "family_name", "phone", "language", "birth_date", "confirmed_at", "created_at")
    (told,) = rows([person], *said)
    told["identity"] = rows(_of(Identity, person), "fiscal_code", "level", "identified_at")
    told["sign_ins"] = rows(_of(SignIn, person), "created_at", "expires_at", "user_agent", "level")
    told["second_factor"] = rows(_of(SecondFactor, person), "created_at", "confirmed_at")
    told["roles"] = rows(person.grants, "role", "granted_at")
    told["role_changes"] = rows(_of(RoleChange, person), "role", "given", "reason", "at")
    return told


def _tell_views(person: Person) -> list[dict[str, object]]:
    return [{"viewer": row.viewer.name, "what": row.what, "ref": row.ref, "at": row.at} for row in _of(DataView, person)]


def _tell_notices(person: Person) -> list[dict[str, object]]:
    mine = sa.select(Notice).where(Notice.subject == person.subject, Notice.private.is_(False)).order_by(Notice.id)
    return rows(db.session.scalars(mine), "kind", "address", "payload", "created_at", "sent_at", "read_at")


def _tell_log(person: Person) -> dict[str, object]:
    code = log.known_as(person.subject)
    acts = db.session.scalars(sa.select(LogEntry).where(LogEntry.person == code).order_by(LogEntry.id)).all() if code else []
    told = rows(acts, "event_id", "ts_event", "type", "activity", "session", "minutes", "status", "facts")
    return {"pseudonym": code, "acts": [act | {"facts": json.loads(act["facts"])} for act in told]}


def _forget_person(person: Person) -> None:
    for model in (SignIn, MailToken, SecondFactor, RecoveryCode, Identity):
        db.session.execute(sa.delete(model).filter_by(person_id=person.id))
    db.session.execute(sa.delete(Sending).filter_by(actor=person.subject))


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "account",
            _("Account: nome, indirizzo, telefono, identità digitale, accessi, ruoli"),
            _tell_person,
            _forget_person,
            settle=lambda person: must_hold_no_role(person.roles),
            stays=_("Un numero senza nome, e la storia dei ruoli che hai avuto nel personale."),
            why=_("Chi ha gestito o valutato risponde di quello che ha fatto."),
        ),
        Drawer(
            "views",
            _("Registro di chi del personale ha aperto i tuoi dati"),
            _tell_views,
            lambda person: None,
            stays=_("Le righe del registro, senza il tuo nome."),
            why=_("Servono a controllare il lavoro del personale."),
        ),
        Drawer(
            "messages",
            _("Messaggi che ti abbiamo mandato"),
            _tell_notices,
            lambda person: db.session.execute(sa.delete(Notice).filter_by(subject=person.subject)),
        ),
        Drawer(
            "unwanted_mail",
            _("Le mail che hai scelto di non ricevere"),
            lambda person: rows(choices(person.subject), "topic", "at"),
            lambda person: forget_choices(person.subject),
        ),
        Drawer(
            "participation",
            _("Registro della partecipazione, dove sei un codice casuale"),
            _tell_log,
            lambda person: log.forget(person.subject),
            stays=_("Le righe del registro, con un codice che non porta più a nessuno."),
            why=_("Chi valuta il centro deve poter rifare i conti; il legame con il tuo nome invece sparisce per sempre."),
        ),
    )
