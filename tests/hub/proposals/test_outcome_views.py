"""The pages of what became of proposals: the managers' desk, results, merging and splitting, and what everybody reads."""

import io

import pytest
import sqlalchemy as sa
from PIL import Image

from hub.accounts.models import Person
from hub.clock import now, starts_of, today
from hub.db import db
from hub.proposals import answers, supporting
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Result, ResultUpdate
from tests.client import Page
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, HOUR, by, process, proposal

GINA, ADA, FAN = "gina@posta.example", "ada@posta.example", "fan@posta.example"
TEXT = "Coltiviamo insieme un orto nella corte, e lo bagniamo."


@pytest.fixture
def codes(app) -> dict[str, str]:
    """The codes of two proposals of Ada in a process that is open to everything, the first of which Fan supports."""
    with app.app_context():
        ada, fan = person("ada"), person("fan")
        person("gina", role="manager")
        found = process(update_days=30)
        orto, pozzo = (proposal(found, ada, title=title) for title in ("L'orto nuovo", "Il pozzo nuovo"))
        supporting.support(orto, by=by(fan))
        db.session.commit()
        return {"orto": orto.code, "pozzo": pozzo.code}


def answered(app, code: str, kind: str = "accepted") -> None:
    with app.app_context():
        found = db.session.get_one(Proposal, int(code[-6:]))
        gina = person_by(GINA)
        answers.answer(found, kind, "Sì.", by=gina)
        db.session.commit()


def person_by(email: str) -> Person:
    return db.session.scalars(sa.select(Person).filter_by(email=email)).one()


def page(client, path: str) -> Page:
    return Page(client, client.get(path))


def test_a_manager_takes_up_answers_and_answers_anew(app, client, codes):
    client.known_as(GINA)
    desk = page(client, "/gestione/proposte")
    assert "L'orto nuovo" in desk.text and "Risposta promessa entro" in desk.text
    one = page(client, f"/gestione/proposte/{codes['orto']}")
    one = one.form("/in-esame").submit()
    assert "In esame" in one.text
    one = one.form().submit(kind="rejected", text="")
    assert one.status == 422 and "Scrivi il motivo" in one.text
    one = one.form().submit(kind="rejected", text="La corte è vincolata.")
    assert "Risposta pubblicata" in one.text and "Non accolta" in one.text
    one = one.form().submit(kind="partly", text="Solo nei vasi.", act="Determina 12/2027")
    assert "(poi cambiata)" in one.text and "Determina 12/2027" in one.text
    told = page(app.test_client(), f"/proposte/{codes['orto']}")
    assert "Solo nei vasi." in told.text and "La corte è vincolata." in told.text and "Gina" not in told.text


def test_who_was_overtaken_reads_the_other_answer_and_may_then_answer(app, client, codes):
    client.known_as(GINA)
    one = page(client, f"/gestione/proposte/{codes['orto']}").form(codes["orto"])
    answered(app, codes["orto"])
    late = one.submit(kind="rejected", text="No.")
    assert late.status == 422 and "è arrivata un'altra risposta" in late.text and "Sì." in late.text
    assert "Risposta pubblicata" in late.form(codes["orto"]).submit(kind="rejected", text="No.").text


def test_the_number_of_an_answer_that_is_none_is_refused_like_another_answer(client, codes):
    client.known_as(GINA)
    form = page(client, f"/gestione/proposte/{codes['orto']}").form(codes["orto"])
    overtaken = form.submit(kind="accepted", text="Sì.", seen="9" * 5000)
    assert overtaken.status == 422 and "Nel frattempo è arrivata un'altra risposta" in overtaken.text


def test_a_result_is_written_updated_with_evidence_and_shown(app, client, codes):
    answered(app, codes["orto"])
    client.known_as(GINA)
    new = page(client, f"/gestione/proposte/{codes['orto']}/risultato")
    refused = new.form().submit(title="L'orto della corte", starts_on="2027-05-02", ends_on="2027-05-01")
    assert refused.status == 422 and "Finisce prima di cominciare" in refused.text
    made = refused.form().submit(ends_on="2027-06-01")
    assert "Risultato scritto" in made.text
    sent = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(sent, "PNG")
    sent.seek(0)
    form = made.form()
    assert form.submit(text="Ecco", state="running", progress="101").status == 422
    both = form.submit(text="Ecco", state="running", progress="20", evidence_url="http://a.example", evidence_words="A")
    assert both.status == 422 and "https://" in both.text
    broken = form.submit(text="Ecco", state="running", progress="20", evidence_file=(io.BytesIO(b"GIF89a"), "a.png"))
    assert broken.status == 422 and "non è un'immagine" in broken.text
    done = form.submit(
        text="Arrivata la terra.", state="running", progress="20", evidence_words="La terra", evidence_file=(sent, "x.png")
    )
    assert "Aggiornamento pubblicato" in done.text
    with app.app_context():
        result, update = db.session.scalars(sa.select(Result)).one(), db.session.scalars(sa.select(ResultUpdate)).one()
        path = f"/partecipa/{result.process.slug}/risultati/{result.id}"
        file = f"{path}/prove/{update.id}"
    shown = page(client, path)
    assert "Avanzamento: 20%" in shown.text and "L'orto nuovo" in shown.text and "La terra" in shown.text
    answer = client.get(file)
    assert answer.mimetype == "image/png" and "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(f"{path}/prove/{update.id + 1}").status_code == 404
    assert client.get(f"/partecipa/altro/risultati/{result.id}").status_code == 404
    assert "In corso di realizzazione" in page(client, f"/proposte/{codes['orto']}").text


