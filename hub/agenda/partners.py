"""Other hubs, whose calendars are shown beside ours: registered by a manager, fetched again and again by the worker.

The last good copy stays, whatever comes after it: what was wrong with the later ones is noted as a fault. Nobody waits for
the net while a transaction is open: `copy` asks, `keep` and `fail` write down what came of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.accounts.models import Person
from hub.agenda import foreign
from hub.agenda.fetching import Fault, Fetch, Fetched
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.clock import now, starts_of, today
from hub.db import db, reading
from hub.refusal import Refusal

FAULTS = (
    *("address", "private", "name", "unreachable", "tls", "slow", "large", "redirect", "status"),
    *("unreadable", "not_calendar", "heavy"),
)
BACK, AHEAD = timedelta(days=30), timedelta(days=400)  # of a calendar, what is kept as dates
EVERY, LONGEST_WAIT = timedelta(hours=1), timedelta(hours=24)
AGAIN = timedelta(minutes=1)  # before this, one does not ask the same hub once more
STALE = timedelta(hours=3)  # since the last good copy
READING_SECONDS = 20.0
MOST_LIVE = 50
IN_A_ROUND = 2  # the mail waits meanwhile
TOLD = ("uid", "title", "place", "text", "url", "all_day")


class Copy(NamedTuple):
    """What a hub's server gave, and the dates in it, None where it is the copy that one has; left_out: how many events, or
    series, could not be read or were too many."""

    fetched: Fetched
    events: list[dict] | None
    left_out: int


# --- what a calendar holds


def copy(address: str, *, etag: str = "", last_modified: str = "", fetch: Fetch) -> Copy:
    """Ask for a calendar, and read it. Raises Fault. To be called while no transaction is open."""
    fetched = fetch(address, etag=etag, last_modified=last_modified)
    return Copy(fetched, None, 0) if fetched.body is None else Copy(fetched, *read(fetched.body))


def read(body: bytes) -> tuple[list[dict], int]:
    """The dates of a calendar around today, and how many were left out, by a process of its own. Raises Fault."""
    day = starts_of(today())
    span = ((day - BACK).isoformat(), (day + AHEAD).isoformat())
    command = [sys.executable, "-I", str(Path(foreign.__file__)), *span]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=READING_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Fault("heavy") from None
    if done.returncode == foreign.NO_CALENDAR:
        raise Fault("not_calendar")
    if done.returncode == foreign.TOO_MUCH or done.returncode < 0:
        raise Fault("heavy")
    if done.returncode:  # the fault is ours, not the file's
        raise RuntimeError(done.stderr.decode(errors="replace")[-500:])
    told = json.loads(done.stdout)
    for one in told["events"]:
        one["starts"], one["ends"] = datetime.fromisoformat(one["starts"]), datetime.fromisoformat(one["ends"])
    return told["events"], told["left_out"]


# --- the hubs


def hubs() -> list[PartnerHub]:
    """Those that are shown, by their names. Their copies are not read along."""
    live = sa.select(PartnerHub).where(PartnerHub.ended_at.is_(None)).order_by(sa.func.lower(PartnerHub.name), PartnerHub.id)
    return list(db.session.scalars(live.options(sa.orm.defer(PartnerHub.body))))


def hub_by(id: int, *, locked: bool = False) -> PartnerHub | None:
    """The hub with this number, where it is shown. locked: nobody else changes it until the transaction ends."""
    found = sa.select(PartnerHub).filter_by(id=id, ended_at=None).execution_options(populate_existing=locked)
    return db.session.scalars(found.with_for_update() if locked else found).one_or_none()


def counts() -> dict[int, int]:
    """How many dates to come each hub has, by its number."""
    coming = (
        sa.select(PartnerEvent.hub_id, sa.func.count().label("dates"))
        .where(PartnerEvent.ends_at > now())
        .group_by(PartnerEvent.hub_id)
    )
    return {row.hub_id: row.dates for row in db.session.execute(coming)}


def is_stale(hub: PartnerHub, at: datetime) -> bool:
    """Whether what is shown of it is older than it should be."""
    return hub.fetched_at is None or (bool(hub.fault) and at - hub.fetched_at > STALE)


def register(*, name: str, place: str, site_url: str, feed_url: str, copied: Copy, by: Person) -> PartnerHub:
    """Show another hub from now on, whose calendar was tried. Raises Refusal."""
    _must_be_new(feed_url)
    must_not_be_many(len(hubs()))
    hub = PartnerHub(name=name, place=place, site_url=site_url, feed_url=feed_url, created_at=now(), created_by_id=by.id)
    _add(hub)
    keep(hub, copied)
    return hub


def change(hub: PartnerHub, *, name: str, place: str, site_url: str, feed_url: str, copied: Copy | None) -> None:
    """Call it otherwise, or find its calendar elsewhere, where that was tried (copied). Raises Refusal."""
    if feed_url != hub.feed_url:
        _must_be_new(feed_url)
        hub.etag = hub.last_modified = ""
    hub.name, hub.place, hub.site_url, hub.feed_url = name, place, site_url, feed_url
    _add(hub)
    if copied:
        keep(hub, copied)


def end(hub: PartnerHub) -> None:
    """Show it no more: of its calendar nothing is kept."""
    hub.ended_at, hub.body = now(), None
    db.session.execute(sa.delete(PartnerEvent).where(PartnerEvent.hub_id == hub.id))
    db.session.flush()


def must_not_be_many(live: int) -> None:
    if live >= MOST_LIVE:
        raise Refusal("Ci sono già %(live)s hub: prima togline uno.", rule="partners-most", live=live)


def _must_be_new(feed_url: str) -> None:
    if db.session.scalar(sa.select(PartnerHub.id).filter_by(feed_url=feed_url, ended_at=None)):
        raise _known()


def _add(hub: PartnerHub) -> None:
    db.session.add(hub)
    try:
        db.session.flush()
    except IntegrityError as error:
        if "one_live_partner_feed" in str(error.orig) or "partner_hub.feed_url" in str(error.orig):
            raise _known() from error
        raise


def _known() -> Refusal:
    return Refusal("Questo calendario c'è già, nell'elenco degli hub.", field="feed_url", rule="partner-known")


# --- what came of asking


def must_not_insist(hub: PartnerHub, at: datetime) -> None:
    if hub.tried_at and at - hub.tried_at < AGAIN:
        raise Refusal("Lo abbiamo appena chiesto: aspetta un minuto e riprova.", rule="partner-again")


class Turn(NamedTuple):
    """Of whom it is to ask a hub now: where, and the copy that one has, with what its server calls it."""

    id: int
    address: str
    etag: str
    last_modified: str
    body: bytes | None


def take(id: int, at: datetime, *, out_of_turn: bool = False) -> Turn | None:
    """Take the turn to ask a hub; None where a rival has it, or the hub was ended. To be committed before it is asked."""
    hub = hub_by(id)
    if hub is None or (hub.tried_at and at - hub.tried_at < (AGAIN if out_of_turn else waits(hub))):
        return None
    same = PartnerHub.tried_at.is_not_distinct_from(hub.tried_at)
    mine = sa.update(PartnerHub).where(PartnerHub.id == id, PartnerHub.ended_at.is_(None), same).values(tried_at=at)
    if db.session.execute(mine, execution_options={"synchronize_session": False}).rowcount == 0:
        return None
    return Turn(id, hub.feed_url, hub.etag, hub.last_modified, hub.body)


def keep(hub: PartnerHub, copied: Copy) -> None:
    """A good copy, from now on the one that is shown; the one that was there, read again, where it is still good."""
    hub.fetched_at = hub.tried_at = now()
    hub.fault = ""
    if copied.fetched.body is not None:
        hub.body, hub.etag, hub.last_modified = copied.fetched
    if copied.events is not None:
        _replace(hub, copied.events)
    db.session.flush()


def fail(hub: PartnerHub, code: str) -> None:
    """What was wrong with the last try: what is shown stays."""
    hub.fault, hub.tried_at = code, now()
    db.session.flush()


def _replace(hub: PartnerHub, events: Iterable[dict]) -> None:
    """Make the rows of a hub what its calendar says: those that stay as they are, are not touched."""
    wanted = {(one["starts"], one["ends"], *(one[name] for name in TOLD)) for one in events}
    columns = (PartnerEvent.id, PartnerEvent.starts_at, PartnerEvent.ends_at, *(getattr(PartnerEvent, name) for name in TOLD))
    gone = []
    for id, *told in db.session.execute(sa.select(*columns).where(PartnerEvent.hub_id == hub.id)):
        if tuple(told) in wanted:
            wanted.remove(tuple(told))
        else:
            gone.append(id)
    for start in range(0, len(gone), 500):
        db.session.execute(sa.delete(PartnerEvent).where(PartnerEvent.id.in_(gone[start : start + 500])))
    rows = [dict(zip(("starts_at", "ends_at", *TOLD), one, strict=True), hub_id=hub.id) for one in sorted(wanted)]
    if rows:
        db.session.execute(sa.insert(PartnerEvent), rows)


# --- the worker's round


def waits(hub: PartnerHub) -> timedelta:
    """How long after a try the next one is: an hour, and as long as it has been failing, up to a day."""
    if not hub.fault or hub.tried_at is None:
        return EVERY
    return min(max(hub.tried_at - (hub.fetched_at or hub.created_at), EVERY), LONGEST_WAIT)


def due(at: datetime) -> list[int]:
    """The numbers of those that are to be asked now, who has waited longest first."""
    found = [hub for hub in hubs() if hub.tried_at is None or at - hub.tried_at >= waits(hub)]
    return [hub.id for hub in sorted(found, key=lambda hub: hub.tried_at or hub.created_at)]


def refresh(fetch: Fetch) -> int:
    """Ask those that are due, a few at a time; how many. A worker's duty: it commits by itself, since nothing may be open
    while the net is waited for."""
    with reading():
        waiting = due(now())[:IN_A_ROUND]
        db.session.rollback()
    asked = 0
    for id in waiting:
        turn = take(id, now())
        db.session.commit()
        if turn:
            ask(turn, fetch)
            db.session.commit()
            asked += 1
    return asked


def ask(turn: Turn, fetch: Fetch) -> tuple[Copy | None, str]:
    """Ask a hub whose turn one has, and write down what came: the copy, or the code of what was wrong. Where it was ended,
    or is found elsewhere by now, nothing is written."""
    code, copied = "", None
    try:
        copied = copy(turn.address, etag=turn.etag, last_modified=turn.last_modified, fetch=fetch)
        if copied.events is None and turn.body is not None:
            copied = Copy(copied.fetched, *read(turn.body))  # as days pass, other dates of it come into sight
    except Fault as fault:
        copied, code = None, fault.code
    hub = hub_by(turn.id, locked=True)
    if hub and hub.feed_url == turn.address:
        keep(hub, copied) if copied else fail(hub, code)
    return copied, code
