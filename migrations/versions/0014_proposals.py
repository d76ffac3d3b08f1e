"""Participation: processes and phases, proposals with their versions, support, debate, answers and what became of them."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Operations that are refused: by name, table and when, in SQL that both engines read.
TABLES = (  # in the order in which they may go
    "result_update",
    "result_source",
    "news",
    "lab_minutes",
    "follow",
    "discussed",
    "assisted_act",
    "answer",
    "result",
    "assisted_session",
    "digest",
    "appeal",
    "moderation",
    "comment_report",
    "vote",
    "support",
    "proposal_comment",
    "proposal_words",
    "proposal_version",
    "proposal_sdg",
    "proposal_link",
    "proposal_file",
    "proposal_author",
    "author_invitation",
    "proposal",
    "voice",
    "phase_change",
    "process_activity",
    "phase",
    "process",
)
REFUSED = (
    (
        "phase_kept_insert",
        "phase",
        "INSERT",
        "EXISTS (SELECT 1 FROM process c WHERE c.id = NEW.process_id AND c.published_at IS NOT NULL)",
    ),
    (
        "phase_kept_delete",
        "phase",
        "DELETE",
        "EXISTS (SELECT 1 FROM process c WHERE c.id = OLD.process_id AND c.published_at IS NOT NULL)",
    ),
    (
        "phase_kept_update",
        "phase",
        "UPDATE",
        "EXISTS (SELECT 1 FROM process c WHERE c.id = OLD.process_id AND c.published_at IS NOT NULL) AND (NEW.process_id <> OLD.process_id OR NEW.number <> OLD.number OR NEW.submits <> OLD.submits OR NEW.supports <> OLD.supports OR NEW.discusses <> OLD.discusses OR NEW.votes <> OLD.votes OR NEW.answers <> OLD.answers OR NEW.hides_counts <> OLD.hides_counts OR COALESCE(NEW.supports_most, 0) <> COALESCE(OLD.supports_most, 0) OR ((NEW.opens_at <> OLD.opens_at OR NEW.closes_at <> OLD.closes_at) AND NOT EXISTS (SELECT 1 FROM phase_change a WHERE a.phase_id = NEW.id AND a.opens_before = OLD.opens_at AND a.closes_before = OLD.closes_at AND a.opens_at = NEW.opens_at AND a.closes_at = NEW.closes_at)))",
    ),
    ("phase_change_kept_update", "phase_change", "UPDATE", "true"),
    ("phase_change_kept_delete", "phase_change", "DELETE", "true"),
    (
        "process_published_for_good",
        "process",
        "UPDATE",
        "OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at)",
    ),
    ("process_kept_delete", "process", "DELETE", "OLD.published_at IS NOT NULL"),
    ("proposal_version_kept_update", "proposal_version", "UPDATE", "true"),
    ("proposal_version_kept_delete", "proposal_version", "DELETE", "true"),
    ("proposal_link_kept_update", "proposal_link", "UPDATE", "true"),
    ("proposal_link_kept_delete", "proposal_link", "DELETE", "true"),
    (
        "proposal_link_in_its_process",
        "proposal_link",
        "INSERT",
        "(SELECT p.process_id FROM proposal p WHERE p.id = NEW.from_id) <> (SELECT p.process_id FROM proposal p WHERE p.id = NEW.to_id)",
    ),
    (
        "proposal_published_for_good",
        "proposal",
        "UPDATE",
        "OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR NEW.process_id <> OLD.process_id OR NEW.current < OLD.current)",
    ),
    ("proposal_kept_delete", "proposal", "DELETE", "OLD.published_at IS NOT NULL"),
    ("proposal_closed_for_good", "proposal", "UPDATE", "OLD.closed_at IS NOT NULL AND NEW.state <> OLD.state"),
    (
        "proposal_is_its_version",
        "proposal",
        "UPDATE",
        "NEW.current IS NOT NULL AND NOT EXISTS (SELECT 1 FROM proposal_version v WHERE v.proposal_id = NEW.id AND v.number = NEW.current)",
    ),
    ("proposal_begins_as_draft", "proposal", "INSERT", "NEW.current IS NOT NULL"),
    (
        "proposal_file_kept_update",
        "proposal_file",
        "UPDATE",
        "NEW.sha256 <> OLD.sha256 OR NEW.kind <> OLD.kind OR NEW.proposal_id <> OLD.proposal_id",
    ),
    (
        "proposal_file_kept_delete",
        "proposal_file",
        "DELETE",
        "EXISTS (SELECT 1 FROM proposal p WHERE p.id = OLD.proposal_id AND p.published_at IS NOT NULL)",
    ),
    (
        "support_while_open",
        "support",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM phase f JOIN proposal p ON p.process_id = f.process_id WHERE f.id = NEW.phase_id AND p.id = NEW.proposal_id AND f.supports AND f.opens_at <= NEW.at AND NEW.at < f.closes_at AND p.state IN ('published', 'under_review') AND p.hidden_at IS NULL)",
    ),
    (
        "vote_while_open",
        "vote",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM phase f JOIN proposal p ON p.process_id = f.process_id WHERE f.id = NEW.phase_id AND p.id = NEW.proposal_id AND f.votes AND f.opens_at <= NEW.at AND NEW.at < f.closes_at AND p.state IN ('published', 'under_review') AND p.hidden_at IS NULL)",
    ),
    ("support_within_limit", "support", "INSERT", "NEW.slot > (SELECT f.supports_most FROM phase f WHERE f.id = NEW.phase_id)"),
    (
        "endorsement_of_another",
        "support",
        "INSERT",
        "NEW.kind = 'endorsement' AND NOT EXISTS (SELECT 1 FROM organisation o, proposal p WHERE o.id = NEW.organisation_id AND o.state = 'verified' AND p.id = NEW.proposal_id AND COALESCE(p.organisation_id, 0) <> o.id)",
    ),
    (
        "support_revoked_while_open",
        "support",
        "UPDATE",
        "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND NEW.voice_id = OLD.voice_id AND NOT EXISTS (SELECT 1 FROM phase f WHERE f.id = OLD.phase_id AND f.opens_at <= NEW.revoked_at AND NEW.revoked_at < f.closes_at)",
    ),
    (
        "vote_replaced_while_open",
        "vote",
        "UPDATE",
        "OLD.replaced_at IS NULL AND NEW.replaced_at IS NOT NULL AND NEW.voice_id = OLD.voice_id AND NOT EXISTS (SELECT 1 FROM phase f WHERE f.id = OLD.phase_id AND f.opens_at <= NEW.replaced_at AND NEW.replaced_at < f.closes_at)",
    ),
    (
        "support_kept_update",
        "support",
        "UPDATE",
        "NEW.proposal_id <> OLD.proposal_id OR NEW.phase_id <> OLD.phase_id OR NEW.kind <> OLD.kind OR NEW.at <> OLD.at OR NEW.channel <> OLD.channel OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) OR (OLD.event_id IS NOT NULL AND COALESCE(NEW.event_id, '') <> OLD.event_id)",
    ),
    ("support_kept_delete", "support", "DELETE", "true"),
    (
        "vote_kept_update",
        "vote",
        "UPDATE",
        "NEW.choice <> OLD.choice OR NEW.proposal_id <> OLD.proposal_id OR NEW.phase_id <> OLD.phase_id OR NEW.at <> OLD.at OR (OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS NULL)",
    ),
    ("vote_kept_delete", "vote", "DELETE", "true"),
    (
        "comment_while_open",
        "proposal_comment",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM proposal p JOIN phase f ON f.process_id = p.process_id WHERE p.id = NEW.proposal_id AND f.discusses AND f.opens_at <= NEW.at AND NEW.at < f.closes_at AND p.state IN ('published', 'under_review') AND p.hidden_at IS NULL)",
    ),
    (
        "comment_two_deep",
        "proposal_comment",
        "INSERT",
        "NEW.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM proposal_comment c WHERE c.id = NEW.parent_id AND c.parent_id IS NULL AND c.proposal_id = NEW.proposal_id)",
    ),
    (
        "comment_kept_update",
        "proposal_comment",
        "UPDATE",
        "(NEW.text <> OLD.text AND NEW.text <> '') OR COALESCE(NEW.parent_id, 0) <> COALESCE(OLD.parent_id, 0) OR NEW.proposal_id <> OLD.proposal_id OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS NULL)",
    ),
    ("comment_kept_delete", "proposal_comment", "DELETE", "true"),
    ("moderation_kept_update", "moderation", "UPDATE", "true"),
    ("moderation_kept_delete", "moderation", "DELETE", "true"),
    (
        "appeal_by_another",
        "appeal",
        "UPDATE",
        "NEW.decided_by_id = (SELECT m.by_id FROM moderation m WHERE m.id = NEW.moderation_id)",
    ),
    ("appeal_decided_once", "appeal", "UPDATE", "OLD.outcome IS NOT NULL"),
    ("appeal_kept_delete", "appeal", "DELETE", "true"),
    (
        "answer_kept_update",
        "answer",
        "UPDATE",
        "OLD.replaced_at IS NOT NULL OR NEW.replaced_at IS NULL OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text OR NEW.proposal_id <> OLD.proposal_id OR NEW.at <> OLD.at",
    ),
    ("answer_kept_delete", "answer", "DELETE", "true"),
    (
        "answer_of_what_stands",
        "answer",
        "INSERT",
        "EXISTS (SELECT 1 FROM proposal p WHERE p.id = NEW.proposal_id AND p.state IN ('draft', 'withdrawn', 'merged', 'split'))",
    ),
    (
        "proposal_answered_stands",
        "proposal",
        "UPDATE",
        "NEW.state IN ('draft', 'withdrawn', 'merged', 'split') AND OLD.state <> NEW.state AND EXISTS (SELECT 1 FROM answer a WHERE a.proposal_id = NEW.id)",
    ),
    (
        "result_source_of_its_process",
        "result_source",
        "INSERT",
        "(SELECT r.process_id FROM result r WHERE r.id = NEW.result_id) <> (SELECT p.process_id FROM proposal p WHERE p.id = NEW.proposal_id)",
    ),
    ("result_update_kept_update", "result_update", "UPDATE", "true"),
    ("result_update_kept_delete", "result_update", "DELETE", "true"),
    (
        "news_kept_update",
        "news",
        "UPDATE",
        "NEW.kind <> OLD.kind OR NEW.proposal_id <> OLD.proposal_id OR NEW.at <> OLD.at OR OLD.told_at IS NOT NULL",
    ),
    ("news_kept_delete", "news", "DELETE", "true"),
    ("lab_minutes_kept_update", "lab_minutes", "UPDATE", "OLD.published_at IS NOT NULL"),
    ("lab_minutes_kept_delete", "lab_minutes", "DELETE", "OLD.published_at IS NOT NULL"),
    (
        "discussed_kept_insert",
        "discussed",
        "INSERT",
        "EXISTS (SELECT 1 FROM lab_minutes m WHERE m.session_id = NEW.session_id AND m.published_at IS NOT NULL)",
    ),
    ("discussed_kept_update", "discussed", "UPDATE", "true"),
    (
        "discussed_kept_delete",
        "discussed",
        "DELETE",
        "EXISTS (SELECT 1 FROM lab_minutes m WHERE m.session_id = OLD.session_id AND m.published_at IS NOT NULL)",
    ),
    (
        "assisted_act_in_session",
        "assisted_act",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM assisted_session s WHERE s.id = NEW.session_id AND s.started_at <= NEW.at AND NEW.at < s.lapses_at AND s.ended_at IS NULL)",
    ),
    ("assisted_act_kept_update", "assisted_act", "UPDATE", "true"),
    ("assisted_act_kept_delete", "assisted_act", "DELETE", "true"),
    ("assisted_session_kept_delete", "assisted_session", "DELETE", "true"),
    (
        "assisted_session_kept_update",
        "assisted_session",
        "UPDATE",
        "OLD.claimed_at IS NOT NULL OR NEW.operator_id <> OLD.operator_id OR NEW.started_at <> OLD.started_at OR NEW.lapses_at <> OLD.lapses_at OR NEW.consent <> OLD.consent",
    ),
)
SQLITE = (
    """
