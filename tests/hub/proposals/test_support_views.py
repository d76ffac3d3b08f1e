"""The buttons of support and vote on a proposal's page, with a script and without; what somebody supports."""

import pytest
import sqlalchemy as sa
from flask import Flask

from hub.accounts.models import SignIn
from hub.clock import now
from hub.db import db
from hub.proposals import supporting
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal
from hub.proposals.tallies import tally
from tests.client import CheckingClient
from tests.hub.labs.makers import organisation, person
from tests.hub.proposals.makers import DAY, by, process, proposal


@pytest.fixture
def idea(app) -> str:
    """The code of a proposal of Ada's, in a process in which one may support two; and Bea, who reads it."""
    with app.app_context():
        phase = {"supports": True, "votes": True, "supports_most": 2}
        made = proposal(process("idee", phase), person("ada"), title="Un orto nel cortile")
        ours = organisation("Circolo", person("bea"))
        supporting.endorse(made, by=supporting.By(by(person("eva")).voice, organisation=ours))
        db.session.commit()
        return made.code


@pytest.fixture
def bea(client, idea) -> CheckingClient:
    return client.known_as("bea@posta.example")


def supported(app: Flask) -> int:
    """How many supports and endorsements there are."""
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).where(Support.revoked_at.is_(None)))


def test_supporting_and_taking_it_back_without_a_script(bea, idea):
    page = bea.page(f"/proposte/{idea}")
    assert "Puoi sostenere ancora 2 proposte" in page.text and "Circolo" in page.text
    page = page.form("/sostieni").submit()
    assert page.path == f"/proposte/{idea}"
    assert "Il tuo sostegno è contato." in page.text and "La sostiene 1 persona" in page.text
    assert "Puoi sostenere ancora 1 proposta" in page.text
    page = page.form("/ritira-sostegno").submit()
    assert "Hai ritirato il tuo sostegno." in page.text and "Nessuno la sostiene ancora" in page.text


def test_the_same_form_sent_twice_supports_once(app, bea, idea):
    form = bea.page(f"/proposte/{idea}").form("/sostieni")
    for _ in range(2):
        assert "Il tuo sostegno è contato." in form.submit().text
    assert supported(app) == 2  # with the endorsement
    assert "L'hai già sostenuta" in form.submit(sending_key="un'altra").text


def test_with_a_script_the_part_is_swapped_and_takes_the_focus(bea, idea):
    form = bea.page(f"/proposte/{idea}").form("/sostieni")
    part = bea.post(f"/proposte/{idea}/sostieni", data=form.values, headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in part.text
    assert 'id="sostegno"' in part.text and 'role="status" tabindex="-1" autofocus' in part.text
    again = bea.post(f"/proposte/{idea}/sostieni", data=form.values | {"sending_key": "altra"}, headers={"HX-Request": "true"})
    assert again.status_code == 422 and "L&#39;hai già sostenuta" in again.text and 'role="alert"' in again.text


def test_every_button_says_of_which_proposal_it_is(bea, idea):
    page = bea.page(f"/proposte/{idea}")
    section = [node for node in page.tree.iter("section") if node.get("id") in ("sostegno", "voto")]
    names = [" ".join("".join(node.itertext()).split()) for one in section for node in one.iter("button")]
    assert len(names) == 4 and all("«Un orto nel cortile»" in name for name in names), names


def test_who_has_not_signed_in_comes_back_to_the_button(client, idea):
    way = client.page(f"/proposte/{idea}").link("Entra e sostieni")
    asked = client.get(way)
    assert asked.status_code == 303 and "next=" in asked.location
    client.known_as("bea@posta.example")
    answer = client.get(way)
    assert answer.location == f"/proposte/{idea}#sostegno"
    assert "Sostieni" in client.page(answer.location).text


def test_who_acts_for_an_organisation_endorses_and_does_not_support(app, bea, idea):
    alone = bea.page(f"/proposte/{idea}").form("/sostieni")
    ours = sa.select(Support.organisation_id).where(Support.organisation_id.is_not(None)).scalar_subquery()
    with app.app_context():
        db.session.execute(sa.update(SignIn).values(acting_for=ours))
        db.session.commit()
    assert "un'organizzazione può appoggiare" in alone.submit().text
    page = bea.page(f"/proposte/{idea}")
    assert "Circolo la appoggia." in page.text
    page = page.form("/ritira-appoggio").submit()
    assert "La tua organizzazione non appoggia più" in page.text
    page = page.form("/appoggia").submit()
    assert "Ora la tua organizzazione appoggia" in page.text
    assert "Proposte che Circolo appoggia" in bea.page("/proposte/sostegni").text


def test_an_endorsement_is_taken_back_of_what_was_withdrawn_meanwhile(app, bea, idea):
    with app.app_context():
        db.session.execute(sa.update(Proposal).values(state="withdrawn", closed_at=now(), closed_reason="Non serve più"))
        ours = sa.select(Support.organisation_id).where(Support.organisation_id.is_not(None)).scalar_subquery()
        db.session.execute(sa.update(SignIn).values(acting_for=ours))
        db.session.commit()
    assert "non appoggia più" in bea.page(f"/proposte/{idea}").form("/ritira-appoggio").submit().text
    assert supported(app) == 0


def test_a_vote_and_another_one(bea, idea):
    page = bea.page(f"/proposte/{idea}")
    page = page.form("/vota").submit(choice="agree")
    assert "Il tuo voto è registrato." in page.text and "Hai votato: D'accordo." in page.text
    page = page.form("/vota").submit(choice="pass")
    assert "Hai votato: Mi astengo." in page.text
    assert "Scegli una delle risposte." in page.form("/vota").submit(choice="boh").text
    pressed = [node.get("value") for node in page.tree.iter("button") if node.get("aria-pressed") == "true"]
    assert pressed == ["pass"]


def test_my_supports_and_taking_one_back_though_it_is_hidden(app, bea, idea):
    bea.page(f"/proposte/{idea}").form("/sostieni").submit()
    page = bea.page("/proposte/sostegni")
    assert "Un orto nel cortile" in page.text and "puoi sostenere ancora 1 proposta" in page.text
    with app.app_context():
        db.session.execute(sa.update(Proposal).values(hidden_at=now()))
        db.session.commit()
    page = bea.page("/proposte/sostegni")
    assert "Un orto nel cortile" not in page.text and idea in page.text
    assert "Ritirato." in page.form("/ritira").submit().text
    assert supported(app) == 1
    assert bea.get(f"/proposte/{idea}/sostieni").status_code == 404


def test_where_an_identity_is_asked_for_the_page_says_how_to_come_in(app, client):
    with app.app_context():
        made = proposal(process("identita", level_least=2), person("ada"))
        person("bea")
        db.session.commit()
        code = made.code
    page = client.known_as("bea@posta.example").page(f"/proposte/{code}")
    assert "SPID o CIE" in page.text and not [form for form in page.tree.iter("form") if "sostieni" in form.get("action", "")]


def test_under_a_seal_the_page_says_when_it_will_be_told(app, client):
    with app.app_context():
        found = process("sigillo", {"supports": True, "hides_counts": True, "opens_at": now() - DAY})
        made = proposal(found, person("ada"))
        supporting.support(made, by=by(person("bea")))
        assert tally(made) is None
        db.session.commit()
        code = made.code
    assert "si saprà il" in client.page(f"/proposte/{code}").text
    mine = client.known_as("bea@posta.example").page(f"/proposte/{code}").text
    assert "La sostieni" in mine and "1 persona" not in mine
