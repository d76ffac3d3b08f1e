"""The ledger on both engines: what overlaps is refused by the database, whatever the code does."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub import demo
from hub.clock import now
from hub.db import GUARANTEES, missing_guarantees
from hub.spaces import ledger, service
from hub.spaces.ledger import Conflict
from hub.spaces.models import Allocation, Closure, Space, SpaceAtom
from hub.spaces.rules import Slot

DAY = datetime(2027, 6, 9, tzinfo=UTC)


def slot(starts: float, ends: float) -> Slot:
    return Slot(DAY + timedelta(hours=starts), DAY + timedelta(hours=ends))


@pytest.fixture
def hub(session) -> dict[str, Space]:
    return demo.load_spaces()


def close(space: Space, when: Slot) -> Closure:
    """Occupy a space by the plainest of uses."""
    return service.close(space, when, {"it": "lavori", "en": "works"})


def test_the_hall_conflicts_with_each_part_and_the_other_way_round(hub, session):
    for first, second in [("officina-grande", "campata-sud"), ("campata-nord", "officina-grande")]:
        close(hub[first], slot(9, 10))
        session.flush()
        with pytest.raises(Conflict), session.begin_nested():
            close(hub[second], slot(9.5, 11))
        session.rollback()
        hub = demo.load_spaces()


def test_overlapping_pairs_of_bays_conflict_and_distant_bays_do_not(hub, session):
    close(hub["campate-nord-centrale"], slot(9, 12))
    with pytest.raises(Conflict), session.begin_nested():
        close(hub["campate-centrale-sud"], slot(9, 12))
    close(hub["campata-sud"], slot(9, 12))
    assert service.audit() == dict.fromkeys(service.AUDITS, 0)


def test_uses_that_only_touch_stand_side_by_side(hub, session):
    close(hub["aula-1"], slot(9, 10))
    close(hub["aula-1"], slot(10, 11))


def test_setup_and_cleanup_are_taken_too(hub, session):
    room = hub["campata-nord"]
    layout = next(one for one in room.layouts if one.code == "platea")  # 30 minutes before and after
    first = _owned(room, layout, slot(9, 10))
    ledger.occupy(first)
    with pytest.raises(Conflict), session.begin_nested():
        close(room, slot(10, 10.25))
    close(room, slot(10.5, 11))


def _owned(room, layout, when):
    closure = Closure(reason={"it": "-"}, created_at=now())
    sa.orm.object_session(room).add(closure)
    sa.orm.object_session(room).flush()
    return ledger.plan(room, layout, when, kind="closure", closure_id=closure.id)


def test_stalls_share_the_courtyard_until_none_is_left(hub, session):
    stalls, court = hub["stalli-corte"], hub["corte-urbana"]
    one, two = stalls.layouts
    for _ in range(4):
        ledger.occupy(_owned(stalls, one, slot(9, 12)))
    ledger.occupy(_owned(stalls, two, slot(9, 12)))
    with pytest.raises(Conflict), session.begin_nested():
        ledger.occupy(_owned(stalls, one, slot(10, 11)))
    with pytest.raises(Conflict), session.begin_nested():
        close(court, slot(11, 13))
    lanes = session.execute(sa.select(Allocation.lane_from, Allocation.lane_to).order_by(Allocation.lane_from)).all()
    assert [tuple(lane) for lane in lanes] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 6)]


def test_two_stalls_need_neighbouring_places(hub, session):
    stalls = hub["stalli-corte"]
    one, two = stalls.layouts
    taken = [_owned(stalls, one, slot(9, 12)) for _ in range(6)]
    for occurrence in taken:
        ledger.occupy(occurrence)
    for index in (0, 2, 4):
        ledger.release(taken[index])
    with pytest.raises(Conflict), session.begin_nested():
        ledger.occupy(_owned(stalls, two, slot(9, 12)))
    ledger.release(taken[1])
    ledger.occupy(_owned(stalls, two, slot(9, 12)))


def test_a_use_longer_than_a_day_is_several_rows(hub, session):
    close(hub["aula-1"], slot(0, 60))
    rows = session.scalars(sa.select(Allocation).order_by(Allocation.starts_at)).all()
    assert [(row.ends_at - row.starts_at).total_seconds() / 3600 for row in rows] == [24, 24, 12]
    with pytest.raises(Conflict), session.begin_nested():
        close(hub["aula-1"], slot(59, 61))


def test_a_row_of_the_ledger_longer_than_a_day_is_refused_by_the_database(hub, session):
    occurrence = _owned(hub["aula-1"], None, slot(0, 25))
    session.flush()
    with pytest.raises(IntegrityError, match="allocation_length"):
        session.execute(
            sa.insert(Allocation).values(
                occurrence_id=occurrence.id, atom_id=hub["aula-1"].id, starts_at=occurrence.starts_at, ends_at=occurrence.ends_at
            )
        )


def test_a_hold_that_is_over_blocks_no_more_and_cannot_come_back_over_another(hub, session, monkeypatch):
    room = hub["aula-1"]
    held = _owned(room, None, slot(9, 10))
    ledger.occupy(held, until=now() - timedelta(seconds=1))
    assert ledger.uses(room.atom_ids, slot(8, 12)) == []
    close(room, slot(9, 10))
    with pytest.raises(Conflict), session.begin_nested():
        ledger.claim(held, until=now() + timedelta(minutes=20))


def test_a_hold_that_is_over_comes_back_where_the_place_is_still_free(hub, session):
    held = _owned(hub["aula-1"], None, slot(9, 10))
    ledger.occupy(held, until=now() - timedelta(seconds=1))
    ledger.lapse()
    ledger.claim(held)
    with pytest.raises(Conflict), session.begin_nested():
        close(hub["aula-1"], slot(9, 10))


def test_competing_requests_stand_together_until_one_is_claimed(hub, session):
    room = hub["portico"]
    rivals = [_owned(room, room.layouts[0], slot(9, 10)) for _ in range(2)]
    for rival in rivals:
        ledger.occupy(rival, blocking=False)
    ledger.claim(rivals[1])
    with pytest.raises(Conflict), session.begin_nested():
        ledger.claim(rivals[0])


def test_moving_a_row_onto_another_is_refused_by_the_database(hub, session):
    close(hub["aula-1"], slot(9, 10))
    close(hub["aula-1"], slot(11, 12))
    with pytest.raises(IntegrityError, match="allocation_no_overlap"):
        session.execute(sa.update(Allocation).values(starts_at=slot(9, 10).starts, ends_at=slot(9, 10).ends))


def test_the_atoms_of_a_space_are_fixed_while_it_has_uses_to_come(hub, session):
    close(hub["aule-1-2"], slot(9, 10))
    session.flush()
    whole, other = hub["aule-1-2"], hub["portico"]
    changes = (
        sa.insert(SpaceAtom).values(space_id=whole.id, atom_id=other.id),
        sa.delete(SpaceAtom).where(SpaceAtom.space_id == whole.id),
        sa.update(SpaceAtom)
        .where(SpaceAtom.space_id == whole.id, SpaceAtom.atom_id == hub["aula-1"].id)
        .values(atom_id=other.id),
    )
    for change in changes:
        with pytest.raises(IntegrityError, match="space_atom_fixed"), session.begin_nested():
            session.execute(change)
    session.execute(sa.insert(SpaceAtom).values(space_id=hub["aula-1"].id, atom_id=hub["aula-2"].id))


def test_an_occurrence_has_exactly_one_owner(hub, session):
    with pytest.raises(IntegrityError):
        ledger.plan(hub["aula-1"], None, slot(9, 10), kind="closure")
        session.flush()


def test_the_audit_sees_an_overlap_made_with_the_guard_off(hub, session):
    close(hub["aula-1"], slot(9, 10))
    _drop_guards(session)
    close(hub["aula-1"], slot(9.5, 10.5))
    assert service.audit()["overlaps"] == 1
    missing = missing_guarantees(session.connection())
    assert any("allocation_no_overlap" in name for name in missing)


def _drop_guards(session):
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ALTER TABLE allocation DROP CONSTRAINT allocation_no_overlap"))
        return
    for name in GUARANTEES:
        if name.startswith("allocation_no_overlap"):
            session.execute(sa.text(f"DROP TRIGGER {name}"))


def test_a_fresh_database_holds_every_guarantee(session):
    assert missing_guarantees(session.connection()) == []


def test_set_up_and_clean_up_shrink_between_two_uses_with_the_same_layout_and_come_back(hub, session):
    room = hub["aula-1"]
    layout, other = room.layouts[:2]  # 30 minutes before, 15 after
    first, last = _owned(room, layout, slot(9, 11)), _owned(room, layout, slot(13, 15))
    ledger.occupy(first)
    ledger.occupy(last)
    assert [(one.setup_min, one.cleanup_min) for one in (first, last)] == [(30, 15), (30, 15)]
    middle = _owned(room, layout, slot(11, 13))
    ledger.occupy(middle)
    assert [(one.setup_min, one.cleanup_min) for one in (first, middle, last)] == [(30, 0), (0, 0), (0, 15)]
    with pytest.raises(Conflict), session.begin_nested():
        ledger.occupy(_owned(room, other, slot(15, 16)))
    ledger.release(middle)
    assert [(one.setup_min, one.cleanup_min) for one in (first, last)] == [(30, 15), (30, 15)]
    assert service.audit() == dict.fromkeys(service.AUDITS, 0)
