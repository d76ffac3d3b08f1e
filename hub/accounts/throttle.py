"""How often what may be guessed, or what sends a mail, may be tried: counted in the database, which no restart empties."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

import sqlalchemy as sa
from flask import current_app

from hub.accounts.models import Attempt
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal


@dataclass(frozen=True)
class Limit:
    """At most so many `times` in so many `minutes`, for each key."""

    name: str
    times: int
    minutes: int


SIGN_IN_ACCOUNT = Limit("sign-in-account", 10, 15)  # wrong passwords for one account, from anywhere
SIGN_IN_ADDRESS = Limit("sign-in-address", 50, 15)  # wrong passwords from one address, for any account
CODE = Limit("code", 5, 15)  # wrong codes of the second factor, for one person
MAIL_ACCOUNT = Limit("mail-account", 5, 60)  # links asked for one mailbox
MAIL_ADDRESS = Limit("mail-address", 30, 60)  # links asked from one address
FORM_ADDRESS = Limit("form-address", 30, 60)  # forms that need no account, from one address


def count(limit: Limit, key: str) -> None:
    """Count one more try. Raises Refusal (rule "too-many") beyond the limit.

    Counted before the try, in a short transaction of its own: rivals at the same moment are counted one by one, and a try
    that is undone stays counted. To be called before the request's own transaction begins to write.
    """
    at, opened = now(), now() - timedelta(minutes=limit.minutes)
    over = Attempt.since <= opened
    dialect = db.engine.dialect.name
    insert = (sa.dialects.sqlite.insert if dialect == "sqlite" else sa.dialects.postgresql.insert)(Attempt)
    first = insert.values(bucket=_bucket(limit, key), count=1, since=at)
    new = first.excluded  # the row that was to go in: its instant has the column's type, which a bare value would not have
    again = {
        "count": sa.case((over, new["count"]), else_=Attempt.count + 1),
        "since": sa.case((over, new["since"]), else_=Attempt.since),
    }
    upsert = first.on_conflict_do_update(index_elements=["bucket"], set_=again)
    with db.engine.begin() as connection:
        tried, since = connection.execute(upsert.returning(Attempt.count, Attempt.since)).one()
    if tried > limit.times:
        left = since + timedelta(minutes=limit.minutes) - at
        raise Refusal(
            "Troppi tentativi in poco tempo. Riprova tra %(minutes)s minuti.",
            rule="too-many",
            minutes=max(1, -(-int(left.total_seconds()) // 60)),
        )


def may_be_sent(mailbox: str, *, asked_from: str | None) -> bool:
    """Count a link that somebody asks for by mail; whether it is to be sent. asked_from: the address of their browser.

    Raises Refusal where that address has asked for too many. Too many for one mailbox are no refusal: the answer is the same
    as ever and nothing is sent, so that whoever asks for links to somebody else's mailbox neither fills it nor learns that
    its owner has been asking, and the owner finds the links of the last hour, which still work.
    """
    count(MAIL_ADDRESS, network(asked_from))
    try:
        count(MAIL_ACCOUNT, mailbox)
    except Refusal:
        return False
    return True


def give_back(limit: Limit, key: str) -> None:
    """The try was a good one: it does not count. In the caller's transaction."""
    mine = sa.update(Attempt).where(Attempt.bucket == _bucket(limit, key), Attempt.count > 0)
    db.session.execute(mine.values(count=Attempt.count - 1))


def forget(limit: Limit, key: str) -> None:
    """Whoever it concerns has shown who they are: the count begins anew. In the caller's transaction."""
    db.session.execute(sa.delete(Attempt).where(Attempt.bucket == _bucket(limit, key)))


def purge_attempts(at: datetime) -> int:
    """Delete what no limit looks at any longer; how many rows."""
    return db.session.execute(sa.delete(Attempt).where(Attempt.since <= at - timedelta(days=1))).rowcount


def network(address: str | None) -> str:
    """The key of an address: itself, or for IPv6 the /64 of which one household has all the rest."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(known if known.version == 4 else ip_network((known, 64), strict=False))


def _bucket(limit: Limit, key: str) -> str:
    return hmac.new(current_app.secret_key.encode(), f"{limit.name}\0{key}".encode(), hashlib.sha256).hexdigest()
