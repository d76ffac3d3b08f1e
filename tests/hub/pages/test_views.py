"""Home, the pages of the house, the ways through the portal; and a choice of language that stays with browser and person."""

import pytest

from hub import create_app, demo
from hub.accounts.demo import DEMO_PASSWORD, load_people
from hub.accounts.models import Person
from hub.db import db
from hub.organisations.demo import load_organisations
from hub.pages.faq import FAQ
from tests.conforming import Seen, words
from tests.databases import environment


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
    return client.known_as("cittadina@officine.example")


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
    page = sign_in(other).page("/")
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


# --- the pages of the house


@pytest.mark.parametrize("path", ["/servizi/nessuno", "/argomenti/nessuno"])
def test_a_service_or_a_topic_that_is_none_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_topic_leads_to_its_services_and_back(client):
    page = client.page("/argomenti/spazio-verde")
    assert client.page(page.link("Prenotare uno spazio")).link("Spazio Verde") == page.path
    assert "Registrare un'organizzazione" not in page.text


def test_every_answer_stands_under_its_question_without_a_script(client):
    page = client.page("/domande-frequenti")
    asked = [" ".join(node.itertext()).strip() for node in page.tree.iter("summary")]
    assert asked == [str(question.asked) for subject in FAQ for question in subject.questions]
    answers = [node for node in page.tree.iter("details") if len("".join(node.find("div").itertext()).strip()) > 20]
    assert len(answers) == len(asked)


def test_what_the_demo_makes_up_of_its_contacts_is_labelled_and_production_makes_up_nothing(client, database_url):
    contacts = {"CONTACT_EMAIL": "ciao@lecce.example", "CONTACT_PEC": "pec@lecce.example", "CONTACT_PHONE": "0832 123456"}
    given = contacts | {"OWNER_TAX_CODE": "12345678903", "DPO_EMAIL": "dpo@lecce.example"}
    given |= {"TRANSPARENCY_URL": "https://trasparenza.example", "MAIL_FROM": "x@y.example", "HUB_MODE": "production"}
    app = create_app(environment(database_url, **given))
    real = app.test_client()
    for path in ("/", "/contatti", "/privacy"):
        assert "dato sintetico" in client.get(path).text
        page = real.get(path).text
        assert "dato sintetico" not in page and "officine.example" not in page, path
        assert all(word in page for word in ("12345678903", "0832 123456", "https://trasparenza.example")), path
    with app.app_context():
        db.engine.dispose()


def test_the_notice_on_privacy_tells_what_stays_of_somebody_in_the_words_that_they_confirm(app, client):
    page = client.page("/privacy")
    stays = [str(drawer.stays) for drawer in app.extensions["personal_data"] if drawer.stays]
    assert stays and all(" ".join(told.split()) in page.text for told in stays)


# --- the ways through the portal


@pytest.mark.parametrize(
    ("email", "desk", "foreign"),
    [("gestore@officine.example", "Richieste", "Posta in uscita"),
     ("valutatore@officine.example", "Registro", "Richieste"),
     ("admin@officine.example", "Posta in uscita", "Richieste")],
)  # fmt: skip
def test_who_works_here_finds_their_desks_in_the_header_and_no_others(client, email, desk, foreign):
    client.page("/entra").form().submit(email=email, password=DEMO_PASSWORD)
    there = Seen("/servizi", "", "it", client.get("/servizi").text, rated=True)
    desks = [words(link) for nav in there.all("nav") if nav.get("aria-labelledby") == "desks" for link in nav.iter("a")]
    assert desk in desks and foreign not in desks
    (rooms,) = there.marked("main-navigation")
    ways = ["Spazi", "Laboratori e corsi", "Agenda", "Calendario", "Partecipa", "Impatto", "Servizi"]
    assert [words(entry) for entry in rooms] == ways


def test_a_citizen_has_no_desk(client):
    sign_in(client)
    assert 'id="desks"' not in client.get("/").text


@pytest.mark.parametrize(
    ("path", "room"), [("/spazi", "Spazi"), ("/servizi/prenotare-uno-spazio", "Servizi"), ("/contatti", None)]
)
def test_the_header_says_in_which_room_one_is(client, path, room):
    page = client.page(path)
    here = [" ".join("".join(node.itertext()).split()) for node in page.tree.iter("a") if node.get("aria-current") == "true"]
    assert here == ([room] if room else [])


def test_the_foot_of_the_page_speaks_the_reader_s_language_whoever_came_before(client):
    one, other = client.get("/"), client.get("/", headers={"Accept-Language": "en"})
    feet = [answer.text.split("<footer")[1] for answer in (one, other, client.get("/"))]
    assert feet[0] == feet[2] != feet[1]


def test_who_acts_for_an_organisation_reads_its_name_beside_their_own(app, client):
    with app.app_context():
        association = load_organisations(load_people())["association"]
        db.session.commit()
        number, name = str(association.id), association.name
    sign_in(client)
    assert "hub-acting" not in client.get("/spazi").text
    client.page("/area-personale/organizzazioni").form("agisci").submit(organisation=number)
    header = next(client.page("/spazi").tree.iter("header"))
    assert f"per conto di {name}" in words(header)
