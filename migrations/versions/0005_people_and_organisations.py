"""Identities, second factors, limits, the register of who looked; organisations and who acts for them."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER role_change_kept_update BEFORE UPDATE ON role_change
BEGIN
  SELECT RAISE(ABORT, 'role_change_kept_update');
END
""",
    """
CREATE TRIGGER role_change_kept_delete BEFORE DELETE ON role_change
BEGIN
  SELECT RAISE(ABORT, 'role_change_kept_delete');
END
""",
    """
CREATE TRIGGER data_view_kept_update BEFORE UPDATE ON data_view
BEGIN
  SELECT RAISE(ABORT, 'data_view_kept_update');
END
""",
    """
CREATE TRIGGER data_view_kept_delete BEFORE DELETE ON data_view
BEGIN
  SELECT RAISE(ABORT, 'data_view_kept_delete');
END
""",
    """
CREATE TRIGGER organisation_change_kept_update BEFORE UPDATE ON organisation_change
BEGIN
  SELECT RAISE(ABORT, 'organisation_change_kept_update');
END
""",
    """
CREATE TRIGGER organisation_change_kept_delete BEFORE DELETE ON organisation_change
BEGIN
  SELECT RAISE(ABORT, 'organisation_change_kept_delete');
END
""",
    """
CREATE TRIGGER membership_kept_delete BEFORE DELETE ON membership
BEGIN
  SELECT RAISE(ABORT, 'membership_kept_delete');
END
""",
    """
CREATE TRIGGER membership_kept_update BEFORE UPDATE ON membership WHEN OLD.ended_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.organisation_id <> OLD.organisation_id
BEGIN
  SELECT RAISE(ABORT, 'membership_kept_update');
END
""",
    """
CREATE TRIGGER evaluator_apart_grant AFTER INSERT ON role_grant FOR EACH ROW WHEN EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND r.person_id = NEW.person_id)
BEGIN
  SELECT RAISE(ABORT, 'evaluator_apart_grant');
END
""",
    """
CREATE TRIGGER evaluator_apart_join AFTER INSERT ON membership FOR EACH ROW WHEN EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND r.person_id = NEW.person_id)
BEGIN
  SELECT RAISE(ABORT, 'evaluator_apart_join');
END
""",
    """
CREATE TRIGGER evaluator_apart_implement AFTER UPDATE ON organisation FOR EACH ROW WHEN EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND o.id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'evaluator_apart_implement');
END
""",
    """
CREATE TRIGGER two_adults_founded BEFORE INSERT ON organisation WHEN NEW.kind = 'informal_group' AND NEW.state = 'verified'
BEGIN
  SELECT RAISE(ABORT, 'two_adults_founded');
END
""",
    """
CREATE TRIGGER two_adults_verified AFTER UPDATE ON organisation FOR EACH ROW WHEN EXISTS (SELECT 1 FROM organisation o WHERE o.id = NEW.id AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= date('now', '-18 years')) < 2)
BEGIN
  SELECT RAISE(ABORT, 'two_adults_verified');
END
""",
    """
CREATE TRIGGER two_adults_stay AFTER UPDATE ON membership FOR EACH ROW WHEN EXISTS (SELECT 1 FROM organisation o WHERE o.id = NEW.organisation_id AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= date('now', '-18 years')) < 2)
BEGIN
  SELECT RAISE(ABORT, 'two_adults_stay');
END
""",
    """
CREATE TRIGGER two_adults_born AFTER UPDATE OF birth_date ON person FOR EACH ROW WHEN EXISTS (SELECT 1 FROM organisation o WHERE o.id IN (SELECT organisation_id FROM membership WHERE person_id = NEW.id AND ended_at IS NULL) AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= date('now', '-18 years')) < 2)
BEGIN
  SELECT RAISE(ABORT, 'two_adults_born');
END
""",
    """
CREATE TRIGGER acting_allowed_insert AFTER INSERT ON sign_in FOR EACH ROW WHEN NEW.acting_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.acting_for AND o.state = 'verified' AND m.person_id = NEW.person_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor'))
BEGIN
  SELECT RAISE(ABORT, 'acting_allowed_insert');
END
""",
    """
CREATE TRIGGER acting_allowed_update AFTER UPDATE ON sign_in FOR EACH ROW WHEN NEW.acting_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.acting_for AND o.state = 'verified' AND m.person_id = NEW.person_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor'))
BEGIN
  SELECT RAISE(ABORT, 'acting_allowed_update');
END
""",
    """
CREATE TRIGGER acting_ends_with_membership AFTER UPDATE ON membership FOR EACH ROW WHEN NEW.ended_at IS NOT NULL OR NEW.role = 'member'
BEGIN
  UPDATE sign_in SET acting_for = NULL WHERE person_id = NEW.person_id AND acting_for = NEW.organisation_id;
END
""",
    """
CREATE TRIGGER acting_ends_with_organisation AFTER UPDATE ON organisation FOR EACH ROW WHEN NEW.state <> 'verified'
BEGIN
  UPDATE sign_in SET acting_for = NULL WHERE acting_for = NEW.id;
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION role_change_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'role_change_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER role_change_kept_update BEFORE UPDATE ON role_change FOR EACH ROW EXECUTE FUNCTION role_change_kept_update()
""",
    """
CREATE FUNCTION role_change_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'role_change_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER role_change_kept_delete BEFORE DELETE ON role_change FOR EACH ROW EXECUTE FUNCTION role_change_kept_delete()
""",
    """
CREATE FUNCTION data_view_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'data_view_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER data_view_kept_update BEFORE UPDATE ON data_view FOR EACH ROW EXECUTE FUNCTION data_view_kept_update()
""",
    """
CREATE FUNCTION data_view_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'data_view_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER data_view_kept_delete BEFORE DELETE ON data_view FOR EACH ROW EXECUTE FUNCTION data_view_kept_delete()
""",
    """
CREATE FUNCTION organisation_change_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'organisation_change_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER organisation_change_kept_update BEFORE UPDATE ON organisation_change FOR EACH ROW EXECUTE FUNCTION organisation_change_kept_update()
""",
    """
CREATE FUNCTION organisation_change_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'organisation_change_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER organisation_change_kept_delete BEFORE DELETE ON organisation_change FOR EACH ROW EXECUTE FUNCTION organisation_change_kept_delete()
""",
    """
CREATE FUNCTION membership_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF true THEN
    RAISE EXCEPTION 'membership_kept_delete' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER membership_kept_delete BEFORE DELETE ON membership FOR EACH ROW EXECUTE FUNCTION membership_kept_delete()
""",
    """
CREATE FUNCTION membership_kept_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.organisation_id <> OLD.organisation_id THEN
    RAISE EXCEPTION 'membership_kept_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER membership_kept_update BEFORE UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION membership_kept_update()
""",
    """
CREATE FUNCTION evaluator_apart_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM person WHERE id = NEW.person_id ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND r.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'evaluator_apart_grant' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER evaluator_apart_grant AFTER INSERT ON role_grant FOR EACH ROW EXECUTE FUNCTION evaluator_apart_grant()
""",
    """
CREATE FUNCTION evaluator_apart_join() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM person WHERE id = NEW.person_id ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND r.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'evaluator_apart_join' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER evaluator_apart_join AFTER INSERT ON membership FOR EACH ROW EXECUTE FUNCTION evaluator_apart_join()
""",
    """
CREATE FUNCTION evaluator_apart_implement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM person WHERE id IN (SELECT person_id FROM membership WHERE organisation_id = NEW.id) ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND o.id = NEW.id) THEN
    RAISE EXCEPTION 'evaluator_apart_implement' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER evaluator_apart_implement AFTER UPDATE ON organisation FOR EACH ROW EXECUTE FUNCTION evaluator_apart_implement()
""",
    """
CREATE FUNCTION two_adults_founded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'informal_group' AND NEW.state = 'verified' THEN
    RAISE EXCEPTION 'two_adults_founded' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER two_adults_founded BEFORE INSERT ON organisation FOR EACH ROW EXECUTE FUNCTION two_adults_founded()
""",
    """
CREATE FUNCTION two_adults_verified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM person WHERE id IN (SELECT person_id FROM membership WHERE organisation_id = NEW.id) ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM organisation o WHERE o.id = NEW.id AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= (current_date - interval '18 years')) < 2) THEN
    RAISE EXCEPTION 'two_adults_verified' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER two_adults_verified AFTER UPDATE ON organisation FOR EACH ROW EXECUTE FUNCTION two_adults_verified()
""",
    """
CREATE FUNCTION two_adults_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id = NEW.organisation_id ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM organisation o WHERE o.id = NEW.organisation_id AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= (current_date - interval '18 years')) < 2) THEN
    RAISE EXCEPTION 'two_adults_stay' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER two_adults_stay AFTER UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION two_adults_stay()
""",
    """
CREATE FUNCTION two_adults_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id IN (SELECT organisation_id FROM membership WHERE person_id = NEW.id) ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM organisation o WHERE o.id IN (SELECT organisation_id FROM membership WHERE person_id = NEW.id AND ended_at IS NULL) AND o.kind = 'informal_group' AND o.state = 'verified' AND (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= (current_date - interval '18 years')) < 2) THEN
    RAISE EXCEPTION 'two_adults_born' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER two_adults_born AFTER UPDATE OF birth_date ON person FOR EACH ROW EXECUTE FUNCTION two_adults_born()
""",
    """
CREATE FUNCTION acting_allowed_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id = NEW.acting_for ORDER BY id FOR UPDATE;
  IF NEW.acting_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.acting_for AND o.state = 'verified' AND m.person_id = NEW.person_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor')) THEN
    RAISE EXCEPTION 'acting_allowed_insert' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER acting_allowed_insert AFTER INSERT ON sign_in FOR EACH ROW EXECUTE FUNCTION acting_allowed_insert()
""",
    """
CREATE FUNCTION acting_allowed_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id = NEW.acting_for ORDER BY id FOR UPDATE;
  IF NEW.acting_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.acting_for AND o.state = 'verified' AND m.person_id = NEW.person_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor')) THEN
    RAISE EXCEPTION 'acting_allowed_update' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER acting_allowed_update AFTER UPDATE ON sign_in FOR EACH ROW EXECUTE FUNCTION acting_allowed_update()
""",
    """
CREATE FUNCTION acting_ends_with_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id = NEW.organisation_id ORDER BY id FOR UPDATE;
  IF NEW.ended_at IS NOT NULL OR NEW.role = 'member' THEN
    UPDATE sign_in SET acting_for = NULL WHERE person_id = NEW.person_id AND acting_for = NEW.organisation_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER acting_ends_with_membership AFTER UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION acting_ends_with_membership()
""",
    """
CREATE FUNCTION acting_ends_with_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisation WHERE id = NEW.id ORDER BY id FOR UPDATE;
  IF NEW.state <> 'verified' THEN
    UPDATE sign_in SET acting_for = NULL WHERE acting_for = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER acting_ends_with_organisation AFTER UPDATE ON organisation FOR EACH ROW EXECUTE FUNCTION acting_ends_with_organisation()
""",
)
FUNCTIONS = (
    "acting_allowed_insert",
    "acting_allowed_update",
    "acting_ends_with_membership",
    "acting_ends_with_organisation",
    "data_view_kept_delete",
    "data_view_kept_update",
    "evaluator_apart_grant",
    "evaluator_apart_implement",
    "evaluator_apart_join",
    "membership_kept_delete",
    "membership_kept_update",
    "organisation_change_kept_delete",
    "organisation_change_kept_update",
    "role_change_kept_delete",
    "role_change_kept_update",
    "two_adults_born",
    "two_adults_founded",
    "two_adults_stay",
    "two_adults_verified",
)

