"""The last places of one activity, for which eight processes enrol people as fast as they can (G9), beside the least there is.

The least keeps the same promise and does nothing else: a count of the places that are taken, raised where it is below the
capacity, and the row of who has one. Both in turns, in the same database; people come when all is full, and are turned away.
"""

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.db import db
from hub.families.models import Participant
from hub.labs import enrolment
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, Enrolment
from hub.refusal import Refusal
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.measure import Pace
from tests.bench.report import Goals
from tests.bench.rivals import RIVALS, Here, Rivals, in_turns, show
from tests.bench.servers import settings
from tests.hub.labs.makers import lab, own_record, years_ago

SIZE = "10k"
PRETIX_TIMES_20 = 150  # orders a second, as performance.md measured that
MAKE = (
    "CREATE TABLE bench_taken (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, places INTEGER NOT NULL)",
    "CREATE TABLE bench_seat (activity INTEGER NOT NULL, seat INTEGER NOT NULL, person INTEGER NOT NULL, "
    "PRIMARY KEY (activity, seat), UNIQUE (activity, person))",
)
RAISE = sa.text("UPDATE bench_taken SET count = count + 1 WHERE id = :activity AND count < places RETURNING count")
INSERT = sa.text("INSERT INTO bench_seat (activity, seat, person) VALUES (:activity, :seat, :person)")


def last_places(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """Both, in turns, an activity a round."""
    each = pace.commits * 2
    count, places = RIVALS * each, RIVALS * each * 5 // 6
    plays = {"the least: a count and a row": take, "enrolment": enrol}
    with databases.copy("portal", SIZE) as url:
        rivals = Rivals(url, each)
        try:
            _prepare(url, count, places, pace.rounds + 1)
            found = in_turns(rivals, pace, plays, lambda rival: range(rival + 1, count + 1, RIVALS))
        finally:
            rivals.close()
        winners = _winners(url)
    show(databases, f"{count} people, the last {places} places", rivals, plays, found)
    for full in winners:
        goals.exactly("G9", databases.name, "people with a place", full, places)
    rate = found["enrolment"].rate
    goals.at_least("G9", databases.name, "enrolments a second (20 times pretix's orders)", rate, PRETIX_TIMES_20)


def _prepare(url: str, people: int, places: int, rounds: int) -> None:
    """People with a record of their own, and for each round an activity, and a count."""
    app = create_app(settings(url))
    with app.app_context():
        for statement in MAKE:
            db.session.execute(sa.text(statement))
        for person in db.session.scalars(sa.select(Person).where(Person.id <= people).order_by(Person.id)):
            own_record(person, years_ago(30))
        for number in range(1, rounds + 1):
            lab(f"gara-{number}", places, waiting_most=0)
            taken = sa.text("INSERT INTO bench_taken (id, count, places) VALUES (:id, 0, :places)")
            db.session.execute(taken, {"id": number, "places": places})
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


def enrol(here: Here, number: int, _rival: int, person: int) -> str:
    """Somebody enrols themselves, as the last step of the form does it."""
    with here.app.app_context():
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


def take(here: Here, number: int, _rival: int, person: int) -> str:
    with here.bare.connect().execution_options(writes=True) as connection, connection.begin():
        seat = connection.execute(RAISE, {"activity": number}).scalar()
        if seat is None:
            return "full"
        connection.execute(INSERT, {"activity": number, "seat": seat, "person": person})
        return "enrolled"
