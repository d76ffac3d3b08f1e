"""Moderation: what readers report, what managers hide or show again and why, and the appeals of those whose words they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person, RoleGrant
from hub.accounts.throttle import Limit
from hub.clock import now
from hub.db import db
from hub.notices.service import notice
from hub.proposals import debate_rules as rules
from hub.proposals import policy, readers
from hub.proposals.comments import must_be_within, one_at_a_time, without_tags
from hub.proposals.debate_models import Appeal, CommentReport, Moderation, ProposalComment
from hub.proposals.models import Proposal, Voice
from hub.proposals.news import tell
from hub.proposals.rules import MODERATION_REASONS
from hub.proposals.showing import is_author
from hub.proposals.voices import By
from hub.refusal import must_pass

REPORT_LIMITS = (Limit("comment-report", 10, 60), Limit("comment-report-day", 30, 24 * 60))
PER_PAGE = 20

Target = ProposalComment | Proposal  # what is reported and moderated


# --- reports


def report(target: Target, reason: str, words: str, *, by: By) -> CommentReport:
    """Ask the moderators to look at a comment or a proposal. reason: one of rules.REPORT_REASONS. Raises Refusal."""
    one_at_a_time(by.voice)
    said = without_tags(words)
    mine = sa.select(CommentReport.id).filter_by(voice_id=by.voice.id, **_key(target))
    rules.must_be_reportable(
        is_there=target.hidden_at is None and not _is_removed(target),
        is_own=by.voice.id in _voices(target),
        is_reported=db.session.scalar(mine) is not None,
    )
    rules.must_have_a_report_reason(reason, said)
    must_be_within(REPORT_LIMITS, CommentReport, by.voice)
    row = CommentReport(voice_id=by.voice.id, reason=reason, words=said, at=now(), **_key(target))
    db.session.add(row)
    db.session.flush()
    return row


def dismiss(target: Target, *, by: Person) -> None:
    """What was reported may stay: its reports are handled. Raises Refusal."""
    rules.must_be_moderated_by_another(is_by(target, by))
    _handle_reports(target)


def _handle_reports(target: Target) -> None:
    open_ones = sa.update(CommentReport).filter_by(handled_at=None, **_key(target))
    db.session.execute(open_ones.values(handled_at=now()), execution_options={"synchronize_session": False})


# --- hidden, and shown again


def hide(target: Target, reason: str, words: str, *, by: Person) -> Moderation:
    """Nobody reads it any more: why, by which version of the policy, and until when its author may appeal. Its reports are
    handled, its author is told. reason: one of rules.MODERATION_REASONS. Raises Refusal."""
    target, said = _held(target), without_tags(words)
    rules.must_be_moderated_by_another(is_by(target, by))
    rules.must_be_visible(is_hidden=target.hidden_at is not None, is_removed=_is_removed(target))
    must_pass(lambda: rules.must_have_a_reason(reason), lambda: rules.must_be_explained(said))
    at = now()
    target.hidden_at = at
    row = _written(target, "hidden", reason, said, by, appeal_until=at + timedelta(days=rules.APPEAL_DAYS))
    _handle_reports(target)
    told = {"reason": reason, "words": said, "policy": row.policy, "until": row.appeal_until, "appeal": row.id}
    _tell_whose(target, "proposals/hidden", **told)
    return row


def restore(target: Target, words: str, *, by: Person) -> Moderation:
    """Everybody reads it again. Its author is told. Raises Refusal."""
    target, said = _held(target), without_tags(words)
    rules.must_be_moderated_by_another(is_by(target, by))
    rules.must_be_hidden(target.hidden_at is not None)
    rules.must_be_explained(said)
    return _restored(target, said, by)


def _restored(target: Target, words: str, by: Person) -> Moderation:
    before = last_act(target)
    target.hidden_at = None
    row = _written(target, "restored", before.reason, words, by)
    _tell_whose(target, "proposals/restored", words=words)
    return row


def _written(target: Target, step: str, reason: str, words: str, by: Person, **more: object) -> Moderation:
    told = {"step": step, "reason": reason, "words": words, "policy": policy.CURRENT.version, "at": now()}
    row = Moderation(by_id=by.id, **_key(target), **told, **more)
    db.session.add(row)
    db.session.flush()
    if isinstance(target, Proposal):
        tell(target, step, by, **({"reason": reason} if step == "hidden" else {}))
    return row


def _tell_whose(target: Target, kind: str, **facts: object) -> None:
    """Tell those whose words they are. What was hidden is not repeated in a mail, which others may read."""
    proposal = db.session.get_one(Proposal, target.proposal_id) if isinstance(target, ProposalComment) else target
    about = {
        "is_comment": target is not proposal,
        "code": proposal.code,
        "title": proposal.title if target is not proposal else "",
    }
    whose = sa.select(Voice).where(Voice.id.in_(_voices(target))).options(joinedload(Voice.person)).order_by(Voice.id)
    for voice in db.session.scalars(whose):
        if (person := readers.reader(voice)) is not None:
            notice(kind, to=person, has_account=voice.person_id is not None, **about, **facts)


# --- appeals


def appeal(act: Moderation, text: str, *, by: By) -> Appeal:
    """Whose words were hidden asks that somebody else look again. Raises Refusal."""
    target, said = _held(target_of(act)), without_tags(text)
    rules.must_be_appealable(
        is_hidden=is_in_force(act, target),
        until=act.appeal_until,
        at=now(),
        is_appealed=db.session.get(Appeal, act.id) is not None,
    )
    rules.must_say_something(said, least=rules.SHORTEST_COMMENT, most=rules.LONGEST_APPEAL)
    row = Appeal(moderation_id=act.id, text=said, by_id=by.voice.id, at=now())
    db.session.add(row)
    db.session.flush()
    return row


def decide(row: Appeal, outcome: str, words: str, *, by: Person) -> None:
    """Another manager decides: it stays hidden (upheld), or everybody reads it again (overturned). Whoever appealed is told.
    Raises Refusal."""
    act = row.moderation
    target, said = _held(target_of(act)), without_tags(words)
    db.session.refresh(row)
    rules.must_be_undecided(row.outcome is not None)
    rules.must_be_hidden(is_in_force(act, target))
    rules.must_decide_for_another(is_the_same=act.by_id == by.id, is_own=is_by(target, by), others=other_managers(act.by))
    rules.must_be_explained(said)
    row.outcome, row.words, row.decided_by_id, row.decided_at = outcome, said, by.id, now()
    db.session.flush()
    if outcome == "overturned":
        _restored(target, said, by)
    else:
        _tell_whose(target, "proposals/appeal_upheld", words=said)


def other_managers(person: Person) -> int:
    """How many managers there are beside somebody."""
    others = (
        sa.select(sa.func.count()).select_from(RoleGrant).where(RoleGrant.role == "manager", RoleGrant.person_id != person.id)
    )
    return db.session.scalar(others)


# --- what there is


def is_by(target: Target, person: Person) -> bool:
    """Whether these are somebody's own words."""
    if isinstance(target, Proposal):
        return is_author(target, person)
    voice = db.session.get_one(Voice, target.voice_id)
    return voice.person_id == person.id


