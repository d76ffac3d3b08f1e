"""Bookings: what somebody asked for, in which state it is, and every change of state with who made it and why."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.booking.rules import PURPOSES, STATES
from hub.clock import wall
from hub.db import UtcDateTime, db, one_of, refuse
from hub.organisations.models import Organisation
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.rules import Slot


class Booking(db.Model):
    """A request for a space, from the first draft to its end. Its times are its occurrences'.

    key: the secret of a draft's address while nobody has signed in for it; organisation: in whose name it was asked;
    level: of the identity with which it was sent (0 to 3, see hub.accounts.models.LEVELS).
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    state: Mapped[str] = mapped_column(sa.String(20), default="draft")
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"))
    layout_id: Mapped[int] = mapped_column(sa.ForeignKey("layout.id"))
    requester_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    attendees: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(120), default="")
    purpose: Mapped[str] = mapped_column(sa.String(20), default="")
    details: Mapped[str] = mapped_column(sa.Text, default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    space: Mapped[Space] = relationship()
    layout: Mapped[Layout] = relationship()
    requester: Mapped[Person | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    occurrences: Mapped[list[Occurrence]] = relationship(order_by=Occurrence.starts_at)
    changes: Mapped[list["BookingChange"]] = relationship(order_by="BookingChange.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES),
        one_of("purpose", ("", *PURPOSES)),
        sa.CheckConstraint("attendees > 0", name="attendees"),
        sa.CheckConstraint(
            "state IN ('draft', 'held') OR (requester_id IS NOT NULL AND title <> '' AND purpose <> ''"
            " AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL)",
            name="complete",
        ),
        sa.CheckConstraint("state <> 'held' OR (requester_id IS NOT NULL AND held_until IS NOT NULL)", name="held"),
        sa.Index("ix_booking_mine", "requester_id", "id"),
        sa.Index("ix_booking_queue", "state", "submitted_at"),
        sa.Index("ix_booking_age", "state", "created_at"),
    )

    @property
    def code(self) -> str:
        """What people call it by: OM-2026-000123."""
        return f"OM-{wall(self.created_at).year}-{self.id:06d}"

    @property
    def occurrence(self) -> Occurrence:
        return self.occurrences[0]

    @property
    def slot(self) -> Slot:
        return Slot(self.occurrence.starts_at, self.occurrence.ends_at)


class BookingChange(db.Model):
    """One change of state: who, in whose name, with which level of identity, why. Never altered: the database refuses."""

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    before: Mapped[str] = mapped_column(sa.String(20))
    after: Mapped[str] = mapped_column(sa.String(20))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    booking: Mapped[Booking] = relationship()
    actor: Mapped[Person | None] = relationship()

    __table_args__ = (one_of("before", STATES), one_of("after", STATES))


SENT = "EXISTS (SELECT 1 FROM booking b WHERE b.id = OLD.booking_id AND b.state NOT IN ('draft', 'held'))"

# A draft that nobody finished may be thrown away with its changes; what was sent stays as it was told.
refuse(BookingChange.__table__, "booking_change_kept_update", "UPDATE")
refuse(BookingChange.__table__, "booking_change_kept_delete", "DELETE", when=SENT)

# Nobody books in the name of an organisation that they may not act for.
refuse(
    BookingChange.__table__,
    "booking_change_in_whose_name",
    "INSERT",
    when="NEW.organisation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o"
    " ON o.id = m.organisation_id WHERE o.id = NEW.organisation_id AND o.state = 'verified' AND m.person_id = NEW.actor_id"
    " AND m.ended_at IS NULL AND m.role IN ('legal_rep', 'editor'))",
)
