"""The evaluator's files on the page: asked for, watched, taken away, and entered in a register that administrators read."""

import hashlib

import pytest
import sqlalchemy as sa

from hub.accounts.demo import load_people
from hub.db import db
from hub.evaluation import exports, figures, runs
from hub.evaluation.models import Download, Export
from hub.participation.log import record
from hub.participation.seal import seal_log
from impact.acts import SessionHeld
from tests.hub.evaluation.releases import answer, published


@pytest.fixture
def desk(app, client):
    """The evaluator's client; the log has one session."""
    with app.app_context():
        load_people()
        record(SessionHeld(activity="prova", session="s1", minutes=90))
        db.session.commit()
        seal_log()
    return client.known_as("valutatore@officine.example")


def made(app) -> list[Export]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Export).where(Export.kind != "release")))


def test_a_file_is_asked_for_watched_and_taken_away_and_that_is_written_down(app, desk):
    waiting = desk.page("/valutazione/indicatori").form("indicatori").submit(dal="2023-01-01", per="activity", formato="xlsx")
    assert waiting.status == 200 and "In coda" in waiting.text and "Aggiorna la pagina" in waiting.text
    (asked,) = made(app)
    assert asked.params == {"format": "xlsx", "first": "2023-01-01", "last": None, "by": ["activity"]}
    with app.app_context():
        runs.make_all()
    part = desk.get(waiting.path, headers={"HX-Request": "true"}).text
    assert "<html" not in part and "every 2s" not in part and "Scarica il file" in part
    ready = desk.page(waiting.path)
    with desk.get(ready.link("Scarica il file")) as taken:
        data, disposition = taken.data, taken.headers["Content-Disposition"]
    assert data[:2] == b"PK" and "indicatori-" in disposition and ".xlsx" in disposition
    with app.app_context():
        (line,) = db.session.scalars(sa.select(Download))
        assert line.sha256 == hashlib.sha256(data).hexdigest()
    assert hashlib.sha256(data).hexdigest() in desk.page("/valutazione/indicatori").text
    seen = app.test_client().known_as("admin@officine.example").page("/valutazione/scaricamenti")
    assert hashlib.sha256(data).hexdigest() in seen.text


def test_while_it_waits_htmx_asks_again_for_the_part_alone(desk):
    waiting = desk.page("/valutazione/indicatori").form("prepara").submit()
    part = desk.get(waiting.path, headers={"HX-Request": "true"}).text
    assert 'data-hx-trigger="every 2s"' in part and "<html" not in part and "<progress" in part


def test_the_form_sent_twice_makes_one_file(app, desk):
    form = desk.page("/valutazione/indicatori").form("indicatori")
    assert form.submit(formato="csv").path == form.submit(formato="csv").path
    assert len(made(app)) == 1


def test_a_wrong_wish_is_told_beside_its_field_and_keeps_what_was_typed(app, desk):
    form = desk.page("/valutazione/indicatori").form("indicatori")
    page = form.submit(dal="2024-02-01", al="2024-01-01", formato="json")
    assert page.status == 422 and "prima del primo" in page.text and 'value="2024-02-01"' in page.html
    page = form.submit(formato="pdf")
    assert page.status == 422 and "Scegli dall'elenco." in page.text
    assert made(app) == []


def test_with_an_empty_log_nothing_is_made(app, client):
    with app.app_context():
        load_people()
        db.session.commit()
    page = client.known_as("valutatore@officine.example").page("/valutazione/indicatori").form("prepara").submit()
    assert page.status == 422 and "non ha ancora righe sigillate" in page.text


def test_a_file_that_is_not_ready_or_is_none_cannot_be_taken(app, desk):
    waiting = desk.page("/valutazione/indicatori").form("prepara").submit()
    page = desk.page(f"{waiting.path}/scarica")
    assert "non è ancora pronto" in page.text
    assert [desk.get(f"/valutazione/file/{id}").status_code for id in (99, 2147483647)] == [404, 404]
    with app.app_context():
        assert db.session.scalars(sa.select(Download)).all() == []


def test_what_failed_says_why(app, desk):
    waiting = desk.page("/valutazione/indicatori").form("prepara").submit()
    with app.app_context():
        exports.failed(exports.claim(), "too_long")
        db.session.commit()
    page = desk.page(waiting.path)
    assert "Non riuscito" in page.text and "scegli un periodo più breve" in page.text


def test_the_evaluator_reads_why_a_table_was_not_published(app, desk):
    with app.app_context():
        published()
        told = answer("b" * 64)
        told["refused"] = [{"code": "OM05", "period": "tutto", "by": "", "why": "the difference is a small group"}]
        told["tables"] = [one for one in told["tables"] if (one["code"], one["period"], one["by"]) != ("OM05", "tutto", "")]
        figures.store(told, [])
        db.session.commit()
    page = desk.page("/valutazione/indicatori")
    assert "OM05, Tutti gli anni, In tutto" in page.text and "the difference is a small group" in page.text


def test_the_log_taken_as_csv_is_written_down_too(app, desk):
    with desk.get("/valutazione/registro.csv") as taken:
        data = taken.data
    with app.app_context():
        (line,) = db.session.scalars(sa.select(Download))
        assert line.sha256 == hashlib.sha256(data).hexdigest() and line.what.endswith(".csv")
