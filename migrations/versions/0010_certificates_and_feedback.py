"""One good certificate of a kind an enrolment, and when the people of an activity were asked how it was."""

import sqlalchemy as sa
from alembic import op

from hub.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GOOD = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "one_live_certificate",
        "certificate",
        ["enrolment_id", "kind"],
        unique=True,
        sqlite_where=GOOD,
        postgresql_where=GOOD,
    )
    op.add_column("activity", sa.Column("feedback_asked_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("activity", "feedback_asked_at")
    op.drop_index("one_live_certificate", table_name="certificate")
