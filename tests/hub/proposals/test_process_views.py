"""Processes for everybody: what is open, what each phase is open to, dates that changed, labs and their meetings."""

import json
import re

import pytest

from hub.accounts.demo import load_people
from hub.accounts.service import person_with
from hub.clock import now
from hub.db import db
from hub.labs.models import Activity
from hub.proposals import meetings, planning
from hub.proposals.debate_models import Support
from hub.proposals.process_models import Process
from hub.proposals.process_rules import TAKEN_WORDS
from hub.proposals.processes import process_by
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import lab, person
from tests.hub.labs.programmes import CITIZEN, MANAGER
from tests.hub.proposals.makers import DAY, process, proposal
from tests.hub.proposals.test_meetings import held

TEXT = {"summary": {"it": "In una frase.", "en": "In a sentence."}, "text": {"it": "Uno.\n\nDue."}}
COURT = {"it": "Corte", "en": "Court"}


@pytest.fixture(autouse=True)
def people(app) -> None:
    with app.app_context():
        load_people()
        db.session.commit()


def made(app, slug: str, *phases: dict, **more: object) -> None:
    with app.app_context():
        process(slug, *phases, **TEXT | {"title": COURT} | more)
        db.session.commit()


def between(opens: float, closes: float, *switches: str, **more: object) -> dict[str, object]:
    """A phase from and to so many days from now."""
    return {"opens_at": now() + opens * DAY, "closes_at": now() + closes * DAY} | dict.fromkeys(switches, True) | more


def section(page, anchor: str) -> str:
    (node,) = [node for node in page.tree.iter("section") if node.get("id") == anchor]
    return " ".join(" ".join(node.itertext()).split())


def test_without_processes_the_page_says_what_to_do(client, app):
    page = client.page("/partecipa")
    assert "Adesso non c'è un processo aperto" in page.text and "Che cosa c'è stato" not in page.text
    made(app, "bozza", published=False)
    assert "Corte" not in client.page("/partecipa").text
    assert client.get("/partecipa/bozza").status_code == client.get("/partecipa/nessuno").status_code == 404


def test_what_is_open_comes_first_and_what_was_stands_apart(client, app):
    made(app, "presto", between(5, 10, "submits"), title={"it": "Presto"})
    made(app, "aperto", between(-5, 10, "submits"), title={"it": "Aperto"})
    made(app, "tra", between(-5, -4, "submits"), between(4, 6, "answers"), title={"it": "Tra"})
    made(app, "finito", between(-5, -1, "submits"), title={"it": "Finito"})
    made(app, "concluso", between(-5, -1, "submits"), title={"it": "Concluso ieri"}, concluded_at=now())
    page = client.page("/partecipa")
    titles = [" ".join("".join(node.itertext()).split()) for node in page.tree.iter("h3")]
    assert titles == ["Aperto", "Tra", "Presto", "Concluso ieri", "Finito"]
    for words in ("In corso", "Tra una fase e l'altra", "Comincia presto", "Fasi finite", "Concluso"):
        assert words in page.text


def test_a_process_says_its_phases_and_marks_the_one_of_now(client, app):
    phases = [
        between(-9, -1, "submits", name={"it": "Raccolta", "en": "Collecting"}),
        between(-1, 9, "supports", "discusses", supports_most=3, hides_counts=True, name={"it": "Sostegno", "en": "Support"}),
        between(9, 19, "answers", name={"it": "Risposte", "en": "Answers"}),
    ]
    made(app, "corte", *phases, proposals_most=2, level_least=2, answer_days=20)
    page = client.page("/partecipa/corte")
    (current,) = [node for node in page.tree.iter("li") if node.get("aria-current") == "step"]
    words = " ".join("".join(current.itertext()).split())
    assert "Sostegno" in words and "al massimo 3 a persona" in words and "si sa solo quando la fase è finita" in words
    assert "Scrivi una proposta" not in page.text, "it is not open to that now"
    assert "Ogni proposta ha una risposta motivata entro 20 giorni" in page.text
    assert "al massimo 2 proposte" in page.text and "livello 2" in page.text
    assert page.link("Leggi le proposte").endswith("/proposte?processo=corte")
    assert "Court" in client.get("/partecipa/corte", headers={"Accept-Language": "en"}).text


def test_who_may_propose_now_finds_the_way(client, app):
    made(app, "corte", between(-1, 5, "submits"))
    assert client.page("/partecipa/corte").link("Scrivi una proposta").endswith("/proposte/nuova?processo=corte")
    assert client.known_as(CITIZEN).get("/proposte/nuova?processo=corte").status_code == 200


def test_dates_that_changed_are_told_with_their_act_and_reason(client, app):
    made(app, "corte", between(-1, 5, "submits"), between(5, 9, "answers"))
    assert "Date cambiate" not in client.page("/partecipa/corte").text
    with app.app_context():
        found = planning.process_to_change("corte")
        phase = found.phases[0]
        told = {"act": "Determinazione 12", "reason": "Festa <patronale>", "by": person_with(MANAGER)}
        planning.extend(phase, phase.closes_at + DAY, **told)
        db.session.commit()
    page = client.page("/partecipa/corte")
    said = section(page, "proroghe")
    assert said.count("Atto: Determinazione 12. Motivo: Festa <patronale>") == 2
    assert "Comincia" in said and MANAGER not in page.html


