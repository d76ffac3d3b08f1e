"""The search by need over fifty spaces and thirty busy days, beside one SQL query with the same answer.

In this process, each in turns with the others and at every size: the CPU of the process, and of PostgreSQL's. The query is
told when the hub is open; the portal finds that out by itself, and what its rules, audiences and prices say.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import sqlalchemy as sa

from hub import create_app
from hub.clock import now, span
from hub.db import db
from hub.spaces.forms import address_of
from hub.spaces.ledger import LONGEST, LONGEST_PADDING
from hub.spaces.models import Allocation, Space
from hub.spaces.needs import Need, seconds
from hub.spaces.search import find
from hub.spaces.service import days_of, spaces
from hub.spaces.terms import Terms
from tests.bench.dataset import Calendar
from tests.bench.engines import CALENDAR, PostgresqlData, SqliteData
from tests.bench.measure import Measured, Pace
from tests.bench.report import Goals, table
from tests.bench.servers import cpu_of_children, postmaster, settings

DAYS = 30
BUSY = Calendar(CALENDAR.monday, 8 + DAYS)  # on every day that is searched
FIRST = CALENDAR.week + timedelta(days=1)  # so that no notice keeps anybody out
NEED = Need(first=FIRST, last=FIRST + timedelta(days=DAYS - 1), minutes=120, people=50)
NOTHING = NEED.but(minutes=480)  # which finds the nearest misses
ADDRESS = f"/spazi?{urlencode(address_of(NEED))}"
SQL, SEARCH, PAGE, MISSES = "SQL of the same answer", "search", "page of the search", "search that finds nothing"

SECONDS = {"sqlite": "CAST(strftime('%s', {}) AS INTEGER)", "postgresql": "CAST(extract(epoch FROM {}) AS bigint)"}
# Of each layout the stretches that are kept from it, and those when all is shut; what is left between them; of each space and
# day the snuggest layout to which anything is left. Starts on the grid, from the first to the last of each stretch.
QUERY = """
WITH fits AS (
  SELECT s.id AS space_id, l.id AS layout_id, l.setup_min * 60 AS setup, l.cleanup_min * 60 AS cleanup,
    row_number() OVER (PARTITION BY s.id ORDER BY l.capacity, l.setup_min + l.cleanup_min, l.id) AS place
  FROM space s JOIN layout l ON l.space_id = s.id WHERE s.published AND l.capacity >= :people
), shut (opens, starts, ends) AS (VALUES {shut}), kept AS (
  SELECT f.space_id, f.layout_id, f.place, NULL AS opens,
    CASE WHEN o.layout_id = f.layout_id THEN {starts} ELSE {starts} - coalesce(l.setup_min, 0) * 60 - f.cleanup END AS starts,
    CASE WHEN o.layout_id = f.layout_id THEN {ends} ELSE {ends} + coalesce(l.cleanup_min, 0) * 60 + f.setup END AS ends
  FROM fits f JOIN space_atom m ON m.space_id = f.space_id JOIN allocation a ON a.atom_id = m.atom_id
    JOIN occurrence o ON o.id = a.occurrence_id LEFT JOIN layout l ON l.id = o.layout_id
  WHERE a.starts_at < :until AND a.ends_at > :since AND a.starts_at > :long_before
    AND a.blocking AND (a.expires_at IS NULL OR a.expires_at > :now)
  UNION ALL
  SELECT f.space_id, f.layout_id, f.place, s.opens, s.starts, s.ends FROM fits f CROSS JOIN shut s
), gaps AS (
  SELECT space_id, layout_id, place, max(opens) OVER w AS opens, max(ends) OVER w AS begins, lead(starts) OVER w AS until
  FROM kept WINDOW w AS (PARTITION BY space_id, layout_id ORDER BY starts)
), free AS (
  SELECT space_id, layout_id, place, opens, begins + (:grid - (begins - opens) % :grid) % :grid AS first, until - :length AS last
  FROM gaps WHERE until - begins >= :length
), best AS (SELECT *, min(place) OVER (PARTITION BY space_id, opens) AS snuggest FROM free WHERE first <= last)
SELECT space_id, layout_id, first, last - (last - first) % :grid FROM best WHERE place = snuggest"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU that one question takes: of this process, and of PostgreSQL's."""

    app_ms: float
    db_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.app_ms + self.db_ms


