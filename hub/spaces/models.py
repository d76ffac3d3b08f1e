"""Spaces, their layouts and hours, and the ledger of who occupies what: one row per atomic space and stretch of time."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import UtcDateTime, db, guarantee, one_of, refuse
from hub.spaces.terms import Demand

EXCLUSIVE = (0, 1000)  # lanes taken by a use that wants the whole atom
MAX_HOURS = 24  # longest row of the ledger: what lasts longer is several rows, so that a search looks back one day only

SPACE_KINDS = ("atomic", "composite")
LAYOUT_KINDS = ("theatre", "classroom", "u_shape", "circle", "meeting", "workshop", "market", "empty")
OCCURRENCE_KINDS = ("booking", "closure", "session")
OCCURRENCE_STATUSES = ("planned", "conflict", "skipped", "moved", "cancelled", "done", "no_show")
# Who uses a space, for hours, rules and prices: residents and other private persons, third sector, schools, enterprises,
# public bodies; patronage is what the hub grants to whom it supports.
AUDIENCES = ("resident", "other", "ets", "school", "company", "public", "patronage")
RULE_KINDS = (
    *("notice", "horizon", "length", "grid", "approval", "cancel", "association", "residents_first"),
    *("quota_hours", "quota_live", "prime_share", "no_show", "check_in", "answer", "announce_refusal", "deposit"),
)
PRICE_UNITS = ("hour", "half_day", "day")


class Space(db.Model):
    """Something that can be booked: an atom, or a composite of atoms. Capacity belongs to its layouts.

    lanes: how many uses it takes side by side (stalls of a courtyard), none where one use takes it all.
    competing: several requests may wait for one time, and approval decides; otherwise a request keeps the place for
    request_days. access_text: how to get in, sent the day before. What it demands of a booking are its rules (`Rule`).
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[dict] = mapped_column(sa.JSON)
    text: Mapped[dict] = mapped_column(sa.JSON)
    kind: Mapped[str] = mapped_column(sa.String(10))
    area_m2: Mapped[int]
    step_free: Mapped[bool] = mapped_column(default=True)
    equipment: Mapped[list] = mapped_column(sa.JSON, default=list)
    lanes: Mapped[int | None]
    competing: Mapped[bool] = mapped_column(default=False)
    request_days: Mapped[int] = mapped_column(default=14)
    access_text: Mapped[dict] = mapped_column(sa.JSON, default=dict, server_default="{}")
    published: Mapped[bool] = mapped_column(default=True)
    sort: Mapped[int] = mapped_column(default=0)

    layouts: Mapped[list["Layout"]] = relationship(order_by="Layout.id", back_populates="space")
    prices: Mapped[list["Price"]] = relationship(order_by="Price.id", viewonly=True)
    atoms: Mapped[list["SpaceAtom"]] = relationship(foreign_keys="SpaceAtom.space_id", order_by="SpaceAtom.atom_id")

    __table_args__ = (
        one_of("kind", SPACE_KINDS),
        sa.CheckConstraint("lanes IS NULL OR lanes BETWEEN 1 AND 100", name="lanes"),
    )

    @property
    def atom_ids(self) -> list[int]:
        """Ids of the atoms it is made of, in the order in which they are locked."""
        return [part.atom_id for part in self.atoms]


class SpaceAtom(db.Model):
    """A space is made of these atoms; an atom of itself. Fixed while the space has uses to come (see the guarantee)."""

    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"), primary_key=True)
    atom_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"), primary_key=True, index=True)


