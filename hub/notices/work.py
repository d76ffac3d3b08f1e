"""The worker behind `flask hub work`: sends the mails that are due, and does at intervals what nobody asks for.

Any number of workers may run. A worker ends after the mail in hand when it is told to stop, and waits for a database
that is away. No transaction is open while it talks to a mail server.
"""

import threading
import time
import traceback
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from hub.db import db, is_unavailable, reading
from hub.notices import outbox
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.notices.post import Post, Undelivered
from hub.web import log

IDLE_SECONDS = 1.0
AWAY_SECONDS = 30.0  # the longest wait for a database that is away

Duty = tuple[int, Callable[[], object]]


class Worker:
    """post: the way out of mails; duties: (seconds, function) pairs, each run at once and then at that interval, in a
    transaction that is committed after it; stop: set from outside to end."""

    def __init__(self, post: Post, duties: Sequence[Duty] = (), stop: threading.Event | None = None) -> None:
        self.post, self.duties, self.stop = post, duties, stop or threading.Event()
        self._next = [0.0] * len(duties)

    def run(self) -> None:
        """Work until told to stop."""
        pause = IDLE_SECONDS
        while not self.stop.is_set():
            try:
                self.run_once()
                pause = IDLE_SECONDS
            except SQLAlchemyError as error:
                if not is_unavailable(error):
                    raise
                pause = min(pause * 2, AWAY_SECONDS)
                log.warning("database unavailable", kind=type(error).__name__, wait=pause)
            finally:
                db.session.remove()
                self.post.close()
            self.stop.wait(pause)

    def run_once(self) -> None:
        """What is due now: the duties, then every mail. Raises what SQLAlchemy raises for a database that is away."""
        for number, (seconds, duty) in enumerate(self.duties):
            if time.monotonic() >= self._next[number] and not self.stop.is_set():
                self._do(duty)
                self._next[number] = time.monotonic() + seconds
        while not self.stop.is_set() and self._send_next():
            pass

    def _do(self, duty: Callable[[], object]) -> None:
        try:
            duty()
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            if isinstance(error, SQLAlchemyError) and is_unavailable(error):
                raise
            # One duty that breaks must keep neither the others nor the mail from going.
            log.error("duty failed", duty=duty.__name__, exc_info=error)

    def _send_next(self) -> bool:
        with reading():
            due = outbox.is_due()
            db.session.rollback()
        if due:
            taken = outbox.claim()
            db.session.commit()
            for notice in taken:
                self._send(notice)
        return due

    def _send(self, notice: Notice) -> None:
        begun = time.monotonic()
        why, for_good = None, False
        try:
            if notice.attempts > outbox.TRIES:
                raise Undelivered("the worker ended at each try", for_good=True)
            self.post.deliver(letter(notice), notice.address)
        except Undelivered as error:
            why, for_good = error.why, error.for_good
        except Exception as error:
            # A notice that cannot be put into words waits its turn again; those behind it go on.
            why = type(error).__name__
            frame = traceback.extract_tb(error.__traceback__)[-1]  # not the error's words, which may repeat an address
            log.error("notice unreadable", id=notice.id, why=why, file=frame.filename, line=frame.lineno)
        outcome = self._keep(notice, why, for_good)
        spent = round((time.monotonic() - begun) * 1000, 1)
        log.info("notice", id=notice.id, kind=notice.kind, outcome=outcome, attempt=notice.attempts, why=why, ms=spent)

    def _keep(self, notice: Notice, why: str | None, for_good: bool) -> str:
        """Write down how it went. If the database has just gone away, wait for it as long as the notice is ours: what
        was sent and not written down would be sent again."""
        deadline = time.monotonic() + outbox.LEASE.total_seconds()
        while True:
            try:
                outcome = "sent"
                if why is None:
                    outbox.sent(notice)
                else:
                    outcome = "given up" if outbox.failed(notice, why, for_good=for_good) else "later"
                db.session.commit()
                return outcome
            except SQLAlchemyError as error:
                db.session.remove()
                if not is_unavailable(error) or time.monotonic() > deadline or self.stop.wait(IDLE_SECONDS):
                    raise
