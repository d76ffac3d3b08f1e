"""What one author does at the same moment in several tabs; each race is run by eight processes."""

import time

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.proposals import content, drafts
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from hub.proposals.voices import themselves
from tests.hub.proposals.makers import CONTENT

ROUNDS = 5
SAID = {name: CONTENT[name] for name in content.FIELDS}


def _draft(slug: str, contestant: int) -> tuple[Proposal, Person]:
    """The contestant's own draft in the process of a round, and its author."""
    ours = sa.select(Proposal).join(Process).where(Process.slug == slug).order_by(Proposal.id)
    found = db.session.scalars(ours.offset(contestant).limit(1)).one()
    return found, found.author.person


def publish(number: int, contestant: int) -> str:
    """Eight drafts of one author, in a process that takes one of each."""
    with reading():
        found, author = _draft(f"gara-{number}", contestant)
        db.session.rollback()
    found = drafts.written_by(found, author, locked=True)
    drafts.publish(found, SAID, by=themselves(author))
    db.session.commit()
    return "won"


def keep(number: int, contestant: int) -> str:
    """Eight tabs that have seen the same empty draft; each keeps other words."""
    with reading():
        found, author = _draft(f"schede-{number}", 0)
        db.session.rollback()
    was = drafts.seen(Proposal(draft={}))
    found = drafts.written_by(found, author, locked=True)
    drafts.keep(found, {"title": f"Dalla scheda {contestant}"}, was=was, by=themselves(author))
    db.session.commit()
    return "won"


def publish_by_a_look_first(number: int, contestant: int) -> str:
    """The same without the lock: each looks how many there are, then publishes."""
    with reading():
        found, author = _draft(f"controllo-{number}", contestant)
        live = sa.select(sa.func.count()).select_from(Proposal).filter_by(process_id=found.process_id, state="published")
        is_first = db.session.scalar(live) == 0
        db.session.rollback()
    time.sleep(0.5)  # the others look meanwhile, on a busy machine too
    if is_first:
        drafts.release(found, content.canonical(SAID), by=themselves(author), at=now())
        db.session.commit()
    return "done"