@pytest.mark.parametrize("hides", [True, False])
def test_how_many_support_is_told_only_while_nobody_hides_it(client, app, hides):
    made(app, "corte", between(-1, 5, "submits", "supports", hides_counts=hides))
    with app.app_context():
        found = process_by("corte")
        mine = proposal(found, person("ada"))
        for number in range(7):
            voice = voice_of(person(f"fan{number}"))
            given = {"phase_id": found.phases[0].id, "voice_id": voice.id, "slot": 1, "at": now()}
            db.session.add(Support(proposal_id=mine.id, kind="support", **given))
        db.session.commit()
    page = client.page("/partecipa/corte")
    assert ("7 sostegni" in page.text) is not hides
    assert "1 proposta pubblicata" in page.text and "1 aspetta una risposta" in page.text
    if hides:
        assert "sostegn" not in section(page, "proposte").replace("sostengono", "") and "7" not in section(page, "proposte")


# --- labs


def meeting(app) -> tuple[Process, Activity]:
    found = process("corte", **TEXT | {"title": COURT})
    activity = lab("orto", places=20, summary={"it": "Un orto."})
    planning.attach(found, activity)
    return found, activity


def test_labs_of_a_process_stand_on_its_page_with_their_meetings(client, app):
    with app.app_context():
        meeting(app)
        db.session.commit()
    assert client.page("/attivita/orto").link("Corte") == "/partecipa/corte"
    page = client.page("/partecipa/corte")
    assert "20 posti liberi" in page.text
    link = next(node.get("href") for node in page.tree.iter("a") if "/incontri/" in node.get("href", ""))
    assert link == "/partecipa/corte/incontri/orto.01"
    there = client.page(link)
    assert there.link("Iscriviti") == "/attivita/orto/iscriviti" and "Non c'è ancora nessuna proposta" in there.text
    assert "Dopo l'incontro si leggerà qui" in there.text
    for path in ("/partecipa/corte/incontri/orto.02", "/partecipa/corte/incontri/x", "/partecipa/nessuno/incontri/orto.01"):
        assert client.get(path).status_code == 404


def test_a_proposal_says_in_which_meetings_to_come_one_speaks_of_it(client, app):
    with app.app_context():
        found, activity = meeting(app)
        mine = proposal(found, person("ada"))
        meetings.put_on_agenda(activity.sessions[0], found, mine.code)
        db.session.commit()
        path = f"/proposte/{mine.code}"
    page = client.page(path)
    assert "Vieni a parlarne" in page.text and "/partecipa/corte/incontri/orto.01" in page.html
    with app.app_context():
        held(meetings.meeting_by(process_by("corte"), "orto.01"))
        db.session.commit()
    assert "Vieni a parlarne" not in client.page(path).text


def test_a_meeting_tells_machines_what_it_is(client, app):
    with app.app_context():
        meeting(app)
        db.session.commit()
    page = client.page("/partecipa/corte/incontri/orto.01")
    (script,) = [node for node in page.tree.iter("script") if node.get("type") == "application/ld+json"]
    told = json.loads(script.text)
    assert (told["@type"], told["name"], told["about"]) == ("Event", "Orto", "Corte")
    assert told["url"].endswith("/partecipa/corte/incontri/orto.01") and told["superEvent"]["url"].endswith("/attivita/orto")


def test_minutes_are_read_by_everybody_once_they_are_published(client, app):
    with app.app_context():
        found, activity = meeting(app)
        session, mine = activity.sessions[0], proposal(found, person("ada"), title="Un orto comune")
        meetings.put_on_agenda(session, found, mine.code)
        meetings.write(held(session, *(9,) * 3), "Uno.\n\n<script>due</script>", "Si fa.", seen="", by=person_with(MANAGER))
        db.session.commit()
    page = client.page("/partecipa/corte/incontri/orto.01")
    assert "Si fa." not in page.text and "Un orto comune" in page.text and "meno di 5" in page.text
    with app.app_context():
        meetings.publish(meetings.meeting_by(process_by("corte"), "orto.01"))
        db.session.commit()
    page = client.page("/partecipa/corte/incontri/orto.01")
    assert "Si fa." in page.text and "&lt;script&gt;due" in page.html and "/iscriviti" not in page.html
    assert "C'è il verbale" in client.page("/partecipa/corte").text


def test_the_way_to_the_processes_is_in_the_header_and_on_the_desk(client, app):
    page = client.page("/partecipa")
    (way,) = [node for node in page.tree.iter("a") if node.get("href") == "/partecipa" and node.get("aria-current") == "true"]
    assert "Partecipa" in "".join(way.itertext())
    made(app, "corte")
    assert client.page("/mappa-del-sito").link("Corte") == "/partecipa/corte"
    assert "/gestione/processi" in client.known_as(MANAGER).page("/gestione").html


def test_no_process_takes_the_address_of_another_page(app):
    fixed = [re.fullmatch(r"/(?:partecipa|gestione/processi)/([^/<]+)(?:/.*)?", rule.rule) for rule in app.url_map.iter_rules()]
    assert {found[1] for found in fixed if found} == set(TAKEN_WORDS)
