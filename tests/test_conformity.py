"""The conventions of Italian public sites, on every public page in both languages: facts that inspectors look for.

Axe, the keyboard and narrow screens are in `tests/journeys`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from hub import create_app, demo
from hub.assets import STATIC
from hub.clock import now, today
from hub.db import db
from hub.labs.models import Certificate, Enrolment
from hub.language import LANGUAGES
from hub.notices.letter import stop_token
from hub.pages.rating import rateable
from hub.pages.services import SERVICES
from hub.pages.topics import TOPICS
from hub.proposals.debate_models import ProposalComment
from hub.proposals.outcome_models import ResultSource
from tests.client import CheckingClient
from tests.conforming import BOOTSTRAP, CHECKS, HEADINGS, Seen, swap, words
from tests.databases import environment
from tests.hub.evaluation.releases import published, row

# A sign-in by digital identity is offered, whose provider does not answer.
GATEWAY = {"OIDC_ISSUER": "http://127.0.0.1:9", "OIDC_CLIENT_ID": "hub", "OIDC_CLIENT_SECRET": "secret"}
FONTS = {"Titillium Web", "Lora", "Roboto Mono"}
STYLES = [STATIC / "fonts.css", STATIC / "hub.css"]
# For machines, and papers.
NOT_PAGES = {"application/json", "application/pdf", "application/atom+xml", "application/zip", "text/csv"}

# The words that the national model fixes.
VOICES = [
    "A chi è rivolto",
    "Come fare",
    "Cosa serve",
    "Cosa si ottiene",
    "Tempi e scadenze",
    "Accedi al servizio",
    "Condizioni di servizio",
    "Contatti",
]
TOLD = [  # what stands beneath the voices, by its data-element
    "service-addressed",
    "service-how-to",
    "service-needed",
    "service-achieved",
    "service-calendar-text",
    "service-area",
]
LICENCE = (
    "In applicazione del principio open by default ai sensi dell’articolo 52 del decreto legislativo 7 marzo 2005, n. 82 (CAD) e "
    "salvo dove diversamente specificato (compresi i contenuti incorporati di terzi), i dati, i documenti e le informazioni "
    "pubblicati sul sito sono rilasciati con licenza CC-BY 4.0. Gli utenti sono quindi liberi di condividere (riprodurre, "
    "distribuire, comunicare al pubblico, esporre in pubblico), rappresentare, eseguire e recitare questo materiale con "
    "qualsiasi mezzo e formato e modificare (trasformare il materiale e utilizzarlo per opere derivate) per qualsiasi fine, "
    "anche commerciale con il solo onere di attribuzione, senza apporre restrizioni aggiuntive."
)
TAXONOMY = set(
    """Accesso all'informazione|Acqua|Agricoltura|Anagrafe|Animale domestico|Aria|Assistenza agli invalidi|Assistenza sociale
    |Associazioni|Bilancio|Commercio al minuto|Commercio all'ingrosso|Commercio ambulante|Comunicazione istituzionale
    |Comunicazione politica|Concorsi|Covid-19|Elezioni|Energie rinnovabili|Estero|Foreste|Formazione professionale|Gemellaggi
    |Gestione rifiuti|Giustizia|Igiene pubblica|Immigrazione|Imposte|Imprese|Inquinamento|Integrazione sociale
    |Isolamento termico|Istruzione|Lavoro|Matrimonio|Mercato|Mobilità sostenibile|Morte|Nascita|Parcheggi|Patrimonio culturale
    |Pesca|Piano di sviluppo|Pista ciclabile|PNRR|Politica commerciale|Polizia|Prodotti alimentari|Protezione civile|Residenza
    |Risposta alle emergenze|Sistema giuridico|Spazio Verde|Sport|Sviluppo sostenibile|Tassa sui servizi|Tempo libero
    |Trasparenza amministrativa|Trasporto pubblico|Turismo|Urbanizzazione|Viaggi|Zone pedonali|ZTL""".replace("\n    ", "").split(
        "|"
    )
)


# --- the pages


@pytest.fixture(scope="module")
def portal(sqlite) -> Iterator[Flask]:
    """A portal with the demo's data, whose pages are only read."""
    with sqlite.fresh(contents=demo.load) as url:
        app = create_app(environment(url, **GATEWAY))
        app.test_client_class = CheckingClient
        with app.app_context():
            _certify()
            published(OM05_activity=[row("OM05", 41, 41, activity="steam-2023")])
            db.session.commit()
        yield app
        with app.app_context():
            db.engine.dispose()


