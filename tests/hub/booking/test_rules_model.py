"""Random rules, hours and bookings against a count of quarter hours: a booking is refused by those rules that a person would find
against it who goes through the calendar and what everybody has already; and where they find none, it is let through."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from hub import demo
from hub.accounts.demo import load_people
from hub.booking import dates, decision, series, service
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import ROME, now, today
from hub.db import db
from hub.organisations.models import Membership, Organisation
from hub.refusal import Refusal
from hub.spaces import opening, regulations
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Opening, Price, Rule
from hub.spaces.rules import Slot
from tests.hub.spaces.test_turnover import Known, is_possible
from tests.machines import examples

BEGIN = datetime(2027, 10, 18, 7, tzinfo=UTC)  # a Monday; on the Sunday of the week after the clocks go back
ALL_SAINTS = date(2027, 11, 1)
QUARTER = timedelta(minutes=15)
SLUGS = ("aula-1", "campata-nord", "campate-nord-centrale")
ORGANISATIONS = {"ets": "association", "company": "company"}  # of each audience, the kind; the others ask for themselves
LOCALS = ("resident", "ets")
USUAL = {"notice": {"hours": 24}, "horizon": {"days": 365}, "length": {"min": 60, "max": 720}, "grid": {"minutes": 30}}
LIMITS = ("residents_first", "quota_hours", "quota_live", "prime_share")
ADDED_UP = ("quota_hours", "quota_live")


def made_of(**values: tuple) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries({name: st.sampled_from(some) for name, some in values.items()})


PER = ("person", "organisation")
PARAMS = {
    "notice": made_of(hours=(0, 24, 48)),
    "horizon": made_of(days=(8, 60)),
    "length": st.sampled_from(({"min": 15, "max": 90}, {"min": 60, "max": 180})),
    "grid": made_of(minutes=(15, 30, 60)),
    "residents_first": made_of(days=(3, 8)),
    "quota_hours": made_of(hours=(4, 6), period=("week", "month", "year"), per=PER),
    "quota_live": made_of(count=(2, 3), per=PER),
    "prime_share": st.builds(
        lambda percent, period, weekdays: {
            "percent": percent,
            "period": period,
            "weekdays": weekdays,
            "from": 17 * 60,
            "to": 21 * 60,
        },
        st.sampled_from((10, 25)),
        st.sampled_from(("week", "month")),
        st.sampled_from(([1, 2, 3, 4], [5])),
    ),
}
SPACE = st.sampled_from((None, None, *SLUGS))
AUDIENCE = st.sampled_from((None, None, None, "resident", "ets", "company"))
ASKER = st.sampled_from(("resident", "other", "ets", "ets", "company"))
DAYS = st.integers(2, 14)
COMING = st.integers(0, 12)
WHERE = st.sampled_from(SLUGS)
START = st.sampled_from((600, 600, 660, 1020, 1020, 1080, 1140, 1080, 555, 1320))
MINUTES = st.sampled_from((60, 120, 180))


@lru_cache(None)
def wall(instant: datetime) -> tuple[date, int]:
    """What Lecce's clocks show: the day, and minutes after midnight."""
    there = instant.astimezone(ROME)
    return there.date(), there.hour * 60 + there.minute


@lru_cache(None)
def quarters(day: date) -> list[datetime]:
    """The quarter hours of a day, one after the other: those of 23 hours, of 24 or of 25."""
    first = datetime(day.year, day.month, day.day, tzinfo=ROME).astimezone(UTC)
    return [at for at in (first + n * QUARTER for n in range(100)) if wall(at)[0] == day]


def period(kind: str, day: date) -> tuple:
    return {"week": day.isocalendar()[:2], "month": (day.year, day.month), "year": (day.year,)}[kind]


class Line(NamedTuple):
    """Hours of a space or of the hub, for everybody or for an audience; a closed day opens never."""

    slug: str | None
    audience: str | None
    weekday: int | None
    opens: int | None
    closes: int | None
    first: date = date.min
    last: date = date.max