def test_a_result_is_edited_as_it_was_seen(app, client, codes):
    answered(app, codes["orto"])
    client.known_as(GINA)
    made = page(client, f"/gestione/proposte/{codes['orto']}/risultato").form().submit(title="L'orto della corte")
    edit = page(client, made.link("Modifica"))
    first, second = edit.form(), edit.form()
    assert "Risultato cambiato" in first.submit(title="L'orto grande").text
    assert second.submit(title="L'orto piccolo").status == 422


def test_another_accepted_proposal_joins_a_result(app, client, codes):
    answered(app, codes["orto"])
    answered(app, codes["pozzo"], "partly")
    client.known_as(GINA)
    made = page(client, f"/gestione/proposte/{codes['orto']}/risultato").form().submit(title="L'orto della corte")
    assert made.form("/proposte").submit(source="", kind="").status == 422
    with app.app_context():
        id = int(codes["pozzo"][-6:])
    joined = page(client, made.response.request.path).form("/proposte").submit(source=str(id), kind="inspired")
    assert "Proposta aggiunta" in joined.text and "Di ispirazione" in joined.text


def test_what_waits_is_told_to_everybody_also_where_nothing_is_late(app, client, codes):
    told = page(client, "/proposte/in-attesa")
    assert "Niente è in ritardo" in told.text and "dentro i giorni promessi" in told.text
    with app.app_context():
        old = process("vecchio", {"submits": True, "answers": True, "opens_at": now() - 60 * DAY, "closes_at": now() + DAY})
        late = proposal(old, person_by(ADA), title="La siepe nuova", at=starts_of(today() - 42 * DAY) + 12 * HOUR)
        db.session.commit()
    told = page(client, "/proposte/in-attesa")
    assert "in ritardo di 12 giorni" in told.text and late.code in told.text and "1 in ritardo" in told.text
    assert "in ritardo di 12 giorni" in page(client, f"/proposte/{late.code}").text
    client.known_as(GINA)
    assert "La siepe nuova" in page(client, "/gestione/proposte?quando=late").text
    assert "La siepe nuova" not in page(client, "/gestione/proposte?quando=fine").text
    assert "La siepe nuova" not in page(client, "/proposte/in-attesa?processo=altro").text


def test_authors_merge_theirs_and_a_supporter_carries_on_by_one_press(app, client, codes):
    client.known_as(ADA)
    first = page(client, f"/proposte/{codes['orto']}/unisci")
    wrong = page(client, f"/proposte/{codes['orto']}/unisci?con=PR-2020-999999")
    assert wrong.status == 422 and "PR-2020-999999" in wrong.text
    assert "Scrivi il codice" in page(client, f"/proposte/{codes['orto']}/unisci?con=").text
    chosen = page(client, f"/proposte/{codes['orto']}/unisci?con={codes['pozzo'].lower()}")
    assert "Il pozzo nuovo" in chosen.text and first.status == 200
    assert chosen.form().submit(title="").status == 422
    merged = chosen.form().submit(title="Un orto con il pozzo", text=TEXT)
    assert "Unite" in merged.text and "Continua questa proposta" in merged.text
    new = merged.response.request.path
    assert "Continua in un'altra proposta" in page(client, f"/proposte/{codes['orto']}").text
    client.known_as(FAN)
    pressed = page(client, new).form("/sostieni-ancora").submit()
    assert "Ora sostieni questa proposta." in pressed.text and "Sostenevi una proposta" not in pressed.text


def test_a_manager_splits(app, client, codes):
    client.known_as(GINA)
    split = page(client, f"/gestione/proposte/{codes['orto']}/dividi").form()
    assert split.submit(title_1="L'orto a nord", text_1=TEXT).status == 422
    short = split.submit(title_1="L'orto a nord", text_1=TEXT, title_2="Sud", text_2=TEXT)
    assert short.status == 422 and "almeno 5 caratteri" in short.text
    done = split.submit(title_1="L'orto a nord", text_1=TEXT, title_2="L'orto a sud", text_2=TEXT)
    assert "Divisa" in done.text and "L'orto a sud" in done.text and "Continua in più proposte" in done.text


def test_only_who_may_write_a_proposal_merges_or_splits_it(client, codes):
    client.known_as(FAN)
    for path in ("unisci", "dividi"):
        assert client.get(f"/proposte/{codes['orto']}/{path}").status_code == 404
        assert client.get(f"/gestione/proposte/{codes['orto']}/{path}").status_code == 403


def test_what_is_not_there_is_not_found(client, codes):
    client.known_as(GINA)
    for path in ("/gestione/proposte/PR-2020-000001", "/gestione/risultati/1", "/gestione/risultati/1/modifica"):
        assert client.get(path).status_code == 404
    assert client.get("/partecipa/idee-2026/risultati/1").status_code == 404
