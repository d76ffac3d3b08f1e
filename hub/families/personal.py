"""What families keep of a person, and of the children for whom they answer."""

import json

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.db import db
from hub.families import rules, service
from hub.families.consents import consents_of
from hub.families.keeping import keeper_of
from hub.families.models import FamilyInvitation, Guardianship, Keeper, Participant, ParticipantView
from hub.participation import log
from hub.participation.models import LogEntry

ACTS = ("event_id", "ts_event", "type", "activity", "session", "minutes", "status", "facts")


def _tell(person: Person) -> dict[str, object]:
    own = service.record_of(person)
    answered = sa.select(Guardianship).filter_by(guardian_id=person.id).order_by(Guardianship.id)
    sent = sa.select(FamilyInvitation).filter_by(invited_by_id=person.id).order_by(FamilyInvitation.id)
    got = sa.select(FamilyInvitation).filter_by(email=person.email).order_by(FamilyInvitation.id)
    entered = sa.select(Keeper).filter_by(entered_by_id=person.id).order_by(Keeper.participant_id)
    looked = sa.select(ParticipantView).filter_by(viewer_id=person.id).order_by(ParticipantView.id)
    return {
        "own_record": _told(own) if own else None,
        "children": [_told(child) for child in service.children_of(person)],
        "guardianships": rows(db.session.scalars(answered), "participant_id", "basis", "other_agrees_at", "since", "ended_at"),
        "invitations_sent": rows(db.session.scalars(sent), "invited_as", "email", "created_at", "expires_at", "answer"),
        "invitations_received": rows(db.session.scalars(got), "invited_as", "created_at", "expires_at", "answer"),
        "opened": rows(db.session.scalars(looked), "what", "ref", "at"),
        "entered": rows(_all(entered), "participant_id", "organisation_id", "entered_at"),
    }


def _told(record: Participant) -> dict[str, object]:
    """A record as who answers for it reads it; other adults stand in it where the family wrote them itself."""
    (told,) = rows([record], "id", *service.SAID, "created_at")
    told["pickups"] = rows(record.pickups, "name", "phone", "added_at", "ended_at")
    if keeper := keeper_of(record):
        told["entered_by"] = {"organisation": keeper.organisation.name, "signed_by": keeper.guardian, "at": keeper.entered_at}
    consents = consents_of(record)
    told["consents"] = rows(consents, "purpose", "activity_id", "text_version", "given_at", "on_paper", "withdrawn_at")
    looks = sa.select(ParticipantView).filter_by(participant_id=record.id).order_by(ParticipantView.id)
    told["opened_by"] = [{"viewer": one.viewer.name, "what": one.what, "ref": one.ref, "at": one.at} for one in _all(looks)]
    if not record.subject.startswith("person:"):  # an account's acts stand in a drawer of their own
        told["participation"] = _acts(record.subject)
    return told


def _acts(subject: str) -> dict[str, object]:
    code = log.known_as(subject)
    found = _all(sa.select(LogEntry).where(LogEntry.person == code).order_by(LogEntry.id)) if code else []
    return {"pseudonym": code, "acts": [one | {"facts": json.loads(one["facts"])} for one in rows(found, *ACTS)]}


def _all(query: sa.Select) -> list:
    return list(db.session.scalars(query))


def must_be_settled(person: Person) -> None:
    """Whoever is erased leaves no child enrolled with nobody who answers for them. Raises Refusal."""
    for child in service.children_of(person):
        rules.must_not_be_left_alone(len(service.guardianships_of(child)) == 1, service.is_enrolled(child))


def forget(person: Person) -> None:
    """End every guardianship of somebody who is erased, with the records of children who are nobody else's; and their own."""
    own, children = service.record_of(person), service.children_of(person)
    service.lock(*(record.id for record in (*children, *([own] if own else []))))
    for child in children:
        service.stop_answering(child, by=person)
    for outgrown in _all(sa.select(Guardianship).filter_by(guardian_id=person.id, ended_at=None)):
        service.end_guardianship(outgrown)
    if own is not None and service.is_guarded(own):
        own.person_id = None  # the record is its guardians' as well
    elif own is not None:
        service.erase(own)
    db.session.execute(sa.delete(FamilyInvitation).filter_by(email=person.email))


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "family",
            _("La tua famiglia: le schede dei minori di cui rispondi e la tua, chi può prenderli, i consensi"),
            _tell,
            forget,
            settle=must_be_settled,
            stays=_("Senza nome: da quando e fino a quando hai risposto di un minore, e i consensi dati."),
            why=_("Chi ha iscritto un minore ne ha risposto: le date restano. Se un altro adulto ne risponde, la scheda è sua."),
        ),
    )
