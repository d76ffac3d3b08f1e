"""The programme and who takes part in it: activities, sessions, seats, enrolments, registers, and what came of them.

A seat is a row, and an enrolment that has a place names its seat: the database refuses the second one for a seat, and any
beyond the last. A session holds its spaces by occurrences of the ledger, which begin and end with it.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, one_of, refuse, unique_while
from hub.families.models import Participant
from hub.labs.rules import (
    AGE_RULES,
    AREAS,
    ATTENDANCES,
    CERTIFICATE_KINDS,
    CHANNELS,
    ENROLMENT_STATES,
    KINDS,
    NEED_AREAS,
    QUESTION_KINDS,
    REMINDERS,
    SEATED_STATES,
    SESSION_STATES,
    SOURCES,
    STATES,
    TAKES_PART,
    THEMES,
    TRAINER_ROLES,
    UNSEATED_LIVE_STATES,
    WITHDRAWALS,
)
from hub.organisations.models import Organisation
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot

_SEATED = ", ".join(map(repr, SEATED_STATES))
_LIVE = ", ".join(map(repr, (*SEATED_STATES, *UNSEATED_LIVE_STATES)))


class Edition(db.Model):
    """An edition of the programme: 2023, 2024..."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[dict] = mapped_column(sa.JSON)
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (sa.CheckConstraint("starts_on <= ends_on", name="dates"),)


class Activity(db.Model):
    """Something of the programme: an event, or a lab, a workshop, a course, a camp, an accelerator, with its sessions.

    slug: its address, and its code in the log. kind: an event is open to all, and may be without enrolment (takes_part none);
    takes_part: whom one enrols (person, organisation, none). Ages are in whole years, both included, on the first day
    (age_rule on_start) or in the calendar year in which it begins (calendar_year). Enrolment is open from enrol_opens_at to
    enrol_closes_at, half-open; until residents_until it is for residents alone. waiting_most: how many may wait;
    offer_hours: how long a place is offered to who is next; skips_most: how often a group that does not fit is passed over
    before places are kept for it; cancel_hours: until when one may withdraw without being counted as absent. Money is in
    euro cents. scheduled_minutes: what was promised, where it is not the sum of the sessions. feedback_asked_at: when its
    people were asked how it was, which happens once.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(50), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id"), index=True)
    title: Mapped[dict] = mapped_column(sa.JSON)
    summary: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    text: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    area: Mapped[str] = mapped_column(sa.String(20))
    theme: Mapped[str] = mapped_column(sa.String(20))
    topic: Mapped[str] = mapped_column(sa.String(60), default="")
    sdgs: Mapped[list] = mapped_column(sa.JSON, default=list)
    audience: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    languages: Mapped[list] = mapped_column(sa.JSON, default=list)
    accessibility: Mapped[list] = mapped_column(sa.JSON, default=list)
    materials: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    place: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    cost_cents: Mapped[int] = mapped_column(default=0)
    cost_words: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    age_min: Mapped[int | None]
    age_max: Mapped[int | None]
    age_rule: Mapped[str] = mapped_column(sa.String(15), default="on_start")
    takes_part: Mapped[str] = mapped_column(sa.String(12), default="person")
    enrol_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enrol_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    residents_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    least: Mapped[int | None]
    waiting_most: Mapped[int] = mapped_column(default=50)
    offer_hours: Mapped[int] = mapped_column(default=48)
    skips_most: Mapped[int] = mapped_column(default=2)
    cancel_hours: Mapped[int] = mapped_column(default=48)
    asks_health: Mapped[bool] = mapped_column(default=False)
    scheduled_minutes: Mapped[int | None]
    feedback_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    edition: Mapped[Edition | None] = relationship()
    sessions: Mapped[list["Session"]] = relationship(order_by="(Session.starts_at, Session.id)", back_populates="activity")
    partners: Mapped[list["Partner"]] = relationship(order_by="Partner.id", cascade="all, delete-orphan")
    trainers: Mapped[list["Trainer"]] = relationship(order_by="Trainer.id", back_populates="activity")
    questions: Mapped[list["Question"]] = relationship(order_by="(Question.number, Question.id)")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        one_of("area", AREAS),
        one_of("theme", THEMES),
        one_of("age_rule", AGE_RULES),
        one_of("takes_part", TAKES_PART),
        sa.CheckConstraint("0 <= age_min AND age_min <= 120 AND 0 <= age_max AND age_max <= 120", name="ages"),
        sa.CheckConstraint("age_min <= age_max", name="age_range"),
        sa.CheckConstraint("cost_cents BETWEEN 0 AND 100000000", name="cost"),
        sa.CheckConstraint("enrol_opens_at < enrol_closes_at", name="enrolment"),
        sa.CheckConstraint("waiting_most >= 0 AND offer_hours BETWEEN 1 AND 720 AND skips_most BETWEEN 0 AND 20", name="queue"),
        sa.CheckConstraint("cancel_hours BETWEEN 0 AND 8760", name="cancel"),
        sa.CheckConstraint("least IS NULL OR least > 0", name="least"),
        sa.Index("ix_activity_shown", "state", "kind"),
    )


class Partner(db.Model):
    """An organisation that an activity is made with; it need not be registered here."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(sa.String(160))


