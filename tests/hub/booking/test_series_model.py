"""Random series, moved, cancelled and taken up again date by date, against a grid of minutes: what the portal refuses is what the
grid has no room for or the calendar shows as closed, and what it lets through stands where it was asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking import dates, decision, limits, series, service
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import ROME, now
from hub.db import db
from hub.refusal import Refusal
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Occurrence, Price, Rule
from hub.spaces.rules import Slot
from tests.hub.spaces.test_turnover import Known, is_possible
from tests.machines import examples
from tests.races import drop_the_guard

TODAY = "2027-03-01T08:00:00Z"
EPOCH = datetime(2027, 3, 1, tzinfo=UTC)
EASTER = (date(2027, 3, 28), date(2027, 3, 29))  # closed; in the first of these nights the clocks go forward
ITSELF = "sala-riunioni"  # where no manager is asked
SLUGS = ("campata-nord", "campate-nord-centrale", "officina-grande", ITSELF)
CLOSED = {"closed-day", "opening-hours"}

TIMES = {
    "slug": st.sampled_from(SLUGS),
    "last": st.booleans(),
    "start": st.sampled_from((600, 630, 690, 690, 720, 780, 1200)),
    "minutes": st.sampled_from((60, 90, 240)),
}
RECURRING = {
    "first": st.sampled_from((date(2027, 3, 24), date(2027, 3, 24), date(2027, 3, 24), date(2027, 3, 27))),
    "freq": st.sampled_from(("weekly", "daily")),
}
WHICH = {"data": st.data(), "own": st.booleans(), "scope": st.sampled_from(dates.SCOPES)}


@dataclass(frozen=True)
class Date:
    """A date of a series as it is told to people: a day and a time on Lecce's clocks, in minutes after midnight."""

    layout: Layout
    day: date
    start: int
    minutes: int
    planned: bool = True

    @property
    def slot(self) -> Slot:
        starts = datetime.combine(self.day, time(self.start // 60, self.start % 60), ROME)
        return Slot(starts.astimezone(UTC), starts.astimezone(UTC) + timedelta(minutes=self.minutes))

    @property
    def is_open(self) -> bool:
        opens, closes = {weekday: hours for weekday, *hours in demo.HOURS}[self.day.weekday()]
        return self.day not in EASTER and opens <= self.start and self.start + self.minutes <= closes

    @property
    def confirms_itself(self) -> bool:
        return self.layout.space.slug == ITSELF

    @property
    def use(self) -> Known:
        begins = (self.slot.starts - EPOCH) // timedelta(minutes=1)
        return Known(self.layout.space, self.layout, begins, begins + self.minutes)


@dataclass
class Sent:
    """A booking as the model knows it: waiting, approved or over, and its dates by the number of the occurrence."""

    state: str
    dates: dict[int, Date] = field(default_factory=dict)

    @property
    def planned(self) -> dict[int, Date]:
        return {id: one for id, one in self.dates.items() if one.planned}


class Series(RuleBasedStateMachine):
    """known: the bookings by their keys."""

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        self.spaces, self.people = {space.slug: space for space in spaces.spaces()}, load_people()
        self.known: dict[str, Sent] = {}

    @rule(**TIMES, **RECURRING, picks=st.tuples(*[st.sampled_from(("keep", "keep", "later", "other", "leave"))] * 3))
    def ask(self, slug: str, last: bool, start: int, minutes: int, first: date, freq: str, picks: tuple[str, ...]) -> None:
        asked, recurring = self._wish(slug, last, start, minutes), Recurrence(first, freq, count=3)
        as_asked = [Date(asked.layout, day, start, minutes) for day in recurring.days]
        wanted = [self._picked(one, pick) for one, pick in zip(as_asked, picks, strict=True)]
        kept = [one for one in wanted if one.planned]
        expected = CLOSED if not all(one.is_open for one in kept) else self._conflict(kept)
        sent = [
            Pick(before.slot.starts, one.layout, one.slot) if one.planned else Pick(before.slot.starts)
            for before, one in zip(as_asked, wanted, strict=True)
        ]
        made = self._agree(lambda: self._send(asked, recurring, sent), expected if kept else {"series-empty"})
        if made:
            ids = [one.id for one in sorted(made.occurrences, key=lambda one: one.recurrence_at)]
            state = "approved" if all(one.confirms_itself for one in kept) else "waiting"
            self.known[made.key] = Sent(state, dict(zip(ids, wanted, strict=True)))

    @rule(**TIMES, **RECURRING)
    def look(self, slug: str, last: bool, start: int, minutes: int, first: date, freq: str) -> None:
        """What is said of each date before anything is asked for; and what is offered instead can be had."""
        asked = self._wish(slug, last, start, minutes)
        for one in series.propose(asked, Recurrence(first, freq, count=3), by=None):
            wanted = Date(asked.layout, one.slot.starts.astimezone(ROME).date(), start, minutes)
            state = "closed" if not wanted.is_open else "taken" if self._conflict([wanted]) else "free"
            assert one.state == state, wanted
            for other in one.others:
                at = other.slot.starts.astimezone(ROME)
                offered = Date(other.layout, at.date(), at.hour * 60 + at.minute, other.slot.minutes)
                assert offered.minutes == minutes and offered.is_open and not self._conflict([offered]), offered

    @precondition(lambda self: self._alive())
    @rule(**WHICH, **TIMES, days=st.sampled_from((0, 0, 1, 7)))
    def move(
        self, data: st.DataObject, own: bool, scope: str, slug: str, last: bool, start: int, minutes: int, days: int
    ) -> None:
        key, one, chosen = self._chosen(data, scope)
        goal = Date(self._layout(slug, last), self.known[key].dates[one].day + timedelta(days=days), start, minutes)
        self._move(key, one, chosen, goal, scope, own)

    @precondition(lambda self: self._alive())
    @rule(**WHICH, later=st.sampled_from((0, 60, 90, 120)))
    def move_near_another(self, data: st.DataObject, own: bool, scope: str, later: int) -> None:
        """To the day and the space of another date, at its time or after it."""
        key, one, chosen = self._chosen(data, scope)
        every = [date for sent in self.known.values() for date in sent.planned.values()]
        other = data.draw(st.sampled_from(every))
        self._move(key, one, chosen, replace(other, start=other.start + later, minutes=60), scope, own)

    def _move(self, key: str, one: int, chosen: dict[int, Date], goal: Date, scope: str, own: bool) -> None:
        booking, sent = self._booking(key), self.known[key]
        days = goal.day - sent.dates[one].day
        moved = {id: replace(goal, day=before.day + days) for id, before in chosen.items()}
        expected = set()
        if own:
            fixed = sent.state == "approved" and not all(date.confirms_itself for date in (*chosen.values(), *moved.values()))
            expected |= {"date-approved"} if fixed else set()
            expected |= CLOSED if not all(date.is_open for date in moved.values()) else set()
        expected |= set() if expected else self._conflict(moved.values(), instead_of=chosen)
        where = (goal.layout, goal.day, goal.start, goal.minutes, scope)
        if self._agree(lambda: dates.move(booking, self._date(booking, one), *where, by=self._by(own)), expected):
            sent.dates |= moved

    @precondition(lambda self: self._alive())
    @rule(**WHICH)
    def cancel(self, data: st.DataObject, own: bool, scope: str) -> None:
        key, one, chosen = self._chosen(data, scope)
        booking, sent = self._booking(key), self.known[key]
        every = len(chosen) == len(sent.planned)
        expected = {"series-empty"} if every and sent.state == "waiting" and not own else set()
        if self._agree(
            lambda: dates.cancel_dates(booking, self._date(booking, one), scope, "Lavori", by=self._by(own)), expected
        ):
            sent.dates |= {id: replace(date, planned=False) for id, date in chosen.items()}
            sent.state = "over" if every else sent.state

    @precondition(lambda self: self._left_out())
    @rule(data=st.data(), own=st.booleans())
    def take_up(self, data: st.DataObject, own: bool) -> None:
        key, one = data.draw(st.sampled_from(self._left_out()))
        booking, sent = self._booking(key), self.known[key]
        wanted = replace(sent.dates[one], planned=True)
        if own and sent.state == "approved" and not wanted.confirms_itself:
            expected = {"date-approved"}
        else:
            expected = CLOSED if own and not wanted.is_open else self._conflict([wanted])
        if self._agree(lambda: dates.take_up(booking, self._date(booking, one), by=self._by(own)), expected):
            sent.dates[one] = wanted

    @precondition(lambda self: self._alive())
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self._alive()))
        booking, sent = self._booking(key), self.known[key]
        expected = {"state"} if sent.state == "approved" else set()
        self._agree(lambda: decision.approve(booking, by=self.people["manager"]), expected)
        sent.state = "approved"

    @invariant()
    def what_stands_is_what_was_asked_for(self) -> None:
        uses = {id: one.use for sent in self.known.values() for id, one in sent.planned.items()}
        assert is_possible(list(uses.values()))
        columns = (Occurrence.id, Occurrence.layout_id, Occurrence.starts_at, Occurrence.ends_at)
        told = db.session.execute(sa.select(*columns, Occurrence.status).where(Occurrence.booking_id.is_not(None)))
        stands = {id: (layout, Slot(starts, ends), status == "planned") for id, layout, starts, ends, status in told}
        known = {id: one for sent in self.known.values() for id, one in sent.dates.items()}
        assert stands == {id: (one.layout.id, one.slot, one.planned) for id, one in known.items()}
        padding = db.session.execute(sa.select(Occurrence.id, Occurrence.setup_min, Occurrence.cleanup_min))
        in_force = {id: minutes for id, *minutes in padding if id in uses}
        assert in_force == {id: list(use.padding(list(uses.values()))) for id, use in uses.items()}
        for key in self._alive():
            booking = self._booking(key)
            assert service.keeps_its_place(booking) and (booking.state == "approved") == (self.known[key].state == "approved")
        assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)

    def _wish(self, slug: str, last: bool, start: int, minutes: int) -> Wish:
        return Wish(self._layout(slug, last), start, minutes, 10, "other")

    def _layout(self, slug: str, last: bool) -> Layout:
        return self.spaces[slug].layouts[-1 if last else 0]

    def _picked(self, one: Date, pick: str) -> Date:
        other = self.spaces[SLUGS[SLUGS.index(one.layout.space.slug) - 1]].layouts[0]
        changes = {"keep": {}, "later": {"start": one.start + 60}, "other": {"layout": other}, "leave": {"planned": False}}
        return replace(one, **changes[pick])

    def _send(self, asked: Wish, recurring: Recurrence, picks: list[Pick]) -> Booking:
        made = series.draft_series(asked, recurring, picks, by=self.people["citizen"])
        service.describe(made, title="Prova", purpose="culture", details="")
        service.submit(made, by=self.people["citizen"])
        return made

    def _conflict(self, wanted: Iterable[Date], instead_of: Iterable[int] = ()) -> set[str]:
        """What the ledger says of these dates beside, or instead of, those that are known."""
        others = [one for sent in self.known.values() for id, one in sent.planned.items() if id not in instead_of]
        return set() if is_possible([one.use for one in (*others, *wanted)]) else {"no-overlap"}

    def _agree(self, act: Callable[[], object], expected: set[str]) -> object:
        """What the act gives where the model expects no refusal, or True where it gives nothing; None where it is refused."""
        try:
            with db.session.begin_nested():
                done = act() or True
                db.session.flush()
        except Refusal as refusal:
            told = {one.rule for one in refusal.all}
            assert told <= expected, f"refused for {told}, and the model expects {expected}"
            return None
        assert not expected, f"let through, and the model expects {expected}"
        return done

    def _alive(self) -> list[str]:
        return [key for key, sent in self.known.items() if sent.state != "over"]

    def _left_out(self) -> list[tuple[str, int]]:
        return [(key, id) for key in self._alive() for id, one in self.known[key].dates.items() if not one.planned]

    def _chosen(self, data: st.DataObject, scope: str) -> tuple[str, int, dict[int, Date]]:
        """A booking, one of its dates, and all those that the scope means."""
        key = data.draw(st.sampled_from(self._alive()))
        planned = self.known[key].planned
        one = data.draw(st.sampled_from(sorted(planned)))
        meant = {
            "this": lambda id: id == one,
            "following": lambda id: id == one or planned[id].slot.starts >= planned[one].slot.starts,
            "all": lambda id: True,
        }[scope]
        return key, one, {id: date for id, date in planned.items() if meant(id)}

    def _booking(self, key: str) -> Booking:
        return service.booking_by_key(key, locked=True)

    def _date(self, booking: Booking, id: int) -> Occurrence:
        return next(one for one in booking.occurrences if one.id == id)

    def _by(self, own: bool) -> Person:
        return self.people["citizen" if own else "manager"]


EXAMPLES = examples(10, steps=20)


@pytest.fixture
def hub_of_its_own(database_of_its_own):
    """A hub without prices and limits some weeks before Easter, whose transaction the machine begins anew for each example."""
    with time_machine.travel(TODAY, tick=False):
        demo.load_spaces()
        load_people()
        db.session.execute(sa.update(Rule).where(Rule.kind.in_(limits.CHECKS)).values(ended_at=now()))
        db.session.execute(sa.delete(Price))
        db.session.commit()
        yield


def test_series_and_their_dates_agree_with_a_grid_of_minutes(hub_of_its_own):
    run_state_machine_as_test(Series, settings=EXAMPLES)


def test_with_the_guard_off_the_grid_of_minutes_tells(hub_of_its_own):
    drop_the_guard()
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Series, settings=settings(EXAMPLES, phases=[Phase.generate], report_multiple_bugs=False))
