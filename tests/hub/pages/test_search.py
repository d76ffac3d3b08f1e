"""The search of the portal: what it finds, what it leaves out, and that it keeps nothing."""

import pytest
import sqlalchemy as sa

from hub import demo
from hub.clock import now
from hub.db import db
from hub.pages import search
from hub.pages.search import Found
from hub.proposals.index import index
from hub.proposals.showing import proposal_by
from tests.client import Page
from tests.hub.accounts.people import statements
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import process, proposal


@pytest.fixture(autouse=True)
def spaces(app):
    with app.app_context():
        demo.load_spaces()
        db.session.commit()


def titles(page: Page) -> list[str]:
    found = next((node for node in page.tree.iter("ol") if node.get("class") == "hub-found"), ())
    return [" ".join("".join(node.itertext()).split()) for item in found for node in item.iter("h2")]


def kinds(page: Page) -> set[str]:
    found = next(node for node in page.tree.iter("ol") if node.get("class") == "hub-found")
    return {"".join(item.find("p").itertext()) for item in found}


# --- matching


@pytest.mark.parametrize(
    ("query", "text", "there"),
    [
        ("citta", "Officine per la CITTÀ", True),
        ("CITTÀ", "una citta aperta", True),
        ("perche", "Perché no", True),
        ("spazio", "tutti gli spazi", True),
        ("spazi", "uno spazio", True),
        ("aule", "Aula 1", True),
        ("labor", "Laboratorio", True),
        ("sale", "la salute", False),
        ("sala", "una sala grande", True),
        ("ula", "Aula", False),
        ("1", "Aula 1", True),
        ("prenota", "come si prenota", True),
        ("strasse", "Straße", True),
    ],
)
def test_words_are_found_whatever_their_accents_and_capitals(query, text, there):
    words = search.words_of(query)
    assert (search.hits(words, text) == set(words)) is there


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", []),
        ("   ", []),
        ("sala per riunioni", ["sala", "riunioni"]),
        ("l'officina", ["officina"]),
        ("la", ["la"]),
        ("sala SALA Sàla", ["sala"]),
        ("aula 1", ["aula", "1"]),
        ("!?<>%_\\'\"", ["_"]),
        (" ".join(f"parola{n}" for n in range(30)), [f"parola{n}" for n in range(10)]),
    ],
)
def test_small_words_do_not_count_unless_they_are_all_there_is(query, words):
    assert search.words_of(query) == words


def test_the_marks_stand_around_the_words_and_nothing_else_becomes_markup():
    text = "Sala <b>grande</b> & sale, la salute"
    expected = "<mark>Sala</mark> &lt;b&gt;grande&lt;/b&gt; &amp; <mark>sale</mark>, la salute"
    assert str(search.marked(text, ["sala"])) == expected
    assert str(search.marked("<script>", ["script"])) == "&lt;<mark>script</mark>&gt;"


def test_a_long_text_is_cut_around_the_word():
    text = "inizio " * 60 + "ago " + "fine " * 60
    cut = search.excerpt(text, ["ago"])
    assert cut.startswith("… inizio") and " ago " in cut and cut.endswith(" …") and len(cut) < 200
    assert search.excerpt("breve", ["nulla"]) == "breve"
    assert len(search.excerpt("a" * 5000, ["b"])) <= search.EXCERPT + 4


def test_titles_come_first_and_all_words_must_be_there(app, monkeypatch):
    things = [
        Found("page", "Altro", "corte e portico", "/a"),
        Found("page", "Corte", "con un portico", "/b"),
        Found("page", "Corte e portico", "", "/c"),
        Found("page", "Corte", "senza", "/d"),
        Found("page", "Corte e portico, ancora", "", "/c"),
    ]
    monkeypatch.setattr(search, "FINDERS", [lambda words: things[:3], lambda words: things[3:]])
    assert [one.url for one in search.find(["corte", "portico"])] == ["/c", "/b", "/a"]


# --- the page


def test_spaces_are_found_by_name_text_and_equipment(client):
    assert titles(client.page("/cerca?q=corte+urbana"))[0] == "Corte Urbana"
    assert "Officina Grande, campata nord" in titles(client.page("/cerca?q=shed"))
    assert titles(client.page("/cerca?q=proiettore"))
    assert "<mark>Corte</mark>" in client.page("/cerca?q=corte").html


def test_services_pages_topics_and_questions_are_found(client):
    assert "Servizi" in kinds(client.page("/cerca?q=prenotare+uno+spazio"))
    assert "Informativa privacy" in titles(client.page("/cerca?q=privacy"))
    assert "Segnala disservizio" in titles(client.page("/cerca?q=disservizio"))
    assert "Associazioni" in titles(client.page("/cerca?q=associazioni"))
    page = client.page("/cerca?q=cookie&tipo=domande")
    assert kinds(page) == {"Domande frequenti"}
    assert "/domande-frequenti#cookie" in page.link("cookie")


