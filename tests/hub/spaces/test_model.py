"""Random uses of random spaces against a model that fills a grid of quarter hours: they must agree, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub import demo
from hub.clock import now
from hub.db import db
from hub.spaces import ledger, service
from hub.spaces.ledger import Conflict
from hub.spaces.models import Closure, Occurrence
from hub.spaces.rules import Slot
from tests.machines import examples
from tests.races import drop_the_guard

DAY = datetime(2027, 6, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SLUGS = (
    "officina-grande",
    "campata-nord",
    "campate-nord-centrale",
    "campate-centrale-sud",
    "stalli-corte",
    "corte-urbana",
    "portico",
)
LANES = 6  # of the courtyard: an exclusive use takes them all


class Ledger(RuleBasedStateMachine):
    """occupied: for each occurrence that blocks, the cells (atom, lane, quarter) that it takes."""

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        self.spaces = demo.load_spaces()
        self.all: list[Occurrence] = []
        self.occupied: dict[int, set] = {}

    @rule(
        slug=st.sampled_from(SLUGS),
        layout=st.integers(0, 3),
        start=st.integers(0, 60),
        length=st.integers(1, 30),
        blocking=st.booleans(),
    )
    def occupy(self, slug: str, layout: int, start: int, length: int, blocking: bool) -> None:
        space = self.spaces[slug]
        chosen = space.layouts[layout % len(space.layouts)]
        closure = Closure(reason={}, created_at=now())
        db.session.add(closure)
        db.session.flush()
        slot = Slot(DAY + start * QUARTER, DAY + (start + length) * QUARTER)
        occurrence = ledger.plan(space, chosen, slot, kind="closure", closure_id=closure.id)
        db.session.flush()
        self.all.append(occurrence)
        if blocking:
            self._agree(occurrence, lambda: ledger.occupy(occurrence))
        else:
            ledger.occupy(occurrence, blocking=False)

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        if self.all:
            occurrence = data.draw(st.sampled_from(self.all))
            if occurrence.id in self.occupied:
                ledger.claim(occurrence)
            else:
                self._agree(occurrence, lambda: ledger.claim(occurrence))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if self.all:
            occurrence = data.draw(st.sampled_from(self.all))
            ledger.release(occurrence)
            self.occupied.pop(occurrence.id, None)

    @rule(data=st.data())
    def hold_until_a_moment_ago(self, data: st.DataObject) -> None:
        blocking = [occurrence for occurrence in self.all if occurrence.id in self.occupied]
        if blocking:
            occurrence = data.draw(st.sampled_from(blocking))
            ledger.claim(occurrence, until=now() - timedelta(seconds=1))
            self.occupied.pop(occurrence.id)

    @rule()
    def lapse(self) -> None:
        ledger.lapse()

    @invariant()
    def nothing_overlaps(self) -> None:
        assert service.audit() == dict.fromkeys(service.AUDITS, 0)

    def _agree(self, occurrence: Occurrence, act) -> None:
        """The ledger takes it where the model finds a place, and refuses it where the model finds none."""
        taken = set().union(*self.occupied.values())
        wanted = self._place(occurrence, taken)
        try:
            with db.session.begin_nested():
                act()
        except Conflict:
            assert wanted is None, f"refused, and the model finds it free: {occurrence.space.slug} {occurrence.starts_at}"
        else:
            assert wanted is not None, f"taken twice: {occurrence.space.slug} {occurrence.starts_at}"
            self.occupied[occurrence.id] = wanted

    def _place(self, occurrence: Occurrence, taken: set) -> set | None:
        slot = ledger.padded(occurrence)
        quarters = range(int((slot.starts - DAY) / QUARTER), int((slot.ends - DAY) / QUARTER))
        wide = (occurrence.layout.lanes or 1) if occurrence.space.lanes else LANES
        for first in range(LANES - wide + 1 if occurrence.space.lanes else 1):
            lanes = range(first, first + wide)
            cells = {(atom, lane, quarter) for atom in occurrence.space.atom_ids for lane in lanes for quarter in quarters}
            if not cells & taken:
                return cells
        return None


EXAMPLES = examples(25, steps=40)


def test_the_ledger_agrees_with_a_grid_of_quarter_hours(database_of_its_own):
    run_state_machine_as_test(Ledger, settings=EXAMPLES)


def test_with_the_guard_off_the_model_finds_what_was_taken_twice(database_of_its_own):
    drop_the_guard()
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Ledger, settings=settings(EXAMPLES, phases=[Phase.generate], report_multiple_bugs=False))
