"""The least that the stack can do, to divide by: Flask, SQLAlchemy Core and a small template, and no portal.

`/page20` shows twenty bookings, `POST /book` refuses what overlaps and answers 303. No session, form protection, languages,
sign-in or log. Its database opens as the portal's does (SQLite: rollback journal, synchronous FULL, foreign keys on).
"""

import os
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import DictLoader
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

LONGEST = 12 * 3600
metadata = sa.MetaData()
space = sa.Table("space", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text, nullable=False))
booking = sa.Table(
    "booking",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("space_id", sa.ForeignKey("space.id"), nullable=False),
    sa.Column("starts_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False),
    sa.Column("user_id", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.CheckConstraint(f"starts_at < ends_at AND ends_at - starts_at <= {LONGEST}", name="length"),
    sa.Index("ix_booking_space_start", "space_id", "starts_at"),
)
NO_OVERLAP = """ALTER TABLE booking ADD CONSTRAINT no_overlap EXCLUDE USING gist
    (int4range(space_id, space_id, '[]') WITH &&, int8range(starts_at, ends_at) WITH &&)"""
TEMPLATES = {
    "base.html": """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title>
<link rel="stylesheet" href="/s.css"></head><body><header><nav>
{% for path, words in [("/", "Home"), ("/spaces", "Spaces"), ("/programme", "Programme"), ("/proposals", "Proposals"),
("/me", "My hub")] %}<a href="{{ path }}">{{ words }}</a> {% endfor %}</nav></header>
<main>{% block main %}{% endblock %}</main><footer>Municipal hub</footer></body></html>""",
    "page20.html": """{% extends "base.html" %}{% block title %}Bookings{% endblock %}{% block main %}<h1>Bookings</h1><table>
<thead><tr><th>Id<th>Space<th>From<th>To<th>Title<th>By</tr></thead><tbody>
{% for r in rows %}<tr><td><a href="/bookings/{{ r.id }}">{{ r.id }}</a></td><td>{{ r.space_id }}</td><td>{{ r.starts_at }}</td>
<td>{{ r.ends_at }}</td><td>{{ r.title }}</td><td>{{ r.user_id }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}""",
}


def engine_of(url: str) -> sa.Engine:
    """An engine for sqlite:////file or postgresql://…"""
    if not url.startswith("sqlite"):
        return sa.create_engine("postgresql+psycopg://" + url.split("://", 1)[1], pool_size=4, max_overflow=2)
    engine = sa.create_engine(url, connect_args={"isolation_level": None, "timeout": 5})

    @event.listens_for(engine, "connect")
    def _open(connection, _record):
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_mode = DELETE"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def create_app(url: str) -> Flask:
    app = Flask(__name__)
    app.jinja_loader = DictLoader(TEMPLATES)
    engine = engine_of(url)
    twenty = sa.select(booking).where(booking.c.space_id == 7, booking.c.starts_at >= sa.bindparam("first"))
    twenty = twenty.order_by(booking.c.starts_at).limit(20)
    overlapping = sa.select(sa.literal(1)).where(
        booking.c.space_id == sa.bindparam("space"),
        booking.c.starts_at < sa.bindparam("ends"),
        booking.c.starts_at > sa.bindparam("starts") - LONGEST,
        booking.c.ends_at > sa.bindparam("starts"),
    )
    values = {"starts_at": sa.bindparam("starts"), "ends_at": sa.bindparam("ends"), "user_id": 1, "title": "perf"}
    insert = sa.insert(booking).values(space_id=sa.bindparam("space"), **values)
    # one round trip: the space's row is locked, then the exclusion constraint decides
    locked = sa.text(
        "WITH l AS MATERIALIZED (SELECT id FROM space WHERE id = :space FOR NO KEY UPDATE)"
        " INSERT INTO booking (space_id, starts_at, ends_at, user_id, title) SELECT l.id, :starts, :ends, 1, 'perf' FROM l"
    )
    default = int((datetime.now(UTC) + timedelta(days=7)).timestamp())

    @app.get("/page20")
    def page20() -> ResponseReturnValue:
        with engine.connect() as connection:
            rows = connection.execute(twenty, {"first": request.args.get("first", default, int)}).all()
            return render_template("page20.html", rows=rows)

    @app.post("/book")
    def book() -> ResponseReturnValue:
        wanted = {name: int(request.form[name]) for name in ("space", "starts", "ends")}
        try:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(locked, wanted)
                elif connection.execute(overlapping, wanted).first():
                    return "conflict", 409
                else:
                    connection.execute(insert, wanted)
        except IntegrityError:
            return "conflict", 409
        return redirect("/page20", 303)

    return app


if "BENCH_DATABASE" in os.environ:  # what gunicorn loads
    app = create_app(os.environ["BENCH_DATABASE"])
