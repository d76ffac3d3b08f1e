"""What everybody may see of the programme: lists of published activities, and how it stands with enrolling in one."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.clock import now
from hub.db import db
from hub.labs import seats
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.labs.seats import Places

PER_PAGE = 20
STAGES = ("free_entry", "soon", "open", "full", "closed", "over", "cancelled")
WHEN = (selectinload(Activity.sessions), joinedload(Activity.edition))  # what a list tells of each


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; what is left out is as nobody wished. age: in years; free: one may enrol now, or just come;
    past: what is over, or was called off, instead of what is to come."""

    kind: str = ""
    area: str = ""
    theme: str = ""
    topic: str = ""
    age: int | None = None
    free: bool = False
    past: bool = False


class Shown(NamedTuple):
    """An activity of a list. next: its next session, or of what is over its first one; None where it has none. stage: a code
    of STAGES."""

    activity: Activity
    next: Session | None
    places: Places
    stage: str


def find(wish: Wish, page: int = 1, size: int = PER_PAGE) -> tuple[list[Shown], int]:
    """A page of what fits, the soonest first (of what is over, the latest), and how many there are in all."""
    at = now()
    coming = sa.and_(Session.activity_id == Activity.id, Session.state == "planned", Session.ends_at > at)
    soonest = sa.select(sa.func.min(Session.starts_at)).where(coming).scalar_subquery()
    began = sa.select(sa.func.min(Session.starts_at)).where(Session.activity_id == Activity.id).scalar_subquery()
    if wish.past:
        fits, order = [Activity.state.in_(SHOWN_STATES), soonest.is_(None)], (began.desc().nulls_last(), Activity.id.desc())
    else:
        fits, order = [Activity.state == "published", soonest.is_not(None)], (soonest, Activity.id)
    fits += fitting(wish)
    if wish.free:
        fits.append(to_be_had(at))
    count = sa.func.count().over().label("count")
    found = sa.select(Activity, count).where(*fits).order_by(*order).offset((page - 1) * size).limit(size)
    rows = db.session.execute(found.options(*WHEN)).all()
    if not rows and page > 1:  # beyond the last one
        return [], db.session.scalar(sa.select(sa.func.count()).select_from(Activity).where(*fits))
    return _shown([row.Activity for row in rows], at), rows[0].count if rows else 0


def fitting(wish: Wish) -> list[sa.ColumnElement[bool]]:
    """What an activity must be to fit a wish, but for its times and places."""
    fits = [getattr(Activity, name) == wanted for name in ("kind", "area", "theme", "topic") if (wanted := getattr(wish, name))]
    if wish.age is not None:
        fits.append(sa.func.coalesce(Activity.age_min, wish.age) <= wish.age)
        fits.append(sa.func.coalesce(Activity.age_max, wish.age) >= wish.age)
    return fits


def to_be_had(at: datetime) -> sa.ColumnElement[bool]:
    """Those that one may enrol in at an instant and get a place, or come to without enrolling, if they are not over."""
    open_ = sa.and_(Activity.enrol_opens_at <= at, Activity.enrol_closes_at > at, seats.has_room(at))
    return sa.and_(Activity.state == "published", sa.or_(Activity.takes_part == "none", open_))


def _shown(found: list[Activity], at: datetime) -> list[Shown]:
    places = seats.places_of(one.id for one in found)
    return [Shown(one, _next(one, at), places[one.id], stage_of(one, places[one.id], at)) for one in found]


def _next(activity: Activity, at: datetime) -> Session | None:
    coming = (one for one in activity.sessions if one.state == "planned" and one.ends_at > at)
    return next(coming, activity.sessions[0] if activity.sessions else None)


def stage_of(activity: Activity, places: Places, at: datetime) -> str:
    """How it stands with enrolling at an instant, a code of STAGES. full: one may still wait."""
    return stage(activity, places, at, over=all(one.ends_at <= at for one in activity.sessions))


def stage(activity: Activity | sa.Row, places: Places, at: datetime, *, over: bool) -> str:
    """The same of whatever has the columns of an activity. over: whether its last session has ended."""
    if activity.state in ("cancelled", "closed"):
        return "cancelled" if activity.state == "cancelled" else "over"
    if over:
        return "over"
    if activity.takes_part == "none":
        return "free_entry"
    if activity.enrol_opens_at is None or at >= activity.enrol_closes_at:
        return "closed"
    if at < activity.enrol_opens_at:
        return "soon"
    return "full" if places.waiting or places.free < 1 else "open"


def titles() -> list[tuple[str, dict, dict, str]]:
    """Slug, title, summary and kind of every activity that everybody may see, in one query."""
    columns = (Activity.slug, Activity.title, Activity.summary, Activity.kind)
    shown = sa.select(*columns).where(Activity.state.in_(SHOWN_STATES)).order_by(Activity.id.desc())
    return [tuple(row) for row in db.session.execute(shown)]