class Layout(db.Model):
    """One way to set up a space: how many people fit, and how long it takes to prepare and to put away.

    lanes: how many neighbouring lanes it takes of a shared space; none in a space that one use takes whole.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[dict] = mapped_column(sa.JSON)
    capacity: Mapped[int]
    setup_min: Mapped[int] = mapped_column(default=0)
    cleanup_min: Mapped[int] = mapped_column(default=0)
    staff_needed: Mapped[int] = mapped_column(default=0)
    lanes: Mapped[int | None]
    access_notes: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    code: Mapped[str] = mapped_column(sa.String(30))

    space: Mapped[Space] = relationship(back_populates="layouts")

    __table_args__ = (
        sa.UniqueConstraint("space_id", "code"),
        one_of("kind", LAYOUT_KINDS),
        sa.CheckConstraint("capacity > 0", name="capacity"),
        sa.CheckConstraint("setup_min BETWEEN 0 AND 240 AND cleanup_min BETWEEN 0 AND 240", name="padding"),
        sa.CheckConstraint("lanes IS NULL OR lanes >= 1", name="lanes"),
    )


class Opening(db.Model):
    """Opening hours in minutes after midnight on Lecce's clocks: of one space, or of the hub where space_id is empty; for
    everybody, or for one audience.

    A weekly rule has a weekday (0 Monday); an exception has none, and its dates say when it stands in for the rules:
    with opens empty it is a closed day, whose reason is told.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int | None] = mapped_column(sa.ForeignKey("space.id"), index=True)
    audience: Mapped[str | None] = mapped_column(sa.String(10))
    weekday: Mapped[int | None]
    opens: Mapped[int | None]
    closes: Mapped[int | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    reason: Mapped[dict] = mapped_column(sa.JSON, default=dict)

    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint(f"audience IS NULL OR audience IN ({', '.join(map(repr, AUDIENCES))})", name="audience"),
        sa.CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both_hours"),
        sa.CheckConstraint("0 <= opens AND opens < closes AND closes <= 1440", name="hours"),
        sa.CheckConstraint("weekday IS NOT NULL OR (valid_from IS NOT NULL AND valid_to IS NOT NULL)", name="dated"),
        sa.CheckConstraint("valid_from <= valid_to", name="dates"),
    )


class Closure(db.Model):
    """A stretch of time when a space is closed for a reason of its own: works, a private use of the hub."""

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[dict] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))


class Rule(db.Model):
    """What a space, or the whole hub, demands of a booking: of everybody or of one audience, for a while or always.

    params: by kind, see `hub.spaces.terms`. A rule is never rewritten: a change ends it and begins another, so that what
    was decided by it can be explained later.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    space_id: Mapped[int | None] = mapped_column(sa.ForeignKey("space.id"), index=True)
    audience: Mapped[str | None] = mapped_column(sa.String(10))
    params: Mapped[dict] = mapped_column(sa.JSON)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    space: Mapped[Space | None] = relationship()

    __table_args__ = (
        one_of("kind", RULE_KINDS),
        sa.CheckConstraint(f"audience IS NULL OR audience IN ({', '.join(map(repr, AUDIENCES))})", name="audience"),
        sa.CheckConstraint("valid_from <= valid_to", name="dates"),
    )

    @property
    def demand(self) -> Demand:
        """The rule as a plain value."""
        return Demand(self.id, self.kind, self.space_id, self.audience, self.valid_from, self.valid_to, self.params)

    @property
    def code(self) -> str:
        """What people call it by: R12."""
        return self.demand.code


class Price(db.Model):
    """What a space costs by the hour, the half day or the day: integer euro cents, from one date to another.

    The most particular price counts: of the layout and the audience, where there is one. No price at all: free of charge.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"), index=True)
    layout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("layout.id"))
    audience: Mapped[str | None] = mapped_column(sa.String(10))
    unit: Mapped[str] = mapped_column(sa.String(10))
    cents: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    layout: Mapped[Layout | None] = relationship()

    __table_args__ = (
        one_of("unit", PRICE_UNITS),
        sa.CheckConstraint(f"audience IS NULL OR audience IN ({', '.join(map(repr, AUDIENCES))})", name="audience"),
        sa.CheckConstraint("cents BETWEEN 0 AND 100000000", name="cents"),
        sa.CheckConstraint("valid_from <= valid_to", name="dates"),
    )


