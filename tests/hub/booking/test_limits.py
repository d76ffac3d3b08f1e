"""Limits that depend on who asks and on what they have already: quotas, busy hours, residents first, unused bookings."""

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.booking import decision, limits, service
from hub.booking.models import Booking, Turned
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish, draft_series
from hub.clock import ROME, now
from hub.db import db
from hub.refusal import Refusal
from hub.spaces.models import Rule, Space
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask
from tests.hub.booking.test_organisation import acting, organisation

CITIZEN = "cittadina@officine.example"
MONDAY = date(2027, 3, 8)


@pytest.fixture(autouse=True)
def a_week_before():
    with time_machine.travel("2027-03-01T08:00:00Z", tick=True):
        yield


@pytest.fixture
def hub(hub, session) -> dict[str, Space]:
    """The hub without the demo's limits: each test writes its own."""
    session.execute(sa.update(Rule).where(Rule.kind.in_(limits.CHECKS)).values(ended_at=now()))
    return hub


def rule(kind: str, space: Space | None = None, audience: str | None = None, **params: object) -> Rule:
    made = Rule(kind=kind, space_id=space and space.id, audience=audience, params=params, created_at=now())
    db.session.add(made)
    db.session.flush()
    return made


def slot(day: date, hour: int, hours: int = 2) -> Slot:
    starts = datetime.combine(day, time(hour), ROME)
    return Slot(starts, starts + timedelta(hours=hours))


def book(space: Space, day: date, by, hour: int = 10, hours: int = 2) -> Booking:
    return ask(space.layouts[0], slot(day, hour, hours), by)


def refusals(space: Space, day: date, by, **more: int) -> dict[str, Refusal]:
    with pytest.raises(Refusal) as refused:
        book(space, day, by, **more)
    return {one.rule: one for one in refused.value.all}


def test_a_quota_of_hours_counts_what_somebody_has_in_that_week_and_says_which_rule_it_is(hub, people):
    room, me = hub["aula-1"], people["citizen"]
    quota = rule("quota_hours", hours=6, period="week", per="person")
    book(room, MONDAY, me)
    book(hub["aula-2"], MONDAY + timedelta(days=6), me, hour=11)  # the Sunday of that week, another room: the hub counts all
    told = refusals(room, MONDAY + timedelta(days=2), me, hours=3)["quota_hours"]
    assert (told.values["used"], told.values["left"]) == (timedelta(hours=4), timedelta(hours=2))
    assert told.code == f"R{quota.id}"
    db.session.rollback()


def test_a_quota_is_free_again_in_the_next_week_and_after_a_cancellation(hub, people):
    room, me = hub["sala-riunioni"], people["citizen"]
    rule("quota_hours", hours=4, period="week", per="person")
    first = book(room, MONDAY, me, hours=4)
    book(room, MONDAY + timedelta(days=7), me, hours=4)
    service.cancel(first, "", by=me)
    assert book(room, MONDAY + timedelta(days=1), me, hours=4).state == "approved"


def test_a_space_s_quota_stands_beside_the_hub_s_and_one_for_an_audience_in_place_of_everybody_s(hub, people):
    room, me = hub["aula-1"], people["citizen"]
    rule("quota_hours", hours=2, period="month", per="person")
    rule("quota_hours", audience="resident", hours=8, period="month", per="person")
    rule("quota_hours", room, hours=4, period="month", per="person")
    book(room, MONDAY, me, hours=4)
    book(hub["aula-2"], MONDAY, me, hour=15, hours=2)
    assert set(refusals(room, MONDAY + timedelta(days=1), me)) == {"quota_hours"}


