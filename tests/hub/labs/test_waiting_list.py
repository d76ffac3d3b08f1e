"""Enrolments, offers, groups and places in any order, against a model that knows of no rows, no lock and no queue of ours."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families.models import Guardianship, Participant
from hub.labs import enrolment, seats
from hub.labs.enrolment import Wanted
from hub.labs.models import EnrolGroup, Enrolment, QueueSkip
from hub.refusal import Refusal
from tests.hub.labs.makers import TICK, child, lab, person
from tests.hub.labs.test_queue import Waits, next_of

OFFER, MOST_WAITING, SKIPS = timedelta(hours=10), 5, 1
PLACES, KIDS, YOUNG = 2, 12, 3  # of the kids, the first so many enrol by themselves
HELD, LIVE = ("pending", "offered"), ("pending", "offered", "enrolled", "waiting")


class Refused(Exception):
    """The model says no: by this rule."""


@dataclass
class Place:
    """One enrolment. party: the number of those with whom it gets a place."""

    who: int
    party: int
    state: str = "waiting"
    seat: int | None = None
    until: datetime | None = None


class Model:
    """A waiting list as one would keep it on paper: chairs with numbers, and a list in the order of arrival."""

    def __init__(self, places: int) -> None:
        self.chairs = set(range(1, places + 1))
        self.all: list[Place] = []
        self.skips: dict[int, int] = {}  # of a party

    def are(self, *states: str) -> list[Place]:
        return [one for one in self.all if one.state in states]

    def free(self) -> list[int]:
        return sorted(self.chairs - {one.seat for one in self.all})

    def enrol(self, at: datetime, who: list[int], together: bool, outright: str) -> None:
        self.lapse(at)
        if len(set(who)) < len(who) or set(who) & {one.who for one in self.are(*LIVE)}:
            raise Refused("twice")
        if together and 1 < len(who) > len(self.chairs):
            raise Refused("group-size")
        first = len(self.all)
        self.all += [Place(one, first if together else first + n) for n, one in enumerate(who)]
        self.promote(at, since=first, outright=outright)
        if len(self.are("waiting")) > MOST_WAITING and any(one.state == "waiting" for one in self.all[first:]):
            raise Refused("waiting-full")

    def promote(self, at: datetime, *, since: int | None = None, outright: str = "") -> None:
        """One party after the other, from the front each time. Newcomers (from the place `since` on) have theirs outright."""
        while True:
            line = list(dict.fromkeys(one.party for one in self.are("waiting")))
            size = {party: sum(one.party == party for one in self.are("waiting")) for party in line}
            waits = [Waits(size[party], self.skips.get(party, 0)) for party in line]
            chosen = next_of(waits, len(self.free()), len(self.chairs), SKIPS)
            if chosen is None:
                return
            for before in line[:chosen]:
                if size[before] <= len(self.chairs):
                    self.skips[before] = self.skips.get(before, 0) + 1
            for number, one in enumerate(self.all):
                if one.party == line[chosen] and one.state == "waiting":
                    one.seat, one.state = self.free()[0], outright if since is not None and number >= since else "offered"
                    one.until = at + OFFER if one.state in HELD else None

    def lapse(self, at: datetime) -> int:
        over = [one for one in self.are(*HELD) if one.until <= at]
        for one in over:
            one.state, one.seat = "expired", None
        if over:
            self.promote(at)
        return len(over)

    def leave(self, at: datetime, number: int, state: str) -> None:
        self.lapse(at)
        if self.all[number].state not in LIVE:
            raise Refused("state")
        self.all[number].state, self.all[number].seat = state, None
        self.promote(at)

    def answer(self, at: datetime, number: int, yes: bool) -> None:
        asked = self.all[number]
        if asked.state not in (*HELD, "expired"):
            raise Refused("state")
        if asked.state == "expired" or asked.until <= at:
            raise Refused("offer-late")
        self.lapse(at)
        for one in [one for one in self.are(asked.state) if one.party == asked.party]:
            one.state, one.seat = ("enrolled", one.seat) if yes else ("withdrawn", None)
        self.promote(at)

    def set_places(self, at: datetime, count: int) -> None:
        self.lapse(at)
        if count < len(self.chairs) - len(self.free()):
            raise Refused("taken")
        while len(self.chairs) > count:
            self.chairs.remove(self.free()[-1])
        while len(self.chairs) < count:
            self.chairs.add(min(set(range(1, 99)) - self.chairs))
        self.promote(at)


class Machine(RuleBasedStateMachine):
    """Does the same to the model and to the portal, and compares what they say and what is left."""

    def __init__(self, hub: dict[str, object]) -> None:
        super().__init__()
        self.rosa, self.gino, self.kids = hub["rosa"], hub["gino"], hub["kids"]
        self.undo = db.session.begin_nested()
        self.at, self.rows, self.model = now(), [], Model(PLACES)
        hours = OFFER // timedelta(hours=1)
        self.lab = lab("gara", PLACES, waiting_most=MOST_WAITING, offer_hours=hours, skips_most=SKIPS)

    def teardown(self) -> None:
        self.undo.rollback()
        for one in list(db.session):  # their numbers come again with other rows
            if not isinstance(one, Person | Participant | Guardianship):
                db.session.expunge(one)

    def both(self, verb: Callable, of_model: Callable, *args: object) -> object:
        kept, said, given = deepcopy(self.model), None, None
        try:
            of_model(self.at, *args)
        except Refused as refused:
            self.model, said = kept, str(refused)
        with time_machine.travel(self.at, tick=False):
            try:
                with db.session.begin_nested():
                    given = verb()
            except Refusal as refusal:
                assert refusal.rule == said
            else:
                assert said is None, said
        return given

    def row(self, number: int) -> Enrolment:
        return db.session.get_one(Enrolment, self.rows[number])

    @rule(data=st.data())
    def enrol_one(self, data: st.DataObject) -> None:
        self._enrol([data.draw(self._kid())], False, self.rosa, "enrolled")

    @rule(data=st.data(), more=st.integers(1, 2), together=st.sampled_from([True, True, False]))
    def enrol_some(self, data: st.DataObject, more: int, together: bool) -> None:
        first = data.draw(self._kid())
        self._enrol([(first + n) % KIDS for n in range(more + 1)], together, self.rosa, "enrolled")

    @rule(who=st.integers(0, YOUNG - 1))
    def enrol_by_oneself(self, who: int) -> None:
        self._enrol([who], False, self.kids[who].person, "pending")

    @rule(who=st.integers(0, KIDS - 1))
    def enrol_the_same_twice(self, who: int) -> None:
        self._enrol([who, who], False, self.rosa, "enrolled")

    def _kid(self) -> st.SearchStrategy[int]:
        """One who is not enrolled, where there is one."""
        there = {one.who for one in self.model.are(*LIVE)}
        return st.sampled_from([number for number in range(KIDS) if number not in there] or range(KIDS))

    def _enrol(self, who: list[int], together: bool, by: object, outright: str) -> None:
        wanted = [Wanted(self.kids[one]) for one in who]
        made = self.both(
            lambda: enrolment.enrol(self.lab, wanted, by=by, together=together), self.model.enrol, who, together, outright
        )
        self.rows += [one.id for one in made or ()]

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), yes=st.booleans())
    def answer(self, data: st.DataObject, yes: bool) -> None:
        number = data.draw(self._somebody(*HELD))
        verb = enrolment.accept if yes else enrolment.decline
        self.both(lambda: verb(self.row(number), by=self.rosa), self.model.answer, number, yes)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), by_manager=st.booleans())
    def leave(self, data: st.DataObject, by_manager: bool) -> None:
        number = data.draw(self._somebody(*LIVE))
        if by_manager:
            self.both(lambda: enrolment.reject(self.row(number), "No.", by=self.gino), self.model.leave, number, "rejected")
        else:
            self.both(lambda: enrolment.withdraw(self.row(number), "other", by=self.rosa), self.model.leave, number, "withdrawn")

    def _somebody(self, *states: str) -> st.SearchStrategy[int]:
        """One in these states, as a rule."""
        likely = [number for number, one in enumerate(self.model.all) if one.state in states]
        return st.sampled_from(likely or range(len(self.rows)))

    @rule(count=st.integers(0, 5))
    def set_places(self, count: int) -> None:
        self.both(lambda: enrolment.set_places(self.lab, count, by=self.gino), self.model.set_places, count)

    @rule()
    def an_hour_later(self) -> None:
        self.at += timedelta(hours=1)

    @precondition(lambda self: self.model.are(*HELD))
    @rule(just_before=st.booleans())
    def to_the_end_of_an_offer(self, just_before: bool) -> None:
        soonest = min(one.until for one in self.model.are(*HELD))
        self.at = max(self.at, soonest - TICK if just_before else soonest)

    @rule()
    def settle(self) -> None:
        ended = []
        self.both(lambda: ended.append(seats.settle()), lambda at: ended.append(self.model.lapse(at)))
        assert ended[0] == ended[1]

    @invariant()
    def the_same_is_left(self) -> None:
        found = [self.row(number) for number in range(len(self.rows))]
        told = [(one.state, one.seat, one.held_until if one.state in HELD else None) for one in found]
        assert told == [(one.state, one.seat, one.until if one.state in HELD else None) for one in self.model.all]
        waiting = [one for one in found if one.state == "waiting"]
        assert [enrolment.position(one) for one in waiting] == list(range(1, len(waiting) + 1))
        mine = sa.select(EnrolGroup.skips).where(EnrolGroup.activity_id == self.lab.id)
        skips = sum(self.model.skips.values())
        assert sum(db.session.scalars(mine)) == db.session.scalar(sa.select(sa.func.count(QueueSkip.id))) == skips
        there = set(db.session.scalars(sa.select(seats.Seat.number).where(seats.Seat.activity_id == self.lab.id)))
        assert there == self.model.chairs
        assert [one.changes[-1].after for one in found if one.changes] == [one.state for one in found]


@pytest.fixture
def hub(session):
    rosa = person("Rosa")
    kids = [child(f"Kid{n}", rosa, years=15, account=person(f"Kid{n}") if n < YOUNG else None) for n in range(KIDS)]
    return {"rosa": rosa, "gino": person("Gino", role="manager"), "kids": kids}


def test_a_waiting_list_does_what_one_on_paper_would(hub):
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=slow)
    run_state_machine_as_test(lambda: Machine(hub), settings=chosen)
