"""Families, the programme with its sessions and enrolments, and the calendars of other hubs; a session occupies space.

SQLite cannot alter a check: occurrence is written anew there, rows and all.
"""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The table of SQLite as it becomes, and as it was; then its indexes, which go with the old one.
NEW = """
CREATE TABLE occurrence_rebuilt (
    id INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    booking_id INTEGER,
    closure_id INTEGER,
    session_id INTEGER,
    space_id INTEGER NOT NULL,
    layout_id INTEGER,
    starts_at VARCHAR(27) NOT NULL,
    ends_at VARCHAR(27) NOT NULL,
    setup_min INTEGER NOT NULL,
    cleanup_min INTEGER NOT NULL,
    status VARCHAR(10) NOT NULL,
    ical_uid VARCHAR(80) NOT NULL,
    sequence INTEGER NOT NULL,
    updated_at VARCHAR(27) NOT NULL,
    recurrence_at VARCHAR(27),
    arrived_at VARCHAR(27),
    arrived_by_id INTEGER,
    reminded_at VARCHAR(27),
    CONSTRAINT pk_occurrence PRIMARY KEY (id),
    CONSTRAINT ck_occurrence_kind CHECK (kind IN ('booking', 'closure', 'session')),
    CONSTRAINT ck_occurrence_status CHECK (status IN ('planned', 'conflict', 'skipped', 'moved', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_occurrence_one_owner CHECK (CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END + CASE WHEN session_id IS NULL THEN 0 ELSE 1 END = 1),
    CONSTRAINT ck_occurrence_padding CHECK (setup_min >= 0 AND cleanup_min >= 0),
    CONSTRAINT ck_occurrence_times CHECK (starts_at < ends_at),
    CONSTRAINT fk_occurrence_booking_id_booking FOREIGN KEY(booking_id) REFERENCES booking (id) ON DELETE CASCADE,
    CONSTRAINT fk_occurrence_closure_id_closure FOREIGN KEY(closure_id) REFERENCES closure (id) ON DELETE CASCADE,
    CONSTRAINT fk_occurrence_layout_id_layout FOREIGN KEY(layout_id) REFERENCES layout (id),
    CONSTRAINT fk_occurrence_space_id_space FOREIGN KEY(space_id) REFERENCES space (id),
    CONSTRAINT fk_occurrence_arrived_by_id_person FOREIGN KEY(arrived_by_id) REFERENCES person (id),
    CONSTRAINT fk_occurrence_session FOREIGN KEY(session_id, starts_at, ends_at) REFERENCES session (id, starts_at, ends_at) ON UPDATE CASCADE,
    CONSTRAINT uq_occurrence_ical_uid UNIQUE (ical_uid)
)
"""
OLD = """
CREATE TABLE occurrence_rebuilt (
    id INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    booking_id INTEGER,
    closure_id INTEGER,
    space_id INTEGER NOT NULL,
    layout_id INTEGER,
    starts_at VARCHAR(27) NOT NULL,
    ends_at VARCHAR(27) NOT NULL,
    setup_min INTEGER NOT NULL,
    cleanup_min INTEGER NOT NULL,
    status VARCHAR(10) NOT NULL,
    ical_uid VARCHAR(80) NOT NULL,
    sequence INTEGER NOT NULL,
    updated_at VARCHAR(27) NOT NULL, arrived_by_id INTEGER CONSTRAINT fk_occurrence_arrived_by_id_person REFERENCES person (id), recurrence_at VARCHAR(27), arrived_at VARCHAR(27), reminded_at VARCHAR(27),
    CONSTRAINT pk_occurrence PRIMARY KEY (id),
    CONSTRAINT ck_occurrence_kind CHECK (kind IN ('booking', 'closure')),
    CONSTRAINT ck_occurrence_status CHECK (status IN ('planned', 'conflict', 'skipped', 'moved', 'cancelled', 'done', 'no_show')),
    CONSTRAINT ck_occurrence_one_owner CHECK (CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END = 1),
    CONSTRAINT ck_occurrence_padding CHECK (setup_min >= 0 AND cleanup_min >= 0),
    CONSTRAINT ck_occurrence_times CHECK (starts_at < ends_at),
    CONSTRAINT fk_occurrence_booking_id_booking FOREIGN KEY(booking_id) REFERENCES booking (id) ON DELETE CASCADE,
    CONSTRAINT fk_occurrence_closure_id_closure FOREIGN KEY(closure_id) REFERENCES closure (id) ON DELETE CASCADE,
    CONSTRAINT fk_occurrence_layout_id_layout FOREIGN KEY(layout_id) REFERENCES layout (id),
    CONSTRAINT fk_occurrence_space_id_space FOREIGN KEY(space_id) REFERENCES space (id),
    CONSTRAINT uq_occurrence_ical_uid UNIQUE (ical_uid)
)
"""
INDEXES = (
    "CREATE INDEX ix_occurrence_booking_id ON occurrence (booking_id)",
    "CREATE INDEX ix_occurrence_closure_id ON occurrence (closure_id)",
    "CREATE INDEX ix_occurrence_space_id ON occurrence (space_id)",
    "CREATE INDEX ix_occurrence_time ON occurrence (starts_at)",
    "CREATE UNIQUE INDEX uq_occurrence_recurrence ON occurrence (booking_id, recurrence_at)",
)
KINDS, KINDS_BEFORE = "kind IN ('booking', 'closure', 'session')", "kind IN ('booking', 'closure')"
ONE_OWNER_BEFORE = "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END = 1"
ONE_OWNER = ONE_OWNER_BEFORE.removesuffix("= 1") + "+ CASE WHEN session_id IS NULL THEN 0 ELSE 1 END = 1"
# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER guardianship_kept_delete BEFORE DELETE ON guardianship
BEGIN
  SELECT RAISE(ABORT, 'guardianship_kept_delete');