class Portal:
    """The portal on one database, with all fifty spaces on show. asked: what is measured, by name."""

    def __init__(self, url: str) -> None:
        self.app, self.database = create_app(settings(url)), postmaster(url)
        self.asked = {SQL: self._rows, SEARCH: lambda: find(NEED), PAGE: self._page, MISSES: lambda: find(NOTHING)}
        with self.app.app_context():
            db.session.execute(sa.update(Space).values(published=True))
            db.session.commit()
            self.query = _query(db.engine.dialect.name)
            self._must_agree()
            db.session.remove()

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()

    def cost(self, name: str, lasting: float) -> Cost:
        """Ask it over and over for so many seconds, and once at least."""
        with self.app.app_context():
            until, times = time.monotonic() + lasting, 0
            before = time.process_time(), cpu_of_children(self.database)
            while not times or time.monotonic() < until:
                self.asked[name]()
                db.session.remove()
                times += 1
            after = time.process_time(), cpu_of_children(self.database)
        return Cost(*((end - start) * 1000 / times for start, end in zip(before, after, strict=True)))

    def _rows(self) -> list[tuple[int, int, int, int]]:
        """Space, layout, first and last start of each stretch that is free."""
        return db.session.connection().execute(self.query, {"now": now()}).cursor.fetchall()

    def _page(self) -> None:
        if (answer := self.app.test_client().get(ADDRESS, base_url=self.app.config["PUBLIC_URL"])).status_code != 200:
            raise SystemExit(f"{ADDRESS} answered {answer.status}.")

    def _must_agree(self) -> None:
        found = find(NEED).answers
        free = [(answer.space.id, one.layout.id, starts) for answer in found for one in answer.days for starts in one.starts]
        if {(space, layout, starts[0], starts[-1]) for space, layout, starts in free} != {tuple(row) for row in self._rows()}:
            raise SystemExit("The search and its SQL find different times.")
        if not free or find(NOTHING).answers or not find(NOTHING).misses:
            raise SystemExit("The searches of the benchmark do not find what they are there for.")


def _query(engine: str) -> sa.TextClause:
    hours = [(seconds(slot.starts), seconds(slot.ends)) for day in days_of(spaces()[0], FIRST, DAYS) for slot in day.slots]
    first, last = span(FIRST, DAYS)
    closes = [seconds(first), *(closes for _, closes in hours)]
    shut = [(opens, starts, opens) for (opens, _), starts in zip(hours, closes, strict=False)]
    shut.append(("NULL", closes[-1], seconds(last)))
    rows = ", ".join(f"({opens}, {starts}, {ends})" for opens, starts, ends in shut)
    starts, ends = (SECONDS[engine].format(column) for column in ("o.starts_at", "o.ends_at"))
    around = timedelta(minutes=LONGEST_PADDING)
    numbers = {"people": NEED.people, "length": NEED.minutes * 60, "grid": Terms.grid_minutes * 60}
    instants = {"since": first - around, "until": last + around, "long_before": first - around - LONGEST, "now": now()}
    return sa.text(QUERY.format(shut=rows, starts=starts, ends=ends)).bindparams(
        *(sa.bindparam(name, value, sa.Integer) for name, value in numbers.items()),
        *(sa.bindparam(name, value, Allocation.starts_at.type) for name, value in instants.items()),
    )


def search(databases: SqliteData | PostgresqlData, sizes: list[str], pace: Pace, goals: Goals) -> None:
    """What is asked, at each of these sizes in turns, and how it grows from the first to the last."""
    found: dict[str, dict[str, Measured]] = {}
    with ExitStack() as copies:
        portals = {}
        for size in sizes:
            portals[size] = Portal(copies.enter_context(databases.copy("portal", size, BUSY)))
            copies.callback(portals[size].close)
        for number in range(pace.hurried.rounds + 1):
            for name in (SQL, SEARCH, PAGE, MISSES):
                for size, portal in portals.items():
                    cost = portal.cost(name, pace.hurried.seconds)
                    if number:  # the first round warms up
                        found.setdefault(name, {}).setdefault(size, Measured()).samples.append(cost)
    rows = []
    for name, at in found.items():
        row = [name]
        for size, measured in at.items():
            ratio = measured.ratio(found[SQL][size], "cpu_ms")
            row += [measured.cpu_ms, measured.db_ms, ratio]
            if name in (SEARCH, PAGE):
                goals.at_most("G15", f"{databases.name} {size}", f"{name}: CPU, times its SQL's", ratio, 3.0)
        growth = at[sizes[-1]].ratio(at[sizes[0]], "cpu_ms")
        if name != SQL and len(sizes) > 1:
            goals.at_most("G15", databases.name, f"{name}: CPU at {sizes[-1]}, times {sizes[0]}", growth, 1.2)
        rows.append([*row, growth if len(sizes) > 1 else None])
    heads = [f"{size}: {head}" for size in sizes for head in ("CPU ms", "db", "x SQL")]
    table(f"{databases.name}: who is free among fifty spaces in {DAYS} days", ("asked", *heads, "growth"), rows)
