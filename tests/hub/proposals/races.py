"""What people do to proposals at the same moment; each is run by eight processes (`tests.races`)."""

import time
from datetime import datetime

import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.proposals import supporting
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from hub.proposals.rules import CHOICES
from hub.proposals.voices import By, themselves, voice_of

MOST = 3  # supports of a person in the phase of `many`
LEADS = (500, 3, 2, 1, 0, 2, 1, 0)  # milliseconds before the last instant of a phase at which each contestant comes
SECOND = 1.0  # that who looks at the clock first takes to write


def proposals(slug: str) -> list[Proposal]:
    """The proposals of a process, in their order; the transaction in which they are looked for is over."""
    with reading():
        asked = sa.select(Proposal).join(Proposal.process).where(Process.slug == slug).order_by(Proposal.id)
        found = list(db.session.scalars(asked))
        for one in found:
            one.process.phases  # noqa: B018 - loaded now
        db.session.rollback()
    return found


def racer(number: int) -> By:
    return themselves(db.session.scalars(sa.select(Person).filter_by(email=f"racer{number}@posta.example")).one())


def same(number: int, _contestant: int) -> str:
    """One person supports one proposal from eight windows."""
    (idea,) = proposals(f"stessa-{number}")
    supporting.support(idea, by=racer(0))
    db.session.commit()
    return "won"


def many(number: int, contestant: int) -> str:
    """One person, who has three, supports eight proposals from a window each."""
    supporting.support(proposals(f"molte-{number}")[contestant], by=racer(0))
    db.session.commit()
    return "won"


def swap(number: int, contestant: int) -> str:
    """One person with two supports takes one back and gives another, from eight windows with a proposal each, twice."""
    idea, done = proposals(f"cambio-{number}")[contestant], []
    for verb in (supporting.support, supporting.revoke, supporting.support):
        try:
            verb(idea, by=racer(0))
            db.session.commit()
            done.append(verb.__name__)
        except supporting.Refusal as refusal:
            db.session.rollback()
            done.append(refusal.rule)
    return " ".join(done)


def choose(number: int, contestant: int) -> str:
    """One person votes from eight windows, three times in each."""
    (idea,) = proposals(f"voto-{number}")
    for turn in range(3):
        supporting.vote(idea, CHOICES[(contestant + turn) % 3], by=racer(0))
        db.session.commit()
    return "voted"


def last_instant(number: int, contestant: int) -> str:
    """Eight people support a proposal from half a second before its phase closes to that very instant."""
    (idea,) = proposals(f"chiude-{number}")
    with time_machine.travel(_before(idea), tick=True):
        time.sleep(max(0.0, (idea.process.phases[0].closes_at.timestamp() - now().timestamp()) - LEADS[contestant] / 1000))
        supporting.support(idea, by=racer(contestant))
        db.session.commit()
    return "won"


def _before(idea: Proposal) -> datetime:
    return datetime.fromtimestamp(idea.process.phases[0].closes_at.timestamp() - max(LEADS) / 1000, tz=now().tzinfo)


# --- the controls: a look first, and then the row


def same_by_a_look_first(number: int, contestant: int) -> str:
    (idea,) = proposals(f"stessa-senza-{number}")
    return _write(idea, contestant)


def many_by_a_count_first(number: int, contestant: int) -> str:
    return _write(proposals(f"molte-senza-{number}")[contestant], contestant)


def _write(idea: Proposal, contestant: int) -> str:
    """What is there is looked at, and the row written a moment later."""
    phase = idea.process.phases[0]
    me = voice_of(racer(0).voice.person)
    db.session.commit()
    with reading():
        if supporting.support_of(idea, me):
            return "refused: twice"
        slot = supporting.support_rules.free_slot(supporting.slots(me, phase), phase.supports_most)
        db.session.rollback()
    time.sleep(SECOND / 2)
    db.session.add(Support(proposal_id=idea.id, phase_id=phase.id, voice_id=me.id, slot=slot, at=now()))
    db.session.commit()
    return f"won {contestant}"


def choose_by_a_look_first(number: int, contestant: int) -> str:
    (idea,) = proposals(f"voto-senza-{number}")
    me = voice_of(racer(0).voice.person)
    db.session.commit()
    with reading():
        assert supporting.vote_of(idea, me) is None
        db.session.rollback()
    time.sleep(SECOND / 2)
    phase = idea.process.phases[0]
    db.session.add(Vote(proposal_id=idea.id, phase_id=phase.id, voice_id=me.id, choice=CHOICES[contestant % 3], at=now()))
    db.session.commit()
    return "voted"


def last_instant_by_a_look_first(number: int, contestant: int) -> str:
    """The clock is looked at while the phase is open, and the row written when it is not any longer."""
    (idea,) = proposals(f"chiude-senza-{number}")
    with time_machine.travel(_before(idea), tick=True):
        me, phase = racer(contestant).voice, idea.process.phases[0]
        db.session.commit()
        assert now() < phase.closes_at
        time.sleep(SECOND)
        db.session.add(Support(proposal_id=idea.id, phase_id=phase.id, voice_id=me.id, slot=1, at=now()))
        db.session.commit()
    return "won"


def drop_the_guards() -> None:
    """Take the database's own refusals away, to show what it is that keeps the promises."""
    for name in ("one_live_support", "one_support_a_slot", "one_live_vote"):
        db.session.execute(sa.text(f"DROP INDEX {name}"))
    on = " ON support" if db.engine.dialect.name == "postgresql" else ""
    for name in ("support_while_open", "support_within_limit"):
        db.session.execute(sa.text(f"DROP TRIGGER {name}{on}"))
    db.session.commit()
