"""Records that an organisation keeps, and notices of which somebody wants no mail."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = "sent_at IS NULL AND dead_at IS NULL"
NOW = f"{BEFORE} AND NOT quiet"


def _queue(which: str) -> None:
    op.create_index("ix_notice_queue", "notice", ["due_at"], sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def upgrade() -> None:
    op.create_table(
        "keeper",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("guardian", sa.String(length=160), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_keeper_entered_by_id_person")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_keeper_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_keeper_participant_id_participant")),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_keeper")),
    )
    op.create_index(op.f("ix_keeper_organisation_id"), "keeper", ["organisation_id"])
    op.add_column("notice", sa.Column("quiet", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_notice_queue", table_name="notice")
    _queue(NOW)


def downgrade() -> None:
    op.drop_index("ix_notice_queue", table_name="notice")
    op.drop_column("notice", "quiet")
    _queue(BEFORE)
    op.drop_index(op.f("ix_keeper_organisation_id"), table_name="keeper")
    op.drop_table("keeper")