END
""",
    """
CREATE TRIGGER guardianship_kept_update BEFORE UPDATE ON guardianship WHEN OLD.ended_at IS NOT NULL OR NEW.guardian_id <> OLD.guardian_id OR NEW.participant_id <> OLD.participant_id
BEGIN
  SELECT RAISE(ABORT, 'guardianship_kept_update');
END
""",
    """
CREATE TRIGGER consent_kept_delete BEFORE DELETE ON consent
BEGIN
  SELECT RAISE(ABORT, 'consent_kept_delete');
END
""",
    """
CREATE TRIGGER consent_kept_update BEFORE UPDATE ON consent WHEN OLD.withdrawn_at IS NOT NULL OR NEW.participant_id <> OLD.participant_id OR NEW.purpose <> OLD.purpose OR NEW.given_at <> OLD.given_at OR NEW.given_by_id <> OLD.given_by_id OR NEW.text_version <> OLD.text_version OR COALESCE(NEW.activity_id, 0) <> COALESCE(OLD.activity_id, 0)
BEGIN
  SELECT RAISE(ABORT, 'consent_kept_update');
END
""",
    """
CREATE TRIGGER participant_view_kept_update BEFORE UPDATE ON participant_view
BEGIN
  SELECT RAISE(ABORT, 'participant_view_kept_update');
END
""",
    """
CREATE TRIGGER participant_view_kept_delete BEFORE DELETE ON participant_view
BEGIN
  SELECT RAISE(ABORT, 'participant_view_kept_delete');
END
""",
    """
CREATE TRIGGER enrolment_change_kept_update BEFORE UPDATE ON enrolment_change
BEGIN
  SELECT RAISE(ABORT, 'enrolment_change_kept_update');
END
""",
    """
CREATE TRIGGER enrolment_change_kept_delete BEFORE DELETE ON enrolment_change
BEGIN
  SELECT RAISE(ABORT, 'enrolment_change_kept_delete');
END
""",
    """
CREATE TRIGGER queue_skip_kept_update BEFORE UPDATE ON queue_skip
BEGIN
  SELECT RAISE(ABORT, 'queue_skip_kept_update');
END
""",
    """
CREATE TRIGGER queue_skip_kept_delete BEFORE DELETE ON queue_skip
BEGIN
  SELECT RAISE(ABORT, 'queue_skip_kept_delete');
END
""",
    """
CREATE TRIGGER attendance_kept_delete BEFORE DELETE ON attendance
BEGIN
  SELECT RAISE(ABORT, 'attendance_kept_delete');
END
""",
    """
CREATE TRIGGER attendance_kept_update BEFORE UPDATE ON attendance WHEN OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL OR NEW.status <> OLD.status OR NEW.minutes <> OLD.minutes OR NEW.session_id <> OLD.session_id OR NEW.enrolment_id <> OLD.enrolment_id OR NEW.event_id <> OLD.event_id
BEGIN
  SELECT RAISE(ABORT, 'attendance_kept_update');
END
""",
    """
CREATE TRIGGER certificate_kept_update BEFORE UPDATE ON certificate WHEN OLD.revoked_at IS NOT NULL OR NEW.code <> OLD.code OR NEW.minutes <> OLD.minutes OR NEW.of_minutes <> OLD.of_minutes OR NEW.enrolment_id <> OLD.enrolment_id
BEGIN
  SELECT RAISE(ABORT, 'certificate_kept_update');
END
""",
    """
CREATE TRIGGER certificate_kept_delete BEFORE DELETE ON certificate
BEGIN
  SELECT RAISE(ABORT, 'certificate_kept_delete');
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION guardianship_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'guardianship_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER guardianship_kept_delete BEFORE DELETE ON guardianship FOR EACH ROW EXECUTE FUNCTION guardianship_kept_delete()
""",
    """
CREATE FUNCTION guardianship_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL OR NEW.guardian_id <> OLD.guardian_id OR NEW.participant_id <> OLD.participant_id THEN
    RAISE EXCEPTION 'guardianship_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guardianship_kept_update BEFORE UPDATE ON guardianship FOR EACH ROW EXECUTE FUNCTION guardianship_kept_update()
""",
    """
