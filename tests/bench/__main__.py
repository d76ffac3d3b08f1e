"""`python -m tests.bench [--quick] [--sizes 10k,100k,1m] [--engines sqlite,postgresql] [--only pages,races,…]`

What there is: pages, races, cold, growth, calendar, feeds, search, enrolment (the last places of an activity), support (of a
popular proposal, and by one person with many tabs), register, agenda, proposals (the list of ten thousand) and, without a
database, permutations (of the evaluation) and impact (questions to a participation log of a million and of ten million events).
Growth, of pages and of the search, is from the first of the sizes to the last: with `--sizes 100k,1m` a million bookings are
written first, which takes some minutes an engine.
Prints tables and the goals that they answer to; measures on the loopback alone, asserts nothing, and ends with 0.
"""

import argparse
import platform
import sqlite3
import time
from contextlib import ExitStack

from tests.bench.calendar import week
from tests.bench.dataset import SIZES
from tests.bench.engines import PostgresqlData, SqliteData, data
from tests.bench.enrolment import last_places
from tests.bench.feeds import feed
from tests.bench.impact import questions
from tests.bench.load import Clients
from tests.bench.measure import QUICK, RIVALS, Measured, Pace, beside, cold, growth, races
from tests.bench.permutations import permutations
from tests.bench.proposals import proposals
from tests.bench.report import Goals, table
from tests.bench.search import search
from tests.bench.servers import KINDS, WORKERS
from tests.bench.support import supports
from tests.bench.wide import agenda, register

WITHOUT_DATABASE = ("permutations", "impact")
PARTS = (
    "pages",
    "races",
    "cold",
    "growth",
    "calendar",
    "feeds",
    "search",
    "enrolment",
    "support",
    "register",
    "agenda",
    "proposals",
    *WITHOUT_DATABASE,
)
ORDINARY_CPU = {"sqlite": 4.5, "postgresql": 7.0}
HEADS = ("page", "CPU ms", "app", "db", "x ref", "req/s", "% of ref", "p50 ms", "p95 ms", "KiB")


def main() -> None:
    chosen = _arguments()
    pace, goals, begun = QUICK if chosen.quick else Pace(), Goals(), time.monotonic()
    usual = "100k" if "100k" in chosen.sizes else chosen.sizes[-1]  # of which the goals speak
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {WORKERS} gunicorn workers, no proxy.")
    with Clients() as clients:
        for engine in chosen.engines if set(chosen.only) - set(WITHOUT_DATABASE) else ():
            with data(engine) as databases:
                if "pages" in chosen.only:
                    for size in chosen.sizes:
                        for kind in KINDS:
                            judged = kind == "sync" and size == usual
                            _pages(clients, databases, size, kind, pace, goals if judged else Goals())
                if "races" in chosen.only:
                    _races(databases, chosen.sizes[0], pace, goals)
                if "cold" in chosen.only:
                    _cold(databases, chosen.sizes[-1], pace, goals)
                if "growth" in chosen.only and len(chosen.sizes) > 1:
                    _growth(clients, databases, chosen.sizes[0], chosen.sizes[-1], pace, goals)
                if "calendar" in chosen.only:
                    week(clients, databases, usual, pace, goals)
                if "feeds" in chosen.only:
                    feed(databases, goals)
                if "search" in chosen.only:
                    search(databases, chosen.sizes, pace, goals)
                if "enrolment" in chosen.only:
                    last_places(databases, pace, goals)
                if "support" in chosen.only:
                    supports(databases, pace, goals)
                if "register" in chosen.only:
                    register(databases, pace, goals)
                if "agenda" in chosen.only:
                    agenda(databases, pace, goals)
                if "proposals" in chosen.only:
                    proposals(databases, pace, goals)
    if "permutations" in chosen.only:
        permutations(goals)
    if "impact" in chosen.only:
        questions((100_000,) if chosen.quick else (1_000_000, 10_000_000), goals)
    goals.show()
    print(f"{time.monotonic() - begun:.0f} seconds.")


