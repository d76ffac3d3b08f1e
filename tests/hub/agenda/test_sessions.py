"""Sessions of activities in the calendar of the spaces and in the calendars that people follow."""

from datetime import timedelta

import icalendar
import pytest
import time_machine

from hub.clock import now
from hub.db import db
from hub.labs import programme, sessions
from hub.labs.programme import activity_by
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot
from tests.hub.agenda.test_calendar import DAY, MANAGER, told
from tests.hub.agenda.two_years import NOW, bare, rome
from tests.hub.labs.makers import adult, enrol
from tests.hub.labs.programmes import activity, layout

ALL = "/calendari/spazi.ics"
AT = Slot(rome("2026-09-22 16:00"), rome("2026-09-22 18:00"))


@pytest.fixture
def hub(app):
    """A public lab in Aula 1 and Aula 2, with somebody enrolled, and a draft in the digital lab, at the same time."""
    with time_machine.travel(NOW) as clock:
        with app.app_context():
            hub = bare()
            manager = hub.people["manager"]
            course = activity(manager, slug="robot", title={"it": "Robot per tutti", "en": "Robots for all"})
            rooms = [layout(hub.spaces[slug], "banchi") for slug in ("aula-1", "aula-2")]
            sessions.schedule(course, AT, rooms)
            programme.publish(course)
            enrol(course, adult("canarina"))
            draft = activity(manager, slug="segreto", title={"it": "Bozza segreta"})
            sessions.schedule(draft, AT, [layout(hub.spaces["laboratorio-digitale"])])
            db.session.commit()
        yield clock


def events(client, address: str = ALL, **headers: str) -> list[icalendar.Event]:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200 and "canarina" not in answer.text.lower()
    return icalendar.Calendar.from_ical(answer.data).walk("VEVENT")


def test_everybody_reads_what_is_public_and_of_a_draft_that_the_space_is_taken(client, hub):
    assert told(client, DAY, "aula-1") == ["16:00–18:00 attività Robot per tutti, Aula 1, martedì 22 settembre 2026"]
    assert (
        told(client, DAY, "aule-1-2") == ["16:00–18:00 attività Robot per tutti, Aule 1 e 2 unite, martedì 22 settembre 2026"] * 2
    )
    assert told(client, DAY, "laboratorio-digitale") == ["16:00–18:00 occupato, Laboratorio digitale, martedì 22 settembre 2026"]
    text = client.get(DAY).text
    assert "segret" not in text and "canarina" not in text.lower() and "/gestione/attivita" not in text
    assert "Robots for all" in client.get(DAY, headers={"Accept-Language": "en"}).text


def test_a_manager_reads_drafts_too_and_goes_to_the_activity(client, hub):
    manager = client.known_as(MANAGER)
    assert told(manager, DAY, "laboratorio-digitale")[0].startswith("16:00–18:00 attività Bozza segreta")
    page = manager.page(DAY)
    assert page.link("Robot per tutti") == "/gestione/attivita/robot"
    assert manager.get(page.link("Bozza segreta")).status_code == 200


def test_the_page_of_the_calendar_comes_anew_when_a_draft_is_published(client, app, hub):
    first = client.get(DAY)
    assert client.get(DAY, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    with app.app_context():
        programme.publish(activity_by("segreto"))
        db.session.commit()
    again = client.get(DAY, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200 and "Bozza segreta" in again.text


def test_a_feed_has_an_event_for_each_space_and_says_nothing_of_a_draft(client, hub):
    found = {(str(one["SUMMARY"]), str(one["LOCATION"]).partition(",")[0]): one for one in events(client)}
    assert set(found) == {("Robot per tutti", "Aula 1"), ("Robot per tutti", "Aula 2"), ("Occupato", "Laboratorio digitale")}
    one = found["Robot per tutti", "Aula 1"]
    assert (one["DTSTART"].dt, str(one["STATUS"])) == (AT.starts.astimezone(one["DTSTART"].dt.tzinfo), "CONFIRMED")
    assert str(one["URL"]).endswith("/attivita/robot")
    assert str(found["Occupato", "Laboratorio digitale"]["URL"]).endswith("/spazi/laboratorio-digitale")
    english = events(client, "/calendari/spazi/aula-1.ics", **{"Accept-Language": "en"})
    assert [str(one["SUMMARY"]) for one in english] == ["Robots for all"]


def test_a_session_that_moves_keeps_its_uid_and_one_called_off_is_struck_out_for_thirty_days(client, app, hub):
    before = {str(one["UID"]) for one in events(client, "/calendari/spazi/aula-1.ics")}
    with app.app_context():
        one = activity_by("robot", locked=True).sessions[0]
        later = Slot(AT.starts + timedelta(hours=1), AT.ends + timedelta(hours=1))
        sessions.move(one, later, [held.layout for held in one.standing], by=Somebody())
        db.session.commit()
    (moved,) = events(client, "/calendari/spazi/aula-1.ics")
    assert ({str(moved["UID"])}, moved["SEQUENCE"]) == (before, 1)
    with app.app_context():
        sessions.call_off(activity_by("robot", locked=True).sessions[0], "Sciopero", by=Somebody())
        db.session.commit()
    (gone,) = events(client, "/calendari/spazi/aula-1.ics")
    assert (str(gone["UID"]), str(gone["STATUS"]), str(gone["SUMMARY"])) == (str(moved["UID"]), "CANCELLED", "Robot per tutti")
    assert told(client, DAY, "aula-1") == []
    hub.shift(timedelta(days=29))
    assert len(events(client, "/calendari/spazi/aula-1.ics")) == 1
    hub.shift(timedelta(days=3))
    assert events(client, "/calendari/spazi/aula-1.ics") == []
    with app.app_context():
        assert {one.status for one in db.session.query(Occurrence).filter(Occurrence.kind == "session")} == {
            "cancelled",
            "planned",
        }
        assert now() > AT.ends


class Somebody:
    """A manager who does it and need not be told."""

    id = 0
