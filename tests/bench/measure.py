"""The measurements: pages and commits beside the reference in turns, growth, races, cold start and memory."""

from dataclasses import dataclass, replace
from statistics import median
from time import process_time

import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Space
from tests.bench.dataset import SIZES
from tests.bench.engines import CALENDAR
from tests.bench.load import Clients, Outcome, volley
from tests.bench.pages import PAGES, REFERENCE, SPACE, Commits, Page, ReferenceBookings, past_page, rivals
from tests.bench.seed import PUBLISHED
from tests.bench.servers import Server, serve, settings

REFERENCE_APP, PORTAL_APP = "tests.bench.limit_app:app", "wsgi:app"
RIVALS = 8


@dataclass(frozen=True)
class Pace:
    """How long the benchmark looks: rounds, seconds of a page in each, commits of each client in each, races."""

    rounds: int = 3
    seconds: float = 0.6
    commits: int = 30
    races: int = 100

    @property
    def hurried(self) -> "Pace":
        """As long in all, in turns of a third: what else a machine does comes and goes, and spoils fewer of them."""
        return replace(self, rounds=self.rounds * 3, seconds=self.seconds / 3)


QUICK = Pace(rounds=1, seconds=0.4, commits=20, races=10)


@dataclass(frozen=True)
class Sample:
    """One round of one page: CPU milliseconds a request (workers, PostgreSQL), requests a second, p50 and p95 in ms, bytes."""

    app_ms: float
    db_ms: float
    rate: float
    p50: float
    p95: float
    size: int

    @property
    def cpu_ms(self) -> float:
        return self.app_ms + self.db_ms


class Measured:
    """The rounds of one page; each of its numbers is their median."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def __getattr__(self, name: str) -> float:
        return median(getattr(sample, name) for sample in self.samples)

    def ratio(self, other: "Measured", name: str) -> float:
        """The median of this one's rounds, each divided by the other's round beside it."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(getattr(mine, name) / getattr(its, name) for mine, its in pairs)


def take(
    clients: Clients, server: Server, messages: list[list[bytes]], wanted: int, seconds: float, *, again: bool = True
) -> Sample:
    """Load one page; all answers must have the wanted status."""
    before = server.cpu()
    outcome: Outcome = clients.run(server.port, messages, seconds, again=again)
    after = server.cpu()
    count = len(outcome.seconds)
    if set(outcome.statuses) != {wanted}:
        raise SystemExit(f"Wanted {wanted} of {messages[0][0][:90]!r}, had {dict(outcome.statuses)}.")
    app_ms, db_ms = ((end - start) * 1000 / count for start, end in zip(before, after, strict=True))
    ordered = [second * 1000 for second in outcome.seconds]
    return Sample(app_ms, db_ms, count / outcome.elapsed, median(ordered), ordered[int(count * 0.95)], outcome.size)


def beside(clients: Clients, urls: dict[str, str], kind: str, pace: Pace) -> list[tuple[str, Measured, Measured]]:
    """Each page and the booking commit with the reference measured just before it: (name, portal's, reference's)."""
    with (
        serve(REFERENCE_APP, urls["reference"], kind, REFERENCE.path) as reference,
        serve(PORTAL_APP, urls["portal"], kind, "/") as portal,
    ):
        commits, bookings = Commits(portal), ReferenceBookings()
        found = {page: (Measured(), Measured()) for page in (*PAGES, "booking commit")}
        _warm(clients, portal, list(PAGES), commits)
        take(clients, reference, REFERENCE.messages(), 200, 0.3)
        take(clients, reference, bookings.take(5), 303, 60, again=False)
        for _ in range(pace.rounds):
            for page in PAGES:
                mine, its = found[page]
                its.samples.append(take(clients, reference, REFERENCE.messages(), 200, pace.seconds / 2))
                mine.samples.append(take(clients, portal, page.messages(), 200, pace.seconds))
            mine, its = found["booking commit"]
            its.samples.append(take(clients, reference, bookings.take(pace.commits * 2), 303, 60, again=False))
            mine.samples.append(take(clients, portal, commits.take(pace.commits), 303, 60, again=False))
    return [(getattr(page, "name", page), mine, its) for page, (mine, its) in found.items()]


