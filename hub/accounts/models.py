"""People and their roles, the sign-ins that are open, and what proves who somebody is: links by mail, codes, an identity."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import UtcDateTime, db, one_of, refuse, unique_while

ROLES = ("manager", "evaluator", "administrator")
LANGUAGES = ("it", "en")
PURPOSES = ("confirm", "reset", "old_address", "new_address", "identity")
LEVELS = (0, 1, 2, 3)  # 0: an address that was confirmed; 1 to 3: a digital identity, as SPID and CIE count them


class Person(db.Model):
    """Somebody with an account. Whoever has signed in is a citizen; the roles of the staff are granted.

    email: lower-case, the domain in ASCII; password_hash: argon2id, None for who has no password here;
    confirmed_at: when they proved that the address is theirs, before which they cannot sign in; birth_date: as they say, or
    as their digital identity says; erased_at: when they had their data erased, after which only the number is left.
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
    birth_date: Mapped[date | None]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

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
    # What the sign-in of this request adds (`service.person_of`): a person out of a request acts for themselves.
    sign_in = acting_as = None
    level = 0

    @property
    def is_active(self) -> bool:
        return self.confirmed_at is not None

    def get_id(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

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


class Identity(db.Model):
    """What an identity provider (SPID, CIE) says of a person, in person: their fiscal code is whom it is about.

    level: the highest that they came with (1 to 3).
    """

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    fiscal_code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    level: Mapped[int] = mapped_column(sa.SmallInteger)
    identified_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("length(fiscal_code) = 16 AND fiscal_code = upper(fiscal_code)", name="fiscal_code"),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )


class RoleGrant(db.Model):
    """A person holds a role of the staff. Nobody both manages and evaluates: who is judged does not judge."""

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))

    __table_args__ = (
        one_of("role", ROLES),
        unique_while("role IN ('manager', 'evaluator')", "one_of_manager_evaluator", "person_id"),
    )


class RoleChange(db.Model):
    """A role given or taken, by whom and why; `by_id` is None where the portal itself did it. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    given: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Person | None] = relationship(foreign_keys=by_id)

    __table_args__ = (one_of("role", ROLES),)


class SignIn(db.Model):
    """One browser that is signed in. The token is in its cookie alone; here stands its SHA-256, in hexadecimal.

    awaits_code: the password was right and the second factor is still to come; until then it opens nothing.
    second_factor_at: when that came. level: of the digital identity they came with, 0 with a password. acting_for: the
    organisation in whose name they act.
    """

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_agent: Mapped[str | None] = mapped_column(sa.String(200))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    awaits_code: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acting_for: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))

    organisation: Mapped["Organisation | None"] = relationship()  # noqa: F821 - a room above, which knows who may act for it


class MailToken(db.Model):
    """A link sent by mail, good once and until `expires_at`; of the token only its SHA-256 is kept.

    next_url: the local page where the person was, to go on from there; payload: what the link brings about, such as the
    new address.
    """

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    next_url: Mapped[str] = mapped_column(sa.String(500), default="")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payload: Mapped[dict | None] = mapped_column(sa.JSON)

    __table_args__ = (one_of("purpose", PURPOSES),)


class SecondFactor(db.Model):
    """The authenticator of a person (TOTP, RFC 6238). secret: encrypted; last_step: the latest time step that was used,
    so that a code opens once; confirmed_at: when the first code came, before which it counts for nothing."""

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(200))
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(db.Model):
    """A code on paper, good once instead of the authenticator's; only a keyed digest of it is kept."""

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(db.Model):
    """How often something that may be guessed was tried since `since`. bucket: a keyed digest of what is limited, so that
    the table tells neither addresses nor accounts."""

    bucket: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (sa.CheckConstraint("count >= 0", name="count"),)


class DataView(db.Model):
    """Somebody of the staff opened a person's data; that person reads it in their personal area. Never altered.

    what: the kind of page ("booking", "person"...); ref: which one, such as a booking's code.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    viewer_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    what: Mapped[str] = mapped_column(sa.String(40))
    ref: Mapped[str] = mapped_column(sa.String(64), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    viewer: Mapped[Person] = relationship(foreign_keys=viewer_id)

    __table_args__ = (sa.Index("ix_data_view_person", "person_id", "id"),)


for _table in (RoleChange.__table__, DataView.__table__):
    refuse(_table, f"{_table.name}_kept_update", "UPDATE")
    refuse(_table, f"{_table.name}_kept_delete", "DELETE")
