"""The managers' page of statistics, and its files."""

import io

import pytest
from openpyxl import load_workbook

from hub.booking.models import Turned
from hub.clock import now
from hub.db import db
from hub.spaces.models import Space
from tests.hub.booking.test_views import MANAGER, hub  # noqa: F401 - hub is a fixture


def test_a_manager_reads_the_figures_and_takes_them_away(client, app):
    with app.app_context():
        db.session.add(Turned(space_id=db.session.query(Space.id).first()[0], rule="notice", at=now()))
        db.session.commit()
    manager = client.known_as(MANAGER)
    page = manager.page("/gestione/statistiche")
    assert "Uso degli spazi" in page.text and "Preavviso" in page.text and "non c'è niente da mostrare" in page.text
    assert page.html.count('class="hub-chart"') == 3 and "style=" not in page.html
    csv = manager.get(page.link("Scarica la tabella (CSV)")).text
    assert csv.splitlines()[0] == '\ufeff"Spazio";"Ore usate";"Ore di apertura";"Uso"'
    book = load_workbook(io.BytesIO(manager.get(page.link("Scarica tutte le tabelle")).data))
    assert book.sheetnames[0] == "Uso degli spazi" and book["Uso degli spazi"]["A2"].value.startswith("Officina Grande")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("dal=2027-02-01&al=2027-01-01", "viene dopo il primo"),
        ("dal=ieri&al=2027-01-01", "data valida"),
        ("dal=2020-01-01&al=2027-01-01", "al massimo due anni"),
        ("dal=2027-01-01", "Scrivi l'ultimo giorno"),
    ],
)
def test_an_absurd_period_is_said_in_words(client, query, words):
    manager = client.known_as(MANAGER)
    page = manager.page(f"/gestione/statistiche?{query}")
    assert page.status == 422 and words in page.text
    assert manager.get(f"/gestione/statistiche.xlsx?{query}").status_code == 404
