"""The sealed log as a file that `python -m impact` reads."""

import json
import os
from collections.abc import Iterator

import sqlalchemy as sa

import impact
from hub.db import db, reading
from hub.participation.models import LogEntry, LogSeal
from impact import COLUMNS, Row

FORMATS = ("csv", "parquet")
CHUNK = 5000


def export_log(path: str | os.PathLike, format: str) -> int:
    """Write the sealed rows, in the order of the chain, and return how many. format: csv or parquet.

    The file appears once it is whole. Rows sealed meanwhile are left for the next export.
    """
    write = getattr(impact, f"write_{format}")  # asked for by name: Parquet's library weighs 29 MiB in whoever loads it
    return write(path, _rows())


def _rows() -> Iterator[Row]:
    """The sealed rows. What is sealed never changes, so that chunks fit together and no transaction stays open for long."""
    columns = [getattr(LogSeal if column in LogSeal.__table__.c else LogEntry, column) for column in COLUMNS]
    facts = COLUMNS.index("facts")
    sealed = sa.select(*columns).join(LogSeal, LogSeal.entry_id == LogEntry.id).order_by(LogSeal.seq)
    with reading():
        end = db.session.scalar(sa.select(sa.func.max(LogSeal.seq))) or 0
        db.session.rollback()
    for start in range(0, end, CHUNK):
        with reading():
            chunk = db.session.execute(sealed.where(LogSeal.seq > start, LogSeal.seq <= min(start + CHUNK, end))).all()
            db.session.rollback()
        for cells in chunk:
            yield Row(*cells[:facts], json.loads(cells[facts]), *cells[facts + 1 :])
