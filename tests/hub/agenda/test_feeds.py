"""The calendars that people follow, through the checking client."""

from datetime import timedelta

import icalendar
import pytest
import time_machine

from hub.accounts.models import Person
from hub.agenda.models import FeedToken
from hub.booking.models import Booking
from hub.clock import now
from hub.db import db
from tests.hub.agenda.two_years import CANARY, NOW, bare

CITIZEN, MANAGER = "cittadina@officine.example", "gestore@officine.example"
ADDRESSES = "/area-personale/calendari"
ALL = "/calendari/spazi.ics"


@pytest.fixture
def hub(app):
    """One confirmed booking whose title is for all and one whose is not, a request and a series, in September 2026."""
    with time_machine.travel(NOW) as clock:
        with app.app_context():
            hub = bare()
            hub.single("aula-1", "2026-09-21 10:00", title="Assemblea di tutti")
            hub.single("aula-2", "2026-09-22 10:00")
            hub.single("aula-2", "2026-09-23 10:00", state="submitted", title="In attesa")
            hub.series("officina-grande", "2026-09-24 18:00", "FREQ=WEEKLY;COUNT=4", 120, "Coro")
            db.session.commit()
        yield clock


def events(answer) -> dict[str, icalendar.Event]:
    assert answer.status_code == 200
    return {str(event["SUMMARY"]): event for event in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")}


def new_address(client, name: str = "Telefono") -> str:
    """The secret address of the citizen's calendar, made on the page; the path of it."""
    page = client.known_as(CITIZEN).page(ADDRESSES).form("calendari").submit(name=name)
    address = next(node.get("value") for node in page.tree.iter("input") if node.get("id") == "address")
    return address.removeprefix("http://localhost")


def test_the_public_calendar_tells_titles_only_where_they_are_for_all(client, hub):
    answer = client.get(ALL)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert set(events(answer)) == {"Assemblea di tutti", "Occupato", "Coro"}
    assert CANARY not in answer.text and "In attesa" not in answer.text and "OM-2026" not in answer.text
    assert set(events(client.get("/calendari/spazi/campata-sud.ics"))) == {"Coro"}  # of the hall that the bay is a part of
    assert client.get("/calendari/spazi/mai-visto.ics").status_code == 404


def test_a_feed_comes_again_only_when_it_changed(client, app, hub):
    first = client.get(ALL)
    again = client.get(ALL, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"") and first.headers["ETag"] == again.headers["ETag"]
    assert client.get(ALL, headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "en"}).status_code == 200
    with app.app_context():
        db.session.query(Booking).filter_by(title="Coro").one().title = "Coro da camera"  # which notes no change of a date
        db.session.commit()
    changed = client.get(ALL, headers={"If-None-Match": first.headers["ETag"]})
    assert "Coro da camera" in events(changed)


def test_what_was_called_off_is_struck_out_for_thirty_days(client, app, hub):
    with app.app_context():
        booking = db.session.query(Booking).filter_by(title="Assemblea di tutti").one()
        booking.state, booking.occurrence.status, booking.occurrences[0].updated_at = "cancelled", "cancelled", now()
        booking.occurrences[0].sequence += 1
        db.session.commit()
    gone = events(client.get(ALL))["Assemblea di tutti"]
    assert (str(gone["STATUS"]), gone["SEQUENCE"]) == ("CANCELLED", 1)
    hub.shift(timedelta(days=29))
    assert "Assemblea di tutti" in events(client.get(ALL))
    hub.shift(timedelta(days=3))
    assert "Assemblea di tutti" not in events(client.get(ALL))


def test_a_secret_address_opens_one_s_own_calendar_until_it_is_revoked(client, app, hub):
    address = new_address(client)
    reader = app.test_client()
    answer = reader.get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    mine = events(answer)
    assert str(mine["In attesa (Aula 2)"]["STATUS"]) == "TENTATIVE"
    assert str(mine["Assemblea di tutti (Aula 1)"]["DESCRIPTION"]).startswith("OM-2026-")
    assert set(events(reader.get(f"{address}?spazio=aula-1"))) == {"Assemblea di tutti (Aula 1)"}
    assert reader.get(f"{address}?spazio=mai-visto").status_code == 404
    assert reader.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    revoked = client.page(ADDRESSES).form("revoca").submit()
    assert "Indirizzo revocato" in revoked.text and "Nessun indirizzo" in revoked.text
    assert reader.get(address).status_code == 404
    assert reader.get(f"/calendari/personale/{'a' * 43}.ics").status_code == 404


def test_an_address_is_shown_once_and_only_a_digest_of_it_is_kept(client, app, hub):
    secret = new_address(client).rpartition("/")[2].removesuffix(".ics")
    assert secret not in client.page(f"{ADDRESSES}/nuovo").html  # shown already: back to the list
    with app.app_context():
        assert secret not in repr(vars(db.session.query(FeedToken).one()))


def test_nobody_has_more_than_five_addresses(client, hub):
    form = client.known_as(CITIZEN).page(ADDRESSES).form("calendari")
    wrong = form.submit(name="  ")
    assert wrong.status == 422 and "Scrivi un nome" in wrong.text
    for number in range(5):
        new_address(client, f"Numero {number}")
    assert "Hai già tutti gli indirizzi" in client.page(ADDRESSES).text
    refused = form.submit(name="Il sesto")
    assert refused.status == 422 and "Hai già 5 indirizzi attivi" in refused.text


def test_nobody_revokes_the_address_of_somebody_else(client, app, hub):
    address = new_address(client)
    with app.app_context():
        id = db.session.query(FeedToken).one().id
    form = client.known_as(MANAGER).page(ADDRESSES).form("calendari")
    assert client.post(f"{ADDRESSES}/{id}/revoca", data={"csrf_token": form.values["csrf_token"]}).status_code == 404
    assert app.test_client().get(address).status_code == 200


def test_the_calendar_of_somebody_who_was_erased_is_gone(client, app, hub):
    address = new_address(client)
    with app.app_context():
        db.session.query(Person).filter_by(email=CITIZEN).one().erased_at = now()
        db.session.commit()
    assert app.test_client().get(address).status_code == 404
