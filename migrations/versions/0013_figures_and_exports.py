"""The figures for everybody, the files that evaluators ask for, and who took which away."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEPT = ("download", "released_counts")
OPEN = "state IN ('queued', 'running')"


def upgrade() -> None:
    _exports()
    _figures()
    _keep()


def _exports() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("head", sa.String(length=64), nullable=True),
        sa.CheckConstraint("kind IN ('release', 'indicators', 'log')", name=op.f("ck_export_kind")),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_export_state")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_export_progress")),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_export_lease_while_running")),
        sa.CheckConstraint("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", name=op.f("ck_export_ended")),
        sa.CheckConstraint("(state = 'failed') = (why <> '')", name=op.f("ck_export_why_it_failed")),
        sa.CheckConstraint(
            "state <> 'done' OR kind = 'release' OR (sha256 IS NOT NULL AND size IS NOT NULL AND head IS NOT NULL)",
            name=op.f("ck_export_whole"),
        ),
        sa.CheckConstraint("(kind = 'release') = (asked_by_id IS NULL)", name=op.f("ck_export_asked_by")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_export_asked_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    release = sa.text(f"kind = 'release' AND {OPEN}")
    op.create_index("one_open_release", "export", ["kind"], unique=True, sqlite_where=release, postgresql_where=release)
    op.create_index("ix_export_queue", "export", ["id"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))
    op.create_table(
        "export_piece",
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_piece_export_id_export")),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_piece")),
    )
    op.create_table(
        "download",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_download_sha256")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_download_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download")),
    )
    op.create_index(op.f("ix_download_at"), "download", ["at"])


def _figures() -> None:
    op.create_table(
        "released_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statistic", sa.String(length=8), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_released_counts")),
    )
    op.create_table(
        "impact_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("log_rows", sa.Integer(), nullable=False),
        sa.Column("definitions_version", sa.String(length=20), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("catalogue", sa.JSON(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("side_files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_release")),
    )
    op.create_table(
        "impact_table",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["impact_release.id"], name=op.f("fk_impact_table_release_id_impact_release")),
        sa.PrimaryKeyConstraint("code", "period", "by", name=op.f("pk_impact_table")),
    )


def _keep() -> None:
    for table in KEPT:
        for verb in ("UPDATE", "DELETE"):
            op.get_bind().exec_driver_sql(_trigger(table, verb))


def _trigger(table: str, verb: str) -> str:
    name = f"{table}_kept_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        return f"""
CREATE TRIGGER {name} BEFORE {verb} ON {table}
BEGIN
  SELECT RAISE(ABORT, '{name}');
END
"""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$;
CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()
"""


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in KEPT:
        for verb in ("update", "delete"):
            name = f"{table}_kept_{verb}"
            op.execute(f"DROP TRIGGER {name}" if sqlite else f"DROP FUNCTION {name} CASCADE")
    for table in ("impact_table", "impact_release", "released_counts", "download", "export_piece", "export"):
        op.drop_table(table)
