"""How the spaces are used: the figures, and the hours against a minute-by-minute count."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.booking import decision, usage
from hub.booking.models import Turned
from hub.clock import now, span, starts_of, today, wall
from hub.spaces.rules import Slot
from hub.spaces.service import close
from tests.hub.booking.conftest import ask, free_slot

AUTUMN = date(2027, 10, 30)  # the night after it has an hour twice


@given(st.lists(st.tuples(st.integers(0, 3 * 1440), st.integers(1, 600)), max_size=4))
def test_the_hours_of_a_stretch_are_those_of_lecce_s_clocks(stretches):
    first = starts_of(AUTUMN)
    slots = [Slot(first + timedelta(minutes=at), first + timedelta(minutes=at + length)) for at, length in stretches]
    counted: dict[tuple[int, int], int] = {}
    for slot in slots:
        for minute in range(slot.minutes):
            at = wall(slot.starts + timedelta(minutes=minute))
            counted[at.weekday(), at.hour] = counted.get((at.weekday(), at.hour), 0) + 1
    found: dict[tuple[int, int], int] = {}
    for cell, minutes in usage.by_hour(slots):
        found[cell] = found.get(cell, 0) + minutes
    assert found == counted


def test_a_use_of_the_whole_hall_is_a_use_of_each_bay(hub, people, session):
    layout = hub["officina-grande"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.approve(booking, by=people["manager"])
    session.flush()
    known = usage.figures(today(), today() + timedelta(days=20))
    used = {name["it"]: minutes for name, minutes, _opened, _share in usage.by_space(known) if minutes}
    assert used == {f"Officina Grande, campata {which}": 120 for which in ("nord", "centrale", "sud")}
    assert usage.by_audience(known) == [("resident", 1, 1, 120)]
    assert sum(known.used_hours.values()) == 360


def test_what_is_closed_is_not_open(hub, session):
    day = free_slot(hub["aula-1"].layouts[0]).starts
    before = usage.figures(wall(day).date(), wall(day).date()).open_minutes[hub["aula-1"].id]
    close(hub["aule-1-2"], Slot(day, day + timedelta(hours=2)), {"it": "Lavori"})
    session.flush()
    known = usage.figures(wall(day).date(), wall(day).date())
    assert known.open_minutes[hub["aula-1"].id] == before - 120


def test_prime_time_is_shared_out(hub, people, session):
    booking = ask(hub["aula-1"].layouts[0], free_slot(hub["aula-1"].layouts[0]), people["citizen"])
    decision.approve(booking, by=people["manager"])
    session.flush()
    known = usage.figures(today(), today() + timedelta(days=20))
    at = wall(booking.slot.starts)
    window = usage.Window(None, (at.weekday(),), at.hour * 60 + 60, 1440)
    assert usage.prime(known, [window]) == [(None, 60 + at.minute, 1.0)]
    assert usage.prime(known, [window._replace(atoms=frozenset([hub["aula-1"].id]))]) == [(None, 60 + at.minute, 1.0)]
    assert usage.prime(known, [window._replace(atoms=frozenset([hub["aula-2"].id]))]) == []
    assert usage.prime(known, []) == []


def test_an_unused_booking_is_counted_once_it_is_over(hub, people, session):
    booking = ask(hub["aula-1"].layouts[0], free_slot(hub["aula-1"].layouts[0]), people["citizen"])
    decision.approve(booking, by=people["manager"])
    booking.occurrence.status = "no_show"
    session.flush()
    known = usage.figures(today(), today() + timedelta(days=20))
    assert usage.no_shows(known, now()) == []
    assert usage.no_shows(known, booking.slot.ends) == [(hub["aula-1"].name, 1, 1, 1.0)]
    assert not any(known.used_minutes.values())


def test_refusals_and_decisions_are_counted(hub, people, session):
    booking = ask(hub["aula-1"].layouts[0], free_slot(hub["aula-1"].layouts[0]), people["citizen"])
    decision.approve(booking, by=people["manager"])
    session.add_all(Turned(space_id=hub["aula-1"].id, rule="notice", at=now()) for _ in range(2))
    session.flush()
    assert usage.turned_away(today(), today()) == [("notice", hub["aula-1"].name, 2)]
    assert usage.decided(today(), today())[0] == {"held": 1, "submitted": 1, "approved": 1}
    tomorrow = today() + timedelta(days=1)
    assert (usage.turned_away(tomorrow, tomorrow), usage.decided(tomorrow, tomorrow)) == ([], ({}, {}))


def test_a_year_of_figures_has_as_many_days_as_the_calendar(session, hub):
    known = usage.figures(date(2027, 1, 1), date(2027, 12, 31))
    starts, ends = span(date(2027, 1, 1), 365)
    assert 0 < known.open_minutes[hub["aula-1"].id] < (ends - starts).total_seconds() / 60
    assert all(0 <= share <= 1 for share in usage.by_weekday(known).values())
