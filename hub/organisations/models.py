"""Organisations, who belongs to them and who was invited; and what keeps evaluators apart and groups whole.

An act in an organisation's name needs a live membership that may act and a verified organisation: the database refuses
any other, and stops the acting when either ends.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person, RoleGrant, SignIn
from hub.db import UtcDateTime, db, guarantee, one_of, refuse, unique_while
from hub.organisations.rules import ANSWERS, KINDS, ROLES, STATES


class Organisation(db.Model):
    """An association, a group, an enterprise... tax_code: codice fiscale of the organisation, 11 digits; a group has none.

    is_implementer: it carries out the activities that the evaluator judges.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    name: Mapped[str] = mapped_column(sa.String(160))
    purpose: Mapped[str] = mapped_column(sa.Text, default="")
    tax_code: Mapped[str | None] = mapped_column(sa.String(16))
    vat_number: Mapped[str | None] = mapped_column(sa.String(11))
    email: Mapped[str] = mapped_column(sa.String(254))
    pec: Mapped[str | None] = mapped_column(sa.String(254))
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[str] = mapped_column(sa.String(20), default="pending")
    is_implementer: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    memberships: Mapped[list["Membership"]] = relationship(order_by="Membership.id")
    changes: Mapped[list["OrganisationChange"]] = relationship(order_by="OrganisationChange.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        sa.CheckConstraint("name <> ''", name="name"),
        sa.CheckConstraint("kind = 'informal_group' OR tax_code IS NOT NULL", name="tax_code"),
        unique_while("state = 'verified'", "uq_organisation_verified_tax_code", "tax_code"),
        sa.Index("ix_organisation_queue", "state", "created_at"),
    )

    @property
    def subject(self) -> str:
        """The key by which the participation log's vault knows this organisation."""
        return f"organisation:{self.id}"


class OrganisationChange(db.Model):
    """One change of state: who, with which level of identity, why, in which words. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    before: Mapped[str] = mapped_column(sa.String(20))
    after: Mapped[str] = mapped_column(sa.String(20))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Person] = relationship()

    __table_args__ = (one_of("before", ("", *STATES)), one_of("after", STATES))


class Membership(db.Model):
    """A person belongs to an organisation, from `since` until `ended_at`; one at a time stands for it in law."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship(overlaps="memberships")

    __table_args__ = (
        one_of("role", ROLES),
        unique_while("ended_at IS NULL", "one_live_membership", "organisation_id", "person_id"),
        unique_while("ended_at IS NULL AND role = 'legal_rep'", "one_legal_rep", "organisation_id"),
    )


class Invitation(db.Model):
    """Somebody was asked by mail to join; of the link's token only its SHA-256 is kept. Answered once."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(sa.String(254))
    role: Mapped[str] = mapped_column(sa.String(20))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(sa.String(20))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    inviter: Mapped[Person] = relationship()

    __table_args__ = (
        one_of("role", ROLES[1:]),
        one_of("answer", ANSWERS),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        unique_while("answer IS NULL", "one_open_invitation", "organisation_id", "email"),
    )


refuse(OrganisationChange.__table__, "organisation_change_kept_update", "UPDATE")
refuse(OrganisationChange.__table__, "organisation_change_kept_delete", "DELETE")


# A membership that ended stays ended, and is nobody else's: who belonged when is part of the record.
refuse(Membership.__table__, "membership_kept_delete", "DELETE")
refuse(
    Membership.__table__,
    "membership_kept_update",
    "UPDATE",
    when="OLD.ended_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.organisation_id <> OLD.organisation_id",
)


def _after(table: sa.Table, name: str, operation: str, *, lock: str, when: str | dict[str, str], then: str = "") -> None:
    """After an INSERT or UPDATE: where a condition (SQL, seeing NEW) holds, do `then`, or refuse where that is empty.

    lock: the rows (SQL) that all who touch the same promise lock first on PostgreSQL, where rivals see only what is
    committed; on SQLite there is one writer at a time. when: one condition, or one for each engine.
    """
    sqlite, postgresql = (when, when) if isinstance(when, str) else (when["sqlite"], when["postgresql"])
    refusal = {
        "sqlite": f"SELECT RAISE(ABORT, '{name}')",
        "postgresql": f"RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation'",
    }
    head = f"CREATE TRIGGER {name} AFTER {operation} ON {table.name} FOR EACH ROW"
    guarantee(
        table,
        name,
        sqlite=f"{head} WHEN {sqlite}\nBEGIN\n  {then or refusal['sqlite']};\nEND",
        postgresql=f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM {lock} ORDER BY id FOR UPDATE;
  IF {postgresql} THEN
    {then or refusal["postgresql"]};
  END IF;
  RETURN NULL;
END $$;
{head} EXECUTE FUNCTION {name}()""",
    )


