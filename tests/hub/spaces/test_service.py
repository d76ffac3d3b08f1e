"""The hub's calendar and what can be found in it, on both engines."""

from datetime import date, timedelta

import pytest

from hub import demo
from hub.clock import today
from hub.spaces import service
from hub.spaces.models import Opening


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


def slugs(found):
    return [space.slug for space, _, _ in found]


def test_the_search_answers_with_spaces_and_combinations(hub):
    assert slugs(service.find(people=180)) == ["officina-grande", "corte-urbana"]
    assert slugs(service.find(layout="u_shape")) == ["aula-1", "aula-2"]
    assert slugs(service.find(people=50, layout="classroom")) == ["aule-1-2"]
    assert slugs(service.find(equipment="printer_3d")) == ["laboratorio-digitale"]
    assert len(service.find(step_free=True)) == len(demo.SPACES)


def test_a_day_leaves_only_what_is_free_on_it(hub):
    assert service.find(day=date(today().year + 1, 8, 26)) == []
    day = today() + timedelta(days=20)
    while service.holiday(day):
        day += timedelta(days=1)
    assert len(service.find(day=day)) == len(demo.SPACES)


def test_every_space_of_the_demo_speaks_both_languages(hub):
    for space in hub.values():
        texts = [space.name, space.text, *(layout.name for layout in space.layouts)]
        assert all(set(text) == {"it", "en"} and all(text.values()) for text in texts)
