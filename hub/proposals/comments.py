"""Comments on a proposal: said, answered, removed by who said them; and the discussion as everybody reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import nh3
import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from hub.accounts.throttle import Limit
from hub.clock import now
from hub.db import db
from hub.proposals import debate_rules as rules
from hub.proposals.debate_models import CommentReport, Moderation, ProposalComment
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.processes import must_be_open
from hub.proposals.rules import LONGEST_COMMENT, STANCES
from hub.proposals.showing import called
from hub.proposals.voices import By
from hub.refusal import must_pass

PER_PAGE = 20  # threads
ANSWERS_SHOWN = 5  # beneath each of them; the page of the thread has all
ANSWERS_PER_PAGE = 50
LIMITS = (Limit("comment", 10, 60), Limit("comment-day", 40, 24 * 60))  # of each person; counted by what they wrote
ORDERS = ("newest", "oldest")
READABLE = (ProposalComment.removed_at.is_(None), ProposalComment.hidden_at.is_(None))
NO_TAGS = {"tags": set(), "clean_content_tags": {"script", "style"}}


def comment(
    proposal: Proposal,
    text: str,
    stance: str | None = None,
    parent: ProposalComment | None = None,
    named: bool = False,
    *,
    by: By,
) -> ProposalComment:
    """Say something of a proposal, or answer somebody who did. Raises Refusal.

    stance: one of rules.STANCES at the top, None in an answer. named: whether everybody may read who says it, where it is not
    said in an organisation's name.
    """
    one_at_a_time(by.voice)
    proposal = _as_it_stands(proposal)
    rules.must_be_discussed(proposal.state, proposal.hidden_at is not None)
    must_be_open(proposal.process, "discusses")
    if parent is not None:
        answered = {"is_hidden": parent.hidden_at is not None, "is_removed": parent.removed_at is not None}
        rules.must_be_answerable(is_reply=parent.parent_id is not None, **answered)
    said = without_tags(text)
    must_pass(
        lambda: rules.must_take_a_stance(stance, is_reply=parent is not None),
        lambda: rules.must_say_something(said, least=rules.SHORTEST_COMMENT, most=LONGEST_COMMENT),
    )
    must_be_within(LIMITS, ProposalComment, by.voice)
    row = ProposalComment(proposal_id=proposal.id, parent_id=parent and parent.id, voice_id=by.voice.id, stance=stance, text=said)
    row.organisation_id = by.organisation and by.organisation.id
    row.named, row.channel, row.at = named, by.channel, now()
    db.session.add(row)
    db.session.flush()
    by.did("commented", proposal.code)
    return row


def remove(row: ProposalComment, *, by: By) -> None:
    """Take one's own words back: what was answered to them stays. Raises Refusal."""
    row = _locked(row)
    rules.must_be_ones_own(row.voice_id == by.voice.id)
    rules.must_not_be_removed(row.removed_at is not None)
    row.text, row.removed_at = "", now()
    db.session.flush()


def counted() -> sa.Select:
    """(proposal_id, comments): how many can be read of each proposal that has any, as a query."""
    said = sa.select(ProposalComment.proposal_id, sa.func.count().label("comments"))
    return said.where(*READABLE).group_by(ProposalComment.proposal_id)


def without_tags(text: str) -> str:
    """What somebody typed, as nothing but words; a text that is far too long is cut, since it is refused all the same."""
    return rules.plain(text[: 4 * LONGEST_COMMENT], lambda words: nh3.clean(words, **NO_TAGS))


def one_at_a_time(voice: Voice) -> None:
    """Two windows of one person write one after the other: so that both cannot be the last that is allowed."""
    db.session.execute(sa.select(Voice.id).filter_by(id=voice.id).with_for_update())


def must_be_within(limits: Sequence[Limit], model: type[ProposalComment | CommentReport], voice: Voice) -> None:
    """Whether somebody may write one more of these rows. Raises Refusal, which says when they may."""
    since = now() - timedelta(minutes=max(one.minutes for one in limits))
    told = sa.select(model.at).where(model.voice_id == voice.id, model.at > since)
    told = told.order_by(model.id.desc()).limit(max(one.times for one in limits))
    rules.must_be_within(limits, db.session.scalars(told).all(), now())


