"""Whom an enrolment concerns: who is told of it, who decides of it, and the mails that tell them."""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families import service as families
from hub.families.models import Guardianship, Participant
from hub.labs.models import Activity, Enrolment, Session
from hub.notices.service import notice
from hub.organisations.models import Membership, Organisation
from hub.organisations.rules import ACTING_ROLES

PATH = "/area-personale/iscrizioni"
CHILD = joinedload(Enrolment.participant)
WITH_PEOPLE = (
    joinedload(Enrolment.activity),
    CHILD.joinedload(Participant.person),
    CHILD.selectinload(Participant.guardianships).joinedload(Guardianship.guardian),
    *(
        joinedload(whose).selectinload(Organisation.memberships).joinedload(Membership.person)
        for whose in (Enrolment.organisation, Enrolment.through)
    ),
)

NEXT = sa.select(sa.func.min(Session.starts_at)).where(
    Session.activity_id == sa.bindparam("activity"), Session.state == "planned", Session.starts_at > sa.bindparam("at")
)


def recipients(enrolment: Enrolment) -> list[Person]:
    """Who is told of an enrolment: of a child its guardians, and itself where it enrolled by itself; an adult; of an
    organisation who acts for it. Where none of them is known, who acts for the organisation that enrolled them. Nobody twice.
    """
    found = _own(enrolment.participant, enrolment.enrolled_by_id) if enrolment.participant else _acting(enrolment.organisation)
    found = [person for person in found if person.erased_at is None] or _acting(enrolment.through)
    return list({person.id: person for person in found}.values())


def _own(participant: Participant, enrolled_by: int) -> list[Person]:
    own = [participant.person] if participant.person else []
    if not families.is_minor(participant):
        return own
    guardians = [one.guardian for one in participant.guardianships if one.ended_at is None]
    return [*guardians, *(one for one in own if not guardians or one.id == enrolled_by)]


def _acting(organisation: Organisation | None) -> list[Person]:
    """Who may act for an organisation, as they came."""
    theirs = organisation.memberships if organisation else ()
    return [one.person for one in theirs if one.ended_at is None and one.role in ACTING_ROLES]


def may_answer(enrolment: Enrolment, person: Person) -> bool:
    """Whether somebody decides of an enrolment: whom it is of, who answers for them, who acts now for the organisation that it
    is of or that made it, and managers."""
    acting, participant = person.acting_as and person.acting_as.id, enrolment.participant
    if acting and acting in (enrolment.organisation_id, enrolment.through_id):
        return True
    if participant and (participant.person_id == person.id or families.answers_for(person, participant)):
        return True
    return person.has_role("manager")


def is_nameless(enrolment: Enrolment) -> bool:
    """Whether the record of whom it is of was erased: nobody knows any more who they are."""
    return enrolment.participant is not None and enrolment.participant.erased_at is not None


def is_own_minor(participant: Participant | None, person: Person) -> bool:
    """Whether this is a minor who acts for themselves."""
    return participant is not None and participant.person_id == person.id and families.is_minor(participant)


def enrolments(activity: Activity, states: Collection[str]) -> list[Enrolment]:
    """Those of an activity in these states, with whom they concern, in the order in which they came; as they stand now."""
    found = sa.select(Enrolment).where(Enrolment.activity_id == activity.id, Enrolment.state.in_(states))
    found = found.options(*WITH_PEOPLE).order_by(Enrolment.id)
    return list(db.session.scalars(found, execution_options={"populate_existing": True}))


def tell_all(
    activity: Activity, kind: str, *, states: Collection[str] = ("pending", "offered", "enrolled"), **facts: object
) -> int:
    """Tell everybody who has a place, or whose enrolment is in these states, once each; see `tell`. Returns how many people."""
    return tell(kind, enrolments(activity, states), **facts)


def tell(kind: str, about: Iterable[Enrolment], **facts: object) -> int:
    """One notice ("labs/...") to each of the people of these enrolments, all of one activity. Returns how many people.

    The template gets the facts, and: who (the names of those it is about, as a list), title, starts (of the session that
    comes next, or None), link (to the enrolments of who reads), page (of the activity).
    """
    told: dict[int, tuple[Person, list[str]]] = {}
    for enrolment in (about := list(about)):
        for person in recipients(enrolment):
            told.setdefault(person.id, (person, []))[1].append(called(enrolment))
    if told:
        activity = about[0].activity
        common = {"title": activity.title, "starts": next_start(activity), "link": PATH, "page": f"/attivita/{activity.slug}"}
        for person, who in told.values():
            notice(kind, to=person, **common | {"who": who} | facts)
    return len(told)


def called(enrolment: Enrolment) -> str:
    """What a mail calls who is enrolled: a given name, which whoever reads knows, or the organisation's."""
    return enrolment.participant.given_name if enrolment.participant else enrolment.organisation.name


def next_start(activity: Activity, at: datetime | None = None) -> datetime | None:
    """When the session begins that comes next, None where there is none."""
    return db.session.scalar(NEXT, {"activity": activity.id, "at": at or now()})
