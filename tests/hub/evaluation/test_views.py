"""The evaluator's desk: the log as it stands, and a file that anybody can verify."""

import subprocess
import sys

import pytest

from hub import demo
from hub.accounts.demo import DEMO_PASSWORD
from hub.participation.seal import seal_log
from tests.databases import Contents


@pytest.fixture
def contents() -> Contents:
    return demo.load


def evaluator(client):
    client.page("/entra").form().submit(email="valutatore@officine.example", password=DEMO_PASSWORD)
    return client


def test_the_log_of_the_demo_is_downloaded_and_verified_elsewhere(app, client, tmp_path):
    evaluator(client)
    assert "ancora nessuna" in client.page("/valutazione/registro").text
    with app.app_context():
        sealed = seal_log()
    page = client.page("/valutazione/registro")
    file = tmp_path / "registro.csv"
    with client.get(page.link("Scarica")) as answer:
        file.write_bytes(answer.data)
    head = page.text.split("--head ")[1].split()[0]
    told = subprocess.run(
        [sys.executable, "-m", "impact", "verify", file, "--head", head], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0 and f'"rows": {sealed}' in told.stdout, told


def test_the_log_names_nobody(app, client):
    with app.app_context():
        seal_log()
    with evaluator(client).get("/valutazione/registro.csv") as answer:
        text = answer.text
    assert "space.booked" in text
    assert not any(word in text for word in ("Serena", "officine.example", "person:", "Corso di italiano"))
