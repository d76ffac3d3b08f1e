"""Closures: when one space, some or all of them are closed for a reason of their own. In the ledger like any other use."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces.models import Closure, Occurrence, Space, SpaceAtom
from hub.spaces.rules import Slot

LONGEST_DAYS = 366


class Closed(NamedTuple):
    """A closure that stands: when, why (in both languages, where both are known), and the atoms that it takes."""

    id: int
    slot: Slot
    reason: dict[str, str]
    atoms: frozenset[int]


def atoms_of(spaces: Iterable[Space]) -> set[int]:
    return {atom for space in spaces for atom in space.atom_ids}


def touched(spaces: Iterable[Space], atoms: Iterable[int]) -> list[Space]:
    """Those of these spaces that cannot be had while the atoms are closed: they are made of one of them at least."""
    closed = set(atoms)
    return [space for space in spaces if closed.intersection(space.atom_ids)]


def standing(window: Slot | None = None, atoms: Iterable[int] | None = None) -> list[Closed]:
    """The closures that are not over, or those of a window, by their beginning; of these atoms, or of all."""
    rows = (
        sa.select(Closure.id, Closure.reason, Occurrence.starts_at, Occurrence.ends_at, SpaceAtom.atom_id)
        .join(Occurrence, Occurrence.closure_id == Closure.id)
        .join(SpaceAtom, SpaceAtom.space_id == Occurrence.space_id)
        .where(Occurrence.status == "planned", Occurrence.ends_at > (window.starts if window else now()))
        .where(Occurrence.starts_at < window.ends if window else sa.true())
    )
    found: dict[tuple[int, Slot], Closed] = {}
    for id, reason, starts, ends, atom in db.session.execute(rows.order_by(Occurrence.starts_at, Closure.id)):
        slot = Slot(starts, ends)
        before = found.get((id, slot), Closed(id, slot, reason, frozenset()))
        found[id, slot] = before._replace(atoms=before.atoms | {atom})
    wanted = None if atoms is None else set(atoms)
    return [closed for closed in found.values() if wanted is None or closed.atoms & wanted]


def close(atoms: Iterable[Space], slot: Slot, reason: dict[str, str], *, by: Person) -> Closure:
    """Close single spaces for a time. Raises Refusal where one is closed already, Conflict where a booking stands there.

    The caller holds the locks of the atoms.
    """
    atoms = sorted(atoms, key=lambda atom: atom.id)
    must_be_a_closure(slot, now())
    if others := standing(slot, [atom.id for atom in atoms]):
        raise closed_already(others[0])
    closure = Closure(reason=reason, created_at=now(), created_by_id=by.id)
    db.session.add(closure)
    db.session.flush()
    for atom in atoms:
        ledger.occupy(ledger.plan(atom, None, slot, kind="closure", closure_id=closure.id))
    return closure


def closure_by(id: int) -> Closure | None:
    return db.session.get(Closure, id)


def remove(closure: Closure) -> None:
    """Open again from now on: what was closed until now stays closed. Whoever lost their place does not get it back.

    Raises Refusal where it is over or removed already.
    """
    ledger.lock()
    dates = db.session.scalars(sa.select(Occurrence).where(Occurrence.closure_id == closure.id, Occurrence.status == "planned"))
    left = [one for one in dates if one.ends_at > now()]
    must_be_left(len(left))
    for one in left:
        ledger.release(one)
        if one.starts_at < now():
            one.ends_at = now()
        else:
            one.status = "cancelled"
        one.sequence += 1
        one.updated_at = now()
    db.session.flush()


def must_be_a_closure(slot: Slot, now: datetime) -> None:
    """In the future, the right way round, no longer than a year."""
    if slot.ends <= slot.starts:
        raise Refusal("La fine viene dopo l'inizio.", field="last", rule="closure-order")
    if slot.starts < now:
        raise Refusal("Una chiusura non può cominciare nel passato: scegli da adesso in poi.", field="first", rule="closure-past")
    if slot.ends - slot.starts > timedelta(days=LONGEST_DAYS):
        raise Refusal("Una chiusura dura al massimo un anno: se serve, scrivine due.", field="last", rule="closure-long")


def closed_already(other: Closed) -> Refusal:
    """The refusal of a closure where another stands."""
    return Refusal(
        "Uno di questi spazi è già chiuso da %(starts)s a %(ends)s (%(reason)s): togli quella chiusura o scegli altre ore.",
        starts=other.slot.starts,
        ends=other.slot.ends,
        reason=other.reason,
        field="first",
        rule="closed-already",
    )


def must_be_left(count: int) -> None:
    if not count:
        raise Refusal("Questa chiusura è già finita.", rule="closure-over")
