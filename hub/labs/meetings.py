"""One-to-one meetings on a path: one side writes what took place, the other confirms it or says what is wrong.

Nobody is in two meetings at once: all that are of an organisation or of a mentor are written one after the other, by the locks
of `_begin`. The database could not see it, since whose a meeting is stands two tables away. That a meeting counts once, and
that nothing of it is rewritten, the database keeps by itself. Verbs flush, never commit.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import path_rules as rules
from hub.labs import paths
from hub.labs.models import Activity, Enrolment, Meeting, Mentorship, Trainer
from hub.labs.path_rules import Taken
from hub.participation.log import pseudonym, record
from impact.acts import EventVoided, MentoringHeld

COUNTS = (Meeting.event_id.is_not(None), Meeting.voided_at.is_(None))


def meetings_of(mentorships: Iterable[Mentorship]) -> list[Meeting]:
    """Those of these mentorships, void ones too, the latest first."""
    numbers = [one.id for one in mentorships]
    theirs = sa.select(Meeting).where(Meeting.mentorship_id.in_(numbers)).options(joinedload(Meeting.mentorship))
    return list(db.session.scalars(theirs.order_by(Meeting.starts_at.desc(), Meeting.id.desc())))


def meeting_of(mentorship: Mentorship, id: int) -> Meeting | None:
    return db.session.scalars(sa.select(Meeting).filter_by(id=id, mentorship_id=mentorship.id)).one_or_none()


def told_by(person: Person) -> list[Meeting]:
    """Those that somebody wrote or confirmed, as they came."""
    signed = (Meeting.written_by_id, Meeting.mentor_confirmed_by_id, Meeting.other_confirmed_by_id)
    theirs = sa.select(Meeting).where(sa.or_(*(column == person.id for column in signed)))
    return list(db.session.scalars(theirs.order_by(Meeting.id)))


def code_of(meeting: Meeting) -> str:
    """What the log calls it by: cap-2023.m000012."""
    return f"{meeting.mentorship.enrolment.activity.slug}.m{meeting.id:06d}"


def minutes_of(activity: Activity) -> dict[int, int]:
    """How many minutes of meetings count for each organisation, by its enrolment's number; those that have some."""
    met = sa.select(Mentorship.enrolment_id, sa.func.sum(Meeting.minutes)).join(Meeting.mentorship)
    met = met.where(Mentorship.activity_id == activity.id, *COUNTS).group_by(Mentorship.enrolment_id)
    return dict(tuple(row) for row in db.session.execute(met))


def write(mentorship: Mentorship, side: str, *, starts: datetime, minutes: int, topic: str, by: Person) -> Meeting:
    """What took place, as one side (of `rules.SIDES`) tells it, which confirms it by that; the other is asked. Raises Refusal."""
    at = _begin(mentorship)
    rules.must_speak(paths.speaks_for(mentorship, side, by))
    rules.must_be_matched(mentorship.ended_at)
    rules.must_go_on(mentorship.enrolment.activity.state, mentorship.enrolment.state)
    rules.must_be_a_meeting(starts, minutes, topic, since=mentorship.since, at=at)
    rules.must_not_overlap(starts, minutes, _taken(mentorship, starts, minutes))
    meeting = Meeting(mentorship=mentorship, starts_at=starts, minutes=minutes, topic=topic.strip(), written_by_id=by.id)
    _sign(meeting, side, by, at)
    db.session.add(meeting)
    db.session.flush()
    _tell(meeting, "meeting_written", _across(side))
    return meeting


def confirm(meeting: Meeting, side: str, *, by: Person) -> None:
    """One side says yes: when both have, its minutes count, and stand in the log. Said twice it is said once. Raises Refusal."""
    mentorship = meeting.mentorship
    at = _begin(mentorship, meeting)
    rules.must_speak(paths.speaks_for(mentorship, side, by))
    rules.must_stand(meeting.voided_at)
    if has_confirmed(meeting, side):
        return
    rules.must_go_on(mentorship.enrolment.activity.state, mentorship.enrolment.state, ended=True)
    rules.must_be_another(getattr(meeting, f"{_across(side)}_confirmed_by_id") == by.id)
    _sign(meeting, side, by, at)
    if has_confirmed(meeting, _across(side)):
        meeting.event_id = _record(meeting)
    db.session.flush()


def _record(meeting: Meeting) -> str:
    mentorship = meeting.mentorship
    held = MentoringHeld(
        activity=mentorship.enrolment.activity.slug,
        session=code_of(meeting),
        minutes=meeting.minutes,
        mentor=pseudonym(mentorship.trainer.subject),
    )
    return record(held, who=mentorship.enrolment.organisation, at=meeting.starts_at)


