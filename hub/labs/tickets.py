"""The ticket of somebody who is enrolled: the secret of its address, which a QR code holds, and a code that can be typed."""

import hashlib
import re
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import attendance, register
from hub.labs.attendance import EARLY, TAKING_PART
from hub.labs.models import Activity, Attendance, Enrolment, Session, Trainer
from hub.labs.rules import SHOWN_STATES
from hub.refusal import Refusal

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without those that are taken for another: I, L, O, U
LENGTH = 8
MISREAD = str.maketrans("OIL", "011")


class Told(NamedTuple):
    """A ticket that was shown: whose, at which session (None: none is on now), what is written of them there, and whether
    something ever was."""

    enrolment: Enrolment
    session: Session | None
    record: Attendance | None
    was_marked: bool


def code_of(enrolment: Enrolment) -> str:
    """What can be typed in place of the QR: K7QD-M2PX. It tells nothing of the secret that it comes from."""
    value = int.from_bytes(hashlib.sha256(enrolment.key.encode()).digest()[:5])
    signs = "".join(SIGNS[value >> 5 * place & 31] for place in range(LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


def sessions_of_now(person: Person, at: datetime | None = None) -> list[Session]:
    """The sessions that people come to now, of the activities whose registers somebody keeps, as they begin."""
    at = at or now()
    found = (
        sa.select(Session)
        .join(Session.activity)
        .where(Session.starts_at <= at + EARLY, Session.ends_at > at, Session.state.in_(("planned", "held")))
        .where(Activity.state.in_(SHOWN_STATES))
        .options(joinedload(Session.activity))
        .order_by(Session.starts_at, Session.id)
    )
    if not person.has_role("manager"):
        theirs = sa.select(Trainer.activity_id).where(Trainer.person_id == person.id, Trainer.ended_at.is_(None))
        found = found.where(Session.activity_id.in_(theirs))
    return list(db.session.scalars(found))


def by_key(key: str) -> Enrolment | None:
    """Whose ticket has this secret."""
    whole = (joinedload(Enrolment.activity).selectinload(Activity.sessions), joinedload(Enrolment.participant))
    found = sa.select(Enrolment).where(Enrolment.key == key).options(*whole, joinedload(Enrolment.organisation))
    return db.session.scalars(found).one_or_none()


def typed(text: str, person: Person) -> tuple[Enrolment, str] | None:
    """Whose ticket somebody means who keeps registers, and how they said it (qr: the whole address, by a reader that types;
    code). Codes are those of who takes part in a session of now. None: nobody's."""
    last = text.strip().rstrip("/").rpartition("/")[2]
    if "/" in text and (found := by_key(last)):
        return found, "qr"
    wanted = re.sub(r"[^0-9A-Z]", "", last.upper().translate(MISREAD))
    numbers = {one.activity_id for one in sessions_of_now(person)}
    theirs = sa.select(Enrolment).where(Enrolment.activity_id.in_(numbers), Enrolment.state.in_(TAKING_PART))
    for one in db.session.scalars(theirs.options(joinedload(Enrolment.activity).selectinload(Activity.sessions))):
        if code_of(one).replace("-", "") == wanted:
            return one, "code"
    return None


def shown(enrolment: Enrolment) -> Told:
    """What a ticket says now."""
    session = register.of_now(enrolment.activity.sessions, now())
    if session is None:
        return Told(enrolment, None, None, False)
    record = attendance.records_of(session).get(enrolment.id)
    return Told(enrolment, session, record, record is not None or attendance.was_marked(session, enrolment))


def admit(enrolment: Enrolment, source: str, *, by: Person) -> Told:
    """They are here, at the session of now; who was written down as there already stays as they are. Raises Refusal."""
    told = shown(enrolment)
    must_be_on(told.session is not None)
    if told.record and told.record.minutes:
        return told
    record = attendance.mark(told.session, enrolment, "present", source=source, by=by)
    return told._replace(record=record, was_marked=True)


def must_be_on(is_on: bool) -> None:
    if not is_on:
        raise Refusal("Adesso questa attività non ha un incontro: il registro si apre un'ora prima.", rule="no-session")
