"""The last places of one activity, for which eight processes enrol people as fast as they can (G9), beside the least there is.

The least keeps the same promise and does nothing else: a count of the places that are taken, raised where it is below the
capacity, and the row of who has one. Both in turns, in the same database; people come when all is full, and are turned away.
Without HTTP: the form, its rules and the page would hide what waiting for the lock costs.
"""

import multiprocessing
import time
from collections import Counter
from statistics import median
from typing import NamedTuple

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.db import db
from hub.families.models import Participant
from hub.labs import enrolment
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, Enrolment
from hub.refusal import Refusal
from tests.bench import limit_app
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.measure import Measured, Pace, Sample
from tests.bench.report import Goals, table
from tests.bench.servers import cpu_of_children, postmaster, settings
from tests.hub.labs.makers import lab, own_record, years_ago

SIZE, RIVALS = "10k", 8
PRETIX_TIMES_20 = 150  # orders a second, as performance.md measured that
ENROL, LEAST = "enrolment", "the least: a count and a row"
HEADS = ("what", "CPU ms", "app", "db", "x least", "a second", "p50 ms", "p95 ms", "longest ms", "busy")
MAKE = (
    "CREATE TABLE bench_taken (id INTEGER PRIMARY KEY, count INTEGER NOT NULL)",
    "CREATE TABLE bench_seat (activity INTEGER NOT NULL, seat INTEGER NOT NULL, person INTEGER NOT NULL, "
    "PRIMARY KEY (activity, seat), UNIQUE (activity, person))",
)
RAISE = sa.text("UPDATE bench_taken SET count = count + 1 WHERE id = :activity AND count < :places RETURNING count")
INSERT = sa.text("INSERT INTO bench_seat (activity, seat, person) VALUES (:activity, :seat, :person)")


class Round(NamedTuple):
    """What one process did: its seconds for each who came, how they ended, its CPU, from when to when."""

    seconds: list[float]
    ends: Counter
    cpu: float
    begun: float
    over: float


class Rivals:
    """Eight processes that stay, each with a portal and a bare connection to the database. each: how many come to each."""

    def __init__(self, url: str, each: int) -> None:
        self.url, self.each, self.places = url, each, RIVALS * each * 5 // 6
        self.database, self.longest, self.ends = postmaster(url), {}, {}
        context = multiprocessing.get_context("spawn")
        self.pool = context.Pool(RIVALS, _start, (url, context.Barrier(RIVALS)))

    def close(self) -> None:
        self.pool.terminate()
        self.pool.join()

    def run(self, what: str, number: int) -> Sample:
        """All of them come to the activity with this number, each with their own people."""
        before = cpu_of_children(self.database)
        tasks = [(what, number, self.places, range(one + 1, RIVALS * self.each + 1, RIVALS)) for one in range(RIVALS)]
        rounds: list[Round] = self.pool.map(_play, tasks, chunksize=1)
        db_ms = (cpu_of_children(self.database) - before) * 1000
        ordered = sorted(1000 * second for one in rounds for second in one.seconds)
        count = len(ordered)
        self.longest[what] = max(self.longest.get(what, 0.0), ordered[-1])
        self.ends.setdefault(what, Counter()).update(sum((one.ends for one in rounds), Counter()))
        elapsed = max(one.over for one in rounds) - min(one.begun for one in rounds)
        app_ms = sum(one.cpu for one in rounds) * 1000
        return Sample(app_ms / count, db_ms / count, count / elapsed, median(ordered), ordered[int(count * 0.95)], count)


