"""The pages of a path without scripts: what an organisation needs, whom a manager matches, what both sides confirm."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.service import person_with
from hub.clock import now, wall
from hub.db import db
from hub.labs import enrolment, meetings, paths
from hub.labs.models import Activity, Enrolment, Meeting, Mentorship, Need
from hub.tables import XLSX
from tests.hub.labs.makers import HOUR
from tests.hub.labs.test_paths import Path, hold, mentor
from tests.hub.labs.test_staff import errors

ADA, MAX, MANAGER = (f"{name}@posta.example" for name in ("ada", "max", "gestora"))
MINE = "/area-personale/percorsi"
DESK = "/gestione/attivita/cap/percorso"


@pytest.fixture
def numbers(app) -> dict[str, int]:
    """The numbers of a path's enrolment and of its mentorship."""
    with app.app_context():
        path = Path()
        return {"path": path.enrolled.id, "match": path.match.id}


def said(hours: float = 3) -> str:
    """Some hours ago, as the field of a moment has it."""
    return f"{wall(now() - hours * HOUR):%Y-%m-%dT%H:%M}"


def test_an_organisation_writes_its_needs_and_sees_them_met(client, app, numbers):
    client.known_as(ADA)
    page = client.page(client.page("/area-personale").link("I percorsi"))
    assert "Ruote Leggere" in page.text
    page = client.page(page.link("Ruote Leggere"))
    assert "Nessun bisogno scritto" in page.text and "Max Greco" in page.text and "Il percorso non ha ancora ore" in page.text
    page = page.form("/bisogni").submit(area="legal", words="Un nuovo statuto")
    assert "Bisogno aggiunto" in page.text and "Un nuovo statuto" in page.text
    page = client.page(page.link("Correggi")).form().submit(words="Uno statuto più semplice")
    assert "Bisogno cambiato" in page.text and "più semplice" in page.text
    page = page.form("/stato").submit(("met", "1"))
    assert "Segnato come risolto" in page.text and "Risolto" in page.text
    assert "Riaperto" in page.form("/stato").submit(("met", "0")).text
    page = page.form("/persone").submit(people="3", roles="chi amministra")
    assert "Salvato" in page.text
    with app.app_context():
        assert paths.people_of(db.session.get(Enrolment, numbers["path"])).people == 3


@pytest.mark.parametrize(
    ("action", "values", "words"),
    [
        ("/bisogni", {"area": "", "words": "Clienti"}, "Scegli dall'elenco."),
        ("/bisogni", {"area": "magic", "words": "Clienti"}, "Scegli dall'elenco."),
        ("/bisogni", {"area": "legal", "words": "  "}, "Scrivi di che cosa c'è bisogno."),
        ("/persone", {"people": "0"}, "Scrivi un numero da 1 a 100."),
        ("/persone", {"people": "tanti"}, "Scrivi un numero intero."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(client, numbers, action, values, words):
    page = client.known_as(ADA).page(f"{MINE}/{numbers['path']}").form(action).submit(**values)
    assert page.status == 422 and words in " ".join(errors(page))
    assert all(not value or value in page.html for name, value in values.items() if name != "area")


def test_a_need_sent_twice_is_written_once(client, app, numbers):
    form = client.known_as(ADA).page(f"{MINE}/{numbers['path']}").form("/bisogni")
    for _ in range(2):
        form.submit(area="legal", words="Statuto")
    with app.app_context():
        assert len(db.session.scalars(sa.select(Need)).all()) == 1


def test_one_side_writes_a_meeting_and_the_other_confirms_it(client, app, numbers):
    here = f"/area-personale/abbinamenti/{numbers['match']}"
    page = client.known_as(MAX).page(here).form().submit(starts=said(), minutes="90", topic="Il prezzo")
    assert "Incontro scritto" in page.text and "Manca la conferma dell'organizzazione" in page.text
    assert "Non è andata così" not in page.text
    page = client.known_as(ADA).page(f"{MINE}/{numbers['path']}")
    page = client.page(page.link("Apri")).form("/conferma").submit()
    assert (
        "Confermato: i minuti contano" in page.text and "Con i mentor, confermati da tutti e due 1 ora e 30 minuti" in page.text
    )
    with app.app_context():
        assert db.session.scalars(sa.select(Meeting)).one().event_id


def test_the_other_side_says_what_is_wrong(client, app, numbers):
    with app.app_context():
        made = meetings.write(
            db.session.get(Mentorship, numbers["match"]),
            "mentor",
            starts=now() - 3 * HOUR,
            minutes=60,
            topic="Il prezzo",
            by=person_with(MAX),
        )
        db.session.commit()
        id = made.id
    page = client.known_as(ADA).page(f"/area-personale/abbinamenti/{numbers['match']}")
    page = client.page(page.link("Non è andata così"))
    wrong = page.form().submit(reason=" ")
    assert wrong.status == 422 and errors(wrong) == ["Scrivi che cosa non va: lo legge l'altra parte."]
    page = page.form().submit(reason="È durato mezz'ora")
    assert "Incontro annullato" in page.text and "È durato mezz'ora" in page.text
    again = client.page(f"/area-personale/abbinamenti/{numbers['match']}/incontri/{id}/contesta").form().submit(reason="Di nuovo")
    assert again.status == 422 and "è già annullato" in again.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"starts": f"{wall(now() + timedelta(days=1)):%Y-%m-%dT%H:%M}"}, "Si scrive un incontro quando è finito"),
        ({"starts": f"{wall(now() - timedelta(days=9)):%Y-%m-%dT%H:%M}"}, "l'incontro non può essere prima"),
        ({"starts": "ieri"}, "Scegli il giorno e l'ora."),
        ({"starts": ""}, "Scrivi quando è cominciato."),
        ({"minutes": "721"}, "Scrivi un numero da 1 a 720."),
        ({"topic": ""}, "Scrivi in poche parole di che cosa avete parlato."),
    ],
)
def test_a_meeting_that_cannot_be_is_refused_in_words(client, numbers, values, words):
    page = client.known_as(MAX).page(f"/area-personale/abbinamenti/{numbers['match']}")
    page = page.form().submit(**{"starts": said(), "minutes": "60", "topic": "Il prezzo"} | values)
    assert page.status == 422 and words in " ".join(errors(page))


