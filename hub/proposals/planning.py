"""Processes by their staff: begun from a preset, given their dates, published, extended by an act, concluded.

Whoever changes a process takes its lock first (`process_to_change`), and sees then what others wrote meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from hub.accounts.models import Person
from hub.clock import ROME, later, now, wall
from hub.db import db
from hub.labs.models import Activity, Session
from hub.labs.programme import slug_of
from hub.labs.rules import SHOWN_STATES
from hub.notices.service import notice
from hub.proposals import process_rules, readers
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Discussed
from hub.proposals.presets import PRESETS
from hub.proposals.process_models import Phase, PhaseChange, Process, ProcessActivity
from hub.proposals.process_rules import Terms
from hub.proposals.processes import Count, counts, switches
from hub.refusal import must_pass
from hub.spaces.models import Occurrence

CLOSES = time(12)  # when phases of a preset end: at noon, when somebody can still be asked
TERMS = ("level_least", "edit_hours", "answer_days", "update_days", "proposals_most")
WORDS = ("title", "summary", "text", "office")
MOST_OFFERED = 200


# --- what there is


def processes() -> list[Process]:
    """Every process, drafts too, the newest first, with its phases."""
    found = sa.select(Process).options(selectinload(Process.phases)).order_by(Process.id.desc())
    return list(db.session.scalars(found))


def process_to_change(slug: str) -> Process | None:
    """The process of this address, locked against other changes and as it stands now, with its phases; None without one."""
    mine = sa.select(Process.id).filter_by(slug=slug)
    if db.session.scalar(mine.with_for_update(key_share=True)) is None:
        return None
    as_it_is = sa.select(Process).filter_by(slug=slug).options(selectinload(Process.phases))
    return db.session.scalars(as_it_is.execution_options(populate_existing=True)).one_or_none()


def terms_of(phase: Phase) -> Terms:
    """A phase on plain values."""
    return Terms(phase.name, phase.opens_at, phase.closes_at, tuple(switches(phase)), phase.supports_most, phase.hides_counts)


def changes(process: Process) -> list[PhaseChange]:
    """How the dates of a process were moved, in the order in which they were."""
    moved = sa.select(PhaseChange).join(Phase, Phase.id == PhaseChange.phase_id).where(Phase.process_id == process.id)
    return list(db.session.scalars(moved.order_by(PhaseChange.at, PhaseChange.opens_at, PhaseChange.id)))


def activities_of(process: Process) -> list[Activity]:
    """The activities of the programme that belong to a process, those that everybody may see, with their meetings and rooms."""
    theirs = sa.select(Activity).join(ProcessActivity, ProcessActivity.activity_id == Activity.id)
    shown = theirs.where(ProcessActivity.process_id == process.id, Activity.state.in_(SHOWN_STATES)).order_by(Activity.id)
    placed = selectinload(Activity.sessions).selectinload(Session.occurrences).joinedload(Occurrence.space)
    return list(db.session.scalars(shown.options(placed)))


def activities_to_attach(process: Process) -> list[Activity]:
    """The newest activities that could belong to a process and do not yet."""
    attached = sa.select(ProcessActivity.activity_id).filter_by(process_id=process.id)
    shown = sa.select(Activity).where(Activity.state.in_(SHOWN_STATES), Activity.id.not_in(attached))
    return list(db.session.scalars(shown.order_by(Activity.id.desc()).limit(MOST_OFFERED)))


# --- a draft


def begin(preset: str, *, title: dict[str, str], office: str, opens_at: datetime, by: Person) -> Process:
    """A draft with the terms and the phases of a preset, one after the other from opens_at, each ending at noon.

    preset: a key of PRESETS; office: who answers, in words.
    """
    chosen = PRESETS[preset]
    process = Process(preset=preset, slug=_free(slug_of(title["it"])), title=title, office=office, **chosen.terms)
    process.created_at, process.created_by_id = now(), by.id
    db.session.add(process)
    _flush()
    phases = []
    for step in chosen.steps:
        last = wall(later(opens_at, timedelta(days=step.days))).date()
        closes_at = datetime.combine(last, CLOSES, ROME).astimezone(opens_at.tzinfo)
        phases.append(Terms(step.name, opens_at, closes_at, step.open_to, step.supports_most, step.hides_counts))
        opens_at = closes_at
    _write(process, phases)
    return process


def edit(process: Process, *, slug: str = "", **told: object) -> None:
    """What a process says and promises: columns of WORDS and TERMS by name. Raises Refusal.

    slug: its address, "" where it stays. Once it is public only its words change. The caller holds its lock.
    """
    wanted = slug or process.slug
    kept = {name: told[name] for name in TERMS if name in told and told[name] != getattr(process, name)}
    changed = [*kept, *(["slug"] if wanted != process.slug else [])]
    must_pass(
        lambda: process_rules.must_run(True, process.concluded_at is not None),
        lambda: process_rules.must_be_an_address(wanted),
        lambda: process_rules.must_keep_its_terms(process.state, changed),
    )
    for name in (*WORDS, *TERMS):
        if name in told:
            setattr(process, name, told[name])
    process.slug = wanted
    if process.state == "published":
        must_pass(
            lambda: process_rules.must_be_titled(process.title),
            lambda: process_rules.must_be_told(process.summary, process.text),
            lambda: process_rules.must_have_an_office(process.office),
        )
    _flush()


def set_phases(process: Process, phases: Iterable[Terms]) -> None:
    """The phases of a draft, all of them, by their times. Raises Refusal. The caller holds the lock of the process."""
    ordered = sorted(phases, key=lambda one: (one.opens_at is None, one.opens_at))
    process_rules.must_be_a_draft(process.state)
    process_rules.must_be_phases(ordered)
    for phase in process.phases:
        db.session.delete(phase)
    db.session.flush()
    _write(process, ordered)


def _write(process: Process, phases: Sequence[Terms]) -> None:
    for number, one in enumerate(phases, 1):
        told = dict.fromkeys(one.switches, True) | {"supports_most": one.supports_most, "hides_counts": one.hides_counts}
        phase = Phase(process_id=process.id, number=number, name=one.name, opens_at=one.opens_at, closes_at=one.closes_at, **told)
        db.session.add(phase)
    _count(process)
    db.session.refresh(process, ["phases"])


def publish(process: Process) -> None:
    """Everybody sees it from now on, and what it promises stays. Raises Refusal. The caller holds its lock."""
    process_rules.must_be_a_draft(process.state)
    phases = [terms_of(phase) for phase in process.phases]
    at = now()
    process_rules.must_be_ready(process.title, process.summary, process.text, process.office, phases, at)
    process.state, process.published_at = "published", at
    db.session.flush()


def discard(process: Process) -> None:
    """Throw a draft away. Raises Refusal. The caller holds its lock."""
    process_rules.must_be_a_draft(process.state)
    for phase in process.phases:
        db.session.delete(phase)
    db.session.flush()
    db.session.refresh(process, ["phases"])
    db.session.delete(process)
    db.session.flush()


# --- what is public


def extend(phase: Phase, closes_at: datetime, *, act: str, reason: str, by: Person) -> list[PhaseChange]:
    """A phase ends later, by an act with a reason; those after it move by as much as needed and keep their length.

    Whoever proposes something in the process, or has a draft in it, is told by mail. Raises Refusal. The caller holds the
    lock of the process. Returns what moved, in the order of the phases.
    """
    process, at = phase.process, now()
    process_rules.must_run(process.published_at is not None, process.concluded_at is not None)
    process_rules.must_be_extended(phase.closes_at, closes_at, act, reason, at)
    why = {"act": act.strip(), "reason": reason.strip(), "by_id": by.id, "at": at}
    made = []
    for moved, opens, closes in reversed(_moves(process.phases, phase, closes_at)):  # the last first: they never overlap
        times = {"opens_before": moved.opens_at, "closes_before": moved.closes_at, "opens_at": opens, "closes_at": closes}
        made.append(PhaseChange(phase_id=moved.id, **times, **why))
        db.session.add(made[-1])
        db.session.flush()
        moved.opens_at, moved.closes_at = opens, closes
        db.session.flush()
    _count(process)
    made.reverse()
    _tell(process, made)
    return made


def _moves(phases: Sequence[Phase], first: Phase, closes_at: datetime) -> list[tuple[Phase, datetime, datetime]]:
    """(phase, when it opens, when it closes) of each that moves: the one that is extended, and those that it reaches."""
    moves = [(first, first.opens_at, closes_at)]
    for phase in phases:
        before = moves[-1][2]
        if phase.number > first.number and phase.opens_at < before:
            moves.append((phase, before, _moved(phase, before)))
    return moves


def _moved(phase: Phase, opens: datetime) -> datetime:
    """When a phase closes that opens later: at the same hour of the clock, unless the night of a clock change eats it up."""
    ahead = wall(opens).replace(tzinfo=None) - wall(phase.opens_at).replace(tzinfo=None)
    closes = later(phase.closes_at, ahead)
    return closes if closes > max(opens, phase.closes_at) else opens + (phase.closes_at - phase.opens_at)


def _tell(process: Process, made: Sequence[PhaseChange]) -> None:
    theirs = sa.select(Proposal.id).where(Proposal.process_id == process.id, Proposal.closed_at.is_(None))
    names = {phase.id: phase.name for phase in process.phases}
    told = [
        {"name": names[one.phase_id], "opens": one.opens_at, "closes": one.closes_at, "before": one.closes_before} for one in made
    ]
    facts = {"title": process.title, "phases": told, "act": made[0].act, "reason": made[0].reason}
    for person in readers.authors(*db.session.scalars(theirs)):
        notice("proposals/extended", to=person, link=f"/partecipa/{process.slug}", **facts)


def conclude(process: Process) -> None:
    """Its last phase is over, and whoever proposed something has an answer. Raises Refusal. The caller holds its lock."""
    process_rules.must_run(process.published_at is not None, process.concluded_at is not None)
    at = now()
    must_pass(
        lambda: process_rules.must_be_over(process.phases[-1].closes_at, at),
        lambda: process_rules.must_be_answered(waiting(process)),
    )
    process.concluded_at = at
    db.session.flush()


def waiting(process: Process) -> int:
    """How many public proposals of a process have no answer yet."""
    return counts(process).get(process.id, Count()).waiting


# --- labs


def attach(process: Process, activity: Activity) -> None:
    """An activity of the programme belongs to a process from now on. Raises Refusal. The caller holds the lock of the process."""
    process_rules.must_run(True, process.concluded_at is not None)
    process_rules.must_be_public(activity.state)
    if db.session.get(ProcessActivity, (process.id, activity.id)) is None:
        db.session.add(ProcessActivity(process_id=process.id, activity_id=activity.id))
        db.session.flush()


def detach(process: Process, activity: Activity) -> None:
    """It does not belong to it any more. Raises Refusal. The caller holds the lock of the process."""
    process_rules.must_run(True, process.concluded_at is not None)
    used = sa.select(sa.func.count()).select_from(Discussed).join(Session, Session.id == Discussed.session_id)
    used = used.join(Proposal, Proposal.id == Discussed.proposal_id)
    process_rules.must_be_unused(
        db.session.scalar(used.where(Session.activity_id == activity.id, Proposal.process_id == process.id))
    )
    db.session.execute(sa.delete(ProcessActivity).filter_by(process_id=process.id, activity_id=activity.id))


def attached(process: Process, slug: str) -> Activity | None:
    """The activity of this address, where it belongs to the process."""
    theirs = sa.select(Activity).join(ProcessActivity, ProcessActivity.activity_id == Activity.id)
    return db.session.scalars(theirs.where(ProcessActivity.process_id == process.id, Activity.slug == slug)).one_or_none()


# --- the row


def _count(process: Process) -> None:
    """Its phases changed: who saw it before is told that it is another now."""
    flag_modified(process, "preset")
    db.session.flush()


def _flush() -> None:
    """Where two draw up the same address at once, the database lets one."""
    try:
        db.session.flush()
    except IntegrityError as error:
        if "slug" not in str(error.orig):
            raise
        raise process_rules.taken() from error


def _free(wanted: str) -> str:
    """This address, or where it is taken the first free one with a number behind it."""
    number, slug = 1, wanted
    while _is_taken(slug):
        number += 1
        slug = f"{wanted[: process_rules.SLUG_MOST - 1 - len(str(number))].rstrip('-')}-{number}"
    return slug


def _is_taken(slug: str) -> bool:
    if len(slug) < process_rules.SLUG_LEAST or slug in process_rules.TAKEN_WORDS:
        return True
    return db.session.scalar(sa.select(Process.id).filter_by(slug=slug)) is not None
