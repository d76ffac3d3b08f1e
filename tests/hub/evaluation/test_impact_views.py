"""The public pages on impact: figures with their definitions, no figure where there is none, the open data."""

import csv
import io
import json

import pytest

from hub.db import db
from hub.evaluation import figures
from hub.evaluation.models import ImpactTable
from impact import toc
from tests.bench.test_queries import statements
from tests.hub.evaluation.releases import answer, published, row


@pytest.fixture
def released(app):
    """Figures of 2023: a course by activity and month, one month of which is hidden."""
    with app.app_context():
        published(
            OM05_activity=[row("OM05", 41, 41, activity="steam-2023"), row("OM05", 10, 10, activity="cap-2023")],
            OM05_month=[row("OM05", 41, 41, month="2023-03"), row("OM05", None, None, suppressed=True, month="2023-04")],
            OM01_activity=[row("OM01", 220, 60, activity="steam-2023")],
            OM13_activity=[row("OM13", 0.804878, 41, activity="steam-2023")],
        )
        db.session.commit()


def test_before_the_first_figures_the_theory_stands_alone_and_nothing_is_zero(client):
    page = client.page("/impatto")
    assert page.status == 200 and "I numeri non ci sono ancora." in page.text
    assert all(link.what["it"] in page.text for link in toc.LINKS)
    assert client.get("/impatto/OM05").status_code == 404
    assert [client.get(f"/impatto/{name}").status_code for name in ("dati.csv", "dati.json", "dizionario.csv")] == [404] * 3


def test_the_first_page_says_the_figures_what_they_are_of_and_what_was_made_up(released, client):
    page = client.page("/impatto")
    assert "steam-2023 220 ore – 41 –" in page.text
    assert "Costo per ora-persona nessun dato" in page.text
    assert "a" * 64 in page.text and "meno di 5 persone" in page.text
    assert "dato sintetico" in page.text
    assert page.link("Partecipanti unici").startswith("/impatto/OM05")


def test_a_figure_of_the_papers_is_not_called_made_up(released, client):
    headings = [client.page(f"/impatto/{code}").html.split("</h1>")[1].split("<form")[0] for code in ("OM05", "OM13")]
    assert ["hub-state-synthetic" in heading for heading in headings] == [False, True]


def test_of_the_months_nobody_wrote_anything_down(released, client):
    months = client.page("/impatto/OM05").html.split('id="per-month"')[1]
    assert "hub-state-synthetic" in months.split("<table")[0]


def test_the_page_of_an_indicator_shows_its_figures_by_activity_and_month_and_how_they_are_counted(released, client):
    page = client.page("/impatto/OM05?periodo=2023")
    assert "51 2023" in page.text and "Persone: 51" in page.text
    assert "steam-2023 41 41" in page.text and "marzo 2023 41 41" in page.text
    assert "aprile 2023 nascosto –" in page.text
    assert "PI4060" in page.text and "Limiti" in page.text
    assert page.html.count('class="hub-chart"') == 2


def test_a_share_is_written_as_one(released, client):
    assert "80,5%" in client.page("/impatto/OM13").text


def test_an_indicator_without_its_file_has_no_data_and_says_which_file(released, client):
    page = client.page("/impatto/OM04")
    assert "Nessun dato: manca costs.csv." in page.text
    assert 'class="hub-chart"' not in page.html


def test_in_english_the_words_are_english(released, client):
    page = client.page("/impatto/OM04", headers={"Accept-Language": "en"})
    assert "Cost per person-hour" in page.text and "No data: absent costs.csv." in page.text


def test_a_period_that_was_not_published_is_refused_beside_its_field(released, client):
    for address in ("/impatto?periodo=1999", "/impatto/OM05?periodo=1999"):
        page = client.page(address)
        assert page.status == 422 and "Scegli dall'elenco." in page.text


@pytest.mark.parametrize("code", ["OM99", "om05", "OM0'"])
def test_an_indicator_that_is_none_is_not_found(released, client, code):
    assert client.get(f"/impatto/{code}").status_code == 404


def test_figures_that_had_to_wait_say_of_when_they_are(app, released, client):
    with app.app_context():
        told = answer("b" * 64)
        late = ("OM05", "tutto", "activity")
        told["refused"] = [dict(zip(("code", "period", "by"), late, strict=True), why="a small group")]
        told["tables"] = [one for one in told["tables"] if (one["code"], one["period"], one["by"]) != late]
        figures.store(told, [])
        db.session.commit()
    page = client.page("/impatto/OM05")
    assert "i nuovi aspettano" in page.text and "steam-2023 41 41" in page.text
    assert "a small group" not in page.text, "why is for the evaluator"


def test_the_open_data_hold_every_figure_its_dictionary_and_its_log(app, released, client):
    told = json.loads(client.get("/impatto/dati.json").data)
    assert (told["log_head"], told["threshold"], told["licence"]) == ("a" * 64, 5, "CC-BY-4.0")
    assert {one["code"] for one in told["dictionary"]} == {one["code"] for one in told["figures"]}
    assert {one["code"] for one in told["theory_of_change"]["links"]} == {link.code for link in toc.LINKS}
    hidden = [one for one in told["figures"] if one["suppressed"] == "yes"]
    assert [(one["group"], one["value"], one["n"]) for one in hidden] == [("2023-04", None, None)] * 2
    lines = list(csv.reader(io.StringIO(client.get("/impatto/dati.csv").text.lstrip("\ufeff")), delimiter=";"))
    with app.app_context():
        assert len(lines) - 1 == sum(len(one.rows) for one in db.session.query(ImpactTable)) == len(told["figures"])
    assert client.get("/impatto/dizionario.csv").text.count("PI4060") == len(told["dictionary"])


def test_a_page_of_figures_costs_two_statements(app, released, client):
    for address in ("/impatto", "/impatto/OM05"):
        with statements(app) as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= 2, seen
