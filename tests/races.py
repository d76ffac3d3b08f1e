"""Contestants in processes of their own that go for the same thing at the same moment.

A race is a function of this module: race(round, contestant) does one try inside an application context and says how it
ended. Every round starts at a barrier, so that all are under way at once.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.booking import service as booking
from hub.booking.models import Booking
from hub.clock import now, today
from hub.db import GUARANTEES, db
from hub.refusal import Refusal
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Space
from hub.spaces.rules import Slot
from tests.databases import environment

CONTESTANTS = 8
FIRST_DAY = datetime(2027, 9, 6, 8, tzinfo=UTC)
MIX = (
    "officina-grande",
    "campata-nord",
    "campate-nord-centrale",
    "campata-centrale",
    "campate-centrale-sud",
    "campata-sud",
    "officina-grande",
    "campata-centrale",
)


class Racers:
    """Eight processes that stay: each plays the rounds of a race when told to."""

    def __init__(self, url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(CONTESTANTS)
        self._pool = context.Pool(CONTESTANTS, _start, (url, self._barrier))

    def run(self, race: Callable[[int, int], str], rounds: int) -> list[Counter]:
        """How each round ended: a count of the words that the contestants came back with."""
        told = self._pool.starmap(_play, [(race.__name__, rounds, n) for n in range(CONTESTANTS)], chunksize=1)
        return [Counter(ends) for ends in zip(*told, strict=True)]

    def close(self) -> None:
        self._pool.terminate()
        self._pool.join()


def _start(url: str, barrier) -> None:
    global app, start
    app, start = create_app(environment(url)), barrier


def _play(race: str, rounds: int, contestant: int) -> list[str]:
    ends = []
    for number in range(rounds):
        start.wait(timeout=120)
        with app.app_context():
            ends.append(_try(globals()[race], number, contestant))
    return ends


def _try(race: Callable[[int, int], str], number: int, contestant: int) -> str:
    try:
        return race(number, contestant)
    except Conflict:
        return "taken"
    except Refusal as refusal:
        return f"refused: {refusal.rule}"
    except sa.exc.SQLAlchemyError as error:
        return f"error: {type(error).__name__}: {error.orig!r}"[:300]
    finally:
        db.session.rollback()


def one_slot(number: int, _contestant: int) -> str:
    """Everybody wants the same room at the same time."""
    return _close("aula-1", number)


def mixed(number: int, contestant: int) -> str:
    """The whole hall, its bays and its pairs of bays, all at the same time."""
    return _close(MIX[contestant], number)


def _close(slug: str, number: int) -> str:
    space = db.session.scalars(sa.select(Space).filter_by(slug=slug)).one()
    starts = FIRST_DAY + timedelta(days=number)
    spaces.close(space, Slot(starts, starts + timedelta(hours=2)), {"it": "gara"})
    db.session.commit()
    return f"won {slug}"


def hold(number: int, contestant: int) -> str:
    """Eight people choose the first hour of the same day in the meeting room, and send the booking."""
    layout = db.session.scalars(sa.select(Space).filter_by(slug="sala-riunioni")).one().layouts[0]
    person = db.session.scalars(sa.select(Person).filter_by(email=f"racer{contestant}@officine.example")).one()
    opening = spaces.days_of(layout.space, today() + timedelta(days=20 + number), 1)[0]
    db.session.rollback()
    if not opening.slots:
        return "closed"
    starts = opening.slots[0].starts
    made = booking.draft(layout, Slot(starts, starts + timedelta(hours=1)), 5, by=person)
    booking.describe(made, title="Gara", purpose="work", details="")
    booking.submit(made, by=person)
    db.session.commit()
    return "won"


def approve(number: int, contestant: int) -> str:
    """Managers approve competing requests for one time: each their own."""
    waiting = sa.select(Booking.id).where(Booking.title == f"Rivale {number}").order_by(Booking.id)
    ids = db.session.scalars(waiting).all()
    manager = db.session.scalars(sa.select(Person).filter_by(email="gestore@officine.example")).one()
    year = now().year
    db.session.rollback()
    mine = booking.booking_by_code(f"OM-{year}-{ids[contestant % len(ids)]:06d}", locked=True)
    booking.approve(mine, by=manager)
    db.session.commit()
    return "won"


def drop_the_guard() -> None:
    """Take the database's own refusal away, to show what it is that keeps the promise."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.text("ALTER TABLE allocation DROP CONSTRAINT allocation_no_overlap"))
    else:
        for name in GUARANTEES:
            if name.startswith("allocation_no_overlap"):
                db.session.execute(sa.text(f"DROP TRIGGER {name}"))
    db.session.commit()