class Trainer(db.Model):
    """Somebody who works in an activity, as trainer, tutor, operator, mentor or coordinator. subject: see Participant.

    person_id: their account, where they have one: it opens the registers of this activity to them. public: whether the
    page of the activity names them.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    subject: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(160))
    role: Mapped[str] = mapped_column(sa.String(12))
    public: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship(back_populates="trainers")
    person: Mapped[Person | None] = relationship()

    __table_args__ = (
        one_of("role", TRAINER_ROLES),
        sa.UniqueConstraint("id", "activity_id", name="uq_trainer_of"),
        sa.UniqueConstraint("activity_id", "subject"),
    )


class Session(db.Model):
    """One meeting of an activity. number: within it, for life. place: where it is outside the hub.

    state: planned, held (minutes: how long it was), not_held (reason: why) or cancelled; event_id: the log's row that says
    so. Its spaces are its occurrences, which the database keeps at its times.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    number: Mapped[int]
    title: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="planned")
    minutes: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    event_id: Mapped[str | None] = mapped_column(sa.String(64))
    ical_uid: Mapped[str] = mapped_column(sa.String(80), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    activity: Mapped[Activity] = relationship(back_populates="sessions")
    occurrences: Mapped[list[Occurrence]] = relationship(order_by=Occurrence.id, passive_updates=True)
    trainers: Mapped[list["SessionTrainer"]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "number"),
        sa.UniqueConstraint("id", "activity_id", name="uq_session_of"),
        sa.UniqueConstraint("id", "starts_at", "ends_at", name="uq_session_times"),
        one_of("state", SESSION_STATES),
        sa.CheckConstraint("starts_at < ends_at", name="times"),
        sa.CheckConstraint("(state = 'held') = (minutes IS NOT NULL) AND (minutes IS NULL OR minutes > 0)", name="held"),
        sa.CheckConstraint("state <> 'not_held' OR reason <> ''", name="reason"),
    )

    @property
    def code(self) -> str:
        """What the log calls it by: steam-2023.07."""
        return f"{self.activity.slug}.{self.number:02d}"

    @property
    def slot(self) -> Slot:
        return Slot(self.starts_at, self.ends_at)

    @property
    def standing(self) -> list[Occurrence]:
        """What it holds in the ledger: an occurrence for each of its spaces; nothing once it is called off."""
        return [one for one in self.occurrences if one.status != "cancelled"]


