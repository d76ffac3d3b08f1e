"""Contestants in processes of their own that go for the same thing at the same moment.

A race is a function of a module: race(round, contestant) does one try inside an application context and says how it
ended. Every round starts at a barrier, so that all are under way at once.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyotp
import sqlalchemy as sa
import time_machine

from hub import create_app
from hub import db as database
from hub.accounts import credentials, roles, second_factor, throttle
from hub.accounts.models import Attempt, Person, SecondFactor
from hub.booking import decision
from hub.booking import service as booking
from hub.booking.models import Booking
from hub.clock import now, today
from hub.db import GUARANTEES, db
from hub.notices.models import Notice
from hub.refusal import Refusal
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Space
from hub.spaces.rules import Slot
from tests.databases import environment

CONTESTANTS = 8
PATIENCE = 60  # seconds that rivals wait for each other: on a busy machine all of them are slow, and none is at fault
FIRST_DAY = datetime(2027, 9, 6, 8, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
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
sa.orm.configure_mappers()  # here, once: whoever races is born of a process that has imported this module


class Racers:
    """Eight processes that stay: each plays the rounds of a race when told to."""

    def __init__(self, url: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.races"])  # imported once, and by a process of its own, which runs nothing else
        self._barrier = context.Barrier(CONTESTANTS)
        self._pool = context.Pool(CONTESTANTS, _start, (url, self._barrier))

    def run(self, race: Callable[[int, int], str], rounds: int) -> list[Counter]:
        """How each round ended: a count of the words that the contestants came back with."""
        told = self._pool.starmap(_play, [(race, rounds, n) for n in range(CONTESTANTS)], chunksize=1)
        return [Counter(ends) for ends in zip(*told, strict=True)]

    def close(self) -> None:
        self._pool.terminate()
        self._pool.join()


@contextmanager
def racing(url: str) -> Iterator[Racers]:
    """Contestants on a database, who find what was written so far; at the end nothing of theirs or ours is left open."""
    db.session.commit()
    racers = Racers(url)
    try:
        yield racers
    finally:
        racers.close()
        db.session.remove()
        db.engine.dispose()


def _start(url: str, barrier) -> None:
    global app, start
    app, start = create_app(environment(url)), barrier
    database.BUSY_SECONDS = PATIENCE
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            sa.event.listen(db.engine, "connect", _be_patient)


def _be_patient(connection, _record) -> None:
    connection.execute(f"SET lock_timeout = '{PATIENCE}s'; SET statement_timeout = '{PATIENCE}s'")
    connection.commit()


def _play(race: Callable[[int, int], str], rounds: int, contestant: int) -> list[str]:
    ends = []
    for number in range(rounds):
        start.wait(timeout=120)
        with app.app_context():
            ends.append(_try(race, number, contestant))
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
    mine, manager = _rival(f"Rivale {number}", contestant)
    decision.approve(mine, by=manager)
    db.session.commit()
    return "won"


def confirm(number: int, contestant: int) -> str:
    """The same where nobody ends the requests that lost: between two of them stands the ledger alone."""
    mine, manager = _rival(f"Altra rivale {number}", contestant)
    booking.confirm(mine, by=manager)
    db.session.commit()
    return "won"


def _rival(title: str, contestant: int) -> tuple[Booking, Person]:
    """One of the two requests that were sent last under this title, and who decides."""
    waiting = sa.select(Booking.id).where(Booking.title == title).order_by(Booking.id.desc()).limit(2)
    ids = db.session.scalars(waiting).all()
    manager = db.session.scalars(sa.select(Person).filter_by(email="gestore@officine.example")).one()
    year = now().year
    db.session.rollback()
    return booking.booking_by_code(f"OM-{year}-{ids[contestant % len(ids)]:06d}", locked=True), manager


def guess(number: int, _contestant: int) -> str:
    """Everybody tries passwords of one account: how many of three tries were let through."""
    return f"passed {sum(_may_try(f'account{number}') for _ in range(3))}"


def _may_try(account: str) -> bool:
    try:
        throttle.count(throttle.SIGN_IN_ACCOUNT, account)
    except Refusal:
        return False
    return True


def guess_by_a_count_read_first(number: int, _contestant: int) -> str:
    """The same by a count that is read, and then written: what the guard is for."""
    passed, mine = 0, {"bucket": f"account{number}"}
    for _ in range(3):
        tried = db.session.scalar(sa.select(Attempt.count).filter_by(**mine)) or 0
        db.session.rollback()
        if tried < throttle.SIGN_IN_ACCOUNT.times:
            db.session.merge(Attempt(**mine, count=tried + 1, since=now()))
            db.session.commit()
            passed += 1
    return f"passed {passed}"


def code(number: int, _contestant: int) -> str:
    """Everybody has the same code of one person's authenticator, of which the portal knows the secret (SECRET)."""
    person = db.session.scalars(sa.select(Person).filter_by(email=f"code{number}@officine.example")).one()
    db.session.rollback()
    with time_machine.travel(FIRST_DAY, tick=False):
        second_factor.check(person, pyotp.TOTP(SECRET).generate_otp(int(now().timestamp()) // 30))
    db.session.commit()
    return "won"


def code_by_a_step_read_first(number: int, _contestant: int) -> str:
    """The same by a step that is read, and then written."""
    person = db.session.scalars(sa.select(Person).filter_by(email=f"code{number}@officine.example")).one()
    last = db.session.scalar(sa.select(SecondFactor.last_step).filter_by(person_id=person.id))
    db.session.rollback()
    step = int(FIRST_DAY.timestamp()) // 30
    if last >= step:
        return "refused: code-right"
    db.session.execute(sa.update(SecondFactor).filter_by(person_id=person.id).values(last_step=step))
    db.session.commit()
    return "won"


def paper(number: int, _contestant: int) -> str:
    """Everybody has the same code on paper, which the person keeps where others keep a telephone number."""
    person = db.session.scalars(sa.select(Person).filter_by(email=f"code{number}@officine.example")).one()
    db.session.rollback()
    second_factor.check(person, person.phone)
    db.session.commit()
    return "won"


def move(number: int, contestant: int) -> str:
    """Everybody wants the same new address, and opens both links."""
    me = db.session.scalars(sa.select(Person).filter_by(given_name=f"Racer {contestant}")).one()
    db.session.rollback()
    wanted = f"meta{number}@officine.example"
    credentials.ask_new_address(me, wanted)
    db.session.commit()
    told = db.session.scalars(sa.select(Notice).filter_by(subject=me.subject).order_by(Notice.id.desc()).limit(2))
    links = [row.payload["link"] for row in told if row.payload.get("email") == wanted and row.private]
    db.session.rollback()
    done = False
    for link in links:
        done = credentials.confirm_address(link.rpartition("/")[2])
        db.session.commit()
    return "won" if done else "half"


def depose(number: int, contestant: int) -> str:
    """Two administrators take each other's role, each by four browsers."""
    found = sa.select(Person).where(Person.email.like("chief%")).order_by(Person.id)
    chiefs = db.session.scalars(found).all()
    db.session.rollback()
    mine, other = chiefs[contestant % 2], chiefs[1 - contestant % 2]
    roles.revoke_role(other, "administrator", by=mine, reason=f"Round {number}")
    db.session.commit()
    return "done"


def drop_the_guard() -> None:
    """Take the database's own refusal away, to show what it is that keeps the promise."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.text("ALTER TABLE allocation DROP CONSTRAINT IF EXISTS allocation_no_overlap"))
    else:
        for name in GUARANTEES:
            if name.startswith("allocation_no_overlap"):
                db.session.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
    db.session.commit()
