"""Rules, prices, series, payments and hand-overs; what a space demanded of a booking becomes rules.

SQLite cannot alter a check: space, booking and booking_change are written anew there, rows and all.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The tables of SQLite as they become, and as they were; then their indexes and triggers, which go with the old ones.
NEW = {
    "space": """
CREATE TABLE space_rebuilt (
    id INTEGER NOT NULL,
    slug VARCHAR(60) NOT NULL,
    name JSON NOT NULL,
    text JSON NOT NULL,
    kind VARCHAR(10) NOT NULL,
    area_m2 INTEGER NOT NULL,
    step_free BOOLEAN NOT NULL,
    equipment JSON NOT NULL,
    lanes INTEGER,
    competing BOOLEAN NOT NULL,
    request_days INTEGER NOT NULL,
    access_text JSON DEFAULT '{}' NOT NULL,
    published BOOLEAN NOT NULL,
    sort INTEGER NOT NULL,
    CONSTRAINT pk_space PRIMARY KEY (id),
    CONSTRAINT ck_space_kind CHECK (kind IN ('atomic', 'composite')),
    CONSTRAINT ck_space_lanes CHECK (lanes IS NULL OR lanes BETWEEN 1 AND 100),
    CONSTRAINT uq_space_slug UNIQUE (slug)
)
""",
    "booking": """
