"""Processes of participation and their phases: what is open when, in order, and never two at once.

Once a process is published its phases stay as they were announced; only their end may move, later, by an act with a reason.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, one_of, refuse
from hub.labs.models import Activity
from hub.proposals.rules import PRESETS, PROCESS_STATES


class Process(db.Model):
    """A process of participation, from its announcement to its final document.

    slug: its address. office: who answers, in words. level_least: the level of identity (0 to 3) that support and vote ask for.
    edit_hours: how long after its publication a proposal may still be edited. answer_days: in how many days an answer is
    promised; update_days: how often news is promised of what is being done. proposals_most: how many live ones a person may
    have, None for any number. concluded_at: when its final document was issued.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(50), unique=True)
    preset: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    title: Mapped[dict] = mapped_column(sa.JSON)
    summary: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    text: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    office: Mapped[str] = mapped_column(sa.String(160))
    level_least: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    edit_hours: Mapped[int] = mapped_column(default=48)
    answer_days: Mapped[int] = mapped_column(default=30)
    update_days: Mapped[int] = mapped_column(default=90)
    proposals_most: Mapped[int | None]
    synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    phases: Mapped[list["Phase"]] = relationship(order_by="Phase.number", back_populates="process")
    activities: Mapped[list["ProcessActivity"]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("preset", PRESETS),
        one_of("state", PROCESS_STATES),
        sa.CheckConstraint("level_least BETWEEN 0 AND 3", name="level_least"),
        sa.CheckConstraint("edit_hours BETWEEN 0 AND 8760", name="edit_hours"),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 365 AND update_days BETWEEN 1 AND 730", name="promised"),
        sa.CheckConstraint("proposals_most IS NULL OR proposals_most > 0", name="proposals_most"),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published"),
    )


class Phase(db.Model):
    """What a process is open to from opens_at to closes_at, half-open. number: its place in the order.

    supports_most: how many proposals a person may support in it, None for any number. hides_counts: until it has closed no
    output says how many support or voted for what.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(sa.ForeignKey("process.id"))
    number: Mapped[int]
    name: Mapped[dict] = mapped_column(sa.JSON)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submits: Mapped[bool] = mapped_column(default=False)
    supports: Mapped[bool] = mapped_column(default=False)
    discusses: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[bool] = mapped_column(default=False)
    supports_most: Mapped[int | None]
    hides_counts: Mapped[bool] = mapped_column(default=False)

    process: Mapped[Process] = relationship(back_populates="phases")
    changes: Mapped[list["PhaseChange"]] = relationship(order_by="PhaseChange.id", viewonly=True)

    __table_args__ = (
        sa.UniqueConstraint("process_id", "number"),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("opens_at < closes_at", name="times"),
        sa.CheckConstraint("supports_most IS NULL OR supports_most > 0", name="supports_most"),
        sa.Index("ix_phase_times", "opens_at", "closes_at"),
        ExcludeConstraint(
            (sa.text("int4range(process_id, process_id, '[]')"), "&&"),
            (sa.text("tstzrange(opens_at, closes_at, '[)')"), "&&"),
            using="gist",
            name="phase_no_overlap",
        ).ddl_if(dialect="postgresql"),
    )


class PhaseChange(db.Model):
    """A phase was extended, or begins later because the one before was: by which act and why. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    phase_id: Mapped[int] = mapped_column(sa.ForeignKey("phase.id"), index=True)
    opens_before: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_before: Mapped[datetime] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    act: Mapped[str] = mapped_column(sa.String(160))
    reason: Mapped[str] = mapped_column(sa.String(500))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Person] = relationship()

    __table_args__ = (
        sa.CheckConstraint("act <> '' AND reason <> ''", name="why"),
        sa.CheckConstraint("opens_at >= opens_before AND closes_at > closes_before", name="later"),
        sa.CheckConstraint("at < closes_before", name="while_open"),
    )


class ProcessActivity(db.Model):
    """An activity of the programme, such as a community lab, belongs to a process."""

    process_id: Mapped[int] = mapped_column(sa.ForeignKey("process.id"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)

    activity: Mapped[Activity] = relationship()


_PUBLISHED = "EXISTS (SELECT 1 FROM process c WHERE c.id = {row}.process_id AND c.published_at IS NOT NULL)"
_OUT_OF_ORDER = (
    "EXISTS (SELECT 1 FROM phase p WHERE p.process_id = NEW.process_id AND"
    " ((p.number < NEW.number AND p.closes_at > NEW.opens_at) OR (p.number > NEW.number AND p.opens_at < NEW.closes_at)))"
)
_SWITCHES = ("submits", "supports", "discusses", "votes", "answers", "hides_counts")
_OTHER_TERMS = " OR ".join(
    [f"NEW.{one} <> OLD.{one}" for one in ("process_id", "number", *_SWITCHES)]
    + ["COALESCE(NEW.supports_most, 0) <> COALESCE(OLD.supports_most, 0)"]
)
_MOVED = "(NEW.opens_at <> OLD.opens_at OR NEW.closes_at <> OLD.closes_at)"
_BY_AN_ACT = (
    "EXISTS (SELECT 1 FROM phase_change a WHERE a.phase_id = NEW.id AND a.opens_before = OLD.opens_at"
    " AND a.closes_before = OLD.closes_at AND a.opens_at = NEW.opens_at AND a.closes_at = NEW.closes_at)"
)
for _operation in ("INSERT", "UPDATE"):
    _name = f"phase_in_order_{_operation.lower()}"
    refuse(Phase.__table__, _name, _operation, when=_OUT_OF_ORDER, alone="process WHERE id = NEW.process_id")
refuse(Phase.__table__, "phase_kept_insert", "INSERT", when=_PUBLISHED.format(row="NEW"))
refuse(Phase.__table__, "phase_kept_delete", "DELETE", when=_PUBLISHED.format(row="OLD"))
refuse(
    Phase.__table__,
    "phase_kept_update",
    "UPDATE",
    when=f"{_PUBLISHED.format(row='OLD')} AND ({_OTHER_TERMS} OR ({_MOVED} AND NOT {_BY_AN_ACT}))",
)
refuse(PhaseChange.__table__, "phase_change_kept_update", "UPDATE")
refuse(PhaseChange.__table__, "phase_change_kept_delete", "DELETE")
# What was announced is not unsaid.
refuse(
    Process.__table__,
    "process_published_for_good",
    "UPDATE",
    when="OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at)",
)
refuse(Process.__table__, "process_kept_delete", "DELETE", when="OLD.published_at IS NOT NULL")
