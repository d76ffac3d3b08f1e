"""Meetings of community labs: what is on their agenda, how many were there, and the minutes, which are published once.

A meeting is a session of an activity that belongs to a process; its room, its enrolments and its register are the programme's.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import now, wall
from hub.db import db
from hub.labs.models import Activity, Attendance, Session
from hub.labs.rules import SHOWN_STATES
from hub.proposals import news, process_rules
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Discussed, LabMinutes
from hub.proposals.process_models import Process, ProcessActivity
from hub.proposals.showing import CODE, SHOWN
from hub.refusal import must_pass
from hub.spaces.models import Occurrence
from impact.disclosure import THRESHOLD

NAMED = re.compile(r"([a-z0-9-]{3,50})\.(\d{2,9})")
PLACED = selectinload(Session.occurrences).joinedload(Occurrence.space)
MOST_OFFERED = 100


class Meeting(NamedTuple):
    """A session of a lab. minutes: once they are public, else None."""

    session: Session
    minutes: LabMinutes | None


# --- what there is


def meeting_by(process: Process, code: str) -> Session | None:
    """The session of this code (see `Session.code`) of an activity of a process, where everybody may see it."""
    named = NAMED.fullmatch(code)
    if not named:
        return None
    mine = _sessions(process).where(Activity.slug == named[1], Session.number == int(named[2]))
    found = db.session.scalars(mine).one_or_none()
    return found if found is not None and found.code == code else None


def meetings_in(activities: Iterable[Activity]) -> list[Meeting]:
    """The meetings of these labs of a process (`planning.activities_of`), in order."""
    return _with_minutes(sorted((one for activity in activities for one in activity.sessions), key=lambda one: one.starts_at))


def meetings_of(proposal: Proposal) -> list[Meeting]:
    """The meetings on whose agenda a proposal is, in order, but for those that were called off."""
    there = sa.select(Discussed.session_id).filter_by(proposal_id=proposal.id)
    mine = _sessions(proposal.process).where(Session.id.in_(there), Session.state.in_(("planned", "held")))
    return _with_minutes(db.session.scalars(mine.order_by(Session.starts_at, Session.id)).all())


def coming(proposal: Proposal) -> list[Session]:
    """The meetings that are still to come on whose agenda a proposal is, in order."""
    there = sa.select(Discussed.session_id).filter_by(proposal_id=proposal.id)
    mine = _sessions(proposal.process).where(Session.id.in_(there), Session.state == "planned", Session.ends_at > now())
    return list(db.session.scalars(mine.order_by(Session.starts_at, Session.id)))


def _sessions(process: Process) -> sa.Select:
    """The sessions of the public activities of a process, with their rooms."""
    theirs = sa.select(Session).join(Session.activity).join(ProcessActivity, ProcessActivity.activity_id == Activity.id)
    shown = theirs.where(ProcessActivity.process_id == process.id, Activity.state.in_(SHOWN_STATES))
    return shown.options(joinedload(Session.activity), PLACED)


def _with_minutes(sessions: Sequence[Session]) -> list[Meeting]:
    public = sa.select(LabMinutes).where(
        LabMinutes.session_id.in_([one.id for one in sessions]), LabMinutes.published_at.is_not(None)
    )
    minutes = {one.session_id: one for one in db.session.scalars(public)}
    return [Meeting(one, minutes.get(one.id)) for one in sessions]


def minutes_of(session: Session) -> LabMinutes | None:
    """What is written of a meeting, published or not; as it stands now."""
    return db.session.get(LabMinutes, session.id, populate_existing=True)


def agenda(session: Session, process: Process) -> list[Proposal]:
    """The public proposals of a process that are on the agenda of a meeting, in the order in which they were put there."""
    there = sa.select(Proposal).join(Discussed, Discussed.proposal_id == Proposal.id)
    shown = there.where(Discussed.session_id == session.id, *_shown(process))
    return list(db.session.scalars(shown.order_by(Discussed.added_at, Proposal.id)))


def to_discuss(session: Session, process: Process) -> list[Proposal]:
    """The newest public proposals of a process that are not on the agenda of a meeting."""
    there = sa.select(Discussed.proposal_id).filter_by(session_id=session.id)
    left = sa.select(Proposal).where(*_shown(process), Proposal.id.not_in(there))
    return list(db.session.scalars(left.order_by(Proposal.id.desc()).limit(MOST_OFFERED)))


def _shown(process: Process) -> tuple[sa.ColumnElement[bool], ...]:
    return Proposal.process_id == process.id, *SHOWN


class Present(NamedTuple):
    """How many were at a meeting, by its register: exactly (count), or only that they were fewer than `below`; both None
    while nobody has said that it was held."""

    count: int | None
    below: int | None


def present(session: Session) -> Present:
    """How many were there, for all of it or a part; a few are not told by their number."""
    if session.state != "held":
        return Present(None, None)
    there = sa.select(sa.func.count()).select_from(Attendance)
    live = there.where(Attendance.session_id == session.id, Attendance.voided_at.is_(None), Attendance.minutes > 0)
    count = db.session.scalar(live)
    return Present(None, THRESHOLD) if 0 < count < THRESHOLD else Present(count, None)


# --- the agenda


def put_on_agenda(session: Session, process: Process, code: str) -> Proposal:
    """A proposal of the process, by its code, is to be discussed in a meeting, or was. Raises Refusal."""
    _hold(session)
    must_pass(
        lambda: process_rules.must_take_place(session.state),
        lambda: process_rules.must_be_unminuted(_is_minuted(session)),
    )
    named = CODE.fullmatch(code.strip().upper())
    found = named and db.session.scalars(sa.select(Proposal).where(Proposal.id == int(named[1]), *_shown(process))).one_or_none()
    process_rules.must_be_on_show(found is not None and found.code == code.strip().upper())
    if db.session.get(Discussed, (session.id, found.id)) is None:
        db.session.add(Discussed(session_id=session.id, proposal_id=found.id, added_at=now()))
        db.session.flush()
    return found


def take_off_agenda(session: Session, proposal: Proposal) -> None:
    """It is not discussed there. Raises Refusal."""
    _hold(session)
    process_rules.must_be_unminuted(_is_minuted(session))
    db.session.execute(sa.delete(Discussed).filter_by(session_id=session.id, proposal_id=proposal.id))


# --- minutes


def seen_of(minutes: LabMinutes | None) -> str:
    """Which words of the minutes somebody has before them."""
    return minutes.written_at.isoformat() if minutes else ""


def write(session: Session, text: str, decisions: str, *, seen: str, by: Person) -> LabMinutes:
    """Keep the minutes of a meeting as a draft. seen: `seen_of` what whoever writes had before them. Raises Refusal."""
    _hold(session)
    minutes = minutes_of(session)
    process_rules.must_be_as_read(seen == seen_of(minutes))
    must_pass(
        lambda: process_rules.must_take_place(session.state),
        lambda: process_rules.must_be_unminuted(minutes is not None and minutes.published_at is not None),
        lambda: process_rules.must_be_minutes(text, decisions),
    )
    if minutes is None:
        minutes = LabMinutes(session_id=session.id)
        db.session.add(minutes)
    minutes.text, minutes.decisions, minutes.written_by_id, minutes.written_at = text.strip(), decisions.strip(), by.id, now()
    db.session.flush()
    return minutes


def publish(session: Session) -> None:
    """Everybody may read the minutes, for good; the story of each proposal that was discussed says so. Raises Refusal."""
    _hold(session)
    minutes = minutes_of(session)
    process_rules.must_be_known(minutes is not None)
    must_pass(
        lambda: process_rules.must_be_unminuted(minutes.published_at is not None),
        lambda: process_rules.must_have_been_held(session.state),
    )
    minutes.published_at = now()
    db.session.flush()
    told = {"meeting": session.code, "day": wall(session.starts_at).date().isoformat()}
    for proposal in _discussed(session):
        news.tell(proposal, "discussed", process=proposal.process.slug, **told)


def _discussed(session: Session) -> list[Proposal]:
    """The public proposals on the agenda of a meeting, of all processes that it belongs to."""
    there = sa.select(Proposal).join(Discussed, Discussed.proposal_id == Proposal.id).options(joinedload(Proposal.process))
    shown = there.where(Discussed.session_id == session.id, *SHOWN)
    return list(db.session.scalars(shown.order_by(Proposal.id)))


def _hold(session: Session) -> None:
    """Two who write of one meeting take turns."""
    db.session.execute(sa.select(Session.id).where(Session.id == session.id).with_for_update(key_share=True)).all()


def _is_minuted(session: Session) -> bool:
    minutes = minutes_of(session)
    return minutes is not None and minutes.published_at is not None
