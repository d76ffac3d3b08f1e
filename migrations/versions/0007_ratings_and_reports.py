"""What readers say of the pages, and the faults that they report."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER report_closed_for_good BEFORE UPDATE ON report WHEN OLD.state = 'closed' AND (NEW.state <> 'closed' OR NEW.answer <> OLD.answer)
BEGIN
  SELECT RAISE(ABORT, 'report_closed_for_good');
END
""",
    """
CREATE TRIGGER report_change_kept_update BEFORE UPDATE ON report_change
BEGIN
  SELECT RAISE(ABORT, 'report_change_kept_update');
END
""",
    """
CREATE TRIGGER report_change_kept_delete BEFORE DELETE ON report_change
BEGIN
  SELECT RAISE(ABORT, 'report_change_kept_delete');
END
""",
    """
CREATE TRIGGER rating_kept_update BEFORE UPDATE ON rating
BEGIN
  SELECT RAISE(ABORT, 'rating_kept_update');
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION report_closed_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'closed' AND (NEW.state <> 'closed' OR NEW.answer <> OLD.answer) THEN
    RAISE EXCEPTION 'report_closed_for_good' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER report_closed_for_good BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION report_closed_for_good()
""",
    """
CREATE FUNCTION report_change_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'report_change_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER report_change_kept_update BEFORE UPDATE ON report_change FOR EACH ROW EXECUTE FUNCTION report_change_kept_update()
""",
    """
CREATE FUNCTION report_change_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'report_change_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER report_change_kept_delete BEFORE DELETE ON report_change FOR EACH ROW EXECUTE FUNCTION report_change_kept_delete()
""",
    """
CREATE FUNCTION rating_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'rating_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER rating_kept_update BEFORE UPDATE ON rating FOR EACH ROW EXECUTE FUNCTION rating_kept_update()
""",
)
FUNCTIONS = (
    "rating_kept_update",
    "report_change_kept_delete",
    "report_change_kept_update",
    "report_closed_for_good",
)


def upgrade() -> None:
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("comment", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("rated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("language IN ('it', 'en')", name=op.f("ck_rating_language")),
        sa.CheckConstraint(
            "reason IS NULL OR (stars >= 4 AND reason IN ('clear', 'complete', 'on_course', 'no_trouble', 'other')) OR (stars < 4 AND reason IN ('unclear', 'incomplete', 'lost', 'trouble', 'other'))",
            name=op.f("ck_rating_branch"),
        ),
        sa.CheckConstraint("length(comment) <= 200", name=op.f("ck_rating_comment")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_rating_stars")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    op.create_index("ix_rating_page", "rating", ["page", "id"])
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_report_closed_at")),
        sa.CheckConstraint("category IN ('space', 'portal', 'accessibility', 'other')", name=op.f("ck_report_category")),
        sa.CheckConstraint("email = '' OR email LIKE '%@%'", name=op.f("ck_report_email")),
        sa.CheckConstraint("language IN ('it', 'en')", name=op.f("ck_report_language")),
        sa.CheckConstraint("state <> 'closed' OR answer <> ''", name=op.f("ck_report_answered")),
        sa.CheckConstraint("state = 'open' OR handled_by IS NOT NULL", name=op.f("ck_report_handled")),
        sa.CheckConstraint("state IN ('open', 'in_progress', 'closed')", name=op.f("ck_report_state")),
        sa.CheckConstraint("title <> '' AND text <> ''", name=op.f("ck_report_words")),
        sa.CheckConstraint("length(text) <= 2000 AND length(answer) <= 2000", name=op.f("ck_report_length")),
        sa.ForeignKeyConstraint(["handled_by"], ["person.id"], name=op.f("fk_report_handled_by_person")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_report_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("key", name=op.f("uq_report_key")),
    )
    op.create_index("ix_report_closed_at", "report", ["closed_at"])
    op.create_index("ix_report_queue", "report", ["state", "id"])
    op.create_table(
        "report_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("after IN ('open', 'in_progress', 'closed')", name=op.f("ck_report_change_after")),
        sa.CheckConstraint("before IN ('open', 'in_progress', 'closed')", name=op.f("ck_report_change_before")),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_report_change_actor_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_change_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_change")),
    )
    op.create_index("ix_report_change_report_id", "report_change", ["report_id"])

    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:

    op.drop_table("report_change")
    op.drop_table("report")
    op.drop_table("rating")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
