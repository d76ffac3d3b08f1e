"""Opening hours as a manager keeps them: weeks with their seasons, days unlike the others, and what the public sees of both.

Hours of days that are over stay as they were: a line ends, and another begins.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.clock import now, span, today, wall
from hub.db import db
from hub.refusal import Refusal, must_pass
from hub.spaces import closures, ledger, service
from hub.spaces.closures import Closed
from hub.spaces.models import Allocation, Occurrence, Opening, Space
from hub.spaces.rules import OpenDay, Slot, open_day

SHOWN_DAYS = 14
WATCHED_DAYS = 60


def lines(space: Space | None) -> list[Opening]:
    """The hours of a space's own, or of the hub, that are not over: weeks first, then single days, as people read them."""
    own = sa.select(Opening).where(Opening.space_id == (space and space.id))
    live = own.where(sa.or_(Opening.valid_to.is_(None), Opening.valid_to >= today()))
    return sorted(db.session.scalars(live), key=_reading)


def _reading(line: Opening) -> tuple:
    begins = line.valid_from or date.min
    return line.weekday is None, begins, line.audience or "", line.weekday or 0, line.opens or 0


def line_by(id: int) -> Opening | None:
    return db.session.get(Opening, id)


def days(space: Space | None, audience: str | None = None, count: int = SHOWN_DAYS) -> list[OpenDay]:
    """The coming days as the public, or one audience, will see them: of a space, or of the hub itself."""
    known = service.house()
    if space:
        return service.days_of(space, today(), count, known, audience)
    coming = (today() + timedelta(days=n) for n in range(count))
    return [open_day(day, 0, known.hours, service.holiday(day), audience) for day in coming]  # no space has the number 0


def closed(spaces: Iterable[Space], space: Space | None) -> dict[date, list[Closed]]:
    """The closures of the coming days, by day: of one space, or those of all of them."""
    known = closures.standing(Slot(*span(today(), SHOWN_DAYS)), space and space.atom_ids)
    every = set() if space else closures.atoms_of(spaces)
    coming = (today() + timedelta(days=n) for n in range(SHOWN_DAYS))
    return {day: [one for one in known if one.slot.meets(Slot(*span(day))) and one.atoms >= every] for day in coming}


def set_week(
    space: Space | None,
    *,
    weekdays: Iterable[int],
    opens: int,
    closes: int,
    audience: str | None,
    valid_from: date,
    valid_to: date | None,
    replacing: bool,
) -> None:
    """Hours (minutes after midnight) of these days of the week (0 Monday), of a space or of the hub, for a season or for good.

    replacing: they stand in for the hours that those days have; what these had before and after the season stays.
    Raises Refusal.
    """
    must_pass(lambda: must_open_before_closing(opens, closes), lambda: must_be_a_season(valid_from, valid_to, today()))
    ledger.lock()  # one change at a time
    for weekday in sorted(set(weekdays)):
        for line in lines(space):
            if (line.weekday, line.audience) == (weekday, audience) and _share_a_day(line, valid_from, valid_to):
                if replacing:
                    _give_way(line, valid_from, valid_to)
                else:
                    must_not_be_closed(line.opens, line.reason)
                    must_not_overlap(opens, closes, line.opens, line.closes)
        own = {"space_id": space and space.id, "audience": audience, "valid_from": valid_from, "valid_to": valid_to}
        db.session.add(Opening(weekday=weekday, opens=opens, closes=closes, **own))
    db.session.flush()


def set_day(space: Space | None, *, day: date, opens: int, closes: int, audience: str | None, reason: dict[str, str]) -> Opening:
    """Hours (minutes after midnight) of one day, in place of its week's and even on a holiday. Raises Refusal."""
    must_pass(lambda: must_open_before_closing(opens, closes), lambda: must_be_a_season(day, day, today()))
    ledger.lock()
    for line in lines(space):
        if line.weekday is None and line.audience == audience and _share_a_day(line, day, day):
            must_not_be_closed(line.opens, line.reason)
            must_not_overlap(opens, closes, line.opens, line.closes)
    line = Opening(space_id=space and space.id, audience=audience, opens=opens, closes=closes, reason=reason)
    line.valid_from = line.valid_to = day
    db.session.add(line)
    db.session.flush()
    return line


