"""What both sides of a meeting do at the same moment, each in four browsers; each race is run by eight processes."""

import time
from datetime import timedelta

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.labs import meetings
from hub.labs.models import Meeting, Mentorship
from hub.participation.log import pseudonym, record
from impact.acts import MentoringHeld

ROUNDS = 5


def _who(contestant: int) -> tuple[str, Person]:
    """The mentor, or one of those who act for the organisation; as a request has them."""
    side = "mentor" if contestant % 2 else "other"
    with reading():
        name = "max" if side == "mentor" else ("ada", "bea")[contestant // 2 % 2]
        found = db.session.scalars(sa.select(Person).filter_by(email=f"{name}@posta.example")).one()
        db.session.expunge_all()
        db.session.rollback()
    return side, found


def _meeting(number: int) -> Meeting:
    """That of a round, which nobody has confirmed."""
    return db.session.scalars(sa.select(Meeting).order_by(Meeting.id).offset(number).limit(1)).one()


def confirm(number: int, contestant: int) -> str:
    """Both sides say yes at once."""
    side, me = _who(contestant)
    meetings.confirm(_meeting(number), side, by=me)
    db.session.commit()
    return "done"


def write(number: int, contestant: int) -> str:
    """Both sides write the same meeting at once, where the others of the round left half an hour."""
    side, me = _who(contestant)
    match = db.session.scalars(sa.select(Mentorship)).one()
    starts = now() - timedelta(hours=number + 2) + timedelta(minutes=31)
    meetings.write(match, side, starts=starts, minutes=20, topic="Gara", by=me)
    db.session.commit()
    return "done"


def confirm_by_a_look_first(number: int, contestant: int) -> str:
    """The same without the lock, where the mentor has said yes before: each looks whether the other side has, then writes."""
    return _unlocked(2 * ROUNDS + number, contestant)


def confirm_without_the_lock(number: int, contestant: int) -> str:
    """The same, in other rounds, while the database still has the last word."""
    return _unlocked(ROUNDS + number, contestant)


def _unlocked(number: int, contestant: int) -> str:
    _side, me = _who(contestant // 2 * 2)
    with reading():
        meeting = _meeting(number)
        id, is_new = meeting.id, not meetings.has_confirmed(meeting, "other")
        enrolment, mentor = meeting.mentorship.enrolment, meeting.mentorship.trainer.subject
        told = {"activity": enrolment.activity.slug, "session": meetings.code_of(meeting), "minutes": meeting.minutes}
        organisation = enrolment.organisation
        db.session.expunge_all()
        db.session.rollback()
    time.sleep(0.5)  # the others look meanwhile, on a busy machine too
    if is_new:
        event = record(MentoringHeld(**told, mentor=pseudonym(mentor)), who=organisation)
        signed = {"other_confirmed_at": now(), "other_confirmed_by_id": me.id, "event_id": event}
        db.session.execute(sa.update(Meeting).filter_by(id=id).values(**signed))
        db.session.commit()
    return "done"


def drop_the_guard() -> None:
    """Take the database's own refusal away, to show what it is that keeps the promise."""
    on = " ON meeting" if db.engine.dialect.name == "postgresql" else ""
    db.session.execute(sa.text(f"DROP TRIGGER meeting_kept_update{on}"))
    db.session.commit()