def test_a_quota_of_bookings_counts_those_that_wait_or_are_to_come(hub, people):
    room, me = hub["aula-1"], people["citizen"]
    rule("quota_live", count=2, per="person")
    book(room, MONDAY, me)
    book(room, MONDAY + timedelta(days=1), me)
    told = refusals(room, MONDAY + timedelta(days=2), me)["quota_live"]
    assert told.values == {"live": 2, "most": 2}
    db.session.expunge_all()
    with time_machine.travel("2027-03-08T12:00:00Z", tick=True):  # the first is over
        assert book(room, MONDAY + timedelta(days=3), me).state == "submitted"


def test_what_an_organisation_has_is_not_counted_as_its_people_s(hub, people, session):
    room, me = hub["aula-1"], people["citizen"]
    rule("quota_live", count=1, per="person")
    rule("quota_live", count=1, per="organisation")
    session.commit()
    alone, tram = acting(me, None), acting(me, organisation(me))
    book(room, MONDAY, alone)
    book(room, MONDAY + timedelta(days=1), tram)
    told = refusals(room, MONDAY + timedelta(days=2), tram)["quota_live"]
    assert "organizzazione" in told.words


def test_an_organisation_has_no_more_than_its_share_of_the_busy_hours_of_the_room_and_its_walls(hub, people, session):
    bay, hall, me = hub["campata-nord"], hub["campate-nord-centrale"], people["citizen"]
    busy = {"percent": 40, "period": "week", "weekdays": [0, 1, 2, 3, 4], "from": 18 * 60, "to": 22 * 60}  # 8 of 20 hours
    rule("prime_share", **busy)
    session.commit()
    tram = acting(me, organisation(me))
    book(hall, MONDAY, tram, hour=16, hours=5)  # three of its hours are busy ones
    book(bay, MONDAY + timedelta(days=1), tram, hour=18, hours=4)
    told = refusals(bay, MONDAY + timedelta(days=2), tram, hour=17, hours=3)["prime_share"]
    hour = timedelta(hours=1)
    assert [told.values[name] for name in ("most", "used", "left", "asked")] == [8 * hour, 7 * hour, 1 * hour, 2 * hour]
    db.session.expunge_all()
    assert book(bay, MONDAY + timedelta(days=3), tram, hour=10).state == "submitted"  # when nobody else wants it
    assert book(hub["aula-1"], MONDAY + timedelta(days=3), tram, hour=19).state == "submitted"  # a room of other walls


def test_dates_of_one_series_on_both_sides_of_a_wall_share_the_busy_hours(hub, people, session):
    bay, pair, me = hub["campata-nord"].layouts[0], hub["campate-nord-centrale"].layouts[0], people["citizen"]
    busy = {"percent": 40, "period": "week", "weekdays": [0, 1, 2, 3, 4], "from": 18 * 60, "to": 22 * 60}  # 8 of 20 hours
    rule("prime_share", **busy)
    session.commit()
    tram = acting(me, organisation(me))
    evenings = [slot(MONDAY + timedelta(days=n), 18, 4) for n in range(3)]
    picks = [Pick(one.starts, layout, one) for one, layout in zip(evenings, (pair, pair, bay), strict=True)]
    made = draft_series(Wish(pair, 18 * 60, 240, 5, "ets"), Recurrence(MONDAY, "daily", count=3), picks, by=tram)
    with pytest.raises(Refusal) as refused:
        service.introduce(made, phone="", by=tram)
    told = refused.value.values
    assert (refused.value.rule, told["used"] + told["asked"]) == ("prime_share", timedelta(hours=12))


def test_all_that_speaks_against_it_is_told_at_once_each_with_its_code(hub, people):
    room, me = hub["sala-riunioni"], people["citizen"]
    book(room, MONDAY, me)
    held = service.draft(room.layouts[0], slot(MONDAY + timedelta(days=1), 10), 5, by=me)
    service.describe(held, title="Prova", purpose="meeting", details="")
    service.introduce(held, phone="", by=me)
    codes = {
        rule("length", room, audience="resident", min=15, max=60).code,
        rule("association", room).code,
        rule("quota_live", count=1, per="person").code,
        rule("quota_hours", room, hours=3, period="year", per="person").code,
    }
    with pytest.raises(Refusal) as refused:
        service.submit(held, by=me)
    assert {one.rule for one in refused.value.all} == {"length", "association", "quota_live", "quota_hours"}
    assert {one.code for one in refused.value.all} == codes
    assert held.state == "held"


