"""What the portal writes of its work: one line a request, and never a person in it."""

import json

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import DEMO_PASSWORD
from hub.db import db
from tests.client import CheckingClient
from tests.databases import Contents, environment

CANARIES = ("cittadina", "Serena", "0832999888", "Corso segreto", DEMO_PASSWORD, "/prenota/", "OM-20")


@pytest.fixture
def contents() -> Contents:
    return demo.load


@pytest.fixture
def app(database_url):
    app = create_app(environment(database_url, LOG_LEVEL="INFO"))
    app.test_client_class = CheckingClient
    yield app
    with app.app_context():
        db.engine.dispose()


def test_a_line_for_each_request_names_its_route_and_nobody(app, client, capsys):
    client.page("/entra").form().submit(email="cittadina@officine.example", password=DEMO_PASSWORD)
    client.page("/area-personale/prenotazioni?nome=Serena")
    client.page("/prenotazioni/OM-2026-000001")
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert {"event", "id", "method", "route", "status", "ms", "level", "timestamp"} <= lines[0].keys()
    assert lines[-1]["route"].startswith("/prenotazioni/<")
    assert not any(canary in written for canary in CANARIES)


def test_an_error_is_told_by_its_places_not_by_its_words(app, client, capsys):
    with app.app_context():
        db.session.execute(sa.text("DROP TABLE mail_token"))
        db.session.commit()
    page = client.page("/registrati").form()
    answer = page.submit(
        email="serena.canarino@officine.example",
        given_name="Serena",
        family_name="Corso segreto",
        password="una frase lunga davvero",
    )
    assert answer.status == 500 and "Non è stato salvato nulla" in answer.text
    written = capsys.readouterr().out
    error = next(json.loads(line) for line in written.splitlines() if "unexpected error" in line)
    assert error["kind"] and any("hub/accounts" in place for place in error["at"])
    assert "serena.canarino" not in written and not any(canary in written for canary in CANARIES)
