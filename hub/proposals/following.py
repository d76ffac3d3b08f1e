"""Following a proposal, and how often one wants to be written to about those that one wrote, supports or follows."""

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.notices.service import is_unwanted, opt_in
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Digest, Follow
from hub.proposals.rules import MAIL_EVERY
from hub.proposals.telling import GATHERED, heard_up_to, send
from hub.refusal import Refusal

PER_PAGE = 30


def follow(proposal: Proposal, *, by: Person) -> None:
    """Hear of what happens to it. Said twice, it is said."""
    if not insert_unless_there(Follow, person_id=by.id, proposal_id=proposal.id, since=now()):
        again = sa.update(Follow).filter_by(person_id=by.id, proposal_id=proposal.id).where(Follow.ended_at.is_not(None))
        db.session.execute(again.values(since=now(), ended_at=None), execution_options={"synchronize_session": False})


def unfollow(proposal: Proposal, *, by: Person) -> None:
    """Hear no more of it, unless one wrote or supports it."""
    mine = sa.update(Follow).filter_by(person_id=by.id, proposal_id=proposal.id, ended_at=None)
    db.session.execute(mine.values(ended_at=now()), execution_options={"synchronize_session": False})


def is_following(proposal: Proposal, person: Person) -> bool:
    mine = sa.exists().where(Follow.person_id == person.id, Follow.proposal_id == proposal.id, Follow.ended_at.is_(None))
    return db.session.scalar(sa.select(mine))


def followed(person: Person, *, page: int = 1) -> tuple[list[Proposal], bool]:
    """The proposals that somebody follows, what they followed last first; whether there are more. What is hidden is left out."""
    mine = sa.select(Proposal).join(Follow, Follow.proposal_id == Proposal.id)
    mine = mine.where(Follow.person_id == person.id, Follow.ended_at.is_(None), Proposal.hidden_at.is_(None))
    mine = mine.order_by(Follow.since.desc(), Proposal.id.desc()).offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    rows = db.session.scalars(mine).all()
    return list(rows[:PER_PAGE]), len(rows) > PER_PAGE


def preference(person: Person) -> str:
    """How often somebody is written to: one of rules.MAIL_EVERY. Who ended these mails by the link in one of them: never."""
    if is_unwanted(person.subject, "proposals/news"):
        return "never"
    return db.session.scalar(sa.select(Digest.every).filter_by(person_id=person.id)) or "news"


def choose(every: str, *, by: Person) -> None:
    """Be written to so often from now on. every: one of rules.MAIL_EVERY. What was being gathered until now comes at once, so
    that nothing is lost, and nothing comes twice. Raises Refusal."""
    if every not in MAIL_EVERY:
        raise Refusal("Scegli quando vuoi ricevere le mail.", field="every", rule="every")
    insert_unless_there(Digest, person_id=by.id, every="news", last_news=0)
    mine = sa.select(Digest).filter_by(person_id=by.id).with_for_update()
    row = db.session.scalars(mine, execution_options={"populate_existing": True}).one()
    if row.every in GATHERED and every != row.every:
        send(row)
    if row.every != every:
        row.every, row.last_news, row.sent_at = every, heard_up_to(by), now()
    if every != "never":
        opt_in(by.subject, "proposal")
    db.session.flush()
