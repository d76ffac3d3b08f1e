"""Roles of the staff: given and taken, each time with a line in a register that nobody rewrites; and finding a person."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts import rules
from hub.accounts.models import Person, RoleChange, RoleGrant, SecondFactor
from hub.accounts.service import end_sign_ins
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.notices.service import notice

MOST_FOUND = 20


def grant_role(person: Person, role: str, *, by: Person | None = None, reason: str = "") -> None:
    """Give a role of the staff (manager, evaluator, administrator); `by` is None where the portal itself does it.

    Nothing where the person holds it already. Their sign-ins end, so that what they may do is asked anew.
    """
    rules.must_have_registered(person.is_active and person.erased_at is None)
    held = sa.select(RoleGrant.role).filter_by(person_id=person.id)
    rules.must_stay_apart(role, db.session.scalars(held))
    given = {"person_id": person.id, "role": role, "granted_at": now(), "granted_by": by.id if by else None}
    try:
        with db.session.begin_nested():
            new = insert_unless_there(RoleGrant, **given)
    except sa.exc.IntegrityError as error:
        rules.must_not_judge_itself("evaluator_apart_grant" not in str(error.orig))
        raise
    if new:
        _write_down(person, role, True, by, reason)
    else:
        rules.must_stay_apart(role, db.session.scalars(held))  # somebody else gave the other role meanwhile


def revoke_role(person: Person, role: str, *, by: Person | None = None, reason: str = "") -> None:
    """Take a role of the staff away; nothing where the person does not hold it. Their sign-ins end.

    Raises Refusal for an administrator's own role, and for the last administrator's.
    """
    if role == "administrator":
        rules.must_be_somebody_else(person.id, by.id if by else None)
        # locked: of two administrators who take each other's role at one moment, the second is refused
        holders = sa.select(RoleGrant.person_id).filter_by(role=role).order_by(RoleGrant.person_id).with_for_update()
        holders = db.session.scalars(holders).all()
        rules.must_leave_an_administrator(len(set(holders) - {person.id}) if person.id in holders else 1)
    taken = db.session.execute(sa.delete(RoleGrant).filter_by(person_id=person.id, role=role))
    if taken.rowcount:
        _write_down(person, role, False, by, reason)


def _write_down(person: Person, role: str, given: bool, by: Person | None, reason: str) -> None:
    by_id = by.id if by else None
    db.session.add(RoleChange(person_id=person.id, role=role, given=given, by_id=by_id, reason=reason, at=now()))
    db.session.flush()
    end_sign_ins(person)
    if by:
        notice("accounts/role_changed", to=person, role=role, given=given, reason=reason)
    if person in db.session:
        db.session.expire(person, ["grants"])


def history(person: Person) -> list[RoleChange]:
    """The roles that this person was given and lost, the latest first."""
    mine = sa.select(RoleChange).filter_by(person_id=person.id).order_by(RoleChange.id.desc())
    return list(db.session.scalars(mine.options(joinedload(RoleChange.by))))


def staff() -> list[Person]:
    """Whoever holds a role, by name."""
    found = sa.select(Person).where(Person.grants.any()).options(joinedload(Person.grants))
    return list(db.session.scalars(found.order_by(Person.family_name, Person.given_name, Person.id)).unique())


def search(text: str) -> tuple[list[Person], bool]:
    """People in whose name or address every word of the text stands, by name, at most MOST_FOUND; and whether there are more.

    Only who has confirmed their address and is still there. Raises Refusal for too short a text.
    """
    rules.must_be_findable(text)
    about = Person.given_name + " " + Person.family_name + " " + Person.email
    found = _present().where(*(about.icontains(word, autoescape=True) for word in text.split()))
    found = found.order_by(Person.family_name, Person.given_name, Person.id).limit(MOST_FOUND + 1)
    people = db.session.scalars(found).unique().all()
    return list(people[:MOST_FOUND]), len(people) > MOST_FOUND


def card_of(id: int) -> tuple[Person, bool] | None:
    """Somebody with an account, with their roles, and whether they have a second factor; None for who has not confirmed
    their address, or had their data erased."""
    factor = sa.exists().where(SecondFactor.person_id == Person.id, SecondFactor.confirmed_at.is_not(None))
    row = db.session.execute(_present().add_columns(factor).where(Person.id == id)).unique().one_or_none()
    return tuple(row) if row else None


def _present() -> sa.Select:
    here = (Person.confirmed_at.is_not(None), Person.erased_at.is_(None))
    return sa.select(Person).where(*here).options(joinedload(Person.grants))
