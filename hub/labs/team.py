"""Who works in an activity: trainers, tutors, mentors... Whoever of them has an account keeps its registers."""

import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.accounts.service import person_with
from hub.clock import now
from hub.db import db
from hub.labs.models import Activity, Session, SessionTrainer, Trainer
from hub.labs.rules import must_be_alive
from hub.refusal import Refusal


def may_keep(activity: Activity, person: Person) -> bool:
    """Whether somebody keeps the registers of an activity: a manager, or one of those who work in it now."""
    if person.has_role("manager"):
        return True
    theirs = sa.select(Trainer.id).where(
        Trainer.activity_id == activity.id, Trainer.person_id == person.id, Trainer.ended_at.is_(None)
    )
    return db.session.scalar(theirs.limit(1)) is not None


def kept_by(person: Person) -> list[Activity]:
    """The activities in which somebody works now, whatever their state, the newest first."""
    theirs = sa.select(Trainer.activity_id).where(Trainer.person_id == person.id, Trainer.ended_at.is_(None))
    return list(db.session.scalars(sa.select(Activity).where(Activity.id.in_(theirs)).order_by(Activity.id.desc())))


def working(activity: Activity) -> list[Trainer]:
    """Who works in an activity now."""
    return [one for one in activity.trainers if one.ended_at is None]


def trainers_of(session: Session) -> list[Trainer]:
    """Who works in a session: whoever was named for it, or where nobody was all that work in the activity."""
    named = [one.trainer for one in session.trainers]
    return sorted(named, key=lambda one: one.id) or working(session.activity)


def trainer_by(activity: Activity, id: int) -> Trainer | None:
    return next((one for one in activity.trainers if one.id == id), None)


def take_on(activity: Activity, *, name: str, email: str, role: str, public: bool) -> Trainer:
    """Somebody works in an activity from now on. Raises Refusal. The caller holds the lock of the activity.

    email: of their account, "" where they have none: then the same name in two activities is the same person.
    """
    must_be_alive(activity.state)
    person = person_with(email) if email else None
    must_have_an_account(email, person is not None)
    must_have_a_name(name, person is not None)
    subject = person.subject if person else _known_as(name) or f"trainer:{secrets.token_hex(8)}"
    found = next((one for one in activity.trainers if one.subject == subject), None)
    must_not_work_already(found is not None and found.ended_at is None)
    if found is None:
        found = Trainer(activity=activity, subject=subject, person_id=person and person.id)
        db.session.add(found)
    found.name, found.role, found.public, found.ended_at = person.name if person else name, role, public, None
    db.session.flush()
    return found


def _known_as(name: str) -> str | None:
    """The subject of whoever without an account bears this name in another activity."""
    same = sa.select(Trainer.subject).where(Trainer.person_id.is_(None), Trainer.name == name)
    return db.session.scalar(same.order_by(Trainer.id).limit(1))


def change(trainer: Trainer, *, role: str, public: bool) -> None:
    """Another role, or whether the page of the activity names them."""
    trainer.role, trainer.public = role, public
    db.session.flush()


def let_go(trainer: Trainer) -> None:
    """They work in it no more: its registers are closed to them, and the hours that they did stay theirs."""
    trainer.ended_at = trainer.ended_at or now()
    db.session.flush()


def assign(session: Session, trainers: Iterable[Trainer]) -> None:
    """Who is to work in a session that has not been held; nobody named: all that work in the activity."""
    wanted = {one.id: one for one in trainers}
    for line in list(session.trainers):
        if line.trainer_id not in wanted:
            session.trainers.remove(line)
    known = {line.trainer_id for line in session.trainers}
    for id, trainer in wanted.items():
        if id not in known:
            session.trainers.append(SessionTrainer(trainer=trainer, activity_id=session.activity_id))
    db.session.flush()


def must_have_an_account(email: str, found: bool) -> None:
    if email and not found:
        raise Refusal("Nessun account ha questa e-mail: scrivi il nome, e lascia vuota l'e-mail.", field="email", rule="account")


def must_have_a_name(name: str, has_account: bool) -> None:
    if not has_account and not name:
        raise Refusal("Scrivi il nome, oppure l'e-mail di chi ha un account.", field="name", rule="name")


def must_not_work_already(works: bool) -> None:
    if works:
        raise Refusal("Lavora già in questa attività.", field="name", rule="trainer-known")
