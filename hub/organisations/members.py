"""Who belongs to an organisation: their roles, who leaves, who comes to stand for it, and who acts in its name now."""

from datetime import date

import sqlalchemy as sa

from hub.accounts.models import Person, SignIn
from hub.clock import now, today
from hub.db import db
from hub.organisations import rules
from hub.organisations.models import Invitation, Membership, Organisation
from hub.organisations.promises import in_words
from hub.organisations.service import (
    know_birth,
    lock,
    lock_person,
    members_of,
    membership_of,
    memberships_of,
    note,
    tell,
    withdraw_invitations,
)


def member(organisation: Organisation, id: int) -> Membership | None:
    """The place in this organisation with this number, ended or not; None where it is of another."""
    found = sa.select(Membership).filter_by(id=id, organisation_id=organisation.id)
    return db.session.scalars(found.options(sa.orm.joinedload(Membership.person))).one_or_none()


def change_role(theirs: Membership, role: str, *, by: Membership) -> None:
    """Make a member one who acts for the organisation (editor), or no longer (member). Raises Refusal."""
    _must_be_theirs_to_change(theirs, by)
    if theirs.role != role:
        theirs.role = role
        db.session.flush()
        tell("role_changed", [theirs.person], by.organisation, role=role)


def remove(theirs: Membership, *, by: Membership) -> None:
    """Send a member away. Raises Refusal."""
    _must_be_theirs_to_change(theirs, by)
    _end(theirs, by.organisation)
    tell("removed", [theirs.person], by.organisation, link="/area-personale/organizzazioni")


def leave(*, by: Membership) -> None:
    """Go of one's own will. Raises Refusal."""
    if by.organisation.state != "closed":
        rules.must_stay(by.role)
    _end(by, by.organisation)
    representatives = [member.person for member in members_of(by.organisation) if member.role == "legal_rep"]
    tell("left", representatives, by.organisation)


def hand_over(theirs: Membership, *, by: Membership, level: int = 0) -> None:
    """Let another member of age stand for the organisation; whoever did acts for it still. Raises Refusal."""
    organisation = by.organisation
    _must_be_theirs_to_change(theirs, by)
    surely = organisation.kind == "informal_group"
    rules.must_be_adult(theirs.person.birth_date, today(), surely=surely, field="member")
    by.role = "editor"
    db.session.flush()  # one at a time: the database refuses a second representative
    theirs.role = "legal_rep"
    note(organisation, before=organisation.state, by=by.person_id, level=level, reason="representative")
    db.session.flush()
    tell("representative", [theirs.person], organisation, is_new=True)
    tell("representative", [by.person], organisation, is_new=False)


def declare_birth(birth_date: date | None, *, by: Membership) -> None:
    """Tell when one was born, which an informal group needs. Raises Refusal."""
    with in_words():
        know_birth(lock_person(by.person), birth_date)


def _must_be_theirs_to_change(theirs: Membership, by: Membership) -> None:
    """The legal representative changes the others; their own place they hand over."""
    rules.must_be_alive(by.organisation.state)
    rules.must_represent(by.role)
    rules.must_belong(theirs.ended_at)
    rules.must_stay(theirs.role)


def _end(theirs: Membership, organisation: Organisation) -> None:
    _must_leave_two_adults(theirs, organisation)
    withdraw_invitations(organisation, sent_by=theirs.person_id)
    with in_words():
        theirs.ended_at = now()


def _must_leave_two_adults(theirs: Membership, organisation: Organisation) -> None:
    if (organisation.kind, organisation.state) == ("informal_group", "verified"):
        others = (one.person.birth_date for one in members_of(organisation) if one.id != theirs.id)
        rules.must_have_two_adults(others, today())


def must_be_settled(person: Person) -> None:
    """Whoever is erased leaves no organisation without somebody who stands for it. Raises Refusal."""
    for theirs in memberships_of(person):
        if theirs.organisation.state != "closed":
            rules.must_have_handed_over(theirs.role, theirs.organisation.name)
            _must_leave_two_adults(theirs, theirs.organisation)


def forget(person: Person) -> None:
    """End every membership of somebody who is erased, and drop the invitations sent to their address."""
    for theirs in memberships_of(person):
        lock(theirs.organisation_id)
        _end(theirs, theirs.organisation)
    db.session.execute(sa.delete(Invitation).filter_by(email=person.email))


def organisations_to_act_for(person: Person) -> list[Organisation]:
    """The verified organisations in whose name somebody may act, by name."""
    mine = sa.select(Organisation).join(Organisation.memberships).where(Membership.person_id == person.id)
    mine = mine.where(Membership.ended_at.is_(None), Membership.role.in_(rules.ACTING_ROLES))
    mine = mine.where(Organisation.state == "verified").order_by(sa.func.lower(Organisation.name), Organisation.id)
    return list(db.session.scalars(mine))


def act_for(id: int | None, *, by: Person) -> None:
    """From now on this browser acts in the name of the organisation with this number, or of the person. Raises Refusal."""
    if id is not None:
        mine = membership_of(by, id, locked=True)
        rules.must_be_able_to_act(mine and mine.role, mine and mine.organisation.state)
    db.session.execute(sa.update(SignIn).filter_by(token_hash=by.sign_in.token_hash).values(acting_for=id))