def _as_it_stands(proposal: Proposal) -> Proposal:
    """Kept open until the comment is there: whoever closes or hides it waits, or was first."""
    found = sa.select(Proposal).filter_by(id=proposal.id).with_for_update(read=True, of=Proposal)
    return db.session.scalars(found, execution_options={"populate_existing": True}).one()


def _locked(row: ProposalComment) -> ProposalComment:
    found = sa.select(ProposalComment).filter_by(id=row.id).with_for_update(of=ProposalComment)
    return db.session.scalars(found, execution_options={"populate_existing": True}).one()


# --- the discussion, as it is read


@dataclass
class Said:
    """A comment as everybody reads it. who: a name, None for a person who is not named; text: "" where nobody may read it;
    reason: why moderators hide it; answers: the first of them; answer_count: how many there are."""

    id: int
    at: datetime
    stance: str | None
    who: str | None
    is_author: bool
    is_organisation: bool
    voice_id: int
    text: str
    is_removed: bool
    reason: str | None
    parent_id: int | None
    answers: list["Said"] = field(default_factory=list)
    answer_count: int = 0

    @property
    def is_shown(self) -> bool:
        return not self.is_removed and self.reason is None


@dataclass(frozen=True)
class Discussion:
    """A page of a discussion. counts: how many threads take each stance, of those that can be read; total: of comments that
    can; threads: of this page; matching: how many threads the filter finds, hidden and removed ones too."""

    counts: dict[str, int]
    total: int
    threads: list[Said]
    matching: int
    stance: str | None
    order: str
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PER_PAGE))