CODE = "3467-89AC-DEFG-HJKM"


def _certify() -> None:
    """Somebody's certificate."""
    one = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id)).first()
    paper = {"enrolment_id": one.id, "kind": "attendance", "code": CODE.replace("-", ""), "minutes": 90, "of_minutes": 120}
    db.session.add(Certificate(**paper, issued_at=now(), issued_by_id=one.enrolled_by_id))


def public_rules(app: Flask) -> list:
    views = app.view_functions
    pages = (rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.rule.endswith((".ics", ".pdf")))
    return [rule for rule in pages if views[rule.endpoint].access == "public"]


@pytest.fixture(scope="module")
def paths(portal) -> dict[str, list[str]]:
    """Addresses of every public page, by endpoint: where they hold values, one or more that exist."""
    visitor = portal.test_client()
    wish = visitor.page("/spazi/aula-1/prenota")
    starts = next(node.get("value") for node in wish.tree.iter("input") if node.get("name") == "starts")
    series = f"/spazi/aula-1/ripeti?vedi=1&giorno={today() + timedelta(days=9)}&ora=10:00&durata=120&volte=10&ogni=daily"
    details = wish.form("prenota").submit(starts=starts).path
    report = visitor.page("/segnala-disservizio").form("segnala-disservizio")
    followed = report.submit(category="portal", title="Prova", text="Una prova del modulo.").path
    with portal.app_context():
        link = stop_token("person:1", "reminder")
        source = db.session.scalars(sa.select(ResultSource).order_by(ResultSource.result_id)).first()
        result = f"/partecipa/{source.result.process.slug}/risultati/{source.result_id}"
        came_of = source.proposal.code
        said = db.session.scalars(sa.select(ProposalComment).order_by(ProposalComment.id)).first()
        discussed, comment = said.proposal.code, f"/proposte/{said.proposal.code}/commenti/{said.id}"
    found = {
        "booking_steps.details": [details],
        "booking_steps.another_time": [details.replace("dettagli", "quando")],
        "booking_steps.when": ["/spazi/officina-grande/prenota", "/spazi/stalli-corte/prenota"],
        "notices.stop": [f"/mail/basta/{link}", "/mail/basta/nessuno"],
        "certificates.find": ["/attestati", "/attestati?codice=x"],
        "certificates.genuine": [f"/attestati/{CODE}", "/attestati/nessuno"],
        "impact.impact": ["/impatto", "/impatto?periodo=2023", "/impatto?periodo=x"],
        "impact.indicator": ["/impatto/OM05", "/impatto/OM04", "/impatto/OM99"],
        "reports.followed": [followed],
        "series.repeat": ["/spazi/aula-1/ripeti", series, series.replace("ora=10", "ora=3"), series + "&persone=99"],
        "spaces.space": ["/spazi/aula-1", "/spazi/stalli-corte", "/spazi/aule-1-2"],
        "debate.discussion": [f"/proposte/{discussed}/discussione", f"/proposte/{discussed}/discussione?posizione=against"],
        "debate.report": [f"{comment}/segnala"],
        "debate.report_proposal": [f"/proposte/{discussed}/segnala"],
        "debate.rules": ["/partecipa/regole"],
        "debate.rules_then": ["/partecipa/regole/1"],
        "debate.thread": [comment],
        "debate.write": [f"/proposte/{discussed}/discussione/scrivi"],
        "document.document": ["/partecipa/idee-per-la-corte/documento"],
        "document.paper": ["/partecipa/idee-per-la-corte/documento.pdf"],
        "document.table": ["/partecipa/idee-per-la-corte/documento.csv"],
        "outcome.evidence": [f"{result}/prove/1"],
        "outcome.result": [result],
        "processes.meeting": ["/partecipa/idee-per-le-officine/incontri/steam-2023.01"],
        "processes.process": ["/partecipa/idee-per-le-officine", "/partecipa/idee-per-la-corte"],
        "outcome.story_file": [f"/proposte/{came_of}/storia.json"],
        "outcome.waiting": ["/proposte/in-attesa", "/proposte/in-attesa?processo=nessuno"],
        "labs.activities": ["/attivita", "/attivita?passate=y", "/attivita?eta=5&tema=steam", "/attivita?eta=x"],
        "labs.activity": [f"/attivita/{slug}" for slug in ("steam-2023", "robot-in-officina", "festa-nella-corte")],
        "listing.agenda": ["/agenda", "/agenda?vista=mese", "/agenda?vista=giorno&tipo=camp", "/agenda?eta=x"],
        "pages.service": [f"/servizi/{slug}" for slug in SERVICES],
        "pages.topic": [f"/argomenti/{slug}" for slug in TOPICS],
        "proposal_feeds.of_process": ["/partecipa/idee-per-le-officine/feed.atom"],
        "proposal_feeds.of_proposal": [f"/proposte/{came_of}/feed.atom"],
        "proposal_list.proposals": [
            "/proposte",
            "/proposte?q=zzzz",
            "/proposte?stato=published&ordine=discussed",
            "/proposte?area=x",
        ],
        "proposal_list.similar": ["/proposte/simili", "/proposte/simili?titolo=orto+nel+cortile"],
        "proposal_files.file": [f"/proposte/{came_of}/file/1"],
        "proposals.proposal": [f"/proposte/{came_of}", "/proposte/nessuna"],
        "proposals.version": [f"/proposte/{came_of}/versioni/1"],
        "proposals.versions": [f"/proposte/{came_of}/versioni"],
        "search.search": ["/cerca", "/cerca?q=corte", "/cerca?q=zzzz"],
        "spaces.catalogue": ["/spazi", "/spazi?persone=50&senza-gradini=y", "/spazi?persone=9999", "/spazi?vista=mese"],
    }
    for rule in public_rules(portal):
        token = dict.fromkeys(rule.arguments, "nessuno")
        if rule.arguments <= {"token"}:
            found.setdefault(rule.endpoint, [rule.build(token, append_unknown=False)[1]])
    return found


