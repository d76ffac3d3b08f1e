"""Who writes a proposal, from the first word to the page that everybody reads."""

import io

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person, SignIn
from hub.clock import now
from hub.db import db
from hub.proposals import files
from hub.proposals.models import Proposal
from tests.hub.labs.makers import organisation, person
from tests.hub.proposals.makers import process
from tests.hub.proposals.test_files import image, paper

TYPED = {
    "title": "Un orto nella corte",
    "text": "Proponiamo di coltivare insieme un orto.\r\n\r\nChi abita vicino se ne prende cura.",
    "topic": "spazio-verde",
    "area": "community",
    "needs_cents": "250,50",
}


@pytest.fixture
def author(app, client):
    """A browser in which Ada has signed in, and a process that takes proposals."""
    with app.app_context():
        process()
        person("ada")
        person("bea")
        db.session.commit()
    return client.known_as("ada@posta.example")


def begun(author):
    return author.page("/proposte/nuova").form().submit()


def test_a_draft_is_written_looked_at_and_published(author):
    page = begun(author)
    assert page.path.endswith("/scrivi")
    preview = page.form().submit(**TYPED)
    assert "Così la leggerebbero tutti" in preview.text and "250,50 €" in preview.text
    shown = preview.form().submit()
    assert "Pubblicata: da ora la leggono tutti." in shown.text
    assert "Proposta di: Una persona" in shown.text and "coltivare insieme" in shown.text


def code_of(page) -> str:
    return page.path.split("/")[2]


def draft_of(app, code: str) -> dict:
    with app.app_context():
        return db.session.get(Proposal, int(code.rpartition("-")[2])).draft


