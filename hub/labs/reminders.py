"""Reminders: who is enrolled is told of each session two days and one day before it, once.

Hours are real ones: a session at 10 on the day on which the clocks change is told 24 hours before, at 9 or at 11.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.clock import now
from hub.db import db, insert_unless_there
from hub.labs import people
from hub.labs.models import Activity, Reminder, Session
from hub.labs.papers import where
from hub.labs.rules import REMINDERS

TOLD_STATES = ("enrolled", "completed")


def remind() -> int:
    """Tell who is enrolled of the sessions that are near, each of them once for each of REMINDERS. Returns how many people.

    One that was scheduled late, or that no worker looked at in time, is told once, by the nearest of its hours. Any number of
    workers: the row of `reminder` goes in once, with its notices, and one that is being changed waits for the next round.
    """
    return sum(_remind(session, hours_due(session.starts_at, now())) for session in _near(now()))


def _near(at: datetime) -> list[Session]:
    """The sessions to be held soon, but for those that were told by all their hours."""
    told = sa.select(Reminder.session_id).where(Reminder.session_id == Session.id, Reminder.hours == min(REMINDERS))
    soon = sa.and_(Session.starts_at > at, Session.starts_at <= at + timedelta(hours=max(REMINDERS)))
    found = (
        sa.select(Session)
        .join(Activity, Activity.id == Session.activity_id)
        .where(Activity.state == "published", Session.state == "planned", soon, ~told.exists())
        .order_by(Session.starts_at, Session.id)
    )
    locked = found.with_for_update(skip_locked=True, key_share=True, of=Session)
    return list(db.session.scalars(locked, execution_options={"populate_existing": True}))


def _remind(session: Session, hours: int) -> int:
    if not insert_unless_there(Reminder, session_id=session.id, hours=hours, at=now()):
        return 0
    enrolled = people.enrolments(session.activity, TOLD_STATES)
    meeting = {"starts": session.starts_at, "ends": session.ends_at, "where": where(session), "title": session.title}
    return people.tell("labs/reminder", enrolled, session=meeting)


def hours_due(starts: datetime, at: datetime) -> int:
    """By which of REMINDERS a session is told now, which starts within the longest of them: the shortest that has come."""
    return min(hours for hours in REMINDERS if starts - timedelta(hours=hours) <= at)