@pytest.fixture(scope="module")
def pages(portal, paths) -> list[Seen]:
    """Every public page in both languages; a way that only leads on, speaks to machines, or ends in an error is none."""
    seen = []
    with portal.test_request_context():
        rated = rateable()
    for language in LANGUAGES:
        for endpoint, addresses in paths.items():
            for path in addresses:
                answer = portal.test_client().get(path, headers={"Accept-Language": language})
                if answer.mimetype in NOT_PAGES or 300 <= answer.status_code < 400 or 'class="hub-error"' in answer.text:
                    continue
                cookies = answer.headers.getlist("Set-Cookie")
                seen.append(Seen(path, endpoint, language, answer.text, endpoint in rated, cookies))
    return seen


def test_every_public_page_is_looked_at(portal, paths):
    missing = {rule.endpoint for rule in public_rules(portal)} - set(paths)
    assert missing == set(), "give an address of each, in the fixture `paths`"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHECKS)
def test_every_page_has(pages, name, language):
    there = [page for page in pages if page.language == language]
    assert len(there) > 30
    wrong = {page.path: found for page in there if (found := CHECKS[name].finds(page))}
    assert wrong == {}


@pytest.mark.parametrize("name", CHECKS)
def test_the_check_can_fail(pages, name):
    """The control: on a page that was good and is broken in this one way."""
    good = next(page for page in pages if page.path == "/spazi")
    assert CHECKS[name].finds(good) == []
    broken = Seen(
        good.path, good.endpoint, good.language, CHECKS[name].breaks(good.html), good.rated, ["track=1; Domain=x.example"]
    )
    assert CHECKS[name].finds(broken)


def test_no_two_pages_of_the_house_share_a_title(pages):
    titles = Counter((page.language, words(next(page.all("title")))) for page in pages if page.endpoint.startswith("pages."))
    assert [title for title, count in titles.items() if count > 1] == []


# --- services, topics, licence