CREATE FUNCTION consent_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'consent_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER consent_kept_delete BEFORE DELETE ON consent FOR EACH ROW EXECUTE FUNCTION consent_kept_delete()
""",
    """
CREATE FUNCTION consent_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.withdrawn_at IS NOT NULL OR NEW.participant_id <> OLD.participant_id OR NEW.purpose <> OLD.purpose OR NEW.given_at <> OLD.given_at OR NEW.given_by_id <> OLD.given_by_id OR NEW.text_version <> OLD.text_version OR COALESCE(NEW.activity_id, 0) <> COALESCE(OLD.activity_id, 0) THEN
    RAISE EXCEPTION 'consent_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER consent_kept_update BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION consent_kept_update()
""",
    """
CREATE FUNCTION participant_view_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'participant_view_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER participant_view_kept_update BEFORE UPDATE ON participant_view FOR EACH ROW EXECUTE FUNCTION participant_view_kept_update()
""",
    """
CREATE FUNCTION participant_view_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'participant_view_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER participant_view_kept_delete BEFORE DELETE ON participant_view FOR EACH ROW EXECUTE FUNCTION participant_view_kept_delete()
""",
    """
CREATE FUNCTION enrolment_change_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'enrolment_change_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrolment_change_kept_update BEFORE UPDATE ON enrolment_change FOR EACH ROW EXECUTE FUNCTION enrolment_change_kept_update()
""",
    """
CREATE FUNCTION enrolment_change_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'enrolment_change_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER enrolment_change_kept_delete BEFORE DELETE ON enrolment_change FOR EACH ROW EXECUTE FUNCTION enrolment_change_kept_delete()
""",
    """
CREATE FUNCTION queue_skip_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'queue_skip_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER queue_skip_kept_update BEFORE UPDATE ON queue_skip FOR EACH ROW EXECUTE FUNCTION queue_skip_kept_update()
""",
    """
CREATE FUNCTION queue_skip_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'queue_skip_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER queue_skip_kept_delete BEFORE DELETE ON queue_skip FOR EACH ROW EXECUTE FUNCTION queue_skip_kept_delete()
""",
    """
CREATE FUNCTION attendance_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'attendance_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER attendance_kept_delete BEFORE DELETE ON attendance FOR EACH ROW EXECUTE FUNCTION attendance_kept_delete()
""",
    """
CREATE FUNCTION attendance_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL OR NEW.status <> OLD.status OR NEW.minutes <> OLD.minutes OR NEW.session_id <> OLD.session_id OR NEW.enrolment_id <> OLD.enrolment_id OR NEW.event_id <> OLD.event_id THEN
    RAISE EXCEPTION 'attendance_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER attendance_kept_update BEFORE UPDATE ON attendance FOR EACH ROW EXECUTE FUNCTION attendance_kept_update()
""",
    """
CREATE FUNCTION certificate_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL OR NEW.code <> OLD.code OR NEW.minutes <> OLD.minutes OR NEW.of_minutes <> OLD.of_minutes OR NEW.enrolment_id <> OLD.enrolment_id THEN
    RAISE EXCEPTION 'certificate_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER certificate_kept_update BEFORE UPDATE ON certificate FOR EACH ROW EXECUTE FUNCTION certificate_kept_update()
""",
    """