def last_places(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """Both, in turns, an activity a round."""
    with databases.copy("portal", SIZE) as url:
        rivals = Rivals(url, pace.commits * 2)
        try:
            _prepare(url, rivals, pace.rounds + 1)
            found = {LEAST: Measured(), ENROL: Measured()}
            for number in range(pace.rounds + 1):
                for what, measured in found.items():
                    sample = rivals.run(what, number + 1)
                    if number:  # the first round warms up
                        measured.samples.append(sample)
        finally:
            rivals.close()
        winners = _winners(url)
    rows = [_row(what, measured, found[LEAST], rivals) for what, measured in found.items()]
    title = f"{databases.name}: {RIVALS} processes, {RIVALS * rivals.each} people, the last {rivals.places} places"
    table(title, HEADS, rows)
    for full in winners:
        goals.exactly("G9", databases.name, "people with a place", full, rivals.places)
    rate = found[ENROL].rate
    goals.at_least("G9", databases.name, "enrolments a second (20 times pretix's orders)", rate, PRETIX_TIMES_20)


def _row(what: str, mine: Measured, least: Measured, rivals: Rivals) -> tuple:
    longest, busy = rivals.longest[what], rivals.ends[what]["busy"]
    numbers = (mine.cpu_ms, mine.app_ms, mine.db_ms, mine.ratio(least, "cpu_ms"), mine.rate, mine.p50, mine.p95)
    return (what, *numbers, longest, busy)


def _prepare(url: str, rivals: Rivals, rounds: int) -> None:
    """People with a record of their own, and for each round an activity, and a count."""
    app = create_app(settings(url))
    with app.app_context():
        for statement in MAKE:
            db.session.execute(sa.text(statement))
        for person in db.session.scalars(sa.select(Person).where(Person.id <= RIVALS * rivals.each).order_by(Person.id)):
            own_record(person, years_ago(30))
        for number in range(1, rounds + 1):
            lab(f"gara-{number}", rivals.places, waiting_most=0)
            db.session.execute(sa.text("INSERT INTO bench_taken (id, count) VALUES (:id, 0)"), {"id": number})
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _winners(url: str) -> list[int]:
    """How many have a place in each activity."""
    app = create_app(settings(url))
    with app.app_context():
        theirs = sa.select(sa.func.count(Enrolment.seat.distinct())).join(Activity).group_by(Activity.id).order_by(Activity.id)
        found = list(db.session.scalars(theirs.where(Activity.slug.like("gara-%"))))
        db.session.remove()
        db.engine.dispose()
    return found


# --- in the rivals' processes


def _start(url: str, barrier) -> None:
    global app, bare, start
    app, bare, start = create_app(settings(url)), limit_app.engine_of(url), barrier


def _play(task: tuple[str, int, int, range]) -> Round:
    what, number, places, people = task
    come = {ENROL: _enrol, LEAST: _take}[what]
    start.wait(timeout=120)
    seconds, ends, cpu, begun = [], Counter(), time.process_time(), time.monotonic()
    for person in people:
        asked = time.monotonic()
        try:
            ends[come(number, places, person)] += 1
        except sa.exc.OperationalError:  # 503 and «try again», over HTTP
            ends["busy"] += 1
        seconds.append(time.monotonic() - asked)
    return Round(seconds, ends, time.process_time() - cpu, begun, time.monotonic())


def _enrol(number: int, _places: int, person: int) -> str:
    """Somebody enrols themselves, as the last step of the form does it."""
    with app.app_context():
        try:
            activity = db.session.scalars(sa.select(Activity).filter_by(slug=f"gara-{number}")).one()
            who = db.session.scalars(sa.select(Participant).filter_by(person_id=person)).one()
            made = enrolment.enrol(activity, [Wanted(who)], by=who.person)
            db.session.commit()
            return made[0].state
        except Refusal as refusal:
            return refusal.rule
        finally:
            db.session.remove()


def _take(number: int, places: int, person: int) -> str:
    with bare.connect().execution_options(writes=True) as connection, connection.begin():
        seat = connection.execute(RAISE, {"activity": number, "places": places}).scalar()
        if seat is None:
            return "full"
        connection.execute(INSERT, {"activity": number, "seat": seat, "person": person})
        return "enrolled"
