"""What a family consents to: each purpose by itself, for all activities or for one, with its history."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families import rules
from hub.families.models import Consent, Participant
from hub.families.service import ABOVE, answers_for, is_enrolled, lock
from hub.families.words import TEXT_VERSION


class Numbered(Protocol):
    """An activity, or an organisation: a row of another room."""

    id: int


def has_consent(record: Participant, purpose: str, activity: Numbered | None = None) -> bool:
    """Whether a purpose is consented to now: for all activities, or for this one."""
    return any(one.activity_id in (None, activity and activity.id) for one in _live(record, purpose))


def has_consented_to_these_words(record: Participant, purpose: str, activity: Numbered | None = None) -> bool:
    """Whether a purpose is consented to in the words of today; those of before still count, and are asked anew."""
    live = (one for one in _live(record, purpose) if one.activity_id in (None, activity and activity.id))
    return any(one.text_version == TEXT_VERSION for one in live)


def consents_of(record: Participant) -> list[Consent]:
    """Every consent that was ever given for a participant, the newest first, with who gave it."""
    found = sa.select(Consent).filter_by(participant_id=record.id).order_by(Consent.id.desc())
    return list(db.session.scalars(found.options(joinedload(Consent.giver))))


def who_consented(records: Iterable[Participant], purpose: str, activity: Numbered | None = None) -> set[int]:
    """The numbers of those of these participants for whom a purpose is consented to now."""
    live = sa.select(Consent.participant_id).filter_by(purpose=purpose, withdrawn_at=None)
    about = sa.or_(Consent.activity_id.is_(None), Consent.activity_id == (activity.id if activity else None))
    return set(db.session.scalars(live.where(about, Consent.participant_id.in_([record.id for record in records]))))


def give_consent(
    record: Participant,
    purpose: str,
    *,
    by: Person,
    activity: Numbered | None = None,
    on_paper: bool = False,
    through: Numbered | None = None,
) -> Consent:
    """Say yes to one purpose, in the words of today; said already in them, it stands. Raises Refusal.

    activity: for this one alone. on_paper: a guardian has signed, and `through` (an organisation) keeps the paper: then `by`
    is whoever enters it.
    """
    lock(record.id)
    rules.must_answer(on_paper or answers_for(by, record))
    activity_id = activity.id if activity else None
    standing = next((one for one in _live(record, purpose) if one.activity_id == activity_id), None)
    if standing and standing.text_version == TEXT_VERSION:
        return standing
    if standing:
        _end(standing, by)
    consent = Consent(participant_id=record.id, purpose=purpose, activity_id=activity_id, text_version=TEXT_VERSION)
    consent.given_by_id, consent.given_at = by.id, now()
    consent.on_paper, consent.through_id = on_paper, through.id if through else None
    db.session.add(consent)
    db.session.flush()
    return consent


def withdraw_consent(record: Participant, purpose: str, *, by: Person, activity: Numbered | None = None) -> None:
    """Take a consent back; where none stands, nothing happens. Raises Refusal."""
    lock(record.id)
    for one in _live(record, purpose):
        if one.activity_id == (activity.id if activity else None):
            take_back(one, by=by)


def give_papers(signed: Mapping[int, Iterable[str]], *, by: Person, activity: Numbered, through: Numbered | None = None) -> None:
    """What was signed on paper for one activity: purposes by the participant's number. As `give_consent`, of many at once."""
    lock(*signed)
    live = sa.select(Consent).filter_by(activity_id=activity.id, withdrawn_at=None)
    found = db.session.scalars(live.where(Consent.participant_id.in_(signed))).all()
    standing = {(one.participant_id, one.purpose): one for one in found}
    wanted = [(number, purpose) for number, purposes in signed.items() for purpose in purposes]
    wanted = [key for key in wanted if key not in standing or standing[key].text_version != TEXT_VERSION]
    for key in wanted:
        if key in standing:
            standing[key].withdrawn_at, standing[key].withdrawn_by_id = now(), by.id
    db.session.flush()
    paper = {"text_version": TEXT_VERSION, "given_by_id": by.id, "given_at": now(), "on_paper": True}
    paper |= {"activity_id": activity.id, "through_id": through.id if through else None}
    db.session.add_all([Consent(participant_id=number, purpose=purpose, **paper) for number, purpose in wanted])
    db.session.flush()


def end_papers(record: Participant, *, by: Person, activity: Numbered, through: Numbered, purpose: str = "") -> None:
    """What was consented to for one activity on paper that an organisation keeps stands no longer: all of it, or one purpose."""
    lock(record.id)
    papers = {"participant_id": record.id, "activity_id": activity.id, "through_id": through.id, "withdrawn_at": None}
    papers |= {"purpose": purpose} if purpose else {}
    for one in db.session.scalars(sa.select(Consent).filter_by(**papers)).all():
        _end(one, by)


def consent_of(record: Participant, id: int) -> Consent | None:
    """The consent for this participant with this number that stands; None where there is none such."""
    return db.session.scalars(sa.select(Consent).filter_by(id=id, participant_id=record.id, withdrawn_at=None)).one_or_none()


def take_back(consent: Consent, *, by: Person) -> None:
    """This consent stands no longer, and what rests on it goes. Raises Refusal. The participant is locked."""
    record = db.session.get_one(Participant, consent.participant_id)
    rules.must_answer(answers_for(by, record))
    if consent.purpose == "participation":
        rules.must_end_enrolment(is_enrolled(record, consent.activity_id))
    _end(consent, by)
    for room in ABOVE:
        room.withdrawn(record, consent.purpose, consent.activity_id)


def _live(record: Participant, purpose: str) -> list[Consent]:
    return list(db.session.scalars(sa.select(Consent).filter_by(participant_id=record.id, purpose=purpose, withdrawn_at=None)))


def _end(consent: Consent, by: Person) -> None:
    consent.withdrawn_at, consent.withdrawn_by_id = now(), by.id
    db.session.flush()
