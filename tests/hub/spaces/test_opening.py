"""Opening hours as a manager writes them, and as the public sees them afterwards."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.clock import wall
from hub.db import db
from hub.refusal import Refusal
from hub.spaces import opening, service
from hub.spaces.models import Opening
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot

MANAGER = "gestore@officine.example"
MONDAY = date(2027, 3, 1)
MORNING = {"opens": 540, "closes": 780, "audience": None}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel("2027-03-01T08:00:00Z", tick=True):
        yield


@pytest.fixture
def hub(session):
    return demo.load_spaces()


def hours_on(space, day, audience=None):
    found = service.days_of(space, day, 1, audience=audience)[0]
    return [f"{wall(slot.starts):%H:%M}–{wall(slot.ends):%H:%M}" for slot in found.slots]


def test_a_season_stands_in_for_the_usual_hours_which_come_back_after_it(hub, session):
    room, first, last = hub["aula-1"], date(2027, 7, 5), date(2027, 8, 1)
    opening.set_week(None, weekdays=[0, 1], valid_from=first, valid_to=last, replacing=True, **MORNING)
    seen = [hours_on(room, day) for day in (first - timedelta(days=7), first, date(2027, 7, 27), date(2027, 8, 2))]
    assert seen == [["08:00–22:00"], ["09:00–13:00"], ["09:00–13:00"], ["08:00–22:00"]]
    assert hours_on(room, date(2027, 7, 7)) == ["08:00–22:00"]


def test_a_second_stretch_of_the_same_day_is_added_and_an_overlapping_one_refused(hub, session):
    room = hub["aula-1"]
    week = {"weekdays": [0], "valid_from": MONDAY, "valid_to": None, "replacing": False}
    opening.set_week(room, **week, **MORNING)
    opening.set_week(room, **week, opens=840, closes=1080, audience=None)
    assert hours_on(room, MONDAY) == ["09:00–13:00", "14:00–18:00"]
    with pytest.raises(Refusal, match="c'è già l'orario") as refused:
        opening.set_week(room, **week, opens=720, closes=900, audience=None)
    assert refused.value.values == {"opens": "09:00", "closes": "13:00"}


def test_hours_of_an_audience_are_added_for_it_alone(hub, session):
    evening = {"opens": 1200, "closes": 1440, "audience": "ets"}
    opening.set_week(None, weekdays=[0], valid_from=MONDAY, valid_to=None, replacing=False, **evening)
    room = hub["aula-1"]
    assert (hours_on(room, MONDAY), hours_on(room, MONDAY, "ets")) == (["08:00–22:00"], ["08:00–00:00"])


def test_a_feast_is_opened_by_a_word_about_that_very_day(hub, session):
    room, easter_monday = hub["aula-1"], date(2027, 3, 29)
    assert hours_on(room, easter_monday) == []
    line = opening.set_day(None, day=easter_monday, reason={"it": "Pasquetta in officina"}, **MORNING)
    assert hours_on(room, easter_monday) == ["09:00–13:00"]
    opening.end_hours(line)
    assert hours_on(room, easter_monday) == []


def test_a_day_that_is_marked_as_closed_is_not_opened_over(hub, session):
    session.add(Opening(valid_from=MONDAY, valid_to=MONDAY, reason={"it": "inventario"}))
    session.flush()
    with pytest.raises(Refusal, match="segnato come chiuso"):
        opening.set_day(None, day=MONDAY, reason={"it": "festa"}, **MORNING)


def test_hours_that_have_begun_end_today_and_others_go(hub, session):
    old = opening.lines(None)[0]
    opening.end_hours(old)
    assert old.valid_to == MONDAY and hours_on(hub["aula-1"], MONDAY) == ["08:00–22:00"]
    assert hours_on(hub["aula-1"], MONDAY + timedelta(days=7)) == []
    later = {"weekdays": [0], "valid_from": MONDAY + timedelta(days=7), "valid_to": None, "replacing": False}
    opening.set_week(hub["aula-1"], **later, **MORNING)
    opening.end_hours(opening.lines(hub["aula-1"])[0])
    assert opening.lines(hub["aula-1"]) == []


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ((lambda: opening.must_open_before_closing(600, 600)), "hours-order"),
        ((lambda: opening.must_be_a_season(MONDAY - timedelta(days=1), None, MONDAY)), "hours-past"),
        ((lambda: opening.must_be_a_season(MONDAY, MONDAY - timedelta(days=1), MONDAY - timedelta(days=9))), "hours-season"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(given, rule):
    with pytest.raises(Refusal) as refused:
        given()
    assert refused.value.rule == rule


@pytest.fixture
def manager(app, client):
    with app.app_context():
        demo.load_spaces()
        load_people()
        db.session.commit()
    return client.known_as(MANAGER)


def test_the_desk_shows_the_coming_days_and_names_the_feasts(manager):
    with time_machine.travel("2027-03-20T08:00:00Z", tick=True):
        page = manager.known_as(MANAGER).page("/gestione/orari")
        assert "Tutto l'hub" in page.text and "08:00–22:00" in page.text
        assert "Chiuso: Lunedì dell'Angelo" in page.text
        special = manager.page(page.link("Apertura straordinaria"))
        done = special.form().submit(
            valid_from="2027-03-29", opens="10:00", closes="00:00", reason_it="Festa <b>", reason_en="Feast"
        )
        assert "10:00–24:00" in done.text and "Festa: Lunedì dell'Angelo" in done.text and "Festa <b>" in done.text


def test_wrong_hours_are_told_beside_their_fields_and_nothing_is_lost(manager):
    form = manager.page("/gestione/orari/settimana?spazio=aula-1").form()
    refused = form.submit(opens="18:00", closes="09:00", weekdays="2", valid_to="2027-03-05")
    assert refused.status == 422 and "dopo l'apertura" in refused.text and 'value="18:00"' in refused.html
    for values in ({}, {"opens": "25:00"}, {"valid_from": "ieri"}, {"weekdays": "9"}, {"valid_from": "2999-01-01"}):
        assert form.submit(**values).status == 422
    done = refused.form().submit(closes="20:00", opens="09:00", replacing="y")
    assert "Orario scritto" in done.text and "mercoledì" in done.text.lower() and "09:00–20:00" in done.text
    ended = done.form("chiudi").submit()
    assert "i giorni passati restano" in ended.text
    assert manager.get("/gestione/orari?spazio=nessuno").status_code == 404


def test_the_coming_days_of_a_space_name_its_closures_and_those_of_the_hub_only_what_closes_all(manager, app):
    with app.app_context():
        made = {space.slug: space for space in service.spaces()}
        starts = service.days_of(made["aula-1"], MONDAY + timedelta(days=1), 1)[0].slots[0].starts
        service.close(made["aule-1-2"], Slot(starts, starts + timedelta(hours=30)), {"it": "Lavori"})
        db.session.commit()
    assert manager.page("/gestione/orari?spazio=aula-1").text.count("Chiusura: Lavori") == 2
    assert "Chiusura: Lavori" not in manager.page("/gestione/orari").text + manager.page("/gestione/orari?spazio=portico").text


def test_dates_that_new_hours_leave_outside_are_shown(manager, app):
    with app.app_context():
        room = service.space_by("aula-1")
        slot = free_slot(room.layouts[0], days=10)
        ask(room.layouts[0], slot, db.session.scalars(sa.select(Person).filter_by(email="cittadina@officine.example")).one())
        db.session.commit()
    assert "fuori orario" not in manager.page("/gestione/orari").text
    form = manager.page("/gestione/orari/settimana").form()
    shorter = form.submit(opens="20:00", closes="22:00", weekdays=str(wall(slot.starts).weekday()), replacing="y")
    assert "Prenotazioni fuori orario" in shorter.text and "Aula 1" in shorter.text
