"""What was published of the log, what the evaluator asked for as a file, and who took which file away."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, one_of, refuse, unique_while

KINDS = ("release", "indicators", "log")
STATES = ("queued", "running", "done", "failed")
OPEN = "state IN ('queued', 'running')"
OPEN_RELEASE = f"kind = 'release' AND {OPEN}"


class Export(db.Model):
    """One long run of the worker: a file that an evaluator asked for, or (kind release) the figures for everybody.

    params: format, first, last, by, as asked; progress: from 0 to 100; attempts: how often a worker began it; lease_until:
    until when that worker holds it; why: why it failed, a code of `hub.evaluation.words.FAULTS`, and detail what the library
    said; head: the last row of the log that it is of. What is done is told by name, size in bytes and sha256; its bytes stand in
    `ExportPiece` until they are no longer kept. asked_by: None for a release, which the worker asks for itself.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    params: Mapped[dict] = mapped_column(sa.JSON)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(sa.String(8), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(sa.String(20), default="")
    detail: Mapped[str] = mapped_column(sa.Text, default="")
    name: Mapped[str] = mapped_column(sa.String(80), default="")
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    head: Mapped[str | None] = mapped_column(sa.String(64))

    asked_by: Mapped[Person | None] = relationship()

    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
        sa.CheckConstraint("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", name="ended"),
        sa.CheckConstraint("(state = 'failed') = (why <> '')", name="why_it_failed"),
        sa.CheckConstraint(
            "state <> 'done' OR kind = 'release' OR (sha256 IS NOT NULL AND size IS NOT NULL AND head IS NOT NULL)", name="whole"
        ),
        sa.CheckConstraint("(kind = 'release') = (asked_by_id IS NULL)", name="asked_by"),
        unique_while(OPEN_RELEASE, "one_open_release", "kind"),
        sa.Index("ix_export_queue", "id", sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)),
    )


class ExportPiece(db.Model):
    """Some of the bytes of a file, in their order. In the database, so that web servers and workers share nothing else."""

    export_id: Mapped[int] = mapped_column(sa.ForeignKey(Export.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Download(db.Model):
    """Somebody took a file of the log or of its figures away. what: its name. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(sa.String(80))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    by: Mapped[Person] = relationship()

    __table_args__ = (sa.CheckConstraint("length(sha256) = 64", name="sha256"),)


class ReleasedCounts(db.Model):
    """One table as it was published: a line of `impact.releases`, against which every later one is held. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    statistic: Mapped[str] = mapped_column(sa.String(8))
    line: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImpactRelease(db.Model):
    """One computing of the figures: of which rows of the log, and the words that go with them.

    catalogue: what each indicator is (`impact catalogue`); periods: [key, first, last] of each; names: of the codes of
    activities and spaces, {"it": …, "en": …}; side_files: which there were.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    head: Mapped[str] = mapped_column(sa.String(64))
    log_rows: Mapped[int]
    definitions_version: Mapped[str] = mapped_column(sa.String(20))
    threshold: Mapped[int]
    catalogue: Mapped[list] = mapped_column(sa.JSON)
    periods: Mapped[list] = mapped_column(sa.JSON)
    names: Mapped[dict] = mapped_column(sa.JSON)
    side_files: Mapped[list] = mapped_column(sa.JSON)


class ImpactTable(db.Model):
    """The figures of one indicator, of one period, by one column (by: "" for the whole), as everybody sees them.

    release: that which they are of. refused: why the last computing could not be published after what was before ("" where
    it could): then these are older than the others, or none at all (rows is empty).
    """

    code: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    period: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    by: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    rows: Mapped[list] = mapped_column(sa.JSON)
    release_id: Mapped[int] = mapped_column(sa.ForeignKey(ImpactRelease.id))
    refused: Mapped[str] = mapped_column(sa.Text, default="")

    release: Mapped[ImpactRelease] = relationship()


for _table in (Download.__table__, ReleasedCounts.__table__):
    refuse(_table, f"{_table.name}_kept_update", "UPDATE")
    refuse(_table, f"{_table.name}_kept_delete", "DELETE")
