"""The managers' desk for processes and their labs, without scripts: from a preset to a public process, minutes, the end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.demo import load_people
from hub.accounts.service import person_with
from hub.clock import now, today, wall
from hub.db import db
from hub.notices.models import Notice
from hub.proposals import meetings, planning
from hub.proposals.process_models import Phase, PhaseChange, Process
from hub.proposals.processes import process_by
from tests.hub.labs.makers import lab
from tests.hub.labs.programmes import CITIZEN, MANAGER
from tests.hub.labs.test_staff import errors
from tests.hub.proposals.makers import DAY, process, proposal

DESK = "/gestione/processi"
YEAR = today().year + 1


@pytest.fixture
def desk(app, client):
    """A manager's browser."""
    with app.app_context():
        load_people()
        db.session.commit()
    return client.known_as(MANAGER)


@pytest.fixture
def draft(app, desk) -> str:
    """A draft that lacks nothing; its page."""
    with app.app_context():
        title = {"it": "Idee", "en": "Ideas"}
        told = {"title": title, "office": "Settore X", "opens_at": now() + DAY, "by": person_with(MANAGER)}
        made = planning.begin("idea_collection", **told)
        planning.edit(made, summary={"it": "In una frase."}, text={"it": "Per esteso."})
        db.session.commit()
    return f"{DESK}/idee"


@pytest.fixture
def public(app, desk) -> str:
    """A public process with two phases; its page."""
    with app.app_context():
        process("corte", {"submits": True}, {"answers": True})
        db.session.commit()
    return f"{DESK}/corte"


def kept(app, slug: str) -> Process:
    """A process as it stands in the database."""
    with app.app_context():
        found = process_by(slug, published_only=False)
        db.session.expunge_all()
        return found


def local_time(days: int, hour: int = 12) -> str:
    """What somebody types for a time so many days ahead."""
    return f"{today() + timedelta(days=days)}T{hour:02}:00"


def test_a_manager_brings_a_process_from_a_preset_to_the_public(desk, app):
    assert "Nessun processo" in desk.page(DESK).text
    form = desk.page(desk.page(DESK).link("Nuovo processo"))
    assert "Raccolta delle proposte (45 giorni), Sostegno (21 giorni)" in form.text
    told = {"preset": "neighbourhood_pact", "title_it": "Patto di San Pio", "office": "Settore X", "opens_at": local_time(10, 9)}
    page = form.form("nuovo").submit(**told)
    assert page.path == f"{DESK}/patto-di-san-pio" and "Bozza scritta" in page.text
    made = kept(app, "patto-di-san-pio")
    assert [one.hides_counts for one in made.phases] == [False, True, True, False]
    assert wall(made.phases[0].opens_at).strftime("%H:%M") == "09:00"
    refused = page.form("pubblica").submit()
    assert refused.status == 422
    assert "Scrivi il titolo in italiano e in inglese" in refused.text and "Scrivi di che cosa si tratta" in refused.text
    words = {"title_en": "Pact", "slug": "san-pio", "summary_it": "Frase.", "text_it": "Uno.\n\nDue."}
    terms = {"level_least": "2", "proposals_most": "", "answer_days": "20"}
    edited = desk.page(f"{page.path}/modifica").form("modifica").submit(**words, **terms)
    assert edited.path == f"{DESK}/san-pio" and "Processo cambiato" in edited.text
    public = edited.form("pubblica").submit()
    assert "Pubblicato" in public.text and public.path == f"{DESK}/san-pio"
    made = kept(app, "san-pio")
    assert (made.state, made.level_least, made.proposals_most, made.answer_days) == ("published", 2, None, 20)


def test_a_form_sent_twice_begins_one_process(desk, app):
    form = desk.page(f"{DESK}/nuovo").form("nuovo")
    told = {"preset": "community_lab", "title_it": "Idee", "office": "X", "opens_at": local_time(3)}
    assert form.submit(**told).path == form.submit(**told).path == f"{DESK}/idee"
    with app.app_context():
        assert len(db.session.scalars(sa.select(Process)).all()) == 1


def test_what_a_new_process_lacks_is_said_beside_the_field(desk):
    page = desk.page(f"{DESK}/nuovo").form("nuovo").submit(title_it="", office="", opens_at="")
    assert page.status == 422
    assert errors(page) == ["Scrivi il titolo.", "Scrivi quale ufficio risponde alle proposte.", "Scegli il giorno e l'ora."]


# --- phases


