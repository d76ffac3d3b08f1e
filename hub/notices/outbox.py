"""The queue of mails: a worker takes a notice for a while, sends it, and says how it went.

Any number of workers: a notice is taken by one alone, for LEASE seconds; if that worker dies, another takes it after.
The caller commits, and keeps no transaction open while it talks to a mail server.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.notices.models import WAITING, Notice

LEASE = timedelta(seconds=180)  # a dozen answers of a mail server, each at the limit of its patience
# Minutes before the next try, from 1 to 6 hours: a mail outlives a server that is away for a day.
PAUSES = (1, 5, 15, 60, 120, 240, 360, 360, 360)
TRIES = len(PAUSES) + 1


def is_due() -> bool:
    """Whether a notice waits that no worker holds. Only reads: an idle worker never takes SQLite's turn to write."""
    return db.session.scalar(sa.select(_due(now()).limit(1).exists()))


def claim(limit: int = 1) -> list[Notice]:
    """At most `limit` due notices, the longest due first, held by the caller for LEASE; each counts as a try."""
    at = now()
    # A CTE, which is computed once: PostgreSQL may run a sub-select again and take more than the limit.
    due = _due(at).order_by(Notice.due_at, Notice.id).limit(limit).with_for_update(skip_locked=True).cte("due")
    taken = db.session.scalars(
        sa.update(Notice)
        .where(Notice.id.in_(sa.select(due.c.id)))
        .values(lease_until=at + LEASE, attempts=Notice.attempts + 1)
        .returning(Notice),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return sorted(taken, key=lambda notice: (notice.due_at, notice.id))


def _due(at: datetime) -> sa.Select:
    return sa.select(Notice.id).where(
        WAITING, Notice.due_at <= at, sa.or_(Notice.lease_until.is_(None), Notice.lease_until <= at)
    )


def sent(notice: Notice) -> None:
    """It is on its way. What was private is not kept any longer."""
    values = {"sent_at": now(), "lease_until": None, "last_error": None} | ({"payload": {}} if notice.private else {})
    _end(notice, values, WAITING)


def failed(notice: Notice, why: str, *, for_good: bool = False) -> bool:
    """It did not go: try again after a pause, or never where the tenth try failed or it can never arrive.

    why: a few words for the administrator, without personal data. Returns whether that was the last try. Says nothing
    over another worker that has taken the notice since.
    """
    dead = for_good or notice.attempts >= TRIES
    values = {"lease_until": None, "last_error": why[:200]}
    if dead:
        values |= {"dead_at": now()}
    else:
        values |= {"due_at": now() + timedelta(minutes=PAUSES[notice.attempts - 1])}
    _end(notice, values, Notice.lease_until == notice.lease_until)
    return dead


def _end(notice: Notice, values: dict[str, object], still: sa.ColumnElement[bool]) -> None:
    """Found by its key: on SQLite another notice may bear the number of one that was erased while it was on its way."""
    mine = sa.update(Notice).where(Notice.key == notice.key, still).values(values)
    db.session.execute(mine, execution_options={"synchronize_session": False})


def oldest_due_seconds() -> float:
    """How long the mail that should have gone first has been overdue, in seconds; 0 where none waits for a worker."""
    first = db.session.scalar(sa.select(sa.func.min(Notice.due_at)).where(WAITING))
    return max(0.0, (now() - first).total_seconds()) if first else 0.0


def waiting_since() -> datetime | None:
    """Since when the first of the mails waits that wait, None where none does. How many they are is nobody's to know: those who
    support a proposal are written to all at once, also while nobody may know how many they are."""
    return db.session.scalar(sa.select(sa.func.min(Notice.created_at)).where(WAITING))


def dead_letters(limit: int = 100) -> list[Notice]:
    """The mails that were given up, latest first."""
    given_up = sa.select(Notice).where(Notice.dead_at.is_not(None)).order_by(Notice.dead_at.desc(), Notice.id.desc())
    return list(db.session.scalars(given_up.limit(limit)))


def retry(id: int) -> bool:
    """Put a mail that was given up back in the queue, due now, with all its tries. False where there is none such."""
    values = {"dead_at": None, "due_at": now(), "attempts": 0}
    again = sa.update(Notice).where(Notice.id == id, Notice.dead_at.is_not(None)).values(values).returning(Notice.id)
    return db.session.scalar(again, execution_options={"synchronize_session": False}) is not None
