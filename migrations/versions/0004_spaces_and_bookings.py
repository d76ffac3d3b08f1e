"""Spaces with the occupancy ledger, and bookings."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER allocation_no_overlap_ins BEFORE INSERT ON allocation WHEN NEW.blocking
BEGIN
  SELECT RAISE(ABORT, 'allocation_no_overlap') WHERE EXISTS (
    SELECT 1 FROM allocation AS a
    WHERE a.atom_id = NEW.atom_id AND a.starts_at < NEW.ends_at AND a.starts_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.starts_at, '-24 hours')
      AND NEW.starts_at < a.ends_at AND a.lane_from < NEW.lane_to AND NEW.lane_from < a.lane_to
      AND a.blocking AND a.id IS NOT NEW.id);
END
""",
    """
CREATE TRIGGER allocation_length_ins BEFORE INSERT ON allocation
WHEN julianday(NEW.ends_at) - julianday(NEW.starts_at) > 24.0 / 24 + 0.000001
BEGIN
  SELECT RAISE(ABORT, 'allocation_length');
END
""",
    """
CREATE TRIGGER allocation_no_overlap_upd BEFORE UPDATE OF atom_id, starts_at, ends_at, lane_from, lane_to, blocking ON allocation WHEN NEW.blocking
BEGIN
  SELECT RAISE(ABORT, 'allocation_no_overlap') WHERE EXISTS (
    SELECT 1 FROM allocation AS a
    WHERE a.atom_id = NEW.atom_id AND a.starts_at < NEW.ends_at AND a.starts_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.starts_at, '-24 hours')
      AND NEW.starts_at < a.ends_at AND a.lane_from < NEW.lane_to AND NEW.lane_from < a.lane_to
      AND a.blocking AND a.id IS NOT NEW.id);
END
""",
    """
CREATE TRIGGER allocation_length_upd BEFORE UPDATE OF atom_id, starts_at, ends_at, lane_from, lane_to, blocking ON allocation
WHEN julianday(NEW.ends_at) - julianday(NEW.starts_at) > 24.0 / 24 + 0.000001
BEGIN
  SELECT RAISE(ABORT, 'allocation_length');
END
""",
    """
CREATE TRIGGER space_atom_fixed_insert BEFORE INSERT ON space_atom WHEN EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = NEW.space_id AND o.status = 'planned' AND o.ends_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
BEGIN
  SELECT RAISE(ABORT, 'space_atom_fixed_insert');
END
""",
    """
CREATE TRIGGER space_atom_fixed_update BEFORE UPDATE ON space_atom WHEN EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = OLD.space_id AND o.status = 'planned' AND o.ends_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
BEGIN
  SELECT RAISE(ABORT, 'space_atom_fixed_update');
END
""",
    """
CREATE TRIGGER space_atom_fixed_delete BEFORE DELETE ON space_atom WHEN EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = OLD.space_id AND o.status = 'planned' AND o.ends_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
BEGIN
  SELECT RAISE(ABORT, 'space_atom_fixed_delete');
END
""",
    """
CREATE TRIGGER booking_change_kept_update BEFORE UPDATE ON booking_change
BEGIN
  SELECT RAISE(ABORT, 'booking_change_kept_update');
END
""",
    """
CREATE TRIGGER booking_change_kept_delete BEFORE DELETE ON booking_change WHEN EXISTS (SELECT 1 FROM booking b WHERE b.id = OLD.booking_id AND b.state NOT IN ('draft', 'held'))
BEGIN
  SELECT RAISE(ABORT, 'booking_change_kept_delete');
END
""",
)
POSTGRESQL = (
    """
ALTER TABLE allocation ADD CONSTRAINT allocation_no_overlap EXCLUDE USING gist (
  int4range(atom_id, atom_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&, int4range(lane_from, lane_to) WITH &&
) WHERE (blocking)
""",
    """
ALTER TABLE allocation ADD CONSTRAINT ck_allocation_length
CHECK (ends_at - starts_at <= interval '24 hours')
""",
    """
CREATE FUNCTION space_atom_fixed_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = NEW.space_id AND o.status = 'planned' AND o.ends_at > now()) THEN
    RAISE EXCEPTION 'space_atom_fixed_insert' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER space_atom_fixed_insert BEFORE INSERT ON space_atom FOR EACH ROW EXECUTE FUNCTION space_atom_fixed_insert()
""",
    """
CREATE FUNCTION space_atom_fixed_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = OLD.space_id AND o.status = 'planned' AND o.ends_at > now()) THEN
    RAISE EXCEPTION 'space_atom_fixed_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER space_atom_fixed_update BEFORE UPDATE ON space_atom FOR EACH ROW EXECUTE FUNCTION space_atom_fixed_update()
""",
    """
CREATE FUNCTION space_atom_fixed_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM occurrence o WHERE o.space_id = OLD.space_id AND o.status = 'planned' AND o.ends_at > now()) THEN
    RAISE EXCEPTION 'space_atom_fixed_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER space_atom_fixed_delete BEFORE DELETE ON space_atom FOR EACH ROW EXECUTE FUNCTION space_atom_fixed_delete()
""",
    """
CREATE FUNCTION booking_change_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'booking_change_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booking_change_kept_update BEFORE UPDATE ON booking_change FOR EACH ROW EXECUTE FUNCTION booking_change_kept_update()
""",
    """
CREATE FUNCTION booking_change_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM booking b WHERE b.id = OLD.booking_id AND b.state NOT IN ('draft', 'held')) THEN
    RAISE EXCEPTION 'booking_change_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER booking_change_kept_delete BEFORE DELETE ON booking_change FOR EACH ROW EXECUTE FUNCTION booking_change_kept_delete()
""",
)
FUNCTIONS = (
    "booking_change_kept_delete",
    "booking_change_kept_update",
    "space_atom_fixed_delete",
    "space_atom_fixed_insert",
    "space_atom_fixed_update",
)


