"""The managers' desk for prices and payments, through the checking client."""

from datetime import timedelta

import pytest

from hub.booking.models import Booking, Payment
from hub.clock import today
from hub.db import db
from hub.spaces.models import Price
from tests.hub.booking.test_views import CITIZEN, MANAGER, book, first_time, hub, wish  # noqa: F401 - hub is a fixture


@pytest.fixture
def booked(client, app) -> str:
    """The code of a request for the Portico (free) and Aula 1 (20 euros), the second of which is approved."""
    citizen = client.known_as(CITIZEN)
    book(citizen)
    with app.app_context():
        code = db.session.query(Booking).one().code
    page = client.known_as(MANAGER).page(f"/gestione/richieste/{code}")
    page.form(code).submit(approve="Approva")
    return code


def test_the_steps_ask_who_lives_here_and_tell_the_price(client):
    choice = client.known_as(CITIZEN).page(wish())
    who = choice.form("prenota").submit(starts=first_time(choice)).form().submit(title="Prove", purpose="work")
    assert "20 €" in who.text and "Abito a Lecce" in who.text and "Prenotiamo per una scuola" not in who.text
    refused = who.form().submit(phone="0832 123456", resident="y", free_reason="other", free_words=" ")
    assert refused.status == 422 and "Scrivi perché" in refused.text
    summary = refused.form().submit(free_reason="social", free_words="Doposcuola", resident="y")
    assert "10 €" in summary.text and "chiesto: Attività sociale senza entrate" in summary.text


def test_a_manager_writes_and_undoes_a_payment(client, app, booked):
    manager = client.known_as(MANAGER)
    assert "20 €" in manager.page("/gestione/pagamenti").text
    page = manager.page(f"/gestione/richieste/{booked}/pagamenti")
    for euros, words in {
        "": "Scrivi l'importo",
        "dodici": "12 oppure 12,50",
        "0": "maggiore di zero",
        "21": "al massimo",
    }.items():
        refused = page.form("pagamenti").submit(euros=euros, method="desk")
        assert refused.status == 422 and words in refused.text
    paid = page.form("pagamenti").submit(euros="12,50", method="transfer", reference="CRO 1")
    assert "7,50 €" in paid.text and "CRO 1" in paid.text
    undone = paid.form("annulla").submit()
    assert "Movimento annullato" in undone.text and "Annullato: Incasso" in undone.text
    with app.app_context():
        assert [(one.cents, one.voids_id is None) for one in db.session.query(Payment).order_by(Payment.id)] == [
            (1250, True),
            (1250, False),
        ]


def test_the_desks_of_money_when_there_is_none(client):
    manager = client.known_as(MANAGER)
    assert "Niente di aperto" in manager.page("/gestione/pagamenti?vista=cauzioni").text
    assert "Nessun uso gratuito" in manager.page("/gestione/vantaggio-economico").text
    assert manager.get("/gestione/pagamenti?vista=altro").status_code == 404
    assert manager.get("/gestione/vantaggio-economico?anno=1999").status_code == 404
    assert manager.get("/gestione/vantaggio-economico.csv").text.splitlines()[0].count(";") == 4


def test_a_manager_keeps_the_price_list_which_everybody_reads(client, app):
    manager = client.known_as(MANAGER)
    assert "Aula 1" in manager.page("/gestione/tariffe").text
    page = manager.page("/gestione/tariffe/portico")
    assert "Nessuna tariffa" in page.text
    yesterday = (today() - timedelta(days=1)).isoformat()
    refused = page.form("portico").submit(unit="day", euros="80", valid_from=yesterday)
    assert refused.status == 422 and "da oggi in poi" in refused.text
    written = refused.form("portico").submit(valid_from=today().isoformat())
    assert "Tariffa scritta" in written.text and "80 €" in client.page("/spazi/portico").text
    assert "La tariffa vale fino a oggi" in written.form("chiudi").submit().text
    with app.app_context():
        assert db.session.query(Price).filter_by(unit="day", cents=8000).one().valid_to == today()
    assert manager.post("/gestione/tariffe/portico/1/chiudi").status_code in (400, 404)
