"""What families do to one activity at the same moment; each is run by eight processes (`tests.races`)."""

import secrets
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, reading
from hub.families.models import Participant
from hub.labs import enrolment, rules, seats
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, EnrolGroup, Enrolment, Seat
from hub.refusal import Refusal

FAMILIES, KIDS = 200, 3
DOORS = 4  # how many families come at the very same moment, of all of them
PLACES, WAITING = 20, 20  # of the activities for which all the families come
TICK = timedelta(milliseconds=1)
# How long before the last instant of an offer each contestant looks at the clock: who says yes, then the workers.
LEADS, WORKERS = (500, 2, 1, 0, 3, 2, 1, 0), range(4, 8)
ROUNDS = 2  # of each of the controls
UNGUARDED = "senza"  # in the addresses of the activities of the controls


def activity(slug: str) -> Activity:
    return _one(Activity, slug=slug)


def guardian(family: int) -> Person:
    return _one(Person, email=f"family{family}@posta.example")


def kid(family: int, number: int = 0) -> Participant:
    return _one(Participant, subject=f"kid:{family}-{number}")


def _one(model: type, **known: str) -> object:
    """Found by what it is known by the first time, by its number then."""
    key = (db.engine.url.database, model, *known.values())
    if key not in _ids:
        _ids[key] = db.session.scalars(sa.select(model.id).filter_by(**known)).one()
    return db.session.get_one(model, _ids[key])


_ids: dict[tuple, int] = {}


# --- many families for the last places


def come(number: int, contestant: int) -> str:
    """Four contestants are fifty families each, one after the other: how it ended for each, and from when to when it took."""
    return "|".join(_timed(family, _come, f"corsa-{number}") for family in _families(contestant))


def come_by_a_look_first(number: int, contestant: int) -> str:
    """The same, with the places looked at first and then written, and no lock: what the guards are for."""
    slug = f"corsa-{UNGUARDED}-{number}"
    return "|".join(_timed(family, _come_unguarded, slug) for family in _families(contestant))


def come_without_the_lock(number: int, contestant: int) -> str:
    """The same, in other rounds, while the database still has the last word."""
    return come_by_a_look_first(number + ROUNDS, contestant)


def _families(contestant: int) -> range:
    return range(contestant, FAMILIES, DOORS) if contestant < DOORS else range(0)


def _timed(family: int, enrols: Callable[[str, int], str], slug: str) -> str:
    began = time.monotonic()
    try:
        state = enrols(slug, family)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        state = refusal.rule
    return f"{family} {state} {began} {time.monotonic()}"


def _come(slug: str, family: int, child: int = 0) -> str:
    return enrolment.enrol(activity(slug), [Wanted(kid(family, child))], by=guardian(family))[0].state


def _come_unguarded(slug: str, family: int, child: int = 0, group: int | None = None) -> str:
    with reading():
        made = Enrolment(activity=activity(slug), participant=kid(family, child), enrolled_by_id=guardian(family).id)
        made.group_id, made.state, made.key, made.priority = group, "waiting", secrets.token_urlsafe(12), 0
        made.created_at = made.queued_at = now()
        for one, seat in seats.seating(made.activity, [made]).seated:
            one.seat, one.state = seat, "enrolled"
        db.session.rollback()
    db.session.add(made)
    db.session.commit()
    return made.state


# --- offers at their last instant


def answer(number: int, contestant: int) -> str:
    """Four say yes to their offers, from some milliseconds before the last instant to the instant itself, and four workers move
    on what nobody took."""
    mine, until = _offer(f"attesa-{number}", contestant)
    with time_machine.travel(until - max(LEADS) * TICK, tick=True):
        time.sleep(max(0.0, (until - LEADS[contestant] * TICK - now()).total_seconds()))
        if contestant in WORKERS:
            return _work(until)
        enrolment.accept(db.session.get_one(Enrolment, mine), by=guardian(contestant))
        db.session.commit()
    return "yes"


def answer_by_a_look_first(number: int, contestant: int) -> str:
    """The same by a yes that looks at the clock, and then writes."""
    mine, until = _offer(f"attesa-{UNGUARDED}-{number}", contestant)
    with time_machine.travel(until - max(LEADS) * TICK, tick=True):
        if contestant in WORKERS:
            return _work(until)
        with reading():
            kept = db.session.get_one(Enrolment, mine)
            rules.must_be_in_time(kept.state, kept.held_until, now())
            said = {"state": "enrolled", "seat": kept.seat, "held_until": None, "ended_at": None}
            while kept.state == "offered":  # the worker comes between
                db.session.rollback()
                time.sleep(0.02)
            db.session.rollback()
        db.session.execute(sa.update(Enrolment).filter_by(id=mine).values(said))
        db.session.commit()
    return "yes"


