"""A series from the first look at its dates to the last change of one of them."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.booking import charges, dates, decision, series, service
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import now, wall
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.models import Opening, Price, Rule
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot


@pytest.fixture(autouse=True)
def before_four_mondays_on_which_nobody_keeps_a_feast():
    with time_machine.travel("2027-01-12T08:00:00Z", tick=True):
        yield


@pytest.fixture
def rule(hub) -> Recurrence:
    first = wall(free_slot(hub["aula-1"].layouts[0], days=20).starts).date()
    return Recurrence(first, "weekly", until=first + timedelta(days=21))


def wish(hub, slug: str = "aula-1", start: int = 18 * 60) -> Wish:
    return Wish(hub[slug].layouts[0], start, 120, 10, "other")


def accepted(found: list[series.Proposal], hub, slug: str = "aula-1") -> list[Pick]:
    """Free dates as they are, of the others the first alternative, or nothing."""
    layout = hub[slug].layouts[0]
    picks = []
    for one in found:
        other = next(iter(one.others), None)
        if one.state == "free":
            picks.append(Pick(one.slot.starts, layout, one.slot))
        else:
            picks.append(Pick(one.slot.starts, *(other[1:3] if other else ())))
    return picks


def sent(hub, rule, people, slug: str = "aula-1", picks=None) -> Booking:
    asked = wish(hub, slug)
    found = series.propose(asked, rule, by=people["citizen"])
    booking = series.draft_series(asked, rule, picks or accepted(found, hub, slug), by=people["citizen"])
    service.describe(booking, title="Coro", purpose="culture", details="")
    service.introduce(booking, phone="", by=people["citizen"], resident=False)
    service.submit(booking, by=people["citizen"])
    return booking


def statuses(booking: Booking) -> list[str]:
    return [one.status for one in booking.occurrences]


def told(session) -> str:
    return session.scalars(sa.select(Notice.kind).order_by(Notice.id.desc())).first()


def test_every_date_is_told_with_what_stands_in_its_way(hub, people, session, rule):
    layout, days = hub["aula-1"].layouts[0], rule.days
    decision.approve(ask(layout, wish(hub).slot(days[1]), people["citizen"]), by=people["manager"])
    session.add(Opening(opens=None, closes=None, valid_from=days[2], valid_to=days[2], reason={"it": "Inventario"}))
    session.flush()
    found = series.propose(wish(hub), rule, by=people["citizen"])
    assert [one.state for one in found] == ["free", "taken", "closed", "free"]
    assert "Inventario" in str(found[2].why[0].values) and found[2].others
    assert found[1].others[0].space.slug == "aula-2" and found[1].others[0].slot == found[1].slot
    booking = sent(hub, rule, people)
    session.flush()
    assert Counter(one.space.slug for one in booking.planned)["aula-1"] >= 2 and len(booking.planned) == 4
    assert booking.occurrences[1].space.slug == "aula-2" and spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_a_series_is_one_request_confirmed_or_ended_as_a_whole(hub, people, session, rule):
    booking = sent(hub, rule, people)
    assert (booking.state, booking.price_cents, booking.series.rrule) == ("submitted", 8000, rule.rule)
    decision.approve(booking, by=people["manager"])
    session.flush()
    assert statuses(booking) == ["planned"] * 4
    service.cancel(booking, "Lavori", by=people["manager"])
    session.flush()
    assert statuses(booking) == ["cancelled"] * 4 and charges.account(booking).due == 0


def test_the_log_knows_each_date_by_the_day_that_the_rule_gave_it(hub, people, session, rule):
    booking = sent(hub, rule, people)
    decision.approve(booking, by=people["manager"])
    held = session.scalars(sa.select(LogEntry.session).where(LogEntry.type == "space.booked").order_by(LogEntry.id)).all()
    standing = [one for one in booking.occurrences if one.status == "planned"]
    assert sorted(held) == sorted(f"{booking.code}.{wall(one.recurrence_at):%Y%m%d}" for one in standing)
    assert len(set(held)) == len(held) > 1


def test_what_is_left_out_stays_as_a_date_that_may_be_taken_up(hub, people, session, rule):
    found = series.propose(wish(hub), rule, by=None)
    picks = [Pick(found[0].slot.starts), *accepted(found[1:], hub)]
    booking = sent(hub, rule, people, picks=picks)
    assert statuses(booking) == ["skipped", "planned", "planned", "planned"]
    left_out = booking.occurrences[0]
    assert not session.scalars(sa.select(ledger.Allocation).where(ledger.Allocation.occurrence_id == left_out.id)).all()
    dates.take_up(booking, left_out, by=people["citizen"])
    session.flush()
    assert left_out.status == "planned" and told(session) == "booking/date_added" and booking.price_cents == 8000
    with pytest.raises(Refusal, match="c'è già"):
        dates.take_up(booking, left_out, by=people["citizen"])


def test_nothing_is_booked_where_one_date_was_taken_meanwhile(hub, people, session, rule):
    found = series.propose(wish(hub), rule, by=None)
    taken = found[2].slot
    service.draft(hub["aula-1"].layouts[0], taken, 5, by=people["evaluator"])
    session.flush()
    with pytest.raises(ledger.Conflict) as refused, session.begin_nested():
        series.draft_series(wish(hub), rule, accepted(found, hub), by=people["citizen"])
    assert refused.value.values["day"] == wall(taken.starts).date()
    session.expire_all()
    assert not session.scalars(sa.select(Booking).where(Booking.requester_id == people["citizen"].id)).all()


def test_a_series_without_a_date_is_none(hub, people, session, rule):
    with pytest.raises(Refusal, match="tienine almeno una"):
        series.draft_series(wish(hub), rule, [Pick(wish(hub).slot(day).starts) for day in rule.days], by=people["citizen"])


@pytest.mark.parametrize(("scope", "moved"), [("this", [1]), ("following", [1, 2, 3]), ("all", [0, 1, 2, 3])])
def test_one_date_moves_or_those_after_it_or_all(hub, people, session, rule, scope, moved):
    booking = sent(hub, rule, people)
    before = [one.starts_at for one in booking.occurrences]
    one = booking.occurrences[1]
    day = wall(one.starts_at).date()
    dates.move(booking, one, booking.layout, day, 16 * 60, 90, scope, by=people["citizen"])
    session.flush()
    hours = [(wall(one.starts_at).hour, Slot(one.starts_at, one.ends_at).minutes) for one in booking.occurrences]
    assert hours == [(16, 90) if n in moved else (18, 120) for n in range(4)]
    assert [one.recurrence_at for one in booking.occurrences] == before
    assert told(session) == "booking/date_moved" and spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_an_approved_date_is_moved_by_a_manager_and_keeps_its_place_where_the_other_is_taken(hub, people, session, rule):
    booking = sent(hub, rule, people)
    decision.approve(booking, by=people["manager"])
    one = booking.occurrences[0]
    day = wall(one.starts_at).date()
    with pytest.raises(Refusal, match="già approvata"):
        dates.move(booking, one, booking.layout, day, 10 * 60, 120, "this", by=people["citizen"])
    service.draft(hub["aula-2"].layouts[0], wish(hub).slot(day), 5, by=people["evaluator"])
    session.flush()
    with pytest.raises(ledger.Conflict), session.begin_nested():
        dates.move(booking, one, hub["aula-2"].layouts[0], day, 18 * 60, 120, "this", by=people["manager"])
    session.refresh(one)
    assert one.space.slug == "aula-1" and service.keeps_its_place(booking)
    dates.move(booking, one, hub["laboratorio-digitale"].layouts[0], day, 18 * 60, 120, "this", by=people["manager"])
    session.flush()
    assert one.space.slug == "laboratorio-digitale" and booking.changes[-1].actor_id == people["manager"].id


def test_cancelling_dates_gives_their_part_of_the_price_back_and_the_last_ends_the_booking(hub, people, session, rule):
    booking = sent(hub, rule, people)
    decision.approve(booking, by=people["manager"])
    dates.cancel_dates(booking, booking.occurrences[3], "this", "", by=people["citizen"])
    session.flush()
    assert (booking.refund_cents, told(session), booking.state) == (2000, "booking/date_cancelled", "approved")
    dates.cancel_dates(booking, booking.occurrences[0], "all", "", by=people["citizen"])
    session.flush()
    assert (booking.state, charges.account(booking).due) == ("cancelled", 0)
    with pytest.raises(Refusal, match="non si cambiano più"):
        dates.take_up(booking, booking.occurrences[0], by=people["citizen"])


def test_a_request_of_which_every_date_is_given_back_is_withdrawn(hub, people, session, rule):
    booking = sent(hub, rule, people)
    dates.cancel_dates(booking, booking.occurrences[0], "all", "", by=people["citizen"])
    session.flush()
    assert booking.state == "withdrawn" and statuses(booking) == ["cancelled"] * 4 and told(session) == "booking/withdrawn"


def test_a_manager_who_wants_no_date_of_a_request_refuses_it(hub, people, session, rule):
    booking = sent(hub, rule, people)
    with pytest.raises(Refusal, match="tienine almeno una"):
        dates.cancel_dates(booking, booking.occurrences[0], "all", "Guasto", by=people["manager"])


def test_a_manager_says_why_a_date_is_cancelled(hub, people, session, rule):
    booking = sent(hub, rule, people)
    with pytest.raises(Refusal, match="motivo"):
        dates.cancel_dates(booking, booking.occurrences[0], "this", " ", by=people["manager"])
    dates.cancel_dates(booking, booking.occurrences[0], "this", "Guasto", by=people["manager"])
    session.flush()
    assert booking.changes[-1].reason == "Guasto" and booking.price_cents == 6000


def test_a_date_that_is_over_does_not_change(hub, people, session, rule):
    booking = sent(hub, rule, people)
    one = booking.occurrences[0]
    one.starts_at, one.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
    session.flush()
    assert one not in dates.chosen(booking, one, "all")
    with pytest.raises(Refusal, match="già passata"):
        dates.cancel_dates(booking, one, "this", "", by=people["citizen"])


def test_a_date_that_a_manager_approved_is_given_back_but_not_moved(hub, people, session, rule):
    booking = sent(hub, rule, people)
    assert not dates.is_fixed(booking, booking.occurrence)
    decision.approve(booking, by=people["manager"])
    assert dates.is_fixed(booking, booking.occurrence)
    with pytest.raises(Refusal, match="già approvata"):
        dates.move(booking, booking.occurrence, booking.layout, rule.days[0], 16 * 60, 120, "this", by=people["citizen"])


def confirmed_by_itself(hub, people) -> Booking:
    layout = hub["sala-riunioni"].layouts[0]
    booking = ask(layout, free_slot(layout, days=20, minutes=60), people["citizen"])
    assert booking.state == "approved" and not dates.is_fixed(booking, booking.occurrence)
    return booking


def test_what_confirmed_itself_moves_only_where_it_would_again(hub, people, session):
    booking = confirmed_by_itself(hub, people)
    day, room = wall(booking.occurrence.starts_at).date(), hub["aula-1"].layouts[0]
    with pytest.raises(Refusal, match="già approvata"), session.begin_nested():
        dates.move(booking, booking.occurrence, room, day, 15 * 60, 60, "this", by=people["citizen"])
    session.expire_all()
    dates.move(booking, booking.occurrence, booking.layout, day, 15 * 60, 120, "this", by=people["citizen"])
    session.flush()
    assert wall(booking.occurrence.starts_at).hour == 15 and booking.slot.minutes == 120


def test_after_the_confirmation_no_move_may_cost_more(hub, people, session):
    session.add(Price(space_id=hub["sala-riunioni"].id, unit="hour", cents=300, valid_from=now().date()))
    session.flush()
    booking = confirmed_by_itself(hub, people)
    day = wall(booking.occurrence.starts_at).date()
    with pytest.raises(Refusal, match="costerebbe di più"), session.begin_nested():
        dates.move(booking, booking.occurrence, booking.layout, day, 15 * 60, 120, "this", by=people["citizen"])
    session.expire_all()
    dates.move(booking, booking.occurrence, booking.layout, day, 15 * 60, 60, "this", by=people["citizen"])
    session.flush()
    assert (booking.price_cents, wall(booking.occurrence.starts_at).hour) == (300, 15)


def test_no_move_gets_around_a_quota_of_hours(hub, people, session, rule):
    booking = sent(hub, rule, people)
    session.add(Rule(kind="quota_hours", params={"hours": 9, "period": "month", "per": "person"}, created_at=now()))
    session.flush()
    with pytest.raises(Refusal, match="restano"):
        dates.move(booking, booking.occurrence, booking.layout, rule.days[0], 16 * 60, 240, "this", by=people["citizen"])


def test_nor_does_a_date_that_is_taken_up_again(hub, people, session, rule):
    found = series.propose(wish(hub), rule, by=None)
    booking = sent(hub, rule, people, picks=[Pick(found[0].slot.starts), *accepted(found[1:], hub)])
    session.add(Rule(kind="quota_hours", params={"hours": 7, "period": "month", "per": "person"}, created_at=now()))
    session.flush()
    with pytest.raises(Refusal, match="restano"):
        dates.take_up(booking, booking.occurrences[0], by=people["citizen"])


def test_a_request_that_moves_to_a_space_where_requests_compete_keeps_no_place(hub, people, session, rule):
    booking = sent(hub, rule, people)
    portico = hub["portico"].layouts[0]
    dates.move(booking, booking.occurrence, portico, rule.days[0], 18 * 60, 120, "this", by=people["citizen"])
    session.flush()
    mine = sa.select(ledger.Allocation.blocking).where(ledger.Allocation.occurrence_id == booking.occurrence.id)
    assert set(session.scalars(mine)) == {False}


def test_a_series_that_is_chosen_anew_takes_the_place_of_what_its_owner_holds(hub, people, session, rule):
    asked, by = wish(hub), people["citizen"]
    single = service.draft(hub["aula-1"].layouts[0], asked.slot(rule.days[0]), 10, by=by)
    first = series.draft_series(asked, rule, accepted(series.propose(asked, rule, by=by), hub), by=by)
    service.describe(first, title="Coro", purpose="culture", details="")
    session.flush()
    assert (single.state, first.state) == ("draft", "held")
    longer = Recurrence(rule.first, "weekly", until=rule.until + timedelta(days=7))
    again = series.draft_series(asked, longer, accepted(series.propose(asked, longer, by=by), hub), by=by, instead_of=first)
    session.flush()
    assert again is first and (again.title, again.state, len(again.planned)) == ("Coro", "held", 5)
    other_tab = series.draft_series(asked, rule, accepted(series.propose(asked, rule, by=by), hub), by=by)
    session.flush()
    assert other_tab is first and len(other_tab.planned) == 4 and spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_nothing_is_put_on_a_day_that_the_rule_has_already(hub, people, session):
    first = wall(free_slot(hub["aula-1"].layouts[0], days=20).starts).date()
    daily = Recurrence(first, "daily", until=first + timedelta(days=3))
    closed = daily.days[1]
    session.add(Opening(opens=None, closes=None, valid_from=closed, valid_to=closed, reason={"it": "Inventario"}))
    session.flush()
    (shut,) = [one for one in series.propose(wish(hub), daily, by=None) if one.state == "closed"]
    assert not {wall(other.slot.starts).date() for other in shut.others} & set(daily.days)
    weekly = Recurrence(closed, "weekly", until=closed + timedelta(days=7))
    shut = series.propose(wish(hub), weekly, by=None)[0]
    times = [(wall(other.slot.starts).date() - closed, wall(other.slot.starts).hour) for other in shut.others]
    assert times[:2] == [(timedelta(days=-1), 18), (timedelta(days=1), 18)]


def test_too_many_people_are_said_once_beside_their_number(hub, people, rule):
    with pytest.raises(Refusal, match="entrano al massimo") as refused:
        series.propose(wish(hub)._replace(people=500), rule, by=None)
    assert refused.value.field == "attendees"
