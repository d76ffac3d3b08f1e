"""Deciding as a manager does it, and answering as a requester does."""

from datetime import timedelta

from hub.booking import service
from hub.clock import now
from hub.db import db
from tests.hub.booking.test_views import CITIZEN, EVALUATOR, MANAGER, book, hub  # noqa: F401 - hub is a fixture


def test_a_manager_sees_the_rivals_and_the_losers_hear(app, client):
    first = book(client.known_as(CITIZEN), "portico", title="Assemblea di via Oberdan")
    starts = next(one for one in times(app, first.path[-14:]))
    second = book(app.test_client().known_as("valutatore@officine.example"), "portico", title="Assemblea rivale", starts=starts)
    manager = app.test_client().known_as(MANAGER)
    page = manager.page(f"/gestione/richieste/{first.path[-14:]}")
    assert "Assemblea rivale" in page.text and "Se approvi questa" in page.text
    done = page.form(first.path[-14:]).submit(approve="y")
    assert "Richiesta approvata" in done.text
    with app.app_context():
        lost = service.booking_by_code(second.path[-14:])
        assert lost.state == "rejected"
    assert "Lo spazio è andato a un'altra richiesta" in manager.page(f"/gestione/richieste/{second.path[-14:]}").text


def times(app, code: str) -> list[str]:
    with app.app_context():
        return [one.starts_at.isoformat() for one in service.booking_by_code(code).occurrences]


def test_a_refusal_is_announced_and_answered_on_the_pages(app, client):
    booked = book(client.known_as(CITIZEN))
    code = booked.path[-14:]
    manager = app.test_client().known_as(MANAGER)
    page = manager.page(f"/gestione/richieste/{code}")
    assert "Risposta attesa entro" in page.text and "in ritardo" not in page.text
    page.form(code).submit(announce="y", reason_code="unsuitable", reason="Serve un'aula più grande")
    assert code in manager.page("/gestione/richieste?stato=refusal_announced").text
    seen = client.page(booked.path)
    assert "Il gestore pensa di rifiutare" in seen.text and "Serve un'aula più grande" in seen.text
    empty = seen.form("osservazioni").submit(words="")
    assert empty.status == 422 and "Scrivi perché" in empty.text
    sent = empty.form("osservazioni").submit(words="Siamo in otto: basta")
    assert "Osservazioni inviate" in sent.text
    assert "Siamo in otto: basta" in manager.page(f"/gestione/richieste/{code}").text
    with app.app_context():
        booking = service.booking_by_code(code)
        booking.answer_by = now() - timedelta(days=1)
        db.session.commit()
    assert "in ritardo" in manager.page("/gestione/richieste").text


def test_a_manager_reads_whether_a_refusal_has_to_be_announced_and_refuses_once_it_was_answered(app, client):
    booked = book(client.known_as(CITIZEN), slug="officina-grande", days=40)
    code = booked.path[-14:]
    manager = app.test_client().known_as(MANAGER)
    page = manager.page(f"/gestione/richieste/{code}")
    assert "il rifiuto si annuncia prima" in page.text and 'name="refuse"' not in page.html
    page = page.form(code).submit(announce="y", reason_code="unsuitable", reason="Troppo rumore")
    assert 'name="refuse"' not in page.html and 'name="reason"' not in page.html and 'name="approve"' in page.html
    client.page(booked.path).form("osservazioni").submit(words="Suoniamo piano")
    page = manager.page(f"/gestione/richieste/{code}")
    assert "ha risposto al rifiuto annunciato" in page.text and 'name="announce"' not in page.html
    assert '<option selected value="unsuitable">' in page.html
    assert "non bastano" in page.form(code).submit(refuse="y", reason="").text
    assert "Richiesta rifiutata" in page.form(code).submit(refuse="y", reason="I vicini dormono").text


def test_a_manager_s_own_request_waits_for_another(client):
    booked = book(client.known_as(MANAGER))
    page = client.page(f"/gestione/richieste/{booked.path[-14:]}")
    assert "Decide un altro gestore" in page.text