def italian(pages, endpoint: str) -> list[Seen]:
    found = [page for page in pages if page.endpoint == endpoint and page.language == "it"]
    assert found
    return found


def service_faults(page: Seen) -> list[str]:
    wrong = [
        name for name in ("service-title", "service-description", "service-status", *TOLD) if len("".join(page.told(name))) < 3
    ]
    index = [words(link) for link in page.marked("page-index")[0].findall("li/a")]
    wrong += [] if index == VOICES else [str(index)]
    wrong += [link.get("href") for link in page.marked("page-index")[0].iter("a") if page.by_id(link.get("href")[1:]) is None]
    steps = [words(step).strip(" /") for step in page.marked("breadcrumb")[0].findall("li")]
    wrong += [] if len(steps[steps.index("Servizi") + 1]) >= 3 else [str(steps)]
    for element in ("service-topic", "service-file", "service-online-access", "appointment-booking", "service-generic-access"):
        wrong += [] if page.marked(element) else [element]
    topics = [link.get("href") for link in page.marked("service-topic") if link.tag == "a"]
    return wrong + ([] if topics and all(url.startswith("/argomenti/") for url in topics) else ["topics"])


def test_a_service_has_the_sections_of_the_model_in_their_order(pages):
    assert {page.path: found for page in italian(pages, "pages.service") if (found := service_faults(page))} == {}


@pytest.mark.parametrize(
    "breaks",
    [swap("Come fare", "Come si fa"), swap('data-element="service-needed"', ""), swap('href="#tempi"', 'href="#nulla"'),
     swap('data-element="service-file"', ""), swap('href="/argomenti/', 'href="/')],
)  # fmt: skip
def test_a_service_that_lacks_one_is_found(pages, breaks):
    good = italian(pages, "pages.service")[0]
    assert service_faults(Seen(good.path, good.endpoint, "it", breaks(good.html), good.rated))


def test_a_service_tells_machines_what_it_is(pages):
    for page in [page for page in pages if page.endpoint == "pages.service"]:
        (block,) = page.marked("metatag")
        told = json.loads(block.text)
        assert (block.tag, block.get("type"), told["@type"]) == ("script", "application/ld+json", "GovernmentService")
        assert told["name"] == page.told("service-title")[0]
        channel = told["availableChannel"]
        place = channel["serviceLocation"]
        texts = [
            told["serviceType"],
            told["serviceOperator"]["name"],
            told["areaServed"]["name"],
            told["audience"]["audienceType"],
        ]
        texts += [place["name"], *(place["address"][part] for part in ("streetAddress", "postalCode", "addressLocality"))]
        assert all(isinstance(text, str) and text for text in texts), texts
        assert urlsplit(channel["serviceUrl"]).path == page.path


def test_the_list_of_services_leads_to_each_of_them(pages):
    (page,) = italian(pages, "pages.services")
    assert {link.get("href") for link in page.marked("service-link")} == {f"/servizi/{slug}" for slug in SERVICES}
    assert [link.get("href") for link in page.marked("appointment-booking")] == ["/spazi", "/spazi"]  # its own, and the footer's


def test_topics_bear_the_names_of_the_taxonomy_and_home_leads_to_them(pages):
    (home,), (topics,) = italian(pages, "pages.home"), italian(pages, "pages.topics")
    assert [link.get("href") for link in home.marked("all-topics")] == ["/argomenti"]
    names = topics.told("topic-element")
    assert len(names) == len(TOPICS) and set(names) <= TAXONOMY and "Officina" not in TAXONOMY
    assert {slug for service in SERVICES.values() for slug in service.topics} == set(TOPICS), "a topic without a service"


def test_the_licence_is_told_in_the_words_that_are_fixed(pages):
    (page,) = italian(pages, "pages.legal_notes")
    (title,) = page.marked("legal-notes-section")
    assert title.tag in HEADINGS and words(title) == "Licenza dei contenuti"
    assert " ".join(page.told("legal-notes-body")) == LICENCE


def test_the_notice_on_privacy_names_every_cookie_that_is_set(portal, pages):
    (page,) = italian(pages, "pages.privacy")
    named = {words(node) for node in page.all("code", within="main")}
    assert named == {portal.config["SESSION_COOKIE_NAME"], portal.config["SIGN_IN_COOKIE_NAME"], "lang"}
    assert {cookie.split("=")[0] for page in pages for cookie in page.cookies} <= named