def void(meeting: Meeting, reason: str, *, by: Person) -> None:
    """It did not take place so: a side says it while not both have confirmed, a manager at any time; the others read why.

    Where it counted already, the log takes it back too. Raises Refusal.
    """
    mentorship = meeting.mentorship
    at = _begin(mentorship, meeting)
    side, is_manager = paths.side_of(mentorship, by), by.has_role("manager")
    rules.must_speak(side is not None or is_manager)
    rules.must_stand(meeting.voided_at)
    rules.must_be_undecided(meeting.event_id, is_manager)
    rules.must_say_why(reason)
    if meeting.event_id is not None:
        record(EventVoided(ref=meeting.event_id))
    meeting.voided_at, meeting.void_reason = at, reason.strip()
    db.session.flush()
    for reader in (_across(side),) if side else rules.SIDES:
        _tell(meeting, "meeting_voided", reader, reason=meeting.void_reason)


def has_confirmed(meeting: Meeting, side: str) -> bool:
    return getattr(meeting, f"{side}_confirmed_at") is not None


def _sign(meeting: Meeting, side: str, by: Person, at: datetime) -> None:
    setattr(meeting, f"{side}_confirmed_at", at)
    setattr(meeting, f"{side}_confirmed_by_id", by.id)


def _across(side: str) -> str:
    return "other" if side == "mentor" else "mentor"


def _begin(mentorship: Mentorship, *about: Meeting) -> datetime:
    """From now on nobody else writes or decides a meeting of this organisation, or of this mentor, in any activity, until the
    transaction ends. What was read while waiting is read anew. Gives this instant."""
    db.session.flush()
    theirs = sa.select(Enrolment.id).where(Enrolment.organisation_id == mentorship.enrolment.organisation_id)
    works = sa.select(Trainer.id).where(Trainer.subject == mentorship.trainer.subject)
    for rows, key in ((theirs, Enrolment.id), (works, Trainer.id)):  # always in this order
        db.session.execute(rows.order_by(key).with_for_update(key_share=True)).all()
    for row in (mentorship, mentorship.enrolment, mentorship.enrolment.activity, mentorship.trainer, *about):
        db.session.refresh(row)
    return now()


def _taken(mentorship: Mentorship, starts: datetime, minutes: int) -> list[Taken]:
    """The meetings near this time of the same organisation or the same mentor, in whichever activity."""
    same = (
        (sa.literal("mentor"), Trainer.subject == mentorship.trainer.subject),
        (sa.literal("other"), Enrolment.organisation_id == mentorship.enrolment.organisation_id),
    )
    longest = timedelta(minutes=rules.MINUTES_MOST)
    near = (Meeting.voided_at.is_(None), Meeting.starts_at > starts - longest)
    near += (Meeting.starts_at < starts + timedelta(minutes=minutes),)
    found = []
    for whose, condition in same:
        theirs = sa.select(whose, Meeting.starts_at, Meeting.minutes).join(Meeting.mentorship)
        theirs = theirs.join(Mentorship.trainer).join(Mentorship.enrolment).where(condition, *near).order_by(Meeting.starts_at)
        found += [Taken(who, begins, begins + timedelta(minutes=long)) for who, begins, long in db.session.execute(theirs)]
    return found


def _tell(meeting: Meeting, kind: str, side: str, **facts: object) -> None:
    about = {"starts": meeting.starts_at, "minutes": meeting.minutes, "topic": meeting.topic}
    paths.tell(meeting.mentorship, kind, side, **about | facts)


def remind() -> int:
    """Ask once more, once, the side that has not answered for some days. How many meetings. Those in use are left for later."""
    late = now() - rules.REMIND_AFTER
    first = sa.func.coalesce(Meeting.mentor_confirmed_at, Meeting.other_confirmed_at)
    idle = sa.select(Meeting).join(Meeting.mentorship).join(Mentorship.enrolment).where(*paths.UNDECIDED)
    idle = idle.where(Meeting.reminded_at.is_(None), first <= late, Enrolment.state.in_(rules.TAKING_PART))
    idle = idle.order_by(Meeting.id).options(joinedload(Meeting.mentorship).options(*paths.WITH_SIDES))
    found = db.session.scalars(idle.with_for_update(skip_locked=True, key_share=True, of=Meeting)).unique().all()
    for meeting in found:
        meeting.reminded_at = now()
        _tell(meeting, "meeting_reminder", "mentor" if meeting.mentor_confirmed_at is None else "other")
    db.session.flush()
    return len(found)
