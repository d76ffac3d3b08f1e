"""The pages of the discussion, written without a script and nothing typed lost; reports, the desk, appeals, the rules."""

import pytest
import sqlalchemy as sa

from hub.accounts.models import DataView, Person
from hub.clock import now
from hub.db import db
from hub.proposals import moderation
from hub.proposals.comments import comment
from hub.proposals.debate_models import Appeal, CommentReport, Moderation, ProposalComment
from hub.proposals.models import Proposal
from tests.client import CheckingClient, Page
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import by, process, proposal

HTMX = {"HX-Request": "true"}


@pytest.fixture
def code(app) -> str:
    """A proposal by Ada, with a comment by Bea; Gina and Gino are managers."""
    with app.app_context():
        garden = proposal(process(), person("ada"))
        comment(garden, "Mi piace <b>molto</b>.\n\nDavvero.", "for", named=True, by=by(person("bea")))
        person("carlo")
        person("gina", role="manager")
        person("gino", role="manager")
        db.session.commit()
        return garden.code


def known(app, name: str) -> CheckingClient:
    return app.test_client().known_as(f"{name}@posta.example")


def talk(client: CheckingClient, code: str, query: str = "") -> Page:
    return client.page(f"/proposte/{code}/discussione{query}")


def one(app, model: type) -> object:
    with app.app_context():
        return db.session.scalars(sa.select(model).order_by(sa.inspect(model).primary_key[0].desc())).first()


def test_everybody_reads_the_discussion_on_the_page_and_on_its_own(app, client, code):
    for page in (client.page(f"/proposte/{code}"), talk(client, code)):
        assert page.status == 200
        for words in ("Discussione (1)", "A favore (1)", "Contrario (0)", "Bea Greco", "Mi piace molto.", "Davvero."):
            assert words in page.text
    part = client.get(f"/proposte/{code}/discussione?posizione=against", headers=HTMX)
    assert "<html" not in part.text and "Nessun commento di questo tipo." in part.text and "Mi piace" not in part.text


def test_a_comment_is_written_on_a_page_of_its_own_and_found_by_its_anchor(app, code):
    client = known(app, "carlo")
    form = talk(client, code).link("Scrivi un commento")
    answer = client.page(form).form("scrivi")
    sent = client.post(answer.node.get("action"), data=answer.values | {"stance": "question", "text": "Chi lo annaffia?"})
    row = one(app, ProposalComment)
    assert (sent.status_code, sent.location) == (303, f"/proposte/{code}/discussione#commento-{row.id}")
    page = talk(client, code)
    assert f'id="commento-{row.id}"' in page.html and "Domanda (1)" in page.text and "Una persona" in page.text


def test_a_comment_sent_twice_is_there_once(app, code):
    client = known(app, "carlo")
    form = client.page(f"/proposte/{code}/discussione/scrivi").form("scrivi")
    for _ in range(2):
        assert form.submit(stance="for", text="Due volte").status == 200
    assert talk(client, code).text.count("Due volte") == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"stance": None}, "Scegli se sei a favore"),
        ({"text": "x" * 2001}, "al massimo sono 2000"),
        ({"text": "sì"}, "almeno 3 caratteri"),
    ],
)
def test_what_is_refused_is_told_beside_its_field_and_kept(app, code, values, words):
    form = known(app, "carlo").page(f"/proposte/{code}/discussione/scrivi").form("scrivi")
    sent = {"stance": "for", "text": "Il mio lungo parere"} | values
    page = form.submit(**sent)
    assert page.status == 422 and words in page.text and sent["text"] in page.html


def test_who_is_not_signed_in_is_asked_before_writing(client, code):
    page = client.page(f"/proposte/{code}/discussione/scrivi")
    assert page.link("Entra").startswith("/entra") and "<textarea" not in page.html.partition("rating")[0]


