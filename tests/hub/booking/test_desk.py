"""The desk through the checking client: arrivals, handing over, bookings for whoever stands there, and moving a date."""

import io
from datetime import timedelta

import pytest
import time_machine
from pypdf import PdfReader

from hub.accounts.demo import load_people
from hub.booking import decision, service
from hub.booking.models import Booking, Handover
from hub.db import db
from hub.organisations.demo import load_organisations
from hub.spaces import ledger
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot
from tests.hub.booking.test_arrivals import photo
from tests.hub.booking.test_views import CITIZEN, MANAGER, book, hub, weekday_in  # noqa: F401 - hub is a fixture


@pytest.fixture
def code(app, client) -> str:
    """Of a confirmed booking of the citizen."""
    code = book(client.known_as(CITIZEN)).path[-14:]
    with app.app_context():
        booking = service.booking_by_code(code)
        decision.approve(booking, by=service.people_with("manager")[0])
        db.session.commit()
    return code


def starts(app, code):
    with app.app_context():
        return service.booking_by_code(code).slot.starts


def test_the_receipt_shows_the_sign_that_the_desk_reads(app, client, code):
    page = client.page(f"/prenotazioni/{code}")
    assert "Mostra questo codice QR" in page.text and "<svg" in page.html and "style=" not in page.html
    pdf = PdfReader(io.BytesIO(client.get(f"/prenotazioni/{code}/ricevuta.pdf").data))
    assert code in pdf.pages[0].extract_text() and "Mostra questo codice QR" in pdf.pages[0].extract_text()


def test_whoever_arrives_is_found_by_code_let_in_and_undone(app, client, code):
    with time_machine.travel(starts(app, code) + timedelta(minutes=3), tick=False):
        manager = app.test_client().known_as(MANAGER)
        page = manager.page("/gestione/arrivi")
        assert "Assemblea dei soci" in page.text and "atteso" in page.text
        assert "Nessuna prenotazione ha questo codice" in page.form("arrivi").submit(code="777").text
        there = page.form("arrivi").submit(code=str(int(code[8:])))
        assert there.path.endswith(code)
        came = there.form("/arrivo").submit()
        assert "Arrivo registrato" in came.text and "arrivato" in manager.page("/gestione/arrivi").text
        assert "Arrivo annullato" in came.form("annulla-arrivo").submit().text


def test_a_wrong_day_is_said_on_the_page_and_to_who_insists(app, client, code):
    manager = client.known_as(MANAGER)
    page = manager.page(f"/gestione/arrivi/{code}")
    assert "non è per oggi" in page.text and "È arrivato" not in page.text
    token = next(node.get("value") for node in page.tree.iter("input") if node.get("name") == "csrf_token")
    answer = manager.post(f"/gestione/arrivi/{code}/arrivo", data={"csrf_token": token}, follow_redirects=True)
    assert "non è per oggi" in answer.text


def test_a_space_is_handed_over_with_a_photo_that_only_the_staff_sees(app, client, code):
    manager = client.known_as(MANAGER)
    page = manager.page(f"/gestione/arrivi/{code}/consegna")
    assert "Chiavi e accessi Tavoli e sedie" in page.text  # and nothing between them
    form = page.form("consegna")
    assert form.submit(photo="foto.jpg", moment="mai").status == 422
    refused = form.submit(photo=(io.BytesIO(b"testo"), "foto.jpg"), notes="Graffio sul tavolo")
    assert refused.status == 422 and "non è una foto" in refused.text and "Graffio sul tavolo" in refused.text
    done = refused.form("consegna").submit(photo=(io.BytesIO(photo()), "foto.png"), checks="clean")
    assert "Consegna scritta" in done.text and "Graffio sul tavolo" in done.text
    assert "A posto: Pulizia" in done.text and "Da vedere: Chiavi e accessi" in done.text
    picture = manager.get(done.link("Vedi la foto"))
    assert picture.mimetype == "image/jpeg" and "no-store" in picture.headers["Cache-Control"]
    assert app.test_client().known_as(CITIZEN).get(done.link("Vedi la foto")).status_code == 403
    with app.app_context():
        row = db.session.query(Handover).one()
        assert (row.moment, row.checks["clean"], row.checks["keys"]) == ("in", True, False)


def test_a_photo_may_be_large_and_other_forms_may_not(client, code):
    manager = client.known_as(MANAGER)
    form = manager.page(f"/gestione/arrivi/{code}/consegna").form("consegna")
    assert form.submit(photo=(io.BytesIO(bytes(2_000_000)), "foto.jpg")).status == 422
    too_large = form.submit(photo=(io.BytesIO(bytes(9_000_000)), "foto.jpg"), notes="Graffio")
    assert too_large.status == 422 and "al massimo 8 MB" in too_large.text and "Graffio" in too_large.text
    assert manager.post("/gestione/arrivi", data={"code": "x" * 1_100_000}).status_code == 413


def desk(client, slug="aula-1", days=20):
    return client.known_as(MANAGER).page(f"/gestione/prenota?spazio={slug}&giorno={weekday_in(days)}")


WALK_IN = {"at": "10:00", "minutes": 120, "attendees": 8, "title": "Coro", "contact_name": "Ada Neri", "phone": "0832 1"}


