"""What everybody may see of the programme: lists of published activities, and how it stands with enrolling in one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from hub.clock import now
from hub.db import db
from hub.labs import seats
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.labs.seats import Places
from hub.spaces.models import Occurrence

PER_PAGE = 20
STAGES = ("free_entry", "soon", "open", "full", "closed", "over", "cancelled")
WITH_SESSIONS = selectinload(Activity.sessions).selectinload(Session.occurrences).joinedload(Occurrence.space)


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
    coming = sa.and_(Session.activity_id == Activity.id, Session.state == "planned", Session.ends_at > now())
    soonest = sa.select(sa.func.min(Session.starts_at)).where(coming).scalar_subquery()
    began = sa.select(sa.func.min(Session.starts_at)).where(Session.activity_id == Activity.id).scalar_subquery()
    found = sa.select(Activity.id)
    if wish.past:
        found = found.where(Activity.state.in_(SHOWN_STATES), soonest.is_(None))
        found = found.order_by(began.desc().nulls_last(), Activity.id.desc())
    else:
        found = found.where(Activity.state == "published", soonest.is_not(None)).order_by(soonest, Activity.id)
    for name in ("kind", "area", "theme", "topic"):
        if wanted := getattr(wish, name):
            found = found.where(getattr(Activity, name) == wanted)
    if wish.age is not None:
        least, most = sa.func.coalesce(Activity.age_min, wish.age), sa.func.coalesce(Activity.age_max, wish.age)
        found = found.where(least <= wish.age, most >= wish.age)
    ids = list(db.session.scalars(found))
    if wish.free:
        ids = _to_be_had(ids)
    return _shown(ids[(page - 1) * size : page * size]), len(ids)


def _to_be_had(ids: list[int]) -> list[int]:
    """Those of them that one may enrol in now and get a place, or come to without enrolling."""
    found, places = _rows(ids), seats.places_of(ids)
    return [id for id in ids if stage_of(found[id], places[id], now()) in ("free_entry", "open")]


def _rows(ids: Iterable[int], *options: object) -> dict[int, Activity]:
    theirs = sa.select(Activity).where(Activity.id.in_(list(ids))).options(*options)
    return {one.id: one for one in db.session.scalars(theirs)}


def _shown(ids: list[int]) -> list[Shown]:
    if not ids:
        return []
    found, places, at = _rows(ids, WITH_SESSIONS), seats.places_of(ids), now()
    return [Shown(found[id], _next(found[id], at), places[id], stage_of(found[id], places[id], at)) for id in ids]


def _next(activity: Activity, at: datetime) -> Session | None:
    coming = (one for one in activity.sessions if one.state == "planned" and one.ends_at > at)
    return next(coming, activity.sessions[0] if activity.sessions else None)


def stage_of(activity: Activity, places: Places, at: datetime) -> str:
    """How it stands with enrolling at an instant, a code of STAGES. full: one may still wait."""
    if activity.state in ("cancelled", "closed"):
        return "cancelled" if activity.state == "cancelled" else "over"
    if all(one.ends_at <= at for one in activity.sessions):
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
