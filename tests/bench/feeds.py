"""The memory that a calendar of ten thousand events takes while it is sent.

In a process of its own, which reads the calendar of all spaces piece by piece as a web server would, and keeps none of it.
"""

import multiprocessing
import time
from pathlib import Path

import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.spaces.models import Space
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.report import Goals, table
from tests.bench.servers import settings

SIZE, EVENTS, MOST_MIB = "10k", 10_000, 100
FEED = "/calendari/spazi.ics"
HEADS = ("events", "MiB sent", "largest piece, KiB", "s", "MiB before", "MiB at most", "MiB of the feed")


def feed(databases: SqliteData | PostgresqlData, goals: Goals) -> None:
    """The calendar of all spaces, streamed to its end."""
    with databases.copy("portal", SIZE) as url, multiprocessing.get_context("spawn").Pool(1) as one:
        row = one.apply(stream, (url,))
    table(f"{databases.name}: the calendar of all spaces, streamed", HEADS, [row])
    goals.exactly("G14", databases.name, "events of the feed", row[0], EVENTS)
    goals.at_most("G14", databases.name, "MiB that sending them takes", row[-1], MOST_MIB)


def stream(url: str) -> tuple[int, float, float, float, float, float, float]:
    """Read the feed to its end: the numbers of HEADS. For a process of its own."""
    app = create_app(settings(url))
    with app.app_context():
        db.session.execute(sa.update(Space).values(published=True))
        db.session.commit()
        db.session.remove()
    client = app.test_client()
    client.get("/calendari/spazi/mai-visto.ics", base_url=app.config["PUBLIC_URL"])  # templates and statements are made
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before, begun, events, sent, largest = _mib("VmRSS"), time.monotonic(), 0, 0, 0
    answer = client.get(FEED, base_url=app.config["PUBLIC_URL"], buffered=False)
    for piece in answer.iter_encoded():
        events += piece.count(b"BEGIN:VEVENT")
        sent += len(piece)
        largest = max(largest, len(piece))
    answer.close()
    peak = _mib("VmHWM")
    return events, sent / 2**20, largest / 1024, time.monotonic() - begun, before, peak, peak - before


def _mib(name: str) -> float:
    """A line of /proc/self/status: VmRSS is what the process has in memory, VmHWM the most it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
