"""What readers say of the pages, and the faults that they report."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import LANGUAGES, Person
from hub.clock import wall
from hub.db import UtcDateTime, db, one_of, refuse
from hub.pages.rules import CATEGORIES, FAULTS, LONGEST_COMMENT, LONGEST_TEXT, POSITIVE_FROM, PRAISE, STATES
from hub.spaces.models import Space


def _among(codes: tuple[str, ...]) -> str:
    return f"({', '.join(repr(code) for code in codes)})"


class Rating(db.Model):
    """How clear somebody found a page. Nobody knows who: no person, no address, no path with anybody's code in it.

    page: the endpoint; path: its pattern ("/spazi/<slug>"); reason: of the branch that the stars lead to, None where
    none was given; comment: one line, "" where none was written; language: the one they read the page in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(sa.String(64))
    path: Mapped[str] = mapped_column(sa.String(200))
    stars: Mapped[int] = mapped_column(sa.SmallInteger)
    reason: Mapped[str | None] = mapped_column(sa.String(20))
    comment: Mapped[str] = mapped_column(sa.String(LONGEST_COMMENT), default="")
    language: Mapped[str] = mapped_column(sa.String(2))
    rated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        sa.CheckConstraint(
            f"reason IS NULL OR (stars >= {POSITIVE_FROM} AND reason IN {_among(PRAISE)})"
            f" OR (stars < {POSITIVE_FROM} AND reason IN {_among(FAULTS)})",
            name="branch",
        ),
        sa.CheckConstraint(f"length(comment) <= {LONGEST_COMMENT}", name="comment"),
        one_of("language", LANGUAGES),
        sa.Index("ix_rating_page", "page", "id"),
    )


class Report(db.Model):
    """A fault that somebody reported, from open to closed.

    key: the secret of the address where they follow it; space: where it is, None where in none; email: where they are
    told, "" where they gave none; reporter: whose account that address is, if anybody's; handled_by: who took the last step;
    version: what a page has seen of it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    category: Mapped[str] = mapped_column(sa.String(20))
    space_id: Mapped[int | None] = mapped_column(sa.ForeignKey("space.id"))
    title: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    language: Mapped[str] = mapped_column(sa.String(2))
    state: Mapped[str] = mapped_column(sa.String(20), default="open")
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    handled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    space: Mapped[Space | None] = relationship()
    reporter: Mapped[Person | None] = relationship(
        primaryjoin=lambda: sa.orm.foreign(Report.email) == Person.email, viewonly=True
    )
    changes: Mapped[list["ReportChange"]] = relationship(order_by="ReportChange.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("category", CATEGORIES),
        one_of("state", STATES),
        one_of("language", LANGUAGES),
        sa.CheckConstraint("title <> '' AND text <> ''", name="words"),
        sa.CheckConstraint(f"length(text) <= {LONGEST_TEXT} AND length(answer) <= {LONGEST_TEXT}", name="length"),
        sa.CheckConstraint("email = '' OR email LIKE '%@%'", name="email"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        sa.CheckConstraint("state = 'open' OR handled_by IS NOT NULL", name="handled"),
        sa.CheckConstraint("state <> 'closed' OR answer <> ''", name="answered"),
        sa.Index("ix_report_queue", "state", "id"),
        sa.Index("ix_report_closed_at", "closed_at"),
    )

    @property
    def code(self) -> str:
        """What people call it by: SD-2026-000123."""
        return f"SD-{wall(self.created_at).year}-{self.id:06d}"


class ReportChange(db.Model):
    """One step of a report: who took it, and the words that went with it. Never altered: the database refuses."""

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"), index=True)
    before: Mapped[str] = mapped_column(sa.String(20))
    after: Mapped[str] = mapped_column(sa.String(20))
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    actor: Mapped[Person] = relationship()

    __table_args__ = (one_of("before", STATES), one_of("after", STATES))


# What was answered stands: of a closed report only the address may go, once nobody needs it.
refuse(
    Report.__table__,
    "report_closed_for_good",
    "UPDATE",
    when="OLD.state = 'closed' AND (NEW.state <> 'closed' OR NEW.answer <> OLD.answer)",
)
refuse(ReportChange.__table__, "report_change_kept_update", "UPDATE")
refuse(ReportChange.__table__, "report_change_kept_delete", "DELETE")
# A rating is never rewritten.
refuse(Rating.__table__, "rating_kept_update", "UPDATE")
