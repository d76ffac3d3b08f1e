"""What stands in the spaces on some days, for the page that shows them all: spaces and hours in one query, uses in another.

It is told by the ledger: whatever takes any atom of a space stands there, and what takes none is free. For everybody a use
is a stretch of time, with a title where its requester wished so, or where it is of an activity that is no draft; the staff
read who it is for, and which requests wait.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import inf
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.booking.models import Booking, code_of
from hub.booking.rules import WAITING_STATES
from hub.clock import now, span, starts_of
from hub.db import db
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.organisations.models import Organisation
from hub.spaces.ledger import LONGEST
from hub.spaces.models import Allocation, Closure, Occurrence, Opening, Space, SpaceAtom
from hub.spaces.rules import Hours, OpenDay, open_day
from hub.spaces.service import holiday

UNFINISHED = ("draft", "held")


class Place(NamedTuple):
    """A published space. lanes: how many uses it takes side by side, None where one takes it all."""

    id: int
    slug: str
    name: dict[str, str]
    lanes: int | None
    atoms: tuple[int, ...]


class Stand(NamedTuple):
    """A use on one day, at whose ends it is cut, in seconds since 1970. state: closed, taken, partly (some lanes), activity (of
    the programme), requested or held (while somebody fills in the form); title: "" where it is not told, of a closure its
    reason; who, code: "" for the public. The code of an activity is its address, which everybody may know."""

    starts: int
    ends: int
    state: str
    title: str | dict[str, str]
    who: str = ""
    code: str = ""


class Shown(NamedTuple):
    """A space on the days that are shown: when it is open on each, and what stands there."""

    place: Place
    days: list[tuple[OpenDay, list[Stand]]]


def ground() -> tuple[list[Place], list[Hours]]:
    """All published spaces in the order of the house, and the opening hours, in one query."""
    made: dict[int, Place] = {}
    hours = []
    for kind, id, code, words, valid_from, valid_to, *numbers in db.session.execute(GROUND):
        if kind == "hours":
            hours.append(Hours(id, *numbers, valid_from, valid_to, words, code))
        else:
            _, lanes, atom = numbers
            before = made[id].atoms if id in made else ()
            made[id] = Place(id, code, words, lanes, (*before, atom))
    return list(made.values()), hours


NO_DAY = sa.literal(None, sa.Date)
GROUND = sa.union_all(
    sa.select(sa.literal("place").label("kind"), Space.id, Space.slug, Space.name, NO_DAY, NO_DAY)
    .add_columns(Space.sort, Space.lanes, SpaceAtom.atom_id)
    .join(SpaceAtom, SpaceAtom.space_id == Space.id)
    .where(Space.published),
    sa.select(
        sa.literal("hours"), Opening.space_id, Opening.audience, Opening.reason, Opening.valid_from, Opening.valid_to
    ).add_columns(Opening.weekday, Opening.opens, Opening.closes),
).order_by("sort", "id", "atom_id")


@dataclass(frozen=True)
class Days:
    """Whole days in Lecce from the first on, and the rows of the ledger that are in them: FOR_STAFF where they are named,
    else FOR_ALL, as the driver gives them. until: the second when the first hold among them is over, if nobody ends it before.
    """

    first: date
    count: int
    named: bool
    rows: list[tuple]
    until: float

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.count)]

    def shown(self, places: Iterable[Place], hours: list[Hours]) -> Iterator[Shown]:
        """Each of these spaces, in their order."""
        standing = self._standing()
        opening: dict[tuple[int, date], OpenDay] = {}
        with_hours = {rule.space_id for rule in hours}
        for place in places:
            whose = place.id if place.id in with_hours else 0  # hours of the whole hub are worked out once
            found = []
            for number, day in enumerate(self.days):
                if (whose, day) not in opening:
                    opening[whose, day] = open_day(day, whose, hours, holiday(day))
                told = {id: use for atom in place.atoms for id, *use in standing.get((atom, number), ())}.values()
                stands = (_partly(place.lanes, *use) for use in told) if place.lanes else (stand for stand, _ in told)
                found.append((opening[whose, day], joined(sorted(stands, key=itemgetter(0, 1)))))
            yield Shown(place, found)

    def _standing(self) -> dict[tuple[int, int], list[tuple[int, Stand, int]]]:
        """Of each atom and day (by number) what stands there: id of the occurrence, the use, how many lanes it takes."""
        bounds = [int(starts_of(self.first + timedelta(days=n)).timestamp()) for n in range(self.count + 1)]
        told = _told_to_staff if self.named else _told_to_all
        found = defaultdict(list)
        for atom, id, low, high, starts, ends, _, *more in self.rows:
            stand = Stand(starts, ends, *told(*more))
            for number in range(max(bisect_right(bounds, starts) - 1, 0), self.count):
                begins, closes = bounds[number], bounds[number + 1]
                if ends <= begins:
                    break
                whole = begins <= starts and ends <= closes
                cut = stand if whole else stand._replace(starts=max(starts, begins), ends=min(ends, closes))
                found[atom, number].append((id, cut, high - low))
        return found


def _partly(lanes: int, stand: Stand, taken: int) -> Stand:
    """A use of a space with lanes, which may take a part of it."""
    return stand._replace(state="partly") if taken < lanes and stand.state == "taken" else stand


def _told_to_all(reason: object, activity: object, title: str, slug: str) -> tuple:
    if reason is not None:
        return "closed", _words(reason)
    return ("taken", title) if activity is None else ("activity", _words(activity), "", slug)


def _told_to_staff(
    reason: object,
    activity: object,
    title: str,
    state: str,
    id: int,
    created: int,
    contact: str,
    given: str,
    family: str,
    group: str,
    slug: str,
) -> tuple:
    if reason is not None:
        return "closed", _words(reason)
    if activity is not None:
        return "activity", _words(activity), "", slug
    if state in UNFINISHED:
        return "held", ""
    who = group or (f"{given} {family}" if given else contact)
    code = code_of(id, datetime.fromtimestamp(created, UTC))
    return "requested" if state in WAITING_STATES else "taken", title, who, code


def _words(kept: object) -> dict[str, str]:
    """Words in both languages: SQLite's driver gives text where PostgreSQL's gives a dict."""
    return json.loads(kept) if isinstance(kept, str) else kept


def joined(stands: Iterable[Stand]) -> list[Stand]:
    """Uses of which nothing is told but their time, as one where they touch. They come in order."""
    found: list[Stand] = []
    for stand in stands:
        if found and found[-1].ends >= stand.starts and not (stand.title or stand.code) and found[-1][2:] == stand[2:]:
            found[-1] = found[-1]._replace(ends=max(found[-1].ends, stand.ends))
        else:
            found.append(stand)
    return found


def _seconds(instant: sa.ColumnElement) -> sa.ColumnElement:
    return sa.cast(sa.extract("epoch", instant), sa.BigInteger)


TITLE_FOR_ALL = sa.and_(Booking.public, Booking.state.not_in((*UNFINISHED, *WAITING_STATES)))
USE = (
    *(Allocation.atom_id, Occurrence.id, Allocation.lane_from, Allocation.lane_to),
    *(_seconds(Occurrence.starts_at), _seconds(Occurrence.ends_at), _seconds(Allocation.expires_at), Closure.reason),
)
FOR_ALL = (
    *USE,
    sa.case((Activity.state.in_(SHOWN_STATES), Activity.title), else_=sa.null()),
    sa.case((TITLE_FOR_ALL, Booking.title), else_=""),
    sa.case((Activity.state.in_(SHOWN_STATES), Activity.slug), else_=""),
)
FOR_STAFF = (
    *(*USE, Activity.title, Booking.title, Booking.state, Booking.id, _seconds(Booking.created_at), Booking.contact_name),
    *(Person.given_name, Person.family_name, Organisation.name, Activity.slug),
)
BLOCKING = sa.and_(Allocation.blocking, sa.or_(Allocation.expires_at.is_(None), Allocation.expires_at > sa.bindparam("now")))


def _asked(columns: tuple, standing: sa.ColumnElement[bool]) -> sa.Select:
    return (
        sa.select(*columns)
        .join(Occurrence, Occurrence.id == Allocation.occurrence_id)
        .outerjoin(Booking, Booking.id == Occurrence.booking_id)
        .outerjoin(Closure, Closure.id == Occurrence.closure_id)
        .outerjoin(Session, Session.id == Occurrence.session_id)
        .outerjoin(Activity, Activity.id == Session.activity_id)
        .where(Allocation.atom_id.in_(sa.bindparam("atoms", expanding=True)))
        .where(Allocation.starts_at < sa.bindparam("ends"), Allocation.ends_at > sa.bindparam("starts"))
        .where(Allocation.starts_at > sa.bindparam("since"))  # no row is longer: what is older need not be looked at
        .where(Occurrence.starts_at < sa.bindparam("ends"), Occurrence.ends_at > sa.bindparam("starts"))  # not only its padding
        .where(standing)
        .order_by(Allocation.atom_id, Allocation.starts_at, Allocation.id)
    )


ASKED_BY_ALL = _asked(FOR_ALL, BLOCKING)
ASKED_BY_STAFF = (
    _asked(FOR_STAFF, sa.or_(BLOCKING, Booking.state.in_(WAITING_STATES)))
    .outerjoin(Person, Person.id == Booking.requester_id)
    .outerjoin(Organisation, Organisation.id == Booking.organisation_id)
)


def look(places: Iterable[Place], first: date, count: int, *, named: bool) -> Days:
    """What stands in these spaces on so many days, in one query. named: with whose it is, for the staff."""
    starts, ends = span(first, count)
    wanted = {"atoms": sorted({atom for place in places for atom in place.atoms}), "now": now()}
    wanted |= {"starts": starts, "ends": ends, "since": starts - LONGEST}
    asked = db.session.connection().execute(ASKED_BY_STAFF if named else ASKED_BY_ALL, wanted)
    rows = asked.cursor.fetchall()  # as the driver gives them: there is nothing to convert
    held = (row[6] - 1 for row in rows if row[6] and row[6] + 1 > wanted["now"].timestamp())  # whole seconds, cut or rounded
    return Days(first, count, named, rows, min(held, default=inf))