class Occurrence(db.Model):
    """Something that happens in a space from one instant to another. It occupies the space by its allocations.

    setup_min and cleanup_min are the padding in force: none towards a neighbour with the same layout (`ledger.turnover`).
    ical_uid is for life, sequence grows at every change. recurrence_at: when it was to begin by the rule of its series,
    wherever it was moved since. That of a session of an activity begins and ends with the session, whatever changes that.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    booking_id: Mapped[int | None] = mapped_column(sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    closure_id: Mapped[int | None] = mapped_column(sa.ForeignKey("closure.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int | None] = mapped_column(index=True)
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"), index=True)
    layout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("layout.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    setup_min: Mapped[int] = mapped_column(default=0)
    cleanup_min: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(sa.String(10), default="planned")
    ical_uid: Mapped[str] = mapped_column(sa.String(80), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recurrence_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrived_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    space: Mapped[Space] = relationship()
    layout: Mapped[Layout | None] = relationship()

    __table_args__ = (
        sa.Index("uq_occurrence_recurrence", "booking_id", "recurrence_at", unique=True),
        sa.Index("ix_occurrence_time", "starts_at"),
        one_of("kind", OCCURRENCE_KINDS),
        one_of("status", OCCURRENCE_STATUSES),
        sa.CheckConstraint("starts_at < ends_at", name="times"),
        sa.CheckConstraint("setup_min >= 0 AND cleanup_min >= 0", name="padding"),
        sa.CheckConstraint(
            "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN session_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_owner",
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "starts_at", "ends_at"],
            ["session.id", "session.starts_at", "session.ends_at"],
            name="fk_occurrence_session",
            onupdate="CASCADE",
        ),
    )


class Allocation(db.Model):
    """One atom taken, padding included, half-open [starts_at, ends_at), on lanes [lane_from, lane_to).

    Rows that block never overlap: the database refuses. blocking is false for a request that competes and for a hold
    that lapsed (expires_at); turning it true is the moment when the database decides.
    """

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"))
    atom_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lane_from: Mapped[int] = mapped_column(default=EXCLUSIVE[0])
    lane_to: Mapped[int] = mapped_column(default=EXCLUSIVE[1])
    blocking: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("occurrence_id", "atom_id", "starts_at"),
        sa.Index("ix_allocation_week", "atom_id", "starts_at", "ends_at"),
        sa.Index(
            "ix_allocation_lapsing",
            "atom_id",
            "expires_at",
            # written as the queries write it: SQLite uses a partial index only for the very same words
            sqlite_where=sa.text("blocking = 1 AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("blocking AND expires_at IS NOT NULL"),
        ),
        sa.CheckConstraint("lane_from < lane_to", name="lanes"),
        sa.CheckConstraint("starts_at < ends_at", name="times"),
        # int4range with && does what atom_id with = does, without the btree_gist extension
        ExcludeConstraint(
            (sa.text("int4range(atom_id, atom_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at, '[)')"), "&&"),
            (sa.text("int4range(lane_from, lane_to)"), "&&"),
            where=sa.text("blocking"),
            using="gist",
            name="allocation_no_overlap",
        ).ddl_if(dialect="postgresql"),
    )


LOOK_BACK = f"strftime('%Y-%m-%dT%H:%M:%S', NEW.starts_at, '-{MAX_HOURS} hours')"

for operation, event in (("ins", "INSERT"), ("upd", "UPDATE OF atom_id, starts_at, ends_at, lane_from, lane_to, blocking")):
    guarantee(
        Allocation.__table__,
        f"allocation_no_overlap_{operation}",
        sqlite=f"""
CREATE TRIGGER allocation_no_overlap_{operation} BEFORE {event} ON allocation WHEN NEW.blocking
BEGIN
  SELECT RAISE(ABORT, 'allocation_no_overlap') WHERE EXISTS (
    SELECT 1 FROM allocation AS a
    WHERE a.atom_id = NEW.atom_id AND a.starts_at < NEW.ends_at AND a.starts_at > {LOOK_BACK}
      AND NEW.starts_at < a.ends_at AND a.lane_from < NEW.lane_to AND NEW.lane_from < a.lane_to
      AND a.blocking AND a.id IS NOT NEW.id);
END""",
    )
    guarantee(
        Allocation.__table__,
        f"allocation_length_{operation}",
        sqlite=f"""
CREATE TRIGGER allocation_length_{operation} BEFORE {event} ON allocation
WHEN julianday(NEW.ends_at) - julianday(NEW.starts_at) > {MAX_HOURS}.0 / 24 + 0.000001
BEGIN
  SELECT RAISE(ABORT, 'allocation_length');
END""",
    )

guarantee(
    Allocation.__table__,
    "ck_allocation_length",
    postgresql=f"""
ALTER TABLE allocation ADD CONSTRAINT ck_allocation_length
CHECK (ends_at - starts_at <= interval '{MAX_HOURS} hours')""",
)

for operation, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
    used = f"SELECT 1 FROM occurrence o WHERE o.space_id = {row}.space_id AND o.status = 'planned' AND o.ends_at > {{now}}"
    refuse(SpaceAtom.__table__, f"space_atom_fixed_{operation.lower()}", operation, when=f"EXISTS ({used})")

# A rule that somebody was told of is not rewritten: it is ended, and another takes its place.
refuse(
    Rule.__table__,
    "rule_kept_update",
    "UPDATE",
    when="OLD.ended_at IS NOT NULL OR NEW.kind <> OLD.kind OR CAST(NEW.params AS TEXT) <> CAST(OLD.params AS TEXT)",
)
refuse(Rule.__table__, "rule_kept_delete", "DELETE")
