"""The log of participation, the vault of its pseudonyms, and forms sent once."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END
""",
    """
CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END
""",
    """
CREATE TRIGGER log_entry_no_wipe BEFORE INSERT ON log_entry WHEN EXISTS (SELECT 1 FROM log_entry WHERE id = NEW.id OR event_id = NEW.event_id) BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END
""",
    """
CREATE TRIGGER log_seal_no_update BEFORE UPDATE ON log_seal BEGIN SELECT RAISE(ABORT, 'log_seal is append-only'); END
""",
    """
CREATE TRIGGER log_seal_no_delete BEFORE DELETE ON log_seal BEGIN SELECT RAISE(ABORT, 'log_seal is append-only'); END
""",
    """
CREATE TRIGGER log_seal_no_wipe BEFORE INSERT ON log_seal WHEN EXISTS (SELECT 1 FROM log_seal WHERE entry_id = NEW.entry_id OR seq = NEW.seq OR prev_hash = NEW.prev_hash OR hash = NEW.hash) BEGIN SELECT RAISE(ABORT, 'log_seal is append-only'); END
""",
)
POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry EXECUTE FUNCTION refuse_change()
""",
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry EXECUTE FUNCTION refuse_change()
""",
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_entry_no_wipe BEFORE TRUNCATE ON log_entry EXECUTE FUNCTION refuse_change()
""",
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_seal_no_update BEFORE UPDATE ON log_seal EXECUTE FUNCTION refuse_change()
""",
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_seal_no_delete BEFORE DELETE ON log_seal EXECUTE FUNCTION refuse_change()
""",
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END
$$;
 CREATE TRIGGER log_seal_no_wipe BEFORE TRUNCATE ON log_seal EXECUTE FUNCTION refuse_change()
""",
)
FUNCTIONS = ("refuse_change",)


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("ts_event", UtcDateTime(), nullable=False),
        sa.Column("ts_recorded", UtcDateTime(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("activity", sa.String(length=64), nullable=True),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=True),
        sa.Column("ref", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint("facts LIKE '{%}'", name=op.f("ck_log_entry_facts_are_an_object")),
        sa.CheckConstraint("length(event_id) = 36", name=op.f("ck_log_entry_event_id")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_log_entry_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_log_entry_event_id")),
    )
    op.create_table(
        "pseudonym",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_pseudonym")),
        sa.UniqueConstraint("code", name=op.f("uq_pseudonym_code")),
    )
    op.create_table(
        "sending",
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_sending")),
    )
    op.create_table(
        "log_seal",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(prev_hash) = 64 AND length(hash) = 64", name=op.f("ck_log_seal_hashes")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_log_seal_seq")),
        sa.ForeignKeyConstraint(["entry_id"], ["log_entry.id"], name=op.f("fk_log_seal_entry_id_log_entry")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_log_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_log_seal_hash")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_log_seal_prev_hash")),
        sa.UniqueConstraint("seq", name=op.f("uq_log_seal_seq")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("log_seal")
    op.drop_table("sending")
    op.drop_table("pseudonym")
    op.drop_table("log_entry")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
