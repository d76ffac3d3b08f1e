"""Eight processes at once on both engines: phases stay in order and apart whoever writes them; and the control."""

import itertools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.proposals.process_models import Phase, PhaseChange, Process
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import person
from tests.hub.proposals import process_races as races
from tests.hub.proposals.makers import DAY, process
from tests.hub.proposals.process_races import ROUNDS
from tests.races import Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def desk(request) -> Iterator[Racers]:
    """For each round a public process with two phases, and drafts."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            person("gina")
            for number in range(ROUNDS):
                process(f"pubblico-{number}", {"submits": True}, {"answers": True})
                for name in ("bozza", "sovrapposte", "in-disordine", "controllo"):
                    row = process(f"{name}-{number}", published=False)
                    db.session.execute(sa.delete(Phase).filter_by(process_id=row.id))
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(desk) -> Iterator[None]:
    yield
    db.session.rollback()


def phases_of(slug: str) -> list[Phase]:
    """By their number."""
    found = sa.select(Phase).join(Phase.process).where(Process.slug == slug).order_by(Phase.number)
    return list(db.session.scalars(found, execution_options={"populate_existing": True}))


def in_order(slug: str) -> bool:
    """Whether each phase ends before the next by number begins."""
    return all(first.closes_at <= then.opens_at for first, then in itertools.pairwise(phases_of(slug)))


def test_extensions_at_once_come_one_after_the_other(desk):
    for ends in desk.run(races.extend, ROUNDS):
        assert ends == {"done": 8}
    for number in range(ROUNDS):
        first, then = phases_of(f"pubblico-{number}")
        assert in_order(f"pubblico-{number}") and then.opens_at == first.closes_at
        moved = db.session.scalars(sa.select(PhaseChange).filter_by(phase_id=first.id).order_by(PhaseChange.id)).all()
        assert len(moved) == 8 and moved[-1].closes_at == first.closes_at
        assert all(before.closes_at == after.closes_before for before, after in itertools.pairwise(moved))


def test_phases_that_all_write_at_once_are_of_one_of_them(desk):
    for ends in desk.run(races.rewrite, ROUNDS):
        assert ends == {"done": 8}
    for number in range(ROUNDS):
        found = phases_of(f"bozza-{number}")
        assert [one.number for one in found] == [1, 2, 3] and in_order(f"bozza-{number}")
        assert found[-1].closes_at - found[0].opens_at == 3 * DAY


def test_without_the_lock_the_database_keeps_phases_apart(desk):
    for ends in desk.run(races.add_by_a_look_first, ROUNDS):
        assert ends["done"] == 1 and sum(ends.values()) == 8, ends
        assert all("phase_in_order_insert" in end or "phase_no_overlap" in end for end in ends if end != "done"), ends
    assert all(len(phases_of(f"sovrapposte-{number}")) == 1 for number in range(ROUNDS))


def test_without_the_lock_the_database_keeps_phases_in_order(desk):
    for ends in desk.run(races.add_out_of_order, ROUNDS):
        assert ends["done"] == 1 and all("phase_in_order_insert" in end for end in ends if end != "done"), ends
    assert all(in_order(f"in-disordine-{number}") for number in range(ROUNDS))


def test_without_the_guards_phases_overlap(desk):
    """The control: what the triggers and the exclusion are for. It comes last."""
    races.drop_the_guards()
    desk.run(races.add_unguarded, ROUNDS)
    assert not all(in_order(f"controllo-{number}") for number in range(ROUNDS))
