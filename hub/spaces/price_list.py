"""The price list of the spaces: what each costs, for whom, by which unit, from when. A line that was in force is never
rewritten: a new one begins, and the old one ends the day before."""

from collections.abc import Iterable
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.clock import today
from hub.db import db
from hub.refusal import Refusal
from hub.spaces.models import PRICE_UNITS, Layout, Price, Space
from hub.spaces.tariffs import must_begin_in_time, must_end_in_time


def in_force(lines: Iterable[Price], on: date | None = None) -> list[Price]:
    """Those of these lines that hold on a day (today, where none is given) or later, in the order in which people read them."""
    return sorted((line for line in lines if line.valid_to is None or line.valid_to >= (on or today())), key=_reading)


def lines(space: Space | None = None, *, on: date | None = None) -> list[Price]:
    """The lines of a space, or of all, that are in force on a day or later; in the order in which people read them."""
    found = sa.select(Price).where(Price.space_id == space.id if space else sa.true())
    return in_force(db.session.scalars(found.options(joinedload(Price.layout))), on)


def _reading(line: Price) -> tuple:
    for_all = (line.layout_id is not None, line.layout_id or 0, line.audience is not None, line.audience or "")
    return (line.space_id, *for_all, PRICE_UNITS.index(line.unit), line.valid_from)


def set_price(
    space: Space, *, layout: Layout | None, audience: str | None, unit: str, cents: int, valid_from: date, valid_to: date | None
) -> Price:
    """A line of the list; the one that it follows, for the same things, ends the day before. Raises Refusal.

    What was booked keeps the price that it was told. A line that would have begun on the same day or later gives way.
    """
    must_begin_in_time(valid_from, today())
    if layout and layout.space_id != space.id:
        raise Refusal("Scegli una disposizione di questo spazio.", field="layout", rule="price-layout")
    must_end_in_time(valid_from, valid_to)
    db.session.execute(sa.select(Space.id).where(Space.id == space.id).with_for_update())  # one price at a time
    for line in lines(space, on=valid_from):
        if (line.layout_id, line.audience, line.unit) == (layout and layout.id, audience, unit):
            _give_way(line, valid_from, valid_to)
    line = Price(space_id=space.id, layout=layout, audience=audience, unit=unit, cents=cents)
    line.valid_from, line.valid_to = valid_from, valid_to
    db.session.add(line)
    return line


def _give_way(line: Price, first: date, last: date | None) -> None:
    if last and last < line.valid_from:
        return
    if line.valid_from < first:
        line.valid_to = first - timedelta(days=1)
    else:
        db.session.delete(line)


def end_price(line: Price) -> None:
    """The line holds until today; one that has not begun goes."""
    if line.valid_from > today():
        db.session.delete(line)
    else:
        line.valid_to = today()


def line_by(id: int) -> Price | None:
    return db.session.get(Price, id)
