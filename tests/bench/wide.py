"""The widest pages of the labs beside the bare queries of the same rows: the register of 41 people and 60 sessions, and the
agenda of a month with five thousand events.

In this process, in turns: the CPU of the process, and of PostgreSQL's. The queries leave the rows as the driver has them; a page
finds out who is asking and what may be told of each row, notes who looked, and writes HTML. No plan says how much that may cost:
the goals are what it did when they were written, and somewhat more, so as to tell when it grows.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.booking.models import Booking
from hub.clock import Period, now, span
from hub.db import db
from hub.families.models import Participant
from hub.labs.models import Activity, Attendance, Enrolment, Session, Trainer
from hub.spaces.models import Occurrence, Space
from tests.bench.engines import CALENDAR, PostgresqlData, SqliteData
from tests.bench.measure import Measured, Pace
from tests.bench.report import Goals, table
from tests.bench.search import Cost
from tests.bench.seed import PUBLISHED, token
from tests.bench.servers import cpu_of_children, postmaster, settings
from tests.hub.labs.makers import DAY, HOUR, child, lab

SIZE = "10k"
KIDS, MEETINGS = 41, 60
TRAINER = 1  # the number of a person who is signed in
QUERIES = "the bare queries"
MONTH = Period.around(CALENDAR.week, "month")
COURSES, DATES, HUBS, HOSTED, EVENTS = 40, 50, 5, 1000, 5000
REGISTER_TIMES, AGENDA_TIMES = 25.0, 12.0
HEADS = ("asked", "rows", "CPU ms", "app", "db", "x queries", "KiB")


class Wide:
    """A portal on one database. queries: makes the bare ones; asked: what is measured, by name, which gives how many rows, or
    bytes, it had."""

    def __init__(self, url: str, queries: Callable[[], list[sa.Select]], pages: dict[str, str]) -> None:
        self.app, self.database, self.queries = create_app(settings(url)), postmaster(url), queries
        self.client = self.app.test_client(use_cookies=False)
        self.asked = {QUERIES: self._rows} | {name: partial(self._page, path) for name, path in pages.items()}

    def _rows(self) -> int:
        connection = db.session.connection()
        return sum(len(connection.execute(one).cursor.fetchall()) for one in self.bare)

    def _page(self, path: str) -> int:
        headers = {"Cookie": f"session={token(TRAINER)}"}
        answer = self.client.get(path, base_url=self.app.config["PUBLIC_URL"], headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status}.")
        return len(answer.data)

    def measure(self, title: str, pace: Pace, goals: Goals, goal: str, limit: float) -> None:
        """All of it in turns, its table, and the goal for each page: CPU, times the queries'."""
        found, sizes = {name: Measured() for name in self.asked}, {}
        with self.app.app_context():
            self.bare = self.queries()
            for number in range(pace.hurried.rounds + 1):
                for name, measured in found.items():
                    cost, sizes[name] = self._cost(name, pace.seconds)
                    if number:  # the first round warms up
                        measured.samples.append(cost)
            db.session.remove()
            db.engine.dispose()
        least, rows = found[QUERIES], []
        for name, mine in found.items():
            had = (sizes[name], None) if name == QUERIES else (None, sizes[name] / 1024)
            rows.append((name, had[0], mine.cpu_ms, mine.app_ms, mine.db_ms, mine.ratio(least, "cpu_ms"), had[1]))
            if name != QUERIES:
                goals.at_most(goal, title, f"{name}: CPU, times the queries'", mine.ratio(least, "cpu_ms"), limit)
        table(title, HEADS, rows)

    def _cost(self, name: str, lasting: float) -> tuple[Cost, int]:
        """Ask it over and over for so many seconds, and once at least."""
        until, times = time.monotonic() + lasting, 0
        before = time.process_time(), cpu_of_children(self.database)
        while not times or time.monotonic() < until:
            had = self.asked[name]()
            db.session.remove()
            times += 1
        after = time.process_time(), cpu_of_children(self.database)
        return Cost(*((end - start) * 1000 / times for start, end in zip(before, after, strict=True))), had


# --- the register


