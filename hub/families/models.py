"""Who takes part: adults with an account, children without one, who answers for them, and what was consented to.

A child is known by given name, family name and birth date; who answers for them (their guardians) all see and change the same.
At eighteen nobody answers for them any longer: the record is their own.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, one_of, refuse, unique_while
from hub.families.rules import BASES, GENDERS, INVITED_AS, PURPOSES
from hub.organisations.models import Organisation
from hub.organisations.rules import ANSWERS


class Participant(db.Model):
    """Somebody who takes part in activities.

    person_id: their own account, where they have one; subject: the key by which the log's vault knows them, for life (an
    adult's is their account's). A record that was erased keeps its number and its subject alone.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    subject: Mapped[str] = mapped_column(sa.String(40), unique=True)
    given_name: Mapped[str] = mapped_column(sa.String(80))
    family_name: Mapped[str] = mapped_column(sa.String(80))
    birth_date: Mapped[date | None]
    gender: Mapped[str] = mapped_column(sa.String(1), default="")
    resident: Mapped[bool] = mapped_column(default=False)
    emergency_name: Mapped[str] = mapped_column(sa.String(160), default="")
    emergency_phone: Mapped[str] = mapped_column(sa.String(30), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person | None] = relationship()
    guardianships: Mapped[list["Guardianship"]] = relationship(order_by="Guardianship.id", back_populates="participant")
    pickups: Mapped[list["Pickup"]] = relationship(order_by="Pickup.id", back_populates="participant")

    __table_args__ = (
        one_of("gender", GENDERS),
        sa.CheckConstraint("birth_date IS NOT NULL OR person_id IS NOT NULL OR erased_at IS NOT NULL", name="born"),
    )

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class Guardianship(db.Model):
    """A person answers for a child, from `since` until `ended_at`, or until the child is of age.

    basis: as what; other_agrees_at: when they declared that the other parent agrees, None where they are the only one.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    guardian_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"))
    basis: Mapped[str] = mapped_column(sa.String(10))
    other_agrees_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    guardian: Mapped[Person] = relationship()
    participant: Mapped[Participant] = relationship(back_populates="guardianships")

    __table_args__ = (
        one_of("basis", BASES),
        unique_while("ended_at IS NULL", "one_live_guardianship", "participant_id", "guardian_id"),
    )


class Keeper(db.Model):
    """An organisation (a school, a day centre) entered somebody whom nobody had entered, and keeps their record until a guardian
    takes it over. guardian: who signed the papers that it keeps.
    """

    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    guardian: Mapped[str] = mapped_column(sa.String(160), default="")
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()


class FamilyInvitation(db.Model):
    """Somebody was asked by mail to answer for a child too (as: guardian), or to take over their own record (as: own).

    Of the link's token only its SHA-256 is kept. Answered once.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"), index=True)
    invited_as: Mapped[str] = mapped_column(sa.String(10))
    email: Mapped[str] = mapped_column(sa.String(254))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(sa.String(20))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    participant: Mapped[Participant] = relationship()
    inviter: Mapped[Person] = relationship()

    __table_args__ = (
        one_of("invited_as", INVITED_AS),
        one_of("answer", ANSWERS),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        unique_while("answer IS NULL", "one_open_family_invitation", "participant_id", "email"),
    )


class Pickup(db.Model):
    """An adult who may take a child home."""

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    participant: Mapped[Participant] = relationship(back_populates="pickups")

    __table_args__ = (sa.CheckConstraint("name <> ''", name="name"),)


class Consent(db.Model):
    """Somebody said yes to one purpose, for all activities or for one; or took it back. Never altered but for the taking back.

    text_version: of the words that were shown (see `hub.families.words.TEXTS`); on_paper: signed there, and kept by whoever
    enrolled them (through_id: the organisation).
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"))
    text_version: Mapped[str] = mapped_column(sa.String(20))
    given_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    on_paper: Mapped[bool] = mapped_column(default=False)
    through_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    giver: Mapped[Person] = relationship(foreign_keys=given_by_id)

    __table_args__ = (
        one_of("purpose", PURPOSES),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        *(
            unique_while(f"withdrawn_at IS NULL AND {about}", name, *columns)
            for name, columns, about in (
                ("one_live_consent", ("participant_id", "purpose"), "activity_id IS NULL"),
                ("one_live_consent_an_activity", ("participant_id", "purpose", "activity_id"), "activity_id IS NOT NULL"),
            )
        ),
    )


class ParticipantView(db.Model):
    """Somebody of the staff opened what is kept of a participant; their guardians read it. Never altered.

    what: the kind of page ("register", "health"...); ref: which one, such as an activity's slug.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id"), index=True)
    viewer_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    what: Mapped[str] = mapped_column(sa.String(40))
    ref: Mapped[str] = mapped_column(sa.String(64), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    viewer: Mapped[Person] = relationship()


refuse(Guardianship.__table__, "guardianship_kept_delete", "DELETE")
refuse(
    Guardianship.__table__,
    "guardianship_kept_update",
    "UPDATE",
    when="OLD.ended_at IS NOT NULL OR NEW.guardian_id <> OLD.guardian_id OR NEW.participant_id <> OLD.participant_id",
)
refuse(Consent.__table__, "consent_kept_delete", "DELETE")
refuse(
    Consent.__table__,
    "consent_kept_update",
    "UPDATE",
    when="OLD.withdrawn_at IS NOT NULL OR NEW.participant_id <> OLD.participant_id OR NEW.purpose <> OLD.purpose"
    " OR NEW.given_at <> OLD.given_at OR NEW.given_by_id <> OLD.given_by_id OR NEW.text_version <> OLD.text_version"
    " OR COALESCE(NEW.activity_id, 0) <> COALESCE(OLD.activity_id, 0)",
)
refuse(ParticipantView.__table__, "participant_view_kept_update", "UPDATE")
refuse(ParticipantView.__table__, "participant_view_kept_delete", "DELETE")
