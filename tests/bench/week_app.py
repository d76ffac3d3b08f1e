"""The least that the stack can do for a week of fifty spaces: the reference of `limit_app`, with three pages more.

`/week/sqlgrid`: free or busy, bit masks of half hours worked out in SQL; `/week/cached`: the same page, kept for as long as one
query says that nothing came; `/week/full`: every booking with its times, its title and a link.
"""

import os
from datetime import UTC, datetime, timedelta

from flask import Flask, render_template
from flask.typing import ResponseReturnValue

from hub.clock import starts_of
from tests.bench import limit_app
from tests.bench.dataset import CLOSES, OPENS, SPACES
from tests.bench.engines import CALENDAR

DAY, HALF_HOUR = 86_400, 1800
FIRST = int(starts_of(CALENDAR.week).timestamp())
SINCE, UNTIL = FIRST - limit_app.LONGEST, FIRST + 7 * DAY
PLACES = ", ".join(map(str, range(1, SPACES + 1)))
BOUNDS = f"space_id IN ({PLACES}) AND starts_at < {UNTIL} AND starts_at > {SINCE} AND ends_at > {FIRST}"
MASK = {
    "sqlite": "sum(((1 << ((ends_at - starts_at) / {half})) - 1) << ({since} % {day} / {half}))",  # no bit_or, and no overlaps
    "postgresql": "bit_or(((1::bigint << ((ends_at - starts_at) / {half})::int) - 1) << (mod({since}, {day}) / {half})::int)",
}
HEAD = """{% extends "base.html" %}{% block title %}Week{% endblock %}{% block main %}<h1>Week</h1>
<table><thead><tr><th>Space{% for d in days %}<th>{{ d.strftime("%a %d") }}{% endfor %}</tr></thead><tbody>"""
FOOT = "</tbody></table>{% endblock %}"
TEMPLATES = {
    "week.html": HEAD
    + """{% for id in spaces %}<tr><th><a href="/spaces/{{ id }}">Space {{ id }}</a></th>{% for mask in grid[id] %}
<td><a href="/spaces/{{ id }}/day/{{ loop.index0 }}">{{ cells[mask] }}</a></td>{% endfor %}</tr>{% endfor %}"""
    + FOOT,
    "week_full.html": HEAD
    + """{% for id in spaces %}<tr><th><a href="/spaces/{{ id }}">Space {{ id }}</a></th>{% for day in grid[id] %}
<td>{% for n, title, begins, ends in day %}<a href="/bookings/{{ n }}" title="{{ title }}">{{ begins }}-{{ ends }} {{ title }}</a>
{% endfor %}</td>{% endfor %}</tr>{% endfor %}"""
    + FOOT,
}
CLOCK = {n * HALF_HOUR: f"{n // 2:02d}:{n % 2 * 30:02d}" for n in range(48)}


class Cells(dict):
    """The half hours of a day as signs, by their bit mask."""

    def __missing__(self, mask: int) -> str:
        return self.setdefault(mask, "".join("x" if mask >> n & 1 else "." for n in range(OPENS * 2, CLOSES * 2)))


def create_app(url: str) -> Flask:
    app = limit_app.create_app(url)
    app.jinja_loader.mapping.update(TEMPLATES)
    engine = limit_app.engine_of(url)
    since = f"(starts_at - {FIRST})"
    mask = MASK[engine.dialect.name].format(half=HALF_HOUR, day=DAY, since=since)
    masks = f"SELECT space_id, {since} / {DAY}, {mask} FROM booking WHERE {BOUNDS} GROUP BY 1, 2"
    titles = f"SELECT id, title, space_id, starts_at, ends_at FROM booking WHERE {BOUNDS} ORDER BY starts_at"
    begins = datetime(*CALENDAR.week.timetuple()[:3], tzinfo=UTC)
    shared = {"spaces": range(1, SPACES + 1), "days": [begins + timedelta(days=n) for n in range(7)]}
    cells, kept = Cells(), {}

    def rows(query: str) -> list[tuple]:
        with engine.connect() as connection:
            return connection.exec_driver_sql(query).cursor.fetchall()

    @app.get("/week/sqlgrid")
    def sqlgrid() -> ResponseReturnValue:
        grid = {space: [0] * 7 for space in shared["spaces"]}
        for space, day, mask in rows(masks):
            grid[space][day] = mask
        return render_template("week.html", grid=grid, cells=cells, **shared)

    @app.get("/week/cached")
    def cached() -> ResponseReturnValue:
        latest = rows("SELECT max(id) FROM booking")
        if kept.get("latest") != latest:
            kept.update(latest=latest, page=sqlgrid())
        return kept["page"]

    @app.get("/week/full")
    def full() -> ResponseReturnValue:
        grid = {space: [[] for _ in range(7)] for space in shared["spaces"]}
        for n, title, space, starts, ends in rows(titles):
            day, at = divmod(starts - FIRST, DAY)
            grid[space][day].append((n, title, CLOCK[at], CLOCK[ends - FIRST - day * DAY]))
        return render_template("week_full.html", grid=grid, **shared)

    return app


if "BENCH_DATABASE" in os.environ:  # what gunicorn loads
    app = create_app(os.environ["BENCH_DATABASE"])