CREATE TRIGGER phase_in_order_insert BEFORE INSERT ON phase WHEN EXISTS (SELECT 1 FROM phase p WHERE p.process_id = NEW.process_id AND ((p.number < NEW.number AND p.closes_at > NEW.opens_at) OR (p.number > NEW.number AND p.opens_at < NEW.closes_at)))
BEGIN
  SELECT RAISE(ABORT, 'phase_in_order_insert');
END
""",
    """
CREATE TRIGGER phase_in_order_update BEFORE UPDATE ON phase WHEN EXISTS (SELECT 1 FROM phase p WHERE p.process_id = NEW.process_id AND ((p.number < NEW.number AND p.closes_at > NEW.opens_at) OR (p.number > NEW.number AND p.opens_at < NEW.closes_at)))
BEGIN
  SELECT RAISE(ABORT, 'phase_in_order_update');
END
""",
    """
CREATE TRIGGER proposal_has_an_author BEFORE UPDATE ON proposal_author WHEN NEW.left_at IS NOT NULL AND OLD.left_at IS NULL AND EXISTS (SELECT 1 FROM proposal p WHERE p.id = OLD.proposal_id AND p.published_at IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM proposal_author a WHERE a.proposal_id = OLD.proposal_id AND a.left_at IS NULL AND a.id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'proposal_has_an_author');
END
""",
    """
