"""What labs keep of a person and of the children they answer for; what goes with a consent, and with a record."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.clock import now
from hub.db import db
from hub.families import service as families
from hub.families.models import Guardianship, Participant
from hub.labs import basket, health, meetings, paths, register
from hub.labs.models import Activity, ActivityMessage, Attendance, BasketLine, Certificate, Enrolment, Session, Trainer
from hub.notices.models import Notice
from hub.refusal import Refusal

KEPT = ("state", "seat", "channel", "level", "answers", "cost_cents", "created_at", "ended_at", "end_reason", "feedback_at")


# --- what families ask of us


def enrolments(record: Participant) -> list[tuple[int, bool]]:
    """(an activity's number, whether it still stands) of each enrolment: it does until it ends, or the activity is over."""
    lasts = sa.select(sa.func.max(Session.ends_at)).where(Session.activity_id == Enrolment.activity_id)
    last = lasts.where(Session.state != "cancelled").correlate(Enrolment).scalar_subquery()
    live = sa.and_(Enrolment.ended_at.is_(None), Enrolment.state != "completed", sa.or_(last.is_(None), last > now()))
    theirs = sa.select(Enrolment.activity_id, sa.case((live, 1), else_=0)).where(Enrolment.participant_id == record.id)
    return [(number, bool(stands)) for number, stands in db.session.execute(theirs.order_by(Enrolment.id))]


def titles(numbers: Iterable[int]) -> dict[int, dict[str, str]]:
    """What activities are called, by their numbers."""
    named = sa.select(Activity.id, Activity.title).where(Activity.id.in_(numbers))
    return dict(tuple(row) for row in db.session.execute(named))


def withdrawn(record: Participant, purpose: str, activity_id: int | None) -> None:
    """What rests on a consent goes with it."""
    if purpose == health.PURPOSE:
        health.drop(record.id, activity_id)


def erased(record: Participant) -> None:
    """What says who they are: the notes, the answers, what was not confirmed, and their names in what others were told."""
    health.drop(record.id)
    for statement in (
        sa.update(Enrolment).where(Enrolment.participant_id == record.id).values(answers={}),
        sa.delete(BasketLine).where(BasketLine.participant_id == record.id),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})
    _unname(record)


def _unname(record: Participant) -> None:
    """Their name goes from the notices about enrolments that their guardians, and the staff of who enrolled them, got."""
    guardians = sa.select(Guardianship.guardian_id).where(Guardianship.participant_id == record.id)
    told = {f"person:{number}" for number in db.session.scalars(guardians)}
    through = db.session.scalars(sa.select(Enrolment.through_id).where(Enrolment.participant_id == record.id))
    mine = Notice.subject.in_(told) if not any(through) else sa.true()
    for notice in db.session.scalars(sa.select(Notice).where(mine, Notice.kind.like("labs/%"))):
        if record.given_name in notice.payload.get("who", ()):
            who = ["—" if name == record.given_name else name for name in notice.payload["who"]]
            notice.payload = notice.payload | {"who": who}


families.ABOVE.append(families.Above(enrolments, titles, withdrawn, erased))


# --- what the person asks of us


def _tell(person: Person) -> dict[str, object]:
    theirs = [record.id for record in basket.candidates(person)]
    mine = sa.select(Enrolment).where(Enrolment.participant_id.in_(theirs)).order_by(Enrolment.id)
    found = list(db.session.scalars(mine.options(joinedload(Enrolment.activity), joinedload(Enrolment.participant))))
    wrote = sa.select(ActivityMessage).filter_by(by_id=person.id).order_by(ActivityMessage.id)
    worked = register.worked_by(person)
    works = sa.select(Trainer).filter_by(person_id=person.id).order_by(Trainer.id).options(joinedload(Trainer.activity))
    return {
        "enrolments": [_told(one) for one in found],
        "basket": [
            rows([line], "answers", "together", "added_at")[0]
            | {"activity": line.activity.slug, "participant": line.participant_id, "health": health.opened(line.sealed_health)}
            for line in basket.lines_of(person)
        ],
        "meetings": [
            rows([one], "starts_at", "minutes", "topic", "voided_at", "void_reason")[0] | {"with": one.mentorship_id}
            for one in meetings.told_by(person)
        ],
        "messages_written": rows(db.session.scalars(wrote), "activity_id", "title", "text", "told", "at"),
        "works_in": [
            rows([one], "name", "role", "public", "ended_at")[0]
            | {"activity": one.activity.slug, "minutes": worked.get(one.id, 0)}
            for one in db.session.scalars(works)
        ],
    }


def _told(enrolment: Enrolment) -> dict[str, object]:
    (told,) = rows([enrolment], *KEPT)
    told |= {"activity": enrolment.activity.slug, "title": enrolment.activity.title, "participant": enrolment.participant_id}
    told["health"] = health.of(enrolment)
    told["changes"] = rows(enrolment.changes, "before", "after", "level", "reason", "at")
    kept = {Attendance: ("session_id", "status", "minutes", "source", "marked_at", "voided_at")}
    kept |= {Certificate: ("kind", "code", "minutes", "of_minutes", "issued_at", "revoked_at")}
    for model, columns in kept.items():
        theirs = db.session.scalars(sa.select(model).filter_by(enrolment_id=enrolment.id).order_by(model.id))
        told[f"{model.__tablename__}s"] = rows(theirs, *columns)
    return told


def must_be_settled(person: Person) -> None:
    """Whoever is erased gives up the places they have, or wait for. Raises Refusal."""
    own = families.record_of(person)
    must_have_none_to_come(own is not None and not families.is_guarded(own) and families.is_enrolled(own))


def must_have_none_to_come(enrolled: bool) -> None:
    if enrolled:
        raise Refusal("Hai iscrizioni in corso: prima ritirale.", rule="enrolled")


def forget(person: Person) -> None:
    """What is about the person themselves goes with their record (see `erased`); here, what they did."""
    db.session.execute(sa.delete(BasketLine).filter_by(person_id=person.id))
    paths.unname(person)
    works = sa.update(Trainer).filter_by(person_id=person.id)
    db.session.execute(works.values(name="—", public=False, ended_at=sa.func.coalesce(Trainer.ended_at, now())))


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "activities",
            _("Iscrizioni alle attività, tue e dei minori di cui rispondi: risposte, presenze, attestati, note sulla salute"),
            _tell,
            forget,
            settle=must_be_settled,
            stays=_("Le iscrizioni, le presenze e gli attestati, senza nome, risposte e note sulla salute."),
            why=_("Sono i conti di un'attività pubblica: quante persone, per quante ore."),
        ),
    )
