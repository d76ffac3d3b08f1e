"""What is decided of a request: by a manager, by the database between rivals, or by time where nobody decides."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.accounts.service import people_with
from hub.booking import rules
from hub.booking.history import is_of, tell, turn
from hub.booking.models import Booking, BookingChange
from hub.booking.service import LISTED, confirm, end, side_by_side
from hub.clock import now, wall
from hub.db import db
from hub.notices.service import notice
from hub.organisations.models import Membership
from hub.refusal import Refusal, must_pass, refusals
from hub.spaces import ledger, search
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence, Space
from hub.spaces.rules import Slot
from hub.spaces.terms import Terms

USUAL_ANNOUNCE_DAYS = 10  # law 241/1990, article 10-bis
DUE_STATES = ("submitted", "refusal_announced")  # where a manager has to answer once `answer_by` is over


def approve(booking: Booking, *, by: Person) -> None:
    """Say yes: the moment when the database decides between rivals, who are told at once. Raises Refusal, Conflict."""
    must_pass(
        lambda: rules.must_not_judge_oneself(concerns(booking, by)),
        lambda: rules.must_be_before(booking.occurrence.starts_at, now()),
    )
    rivals_may_lose = bool(side_by_side(booking.planned))
    if rivals_may_lose:
        ledger.lock()  # they may have dates anywhere
    confirm(booking, by=by)
    if rivals_may_lose:
        settle()


def refuse(booking: Booking, reason: str, *, code: str = "other", by: Person) -> None:
    """Say no, with the reason that the requester reads. Raises Refusal, where it has to be announced first too."""
    must_pass(
        lambda: rules.must_not_judge_oneself(concerns(booking, by)),
        lambda: rules.must_choose_reason(code),
        lambda: _must_announce_first(booking),
        lambda: rules.must_answer_objections(objected(booking), reason),
    )
    end(booking, "rejected", reason, by=by, told="booking/rejected", code=code)


def announce_refusal(booking: Booking, reason: str, *, code: str, by: Person) -> None:
    """Say that it will be refused, and why: the requester may object until a day, and keeps the place meanwhile."""
    must_pass(
        lambda: rules.must_not_judge_oneself(concerns(booking, by)),
        lambda: rules.must_choose_reason(code),
        lambda: rules.must_give_reason(reason, code),
    )
    turn(booking, "refusal_announced", by=by, reason=reason, code=code)
    booking.answer_by = now() + timedelta(days=_terms(booking).announce_days or USUAL_ANNOUNCE_DAYS)
    booking.escalated_at = None
    tell("booking/refusal_announced", booking, reason=reason, reason_code=code, until=booking.answer_by)


def _must_announce_first(booking: Booking) -> None:
    if not objected(booking):
        rules.must_announce_first(_terms(booking).announce_days, booking.state, booking.answer_by, now())


def against_refusing(booking: Booking) -> list[Refusal]:
    """Why it cannot be refused yet: it has to be announced, or its people may still answer."""
    return refusals(lambda: _must_announce_first(booking))


def objected(booking: Booking) -> bool:
    """Whether it waits again because its people answered an announced refusal."""
    sent = sa.select(BookingChange.before).where(BookingChange.booking_id == booking.id, BookingChange.after == "submitted")
    last = db.session.scalar(sent.order_by(BookingChange.id.desc()).limit(1))
    return booking.state == "submitted" and last == "refusal_announced"


def object_to_it(booking: Booking, words: str, *, by: Person) -> None:
    """What the requester says against an announced refusal: the request is decided anew. Raises Refusal."""
    must_pass(
        lambda: rules.must_be_the_requester(is_of(booking, by)),
        lambda: rules.must_object_in_time(booking.state, booking.answer_by, now()),
        lambda: rules.must_give_reason(words),
    )
    turn(booking, "submitted", by=by, reason=words)
    booking.answer_by, booking.escalated_at = now() + timedelta(days=_terms(booking).answer_days), None
    for manager in people_with("manager"):
        notice("booking/objected", to=manager, code=booking.code, title=booking.title, words=words)


def ask_changes(booking: Booking, reason: str, *, by: Person) -> None:
    """Send it back to be changed; the place stays kept."""
    must_pass(lambda: rules.must_not_judge_oneself(concerns(booking, by)), lambda: rules.must_give_reason(reason))
    turn(booking, "changes_requested", by=by, reason=reason)
    tell("booking/changes_requested", booking, reason=reason)


def concerns(booking: Booking, person: Person) -> bool:
    """Whether somebody asked for it, or belongs to the organisation that did."""
    if booking.requester_id == person.id:
        return True
    member = sa.select(Membership.id).where(
        Membership.organisation_id == booking.organisation_id,
        Membership.person_id == person.id,
        Membership.ended_at.is_(None),
    )
    return booking.organisation_id is not None and db.session.scalar(member.limit(1)) is not None


def _terms(booking: Booking) -> Terms:
    return spaces.house().terms(booking.space, wall(booking.occurrence.starts_at).date(), booking.audience)


# --- between rivals, and by time


def settle() -> int:
    """End what competed for a place that somebody has now: told, with what is free instead. Returns how many.

    A request with other dates goes back to who asked, to change those. One that a manager is busy with is left for the next
    round: whoever approves it meanwhile hears from the database that its place is taken.
    """
    ledger.lock()  # before any booking, whose owner may be waiting for the same atoms
    mine, other = sa.orm.aliased(ledger.Allocation), sa.orm.aliased(ledger.Allocation)
    lost = (
        sa.select(Occurrence.id)
        .join(mine, mine.occurrence_id == Occurrence.id)
        .join(other, sa.and_(mine.atom_id == other.atom_id, mine.starts_at < other.ends_at, other.starts_at < mine.ends_at))
        .where(other.starts_at > now() - ledger.LONGEST, ~mine.blocking, other.blocking, other.expires_at.is_(None))
        .where(mine.lane_from < other.lane_to, other.lane_from < mine.lane_to, other.occurrence_id != Occurrence.id)
        .where(Occurrence.status == "planned", Occurrence.starts_at > now())
    )
    losers = (
        sa.select(Booking)
        .join(Booking.occurrences)
        .join(Occurrence.space)
        .where(Booking.state.in_(("submitted", "refusal_announced")), Space.competing, Occurrence.id.in_(lost))
        .order_by(Booking.id)
        .with_for_update(skip_locked=True, of=Booking)
    )
    found = list(dict.fromkeys(db.session.scalars(losers)))
    taken = set(db.session.scalars(lost)) if found else set()
    for booking in found:
        _lose(booking, [one for one in booking.planned if one.id in taken])
    return len(found)


def _lose(booking: Booking, dates: list[Occurrence]) -> None:
    days = ", ".join(f"{wall(one.starts_at):%d/%m/%Y}" for one in dates)
    if len(dates) < len(booking.planned):
        turn(booking, "changes_requested", by=None, reason=days, code="taken")
        tell("booking/dates_taken", booking, dates=[_told(booking, one) for one in dates])
    else:
        told = [_told(booking, one) for one in dates[:3]]
        end(booking, "rejected", "", by=None, told="booking/taken", code="taken", dates=told)


def _told(booking: Booking, occurrence: Occurrence) -> dict[str, object]:
    """A date that was lost, and what is free instead."""
    slot = Slot(occurrence.starts_at, occurrence.ends_at)
    found = search.alternatives(occurrence.space, occurrence.layout, slot, booking.attendees, booking.audience)
    others = [
        {"space": one.space.name, "starts": one.slot.starts, "ends": one.slot.ends, "link": _link(one, booking)} for one in found
    ]
    return {"starts": slot.starts, "ends": slot.ends, "space": occurrence.space.name, "others": others}


def _link(other: search.Alternative, booking: Booking) -> str:
    day = wall(other.slot.starts).date().isoformat()
    wish = {"disposizione": other.layout.id, "giorno": day, "durata": other.slot.minutes, "persone": booking.attendees}
    return f"/spazi/{other.space.slug}/prenota?{urlencode(wish | {'inizio': other.slot.starts.isoformat()})}"


def escalate() -> int:
    """Tell who manages and who administers, once, of the requests that wait for them: those not answered in time, and those
    whose people said nothing against the announced refusal. Returns how many."""
    late = _waiting(Booking.state.in_(DUE_STATES), Booking.answer_by <= now(), Booking.escalated_at.is_(None))
    if late:
        told = [{"code": one.code, "title": one.title, "answer_by": one.answer_by, "state": one.state} for one in late]
        people = {person.id: person for role in ("manager", "administrator") for person in people_with(role)}
        for person in people.values():
            notice("booking/late", to=person, requests=told, decides=person.has_role("manager"))
    for booking in late:
        booking.escalated_at = now()
    return len(late)


def expire() -> int:
    """End the requests that nobody decided before they were to begin; who asked is told that it was not their fault."""
    begun = sa.select(Occurrence.booking_id).where(Occurrence.status == "planned").group_by(Occurrence.booking_id)
    begun = begun.having(sa.func.min(Occurrence.starts_at) <= now())
    over = _waiting(Booking.state.in_(rules.WAITING_STATES), Booking.id.in_(begun))
    for booking in over:
        end(booking, "rejected", "Nessuno ha deciso prima dell'inizio.", by=None, told="booking/undecided")
    return len(over)


def _waiting(*which: sa.ColumnElement[bool]) -> list[Booking]:
    """These bookings, locked; those that somebody is busy with are left for the next round."""
    ledger.lock()  # before any booking, whose owner may be waiting for the same atoms
    found = sa.select(Booking).where(*which).order_by(Booking.id).options(selectinload(Booking.occurrences))
    return list(db.session.scalars(found.with_for_update(skip_locked=True, of=Booking)))


# --- what a manager looks at


def rivals(booking: Booking) -> list[Booking]:
    """Other requests that wait for the same atoms at the same time, the earliest first."""
    mine, other = sa.orm.aliased(ledger.Allocation), sa.orm.aliased(ledger.Allocation)
    ours = [occurrence.id for occurrence in booking.planned]
    ids = (
        sa.select(Occurrence.booking_id)
        .join(other, other.occurrence_id == Occurrence.id)
        .join(mine, sa.and_(mine.atom_id == other.atom_id, mine.starts_at < other.ends_at, other.starts_at < mine.ends_at))
        .where(mine.occurrence_id.in_(ours), other.occurrence_id.not_in(ours))
        .where(other.starts_at > booking.occurrence.starts_at - 2 * ledger.LONGEST)
    )
    waiting = sa.select(Booking).where(Booking.id.in_(ids), Booking.state.in_(rules.WAITING_STATES))
    people = (joinedload(Booking.requester), joinedload(Booking.organisation))
    return list(db.session.scalars(waiting.options(*LISTED, *people).order_by(Booking.submitted_at)))


def is_late(booking: Booking, at: datetime) -> bool:
    """Whether a manager should have decided it."""
    return booking.state in DUE_STATES and booking.answer_by is not None and booking.answer_by <= at