def act_by(id: int) -> Moderation | None:
    """A moderation act, with its appeal."""
    found = sa.select(Moderation).filter_by(id=id).options(joinedload(Moderation.appeal), joinedload(Moderation.by))
    return db.session.scalars(found).one_or_none()


def target_of(act: Moderation) -> Target:
    """What an act hid or restored."""
    return db.session.get_one(*((ProposalComment, act.comment_id) if act.comment_id else (Proposal, act.proposal_id)))


def last_act(target: Target) -> Moderation | None:
    """The newest act about this, None where there was none."""
    acts = sa.select(Moderation).filter_by(**_key(target)).order_by(Moderation.id.desc()).limit(1)
    return db.session.scalars(acts).one_or_none()


def is_in_force(act: Moderation, target: Target) -> bool:
    """Whether it is by this act that something is hidden now."""
    return target.hidden_at is not None and act.step == "hidden" and last_act(target).id == act.id


def acts_about(target: Target) -> list[Moderation]:
    """Everything that moderators did about this, in order, with who did."""
    acts = sa.select(Moderation).filter_by(**_key(target)).order_by(Moderation.id)
    return list(db.session.scalars(acts.options(joinedload(Moderation.by), joinedload(Moderation.appeal))))


def reports_about(target: Target) -> list[CommentReport]:
    """What readers said against it, the newest first."""
    return list(db.session.scalars(sa.select(CommentReport).filter_by(**_key(target)).order_by(CommentReport.id.desc())))


def register() -> list[tuple[str, dict[str, int]]]:
    """What was done for each reason, as everybody may know: how much was hidden and restored, how many appeals there were and
    how many were accepted. Numbers alone."""
    steps = sa.select(Moderation.reason, Moderation.step, sa.func.count()).group_by(Moderation.reason, Moderation.step)
    asked = sa.select(Moderation.reason, Appeal.outcome, sa.func.count()).join(Appeal.moderation)
    counts = {reason: {"hidden": 0, "restored": 0, "appeals": 0, "accepted": 0} for reason in MODERATION_REASONS}
    for reason, step, count in db.session.execute(steps):
        counts[reason][step] += count
    for reason, outcome, count in db.session.execute(asked.group_by(Moderation.reason, Appeal.outcome)):
        counts[reason]["appeals"] += count
        counts[reason]["accepted"] += count if outcome == "overturned" else 0
    return list(counts.items())


