"""The basket: whom somebody means to enrol, in which activities and with which answers, until they confirm it whole.

All of it is enrolled, or nothing. One lock order: the participants, then the activities by their numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.families import consents
from hub.families import service as families
from hub.families.models import Participant
from hub.labs import enrolment, health, rules
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, BasketLine, Enrolment
from hub.labs.rules import Asked as Question
from hub.labs.seats import places_of
from hub.refusal import Refusal, refusals

KEPT_DAYS = 30
MOST_LINES = 30
STANDING = ("photo", "assessment", "leave_alone")


class NotAll(Refusal):
    """Nobody was enrolled. against: what speaks against each line, by its number."""

    def __init__(self, against: Mapping[int, Sequence[Refusal]]) -> None:
        told = Refusal(
            "Non abbiamo ancora iscritto nessuno: leggi che cosa non va qui sotto, correggi o togli, poi conferma di nuovo."
        )
        super().__init__(told.words, rule="basket")
        self.against = against


# --- what is in it


def candidates(person: Person) -> list[Participant]:
    """Whom somebody may enrol, themselves first: their own record where they have one, then the children they answer for."""
    own = families.record_of(person)
    return [*([own] if own else []), *families.children_of(person)]


def lines_of(person: Person, activity: Activity | None = None, *, locked: bool = False) -> list[BasketLine]:
    """What is in somebody's basket, or of it what is for one activity: by activity, then as it was put in. Of whom they may
    not enrol any longer nothing is in it.

    locked: nobody else changes who answers for these participants until the transaction ends.
    """
    mine = sa.select(BasketLine).where(BasketLine.person_id == person.id)
    if activity:
        mine = mine.where(BasketLine.activity_id == activity.id)
    if locked:
        families.lock(*db.session.scalars(mine.with_only_columns(BasketLine.participant_id)))
    mine = mine.order_by(BasketLine.activity_id, BasketLine.id).execution_options(populate_existing=locked)
    about = joinedload(BasketLine.activity)
    mine = mine.options(about.selectinload(Activity.questions), about.selectinload(Activity.sessions))
    found = db.session.scalars(mine.options(joinedload(BasketLine.participant)))
    return [line for line in found if families.enrols(person, line.participant)]


def line_of(person: Person, id: int) -> BasketLine | None:
    """The line of somebody's basket with this number; None where it is in another's."""
    return db.session.scalars(sa.select(BasketLine).filter_by(id=id, person_id=person.id)).one_or_none()


def size_of(person: Person) -> int:
    """How many lines somebody's basket has."""
    return len(lines_of(person))


# --- what is done with it


def put(activity: Activity, who: Iterable[Participant], *, together: bool, by: Person) -> list[BasketLine]:
    """These people are to be enrolled, and nobody else by this basket; what was answered for them already stays.

    together: they get places all or none. Raises Refusal.
    """
    wanted = {record.id: record for record in who}
    families.lock(*wanted)
    must_choose_somebody(len(wanted))
    for record in wanted.values():
        must_say_birth(record.birth_date is not None or record.person_id != by.id)
        must_enrol(families.enrols(by, record))
    there = lines_of(by, activity)
    must_not_overfill(len(lines_of(by)) - len(there) + len(wanted))
    for line in there:
        if line.participant_id not in wanted:
            db.session.delete(line)
    for id in wanted:
        insert_unless_there(BasketLine, person_id=by.id, activity_id=activity.id, participant_id=id, added_at=now())
    db.session.flush()
    lines = lines_of(by, activity)
    for line in lines:
        line.together = together and len(lines) > 1
    db.session.flush()
    return lines


def answer(line: BasketLine, given: Mapping[str, object], note: str, *, by: Person) -> None:
    """What is answered to the activity's questions for one line, see `rules.checked_answers`, and a note on health where one may
    be written. Raises Refusal, beside the fields question_ID."""
    line.answers = rules.checked_answers(questions_of(line.activity), given)
    line.sealed_health = health.sealed(note) if may_note(line, by) else ""
    db.session.flush()


def may_note(line: BasketLine | Enrolment, person: Person) -> bool:
    """Whether somebody may leave a note on health: where the activity asks for one, whoever may consent to it."""
    return line.activity.asks_health and families.answers_for(person, line.participant)


def remove(line: BasketLine) -> None:
    """Whoever it is about is not to be enrolled. One alone is no group."""
    others = [one for one in _beside(line) if one.id != line.id]
    db.session.delete(line)
    if len(others) == 1:
        others[0].together = False
    db.session.flush()


def questions_of(activity: Activity) -> list[Question]:
    """An activity's questions, as the rules take them."""
    return [Question(one.id, one.kind, one.words, tuple(one.choices), one.required) for one in activity.questions]


def against(lines: Sequence[BasketLine], *, by: Person) -> dict[int, list[Refusal]]:
    """All that speaks now against each of these lines, by its number; a line against which nothing does is left out."""
    places = places_of({line.activity_id for line in lines})
    found: dict[int, list[Refusal]] = {}
    for line in lines:
        there, size = places[line.activity_id], sum(one.activity_id == line.activity_id for one in lines)
        waits = there.waiting or there.free < (size if line.together else 1)
        found[line.id] = [
            *enrolment.against(line.activity, Wanted(line.participant, line.answers), by=by),
            *refusals(
                lambda line=line: must_say_birth(line.participant.birth_date is not None),
                lambda line=line: must_name_a_number(families.is_minor(line.participant), line.participant.emergency_phone),
                lambda line=line, there=there, size=size: line.together and rules.must_fit_in_the_hub(size, there.count),
                lambda line=line, there=there, waits=waits: rules.must_leave_room_to_wait(
                    there.waiting, int(bool(waits)), line.activity.waiting_most
                ),
            ),
        ]
    return {number: refused for number, refused in found.items() if refused}


