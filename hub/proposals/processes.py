"""Processes and what they are open to at an instant."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from hub.clock import now
from hub.db import db
from hub.proposals import rules
from hub.proposals.models import Proposal
from hub.proposals.process_models import Phase, Process
from hub.proposals.showing import SHOWN


def process_by(slug: str, *, published_only: bool = True) -> Process | None:
    """The process at this address, with its phases."""
    found = sa.select(Process).filter_by(slug=slug).options(selectinload(Process.phases))
    if published_only:
        found = found.where(Process.published_at.is_not(None))
    return db.session.scalars(found).one_or_none()


def phase_at(process: Process, at: datetime | None = None) -> Phase | None:
    """The phase of a published process at an instant (now where none is given); None before, between and after them."""
    at = at or now()
    if process.published_at is None or process.concluded_at is not None:
        return None
    return next((phase for phase in process.phases if phase.opens_at <= at < phase.closes_at), None)


def is_open(process: Process, switch: str, at: datetime | None = None) -> bool:
    """Whether a process is open to one of `rules.SWITCHES`."""
    phase = phase_at(process, at)
    return phase is not None and getattr(phase, switch)


def must_be_open(process: Process, switch: str) -> Phase:
    """The phase of now, which is open to one of `rules.SWITCHES`. Raises Refusal. The same for everybody, staff or not."""
    phase = phase_at(process)
    rules.must_be_open(phase is not None and getattr(phase, switch), switch)
    return phase


def is_sealed(process: Process, at: datetime | None = None) -> bool:
    """Whether nobody may know how many support or voted for what: a phase that hides its counts has begun and is not over.

    It stays sealed between phases as well, until the last phase that hides counts has closed.
    """
    at = at or now()
    hiding = [phase for phase in process.phases if phase.hides_counts]
    return any(phase.opens_at <= at for phase in hiding) and any(at < phase.closes_at for phase in hiding)


def sealed_ids(at: datetime | None = None) -> sa.Select:
    """The numbers of the processes of which `is_sealed` holds, as a query."""
    at = at or now()
    hiding = sa.select(Phase.process_id).where(Phase.hides_counts)
    return hiding.group_by(Phase.process_id).having(sa.func.min(Phase.opens_at) <= at, sa.func.max(Phase.closes_at) > at)


def are_votes_hidden(process: Process, at: datetime | None = None) -> bool:
    """Whether nobody may know yet how many voted what: who knew how the vote goes would vote otherwise, and so votes are counted
    in public once the last phase that votes has closed, whether or not it hides its counts."""
    at = at or now()
    return is_sealed(process, at) or any(phase.votes and at < phase.closes_at for phase in process.phases)


def voting_ids(at: datetime | None = None) -> sa.Select:
    """The numbers of the processes that vote until later than an instant, as a query."""
    return sa.select(Phase.process_id).where(Phase.votes, Phase.closes_at > (at or now()))


def seal_ends(process: Process) -> datetime | None:
    """When the last phase that hides its counts closes; None where none does."""
    return max((phase.closes_at for phase in process.phases if phase.hides_counts), default=None)


def published_processes() -> list[Process]:
    """The processes that everybody may see, the newest first, with their phases."""
    found = sa.select(Process).where(Process.published_at.is_not(None)).options(selectinload(Process.phases))
    return list(db.session.scalars(found.order_by(Process.published_at.desc(), Process.id.desc())))


def titles() -> list[sa.Row]:
    """(slug, title, summary) of every process that everybody may see, the newest first, in one statement."""
    shown = sa.select(Process.slug, Process.title, Process.summary).where(Process.published_at.is_not(None))
    return list(db.session.execute(shown.order_by(Process.id.desc())))


def switches(phase: Phase) -> Iterable[str]:
    """What a phase is open to, as `rules.SWITCHES` has it."""
    return (switch for switch in rules.SWITCHES if getattr(phase, switch))


def stage(process: Process, at: datetime | None = None) -> str:
    """Where a process is at an instant: draft, soon (nothing has begun), open, between two phases, over, concluded."""
    at = at or now()
    if process.published_at is None or process.concluded_at is not None:
        return "draft" if process.published_at is None else "concluded"
    if phase_at(process, at):
        return "open"
    if at < process.phases[0].opens_at:
        return "soon"
    return "between" if any(at < phase.opens_at for phase in process.phases) else "over"


class Count(NamedTuple):
    """How many public proposals a process has, and how many of them wait for an answer."""

    proposals: int = 0
    waiting: int = 0


def counts(process: Process | None = None) -> dict[int, Count]:
    """Of this process, or of each that has any, by its number; one statement."""
    waits = sa.case((Proposal.state.in_(rules.LIVE_STATES), 1), else_=0)
    there = sa.select(Proposal.process_id, sa.func.count(), sa.func.sum(waits))
    shown = there.where(*SHOWN).group_by(Proposal.process_id)
    if process is not None:
        shown = shown.where(Proposal.process_id == process.id)
    return {id: Count(*numbers) for id, *numbers in db.session.execute(shown)}