def _offer(slug: str, contestant: int) -> tuple[int, datetime]:
    """Which enrolment is a contestant's, and the last instant of the offers: that at which enrolment closes."""
    where = activity(slug)
    mine = sa.select(Enrolment.id).filter_by(activity_id=where.id, participant_id=kid(contestant).id)
    found = db.session.scalar(mine), where.enrol_closes_at
    db.session.rollback()
    return found


def _work(until: datetime) -> str:
    """The worker's rounds, until it has seen what nobody took by an instant moved on."""
    left = sa.select(Enrolment.id).filter_by(state="offered", held_until=until)
    while now() < until or db.session.scalar(left.limit(1)):
        seats.settle()
        db.session.commit()
    return "worked"


# --- groups beside single ones


def together(number: int, contestant: int) -> str:
    """Half of them come with three kids who stay together, half with two who do not, of whom one leaves again."""
    where = activity(f"gruppi-{number}")
    if contestant % 2 == 0:
        wanted = [Wanted(kid(contestant, n)) for n in range(KIDS)]
        enrolment.enrol(where, wanted, by=guardian(contestant), together=True)
        db.session.commit()
        return "came"
    made = enrolment.enrol(where, [Wanted(kid(contestant, n)) for n in range(2)], by=guardian(contestant))
    db.session.commit()
    enrolment.withdraw(made[0], "other", by=guardian(contestant))
    db.session.commit()
    return "left"


def together_one_by_one(number: int, contestant: int) -> str:
    """The same by kids of a group who look for places each by themselves."""
    slug = f"gruppi-{UNGUARDED}-{number}"
    if contestant % 2:
        _come_unguarded(slug, contestant)
        return "came"
    group = EnrolGroup(activity_id=activity(slug).id, created_at=now())
    db.session.add(group)
    db.session.commit()
    for child in range(KIDS):
        _come_unguarded(slug, contestant, child, group.id)
    return "came"


# --- one child, by everybody


def same(number: int, _contestant: int) -> str:
    """One child is enrolled from eight windows."""
    state = _come(f"stessa-{number}", 0)
    db.session.commit()
    return state


def same_by_a_look_first(number: int, _contestant: int) -> str:
    """The same by a look at the places alone."""
    return _come_unguarded(f"stessa-{UNGUARDED}-{number}", 0)


# --- fewer places while families come


def shrink(number: int, contestant: int) -> str:
    """A manager makes twelve places of twenty, another one six, while six families come with three kids each."""
    slug, few = f"posti-{number}", (12, 6)
    if contestant >= len(few):
        return " ".join(_come_and_commit(slug, contestant, child) for child in range(KIDS))
    gino = db.session.scalars(sa.select(Person).filter_by(email="gino@posta.example")).one()
    time.sleep(0.01 * (number % 5))
    enrolment.set_places(activity(slug), few[contestant], by=gino)
    db.session.commit()
    return f"places {few[contestant]}"


def _come_and_commit(slug: str, family: int, child: int) -> str:
    state = _come(slug, family, child)
    db.session.commit()
    return state


def shrink_by_a_count_read_first(number: int, contestant: int) -> str:
    """The same by a count of who is there that is read, and then acted upon."""
    slug = f"posti-{UNGUARDED}-{number}"
    if contestant:
        return " ".join(_come_and_commit(slug, contestant, child) for child in range(KIDS))
    with reading():
        mine = activity(slug).id
        rules.must_keep_taken(6, seats.places_of([mine])[mine].taken)
        while seats.places_of([mine])[mine].taken <= 6:  # the families come between
            db.session.rollback()
            time.sleep(0.02)
        db.session.rollback()
    if db.engine.dialect.name == "sqlite":  # whose foreign keys are off, unless a connection asks for them
        with sqlite3.connect(db.engine.url.database, timeout=60) as connection:
            connection.execute("DELETE FROM seat WHERE activity_id = ? AND number > 6", (mine,))
    else:
        db.session.execute(sa.delete(Seat).where(Seat.activity_id == mine, Seat.number > 6))
        db.session.commit()
    return "places 6"


def drop_the_guards() -> None:
    """Take the database's own refusals away, to show what it is that keeps the promises."""
    for name in ("one_enrolment_a_seat", "one_live_enrolment_participant"):
        db.session.execute(sa.text(f"DROP INDEX {name}"))
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("ALTER TABLE enrolment DROP CONSTRAINT fk_enrolment_seat"))
    db.session.commit()