def test_proposals_and_processes_are_found_by_any_form_of_their_words(app, client):
    with app.app_context():
        mine = proposal(process(), person("ada"), title="Una ciclofficina", text="Riparare le biciclette insieme.")
        index(mine)
        code = mine.code
        db.session.commit()
    for query in ("bicicletta", "BICICLETTE", "ciclof", "riparare+bicicletta"):
        page = client.page(f"/cerca?q={query}")
        assert titles(page) == ["Una ciclofficina"] and kinds(page) == {"Proposte"}
    assert page.link("Una ciclofficina") == f"/proposte/{code}"
    assert titles(client.page("/cerca?q=idee+cortile&tipo=processi")) == ["Idee per il cortile"]
    with app.app_context():
        proposal_by(code).hidden_at = now()
        db.session.commit()
    assert not titles(client.page("/cerca?q=bicicletta"))


def test_every_result_leads_to_a_page(client):
    for query in ("spazio", "dati", "centro", "prenotare", "associazioni"):
        page = client.page(f"/cerca?q={query}")
        found = next(node for node in page.tree.iter("ol") if node.get("class") == "hub-found")
        links = [link.get("href") for link in found.iter("a")]
        assert links, query
        assert [link for link in links if client.get(link).status_code != 200] == []


def test_a_type_narrows_the_results_and_counts_stay(client):
    whole, narrow = client.page("/cerca?q=corte"), client.page("/cerca?q=corte&tipo=spazi")
    assert kinds(narrow) == {"Spazi"} and len(titles(narrow)) < len(titles(whole))
    tabs = [node for node in narrow.tree.iter("a") if node.get("aria-current") == "page"]
    assert ["".join(node.itertext()) for node in tabs] == [f"Spazi ({len(titles(narrow))})"]
    assert f"Tutto ({len(titles(whole))})" in narrow.text
    assert titles(client.page("/cerca?q=corte&tipo=nessuno")) == titles(whole)


def test_english_readers_find_english_words(client):
    page = client.page("/cerca?q=courtyard", headers={"Accept-Language": "en"})
    assert any("ourt" in title for title in titles(page))


def test_nothing_asked_and_nothing_found_are_told_in_words(client):
    for query in ("", "q=", "q=%20%20", "q=%3F%21"):
        page = client.page(f"/cerca?{query}")
        assert page.status == 200 and "Scrivi una o più parole" in page.text and not titles(page)
    page = client.page("/cerca?q=xyzzy")
    assert "0 risultati per «xyzzy»" in page.text and "Controlla come sono scritte le parole" in page.text
    for words in ("Tutti gli spazi e le combinazioni", "Domande frequenti", "Segnala disservizio"):
        assert client.get(page.link(words)).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("a" * 1000, 422),
        ("parola " * 150, 422),
        ("a" * 100, 200),
        ("%F0%9F%92%A9", 200),
        ("%FF%FE", 200),
        ("%00", 400),
        ("%27%3B+DROP+TABLE+space%3B--", 200),
        ("%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("..%2F..%2Fetc", 200),
        ("%25%25_%5C", 200),
        ("%E2%80%AE%E2%80%8B", 200),
        ("sala&q=corte&tipo=spazi&tipo=x&page=99999999999999999999", 200),
        ("sala&page=-1", 200),
    ],
)
def test_junk_is_answered_in_words(client, query, status):
    answer = client.get(f"/cerca?q={query}")
    assert answer.status_code == status
    assert "<script>alert" not in answer.text
    if status == 422:
        assert "Cerca con meno parole: al massimo 100 caratteri." in answer.text


def test_many_results_come_a_page_at_a_time(app, client, monkeypatch):
    many = [Found("page", f"Pagina {number}", "", f"/spazi?{number}") for number in range(45)]
    monkeypatch.setattr(search, "FINDERS", [lambda words: many])
    first = client.page("/cerca?q=pagina")
    assert len(titles(first)) == 20 and "45 risultati" in first.text
    assert titles(client.page("/cerca?q=pagina&page=3")) == [f"Pagina {number}" for number in range(40, 45)]
    assert titles(client.page("/cerca?q=pagina&page=9")) == titles(client.page("/cerca?q=pagina&page=3"))
    assert "q=pagina" in first.link("Successiva")


def test_htmx_gets_the_results_and_the_words_to_read_aloud(client):
    part = client.get("/cerca?q=corte", headers={"HX-Request": "true"})
    assert "<html" not in part.text and 'id="search-results"' in part.text
    assert 'id="search-count" data-hx-swap-oob="innerHTML"' in part.text and "<title>Cerca: corte" in part.text
    whole = client.get("/cerca?q=corte")
    assert 'role="status" class="hub-count" id="search-count"' in whole.text and "data-hx-swap-oob" not in whole.text
    assert "HX-Request" in part.headers["Vary"] and "HX-Request" in whole.headers["Vary"]


def test_the_header_leads_here(client):
    form = next(node for node in client.page("/").tree.iter("form") if node.get("action") == "/cerca")
    assert form.get("method") == "get" and [node.get("name") for node in form.iter("input")] == ["q"]


def test_what_is_asked_is_kept_nowhere_and_costs_little(app, client, capsys):
    with app.app_context():
        engine, tables = db.engine, list(db.metadata.tables)
        before = {name: db.session.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in tables}
    with statements(engine) as asked:
        assert client.get("/cerca?q=canarino+segreto").status_code == 200
    assert len(asked) <= 4 and not any("canarino" in statement for statement in asked)
    with app.app_context():
        assert {name: db.session.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in tables} == before
    assert "canarino" not in capsys.readouterr().out
