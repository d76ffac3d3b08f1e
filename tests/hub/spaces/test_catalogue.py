"""The list of spaces as a person searches it: what they need in the address, and what is offered back."""

from datetime import timedelta

import pytest

from hub import demo
from hub.clock import span, today
from hub.db import db
from hub.spaces.rules import Slot
from hub.spaces.service import close, space_by
from tests.hub.booking.test_views import weekday_in


@pytest.fixture(autouse=True)
def hub(app):
    with app.app_context():
        demo.load_spaces()
        db.session.commit()


def titles(page) -> list[str]:
    """The spaces that are offered, in order."""
    cards = (node for node in page.tree.iter("h2") if "it-card-title" in node.get("class", ""))
    return ["".join(node.itertext()).strip() for node in cards]


def test_without_a_wish_every_space_is_shown(client):
    page = client.page("/spazi")
    assert titles(page) == [name["it"] for _, name, *_ in demo.SPACES]


def test_each_space_comes_in_its_snuggest_layout_with_setup_and_price(client):
    page = client.page("/spazi?persone=18&disposizione=u_shape&durata=120")
    assert titles(page) == ["Aula 1", "Aula 2"]
    assert "Ferro di cavallo, fino a 20 persone" in page.text and "10 € per 2 ore" in page.text
    assert "allestimento 30 minuti" in page.text
    assert "gratuito" in client.page("/spazi?persone=18&disposizione=u_shape&durata=120&chi=school").text


def test_combinations_answer_too(client):
    assert "Aule 1 e 2 unite" in titles(client.page("/spazi?persone=50&disposizione=classroom"))


def test_free_times_lead_to_the_booking_with_the_wish_filled_in(client):
    day = weekday_in(10)
    page = client.page(f"/spazi?persone=8&giorno={day}&durata=90&attrezzatura=video_call")
    assert titles(page) == ["Sala riunioni"]
    choice = client.page(page.link("08:00–09:30"))
    chosen = [node for node in choice.tree.iter("input") if node.get("name") == "starts" and node.get("checked") is not None]
    assert len(chosen) == 1 and f'value="{day}"' in choice.html


def test_a_range_of_days_tells_the_days_that_are_free(client):
    day = weekday_in(10)
    page = client.page(f"/spazi?persone=8&giorno={day}&al={day + timedelta(days=5)}&disposizione=meeting&ora=10:00&durata=60")
    assert titles(page) == ["Sala riunioni"] and "e altri 3 giorni" in page.text


def test_where_nothing_fits_one_change_that_would_is_offered(client, app):
    day = weekday_in(10)
    with app.app_context():
        close(space_by("sala-riunioni"), Slot(*span(day)), {"it": "Lavori"})
        db.session.commit()
    page = client.page(f"/spazi?persone=8&giorno={day}&disposizione=meeting&durata=60")
    assert titles(page) == [] and "cambiando una cosa sola" in page.text
    other = client.page(page.link("un altro giorno"))
    assert titles(other) == ["Sala riunioni"]
    assert "con un'altra disposizione" in page.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("spesa=1&attrezzatura=printer_3d", "spendendo di più (10 €)"),
        ("persone=500", "per meno persone (al massimo 400 persone)"),
        ("persone=100&attrezzatura=printer_3d", "senza un'attrezzatura"),
    ],
)
def test_what_to_give_up_is_said_with_what_would_pass(client, query, words):
    assert words in client.page(f"/spazi?{query}").text


def test_a_wish_that_no_single_change_saves_is_said_too(client):
    assert "Nemmeno cambiando una cosa sola" in client.page("/spazi?persone=1900&attrezzatura=printer_3d&spesa=1").text


def test_the_month_shows_only_the_days_with_something_free(client):
    month = weekday_in(40)
    page = client.page(f"/spazi?vista=mese&mese={month:%Y-%m}&persone=8&disposizione=meeting")
    days = [node for node in page.tree.iter("a") if f"giorno={month:%Y-%m}" in node.get("href", "")]
    assert 15 <= len(days) <= 31
    assert titles(client.page(days[0].get("href"))) == ["Sala riunioni"]
    assert "vista=mese" in page.link("Mese dopo") and "vista=mese" in page.link("Mese prima")
    assert "Niente di libero in questo mese" in client.page("/spazi?vista=mese&persone=1900").text
    assert client.page("/spazi?vista=mese&mese=tredici").status == 200
    assert client.page("/spazi?vista=mese&mese=1999-01").status == client.page("/spazi?vista=mese&mese=9999-12").status == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("persone=0", "tra 1 e 2000"),
        ("giorno=2020-01-01", "da oggi"),
        (f"al={today() + timedelta(days=9)}", "anche il primo giorno"),
        (f"giorno={today() + timedelta(days=9)}&al={today() + timedelta(days=3)}", "viene dopo il primo"),
        (f"giorno={today()}&al={today() + timedelta(days=31)}", "31 giorni in tutto"),
        ("spesa=tanto", "12 oppure 12,50"),
        ("ora=25:61", "Scrivi un'ora"),
        ("durata=7", "Scegli dall'elenco"),
        ("chi=nessuno", "Scegli dall'elenco"),
        ("attrezzatura=x", "Scegli dall'elenco"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(client, query, words):
    page = client.page(f"/spazi?{query}")
    assert page.status == 422 and words in page.text


def test_htmx_gets_the_results_alone(client):
    answer = client.get("/spazi?persone=8", headers={"HX-Request": "true", "HX-Target": "results"})
    assert "<html" not in answer.text and 'id="results"' in answer.text
