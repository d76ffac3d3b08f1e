"""Notices: tell somebody something in the transaction of the fact itself, and what a person was told."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Protocol

import sqlalchemy as sa

from hub.clock import now
from hub.db import db, insert_unless_there
from hub.notices.models import Notice, OptOut

PER_PAGE = 20
PRIVATE_DAYS = 30
# What one may do without, by the kind of the notice. All others are necessary: they confirm, change, call off, or open a door.
TOPICS = {"labs/reminder": "reminder", "labs/message_extra": "message", "labs/feedback": "feedback"}
TOPICS |= {"proposals/news": "proposal", "proposals/digest": "proposal", "proposals/carry_on": "proposal"}


class Recipient(Protocol):
    """Whoever can be told something."""

    subject: str
    email: str
    language: str
    name: str


def notice(kind: str, *, to: Recipient, private: bool = False, **payload: object) -> Notice:
    """One more notice in the caller's transaction; the worker puts it into words and sends it.

    kind: "room/name", the template `room/mail/name.txt`. payload: what the template needs, as text, numbers, truth
    values, None, lists and dicts of them; instants, days and hours too (the template gets instants and days back as
    such, hours as text). `calendar=Entry.as_json()`, or {"it": [...], "en": [...]} of several, comes with the mail as a
    calendar file; urls in it are paths of the portal.
    private: only for the mail, such as a link that signs in; it never stands in the personal area, and its payload goes
    once it is sent. Whoever opted out of its topic (see TOPICS) gets no mail, and reads it in the personal area.
    """
    row = Notice(**_columns(kind, to, _plain(payload)), private=private, quiet=is_unwanted(to.subject, kind))
    db.session.add(row)
    db.session.flush()
    return row


def notice_all(kind: str, *, to: Iterable[Recipient], **payload: object) -> int:
    """The same to many at once, in two statements; how many. For what stands in the personal area: see `notice`."""
    readers, told = list(to), _plain(payload)
    unwanted = sa.select(OptOut.subject).where(OptOut.topic == TOPICS.get(kind), OptOut.subject.in_([r.subject for r in readers]))
    silent = set(db.session.scalars(unwanted))
    rows = [_columns(kind, one, told) | {"private": False, "quiet": one.subject in silent} for one in readers]
    if rows:
        db.session.execute(sa.insert(Notice), rows)
    return len(rows)


def _columns(kind: str, to: Recipient, payload: object) -> dict[str, object]:
    told_at = now()
    who = {"subject": to.subject, "address": to.email, "name": to.name, "language": to.language}
    return {"key": str(uuid.uuid4()), "kind": kind, **who, "payload": payload, "created_at": told_at, "due_at": told_at}


AT, DAY = "$at", "$day"  # what marks an instant and a day in a payload: a text that looks like one is a text


def _plain(value: object) -> object:
    """The value as JSON holds it. Raises ValueError for an instant without offset, TypeError for what JSON lacks."""
    match value:
        case datetime():
            if value.tzinfo is None:
                raise ValueError("an instant needs its offset from UTC")
            return {AT: value.isoformat()}
        case date():
            return {DAY: value.isoformat()}
        case time():
            return value.isoformat()
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case None | str() | bool() | int() | float():
            return value
        case _:
            raise TypeError(f"a notice cannot hold {type(value).__name__}")


def messages(subject: str, *, page: int = 1) -> list[Notice]:
    """What this person was told, newest first, a page of PER_PAGE at a time (the first is 1)."""
    found = _mine(subject).order_by(Notice.created_at.desc(), Notice.id.desc())
    return list(db.session.scalars(found.offset((page - 1) * PER_PAGE).limit(PER_PAGE)))


def message_count(subject: str, *, unread: bool = False) -> int:
    """How many notices this person has, or has not read."""
    mine = _mine(subject).where(Notice.read_at.is_(None)) if unread else _mine(subject)
    return db.session.scalar(sa.select(sa.func.count()).select_from(mine.subquery()))


def message(subject: str, key: str) -> Notice | None:
    """This person's notice, or None where it is another's or nobody's. By its key: numbers of two would tell how many others
    were written to meanwhile, and so how many support a proposal."""
    return db.session.scalar(_mine(subject).where(Notice.key == key))


def _mine(subject: str) -> sa.Select:
    return sa.select(Notice).where(Notice.subject == subject, Notice.private.is_(False))


def mark_read(row: Notice) -> None:
    """The person says that they have read it; saying it again changes nothing."""
    row.read_at = row.read_at or now()
    db.session.flush()


def purge_private(at: datetime) -> int:
    """Delete the private notices that were sent or given up long ago, which nobody can see; how many rows."""
    ended = sa.func.coalesce(Notice.sent_at, Notice.dead_at)
    doomed = sa.delete(Notice).where(Notice.private.is_(True), ended <= at - timedelta(days=PRIVATE_DAYS))
    return db.session.execute(doomed).rowcount


# --- what one may do without


def is_unwanted(subject: str, kind: str) -> bool:
    """Whether this person wants no mail of a kind of notice."""
    topic = TOPICS.get(kind)
    return topic is not None and db.session.get(OptOut, (subject, topic)) is not None


def choose(subject: str, wanted: Collection[str]) -> None:
    """From now on this person wants mail of these topics, and of no others that one may do without."""
    for topic in sorted(set(TOPICS.values())):
        if topic in wanted:
            opt_in(subject, topic)
        else:
            opt_out(subject, topic)


def opt_out(subject: str, topic: str) -> None:
    """No mail of this topic any more; said twice, it is said."""
    insert_unless_there(OptOut, subject=subject, topic=topic, at=now())


def opt_in(subject: str, topic: str) -> None:
    """Mail of this topic again."""
    db.session.execute(sa.delete(OptOut).where(OptOut.subject == subject, OptOut.topic == topic))


def forget_choices(subject: str) -> None:
    """What somebody chose goes with them."""
    db.session.execute(sa.delete(OptOut).where(OptOut.subject == subject))


def choices(subject: str) -> list[OptOut]:
    """The topics of which this person wants no mail, and since when."""
    return list(db.session.scalars(sa.select(OptOut).where(OptOut.subject == subject).order_by(OptOut.topic)))