def test_the_declaration_of_accessibility_is_agid_s_where_there_is_one(sqlite):
    declared = "https://form.agid.gov.it/view/prova"
    with sqlite.fresh() as url:
        app = create_app(environment(url, ACCESSIBILITY_URL=declared))
        home = Seen("/", "pages.home", "it", app.test_client().get("/").text, rated=True)
        own = app.test_client().get("/accessibilita").text
        with app.app_context():
            db.engine.dispose()
    assert [link.get("href") for link in home.marked("accessibility-link")] == [declared]
    assert own.count(declared) == 2


# --- how it looks


def test_bootstrap_italia_says_that_it_is_of_the_second_kind():
    version = re.search(r"--bootstrap-italia-version: ?[\"']([\d.]+)", BOOTSTRAP)[1]
    assert tuple(map(int, version.split("."))) >= (2, 0, 0)


def families(css: str) -> set[str]:
    declared = re.findall(r"font-family:\s*([^;}]+)", css)
    return {name.strip(" \"'") for names in declared for name in names.split(",")} - {
        "Georgia",
        "serif",
        "monospace",
        "sans-serif",
    }


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_only_the_three_families_of_public_sites_are_used(path: Path):
    assert families(path.read_text()) <= FONTS
    assert families("a{font-family:Comic Sans}") - FONTS


def test_the_three_families_are_there():
    assert families((STATIC / "fonts.css").read_text()) == FONTS


# --- where it leads


def links(page: Seen) -> set[str]:
    """Where a page leads within the portal, beyond itself."""
    found = (urljoin(page.path, node.get("href")) for node in page.all("a") if not node.get("href").startswith("#"))
    return {url for url in found if url.startswith("/") and not url.startswith("/static/")}


def test_no_link_leads_nowhere(portal, pages):
    """Every page that a public page leads to is there, and so is the place on it that the link names."""
    client = portal.test_client()
    wanted = {url for page in pages if page.language == "it" for url in links(page)} - {"/entra/identita-digitale"}  # elsewhere
    assert len(wanted) > 60
    places: dict[str, Seen | None] = {}
    dead = []
    for url in sorted(wanted):
        parts = urlsplit(url)
        address = parts._replace(fragment="").geturl()
        if address not in places:
            answer = client.get(address, follow_redirects=True)
            places[address] = Seen(address, "", "it", _text(answer), rated=False) if answer.status_code == 200 else None
        there = places[address]
        if there is None or (parts.fragment and there.by_id(unquote(parts.fragment)) is None):
            dead.append(url)
    assert dead == []


def _text(answer) -> str:
    return "" if answer.mimetype in NOT_PAGES else answer.text


def test_every_way_of_header_and_footer_is_on_the_site_map(pages):
    (site_map,) = italian(pages, "pages.site_map")
    listed = {node.get("href") for node in site_map.all("a", within="main")}
    ways = {node.get("href") for part in ("nav", "footer") for node in site_map.all("a", within=part)}
    outside = {url for url in ways if not url.startswith("/")}
    assert ways - outside <= listed
    assert {f"/servizi/{slug}" for slug in SERVICES} | {f"/argomenti/{slug}" for slug in TOPICS} <= listed


@pytest.mark.parametrize("path", ["/non-esiste", "/spazi/nessuno", "/giudizio"])
def test_an_error_wears_the_same_dress_and_shows_ways_out(portal, path):
    answer = portal.test_client().get(path)
    page = Seen(path, "", "it", answer.text, rated=False)
    assert answer.status_code in (404, 405)
    skipped = {"breadcrumbs_but_at_home", "the_header_has_what_the_model_asks_for"}  # who is reading is not asked for
    wrong = {name: found for name, check in CHECKS.items() if name not in skipped and (found := check.finds(page))}
    assert wrong == {}
    ways = {node.get("href") for node in page.all("a", within="main")}
    assert {"/", "/spazi", "/contatti"} <= ways
    assert [form.get("action") for form in page.all("form", within="main")] == ["/cerca"]
