"""The silence clock: by when an answer, or news of what is being done, was promised, and what waits for longer than that.

Promises are in whole days of Lecce's calendar. An answer is promised answer_days after its proposal was published (of one that
others go on in: the first of them), or after answers begin where that is later; news of what was accepted or is being done,
update_days after the last there was.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from hub.clock import today, wall
from hub.db import db
from hub.proposals.models import Proposal, ProposalLink, code_of
from hub.proposals.outcome_models import Answer, Result, ResultSource, ResultUpdate
from hub.proposals.outcome_rules import OPEN_RESULTS, REALISING, SOON_DAYS, answerable_from, due_on, late_by
from hub.proposals.process_models import Process
from hub.proposals.rules import LIVE_STATES


@dataclass(frozen=True)
class Waiting:
    """Something that was promised. kind: answer (of the proposal `code`), or news of what was accepted (`code`) or is being done
    (`result`: its number); process: whose promise it is; since: the day from which it counts; due: its last day; today: the day
    on which it was looked at."""

    kind: str
    process: Process
    title: str
    since: date
    due: date
    today: date
    code: str = ""
    result: int | None = None
    state: str = ""
    synthetic: bool = False

    @property
    def late(self) -> int:
        """By how many days it is late, 0 where it is not."""
        return late_by(self.due, self.today)

    @property
    def stage(self) -> str:
        """late, soon or fine."""
        return "late" if self.late else "soon" if (self.due - self.today).days <= SOON_DAYS else "fine"


@dataclass(frozen=True)
class Standing:
    """How a process keeps its promises: how many wait, how many of them are late, and by how many days the latest."""

    process: Process
    waiting: int
    late: int
    longest: int


def due(proposal: Proposal) -> date:
    """The last day on which the answer to a published proposal is in time."""
    return _of_answer(proposal.process, proposal, _first_published(proposal.process_id)).due


def promises(proposal: Proposal) -> list[Waiting]:
    """What a proposal that everybody may read was promised and has not had yet, the first to be due first."""
    if proposal.state in LIVE_STATES:
        return [_of_answer(proposal.process, proposal, _first_published(proposal.process_id))]
    mine = sa.select(ResultSource.result_id).where(ResultSource.proposal_id == proposal.id, ResultSource.kind.in_(REALISING))
    of_results = _of_results(_results().where(Result.id.in_(mine)), {proposal.process_id: proposal.process})
    accepted = _accepted().where(Proposal.id == proposal.id)
    return _in_order([*of_results, *_of_accepted(accepted, {proposal.process_id: proposal.process})])


def promise_of(result: Result) -> Waiting | None:
    """By when news of a result was promised; None of one that is over."""
    found = _of_results(_results().where(Result.id == result.id), {result.process_id: result.process})
    return found[0] if found else None


def waiting() -> list[Waiting]:
    """All that was promised in processes that everybody may see and has not come yet, the first to be due first."""
    processes = {one.id: one for one in db.session.scalars(_processes())}
    live = sa.select(*_TOLD).where(Proposal.state.in_(LIVE_STATES), Proposal.hidden_at.is_(None))
    began = _first_published()
    answers = [_of_answer(processes[one.process_id], one, began) for one in db.session.execute(live)]
    return _in_order([*answers, *_of_results(_results(), processes), *_of_accepted(_accepted(), processes)])


def overdue(found: Iterable[Waiting]) -> list[Waiting]:
    """What is late, the longest first."""
    return [one for one in found if one.late]  # the first that was due is the latest


def standings(found: Iterable[Waiting]) -> list[Standing]:
    """Each process of which something waits, those with the longest delay first."""
    theirs: dict[int, list[Waiting]] = defaultdict(list)
    for one in found:
        theirs[one.process.id].append(one)
    made = [
        Standing(these[0].process, len(these), sum(one.late > 0 for one in these), max(one.late for one in these))
        for these in theirs.values()
    ]
    return sorted(made, key=lambda one: (-one.longest, -one.waiting, one.process.id))


def _in_order(found: list[Waiting]) -> list[Waiting]:
    return sorted(found, key=lambda one: (one.due, one.since, one.code, one.result or 0))


def _processes() -> sa.Select:
    return sa.select(Process).where(Process.published_at.is_not(None)).options(selectinload(Process.phases))


def _first_published(process: int | None = None) -> dict[int, datetime]:
    """When the first of those that go on in a proposal was published, by the number of each that others go on in: who merges or
    splits starts no clock anew. process: whose, where it is one."""
    link, old = ProposalLink, Proposal
    new = sa.case((link.kind == "merged_into", link.to_id), else_=link.from_id)
    before = sa.case((link.kind == "merged_into", link.from_id), else_=link.to_id)
    found = (
        sa.select(new, old.id, old.published_at).join(old, old.id == before).where(link.kind.in_(("merged_into", "split_from")))
    )
    if process is not None:
        found = found.where(old.process_id == process)
    began: dict[int, datetime] = {}
    for later, earlier, at in db.session.execute(found.order_by(link.id)):  # what goes on did so after what it came of
        began[later] = min(began.get(later, at), began.get(earlier, at))
    return began


_TOLD = (
    *(Proposal.id, Proposal.created_at, Proposal.published_at, Proposal.process_id),
    *(Proposal.title, Proposal.state, Proposal.synthetic),
)


def _waiting(
    kind: str, process: Process, one: Proposal | Result | sa.Row, begins: datetime, days: int, **more: object
) -> Waiting:
    since = wall(begins).date()
    return Waiting(kind, process, one.title, since, due_on(since, days), today(), state=one.state, **more)


def _of_answer(process: Process, one: Proposal | sa.Row, began: dict[int, datetime]) -> Waiting:
    begins = answerable_from(process.phases, began.get(one.id, one.published_at))
    return _waiting("answer", process, one, begins, process.answer_days, code=code_of(one), synthetic=one.synthetic)


def _results() -> sa.Select:
    """(result, when there was news of it last) of each of which news is promised."""
    last = sa.select(sa.func.max(ResultUpdate.at)).where(ResultUpdate.result_id == Result.id).correlate(Result).scalar_subquery()
    told = sa.func.coalesce(last, Result.created_at, type_=Result.created_at.type)
    return sa.select(Result, told).where(Result.state.in_(OPEN_RESULTS))


def _of_results(asked: sa.Select, processes: dict[int, Process]) -> list[Waiting]:
    found = ((processes[result.process_id], result, last) for result, last in db.session.execute(asked))
    return [_waiting("news", process, one, last, process.update_days, result=one.id) for process, one, last in found]


def _accepted() -> sa.Select:
    """(proposal, when it was accepted) of each that was, at least in part, and that nothing realises yet."""
    realised = sa.exists().where(ResultSource.proposal_id == Proposal.id, ResultSource.kind.in_(REALISING))
    live = sa.and_(Answer.proposal_id == Proposal.id, Answer.replaced_at.is_(None), Answer.kind.in_(("accepted", "partly")))
    return (
        sa.select(Proposal, Answer.at)
        .join(Answer, live)
        .where(Proposal.state == "answered", ~realised, Proposal.hidden_at.is_(None))
    )


def _of_accepted(asked: sa.Select, processes: dict[int, Process]) -> list[Waiting]:
    found = ((processes[one.process_id], one, at) for one, at in db.session.execute(asked))
    return [
        _waiting("news", process, one, at, process.update_days, code=one.code, synthetic=one.synthetic)
        for process, one, at in found
    ]
