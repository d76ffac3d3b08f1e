"""The queue of long runs: an evaluator asks, one worker holds the run for a while, says how far it is, and how it ended.

Any number of workers: a run is held by one alone, for LEASE; if that worker dies, another begins it again. What a worker
writes down it writes under the number of its try, so that one that was thought dead says nothing over the next.
The verbs of the evaluator flush; those of the worker are called by `hub.evaluation.runs`, which commits.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import BinaryIO

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.evaluation import rules
from hub.evaluation.models import Download, Export, ExportPiece
from hub.participation.seal import standing

LEASE = timedelta(seconds=300)
TRIES = 3
PIECE = 512 * 1024  # bytes
SHOWN = 30
WAITING = Export.state.in_(("queued", "running"))


class Lost(Exception):
    """Another worker has taken this run, or it was ended: nothing more is to be written of it."""


# --- the evaluator


def ask_indicators(*, format: str, first: date | None, last: date | None, by: list[str], asked_by: Person) -> Export:
    """Ask for the indicators of a period as a file, by these columns crossed. Raises Refusal."""
    rules.must_be_a_period(first, last)
    rules.must_be_few(by)
    days = {"first": first.isoformat() if first else None, "last": last.isoformat() if last else None}
    return _ask("indicators", {"format": format, **days, "by": [column for column in rules.COLUMNS if column in by]}, asked_by)


def ask_log(*, asked_by: Person) -> Export:
    """Ask for the sealed log with its side files. Raises Refusal."""
    return _ask("log", {"format": "zip"}, asked_by)


def _ask(kind: str, params: dict, asked_by: Person) -> Export:
    """The same that waits already, or a new one."""
    rules.must_have_rows(standing().sealed)
    waiting = list(db.session.scalars(sa.select(Export).where(WAITING, Export.kind != "release")))
    for one in waiting:
        if (one.kind, one.params, one.asked_by_id) == (kind, params, asked_by.id):
            return one
    rules.must_be_room(len(waiting))
    made = Export(kind=kind, params=params, asked_by=asked_by, asked_at=now())
    db.session.add(made)
    db.session.flush()
    return made


def export_of(id: int) -> Export | None:
    """A file that was asked for."""
    return db.session.scalar(sa.select(Export).where(Export.id == id, Export.kind != "release").options(_WITH_PERSON))


def latest() -> list[Export]:
    """The files that were asked for lately, the last first."""
    asked = sa.select(Export).where(Export.kind != "release").options(_WITH_PERSON)
    return list(db.session.scalars(asked.order_by(Export.id.desc()).limit(SHOWN)))


_WITH_PERSON = sa.orm.joinedload(Export.asked_by)


def last_release() -> Export | None:
    """The last computing of the figures for everybody."""
    return db.session.scalar(sa.select(Export).where(Export.kind == "release").order_by(Export.id.desc()).limit(1))


def bytes_of(export: Export) -> Iterator[bytes]:
    """The file, piece by piece."""
    pieces = sa.select(ExportPiece.data).where(ExportPiece.export_id == export.id)
    for number in range(-(-export.size // PIECE)):
        yield db.session.scalar(pieces.where(ExportPiece.number == number))


def downloaded(what: str, sha256: str, *, by: Person) -> None:
    """Enter in the register that somebody takes a file away."""
    db.session.add(Download(what=what, sha256=sha256, by_id=by.id, at=now()))
    db.session.flush()


def downloads(limit: int = 200) -> list[Download]:
    """Who took which file away, the last first."""
    taken = sa.select(Download).options(sa.orm.joinedload(Download.by)).order_by(Download.id.desc())
    return list(db.session.scalars(taken.limit(limit)))


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of a file from where it stands; leaves it at its beginning."""
    found = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return found


# --- the worker


def ask_release() -> None:
    """Ask for the figures for everybody, unless they are asked for already."""
    if not db.session.scalar(sa.select(sa.select(Export.id).where(WAITING, Export.kind == "release").exists())):
        db.session.add(Export(kind="release", params={}, asked_at=now()))
        db.session.flush()


def is_due() -> bool:
    """Whether a run waits that no worker holds. Only reads."""
    return bool(db.session.scalar(sa.select(_due().exists())))


def claim() -> Export | None:
    """The run that waits longest, held by the caller for LEASE: files that somebody waits for come first."""
    due = _due().order_by(Export.kind == "release", Export.id).limit(1).with_for_update(skip_locked=True).cte("due")
    at = now()
    held = {"state": "running", "lease_until": at + LEASE, "attempts": Export.attempts + 1, "progress": 0}
    taken = sa.update(Export).where(Export.id.in_(sa.select(due.c.id))).values(held).returning(Export)
    return db.session.scalar(taken, execution_options={"synchronize_session": False, "populate_existing": True})


def _due() -> sa.Select:
    free = sa.or_(Export.state == "queued", sa.and_(Export.state == "running", Export.lease_until <= now()))
    return sa.select(Export.id).where(free)


def still(export: Export, **values: object) -> None:
    """Write down how it goes with a run that is held, and hold it longer. Raises Lost."""
    _write(export, values or {"lease_until": now() + LEASE})


def reached(export: Export, progress: int) -> None:
    """It has come so far, of 100. Raises Lost."""
    _write(export, {"progress": progress, "lease_until": now() + LEASE})


def keep(export: Export, file: BinaryIO) -> Iterator[int]:
    """Store the bytes of the file, a piece at a time; after each the caller commits. How many bytes, so far. Raises Lost."""
    db.session.execute(sa.delete(ExportPiece).where(ExportPiece.export_id == export.id))
    size = 0
    for number, data in enumerate(iter(lambda: file.read(PIECE), b"")):
        still(export)
        db.session.add(ExportPiece(export_id=export.id, number=number, data=data))
        size += len(data)
        yield size


def done(export: Export, **told: object) -> None:
    """It is whole. told: name, size, sha256, head. Raises Lost."""
    _write(export, {"state": "done", "progress": 100, "lease_until": None, "ended_at": now(), **told})


def failed(export: Export, why: str, detail: str = "") -> None:
    """It cannot be made. why: a code of `hub.evaluation.words.FAULTS`. Raises Lost."""
    db.session.execute(sa.delete(ExportPiece).where(ExportPiece.export_id == export.id))
    _write(export, {"state": "failed", "why": why, "detail": detail, "lease_until": None, "ended_at": now()})


def put_back(export: Export) -> None:
    """The worker ends before the run: the next one begins it again, and this try does not count. Raises Lost."""
    _write(export, {"state": "queued", "lease_until": None, "attempts": export.attempts - 1, "progress": 0})


def _write(export: Export, values: dict[str, object]) -> None:
    mine = sa.update(Export).where(Export.id == export.id, Export.state == "running", Export.attempts == export.attempts)
    if not db.session.execute(mine.values(values), execution_options={"synchronize_session": False}).rowcount:
        raise Lost


def purge_exports() -> None:
    """Delete the bytes of files that are no longer kept, and runs for everybody that nobody asks about any more."""
    ended = now() - rules.KEPT
    old = sa.select(Export.id).where(Export.ended_at < ended)
    db.session.execute(sa.delete(ExportPiece).where(ExportPiece.export_id.in_(old)))
    last = sa.select(sa.func.max(Export.id)).where(Export.kind == "release").scalar_subquery()
    db.session.execute(sa.delete(Export).where(Export.kind == "release", Export.ended_at < ended, Export.id != last))