_OF_NEW_PERSON = "person WHERE id = NEW.person_id"

# Nobody of the implementer's organisation evaluates it, whichever of the three facts comes last.
_JUDGE = (
    "EXISTS (SELECT 1 FROM role_grant r JOIN membership m ON m.person_id = r.person_id AND m.ended_at IS NULL"
    " JOIN organisation o ON o.id = m.organisation_id AND o.is_implementer WHERE r.role = 'evaluator' AND {whose})"
)
_OF_PERSON = _JUDGE.format(whose="r.person_id = NEW.person_id")
_MEMBERS = "person WHERE id IN (SELECT person_id FROM membership WHERE organisation_id = NEW.id)"
_after(RoleGrant.__table__, "evaluator_apart_grant", "INSERT", lock=_OF_NEW_PERSON, when=_OF_PERSON)
_after(Membership.__table__, "evaluator_apart_join", "INSERT", lock=_OF_NEW_PERSON, when=_OF_PERSON)
_after(Organisation.__table__, "evaluator_apart_implement", "UPDATE", lock=_MEMBERS, when=_JUDGE.format(whose="o.id = NEW.id"))

# A verified informal group has at least two members of age: somebody always answers for it besides its founder.
_LONE = (
    "EXISTS (SELECT 1 FROM organisation o WHERE {which} AND o.kind = 'informal_group' AND o.state = 'verified' AND"
    " (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id"
    " WHERE m.organisation_id = o.id AND m.ended_at IS NULL AND p.birth_date <= {day}) < 2)"
)
_DAY = {"sqlite": "date('now', '-18 years')", "postgresql": "(current_date - interval '18 years')"}


def _lone(which: str) -> dict[str, str]:
    return {engine: _LONE.format(which=which, day=day) for engine, day in _DAY.items()}


_THEIRS = "o.id IN (SELECT organisation_id FROM membership WHERE person_id = NEW.id AND ended_at IS NULL)"
_GROUP = "organisation WHERE id = NEW.organisation_id"
refuse(Organisation.__table__, "two_adults_founded", "INSERT", when="NEW.kind = 'informal_group' AND NEW.state = 'verified'")
_after(Organisation.__table__, "two_adults_verified", "UPDATE", lock=_MEMBERS, when=_lone("o.id = NEW.id"))
_after(Membership.__table__, "two_adults_stay", "UPDATE", lock=_GROUP, when=_lone("o.id = NEW.organisation_id"))
_after(
    Person.__table__,
    "two_adults_born",
    "UPDATE OF birth_date",
    lock="organisation WHERE id IN (SELECT organisation_id FROM membership WHERE person_id = NEW.id)",
    when=_lone(_THEIRS),
)

# Who acts in an organisation's name, by the sign-in of their browser.
_MAY_NOT_ACT = (
    "NEW.acting_for IS NOT NULL AND NOT EXISTS (SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id"
    " WHERE o.id = NEW.acting_for AND o.state = 'verified' AND m.person_id = NEW.person_id AND m.ended_at IS NULL"
    " AND m.role IN ('legal_rep', 'editor'))"
)
_ACTING_FOR = "organisation WHERE id = NEW.acting_for"
_after(SignIn.__table__, "acting_allowed_insert", "INSERT", lock=_ACTING_FOR, when=_MAY_NOT_ACT)
_after(SignIn.__table__, "acting_allowed_update", "UPDATE", lock=_ACTING_FOR, when=_MAY_NOT_ACT)
_after(
    Membership.__table__,
    "acting_ends_with_membership",
    "UPDATE",
    lock=_GROUP,
    when="NEW.ended_at IS NOT NULL OR NEW.role = 'member'",
    then="UPDATE sign_in SET acting_for = NULL WHERE person_id = NEW.person_id AND acting_for = NEW.organisation_id",
)
_after(
    Organisation.__table__,
    "acting_ends_with_organisation",
    "UPDATE",
    lock="organisation WHERE id = NEW.id",
    when="NEW.state <> 'verified'",
    then="UPDATE sign_in SET acting_for = NULL WHERE acting_for = NEW.id",
)
