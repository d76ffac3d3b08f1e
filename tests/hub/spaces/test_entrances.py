"""How one gets in, as a manager writes it."""

import pytest

from hub import demo
from hub.accounts.demo import load_people
from hub.db import db
from hub.spaces.models import Space


@pytest.fixture
def manager(app, client):
    with app.app_context():
        demo.load_spaces()
        load_people()
        db.session.commit()
    return client.known_as("gestore@officine.example")


def told(app, slug):
    with app.app_context():
        return db.session.query(Space).filter_by(slug=slug).one().access_text


def test_a_manager_writes_how_one_gets_into_some_spaces(app, manager):
    page = manager.page(manager.page("/gestione/come-si-entra").link("Cambia"))
    done = page.form().submit(spaces=["aula-1", "aula-2"], words_it="Dalla scala B", words_en="")
    assert "Scritto" in done.text and "Aula 1 · Aula 2" in done.text and "Dalla scala B" in done.text
    assert told(app, "aula-1") == {"it": "Dalla scala B"} and told(app, "portico") == demo.ACCESS
    page = manager.page("/gestione/come-si-entra/scrivi?spazio=aula-2")
    page.form().submit(spaces="aula-2", words_it="")
    assert told(app, "aula-2") == {} and told(app, "aula-1") == {"it": "Dalla scala B"}
    assert "Nessuna istruzione" in manager.page("/gestione/come-si-entra").text


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(manager):
    page = manager.page("/gestione/come-si-entra/scrivi").form().submit(words_it="Dalla scala B")
    assert page.status == 422 and "Scegli almeno uno spazio" in page.text and "Dalla scala B" in page.text
    assert manager.get("/gestione/come-si-entra/scrivi?spazio=nessuno").status_code == 404
