"""Eight processes that do one thing as fast as they can, each with a portal and a bare connection to the same database.

Without HTTP: the form, its rules and the page would hide what waiting for one another costs.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask

from hub import create_app
from tests.bench import limit_app
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.measure import Measured, Pace, Sample
from tests.bench.report import table
from tests.bench.servers import cpu_of_children, postmaster, settings

RIVALS = 8
HEADS = ("what", "CPU ms", "app", "db", "x least", "a second", "p50 ms", "p95 ms", "longest ms", "busy")


class Here(NamedTuple):
    """What a process works with."""

    app: Flask
    bare: sa.Engine


# One try: by whom it works, in which round, by which of the processes, for the person with which number; how it ended.
Play = Callable[[Here, int, int, int], str]


class Round(NamedTuple):
    """What one process did: its seconds for each who came, how they ended, its CPU, from when to when."""

    seconds: list[float]
    ends: Counter
    cpu: float
    begun: float
    over: float


class Rivals:
    """The processes. each: how many people come to each."""

    def __init__(self, url: str, each: int) -> None:
        self.url, self.each = url, each
        self.database, self.longest, self.ends = postmaster(url), {}, {}
        context = multiprocessing.get_context("spawn")
        self.pool = context.Pool(RIVALS, _start, (url, context.Barrier(RIVALS)))

    def close(self) -> None:
        self.pool.terminate()
        self.pool.join()

    def run(self, play: Play, number: int, people: Callable[[int], Iterable[int]]) -> Sample:
        """A round of all of them. people: whom each of the processes, by its number, does it for."""
        before = cpu_of_children(self.database)
        rounds: list[Round] = self.pool.map(_play, [(play, number, one, list(people(one))) for one in range(RIVALS)], chunksize=1)
        db_ms = (cpu_of_children(self.database) - before) * 1000
        ordered = sorted(1000 * second for one in rounds for second in one.seconds)
        count = len(ordered)
        self.longest[play] = max(self.longest.get(play, 0.0), ordered[-1])
        self.ends.setdefault(play, Counter()).update(sum((one.ends for one in rounds), Counter()))
        elapsed = max(one.over for one in rounds) - min(one.begun for one in rounds)
        app_ms = sum(one.cpu for one in rounds) * 1000
        return Sample(app_ms / count, db_ms / count, count / elapsed, median(ordered), ordered[int(count * 0.95)], count)


def in_turns(rivals: Rivals, pace: Pace, plays: dict[str, Play], people: Callable[[int], Iterable[int]]) -> dict[str, Measured]:
    """Each of these in turns, a round after the other; the first round warms up."""
    found = {what: Measured() for what in plays}
    for number in range(pace.rounds + 1):
        for what, play in plays.items():
            sample = rivals.run(play, number + 1, people)
            if number:
                found[what].samples.append(sample)
    return found


def show(databases: SqliteData | PostgresqlData, title: str, rivals: Rivals, plays: dict[str, Play], found: dict) -> None:
    """A line for each, beside the first, which is the least."""
    least, rows = next(iter(found.values())), []
    for what, mine in found.items():
        numbers = (mine.cpu_ms, mine.app_ms, mine.db_ms, mine.ratio(least, "cpu_ms"), mine.rate, mine.p50, mine.p95)
        rows.append((what, *numbers, rivals.longest[plays[what]], rivals.ends[plays[what]]["busy"]))
    table(f"{databases.name}: {RIVALS} processes, {title}", HEADS, rows)


# --- in the processes


def _start(url: str, barrier) -> None:
    global here, start
    here, start = Here(create_app(settings(url)), limit_app.engine_of(url)), barrier


def _play(task: tuple[Play, int, int, list[int]]) -> Round:
    play, number, rival, people = task
    start.wait(timeout=120)
    seconds, ends, cpu, begun = [], Counter(), time.process_time(), time.monotonic()
    for person in people:
        asked = time.monotonic()
        try:
            ends[play(here, number, rival, person)] += 1
        except sa.exc.OperationalError:  # 503 and «try again», over HTTP
            ends["busy"] += 1
        seconds.append(time.monotonic() - asked)
    return Round(seconds, ends, time.process_time() - cpu, begun, time.monotonic())