def test_phases_are_written_in_one_form_and_ordered_by_their_times(desk, app, draft):
    form = desk.page(f"{draft}/fasi").form("fasi")
    assert form.values["phases-0-name_it"] == "Raccolta delle idee" and form.values["phases-3-name_it"] == ""
    added = {
        "phases-2-name_it": "Avvio",
        "phases-2-name_en": "Start",
        "phases-2-opens_at": local_time(-3),
        "phases-2-closes_at": local_time(-1),
        "phases-2-switches": "discusses",
        "phases-1-drop": "y",
        "phases-1-closes_at": "mai",
    }
    page = form.submit(button=("ancora", "1"), **added)
    assert page.path == f"{draft}/fasi" and "Fasi salvate" in page.text
    assert [(one.number, one.name["it"]) for one in kept(app, "idee").phases] == [(1, "Avvio"), (2, "Raccolta delle idee")]


def test_what_is_wrong_with_a_phase_stands_beside_its_field_and_nothing_is_lost(desk, app, draft):
    wrong = {
        "phases-1-name_en": "",
        "phases-1-opens_at": local_time(2),
        "phases-2-name_it": "Coda",
        "phases-2-opens_at": f"{YEAR}-02-30T10:00",
    }
    page = desk.page(f"{draft}/fasi").form("fasi").submit(**wrong)
    assert page.status == 422 and "Scegli il giorno e l'ora." in errors(page)[0]
    assert page.form("fasi").values["phases-2-name_it"] == "Coda"
    page = page.form("fasi").submit(**{"phases-2-opens_at": "", "phases-2-name_it": ""})
    assert page.status == 422
    assert [words.split(":")[0] for words in errors(page)] == [
        "Scrivi come si chiama la fase in inglese.",
        "Comincia prima che finisca la fase precedente",
    ]
    assert len(page.tree.findall(".//*[@href='#phases-1-name_en']")) == 1, "the summary leads to the field"
    assert page.form("fasi").values["phases-1-opens_at"] == local_time(2)
    assert kept(app, "idee").phases[1].name["en"] == "Review and answers"


def test_an_hour_that_does_not_exist_is_said(desk, draft):
    spring = next(day for day in (today().replace(year=YEAR, month=3, day=n) for n in range(31, 24, -1)) if day.weekday() == 6)
    page = desk.page(f"{draft}/fasi").form("fasi").submit(**{"phases-1-closes_at": f"{spring}T02:30"})
    assert page.status == 422 and "quest'ora non c'è" in errors(page)[0]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk, app, draft):
    forms = [desk.page(f"{draft}/{name}").form(name) for name in ("fasi", "modifica")] + [desk.page(draft).form("pubblica")]
    desk.page(f"{draft}/modifica").form("modifica").submit(title_it="Altro titolo")
    for form in forms:
        page = form.submit()
        assert page.status == 422 and "Nel frattempo il processo è cambiato" in page.text
    assert (kept(app, "idee").title["it"], kept(app, "idee").state) == ("Altro titolo", "draft")
    form = desk.page(f"{draft}/modifica").form("modifica")
    desk.page(f"{draft}/fasi").form("fasi").submit(**{"phases-0-name_it": "Prima"})
    assert form.submit().status == 422, "its phases are part of what was seen"


def test_a_public_process_keeps_its_terms(desk, app, public):
    page = desk.page(f"{public}/modifica")
    assert 'name="answer_days"' not in page.html and 'name="slug"' not in page.html
    told = {"title_it": "Corte", "title_en": "Court", "summary_it": "x", "text_it": "y", "slug": "altro", "answer_days": "300"}
    assert "Processo cambiato" in page.form("modifica").submit(**told).text
    assert (kept(app, "corte").title["it"], kept(app, "corte").answer_days) == ("Corte", 30)
    page = desk.page(f"{public}/fasi").form("fasi").submit(**{"phases-0-supports_most": "", "phases-0-name_it": "Altra"})
    assert page.status == 422 and "già pubblico" in page.text
    assert [one.name["it"] for one in kept(app, "corte").phases] == ["Fase 1", "Fase 2"]


def test_a_draft_is_thrown_away_and_a_public_process_is_not(desk, app, draft, public):
    page = desk.page(draft).form("elimina").submit()
    assert page.path == DESK and "Bozza eliminata" in page.text and kept(app, "idee") is None
    token = desk.page(public).form("concludi").values["csrf_token"]
    answer = desk.post(f"{public}/elimina", data={"csrf_token": token}, follow_redirects=True)
    assert "già pubblico" in answer.text and kept(app, "corte") is not None


# --- extension and end