def test_a_manager_sees_all_needs_and_matches_by_hand(client, app, numbers):
    with app.app_context():
        activity = db.session.scalars(sa.select(Activity)).one()
        paths.add_need(db.session.get(Enrolment, numbers["path"]), "finance", "Un prestito")
        olmo = mentor(activity, role="tutor").id
        hold(activity, db.session.get(Enrolment, numbers["path"]), 300, 241)
        db.session.commit()
    client.known_as(MANAGER)
    page = client.page(client.page("/gestione/attivita/cap").link("Percorso"))
    assert "Un prestito" in page.text and "Raggiunge l'80 per cento del percorso" in page.text
    form = page.form("/abbinamenti")
    wrong = form.submit(enrolment=str(numbers["path"]), trainer="", since="")
    assert wrong.status == 422 and len(errors(wrong)) == 2
    page = form.submit(enrolment=str(numbers["path"]), trainer=str(olmo))
    assert "Abbinati" in page.text and "Max Greco, Olmo Rossi" in page.text and "conferma il gestore" in page.text
    twice = page.form("/abbinamenti").submit(enrolment=str(numbers["path"]), trainer=str(olmo))
    assert twice.status == 422 and errors(twice) == ["Sono già abbinati."]
    assert "Abbinamento finito" in page.form("/fine").submit().text


def test_a_manager_writes_a_need_and_takes_a_meeting_back(client, app, numbers):
    with app.app_context():
        match = db.session.get(Mentorship, numbers["match"])
        told = {"starts": now() - 3 * HOUR, "minutes": 60, "topic": "Il prezzo"}
        made = meetings.write(match, "mentor", **told, by=person_with(MAX))
        meetings.confirm(made, "other", by=person_with(ADA))
        db.session.commit()
    client.known_as(MANAGER)
    page = client.page(client.page(DESK).link("Ruote Leggere"))
    page = page.form().submit(area="space", words="Un banco da lavoro")
    assert "Bisogno aggiunto" in page.text
    page = client.page(page.link("Correggi")).form().submit(words="Due banchi")
    assert "Due banchi" in page.form("/stato").submit(("met", "1")).text
    page = client.page(page.link("Annulla")).form().submit(reason="Era un altro giorno")
    assert "Incontro annullato" in page.text and "Era un altro giorno" in page.text
    with app.app_context():
        assert db.session.scalars(sa.select(Meeting)).one().voided_at


def test_the_hours_are_a_table_to_take_away(client, app, numbers):
    with app.app_context():
        hold(db.session.scalars(sa.select(Activity)).one(), db.session.get(Enrolment, numbers["path"]), 300, 239)
        db.session.commit()
    client.known_as(MANAGER)
    lines = client.get(f"{DESK}/ore.csv").text.splitlines()
    assert lines[1] == '"Ruote Leggere";239;0;239;300;"no";1'
    book = client.get(f"{DESK}/ore.xlsx")
    assert book.mimetype == XLSX and book.data.startswith(b"PK")


def test_only_activities_of_organisations_have_a_path(client, app, numbers):
    with app.app_context():
        db.session.scalars(sa.select(Activity)).one().takes_part = "person"
        db.session.commit()
    assert client.known_as(MANAGER).get(DESK).status_code == 404


def test_after_it_has_left_the_organisation_finds_no_path_and_the_mentor_reads_the_past(client, app, numbers):
    with app.app_context():
        enrolment.reject(db.session.get(Enrolment, numbers["path"]), "Non viene più", by=person_with(MANAGER))
        paths.settle()
        db.session.commit()
    assert client.known_as(ADA).get(f"{MINE}/{numbers['path']}").status_code == 404
    page = client.known_as(MAX).page(f"/area-personale/abbinamenti/{numbers['match']}")
    assert "Finito" in page.text and "Scrivi l'incontro" not in page.text


def test_who_has_nothing_there_reads_so(client, app, numbers):
    page = client.known_as(MANAGER).page(MINE)
    assert "Nessun percorso" in page.text
    assert "I percorsi" not in client.page("/area-personale").text


def test_who_speaks_for_a_mentor_without_an_account_shows_two_proofs_where_the_staff_must(client, app, numbers):
    with app.app_context():
        db.session.get_one(Mentorship, numbers["match"]).trainer.person = None
        db.session.commit()
    page = f"/area-personale/abbinamenti/{numbers['match']}"
    assert client.known_as(MANAGER).get(page).status_code == 200
    app.config["STAFF_SECOND_FACTOR"] = "required"
    assert client.get(page).status_code == 303
    assert app.test_client().known_as(ADA).get(page).status_code == 200
