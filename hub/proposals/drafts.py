"""Proposals by their authors: a draft that is kept as it is typed, publication, new versions, and withdrawal."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.organisations import service as organisations
from hub.organisations.members import organisations_to_act_for
from hub.participation.log import record
from hub.proposals import content as contents
from hub.proposals import news, processes, rules
from hub.proposals.holding import hold
from hub.proposals.index import index
from hub.proposals.models import Proposal, ProposalAuthor, ProposalFile, ProposalSdg, ProposalVersion, Voice
from hub.proposals.process_models import Process
from hub.proposals.voices import By, known_voice
from hub.refusal import Refusal, refusals
from impact.acts import ProposalSubmitted

MOST_DRAFTS = 20  # that one voice, or one organisation, may have at a time
MOST_VERSIONS = 20  # of a proposal in a day: of each a mail goes to whoever follows it
OWN = ("title", "topic", "area", "place", "space_id", "address", "lat", "lon")  # columns that repeat the newest version


def begin(process: Process, *, by: By) -> Proposal:
    """A new, empty draft, in the name of the organisation that they act for. Raises Refusal."""
    processes.must_be_open(process, "submits")
    _wait_for_rivals(by.voice.id, by.organisation and by.organisation.id)
    if _count(_drafts(by)) >= MOST_DRAFTS:
        raise Refusal(
            "Hai già %(count)s bozze: pubblicane una, o eliminala, prima di cominciarne un'altra.",
            rule="drafts",
            count=MOST_DRAFTS,
        )
    at = now()
    row = Proposal(process_id=process.id, author_id=by.voice.id, channel=by.channel, level=by.level)
    row.organisation_id = by.organisation.id if by.organisation else None
    row.created_at = row.updated_at = at
    row.synthetic = process.synthetic
    db.session.add(row)
    db.session.flush()
    db.session.add(ProposalAuthor(proposal_id=row.id, voice_id=by.voice.id, named=False, since=at))
    db.session.flush()
    by.did("began", row.code)
    return row


def may_write(proposal: Proposal, voice: Voice) -> bool:
    """Whether somebody may write it: its authors; of an organisation's, who may act for it and the co-authors."""
    if voice.person is not None and _is_of_theirs(proposal, voice.person):
        return True
    is_author = any(one.left_at is None and one.voice_id == voice.id for one in proposal.authors)
    return is_author and (proposal.organisation_id is None or voice.id != proposal.author_id)


def _is_of_theirs(proposal: Proposal, person: Person) -> bool:
    """Whether it is an organisation's in whose name somebody may act."""
    ours = proposal.organisation_id
    return ours is not None and any(one.id == ours for one in organisations_to_act_for(person))


def written_by(proposal: Proposal | None, person: Person, *, locked: bool = False) -> Proposal | None:
    """A proposal, where somebody with an account may write it. locked: nobody else changes it until the transaction ends."""
    if proposal is None:
        return None
    voice = known_voice(person)
    if not (may_write(proposal, voice) if voice else _is_of_theirs(proposal, person)):
        return None
    if locked:
        hold(proposal)
    return proposal