def register(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """All of a register, and one of its sessions, as who works there sees them."""
    with databases.copy("portal", SIZE) as url:
        with at_work(url):
            _write_a_register()
        title = f"{databases.name}: {KIDS} people, {MEETINGS} sessions"
        Wide(url, _register_rows, {"register": "/registro/robot"}).measure(title, pace, goals, "G18", REGISTER_TIMES)


def _write_a_register() -> None:
    """A course that began sixty days ago: everybody was there each day."""
    made, begins = lab("robot", KIDS, begins=now() - HOUR), now() - (MEETINGS + 10) * DAY
    trainer = db.session.get_one(Person, TRAINER)
    db.session.add(Trainer(activity=made, person=trainer, subject=trainer.subject, name=trainer.name, role="trainer"))
    enrolled = []
    for number in range(KIDS):
        one = Enrolment(activity=made, participant=child(f"kid{number}", trainer), state="enrolled", seat=number + 1)
        one.key, one.enrolled_by, one.queued_at, one.created_at = f"key-{number}", trainer, begins, begins
        enrolled.append(one)
    db.session.add_all(enrolled)
    for number in range(1, MEETINGS):
        _meet(made, number + 1, now() - number * DAY - HOUR)
    db.session.flush()
    for session in made.sessions:
        session.state, session.minutes = "held", 120
    known = {"activity_id": made.id, "status": "present", "minutes": 120, "source": "list", "marked_at": now()}
    numbers = count()
    rows = [
        known | {"session_id": session.id, "enrolment_id": one.id, "event_id": f"bench-{next(numbers)}"}
        for session in made.sessions
        for one in enrolled
    ]
    db.session.execute(sa.insert(Attendance), rows)


def _register_rows() -> list[sa.Select]:
    """Its sessions, its people, and each record of theirs that holds."""
    number = db.session.scalars(sa.select(Activity.id).filter_by(slug="robot")).one()
    return [
        sa.select(Session.id, Session.number, Session.starts_at, Session.ends_at, Session.state, Session.minutes).where(
            Session.activity_id == number
        ),
        sa.select(Enrolment.id, Enrolment.state, Participant.given_name, Participant.family_name)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .where(Enrolment.activity_id == number),
        sa.select(Attendance.enrolment_id, Attendance.session_id, Attendance.status, Attendance.minutes).where(
            Attendance.activity_id == number, Attendance.voided_at.is_(None)
        ),
    ]


# --- the agenda


def agenda(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """A month with five thousand events: our sessions, what others do in our spaces, dates of other hubs."""
    with databases.copy("portal", SIZE) as url:
        with at_work(url):
            _write_an_agenda()
        first = f"/agenda?giorno={CALENDAR.week}&vista=mese"
        pages = {"month": first, "month, its last page": f"{first}&page={EVENTS // 100}"}
        Wide(url, _agenda_rows, pages).measure(f"{databases.name}: a month of {EVENTS} events", pace, goals, "G19", AGENDA_TIMES)


def _write_an_agenda() -> None:
    """The bookings that the seeding made are of somebody else: so many of them show their title."""
    begins, _ = span(MONTH.first, MONTH.days)
    steps = MONTH.days * 24 * 60 // (COURSES * DATES)  # minutes from one to the next
    for number in range(COURSES):
        made = lab(f"corso-{number}", begins=begins + timedelta(minutes=number * steps))
        for date in range(1, DATES):
            _meet(made, date + 1, begins + timedelta(minutes=(date * COURSES + number) * steps))
    db.session.flush()
    sessions = db.session.execute(sa.select(Session.id, Session.starts_at, Session.ends_at)).all()
    known = {"kind": "session", "updated_at": now()}
    rows = [
        known | {"session_id": id, "space_id": id % PUBLISHED + 1, "starts_at": starts, "ends_at": ends, "ical_uid": f"s-{id}"}
        for id, starts, ends in sessions
    ]
    db.session.execute(sa.insert(Occurrence), rows)
    theirs = sa.select(Occurrence.booking_id).where(Occurrence.starts_at >= begins, Occurrence.booking_id.is_not(None))
    state = theirs.join(Booking, Booking.id == Occurrence.booking_id).where(Booking.state == "approved")
    shown = list(db.session.scalars(state.where(Occurrence.ends_at < begins + MONTH.days * DAY).limit(HOSTED)))
    db.session.execute(sa.update(Booking).where(Booking.id.in_(shown)).values(public=True))
    left = EVENTS - len(sessions) - len(shown)
    hubs = [PartnerHub(name=f"Hub {number}", feed_url=f"https://hub{number}.example/", created_by_id=1) for number in range(HUBS)]
    for hub in hubs:
        hub.created_at = hub.fetched_at = now()
    db.session.add_all(hubs)
    db.session.flush()
    dates = [begins + timedelta(minutes=number * MONTH.days * 24 * 60 // left) for number in range(left)]
    rows = [
        {
            "hub_id": hubs[number % HUBS].id,
            "uid": f"e-{number}",
            "title": f"Evento {number}",
            "starts_at": at,
            "ends_at": at + HOUR,
        }
        for number, at in enumerate(dates)
    ]
    db.session.execute(sa.insert(PartnerEvent), rows)


def _agenda_rows() -> list[sa.Select]:
    """The same rows, source by source."""
    starts, ends = span(MONTH.first, MONTH.days)
    taken = Occurrence.status.in_(("planned", "done"))
    return [
        sa.select(Session.id, Session.starts_at, Session.ends_at, Session.state, Activity.slug, Activity.title, Space.name)
        .join(Activity, Activity.id == Session.activity_id)
        .outerjoin(Occurrence, Occurrence.session_id == Session.id)
        .outerjoin(Space, Space.id == Occurrence.space_id)
        .where(Session.starts_at < ends, Session.ends_at > starts, Activity.state == "published"),
        sa.select(Occurrence.starts_at, Occurrence.ends_at, Booking.title, Space.name, Space.slug)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Occurrence.starts_at < ends, Occurrence.ends_at > starts, Booking.public, Booking.state == "approved", taken),
        sa.select(
            PartnerEvent.hub_id, PartnerEvent.starts_at, PartnerEvent.ends_at, PartnerEvent.title, PartnerEvent.place
        ).where(PartnerEvent.starts_at < ends, PartnerEvent.ends_at > starts),
    ]


# --- what both are made of


def _meet(activity: Activity, number: int, starts: datetime) -> None:
    session = Session(activity=activity, number=number, starts_at=starts, ends_at=starts + 2 * HOUR, updated_at=now())
    session.ical_uid = f"{activity.slug}-{number}@bench"
    db.session.add(session)


@contextmanager
def at_work(url: str) -> Iterator[None]:
    """Where the portal's tables are filled; all of it is committed at the end."""
    with create_app(settings(url)).app_context():
        yield
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