class Written(NamedTuple):
    """A rule; of two that say something of the same, the later one is meant."""

    kind: str
    slug: str | None
    audience: str | None
    params: dict
    first: date
    last: date

    @property
    def matter(self) -> tuple:
        counted = (self.slug, self.params["per"]) if self.kind in ADDED_UP else ()
        return (*counted, self.params.get("period"))


@dataclass(frozen=True)
class Date:
    """A use of a space, minutes after midnight on Lecce's clocks."""

    layout: Layout
    day: date
    start: int
    minutes: int
    planned: bool = True

    @property
    def slug(self) -> str:
        return self.layout.space.slug

    @property
    def atoms(self) -> set[int]:
        return set(self.layout.space.atom_ids)

    @property
    def cells(self) -> list[datetime]:
        """Its quarter hours."""
        first = next(at for at in quarters(self.day) if wall(at)[1] == self.start)
        return [first + n * QUARTER for n in range(self.minutes // 15)]

    @property
    def slot(self) -> Slot:
        return Slot(self.cells[0], self.cells[-1] + QUARTER)

    @property
    def use(self) -> Known:
        begins = (self.cells[0] - BEGIN) // timedelta(minutes=1)
        return Known(self.layout.space, self.layout, begins, begins + self.minutes)


@dataclass
class Sent:
    """A booking that was sent, its dates by the number of the occurrence."""

    asker: str
    at: datetime
    dates: dict[int, Date]

    @property
    def whose(self) -> str | None:
        """The audience of the organisation, none of somebody who asked for themselves."""
        return self.asker if self.asker in ORGANISATIONS else None

    @property
    def planned(self) -> list[Date]:
        return [one for one in self.dates.values() if one.planned]


class Rules(RuleBasedStateMachine):
    """lines: the hours that were ever written; written: the rules, in the order in which they were; sent: bookings by key;
    last_time: as whom the person asked for themselves; heard: the rules that said no in any example."""

    heard: ClassVar[set[str]] = set()

    @initialize(
        limits=st.fixed_dictionaries({kind: PARAMS[kind] for kind in LIMITS}),
        usual=st.sampled_from(tuple(USUAL)).flatmap(lambda kind: st.fixed_dictionaries({kind: PARAMS[kind]})),
    )
    def begin(self, limits: dict[str, dict], usual: dict[str, dict]) -> None:
        db.session.rollback()
        self.travel = time_machine.travel(BEGIN, tick=False)
        self.clock = self.travel.start()
        self.spaces, self.people = {space.slug: space for space in spaces.spaces()}, load_people()
        found = {one.kind: one for one in db.session.scalars(sa.select(Organisation))}
        self.organisations = {audience: found[kind] for audience, kind in ORGANISATIONS.items()}
        self.lines = [Line(None, None, *hours) for hours in demo.HOURS]
        self.written: list[Written] = []
        self.sent: dict[str, Sent] = {}
        self.last_time: str | None = None
        for kind, params in (limits | usual).items():
            self._write(kind, params, None, None, today(), None)

    def teardown(self) -> None:
        self.travel.stop()

    # --- what a manager writes

    @rule(data=st.data(), kind=st.sampled_from(tuple(USUAL)), slug=SPACE, audience=AUDIENCE, first=DAYS, days=st.none() | DAYS)
    def demand(
        self, data: st.DataObject, kind: str, slug: str | None, audience: str | None, first: int, days: int | None
    ) -> None:
        """Something of every booking, of an audience, for a while or for good."""
        begins = today() + timedelta(days=first - 2)
        self._write(
            kind, data.draw(PARAMS[kind]), slug, audience, begins, None if days is None else begins + timedelta(days=days)
        )

    @rule(data=st.data(), kind=st.sampled_from(LIMITS), slug=SPACE, audience=AUDIENCE, days=st.none() | st.none() | DAYS)
    def limit(self, data: st.DataObject, kind: str, slug: str | None, audience: str | None, days: int | None) -> None:
        """How much they may have who ask."""
        ends = None if days is None else today() + timedelta(days=days)
        self._write(kind, data.draw(PARAMS[kind]), slug, audience, today(), ends)

    def _write(self, kind: str, params: dict, slug: str | None, audience: str | None, first: date, last: date | None) -> None:
        told = {"space": self.spaces.get(slug), "audience": audience, "params": params, "valid_from": first, "valid_to": last}
        try:
            regulations.begin(regulations.wanted(kind, **told), by=self.people["manager"])
        except Refusal as refusal:
            assert refusal.rule == "rule-same" and params in [one.params for one in self.written]
        else:
            self.written.append(Written(kind, slug, audience, params, first, last or date.max))

    @rule(
        slug=SPACE,
        audience=AUDIENCE,
        day=DAYS,
        every_week=st.booleans(),
        hours=st.sampled_from(((480, 1080), (1200, 1440), (1320, 1440), (1200, 1440), None)),
    )
    def open(self, slug: str | None, audience: str | None, day: int, every_week: bool, hours: tuple[int, int] | None) -> None:
        """Other hours of a day of the week, or of one day, which may be none."""
        space, day = self.spaces.get(slug), today() + timedelta(days=day)
        if hours is None:
            db.session.add(Opening(space_id=space and space.id, valid_from=day, valid_to=day, reason={"it": "Inventario"}))
            self.lines.append(Line(slug, None, None, None, None, day, day))
            return
        told = {"audience": audience, "opens": hours[0], "closes": hours[1]}
        try:
            with db.session.begin_nested():
                if every_week:
                    season = {"valid_from": today(), "valid_to": None, "replacing": False}
                    opening.set_week(space, weekdays=[day.weekday()], **told, **season)
                else:
                    opening.set_day(space, day=day, reason={"it": "Prova"}, **told)
        except Refusal as refusal:
            assert refusal.rule in ("hours-overlap", "hours-closed")
        else:
            when = (today(), date.max) if every_week else (day, day)
            self.lines.append(Line(slug, audience, day.weekday() if every_week else None, *hours, *when))

    @rule(hours=st.sampled_from((5, 20)))
    def wait(self, hours: int) -> None:
        """Time goes by, and the requests end that nobody decided before they began."""
        self.clock.shift(timedelta(hours=hours))
        decision.expire()
        db.session.flush()
        self.sent = {key: sent for key, sent in self.sent.items() if min(one.slot for one in sent.planned).starts > now()}

    # --- what people ask for

    @rule(asked=st.lists(st.tuples(ASKER, WHERE, COMING, START, MINUTES), min_size=1, max_size=4))
    def ask(self, asked: list[tuple[str, str, int, int, int]]) -> None:
        """One date each, by the steps of a draft, which go on where it could be for somebody; for whom, is said later."""
        for asker, *where in asked:
            one, seems = self._date(*where), asker if asker in ORGANISATIONS else self.last_time
            against = self._against(one, None) and self._against(one, seems)
            expected = against or self._conflict([one])
            self._send(asker, [one], expected, lambda by, one=one: service.draft(one.layout, one.slot, 5, by=by))

    @rule(
        asker=ASKER,
        wanted=st.lists(st.tuples(WHERE, COMING, START), min_size=2, max_size=3, unique_by=lambda where: where[1:]),
        minutes=MINUTES,
        left_out=st.booleans(),
    )
    def ask_for_several(self, asker: str, wanted: list[tuple[str, int, int]], minutes: int, left_out: bool) -> None:
        """A series, which is asked for as whom one is; of which the last date may be left out for now."""
        ones = [self._date(*where, minutes) for where in wanted]
        ones[-1] = replace(ones[-1], planned=not left_out)
        kept = [one for one in ones if one.planned]
        expected = next(filter(None, (self._against(one, asker) for one in kept)), set()) or self._conflict(kept)
        asked, recurring = Wish(ones[-1].layout, ones[-1].start, minutes, 5, asker), Recurrence(today(), "daily", count=len(ones))
        picks = [Pick(one.slot.starts, one.layout, one.slot if one.planned else None) for one in ones]
        self._send(asker, ones, expected, lambda by: series.draft_series(asked, recurring, picks, by=by))

    def _send(self, asker: str, wanted: list[Date], expected: set[str], draft: Callable[[SimpleNamespace], Booking]) -> None:
        kept, by = [one for one in wanted if one.planned], self._by(asker)
        all_against = set().union(*(self._against(one, asker) for one in kept), self._limits(asker, kept, now()))

        def send() -> Booking:
            made = draft(by)
            service.describe(made, title="Prova", purpose="meeting", details="")
            service.introduce(made, phone="", by=by, resident=asker == "resident")
            service.submit(made, by=by)
            return made

        if made := self._agree(send, expected or all_against):
            ids = [one.id for one in sorted(made.occurrences, key=lambda one: one.starts_at)]
            in_order = sorted(wanted, key=lambda one: one.slot)
            self.sent[made.key] = Sent(asker, now(), dict(zip(ids, in_order, strict=True)))
            self.last_time = self.last_time if asker in ORGANISATIONS else asker

    @precondition(lambda self: self._coming())
    @rule(data=st.data(), slug=WHERE, days=COMING, start=START, minutes=MINUTES)
    def move(self, data: st.DataObject, slug: str, days: int, start: int, minutes: int) -> None:
        key, id = data.draw(st.sampled_from(self._coming()))
        self._change(
            key,
            id,
            self._date(slug, days, start, minutes),
            lambda booking, occurrence, goal: dates.move(
                booking, occurrence, goal.layout, goal.day, goal.start, goal.minutes, "this", by=self._by(self.sent[key].asker)
            ),
        )

    @precondition(lambda self: self._left_out())
    @rule(data=st.data())
    def take_up(self, data: st.DataObject) -> None:
        key, id = data.draw(st.sampled_from(self._left_out()))
        self._change(
            key,
            id,
            replace(self.sent[key].dates[id], planned=True),
            lambda booking, occurrence, _goal: dates.take_up(booking, occurrence, by=self._by(self.sent[key].asker)),
        )

    def _change(self, key: str, id: int, goal: Date, act: Callable[[Booking, object, Date], None]) -> None:
        sent, booking = self.sent[key], service.booking_by_key(key, locked=True)
        occurrence = next(one for one in booking.occurrences if one.id == id)
        others = [one for number, one in sent.dates.items() if one.planned and number != id]
        told = self._against(goal, sent.asker) | self._limits(sent.asker, [*others, goal], sent.at, besides=key)
        if self._agree(lambda: act(booking, occurrence, goal) or True, told or self._conflict([goal], instead_of=id)):
            sent.dates[id] = goal

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.sent)))
        booking = service.booking_by_key(key, locked=True)
        service.withdraw(booking, by=self._by(self.sent[key].asker))
        db.session.flush()
        del self.sent[key]

    # --- what the model knows

    def _date(self, slug: str, days: int, start: int, minutes: int) -> Date:
        return Date(self.spaces[slug].layouts[0], today() + timedelta(days=days), start, minutes)

    def _by(self, asker: str) -> SimpleNamespace:
        return SimpleNamespace(id=self.people["citizen"].id, acting_as=self.organisations.get(asker), level=0)

    def _coming(self) -> list[tuple[str, int]]:
        known = ((key, id, one) for key, sent in self.sent.items() for id, one in sent.dates.items())
        return [(key, id) for key, id, one in known if one.planned and one.slot.starts > now()]

    def _left_out(self) -> list[tuple[str, int]]:
        return [(key, id) for key, sent in self.sent.items() for id, one in sent.dates.items() if not one.planned]

    def _conflict(self, wanted: Iterable[Date], instead_of: int | None = None) -> set[str]:
        others = [one for sent in self.sent.values() for id, one in sent.dates.items() if one.planned and id != instead_of]
        return set() if is_possible([one.use for one in (*others, *wanted)]) else {"no-overlap"}

    def _agree(self, act: Callable[[], object], expected: set[str]) -> object:
        """What the act gives where the model expects no refusal; None where it is refused, for all that the model expects."""
        try:
            with db.session.begin_nested():
                done = act()
                db.session.flush()
        except Refusal as refusal:
            told = {one.rule for one in refusal.all}
            self.heard.update(told)
            assert told == expected, f"refused for {told}, and the model expects {expected}"
            return None
        assert not expected, f"let through, and the model expects {expected}"
        return done

    def _words(self, slug: str, day: date) -> Iterator[tuple[list[Line], bool]]:
        """What is said of the hours of a day, the most particular first, and whether it is the last word for everybody."""
        valid = [line for line in self.lines if line.first <= day <= line.last]
        for owner in (slug, None):
            of_that_day = [line for line in valid if line.weekday is None and line.slug == owner]
            yield of_that_day, any(line.audience is None for line in of_that_day)
        if day == ALL_SAINTS:
            yield [], True
        own_week = any(line.weekday is not None and line.slug == slug and line.audience is None for line in valid)
        for owner in (slug, None):
            yield [line for line in valid if line.slug == owner and line.weekday == day.weekday()], own_week

    def _opened(self, slug: str, audience: str | None, day: date) -> set[datetime]:
        """The quarter hours when a space is open to an audience: what is said for everybody, and what is added for them."""
        opened: set[datetime] = set()
        for lines, is_last in self._words(slug, day):
            ours = [line for line in lines if line.audience in (None, audience)]
            if any(line.opens is None for line in ours):
                break
            opened |= {at for at in quarters(day) for line in ours if line.opens <= wall(at)[1] < line.closes}
            if is_last:
                break
        return opened

    def _holding(self, kind: str, slug: str, audience: str | None, day: date) -> list[Written]:
        """The rules of a kind that hold, one of each matter: of the space before the hub's, of the audience before all's."""
        found: dict[tuple, Written] = {}
        meant = [one for one in reversed(self.written) if one.kind == kind and one.first <= day <= one.last]
        meant = [one for one in meant if one.slug in (None, slug) and one.audience in (None, audience)]
        for one in sorted(meant, key=lambda one: (one.slug is None, one.audience is None)):
            found.setdefault(one.matter, one)
        return list(found.values())

    def _against(self, one: Date, audience: str | None) -> set[str]:
        """The rules about when and how long that speak against a date."""
        held = {kind: self._holding(kind, one.slug, audience, one.day) for kind in USUAL}
        most = {kind: found[0].params if found else USUAL[kind] for kind, found in held.items()}
        starts, opened = one.cells[0], self._opened(one.slug, audience, one.day)
        found = {
            "length": not most["length"]["min"] <= one.minutes <= most["length"]["max"],
            "past": starts <= now(),
            "notice": now() < starts < now() + timedelta(hours=most["notice"]["hours"]),
            "horizon": starts > now() + timedelta(days=most["horizon"]["days"]),
            "closed-day": not opened,
            "opening-hours": opened and not opened.issuperset(one.cells),
        }
        if opened.issuperset(one.cells):
            first = starts
            while first - QUARTER in opened:
                first -= QUARTER
            found["grid"] = (starts - first) % timedelta(minutes=most["grid"]["minutes"])
        return {code for code, speaks in found.items() if speaks}

    def _limits(self, asker: str, wanted: list[Date], sent_at: datetime, besides: str | None = None) -> set[str]:
        """The rules about who asks, and what they have already, that speak against these dates; besides: a booking of theirs
        that does not count."""
        whose = asker if asker in ORGANISATIONS else None
        others = [sent for key, sent in self.sent.items() if sent.whose == whose and key != besides]
        had = [one for sent in others for one in sent.planned]
        governed: dict[int, tuple[Written, list[Date]]] = {}
        for one in wanted:
            for kind in LIMITS:
                for written in self._holding(kind, one.slug, asker, one.day):
                    governed.setdefault(id(written), (written, []))[1].append(one)
        checks = {
            "residents_first": lambda params, ones, _beside: (
                asker not in LOCALS and any(sent_at < one.cells[0] - timedelta(days=params["days"]) for one in ones)
            ),
            "quota_hours": self._beyond_hours,
            "prime_share": self._beyond_share,
        }
        found = set()
        for written, ones in governed.values():
            beside = [*had, *(one for one in wanted if one not in ones)]
            if written.params.get("per", "organisation" if whose else "person") != ("organisation" if whose else "person"):
                continue
            if written.kind == "prime_share" and whose is None:
                continue
            if written.kind == "quota_live":
                live = [sent for sent in others if any(self._lives(one, written.slug) for one in sent.planned)]
                speaks = len(live) >= written.params["count"]
            else:
                near = [one for one in beside if written.slug in (None, one.slug)] if written.kind == "quota_hours" else beside
                speaks = checks[written.kind](written.params, ones, near)
            found |= {written.kind} if speaks else set()
        return found

    def _lives(self, one: Date, slug: str | None) -> bool:
        return one.slot.ends > now() and slug in (None, one.slug)

    def _beyond_hours(self, params: dict, ones: list[Date], beside: list[Date]) -> bool:
        asked, had = (
            Counter(period(params["period"], wall(cell)[0]) for one in some for cell in one.cells) for some in (ones, beside)
        )
        return any((asked[when] + had[when]) * 15 > params["hours"] * 60 for when in asked)

    def _beyond_share(self, params: dict, ones: list[Date], beside: list[Date]) -> bool:
        return any(
            self._beyond_share_of(
                slug, params, [one for one in ones if one.slug == slug], [*beside, *(one for one in ones if one.slug != slug)]
            )
            for slug in {one.slug for one in ones}
        )

    def _beyond_share_of(self, slug: str, params: dict, ones: list[Date], beside: list[Date]) -> bool:
        atoms = set(self.spaces[slug].atom_ids)
        for when in {period(params["period"], wall(cell)[0]) for one in ones for cell in one.cells}:
            days = (BEGIN.date() + timedelta(days=n) for n in range(-30, 60))
            days = [day for day in days if period(params["period"], day) == when and day.weekday() in params["weekdays"]]
            busy = {
                cell for day in days for cell in self._opened(slug, None, day) if params["from"] <= wall(cell)[1] < params["to"]
            }
            had = {cell for one in beside if one.atoms & atoms for cell in one.cells} & busy
            new = {cell for one in ones for cell in one.cells} & busy - had
            if new and len(new | had) * 15 > len(busy) * 15 * params["percent"] // 100:
                return True
        return False


