"""The occupancy ledger: every use of space is an occurrence, written down as one allocation for each atom it takes.

The database refuses two blocking allocations that overlap (see models): whoever calls here only hears of it as Conflict,
after which the transaction, or the caller's savepoint, must be rolled back.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.clock import now, wall
from hub.db import db
from hub.refusal import Refusal
from hub.spaces.models import EXCLUSIVE, MAX_HOURS, Allocation, Layout, Occurrence, Space
from hub.spaces.rules import Slot, Use, follows, free_lane

LONGEST = timedelta(hours=MAX_HOURS)
LONGEST_PADDING = 240
BLOCKING = (
    sa.select(
        *(Allocation.occurrence_id, Allocation.atom_id, Occurrence.space_id, Occurrence.layout_id),
        *(Occurrence.starts_at, Occurrence.ends_at),
        *(sa.func.coalesce(Layout.setup_min, 0), sa.func.coalesce(Layout.cleanup_min, 0)),
        *(Occurrence.setup_min, Occurrence.cleanup_min, Allocation.lane_from, Allocation.lane_to),
    )
    .join(Occurrence, Occurrence.id == Allocation.occurrence_id)
    .outerjoin(Layout, Layout.id == Occurrence.layout_id)
    .where(Allocation.atom_id.in_(sa.bindparam("atoms", expanding=True)))
    .where(Allocation.starts_at < sa.bindparam("ends"), Allocation.ends_at > sa.bindparam("starts"))
    .where(Allocation.starts_at > sa.bindparam("since"))  # no row is longer: what is older need not be looked at
    .where(Allocation.blocking, sa.or_(Allocation.expires_at.is_(None), Allocation.expires_at > sa.bindparam("now")))
)


def _seconds(instant: sa.ColumnElement) -> sa.ColumnElement:
    return sa.cast(sa.extract("epoch", instant), sa.BigInteger)


# the same rows in numbers, as `needs.Taken` has them
BLOCKING_IN_SECONDS = BLOCKING.with_only_columns(
    *(Allocation.atom_id, Occurrence.space_id, Occurrence.layout_id),
    *(_seconds(Occurrence.starts_at), _seconds(Occurrence.ends_at)),
    *(sa.func.coalesce(Layout.setup_min, 0), sa.func.coalesce(Layout.cleanup_min, 0)),
    *(Occurrence.setup_min, Occurrence.cleanup_min, Allocation.lane_from, Allocation.lane_to),
)


class Conflict(Refusal):
    """The place is taken. Says nothing of who has it."""


def taken(slot: Slot | None = None) -> Conflict:
    """The refusal of a place that somebody else has; of several dates, it says which."""
    if slot:
        return Conflict(
            "Il posto di %(day)s alle %(hour)s non è più libero: scegli che cosa fare di quella data.",
            day=wall(slot.starts).date(),
            hour=wall(slot.starts).time(),
            field="starts",
            rule="no-overlap",
        )
    return Conflict(
        "Questo orario non è più libero: qui sotto trovi gli orari e gli spazi liberi più vicini.",
        field="starts",
        rule="no-overlap",
    )


def plan(space: Space, layout: Layout | None, slot: Slot, *, kind: str = "booking", **owner: object) -> Occurrence:
    """An occurrence that occupies nothing yet. owner: the one that it belongs to (booking=…, closure_id=… or session_id=…)."""
    occurrence = Occurrence(
        kind=kind,
        status="planned",
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
    _occupy(occurrence, _lock(occurrence.space), blocking, until)


def _occupy(occurrence: Occurrence, atoms: list[int], blocking: bool, until: datetime | None) -> None:
    db.session.flush()
    low, high = EXCLUSIVE
    if blocking:
        turnover(occurrence)
        low, high = _lanes(occurrence, atoms, padded(occurrence))
    _write(occurrence, {"lane_from": low, "lane_to": high, "blocking": blocking, "expires_at": until})


def claim(occurrence: Occurrence, *, until: datetime | None = None) -> None:
    """Make the occurrence's allocations block, whatever they were: lapsed, competing or blocking. Raises Conflict."""
    atoms = _lock(occurrence.space)
    mine = Allocation.occurrence_id == occurrence.id
    kept = db.session.scalars(sa.select(Allocation.blocking).where(mine)).first()
    if kept is False:  # lapsed or competing: its padding may be another by now
        db.session.execute(sa.delete(Allocation).where(mine))
    if not kept:
        return _occupy(occurrence, atoms, blocking=True, until=until)
    values = {"expires_at": until}
    return _or_conflict(sa.update(Allocation).where(Allocation.atom_id.in_(atoms), mine).values(values))


def release(occurrence: Occurrence) -> None:
    """Take the occurrence out of the ledger: its time is free again, and its neighbours set up and put away by themselves."""
    atoms = occurrence.space.atom_ids
    lock(atoms)
    db.session.execute(sa.delete(Allocation).where(Allocation.occurrence_id == occurrence.id))
    before, after = _neighbours(occurrence, atoms)
    for neighbour in (*before, *after):
        if (neighbour.setup, neighbour.cleanup) != (neighbour.setup_now, neighbour.cleanup_now):
            turnover(db.session.get_one(Occurrence, neighbour.occurrence_id))


