"""Enrolling and leaving: who gets a place or waits, who says yes to one, who gives it up, who is turned away.

Every verb locks the activity first (`seats.begin`) and looks at the clock then. Whoever enrols in several activities at once
takes them in the order of their numbers. Verbs flush, never commit.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now, today, wall
from hub.db import db
from hub.families import service as families
from hub.families.models import Participant
from hub.labs import people, rules, seats
from hub.labs.models import Activity, EnrolGroup, Enrolment, HealthNote
from hub.labs.rules import Asked
from hub.labs.seats import places as places
from hub.labs.seats import position as position
from hub.labs.seats import set_places as set_places
from hub.labs.seats import settle as settle
from hub.organisations.models import Organisation
from hub.refusal import Refusal, must_pass, refusals

# Which of these are enrolled in an activity, or wait.
ENROLLED = {
    who: sa.select(column).where(
        Enrolment.activity_id == sa.bindparam("activity"),
        Enrolment.ended_at.is_(None),
        column.in_(sa.bindparam("wanted", expanding=True)),
    )
    for who, column in ((Participant, Enrolment.participant_id), (Organisation, Enrolment.organisation_id))
}
LATE = "late"  # in the history of who withdrew when it counts as an absence


@dataclass(frozen=True)
class Wanted:
    """Whom somebody enrols: see `rules.checked_answers`, and `hub.sealing` (purpose "health") for the note."""

    participant: Participant
    answers: dict[str, object] = field(default_factory=dict)
    sealed_health: str = ""


def enrol(
    activity: Activity,
    wanted: Sequence[Wanted],
    *,
    by: Person,
    channel: str = "web",
    together: bool = False,
    through: Organisation | None = None,
    level: int = 0,
    priority: int = 0,
) -> list[Enrolment]:
    """Each gets a free place, or waits; a minor who enrols by themselves is kept one until a guardian confirms.

    together: they get places all or none; through: the organisation that enrols them, for which `by` acts; level: of the
    identity of `by`; priority: the class in which they wait, the lower first. Raises Refusal: then nobody is enrolled.
    """
    families.lock(*(one.participant.id for one in wanted))
    group_of = len(wanted) if together and len(wanted) > 1 else 0
    _must_have_room(activity, [one.participant for one in wanted], group_of)
    at = seats.begin(activity)
    seats.lapse(activity, at)
    span, asked, answers = seats.span_of(activity), _asked(activity), []
    must_pass(
        lambda: _must_take(activity, "person", span, at),
        lambda: _must_be_new(activity, [one.participant for one in wanted]),
        *(lambda one=one: _must_be_allowed(activity, one.participant, span, at, by=by, through=through) for one in wanted),
        *(lambda one=one: answers.append(rules.checked_answers(asked, one.answers)) for one in wanted),
    )
    made = [
        Enrolment(participant=one.participant, through=through, answers=kept, priority=priority, channel=channel, level=level)
        for one, kept in zip(wanted, answers, strict=True)
    ]
    if group_of:
        rules.must_fit_in_the_hub(group_of, seats.places(activity).count)
        group = EnrolGroup(activity_id=activity.id, created_at=at)
        db.session.add(group)
        db.session.flush()
        for enrolment in made:
            enrolment.group_id = group.id
    _place(activity, made, at, by=by)
    for enrolment, one in zip(made, wanted, strict=True):
        if one.sealed_health:
            note = HealthNote(enrolment_id=enrolment.id, sealed=one.sealed_health, written_by_id=by.id, written_at=at)
            db.session.add(note)
    db.session.flush()
    return made


def enrol_organisation(
    activity: Activity,
    organisation: Organisation,
    answers: dict[str, object],
    *,
    by: Person,
    channel: str = "web",
    level: int = 0,
    priority: int = 0,
) -> Enrolment:
    """The organisation for which `by` acts gets a free place, or waits. Raises Refusal."""
    at = seats.begin(activity)
    seats.lapse(activity, at)
    kept: dict[str, object] = {}
    must_pass(
        lambda: _must_take(activity, "organisation", seats.span_of(activity), at),
        lambda: _must_be_new(activity, [organisation]),
        lambda: rules.must_answer_for(_acts_for(by, organisation)),
        lambda: kept.update(rules.checked_answers(_asked(activity), answers)),
    )
    made = Enrolment(organisation=organisation, answers=kept, priority=priority, channel=channel, level=level)
    _place(activity, [made], at, by=by)
    return made


def closed(activity: Activity) -> list[Refusal]:
    """Why nobody at all can be enrolled in an activity for persons now."""
    return refusals(lambda: _must_take(activity, "person", seats.span_of(activity), now()))


def against(activity: Activity, one: Wanted, *, by: Person, through: Organisation | None = None) -> list[Refusal]:
    """All that speaks now against enrolling somebody. Only looks: nothing is locked, and places are not counted.

    through: see `enrol`; whoever it has not entered yet may be a row that was never added.
    """
    at, span = now(), seats.span_of(activity)
    return refusals(
        lambda: _must_take(activity, "person", span, at),
        lambda: _must_be_new(activity, [one.participant]),
        lambda: _must_be_allowed(activity, one.participant, span, at, by=by, through=through),
        lambda: rules.checked_answers(_asked(activity), one.answers),
    )


def _place(activity: Activity, made: Sequence[Enrolment], at: datetime, *, by: Person) -> None:
    """Newcomers get free places where nobody is before them, or wait where the list has room. Raises Refusal."""
    until = at + timedelta(hours=activity.offer_hours)
    for one in made:
        one.activity, one.state, one.key, one.cost_cents = activity, "waiting", secrets.token_urlsafe(12), activity.cost_cents
        one.enrolled_by_id, one.created_at, one.queued_at = by.id, at, at
    given = seats.seating(activity, made)
    seats.offer(activity, [(one, seat) for one, seat in given.seated if one not in made], at)
    for one, seat in given.seated:
        if one in made:
            own = people.is_own_minor(one.participant, by)
            one.seat, one.state, one.held_until = (seat, "pending", until) if own else (seat, "enrolled", None)
    waits = [one for one in made if one.state == "waiting"]
    rules.must_leave_room_to_wait(seats.waiting_count(activity) if waits else 0, len(waits), activity.waiting_most)
    with seats.in_words(", ".join(people.called(one) for one in made)):
        db.session.add_all(made)
    for one in made:
        seats.note(one, "", at, by=by, level=one.level)
    seats.write_skips(given.passed, at)
    for state in ("enrolled", "pending", "waiting"):
        people.tell(f"labs/{state}", [one for one in made if one.state == state], until=until)


def _must_take(activity: Activity, whom: str, span: seats.Span, at: datetime) -> None:
    rules.must_be_in_programme(activity.state)
    rules.must_take(activity.takes_part, whom)
    rules.must_be_open(activity.enrol_opens_at, activity.enrol_closes_at, at)
    rules.must_not_be_over(span.ends, at)


def _must_be_allowed(
    activity: Activity, participant: Participant, span: seats.Span, at: datetime, *, by: Person, through: Organisation | None
) -> None:
    begins = wall(span.starts).date() if span.starts else activity.edition.starts_on if activity.edition else today()
    must_pass(
        lambda: rules.must_leave_to_residents(participant.resident, activity.residents_until, at),
        lambda: rules.must_be_of_age(participant.birth_date, begins, activity.age_rule, activity.age_min, activity.age_max),
        lambda: rules.must_answer_for(_may_enrol(participant, by, through), is_own_minor=people.is_own_minor(participant, by)),
    )


def _may_enrol(participant: Participant, by: Person, through: Organisation | None) -> bool:
    return _acts_for(by, through) if through else bool(families.enrols(by, participant)) or by.has_role("manager")


def _acts_for(person: Person, organisation: Organisation) -> bool:
    acts = person.acting_as is not None and person.acting_as.id == organisation.id
    return acts or (person.has_role("manager") and organisation.state == "verified")


def _must_be_new(activity: Activity, wanted: Sequence[Participant | Organisation]) -> None:
    asked = {"activity": activity.id, "wanted": [one.id for one in wanted]}
    there = set(db.session.scalars(ENROLLED[type(wanted[0])], asked))
    for number, one in enumerate(wanted):
        if one.id in there or one in wanted[:number]:
            raise rules.twice(one.given_name if isinstance(one, Participant) else one.name)


def _must_have_room(activity: Activity, wanted: Sequence[Participant], group_of: int) -> None:
    """Who comes when all is full is turned away before they wait for the lock that the others need."""
    there = seats.places(activity)
    if there.free <= 0:
        _must_be_new(activity, wanted)  # who is there already hears that instead
        rules.must_fit_in_the_hub(group_of, there.count)
        rules.must_leave_room_to_wait(there.waiting, len(wanted), activity.waiting_most)


def _asked(activity: Activity) -> list[Asked]:
    return [Asked(one.id, one.kind, one.words, tuple(one.choices), one.required) for one in activity.questions]


# --- saying yes or no to a place that is kept


def accept(enrolment: Enrolment, *, by: Person) -> list[Enrolment]:
    """Say yes to a place that is offered, or that a minor asked for: then one of their guardians does. A group says it as one.

    Raises Refusal, from the instant on until which it was kept.
    """
    at, kept = _kept(enrolment, by)
    rules.must_be_confirmed_by_another(people.is_own_minor(enrolment.participant, by))
    for one in kept:
        seats.turn(one, "enrolled", at, by=by)
    db.session.flush()
    people.tell("labs/enrolled", kept)
    return kept


confirm = accept  # what a guardian does of a minor's


def decline(enrolment: Enrolment, *, by: Person) -> list[Enrolment]:
    """Say no to it: whoever is next is offered the place. A group says it as one. Raises Refusal."""
    at, kept = _kept(enrolment, by)
    for one in kept:
        one.end_reason = "unsaid"
        seats.turn(one, "withdrawn", at, by=by)
    seats.promote(enrolment.activity, at)
    people.tell("labs/withdrawn", kept, late=False)
    return kept


def _kept(enrolment: Enrolment, by: Person) -> tuple[datetime, list[Enrolment]]:
    """Those whose places are kept together with this one's, and the instant of the look."""
    at = seats.begin(enrolment.activity, enrolment)
    must_pass(
        lambda: rules.must_be_in_programme(enrolment.activity.state),
        lambda: rules.must_answer_for(people.may_answer(enrolment, by)),
        lambda: rules.must_be_in_time(enrolment.state, enrolment.held_until, at),
    )
    seats.lapse(enrolment.activity, at)
    theirs = people.enrolments(enrolment.activity, [enrolment.state]) if enrolment.group_id else [enrolment]
    return at, [one for one in theirs if one.group_id == enrolment.group_id]


