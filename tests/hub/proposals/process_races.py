"""What several of the staff do with one process at the same moment; each race is run by eight processes."""

import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.clock import now
from hub.db import GUARANTEES, db, reading
from hub.proposals import planning
from hub.proposals.process_models import Phase, Process
from hub.proposals.process_rules import Terms

ROUNDS = 4
DAY = timedelta(days=1)
NAME = {"it": "Gara", "en": "Race"}
WAIT = 0.5  # the others look meanwhile, on a busy machine too


def _manager() -> Person:
    with reading():
        found = db.session.scalars(sa.select(Person).filter_by(email="gina@posta.example")).one()
        db.session.expunge_all()
        db.session.rollback()
    return found


def extend(number: int, contestant: int) -> str:
    """Everybody extends the first phase of a public process, each by another length."""
    me = _manager()
    found = planning.process_to_change(f"pubblico-{number}")
    phase = found.phases[0]
    asked = phase.closes_at + (contestant + 1) * timedelta(minutes=7)
    planning.extend(phase, asked, act=f"Atto {contestant}", reason="Gara", by=me)
    db.session.commit()
    return "done"


def rewrite(number: int, contestant: int) -> str:
    """Everybody writes all the phases of one draft, each with times of their own."""
    found = planning.process_to_change(f"bozza-{number}")
    at = now() + contestant * DAY
    phases = [Terms(NAME, at + n * DAY, at + (n + 1) * DAY, ("submits",)) for n in range(3)]
    planning.set_phases(found, phases)
    db.session.commit()
    return "done"


def add_by_a_look_first(number: int, contestant: int) -> str:
    """Everybody looks that nothing is there, and adds a phase of their own at the same time; the database has the last word."""
    return _add(f"sovrapposte-{number}", contestant, _start(), _start() + DAY)


def add_out_of_order(number: int, contestant: int) -> str:
    """The same where none overlaps: the later its number, the earlier it is."""
    opens = _start() + (20 - contestant) * DAY
    return _add(f"in-disordine-{number}", contestant, opens, opens + DAY)


def add_unguarded(number: int, contestant: int) -> str:
    """The control: the first of these races where nothing keeps phases apart."""
    return _add(f"controllo-{number}", contestant, _start(), _start() + DAY)


def _start() -> datetime:
    return now() + 10 * DAY


def _add(slug: str, contestant: int, opens: datetime, closes: datetime) -> str:
    with reading():
        process = db.session.scalars(sa.select(Process).filter_by(slug=slug)).one()
        id, is_free = process.id, not db.session.scalars(sa.select(Phase.id).filter_by(process_id=process.id)).all()
        db.session.expunge_all()
        db.session.rollback()
    time.sleep(WAIT)
    if is_free:
        told = {"name": NAME, "opens_at": opens, "closes_at": closes, "submits": True}
        db.session.add(Phase(process_id=id, number=contestant + 1, **told))
        db.session.flush()
        time.sleep(0.05)  # whoever does not wait for it is past its own look by now
        db.session.commit()
    return "done"


def drop_the_guards() -> None:
    """Take the database's own refusals away, to show what it is that keeps the promise."""
    is_postgresql = db.engine.dialect.name == "postgresql"
    for name in ("phase_in_order_insert", "phase_in_order_update"):
        assert name in GUARANTEES
        db.session.execute(sa.text(f"DROP TRIGGER {name}{' ON phase' if is_postgresql else ''}"))
    if is_postgresql:
        db.session.execute(sa.text("ALTER TABLE phase DROP CONSTRAINT phase_no_overlap"))
    db.session.commit()