def discussion(proposal: Proposal, *, stance: str | None = None, order: str = "newest", page: int = 1) -> Discussion:
    """A page of the threads on a proposal: four statements, however many there are. order: one of ORDERS."""
    counts, total, threads_of = _counts(proposal)
    matching = threads_of.get(stance, 0) if stance else sum(threads_of.values())
    page = min(max(1, page), max(1, -(-matching // PER_PAGE)))
    asked = sa.select(ProposalComment).filter_by(proposal_id=proposal.id, parent_id=None)
    if stance:
        asked = asked.filter_by(stance=stance)
    asked = asked.order_by(ProposalComment.id.desc() if order == "newest" else ProposalComment.id)
    authors = _Authors.of(proposal)
    threads = _said(asked.offset((page - 1) * PER_PAGE).limit(PER_PAGE), authors)
    _add_answers(threads, authors)
    return Discussion(counts, total, threads, matching, stance, order, page)


def comment_by(proposal: Proposal, id: int) -> ProposalComment | None:
    """A comment on this proposal."""
    row = db.session.scalars(sa.select(ProposalComment).filter_by(id=id, proposal_id=proposal.id)).one_or_none()
    if row is not None:
        set_committed_value(row, "proposal", proposal)  # the one at hand: nobody asks for it again
    return row


def thread(proposal: Proposal, top: ProposalComment, *, page: int = 1) -> tuple[Said, int]:
    """A comment and a page of what was answered to it, in order; and how many such pages there are."""
    authors = _Authors.of(proposal)
    (first,) = _said(sa.select(ProposalComment).filter_by(id=top.id), authors)
    answers = sa.select(ProposalComment).filter_by(parent_id=top.id)
    first.answer_count = db.session.scalar(sa.select(sa.func.count()).select_from(answers.subquery()))
    pages = max(1, -(-first.answer_count // ANSWERS_PER_PAGE))
    page = min(max(1, page), pages)
    answers = answers.order_by(ProposalComment.id).offset((page - 1) * ANSWERS_PER_PAGE).limit(ANSWERS_PER_PAGE)
    first.answers = _said(answers, authors)
    return first, pages


def page_of_answer(row: ProposalComment) -> int:
    """On which page of its thread an answer stands."""
    before = sa.select(sa.func.count()).where(ProposalComment.parent_id == row.parent_id, ProposalComment.id < row.id)
    return db.session.scalar(before) // ANSWERS_PER_PAGE + 1


def _counts(proposal: Proposal) -> tuple[dict[str, int], int, dict[str | None, int]]:
    """How many threads that can be read take each stance; how many comments can be read; how many threads there are by stance."""
    columns = (ProposalComment.stance, ProposalComment.parent_id.is_(None), sa.and_(*READABLE))
    asked = sa.select(*columns, sa.func.count()).where(ProposalComment.proposal_id == proposal.id).group_by(*columns)
    counts, total, threads_of = dict.fromkeys(STANCES, 0), 0, {}
    for stance, is_thread, can_be_read, count in db.session.execute(asked):
        total += count if can_be_read else 0
        if is_thread:
            threads_of[stance] = threads_of.get(stance, 0) + count
            if can_be_read and stance:
                counts[stance] += count
    return counts, total, threads_of


@dataclass(frozen=True)
class _Authors:
    """Who makes a proposal now. voices: whether the page names each of them; organisation: in whose name."""

    voices: dict[int, bool]
    organisation: int | None

    @classmethod
    def of(cls, proposal: Proposal) -> "_Authors":
        mine = sa.select(ProposalAuthor.voice_id, ProposalAuthor.named).filter_by(proposal_id=proposal.id, left_at=None)
        return cls(dict(tuple(row) for row in db.session.execute(mine)), proposal.organisation_id)

    def may_be_told(self, row: ProposalComment, who: str | None) -> bool:
        """Whether everybody may read that a comment is an author's: by its name nobody learns who has not signed."""
        if row.voice_id not in self.voices:
            return False
        if row.organisation_id is not None:
            return row.organisation_id == self.organisation
        return who is None or self.voices[row.voice_id]


def _add_answers(threads: list[Said], authors: _Authors) -> None:
    """The first answers to each of these, and how many there are; one statement."""
    place = sa.func.row_number().over(partition_by=ProposalComment.parent_id, order_by=ProposalComment.id).label("place")
    count = sa.func.count().over(partition_by=ProposalComment.parent_id).label("count")
    theirs = ProposalComment.parent_id.in_([one.id for one in threads])
    ranked = sa.select(ProposalComment.id, place, count).where(theirs).subquery()
    first = sa.select(ProposalComment, ranked.c.count).join(ranked, ranked.c.id == ProposalComment.id)
    first = first.where(ranked.c.place <= ANSWERS_SHOWN).order_by(ProposalComment.id)
    by_id = {one.id: one for one in threads}
    for answer, number in _rows(first, authors):
        above = by_id[answer.parent_id]
        above.answers.append(answer)
        above.answer_count = number


def _said(asked: sa.Select, authors: _Authors) -> list[Said]:
    return [said for said, *_more in _rows(asked, authors)]


def _rows(asked: sa.Select, authors: _Authors) -> Iterable[tuple]:
    """Comments with what else was asked of each; why a moderator hides them comes along."""
    newest = aliased(Moderation)
    why = sa.select(newest.reason).where(newest.comment_id == ProposalComment.id, newest.step == "hidden")
    why = why.order_by(newest.id.desc()).limit(1).scalar_subquery()
    whole = (joinedload(ProposalComment.voice).joinedload(Voice.person), joinedload(ProposalComment.organisation))
    for row, *more, reason in db.session.execute(asked.add_columns(why).options(*whole)):
        hidden, removed = row.hidden_at is not None, row.removed_at is not None
        who = called(row.voice, row.named, row.organisation)
        said = Said(
            id=row.id,
            at=row.at,
            stance=row.stance,
            who=who,
            is_author=authors.may_be_told(row, who),
            is_organisation=row.organisation_id is not None,
            voice_id=row.voice_id,
            text="" if hidden else row.text,
            is_removed=removed and not hidden,
            reason=reason if hidden else None,
            parent_id=row.parent_id,
        )
        yield said, *more
