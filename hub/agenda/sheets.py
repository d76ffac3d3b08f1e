"""What the calendars that people follow hold: asked of the database in two queries, then put in the form of a calendar.

A calendar of the spaces holds what stands in the ledger: confirmed bookings, closures and sessions of activities. Of a booking
it tells when and where, and its title where its requester wished so: the query reads nothing else of it; of a session the
title of its activity, unless that is a draft. Somebody's own calendar holds their bookings, and those of the organisations
that they may act for now, those that wait too, and the sessions of what they, or a child they answer for, have a place in (see
`hub.agenda.meetings`).

In the calendar of one space stands what takes any of its atoms: a bay is taken where the whole hall is.

From 92 days back on. What was called off stays as CANCELLED for 30 days, so that calendars strike it out, then goes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.agenda import meetings
from hub.agenda.events import REFUSED_STATES, TAKES_PLACE, Desk, Place
from hub.agenda.meetings import Meetings
from hub.booking.models import Booking, Series
from hub.booking.rules import WAITING_STATES
from hub.clock import starts_of, today
from hub.db import db
from hub.ical import Entry, Recurring
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.organisations.models import Membership, Organisation
from hub.organisations.rules import ACTING_ROLES
from hub.spaces.models import Closure, Occurrence, Space, SpaceAtom

BACK, STRUCK_OUT = timedelta(days=92), timedelta(days=30)
CONFIRMED_STATES = ("approved", "done", "no_show", "cancelled")  # of a cancelled series, what took place stays
NO_MEETINGS = Meetings()
VERSION = "2"  # of the form of a feed: another one makes every reader fetch theirs again


@dataclass(frozen=True)
class Contents:
    """What one feed is made of: plain rows, which outlive the transaction.

    here: ids of the spaces whose uses it tells; private: whether it is somebody's own, with codes and requests; changed:
    the last change of any row, None where there is none.
    """

    rows: list[sa.Row]
    places: dict[int, Place]
    here: frozenset[int]
    private: bool
    called_off_since: datetime
    meetings: Meetings = NO_MEETINGS

    @property
    def changed(self) -> datetime | None:
        times = [row.updated_at for row in self.rows]
        return max((*times, self.meetings.changed) if self.meetings.changed else times, default=None)

    def digest(self, *more: str) -> str:
        """What changes whenever the feed does: of all that is in it. A count and a last change would miss what nobody noted."""
        told = hashlib.sha256(repr((VERSION, more, self.called_off_since, sorted(self.here), self.places)).encode())
        for row in self.rows:
            told.update(repr(tuple(row)).encode())
        told.update(self.meetings.digest().encode())
        return told.hexdigest()[:32]

    def entries(self, language: str, busy: str = "") -> Iterator[Entry | Recurring]:
        """Its events in a language. busy: the words for a booking that shows no title."""
        desk = Desk(self.places, self.here, self.private, self.called_off_since, language, busy)
        for series_id, group in groupby(self.rows, key=lambda row: row.series_id):
            rows = list(group)
            yield from desk.singles(rows) if series_id is None else desk.series(rows)
        yield from self.meetings.entries(language)


def of_spaces(slug: str | None = None) -> Contents | None:
    """What stands in the ledger, of all the published spaces or of one; None where no such space is published."""
    places, here = _places(slug)
    if slug and not here:
        return None
    states = sa.or_(Occurrence.booking_id.is_(None), Booking.state.in_(CONFIRMED_STATES))
    title = sa.case((Booking.public, Booking.title), else_="")
    scope = [Occurrence.space_id.in_(here)]
    return Contents(_rows(title, scope, states), places, here, False, _called_off_since())


def of_person(person: Person, slug: str | None = None) -> Contents | None:
    """Somebody's bookings, and sessions, all or those of one space; None where no such space is published."""
    places, here = _places(slug)
    if slug and not here:
        return None
    acting = (
        sa.select(Membership.organisation_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == person.id, Membership.ended_at.is_(None), Membership.role.in_(ACTING_ROLES))
        .where(Organisation.state == "verified")
    )
    states = Booking.state.in_((*CONFIRMED_STATES, *REFUSED_STATES, *WAITING_STATES))
    theirs = sa.or_(Booking.requester_id == person.id, Booking.organisation_id.in_(acting))
    scope = [Occurrence.booking_id.in_(sa.select(Booking.id).where(theirs, states))]
    if slug:
        scope.append(Occurrence.space_id.in_(here))
    mine = meetings.of_person(person, acting, here if slug else None)
    rows, told = _rows(Booking.title, scope, states), here if slug else frozenset(places)
    return Contents(rows, places, told, True, _called_off_since(), mine)