def turnover(occurrence: Occurrence) -> None:
    """Set the padding in force of an occurrence and of its neighbours: none between two with the same layout of the same
    space, where nothing else could take place in between. The caller holds the locks of its atoms."""
    if occurrence.space.lanes is not None:
        return
    before, after = _neighbours(occurrence, occurrence.space.atom_ids)
    this = _use(occurrence)
    stays_before = len(before) == 1 and follows(before[0], this)
    stays_after = len(after) == 1 and follows(this, after[0])
    for one in before:
        _repad(one.occurrence_id, "cleanup_min", one.cleanup_now, 0 if stays_before else one.cleanup)
    for one in after:
        _repad(one.occurrence_id, "setup_min", one.setup_now, 0 if stays_after else one.setup)
    _repad(occurrence.id, "setup_min", occurrence.setup_min, 0 if stays_before else this.setup)
    _repad(occurrence.id, "cleanup_min", occurrence.cleanup_min, 0 if stays_after else this.cleanup)


def _repad(occurrence_id: int, side: str, minutes_now: int, minutes: int) -> None:
    """Give an occurrence another set-up or clean-up, in the ledger too where it stands there."""
    if minutes == minutes_now:
        return
    occurrence = db.session.get_one(Occurrence, occurrence_id)
    setattr(occurrence, side, minutes)
    db.session.flush()
    mine = Allocation.occurrence_id == occurrence.id
    columns = (Allocation.lane_from, Allocation.lane_to, Allocation.blocking, Allocation.expires_at)
    kept = db.session.execute(sa.select(*columns).where(mine)).mappings().first()
    if kept:
        db.session.execute(sa.delete(Allocation).where(mine))
        _write(occurrence, dict(kept))


def _neighbours(occurrence: Occurrence, atoms: list[int]) -> tuple[list[Use], list[Use]]:
    """The last use before the occurrence and the first after it on each of its atoms, each told once."""
    core = Slot(occurrence.starts_at, occurrence.ends_at)
    near = uses(atoms, core.padded(2 * LONGEST_PADDING, 2 * LONGEST_PADDING))
    others = sorted((use for use in near if use.occurrence_id != occurrence.id), key=lambda use: use.slot)
    before = {use.atom: use for use in others if use.slot.ends <= core.starts}  # of each atom the last one stays
    after = {use.atom: use for use in reversed(others) if use.slot.starts >= core.ends}
    return [list({use.occurrence_id: use for use in found.values()}.values()) for found in (before, after)]


def _use(occurrence: Occurrence) -> Use:
    layout = occurrence.layout
    slot = Slot(occurrence.starts_at, occurrence.ends_at)
    now_ = (occurrence.setup_min, occurrence.cleanup_min)
    whole = (layout.setup_min, layout.cleanup_min) if layout else (0, 0)
    return Use(occurrence.id, 0, occurrence.space_id, occurrence.layout_id, slot, *whole, *now_, *EXCLUSIVE)


def _write(occurrence: Occurrence, values: dict[str, object]) -> None:
    """One row for each atom and piece of time. Raises Conflict."""
    rows = [
        {"occurrence_id": occurrence.id, "atom_id": atom, "starts_at": piece.starts, "ends_at": piece.ends, **values}
        for atom in occurrence.space.atom_ids
        for piece in _pieces(padded(occurrence))
    ]
    _or_conflict(sa.insert(Allocation), rows)


def lapse(atoms: Iterable[int] | None = None) -> int:
    """End the holds whose time is over (of these atoms, or of all): they block no more. Returns how many rows."""
    over = sa.update(Allocation).where(Allocation.blocking, Allocation.expires_at <= now())
    if atoms is not None:
        over = over.where(Allocation.atom_id.in_(atoms))
    return db.session.execute(over.values(blocking=False), execution_options={"synchronize_session": False}).rowcount


def padded(occurrence: Occurrence) -> Slot:
    """The time that the occurrence takes in the ledger: its own, with set-up and clean-up."""
    return Slot(occurrence.starts_at, occurrence.ends_at).padded(occurrence.setup_min, occurrence.cleanup_min)


def uses(atoms: Iterable[int], window: Slot, ignoring: sa.Select | None = None) -> list[Use]:
    """What blocks these atoms in a window, padding included; a hold that is over does not.

    ignoring: a query of the ids of occurrences that do not count, such as the holds of whoever asks.
    """
    blocking = BLOCKING if ignoring is None else BLOCKING.where(Allocation.occurrence_id.not_in(ignoring))
    rows = db.session.execute(blocking, _looking(atoms, window))
    return [Use(*row[:4], Slot(*row[4:6]), *row[6:]) for row in rows]


def _looking(atoms: Iterable[int], window: Slot) -> dict[str, object]:
    return {"atoms": list(atoms), "starts": window.starts, "ends": window.ends, "since": window.starts - LONGEST, "now": now()}


def uses_by_atom(atoms: Iterable[int], window: Slot) -> dict[int, list[tuple]]:
    """What `uses` gives, for a long window of many atoms: of each atom that is used its rows, as `needs.Taken` has them."""
    found: dict[int, list[tuple]] = {}
    rows = db.session.connection().execute(BLOCKING_IN_SECONDS, _looking(atoms, window))
    for row in rows.cursor.fetchall():  # numbers as the driver gives them: there is nothing to convert
        found.setdefault(row[0], []).append(row)
    return found


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


def lock_together(occurrences: Collection[Occurrence]) -> None:
    """Lock the atoms of several uses at once: taken one use after the other, two rivals would wait for each other. A single
    one is locked by whatever is done with it."""
    if len(occurrences) > 1:
        lock({atom for occurrence in occurrences for atom in occurrence.space.atom_ids})


def _lanes(occurrence: Occurrence, atoms: list[int], slot: Slot) -> tuple[int, int]:
    lanes = occurrence.space.lanes
    if lanes is None:
        return EXCLUSIVE
    wanted = (occurrence.layout and occurrence.layout.lanes) or 1
    others = (use for use in uses(atoms, slot) if use.occurrence_id != occurrence.id)
    first = free_lane(((use.low, use.high) for use in others), lanes, wanted)
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