def _warm(clients: Clients, server: Server, pages: list[Page], commits: Commits) -> None:
    for page in pages:
        take(clients, server, page.messages(), 200, 0.2)
    take(clients, server, commits.take(5), 303, 60, again=False)


def growth(clients: Clients, urls: tuple[str, str], sizes: tuple[str, str], pace: Pace) -> list[tuple[str, float, float, float]]:
    """CPU milliseconds a request of two sizes, measured in turns: (page, of the smaller, of the larger, ratio)."""
    with serve(PORTAL_APP, urls[0], "sync", "/") as small, serve(PORTAL_APP, urls[1], "sync", "/") as large:
        sides = [(server, Commits(server), [*PAGES, past_page(size)]) for server, size in zip((small, large), sizes, strict=True)]
        for server, commits, pages in sides:
            _warm(clients, server, pages, commits)
        found: dict[str, tuple[Measured, Measured]] = {}
        for _ in range(pace.rounds):
            for number, page in enumerate(sides[0][2]):
                both = found.setdefault(page.name, (Measured(), Measured()))
                for measured, (server, _, pages) in zip(both, sides, strict=True):
                    measured.samples.append(take(clients, server, pages[number].messages(), 200, pace.seconds))
            both = found.setdefault("booking commit", (Measured(), Measured()))
            for measured, (server, commits, _) in zip(both, sides, strict=True):
                measured.samples.append(take(clients, server, commits.take(pace.commits), 303, 60, again=False))
    rows = [(name, few.cpu_ms, many.cpu_ms, many.ratio(few, "cpu_ms")) for name, (few, many) in found.items()]
    few, many = (_past_week(url, size) for url, size in zip(urls, sizes, strict=True))
    return [*rows, ("free_week of the oldest week", few, many, many / few)]


def _past_week(url: str, size: str, times: int = 60) -> float:
    """CPU milliseconds of this process for the oldest week of a space, which no page shows."""
    app = create_app(settings(url))
    with app.app_context():
        space, first, known = spaces.space_by(SPACE), CALENDAR.oldest_week(SIZES[size]), spaces.hours()
        spent = []
        for _ in range(times):
            begun = process_time()
            spaces.free_week(space, first, known=known)
            db.session.rollback()
            spent.append(process_time() - begun)
        db.session.remove()
        db.engine.dispose()
    return median(spent) * 1000


def races(url: str, pace: Pace) -> dict[str, int]:
    """RIVALS people choose one free time at once, so many times: how many rounds had one winner, and what the audit finds."""
    with serve(PORTAL_APP, url, "gthread", "/") as server:
        statuses = [volley(server.port, forms) for _, forms in rivals(server, pace.races, RIVALS, _layouts(url))]
    flat = [status for answers in statuses for status in answers]
    with create_app(settings(url)).app_context():
        audit = spaces.audit()
        db.session.remove()
        db.engine.dispose()
    return {
        "races": len(statuses),
        "one winner": sum(answers.count(303) == 1 for answers in statuses),
        "refused in words": flat.count(422),
        "HTTP 5xx": sum(status >= 500 for status in flat),
        "other answers": sum(status not in (303, 422) and status < 500 for status in flat),
        "double bookings": audit["overlaps"],
    }


def _layouts(url: str) -> dict[int, int]:
    """The layout without set-up of each published space."""
    with create_app(settings(url)).app_context():
        found = sa.select(Space.id, Layout.id).join(Layout.space).where(Layout.code == "tavolo", Space.id <= PUBLISHED)
        rows = dict(db.session.execute(found).tuples().all())
        db.session.remove()
        db.engine.dispose()
    return rows


def cold(url: str, kind: str, times: int) -> tuple[float, float, float]:
    """Seconds from the start of the server to its first page, and MiB of its workers after 20 requests (see memory); medians."""
    started, pss, alone = [], [], []
    for _ in range(times):
        with serve(PORTAL_APP, url, kind, "/") as server:
            for page in PAGES * (20 // len(PAGES)):
                server.answer(page.path, cookie="session=bench-1" if page.signed_in else "")
            started.append(server.started)
            shared_out, once = server.memory()
            pss.append(shared_out)
            alone.append(once)
    return median(started), median(pss), median(alone)
