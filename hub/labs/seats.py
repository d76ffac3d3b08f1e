"""Who has which place: the lock that all take first, each change of state written down, and places that go on to who is next.

One lock order: who answers for a participant (`families.lock`), then the activity, then atoms of the ledger.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import people, queue, rules
from hub.labs.models import Activity, EnrolGroup, Enrolment, EnrolmentChange, QueueSkip, Seat, Session
from hub.participation.log import record
from hub.refusal import Refusal
from impact.acts import EnrolmentCreated, EnrolmentWithdrawn

QUEUE = (Enrolment.priority, Enrolment.queued_at, Enrolment.id)
ANEW = {"populate_existing": True}  # what was read before the lock was had may be old


def _over(at: datetime | sa.BindParameter) -> sa.ColumnElement[bool]:
    """Places that were kept until an instant that has come."""
    return sa.and_(Enrolment.state.in_(rules.HELD_STATES), Enrolment.held_until <= at)


# Asked at each enrolment, while others wait for the lock: written once.
_ACTIVITY = sa.bindparam("activity")
_ALIVE = sa.and_(Session.activity_id == _ACTIVITY, Session.state != "cancelled")
_WAIT = sa.and_(Enrolment.activity_id == _ACTIVITY, Enrolment.state == "waiting")
_HAS = sa.and_(Enrolment.activity_id == Seat.activity_id, Enrolment.seat == Seat.number)
LOCK = sa.select(Activity).where(Activity.id == _ACTIVITY).with_for_update(key_share=True)
SPAN = sa.select(sa.func.min(Session.starts_at), sa.func.max(Session.ends_at)).where(_ALIVE)
WAITING = sa.select(Enrolment).where(_WAIT).order_by(*QUEUE)
WAITING_COUNT = sa.select(sa.func.count()).where(_WAIT)
OVER = sa.select(Enrolment).where(Enrolment.activity_id == _ACTIVITY, _over(sa.bindparam("at"))).order_by(Enrolment.id)
PLACES = sa.select(
    sa.select(sa.func.count()).where(Seat.activity_id == _ACTIVITY).scalar_subquery(),
    sa.select(sa.func.count())
    .where(Enrolment.activity_id == _ACTIVITY, Enrolment.seat.is_not(None), ~_over(sa.bindparam("at")))
    .scalar_subquery(),
    WAITING_COUNT.scalar_subquery(),
)
SEATS = sa.select(Seat.number, Enrolment.id).outerjoin(Enrolment, _HAS).where(Seat.activity_id == _ACTIVITY).order_by(Seat.number)


class Places(NamedTuple):
    """Of an activity: places in all, those that somebody has or is kept; how many wait. Where somebody waits, what is free is
    theirs first, or is kept for a group of them."""

    count: int
    taken: int
    waiting: int

    @property
    def free(self) -> int:
        return self.count - self.taken


# --- what there is


def places(activity: Activity) -> Places:
    return Places(*db.session.execute(PLACES, {"activity": activity.id, "at": now()}).one())


def places_of(activities: Iterable[int]) -> dict[int, Places]:
    """The places of activities, by their numbers. A place that was kept until an instant is free from that instant on."""
    ids, taken = list(activities), sa.case((sa.and_(Enrolment.seat.is_not(None), ~_over(now())), 1))
    if not ids:
        return {}
    waiting = sa.case((Enrolment.state == "waiting", 1))
    theirs = sa.select(sa.func.count(taken).label("taken"), sa.func.count(waiting).label("waiting"), Enrolment.activity_id)
    theirs = theirs.where(Enrolment.activity_id.in_(ids), Enrolment.ended_at.is_(None)).group_by(Enrolment.activity_id).subquery()
    seats = sa.select(sa.func.count()).where(Seat.activity_id == Activity.id).scalar_subquery()
    had = (sa.func.coalesce(theirs.c.taken, 0), sa.func.coalesce(theirs.c.waiting, 0))
    found = sa.select(Activity.id, seats, *had).outerjoin(theirs, theirs.c.activity_id == Activity.id).where(Activity.id.in_(ids))
    return {id: Places(*counts) for id, *counts in db.session.execute(found)}


def has_room(at: datetime) -> sa.ColumnElement[bool]:
    """Whether an activity has a place that nobody has, nor is kept one at an instant, and nobody waits for."""
    theirs, kept = Enrolment.activity_id == Activity.id, sa.and_(Enrolment.seat.is_not(None), ~_over(at))
    count = sa.select(sa.func.count()).where(Seat.activity_id == Activity.id).scalar_subquery()
    taken = sa.select(sa.func.count()).where(theirs, kept).scalar_subquery()
    return sa.and_(count > taken, ~sa.exists().where(theirs, Enrolment.state == "waiting"))


def position(enrolment: Enrolment) -> int | None:
    """Which one in the waiting list, from 1; None for who does not wait."""
    if enrolment.state != "waiting":
        return None
    mine = [sa.literal(getattr(enrolment, column.key), column.type) for column in QUEUE]
    before = sa.tuple_(*QUEUE) < sa.tuple_(*mine)
    theirs = sa.select(sa.func.count()).where(Enrolment.activity_id == enrolment.activity_id, Enrolment.state == "waiting")
    return db.session.scalar(theirs.where(before)) + 1


def waiting(activity: Activity) -> list[Enrolment]:
    """Who waits, in the order in which they are offered places."""
    return list(db.session.scalars(WAITING, {"activity": activity.id}, execution_options=ANEW))


def waiting_count(activity: Activity) -> int:
    return db.session.scalar(WAITING_COUNT, {"activity": activity.id})


class Span(NamedTuple):
    """When the first session of an activity starts, and its last one ends: None where it has none."""

    starts: datetime | None
    ends: datetime | None


def span_of(activity: Activity) -> Span:
    return Span(*db.session.execute(SPAN, {"activity": activity.id}).one())


def is_over(activity: Activity, at: datetime) -> bool:
    ends = span_of(activity).ends
    return ends is not None and ends <= at


# --- the lock, and what is written down


def begin(activity: Activity, *about: Enrolment) -> datetime:
    """From now on nobody else changes who has places in an activity, until the transaction ends. Gives this instant.

    What was read while waiting for the lock may be old: the activity, and the enrolments that it is about, are read anew.
    """
    db.session.flush()
    db.session.scalars(LOCK, {"activity": activity.id}, execution_options=ANEW).one()
    for enrolment in about:
        db.session.refresh(enrolment)
    return now()


def turn(
    enrolment: Enrolment, state: str, at: datetime, *, by: Person | None, reason: str = "", until: datetime | None = None
) -> None:
    """The one way from a state to another, written down, and in the log where a place is had or given up.

    until: of a place that is kept. Raises Refusal.
    """
    before = enrolment.state
    rules.must_go(before, state)
    enrolment.state = state
    if state in rules.HELD_STATES or state == "enrolled":
        enrolment.held_until = until
    if state in rules.ENDED_STATES:
        enrolment.seat, enrolment.ended_at = None, at
    note(enrolment, before, at, by=by, level=by.level if by else 0, reason=reason)
    if before == "enrolled" and state in rules.ENDED_STATES:
        _record(EnrolmentWithdrawn, enrolment, at, status=enrolment.end_reason or "other")


def note(enrolment: Enrolment, before: str, at: datetime, *, by: Person | None, level: int = 0, reason: str = "") -> None:
    """A line of its history; whoever has a place for good from now on stands in the log."""
    change = EnrolmentChange(enrolment_id=enrolment.id, before=before, after=enrolment.state, at=at, level=level, reason=reason)
    change.by_id = by and by.id
    db.session.add(change)
    if enrolment.state == "enrolled" and before in ("", *rules.HELD_STATES):
        _record(EnrolmentCreated, enrolment, at, channel=enrolment.channel)


def _record(act: type, enrolment: Enrolment, at: datetime, **facts: str) -> None:
    who = enrolment.participant or enrolment.organisation
    record(act(activity=enrolment.activity.slug, **facts), who=who, acting_as=enrolment.through, level=enrolment.level, at=at)


@contextmanager
def in_words(names: str = "") -> Iterator[None]:
    """A block whose changes are sent to the database at its end, which has the last word. Raises Refusal where it says no.

    names: of those who are enrolled.
    """
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        words = str(error.orig)  # SQLite tells a unique index by its columns, and a foreign key not at all
        if any(sign in words for sign in ("one_live_enrolment_", "enrolment.participant_id", "enrolment.organisation_id")):
            raise rules.twice(names) from error
        if any(sign in words for sign in ("one_enrolment_a_seat", "enrolment.seat", "fk_enrolment_seat", "FOREIGN KEY")):
            raise gone() from error
        raise


def gone() -> Refusal:
    """The database refuses a place that somebody else has, or that is not there any longer."""
    return Refusal("In questo momento i posti sono cambiati: ricarica la pagina e riprova.", rule="seat")


# --- who is next


class Seating(NamedTuple):
    """Who gets which place, and who is let past which group."""

    seated: list[tuple[Enrolment, int]]
    passed: list[tuple[EnrolGroup, Enrolment]]


def seating(activity: Activity, newcomers: Sequence[Enrolment] = ()) -> Seating:
    """What comes of the free places: they go, lowest number first, to who waits and to newcomers, in their order."""
    seats = db.session.execute(SEATS, {"activity": activity.id}).all()
    free = [number for number, enrolment in seats if enrolment is None]
    if not free:
        return Seating([], [])
    parties: dict[object, list[Enrolment]] = {}
    for one in sorted([*waiting(activity), *newcomers], key=lambda one: (one.priority, one.queued_at)):
        parties.setdefault(one.group_id or one, []).append(one)
    groups = _groups([key for key in parties if isinstance(key, int)])
    line = [queue.Party(key, len(party), groups[key].skips if key in groups else 0) for key, party in parties.items()]
    plan = queue.promote(line, len(free), len(seats), activity.skips_most)
    chosen = [one for party in plan.seated for one in parties[party.key]]
    passed = [(groups[group.key], parties[other.key][0]) for group, other in plan.skips]
    return Seating(list(zip(chosen, free, strict=False)), passed)


def _groups(ids: Sequence[int]) -> dict[int, EnrolGroup]:
    found = sa.select(EnrolGroup).where(EnrolGroup.id.in_(ids))
    return {group.id: group for group in db.session.scalars(found, execution_options=ANEW)} if ids else {}


def write_skips(passed: Iterable[tuple[EnrolGroup, Enrolment]], at: datetime) -> None:
    """Each time that somebody was let past a group, for whoever asks why."""
    for group, other in passed:
        group.skips += 1
        db.session.add(QueueSkip(group_id=group.id, enrolment_id=other.id, at=at))


def offer(activity: Activity, seated: Sequence[tuple[Enrolment, int]], at: datetime, *, by: Person | None = None) -> None:
    """Keep these places for some hours for those who waited."""
    until = at + timedelta(hours=activity.offer_hours)
    with in_words():
        for enrolment, seat in seated:
            enrolment.seat = seat
            turn(enrolment, "offered", at, by=by, until=until)
    people.tell("labs/offered", [enrolment for enrolment, _ in seated], until=until)


def promote(activity: Activity, at: datetime, *, by: Person | None = None) -> None:
    """Offer the places that came free to who is next. The caller holds the lock; by: who made more places."""
    db.session.flush()  # a place that somebody gives up is free before another has it
    if activity.state == "published" and not is_over(activity, at):
        given = seating(activity)
        offer(activity, given.seated, at, by=by)
        write_skips(given.passed, at)


def lapse(activity: Activity, at: datetime) -> int:
    """End what was kept until an instant that has come, and let who is next have it. The caller holds the lock. How many."""
    ended = db.session.scalars(OVER, {"activity": activity.id, "at": at}, execution_options=ANEW).all()
    if not ended:
        return 0
    for state in rules.HELD_STATES:
        these = [one for one in ended if one.state == state]
        for enrolment in these:
            turn(enrolment, "expired", at, by=None)
        people.tell("labs/expired", these, was=state)
    promote(activity, at)
    return len(ended)


def settle() -> int:
    """Move on what time has decided: places that nobody took in time, and those who wait for what is over. How many ended.

    An activity in which somebody is busy is left for the next round.
    """
    at = now()
    lapsing = sa.select(Enrolment.activity_id).where(_over(at))
    ended = sa.select(Session.activity_id).where(Session.state != "cancelled").group_by(Session.activity_id)
    idle = sa.select(Enrolment.activity_id).where(
        Enrolment.state == "waiting", Enrolment.activity_id.in_(ended.having(sa.func.max(Session.ends_at) <= at))
    )
    found = sa.select(Activity).where(sa.or_(Activity.id.in_(lapsing), Activity.id.in_(idle))).order_by(Activity.id)
    found = found.with_for_update(skip_locked=True, key_share=True, of=Activity)
    return sum(_settle(one) for one in db.session.scalars(found).all())


def _settle(activity: Activity) -> int:
    at = begin(activity)
    ended = lapse(activity, at)
    if is_over(activity, at):
        for enrolment in (left := waiting(activity)):
            turn(enrolment, "expired", at, by=None)
        people.tell("labs/no_place", left)
        ended += len(left)
    db.session.flush()
    return ended


# --- how many places


def set_places(activity: Activity, count: int, *, by: Person) -> None:
    """So many places from now on. More are offered at once to who waits; of the free ones the highest go. Raises Refusal."""
    rules.must_be_a_number_of_places(count)
    at = begin(activity)
    lapse(activity, at)
    numbers = set(db.session.scalars(sa.select(Seat.number).where(Seat.activity_id == activity.id)))
    theirs = sa.select(Enrolment.seat).where(Enrolment.activity_id == activity.id, Enrolment.seat.is_not(None))
    taken = set(db.session.scalars(theirs))
    rules.must_keep_taken(count, len(taken))
    missing = (number for number in range(1, count + len(numbers) + 1) if number not in numbers)
    more = [number for number, _ in zip(missing, range(count - len(numbers)), strict=False)]
    db.session.add_all([Seat(activity_id=activity.id, number=number) for number in more])
    fewer = sorted(numbers - taken, reverse=True)[: max(0, len(numbers) - count)]
    with in_words():
        db.session.execute(sa.delete(Seat).where(Seat.activity_id == activity.id, Seat.number.in_(fewer)))
    promote(activity, at, by=by)
