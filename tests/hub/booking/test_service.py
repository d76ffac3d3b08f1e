"""Booking from draft to end, on both engines."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError

from hub.booking import decision, service
from hub.booking.models import Booking, BookingChange
from hub.clock import instants, now
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Opening
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot


def kinds(session) -> list[str]:
    return list(session.scalars(sa.select(Notice.kind).order_by(Notice.id)))


def acts(session) -> list[str]:
    return list(session.scalars(sa.select(LogEntry.type).order_by(LogEntry.id)))


def states(booking: Booking) -> list[tuple[str, str]]:
    sa.orm.object_session(booking).flush()
    return [(change.before, change.after) for change in booking.changes]


def test_a_request_is_sent_approved_told_and_written_in_the_log(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    assert booking.state == "submitted" and booking.code.startswith("OM-")
    assert acts(session) == []
    decision.approve(booking, by=people["manager"])
    session.flush()
    assert states(booking) == [("draft", "held"), ("held", "submitted"), ("submitted", "approved")]
    assert booking.changes[-1].actor_id == people["manager"].id
    assert kinds(session) == ["booking/submitted", "booking/to_decide", "booking/confirmed"]
    assert acts(session) == ["space.booked"]
    entry = session.scalars(sa.select(LogEntry)).one()
    assert (entry.activity, entry.session, entry.minutes) == ("aula-1", booking.code, 120)
    assert entry.person and entry.person != people["citizen"].subject


def test_a_space_that_confirms_by_itself_is_confirmed_at_once(hub, people, session):
    layout = hub["sala-riunioni"].layouts[0]
    booking = ask(layout, free_slot(layout, minutes=60), people["citizen"])
    assert booking.state == "approved"
    session.flush()
    assert kinds(session) == ["booking/confirmed"] and acts(session) == ["space.booked"]


def test_the_sequence_of_the_calendar_grows_and_its_uid_stays(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.approve(booking, by=people["manager"])
    service.cancel(booking, "Rinviato", by=people["citizen"])
    session.flush()
    sent = [
        notice.payload["calendar"]
        for notice in session.scalars(sa.select(Notice).order_by(Notice.id))
        if "calendar" in notice.payload
    ]
    assert [entry["status"] for entry in sent] == ["TENTATIVE", "CONFIRMED", "CANCELLED"]
    assert [entry["sequence"] for entry in sent] == [0, 1, 2]
    assert len({entry["uid"] for entry in sent}) == 1


def test_while_somebody_finishes_nobody_else_gets_the_place(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    service.draft(layout, slot, 5, by=people["citizen"])
    assert slot not in spaces.free_slots(layout.space, layout, slot.starts.date(), 120)
    with pytest.raises(Conflict), session.begin_nested():
        service.draft(layout, slot, 5, by=people["evaluator"])


def test_a_hold_that_nobody_finishes_is_swept_and_frees_the_place(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    with time_machine.travel(now() - timedelta(minutes=21), tick=False):
        booking = service.draft(layout, slot, 5, by=people["citizen"])
    other = service.draft(layout, slot, 5, by=people["evaluator"])
    assert service.sweep() == 1
    assert booking.state == "draft" and other.state == "held"


def test_who_comes_back_late_gets_the_place_if_it_is_still_free(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    with time_machine.travel(now() - timedelta(minutes=30), tick=False):
        booking = service.draft(layout, slot, 5, by=people["citizen"])
        service.describe(booking, title="Prova", purpose="lab", details="")
    service.submit(booking, by=people["citizen"])
    assert booking.state == "submitted" and service.keeps_its_place(booking)


def test_who_comes_back_late_is_told_when_it_is_taken(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    with time_machine.travel(now() - timedelta(minutes=30), tick=False):
        booking = service.draft(layout, slot, 5, by=people["citizen"])
        service.describe(booking, title="Prova", purpose="lab", details="")
    ask(layout, slot, people["evaluator"])
    with pytest.raises(Conflict), session.begin_nested():
        service.submit(booking, by=people["citizen"])


def test_a_draft_of_nobody_holds_nothing_until_somebody_signs_in(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    booking = service.draft(layout, slot, 5, by=None)
    assert booking.state == "draft" and slot in spaces.free_slots(layout.space, layout, slot.starts.date(), 120)
    service.introduce(booking, phone="0832 123456", by=people["citizen"])
    assert booking.state == "held" and service.keeps_its_place(booking)


def test_the_same_wish_from_two_tabs_is_one_booking(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    first = service.draft(layout, slot, 5, by=people["citizen"])
    assert service.draft(layout, slot, 7, by=people["citizen"]) is first


def test_a_time_that_overlaps_one_s_own_hold_moves_it(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    first = service.draft(layout, slot, 5, by=people["citizen"])
    moved = Slot(slot.starts + timedelta(minutes=30), slot.ends + timedelta(minutes=30))
    mine = service.held_by(people["citizen"], layout.space)
    assert moved in spaces.free_slots(layout.space, layout, slot.starts.date(), 120, ignoring=mine)
    assert moved not in spaces.free_slots(layout.space, layout, slot.starts.date(), 120)
    again = service.draft(layout, moved, 6, by=people["citizen"])
    assert again is first and again.slot == moved and again.attendees == 6
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_nobody_keeps_more_than_three_places_waiting(hub, people, session):
    for slug in ("aula-1", "aula-2", "portico"):
        layout = hub[slug].layouts[0]
        service.draft(layout, free_slot(layout), 5, by=people["citizen"])
    layout = hub["laboratorio-digitale"].layouts[0]
    with pytest.raises(Refusal) as refusal:
        service.draft(layout, free_slot(layout), 5, by=people["citizen"])
    assert refusal.value.rule == "live-holds"


def test_changing_the_time_frees_the_first_one(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot, later = free_slot(layout), free_slot(layout, index=8)
    booking = service.draft(layout, slot, 5, by=people["citizen"])
    service.change_slot(booking, layout, later, 6, by=people["citizen"])
    assert booking.slot == later and booking.attendees == 6
    assert slot in spaces.free_slots(layout.space, layout, slot.starts.date(), 120)


@pytest.mark.parametrize(("verb", "state"), [("refuse", "rejected"), ("withdraw", "withdrawn")])
def test_what_is_refused_or_withdrawn_frees_the_place(hub, people, session, verb, state):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    booking = ask(layout, slot, people["citizen"])
    if verb == "refuse":
        decision.refuse(booking, "Serve per un corso", by=people["manager"])
    else:
        service.withdraw(booking, by=people["citizen"])
    assert booking.state == state and booking.occurrence.status == "cancelled"
    assert slot in spaces.free_slots(layout.space, layout, slot.starts.date(), 120)
    with pytest.raises(Refusal):
        decision.approve(booking, by=people["manager"])


def test_asking_for_changes_keeps_the_place_and_the_answer_starts_again(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.ask_changes(booking, "Quante sedie?", by=people["manager"])
    assert service.keeps_its_place(booking)
    service.describe(booking, title="Prova", purpose="lab", details="Venti sedie")
    service.submit(booking, by=people["citizen"])
    decision.approve(booking, by=people["manager"])
    assert [after for _, after in states(booking)][-3:] == ["changes_requested", "submitted", "approved"]


def test_a_request_that_waits_too_long_loses_its_place_but_may_still_be_approved(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout, days=40), people["citizen"])
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert not service.keeps_its_place(booking)
        decision.approve(booking, by=people["manager"])
        assert service.keeps_its_place(booking)


def test_a_confirmed_booking_is_cancelled_in_time_and_the_log_says_so(hub, people, session):
    layout = hub["sala-riunioni"].layouts[0]
    booking = ask(layout, free_slot(layout, minutes=60), people["citizen"])
    service.cancel(booking, "", by=people["citizen"])
    session.flush()
    assert acts(session) == ["space.booked", "space.cancelled"]
    assert booking.state == "cancelled" and not service.keeps_its_place(booking)


def test_too_late_to_cancel_for_the_requester_but_not_for_the_hub(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.approve(booking, by=people["manager"])
    with time_machine.travel(booking.slot.starts - timedelta(hours=23), tick=False):
        with pytest.raises(Refusal) as refusal:
            service.cancel(booking, "", by=people["citizen"])
        assert refusal.value.rule == "cancel-late"
        with pytest.raises(Refusal) as refusal:
            service.cancel(booking, "", by=people["manager"])
        assert refusal.value.rule == "reason"
        service.cancel(booking, "Guasto all'impianto", by=people["manager"])
    session.flush()
    assert kinds(session)[-1] == "booking/cancelled_by_hub"


def test_the_autumn_night_books_the_hour_that_was_meant(hub, people, session):
    night = datetime(2027, 10, 31, tzinfo=UTC).date()
    layout = hub["aula-1"].layouts[0]
    session.add(Opening(opens=0, closes=360, valid_from=night, valid_to=night, reason={}))
    session.flush()
    with time_machine.travel(datetime(2027, 10, 20, tzinfo=UTC), tick=False):
        first, second = (datetime(2027, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1))  # 02:30 twice on the wall
        offered = [slot.starts for slot in spaces.free_slots(layout.space, layout, night, 60)]
        assert first in offered and second in offered
        early = service.draft(layout, Slot(first, first + timedelta(hours=1)), 5, by=people["citizen"])
        other = hub["aula-1"].layouts[1]  # the same layout would need nothing between the two
        with pytest.raises(Conflict), session.begin_nested():
            service.draft(other, Slot(second, second + timedelta(hours=1)), 5, by=people["evaluator"])
        assert early.slot.minutes == 60


def test_0130_to_0330_lasts_one_hour_in_spring_and_three_in_autumn(hub, people, session):

    for day, minutes in ((date(2027, 3, 28), 60), (date(2027, 10, 31), 180)):
        (starts,), (ends,) = instants(day, time(1, 30)), instants(day, time(3, 30))
        assert Slot(starts, ends).minutes == minutes
    assert instants(date(2027, 3, 28), time(2, 30)) == []
    assert len(instants(date(2027, 10, 31), time(2, 30))) == 2


def test_the_history_of_a_booking_cannot_be_rewritten(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    session.flush()
    for change in (sa.update(BookingChange).values(reason="altro"), sa.delete(BookingChange)):
        with pytest.raises(IntegrityError, match="booking_change_kept"), session.begin_nested():
            session.execute(change)
    assert booking.changes


def test_a_booking_cannot_be_sent_half_written(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = service.draft(layout, free_slot(layout), 5, by=people["citizen"])
    session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(sa.update(Booking).where(Booking.id == booking.id).values(state="submitted"))


def test_old_drafts_are_thrown_away(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    with time_machine.travel(now() - timedelta(days=31), tick=False):
        service.draft(layout, free_slot(layout, days=60), 5, by=people["citizen"])
    service.sweep()
    session.flush()
    service.sweep()
    assert session.scalar(sa.select(sa.func.count()).select_from(Booking)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(ledger.Allocation)) == 0


def test_the_nearest_alternatives_are_free_and_of_the_same_length(hub, people, session):
    layout = hub["campata-nord"].layouts[0]
    slot = free_slot(layout, index=10)
    ask(layout, slot, people["citizen"], people=50)
    times = spaces.nearest(layout.space, layout, slot)
    assert len(times) == 3 and all(time.minutes == slot.minutes and not time.meets(slot) for time in times)
    elsewhere = spaces.elsewhere(slot, 50, other_than=layout.space)
    assert [one.capacity for one in elsewhere] == sorted(one.capacity for one in elsewhere)
    assert all(one.capacity >= 50 and hub["campata-nord"].id not in one.space.atom_ids for one in elsewhere)


def test_a_competing_space_refuses_a_time_that_was_confirmed_meanwhile(hub, people, session):
    layout = hub["portico"].layouts[0]
    slot = free_slot(layout)
    first = ask(layout, slot, people["citizen"])
    late = service.draft(layout, slot, 5, by=people["evaluator"])
    service.describe(late, title="Tardi", purpose="lab", details="")
    decision.approve(first, by=people["manager"])
    with pytest.raises(Conflict), session.begin_nested():
        service.submit(late, by=people["evaluator"])
    with pytest.raises(Conflict), session.begin_nested():
        service.draft(layout, slot, 5, by=people["manager"])


def test_only_the_requester_withdraws(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    with pytest.raises(Refusal) as refusal:
        service.withdraw(booking, by=people["manager"])
    assert refusal.value.rule == "requester" and booking.state == "submitted"


def test_a_request_that_was_in_time_may_be_sent_again_later(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.ask_changes(booking, "Quante sedie?", by=people["manager"])
    with time_machine.travel(booking.slot.starts - timedelta(hours=3), tick=False):
        service.submit(booking, by=people["citizen"])
    assert booking.state == "submitted"


def test_spaces_are_no_reason_and_none_is_needed_of_the_requester(hub, people, session):
    layout = hub["sala-riunioni"].layouts[0]
    booking = ask(layout, free_slot(layout, minutes=60), people["citizen"])
    service.cancel(booking, "   ", by=people["citizen"])
    assert booking.state == "cancelled"