def end_hours(line: Opening) -> None:
    """The line holds until today; one that has not begun goes."""
    if line.valid_from and line.valid_from > today():
        db.session.delete(line)
    else:
        line.valid_to = today()
    db.session.flush()


def outside() -> list[Occurrence]:
    """Dates of the coming weeks that are booked at hours when their space is closed to everybody, the soonest first."""
    known = service.house()
    blocking = sa.exists().where(Allocation.occurrence_id == Occurrence.id, Allocation.blocking)
    coming = sa.select(Occurrence).where(
        *(Occurrence.kind == "booking", Occurrence.status == "planned", blocking),
        *(Occurrence.starts_at > now(), Occurrence.starts_at < now() + timedelta(days=WATCHED_DAYS)),
    )
    audiences = {None, *(rule.audience for rule in known.hours)}

    def is_open(one: Occurrence) -> bool:
        day, slot = wall(one.starts_at).date(), Slot(one.starts_at, one.ends_at)
        found = (open_day(day, one.space_id, known.hours, service.holiday(day), audience) for audience in audiences)
        return any(opening.holds(slot) for one_day in found for opening in one_day.slots)

    booked = db.session.scalars(coming.options(joinedload(Occurrence.space)).order_by(Occurrence.starts_at))
    return [one for one in booked if not is_open(one)]


def must_open_before_closing(opens: int, closes: int) -> None:
    """Hours within one day, in minutes after midnight."""
    if opens >= closes:
        raise Refusal("La chiusura viene dopo l'apertura, nello stesso giorno.", field="closes", rule="hours-order")


def must_be_a_season(valid_from: date, valid_to: date | None, today: date) -> None:
    if valid_from < today:
        raise Refusal("Gli orari dei giorni passati non cambiano: scegli da oggi in poi.", field="valid_from", rule="hours-past")
    if valid_to and valid_to < valid_from:
        raise Refusal("L'ultimo giorno viene dopo il primo.", field="valid_to", rule="hours-season")


def must_not_overlap(opens: int, closes: int, other_opens: int, other_closes: int) -> None:
    """Two stretches of the same days may touch, not overlap."""
    if opens < other_closes and other_opens < closes:
        raise Refusal(
            "In quei giorni c'è già l'orario %(opens)s–%(closes)s: scegli altre ore, oppure togli o sostituisci quell'orario.",
            opens=_clock(other_opens),
            closes=_clock(other_closes),
            field="opens",
            rule="hours-overlap",
        )


def must_not_be_closed(opens: int | None, reason: dict[str, str] | None) -> None:
    """A day that is marked as closed must be unmarked first."""
    if opens is None:
        raise Refusal(
            "Quel giorno è segnato come chiuso (%(reason)s): prima togli quella riga.",
            reason=reason or "-",
            field="valid_from",
            rule="hours-closed",
        )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _share_a_day(line: Opening, first: date, last: date | None) -> bool:
    begins_in_time = line.valid_from is None or last is None or line.valid_from <= last
    return begins_in_time and (line.valid_to is None or first <= line.valid_to)


def _give_way(line: Opening, first: date, last: date | None) -> None:
    """Leave these days to other hours: what the line says of days before and after them stays."""
    if last and (line.valid_to is None or line.valid_to > last):
        shared = {name: getattr(line, name) for name in ("space_id", "audience", "weekday", "opens", "closes", "reason")}
        db.session.add(Opening(**shared, valid_from=last + timedelta(days=1), valid_to=line.valid_to))
    if line.valid_from is None or line.valid_from < first:
        line.valid_to = first - timedelta(days=1)
    else:
        db.session.delete(line)
    db.session.flush()