# --- leaving


def is_late(enrolment: Enrolment, at: datetime) -> bool:
    """Whether who withdraws now has a place, and counts as absent without notice at the session that comes next."""
    activity = enrolment.activity
    return enrolment.state == "enrolled" and rules.is_late(people.next_start(activity, at), activity.cancel_hours, at)


def withdraw(enrolment: Enrolment, reason: str, *, by: Person) -> bool:
    """Give up a place, or wait no longer; reason: one of rules.WITHDRAWALS. Whoever is next is offered the place.

    Gives whether it counts as an absence without notice (see `is_late`). Raises Refusal.
    """
    activity = enrolment.activity
    at = seats.begin(activity, enrolment)
    must_pass(
        lambda: rules.must_answer_for(people.may_answer(enrolment, by)),
        lambda: rules.must_be_a_withdrawal(reason),
        lambda: rules.must_not_be_over(seats.span_of(activity).ends, at),
    )
    seats.lapse(activity, at)
    late = is_late(enrolment, at)
    enrolment.end_reason = reason
    seats.turn(enrolment, "withdrawn", at, by=by, reason=LATE if late else "")
    seats.promote(activity, at)
    people.tell("labs/withdrawn", [enrolment], late=late)
    return late


def reject(enrolment: Enrolment, reason: str, *, by: Person) -> None:
    """A manager turns somebody away, who reads why. Raises Refusal."""
    at = seats.begin(enrolment.activity, enrolment)
    must_pass(lambda: rules.must_answer_for(by.has_role("manager")), lambda: rules.must_give_reason(reason))
    seats.lapse(enrolment.activity, at)
    seats.turn(enrolment, "rejected", at, by=by, reason=reason.strip())
    seats.promote(enrolment.activity, at)
    people.tell("labs/rejected", [enrolment], reason=reason.strip())


def end_all(activity: Activity, reason: str, *, by: Person) -> list[Enrolment]:
    """An activity is called off: nobody has a place or waits any longer. Gives those who did; the caller tells them."""
    at = seats.begin(activity)
    ended = people.enrolments(activity, (*rules.HELD_STATES, "enrolled", "waiting"))
    for enrolment in ended:
        seats.turn(enrolment, "rejected", at, by=by, reason=reason.strip())
    db.session.flush()
    return ended
