"""The rating at the foot of every public page, and what the managers make of it."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError

from hub import demo
from hub.accounts import throttle
from hub.accounts.demo import DEMO_PASSWORD, load_people
from hub.clock import now
from hub.db import db
from hub.pages import rules, service
from hub.pages.models import Rating
from hub.pages.rating import rateable
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from tests.client import CheckingClient, FilledForm, Page
from tests.hub.accounts.people import statements

MANAGER = "gestore@officine.example"
PRAISE = [
    "Le indicazioni erano chiare",
    "Le indicazioni erano complete",
    "Capivo sempre che stavo procedendo correttamente",
    "Non ho avuto problemi tecnici",
    "Altro",
]
FAULTS = [
    "A volte le indicazioni non erano chiare",
    "A volte le indicazioni non erano complete",
    "A volte non capivo se stavo procedendo correttamente",
    "Ho avuto problemi tecnici",
    "Altro",
]
MARKUP = "<script>alert(1)</script><b onclick=x>Ciao</b> & 'addio'"


@pytest.fixture
def people(app):
    with app.app_context():
        load_people()
        demo.load_spaces()
        db.session.commit()


def rating_form(client: CheckingClient, url: str = "/spazi") -> FilledForm:
    page = client.page(url)
    return FilledForm(page, next(node for node in page.tree.iter("form") if node.get("id") == "rating"))


def vote(client: CheckingClient, url: str = "/spazi", **values: object) -> Page:
    return rating_form(client, url).submit(**values)


def kept(app) -> list[Rating]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Rating).order_by(Rating.id)))


def manager(app) -> CheckingClient:
    client = app.test_client()
    client.page("/entra").form().submit(email=MANAGER, password=DEMO_PASSWORD)
    return client


def say(stars: int = 4, page: str = "spaces.catalogue", path: str = "/spazi", comment: str = "", reason: str | None = None):
    return service.rate(page, path, stars=stars, reason=reason, comment=comment, language="it")


def elements(page: Page, name: str) -> list[str]:
    return [" ".join("".join(node.itertext()).split()) for node in page.tree.iter() if node.get("data-element") == name]


# --- the form


def test_the_form_has_the_elements_and_the_words_of_the_national_model(client):
    page = client.page("/spazi")
    assert elements(page, "feedback-title") == ["Quanto sono chiare le informazioni su questa pagina?"]
    questions = ["Quali sono stati gli aspetti che hai preferito?", "Dove hai incontrato le maggiori difficoltà?"]
    assert elements(page, "feedback-rating-question") == questions
    assert elements(page, "feedback-rating-answer") == PRAISE + FAULTS
    for name in ("feedback", "feedback-rating-positive", "feedback-rating-negative", "feedback-input-text"):
        assert len(elements(page, name)) == 1, name
    assert [len(elements(page, f"feedback-rate-{stars}")) for stars in range(1, 6)] == [1] * 5
    comment = next(node for node in page.tree.iter("textarea") if node.get("data-element") == "feedback-input-text")
    assert comment.get("maxlength") == "200"


def test_every_public_page_has_it_and_no_other_page(app, client, people):
    with app.test_request_context():
        pages = rateable()
    assert "spaces.space" in pages and "reports.report" in pages and "search.search" in pages
    private = {"health.alive", "rating.thanks", "accounts.confirm", "reports.followed", "accounts.me", "booking.mine"}
    assert not private & set(pages)
    shown = [page for path in pages.values() if "<" not in path and (page := client.page(path)).status == 200]
    assert len(shown) >= 15  # the others only lead elsewhere, such as to an identity provider
    assert [page.path for page in shown if not elements(page, "feedback-title")] == []
    assert elements(client.page("/spazi/aula-1"), "feedback-title")
    assert not elements(manager(app).page("/gestione/giudizi"), "feedback-title")
    assert not elements(client.page("/nessuna-pagina"), "feedback-title")


def test_a_vote_is_kept_without_anybody_in_it(app, client, people):
    thanks = vote(client, "/spazi/aula-1?giorno=2027-05-04", stars="2", faults="lost", comment="  Non trovo\r\n l'orario \x07 ")
    assert thanks.status == 200 and "Grazie, il tuo parere ci aiuterà a migliorare il servizio!" in thanks.text
    (row,) = kept(app)
    assert (row.page, row.path, row.stars, row.reason) == ("spaces.space", "/spazi/<slug>", 2, "lost")
    assert (row.comment, row.language) == ("Non trovo l'orario", "it")
    assert set(Rating.__table__.c.keys()) == {"id", "page", "path", "stars", "reason", "comment", "language", "rated_at"}
    with app.app_context():
        entry = db.session.scalars(sa.select(LogEntry)).one()
    assert (entry.type, entry.person, entry.activity) == ("feedback.given", None, "spaces.space")
    assert '"score":2' in entry.facts and '"question":"page-clarity"' in entry.facts


def test_stars_alone_are_enough(app, client):
    assert vote(client, stars="5").status == 200
    (row,) = kept(app)
    assert (row.stars, row.reason, row.comment) == (5, None, "")


def test_the_thanks_lead_back_to_the_page_and_never_elsewhere(client):
    form = rating_form(client, "/spazi?persone=20")
    form.values["stars"] = "4"
    assert client.post("/giudizio", data=form.values).location == "/giudizio/grazie"
    back = client.page("/giudizio/grazie", headers={"Referer": "http://localhost/spazi?persone=20"})
    assert back.link("Torna alla pagina") == "/spazi?persone=20"
    for elsewhere in ("http://evil.example/spazi", "//evil.example", "http://localhost//evil.example"):
        assert client.page("/giudizio/grazie", headers={"Referer": elsewhere}).link("Vai alla pagina iniziale") == "/"


def test_htmx_puts_the_thanks_in_the_place_of_the_form(app, client):
    form = rating_form(client)
    answer = client.post("/giudizio", data=form.values | {"stars": "4"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and 'id="rating"' in answer.text and "<html" not in answer.text
    wrong = client.post("/giudizio", data=rating_form(client).values, headers={"HX-Request": "true"})
    assert wrong.status_code == 422 and 'id="rating"' in wrong.text and "<html" not in wrong.text
    assert len(kept(app)) == 1


def test_a_vote_sent_twice_counts_once(app, client):
    form = rating_form(client)
    assert form.submit(stars="4").status == form.submit(stars="4").status == 200
    assert len(kept(app)) == 1
    assert "già stato inviato con altri dati" in form.submit(stars="1").text
    assert len(kept(app)) == 1


def test_an_answer_of_the_branch_left_behind_does_not_count(app, client):
    """Five stars and a praise, then a change of mind: the radio of the hidden branch is still sent."""
    vote(client, stars="1", praise="clear", faults="trouble")
    vote(client, stars="5", praise="other", faults="trouble")
    assert [(row.stars, row.reason) for row in kept(app)] == [(1, "trouble"), (5, "other")]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"stars": "0"},
        {"stars": "6"},
        {"stars": "molte"},
        {"stars": "99999999999999999999"},
        {"stars": "2", "faults": "clear"},
        {"stars": "5", "praise": "unclear"},
        {"stars": "5", "comment": "a" * 201},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_in_words_and_nothing_is_lost(app, client, values):
    page = vote(client, **values)
    assert page.status == 422 and "Qualcosa da correggere" in page.text
    assert page.form("giudizio").values["page"] == "spaces.catalogue"
    assert page.form("giudizio").values["comment"] == values.get("comment", "")
    assert kept(app) == []


NO_PAGES = ["", "pages.nessuna", "booking.mine", "reports.followed", "health.alive", "/area-personale", "a" * 5000, "spaces.\n"]


@pytest.mark.parametrize("page", NO_PAGES)
def test_only_public_pages_are_rated(app, client, page):
    answer = vote(client, stars="3", page=page)
    assert answer.status == 422 and "Questa pagina non si può valutare" in answer.text
    assert kept(app) == []


def test_a_comment_of_two_hundred_signs_fits(app, client):
    assert vote(client, stars="3", comment="è" * 200).status == 200
    assert kept(app)[0].comment == "è" * 200


def test_too_many_votes_from_one_address_are_told_to_wait(app, client):
    for _ in range(throttle.FORM_ADDRESS.times):
        assert vote(client, stars="3").status == 200
    page = vote(client, stars="3")
    assert page.status == 429 and "Riprova tra" in page.text
    assert len(kept(app)) == throttle.FORM_ADDRESS.times


# --- the rules and the database


@pytest.mark.parametrize(
    ("stars", "reason", "comment", "rule"),
    [
        (0, None, "", "stars"),
        (6, None, "", "stars"),
        (3, "clear", "", "branch"),
        (4, "lost", "", "branch"),
        (4, "nonsense", "", "branch"),
        (4, None, "a" * 201, "comment"),
    ],
)
def test_the_rule_says_in_words_what_the_database_refuses(session, stars, reason, comment, rule):
    with pytest.raises(Refusal) as refused:
        rules.must_fit(stars, reason, comment)
    assert refused.value.rule == rule
    values = {"stars": stars, "reason": reason, "comment": comment, "language": "it"}
    session.add(Rating(page="pages.home", path="/", rated_at=now(), **values))
    with pytest.raises((IntegrityError, sa.exc.DataError)):
        session.flush()


def test_the_threshold_is_that_of_the_national_model():
    assert [rules.branch(stars) is rules.PRAISE for stars in range(1, 6)] == [False, False, False, True, True]
    for reason in rules.FAULTS:
        rules.must_fit(3, reason, "")
    for reason in rules.PRAISE:
        rules.must_fit(4, reason, "")


def test_a_vote_is_never_rewritten(session):
    say(1)
    session.commit()
    with pytest.raises(IntegrityError, match="rating_kept_update"):
        session.execute(sa.update(Rating).values(stars=5))


def test_votes_are_summed_lately_and_ever(session):
    with time_machine.travel(now() - timedelta(days=60)):
        for stars in (1, 2, 5):
            say(stars)
    for stars in (3, 4, 5, 5, 5):
        say(stars)
    say(5, page="pages.home", path="/")
    first, second = service.votes()
    assert (first.page, first.path, first.ever.count, first.recent.count) == ("spaces.catalogue", "/spazi", 8, 5)
    assert (first.ever.mean, first.ever.low) == (30 / 8, 3 / 8)
    assert (first.recent.mean, first.recent.low) == (22 / 5, 1 / 5)
    assert not first.recent.few and second.ever.few and second.page == "pages.home"
    with time_machine.travel(now() + timedelta(days=31)):
        assert service.votes()[0].recent == (0, None, None)


def test_comments_come_newest_first_a_page_at_a_time(session):
    for number in range(25):
        say(comment=f"commento {number}")
    say(comment="altrove", page="pages.home", path="/")
    say()
    found, more = service.comments("spaces.catalogue", number=1)
    assert [one.comment for one in found] == [f"commento {number}" for number in range(24, 4, -1)] and more
    found, more = service.comments("spaces.catalogue", number=2)
    assert len(found) == 5 and not more
    assert service.comments(None, number=1)[0][0].comment == "altrove"


# --- the managers' desk


def test_the_desk_says_in_words_that_there_is_nothing_yet(app, people):
    assert "Ancora nessun giudizio" in manager(app).page("/gestione/giudizi").text


def test_the_desk_shows_each_page_and_calls_few_votes_few(app, people):
    with app.app_context():
        for stars in (5, 5, 4, 2, 4):
            say(stars)
        say(1, page="spaces.space", path="/spazi/<slug>")
        db.session.commit()
    page = manager(app).page("/gestione/giudizi")
    rows = [" ".join("".join(node.itertext()).split()) for node in page.tree.iter("tr")][2:]
    assert rows[0].endswith("/spazi 5 4,0 20% 5 4,0 20%") and "pochi" not in rows[0]
    assert rows[1] == "Pagina di uno spazio /spazi/<slug> 1 1,0 pochi giudizi 100% 1 1,0 pochi giudizi 100%"


def test_markup_in_a_comment_is_inert_where_managers_read_it(app, client, people):
    vote(client, stars="2", comment=MARKUP)
    page = manager(app).page("/gestione/giudizi?pagina=spaces.catalogue")
    assert MARKUP in page.text and "<script>alert" not in page.html and "<b onclick" not in page.html
    assert not [node for node in page.tree.iter() if node.get("onclick")]


def test_the_desk_narrows_to_one_page_and_turns_pages(app, people):
    with app.app_context():
        for number in range(21):
            say(comment=f"commento {number}")
        say(comment="altrove", page="pages.home", path="/")
        db.session.commit()
    desk = manager(app)
    page = desk.page("/gestione/giudizi?pagina=spaces.catalogue")
    assert "commento 20" in page.text and "altrove" not in page.text
    assert "commento 0" in desk.page(page.link("Successiva")).text
    assert "altrove" in desk.page(page.link("Mostra tutti i commenti")).text
    for junk in ("pagina=nessuna", "pagina=%3Cb%3E"):
        assert desk.get(f"/gestione/giudizi?{junk}").status_code == 404
    for junk in ("page=0", "page=-3", "page=99999999999999999999", "page=x"):
        assert desk.get(f"/gestione/giudizi?{junk}").status_code == 200


def test_the_file_for_a_spreadsheet_has_every_vote_and_no_formula(app, client, people):
    for comment in ("=1+1", "\t@SUM(1)", 'bene","=2"', "Tutto; bene"):
        vote(client, stars="4", praise="clear", comment=comment)
    answer = manager(app).get("/gestione/giudizi.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert [row["commento"] for row in rows] == ["'=1+1", "'@SUM(1)", 'bene","\'=2"', "Tutto; bene"]
    assert {(row["pagina"], row["stelle"], row["risposta"]) for row in rows} == {
        ("spaces.catalogue", "4", "Le indicazioni erano chiare")
    }


def test_the_file_is_whole_however_many_votes_there_are(session):
    for _ in range(7):
        say()
    session.commit()
    assert [one.id for one in service.ratings(chunk=3)] == sorted(session.scalars(sa.select(Rating.id)))


@pytest.mark.parametrize("path", ["/gestione/giudizi", "/gestione/giudizi.csv"])
def test_only_managers_read_the_votes(app, client, people, path):
    assert client.get(path).status_code == 303
    for email in ("cittadina@officine.example", "valutatore@officine.example", "admin@officine.example"):
        other = app.test_client()
        other.page("/entra").form().submit(email=email, password=DEMO_PASSWORD)
        assert other.get(path).status_code == 403, email


def test_the_desk_costs_four_statements_at_most(app, people):
    with app.app_context():
        for number in range(30):
            say(page=f"page.{number}", comment="bene")
        db.session.commit()
        engine = db.engine
    desk = manager(app)
    with statements(engine) as asked:
        assert desk.get("/gestione/giudizi").status_code == 200
    assert len(asked) <= 4, asked