def test_a_text_outlives_a_sign_in_that_ended_and_a_page_that_is_too_old(app, code):
    client = known(app, "carlo")
    form = client.page(f"/proposte/{code}/discussione/scrivi").form("scrivi")
    session = client.get_cookie(app.config["SIGN_IN_COOKIE_NAME"]).value
    client.delete_cookie(app.config["SIGN_IN_COOKIE_NAME"])
    page = form.submit(stance="for", text="Parole che restano")
    assert page.status == 422 and "Per inviare devi entrare" in page.text and "Parole che restano" in page.html
    client.delete_cookie(app.config["SESSION_COOKIE_NAME"])  # signing in again, in another tab, begins a new session of forms
    client.set_cookie(app.config["SIGN_IN_COOKIE_NAME"], session)
    page = page.form("scrivi").submit()
    assert page.status == 400 and "invialo di nuovo" in page.text and "Parole che restano" in page.html
    page = page.form("scrivi").submit()
    assert page.status == 200 and "Il tuo commento è pubblicato." in page.text
    assert talk(client, code).text.count("Parole che restano") == 1


def test_an_answer_stands_beneath_its_comment(app, code):
    client = known(app, "carlo")
    thread = client.page(talk(client, code).link("Rispondi"))
    page = thread.form(thread.path).submit(text="Sono d'accordo", named="y")
    assert page.status == 200 and "1 risposta" in page.text and "Carlo Greco" in page.text
    row = one(app, ProposalComment)
    assert client.get(f"/proposte/{code}/commenti/{row.id}").location.endswith(f"page=1#commento-{row.id}")


def test_an_answer_by_htmx_that_is_refused_comes_back_as_the_form(app, code):
    client = known(app, "carlo")
    form = client.page(talk(client, code).link("Rispondi")).form()
    sent = client.post(form.node.get("action"), data=form.values | {"text": "x"}, headers=HTMX)
    assert sent.status_code == 422 and "<html" not in sent.text and 'id="comment-form"' in sent.text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>" * 50,
        "javascript:alert(1) <a href='javascript:alert(1)'>x</a>",
        "\u202eabc\u2066def",
        "nulla\x07 qui \ufffe \ud7ff",
        "a" + "\u0335\u0488" * 900,
        "&lt;img src=x onerror=alert(1)&gt; ciao",
        "'; DROP TABLE proposal_comment; --",
        "\r\n\r\n  \r\n",
        "{{ 7*7 }} {% raw %} %s %(x)s",
        "a" * 400_000,
    ],
)
def test_a_hostile_text_is_never_an_error_of_ours(app, code, text):
    client = known(app, "carlo")
    for path in (f"/proposte/{code}/discussione/scrivi", f"/proposte/{code}/segnala"):
        form = client.page(path).form()
        page = form.submit(stance="for", text=text, reason="other", words=text)
        assert page.status in (200, 422)
    shown = talk(client, code)
    assert "<script>alert" not in shown.html and "onerror" not in shown.html and "\u202e" not in shown.html


def test_a_million_signs_and_a_nul_end_at_the_door(app, code):
    client = known(app, "carlo")
    form = client.page(f"/proposte/{code}/discussione/scrivi").form()
    assert client.post(form.node.get("action"), data=form.values | {"text": "a" * 10**6}).status_code == 413
    assert client.post(form.node.get("action"), data=form.values | {"text": "a\0b"}).status_code == 400


def test_ones_own_comment_is_removed_and_nobody_elses(app, code):
    bea = known(app, "bea")
    assert known(app, "carlo").get(f"/proposte/{code}/commenti/1/rimuovi").status_code == 404
    page = bea.page(talk(bea, code).link("Rimuovi")).form("rimuovi").submit()
    assert page.status == 200 and "Rimosso da chi l'ha scritto." in page.text and "Mi piace" not in page.text


