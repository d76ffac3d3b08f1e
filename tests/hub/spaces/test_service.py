"""The hub's calendar and what can be found in it, on both engines."""

from datetime import date, timedelta

import pytest
import time_machine

from hub import demo
from hub.spaces import service
from hub.spaces.models import Opening
from hub.spaces.rules import Slot, at_minute


@pytest.fixture
def hub(session):
    return demo.load_spaces()


def test_the_patron_of_lecce_and_the_nation_s_holidays_close_the_hub():
    assert service.holiday(date(2027, 8, 26)) == {"it": "Sant'Oronzo", "en": "Sant'Oronzo, patron saint of Lecce"}
    for day in (date(2027, 3, 29), date(2027, 4, 25), date(2027, 12, 26), date(2026, 10, 4)):
        assert service.holiday(day)
    assert service.holiday(date(2027, 11, 7)) is None and service.holiday(date(2027, 8, 27)) is None


def test_a_holiday_is_opened_again_by_an_exception(hub, session):
    patron = date(2027, 8, 26)
    assert service.days_of(hub["corte-urbana"], patron, 1)[0].slots == ()
    session.add(Opening(space_id=hub["corte-urbana"].id, opens=1080, closes=1440, valid_from=patron, valid_to=patron, reason={}))
    session.flush()
    assert service.days_of(hub["corte-urbana"], patron, 1)[0].slots[0].minutes == 360
    assert service.days_of(hub["portico"], patron, 1)[0].slots == ()


def test_every_space_of_the_demo_speaks_both_languages(hub):
    for space in hub.values():
        texts = [space.name, space.text, *(layout.name for layout in space.layouts)]
        assert all(set(text) == {"it", "en"} and all(text.values()) for text in texts)


def test_the_free_week_begins_on_the_grid_and_shows_nothing_shorter_than_a_booking(hub, session):
    room, day = hub["aula-1"], date(2027, 2, 2)  # a Tuesday
    for begins, ends in ((8 * 60, 12 * 60 + 30), (13 * 60, 15 * 60)):  # half an hour is free between them
        service.close(room, Slot(at_minute(day, begins), at_minute(day, ends)), {"it": "Lavori"})
    with time_machine.travel(at_minute(day - timedelta(days=1), 15 * 60 + 17)):
        ((_, free),) = service.free_week(room, day, 1)
    assert free == [Slot(at_minute(day, 15 * 60 + 30), at_minute(day, 22 * 60))]
    with time_machine.travel(at_minute(day - timedelta(days=3), 15 * 60)):
        ((_, free),) = service.free_week(room, day, 1)
    assert free == [Slot(at_minute(day, 15 * 60), at_minute(day, 22 * 60))]
