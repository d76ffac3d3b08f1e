"""Bookings in the name of an organisation, and the level of identity of each act."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What keeps the promises of these tables, as it stood at this migration.
SQLITE = (
    """
CREATE TRIGGER booking_change_in_whose_name BEFORE INSERT ON booking_change WHEN NEW.organisation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.organisation_id AND o.state = 'verified' AND m.person_id = NEW.actor_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor'))
BEGIN
  SELECT RAISE(ABORT, 'booking_change_in_whose_name');
END
""",
)
POSTGRESQL = (
    """
CREATE FUNCTION booking_change_in_whose_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.organisation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id WHERE o.id = NEW.organisation_id AND o.state = 'verified' AND m.person_id = NEW.actor_id AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor')) THEN
    RAISE EXCEPTION 'booking_change_in_whose_name' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booking_change_in_whose_name BEFORE INSERT ON booking_change FOR EACH ROW EXECUTE FUNCTION booking_change_in_whose_name()
""",
)
FUNCTIONS = ("booking_change_in_whose_name",)

# They go before the columns and tables that they speak of.
TRIGGERS = (("booking_change_in_whose_name", "booking_change"),)


def upgrade() -> None:

    for table in ("booking", "booking_change"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN organisation_id INTEGER"
            f" CONSTRAINT fk_{table}_organisation_id_organisation REFERENCES organisation (id)"
        )
        op.add_column(table, sa.Column("level", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index("ix_booking_organisation_id", "booking", ["organisation_id"])

    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON {table}" if postgresql else f"DROP TRIGGER {trigger}")
    op.drop_index("ix_booking_organisation_id", "booking")
    for table in ("booking_change", "booking"):
        op.drop_column(table, "level")
        op.drop_column(table, "organisation_id")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