def test_the_author_is_marked_and_a_closed_discussion_is_only_read(app, code):
    ada = known(app, "ada")
    form = ada.page(f"/proposte/{code}/discussione/scrivi").form("scrivi")
    assert "Chi propone" in form.submit(stance="neutral", text="Grazie a tutti").text
    form = ada.page(f"/proposte/{code}/discussione/scrivi").form("scrivi")
    with app.app_context():
        db.session.execute(sa.update(Proposal).values(state="under_review"))
        db.session.execute(sa.update(Proposal).values(state="answered"))
        db.session.commit()
    page = talk(ada, code)
    assert "Adesso non si possono scrivere commenti" in page.text and "Rispondi" not in page.text
    refused = form.submit(stance="for", text="Tardi")
    assert refused.status == 422 and "La discussione su questa proposta è chiusa" in refused.text and "Tardi" in refused.html


def test_a_reader_reports_and_a_manager_hides_and_its_author_appeals(app, code):
    carlo, gina, gino, bea = (known(app, name) for name in ("carlo", "gina", "gino", "bea"))
    report = carlo.page(talk(carlo, code).link("Segnala"))
    assert report.form().submit(reason=None).status == 422
    assert "i moderatori lo guarderanno" in report.form().submit(reason="offensive", words="Guardate").text
    queue = gina.page("/gestione/moderazione")
    assert "1 segnalazione: Offende qualcuno" in queue.text
    desk = gina.page(queue.link("Commento su"))
    assert "Guardate" in desk.text and "Carlo" not in desk.text
    assert desk.form("commenti/1").submit(("hide", "1"), reason="offensive").status == 422
    hidden = desk.form("commenti/1").submit(("hide", "1"), reason="offensive", words="Insulta")
    assert hidden.status == 200 and "È nascosto" in hidden.text
    assert "Nascosto dai moderatori: Offende qualcuno." in talk(carlo, code).text and "Mi piace" not in talk(carlo, code).html
    assert "Niente da guardare" in gina.page("/gestione/moderazione").text
    assert carlo.get("/proposte/ricorso/1").status_code == 404
    appeal = bea.page("/proposte/ricorso/1")
    assert "Insulta" in appeal.text and "Mi piace molto." in appeal.text
    assert "In attesa" in appeal.form().submit(text="Era un complimento").text
    assert "decide un altro gestore" in gina.page("/gestione/moderazione/ricorsi/1").text
    waiting = gino.page("/gestione/moderazione?vista=ricorsi")
    decision = gino.page(waiting.link("Commento su"))
    assert "Era un complimento" in decision.text
    assert decision.form("ricorsi/1").submit(("overturned", "1")).status == 422
    assert decision.form("ricorsi/1").submit(("overturned", "1"), words="Ha ragione").status == 200
    assert "Accolto" in bea.page("/proposte/ricorso/1").text and "Mi piace" in talk(carlo, code).text


def test_who_looks_at_what_is_hidden_is_told_to_whose_it_is(app, code):
    gina = known(app, "gina")
    gina.get("/gestione/moderazione/" + code + "/commenti/1")
    with app.app_context():
        assert db.session.scalars(sa.select(DataView)).all() == []
        found = db.session.get_one(ProposalComment, 1)
        moderation.hide(found, "spam", "Prova", by=db.session.scalars(sa.select(Person).filter_by(given_name="Gino")).one())
        db.session.commit()
    gina.get("/gestione/moderazione/" + code + "/commenti/1")
    assert "Quello che hai scritto, nascosto dai moderatori" in known(app, "bea").page("/area-personale/i-miei-dati/accessi").text


