"""The occupancy ledger: every use of space is an occurrence, written down as one allocation for each atom it takes.

The database refuses two blocking allocations that overlap (see models): whoever calls here only hears of it as Conflict,
after which the transaction, or the caller's savepoint, must be rolled back.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from hub.spaces.models import EXCLUSIVE, MAX_HOURS, Allocation, Layout, Occurrence, Space
from hub.spaces.rules import Slot, free_lane

LONGEST = timedelta(hours=MAX_HOURS)
BLOCKING = (
    sa.select(Allocation.atom_id, Allocation.starts_at, Allocation.ends_at, Allocation.lane_from, Allocation.lane_to)
    .where(Allocation.atom_id.in_(sa.bindparam("atoms", expanding=True)))
    .where(Allocation.starts_at < sa.bindparam("ends"), Allocation.ends_at > sa.bindparam("starts"))
    .where(Allocation.starts_at > sa.bindparam("since"))  # no row is longer: what is older need not be looked at
    .where(Allocation.blocking, sa.or_(Allocation.expires_at.is_(None), Allocation.expires_at > sa.bindparam("now")))
)


class Conflict(Refusal):
    """The place is taken. Says nothing of who has it."""


def taken() -> Conflict:
    """The refusal of a place that somebody else has."""
    return Conflict(
        "Questo orario non è più libero: qui sotto trovi gli orari e gli spazi liberi più vicini.",
        field="starts",
        rule="no-overlap",
    )


def plan(space: Space, layout: Layout | None, slot: Slot, *, kind: str = "booking", **owner: object) -> Occurrence:
    """An occurrence that occupies nothing yet. owner: the one that it belongs to (booking=… by id, or closure_id=…)."""
    occurrence = Occurrence(
        kind=kind,
        space=space,
        layout=layout,
        starts_at=slot.starts,
        ends_at=slot.ends,
        setup_min=layout.setup_min if layout else 0,
        cleanup_min=layout.cleanup_min if layout else 0,
        ical_uid=f"{uuid.uuid4()}@officine-mezzogiorno",
        updated_at=now(),
        **owner,
    )
    db.session.add(occurrence)
    return occurrence


def occupy(occurrence: Occurrence, *, blocking: bool = True, until: datetime | None = None) -> None:
    """Write the occurrence into the ledger, for good or until an instant. Raises Conflict where it is taken.

    blocking=False writes a request that competes with others: `claim` turns it into a real one.
    """
    atoms = _lock(occurrence.space)
    db.session.flush()
    slot = padded(occurrence)
    low, high = _lanes(occurrence, atoms, slot) if blocking else EXCLUSIVE
    rows = [
        {
            "occurrence_id": occurrence.id,
            "atom_id": atom,
            "starts_at": piece.starts,
            "ends_at": piece.ends,
            "lane_from": low,
            "lane_to": high,
            "blocking": blocking,
            "expires_at": until,
        }
        for atom in atoms
        for piece in _pieces(slot)
    ]
    _or_conflict(sa.insert(Allocation), rows)


def claim(occurrence: Occurrence, *, until: datetime | None = None) -> None:
    """Make the occurrence's allocations block, whatever they were: lapsed, competing or blocking. Raises Conflict."""
    atoms = _lock(occurrence.space)
    mine = Allocation.occurrence_id == occurrence.id
    kept = db.session.execute(sa.select(Allocation.blocking, Allocation.lane_from).where(mine)).first()
    if kept is None:
        return occupy(occurrence, until=until)
    values: dict[str, object] = {"blocking": True, "expires_at": until}
    if not kept.blocking:
        low, high = _lanes(occurrence, atoms, padded(occurrence))
        values |= {"lane_from": low, "lane_to": high}
    return _or_conflict(sa.update(Allocation).where(mine).values(values))


def release(occurrence: Occurrence) -> None:
    """Take the occurrence out of the ledger: its time is free again."""
    lock(occurrence.space.atom_ids)
    db.session.execute(sa.delete(Allocation).where(Allocation.occurrence_id == occurrence.id))


def lapse(atoms: Iterable[int] | None = None) -> int:
    """End the holds whose time is over (of these atoms, or of all): they block no more. Returns how many rows."""
    over = sa.update(Allocation).where(Allocation.blocking, Allocation.expires_at <= now())
    if atoms is not None:
        over = over.where(Allocation.atom_id.in_(atoms))
    return db.session.execute(over.values(blocking=False), execution_options={"synchronize_session": False}).rowcount


def padded(occurrence: Occurrence) -> Slot:
    """The time that the occurrence takes in the ledger: its own, with set-up and clean-up."""
    return Slot(occurrence.starts_at, occurrence.ends_at).padded(occurrence.setup_min, occurrence.cleanup_min)


def uses(atoms: Iterable[int], window: Slot, ignoring: sa.Select | None = None) -> list[tuple[int, Slot, int, int]]:
    """What blocks these atoms in a window: (atom, slot, lane_from, lane_to); a hold that is over does not.

    ignoring: a query of the ids of occurrences that do not count, such as the holds of whoever asks.
    """
    values = {"atoms": list(atoms), "starts": window.starts, "ends": window.ends, "since": window.starts - LONGEST, "now": now()}
    blocking = BLOCKING if ignoring is None else BLOCKING.where(Allocation.occurrence_id.not_in(ignoring))
    rows = db.session.execute(blocking, values)
    return [(atom, Slot(starts, ends), low, high) for atom, starts, ends, low, high in rows]


def _lock(space: Space) -> list[int]:
    """Take the atoms in id order, so that rivals queue up rather than deadlock, and end their lapsed holds.

    SQLite's writing transaction is alone already; on PostgreSQL the constraint keeps the last word.
    """
    atoms = space.atom_ids
    lock(atoms)
    lapse(atoms)
    return atoms


def lock(atoms: Iterable[int] | None = None) -> None:
    """Keep rivals out of these atoms (or of all) until the transaction ends: taken in id order, and before any allocation."""
    if db.session.get_bind().dialect.name == "postgresql":
        spaces = sa.select(Space.id) if atoms is None else sa.select(Space.id).where(Space.id.in_(atoms))
        db.session.execute(spaces.order_by(Space.id).with_for_update(key_share=True)).all()


def _lanes(occurrence: Occurrence, atoms: list[int], slot: Slot) -> tuple[int, int]:
    lanes = occurrence.space.lanes
    if lanes is None:
        return EXCLUSIVE
    wanted = (occurrence.layout and occurrence.layout.lanes) or 1
    first = free_lane(((low, high) for _, _, low, high in uses(atoms, slot)), lanes, wanted)
    if first is None:
        raise taken()
    return first, first + wanted


def _pieces(slot: Slot) -> list[Slot]:
    """The slot in rows of bounded length."""
    pieces = []
    starts = slot.starts
    while starts < slot.ends:
        ends = min(starts + LONGEST, slot.ends)
        pieces.append(Slot(starts, ends))
        starts = ends
    return pieces


def _or_conflict(statement: sa.Executable, rows: list[dict] | None = None) -> None:
    try:
        db.session.execute(statement, rows, execution_options={"synchronize_session": False})
    except IntegrityError as error:
        if "allocation_no_overlap" not in str(error.orig):
            raise
        raise taken() from error
