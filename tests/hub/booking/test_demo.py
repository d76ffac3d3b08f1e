"""The bookings of the demo: there is something on every desk, whenever somebody starts it, and all of it says what it is."""

import pytest
import sqlalchemy as sa
import time_machine

from hub import demo
from hub.booking import arrivals, charges, decision, usage
from hub.booking.models import Booking, Turned
from hub.clock import now, today
from hub.db import db
from hub.spaces.service import AUDITS, audit


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-29T07:00:00+01:00",
        "2026-12-23T13:10:00+01:00",
        "2027-01-01T12:00:00+01:00",
        "2027-03-28T12:00:00+02:00",
        "2027-08-25T23:50:00+02:00",
        "2027-10-31T02:30:00+01:00",
    ],
)
def test_the_demo_loads_on_any_day_and_its_ledger_is_whole(app, at):
    """Each day on one engine, as if it were a view: what a day changes, it changes before the database is asked."""
    with time_machine.travel(at, tick=False), app.app_context():
        demo.load()
        before = db.session.scalar(sa.select(sa.func.count(Booking.id)))
        demo.load()
        assert db.session.scalar(sa.select(sa.func.count(Booking.id))) == before
        assert audit() == dict.fromkeys(AUDITS, 0)
        assert all("(dato sintetico)" in title for title in db.session.scalars(sa.select(Booking.title)))
        assert db.session.scalar(sa.select(sa.func.max(Turned.at))) <= now()


def test_every_desk_has_something_to_show(session):
    with time_machine.travel("2026-12-01T13:00:00+01:00", tick=False):
        demo.load()
        session.flush()
        first = today().replace(month=9)
        known = usage.figures(first, today())
        assert len(arrivals.expected(today())) == 5 and any(one.arrived_at for _, one in arrivals.expected(today()))
        assert usage.prime(known, usage.prime_windows(known, first)) and usage.turned_away(first, today())
        assert sum(unused for _, _, unused, _ in usage.no_shows(known, now())) == 3
        assert all(charges.open_accounts(which, page=1)[0] for which in ("da-incassare", "cauzioni"))
        assert charges.advantages(2026)[0].cents > 0
        rivals = session.scalars(sa.select(Booking).where(Booking.state == "submitted")).all()
        assert any(decision.rivals(one) for one in rivals) and any(decision.is_late(one, now()) for one in rivals)
