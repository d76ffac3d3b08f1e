"""The log: a row for each act, its seal in the chain, and apart from both the vault that knows who a pseudonym is.

Rows and seals are never changed nor removed: the database refuses. To forget a person is to remove their line of the
vault; the log, its chain and its figures stay as they were.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import UtcDateTime, db, guarantee

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class LogEntry(db.Model):
    """One act, in the columns of impact.COLUMNS. `person` is a pseudonym; `facts` is canonical JSON (RFC 8785)."""

    __table_args__ = (
        sa.CheckConstraint("length(event_id) = 36", name="event_id"),
        sa.CheckConstraint("minutes >= 0", name="minutes"),
        sa.CheckConstraint("facts LIKE '{%}'", name="facts_are_an_object"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(36), unique=True)
    ts_event: Mapped[datetime] = mapped_column(UtcDateTime)
    ts_recorded: Mapped[datetime] = mapped_column(UtcDateTime)
    type: Mapped[str] = mapped_column(sa.String(64))
    person: Mapped[str | None] = mapped_column(sa.String(64))
    activity: Mapped[str | None] = mapped_column(sa.String(64))
    session: Mapped[str | None] = mapped_column(sa.String(64))
    minutes: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(sa.String(64))
    ref: Mapped[str | None] = mapped_column(sa.String(64))
    facts: Mapped[str] = mapped_column(sa.Text)


class LogSeal(db.Model):
    """The place of a row in the chain. Two rows cannot follow the same one: the chain has no forks."""

    __table_args__ = (
        sa.CheckConstraint("seq >= 1", name="seq"),
        sa.CheckConstraint("length(prev_hash) = 64 AND length(hash) = 64", name="hashes"),
    )

    entry_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey(LogEntry.id), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    prev_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class Pseudonym(db.Model):
    """The vault: whose pseudonym it is. subject: "person:12"."""

    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)


_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
"""


def _never_changed(table: sa.Table, keys: tuple[str, ...]) -> None:
    """Refuse every way to change or remove what stands in a table; `keys` are its unique columns."""
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        trigger = f"{name}_no_{verb.lower()}"
        guarantee(
            table,
            trigger,
            sqlite=f"CREATE TRIGGER {trigger} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
            postgresql=f"{_REFUSE} CREATE TRIGGER {trigger} BEFORE {verb} ON {name} EXECUTE FUNCTION refuse_change()",
        )
    # Each engine has a way round those two: INSERT OR REPLACE fires no DELETE trigger, TRUNCATE has a trigger of its own.
    same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
    again = f"EXISTS (SELECT 1 FROM {name} WHERE {same})"
    guarantee(
        table,
        f"{name}_no_wipe",
        sqlite=f"CREATE TRIGGER {name}_no_wipe BEFORE INSERT ON {name} WHEN {again}"
        f" BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
        postgresql=f"{_REFUSE} CREATE TRIGGER {name}_no_wipe BEFORE TRUNCATE ON {name} EXECUTE FUNCTION refuse_change()",
    )


_never_changed(LogEntry.__table__, ("id", "event_id"))
_never_changed(LogSeal.__table__, ("entry_id", "seq", "prev_hash", "hash"))
