"""Who may enter where: every view wears a mark, and every role is sent where its mark says."""

import pytest

from hub import create_app, demo
from hub.access import MARKS
from hub.accounts.demo import DEMO_PASSWORD
from hub.db import db
from tests.databases import environment

ROLES = {
    "visitor": None,
    "citizen": "cittadina@officine.example",
    "manager": "gestore@officine.example",
    "evaluator": "valutatore@officine.example",
    "administrator": "admin@officine.example",
}
VALUES = {"slug": "aula-1", "key": "nessuna-chiave", "code": "OM-2026-000001", "token": "nessuno", "id": 1}


@pytest.fixture(scope="module")
def portal(sqlite):
    """A portal with the demo's data, whose pages are only read."""
    with sqlite.fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            demo.load()
            db.session.commit()
        clients = {}
        for role, email in ROLES.items():
            clients[role] = app.test_client()
            if email:
                page = clients[role].get("/entra").text
                token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
                clients[role].post("/entra", data={"csrf_token": token, "email": email, "password": DEMO_PASSWORD})
        yield app, clients
        with app.app_context():
            db.engine.dispose()


def routes(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_view_wears_one_mark_of_the_list(portal):
    app, _ = portal
    unmarked = [rule.endpoint for rule in routes(app) if getattr(app.view_functions[rule.endpoint], "access", None) not in MARKS]
    assert unmarked == []


def test_every_role_is_answered_as_the_mark_says(portal):
    app, clients = portal
    wrong = []
    for rule in routes(app):
        mark = app.view_functions[rule.endpoint].access
        path = rule.build({name: VALUES[name] for name in rule.arguments}, append_unknown=False)[1]
        for role, client in clients.items():
            for method in rule.methods & {"GET", "POST"}:
                with client.open(path, method=method) as answer:
                    status = answer.status_code
                enters = mark == "public" or (mark == "residents" and role != "visitor") or role == mark
                if method == "POST":
                    ok = status == 400  # no form is accepted without its token, whoever sends it
                elif enters:
                    ok = (
                        status not in (401, 403)
                        and status < 500
                        and not (status == 303 and role == "visitor" and mark != "public")
                    )
                elif role == "visitor":
                    ok = status == 303
                else:
                    ok = status == 403
                if not ok:
                    wrong.append((role, method, path, mark, status))
    assert wrong == []


def test_no_view_loads_an_object_by_its_bare_number_of_another(portal):
    """Numbers of other people's things: not found, never forbidden, which would say that they exist."""
    _, clients = portal
    assert clients["evaluator"].get("/prenotazioni/OM-2026-000001").status_code == 404
    assert clients["evaluator"].get("/area-personale/messaggi/1").status_code == 404


def test_every_answer_carries_the_headers_that_keep_it_safe(portal):
    app, clients = portal
    for rule in routes(app):
        path = rule.build({name: VALUES[name] for name in rule.arguments}, append_unknown=False)[1]
        for role, client in clients.items():
            with client.get(path) as answer:
                headers = answer.headers
            assert headers["Content-Security-Policy"].startswith("default-src 'self';"), path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == "same-origin", path
            personal = app.view_functions[rule.endpoint].access != "public" or role != "visitor"
            assert not personal or answer.status_code == 405 or headers["Cache-Control"] == "no-store", (path, role)


@pytest.mark.parametrize("path", ["/nessuna-pagina", "/spazi/nessuno", "/static/nessuno.css", "/spazi/%00", "/spazi?giorno=%00"])
def test_what_is_not_there_is_not_found_in_words(portal, path):
    _, clients = portal
    answer = clients["visitor"].get(path)
    assert answer.status_code in (400, 404)
    assert "Content-Security-Policy" in answer.headers or path.startswith("/static")


@pytest.mark.parametrize(
    "query",
    [
        "/spazi?persone=abc",
        "/spazi?persone=99999999999999999999",
        "/spazi?giorno=2026-02-30",
        "/spazi?giorno=0001-01-01",
        "/spazi?giorno=9999-12-31",
        "/spazi?disposizione=x&attrezzatura=y",
        "/spazi/aula-1?giorno=9999-12-31",
        "/spazi/aula-1?giorno=0001-01-01",
        "/spazi/aula-1/prenota?giorno=9999-12-31&durata=x&persone=-1&disposizione=abc&inizio=%F0%9F%92%A9",
        "/spazi/aula-1/prenota?disposizione=99999999999999999999",
        "/spazi/aula-1/prenota?giorno=0001-01-01",
        "/area-personale/prenotazioni?page=99999999999999999999",
        "/area-personale/prenotazioni?page=-1",
        "/gestione/richieste?stato=tutte",
        "/gestione/richieste?page=99999999999999999999",
    ],
)
def test_junk_in_an_address_is_never_an_error_of_ours(portal, query):
    _, clients = portal
    for role in ("visitor", "citizen", "manager"):
        assert clients[role].get(query).status_code < 500, (role, query)