class SessionTrainer(db.Model):
    """Who works in a session, and for how long (minutes), once it is held."""

    session_id: Mapped[int] = mapped_column(primary_key=True)
    trainer_id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int]
    minutes: Mapped[int | None]

    trainer: Mapped[Trainer] = relationship(overlaps="trainers")

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["session_id", "activity_id"], ["session.id", "session.activity_id"], name="fk_session_trainer_session"
        ),
        sa.ForeignKeyConstraint(
            ["trainer_id", "activity_id"], ["trainer.id", "trainer.activity_id"], name="fk_session_trainer_trainer"
        ),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes"),
    )


class Question(db.Model):
    """Something that an activity asks who enrols. kind: text, choice (of `choices`), number, or consent (a box to tick)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(10))
    words: Mapped[dict] = mapped_column(sa.JSON)
    choices: Mapped[list] = mapped_column(sa.JSON, default=list)
    required: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (one_of("kind", QUESTION_KINDS),)


class Seat(db.Model):
    """A place in an activity: as many rows as it has places."""

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)

    __table_args__ = (sa.CheckConstraint("number > 0", name="number"),)


class EnrolGroup(db.Model):
    """Enrolments that get places together or not at all. skips: how often others were let past it (see `hub.labs.queue`)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    skips: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.UniqueConstraint("id", "activity_id", name="uq_enrol_group_of"),)