def test_a_phase_is_extended_and_everybody_concerned_is_told(desk, app, public):
    with app.app_context():
        proposal(process_by("corte"), person_with(CITIZEN), state="draft")
        db.session.commit()
    page = desk.page(desk.page(public).link("Proroga: Fase 1"))
    before = kept(app, "corte").phases
    empty = page.form("proroga").submit(closes_at="", act="", reason="")
    assert [len(words) > 10 for words in errors(empty)] == [True] * 3
    early = page.form("proroga").submit(closes_at=local_time(1), act="Det. 1", reason="Festa")
    assert early.status == 422 and "Una fase si può solo prorogare" in errors(early)[0]
    assert early.form("proroga").values["act"] == "Det. 1"
    done = early.form("proroga").submit(closes_at=local_time(40), act="Det. 1", reason="Festa")
    assert done.path == public and "Fase prorogata" in done.text and "Atto: Det. 1. Motivo: Festa" in done.text
    after = kept(app, "corte").phases
    assert after[1].opens_at == after[0].closes_at > before[0].closes_at
    with app.app_context():
        assert [one.address for one in db.session.scalars(sa.select(Notice))] == [CITIZEN]
        assert len(db.session.scalars(sa.select(PhaseChange)).all()) == 2
    assert page.form("proroga").submit(closes_at=local_time(50), act="Det. 2", reason="Ancora").status == 422, "as it was seen"
    assert desk.get(f"{public}/fasi/9/proroga").status_code == 404


def test_a_process_is_concluded_when_it_is_over(desk, app, public):
    assert "concludi il processo dopo" in desk.page(public).form("concludi").submit().text
    with app.app_context():
        process("ieri", {"submits": True, "opens_at": now() - 3 * DAY, "closes_at": now() - DAY})
        db.session.commit()
    assert "Processo concluso" in desk.page(f"{DESK}/ieri").form("concludi").submit().text
    assert kept(app, "ieri").concluded_at is not None
    assert "Concluso" in desk.page(DESK).text


# --- labs


@pytest.fixture
def meeting(app, public) -> str:
    """A lab of the public process, with a proposal of it; the page of its meeting."""
    with app.app_context():
        activity = lab("orto", summary={"it": "Un orto."})
        planning.attach(process_by("corte"), activity)
        proposal(process_by("corte"), person_with(CITIZEN))
        db.session.commit()
    return f"{public}/incontri/orto.01"


def code(app) -> str:
    with app.app_context():
        return meetings.to_discuss(_session(), process_by("corte"))[0].code


def _session():
    return meetings.meeting_by(process_by("corte"), "orto.01")


def test_an_activity_of_the_programme_becomes_a_lab_of_the_process(desk, app, public):
    with app.app_context():
        lab("orto")
        db.session.commit()
    page = desk.page(f"{public}/laboratori")
    assert "Nessun laboratorio" in page.text
    assert errors(page.form("laboratori").submit(activity="")) == ["Scegli un'attività."]
    page = page.form("laboratori").submit(activity="orto")
    assert "Attività collegata" in page.text and "Orto" in page.text
    page = page.form("togli").submit()
    assert "Attività staccata" in page.text and "Nessun laboratorio" in page.text


def test_proposals_are_put_on_the_agenda_and_minutes_are_published_once(desk, app, meeting):
    named = code(app)
    page = desk.page(meeting)
    wrong = page.form("proposte").submit(proposal="PR-1999-000001")
    assert wrong.status == 422 and "I codici sono come" in errors(wrong)[0]
    page = page.form("proposte").submit(proposal=named)
    assert "Proposta all'ordine del giorno" in page.text
    assert "Proposta tolta" in page.form("togli").submit().text
    page = desk.page(meeting).form("proposte").submit(proposal=named)
    saved = page.form("verbale").submit(text="Si parla <b>dell'orto</b>.", decisions="")
    assert "Bozza del verbale salvata" in saved.text
    stale = page.form("verbale").submit(text="Altro.", decisions="")
    assert stale.status == 422 and "qualcun altro ha scritto il verbale" in stale.text
    early = saved.form("verbale").submit(button=("pubblica", "1"))
    assert early.status == 422 and "segna nel registro" in early.text
    with app.app_context():
        session = _session()
        session.state, session.minutes = "held", 120
        db.session.commit()
    done = desk.page(meeting).form("verbale").submit(button=("pubblica", "1"), decisions="Si comincia.")
    assert "Verbale pubblicato" in done.text and "&lt;b&gt;dell'orto" in done.html.replace("&#39;", "'")
    assert [node.get("action") for node in done.tree.iter("form") if "verbale" in node.get("action", "")] == []


def test_minutes_without_words_are_refused_beside_the_field(desk, meeting):
    page = desk.page(meeting).form("verbale").submit(text="", decisions="Si comincia.")
    assert page.status == 422 and errors(page) == ["Scrivi che cosa si è detto."]
    assert page.form("verbale").values["decisions"] == "Si comincia."


def test_the_phases_of_another_process_are_not_found(desk, app, public):
    for path in (f"{DESK}/nessuno", f"{DESK}/nessuno/fasi", f"{public}/incontri/altro.01", f"{public}/incontri/x"):
        assert desk.get(path).status_code == 404
    with app.app_context():
        assert len(db.session.scalars(sa.select(Phase)).all()) == 2