def _arguments() -> argparse.Namespace:
    def among(*known: str):
        def parse(text: str) -> list[str]:
            if wrong := [name for name in text.split(",") if name not in known]:
                raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: not among {', '.join(known)}")
            return text.split(",")

        return parse

    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=" ".join(__doc__.splitlines()[2:]))
    parser.add_argument("--sizes", type=among(*SIZES), help="bookings in the database: 10k,100k where left out")
    parser.add_argument("--engines", type=among("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--only", type=among(*PARTS), default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="one short round, 10k where no size is given: to see that it runs")
    chosen = parser.parse_args()
    chosen.sizes = chosen.sizes or (["10k"] if chosen.quick else ["10k", "100k"])
    return chosen


def _pages(clients: Clients, databases: SqliteData | PostgresqlData, size: str, kind: str, pace: Pace, goals: Goals) -> None:
    with ExitStack() as copies:
        urls = {name: copies.enter_context(databases.copy(name, size)) for name in ("reference", "portal")}
        found = beside(clients, urls, kind, pace)
    rows = [_row("reference: 20 rows", found[0][2])]
    rows += [_row(name, mine, its) for name, mine, its in found[:-1]]
    rows += [_row("reference: book", found[-1][2]), _row(*found[-1])]
    table(f"{databases.name}, {size} bookings, gunicorn {kind}", HEADS, rows)
    where = f"{databases.name} {size} {kind}"
    for name, mine, its in found[:-1]:
        goals.at_least("G5", where, f"{name}: req/s of the reference's", mine.ratio(its, "rate") * 100, 45, " %")
        goals.at_most("G5", where, f"{name}: CPU ms", mine.cpu_ms, ORDINARY_CPU[databases.name])
        limit = 60 if name == "space with its week" else 25
        goals.at_most("G12", where, f"{name}: KiB of HTML", mine.size / 1024, limit)
    _, mine, its = found[-1]
    goals.at_least("G6", where, "booking commit: req/s of the reference's", mine.ratio(its, "rate") * 100, 40, " %")
    goals.at_most("G6", where, "booking commit: CPU, times the reference's", mine.ratio(its, "cpu_ms"), 2.5)
    goals.at_most("G6", where, "booking commit: p95, times the reference's", mine.ratio(its, "p95"), 2.5)


def _row(name: str, mine: Measured, its: Measured | None = None) -> tuple:
    ratio = mine.ratio(its, "cpu_ms") if its else None
    share = mine.ratio(its, "rate") * 100 if its else None
    return (name, mine.cpu_ms, mine.app_ms, mine.db_ms, ratio, mine.rate, share, mine.p50, mine.p95, mine.size / 1024)


def _races(databases: SqliteData | PostgresqlData, size: str, pace: Pace, goals: Goals) -> None:
    with databases.copy("portal", size) as url:
        found = races(url, pace)
    table(f"{databases.name}: {RIVALS} people choose one time at once, gunicorn gthread", list(found), [list(found.values())])
    goals.exactly("G8", databases.name, "races with exactly one winner", found["one winner"], found["races"])
    goals.exactly("G8", databases.name, "double bookings", found["double bookings"], 0)
    goals.exactly("G8", databases.name, "HTTP 5xx", found["HTTP 5xx"], 0)


def _cold(databases: SqliteData | PostgresqlData, size: str, pace: Pace, goals: Goals) -> None:
    with databases.copy("portal", size) as url:
        rows = [(kind, *cold(url, kind, pace.rounds)) for kind in KINDS]
    table(f"{databases.name}, {size}: cold start", ("gunicorn", "s to the first page", "MiB as PSS", "MiB alone"), rows)
    for kind, started, _, memory in rows:
        goals.at_most("G11", f"{databases.name} {kind}", "seconds to the first page", started, 2.5)
        goals.at_most("G11", f"{databases.name} {kind}", f"MiB of {WORKERS} workers alone, after 20 requests", memory, 180)


def _growth(clients: Clients, databases: SqliteData | PostgresqlData, small: str, large: str, pace: Pace, goals: Goals) -> None:
    with databases.copy("portal", small) as few, databases.copy("portal", large) as many:
        rows = growth(clients, (few, many), (small, large), pace)
    table(f"{databases.name}: CPU ms a request, gunicorn sync", ("page", small, large, "ratio"), rows)
    for name, _, _, ratio in rows:
        goals.at_most("G10", databases.name, f"{name}: CPU at {large}, times {small}", ratio, 1.2)


if __name__ == "__main__":
    main()
