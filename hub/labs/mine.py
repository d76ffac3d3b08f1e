"""What families, and who acts for an organisation, see of their enrolments, and what they do with them."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.labs import basket, enrolment, health, people, seats
from hub.labs.models import Activity, Enrolment, Session
from hub.labs.papers import calendar_entry
from hub.refusal import must_pass
from hub.spaces.models import Occurrence

PER_PAGE = 20
URGENT = ("offered", "pending")
ATTENDING = {"enrolled": "CONFIRMED", "completed": "CONFIRMED", "pending": "TENTATIVE", "offered": "TENTATIVE"}


def enrolments_of(person: Person, *, page: int = 1, size: int = PER_PAGE) -> tuple[list[Enrolment], bool]:
    """A page of somebody's enrolments, those that wait for an answer of theirs first, then those that stand, the newest first;
    and whether there are more."""
    order = sa.case((Enrolment.state.in_(URGENT), 0), (Enrolment.ended_at.is_(None), 1), else_=2)
    found = _theirs(person).order_by(order, Enrolment.id.desc()).offset((page - 1) * size).limit(size + 1)
    rows = db.session.scalars(found).all()
    return list(rows[:size]), len(rows) > size


def _theirs(person: Person) -> sa.Select:
    """Of oneself and of the children one answers for; or of the organisation that one acts for, and those it enrolled."""
    if person.acting_as:
        ours = person.acting_as.id
        whose = sa.or_(Enrolment.organisation_id == ours, Enrolment.through_id == ours)
    else:
        whose = Enrolment.participant_id.in_([record.id for record in basket.candidates(person)])
    about = joinedload(Enrolment.activity).selectinload(Activity.sessions)
    return (
        sa.select(Enrolment)
        .where(whose)
        .options(about, joinedload(Enrolment.participant), joinedload(Enrolment.organisation), joinedload(Enrolment.through))
    )


def numbered(person: Person, numbers: Iterable[int]) -> list[Enrolment]:
    """Those of somebody's enrolments that have these numbers, in the order in which they were made."""
    return list(db.session.scalars(_theirs(person).where(Enrolment.id.in_(numbers)).order_by(Enrolment.id)))


def enrolment_of(person: Person, id: int, *, locked: bool = False) -> Enrolment | None:
    """The enrolment with this number, where it is one of somebody's; None for all others.

    locked: nobody else changes who answers for whom it is about, and for its group, until the transaction ends.
    """
    if locked:
        group = sa.select(Enrolment.group_id).where(Enrolment.id == id).scalar_subquery()
        about = sa.select(Enrolment.participant_id).where(sa.or_(Enrolment.id == id, Enrolment.group_id == group))
        families.lock(*db.session.scalars(about.where(Enrolment.participant_id.is_not(None))))
    whole = (selectinload(Enrolment.changes), joinedload(Enrolment.activity).selectinload(Activity.questions))
    found = _theirs(person).where(Enrolment.id == id).options(*whole)
    return db.session.scalars(found, execution_options={"populate_existing": locked}).one_or_none()


def positions(found: Iterable[Enrolment]) -> dict[int, int]:
    """Which one in the waiting list each is that waits, by its number."""
    return {one.id: seats.position(one) for one in found if one.state == "waiting"}


def sessions_of(activities: Iterable[Activity]) -> list[Session]:
    """Every session of these activities with where it is, as they come."""
    numbers = [activity.id for activity in activities]
    where = selectinload(Session.occurrences).joinedload(Occurrence.space)
    met = sa.select(Session).where(Session.activity_id.in_(numbers)).order_by(Session.starts_at, Session.id)
    return list(db.session.scalars(met.options(where, joinedload(Session.activity))))


def entries(found: Iterable[Enrolment], language: str) -> list:
    """The sessions of what somebody, or a child of theirs, has a place in, for a calendar: each once, and nobody's name."""
    stands: dict[int, str] = {}
    activities: dict[int, Activity] = {}
    for one in found:
        if one.state in ATTENDING:
            activities[one.activity_id] = one.activity
            status = ATTENDING[one.state]
            stands[one.activity_id] = "CONFIRMED" if "CONFIRMED" in (status, stands.get(one.activity_id)) else status
    met = sessions_of(activities.values())
    return [calendar_entry(one, language, "CANCELLED" if one.state == "cancelled" else stands[one.activity_id]) for one in met]


# --- what is done


def confirm(found: Enrolment, agreed: set[str], note: str, *, by: Person) -> None:
    """A guardian confirms what a minor asked for, with what is consented to. Raises Refusal.

    note: on health, where the activity asks for one.
    """
    must_pass(lambda: families.rules.must_answer(families.answers_for(by, found.participant)))
    if basket.may_note(found, by):
        annotate(found, note, by=by)
    consents.give_consent(found.participant, "participation", by=by, activity=found.activity)
    basket.agree(found.participant, agreed, by=by)
    enrolment.confirm(found, by=by)


def annotate(found: Enrolment, note: str, *, by: Person) -> None:
    """Another note on health, with the consent that it rests on; "" takes both away. Raises Refusal."""
    families.rules.must_answer(basket.may_note(found, by))
    if note:
        consents.give_consent(found.participant, health.PURPOSE, by=by, activity=found.activity)
        health.write(found, note, by=by)
    else:
        consents.withdraw_consent(found.participant, health.PURPOSE, by=by, activity=found.activity)
        health.write(found, "", by=by)


def leave(found: Enrolment, reason: str, *, by: Person) -> bool:
    """Withdraw, see `enrolment.withdraw`; what was consented to for this activity ends with it. Raises Refusal."""
    late = enrolment.withdraw(found, reason, by=by)
    _end_consents(found, by)
    return late


def decline(found: Enrolment, *, by: Person) -> None:
    """Say no to a place that is offered; see `enrolment.decline`. Raises Refusal."""
    for one in enrolment.decline(found, by=by):
        _end_consents(one, by)


def _end_consents(found: Enrolment, by: Person) -> None:
    if found.participant is None:
        return
    health.drop(found.participant_id, found.activity_id)
    if found.through:
        consents.end_papers(found.participant, by=by, activity=found.activity, through=found.through)
    if families.answers_for(by, found.participant):
        for purpose in ("participation", health.PURPOSE):
            consents.withdraw_consent(found.participant, purpose, by=by, activity=found.activity)


def answers(found: Enrolment, person: Person) -> bool:
    """Whether somebody has the last word on an enrolment of theirs: not a minor who made it."""
    return people.may_answer(found, person) and not people.is_own_minor(found.participant, person)


def may_do(found: Enrolment, person: Person) -> dict[str, bool]:
    """What somebody may do with an enrolment of theirs now, by the name of the verb; a minor may take back what they asked for
    while nobody has said yes to it."""
    last_word = answers(found, person)
    live = found.ended_at is None and not seats.is_over(found.activity, now())
    return {
        "answer": last_word and found.state == "offered",
        "confirm": last_word and found.state == "pending",
        "withdraw": live and _may_leave(found, last_word),
        "annotate": live and found.state != "pending" and found.participant is not None and basket.may_note(found, person),
    }


def _may_leave(found: Enrolment, last_word: bool) -> bool:
    """An offer to somebody alone is declined, not withdrawn from; of a group one may leave the others."""
    if found.state in ("completed", "offered"):
        return found.state == "offered" and last_word and found.group_id is not None
    return last_word or found.state in ("pending", "waiting")