EXAMPLES = examples(12, steps=25)


@pytest.fixture
def hub_of_its_own(database_of_its_own):
    """A hub without rules, with two organisations of one person, whose transaction the machine begins anew for each example."""
    demo.load_spaces()
    me = load_people()["citizen"]
    for kind in ORGANISATIONS.values():
        made = Organisation(kind=kind, name=f"Prova {kind}", tax_code=kind.upper(), email="prova@posta.example")
        made.state, made.created_at = "verified", now()
        db.session.add(made)
        db.session.flush()
        db.session.add(Membership(organisation_id=made.id, person_id=me.id, role="legal_rep", since=now()))
    db.session.execute(sa.update(Rule).values(ended_at=now()))
    db.session.execute(sa.delete(Price))
    db.session.commit()


class Forgotten(Rules):
    """The control: what a manager writes is not kept."""

    def _write(self, *told: object) -> None:
        super()._write(*told)
        db.session.execute(sa.update(Rule).where(Rule.ended_at.is_(None)).values(ended_at=now()))


class Unknown(Rules):
    """The other control: the model is not told of it."""

    def _write(self, *told: object) -> None:
        super()._write(*told)
        self.written.clear()


def test_what_the_rules_refuse_is_what_a_count_of_quarter_hours_refuses(hub_of_its_own):
    Rules.heard.clear()
    run_state_machine_as_test(Rules, settings=EXAMPLES)
    assert Rules.heard >= {*USUAL, *LIMITS, "closed-day", "opening-hours", "no-overlap"}


@pytest.mark.parametrize("machine", [Forgotten, Unknown])
def test_rules_that_are_not_kept_or_not_known_are_found(hub_of_its_own, machine):
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(machine, settings=settings(EXAMPLES, phases=[Phase.generate], report_multiple_bugs=False))