def test_reports_are_closed_where_it_may_stay_and_what_was_hidden_is_shown_again(app, code):
    carlo, gina = known(app, "carlo"), known(app, "gina")
    carlo.page(carlo.page(f"/proposte/{code}").link("Segnala la proposta")).form().submit(reason="spam")
    desk = gina.page(gina.page(f"/proposte/{code}").link("Modera la proposta"))
    assert "le segnalazioni sono chiuse" in desk.form(code).submit(("dismiss", "1")).text
    assert one(app, CommentReport).handled_at is not None
    gina.page(f"/gestione/moderazione/{code}").form(code).submit(("hide", "1"), reason="duplicate", words="Doppione")
    gone = carlo.page(f"/proposte/{code}")
    assert gone.status == 410 and "Nascosta dai moderatori: È ripetuto." in gone.text and "Un orto" not in gone.html
    stale = desk.form(code).submit(("hide", "1"), reason="spam", words="Ancora")
    assert "Nel frattempo è cambiato" in stale.text
    assert "nascosto da Gina" in gina.page("/gestione/moderazione?vista=nascosti").text
    gina.page(f"/gestione/moderazione/{code}").form(code).submit(("restore", "1"), words="Non lo era")
    assert carlo.get(f"/proposte/{code}").status_code == 200
    assert [row.step for row in (one(app, Moderation),)] == ["restored"]


def test_with_one_manager_the_desk_says_what_is_missing(app, code):
    with app.app_context():
        gina = db.session.scalars(sa.select(Person).filter_by(given_name="Gina")).one()
        act = moderation.hide(db.session.get_one(ProposalComment, 1), "spam", "Prova", by=gina)
        db.session.add(Appeal(moderation_id=act.id, text="No", by_id=db.session.get_one(ProposalComment, 1).voice_id, at=now()))
        db.session.execute(sa.text("DELETE FROM role_grant WHERE person_id <> :id"), {"id": gina.id})
        db.session.commit()
    desk = known(app, "gina")
    assert "Serve un altro gestore" in desk.page("/gestione/moderazione?vista=ricorsi").text
    assert "dare il ruolo di gestore" in desk.page("/gestione/moderazione/ricorsi/1").text


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_rules_are_read_by_version_with_the_numbers_and_no_names(app, client, code, language):
    with app.app_context():
        gina = db.session.scalars(sa.select(Person).filter_by(given_name="Gina")).one()
        moderation.hide(db.session.get_one(ProposalComment, 1), "spam", "Parole segrete", by=gina)
        db.session.commit()
    page = client.page("/partecipa/regole", headers={"Accept-Language": language})
    assert page.status == 200 and "1" in page.text and ("Il ricorso" if language == "it" else "The appeal") in page.text
    for secret in ("Gina", "Bea", "Parole segrete", "Mi piace"):
        assert secret not in page.text
    assert client.page("/partecipa/regole/1").status == 200 and client.get("/partecipa/regole/9").status_code == 404


def test_following_by_a_button_with_and_without_a_script(app, code):
    carlo = known(app, "carlo")
    page = carlo.page(f"/proposte/{code}").form("/segui").submit()
    assert "Ora segui questa proposta" in page.text and "Smetti di seguire" in page.text
    form = page.form("smetti-di-seguire")
    part = carlo.post(form.node.get("action"), data=form.values, headers=HTMX)
    assert part.status_code == 200 and "<html" not in part.text and 'id="segui"' in part.text and "Non segui più" in part.text
    assert "le novità ti arrivano senza" in known(app, "ada").page(f"/proposte/{code}").text


def test_who_had_to_sign_in_first_comes_back_to_the_button(app, client, code):
    assert client.page(f"/proposte/{code}").link("Entra e segui") == f"/proposte/{code}/segui"
    assert known(app, "carlo").get(f"/proposte/{code}/segui").location == f"/proposte/{code}#segui"


def test_one_chooses_how_often_and_finds_what_one_follows(app, code):
    carlo = known(app, "carlo")
    carlo.page(f"/proposte/{code}").form("/segui").submit()
    page = carlo.page("/proposte/avvisi")
    assert "Un orto nella Corte Urbana" in page.text and page.form("avvisi").values["every"] == "news"
    assert carlo.page("/proposte/avvisi").form("avvisi").submit(every="mai").status == 422
    assert page.form("avvisi").submit(every="week").form("avvisi").values["every"] == "week"
    assert "Nessuna proposta" in page.form("smetti-di-seguire").submit().client.page("/proposte/avvisi").text
