"""Seal the log: give every row that has no place in the chain yet the next one.

The rows not yet sealed are asked for as such, never as "those after the last": a slow transaction commits a low id late.
"""

import json
from typing import NamedTuple

import sqlalchemy as sa

from hub.db import db, reading
from hub.participation.models import LogEntry, LogSeal
from impact import GENESIS, Row, seal
from impact.row import UNSEALED

BATCH = 1000
SEALER = 0x53EA1  # the key of PostgreSQL's advisory lock: any number, always the same


def seal_log() -> int:
    """Seal what waits, and return how many rows that were. Each batch is a transaction, which is committed here.

    One sealer at a time: a second one goes home, or starts from where the first has come. Writers of the log never wait
    for it on PostgreSQL, and on SQLite only while a batch of finished seals is stored.
    """
    total = 0
    while (sealed := _seal_batch()) is not None:
        total += sealed
    return total


class Standing(NamedTuple):
    """How the log stands: rows in the chain, rows that wait for their seal, and the hash of the last row of the chain."""

    sealed: int
    waiting: int
    head: str | None


def standing() -> Standing:
    """How the log stands now."""
    seq, last = _head()
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    return Standing(seq, rows - seq, last if seq else None)


def _seal_batch() -> int | None:
    """Rows sealed; 0 where another sealer was quicker, None where there is nothing to do or another is at it."""
    with reading():
        head = _head()
        waiting = _waiting()
        db.session.rollback()
    if not waiting:
        return None
    rows = [Row(*entry[1:-1], json.loads(entry.facts)) for entry in waiting]
    seq, last = head
    seals = [
        {"entry_id": entry.id, "seq": row.seq, "prev_hash": row.prev_hash, "hash": row.hash}
        for entry, row in zip(waiting, seal(rows, seq=seq, head=last), strict=True)
    ]
    if not _is_my_turn():
        db.session.rollback()
        return None
    if _head() != head:
        db.session.rollback()
        return 0
    db.session.execute(sa.insert(LogSeal), seals)
    db.session.commit()
    return len(seals)


def _head() -> tuple[int, str]:
    """The last row's seq and hash."""
    last = db.session.execute(sa.select(LogSeal.seq, LogSeal.hash).order_by(LogSeal.seq.desc()).limit(1)).first()
    return tuple(last) if last else (0, GENESIS)


def _waiting() -> list[sa.Row]:
    """The first rows without a seal, as (id, *the eleven columns)."""
    sealed = sa.select(LogSeal.entry_id).where(LogSeal.entry_id == LogEntry.id)
    entries = sa.select(LogEntry.id, *(getattr(LogEntry, column) for column in UNSEALED))
    return list(db.session.execute(entries.where(~sealed.exists()).order_by(LogEntry.id).limit(BATCH)))


def _is_my_turn() -> bool:
    """Whether no other sealer is storing. SQLite's transaction is IMMEDIATE: the only one that writes."""
    if db.session.get_bind().dialect.name == "sqlite":
        return True
    return db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(SEALER)))