CREATE TABLE booking_rebuilt (
    id INTEGER NOT NULL,
    "key" VARCHAR(32) NOT NULL,
    state VARCHAR(20) NOT NULL,
    space_id INTEGER NOT NULL,
    layout_id INTEGER NOT NULL,
    requester_id INTEGER,
    organisation_id INTEGER,
    level SMALLINT DEFAULT '0' NOT NULL,
    attendees INTEGER NOT NULL,
    title VARCHAR(120) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    details TEXT NOT NULL,
    phone VARCHAR(40) NOT NULL,
    audience VARCHAR(10) DEFAULT 'resident' NOT NULL,
    public BOOLEAN DEFAULT 0 NOT NULL,
    channel VARCHAR(10) DEFAULT 'web' NOT NULL,
    contact_name VARCHAR(160) DEFAULT '' NOT NULL,
    entered_by_id INTEGER,
    price_cents INTEGER DEFAULT '0' NOT NULL,
    due_cents INTEGER DEFAULT '0' NOT NULL,
    deposit_cents INTEGER DEFAULT '0' NOT NULL,
    refund_cents INTEGER DEFAULT '0' NOT NULL,
    free_reason VARCHAR(20) DEFAULT '' NOT NULL,
    free_words TEXT DEFAULT '' NOT NULL,
    free_granted BOOLEAN,
    answer_by VARCHAR(27),
    escalated_at VARCHAR(27),
    terms_accepted_at VARCHAR(27),
    created_at VARCHAR(27) NOT NULL,
    submitted_at VARCHAR(27),
    held_until VARCHAR(27),
    version INTEGER NOT NULL,
    CONSTRAINT pk_booking PRIMARY KEY (id),
    CONSTRAINT ck_booking_state CHECK (state IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_booking_purpose CHECK (purpose IN ('', 'meeting', 'lab', 'course', 'culture', 'party', 'work', 'other')),
    CONSTRAINT ck_booking_attendees CHECK (attendees > 0),
    CONSTRAINT ck_booking_complete CHECK (state IN ('draft', 'held') OR ((requester_id IS NOT NULL OR contact_name <> '') AND title <> '' AND purpose <> '' AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL)),
    CONSTRAINT ck_booking_audience CHECK (audience IN ('resident', 'other', 'ets', 'school', 'company', 'public', 'patronage')),
    CONSTRAINT ck_booking_channel CHECK (channel IN ('web', 'assisted', 'paper')),
    CONSTRAINT ck_booking_free_reason CHECK (free_reason IN ('', 'social', 'school', 'partner', 'institutional', 'other')),
    CONSTRAINT ck_booking_cents CHECK (0 <= due_cents AND due_cents <= price_cents AND 0 <= refund_cents AND refund_cents <= due_cents AND 0 <= deposit_cents),
    CONSTRAINT ck_booking_granted CHECK (due_cents = price_cents OR audience = 'patronage' OR COALESCE(free_granted, false)),
    CONSTRAINT ck_booking_held CHECK (state <> 'held' OR (requester_id IS NOT NULL AND held_until IS NOT NULL)),
    CONSTRAINT uq_booking_key UNIQUE ("key"),
    CONSTRAINT fk_booking_space_id_space FOREIGN KEY(space_id) REFERENCES space (id),
    CONSTRAINT fk_booking_layout_id_layout FOREIGN KEY(layout_id) REFERENCES layout (id),
    CONSTRAINT fk_booking_requester_id_person FOREIGN KEY(requester_id) REFERENCES person (id),
    CONSTRAINT fk_booking_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT fk_booking_entered_by_id_person FOREIGN KEY(entered_by_id) REFERENCES person (id)
)
""",
    "booking_change": """
CREATE TABLE booking_change_rebuilt (
    id INTEGER NOT NULL,
    booking_id INTEGER NOT NULL,
    "before" VARCHAR(20) NOT NULL,
    "after" VARCHAR(20) NOT NULL,
    actor_id INTEGER,
    organisation_id INTEGER,
    level SMALLINT DEFAULT '0' NOT NULL,
    reason_code VARCHAR(20) DEFAULT '' NOT NULL,
    reason TEXT NOT NULL,
    at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_booking_change PRIMARY KEY (id),
    CONSTRAINT ck_booking_change_before CHECK (before IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_booking_change_after CHECK (after IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_booking_change_reason_code CHECK (reason_code IN ('', 'taken', 'unsuitable', 'against_rules', 'priority', 'works', 'incomplete', 'conduct', 'other')),
    CONSTRAINT fk_booking_change_booking_id_booking FOREIGN KEY(booking_id) REFERENCES booking (id) ON DELETE CASCADE,
    CONSTRAINT fk_booking_change_actor_id_person FOREIGN KEY(actor_id) REFERENCES person (id),
    CONSTRAINT fk_booking_change_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id)
)
""",
}
OLD = {
    "space": """
CREATE TABLE space_rebuilt (
    id INTEGER NOT NULL,
    slug VARCHAR(60) NOT NULL,
    name JSON NOT NULL,
    text JSON NOT NULL,
    kind VARCHAR(10) NOT NULL,
    area_m2 INTEGER NOT NULL,
    step_free BOOLEAN NOT NULL,
    equipment JSON NOT NULL,
    lanes INTEGER,
    approval VARCHAR(10) NOT NULL,
    competing BOOLEAN NOT NULL,
    request_days INTEGER NOT NULL,
    min_minutes INTEGER NOT NULL,
    max_minutes INTEGER NOT NULL,
    notice_hours INTEGER NOT NULL,
    horizon_days INTEGER NOT NULL,
    cancel_hours INTEGER NOT NULL,
    published BOOLEAN NOT NULL,
    sort INTEGER NOT NULL,
    CONSTRAINT pk_space PRIMARY KEY (id),
    CONSTRAINT ck_space_approval CHECK (approval IN ('manager', 'automatic')),
    CONSTRAINT ck_space_kind CHECK (kind IN ('atomic', 'composite')),
    CONSTRAINT ck_space_minutes CHECK (0 < min_minutes AND min_minutes <= max_minutes AND max_minutes <= 1440),
    CONSTRAINT ck_space_lanes CHECK (lanes IS NULL OR lanes BETWEEN 1 AND 100),
    CONSTRAINT uq_space_slug UNIQUE (slug)
)
""",
    "booking": """
CREATE TABLE booking_rebuilt (
    id INTEGER NOT NULL,
    "key" VARCHAR(32) NOT NULL,
    state VARCHAR(20) NOT NULL,
    space_id INTEGER NOT NULL,
    layout_id INTEGER NOT NULL,
    requester_id INTEGER,
    attendees INTEGER NOT NULL,
    title VARCHAR(120) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    details TEXT NOT NULL,
    phone VARCHAR(40) NOT NULL,
    terms_accepted_at VARCHAR(27),
    created_at VARCHAR(27) NOT NULL,
    submitted_at VARCHAR(27),
    held_until VARCHAR(27),
    version INTEGER NOT NULL, organisation_id INTEGER CONSTRAINT fk_booking_organisation_id_organisation REFERENCES organisation (id), level SMALLINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_booking PRIMARY KEY (id),
    CONSTRAINT ck_booking_purpose CHECK (purpose IN ('', 'meeting', 'lab', 'course', 'culture', 'party', 'work', 'other')),
    CONSTRAINT ck_booking_held CHECK (state <> 'held' OR (requester_id IS NOT NULL AND held_until IS NOT NULL)),
    CONSTRAINT ck_booking_complete CHECK (state IN ('draft', 'held') OR (requester_id IS NOT NULL AND title <> '' AND purpose <> '' AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL)),
    CONSTRAINT ck_booking_state CHECK (state IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_booking_attendees CHECK (attendees > 0),
    CONSTRAINT fk_booking_layout_id_layout FOREIGN KEY(layout_id) REFERENCES layout (id),
    CONSTRAINT fk_booking_requester_id_person FOREIGN KEY(requester_id) REFERENCES person (id),
    CONSTRAINT fk_booking_space_id_space FOREIGN KEY(space_id) REFERENCES space (id),
    CONSTRAINT uq_booking_key UNIQUE ("key")
)
""",
    "booking_change": """
CREATE TABLE booking_change_rebuilt (
    id INTEGER NOT NULL,
    booking_id INTEGER NOT NULL,
    "before" VARCHAR(20) NOT NULL,
    "after" VARCHAR(20) NOT NULL,
    actor_id INTEGER,
    reason TEXT NOT NULL,
    at VARCHAR(27) NOT NULL, organisation_id INTEGER CONSTRAINT fk_booking_change_organisation_id_organisation REFERENCES organisation (id), level SMALLINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_booking_change PRIMARY KEY (id),
    CONSTRAINT ck_booking_change_after CHECK (after IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_booking_change_before CHECK (before IN ('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')),
    CONSTRAINT fk_booking_change_actor_id_person FOREIGN KEY(actor_id) REFERENCES person (id),
    CONSTRAINT fk_booking_change_booking_id_booking FOREIGN KEY(booking_id) REFERENCES booking (id) ON DELETE CASCADE
)
""",
}
INDEXES = (
    "CREATE INDEX ix_booking_age ON booking (state, created_at)",
    "CREATE INDEX ix_booking_mine ON booking (requester_id, id)",
    "CREATE INDEX ix_booking_queue ON booking (state, submitted_at)",
    "CREATE INDEX ix_booking_organisation_id ON booking (organisation_id)",
    "CREATE INDEX ix_booking_change_booking_id ON booking_change (booking_id)",
)
KEPT_TRIGGERS = (
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
    """
CREATE TRIGGER booking_change_in_whose_name BEFORE INSERT ON booking_change WHEN NEW.organisation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.organisation_id AND o.state = 'verified' AND m.person_id = NEW.actor_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor'))
BEGIN
  SELECT RAISE(ABORT, 'booking_change_in_whose_name');
END
""",
)
# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER rule_kept_update BEFORE UPDATE ON rule WHEN OLD.ended_at IS NOT NULL OR NEW.kind <> OLD.kind OR CAST(NEW.params AS TEXT) <> CAST(OLD.params AS TEXT)
BEGIN
  SELECT RAISE(ABORT, 'rule_kept_update');
END
""",
    """
CREATE TRIGGER rule_kept_delete BEFORE DELETE ON rule
BEGIN
  SELECT RAISE(ABORT, 'rule_kept_delete');
END
""",
    """
CREATE TRIGGER payment_kept_update BEFORE UPDATE ON payment
BEGIN
  SELECT RAISE(ABORT, 'payment_kept_update');
END
""",
    """
CREATE TRIGGER payment_kept_delete BEFORE DELETE ON payment
BEGIN
  SELECT RAISE(ABORT, 'payment_kept_delete');
END
""",
    """
CREATE TRIGGER handover_kept_update BEFORE UPDATE ON handover
BEGIN
  SELECT RAISE(ABORT, 'handover_kept_update');
END
""",
    """
CREATE TRIGGER handover_kept_delete BEFORE DELETE ON handover
BEGIN
  SELECT RAISE(ABORT, 'handover_kept_delete');
END
""",
    """
CREATE TRIGGER booking_price_kept BEFORE UPDATE ON booking WHEN OLD.state NOT IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced') AND (NEW.price_cents <> OLD.price_cents OR NEW.due_cents <> OLD.due_cents OR NEW.deposit_cents <> OLD.deposit_cents)
BEGIN
  SELECT RAISE(ABORT, 'booking_price_kept');
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION rule_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL OR NEW.kind <> OLD.kind OR CAST(NEW.params AS TEXT) <> CAST(OLD.params AS TEXT) THEN
    RAISE EXCEPTION 'rule_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER rule_kept_update BEFORE UPDATE ON rule FOR EACH ROW EXECUTE FUNCTION rule_kept_update()
""",
    """
CREATE FUNCTION rule_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'rule_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER rule_kept_delete BEFORE DELETE ON rule FOR EACH ROW EXECUTE FUNCTION rule_kept_delete()
""",
    """
CREATE FUNCTION payment_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'payment_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_kept_update BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_kept_update()
""",
    """
CREATE FUNCTION payment_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'payment_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER payment_kept_delete BEFORE DELETE ON payment FOR EACH ROW EXECUTE FUNCTION payment_kept_delete()
""",
    """
CREATE FUNCTION handover_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'handover_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER handover_kept_update BEFORE UPDATE ON handover FOR EACH ROW EXECUTE FUNCTION handover_kept_update()
""",
    """
CREATE FUNCTION handover_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'handover_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER handover_kept_delete BEFORE DELETE ON handover FOR EACH ROW EXECUTE FUNCTION handover_kept_delete()
""",
    """
CREATE FUNCTION booking_price_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state NOT IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced') AND (NEW.price_cents <> OLD.price_cents OR NEW.due_cents <> OLD.due_cents OR NEW.deposit_cents <> OLD.deposit_cents) THEN
    RAISE EXCEPTION 'booking_price_kept' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booking_price_kept BEFORE UPDATE ON booking FOR EACH ROW EXECUTE FUNCTION booking_price_kept()
""",
)
TRIGGERS = (
    ("rule_kept_update", "rule"),
    ("rule_kept_delete", "rule"),
    ("payment_kept_update", "payment"),
    ("payment_kept_delete", "payment"),
    ("handover_kept_update", "handover"),
    ("handover_kept_delete", "handover"),
    ("booking_price_kept", "booking"),
)

DROPPED = {  # column of space: (kind of rule, its name in the params, what it was by default)
    "notice_hours": ("notice", "hours", 24),
    "horizon_days": ("horizon", "days", 365),
    "cancel_hours": ("cancel", "hours", 24),
}
BOOKING = ("audience", "public", "channel", "contact_name", "entered_by_id", "price_cents", "due_cents", "deposit_cents",
           "refund_cents", "free_reason", "free_words", "free_granted", "answer_by", "escalated_at")  # fmt: skip
AUDIENCES = "('resident', 'other', 'ets', 'school', 'company', 'public', 'patronage')"
STATES = "('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')"
STATES_BEFORE = (
    "('draft', 'held', 'submitted', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'cancelled', 'done', 'no_show')"
)
SENT = "title <> '' AND purpose <> '' AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL"
CHECKS = {  # of booking and booking_change on PostgreSQL, as they become
    ("booking", "state"): f"state IN {STATES}",
    ("booking", "complete"): f"state IN ('draft', 'held') OR ((requester_id IS NOT NULL OR contact_name <> '') AND {SENT})",
    ("booking", "audience"): f"audience IN {AUDIENCES}",
    ("booking", "channel"): "channel IN ('web', 'assisted', 'paper')",
    ("booking", "free_reason"): "free_reason IN ('', 'social', 'school', 'partner', 'institutional', 'other')",
    ("booking", "cents"): "0 <= due_cents AND due_cents <= price_cents AND 0 <= refund_cents AND refund_cents <= due_cents"
    " AND 0 <= deposit_cents",
    ("booking", "granted"): "due_cents = price_cents OR audience = 'patronage' OR COALESCE(free_granted, false)",
    ("booking_change", "before"): f"before IN {STATES}",
    ("booking_change", "after"): f"after IN {STATES}",
    (
        "booking_change",
        "reason_code",
    ): "reason_code IN ('', 'taken', 'unsuitable', 'against_rules', 'priority', 'works', 'incomplete', 'conduct', 'other')",
}
CHECKS_BEFORE = {
    ("booking", "state"): f"state IN {STATES_BEFORE}",
    ("booking", "complete"): f"state IN ('draft', 'held') OR (requester_id IS NOT NULL AND {SENT})",
    ("booking_change", "before"): f"before IN {STATES_BEFORE}",
    ("booking_change", "after"): f"after IN {STATES_BEFORE}",
}


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "feed_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_feed_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_feed_token_digest")),
    )
    op.create_index(op.f("ix_feed_token_person_id"), "feed_token", ["person_id"])
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "audience IS NULL OR audience IN ('resident', 'other', 'ets', 'school', 'company', 'public', 'patronage')",
            name=op.f("ck_rule_audience"),
        ),
        sa.CheckConstraint(
            "kind IN ('notice', 'horizon', 'length', 'grid', 'approval', 'cancel', 'association', 'residents_first', 'quota_hours', 'quota_live', 'prime_share', 'no_show', 'check_in', 'answer', 'announce_refusal', 'deposit')",
            name=op.f("ck_rule_kind"),
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_rule_dates")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_rule_created_by_id_person")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_rule_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    op.create_index(op.f("ix_rule_space_id"), "rule", ["space_id"])
    op.create_table(
        "turned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_turned_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turned")),
    )
    op.create_index(op.f("ix_turned_at"), "turned", ["at"])
    op.create_table(
        "price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=True),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "audience IS NULL OR audience IN ('resident', 'other', 'ets', 'school', 'company', 'public', 'patronage')",
            name=op.f("ck_price_audience"),
        ),
        sa.CheckConstraint("unit IN ('hour', 'half_day', 'day')", name=op.f("ck_price_unit")),
        sa.CheckConstraint("cents BETWEEN 0 AND 100000000", name=op.f("ck_price_cents")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_price_dates")),
        sa.ForeignKeyConstraint(["layout_id"], ["layout.id"], name=op.f("fk_price_layout_id_layout")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_price_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    op.create_index(op.f("ix_price_space_id"), "price", ["space_id"])
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("voids_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'refund', 'deposit', 'deposit_return')", name=op.f("ck_payment_kind")),
        sa.CheckConstraint("method IN ('desk', 'transfer')", name=op.f("ck_payment_method")),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payment_cents")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_payment_booking_id_booking")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_payment_by_id_person")),
        sa.ForeignKeyConstraint(["voids_id"], ["payment.id"], name=op.f("fk_payment_voids_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("voids_id", name=op.f("uq_payment_voids_id")),
    )
    op.create_index(op.f("ix_payment_booking_id"), "payment", ["booking_id"])
    op.create_table(
        "series",
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("rrule", sa.String(length=400), nullable=False),
        sa.Column("ical_uid", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_series_booking_id_booking"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_series")),
        sa.UniqueConstraint("ical_uid", name=op.f("uq_series_ical_uid")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=3), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("moment IN ('in', 'out')", name=op.f("ck_handover_moment")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_handover_by_id_person")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_handover_occurrence_id_occurrence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_occurrence_id"), "handover", ["occurrence_id"])
    _rules_from_columns()
    for table in ("occurrence", "closure"):
        column = {"occurrence": "arrived_by_id", "closure": "created_by_id"}[table]
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT fk_{table}_{column}_person REFERENCES person (id)"
        )
    for column in ("recurrence_at", "arrived_at", "reminded_at"):
        op.add_column("occurrence", sa.Column(column, UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_occurrence_time"), "occurrence", ["starts_at"])
    op.create_index("uq_occurrence_recurrence", "occurrence", ["booking_id", "recurrence_at"], unique=True)
    op.execute(
        "ALTER TABLE opening ADD COLUMN audience VARCHAR(10)"
        f" CONSTRAINT ck_opening_audience CHECK (audience IS NULL OR audience IN {AUDIENCES})"
    )
    if sqlite:
        _rebuild(NEW)
    else:
        _alter()
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def _rules_from_columns() -> None:
    """What each space demanded, where it was not what the hub demands of all, becomes a rule of its own."""
    bind = op.get_bind()
    rule = sa.table(
        "rule",
        *(sa.column("kind"), sa.column("space_id"), sa.column("params", sa.JSON()), sa.column("created_at", UtcDateTime())),
    )
    rows = []
    for space in bind.execute(sa.text(f"SELECT id, approval, min_minutes, max_minutes, {', '.join(DROPPED)} FROM space")):
        if space.approval == "automatic":
            rows.append((space.id, "approval", {"by": "automatic"}))
        if (space.min_minutes, space.max_minutes) != (60, 720):
            rows.append((space.id, "length", {"min": space.min_minutes, "max": space.max_minutes}))
        for column, (kind, name, usual) in DROPPED.items():
            if getattr(space, column) != usual:
                rows.append((space.id, kind, {name: getattr(space, column)}))
    at = datetime.now(UTC)
    if rows:
        values = [{"space_id": space, "kind": kind, "params": params, "created_at": at} for space, kind, params in rows]
        bind.execute(sa.insert(rule), values)


def _rebuild(tables: dict[str, str]) -> None:
    """SQLite: make each table anew with the columns that old and new share, and what hung on it."""
    bind = op.get_bind()
    for name, create in tables.items():
        bind.exec_driver_sql(create)
        columns = [
            [f'"{column[1]}"' for column in bind.exec_driver_sql(f"PRAGMA table_info({table})")]
            for table in (name, f"{name}_rebuilt")
        ]
        shared = ", ".join(column for column in columns[0] if column in columns[1])
        bind.exec_driver_sql(f"INSERT INTO {name}_rebuilt ({shared}) SELECT {shared} FROM {name}")
        bind.exec_driver_sql(f"DROP TABLE {name}")
        bind.exec_driver_sql(f"ALTER TABLE {name}_rebuilt RENAME TO {name}")
    for statement in (*INDEXES, *KEPT_TRIGGERS):
        bind.exec_driver_sql(statement)


def _alter() -> None:
    words = {"nullable": False, "server_default": ""}
    number = {"nullable": False, "server_default": "0"}
    for column in (
        sa.Column("audience", sa.String(10), server_default="resident", nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("channel", sa.String(10), server_default="web", nullable=False),
        sa.Column("contact_name", sa.String(160), **words),
        sa.Column("entered_by_id", sa.Integer(), sa.ForeignKey("person.id", name="fk_booking_entered_by_id_person")),
        *(sa.Column(f"{name}_cents", sa.Integer(), **number) for name in ("price", "due", "deposit", "refund")),
        sa.Column("free_reason", sa.String(20), **words),
        sa.Column("free_words", sa.Text(), **words),
        sa.Column("free_granted", sa.Boolean()),
        sa.Column("answer_by", UtcDateTime()),
        sa.Column("escalated_at", UtcDateTime()),
    ):
        op.add_column("booking", column)
    op.add_column("booking_change", sa.Column("reason_code", sa.String(20), **words))
    op.add_column("space", sa.Column("access_text", sa.JSON(), server_default="{}", nullable=False))
    for column in ("approval", "min_minutes", "max_minutes", *DROPPED):
        op.drop_column("space", column)
    _check(CHECKS_BEFORE, CHECKS)


def _check(gone: dict[tuple[str, str], str], made: dict[tuple[str, str], str]) -> None:
    for table, name in gone:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    for (table, name), condition in made.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")


def downgrade() -> None:
    bind = op.get_bind()
    postgresql = bind.dialect.name == "postgresql"
    for trigger, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON {table}" if postgresql else f"DROP TRIGGER {trigger}")
        if postgresql:
            op.execute(f"DROP FUNCTION {trigger}()")
    # What has no place in the older tables goes: a request without an account, and a state that they do not know.
    for table in ("handover", "payment", "series", "turned", "feed_token", "price"):
        op.drop_table(table)
    _columns_from_rules()
    op.drop_table("rule")
    if not postgresql:
        for trigger in ("booking_change_kept_update", "booking_change_kept_delete"):
            op.execute(f"DROP TRIGGER {trigger}")
    else:
        op.execute("ALTER TABLE booking_change DISABLE TRIGGER USER")
    without_account = "booking_id IN (SELECT id FROM booking WHERE requester_id IS NULL AND contact_name <> '')"
    op.execute(f"DELETE FROM allocation WHERE occurrence_id IN (SELECT id FROM occurrence WHERE {without_account})")
    for table in ("occurrence", "booking_change"):
        op.execute(f"DELETE FROM {table} WHERE {without_account}")
    op.execute("DELETE FROM booking WHERE requester_id IS NULL AND contact_name <> ''")
    op.execute("UPDATE booking SET state = 'submitted' WHERE state = 'refusal_announced'")
    for column in ("before", "after"):
        op.execute(f"UPDATE booking_change SET {column} = 'submitted' WHERE {column} = 'refusal_announced'")
    if postgresql:
        op.execute("ALTER TABLE booking_change ENABLE TRIGGER USER")
        _check(dict.fromkeys(CHECKS, ""), CHECKS_BEFORE)
        for column in BOOKING:
            op.drop_column("booking", column)
        op.drop_column("booking_change", "reason_code")
        op.drop_column("space", "access_text")
    else:
        _rebuild(OLD)
    op.drop_column("opening", "audience")
    op.drop_index("uq_occurrence_recurrence", "occurrence")
    op.drop_index("ix_occurrence_time", "occurrence")
    for column in ("reminded_at", "arrived_at", "recurrence_at", "arrived_by_id"):
        op.drop_column("occurrence", column)
    op.drop_column("closure", "created_by_id")


def _columns_from_rules() -> None:
    """The other way: the rule of each space for everybody, or the usual, in its column."""
    bind = op.get_bind()
    usual = {"approval": "manager", "min_minutes": 60, "max_minutes": 720} | {name: value[2] for name, value in DROPPED.items()}
    for name, value in usual.items():
        kind = sa.String(10) if name == "approval" else sa.Integer()
        op.add_column("space", sa.Column(name, kind, server_default=str(value), nullable=False))
    rows = bind.execute(
        sa.text(
            "SELECT kind, space_id, params FROM rule WHERE ended_at IS NULL AND audience IS NULL AND space_id IS NOT NULL"
            " ORDER BY id"
        )
    ).all()
    for kind, space, params in rows:
        known = json.loads(params) if isinstance(params, str) else params
        values = {column: known[name] for column, (of, name, _) in DROPPED.items() if of == kind}
        if kind == "approval":
            values = {"approval": known["by"]}
        if kind == "length":
            values = {"min_minutes": known["min"], "max_minutes": known["max"]}
        for column, value in values.items():
            bind.execute(sa.text(f"UPDATE space SET {column} = :value WHERE id = :space"), {"value": value, "space": space})
    if bind.dialect.name == "postgresql":
        for name in usual:
            op.alter_column("space", name, server_default=None)
        op.create_check_constraint("ck_space_approval", "space", "approval IN ('manager', 'automatic')")
        op.create_check_constraint(
            "ck_space_minutes", "space", "0 < min_minutes AND min_minutes <= max_minutes AND max_minutes <= 1440"
        )
