"""The paths of organisations: how many come, why a meeting is void and who was reminded of one; what is kept of a meeting."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REWRITTEN = (
    "OLD.voided_at IS NOT NULL OR NEW.mentorship_id <> OLD.mentorship_id OR NEW.starts_at <> OLD.starts_at"
    " OR NEW.minutes <> OLD.minutes OR (OLD.event_id IS NOT NULL AND COALESCE(NEW.event_id, '') <> OLD.event_id)"
)
SQLITE = (
    """
CREATE TRIGGER meeting_kept_delete BEFORE DELETE ON meeting
BEGIN
  SELECT RAISE(ABORT, 'meeting_kept_delete');
END
""",
    f"""
CREATE TRIGGER meeting_kept_update BEFORE UPDATE ON meeting WHEN {REWRITTEN}
BEGIN
  SELECT RAISE(ABORT, 'meeting_kept_update');
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION meeting_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'meeting_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER meeting_kept_delete BEFORE DELETE ON meeting FOR EACH ROW EXECUTE FUNCTION meeting_kept_delete()
""",
    f"""
CREATE FUNCTION meeting_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {REWRITTEN} THEN
    RAISE EXCEPTION 'meeting_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER meeting_kept_update BEFORE UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION meeting_kept_update()
""",
)


def upgrade() -> None:
    op.create_table(
        "path_people",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("roles", sa.String(length=300), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("people BETWEEN 1 AND 100", name=op.f("ck_path_people_people")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_path_people_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_path_people")),
    )
    op.add_column("meeting", sa.Column("void_reason", sa.String(length=300), server_default="", nullable=False))
    op.add_column("meeting", sa.Column("reminded_at", UtcDateTime(), nullable=True))
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("meeting_kept_update", "meeting_kept_delete"):
        op.execute(f"DROP TRIGGER {name}" if sqlite else f"DROP FUNCTION {name} CASCADE")
    op.drop_column("meeting", "reminded_at")
    op.drop_column("meeting", "void_reason")
    op.drop_table("path_people")