def test_residents_choose_first(hub, people):
    room, me = hub["aula-1"], people["citizen"]
    rule("residents_first", room, days=5)
    assert ask(room.layouts[0], slot(MONDAY, 10), me).state == "submitted"
    held = service.draft(room.layouts[0], slot(MONDAY, 15), 5, by=me)
    with pytest.raises(Refusal) as refused:
        service.introduce(held, phone="", by=me, resident=False)
    assert (refused.value.rule, refused.value.values["opens"].date()) == ("residents_first", date(2027, 3, 3))


def test_whoever_did_not_come_twice_waits(hub, people, session):
    room, me = hub["sala-riunioni"], people["citizen"]
    rule("no_show", count=2, days=60)
    for days in (0, 1):
        missed = book(room, MONDAY + timedelta(days=days), me)
        missed.state = missed.occurrence.status = "no_show"
    session.flush()
    with time_machine.travel("2027-03-10T08:00:00Z", tick=True):
        told = refusals(room, MONDAY + timedelta(days=7), me)["no_show"]
        assert told.values["again"].date() == MONDAY + timedelta(days=60)
    db.session.expunge_all()
    with time_machine.travel("2027-05-07T12:00:00Z", tick=True):
        assert book(room, date(2027, 5, 10), me).state == "approved"


def test_a_request_that_is_corrected_is_not_counted_against_itself(hub, people):
    room, me = hub["aula-1"], people["citizen"]
    rule("quota_live", count=1, per="person")
    rule("quota_hours", hours=2, period="month", per="person")
    sent = book(room, MONDAY, me)
    decision.ask_changes(sent, "Quante sedie?", by=people["manager"])
    service.submit(sent, by=me)
    assert sent.state == "submitted"


def test_the_step_says_why_in_words_with_the_code_and_counts_the_rule_but_not_who(hub, people, client):
    room, me = hub["aula-1"], people["citizen"]
    quota = rule("quota_hours", hours=3, period="month", per="person")
    book(room, MONDAY, me)
    held = service.draft(room.layouts[0], slot(MONDAY + timedelta(days=1), 10), 5, by=me)
    service.describe(held, title="Prova", purpose="meeting", details="")
    db.session.commit()
    client.known_as(CITIZEN)
    page = client.page(f"/prenota/{held.key}/chi")
    assert db.session.query(Turned).count() == 0
    refused = page.form().submit(resident="y", phone="0832 123456")
    assert refused.status == 422
    words = "Per marzo 2027 hai già 2 ore su 3 ore: restano 1 ora, e qui chiedi 2 ore."
    assert f"{words} (Regola R{quota.id})" in refused.text
    assert refused.form().values["phone"] == "0832 123456"
    db.session.rollback()
    counted = db.session.query(Turned).all()
    assert [(one.space_id, one.rule) for one in counted] == [(room.id, "quota_hours")]
    assert {column.name for column in Turned.__table__.columns} == {"id", "space_id", "rule", "at"}


def test_a_time_that_is_not_free_is_counted_too_and_forgotten_after_two_years(hub, people, client):
    db.session.commit()
    page = client.page("/spazi/aula-1/prenota?giorno=2027-03-08")
    with time_machine.travel("2027-03-08T12:00:00Z", tick=True):  # the page was left open for a week
        refused = page.form().submit(starts=slot(MONDAY, 10).starts.isoformat())
    assert refused.status == 422 and "già passato" in refused.text
    assert [one.rule for one in db.session.query(Turned)] == ["past"]
    assert limits.purge_turned(now() + timedelta(days=700)) == 0
    assert limits.purge_turned(now() + timedelta(days=800)) == 1