def test_a_draft_is_kept_while_one_types_even_when_it_is_wrong(app, author):
    page = begun(author)
    answer = author.post(page.path, data=page.form("/scrivi").values | {"needs_cents": "molti"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "Bozza salvata alle " in answer.text and "<html" not in answer.text
    assert 'name="seen"' in answer.text and answer.headers["Vary"].count("HX-Request") == 1
    assert draft_of(app, code_of(page))["needs_cents"] == "molti"
    again = author.page(page.path)
    assert again.form("/scrivi").values["needs_cents"] == "molti"


def test_without_javascript_the_button_keeps_it(app, author):
    page = begun(author)
    kept = page.form("/scrivi").submit(("save", "1"), title="A metà", sdgs=["4", "11"])
    assert "Bozza salvata alle " in kept.text and kept.path.endswith("/scrivi")
    assert draft_of(app, code_of(page))["sdgs"] == "4 11"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(author):
    wrong = begun(author).form("/scrivi").submit(**TYPED | {"title": "Ehi", "topic": "", "target_n": "tanti", "needs_cents": "x"})
    assert wrong.status == 422
    for words in ("Scrivi un numero intero.", "Scrivi un importo in euro"):
        assert words in wrong.text
    values = wrong.form("/scrivi").values
    assert (values["target_n"], values["needs_cents"], values["title"]) == ("tanti", "x", "Ehi")
    whole = wrong.form("/scrivi").submit(target_n="", needs_cents="")
    assert whole.status == 422 and "Scrivi almeno 5 caratteri." in whole.text and "Scegli un argomento" in whole.text


def test_two_tabs_are_told_of_each_other_and_both_texts_are_shown(app, author):
    first = begun(author)
    second = author.page(first.path)
    first.form("/scrivi").submit(("save", "1"), title="Dalla prima scheda")
    conflict = author.post(
        second.path, data=second.form("/scrivi").values | {"title": "Dalla seconda"}, headers={"HX-Request": "true"}
    )
    assert conflict.status_code == 409 and "la bozza è cambiata" in conflict.text
    told = second.form("/scrivi").submit(("save", "1"), title="Dalla seconda")
    assert told.status == 409 and "Dalla prima scheda" in told.text
    assert told.form("/scrivi").values["title"] == "Dalla seconda"
    assert draft_of(app, code_of(first))["title"] == "Dalla prima scheda"
    told.form("/scrivi").submit(("save", "1"))
    assert draft_of(app, code_of(first))["title"] == "Dalla seconda"


def test_what_was_previewed_is_what_is_published(author):
    preview = begun(author).form("/scrivi").submit(**TYPED)
    author.page(preview.path.replace("anteprima", "scrivi")).form("/scrivi").submit(("save", "1"), title="Altro titolo")
    told = preview.form().submit()
    assert told.status == 422 and "la bozza è cambiata" in told.text
    assert "Altro titolo" in told.form().submit().text


def test_a_preview_that_is_sent_twice_publishes_once(app, author):
    preview = begun(author).form("/scrivi").submit(**TYPED)
    assert preview.form().submit().path == preview.form().submit().path
    with app.app_context():
        assert db.session.query(Proposal).one().current == 1


def test_who_is_late_keeps_the_draft_and_is_told(app, author):
    page = begun(author)
    with app.app_context():
        closes = db.session.query(Proposal).one().process.phases[0].closes_at
    with time_machine.travel(closes, tick=False):
        author.known_as("ada@posta.example")
        late = author.page(page.path)
        assert "Il processo adesso non raccoglie proposte" in late.text
        preview = late.form("/scrivi").submit(**TYPED)
        assert "Adesso non si può pubblicare" in preview.text
        refused = preview.form().submit()
        assert refused.status == 422 and "non raccoglie proposte" in refused.text
        assert "Adesso nessun processo raccoglie proposte" in author.page("/proposte/nuova").text
    assert draft_of(app, code_of(page))["title"] == TYPED["title"]


def published(author, **typed):
    return begun(author).form("/scrivi").submit(**TYPED | typed).form().submit()


def test_a_new_version_is_compared_with_the_one_before(author):
    code = code_of(published(author))
    preview = author.page(f"/proposte/{code}/scrivi").form("/scrivi").submit(title="Un grande orto nella corte", needs_hours="40")
    shown = preview.form().submit(reason="Più spazio")
    assert "Un grande orto" in shown.text and "2 versioni" in shown.text
    assert "Più spazio" in author.page(f"/proposte/{code}/versioni").text
    compared = author.page(f"/proposte/{code}/versioni/2")
    assert "[aggiunto: grande fine]" in compared.text and "Prima: (niente)" in compared.text and "Adesso: 40" in compared.text
    assert author.get(f"/proposte/{code}/versioni/1").status_code == 200
    assert author.get(f"/proposte/{code}/versioni/3").status_code == 404


def test_changes_that_are_given_up_are_not_shown_to_anybody(author):
    code = code_of(published(author))
    page = author.page(f"/proposte/{code}/scrivi").form("/scrivi").submit(("save", "1"), title="Un titolo che non piace")
    assert "Un titolo che non piace" not in author.page(f"/proposte/{code}").text
    page.form("/lascia-modifiche").submit()
    assert author.page(f"/proposte/{code}/scrivi").form("/scrivi").values["title"] == TYPED["title"]


def test_who_withdraws_says_why_and_everybody_reads_it(app, author):
    code = code_of(published(author))
    assert author.page(f"/proposte/{code}/ritira").form().submit().status == 422
    author.page(f"/proposte/{code}/ritira").form().submit(reason="Lo fa già il quartiere")
    shown = app.test_client().page(f"/proposte/{code}")
    assert "Lo fa già il quartiere" in shown.text and "coltivare insieme" in shown.text
    assert author.get(f"/proposte/{code}/scrivi").status_code == 303


def test_a_name_is_shown_where_its_owner_wants_it(app, author):
    code = code_of(published(author, named="y"))
    assert "Proposta di: Ada Greco" in app.test_client().page(f"/proposte/{code}").text
    page = author.page(f"/proposte/{code}/scrivi")
    page.form("/scrivi").submit(("save", "1"), named=None)
    assert "Proposta di: Una persona" in app.test_client().page(f"/proposte/{code}").text


def test_a_draft_and_its_files_are_nobody_elses(app, author):
    page = begun(author)
    code, picture = code_of(page), (io.BytesIO(image()), "cortile.jpg")
    sent = author.page(f"/proposte/{code}/allegati").form().submit(file=picture, words="Il cortile")
    assert "File aggiunto." in sent.text
    address = sent.link("cortile.jpg")
    other = app.test_client().known_as("bea@posta.example")
    for path in (address, page.path, f"/proposte/{code}/anteprima", f"/proposte/{code}"):
        assert other.get(path).status_code == 404
    page.form("/scrivi").submit(**TYPED).form().submit()
    shown = other.get(address)
    assert (shown.status_code, shown.mimetype, shown.headers["X-Content-Type-Options"]) == (200, "image/jpeg", "nosniff")
    assert "sandbox" in shown.headers["Content-Security-Policy"] and shown.headers["Content-Disposition"].startswith("inline")
    assert other.get(address, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    assert 'alt="Il cortile"' in other.page(f"/proposte/{code}").html


def test_a_pdf_is_taken_away_and_not_opened_here(author):
    code = code_of(begun(author))
    paper_sent = (io.BytesIO(paper()), "../Pianta.pdf")
    sent = author.page(f"/proposte/{code}/allegati").form().submit(file=paper_sent, words="La pianta")
    shown = author.get(sent.link("Pianta.pdf"))
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"] == "attachment; filename=Pianta.pdf"


def test_a_file_is_made_anew_while_nobody_waits_for_it(author, monkeypatch):
    """It may take long: until it is done no transaction is open, which on SQLite would keep all others from writing."""
    anew, held = files.made_anew, []

    def watched(sent: bytes) -> files.Made:
        held.append(db.session().in_transaction())
        return anew(sent)

    monkeypatch.setattr(files, "made_anew", watched)
    page = author.page(f"/proposte/{code_of(begun(author))}/allegati")
    assert "File aggiunto." in page.form().submit(file=(io.BytesIO(image()), "cortile.jpg"), words="Il cortile").text
    assert held == [False]


def test_a_file_that_is_too_large_or_is_none_is_refused_beside_its_field(author):
    files_page = author.page(f"/proposte/{code_of(begun(author))}/allegati")
    large = files_page.form().submit(file=(io.BytesIO(b"x" * 6_000_000), "a.jpg"), words="Grande")
    assert large.status == 422 and "al massimo 5 MB" in large.text
    wrong = files_page.form().submit(file=(io.BytesIO(b"PK\3\4 non una foto"), "foto.jpg"), words="Una foto")
    assert wrong.status == 422 and "non è un'immagine" in wrong.text
    assert files_page.form().submit(words="").status == 422
    assert author.post(files_page.path, data={"file": (io.BytesIO(b"x" * 16_000_000), "a.jpg")}).status_code == 413


def test_what_a_moderator_hides_is_not_read_but_for_that(app, author):
    shown = published(author)
    with app.app_context():
        db.session.query(Proposal).one().hidden_at = now()
        db.session.commit()
    for path in (shown.path, f"{shown.path}/versioni", f"{shown.path}/versioni/1"):
        hidden = app.test_client().get(path)
        assert hidden.status_code == 410 and "Questa proposta è nascosta" in hidden.text and "orto" not in hidden.text


def test_the_proposals_of_an_organisation_stand_where_one_acts_for_it(app, author):
    with app.app_context():
        ada, bea = (db.session.query(Person).filter_by(email=f"{name}@posta.example").one() for name in ("ada", "bea"))
        ours = organisation("Orti Leccesi", ada, bea)
        db.session.execute(sa.update(SignIn).filter_by(person_id=ada.id).values(acting_for=ours.id))
        db.session.commit()
    assert "La proposta sarà di Orti Leccesi." in author.page("/proposte/nuova").text
    page = begun(author).form("/scrivi").submit(("save", "1"), title="Un orto per tutti")
    assert "Le proposte di Orti Leccesi" in author.page("/proposte/mie").text
    assert "Un orto per tutti" in author.page("/proposte/mie").text
    other = app.test_client().known_as("bea@posta.example")
    author.page(page.path).form("/scrivi").submit(("save", "1"), named="y")
    shown = other.page(page.path).form("/scrivi").submit(**TYPED).form().submit()
    assert "Proposta di: Orti Leccesi, Ada Greco" in shown.text
    assert "Un orto" not in author.known_as("ada@posta.example").page("/proposte/mie").text
