"""The agenda: what takes place on some days, as a list of sessions of the programme, public bookings and dates of other hubs.

Of a booking it tells what the calendar of the spaces does: when and where, and its title, where its requester wished so; a
booking that does not show its title is not in it. However much there is, it is asked for in the same few queries: what a
page shows of it is cut afterwards.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa

from hub.agenda.models import PartnerEvent, PartnerHub
from hub.booking.models import Booking
from hub.clock import Period, now, span, wall
from hub.db import db
from hub.labs import seats, showcase
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.labs.seats import Places
from hub.labs.showcase import Wish
from hub.spaces.models import Occurrence, Space

OURS = "noi"
HOSTED = "hosted"  # the kind of what somebody else does in our spaces
PER_PAGE = 100
TAKES_PLACE = ("planned", "done")
ANY = Wish()
ENROLLING = ("free_entry", "soon", "open", "full", "closed")


@dataclass(frozen=True)
class Sought:
    """What somebody looks for. kind: of an activity, or HOSTED; hub: OURS, the number of another one, or "" for all; wish:
    of the programme (see showcase), which the others have nothing to say about."""

    wish: Wish = ANY
    hub: str = ""

    @property
    def hosted(self) -> bool:
        return self.hub in ("", OURS) and self.wish in (ANY, Wish(kind=HOSTED))

    @property
    def activities(self) -> bool:
        return self.hub in ("", OURS) and self.wish.kind != HOSTED

    @property
    def partners(self) -> bool:
        return self.hub != OURS and self.wish == ANY


class Item(NamedTuple):
    """One line of the agenda.

    title, and named, a session's own: in both languages, or as another hub wrote it; where: names of spaces, in both
    languages, or words; url: a path of the portal, or another hub's address; kind: of an activity, HOSTED or "" for another
    hub's; stage: how it stands with enrolling, a code of `showcase.STAGES`, "" where nobody enrols.
    """

    starts: datetime
    ends: datetime
    title: dict | str
    where: tuple
    url: str
    kind: str = ""
    all_day: bool = False
    named: dict | None = None
    called_off: bool = False
    hub: PartnerHub | None = None
    activity: sa.Row | None = None
    stage: str = ""
    places: Places | None = None


class Page(NamedTuple):
    """days: (day, its items), as they come; count: how many items there are in all; next: the first day after with something
    on it, where these days have nothing."""

    days: list[tuple[date, list[Item]]]
    count: int
    next: date | None


NOTHING = Page([], 0, None)


def days_of(view: str, around: date) -> tuple[date, int]:
    """The first day, and how many: of the day, the week or the month (giorno, settimana, mese) in which a day is."""
    if view == "giorno":
        return around, 1
    period = Period.around(around, {"settimana": "week", "mese": "month"}[view])
    return period.first, period.days


def look(first: date, count: int, sought: Sought, known: list[PartnerHub], *, page: int = 1) -> Page:
    """What takes place on so many days, a page of it. known: the other hubs."""
    starts, ends = span(first, count)
    items = [*_sessions(starts, ends, sought), *_hosted(starts, ends, sought), *_partners(starts, ends, sought, known)]
    items.sort(key=lambda one: (max(one.starts, starts), one.ends, repr(one.title)))
    shown = _enrolling(items[(page - 1) * PER_PAGE : page * PER_PAGE])
    days = groupby(shown, key=lambda one: max(wall(one.starts).date(), first))
    coming = None if items else _next(ends, sought)
    return Page([(day, list(group)) for day, group in days], len(items), coming)


# --- what there is, source by source

PROGRAMME = (
    *(Session.id, Session.starts_at, Session.ends_at, Session.title.label("named"), Session.place, Session.state.label("met")),
    *(Activity.id.label("activity_id"), Activity.slug, Activity.title, Activity.kind, Activity.area, Activity.state),
    *(Activity.takes_part, Activity.age_min, Activity.age_max, Activity.enrol_opens_at, Activity.enrol_closes_at),
    Activity.synthetic,
)


def _sessions(starts: datetime, ends: datetime, sought: Sought) -> list[Item]:
    """Sessions of what everybody may see, each with its spaces."""
    if not sought.activities:
        return []
    last = sa.orm.aliased(Session)
    over_at = sa.select(sa.func.max(last.ends_at)).where(last.activity_id == Activity.id).scalar_subquery().label("over_at")
    stands = sa.and_(Occurrence.session_id == Session.id, Occurrence.status != "cancelled")
    found = (
        sa.select(*PROGRAMME, over_at, Space.name.label("space"))
        .join(Activity, Activity.id == Session.activity_id)
        .outerjoin(Occurrence, stands)
        .outerjoin(Space, Space.id == Occurrence.space_id)
        .where(Session.starts_at < ends, Session.ends_at > starts, *fitting(sought))
        .order_by(Session.starts_at, Session.id, Occurrence.id)
    )
    return [_session(list(rows)) for _, rows in groupby(db.session.execute(found), key=lambda row: row.id)]


def fitting(sought: Sought) -> list[sa.ColumnElement[bool]]:
    """What a session, and its activity, must be to be sought."""
    fits = [Activity.state.in_(SHOWN_STATES), *showcase.fitting(sought.wish)]
    return [*fits, showcase.to_be_had(now()), Session.state == "planned", Session.ends_at > now()] if sought.wish.free else fits


def _session(rows: list[sa.Row]) -> Item:
    one = rows[0]
    where = tuple(row.space for row in rows if row.space) or ((one.place,) if one.place else ())
    called_off = one.met in ("cancelled", "not_held") or one.state == "cancelled"
    more = {"named": one.named, "called_off": called_off, "activity": one}
    return Item(one.starts_at, one.ends_at, one.title, where, f"/attivita/{one.slug}", one.kind, **more)


FOR_ALL = (Booking.public, Booking.title != "", Booking.state.in_(("approved", "done")), Occurrence.status.in_(TAKES_PLACE))


def _hosted(starts: datetime, ends: datetime, sought: Sought) -> list[Item]:
    if not sought.hosted:
        return []
    found = (
        sa.select(Occurrence.starts_at, Occurrence.ends_at, Booking.title, Space.name, Space.slug, Space.published)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Occurrence.starts_at < ends, Occurrence.ends_at > starts, *FOR_ALL)
    )
    return [
        Item(row.starts_at, row.ends_at, row.title, (row.name,), f"/spazi/{row.slug}" if row.published else "", HOSTED)
        for row in db.session.execute(found)
    ]


def _partners(starts: datetime, ends: datetime, sought: Sought, known: list[PartnerHub]) -> list[Item]:
    chosen = {hub.id: hub for hub in known if sought.hub in ("", str(hub.id))}
    if not (sought.partners and chosen):
        return []
    found = sa.select(
        *(PartnerEvent.hub_id, PartnerEvent.starts_at, PartnerEvent.ends_at, PartnerEvent.all_day, PartnerEvent.title),
        *(PartnerEvent.place, PartnerEvent.url),
    ).where(PartnerEvent.starts_at < ends, PartnerEvent.hub_id.in_(chosen))
    found = found.where(sa.or_(PartnerEvent.ends_at > starts, PartnerEvent.starts_at >= starts))
    return [_partner(row, chosen[row.hub_id]) for row in db.session.execute(found)]


def _partner(row: sa.Row, hub: PartnerHub) -> Item:
    where = (row.place,) if row.place else ()
    return Item(row.starts_at, row.ends_at, row.title, where, row.url or hub.site_url, all_day=row.all_day, hub=hub)


# --- what a page tells of it


def _enrolling(items: list[Item]) -> list[Item]:
    """With how it stands with enrolling in each activity, where that has still something to say."""
    at = now()
    asked = {one.activity.activity_id for one in items if one.activity and not one.called_off and one.ends > at}
    places = seats.places_of(asked)
    return [_stage(one, places[one.activity.activity_id], at) if one.activity and _asks(one, places) else one for one in items]


def _asks(item: Item, places: dict[int, Places]) -> bool:
    return item.activity.activity_id in places and not item.called_off


def _stage(item: Item, places: Places, at: datetime) -> Item:
    stage = showcase.stage(item.activity, places, at, over=item.activity.over_at <= at)
    return item._replace(stage=stage, places=places) if stage in ENROLLING else item


def _next(ends: datetime, sought: Sought) -> date | None:
    """The first day from an instant on with something of what is sought."""
    firsts = []
    if sought.activities:
        theirs = sa.select(sa.func.min(Session.starts_at)).join(Activity, Activity.id == Session.activity_id)
        firsts.append(theirs.where(Session.starts_at >= ends, *fitting(sought)))
    if sought.hosted:
        theirs = sa.select(sa.func.min(Occurrence.starts_at)).join(Booking, Booking.id == Occurrence.booking_id)
        firsts.append(theirs.where(Occurrence.starts_at >= ends, *FOR_ALL))
    if sought.partners:
        theirs = sa.select(sa.func.min(PartnerEvent.starts_at)).join(PartnerEvent.hub).where(PartnerHub.ended_at.is_(None))
        theirs = theirs.where(PartnerHub.id == int(sought.hub)) if sought.hub else theirs
        firsts.append(theirs.where(PartnerEvent.starts_at >= ends))
    if not firsts:
        return None
    found = [first for first in db.session.execute(sa.select(*(one.scalar_subquery() for one in firsts))).one() if first]
    return wall(min(found)).date() if found else None
