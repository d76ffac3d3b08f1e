"""Random bookings, cancellations, moves and closures against a grid of minutes: what may stand where, and how long each is set
up and put away, as a person would work it out anew from the list of all uses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from hub import demo
from hub.clock import now
from hub.db import db
from hub.spaces import ledger, service
from hub.spaces.ledger import Conflict
from hub.spaces.models import Closure, Layout, Occurrence, Space
from hub.spaces.rules import Slot
from tests.machines import examples
from tests.races import drop_the_guard

DAY = datetime(2027, 6, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLUGS = ("campata-nord", "campata-centrale", "campate-nord-centrale", "officina-grande")
PLACES = {"slug": st.sampled_from(SLUGS), "start": st.integers(24, 48), "length": st.sampled_from((1, 2, 4, 8))}


class Known:
    """A use as the model knows it; kind is the layout's place in its space, none for a closure. Minutes of the day."""

    def __init__(self, space: Space, layout: Layout | None, starts: int, ends: int) -> None:
        self.space, self.layout, self.starts, self.ends = space, layout, starts, ends
        self.atoms = {part.atom_id for part in space.atoms}
        self.setup, self.cleanup = (layout.setup_min, layout.cleanup_min) if layout else (0, 0)

    def stays_until(self, other: "Known", uses: list["Known"]) -> bool:
        """Whether the room stays as it is between two: same space and layout, too near for anything else, nothing between."""
        same = self.layout is not None and self.layout is other.layout
        near = 0 <= other.starts - self.ends < self.cleanup + other.setup
        between = any(use.atoms & self.atoms and self.ends <= use.starts and use.ends <= other.starts for use in uses)
        return same and near and not between

    def padding(self, uses: list["Known"]) -> tuple[int, int]:
        others = [use for use in uses if use is not self]
        before = any(use.stays_until(self, [one for one in others if one is not use]) for use in others)
        after = any(self.stays_until(use, [one for one in others if one is not use]) for use in others)
        return (0 if before else self.setup), (0 if after else self.cleanup)


def is_possible(uses: list[Known]) -> bool:
    """Whether all of these fit, minute by minute, each with the set-up and clean-up that it then needs."""
    taken = set()
    for use in uses:
        setup, cleanup = use.padding(uses)
        cells = {(atom, minute) for atom in use.atoms for minute in range(use.starts - setup, use.ends + cleanup)}
        if cells & taken:
            return False
        taken |= cells
    return True


class Turnover(RuleBasedStateMachine):
    """known: for each occurrence of the ledger, what the model knows of it."""

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        self.spaces = demo.load_spaces()
        self.known: dict[Occurrence, Known] = {}

    @rule(**PLACES, last=st.booleans())
    def book(self, slug: str, start: int, length: int, last: bool) -> None:
        space = self.spaces[slug]
        self._put(space, space.layouts[-1 if last else 0], start, length)

    @precondition(lambda self: self.known)
    @rule(
        data=st.data(),
        near=st.integers(0, 4),
        length=st.sampled_from((1, 4)),
        what=st.sampled_from(("same", "same", "same", "closed", "other")),
        slug=st.sampled_from(SLUGS),
    )
    def put_right_after(self, data: st.DataObject, near: int, length: int, what: str, slug: str) -> None:
        use = data.draw(st.sampled_from(list(self.known.values())))
        space = use.space if what == "same" else self.spaces[slug]
        layout = {"same": use.layout, "closed": None, "other": space.layouts[-1]}[what]
        self._put(space, layout, use.ends // 15 + near, length)

    @precondition(lambda self: self._saved())
    @rule(data=st.data(), near=st.integers(0, 2), slug=st.sampled_from(SLUGS))
    def squeeze_in_between(self, data: st.DataObject, near: int, slug: str) -> None:
        """A quarter of an hour where a neighbour with the same layout saved the clean-up."""
        use = data.draw(st.sampled_from(self._saved()))
        self._put(self.spaces[slug], None, use.ends // 15 + near, 1)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        occurrence = data.draw(st.sampled_from(list(self.known)))
        ledger.release(occurrence)
        del self.known[occurrence]

    @precondition(lambda self: self.known)
    @rule(data=st.data(), start=st.integers(24, 48))
    def move(self, data: st.DataObject, start: int) -> None:
        occurrence = data.draw(st.sampled_from(list(self.known)))
        old = self.known.pop(occurrence)
        there = Known(old.space, old.layout, start * 15, start * 15 + old.ends - old.starts)
        if not self._agree(occurrence, there, moving=True):
            self.known[occurrence] = old

    @invariant()
    def padding_in_force_is_what_the_rule_says(self) -> None:
        uses = list(self.known.values())
        assert is_possible(uses)
        for occurrence, use in self.known.items():
            assert (occurrence.setup_min, occurrence.cleanup_min) == use.padding(uses), _told(use)
        assert service.audit() == dict.fromkeys(service.AUDITS, 0)

    def _saved(self) -> list[Known]:
        uses = list(self.known.values())
        return [use for use in uses if use.cleanup and use.padding(uses)[1] == 0]

    def _put(self, space: Space, layout: Layout | None, start: int, length: int) -> None:
        closure = Closure(reason={}, created_at=now())
        db.session.add(closure)
        db.session.flush()
        use = Known(space, layout, start * 15, (start + length) * 15)
        occurrence = ledger.plan(space, layout, _slot(use), kind="closure", closure_id=closure.id)
        db.session.flush()
        self._agree(occurrence, use)

    def _agree(self, occurrence: Occurrence, use: Known, *, moving: bool = False) -> bool:
        """The ledger takes it where the model finds room, and refuses it where it finds none."""
        fits = is_possible([*self.known.values(), use])
        try:
            with db.session.begin_nested():
                if moving:
                    ledger.release(occurrence)
                    slot = _slot(use)
                    occurrence.starts_at, occurrence.ends_at = slot.starts, slot.ends
                ledger.occupy(occurrence)
        except Conflict:
            assert not fits, f"refused, and there is room: {_told(use)}"
            return False
        assert fits, f"taken, and there is no room: {_told(use)}"
        self.known[occurrence] = use
        return True


def _slot(use: Known) -> Slot:
    return Slot(DAY + use.starts * MINUTE, DAY + use.ends * MINUTE)


def _told(use: Known) -> str:
    return f"{use.space.slug}, {use.layout.code if use.layout else 'closed'}, {use.starts // 60}:{use.starts % 60:02d}"


EXAMPLES = examples(12, steps=30)


def test_the_ledger_and_its_padding_agree_with_a_grid_of_minutes(database_of_its_own):
    run_state_machine_as_test(Turnover, settings=EXAMPLES)


def test_with_the_guard_off_the_grid_of_minutes_tells(database_of_its_own):
    drop_the_guard()
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Turnover, settings=settings(EXAMPLES, phases=[Phase.generate], report_multiple_bugs=False))


def test_nothing_takes_the_time_that_a_neighbour_with_the_same_layout_saved(database_of_its_own):
    machine = Turnover()
    machine.begin()
    nord, pair = machine.spaces["campata-nord"], machine.spaces["campate-nord-centrale"]
    theatre = nord.layouts[0]  # 30 minutes before and after
    machine._put(nord, theatre, 36, 4)
    machine._put(nord, theatre, 43, 4)  # 45 minutes later: the chairs stay
    machine._put(nord, None, 41, 1)
    machine._put(machine.spaces["campata-centrale"], None, 36, 5)
    machine._put(pair, pair.layouts[-1], 42, 1)
    machine.padding_in_force_is_what_the_rule_says()
    assert len(machine.known) == 3