def upgrade() -> None:
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_table(
        "space",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("area_m2", sa.Integer(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=True),
        sa.Column("approval", sa.String(length=10), nullable=False),
        sa.Column("competing", sa.Boolean(), nullable=False),
        sa.Column("request_days", sa.Integer(), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("cancel_hours", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.CheckConstraint("approval IN ('manager', 'automatic')", name=op.f("ck_space_approval")),
        sa.CheckConstraint("kind IN ('atomic', 'composite')", name=op.f("ck_space_kind")),
        sa.CheckConstraint(
            "0 < min_minutes AND min_minutes <= max_minutes AND max_minutes <= 1440", name=op.f("ck_space_minutes")
        ),
        sa.CheckConstraint("lanes IS NULL OR lanes BETWEEN 1 AND 100", name=op.f("ck_space_lanes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
        sa.UniqueConstraint("slug", name=op.f("uq_space_slug")),
    )
    op.create_table(
        "layout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("setup_min", sa.Integer(), nullable=False),
        sa.Column("cleanup_min", sa.Integer(), nullable=False),
        sa.Column("staff_needed", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=True),
        sa.Column("access_notes", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.CheckConstraint(
            "kind IN ('theatre', 'classroom', 'u_shape', 'circle', 'meeting', 'workshop', 'market', 'empty')",
            name=op.f("ck_layout_kind"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_layout_capacity")),
        sa.CheckConstraint("lanes IS NULL OR lanes >= 1", name=op.f("ck_layout_lanes")),
        sa.CheckConstraint("setup_min BETWEEN 0 AND 240 AND cleanup_min BETWEEN 0 AND 240", name=op.f("ck_layout_padding")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_layout_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layout")),
        sa.UniqueConstraint("space_id", "code", name=op.f("uq_layout_space_id_code")),
    )
    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("opens", sa.Integer(), nullable=True),
        sa.Column("closes", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.CheckConstraint("(opens IS NULL) = (closes IS NULL)", name=op.f("ck_opening_both_hours")),
        sa.CheckConstraint("0 <= opens AND opens < closes AND closes <= 1440", name=op.f("ck_opening_hours")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_opening_dates")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_weekday")),
        sa.CheckConstraint(
            "weekday IS NOT NULL OR (valid_from IS NOT NULL AND valid_to IS NOT NULL)", name=op.f("ck_opening_dated")
        ),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_opening_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
    )
    op.create_index("ix_opening_space_id", "opening", ["space_id"])
    op.create_table(
        "space_atom",
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("atom_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["atom_id"], ["space.id"], name=op.f("fk_space_atom_atom_id_space")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_atom_space_id_space")),
        sa.PrimaryKeyConstraint("space_id", "atom_id", name=op.f("pk_space_atom")),
    )
    op.create_index("ix_space_atom_atom_id", "space_atom", ["atom_id"])
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=True),
        sa.Column("attendees", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("terms_accepted_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('', 'meeting', 'lab', 'course', 'culture', 'party', 'work', 'other')", name=op.f("ck_booking_purpose")
        ),
        sa.CheckConstraint(
            "state <> 'held' OR (requester_id IS NOT NULL AND held_until IS NOT NULL)", name=op.f("ck_booking_held")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'held') OR (requester_id IS NOT NULL AND title <> '' AND purpose <> '' AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL)",
            name=op.f("ck_booking_complete"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')",
            name=op.f("ck_booking_state"),
        ),
        sa.CheckConstraint("attendees > 0", name=op.f("ck_booking_attendees")),
        sa.ForeignKeyConstraint(["layout_id"], ["layout.id"], name=op.f("fk_booking_layout_id_layout")),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_booking_requester_id_person")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_booking_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("key", name=op.f("uq_booking_key")),
    )
    op.create_index("ix_booking_age", "booking", ["state", "created_at"])
    op.create_index("ix_booking_mine", "booking", ["requester_id", "id"])
    op.create_index("ix_booking_queue", "booking", ["state", "submitted_at"])
    op.create_table(
        "booking_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "after IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')",
            name=op.f("ck_booking_change_after"),
        ),
        sa.CheckConstraint(
            "before IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')",
            name=op.f("ck_booking_change_before"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_booking_change_actor_id_person")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_change_booking_id_booking"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_change")),
    )
    op.create_index("ix_booking_change_booking_id", "booking_change", ["booking_id"])
    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("closure_id", sa.Integer(), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("setup_min", sa.Integer(), nullable=False),
        sa.Column("cleanup_min", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("ical_uid", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('booking', 'closure')", name=op.f("ck_occurrence_kind")),
        sa.CheckConstraint(
            "status IN ('planned', 'conflict', 'skipped', 'moved', 'cancelled', 'done', 'no_show')",
            name=op.f("ck_occurrence_status"),
        ),
        sa.CheckConstraint(
            "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_occurrence_one_owner"),
        ),
        sa.CheckConstraint("setup_min >= 0 AND cleanup_min >= 0", name=op.f("ck_occurrence_padding")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_occurrence_times")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_occurrence_booking_id_booking"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["closure_id"], ["closure.id"], name=op.f("fk_occurrence_closure_id_closure"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["layout_id"], ["layout.id"], name=op.f("fk_occurrence_layout_id_layout")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_occurrence_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("ical_uid", name=op.f("uq_occurrence_ical_uid")),
    )
    op.create_index("ix_occurrence_booking_id", "occurrence", ["booking_id"])
    op.create_index("ix_occurrence_closure_id", "occurrence", ["closure_id"])
    op.create_index("ix_occurrence_space_id", "occurrence", ["space_id"])
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("atom_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("lane_from", sa.Integer(), nullable=False),
        sa.Column("lane_to", sa.Integer(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("lane_from < lane_to", name=op.f("ck_allocation_lanes")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_allocation_times")),
        sa.ForeignKeyConstraint(["atom_id"], ["space.id"], name=op.f("fk_allocation_atom_id_space")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_allocation_occurrence_id_occurrence"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint("occurrence_id", "atom_id", "starts_at", name=op.f("uq_allocation_occurrence_id_atom_id_starts_at")),
    )
    op.create_index(
        "ix_allocation_lapsing",
        "allocation",
        ["atom_id", "expires_at"],
        sqlite_where=sa.text("blocking = 1 AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("blocking AND expires_at IS NOT NULL"),
    )
    op.create_index("ix_allocation_week", "allocation", ["atom_id", "starts_at", "ends_at"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("allocation")
    op.drop_table("occurrence")
    op.drop_table("booking_change")
    op.drop_table("booking")
    op.drop_table("space_atom")
    op.drop_table("opening")
    op.drop_table("layout")
    op.drop_table("space")
    op.drop_table("closure")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