def _places(slug: str | None) -> tuple[dict[int, Place], frozenset[int]]:
    """Every space, and the ids of those that share an atom with the published one of this slug, or with any."""
    mine, its, wanted = sa.orm.aliased(SpaceAtom), sa.orm.aliased(SpaceAtom), sa.orm.aliased(Space)
    sharing = (
        sa.select(its.space_id)
        .join(mine, mine.atom_id == its.atom_id)
        .join(wanted, wanted.id == mine.space_id)
        .where(wanted.published, wanted.slug == slug if slug else sa.true())
    )
    found = sa.select(Space.id, Space.slug, Space.name, Space.published, Space.id.in_(sharing).label("here"))
    rows = db.session.execute(found.order_by(Space.id)).all()
    return {row.id: Place(row.slug, row.name, row.published) for row in rows}, frozenset(row.id for row in rows if row.here)


def _rows(title: sa.ColumnElement[str], scope: list[sa.ColumnElement[bool]], states: sa.ColumnElement[bool]) -> list[sa.Row]:
    """The occurrences in scope of the days on show, and all those of a series of which one is; a series' own together."""
    since = starts_of(today()) - BACK
    started = sa.select(Occurrence.id).where(*scope, Occurrence.starts_at >= since)
    lasting = sa.select(Occurrence.id).where(*scope, Occurrence.closure_id.is_not(None), Occurrence.ends_at > since)
    running = (
        sa.select(Occurrence.booking_id)
        .join(Series, Series.booking_id == Occurrence.booking_id)
        .where(*scope, Occurrence.starts_at >= since)
    )
    whole = sa.select(Occurrence.id).where(Occurrence.booking_id.in_(running))
    in_sight = sa.or_(
        Series.booking_id.is_not(None), Occurrence.status.in_(TAKES_PLACE), Occurrence.updated_at >= _called_off_since()
    )
    found = (
        sa.select(
            *(Occurrence.ical_uid, Occurrence.sequence, Occurrence.updated_at, Occurrence.status, Occurrence.space_id),
            *(Occurrence.layout_id, Occurrence.starts_at, Occurrence.ends_at, Occurrence.recurrence_at),
            *(Occurrence.booking_id, Booking.state, Booking.created_at, title.label("title"), Closure.reason),
            sa.case((Activity.state.in_(SHOWN_STATES), Activity.title), else_=sa.null()).label("activity"),
            sa.case((Activity.state.in_(SHOWN_STATES), Activity.slug), else_="").label("slug"),
            *(Series.booking_id.label("series_id"), Series.rrule, Series.ical_uid.label("series_uid")),
            Series.sequence.label("series_sequence"),
        )
        .outerjoin(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Series, Series.booking_id == Occurrence.booking_id)
        .outerjoin(Closure, Closure.id == Occurrence.closure_id)
        .outerjoin(Session, Session.id == Occurrence.session_id)
        .outerjoin(Activity, Activity.id == Session.activity_id)
        .where(Occurrence.id.in_(sa.union(started, lasting, whole)), states, in_sight)
        .order_by(Series.booking_id.nulls_first(), Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.execute(found))


def _called_off_since() -> datetime:
    """By whole days, so that a feed changes with the date at most."""
    return starts_of(today()) - STRUCK_OUT
