"""What managers do with organisations: look at those that wait, verify or refuse them, say which one is the implementer."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import today
from hub.db import db
from hub.organisations import rules
from hub.organisations.models import Membership, Organisation, OrganisationChange
from hub.organisations.promises import in_words
from hub.organisations.service import lock, note, people_of, tell, turn

PER_PAGE = 20


def queue(state: str, *, page: int = 1) -> tuple[list[tuple[Organisation, datetime]], bool]:
    """A page of the organisations in a state, each with the instant since when: those that wait by age, the others from the
    newest; and whether there are more."""
    since = sa.func.max(OrganisationChange.at)
    arrived = sa.and_(
        OrganisationChange.organisation_id == Organisation.id, OrganisationChange.before != OrganisationChange.after
    )
    rows = sa.select(Organisation, since).join(OrganisationChange, arrived).where(Organisation.state == state)
    rows = rows.group_by(Organisation.id).order_by(since if state == "pending" else since.desc(), Organisation.id)
    found = db.session.execute(rows.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return [(organisation, at) for organisation, at in found[:PER_PAGE]], len(found) > PER_PAGE


def counts() -> dict[str, int]:
    """How many organisations there are in each state."""
    rows = db.session.execute(sa.select(Organisation.state, sa.func.count()).group_by(Organisation.state))
    return dict.fromkeys(rules.STATES, 0) | dict(rows.all())


def organisation_by(id: int, *, locked: bool = False) -> Organisation | None:
    """An organisation with everybody who ever belonged to it; locked against other changes where one is about to be made."""
    if locked:
        lock(id)
    whole = sa.select(Organisation).filter_by(id=id)
    whole = whole.options(joinedload(Organisation.memberships).joinedload(Membership.person))
    return db.session.scalars(whole, execution_options={"populate_existing": locked}).unique().one_or_none()


def with_same_code(organisation: Organisation) -> list[Organisation]:
    """The other organisations that say they have the same codice fiscale."""
    if organisation.tax_code is None:
        return []
    same = sa.select(Organisation).filter_by(tax_code=organisation.tax_code).where(Organisation.id != organisation.id)
    return list(db.session.scalars(same.order_by(Organisation.id)))


def verify(organisation: Organisation, *, by: Person) -> None:
    """Say that it is what it says, and that who stands for it does: from now on people act in its name. Raises Refusal."""
    _must_be_outside(organisation, by)
    if organisation.kind == "informal_group":
        rules.must_have_two_adults((member.person.birth_date for member in live(organisation)), today())
    with in_words():
        turn(organisation, "verified", by=by.id, level=by.level)
    tell("verified", people_of(organisation), organisation)


def refuse(organisation: Organisation, reason: str, *, by: Person) -> None:
    """Say no, with the reason that its people read. Raises Refusal."""
    _must_be_outside(organisation, by)
    rules.must_give_reason(reason)
    turn(organisation, "refused", by=by.id, level=by.level, reason=reason)
    db.session.flush()
    tell("refused", people_of(organisation), organisation, reason=reason)


def mark_implementer(organisation: Organisation, is_implementer: bool, *, by: Person) -> None:
    """Say whether it carries out the activities that the evaluator judges: then no evaluator is of it. Raises Refusal."""
    _must_be_outside(organisation, by)
    rules.must_be_alive(organisation.state)
    if organisation.is_implementer == is_implementer:
        return
    organisation.is_implementer = is_implementer
    event = "implementer" if is_implementer else "not_implementer"
    with in_words():
        note(organisation, before=organisation.state, by=by.id, level=by.level, reason=event)
    tell("implementer", people_of(organisation), organisation, is_implementer=is_implementer)


def live(organisation: Organisation) -> list[Membership]:
    """Who belongs to it now, of all who are loaded with it."""
    return [member for member in organisation.memberships if member.ended_at is None]


def _must_be_outside(organisation: Organisation, by: Person) -> None:
    rules.must_be_outside(any(member.person_id == by.id for member in live(organisation)))