CREATE VIRTUAL TABLE proposal_words_fts USING fts5(title, text, content='proposal_words', content_rowid='proposal_id',
  tokenize='unicode61 remove_diacritics 2')
""",
    """
CREATE TRIGGER proposal_words_found_insert AFTER INSERT ON proposal_words
BEGIN
  INSERT INTO proposal_words_fts(rowid, title, text) VALUES (NEW.proposal_id, NEW.title, NEW.text);
END
""",
    """
CREATE TRIGGER proposal_words_found_delete AFTER DELETE ON proposal_words
BEGIN
  INSERT INTO proposal_words_fts(proposal_words_fts, rowid, title, text) VALUES ('delete', OLD.proposal_id, OLD.title, OLD.text);
END
""",
    """
CREATE TRIGGER proposal_words_found_update AFTER UPDATE ON proposal_words
BEGIN
  INSERT INTO proposal_words_fts(proposal_words_fts, rowid, title, text) VALUES ('delete', OLD.proposal_id, OLD.title, OLD.text); INSERT INTO proposal_words_fts(rowid, title, text) VALUES (NEW.proposal_id, NEW.title, NEW.text);
END
""",
    """
CREATE TRIGGER assisted_session_length BEFORE INSERT ON assisted_session WHEN julianday(NEW.lapses_at) - julianday(NEW.started_at) > 30.0 / 1440 + 0.0000001
BEGIN
  SELECT RAISE(ABORT, 'assisted_session_length');
