"""What people do with an organisation: found it, say what it is, close it. Each verb checks the rules, changes the row, tells."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Identity, Person
from hub.accounts.rules import mailbox
from hub.accounts.service import people_with
from hub.clock import now, today
from hub.db import db
from hub.notices.service import notice
from hub.organisations import rules
from hub.organisations.models import Invitation, Membership, Organisation, OrganisationChange
from hub.organisations.promises import in_words
from hub.organisations.rules import CONTACTS, IDENTIFYING

# Rooms above that may still need an organisation hang a rule here: it raises a Refusal as long as they do.
BEFORE_CLOSING: list[Callable[[Organisation], None]] = []
PATH, STAFF_PATH = "/area-personale/organizzazioni/", "/gestione/organizzazioni/"


def found(values: Mapping[str, str | None], *, by: Person, birth_date: date | None = None) -> Organisation:
    """A new organisation, which `by` stands for and a manager still has to verify. Raises Refusal.

    values: IDENTIFYING and CONTACTS, as they were typed; birth_date: what somebody declares who founds an informal group.
    """
    person = lock_person(by)  # one request at a time: in two tabs they would not know of each other
    told = _checked(values)
    rules.must_be_new(waiting_like(told, by=by) is not None)
    _must_not_be_known(told)
    rules.must_not_hoard(len(_waiting(by)))
    if told["kind"] == "informal_group":
        know_birth(person, birth_date)
    rules.must_be_adult(person.birth_date, today(), field="birth_date")
    organisation = Organisation(**told, state="pending", created_at=now())
    organisation.memberships = [Membership(person=person, role="legal_rep", since=now())]
    db.session.add(organisation)
    with in_words():
        db.session.flush()
        note(organisation, before="", by=person.id, level=by.level)
    tell("received", [person], organisation)
    _tell_managers(organisation)
    return organisation


def revise(values: Mapping[str, str | None], *, by: Membership, level: int = 0) -> None:
    """Change what an organisation says of itself, or send it again as it was. Raises Refusal.

    values: those of IDENTIFYING and CONTACTS that change. What was refused, and what was verified and is now called by
    another name, kind or code, waits for a manager again.
    """
    organisation, before = by.organisation, by.organisation.state
    rules.must_be_alive(before)
    rules.must_act(by.role)
    kept = {name: getattr(organisation, name) for name in (*IDENTIFYING, *CONTACTS)}
    told = _checked(kept | dict(values))
    is_another = any(told[name] != kept[name] for name in IDENTIFYING)
    if is_another:
        _must_not_be_known(told, but=organisation)
        if before == "verified":
            rules.must_represent(by.role)
            rules.must_stay_of_its_kind(kept["kind"], told["kind"])
    for name, value in told.items():
        setattr(organisation, name, value)
    with in_words():
        if before == "refused" or (before == "verified" and is_another):
            turn(organisation, "pending", by=by.person_id, level=level)
    if organisation.state != before:
        tell("received", people_of(organisation), organisation)
        _tell_managers(organisation)


def close(*, by: Membership, level: int = 0) -> None:
    """The end of an organisation here: nobody acts for it any more, and nobody is invited. Raises Refusal."""
    organisation = by.organisation
    rules.must_represent(by.role)
    rules.must_be_alive(organisation.state)
    for must_not_need in BEFORE_CLOSING:
        must_not_need(organisation)
    turn(organisation, "closed", by=by.person_id, level=level)
    withdraw_invitations(organisation)
    db.session.flush()
    tell("closed", people_of(organisation), organisation)


def membership_of(person: Person, id: int, *, locked: bool = False) -> Membership | None:
    """Somebody's place in the organisation with this number, None where they have none.

    locked: nobody else changes the organisation or who is in it until the transaction ends.
    """
    if locked:
        lock(id)
    mine = sa.select(Membership).filter_by(person_id=person.id, organisation_id=id, ended_at=None)
    mine = mine.options(joinedload(Membership.organisation), joinedload(Membership.person))
    return db.session.scalars(mine, execution_options={"populate_existing": locked}).one_or_none()


def memberships_of(person: Person) -> list[Membership]:
    """Every organisation that somebody belongs to, with their role, by name."""
    mine = sa.select(Membership).join(Membership.organisation).filter(Membership.person_id == person.id)
    mine = mine.where(Membership.ended_at.is_(None)).order_by(sa.func.lower(Organisation.name), Organisation.id)
    return list(db.session.scalars(mine.options(sa.orm.contains_eager(Membership.organisation))))


def verified() -> list[Organisation]:
    """Those in whose name somebody may act, by name."""
    found = sa.select(Organisation).where(Organisation.state == "verified")
    return list(db.session.scalars(found.order_by(sa.func.lower(Organisation.name), Organisation.id)))


def members_of(organisation: Organisation) -> list[Membership]:
    """Who belongs to an organisation now, with the person: its representative first, then as they came."""
    theirs = sa.select(Membership).filter_by(organisation_id=organisation.id, ended_at=None)
    found = db.session.scalars(theirs.options(joinedload(Membership.person)).order_by(Membership.id))
    return sorted(found, key=lambda member: rules.ROLES.index(member.role))


def people_of(organisation: Organisation) -> list[Person]:
    return [member.person for member in members_of(organisation)]


def history(organisation: Organisation) -> list[OrganisationChange]:
    """What happened to an organisation, the oldest first."""
    changes = sa.select(OrganisationChange).filter_by(organisation_id=organisation.id).order_by(OrganisationChange.id)
    return list(db.session.scalars(changes.options(joinedload(OrganisationChange.by))))


def waiting_like(values: Mapping[str, str | None], *, by: Person) -> Organisation | None:
    """The organisation like this one that the same person has founded and that still waits for verification."""
    alike = (one for one in _waiting(by) if rules.is_the_same(values, {"name": one.name, "tax_code": one.tax_code}))
    return next(alike, None)


def asks_birth(person: Person) -> bool:
    """Whether somebody would have to tell when they were born, to belong to an informal group."""
    return person.birth_date is None and db.session.get(Identity, person.id) is None


def know_birth(person: Person, told: date | None) -> None:
    """See to it that we know when a member of an informal group was born: from before, or as they declare. Raises Refusal."""
    if person.birth_date is None:
        rules.must_tell_birth_oneself(not asks_birth(person))
        rules.must_be_born(told, today())
        person.birth_date = told


def lock(id: int) -> None:
    """Keep everybody else from changing an organisation, or who is in it, until the transaction ends."""
    db.session.execute(sa.select(Organisation.id).filter_by(id=id).with_for_update()).all()


def lock_person(person: Person) -> Person:
    """The row of somebody who may come as a snapshot, which nobody else changes until the transaction ends."""
    return db.session.get_one(Person, person.id, with_for_update=True, populate_existing=True)


def turn(organisation: Organisation, state: str, *, by: int, level: int, reason: str = "") -> None:
    """The one way from a state to another, written down. by: a person's number; level: of the identity they came with."""
    before = organisation.state
    rules.must_go(before, state)
    organisation.state = state
    note(organisation, before=before, by=by, level=level, reason=reason)


