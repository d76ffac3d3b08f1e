"""What the database keeps of processes, proposals, support and debate, whoever asks it for something else."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.db import db
from hub.proposals.debate_models import Support
from hub.proposals.process_models import Phase, PhaseChange
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, process, proposal


def refused(name: str, *statements: object) -> None:
    """The database refuses this, by the name of what it keeps; what stood before stands."""
    with pytest.raises(DBAPIError, match=name), db.session.begin_nested():
        for one in statements:
            db.session.execute(one) if isinstance(one, sa.Executable) else db.session.add(one)
            db.session.flush()


def test_a_published_phase_moves_only_later_and_by_an_act(session):
    found = process()
    phase, manager = found.phases[0], person("gina")
    times = {"opens_before": phase.opens_at, "closes_before": phase.closes_at, "opens_at": phase.opens_at}
    later = phase.closes_at + DAY
    move = sa.update(Phase).filter_by(id=phase.id).values(closes_at=later)
    refused("phase_kept_update", move)
    told = {"act": "Determina 12/2026", "reason": "Festa patronale", "by_id": manager.id, "at": now()}
    refused("later", sa.insert(PhaseChange).values(phase_id=phase.id, **times, closes_at=phase.closes_at - DAY, **told))
    db.session.add(PhaseChange(phase_id=phase.id, **times, closes_at=later, **told))
    db.session.flush()
    db.session.execute(move)
    refused("phase_kept_update", sa.update(Phase).filter_by(id=phase.id).values(supports=False))


def test_phases_never_overlap(session):
    found = process(published=False)
    phase = found.phases[0]
    early = Phase(process_id=found.id, number=2, name={}, opens_at=phase.closes_at - DAY, closes_at=phase.closes_at + DAY)
    refused("phase_in_order_insert|phase_no_overlap", early)


def test_a_support_counts_once_within_its_phase_and_its_limit(session):
    found = process("a", {"supports": True, "supports_most": 1})
    other = process("b", {"submits": True})
    author, fan = person("ada"), voice_of(person("bea"))
    mine, theirs = proposal(found, author), proposal(other, author)

    def support(of, slot, **columns):
        values = {"phase_id": of.process.phases[0].id, "voice_id": fan.id, "slot": slot, "at": now()} | columns
        return sa.insert(Support).values(proposal_id=of.id, kind="support", channel="web", level=0, **values)

    db.session.execute(support(mine, 1))
    refused("support", support(mine, 1))
    refused("support_within_limit", support(proposal(found, author), 2))
    refused("support_while_open", support(theirs, 1))
    refused("support_while_open", support(proposal(found, author), 1, at=now() - 40 * DAY))