class QueueSkip(db.Model):
    """A group did not fit, and an enrolment behind it in the queue was let past. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("enrol_group.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Enrolment(db.Model):
    """Somebody, or an organisation, has, is offered or waits for a place in an activity.

    state: pending (a minor enrolled by themselves: the seat is kept until a guardian confirms), waiting, offered (until
    held_until), enrolled, completed; withdrawn, expired, rejected. priority: the class in which it waits, the lower first,
    then queued_at, then id. through: the day centre or the school that enrolled them. key: the secret of its ticket.
    end_reason: why it was withdrawn, a code of impact's. answers: to the activity's questions, by their id as text.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    participant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("participant.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    through_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    group_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    seat: Mapped[int | None]
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    key: Mapped[str] = mapped_column(sa.String(16), unique=True)
    channel: Mapped[str] = mapped_column(sa.String(10), default="web")
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    answers: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    cost_cents: Mapped[int] = mapped_column(default=0)
    enrolled_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(sa.String(10), default="")
    feedback_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    activity: Mapped[Activity] = relationship()
    participant: Mapped[Participant | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship(foreign_keys=[organisation_id])
    through: Mapped[Organisation | None] = relationship(foreign_keys=[through_id])
    enrolled_by: Mapped[Person] = relationship()
    changes: Mapped[list["EnrolmentChange"]] = relationship(order_by="EnrolmentChange.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        sa.UniqueConstraint("id", "activity_id", name="uq_enrolment_of"),
        sa.ForeignKeyConstraint(["activity_id", "seat"], ["seat.activity_id", "seat.number"], name="fk_enrolment_seat"),
        sa.ForeignKeyConstraint(
            ["group_id", "activity_id"], ["enrol_group.id", "enrol_group.activity_id"], name="fk_enrolment_group"
        ),
        one_of("state", ENROLMENT_STATES),
        one_of("channel", CHANNELS),
        one_of("end_reason", ("", *WITHDRAWALS)),
        sa.CheckConstraint(f"(state IN ({_SEATED})) = (seat IS NOT NULL)", name="seated"),
        sa.CheckConstraint("(participant_id IS NULL) <> (organisation_id IS NULL)", name="one_who"),
        sa.CheckConstraint("state NOT IN ('offered', 'pending') OR held_until IS NOT NULL", name="held"),
        sa.CheckConstraint(f"(state IN ({_LIVE})) = (ended_at IS NULL)", name="ended"),
        unique_while("seat IS NOT NULL", "one_enrolment_a_seat", "activity_id", "seat"),
        *(
            unique_while(f"ended_at IS NULL AND {who}_id IS NOT NULL", f"one_live_enrolment_{who}", "activity_id", f"{who}_id")
            for who in ("participant", "organisation")
        ),
        sa.Index("ix_enrolment_queue", "activity_id", "state", "priority", "queued_at", "id"),
        sa.Index("ix_enrolment_lapsing", "state", "held_until"),
    )


class EnrolmentChange(db.Model):
    """One change of state of an enrolment: who, with which level of identity, why. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    before: Mapped[str] = mapped_column(sa.String(10))
    after: Mapped[str] = mapped_column(sa.String(10))
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Person | None] = relationship()

    __table_args__ = (one_of("before", ("", *ENROLMENT_STATES)), one_of("after", ENROLMENT_STATES))


class BasketLine(db.Model):
    """What somebody means to enrol, whom and with which answers, until they confirm the whole basket.

    together: whether who is in the basket for this activity gets places all or none; sealed_health: the note to be, encrypted.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"))
    answers: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    together: Mapped[bool] = mapped_column(default=False)
    sealed_health: Mapped[str] = mapped_column(sa.Text, default="")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship()
    participant: Mapped[Participant] = relationship()

    __table_args__ = (sa.UniqueConstraint("person_id", "activity_id", "participant_id"),)


class HealthNote(db.Model):
    """What the staff of one course must know of somebody's health: encrypted, shown from the day before to the day after."""

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(sa.Text)
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attendance(db.Model):
    """How somebody was at a session. Corrected by voiding it and writing another: one live row a session and enrolment.

    minutes: of presence; event_id: of the log's row, which a correction voids too.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int]
    session_id: Mapped[int]
    enrolment_id: Mapped[int] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(sa.String(10))
    minutes: Mapped[int]
    source: Mapped[str] = mapped_column(sa.String(10))
    marked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_id: Mapped[str] = mapped_column(sa.String(64))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["session_id", "activity_id"], ["session.id", "session.activity_id"], name="fk_attendance_session"
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "activity_id"], ["enrolment.id", "enrolment.activity_id"], name="fk_attendance_enrolment"
        ),
        one_of("status", ATTENDANCES),
        one_of("source", SOURCES),
        sa.CheckConstraint("(status IN ('absent', 'excused')) = (minutes = 0) AND minutes >= 0", name="minutes"),
        unique_while("voided_at IS NULL", "one_live_attendance", "session_id", "enrolment_id"),
    )


class Certificate(db.Model):
    """What was attended, on paper: code opens the page that says whether it is genuine; minutes of of_minutes held."""

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    minutes: Mapped[int]
    of_minutes: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str] = mapped_column(sa.String(300), default="")

    enrolment: Mapped[Enrolment] = relationship()

    __table_args__ = (
        one_of("kind", CERTIFICATE_KINDS),
        sa.CheckConstraint("0 < minutes AND minutes <= of_minutes", name="minutes"),
        unique_while("revoked_at IS NULL", "one_live_certificate", "enrolment_id", "kind"),
    )


class Comment(db.Model):
    """Words left after an activity, by nobody known: who gave feedback stands elsewhere, without what they said."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    month: Mapped[date]


class Need(db.Model):
    """What an organisation on an accelerator's path needs help with."""

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    area: Mapped[str] = mapped_column(sa.String(20))
    words: Mapped[str] = mapped_column(sa.Text)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    met_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (one_of("area", NEED_AREAS),)


class PathPeople(db.Model):
    """How many of an organisation come to a path, and as what: their names are not asked."""

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), primary_key=True)
    people: Mapped[int]
    roles: Mapped[str] = mapped_column(sa.String(300), default="")
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.CheckConstraint("people BETWEEN 1 AND 100", name="people"),)


