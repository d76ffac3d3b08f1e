"""Sessions of activities for calendars that people follow: of the programme for everybody, of one's own for who is enrolled.

Of a session it tells what everybody may read of its activity, and of who takes part in it nothing: in somebody's own
calendar a child's lab has its title alone. It has the same UID as in the file of the activity and in the mails.

What other hubs do is theirs to give: it is in a feed of ours only where the address asks for it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.agenda.listing import Sought, fitting
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.clock import starts_of, today
from hub.db import db
from hub.ical import Entry
from hub.labs.basket import candidates
from hub.labs.mine import ATTENDING
from hub.labs.models import Enrolment, Session
from hub.labs.papers import calendar_entry
from hub.spaces.models import Occurrence

CALLED_OFF = ("cancelled", "not_held")
BACK, STRUCK_OUT = timedelta(days=92), timedelta(days=30)
VERSION = "1"  # of the form of a feed: another one makes every reader fetch theirs again
LANGUAGES = ("it", "en")


@dataclass(frozen=True)
class Meetings:
    """Sessions, with how each stands, and dates of other hubs: what outlives the transaction."""

    sessions: list[tuple[Session, str]] = field(default_factory=list)
    others: list[PartnerEvent] = field(default_factory=list)

    @property
    def changed(self) -> datetime | None:
        return max((session.updated_at for session, _ in self.sessions), default=None)

    def digest(self, *more: str) -> str:
        """What changes whenever the feed does: of all that is in it."""
        told = hashlib.sha256(repr((VERSION, more)).encode())
        for language in LANGUAGES:
            for entry in self.entries(language):
                told.update(repr(entry).encode())
        return told.hexdigest()[:32]

    def entries(self, language: str, busy: str = "") -> Iterator[Entry]:
        """Its events in a language."""
        for session, status in self.sessions:
            yield calendar_entry(session, language, status)
        for one in self.others:
            yield _other(one)


def of_programme(sought: Sought) -> Meetings:
    """What of the programme fits, from 92 days back on. What was called off stays as such for 30 days."""
    met = _met().join(Session.activity).where(*fitting(sought)) if sought.activities else None
    found = db.session.scalars(met).all() if met is not None else ()
    return Meetings(list(_standing(found, lambda _: "CONFIRMED")), _others(sought))


def of_person(person: Person, organisations: sa.Select, here: Iterable[int] | None = None) -> Meetings:
    """The sessions of what somebody, a child they answer for, or an organisation (ids of those that they may act for) has a
    place in, each once. here: ids of the spaces to tell of; None for all."""
    records = [record.id for record in candidates(person)]
    theirs = sa.or_(
        Enrolment.participant_id.in_(records),
        Enrolment.organisation_id.in_(organisations),
        Enrolment.through_id.in_(organisations),
    )
    stands: dict[int, str] = {}
    mine = sa.select(Enrolment.activity_id, Enrolment.state).where(theirs, Enrolment.state.in_(ATTENDING))
    for activity_id, state in db.session.execute(mine):
        stands[activity_id] = "CONFIRMED" if "CONFIRMED" in (ATTENDING[state], stands.get(activity_id)) else ATTENDING[state]
    if not stands:
        return Meetings()
    met = _met().where(Session.activity_id.in_(stands))
    if here is not None:
        met = met.where(Session.occurrences.any(Occurrence.space_id.in_(list(here))))
    return Meetings(list(_standing(db.session.scalars(met).all(), lambda one: stands[one.activity_id])))


def _met() -> sa.Select:
    where = selectinload(Session.occurrences).joinedload(Occurrence.space)
    met = sa.select(Session).where(Session.ends_at > starts_of(today()) - BACK).order_by(Session.starts_at, Session.id)
    return met.options(joinedload(Session.activity), where)


def _standing(found: Iterable[Session], status: Callable[[Session], str]) -> Iterator[tuple[Session, str]]:
    since = starts_of(today()) - STRUCK_OUT
    for one in found:
        if one.state not in CALLED_OFF and one.activity.state != "cancelled":
            yield one, status(one)
        elif one.updated_at >= since:
            yield one, "CANCELLED"


def _others(sought: Sought) -> list[PartnerEvent]:
    """Dates of other hubs, where they were asked for."""
    if not sought.partners:
        return []
    found = sa.select(PartnerEvent).join(PartnerEvent.hub).where(PartnerHub.ended_at.is_(None))
    if sought.hub:
        found = found.where(PartnerHub.id == int(sought.hub))
    whole = joinedload(PartnerEvent.hub).defer(PartnerHub.body)
    return list(db.session.scalars(found.options(whole).order_by(PartnerEvent.starts_at, PartnerEvent.id)))


def _other(one: PartnerEvent) -> Entry:
    known_as = hashlib.sha256(f"{one.uid}\n{one.starts_at.isoformat()}\n{one.title}".encode()).hexdigest()[:24]
    told = {"starts": one.starts_at, "ends": one.ends_at, "changed": one.hub.created_at, "status": "CONFIRMED", "sequence": 0}
    words = {"summary": f"{one.title} ({one.hub.name})", "location": one.place, "description": one.url, "url": ""}
    return Entry(uid=f"{known_as}@hub-{one.hub_id}.officine-mezzogiorno", **told, **words)
