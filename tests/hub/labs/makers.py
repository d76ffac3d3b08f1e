"""Activities, families and what they were told, for the tests of enrolment."""

import json
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.models import Person
from hub.accounts.roles import grant_role
from hub.clock import now, today
from hub.db import db
from hub.families.models import Guardianship, Participant
from hub.labs import enrolment
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, Enrolment, EnrolmentChange, Question, Seat, Session
from hub.notices.models import Notice
from hub.organisations.models import Membership, Organisation
from hub.participation.models import LogEntry
from hub.refusal import Refusal

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


def refused(verb, *args, **kwargs) -> Refusal:
    """What a verb, or a rule, says against it."""
    with pytest.raises(Refusal) as told:
        verb(*args, **kwargs)
    return told.value


def person(name: str, *, role: str = "", born: date | None = None) -> Person:
    """Somebody with an account."""
    row = Person(email=f"{name.lower()}@posta.example", given_name=name.title(), family_name="Greco", birth_date=born)
    row.created_at = row.confirmed_at = now()
    db.session.add(row)
    db.session.flush()
    if role:
        grant_role(row, role)
    return row


def years_ago(years: int) -> date:
    """The birth date of who is so many years old, and some days."""
    return (today() - timedelta(days=60)).replace(day=1) - timedelta(days=round(365.25 * years))


def adult(name: str, *, resident: bool = True) -> Participant:
    """Somebody of age, with their own account."""
    return own_record(person(name), years_ago(30), resident=resident)


def own_record(account: Person, born: date | None, *, resident: bool = True) -> Participant:
    row = Participant(person=account, subject=account.subject, given_name=account.given_name, family_name="Greco")
    row.birth_date, row.resident, row.created_at = born, resident, now()
    db.session.add(row)
    db.session.flush()
    return row


def child(name: str, *guardians: Person, years: int = 9, account: Person | None = None, resident: bool = True) -> Participant:
    """A minor, for whom these people answer."""
    row = Participant(subject=f"new:{name}", given_name=name.title(), family_name="Greco", birth_date=years_ago(years))
    row.person, row.resident, row.created_at = account, resident, now()
    db.session.add(row)
    db.session.flush()
    row.subject = account.subject if account else f"participant:{row.id}"
    for guardian in guardians:
        basis = Guardianship(guardian_id=guardian.id, participant_id=row.id, basis="parent", since=now())
        db.session.add(basis)
    db.session.flush()
    return row


def lab(slug: str = "robot", places: int = 2, *, begins: datetime | None = None, **columns: object) -> Activity:
    """A lab that is open to enrolment since yesterday, for ten days, with one session in twenty days."""
    at = now()
    row = Activity(slug=slug, kind="lab", state="published", title={"it": slug.title()}, area="education", theme="steam")
    row.enrol_opens_at, row.enrol_closes_at = at - DAY, at + 10 * DAY
    row.created_at = row.updated_at = at
    row.sessions, row.trainers, row.questions = [], [], []
    for name, value in columns.items():
        setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    meet(row, begins or at + 20 * DAY)
    db.session.add_all([Seat(activity_id=row.id, number=number) for number in range(1, places + 1)])
    db.session.flush()
    return row


def meet(activity: Activity, starts: datetime, hours: int = 2) -> Session:
    session = Session(activity=activity, number=len(activity.sessions) + 1, starts_at=starts, ends_at=starts + hours * HOUR)
    session.ical_uid, session.updated_at = f"{activity.slug}-{session.number}@prova", now()
    db.session.add(session)
    db.session.flush()
    return session


def ask(activity: Activity, kind: str, *, required: bool = False, choices: tuple[str, ...] = ()) -> Question:
    question = Question(number=len(activity.questions) + 1, kind=kind, words={"it": f"Domanda {kind}"}, required=required)
    question.choices = list(choices)
    activity.questions.append(question)
    db.session.flush()
    return question


def enrol(activity: Activity, *who: Participant, by: Person | None = None, **more: object) -> list[Enrolment]:
    """Enrol these people, each by themselves or by the one who is named."""
    return enrolment.enrol(activity, [Wanted(one) for one in who], by=by or who[0].person, **more)


def line(activity: Activity) -> list[tuple[str, str, int | None]]:
    """(given name, state, seat) of everybody who has, is kept or waits for a place: by seat, then as they wait."""
    live = sa.select(Enrolment).where(Enrolment.activity_id == activity.id, Enrolment.ended_at.is_(None))
    order = (Enrolment.seat.is_(None), Enrolment.seat, Enrolment.priority, Enrolment.queued_at, Enrolment.id)
    found = db.session.scalars(live.order_by(*order))
    return [(one.participant.given_name, one.state, one.seat) for one in found]


def told() -> list[tuple[str, str]]:
    """(kind, given name of who reads) of each notice of the labs, in order; without the room."""
    rows = db.session.execute(sa.select(Notice.kind, Notice.name).order_by(Notice.id))
    return [(kind.removeprefix("labs/"), name.split()[0]) for kind, name in rows if kind.startswith("labs/")]


def mine(activity: Activity, who: Participant | Organisation) -> Enrolment:
    """The live enrolment of somebody in an activity."""
    whose = {"participant_id": who.id} if isinstance(who, Participant) else {"organisation_id": who.id}
    return db.session.scalars(sa.select(Enrolment).filter_by(activity_id=activity.id, ended_at=None, **whose)).one()


def organisation(name: str, *people: Person, state: str = "verified") -> Organisation:
    """An association for which these people may act, the first as its representative."""
    row = Organisation(kind="association", name=name, tax_code=f"{len(name)}-{name}"[:16], email="a@posta.example")
    row.state, row.created_at = state, now()
    db.session.add(row)
    db.session.flush()
    for number, one in enumerate(people):
        role = "editor" if number else "legal_rep"
        db.session.add(Membership(organisation_id=row.id, person_id=one.id, role=role, since=now()))
    db.session.flush()
    return row


def history(of: Enrolment) -> list[EnrolmentChange]:
    changes = sa.select(EnrolmentChange).filter_by(enrolment_id=of.id)
    return list(db.session.scalars(changes.order_by(EnrolmentChange.id)))


def acts() -> list[tuple[str, str, str | None, dict]]:
    """(type, activity, status, facts) of each line of the log about enrolments, in order."""
    rows = db.session.scalars(sa.select(LogEntry).where(LogEntry.type.like("enrolment.%")).order_by(LogEntry.id))
    return [(row.type, row.activity, row.status, json.loads(row.facts)) for row in rows]
