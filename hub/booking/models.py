"""Bookings: what somebody asked for, in which state it is, and every change of state with who made it and why."""

import secrets
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.booking.rules import CHANNELS, FREE_REASONS, PAYMENT_KINDS, PAYMENT_METHODS, PURPOSES, REFUSAL_REASONS, STATES
from hub.clock import wall
from hub.db import UtcDateTime, db, one_of, refuse
from hub.organisations.models import Organisation
from hub.spaces.models import AUDIENCES, Layout, Occurrence, Space
from hub.spaces.rules import Slot


class Booking(db.Model):
    """A request for a space, from the first draft to its end. Its times are its occurrences'.

    key: the secret of a draft's address while nobody has signed in for it; organisation: in whose name it was asked;
    level: of the identity with which it was sent (0 to 3, see hub.accounts.models.LEVELS); contact_name: of somebody
    without an account, whom the desk (entered_by) booked for; public: whether its title may stand in the public calendar.

    Money in euro cents: price by the list when it was sent, due of it after what was granted, deposit, and refund owed
    after a cancellation. free_reason: why it should cost nothing, free_granted: what the manager said to that.
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
    audience: Mapped[str] = mapped_column(sa.String(10), default="resident", server_default="resident")
    public: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    channel: Mapped[str] = mapped_column(sa.String(10), default="web", server_default="web")
    contact_name: Mapped[str] = mapped_column(sa.String(160), default="", server_default="")
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    price_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    due_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    deposit_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    refund_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    free_reason: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    free_words: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    free_granted: Mapped[bool | None]
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    space: Mapped[Space] = relationship()
    layout: Mapped[Layout] = relationship()
    requester: Mapped[Person | None] = relationship(foreign_keys=[requester_id])
    organisation: Mapped[Organisation | None] = relationship()
    series: Mapped["Series | None"] = relationship(back_populates="booking", cascade="all, delete-orphan", passive_deletes=True)
    occurrences: Mapped[list[Occurrence]] = relationship(order_by=Occurrence.starts_at)
    changes: Mapped[list["BookingChange"]] = relationship(order_by="BookingChange.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES),
        one_of("purpose", ("", *PURPOSES)),
        sa.CheckConstraint("attendees > 0", name="attendees"),
        sa.CheckConstraint(
            "state IN ('draft', 'held') OR ((requester_id IS NOT NULL OR contact_name <> '') AND title <> ''"
            " AND purpose <> '' AND terms_accepted_at IS NOT NULL AND submitted_at IS NOT NULL)",
            name="complete",
        ),
        one_of("audience", AUDIENCES),
        one_of("channel", CHANNELS),
        one_of("free_reason", ("", *FREE_REASONS)),
        sa.CheckConstraint(
            "0 <= due_cents AND due_cents <= price_cents AND 0 <= refund_cents AND refund_cents <= due_cents"
            " AND 0 <= deposit_cents",
            name="cents",
        ),
        sa.CheckConstraint("due_cents = price_cents OR audience = 'patronage' OR COALESCE(free_granted, false)", name="granted"),
        sa.CheckConstraint("state <> 'held' OR (requester_id IS NOT NULL AND held_until IS NOT NULL)", name="held"),
        sa.Index("ix_booking_mine", "requester_id", "id"),
        sa.Index("ix_booking_queue", "state", "submitted_at"),
        sa.Index("ix_booking_age", "state", "created_at"),
    )

    @property
    def code(self) -> str:
        """What people call it by: OM-2026-000123."""
        return code_of(self.id, self.created_at)

    @property
    def planned(self) -> list[Occurrence]:
        """Its dates that are to take place: of a series, those that were neither left out nor cancelled."""
        return [occurrence for occurrence in self.occurrences if occurrence.status == "planned"]

    @property
    def occurrence(self) -> Occurrence:
        """The date that it is known by: the first that takes place, or the first of all."""
        return next(iter(self.planned or self.occurrences))

    @property
    def turning(self) -> "BookingChange":
        """The change that brought it into its state; what was noted since left it there."""
        return next(change for change in reversed(self.changes) if change.before != change.after)

    @property
    def contact(self) -> str:
        """Who it is for, by name."""
        return self.requester.name if self.requester else self.contact_name

    @property
    def slot(self) -> Slot:
        return Slot(self.occurrence.starts_at, self.occurrence.ends_at)


def code_of(id: int, created_at: datetime) -> str:
    """What people call the booking with this number by."""
    return f"OM-{wall(created_at).year}-{id:06d}"


class BookingChange(db.Model):
    """One change of state: who, in whose name, with which level of identity, why. Never altered: the database refuses."""

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    before: Mapped[str] = mapped_column(sa.String(20))
    after: Mapped[str] = mapped_column(sa.String(20))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    reason_code: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    booking: Mapped[Booking] = relationship()
    actor: Mapped[Person | None] = relationship()

    __table_args__ = (
        one_of("before", STATES),
        one_of("after", STATES),
        one_of("reason_code", ("", *REFUSAL_REASONS)),
    )


class Series(db.Model):
    """The rule by which a booking recurs, as RFC 5545 writes it, on Lecce's clocks. Its dates are the booking's occurrences:
    those that were left out stand there as skipped, with the time that they would have had."""

    booking_id: Mapped[int] = mapped_column(sa.ForeignKey("booking.id", ondelete="CASCADE"), primary_key=True)
    rrule: Mapped[str] = mapped_column(sa.String(400))
    ical_uid: Mapped[str] = mapped_column(sa.String(80), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)

    booking: Mapped[Booking] = relationship(back_populates="series")


class Payment(db.Model):
    """Money that a manager says was paid, or given back, at the desk or by transfer. Never altered: another row voids it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(sa.ForeignKey("booking.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    method: Mapped[str] = mapped_column(sa.String(10))
    cents: Mapped[int]
    paid_on: Mapped[date]
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    voids_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"), unique=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    booking: Mapped[Booking] = relationship()

    __table_args__ = (
        one_of("kind", PAYMENT_KINDS),
        one_of("method", PAYMENT_METHODS),
        sa.CheckConstraint("cents > 0", name="cents"),
    )


class Handover(db.Model):
    """The state of a space when it was handed over (moment: in) or given back (out). checks: whether each thing was in
    order, by its code. Never altered: a later one corrects it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(sa.ForeignKey("occurrence.id"), index=True)
    moment: Mapped[str] = mapped_column(sa.String(3))
    checks: Mapped[dict] = mapped_column(sa.JSON)
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    photo: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (one_of("moment", ("in", "out")),)


class Turned(db.Model):
    """Somebody was turned away by a rule: counted for the hub's own knowledge, without saying who."""

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"))
    rule: Mapped[str] = mapped_column(sa.String(30))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


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

refuse(Payment.__table__, "payment_kept_update", "UPDATE")
refuse(Payment.__table__, "payment_kept_delete", "DELETE")
refuse(Handover.__table__, "handover_kept_update", "UPDATE")
refuse(Handover.__table__, "handover_kept_delete", "DELETE")

# What was agreed on is what is paid: after the confirmation neither the price nor what was granted changes.
refuse(
    Booking.__table__,
    "booking_price_kept",
    "UPDATE",
    when="OLD.state NOT IN ('draft', 'held', 'submitted', 'changes_requested', 'refusal_announced')"
    " AND (NEW.price_cents <> OLD.price_cents OR NEW.due_cents <> OLD.due_cents OR NEW.deposit_cents <> OLD.deposit_cents)",
)