# They go before the columns and tables that they speak of.
TRIGGERS = (
    ("role_change_kept_update", "role_change"),
    ("role_change_kept_delete", "role_change"),
    ("data_view_kept_update", "data_view"),
    ("data_view_kept_delete", "data_view"),
    ("organisation_change_kept_update", "organisation_change"),
    ("organisation_change_kept_delete", "organisation_change"),
    ("membership_kept_delete", "membership"),
    ("membership_kept_update", "membership"),
    ("evaluator_apart_grant", "role_grant"),
    ("evaluator_apart_join", "membership"),
    ("evaluator_apart_implement", "organisation"),
    ("two_adults_founded", "organisation"),
    ("two_adults_verified", "organisation"),
    ("two_adults_stay", "membership"),
    ("two_adults_born", "person"),
    ("acting_allowed_insert", "sign_in"),
    ("acting_allowed_update", "sign_in"),
    ("acting_ends_with_membership", "membership"),
    ("acting_ends_with_organisation", "organisation"),
)

PURPOSES = ("confirm", "reset", "old_address", "new_address", "identity")


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("bucket", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_attempt_count")),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_since", "attempt", ["since"])
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=True),
        sa.Column("vat_number", sa.String(length=11), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("pec", sa.String(length=254), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_implementer", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind = 'informal_group' OR tax_code IS NOT NULL", name=op.f("ck_organisation_tax_code")),
        sa.CheckConstraint(
            "kind IN ('association', 'informal_group', 'third_sector', 'social_cooperative', 'startup', 'company', 'public_body')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_organisation_name")),
        sa.CheckConstraint("state IN ('pending', 'verified', 'refused', 'closed')", name=op.f("ck_organisation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index("ix_organisation_queue", "organisation", ["state", "created_at"])
    op.create_index(
        "uq_organisation_verified_tax_code",
        "organisation",
        ["tax_code"],
        unique=True,
        sqlite_where=sa.text("state = 'verified'"),
        postgresql_where=sa.text("state = 'verified'"),
    )
    op.create_table(
        "data_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("viewer_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_data_view_person_id_person")),
        sa.ForeignKeyConstraint(["viewer_id"], ["person.id"], name=op.f("fk_data_view_viewer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_view")),
    )
    op.create_index("ix_data_view_person", "data_view", ["person_id", "id"])
    op.create_table(
        "identity",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("fiscal_code", sa.String(length=16), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("identified_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(fiscal_code) = 16 AND fiscal_code = upper(fiscal_code)", name=op.f("ck_identity_fiscal_code")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_identity_level")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_identity")),
        sa.UniqueConstraint("fiscal_code", name=op.f("uq_identity_fiscal_code")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'declined', 'revoked')", name=op.f("ck_invitation_answer")),
        sa.CheckConstraint("role IN ('editor', 'member')", name=op.f("ck_invitation_role")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_invitation_answered")),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("fk_invitation_invited_by_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invitation_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(
        "one_open_invitation",
        "invitation",
        ["organisation_id", "email"],
        unique=True,
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('legal_rep', 'editor', 'member')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.create_index(
        "one_legal_rep",
        "membership",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND role = 'legal_rep'"),
        postgresql_where=sa.text("ended_at IS NULL AND role = 'legal_rep'"),
    )
    op.create_index(
        "one_live_membership",
        "membership",
        ["organisation_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "organisation_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("after IN ('pending', 'verified', 'refused', 'closed')", name=op.f("ck_organisation_change_after")),
        sa.CheckConstraint(
            "before IN ('', 'pending', 'verified', 'refused', 'closed')", name=op.f("ck_organisation_change_before")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_organisation_change_by_id_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_change_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_change")),
    )
    op.create_index("ix_organisation_change_organisation_id", "organisation_change", ["organisation_id"])
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_person_id", "recovery_code", ["person_id"])
    op.create_table(
        "role_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("role IN ('manager', 'evaluator', 'administrator')", name=op.f("ck_role_change_role")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_role_change_by_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_change_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_change")),
    )
    op.create_index("ix_role_change_person_id", "role_change", ["person_id"])
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )

    op.add_column("person", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("erased_at", UtcDateTime(), nullable=True))
    op.add_column("sign_in", sa.Column("level", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("sign_in", sa.Column("awaits_code", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sign_in", sa.Column("second_factor_at", UtcDateTime(), nullable=True))
    # with its foreign key in the same breath, which SQLite can add in no other way
    op.execute(
        "ALTER TABLE sign_in ADD COLUMN acting_for INTEGER"
        " CONSTRAINT fk_sign_in_acting_for_organisation REFERENCES organisation (id)"
    )
    op.add_column("mail_token", sa.Column("payload", sa.JSON(), nullable=True))
    _purposes(PURPOSES)

    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON {table}" if postgresql else f"DROP TRIGGER {trigger}")
    op.execute("DELETE FROM mail_token WHERE purpose <> 'confirm'")
    _purposes(("confirm",))
    op.drop_column("mail_token", "payload")
    for column in ("acting_for", "second_factor_at", "awaits_code", "level"):
        op.drop_column("sign_in", column)
    op.drop_column("person", "erased_at")
    op.drop_column("person", "birth_date")
    op.drop_table("second_factor")
    op.drop_table("role_change")
    op.drop_table("recovery_code")
    op.drop_table("organisation_change")
    op.drop_table("membership")
    op.drop_table("invitation")
    op.drop_table("identity")
    op.drop_table("data_view")
    op.drop_table("organisation")
    op.drop_table("attempt")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")


def _purposes(purposes: tuple[str, ...]) -> None:
    """What a link sent by mail may be for."""
    with op.batch_alter_table("mail_token") as batch:
        batch.drop_constraint(op.f("ck_mail_token_purpose"), type_="check")
        batch.create_check_constraint(op.f("ck_mail_token_purpose"), f"purpose IN ({', '.join(map(repr, purposes))})")
