"""Home, and the choice of a language that stays: with the browser, and with the person."""

import pytest

from hub import demo
from hub.accounts.demo import DEMO_PASSWORD, load_people
from hub.accounts.models import Person
from hub.db import db


@pytest.fixture(autouse=True)
def people(app):
    with app.app_context():
        load_people()
        db.session.commit()


def switch(client, language, back="/spazi"):
    page = client.page(back)
    form = next(node for node in page.tree.iter("form") if node.get("action") == "/lingua")
    token = next(node.get("value") for node in form.iter("input") if node.get("name") == "csrf_token")
    return client.post("/lingua", data={"csrf_token": token, "lang": language, "next": back})


def sign_in(client):
    return client.page("/entra").form().submit(email="cittadina@officine.example", password=DEMO_PASSWORD)


def test_an_empty_hub_says_so_in_words(client):
    assert "Stiamo preparando gli spazi" in client.page("/").text
    assert "Nessuno spazio fa al caso" in client.page("/spazi").text


def test_home_shows_the_single_spaces_and_the_way_to_all(app, client):
    with app.app_context():
        demo.load_spaces()
        db.session.commit()
    page = client.page("/")
    assert "Corte Urbana" in page.text and "campate nord e centrale" not in page.text
    assert client.page(page.link("Tutti gli spazi")).text.count("Officina Grande") >= 6


def test_the_browser_s_language_is_taken_where_nobody_chose(client):
    assert client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).text.count('<html lang="en">') == 1
    assert client.get("/", headers={"Accept-Language": "de"}).text.count('<html lang="it">') == 1


def test_a_choice_stays_with_the_browser_and_leads_back_to_the_page(client):
    answer = switch(client, "en", "/spazi?persone=20")
    assert answer.status_code == 303 and answer.location.endswith("/spazi?persone=20")
    assert '<html lang="en">' in client.get("/").text


def test_a_choice_of_somebody_who_signed_in_stays_with_the_person(app, client):
    sign_in(client)
    switch(client, "en")
    other = app.test_client()
    page = sign_in(other)
    assert '<html lang="en">' in page.html
    with app.app_context():
        assert db.session.query(Person).filter_by(email="cittadina@officine.example").one().language == "en"


@pytest.mark.parametrize("language", ["de", "", "<script>"])
def test_a_language_that_is_none_changes_nothing(client, language):
    assert switch(client, language).status_code == 303
    assert '<html lang="it">' in client.get("/").text


@pytest.mark.parametrize("back", ["https://altrove.example/", "//altrove.example", "/\\altrove.example"])
def test_nobody_is_led_elsewhere(client, back):
    page = client.page("/")
    token = next(node.get("value") for node in page.tree.iter("input") if node.get("name") == "csrf_token")
    answer = client.post("/lingua", data={"csrf_token": token, "lang": "en", "next": back})
    assert "altrove" not in answer.location