# --- the staff's queue


@dataclass(frozen=True)
class Waiting:
    """One thing in the queue: the proposal, the comment (None where it is the proposal itself), and what is known of it:
    reports (how many are open, their reasons), act (what hides it), appeal."""

    proposal: Proposal
    comment: ProposalComment | None
    reports: int = 0
    reasons: tuple[str, ...] = ()
    act: Moderation | None = None


def reported(page: int = 1) -> tuple[list[Waiting], bool]:
    """What readers reported and nobody has looked at, the longest waiting first; whether there is more. Comments that their
    authors removed meanwhile are left out."""
    columns = (CommentReport.proposal_id, CommentReport.comment_id)
    asked = sa.select(*columns, sa.func.count()).filter_by(handled_at=None).group_by(*columns)
    asked = asked.outerjoin(ProposalComment, ProposalComment.id == CommentReport.comment_id)
    asked = asked.where(ProposalComment.removed_at.is_(None))
    asked = asked.order_by(sa.func.min(CommentReport.id)).offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    rows = db.session.execute(asked).all()
    shown = rows[:PER_PAGE]
    open_ones = sa.select(*columns, CommentReport.reason).filter_by(handled_at=None).distinct()
    open_ones = open_ones.where(CommentReport.proposal_id.in_({row.proposal_id for row in shown}))
    why: dict[tuple, list[str]] = {}
    for proposal, comment, reason in db.session.execute(open_ones.order_by(CommentReport.reason)):
        why.setdefault((proposal, comment), []).append(reason)
    proposals, comments = _loaded([(row.proposal_id, row.comment_id) for row in shown])
    found = [
        Waiting(proposals[proposal], comments.get(comment), count, tuple(why[proposal, comment]))
        for proposal, comment, count in shown
    ]
    return found, len(rows) > PER_PAGE


def hidden(page: int = 1) -> tuple[list[Waiting], bool]:
    """What is hidden now, the newest first; whether there is more."""
    return _acts(Moderation.id.in_(_in_force()), Moderation.id.desc(), page)


def appealed(page: int = 1) -> tuple[list[Waiting], bool]:
    """What is hidden and asked for again, the longest waiting first; whether there is more."""
    waiting = sa.select(Appeal.moderation_id).where(Appeal.outcome.is_(None))
    return _acts(sa.and_(Moderation.id.in_(_in_force()), Moderation.id.in_(waiting)), Moderation.id, page)


def _in_force() -> sa.Select:
    """The acts by which something is hidden now: of each thing the newest, where it hid."""
    newest = sa.select(sa.func.max(Moderation.id)).group_by(Moderation.proposal_id, Moderation.comment_id)
    return sa.select(Moderation.id).where(Moderation.id.in_(newest), Moderation.step == "hidden")


def _acts(which: sa.ColumnElement[bool], order: object, page: int) -> tuple[list[Waiting], bool]:
    asked = sa.select(Moderation).where(which).order_by(order).offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    rows = db.session.scalars(asked.options(joinedload(Moderation.by), joinedload(Moderation.appeal))).all()
    proposals, comments = _loaded([(row.proposal_id, row.comment_id) for row in rows])
    found = [Waiting(proposals[row.proposal_id], comments.get(row.comment_id), act=row) for row in rows[:PER_PAGE]]
    return found, len(rows) > PER_PAGE


def _loaded(keys: Sequence[tuple[int, int | None]]) -> tuple[dict[int, Proposal], dict[int, ProposalComment]]:
    proposals = sa.select(Proposal).where(Proposal.id.in_([proposal for proposal, _comment in keys]))
    comments = sa.select(ProposalComment).where(ProposalComment.id.in_([comment for _proposal, comment in keys if comment]))
    return (
        {one.id: one for one in db.session.scalars(proposals)},
        {one.id: one for one in db.session.scalars(comments)},
    )


def _held(target: Target) -> Target:
    """The same, as it stands, kept from others until the end."""
    found = sa.select(type(target)).filter_by(id=target.id).with_for_update(of=type(target))
    return db.session.scalars(found, execution_options={"populate_existing": True}).one()


def _key(target: Target) -> dict[str, int | None]:
    if isinstance(target, Proposal):
        return {"proposal_id": target.id, "comment_id": None}
    return {"proposal_id": target.proposal_id, "comment_id": target.id}


def _is_removed(target: Target) -> bool:
    return isinstance(target, ProposalComment) and target.removed_at is not None


def _voices(target: Target) -> list[int]:
    """Those whose words it is."""
    if isinstance(target, Proposal):
        return [one.voice_id for one in target.authors if one.left_at is None]
    return [target.voice_id]
