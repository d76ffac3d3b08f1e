"""The desk of assisted participation, as an operator uses it without scripts; and the claim of the receipt."""

import re

import pytest
import sqlalchemy as sa

from hub import demo
from hub.accounts.demo import load_people
from hub.db import db
from hub.proposals.debate_models import ProposalComment, Support, Vote
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import AssistedSession
from tests.hub.labs.makers import person
from tests.hub.labs.programmes import CITIZEN, MANAGER
from tests.hub.proposals.makers import process, proposal

DESK = "/gestione/partecipazione"
NONNA = "RSSMRA45T50E506U"
HERE = {"name": "Maria Rossi", "fiscal_code": NONNA, "place": "Sportello delle Officine", "consent": "y"}


@pytest.fixture
def code(app) -> str:
    """A proposal in a process that is open to everything."""
    with app.app_context():
        demo.load_spaces()
        load_people()
        made = proposal(process(), person("ada"), title="Panchine all'ombra").code
        db.session.commit()
    return made


@pytest.fixture
def desk(code, client):
    return client.known_as(MANAGER)


def begun(desk) -> str:
    return desk.page(DESK).form(DESK).submit(**HERE)


def test_an_operator_supports_votes_comments_and_proposes_for_somebody(app, desk, code):
    page = begun(desk)
    assert "Stai aiutando Maria Rossi" in page.text
    assert "Panchine all'ombra" in page.text
    at = f"{DESK}/adesso/{code}"
    page = desk.page(at).form(f"{at}/sostieni").submit()
    assert "Sostegno registrato." in page.text and "Maria Rossi la sostiene." in page.text
    assert "1 con un operatore o su carta." in desk.page(f"/proposte/{code}").text
    page = desk.page(at).form(f"{at}/vota").submit(choice="agree")
    assert "Ha votato: D'accordo" in page.text
    page = desk.page(at).form(f"{at}/commenta").submit(stance="for", text="Servono anche vicino alla fermata.")
    assert "Commento pubblicato." in page.text
    new = f"{DESK}/adesso/nuova/idee-2026"
    said = {"title": "Una fontanella", "text": "Una fontanella d'acqua vicino al portico, per chi aspetta l'autobus."}
    page = desk.page(new).form(new).submit(topic="spazio-verde", area="community", **said)
    assert "Proposta pubblicata: PR-" in page.text
    with app.app_context():
        rows = [
            db.session.scalars(sa.select(model).order_by(model.id.desc())).first() for model in (Support, Vote, ProposalComment)
        ]
        made = db.session.scalars(sa.select(Proposal).filter_by(title="Una fontanella")).one()
        assert {row.channel for row in (*rows, made)} == {"assisted"}
        assert len({*(row.voice_id for row in rows), made.author_id}) == 1


def test_a_page_that_is_sent_twice_acts_once(app, desk, code):
    begun(desk)
    new, at = f"{DESK}/adesso/nuova/idee-2026", f"{DESK}/adesso/{code}"
    text = "Una fontanella d'acqua vicino al portico, per chi aspetta l'autobus."
    propose, say = desk.page(new).form(new), desk.page(at).form(f"{at}/commenta")
    for _ in range(2):
        assert "pubblicata: PR-" in propose.submit(topic="spazio-verde", area="community", title="Una fontanella", text=text).text
        assert "Commento pubblicato." in say.submit(stance="for", text="Servono anche vicino alla fermata.").text
    with app.app_context():
        for model, count in ((Proposal, 2), (ProposalComment, 1)):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == count


def test_a_page_of_whoever_was_helped_before_does_nothing_for_who_is_helped_now(app, desk, code):
    begun(desk)
    new, at = f"{DESK}/adesso/nuova/idee-2026", f"{DESK}/adesso/{code}"
    left = [desk.page(at).form(f"{at}/{path}") for path in ("sostieni", "vota", "commenta")] + [desk.page(new).form(new)]
    desk.page(f"{DESK}/adesso").form(f"{DESK}/chiudi").submit()
    desk.page(DESK).form(DESK).submit(**(HERE | {"name": "Luigi Verdi", "fiscal_code": "GRCLGO80A01E506Z"}))
    said = {"choice": "agree", "stance": "for", "topic": "spazio-verde", "area": "community", "title": "Una fontanella"}
    said["text"] = "Una fontanella d'acqua vicino al portico, per chi aspetta l'autobus."
    for form in left:
        assert "era di un'altra sessione" in form.submit(**said).text
    with app.app_context():
        assert [db.session.scalars(sa.select(model)).all() for model in (Support, Vote, ProposalComment)] == [[], [], []]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Proposal)) == 1


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(desk):
    page = desk.page(DESK).form(DESK).submit(**(HERE | {"fiscal_code": "RSSMRA45", "consent": None}))
    assert page.status == 422
    assert "Un codice fiscale ha 16 caratteri: qui sono 8." in page.text or "Senza il suo accordo" in page.text
    assert 'value="Maria Rossi"' in page.html


def test_without_a_session_nothing_is_done_for_anybody(app, desk, code):
    at = f"{DESK}/adesso/{code}"
    assert desk.get(at).status_code == 303
    begun(desk)
    page = desk.page(at)
    with app.app_context():
        end = sa.update(AssistedSession).values(ended_at=AssistedSession.started_at)
        db.session.execute(end)
        db.session.commit()
    page.form(f"{at}/sostieni").submit()
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Support)) == 0


def test_the_receipt_is_shown_once_and_opens_everything_to_whoever_claims_it(app, desk, code, client):
    begun(desk)
    at = f"{DESK}/adesso/{code}"
    desk.page(at).form(f"{at}/sostieni").submit()
    page = desk.page(f"{DESK}/adesso").form(f"{DESK}/chiudi").submit()
    secret = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", page.text)[0]
    assert code in page.text
    assert desk.get(f"{DESK}/ricevuta").status_code == 303
    citizen = client.known_as(CITIZEN)
    claim = "/partecipa/ricevuta"
    assert "Nessuna ricevuta ha questo codice" in citizen.page(claim).form(claim).submit(code="ABCD-EFGH-JKMN-PQRT").text
    page = citizen.page(claim).form(claim).submit(code=secret)
    assert "ora è nel tuo account" in page.text
    with app.app_context():
        given = db.session.scalars(sa.select(Support)).one()
        assert given.voice.person.email == CITIZEN


def test_only_a_manager_helps(client, code):
    assert client.known_as(CITIZEN).get(DESK).status_code == 403
