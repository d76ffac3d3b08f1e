"""Closing spaces over the bookings that stand there: which they are, and how they end, all of them with the closure or none."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.booking import rules, service
from hub.booking.models import Booking
from hub.clock import now, wall
from hub.db import db
from hub.refusal import Refusal
from hub.spaces import closures, ledger, search
from hub.spaces.board import Board
from hub.spaces.ledger import LONGEST, LONGEST_PADDING, Allocation
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.rules import Slot

DATES_WITH_ALTERNATIVES = 4  # of a long series, the first ones: the mail stays readable


class Hit(NamedTuple):
    """A booking that a closure meets, and those of its dates that it takes."""

    booking: Booking
    dates: list[Occurrence]


def met(spaces: Iterable[Space], slot: Slot) -> list[Hit]:
    """The bookings in the way, by their first date: what was sent, and holds. Their set-up and clean-up count in full, since
    they come back where a neighbour with the same layout goes."""
    wide = slot.padded(LONGEST_PADDING, LONGEST_PADDING)
    near = sa.select(Allocation.occurrence_id).where(
        Allocation.atom_id.in_(closures.atoms_of(spaces)),
        *(Allocation.starts_at < wide.ends, Allocation.ends_at > wide.starts, Allocation.starts_at > wide.starts - LONGEST),
    )
    live = Booking.state.in_(("held", *rules.LIVE_STATES))
    ids = sa.select(Occurrence.booking_id).where(Occurrence.id.in_(near), Occurrence.status == "planned")
    bookings = sa.select(Booking).where(Booking.id.in_(ids), live).execution_options(populate_existing=True)
    hits = []
    for booking in db.session.scalars(bookings.options(*WHOLE)).unique():
        dates = [one for one in booking.planned if _needs(one).meets(slot) and _shares(one, spaces)]
        if dates:
            hits.append(Hit(booking, dates))
    return sorted(hits, key=lambda hit: (hit.dates[0].starts_at, hit.booking.id))


WHOLE = (
    joinedload(Booking.requester),
    joinedload(Booking.organisation),
    joinedload(Booking.space),
    joinedload(Booking.layout),
    joinedload(Booking.occurrences).joinedload(Occurrence.layout),
    joinedload(Booking.occurrences).joinedload(Occurrence.space).joinedload(Space.atoms),
)


def _needs(occurrence: Occurrence) -> Slot:
    layout: Layout = occurrence.layout
    return Slot(occurrence.starts_at, occurrence.ends_at).padded(layout.setup_min, layout.cleanup_min)


def _shares(occurrence: Occurrence, spaces: Iterable[Space]) -> bool:
    return bool(closures.atoms_of(spaces).intersection(occurrence.space.atom_ids))


def sent(hits: Iterable[Hit]) -> list[Hit]:
    """Without the holds, of which nobody was promised anything."""
    return [hit for hit in hits if hit.booking.state != "held"]


def seal(hits: Iterable[Hit]) -> str:
    """What a manager has seen before confirming: another text where a booking came, went or changed."""
    seen = [f"{hit.booking.id}.{hit.booking.version}.{','.join(str(one.id) for one in hit.dates)}" for hit in sent(hits)]
    return hashlib.sha256(";".join(seen).encode()).hexdigest()[:32]


def sessions_met(spaces: Iterable[Space], slot: Slot) -> list[Occurrence]:
    """The sessions of activities in the way, by their beginning, with their set-up and clean-up in full."""
    wide = slot.padded(LONGEST_PADDING, LONGEST_PADDING)
    near = sa.select(Occurrence).where(Occurrence.session_id.is_not(None), Occurrence.status == "planned")
    near = near.where(Occurrence.starts_at < wide.ends, Occurrence.ends_at > wide.starts).order_by(Occurrence.starts_at)
    whole = near.options(joinedload(Occurrence.layout), joinedload(Occurrence.space).joinedload(Space.atoms))
    found = db.session.scalars(whole.execution_options(populate_existing=True)).unique()
    return [one for one in found if _needs(one).meets(slot) and _shares(one, spaces)]


def close(spaces: list[Space], slot: Slot, reason: dict[str, str], *, seen: str, by: Person) -> list[Hit]:
    """Close these spaces, end the dates in the way, tell their owners and offer them something else; all of it or nothing.

    seen: the `seal` of what the manager was shown. Gives the bookings that it met. Raises Refusal.
    """
    closures.must_be_a_closure(slot, now())
    locked = {hit.booking.id for hit in met(spaces, slot)}
    # first the bookings, then the atoms, as whoever decides on a booking takes them
    db.session.execute(sa.select(Booking.id).where(Booking.id.in_(locked)).order_by(Booking.id).with_for_update()).all()
    ledger.lock()
    must_leave_sessions(sessions_met(spaces, slot))
    hits = met(spaces, slot)
    must_be_as_shown(seen == seal(hits) and locked >= {hit.booking.id for hit in hits})
    ended = sent(hits)
    for hit in ended:
        must_not_interrupt(hit)
    for hit in hits:
        if hit.booking.state == "held":
            service.unhold(hit.booking)
        for one in hit.dates:
            ledger.release(one)
    atoms = sa.select(Space).where(Space.id.in_(closures.atoms_of(spaces)))
    closures.close(db.session.scalars(atoms), slot, reason, by=by)
    ground = search.look_around([wall(one.starts_at).date() for hit in ended for one in hit.dates]) if ended else None
    for hit in ended:
        gone = [_told(hit.booking, one, ground if n < DATES_WITH_ALTERNATIVES else None) for n, one in enumerate(hit.dates)]
        service.call_off(hit.booking, hit.dates, reason["it"], by=by, told="booking/closed", why=reason, gone=gone)
    return ended


def _told(booking: Booking, occurrence: Occurrence, ground: Board | None) -> dict[str, object]:
    """A date as the mail tells it: when and where it was, and what is free instead, where there is a board to look at."""
    slot = Slot(occurrence.starts_at, occurrence.ends_at)
    wanted = (occurrence.space, occurrence.layout, slot, booking.attendees, booking.audience)
    found = search.alternatives(*wanted, most=3, ground=ground) if ground else []
    return {
        "starts": slot.starts,
        "ends": slot.ends,
        "space": occurrence.space.name,
        "others": [
            {"space": space.name, "starts": other.starts, "ends": other.ends, "link": _link(space, layout, other, booking)}
            for space, layout, other, _cents in found
        ],
    }


def _link(space: Space, layout: Layout, slot: Slot, booking: Booking) -> str:
    wish = {
        "disposizione": layout.id,
        "giorno": wall(slot.starts).date().isoformat(),
        "durata": slot.minutes,
        "persone": booking.attendees,
        "inizio": slot.starts.isoformat(),
    }
    return f"/spazi/{space.slug}/prenota?{urlencode(wish)}"


def must_leave_sessions(met: list[Occurrence]) -> None:
    """Whoever has enrolled in an activity is told of its move by the activity: first it goes, then the space is closed."""
    if met:
        raise Refusal(
            "In %(space)s c'è un incontro di un'attività, %(starts)s: prima spostalo o annullalo, poi chiudi.",
            space=met[0].space.name,
            starts=met[0].starts_at,
            field="spaces",
            rule="closure-session",
        )


def must_be_as_shown(is_same: bool) -> None:
    if not is_same:
        raise Refusal(
            "Nel frattempo è cambiato chi ha prenotato in quelle ore: guarda l'elenco, poi conferma.", rule="closure-seen"
        )


def must_not_interrupt(hit: Hit) -> None:
    """Nobody is sent out of a space that they are using."""
    for one in hit.dates:
        if one.starts_at <= now():
            raise Refusal(
                "«%(title)s» è in corso fino alle %(hour)s: fai cominciare la chiusura dopo.",
                title=hit.booking.title,
                hour=wall(one.ends_at).time(),
                rule="closure-interrupts",
            )
