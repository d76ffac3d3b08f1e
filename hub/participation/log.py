"""Record what happened: one row in the transaction of the fact, by pseudonym."""

import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.participation.models import LogEntry, Pseudonym
from impact import Act
from impact.chain import canonical_facts


class Somebody(Protocol):
    """A person or an organisation."""

    subject: str


def record(
    act: Act,
    *,
    who: Somebody | None = None,
    acting_as: Somebody | None = None,
    level: int = 0,
    at: datetime | None = None,
) -> str:
    """Add one act to the log, in the caller's transaction; returns its event_id, which `EventVoided` can name.

    acting_as: the organisation in whose name it was done, which becomes the fact `org` (its pseudonym); level: of the
    identity with which it was done (1 to 3), the fact `identity`, left out where it is 0. at: when it happened (an
    instant), now where none is given. Raises impact.ActError where the act needs somebody. Writers wait neither for one
    another nor for the sealer.
    """
    recorded_at, more = now(), {}
    code = pseudonym(who.subject) if who else None
    if acting_as:
        more["org"] = pseudonym(acting_as.subject)
    if level:
        more["identity"] = level
    entry = LogEntry(**_row(act, code, at or recorded_at, recorded_at, more))
    db.session.add(entry)
    db.session.flush()
    return entry.event_id


class Happened(NamedTuple):
    """An act that is told afterwards: who did it, None where nobody has to, when (an instant), and with which identity."""

    act: Act
    who: Somebody | None
    at: datetime
    level: int = 0


def record_all(acts: Iterable[Happened]) -> list[str]:
    """Add many acts at once, in their order; returns their event_ids. What `record` does, in one statement."""
    acts, recorded_at = list(acts), now()
    codes = {subject: pseudonym(subject) for subject in {one.who.subject for one in acts if one.who}}
    rows = [
        _row(act, codes[who.subject] if who else None, at, recorded_at, {"identity": level} if level else {})
        for act, who, at, level in acts
    ]
    if rows:
        db.session.execute(sa.insert(LogEntry), rows)
    return [row["event_id"] for row in rows]


def _row(act: Act, code: str | None, at: datetime, recorded_at: datetime, more: Mapping[str, object] = {}) -> dict[str, object]:
    """The columns of a new row. code: the pseudonym of who did it; more: facts that the act itself does not know."""
    columns = act.columns(code)
    facts = {"facts": canonical_facts(columns["facts"] | more)}
    return columns | facts | {"event_id": time_ordered_id(), "ts_event": at, "ts_recorded": recorded_at}


def pseudonym(subject: str) -> str:
    """The random code under which the log knows somebody ("person:12"), made at their first act.

    On PostgreSQL a new line of the vault has a short transaction of its own: in the caller's one, another act of the
    same person would wait for that to end. If the caller's is undone the line stays, and says nothing. On SQLite there
    is one writer at a time, the caller.
    """
    if code := known_as(subject):
        return code
    line = {"subject": subject, "code": f"p{secrets.token_hex(10)}"}
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.execute(sa.dialects.sqlite.insert(Pseudonym).values(line))
        return line["code"]
    with db.engine.begin() as connection:
        connection.execute(sa.dialects.postgresql.insert(Pseudonym).values(line).on_conflict_do_nothing())
        return connection.scalar(sa.select(Pseudonym.code).where(Pseudonym.subject == subject))


def known_as(subject: str) -> str | None:
    """The random code of somebody, None where the log has no act of theirs."""
    return db.session.scalar(sa.select(Pseudonym.code).where(Pseudonym.subject == subject))


def rename(subject: str, to: str | None) -> None:
    """Somebody is known by another key from now on (to, which has no code yet), or by none."""
    if to is None:
        forget(subject)
    else:
        db.session.execute(sa.update(Pseudonym).where(Pseudonym.subject == subject).values(subject=to))


def forget(subject: str) -> None:
    """Remove the link from somebody to their code, for ever: the log's rows stay, and say of nobody."""
    db.session.execute(sa.delete(Pseudonym).where(Pseudonym.subject == subject))


def time_ordered_id() -> str:
    """A UUID version 7 (RFC 9562): 48 bits of milliseconds since 1970, then chance."""
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))
