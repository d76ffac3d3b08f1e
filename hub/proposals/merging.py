"""Several proposals become one, or one becomes several: new ones with links to the old, which close and stay to be read.

Nobody's support is moved: whoever supported an old one is asked, and supports the new one by a press of their own. The authors
of the old ones are the authors of the new, and may leave. The log's proposals are those that people sent, so that merging and
splitting write nothing there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.service import notice_all
from hub.proposals import content as contents
from hub.proposals import readers, supporting
from hub.proposals.debate_models import Support
from hub.proposals.drafts import may_write, release
from hub.proposals.holding import hold
from hub.proposals.models import Proposal, ProposalAuthor, ProposalLink
from hub.proposals.news import tell
from hub.proposals.outcome_rules import (
    must_be_another,
    must_be_in_time,
    must_be_live,
    must_be_of_one_process,
    must_be_parts,
    must_be_several,
    must_have_room,
    must_write_for_all,
)
from hub.proposals.processes import is_open
from hub.proposals.rules import LIVE_STATES
from hub.proposals.voices import By, known_voice
from hub.refusal import Refusal, must_pass


class Part(NamedTuple):
    """What a new proposal says; all else it has from the old one."""

    title: str
    text: str


def merge(proposals: Sequence[Proposal], said: Part, *, by: By, as_manager: bool = False) -> Proposal:
    """A new proposal in which these go on; what said does not say it has from the first of them. Raises Refusal.

    Their organisation stays where it is the same of all.
    """
    unique = {one.id: one for one in proposals}
    must_be_several(len(unique))
    hold(*unique.values())
    olds = list(unique.values())
    must_pass(
        lambda: must_be_of_one_process([one.process_id for one in olds]),
        lambda: _must_go_on(olds, "others", as_manager),
        lambda: must_write_for_all(all(may_write(one, by.voice) for one in olds), as_manager),
        lambda: must_be_another(as_manager and any(may_write(one, by.voice) for one in olds)),
    )
    first, at = olds[0], now()
    goals = sorted({sdg for one in olds for sdg in one.content["sdgs"]})
    shared = {one.organisation_id for one in olds}
    new = _publish(first, olds, said, by=by, at=at, organisation=shared.pop() if len(shared) == 1 else None, sdgs=goals)
    for old in olds:
        db.session.add(ProposalLink(from_id=old.id, to_id=new.id, kind="merged_into", by_id=by.voice.person_id, at=at))
        _close(old, "merged", at)
        tell(old, "merged", by.voice.person, into=new.code, title=new.title)
    tell(new, "published", by.voice.person, merged=[one.code for one in olds])
    _tell(olds, [new], "merged", by=by)
    return new


def split(proposal: Proposal, parts: Sequence[Part], *, by: By, as_manager: bool = False) -> list[Proposal]:
    """New proposals in which this one goes on. Raises Refusal."""
    hold(proposal)
    must_pass(
        lambda: must_be_parts([part.title for part in parts]),
        lambda: _must_go_on([proposal], None, as_manager),
        lambda: must_write_for_all(may_write(proposal, by.voice), as_manager),
        lambda: must_be_another(as_manager and may_write(proposal, by.voice)),
        lambda: as_manager or _must_have_room(proposal, len(parts)),
    )
    at, made = now(), []
    _close(proposal, "split", at)
    for part in parts:
        new = _publish(proposal, [proposal], part, by=by, at=at, organisation=proposal.organisation_id)
        db.session.add(ProposalLink(from_id=new.id, to_id=proposal.id, kind="split_from", by_id=by.voice.person_id, at=at))
        tell(new, "published", by.voice.person, split=proposal.code)
        made.append(new)
    tell(proposal, "split", by.voice.person, into=[one.code for one in made])
    _tell([proposal], made, "split", by=by)
    return made


def _must_go_on(olds: Sequence[Proposal], field: str | None, as_manager: bool) -> None:
    must_be_live([(one.title, one.state, one.hidden_at is not None) for one in olds], field)
    must_be_in_time(is_open(olds[0].process, "submits"), [one.state for one in olds], as_manager)


def _must_have_room(proposal: Proposal, parts: int) -> None:
    """Splitting is no way around the limit of a process."""
    live = sa.select(sa.func.count()).select_from(Proposal).filter_by(process_id=proposal.process_id)
    live = live.where(Proposal.published_at.is_not(None), Proposal.closed_at.is_(None))
    whose = {"organisation_id": proposal.organisation_id}
    if proposal.organisation_id is None:
        whose["author_id"] = proposal.author_id
    must_have_room(db.session.scalar(live.filter_by(**whose)) - 1 + parts, proposal.process.proposals_most)


def _publish(
    like: Proposal,
    olds: Iterable[Proposal],
    said: Part,
    *,
    by: By,
    at: datetime,
    organisation: int | None,
    sdgs: Sequence[int] | None = None,
) -> Proposal:
    content = dict(like.content) | {"title": said.title, "text": said.text, "files": []}
    if sdgs is not None:
        content["sdgs"] = list(sdgs)
    contents.must_be_whole(content)
    new = Proposal(process_id=like.process_id, author_id=like.author_id, organisation_id=organisation, channel=by.channel)
    new.created_at = new.updated_at = at
    new.level, new.synthetic, new.draft = by.level, like.process.synthetic, {}
    db.session.add(new)
    db.session.flush()
    named: dict[int, bool] = {}
    signed = [one for old in olds for one in old.authors if one.left_at is None]
    for author in [one for one in signed if one.voice.erased_at is None] or signed:  # whose accounts are all gone: nobody's name
        named[author.voice_id] = named.get(author.voice_id, False) or author.named
    db.session.add_all(ProposalAuthor(proposal_id=new.id, voice_id=id, named=shown, since=at) for id, shown in named.items())
    db.session.flush()
    release(new, contents.canonical(content), by=by, at=at)
    db.session.expire(new, ["authors"])
    return new


def _close(old: Proposal, state: str, at: datetime) -> None:
    old.state, old.closed_at, old.updated_at = state, at, at
    db.session.flush()


def _tell(olds: Sequence[Proposal], news: Sequence[Proposal], how: str, *, by: By) -> None:
    """The authors learn that theirs goes on, and may leave; the supporters are asked to support what it goes on in."""
    ids, seen = [one.id for one in olds], {by.voice.subject}
    told = {"how": how, "olds": [one.title for one in olds], "news": [{"title": one.title, "code": one.code} for one in news]}
    for kind, people in (("proposals/goes_on", readers.authors(*ids)), ("proposals/carry_on", readers.supporters(*ids))):
        notice_all(kind, to=[person for person in people if person.subject not in seen], **told)
        seen |= {person.subject for person in people}


# --- what goes on in what


def links_of(proposal: Proposal) -> list[tuple[str, Proposal, datetime]]:
    """(kind, the other one, when) of each link, in order. kind: merged_into, merged_from, split_from or split_into."""
    back = {"merged_into": "merged_from", "split_from": "split_into"}
    other = sa.case((ProposalLink.from_id == proposal.id, ProposalLink.to_id), else_=ProposalLink.from_id)
    mine = sa.or_(ProposalLink.from_id == proposal.id, ProposalLink.to_id == proposal.id)
    found = sa.select(ProposalLink, Proposal).join(Proposal, Proposal.id == other).where(mine, ProposalLink.kind.in_(back))
    found = found.where(Proposal.hidden_at.is_(None)).order_by(ProposalLink.id)
    return [
        (link.kind if link.from_id == proposal.id else back[link.kind], one, link.at) for link, one in db.session.execute(found)
    ]


def origins(proposal: Proposal) -> sa.Select:
    """The numbers of those that go on in this one, as a query."""
    merged = sa.select(ProposalLink.from_id).filter_by(to_id=proposal.id, kind="merged_into")
    return merged.union(sa.select(ProposalLink.to_id).filter_by(from_id=proposal.id, kind="split_from"))


def is_asked(proposal: Proposal, person: Person) -> bool:
    """Whether somebody supported what goes on in this proposal, and not yet this one."""
    voice = known_voice(person) if proposal.state in LIVE_STATES else None
    if voice is None:
        return False
    mine = sa.select(Support.id).filter_by(voice_id=voice.id, kind="support", revoked_at=None)
    before = mine.where(Support.proposal_id.in_(origins(proposal))).exists()
    return db.session.scalar(sa.select(sa.and_(before, ~mine.filter_by(proposal_id=proposal.id).exists())))


def carry_on(proposal: Proposal, *, by: By) -> None:
    """Support what an old one goes on in, in place of it: where its phase is still open the old support is taken back first, so
    that it takes no number of those that a person has. Raises Refusal."""
    mine = sa.select(Support.proposal_id).filter_by(voice_id=by.voice.id, kind="support", revoked_at=None)
    for old in db.session.scalars(sa.select(Proposal).where(Proposal.id.in_(mine), Proposal.id.in_(origins(proposal)))).all():
        try:
            supporting.revoke(old, by=by)
        except Refusal as refusal:
            if refusal.rule != "over":
                raise
    supporting.support(proposal, by=by)
