"""What is being done because of proposals: results, their dated updates with what proves them, and the proposals that follow."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload, undefer

from hub.accounts.models import Person
from hub.clock import now, today
from hub.db import db
from hub.labs.models import Activity
from hub.labs.rules import SHOWN_STATES
from hub.proposals.holding import hold
from hub.proposals.models import Proposal
from hub.proposals.news import tell
from hub.proposals.outcome_models import Answer, Result, ResultSource, ResultUpdate
from hub.proposals.outcome_rules import (
    ANSWERED_STATES,
    DOABLE,
    REALISING,
    must_be_doable,
    must_be_in_step,
    must_have_happened,
    must_have_sources,
    must_show,
    state_by,
)
from hub.proposals.process_models import Process
from hub.refusal import Refusal, must_pass

PER_PAGE = 20


@dataclass(frozen=True)
class Evidence:
    """What proves an update: an address, or a file that was made anew (kind, data); words: what it shows."""

    url: str = ""
    words: str = ""
    kind: str | None = None
    data: bytes | None = None


def create(process: Process, sources: Mapping[Proposal, str], *, by: Person, title: str, **told: object) -> Result:
    """A result of answered proposals of one process. sources: how each gave rise to it, one of rules.SOURCE_KINDS; told: text,
    starts_on, ends_on, activity. Raises Refusal."""
    must_have_sources(len(sources))
    hold(*sources)
    must_be_doable([(one.title, _answer_of(one)) for one in sources])
    result = Result(process_id=process.id, title=title, created_at=now(), created_by_id=by.id, **told)
    db.session.add(result)
    db.session.flush()
    for proposal, kind in sources.items():
        _link(result, proposal, kind, by)
    return result


def link(result: Result, proposal: Proposal, kind: str, *, by: Person) -> None:
    """One more proposal gave rise to a result. Raises Refusal."""
    hold(proposal)
    must_be_doable([(proposal.title, _answer_of(proposal))])
    if any(one.proposal_id == proposal.id for one in sources_of(result)):
        raise Refusal("Questa proposta è già tra quelle da cui nasce il risultato.", field="source", rule="linked")
    _link(result, proposal, kind, by)


def _link(result: Result, proposal: Proposal, kind: str, by: Person) -> None:
    db.session.add(ResultSource(result_id=result.id, proposal_id=proposal.id, kind=kind, at=now()))
    db.session.flush()
    tell(proposal, "result_linked", by, result=result.id, title=result.title, process=result.process.slug)
    _follow(proposal)


def edit(result: Result, **told: object) -> None:
    """Say better what a result is: title, text, starts_on, ends_on, activity."""
    for column, value in told.items():
        setattr(result, column, value)
    db.session.flush()


def update(
    result: Result, *, day: date, text: str, state: str, progress: int, evidence: Evidence | None = None, by: Person
) -> ResultUpdate:
    """News of a result: it is told to each of its proposals, whose state follows. progress: basis points. Raises Refusal."""
    evidence = evidence or Evidence()
    must_pass(
        lambda: must_have_happened(day, today()),
        lambda: must_be_in_step(state, progress),
        lambda: must_show(evidence.url, evidence.data is not None, evidence.words),
    )
    sources = sources_of(result)
    hold(*(one.proposal for one in sources))
    shown = {"evidence_url": evidence.url, "evidence_words": evidence.words}
    if evidence.data is not None:
        shown |= {"evidence_kind": evidence.kind, "evidence": evidence.data}
        shown["evidence_sha256"] = hashlib.sha256(evidence.data).hexdigest()
    said = {"day": day, "text": text, "state": state, "progress": progress}
    row = ResultUpdate(result_id=result.id, by_id=by.id, at=now(), **said, **shown)
    db.session.add(row)
    result.state, result.progress = state, progress
    db.session.flush()
    db.session.expire(result, ["updates"])
    told = {"result": result.id, "update": row.id, "title": result.title, "process": result.process.slug}
    for source in sources:
        tell(source.proposal, "result_updated", by, state=state, progress=progress, **told)
        _follow(source.proposal)
    return row


def _follow(proposal: Proposal) -> None:
    """The state of a proposal, by what realises it."""
    realised = sa.select(Result.state).join(ResultSource).where(ResultSource.proposal_id == proposal.id)
    states = set(db.session.scalars(realised.where(ResultSource.kind.in_(REALISING))))
    if (state := state_by(states)) != proposal.state:
        proposal.state, proposal.updated_at = state, now()
        db.session.flush()


def _answer_of(proposal: Proposal) -> str | None:
    """The kind of the answer that holds, where a result may come of the proposal."""
    if proposal.state not in ANSWERED_STATES or proposal.hidden_at is not None:
        return None
    return db.session.scalar(sa.select(Answer.kind).filter_by(proposal_id=proposal.id, replaced_at=None))


# --- what there is


def result_by(id: int, *, slug: str | None = None, locked: bool = False) -> Result | None:
    """A result by its number, with its process; locked where it is about to change. slug: of its process, where it is known."""
    if locked:
        db.session.execute(sa.select(Result.id).filter_by(id=id).with_for_update()).all()
    found = sa.select(Result).filter_by(id=id).options(joinedload(Result.process), joinedload(Result.activity))
    result = db.session.scalars(found.execution_options(populate_existing=locked)).one_or_none()
    if result is None or result.process.published_at is None or slug not in (None, result.process.slug):
        return None
    return result


def results(page: int = 1) -> tuple[list[Result], bool]:
    """A page of all results, the newest first; are there more?"""
    found = sa.select(Result).options(joinedload(Result.process)).order_by(Result.id.desc())
    rows = db.session.scalars(found.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return list(rows[:PER_PAGE]), len(rows) > PER_PAGE


def results_in(process: Process) -> list[Result]:
    """The results of a process, the newest first."""
    return list(db.session.scalars(sa.select(Result).filter_by(process_id=process.id).order_by(Result.id.desc())))


def sources_of(result: Result) -> list[ResultSource]:
    """The proposals that a result came of, with how."""
    found = sa.select(ResultSource).filter_by(result_id=result.id).options(joinedload(ResultSource.proposal))
    return list(db.session.scalars(found.order_by(ResultSource.proposal_id)))


def results_of(proposal: Proposal) -> list[ResultSource]:
    """The results of a proposal, each with how it gave rise to it and its updates."""
    found = sa.select(ResultSource).filter_by(proposal_id=proposal.id)
    whole = joinedload(ResultSource.result).options(joinedload(Result.activity), selectinload(Result.updates))
    return list(db.session.scalars(found.options(whole).order_by(ResultSource.result_id)))


def update_by(result: Result, id: int) -> ResultUpdate | None:
    """An update of a result, with the file that proves it."""
    found = sa.select(ResultUpdate).filter_by(id=id, result_id=result.id)
    return db.session.scalars(found.options(undefer(ResultUpdate.evidence))).one_or_none()


def doable(process: Process) -> list[Proposal]:
    """The proposals of a process that a result may come of, the newest first."""
    accepted = sa.and_(Answer.proposal_id == Proposal.id, Answer.replaced_at.is_(None), Answer.kind.in_(DOABLE))
    found = sa.select(Proposal).join(Answer, accepted).filter_by(process_id=process.id)
    found = found.where(Proposal.state.in_(ANSWERED_STATES), Proposal.hidden_at.is_(None))
    return list(db.session.scalars(found.order_by(Proposal.id.desc())))


def activities() -> Iterable[Activity]:
    """The activities of the programme that a result may be about: those that everybody may see, the newest first."""
    return db.session.scalars(sa.select(Activity).where(Activity.state.in_(SHOWN_STATES)).order_by(Activity.id.desc()))
