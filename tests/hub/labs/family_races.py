"""What two guardians do at the same moment, each in four browsers; each race is run by eight processes (`tests.races`)."""

import time

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.families import service as families
from hub.families.models import Guardianship, Participant
from hub.labs import basket

ROUNDS = 6


def guardian(number: int, contestant: int) -> Person:
    """One of the two who answer for the child of a round; as a request has them."""
    with reading():
        email = f"guardian{number}x{contestant % 2}@posta.example"
        found = db.session.scalars(sa.select(Person).filter_by(email=email)).one()
        db.session.expunge_all()
        db.session.rollback()
    return found


def child(number: int) -> int:
    with reading():
        found = db.session.scalars(sa.select(Participant.id).filter_by(given_name=f"Bimbo{number}")).one()
        db.session.rollback()
    return found


def leave(number: int, contestant: int) -> str:
    """Both guardians of an enrolled child want to go: one of them stays."""
    me = guardian(number, contestant)
    record = families.record_seen_by(me, child(number), locked=True)
    if record is None:
        return "gone before"
    families.stop_answering(record, by=me)
    db.session.commit()
    return "left"


def leave_by_a_look_first(number: int, contestant: int) -> str:
    """The same without the lock: each looks, and sees the other still there."""
    me, id = guardian(number, contestant), child(number)
    with reading():
        others = sa.select(sa.func.count()).where(Guardianship.participant_id == id, Guardianship.ended_at.is_(None))
        alone = db.session.scalar(others.where(Guardianship.guardian_id != me.id)) == 0
        db.session.rollback()
    if alone:
        return "refused"
    time.sleep(0.5)  # the other looks meanwhile, on a busy machine too
    mine = sa.update(Guardianship).filter_by(participant_id=id, guardian_id=me.id, ended_at=None)
    done = db.session.execute(mine.values(ended_at=now())).rowcount
    db.session.commit()
    return "left" if done else "gone before"


def confirm(number: int, contestant: int) -> str:
    """Both have the child in their basket, for two courses in which there is one place each."""
    me = guardian(number, contestant)
    made = basket.confirm(basket.lines_of(me, locked=True), {}, by=me)
    db.session.commit()
    return f"won {len(made)}"