def note(organisation: Organisation, *, before: str, by: int, level: int, reason: str = "") -> None:
    """A line of the history; where the state stays as it was, the reason is one of rules.EVENTS."""
    line = OrganisationChange(organisation_id=organisation.id, before=before, after=organisation.state, reason=reason, at=now())
    line.by_id, line.level = by, level
    db.session.add(line)


def withdraw_invitations(organisation: Organisation, *, sent_by: int | None = None) -> None:
    """Take back the invitations that nobody has answered: all, or those that one person sent."""
    doomed = sa.update(Invitation).where(Invitation.organisation_id == organisation.id, Invitation.answer.is_(None))
    doomed = doomed.where(Invitation.invited_by == sent_by) if sent_by else doomed
    db.session.execute(doomed.values(answer="revoked", answered_at=now()))


def tell(kind: str, people: Iterable[Person], organisation: Organisation, **more: object) -> None:
    """A notice to each of these people about an organisation. It names nobody else: whoever is erased stands in no message."""
    for person in people:
        facts = {"organisation": organisation.name, "link": f"{PATH}{organisation.id}"}
        notice(f"organisations/{kind}", to=person, **facts | more)


def _tell_managers(organisation: Organisation) -> None:
    tell("to_verify", people_with("manager"), organisation, link=f"{STAFF_PATH}{organisation.id}")


def _checked(values: Mapping[str, str | None]) -> dict[str, str | None]:
    told = rules.checked(values)
    return told | {name: told[name] and mailbox(told[name]) for name in ("email", "pec")}


def _must_not_be_known(told: Mapping[str, str | None], *, but: Organisation | None = None) -> None:
    same = sa.select(Organisation.id).filter_by(tax_code=told["tax_code"], state="verified")
    same = same.where(Organisation.id != but.id) if but else same
    if told["tax_code"] and db.session.scalars(same).first():
        raise rules.known()


def _waiting(person: Person) -> list[Organisation]:
    theirs = sa.select(Organisation).join(Organisation.memberships).filter(Organisation.state == "pending")
    theirs = theirs.where(Membership.person_id == person.id, Membership.role == "legal_rep", Membership.ended_at.is_(None))
    return list(db.session.scalars(theirs))