END
""",
)
POSTGRESQL = (
    """
ALTER TABLE phase ADD CONSTRAINT phase_no_overlap EXCLUDE USING gist (
  int4range(process_id, process_id, '[]') WITH &&, tstzrange(opens_at, closes_at, '[)') WITH &&)
""",
    """
CREATE FUNCTION phase_in_order_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM process WHERE id = NEW.process_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM phase p WHERE p.process_id = NEW.process_id AND ((p.number < NEW.number AND p.closes_at > NEW.opens_at) OR (p.number > NEW.number AND p.opens_at < NEW.closes_at))) THEN
    RAISE EXCEPTION 'phase_in_order_insert' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER phase_in_order_insert BEFORE INSERT ON phase FOR EACH ROW EXECUTE FUNCTION phase_in_order_insert()
""",
    """
CREATE FUNCTION phase_in_order_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM process WHERE id = NEW.process_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM phase p WHERE p.process_id = NEW.process_id AND ((p.number < NEW.number AND p.closes_at > NEW.opens_at) OR (p.number > NEW.number AND p.opens_at < NEW.closes_at))) THEN
    RAISE EXCEPTION 'phase_in_order_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER phase_in_order_update BEFORE UPDATE ON phase FOR EACH ROW EXECUTE FUNCTION phase_in_order_update()
""",
    """
CREATE FUNCTION proposal_has_an_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM proposal WHERE id = OLD.proposal_id FOR NO KEY UPDATE;
  IF NEW.left_at IS NOT NULL AND OLD.left_at IS NULL AND EXISTS (SELECT 1 FROM proposal p WHERE p.id = OLD.proposal_id AND p.published_at IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM proposal_author a WHERE a.proposal_id = OLD.proposal_id AND a.left_at IS NULL AND a.id <> OLD.id) THEN
    RAISE EXCEPTION 'proposal_has_an_author' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER proposal_has_an_author BEFORE UPDATE ON proposal_author FOR EACH ROW EXECUTE FUNCTION proposal_has_an_author()
""",
    """
CREATE FUNCTION proposal_words_vector(title text, words text) RETURNS tsvector LANGUAGE plpgsql
IMMUTABLE PARALLEL SAFE COST 20000 AS $$
BEGIN
  RETURN setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', words), 'B');
END $$;
CREATE INDEX proposal_words_fts ON proposal_words USING gin (proposal_words_vector(title, text))
""",
    """