class Mentorship(db.Model):
    """A mentor or tutor is matched with an organisation on the path, by hand."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int]
    enrolment_id: Mapped[int] = mapped_column(index=True)
    trainer_id: Mapped[int] = mapped_column(index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    trainer: Mapped[Trainer] = relationship()
    enrolment: Mapped[Enrolment] = relationship(overlaps="trainer")

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["enrolment_id", "activity_id"], ["enrolment.id", "enrolment.activity_id"], name="fk_mentorship_enrolment"
        ),
        sa.ForeignKeyConstraint(
            ["trainer_id", "activity_id"], ["trainer.id", "trainer.activity_id"], name="fk_mentorship_trainer"
        ),
        unique_while("ended_at IS NULL", "one_live_mentorship", "enrolment_id", "trainer_id"),
    )


class Meeting(db.Model):
    """A one-to-one meeting of a mentor and an organisation. Its minutes count when both sides have confirmed it (event_id:
    the log's row that says so), until it is void (void_reason: what was wrong with it). reminded_at: when the side that had
    not answered was asked once more."""

    id: Mapped[int] = mapped_column(primary_key=True)
    mentorship_id: Mapped[int] = mapped_column(sa.ForeignKey("mentorship.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    minutes: Mapped[int]
    topic: Mapped[str] = mapped_column(sa.String(300), default="")
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    mentor_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mentor_confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    other_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    other_confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    event_id: Mapped[str | None] = mapped_column(sa.String(64))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    mentorship: Mapped[Mentorship] = relationship()

    __table_args__ = (
        sa.CheckConstraint("minutes BETWEEN 1 AND 720", name="minutes"),
        sa.CheckConstraint(
            "event_id IS NULL OR (mentor_confirmed_at IS NOT NULL AND other_confirmed_at IS NOT NULL)", name="both_sides"
        ),
        sa.CheckConstraint(
            "mentor_confirmed_by_id IS NULL OR other_confirmed_by_id IS NULL OR mentor_confirmed_by_id <> other_confirmed_by_id",
            name="two_people",
        ),
    )


class Reminder(db.Model):
    """The people of a session were reminded of it, so many hours before."""

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), primary_key=True)
    hours: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.CheckConstraint(f"hours IN ({', '.join(map(str, REMINDERS))})", name="hours"),)


class ActivityMessage(db.Model):
    """What the staff of an activity wrote to its people. told: how many."""

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str] = mapped_column(sa.Text)
    told: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Person] = relationship()


for _table in (EnrolmentChange.__table__, QueueSkip.__table__):
    refuse(_table, f"{_table.name}_kept_update", "UPDATE")
    refuse(_table, f"{_table.name}_kept_delete", "DELETE")
# A record of the register is corrected by another one, never erased.
refuse(Attendance.__table__, "attendance_kept_delete", "DELETE")
refuse(
    Attendance.__table__,
    "attendance_kept_update",
    "UPDATE",
    when="OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL OR NEW.status <> OLD.status OR NEW.minutes <> OLD.minutes"
    " OR NEW.session_id <> OLD.session_id OR NEW.enrolment_id <> OLD.enrolment_id OR NEW.event_id <> OLD.event_id",
)
refuse(
    Certificate.__table__,
    "certificate_kept_update",
    "UPDATE",
    when="OLD.revoked_at IS NOT NULL OR NEW.code <> OLD.code OR NEW.minutes <> OLD.minutes OR NEW.of_minutes <> OLD.of_minutes"
    " OR NEW.enrolment_id <> OLD.enrolment_id",
)
refuse(Certificate.__table__, "certificate_kept_delete", "DELETE")
# What took place is never told otherwise, and counts once: where it is wrong it is made void, and stays.
refuse(Meeting.__table__, "meeting_kept_delete", "DELETE")
refuse(
    Meeting.__table__,
    "meeting_kept_update",
    "UPDATE",
    when="OLD.voided_at IS NOT NULL OR NEW.mentorship_id <> OLD.mentorship_id OR NEW.starts_at <> OLD.starts_at"
    " OR NEW.minutes <> OLD.minutes OR (OLD.event_id IS NOT NULL AND COALESCE(NEW.event_id, '') <> OLD.event_id)",
)
