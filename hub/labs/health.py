"""Notes on health: what the staff of one course must know of somebody. Encrypted, shown for a few days, gone after the end."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now, today, wall
from hub.db import db
from hub.families import service as families
from hub.labs.models import Activity, Enrolment, HealthNote, Session
from hub.labs.team import may_keep
from hub.refusal import Refusal
from hub.sealing import seal, unseal

PURPOSE = "health"  # of the key that opens them, and of the consent that they rest on
MOST = 1000  # characters
KEPT_DAYS = 30  # after the end of the activity
MEETING = ("planned", "held")
TAKING_PART = ("enrolled", "completed")


def sealed(text: str) -> str:
    """A note as it is kept; "" where there is nothing to keep."""
    return seal(text, PURPOSE) if text else ""


def opened(sealed: str) -> str:
    """The words of a note that is kept; for whoever wrote it, in a basket or after."""
    return unseal(sealed, PURPOSE) if sealed else ""


def write(enrolment: Enrolment, text: str, *, by: Person) -> None:
    """What the staff must know from now on in place of what was there; "" for nothing."""
    note = db.session.get(HealthNote, enrolment.id)
    if note is not None and not text:
        db.session.delete(note)
    elif text:
        note = note or HealthNote(enrolment_id=enrolment.id)
        note.sealed, note.written_by_id, note.written_at = sealed(text), by.id, now()
        db.session.add(note)
    db.session.flush()


def of(enrolment: Enrolment) -> str:
    """The words of the note, for whoever answers for whom it is about; "" where there is none."""
    note = db.session.get(HealthNote, enrolment.id)
    return opened(note.sealed) if note else ""


def noted(activity: Activity) -> list[Enrolment]:
    """Those who take part and of whom there is a note, by name; what it says is not in it."""
    theirs = sa.select(Enrolment).join(HealthNote).where(Enrolment.activity_id == activity.id, Enrolment.state.in_(TAKING_PART))
    found = db.session.scalars(theirs.options(joinedload(Enrolment.participant)))
    return sorted(found, key=lambda one: (one.participant.family_name.casefold(), one.participant.given_name.casefold(), one.id))


def noted_in(activity: Activity, id: int) -> Enrolment | None:
    """The enrolment in this activity with this number, where there is a note; None for all others."""
    theirs = sa.select(Enrolment).join(HealthNote).where(Enrolment.activity_id == activity.id, Enrolment.id == id)
    return db.session.scalars(theirs.options(joinedload(Enrolment.participant))).one_or_none()


def read(enrolment: Enrolment, *, by: Person) -> str:
    """The words of a note, for the staff of its course on the days on which they need it: guardians read who opened it, and
    when. Raises Refusal. The view commits."""
    activity = enrolment.activity
    must_be_of_the_staff(may_keep(activity, by))
    must_be_the_days(is_readable(days_of(activity), today()))
    must_take_part(enrolment.state in TAKING_PART)
    families.viewed(enrolment.participant, "health", activity.slug, by=by)
    return of(enrolment)


def days_of(activity: Activity) -> list[tuple[date, date]]:
    """The first and the last day of each session that is to be, or was, held."""
    met = sa.select(Session.starts_at, Session.ends_at).where(Session.activity_id == activity.id, Session.state.in_(MEETING))
    rows = db.session.execute(met.order_by(Session.starts_at))
    return [(wall(starts).date(), wall(ends).date()) for starts, ends in rows]


def next_days(activity: Activity) -> tuple[date, date] | None:
    """From which day to which, both included, the notes can be read next, or can now; None where no session is to come."""
    coming = (window for window in map(_window, days_of(activity)) if window[1] >= today())
    return next(coming, None)


def drop(participant_id: int, activity_id: int | None = None) -> None:
    """Throw away the notes about somebody, in one activity or in all."""
    theirs = sa.select(Enrolment.id).where(Enrolment.participant_id == participant_id)
    theirs = theirs.where(Enrolment.activity_id == activity_id) if activity_id else theirs
    _delete(HealthNote.enrolment_id.in_(theirs))


def purge_notes(at: datetime) -> int:
    """Throw away the notes of what ended long ago, and of those who take part no longer; how many."""
    lasts = sa.select(Session.activity_id).where(Session.state != "cancelled").group_by(Session.activity_id)
    over = lasts.having(sa.func.max(Session.ends_at) <= at - timedelta(days=KEPT_DAYS))
    gone = sa.or_(Enrolment.ended_at.is_not(None), Enrolment.activity_id.in_(over))
    return _delete(HealthNote.enrolment_id.in_(sa.select(Enrolment.id).where(gone)))


def _delete(which: sa.ColumnElement[bool]) -> int:
    db.session.flush()
    doomed = sa.delete(HealthNote).where(which)
    return db.session.execute(doomed, execution_options={"synchronize_session": "fetch"}).rowcount


def _window(days: tuple[date, date]) -> tuple[date, date]:
    return days[0] - timedelta(days=1), days[1] + timedelta(days=1)


# --- rules, on plain values


def is_readable(days: Iterable[tuple[date, date]], today: date) -> bool:
    """Whether a note may be read: from the day before a session to the day after it. days: of each, its first and last."""
    return any(first <= today <= last for first, last in map(_window, days))


def must_be_of_the_staff(is_staff: bool) -> None:
    if not is_staff:
        raise Refusal("Le note le legge solo chi lavora in questa attività.", rule="staff")


def must_be_the_days(readable: bool) -> None:
    if not readable:
        raise Refusal("Le note si leggono solo dal giorno prima al giorno dopo di un incontro.", rule="health-days")


def must_take_part(takes_part: bool) -> None:
    if not takes_part:
        raise Refusal("Questa persona non partecipa.", rule="takes-part")
