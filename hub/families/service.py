"""Who takes part: the records of adults and of children, who answers for them, and what becomes of a record at eighteen.

One lock order: the participant, then what rooms above keep of them. Verbs flush, never commit.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Identity, Person
from hub.clock import now, today
from hub.db import db, insert_unless_there
from hub.families import rules
from hub.families.models import FamilyInvitation, Guardianship, Keeper, Participant, ParticipantView, Pickup
from hub.notices.service import notice
from hub.organisations.service import lock_person
from hub.participation import log
from hub.refusal import must_pass

PATH = "/area-personale/famiglia"
PER_PAGE = 30
LOOK = timedelta(hours=1)  # whoever opens the same list again within it has looked once
SAID = ("given_name", "family_name", "birth_date", "gender", "resident", "emergency_name", "emergency_phone")


@dataclass(frozen=True)
class Above:
    """What a room above knows of participants, and does for them.

    enrolments: (an activity's number, whether it still stands) of each enrolment of theirs; titles: of activities, by their
    numbers; withdrawn: what follows when a consent is taken back (purpose, an activity's number or None for all of them);
    erased: what is thrown away before a record is erased.
    """

    enrolments: Callable[[Participant], list[tuple[int, bool]]]
    titles: Callable[[Iterable[int]], dict[int, dict[str, str]]]
    withdrawn: Callable[[Participant, str, int | None], None]
    erased: Callable[[Participant], None]


ABOVE: list[Above] = []  # hung up there


# --- records


def record_of(person: Person) -> Participant | None:
    """Somebody's own record, None where they have none yet."""
    return db.session.scalars(sa.select(Participant).filter_by(person_id=person.id)).one_or_none()


def participant_of(person: Person, birth_date: date | None = None) -> Participant:
    """Somebody's own record, made the first time; its name is their account's. Raises Refusal.

    birth_date: as they declare it. What a digital identity says counts more; what their guardians said stays.
    """
    said = db.session.get_one(Person, person.id)
    values = {"given_name": said.given_name, "family_name": said.family_name, "subject": said.subject, "created_at": now()}
    insert_unless_there(Participant, person_id=person.id, birth_date=said.birth_date, **values)
    record = record_of(person)
    record.given_name, record.family_name = said.given_name, said.family_name
    if not is_guarded(record, ever=True):
        born = said.birth_date if is_identified(person) else birth_date or record.birth_date or said.birth_date
        if born is not None:
            rules.must_be_born(born, today())
        record.birth_date = born
    db.session.flush()
    return record


def is_identified(person: Person) -> bool:
    """Whether a digital identity says who somebody is, and when they were born."""
    return db.session.get(Identity, person.id) is not None


def enter(**said: object) -> Participant:
    """A new record of somebody without an account. said: values of SAID. Raises Refusal."""
    return enter_all([said])[0]


def enter_all(said: Iterable[Mapping[str, object]]) -> list[Participant]:
    """The same of many at once, in a fixed number of statements. Raises Refusal."""
    records = []
    for one in said:
        rules.must_be_born(one["birth_date"], today())
        records.append(Participant(**one, subject=f"new:{secrets.token_hex(8)}", created_at=now()))
    db.session.add_all(records)
    db.session.flush()
    for record in records:
        record.subject = f"participant:{record.id}"  # what the log's vault knows them by, for life
    db.session.flush()
    return records


def change(record: Participant, said: Mapping[str, object], *, by: Person) -> None:
    """Correct what is kept of somebody. said: those of SAID that change. Raises Refusal."""
    rules.must_answer(may_change(by, record))
    born = said.get("birth_date", record.birth_date)
    checks = [lambda: rules.must_keep_its_birth(born != record.birth_date, is_enrolled(record))]
    if born is not None or record.birth_date is not None:
        checks.append(lambda: rules.must_be_born(born, today()))
    if record.person_id is None and born is not None:
        checks.append(lambda: rules.must_be_a_child(born, today()))
    must_pass(*checks)
    for name, value in said.items():
        setattr(record, name, value)
    db.session.flush()


def add_child(said: Mapping[str, object], *, basis: str, other_agrees: bool, by: Person) -> Participant:
    """A child for whom `by` answers from now on. Raises Refusal.

    said: SAID; other_agrees: whether the other parent agrees, or else there is nobody but them.
    """
    guardian = lock_person(by)  # one form at a time: in two tabs they would not know of each other
    own, theirs = record_of(by), children_of(by)
    whom = [_plain(said[name]) for name in SAID[:3]]
    must_pass(
        lambda: rules.must_be_born(said["birth_date"], today()),
        lambda: rules.must_be_a_child(said["birth_date"], today()),
        lambda: rules.must_be_grown_up(guardian.birth_date or (own and own.birth_date), today()),
        lambda: rules.must_be_new(any([_plain(getattr(one, name)) for name in SAID[:3]] == whom for one in theirs)),
        lambda: rules.must_not_hoard(len(theirs)),
    )
    child = enter(**said)
    answer_for(child, basis=basis, other_agrees=other_agrees, by=guardian)
    return child


def answer_for(child: Participant, *, basis: str, other_agrees: bool, by: Person) -> Guardianship:
    """From now on `by` answers for a child."""
    guardianship = Guardianship(guardian_id=by.id, participant_id=child.id, basis=basis, since=now())
    guardianship.other_agrees_at = now() if other_agrees else None
    db.session.add(guardianship)
    db.session.flush()
    return guardianship


def _plain(value: object) -> object:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


# --- who answers for whom


def children_of(person: Person) -> list[Participant]:
    """The children for whom somebody answers today, the eldest first. Who has come of age is not among them."""
    theirs = sa.select(Participant).join(Participant.guardianships)
    theirs = theirs.where(Guardianship.guardian_id == person.id, Guardianship.ended_at.is_(None))
    found = db.session.scalars(theirs.order_by(Participant.birth_date, Participant.id))
    return [child for child in found if rules.is_minor(child.birth_date, today())]


def guardians_of(record: Participant) -> list[Person]:
    """Who answers for a child today, in the order in which they came; nobody for who is of age."""
    return [one.guardian for one in guardianships_of(record)]


def guardianships_of(record: Participant) -> list[Guardianship]:
    """As what each guardian answers for a child today."""
    if record.birth_date is None or not rules.is_minor(record.birth_date, today()):
        return []
    live = sa.select(Guardianship).filter_by(participant_id=record.id, ended_at=None).order_by(Guardianship.id)
    return list(db.session.scalars(live.options(joinedload(Guardianship.guardian))))


def people_of(record: Participant) -> list[Person]:
    """Whom the hub writes to about a participant: their guardians, or themselves once they are of age."""
    if is_minor(record):
        return guardians_of(record)
    return [record.person] if record.person else []


def is_minor(record: Participant) -> bool:
    """Whether somebody is under age today; not where nobody knows when they were born."""
    return record.birth_date is not None and rules.is_minor(record.birth_date, today())


def is_guarded(record: Participant, *, ever: bool = False) -> bool:
    """Whether somebody answers for a participant today, or (ever) once did."""
    if not ever:
        return bool(guardianships_of(record))
    return db.session.scalar(sa.select(sa.exists().where(Guardianship.participant_id == record.id)))


def guards(person: Person, record: Participant) -> bool:
    """Whether somebody is a guardian of this child today."""
    return any(one.guardian_id == person.id for one in guardianships_of(record))


def answers_for(person: Person, record: Participant) -> bool:
    """Whether somebody decides for a participant today: as a guardian until they are of age, for oneself from then on."""
    return rules.answers(record.birth_date, today(), guards=guards(person, record), is_own=record.person_id == person.id)


def enrols(person: Person, record: Participant) -> str:
    """How somebody may enrol a participant: see `rules.enrols`."""
    theirs = guardianships_of(record)
    is_own, guarding = record.person_id == person.id, any(one.guardian_id == person.id for one in theirs)
    return rules.enrols(record.birth_date, today(), guards=guarding, is_own=is_own, is_guarded=bool(theirs))


def may_see(person: Person, record: Participant) -> bool:
    """Whether somebody reads what is kept of a participant: who answers for them, and they themselves."""
    return record.erased_at is None and (record.person_id == person.id or answers_for(person, record))


def may_change(person: Person, record: Participant) -> bool:
    """Whether somebody corrects what is kept of a participant; one's own record too, which no guardian ever answered for:
    who mistyped their day of birth must be able to say so."""
    mine = record.person_id == person.id and not is_guarded(record, ever=True)
    return record.erased_at is None and (mine or answers_for(person, record))


def record_seen_by(person: Person, id: int, *, locked: bool = False) -> Participant | None:
    """The record with this number, for whoever may read it; None for all others. locked: see `lock`."""
    record = record_by(id, locked=locked)
    return record if record and may_see(person, record) else None


def record_by(id: int, *, locked: bool = False) -> Participant | None:
    """The record with this number, for the staff; None where there is none, or it was erased."""
    if locked:
        lock(id)
    record = db.session.get(Participant, id, populate_existing=locked)
    return record if record and record.erased_at is None else None


def records_named(given_name: str, family_name: str, born: date) -> list[Participant]:
    """The records of whoever has this name and day of birth."""
    found = db.session.scalars(sa.select(Participant).filter_by(birth_date=born, erased_at=None).order_by(Participant.id))
    names = (_plain(given_name), _plain(family_name))
    return [record for record in found if (_plain(record.given_name), _plain(record.family_name)) == names]


def lock(*ids: int) -> None:
    """Keep everybody else from changing who answers for these participants, or enrolling them, until the transaction ends.

    Rows that only name a participant may still be written (FOR NO KEY UPDATE): no rival waits for us with what we need.
    """
    rows = sa.select(Participant.id).where(Participant.id.in_(ids)).order_by(Participant.id)
    db.session.execute(rows.with_for_update(key_share=True)).all()


def is_enrolled(record: Participant, activity_id: int | None = None) -> bool:
    """Whether an enrolment of theirs stands, in any activity or in this one."""
    return any(live and activity_id in (None, number) for number, live in enrolments_of(record))


def enrolments_of(record: Participant) -> list[tuple[int, bool]]:
    """(an activity's number, whether it still stands) of each enrolment of theirs that ever was."""
    return [one for room in ABOVE for one in room.enrolments(record)]


def titles_of(activity_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """What activities are called, by their numbers."""
    numbers = set(activity_ids)
    return {number: title for room in ABOVE for number, title in room.titles(numbers).items()} if numbers else {}


def stop_answering(record: Participant, *, by: Person) -> bool:
    """Answer for a child no longer. Raises Refusal. The last one to do so takes the child's record away: whether it went."""
    mine = [one for one in guardianships_of(record) if one.guardian_id == by.id]
    rules.must_answer(bool(mine))
    others = [one for one in guardianships_of(record) if one.guardian_id != by.id]
    rules.must_not_be_left_alone(not others, is_enrolled(record))
    end_guardianship(mine[0])
    tell("left", [one.guardian for one in others], record)
    goes = not others and record.person_id is None
    if goes:
        erase(record)
    return goes


def end_guardianship(guardianship: Guardianship) -> None:
    """Write down that somebody answers no longer, and take back the invitations they sent."""
    guardianship.ended_at = now()
    sent = {"participant_id": guardianship.participant_id, "invited_by_id": guardianship.guardian_id, "answer": None}
    db.session.execute(sa.update(FamilyInvitation).filter_by(**sent).values(answer="revoked", answered_at=now()))
    db.session.flush()


def tell(kind: str, people: Iterable[Person], record: Participant, **more: object) -> None:
    """A notice to each of these people about a participant, whom it does not name: mails are read over shoulders, and
    whoever is erased stands in no message."""
    for person in people:
        notice(f"families/{kind}", to=person, **{"link": f"{PATH}/{record.id}"} | more)


# --- who may take a child home


def add_pickup(record: Participant, *, name: str, phone: str, by: Person) -> Pickup:
    """Another adult who may take the child home. Raises Refusal."""
    rules.must_answer(answers_for(by, record))
    pickup = Pickup(participant_id=record.id, name=name, phone=phone, added_by_id=by.id, added_at=now())
    db.session.add(pickup)
    db.session.flush()
    return pickup


def pickups_of(record: Participant) -> list[Pickup]:
    """Who may take a child home today, besides their guardians."""
    live = sa.select(Pickup).filter_by(participant_id=record.id, ended_at=None).order_by(Pickup.id)
    return list(db.session.scalars(live))


def end_pickup(record: Participant, id: int, *, by: Person) -> Pickup | None:
    """This adult takes the child home no longer; None where there is none such. Raises Refusal."""
    rules.must_answer(answers_for(by, record))
    pickup = next((one for one in pickups_of(record) if one.id == id), None)
    if pickup:
        pickup.ended_at = now()
        db.session.flush()
    return pickup


# --- who looked


def viewed(record: Participant, what: str, ref: str = "", *, by: Person) -> None:
    """Note that `by`, of the staff, opens what is kept of a participant, on a page of the kind `what`, about `ref` (a code).

    Not where they read it of themselves or of a child of theirs. Flushes: the view, marked with `hub.db.writes`, commits.
    """
    if not may_see(by, record):
        db.session.add(ParticipantView(participant_id=record.id, viewer_id=by.id, what=what, ref=ref, at=now()))
        db.session.flush()


def viewed_all(records: Collection[Participant], what: str, ref: str = "", *, by: Person) -> None:
    """The same of many on one page, in a fixed number of statements: whoever opens it again within the hour is noted once."""
    mine = sa.select(Guardianship.participant_id).where(Guardianship.guardian_id == by.id, Guardianship.ended_at.is_(None))
    seen = sa.select(ParticipantView.participant_id).filter_by(viewer_id=by.id, what=what, ref=ref)
    at = now()
    guarded = set(db.session.scalars(mine))
    noted = set(db.session.scalars(seen.where(ParticipantView.at > at - LOOK)))
    own = {record.id for record in records if record.person_id == by.id or (record.id in guarded and is_minor(record))}
    new = [record.id for record in records if record.erased_at is None and record.id not in own | noted]
    if new:
        same = {"viewer_id": by.id, "what": what, "ref": ref, "at": at}
        db.session.execute(sa.insert(ParticipantView), [same | {"participant_id": id} for id in new])


def views_of(record: Participant, *, page: int = 1) -> tuple[list[ParticipantView], bool]:
    """Who of the staff opened what is kept of a participant, the newest first, a page at a time; and whether there is more."""
    found = sa.select(ParticipantView).filter_by(participant_id=record.id).order_by(ParticipantView.id.desc())
    found = found.options(joinedload(ParticipantView.viewer)).offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    rows = db.session.scalars(found).all()
    return list(rows[:PER_PAGE]), len(rows) > PER_PAGE


# --- the end of a record


def erase(record: Participant) -> None:
    """Take out of a record who it is of: its number and its subject stay, and the lines of the log, which say of nobody."""
    for room in ABOVE:
        room.erased(record)
    for model in (Pickup, FamilyInvitation):
        db.session.execute(sa.delete(model).where(model.participant_id == record.id))
    db.session.execute(sa.update(Keeper).where(Keeper.participant_id == record.id).values(guardian=""))
    if not record.subject.startswith("person:"):  # else it is an account's, which outlives this record or goes by itself
        log.forget(record.subject)
    record.given_name, record.family_name, record.gender, record.resident = "—", "", "", False
    record.emergency_name = record.emergency_phone = ""
    record.birth_date = record.person_id = None
    record.erased_at = now()
    live = sa.update(Guardianship).filter_by(participant_id=record.id, ended_at=None)
    db.session.execute(live.values(ended_at=record.erased_at))
    db.session.flush()
