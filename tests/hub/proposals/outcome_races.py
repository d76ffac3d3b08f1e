"""What managers and authors do with one proposal at the same moment; each race is run by eight processes."""

import time

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.participation.log import record
from hub.proposals import answers, merging, results
from hub.proposals.merging import Part
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Answer
from hub.proposals.voices import themselves
from impact.acts import ProposalAnswered

ROUNDS = 5
SAID = Part("Un orto con il pozzo", "Coltiviamo insieme un orto, e scaviamo un pozzo per bagnarlo.")


def _case(*titles: str) -> tuple[list[Proposal], Person]:
    """The proposals of a round, and who manages; as a request has them before it begins to write."""
    with reading():
        found = [db.session.scalars(sa.select(Proposal).filter_by(title=title, current=1)).one() for title in titles]
        manager = db.session.scalars(sa.select(Person).filter_by(email="gina@posta.example")).one()
        db.session.expunge_all()
        db.session.rollback()
    return [db.session.merge(one, load=False) for one in found], db.session.merge(manager, load=False)


def answer(number: int, contestant: int) -> str:
    """Eight answers to a proposal that nobody has answered: each says something else."""
    (found,), manager = _case(f"Gara {number}")
    answers.answer(found, ("accepted", "rejected")[contestant % 2], f"Perché {contestant}", by=manager)
    db.session.commit()
    return "won"


def answer_or_merge(number: int, contestant: int) -> str:
    """Half of them answer a proposal, half merge it with another one."""
    (one, other), manager = _case(f"Una {number}", f"Altra {number}")
    if contestant % 2:
        merging.merge([one, other], SAID, by=themselves(manager), as_manager=True)
    else:
        answers.answer(one, "accepted", "", by=manager)
    db.session.commit()
    return "merged" if contestant % 2 else "answered"


def refuse_or_realise(number: int, contestant: int) -> str:
    """Half of them answer anew and refuse, half write a result of what was accepted."""
    (found,), manager = _case(f"Accolta {number}")
    if contestant % 2:
        results.create(found.process, {found: "adopted"}, by=manager, title="Si fa così")
    else:
        answers.answer(found, "rejected", "Ci abbiamo ripensato.", by=manager, seen=answers.live_answer(found).id)
    db.session.commit()
    return "realised" if contestant % 2 else "refused"


def answer_by_a_look_first(number: int, contestant: int) -> str:
    """The same without the lock: each looks whether there is an answer, then writes theirs."""
    with reading():
        found = db.session.scalars(sa.select(Proposal).filter_by(title=f"Senza guardia {number}")).one()
        is_first, id, code = answers.live_answer(found) is None, found.id, found.code
        manager = db.session.scalars(sa.select(Person.id).filter_by(email="gina@posta.example")).one()
        db.session.expunge_all()
        db.session.rollback()
    time.sleep(0.5)  # the others look meanwhile, on a busy machine too
    if is_first:
        event = record(ProposalAnswered(activity=code, status="accepted"))
        db.session.add(Answer(proposal_id=id, kind="accepted", text="", act="", by_id=manager, at=now(), event_id=event))
        db.session.commit()
    return "done"


def drop_the_guard() -> None:
    """Take the database's own refusal away, to show what it is that keeps the promise."""
    db.session.execute(sa.text("DROP INDEX one_live_answer"))
    db.session.commit()