def seen(proposal: Proposal) -> str:
    """What is kept of a draft right now, as a digest: by it a page that was left open is told from what came since."""
    told = json.dumps([proposal.current, _words(proposal.draft)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _words(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "") for name in contents.FIELDS}


def typed(proposal: Proposal) -> dict[str, str]:
    """What the form shows: what was typed last, else the newest version."""
    if proposal.draft or proposal.current is None:
        return _words(proposal.draft)
    return contents.as_typed(proposal.content)


def keep(proposal: Proposal, words: Mapping[str, str], *, was: str, by: By, tab: str = "", stays: bool = False) -> None:
    """Keep what was typed, right or wrong. Raises Refusal, by the rule "seen" where another page kept other words since.

    was: `seen` of what the page showed. tab: the key of that page, "" of one that has none; stays: whether it goes on keeping
    by itself. Until it is left, what comes from it follows what came from it, though it has not heard yet that this was kept.
    The same words kept twice are no conflict.
    """
    must_be_writable(proposal)
    kept = _words(words)
    if kept == typed(proposal):
        return
    follows = bool(tab) and proposal.draft.get("tab") == tab
    if was != seen(proposal) and not follows:
        raise Refusal(
            "Nel frattempo la bozza è cambiata, in un'altra scheda o per mano di un altro autore: leggi le due versioni.",
            rule="seen",
        )
    proposal.draft, proposal.updated_at = kept | ({"tab": tab} if tab and stays else {}), now()
    db.session.flush()
    by.did("kept", proposal.code)


def name_me(proposal: Proposal, named: bool, *, by: By) -> None:
    """Whether the page says the name of this author."""
    mine = {"proposal_id": proposal.id, "voice_id": by.voice.id, "left_at": None}
    db.session.execute(sa.update(ProposalAuthor).filter_by(**mine).values(named=named))


def publish(proposal: Proposal, said: Mapping, *, by: By) -> None:
    """Make a draft public for good, as it says now. said: a content without its files. Raises Refusal."""
    process = proposal.process
    processes.must_be_open(process, "submits")
    _must_act_for(proposal)
    content = _whole(proposal, said)
    _wait_for_rivals(proposal.author_id, proposal.organisation_id)
    if process.proposals_most is not None and _count(_live(proposal)) >= process.proposals_most:
        raise Refusal(
            "In questo processo si possono avere al massimo %(most)s proposte: ritirane una, oppure chiedi di unirle.",
            rule="proposals-most",
            most=process.proposals_most,
        )
    at = now()
    release(proposal, content, by=by, at=at)
    record(ProposalSubmitted(activity=proposal.code), who=by.voice, acting_as=proposal.organisation, level=by.level, at=at)
    news.tell(proposal, "published", by.voice.person)
    by.did("published", proposal.code)


def release(proposal: Proposal, content: dict, *, by: By, at: datetime) -> None:
    """A draft is public from now on, and says this. No rule is asked, nobody is told: whoever calls it does both."""
    _add_version(proposal, content, by=by, at=at)
    proposal.state, proposal.published_at, proposal.level = "published", at, by.level
    _hold(proposal, content)


def edit(proposal: Proposal, said: Mapping, *, reason: str = "", by: By) -> None:
    """Publish what was changed as a new version, while it may be edited. Raises Refusal."""
    must_be_editable(proposal)
    _must_act_for(proposal)
    content = _whole(proposal, said)
    if content == proposal.content:
        raise Refusal("Non hai cambiato niente: la versione pubblicata dice già così.", rule="unchanged")
    if sum(one.at > now() - timedelta(days=1) for one in proposal.versions) >= MOST_VERSIONS:
        raise Refusal(
            "In un giorno si pubblicano al massimo %(most)s versioni: chi la segue riceve una mail per ciascuna. Riprova domani.",
            rule="most-versions",
            most=MOST_VERSIONS,
        )
    _add_version(proposal, content, by=by, at=now(), reason=reason)
    _hold(proposal, content)
    news.tell(proposal, "edited", by.voice.person, number=proposal.current, reason=reason)
    by.did("edited", proposal.code)


def drop_changes(proposal: Proposal, *, by: By) -> None:
    """Give up what was changed since the newest version, which stays; its files are as that version has them."""
    if proposal.current is None:
        return
    named = proposal.content["files"]
    files = sa.update(ProposalFile).filter_by(proposal_id=proposal.id)
    db.session.execute(files.where(ProposalFile.id.in_(named)).values(removed_at=None))
    db.session.execute(files.where(ProposalFile.id.not_in(named), ProposalFile.removed_at.is_(None)).values(removed_at=now()))
    proposal.draft, proposal.updated_at = {}, now()
    db.session.flush()
    db.session.expire(proposal, ["files"])
    by.did("dropped", proposal.code)


def withdraw(proposal: Proposal, reason: str, *, by: By) -> None:
    """Take a published proposal back, for good and with a reason; it can still be read. Raises Refusal."""
    _must_be_alive(proposal)
    if not reason:
        raise Refusal("Scrivi perché la ritiri: chi l'ha sostenuta lo leggerà.", field="reason", rule="reason")
    proposal.state, proposal.closed_at, proposal.closed_reason = "withdrawn", now(), reason
    proposal.draft, proposal.updated_at = {}, proposal.closed_at
    db.session.flush()
    news.tell(proposal, "withdrawn", by.voice.person, reason=reason)
    by.did("withdrew", proposal.code)


def discard(proposal: Proposal, *, by: By) -> None:
    """Remove a draft, with its files, for good. Raises Refusal for what was published."""
    if proposal.published_at is not None:
        raise Refusal("È già pubblicata: si può ritirare, non eliminare.", rule="published")
    by.did("discarded", proposal.code)
    db.session.delete(proposal)
    db.session.flush()


def must_be_editable(proposal: Proposal) -> None:
    """Whether a published proposal may still be edited. Raises Refusal, which says until when it could."""
    _must_be_alive(proposal)
    if proposal.hidden_at is not None:
        raise Refusal("Questa proposta è nascosta da chi modera: prima si decide il ricorso.", rule="hidden")
    until = edit_until(proposal)
    if now() >= until:
        raise Refusal("Si poteva modificare fino a %(until)s: adesso resta com'è.", rule="edit-window", until=until)
    processes.must_be_open(proposal.process, "submits")


def can_be_edited(proposal: Proposal) -> bool:
    return not refusals(lambda: must_be_editable(proposal))


def can_be_withdrawn(proposal: Proposal) -> bool:
    return not refusals(lambda: _must_be_alive(proposal))


def edit_until(proposal: Proposal) -> datetime:
    """When a published proposal can no longer be edited, unless its phase closes before."""
    return proposal.published_at + timedelta(hours=proposal.process.edit_hours)


def of_organisation(id: int) -> list[Proposal]:
    """Drafts and proposals of an organisation, the newest first."""
    return _listed(sa.select(Proposal).filter_by(organisation_id=id))


def of_person(person: Person) -> list[Proposal]:
    """Drafts and proposals of which somebody is an author in their own name, the newest first."""
    voice = known_voice(person)
    if voice is None:
        return []
    authored = sa.select(ProposalAuthor.proposal_id).filter_by(voice_id=voice.id, left_at=None)
    own = sa.or_(Proposal.organisation_id.is_(None), Proposal.author_id != voice.id)
    return _listed(sa.select(Proposal).where(Proposal.id.in_(authored), own))


def _listed(found: sa.Select) -> list[Proposal]:
    found = found.options(sa.orm.joinedload(Proposal.process).selectinload(Process.phases))
    return list(db.session.scalars(found.order_by(Proposal.updated_at.desc(), Proposal.id.desc())))


def live_files(proposal: Proposal) -> list[ProposalFile]:
    """The files that go with the draft now, without their bytes."""
    found = sa.select(ProposalFile).filter_by(proposal_id=proposal.id, removed_at=None)
    return list(db.session.scalars(found.order_by(ProposalFile.id)))


def _whole(proposal: Proposal, said: Mapping) -> dict:
    contents.must_be_whole(said)
    return contents.canonical(said, [one.id for one in live_files(proposal)])


def must_be_writable(proposal: Proposal) -> None:
    """A draft is kept even when its phase has closed; what is published only while it may be edited."""
    if proposal.published_at is not None:
        must_be_editable(proposal)


def _must_be_alive(proposal: Proposal) -> None:
    if proposal.state not in rules.LIVE_STATES:
        raise Refusal(
            "Questa proposta ha già una risposta o è chiusa: non si può più cambiare né ritirare.",
            rule="closed",
        )


def _must_act_for(proposal: Proposal) -> None:
    if proposal.organisation is not None and proposal.organisation.state != "verified":
        raise Refusal(
            "L'organizzazione non è verificata: finché non lo è, la proposta resta una bozza.",
            rule="verified",
        )


def _wait_for_rivals(voice_id: int, organisation_id: int | None) -> None:
    """What an organisation, or somebody, may have is counted by one at a time."""
    if organisation_id is not None:
        organisations.lock(organisation_id)
    else:
        db.session.execute(sa.select(Voice.id).filter_by(id=voice_id).with_for_update(key_share=True))


def _drafts(by: By) -> sa.Select:
    found = sa.select(Proposal.id).filter_by(state="draft")
    if by.organisation:
        return found.filter_by(organisation_id=by.organisation.id)
    return found.filter_by(author_id=by.voice.id, organisation_id=None)


def _live(proposal: Proposal) -> sa.Select:
    """The published and not closed ones of the same organisation, or of the same person, in this process."""
    found = sa.select(Proposal.id).filter_by(process_id=proposal.process_id)
    found = found.where(Proposal.published_at.is_not(None), Proposal.closed_at.is_(None))
    if proposal.organisation_id is not None:
        return found.filter_by(organisation_id=proposal.organisation_id)
    return found.filter_by(author_id=proposal.author_id, organisation_id=None)


def _count(found: sa.Select) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery()))


def _add_version(proposal: Proposal, content: dict, *, by: By, at: datetime, reason: str = "") -> None:
    number = (proposal.current or 0) + 1
    told = {"content": content, "sha256": contents.digest(content), "by_id": by.voice.id, "reason": reason, "at": at}
    db.session.add(ProposalVersion(proposal_id=proposal.id, number=number, **told))
    db.session.flush()
    proposal.current, proposal.draft, proposal.updated_at = number, {}, at


def _hold(proposal: Proposal, content: dict) -> None:
    """Repeat the newest version where lists, filters and the search look."""
    for column in OWN:
        setattr(proposal, column, content[column])
    db.session.flush()
    db.session.execute(sa.delete(ProposalSdg).filter_by(proposal_id=proposal.id))
    db.session.add_all([ProposalSdg(proposal_id=proposal.id, sdg=number) for number in content["sdgs"]])
    db.session.flush()
    db.session.expire(proposal, ["versions", "space"])
    index(proposal)
