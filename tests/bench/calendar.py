"""The week of fifty spaces beside the least there can be: each page in turns with its reference, in one run.

For everybody (G1), again to a browser that has it (G3), with titles for the staff (G4). The portal keeps what it wrote for
as long as nobody commits anything: how it is where somebody does all the time stands beneath each. G2 compares with other
products, which are not measured here.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import SignIn
from hub.db import db
from hub.spaces.models import Space
from tests.bench import limit_app
from tests.bench.engines import CALENDAR, PostgresqlData, SqliteData
from tests.bench.load import CLIENTS, Clients, request
from tests.bench.measure import PORTAL_APP, Measured, Pace, take
from tests.bench.report import Goals, table
from tests.bench.seed import RACING, token
from tests.bench.servers import Server, serve, settings

MANAGER = RACING.stop
PATH = f"/calendario?giorno={CALENDAR.week}&vista=settimana"
HEADS = ("page", "CPU ms", "app", "db", "x ref", "req/s", "% of ref", "p95 ms", "KiB")


@dataclass(frozen=True)
class Week:
    """A week of the portal beside a page of the reference: what is asked, which answer is wanted, and the goal in % of req/s
    ("" where there is none, since somebody commits meanwhile)."""

    name: str
    goal: str
    reference: str
    message: bytes
    status: int
    percent: int


def week(clients: Clients, databases: SqliteData | PostgresqlData, size: str, pace: Pace, goals: Goals) -> None:
    """The weeks of the portal and of the reference with so many bookings."""
    with ExitStack() as copies:
        urls = {name: copies.enter_context(databases.copy(name, size)) for name in ("reference", "portal")}
        _prepare(urls["portal"])
        found = beside(clients, urls, pace.hurried)
    _tell(databases.name, size, found, goals)


def _prepare(url: str) -> None:
    """All fifty spaces are on show, and a manager has signed in with two proofs."""
    app = create_app(settings(url))
    with app.app_context():
        db.session.execute(sa.update(Space).values(published=True))
        now = datetime.now(UTC)
        secret = hashlib.sha256(token(MANAGER).encode()).hexdigest()
        db.session.add(
            SignIn(token_hash=secret, person_id=MANAGER, created_at=now, expires_at=now + timedelta(days=1), second_factor_at=now)
        )
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def beside(clients: Clients, urls: dict[str, str], pace: Pace) -> list[tuple[Week, Measured, Measured]]:
    """Each week with its reference measured just before it: (week, portal's, reference's)."""
    with (
        serve("tests.bench.week_app:app", urls["reference"], "sync", "/week/sqlgrid") as reference,
        serve(PORTAL_APP, urls["portal"], "sync", "/") as portal,
    ):
        weeks = _weeks(portal)
        quiet = [(week, Measured(), Measured()) for week in weeks]
        busy = [(replace(week, name=f"{week.name}, commits", goal=""), Measured(), Measured()) for week in weeks]
        for found in (quiet, busy):  # one after the other: a commit is felt in the next turn
            for number in range(pace.rounds + 1):
                for week, mine, its in found:
                    least = take(clients, reference, [[request(week.reference)]] * CLIENTS, 200, pace.seconds)
                    with nullcontext() if week.goal else _commits(urls["portal"]):
                        sample = take(clients, portal, [[week.message]] * CLIENTS, week.status, pace.seconds)
                    if number:  # the first round warms up
                        its.samples.append(least)
                        mine.samples.append(sample)
    return [*quiet, *busy]


@contextmanager
def _commits(url: str) -> Iterator[None]:
    """Somebody else commits something all the while."""
    engine, over = limit_app.engine_of(url), Event()

    def commit() -> None:
        while not over.wait(0.005):
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                connection.exec_driver_sql("UPDATE person SET given_name = 'Persona ' || random() WHERE id = 1")

    thread = Thread(target=commit)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        engine.dispose()


def _weeks(portal: Server) -> list[Week]:
    head, _ = portal.answer(PATH)
    form = re.search(rb"set-cookie: (form=[^;]+)", head, re.IGNORECASE)[1].decode()
    head, _ = portal.answer(PATH, cookie=form)
    tag = re.search(rb"etag: (\S+)", head, re.IGNORECASE)[1]
    again = request(PATH, cookie=form).replace(b"\r\n\r\n", b"\r\nIf-None-Match: " + tag + b"\r\n\r\n")
    return [
        Week("week, for everybody", "G1", "/week/sqlgrid", request(PATH), 200, 60),
        Week("week, again (304)", "G3", "/week/cached", again, 304, 40),
        Week("week, for the staff", "G4", "/week/full", request(PATH, cookie=f"session={token(MANAGER)}"), 200, 70),
    ]


def _tell(engine: str, size: str, found: list[tuple[Week, Measured, Measured]], goals: Goals) -> None:
    rows = []
    for week, mine, its in found:
        rows.append(_row(f"reference {week.reference}", its))
        rows.append(_row(week.name, mine, its))
        if not week.goal:
            continue
        share = mine.ratio(its, "rate") * 100
        most = round(100 / week.percent, 1)
        goals.at_least(week.goal, engine, f"{week.name}: req/s of {week.reference}'s", share, week.percent, " %")
        goals.at_most(week.goal, engine, f"{week.name}: CPU, times {week.reference}'s", mine.ratio(its, "cpu_ms"), most)
        if week.goal == "G1":
            goals.at_most("G12", engine, f"{week.name}: KiB of HTML", mine.size / 1024, 60)
    table(f"{engine}, {size} bookings, gunicorn sync: the week of fifty spaces", HEADS, rows)


def _row(name: str, mine: Measured, its: Measured | None = None) -> tuple:
    ratio, share = (mine.ratio(its, "cpu_ms"), mine.ratio(its, "rate") * 100) if its else (None, None)
    return (name, mine.cpu_ms, mine.app_ms, mine.db_ms, ratio, mine.rate, share, mine.p95, mine.size / 1024)
