"""Reporting a fault: from the form to the answer, with its mails."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.exc import IntegrityError

from hub import demo
from hub.accounts import throttle
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.clock import now
from hub.commands import purge
from hub.db import db
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.pages import rules, service
from hub.pages.models import Report, ReportChange
from hub.refusal import Refusal
from tests.client import CheckingClient, Page
from tests.hub.accounts.people import mail, statements

CITIZEN, MANAGER = "cittadina@officine.example", "gestore@officine.example"
OTHERS = (CITIZEN, "valutatore@officine.example", "admin@officine.example")
MARKUP = "<script>alert(1)</script> & <b>così</b>"
REPORT = {
    "category": "space",
    "space": "aula-1",
    "title": "Presa senza corrente",
    "text": "La presa vicino alla porta non dà corrente.\r\nDa ieri.",
    "email": "Rosa@Posta.example",
}


@pytest.fixture(autouse=True)
def hub(app):
    with app.app_context():
        demo.load_spaces()
        load_people()
        db.session.commit()


def tell(client: CheckingClient, **values: object) -> Page:
    return client.page("/segnala-disservizio").form("disservizio").submit(**REPORT | values)


def sign_in(app: Flask, email: str) -> CheckingClient:
    return app.test_client().known_as(email)


def desk(client: CheckingClient, page: Page, **values: object) -> Page:
    """What a manager does with the report that this page follows."""
    return client.page(f"/gestione/segnalazioni/{code_of(page)}").form("segnalazioni/" + code_of(page)).submit(**values)


def code_of(page: Page) -> str:
    return re.search(r"SD-\d{4}-\d{6}", page.text)[0]


def kept(app: Flask) -> list[Report]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Report).order_by(Report.id)))


def letters(app: Flask, *kinds: str) -> list[tuple[str, str, str]]:
    """(address, subject, body) of the mails of these kinds, as they are sent."""
    with app.test_request_context():
        written = [letter(row) for row in mail(app) if row.kind in kinds]
    return [(one["To"], one["Subject"], one.get_content()) for one in written]


def person(email: str) -> Person:
    return db.session.scalars(sa.select(Person).filter_by(email=email)).one()


def report(**values: object) -> Report:
    told = {"category": "portal", "space": "", "title": "Errore", "text": "Non va.", "email": "", "language": "it"}
    return service.report(**told | values)


# --- the whole way


def test_a_report_goes_from_the_form_to_the_answer(app, client):
    followed = tell(client)
    assert followed.status == 200 and "Segnalazione inviata" in followed.text
    assert re.fullmatch(r"/segnalazioni/[\w-]{22}", followed.path)
    assert f"http://localhost{followed.path}" in followed.text and "Un gestore la prende in carico" in followed.text
    manager = sign_in(app, MANAGER)
    listed = manager.page("/gestione/segnalazioni")
    assert manager.page(listed.link("Presa senza corrente")).text.count("rosa@posta.example") == 1
    assert "Segnalazione presa in carico." in desk(manager, followed, take_charge="y").text
    assert "Presa in carico" in client.page(followed.path).text
    closed = desk(manager, followed, close="y", answer="Sistemata: era il salvavita.")
    assert "Segnalazione chiusa con la tua risposta." in closed.text and "Gino Esempio" in closed.text
    seen = client.page(followed.path)
    assert "Sistemata: era il salvavita." in seen.text and "Chiusa" in seen.text and "Gino" not in seen.text
    (row,) = kept(app)
    assert (row.state, row.email, row.text) == ("closed", "rosa@posta.example", REPORT["text"].replace("\r\n", "\n"))
    kinds = ["report_to_handle", "report_received", "report_in_progress", "report_closed"]
    assert sorted(row.kind for row in mail(app)) == sorted(f"pages/{kind}" for kind in kinds)


def test_the_mails_say_what_happened_and_lead_to_the_page(app, client):
    followed = tell(client)
    manager = sign_in(app, MANAGER)
    desk(manager, followed, take_charge="y")
    desk(manager, followed, close="y", answer="Sistemata.\nGrazie!")
    mine = letters(app, "pages/report_received", "pages/report_in_progress", "pages/report_closed")
    assert [subject.split(":")[0] for _to, subject, _body in mine] == [
        "Segnalazione ricevuta",
        "Segnalazione presa in carico",
        "Risposta alla segnalazione",
    ]
    assert {to for to, *_ in mine} == {"rosa@posta.example"}
    assert all(f"http://localhost{followed.path}" in body and "Buongiorno,\n" in body for *_, body in mine)
    assert all("Presa senza corrente" in subject and code_of(followed) in subject for _to, subject, _body in mine)
    assert "Sistemata.\nGrazie!" in mine[-1][2]
    ((_to, subject, body),) = letters(app, "pages/report_to_handle")
    assert "Ciao Gino Esempio" in body and "Guasto in uno spazio" in body and "Nuova segnalazione" in subject
    assert f"http://localhost/gestione/segnalazioni/{code_of(followed)}" in body and "rosa@" not in body


def test_mails_are_in_the_language_of_the_report(app, client):
    form = client.page("/segnala-disservizio", headers={"Accept-Language": "en"}).form("disservizio")
    form.submit(**REPORT, headers={"Accept-Language": "en"})
    (row,) = kept(app)
    assert row.language == "en" and {one.language for one in mail(app) if one.kind == "pages/report_received"} == {"en"}


def test_without_an_address_the_page_is_the_only_answer(app, client):
    followed = tell(client, email="", space="", category="portal")
    assert "la risposta la trovi solo qui" in followed.text and "In nessuno spazio in particolare" in followed.text
    desk(sign_in(app, MANAGER), followed, close="y", answer="Corretto.")
    assert {row.kind for row in mail(app)} == {"pages/report_to_handle"}
    assert "Corretto." in client.page(followed.path).text


def test_who_has_signed_in_finds_their_address_filled_in(app):
    client = sign_in(app, CITIZEN)
    assert client.page("/segnala-disservizio").form("disservizio").values["email"] == CITIZEN


CHOSEN = [("tipo=accessibilita", "accessibility"), ("tipo=spazio", "space"), ("tipo=altro", "other"), ("tipo=x", None)]


@pytest.mark.parametrize(("query", "chosen"), CHOSEN)
def test_a_link_may_choose_the_category(client, query, chosen):
    assert client.page(f"/segnala-disservizio?{query}").form("disservizio").values.get("category") == chosen


def test_a_link_may_choose_the_space(client):
    assert client.page("/segnala-disservizio?spazio=aula-1").form("disservizio").values["space"] == "aula-1"


# --- what does not fit


@pytest.mark.parametrize(
    "values",
    [
        {"category": None},
        {"category": "nessuna"},
        {"space": "nessuno"},
        {"space": "99999999999999999999"},
        {"title": "   "},
        {"title": "a" * 121},
        {"text": ""},
        {"text": "a" * 2001},
        {"email": "rosa"},
        {"email": "rosa@posta.example\nBcc: altri@posta.example"},
        {"email": "a" * 250 + "@posta.example"},
    ],
    ids=str,
)
def test_wrong_input_gets_words_beside_the_field_and_nothing_is_lost(app, client, values):
    page = tell(client, **values)
    assert page.status == 422 and "Qualcosa da correggere" in page.text
    assert page.form("disservizio").values["title"] == (values.get("title") or REPORT["title"]).strip()
    assert kept(app) == [] and mail(app) == []


def test_two_thousand_signs_fit_as_the_browser_counts_them(app, client):
    assert tell(client, text="a\r\n" * 1000).status == 200
    assert len(kept(app)[0].text) == 1999


def test_sent_twice_it_is_one_report(app, client):
    form = client.page("/segnala-disservizio").form("disservizio")
    assert form.submit(**REPORT).path == form.submit(**REPORT).path
    assert len(kept(app)) == 1 and len(mail(app)) == 2


def test_too_many_from_one_address_are_told_to_wait(app, client):
    with app.app_context():
        for _ in range(throttle.FORM_ADDRESS.times):
            throttle.count(throttle.FORM_ADDRESS, throttle.network("127.0.0.1"))
    page = tell(client)
    assert page.status == 429 and "Riprova tra" in page.text and page.form("disservizio").values["title"] == REPORT["title"]
    assert kept(app) == []


def test_markup_is_inert_wherever_it_is_read(app, client):
    followed = tell(client, title=MARKUP, text=MARKUP)
    manager = sign_in(app, MANAGER)
    pages = [followed, manager.page("/gestione/segnalazioni"), manager.page(f"/gestione/segnalazioni/{code_of(followed)}")]
    pages.append(desk(manager, followed, close="y", answer=MARKUP))
    pages.append(client.page(followed.path))
    for page in pages:
        assert MARKUP in page.text and "<script>alert" not in page.html, page.path


# --- who may read what


def test_a_report_is_followed_by_its_secret_address_alone(app, client):
    followed = tell(client)
    answer = client.get(followed.path)
    assert answer.headers["Cache-Control"] == "no-store" and 'content="noindex"' in answer.text
    for other in ("/segnalazioni/1", f"/segnalazioni/{code_of(followed)}", followed.path[:-1], followed.path + "x" * 40):
        assert client.get(other).status_code == 404, other


def test_only_managers_come_to_the_desk(app, client):
    code = code_of(tell(client))
    for path in ("/gestione/segnalazioni", f"/gestione/segnalazioni/{code}"):
        assert client.get(path).status_code == 303
        for email in OTHERS:
            assert sign_in(app, email).get(path).status_code == 403, (path, email)


@pytest.mark.parametrize("code", ["SD-2026-999999", "SD-1999-000001", "OM-2026-000001", "SD-2026-999999999", "xxxxxxxxxxxxxx"])
def test_a_code_that_is_none_is_not_found(app, client, code):
    tell(client)
    assert sign_in(app, MANAGER).get(f"/gestione/segnalazioni/{code}").status_code == 404


def test_who_left_their_address_sees_which_manager_read_the_report(app):
    client = sign_in(app, CITIZEN)
    followed = tell(client, email=CITIZEN)
    sign_in(app, MANAGER).page(f"/gestione/segnalazioni/{code_of(followed)}")
    told = client.page("/area-personale/i-miei-dati/accessi").text
    assert f"La tua segnalazione {code_of(followed)}" in told and "Gino Esempio" in told


def test_what_one_reported_is_among_ones_data(app):
    client = sign_in(app, CITIZEN)
    followed = tell(client, email=CITIZEN)
    (mine,) = client.get("/area-personale/i-miei-dati/copia.json").json["reports"]
    assert (mine["code"], mine["title"], mine["state"]) == (code_of(followed), REPORT["title"], "open")


# --- the desk


def test_the_desk_sorts_by_state_and_says_where_there_is_nothing(app, client):
    manager = sign_in(app, MANAGER)
    assert "Niente in questo stato" in manager.page("/gestione/segnalazioni").text
    followed = tell(client)
    desk(manager, followed, take_charge="y")
    assert "Presa senza corrente" not in manager.page("/gestione/segnalazioni").text
    assert "Presa senza corrente" in manager.page("/gestione/segnalazioni?stato=in_progress").text
    desk(manager, followed, close="y", answer="Fatto.")
    assert "Presa senza corrente" in manager.page("/gestione/segnalazioni?stato=closed").text
    assert manager.get("/gestione/segnalazioni?stato=tutte").status_code == 404


def test_to_close_one_must_answer(app, client):
    manager, followed = sign_in(app, MANAGER), tell(client)
    for answer in ("", "   \r\n ", "\x07"):
        page = desk(manager, followed, close="y", answer=answer)
        assert page.status == 422 and "Per chiudere scrivi la risposta" in page.text
    page = desk(manager, followed, close="y", answer="a" * 2001)
    assert page.status == 422 and "Al massimo 2000 caratteri" in page.text
    assert desk(manager, followed, answer="Senza pulsante").status == 422
    assert kept(app)[0].state == "open" and [row.kind for row in mail(app)] == ["pages/report_received", "pages/report_to_handle"]


def test_two_managers_close_it_once(app, client):
    followed = tell(client)
    manager, path = sign_in(app, MANAGER), f"/gestione/segnalazioni/{code_of(followed)}"
    one, other = manager.page(path).form(), manager.page(path).form()
    assert one.submit(close="y", answer="Prima risposta").status == 200
    late = other.submit(close="y", answer="Seconda risposta")
    assert late.status == 422 and "nel frattempo è cambiata" in late.text and "Prima risposta" in late.text
    (row,) = kept(app)
    assert row.answer == "Prima risposta"
    assert [one.kind for one in mail(app)].count("pages/report_closed") == 1


def test_a_closed_report_has_no_buttons_left(app, client):
    manager, followed = sign_in(app, MANAGER), tell(client)
    desk(manager, followed, close="y", answer="Fatto.")
    page = manager.page(f"/gestione/segnalazioni/{code_of(followed)}")
    assert not [node for node in page.tree.iter("form") if node.get("action", "").startswith("/gestione/segnalazioni")]


@pytest.mark.parametrize("email", [MANAGER])
def test_a_step_back_or_a_second_step_is_refused(session, email):
    row, by = report(), person(email)
    service.take_charge(row, by=by)
    with pytest.raises(Refusal) as refused:
        service.take_charge(row, by=by)
    assert refused.value.rule == "report-state"
    service.close(row, "Fatto.", by=by)
    for verb in (lambda: service.take_charge(row, by=by), lambda: service.close(row, "Ancora.", by=by)):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.rule == "report-closed"
    session.flush()
    steps = [(change.before, change.after, change.words, change.actor_id) for change in row.changes]
    assert steps == [("open", "in_progress", "", by.id), ("in_progress", "closed", "Fatto.", by.id)]


# --- the database


def test_what_was_answered_stands(session):
    row = report()
    service.close(row, "Fatto.", by=person(MANAGER))
    session.commit()
    for statement in (
        sa.update(Report).values(answer="Altro."),
        sa.update(Report).values(state="open", closed_at=None),
        sa.update(ReportChange).values(words="Altro."),
        sa.delete(ReportChange),
    ):
        with pytest.raises(IntegrityError, match=r"report_closed_for_good|report_change_kept"):
            session.execute(statement)
        session.rollback()


@pytest.mark.parametrize(
    "values",
    [
        {"state": "closed"},
        {"state": "lost"},
        {"category": "nessuna"},
        {"title": ""},
        {"text": "a" * 2001},
        {"email": "rosa"},
        {"closed_at": datetime(2026, 11, 23, tzinfo=UTC)},
        {"state": "in_progress"},
    ],
    ids=str,
)
def test_a_half_written_report_is_refused(session, values):
    whole = {"category": "portal", "title": "Errore", "text": "Non va.", "language": "it", "state": "open", "created_at": now()}
    session.add(Report(**whole | values))
    with pytest.raises((IntegrityError, sa.exc.DataError)):
        session.flush()


# --- the usual time, and what is forgotten


def close_after(days: float, at, by: Person, email: str = "") -> Report:
    with time_machine.travel(at):
        row = report(email=email)
    with time_machine.travel(at + timedelta(days=days)):
        service.close(row, "Fatto.", by=by)
    return row


def test_the_usual_time_is_published_once_enough_were_closed(app, client):
    with app.app_context():
        by, long_ago = person(MANAGER), now() - timedelta(days=90)
        for days in (1, 2, 3, 4):
            close_after(days, long_ago, by)
        db.session.commit()
        assert service.usual_days() is None
    assert "Quanto ci vuole" not in client.page("/segnala-disservizio").text
    with app.app_context():
        close_after(5, long_ago, by)
        db.session.commit()
        assert service.usual_days() == (5, pytest.approx(3))
    assert "Le ultime 5 segnalazioni chiuse: in media 3 giorni." in client.page("/segnala-disservizio").text


def test_less_than_a_day_is_said_so(app, client):
    with app.app_context():
        for _ in range(rules.ENOUGH_CLOSED):
            close_after(0.2, now() - timedelta(days=9), person(MANAGER))
        db.session.commit()
    assert "in media meno di un giorno" in client.page("/segnala-disservizio").text


def test_an_address_is_forgotten_some_months_after_the_end(app, session):
    by = person(MANAGER)
    old = close_after(1, now() - timedelta(days=service.ADDRESS_KEPT_DAYS + 2), by, "vecchia@posta.example")
    recent = close_after(1, now() - timedelta(days=service.ADDRESS_KEPT_DAYS), by, "recente@posta.example")
    still = report(email="aperta@posta.example")
    session.commit()
    purge()
    session.commit()
    session.expire_all()
    assert (old.email, recent.email, still.email) == ("", "recente@posta.example", "aperta@posta.example")


def test_whoever_is_erased_is_told_nothing_more(session):
    row = report(email=CITIZEN, text="Sono io.")
    session.commit()
    assert [one.text for one in service.reports_from(CITIZEN)] == ["Sono io."]
    service.forget_address(CITIZEN)
    session.commit()
    session.expire_all()
    assert row.email == "" and row.text == "Sono io." and service.reports_from(CITIZEN) == []
    assert session.scalars(sa.select(Notice).where(Notice.subject == f"report:{row.id}")).all() == []


def test_the_pages_cost_four_statements_at_most(app, client):
    followed = tell(client)
    desk(sign_in(app, MANAGER), followed, take_charge="y")
    manager = sign_in(app, MANAGER)
    with app.app_context():
        engine = db.engine
    for path in ("/segnala-disservizio", followed.path, "/gestione/segnalazioni", f"/gestione/segnalazioni/{code_of(followed)}"):
        with statements(engine) as asked:
            assert manager.get(path).status_code == 200
        assert len(asked) <= 4, (path, asked)
