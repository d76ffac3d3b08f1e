"""The outbox."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("dead_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.CheckConstraint("address LIKE '%@%'", name=op.f("ck_notice_address")),
        sa.CheckConstraint("kind LIKE '%/%'", name=op.f("ck_notice_kind_is_room_and_name")),
        sa.CheckConstraint("language IN ('it', 'en')", name=op.f("ck_notice_language")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_notice_attempts")),
        sa.CheckConstraint(
            "lease_until IS NULL OR (sent_at IS NULL AND dead_at IS NULL)", name=op.f("ck_notice_lease_while_waiting")
        ),
        sa.CheckConstraint("sent_at IS NULL OR dead_at IS NULL", name=op.f("ck_notice_sent_or_dead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index(
        "ix_notice_queue",
        "notice",
        ["due_at"],
        sqlite_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index("ix_notice_subject_created_at", "notice", ["subject", "created_at"])


def downgrade() -> None:
    op.drop_table("notice")
