"""What people do to organisations at the same moment; each is run by eight processes (`tests.races`)."""

import sqlalchemy as sa

from hub.accounts.models import Person, SignIn
from hub.accounts.roles import grant_role
from hub.db import GUARANTEES, db
from hub.organisations import invitations, members, service, verification
from hub.organisations.models import Membership, Organisation

ROUNDS = 12


def person(name: str) -> Person:
    found = db.session.scalars(sa.select(Person).filter_by(email=f"{name}@posta.example")).one()
    db.session.rollback()
    return found


def organisation(name: str) -> int:
    found = db.session.scalars(sa.select(Organisation.id).filter_by(name=name)).one()
    db.session.rollback()
    return found


def apart(number: int, contestant: int) -> str:
    """One person is made an evaluator, joins an organisation, and that is named the implementer: all at once."""
    judge, id = person(f"judge{number}"), organisation(f"Apart {number}")
    if contestant < 3:
        grant_role(db.session.get(Person, judge.id), "evaluator")
        done = "evaluator"
    elif contestant < 6:
        invitations.accept(f"link-{number}", by=judge)
        done = "member"
    else:
        manager = db.session.scalars(sa.select(Person).filter_by(email="gestore@officine.example")).one()
        verification.mark_implementer(verification.organisation_by(id, locked=True), True, by=manager)
        done = "implementer"
    db.session.commit()
    return done


def apart_unguarded(number: int, contestant: int) -> str:
    return apart(number + ROUNDS, contestant)


def leave(number: int, contestant: int) -> str:
    """Four adults of a group of five, the founder among them, go at once: two adults are left."""
    if contestant > 3:
        return "watched"
    mine = service.membership_of(person(f"adult{contestant}"), organisation(f"Group {number}"), locked=True)
    members.leave(by=mine)
    db.session.commit()
    return "left"


def leave_unguarded(number: int, contestant: int) -> str:
    """The same, without the guard and without the lock: each looks first, and each sees the others still there."""
    if contestant > 3:
        return "watched"
    mine = service.membership_of(person(f"adult{contestant}"), organisation(f"Group {number + ROUNDS}"))
    members.leave(by=mine)
    db.session.commit()
    return "left"


def accept(number: int, contestant: int) -> str:
    """Eight people open one link."""
    invitations.accept(f"open-{number}", by=person(f"racer{contestant}"))
    db.session.commit()
    return "joined"


def hand_over(number: int, contestant: int) -> str:
    """The representative hands over in eight tabs, each to somebody else."""
    id, founder, heir = organisation(f"Club {number}"), person("founder"), person(f"racer{contestant}")
    mine = service.membership_of(founder, id, locked=True)
    members.hand_over(service.membership_of(heir, id), by=mine)
    db.session.commit()
    return "handed over"


def verify(number: int, contestant: int) -> str:
    """Eight managers verify eight organisations with one codice fiscale."""
    manager = db.session.scalars(sa.select(Person).filter_by(email="gestore@officine.example")).one()
    id = organisation(f"Twin {number} {contestant}")
    verification.verify(verification.organisation_by(id, locked=True), by=manager)
    db.session.commit()
    return "verified"


def act(number: int, contestant: int) -> str:
    """An editor acts for an organisation in seven browsers, while they are sent away."""
    id, editor, founder = organisation(f"Acts {number}"), person(f"editor{number}"), person("founder")
    if contestant == 7:
        mine = service.membership_of(founder, id, locked=True)
        theirs = sa.select(Membership).filter_by(person_id=editor.id, organisation_id=id)
        members.remove(db.session.scalars(theirs).one(), by=mine)
    else:
        editor.sign_in = SignIn(token_hash=f"browser-{number}-{contestant}")
        members.act_for(id, by=editor)
    db.session.commit()
    return "sent away" if contestant == 7 else "acts"


def drop_the_guards(prefix: str) -> None:
    """Take the database's own refusals away, to show what it is that keeps the promise."""
    for promise in GUARANTEES.values():
        if promise.name.startswith(prefix):
            on = f" ON {promise.table}" if db.session.get_bind().dialect.name == "postgresql" else ""
            db.session.execute(sa.text(f"DROP TRIGGER {promise.name}{on}"))
    db.session.commit()