CREATE FUNCTION certificate_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'certificate_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER certificate_kept_delete BEFORE DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION certificate_kept_delete()
""",
)
TRIGGERS = (
    ("guardianship_kept_delete", "guardianship"),
    ("guardianship_kept_update", "guardianship"),
    ("consent_kept_delete", "consent"),
    ("consent_kept_update", "consent"),
    ("participant_view_kept_update", "participant_view"),
    ("participant_view_kept_delete", "participant_view"),
    ("enrolment_change_kept_update", "enrolment_change"),
    ("enrolment_change_kept_delete", "enrolment_change"),
    ("queue_skip_kept_update", "queue_skip"),
    ("queue_skip_kept_delete", "queue_skip"),
    ("attendance_kept_delete", "attendance"),
    ("attendance_kept_update", "attendance"),
    ("certificate_kept_update", "certificate"),
    ("certificate_kept_delete", "certificate"),
)


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_edition_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("code", name=op.f("uq_edition_code")),
    )
    op.create_table(
        "opt_out",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "topic", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=50), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("sdgs", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("accessibility", sa.JSON(), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("cost_words", sa.JSON(), nullable=False),
        sa.Column("age_min", sa.Integer(), nullable=True),
        sa.Column("age_max", sa.Integer(), nullable=True),
        sa.Column("age_rule", sa.String(length=15), nullable=False),
        sa.Column("takes_part", sa.String(length=12), nullable=False),
        sa.Column("enrol_opens_at", UtcDateTime(), nullable=True),
        sa.Column("enrol_closes_at", UtcDateTime(), nullable=True),
        sa.Column("residents_until", UtcDateTime(), nullable=True),
        sa.Column("least", sa.Integer(), nullable=True),
        sa.Column("waiting_most", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("skips_most", sa.Integer(), nullable=False),
        sa.Column("cancel_hours", sa.Integer(), nullable=False),
        sa.Column("asks_health", sa.Boolean(), nullable=False),
        sa.Column("scheduled_minutes", sa.Integer(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("age_rule IN ('on_start', 'calendar_year')", name=op.f("ck_activity_age_rule")),
        sa.CheckConstraint("area IN ('education', 'entrepreneurship', 'inclusion', 'community')", name=op.f("ck_activity_area")),
        sa.CheckConstraint(
            "kind IN ('event', 'lab', 'workshop', 'course', 'accelerator', 'camp')", name=op.f("ck_activity_kind")
        ),
        sa.CheckConstraint("state IN ('draft', 'published', 'cancelled', 'closed')", name=op.f("ck_activity_state")),
        sa.CheckConstraint("takes_part IN ('person', 'organisation', 'none')", name=op.f("ck_activity_takes_part")),
        sa.CheckConstraint(
            "theme IN ('steam', 'life-skills', 'entrepreneurship', 'inclusion', 'community')", name=op.f("ck_activity_theme")
        ),
        sa.CheckConstraint("0 <= age_min AND age_min <= 120 AND 0 <= age_max AND age_max <= 120", name=op.f("ck_activity_ages")),
        sa.CheckConstraint("age_min <= age_max", name=op.f("ck_activity_age_range")),
        sa.CheckConstraint("cancel_hours BETWEEN 0 AND 8760", name=op.f("ck_activity_cancel")),
        sa.CheckConstraint("cost_cents BETWEEN 0 AND 100000000", name=op.f("ck_activity_cost")),
        sa.CheckConstraint("enrol_opens_at < enrol_closes_at", name=op.f("ck_activity_enrolment")),
        sa.CheckConstraint("least IS NULL OR least > 0", name=op.f("ck_activity_least")),
        sa.CheckConstraint(
            "waiting_most >= 0 AND offer_hours BETWEEN 1 AND 720 AND skips_most BETWEEN 0 AND 20", name=op.f("ck_activity_queue")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_activity_created_by_id_person")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_activity_edition_id_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("slug", name=op.f("uq_activity_slug")),
    )
    op.create_index(op.f("ix_activity_edition_id"), "activity", ["edition_id"], unique=False)
    op.create_index("ix_activity_shown", "activity", ["state", "kind"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(length=1), nullable=False),
        sa.Column("resident", sa.Boolean(), nullable=False),
        sa.Column("emergency_name", sa.String(length=160), nullable=False),
        sa.Column("emergency_phone", sa.String(length=30), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("gender IN ('', 'f', 'm', 'x')", name=op.f("ck_participant_gender")),
        sa.CheckConstraint(
            "birth_date IS NOT NULL OR person_id IS NOT NULL OR erased_at IS NOT NULL", name=op.f("ck_participant_born")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participant_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("person_id", name=op.f("uq_participant_person_id")),
        sa.UniqueConstraint("subject", name=op.f("uq_participant_subject")),
    )
    op.create_table(
        "partner_hub",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("site_url", sa.String(length=500), nullable=False),
        sa.Column("feed_url", sa.String(length=1000), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("last_modified", sa.String(length=60), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.Column("fault", sa.String(length=20), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_partner_hub_name")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_partner_hub_created_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_hub")),
    )
    op.create_index(
        "one_live_partner_feed",
        "partner_hub",
        ["feed_url"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "activity_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_message_activity_id_activity")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_activity_message_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_message")),
    )
    op.create_index(op.f("ix_activity_message_activity_id"), "activity_message", ["activity_id"], unique=False)
    op.create_table(
        "basket_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("sealed_health", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_basket_line_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_basket_line_participant_id_participant")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_basket_line_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_line")),
        sa.UniqueConstraint(
            "person_id", "activity_id", "participant_id", name=op.f("uq_basket_line_person_id_activity_id_participant_id")
        ),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_comment_activity_id_activity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_activity_id"), "comment", ["activity_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("through_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('participation', 'photo', 'assessment', 'leave_alone', 'health')", name=op.f("ck_consent_purpose")
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name=op.f("ck_consent_withdrawn")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_consent_activity_id_activity")),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name=op.f("fk_consent_given_by_id_person")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_consent_participant_id_participant")),
        sa.ForeignKeyConstraint(["through_id"], ["organisation.id"], name=op.f("fk_consent_through_id_organisation")),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["person.id"], name=op.f("fk_consent_withdrawn_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_participant_id"), "consent", ["participant_id"], unique=False)
    op.create_index(
        "one_live_consent",
        "consent",
        ["participant_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL AND activity_id IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL AND activity_id IS NULL"),
    )
    op.create_index(
        "one_live_consent_an_activity",
        "consent",
        ["participant_id", "purpose", "activity_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL AND activity_id IS NOT NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL AND activity_id IS NOT NULL"),
    )
    op.create_table(
        "enrol_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("skips", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_enrol_group_activity_id_activity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrol_group")),
        sa.UniqueConstraint("id", "activity_id", name="uq_enrol_group_of"),
    )
    op.create_index(op.f("ix_enrol_group_activity_id"), "enrol_group", ["activity_id"], unique=False)
    op.create_table(
        "family_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("invited_as", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'declined', 'revoked')", name=op.f("ck_family_invitation_answer")),
        sa.CheckConstraint("invited_as IN ('guardian', 'own')", name=op.f("ck_family_invitation_invited_as")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_family_invitation_answered")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_family_invitation_invited_by_id_person")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_family_invitation_participant_id_participant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_family_invitation_token_hash")),
    )
    op.create_index(op.f("ix_family_invitation_participant_id"), "family_invitation", ["participant_id"], unique=False)
    op.create_index(
        "one_open_family_invitation",
        "family_invitation",
        ["participant_id", "email"],
        unique=True,
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )
    op.create_table(
        "guardianship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("other_agrees_at", UtcDateTime(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("basis IN ('parent', 'tutor', 'foster')", name=op.f("ck_guardianship_basis")),
        sa.ForeignKeyConstraint(["guardian_id"], ["person.id"], name=op.f("fk_guardianship_guardian_id_person")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_guardianship_participant_id_participant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardianship")),
    )
    op.create_index(op.f("ix_guardianship_guardian_id"), "guardianship", ["guardian_id"], unique=False)
    op.create_index(
        "one_live_guardianship",
        "guardianship",
        ["participant_id", "guardian_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "participant_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("viewer_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_participant_view_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["viewer_id"], ["person.id"], name=op.f("fk_participant_view_viewer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_view")),
    )
    op.create_index(op.f("ix_participant_view_participant_id"), "participant_view", ["participant_id"], unique=False)
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_partner_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_partner_organisation_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_index(op.f("ix_partner_activity_id"), "partner", ["activity_id"], unique=False)
    op.create_table(
        "partner_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=300), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_partner_event_times")),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["partner_hub.id"], name=op.f("fk_partner_event_hub_id_partner_hub"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_event")),
    )
    op.create_index(op.f("ix_partner_event_hub_id"), "partner_event", ["hub_id"], unique=False)
    op.create_index(op.f("ix_partner_event_starts_at"), "partner_event", ["starts_at"], unique=False)
    op.create_table(
        "pickup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_pickup_name")),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_pickup_added_by_id_person")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_pickup_participant_id_participant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup")),
    )
    op.create_index(op.f("ix_pickup_participant_id"), "pickup", ["participant_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('text', 'choice', 'number', 'consent')", name=op.f("ck_question_kind")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_question_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_activity_id"), "question", ["activity_id"], unique=False)
    op.create_table(
        "seat",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_seat_number")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_seat_activity_id_activity"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("activity_id", "number", name=op.f("pk_seat")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=True),
        sa.Column("ical_uid", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'held') = (minutes IS NOT NULL) AND (minutes IS NULL OR minutes > 0)", name=op.f("ck_session_held")
        ),
        sa.CheckConstraint("state <> 'not_held' OR reason <> ''", name=op.f("ck_session_reason")),
        sa.CheckConstraint("state IN ('planned', 'held', 'not_held', 'cancelled')", name=op.f("ck_session_state")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_session_times")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_session_activity_id_activity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("activity_id", "number", name=op.f("uq_session_activity_id_number")),
        sa.UniqueConstraint("ical_uid", name=op.f("uq_session_ical_uid")),
        sa.UniqueConstraint("id", "activity_id", name="uq_session_of"),
        sa.UniqueConstraint("id", "starts_at", "ends_at", name="uq_session_times"),
    )
    op.create_index(op.f("ix_session_starts_at"), "session", ["starts_at"], unique=False)
    op.create_table(
        "trainer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('trainer', 'tutor', 'operator', 'mentor', 'coordinator')", name=op.f("ck_trainer_role")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_trainer_activity_id_activity")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_trainer_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainer")),
        sa.UniqueConstraint("activity_id", "subject", name=op.f("uq_trainer_activity_id_subject")),
        sa.UniqueConstraint("id", "activity_id", name="uq_trainer_of"),
    )
    op.create_index(op.f("ix_trainer_activity_id"), "trainer", ["activity_id"], unique=False)
    op.create_index(op.f("ix_trainer_person_id"), "trainer", ["person_id"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("through_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("enrolled_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(length=10), nullable=False),
        sa.Column("feedback_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('pending', 'offered', 'enrolled', 'completed')) = (seat IS NOT NULL)", name=op.f("ck_enrolment_seated")
        ),
        sa.CheckConstraint(
            "(state IN ('pending', 'offered', 'enrolled', 'completed', 'waiting')) = (ended_at IS NULL)",
            name=op.f("ck_enrolment_ended"),
        ),
        sa.CheckConstraint("channel IN ('web', 'assisted', 'paper', 'import')", name=op.f("ck_enrolment_channel")),
        sa.CheckConstraint(
            "end_reason IN ('', 'distance', 'family', 'health', 'interest', 'moved', 'schedule', 'school', 'work', 'other', 'unsaid')",
            name=op.f("ck_enrolment_end_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'offered', 'enrolled', 'completed', 'waiting', 'withdrawn', 'expired', 'rejected')",
            name=op.f("ck_enrolment_state"),
        ),
        sa.CheckConstraint("state NOT IN ('offered', 'pending') OR held_until IS NOT NULL", name=op.f("ck_enrolment_held")),
        sa.CheckConstraint("(participant_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_enrolment_one_who")),
        sa.ForeignKeyConstraint(["activity_id", "seat"], ["seat.activity_id", "seat.number"], name="fk_enrolment_seat"),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_enrolment_activity_id_activity")),
        sa.ForeignKeyConstraint(["enrolled_by_id"], ["person.id"], name=op.f("fk_enrolment_enrolled_by_id_person")),
        sa.ForeignKeyConstraint(
            ["group_id", "activity_id"], ["enrol_group.id", "enrol_group.activity_id"], name="fk_enrolment_group"
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_enrolment_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_enrolment_participant_id_participant")),
        sa.ForeignKeyConstraint(["through_id"], ["organisation.id"], name=op.f("fk_enrolment_through_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("id", "activity_id", name="uq_enrolment_of"),
        sa.UniqueConstraint("key", name=op.f("uq_enrolment_key")),
    )
    op.create_index("ix_enrolment_lapsing", "enrolment", ["state", "held_until"], unique=False)
    op.create_index(op.f("ix_enrolment_organisation_id"), "enrolment", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_enrolment_participant_id"), "enrolment", ["participant_id"], unique=False)
    op.create_index("ix_enrolment_queue", "enrolment", ["activity_id", "state", "priority", "queued_at", "id"], unique=False)
    op.create_index(op.f("ix_enrolment_through_id"), "enrolment", ["through_id"], unique=False)
    op.create_index(
        "one_enrolment_a_seat",
        "enrolment",
        ["activity_id", "seat"],
        unique=True,
        sqlite_where=sa.text("seat IS NOT NULL"),
        postgresql_where=sa.text("seat IS NOT NULL"),
    )
    op.create_index(
        "one_live_enrolment_organisation",
        "enrolment",
        ["activity_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND organisation_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND organisation_id IS NOT NULL"),
    )
    op.create_index(
        "one_live_enrolment_participant",
        "enrolment",
        ["activity_id", "participant_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND participant_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND participant_id IS NOT NULL"),
    )
    op.create_table(
        "reminder",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("hours IN (48, 24)", name=op.f("ck_reminder_hours")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_reminder_session_id_session")),
        sa.PrimaryKeyConstraint("session_id", "hours", name=op.f("pk_reminder")),
    )
    op.create_table(
        "session_trainer",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("trainer_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name=op.f("ck_session_trainer_minutes")),
        sa.ForeignKeyConstraint(
            ["session_id", "activity_id"], ["session.id", "session.activity_id"], name="fk_session_trainer_session"
        ),
        sa.ForeignKeyConstraint(
            ["trainer_id", "activity_id"], ["trainer.id", "trainer.activity_id"], name="fk_session_trainer_trainer"
        ),
        sa.PrimaryKeyConstraint("session_id", "trainer_id", name=op.f("pk_session_trainer")),
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=True),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('absent', 'excused')) = (minutes = 0) AND minutes >= 0", name=op.f("ck_attendance_minutes")
        ),
        sa.CheckConstraint("source IN ('list', 'qr', 'code', 'paper', 'import')", name=op.f("ck_attendance_source")),
        sa.CheckConstraint("status IN ('present', 'absent', 'excused', 'late', 'left_early')", name=op.f("ck_attendance_status")),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "activity_id"], ["enrolment.id", "enrolment.activity_id"], name="fk_attendance_enrolment"
        ),
        sa.ForeignKeyConstraint(["marked_by_id"], ["person.id"], name=op.f("fk_attendance_marked_by_id_person")),
        sa.ForeignKeyConstraint(
            ["session_id", "activity_id"], ["session.id", "session.activity_id"], name="fk_attendance_session"
        ),
        sa.ForeignKeyConstraint(["voided_by_id"], ["person.id"], name=op.f("fk_attendance_voided_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_enrolment_id"), "attendance", ["enrolment_id"], unique=False)
    op.create_index(
        "one_live_attendance",
        "attendance",
        ["session_id", "enrolment_id"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("of_minutes", sa.Integer(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint("kind IN ('attendance', 'pcto')", name=op.f("ck_certificate_kind")),
        sa.CheckConstraint("0 < minutes AND minutes <= of_minutes", name=op.f("ck_certificate_minutes")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_certificate_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_certificate_issued_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_certificate_code")),
    )
    op.create_index(op.f("ix_certificate_enrolment_id"), "certificate", ["enrolment_id"], unique=False)
    op.create_table(
        "enrolment_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "after IN ('pending', 'offered', 'enrolled', 'completed', 'waiting', 'withdrawn', 'expired', 'rejected')",
            name=op.f("ck_enrolment_change_after"),
        ),
        sa.CheckConstraint(
            "before IN ('', 'pending', 'offered', 'enrolled', 'completed', 'waiting', 'withdrawn', 'expired', 'rejected')",
            name=op.f("ck_enrolment_change_before"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_enrolment_change_by_id_person")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_change_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_change")),
    )
    op.create_index(op.f("ix_enrolment_change_enrolment_id"), "enrolment_change", ["enrolment_id"], unique=False)
    op.create_table(
        "health_note",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_health_note_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_health_note_written_by_id_person")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_health_note")),
    )
    op.create_table(
        "mentorship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("trainer_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "activity_id"], ["enrolment.id", "enrolment.activity_id"], name="fk_mentorship_enrolment"
        ),
        sa.ForeignKeyConstraint(
            ["trainer_id", "activity_id"], ["trainer.id", "trainer.activity_id"], name="fk_mentorship_trainer"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentorship")),
    )
    op.create_index(op.f("ix_mentorship_enrolment_id"), "mentorship", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_mentorship_trainer_id"), "mentorship", ["trainer_id"], unique=False)
    op.create_index(
        "one_live_mentorship",
        "mentorship",
        ["enrolment_id", "trainer_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("met_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "area IN ('business', 'finance', 'legal', 'market', 'product', 'people', 'impact', 'space', 'other')",
            name=op.f("ck_need_area"),
        ),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_need_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    op.create_index(op.f("ix_need_enrolment_id"), "need", ["enrolment_id"], unique=False)
    op.create_table(
        "queue_skip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_queue_skip_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(["group_id"], ["enrol_group.id"], name=op.f("fk_queue_skip_group_id_enrol_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_skip")),
    )
    op.create_index(op.f("ix_queue_skip_group_id"), "queue_skip", ["group_id"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mentorship_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("mentor_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("mentor_confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("other_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("other_confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.String(length=64), nullable=True),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "event_id IS NULL OR (mentor_confirmed_at IS NOT NULL AND other_confirmed_at IS NOT NULL)",
            name=op.f("ck_meeting_both_sides"),
        ),
        sa.CheckConstraint(
            "mentor_confirmed_by_id IS NULL OR other_confirmed_by_id IS NULL OR mentor_confirmed_by_id <> other_confirmed_by_id",
            name=op.f("ck_meeting_two_people"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 720", name=op.f("ck_meeting_minutes")),
        sa.ForeignKeyConstraint(["mentor_confirmed_by_id"], ["person.id"], name=op.f("fk_meeting_mentor_confirmed_by_id_person")),
        sa.ForeignKeyConstraint(["mentorship_id"], ["mentorship.id"], name=op.f("fk_meeting_mentorship_id_mentorship")),
        sa.ForeignKeyConstraint(["other_confirmed_by_id"], ["person.id"], name=op.f("fk_meeting_other_confirmed_by_id_person")),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_meeting_written_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_index(op.f("ix_meeting_mentorship_id"), "meeting", ["mentorship_id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        _rebuild(NEW)
    else:
        op.add_column("occurrence", sa.Column("session_id", sa.Integer(), nullable=True))
        op.create_foreign_key(
            "fk_occurrence_session",
            "occurrence",
            "session",
            ["session_id", "starts_at", "ends_at"],
            ["id", "starts_at", "ends_at"],
            onupdate="CASCADE",
        )
        _check(KINDS, ONE_OWNER)
    op.create_index(op.f("ix_occurrence_session_id"), "occurrence", ["session_id"])
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def _rebuild(create: str) -> None:
    """SQLite: make the table anew with the columns that old and new share, and what hung on it."""
    bind = op.get_bind()
    bind.exec_driver_sql(create)
    columns = [
        [f'"{column[1]}"' for column in bind.exec_driver_sql(f"PRAGMA table_info({table})")]
        for table in ("occurrence", "occurrence_rebuilt")
    ]
    shared = ", ".join(column for column in columns[0] if column in columns[1])
    bind.exec_driver_sql(f"INSERT INTO occurrence_rebuilt ({shared}) SELECT {shared} FROM occurrence")
    bind.exec_driver_sql("DROP TABLE occurrence")
    bind.exec_driver_sql("ALTER TABLE occurrence_rebuilt RENAME TO occurrence")
    for statement in INDEXES:
        bind.exec_driver_sql(statement)


def _check(kinds: str, one_owner: str) -> None:
    """PostgreSQL: these checks of occurrence in place of those of the same name."""
    for name, check in (("kind", kinds), ("one_owner", one_owner)):
        op.drop_constraint(op.f(f"ck_occurrence_{name}"), "occurrence")
        op.create_check_constraint(op.f(f"ck_occurrence_{name}"), "occurrence", check)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}" if sqlite else f"DROP TRIGGER {name} ON {table}")
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    # what only this state knows goes: the uses of sessions, with their places in the ledger
    op.execute("DELETE FROM allocation WHERE occurrence_id IN (SELECT id FROM occurrence WHERE session_id IS NOT NULL)")
    op.execute("DELETE FROM occurrence WHERE session_id IS NOT NULL")
    op.drop_index(op.f("ix_occurrence_session_id"), "occurrence")
    if sqlite:
        _rebuild(OLD)
    else:
        _check(KINDS_BEFORE, ONE_OWNER_BEFORE)
        op.drop_constraint("fk_occurrence_session", "occurrence", type_="foreignkey")
        op.drop_column("occurrence", "session_id")
    op.drop_index(op.f("ix_meeting_mentorship_id"), table_name="meeting")
    op.drop_table("meeting")
    op.drop_index(op.f("ix_queue_skip_group_id"), table_name="queue_skip")
    op.drop_table("queue_skip")
    op.drop_index(op.f("ix_need_enrolment_id"), table_name="need")
    op.drop_table("need")
    op.drop_index(
        "one_live_mentorship",
        table_name="mentorship",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_mentorship_trainer_id"), table_name="mentorship")
    op.drop_index(op.f("ix_mentorship_enrolment_id"), table_name="mentorship")
    op.drop_table("mentorship")
    op.drop_table("health_note")
    op.drop_index(op.f("ix_enrolment_change_enrolment_id"), table_name="enrolment_change")
    op.drop_table("enrolment_change")
    op.drop_index(op.f("ix_certificate_enrolment_id"), table_name="certificate")
    op.drop_table("certificate")
    op.drop_index(
        "one_live_attendance",
        table_name="attendance",
        sqlite_where=sa.text("voided_at IS NULL"),
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.drop_index(op.f("ix_attendance_enrolment_id"), table_name="attendance")
    op.drop_table("attendance")
    op.drop_table("session_trainer")
    op.drop_table("reminder")
    op.drop_index(
        "one_live_enrolment_participant",
        table_name="enrolment",
        sqlite_where=sa.text("ended_at IS NULL AND participant_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND participant_id IS NOT NULL"),
    )
    op.drop_index(
        "one_live_enrolment_organisation",
        table_name="enrolment",
        sqlite_where=sa.text("ended_at IS NULL AND organisation_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND organisation_id IS NOT NULL"),
    )
    op.drop_index(
        "one_enrolment_a_seat",
        table_name="enrolment",
        sqlite_where=sa.text("seat IS NOT NULL"),
        postgresql_where=sa.text("seat IS NOT NULL"),
    )
    op.drop_index(op.f("ix_enrolment_through_id"), table_name="enrolment")
    op.drop_index("ix_enrolment_queue", table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_participant_id"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_organisation_id"), table_name="enrolment")
    op.drop_index("ix_enrolment_lapsing", table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_index(op.f("ix_trainer_person_id"), table_name="trainer")
    op.drop_index(op.f("ix_trainer_activity_id"), table_name="trainer")
    op.drop_table("trainer")
    op.drop_index(op.f("ix_session_starts_at"), table_name="session")
    op.drop_table("session")
    op.drop_table("seat")
    op.drop_index(op.f("ix_question_activity_id"), table_name="question")
    op.drop_table("question")
    op.drop_index(op.f("ix_pickup_participant_id"), table_name="pickup")
    op.drop_table("pickup")
    op.drop_index(op.f("ix_partner_event_starts_at"), table_name="partner_event")
    op.drop_index(op.f("ix_partner_event_hub_id"), table_name="partner_event")
    op.drop_table("partner_event")
    op.drop_index(op.f("ix_partner_activity_id"), table_name="partner")
    op.drop_table("partner")
    op.drop_index(op.f("ix_participant_view_participant_id"), table_name="participant_view")
    op.drop_table("participant_view")
    op.drop_index(
        "one_live_guardianship",
        table_name="guardianship",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_guardianship_guardian_id"), table_name="guardianship")
    op.drop_table("guardianship")
    op.drop_index(
        "one_open_family_invitation",
        table_name="family_invitation",
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )
    op.drop_index(op.f("ix_family_invitation_participant_id"), table_name="family_invitation")
    op.drop_table("family_invitation")
    op.drop_index(op.f("ix_enrol_group_activity_id"), table_name="enrol_group")
    op.drop_table("enrol_group")
    op.drop_index(
        "one_live_consent_an_activity",
        table_name="consent",
        sqlite_where=sa.text("withdrawn_at IS NULL AND activity_id IS NOT NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL AND activity_id IS NOT NULL"),
    )
    op.drop_index(
        "one_live_consent",
        table_name="consent",
        sqlite_where=sa.text("withdrawn_at IS NULL AND activity_id IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL AND activity_id IS NULL"),
    )
    op.drop_index(op.f("ix_consent_participant_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_comment_activity_id"), table_name="comment")
    op.drop_table("comment")
    op.drop_table("basket_line")
    op.drop_index(op.f("ix_activity_message_activity_id"), table_name="activity_message")
    op.drop_table("activity_message")
    op.drop_index(
        "one_live_partner_feed",
        table_name="partner_hub",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("partner_hub")
    op.drop_table("participant")
    op.drop_index("ix_activity_shown", table_name="activity")
    op.drop_index(op.f("ix_activity_edition_id"), table_name="activity")
    op.drop_table("activity")
    op.drop_table("opt_out")
    op.drop_table("edition")