def test_somebody_without_an_account_is_booked_for_at_once(app, client):
    page = desk(client)
    assert "Libero:" in page.text
    done = page.form("").submit(**WALK_IN, audience="ets")
    assert "Prenotazione confermata" in done.text and "Ada Neri" in done.text
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.state, booking.requester_id, booking.channel, booking.price_cents) == ("approved", None, "assisted", 600)
    taken = desk(client).form("").submit(**WALK_IN)
    assert taken.status == 422 and "non è più libero" in taken.text
    assert "Che cosa è libero lì vicino" in taken.text and "Aula 2, Aula con banchi" in taken.text
    assert "Ada Neri" in client.page("/gestione/richieste?stato=approved").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"contact_name": ""}, "Scrivi il nome di chi prenota"),
        ({"email": "nessuno@posta.example"}, "Nessun account ha questa e-mail"),
        ({"attendees": 500}, "al massimo"),
        ({"at": "03:00"}, "Siamo aperti dalle"),
        ({"at": "tardi"}, "Scrivi un'ora, per esempio 18:30."),
        ({"minutes": "tanti"}, "Scegli dall'elenco."),
        ({"attendees": "molti"}, "Scrivi un numero intero."),
        ({"at": "03:00", "anyway": "y"}, "Scrivi perché prenoti comunque"),
        ({"title": ""}, "Scrivi un titolo"),
        ({"terms": "free"}, "Scegli perché l'uso è gratuito"),
        ({"space": "corte-urbana"}, "Scegli una disposizione di questo spazio"),
    ],
)
def test_what_is_wrong_at_the_desk_is_said_beside_its_field(client, typed, words):
    page = desk(client).form("").submit(**WALK_IN | typed)
    assert (page.status == 422 and words in page.text and 'value="Coro"' in page.html) or "title" in typed


def test_what_was_typed_stays_while_the_desk_looks_at_another_space(client):
    looked = desk(client).form("").submit(**WALK_IN | {"space": "campata-nord", "look": "y"})
    assert looked.status == 200 and "campata nord," in looked.text and "Libero:" in looked.text
    assert 'value="Coro"' in looked.html and "Platea (fino a 60 persone)" in looked.text
    wrong = looked.form("").submit(day="2020-01-01", look="y")
    assert wrong.status == 422 and "Scegli un giorno da oggi" in wrong.text and 'value="Coro"' in wrong.html


def test_the_desk_books_in_the_name_of_an_organisation_and_free_of_charge(app, client):
    with app.app_context():
        association = load_organisations(load_people())["association"].id
        db.session.commit()
    told = {"organisation": str(association), "audience": "company", "terms": "free", "free_reason": "social"}
    assert "Per conto di Associazione Prova" in desk(client).form("").submit(**WALK_IN | told).text
    with app.app_context():
        booking = db.session.query(Booking).one()
        assert (booking.organisation_id, booking.audience, booking.free_reason) == (association, "ets", "social")
        assert (booking.price_cents, booking.due_cents) == (600, 0)


def test_a_manager_books_anyway_with_a_reason_that_stays(app, client):
    done = desk(client).form("").submit(**WALK_IN | {"at": "06:00", "anyway": "y", "reason": "Prova con il custode"})
    assert "Prenotazione confermata" in done.text and "Prova con il custode" in done.text


def test_somebody_with_an_account_finds_the_booking_in_their_area(app, client):
    desk(client).form("").submit(**WALK_IN | {"email": CITIZEN, "contact_name": ""})
    assert "Coro" in app.test_client().known_as(CITIZEN).page("/area-personale/prenotazioni").text


def test_a_manager_moves_a_date_to_another_space(app, client, code):
    manager = client.known_as(MANAGER)
    page = manager.page(manager.page(f"/gestione/richieste/{code}").link("Sposta"))
    options = {option.text: option.get("value") for option in page.tree.iter("option")}
    value = next(value for words, value in options.items() if words.startswith("Aula 2"))
    moved = page.form("").submit(layout=value, at="16:00", scope="this")
    assert "Data spostata" in moved.text
    with app.app_context():
        occurrence = service.booking_by_code(code).occurrence
        assert occurrence.space.slug == "aula-2"
    stale = page.form("").submit(layout=value, at="17:00", scope="this")
    assert stale.status == 422 and "nel frattempo è cambiata" in stale.text


def test_a_date_is_not_moved_to_a_space_that_is_too_small(app, client):
    desk(client, "campata-nord").form("").submit(**WALK_IN | {"attendees": 50})
    with app.app_context():
        code, id = db.session.query(Booking).one().code, db.session.query(Booking).one().occurrence.id
        small = db.session.query(Layout).join(Layout.space).filter(Space.slug == "sala-riunioni").one().id
    page = client.page(f"/gestione/richieste/{code}/date/{id}").form("").submit(layout=str(small), scope="this")
    assert page.status == 422 and "entrano al massimo 12 persone" in page.text


def test_a_manager_takes_back_one_date_of_a_series_and_says_why(app, client):
    with app.app_context():
        rooms, people = {space.slug: space for space in db.session.query(Space)}, load_people()
        layout = rooms["aula-1"].layouts[0]
        booking = ask(layout, free_slot(layout, days=10), people["citizen"])
        second = Slot(booking.slot.starts + timedelta(days=1), booking.slot.ends + timedelta(days=1))
        booking.occurrences.append(ledger.plan(rooms["aula-1"], layout, second))
        db.session.flush()
        decision.approve(booking, by=people["manager"])
        db.session.commit()
        code, id = booking.code, booking.occurrences[1].id
    page = client.known_as(MANAGER).page(f"/gestione/richieste/{code}/date/{id}")
    silent = page.form("annulla").submit(reason="")
    assert silent.status == 422 and "Scrivi il motivo" in silent.text
    done = silent.form("annulla").submit(reason="Piove dentro", scope="this")
    assert "Data annullata" in done.text and "Piove dentro" in done.text
    with app.app_context():
        booking = service.booking_by_code(code)
        assert [one.status for one in booking.occurrences] == ["planned", "cancelled"] and booking.state == "approved"