def confirm(lines: Sequence[BasketLine], agreed: Mapping[int, set[str]], *, by: Person) -> list[Enrolment]:
    """Enrol all of it, with what is consented to. Raises NotAll, or Refusal: then nobody is enrolled.

    lines: see `lines_of`, locked; agreed: the purposes of STANDING that are said yes to for each participant, by their number;
    whoever may not consent is not asked.
    """
    must_hold_something(len(lines))
    if refused := against(lines, by=by):
        raise NotAll(refused)
    made: list[Enrolment] = []
    for activity, theirs in _by_activity(lines):
        wanted = [Wanted(line.participant, line.answers, line.sealed_health) for line in theirs]
        try:
            made += enrolment.enrol(activity, wanted, by=by, together=theirs[0].together, level=by.level)
        except Refusal as refusal:  # in the meantime, since nothing spoke against it a moment ago
            raise NotAll({line.id: refusal.all for line in theirs}) from refusal
        for line in theirs:
            _consent(line, by)
    for participant in {line.participant_id: line.participant for line in lines}.values():
        agree(participant, agreed.get(participant.id), by=by)
    for line in lines:
        db.session.delete(line)
    db.session.flush()
    return made


def _by_activity(lines: Sequence[BasketLine]) -> list[tuple[Activity, list[BasketLine]]]:
    """The lines of each activity, in the order in which the activities are locked."""
    found: dict[int, list[BasketLine]] = {}
    for line in sorted(lines, key=lambda line: (line.activity_id, line.id)):
        found.setdefault(line.activity_id, []).append(line)
    return [(theirs[0].activity, theirs) for theirs in found.values()]


def _consent(line: BasketLine, by: Person) -> None:
    """What was said yes to on the summary, for this activity alone."""
    if families.answers_for(by, line.participant):
        if families.is_minor(line.participant):
            consents.give_consent(line.participant, "participation", by=by, activity=line.activity)
        if line.sealed_health:
            consents.give_consent(line.participant, "health", by=by, activity=line.activity)


def agree(participant: Participant, yes: set[str] | None, *, by: Person) -> None:
    """For all activities: yes to these purposes of STANDING and no to the others; None where they were not asked."""
    if yes is None or not families.answers_for(by, participant):
        return
    for purpose in STANDING:
        if purpose in yes:
            consents.give_consent(participant, purpose, by=by)
        else:
            consents.withdraw_consent(participant, purpose, by=by)


def standing_purposes(participant: Participant) -> list[str]:
    """What is asked of who answers for somebody, besides taking part: of an adult, not whether they may go home alone."""
    return [purpose for purpose in STANDING if purpose != "leave_alone" or families.is_minor(participant)]


class Asked(NamedTuple):
    """What is asked about a participant on a summary: purposes for all activities; yes: those said yes to in the words of today;
    own: whether whoever reads is meant themselves."""

    number: int
    purposes: list[str]
    yes: set[str]
    own: bool


def asked_of(participant: Participant) -> Asked:
    """What is asked of who answers for somebody; what they said yes to in the words of before is asked anew."""
    purposes = standing_purposes(participant)
    yes = {purpose for purpose in purposes if consents.has_consented_to_these_words(participant, purpose)}
    return Asked(participant.id, purposes, yes, own=not families.is_minor(participant))


def purge_baskets(at: datetime) -> int:
    """Throw away what nobody confirmed for long; how many lines."""
    return db.session.execute(sa.delete(BasketLine).where(BasketLine.added_at <= at - timedelta(days=KEPT_DAYS))).rowcount


def _beside(line: BasketLine) -> list[BasketLine]:
    theirs = sa.select(BasketLine).filter_by(person_id=line.person_id, activity_id=line.activity_id).order_by(BasketLine.id)
    return list(db.session.scalars(theirs.options(selectinload(BasketLine.participant))))


# --- rules, on plain values


def must_choose_somebody(count: int) -> None:
    if count == 0:
        raise Refusal("Scegli almeno una persona.", field="who", rule="nobody")


def must_enrol(how: str) -> None:
    """how: see `hub.families.rules.enrols`."""
    if not how:
        raise Refusal(
            "Chi è minorenne si iscrive se un adulto ne risponde su questo portale: chiedi a un genitore, o a chi risponde di te,"
            " di aggiungerti alla sua famiglia.",
            field="who",
            rule="enrols",
        )


def must_say_birth(known: bool) -> None:
    if not known:
        raise Refusal("Scrivi la data di nascita: serve a sapere chi conferma l'iscrizione.", field="birth_date", rule="birth")


def must_name_a_number(is_minor: bool, phone: str) -> None:
    """Whoever minds a child must be able to call somebody."""
    if is_minor and not phone:
        raise Refusal("Nella scheda manca il telefono di chi chiamare in caso di emergenza: aggiungilo.", rule="emergency")


def must_not_overfill(lines: int) -> None:
    if lines > MOST_LINES:
        raise Refusal(
            "Puoi preparare al massimo %(most)s iscrizioni alla volta: prima conferma queste.", rule="full", most=MOST_LINES
        )


def must_hold_something(lines: int) -> None:
    if lines == 0:
        raise Refusal("Non c'è niente da confermare: scegli un'attività.", rule="empty")
