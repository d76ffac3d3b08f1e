"""What moderators look at: supports that came in a burst, and several people with one device. It accuses nobody, and nothing
follows from it by itself: a school that votes together looks the same.

While a process is sealed only that there is something to look at, and of which day, is told: how many, and who, would tell how
many support what.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.data_views import opened
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.proposals import pattern_rules, processes
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal, Voice
from hub.proposals.pattern_rules import SHARED_LEAST, Burst
from hub.proposals.process_models import Process
from hub.proposals.supporting import DEVICES_KEPT

KEPT = DEVICES_KEPT  # how far back is looked


@dataclass(frozen=True)
class Pattern:
    """kind: burst or shared. at: when the first of its supports came. supports: which these are, burst: how they came; both None
    under a seal, burst of a shared device as well."""

    kind: str
    at: datetime
    supports: list[Support] | None = None
    burst: Burst | None = None


def noted() -> list[tuple[Proposal, list[Pattern]]]:
    """The proposals in whose supports of the last days there is something to look at, by their number, with what there is."""
    recent = sa.select(Support.proposal_id).where(Support.kind == "support", Support.at > now() - KEPT, Support.channel == "web")
    enough = recent.group_by(Support.proposal_id).having(sa.func.count() >= min(SHARED_LEAST, pattern_rules.LEAST))
    asked = sa.select(Proposal).where(Proposal.id.in_(enough)).order_by(Proposal.id)
    found = db.session.scalars(asked.options(joinedload(Proposal.process).selectinload(Process.phases))).all()
    told = [(proposal, patterns_of(proposal)) for proposal in found]
    return [(proposal, patterns) for proposal, patterns in told if patterns]


def patterns_of(proposal: Proposal) -> list[Pattern]:
    """What there is to look at in the supports of a proposal of the last days, in the order in which it began."""
    asked = sa.select(Support).filter_by(proposal_id=proposal.id, kind="support", channel="web")
    loaded = asked.options(joinedload(Support.voice).joinedload(Voice.person), joinedload(Support.phase))
    rows = db.session.scalars(loaded.where(Support.at > now() - KEPT).order_by(Support.at, Support.id)).all()
    found = [*_bursts(proposal, rows), *_shared(rows)]
    if processes.is_sealed(proposal.process):
        days = {(one.kind, one.at.date()): one for one in sorted(found, key=lambda one: one.at, reverse=True)}
        found = [Pattern(one.kind, one.at) for one in days.values()]
    return sorted(found, key=lambda one: (one.at, one.kind))


def _bursts(proposal: Proposal, rows: list[Support]) -> list[Pattern]:
    since = max([proposal.published_at, now() - KEPT, *(one.opens_at for one in proposal.process.phases[:1])])
    told = pattern_rules.bursts([one.at for one in rows], since, now())
    return [Pattern("burst", one.starts, [row for row in rows if one.starts <= row.at <= one.ends], one) for one in told]


def _shared(rows: list[Support]) -> list[Pattern]:
    """Devices from which several people supported the same proposal."""
    by_device: dict[str, list[Support]] = {}
    for row in rows:
        if row.device is not None:
            by_device.setdefault(row.device, []).append(row)
    several = [theirs for theirs in by_device.values() if len({one.voice_id for one in theirs}) >= SHARED_LEAST]
    return [Pattern("shared", theirs[0].at, theirs) for theirs in several]


def opened_by(proposal: Proposal, person: Person) -> list[Pattern]:
    """What there is to look at, for somebody of the staff who wants to know whom it concerns: who each of them is, reads that
    it was looked at. Under a seal nobody is told. Flushes."""
    found = patterns_of(proposal)
    people = {one.voice.person for pattern in found for one in pattern.supports or [] if one.voice.person is not None}
    for one in sorted(people, key=lambda one: one.id):
        opened(one, "support", proposal.code, by=person)
    return found