ALTER TABLE assisted_session ADD CONSTRAINT ck_assisted_session_length
CHECK (lapses_at - started_at <= interval '30 minutes')
""",
)


def upgrade() -> None:
    _processes()
    _proposals()
    _debate()
    _outcomes()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, operation, when in REFUSED:
        op.get_bind().exec_driver_sql(_refused(name, table, operation, when, sqlite).replace("%", "%%"))
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%"))


def _processes() -> None:
    op.create_table(
        "process",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=50), nullable=False),
        sa.Column("preset", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("office", sa.String(length=160), nullable=False),
        sa.Column("level_least", sa.SmallInteger(), nullable=False),
        sa.Column("edit_hours", sa.Integer(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("update_days", sa.Integer(), nullable=False),
        sa.Column("proposals_most", sa.Integer(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("concluded_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_process_published")),
        sa.CheckConstraint(
            "preset IN ('community_lab', 'idea_collection', 'neighbourhood_pact')", name=op.f("ck_process_preset")
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_process_state")),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 365 AND update_days BETWEEN 1 AND 730", name=op.f("ck_process_promised")),
        sa.CheckConstraint("edit_hours BETWEEN 0 AND 8760", name=op.f("ck_process_edit_hours")),
        sa.CheckConstraint("level_least BETWEEN 0 AND 3", name=op.f("ck_process_level_least")),
        sa.CheckConstraint("proposals_most IS NULL OR proposals_most > 0", name=op.f("ck_process_proposals_most")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_process_created_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
        sa.UniqueConstraint("slug", name=op.f("uq_process_slug")),
    )
    op.create_table(
        "phase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("submits", sa.Boolean(), nullable=False),
        sa.Column("supports", sa.Boolean(), nullable=False),
        sa.Column("discusses", sa.Boolean(), nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("supports_most", sa.Integer(), nullable=True),
        sa.Column("hides_counts", sa.Boolean(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_phase_number")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_phase_times")),
        sa.CheckConstraint("supports_most IS NULL OR supports_most > 0", name=op.f("ck_phase_supports_most")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_phase_process_id_process")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase")),
        sa.UniqueConstraint("process_id", "number", name=op.f("uq_phase_process_id_number")),
    )
    op.create_index("ix_phase_times", "phase", ["opens_at", "closes_at"], unique=False)
    op.create_table(
        "process_activity",
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_process_activity_activity_id_activity")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_process_activity_process_id_process")),
        sa.PrimaryKeyConstraint("process_id", "activity_id", name=op.f("pk_process_activity")),
    )
    op.create_table(
        "phase_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("opens_before", UtcDateTime(), nullable=False),
        sa.Column("closes_before", UtcDateTime(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("act", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("act <> '' AND reason <> ''", name=op.f("ck_phase_change_why")),
        sa.CheckConstraint("at < closes_before", name=op.f("ck_phase_change_while_open")),
        sa.CheckConstraint("opens_at >= opens_before AND closes_at > closes_before", name=op.f("ck_phase_change_later")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_phase_change_by_id_person")),
        sa.ForeignKeyConstraint(["phase_id"], ["phase.id"], name=op.f("fk_phase_change_phase_id_phase")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase_change")),
    )
    op.create_index(op.f("ix_phase_change_phase_id"), "phase_change", ["phase_id"], unique=False)


def _proposals() -> None:
    op.create_table(
        "voice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("fiscal_digest", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR fiscal_digest IS NOT NULL OR erased_at IS NOT NULL", name=op.f("ck_voice_somebody")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_voice_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice")),
        sa.UniqueConstraint("fiscal_digest", name=op.f("uq_voice_fiscal_digest")),
        sa.UniqueConstraint("person_id", name=op.f("uq_voice_person_id")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=15), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=True),
        sa.Column("place", sa.String(length=5), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_reason", sa.String(length=500), nullable=False),
        sa.Column("hidden_at", UtcDateTime(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(space_id IS NULL) OR place = 'hub'", name=op.f("ck_proposal_space")),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_proposal_published")),
        sa.CheckConstraint(
            "(state IN ('withdrawn', 'merged', 'split')) = (closed_at IS NOT NULL)", name=op.f("ck_proposal_closed")
        ),
        sa.CheckConstraint("area IN ('education', 'entrepreneurship', 'inclusion', 'community')", name=op.f("ck_proposal_area")),
        sa.CheckConstraint("channel IN ('web', 'assisted', 'paper', 'import')", name=op.f("ck_proposal_channel")),
        sa.CheckConstraint("place IN ('none', 'hub', 'city')", name=op.f("ck_proposal_place")),
        sa.CheckConstraint("state <> 'withdrawn' OR closed_reason <> ''", name=op.f("ck_proposal_reason")),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'under_review', 'answered', 'in_execution', 'done', 'stopped', 'withdrawn', 'merged', 'split')",
            name=op.f("ck_proposal_state"),
        ),
        sa.CheckConstraint("(current IS NULL) = (published_at IS NULL)", name=op.f("ck_proposal_current")),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_proposal_point")),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name=op.f("ck_proposal_degrees")),
        sa.ForeignKeyConstraint(["author_id"], ["voice.id"], name=op.f("fk_proposal_author_id_voice")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_proposal_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_proposal_process_id_process")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_proposal_space_id_space")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_author_id"), "proposal", ["author_id"], unique=False)
    op.create_index("ix_proposal_listed", "proposal", ["process_id", "published_at", "id"], unique=False)
    op.create_index("ix_proposal_newest", "proposal", ["published_at", "id"], unique=False)
    op.create_index(op.f("ix_proposal_organisation_id"), "proposal", ["organisation_id"], unique=False)
    op.create_table(
        "author_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'declined', 'revoked')", name=op.f("ck_author_invitation_answer")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_author_invitation_answered")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_author_invitation_invited_by_id_person")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_author_invitation_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_author_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_author_invitation_token_hash")),
    )
    op.create_index(
        "one_open_author_invitation",
        "author_invitation",
        ["proposal_id", "email"],
        unique=True,
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )
    op.create_table(
        "proposal_author",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_author_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_proposal_author_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_author")),
    )
    op.create_index(op.f("ix_proposal_author_voice_id"), "proposal_author", ["voice_id"], unique=False)
    op.create_index(
        "one_live_author",
        "proposal_author",
        ["proposal_id", "voice_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "proposal_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('pdf', 'jpeg', 'png', 'webp')", name=op.f("ck_proposal_file_kind")),
        sa.CheckConstraint("words <> '' AND name <> ''", name=op.f("ck_proposal_file_words")),
        sa.CheckConstraint("size > 0 AND size <= 10485760", name=op.f("ck_proposal_file_size")),
        sa.ForeignKeyConstraint(["by_id"], ["voice.id"], name=op.f("fk_proposal_file_by_id_voice")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_file_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_file")),
    )
    op.create_index(op.f("ix_proposal_file_proposal_id"), "proposal_file", ["proposal_id"], unique=False)
    op.create_table(
        "proposal_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('merged_into', 'split_from', 'evolved_from', 'duplicates')", name=op.f("ck_proposal_link_kind")
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_proposal_link_two")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_link_by_id_person")),
        sa.ForeignKeyConstraint(["from_id"], ["proposal.id"], name=op.f("fk_proposal_link_from_id_proposal")),
        sa.ForeignKeyConstraint(["to_id"], ["proposal.id"], name=op.f("fk_proposal_link_to_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_link")),
        sa.UniqueConstraint("from_id", "to_id", "kind", name=op.f("uq_proposal_link_from_id_to_id_kind")),
    )
    op.create_index(op.f("ix_proposal_link_to_id"), "proposal_link", ["to_id"], unique=False)
    op.create_table(
        "proposal_sdg",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("sdg", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("sdg BETWEEN 1 AND 17", name=op.f("ck_proposal_sdg_sdg")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_sdg_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "sdg", name=op.f("pk_proposal_sdg")),
    )
    op.create_index("ix_proposal_sdg_sdg", "proposal_sdg", ["sdg"], unique=False)
    op.create_table(
        "proposal_version",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_proposal_version_number")),
        sa.ForeignKeyConstraint(["by_id"], ["voice.id"], name=op.f("fk_proposal_version_by_id_voice")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_version_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("proposal_id", "number", name=op.f("pk_proposal_version")),
    )
    op.create_table(
        "proposal_words",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_words_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal_words")),
    )


def _debate() -> None:
    op.create_table(
        "proposal_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("stance", sa.String(length=10), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("hidden_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(text = '') = (removed_at IS NOT NULL)", name=op.f("ck_proposal_comment_removed")),
        sa.CheckConstraint("channel IN ('web', 'assisted', 'paper', 'import')", name=op.f("ck_proposal_comment_channel")),
        sa.CheckConstraint("stance IN ('for', 'against', 'neutral', 'question')", name=op.f("ck_proposal_comment_stance")),
        sa.CheckConstraint("length(text) <= 2000", name=op.f("ck_proposal_comment_length")),
        sa.CheckConstraint("parent_id IS NULL OR stance IS NULL", name=op.f("ck_proposal_comment_stance_of_a_thread")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_proposal_comment_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["proposal_comment.id"], name=op.f("fk_proposal_comment_parent_id_proposal_comment")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_comment_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_proposal_comment_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_comment")),
    )
    op.create_index(op.f("ix_proposal_comment_parent_id"), "proposal_comment", ["parent_id"], unique=False)
    op.create_index("ix_proposal_comment_thread", "proposal_comment", ["proposal_id", "id"], unique=False)
    op.create_index(op.f("ix_proposal_comment_voice_id"), "proposal_comment", ["voice_id"], unique=False)
    op.create_table(
        "support",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("event_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint("(kind = 'support') = (organisation_id IS NULL)", name=op.f("ck_support_who")),
        sa.CheckConstraint(
            "(kind = 'support') = (slot IS NOT NULL) AND (slot IS NULL OR slot > 0)", name=op.f("ck_support_slot")
        ),
        sa.CheckConstraint("channel IN ('web', 'assisted', 'paper', 'import')", name=op.f("ck_support_channel")),
        sa.CheckConstraint("kind IN ('support', 'endorsement')", name=op.f("ck_support_kind")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_support_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["phase_id"], ["phase.id"], name=op.f("fk_support_phase_id_phase")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_support_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_support_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support")),
    )
    op.create_index("ix_support_device", "support", ["device"], unique=False)
    op.create_index(op.f("ix_support_organisation_id"), "support", ["organisation_id"], unique=False)
    op.create_index("ix_support_unlogged", "support", ["phase_id", "event_id"], unique=False)
    op.create_index("ix_support_when", "support", ["proposal_id", "at"], unique=False)
    op.create_index(
        "one_live_endorsement",
        "support",
        ["proposal_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND kind = 'endorsement'"),
        postgresql_where=sa.text("revoked_at IS NULL AND kind = 'endorsement'"),
    )
    op.create_index(
        "one_live_support",
        "support",
        ["proposal_id", "voice_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND kind = 'support'"),
        postgresql_where=sa.text("revoked_at IS NULL AND kind = 'support'"),
    )
    op.create_index(
        "one_support_a_slot",
        "support",
        ["voice_id", "phase_id", "slot"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND slot IS NOT NULL"),
        postgresql_where=sa.text("revoked_at IS NULL AND slot IS NOT NULL"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("channel IN ('web', 'assisted', 'paper', 'import')", name=op.f("ck_vote_channel")),
        sa.CheckConstraint("choice IN ('agree', 'disagree', 'pass')", name=op.f("ck_vote_choice")),
        sa.ForeignKeyConstraint(["phase_id"], ["phase.id"], name=op.f("fk_vote_phase_id_phase")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_vote_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_vote_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
    )
    op.create_index(op.f("ix_vote_phase_id"), "vote", ["phase_id"], unique=False)
    op.create_index(op.f("ix_vote_voice_id"), "vote", ["voice_id"], unique=False)
    op.create_index(
        "one_live_vote",
        "vote",
        ["proposal_id", "voice_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "comment_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=15), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('off_topic', 'offensive', 'personal_data', 'illegal', 'spam', 'duplicate', 'other')",
            name=op.f("ck_comment_report_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["proposal_comment.id"], name=op.f("fk_comment_report_comment_id_proposal_comment")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_comment_report_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_comment_report_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_report")),
    )
    op.create_index(op.f("ix_comment_report_comment_id"), "comment_report", ["comment_id"], unique=False)
    op.create_index(op.f("ix_comment_report_proposal_id"), "comment_report", ["proposal_id"], unique=False)
    op.create_index(
        "one_report_a_comment",
        "comment_report",
        ["comment_id", "voice_id"],
        unique=True,
        sqlite_where=sa.text("comment_id IS NOT NULL"),
        postgresql_where=sa.text("comment_id IS NOT NULL"),
    )
    op.create_index(
        "one_report_a_proposal",
        "comment_report",
        ["proposal_id", "voice_id"],
        unique=True,
        sqlite_where=sa.text("comment_id IS NULL"),
        postgresql_where=sa.text("comment_id IS NULL"),
    )
    op.create_table(
        "moderation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=15), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("policy", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("appeal_until", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(step = 'hidden') = (appeal_until IS NOT NULL)", name=op.f("ck_moderation_appeal")),
        sa.CheckConstraint(
            "reason IN ('off_topic', 'offensive', 'personal_data', 'illegal', 'spam', 'duplicate')",
            name=op.f("ck_moderation_reason"),
        ),
        sa.CheckConstraint("step IN ('hidden', 'restored')", name=op.f("ck_moderation_step")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_moderation_words")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_moderation_by_id_person")),
        sa.ForeignKeyConstraint(["comment_id"], ["proposal_comment.id"], name=op.f("fk_moderation_comment_id_proposal_comment")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_moderation_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation")),
    )
    op.create_index(op.f("ix_moderation_comment_id"), "moderation", ["comment_id"], unique=False)
    op.create_index(op.f("ix_moderation_proposal_id"), "moderation", ["proposal_id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("moderation_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("outcome IN ('upheld', 'overturned')", name=op.f("ck_appeal_outcome")),
        sa.CheckConstraint("outcome IS NULL OR words <> ''", name=op.f("ck_appeal_words")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_appeal_text")),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_appeal_decided")),
        sa.CheckConstraint("(outcome IS NULL) = (decided_by_id IS NULL)", name=op.f("ck_appeal_decided_by")),
        sa.ForeignKeyConstraint(["by_id"], ["voice.id"], name=op.f("fk_appeal_by_id_voice")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_appeal_decided_by_id_person")),
        sa.ForeignKeyConstraint(["moderation_id"], ["moderation.id"], name=op.f("fk_appeal_moderation_id_moderation")),
        sa.PrimaryKeyConstraint("moderation_id", name=op.f("pk_appeal")),
    )


def _outcomes() -> None:
    op.create_table(
        "digest",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=5), nullable=False),
        sa.Column("last_news", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("every IN ('news', 'day', 'week', 'never')", name=op.f("ck_digest_every")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest")),
    )
    op.create_table(
        "assisted_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("lapses_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("claim_hash", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("channel IN ('assisted', 'paper')", name=op.f("ck_assisted_session_channel")),
        sa.CheckConstraint("consent <> '' AND place <> ''", name=op.f("ck_assisted_session_consent")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at <= lapses_at", name=op.f("ck_assisted_session_ended")),
        sa.CheckConstraint("started_at < lapses_at", name=op.f("ck_assisted_session_times")),
        sa.ForeignKeyConstraint(["operator_id"], ["person.id"], name=op.f("fk_assisted_session_operator_id_person")),
        sa.ForeignKeyConstraint(["voice_id"], ["voice.id"], name=op.f("fk_assisted_session_voice_id_voice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assisted_session")),
        sa.UniqueConstraint("claim_hash", name=op.f("uq_assisted_session_claim_hash")),
    )
    op.create_index(op.f("ix_assisted_session_operator_id"), "assisted_session", ["operator_id"], unique=False)
    op.create_index(op.f("ix_assisted_session_voice_id"), "assisted_session", ["voice_id"], unique=False)
    op.create_index(
        "one_open_session_operator",
        "assisted_session",
        ["operator_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'done' OR progress = 10000", name=op.f("ck_result_done")),
        sa.CheckConstraint("state IN ('planned', 'running', 'done', 'stopped')", name=op.f("ck_result_state")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_result_title")),
        sa.CheckConstraint("progress BETWEEN 0 AND 10000", name=op.f("ck_result_progress")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_result_dates")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_result_activity_id_activity")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_result_created_by_id_person")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_result_process_id_process")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
    )
    op.create_index(op.f("ix_result_activity_id"), "result", ["activity_id"], unique=False)
    op.create_index(op.f("ix_result_process_id"), "result", ["process_id"], unique=False)
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=160), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind = 'accepted' OR text <> ''", name=op.f("ck_answer_reasoned")),
        sa.CheckConstraint(
            "kind IN ('accepted', 'partly', 'rejected', 'not_competent', 'already_done')", name=op.f("ck_answer_kind")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_answer_by_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_answer_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index(op.f("ix_answer_proposal_id"), "answer", ["proposal_id"], unique=False)
    op.create_index(
        "one_live_answer",
        "answer",
        ["proposal_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "assisted_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "act IN ('began', 'kept', 'attached', 'detached', 'dropped', 'discarded', 'published', 'edited', 'withdrew', 'supported', 'revoked', 'commented', 'voted')",
            name=op.f("ck_assisted_act_act"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["assisted_session.id"], name=op.f("fk_assisted_act_session_id_assisted_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assisted_act")),
    )
    op.create_index(op.f("ix_assisted_act_session_id"), "assisted_act", ["session_id"], unique=False)
    op.create_table(
        "discussed",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_discussed_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_discussed_session_id_session")),
        sa.PrimaryKeyConstraint("session_id", "proposal_id", name=op.f("pk_discussed")),
    )
    op.create_index(op.f("ix_discussed_proposal_id"), "discussed", ["proposal_id"], unique=False)
    op.create_table(
        "follow",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_follow_person_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_follow_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("person_id", "proposal_id", name=op.f("pk_follow")),
    )
    op.create_index(op.f("ix_follow_proposal_id"), "follow", ["proposal_id"], unique=False)
    op.create_table(
        "lab_minutes",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_lab_minutes_text")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_lab_minutes_session_id_session")),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_lab_minutes_written_by_id_person")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_lab_minutes")),
    )
    op.create_table(
        "news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('published', 'edited', 'co_author', 'withdrawn', 'merged', 'split', 'discussed', 'under_review', 'answered', 'result_linked', 'result_updated', 'hidden', 'restored')",
            name=op.f("ck_news_kind"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_news_actor_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_news_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index("ix_news_story", "news", ["proposal_id", "id"], unique=False)
    op.create_index(
        "ix_news_untold",
        "news",
        ["id"],
        unique=False,
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "result_source",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('adopted', 'partly', 'inspired')", name=op.f("ck_result_source_kind")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_result_source_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_source_result_id_result")),
        sa.PrimaryKeyConstraint("result_id", "proposal_id", name=op.f("pk_result_source")),
    )
    op.create_index(op.f("ix_result_source_proposal_id"), "result_source", ["proposal_id"], unique=False)
    op.create_table(
        "result_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("evidence_url", sa.String(length=500), nullable=False),
        sa.Column("evidence_words", sa.String(length=200), nullable=False),
        sa.Column("evidence_kind", sa.String(length=5), nullable=True),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'running', 'done', 'stopped')", name=op.f("ck_result_update_state")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_result_update_text")),
        sa.CheckConstraint("(evidence IS NULL) = (evidence_sha256 IS NULL)", name=op.f("ck_result_update_evidence")),
        sa.CheckConstraint("progress BETWEEN 0 AND 10000", name=op.f("ck_result_update_progress")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_result_update_by_id_person")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_update_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_update")),
    )
    op.create_index(op.f("ix_result_update_result_id"), "result_update", ["result_id"], unique=False)


def _refused(name: str, table: str, operation: str, when: str, sqlite: bool) -> str:
    if sqlite:
        condition = "" if when == "true" else f" WHEN {when}"
        return f"CREATE TRIGGER {name} BEFORE {operation} ON {table}{condition}\nBEGIN\n  SELECT RAISE(ABORT, '{name}');\nEND"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {when} THEN
    RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN {"OLD" if operation == "DELETE" else "NEW"};
END $$;
CREATE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()
"""


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, _table, _operation, _when in REFUSED:
        op.execute(f"DROP TRIGGER {name}" if sqlite else f"DROP FUNCTION {name} CASCADE")
    if sqlite:
        op.execute("DROP TABLE proposal_words_fts")
    else:
        op.execute("DROP FUNCTION phase_in_order_insert CASCADE")
        op.execute("DROP FUNCTION phase_in_order_update CASCADE")
        op.execute("DROP FUNCTION proposal_has_an_author CASCADE")
        op.execute("DROP FUNCTION proposal_words_vector CASCADE")
    for table in TABLES:
        op.drop_table(table)
