"""People and their roles, the sign-ins that are open, and the links sent by mail that prove an address."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import UtcDateTime, db, one_of

ROLES = ("manager", "evaluator", "administrator")
LANGUAGES = ("it", "en")
PURPOSES = ("confirm",)


class Person(db.Model):
    """Somebody with an account. Whoever has signed in is a citizen; the roles of the staff are granted.

    email: lower-case, the domain in ASCII; password_hash: argon2id, None for who has no password here;
    confirmed_at: when they proved that the address is theirs, before which they cannot sign in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    given_name: Mapped[str] = mapped_column(sa.String(80))
    family_name: Mapped[str] = mapped_column(sa.String(80))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(2), default="it")
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    grants: Mapped[list["RoleGrant"]] = relationship(
        foreign_keys="RoleGrant.person_id", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (
        one_of("language", LANGUAGES),
        sa.CheckConstraint("email = lower(email)", name="email_lower_case"),
        {"sqlite_autoincrement": True},  # an erased person's number never comes back: rooms know people by it
    )

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.confirmed_at is not None

    def get_id(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def subject(self) -> str:
        """The key by which lower rooms know this person."""
        return f"person:{self.id}"

    @property
    def roles(self) -> set[str]:
        """Roles of the staff that this person holds."""
        return {grant.role for grant in self.grants}

    def has_role(self, role: str) -> bool:
        return role == "citizen" or role in self.roles


class RoleGrant(db.Model):
    """A person holds a role of the staff. Nobody both manages and evaluates: who is judged does not judge."""

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))

    __table_args__ = (
        one_of("role", ROLES),
        sa.Index(
            "one_of_manager_evaluator",
            "person_id",
            unique=True,
            sqlite_where=sa.text("role IN ('manager', 'evaluator')"),
            postgresql_where=sa.text("role IN ('manager', 'evaluator')"),
        ),
    )


class SignIn(db.Model):
    """One browser that is signed in. The token is in its cookie alone; here stands its SHA-256, in hexadecimal."""

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_agent: Mapped[str | None] = mapped_column(sa.String(200))


class MailToken(db.Model):
    """A link sent by mail, good once and until `expires_at`; of the token only its SHA-256 is kept.

    next_url: the local page where the person was, to go on from there.
    """

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    next_url: Mapped[str] = mapped_column(sa.String(500), default="")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (one_of("purpose", PURPOSES),)
