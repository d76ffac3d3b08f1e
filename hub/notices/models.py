"""A notice: what somebody is told, by mail and in their personal area, and how far its delivery has come."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import UtcDateTime, db

WAITING = sa.text("sent_at IS NULL AND dead_at IS NULL AND NOT quiet")


class Notice(db.Model):
    """One notice to one person, told in `payload` and put into words by the template of its `kind`.

    subject: whom it concerns ("person:12"); key: stable for life, it makes the Message-ID, so that a mail sent twice
    can be told to be the same; private: never shown in the personal area, its payload is dropped once it is sent;
    quiet: stands in the personal area alone, since whoever reads wants no mail of its topic.
    Unless it is quiet it waits while neither sent_at nor dead_at is set; a worker that takes it holds it until lease_until.
    """

    __table_args__ = (
        sa.Index("ix_notice_queue", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        sa.Index("ix_notice_subject_created_at", "subject", "created_at"),
        sa.CheckConstraint("kind LIKE '%/%'", name="kind_is_room_and_name"),
        sa.CheckConstraint("address LIKE '%@%'", name="address"),
        sa.CheckConstraint("language IN ('it', 'en')", name="language"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.CheckConstraint("sent_at IS NULL OR dead_at IS NULL", name="sent_or_dead"),
        sa.CheckConstraint("lease_until IS NULL OR (sent_at IS NULL AND dead_at IS NULL)", name="lease_while_waiting"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(36), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(80))
    address: Mapped[str] = mapped_column(sa.String(320))
    name: Mapped[str] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(2))
    payload: Mapped[dict] = mapped_column(sa.JSON)
    private: Mapped[bool]
    quiet: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(sa.String(200))


class OptOut(db.Model):
    """Somebody wants no mail of this topic (a code of `hub.notices.service.TOPICS`): it still stands in their personal area."""

    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
