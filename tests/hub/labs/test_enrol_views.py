"""The pages of who enrols: a parent of three on their way to two courses, an offer with its hour, a minor, an organisation."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.accounts.models import SignIn
from hub.clock import now
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.labs import enrolment, health
from hub.labs.models import BasketLine, Enrolment
from tests.client import CheckingClient, Page
from tests.hub.labs.families import course, family
from tests.hub.labs.makers import DAY, ask, child, enrol, organisation, own_record, person, years_ago

MINE = "/area-personale/iscrizioni"
TICKED = {"terms": "y", "participation": "y"}


@pytest.fixture
def three(app) -> dict[str, int]:
    """Rosa and her three children, a lab with two questions and a choir that is full; the children's numbers by name."""
    with app.app_context():
        children = family("rosa", "anna", "bea", "ciro")[1]
        robot = course("robot", 10, asks_health=True)
        ask(robot, "text", required=True)
        ask(robot, "number")
        coro = course("coro", 1)
        enrol(coro, own_record(person("ugo"), years_ago(30)))
        db.session.commit()
        return {one.given_name: one.id for one in children}


def known(app, name: str) -> CheckingClient:
    return app.test_client().known_as(f"{name}@posta.example")


def choose(client: CheckingClient, slug: str, *who: object, **more: object) -> Page:
    return client.page(f"/attivita/{slug}/iscriviti").form("iscriviti").submit(who=[str(one) for one in who], **more)


def answer(page: Page, *answers: str, **more: object) -> Page:
    """Answer the text question of each line, in order."""
    form = page.form("domande")
    named = [name for name in form.values if name.startswith("line_") and "_question_" in name]
    return form.submit(**dict(zip(named[::2], answers, strict=True)) | more)


def confirm(client: CheckingClient, **ticks: object) -> Page:
    return client.page(f"{MINE}/riepilogo").form("riepilogo").submit(**TICKED | ticks)


def states(app) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id))
        return [(one.activity.slug, one.participant.given_name, one.state) for one in found]


def test_a_parent_of_three_enrols_in_two_courses_one_of_which_is_full(app, three):
    rosa = known(app, "rosa")
    page = choose(rosa, "robot", three["Anna"], three["Bea"], three["Ciro"])
    assert page.path == "/attivita/robot/iscriviti/domande" and "Ciro Greco" in page.text
    page = answer(page, "Un gatto", "", "Un drago")
    assert page.status == 422 and "serve una risposta" in page.text and "Un drago" in page.html
    with app.app_context():
        note = f"line_{db.session.scalars(sa.select(BasketLine.id)).first()}_health"
    page = answer(page, "Un gatto", "Un cane", "Un drago", **{note: "Allergica alle noci"})
    assert page.path == f"{MINE}/da-confermare" and "nessun posto è tenuto" in page.text
    page = choose(rosa, "coro", three["Ciro"])
    assert page.path == f"{MINE}/da-confermare" and "lista d'attesa" in page.text
    summary = rosa.page(page.link("Vai al riepilogo"))
    assert "Anna: Sono d'accordo che chi tiene il corso legga" in summary.text
    assert summary.text.count("Consensi: ") == 3
    health_box = f"health_{note.split('_')[1]}"
    photo = f"about_{three['Anna']}_photo"
    wrong = summary.form("riepilogo").submit(terms="y", **{photo: "y"})
    assert wrong.status == 422 and "serve il tuo consenso" in wrong.text
    assert wrong.form("riepilogo").values[photo] == "y"  # nothing is lost
    receipt = wrong.form("riepilogo").submit(**TICKED | {photo: "y", health_box: "y"})
    assert receipt.path == f"{MINE}/ricevuta" and "Iscrizioni inviate" in receipt.text
    assert receipt.text.count("Iscrizione confermata") == 3 and "Posizione in lista d'attesa: 1." in receipt.text
    assert states(app)[1:] == [
        ("robot", "Anna", "enrolled"),
        ("robot", "Bea", "enrolled"),
        ("robot", "Ciro", "enrolled"),
        ("coro", "Ciro", "waiting"),
    ]
    with app.app_context():
        rows = [db.session.get_one(families.Participant, number) for number in three.values()]
        assert [consents.has_consent(one, "photo") for one in rows] == [True, False, False]
        kept = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id)).all()[1]
        assert health.of(kept) == "Allergica alle noci" and list(kept.answers.values()) == ["Un gatto"]
    assert "Niente da confermare" in rosa.page(f"{MINE}/da-confermare").text
    mine = rosa.page(MINE)
    assert mine.text.count("Iscrizione confermata") == 3 and "In lista d'attesa" in mine.text


def test_a_summary_sent_twice_enrols_once_and_answers_the_same(app, three):
    rosa = known(app, "rosa")
    choose(rosa, "coro", three["Anna"])
    form = rosa.page(f"{MINE}/riepilogo").form("riepilogo")
    first, again = form.submit(**TICKED), form.submit(**TICKED)
    assert first.response.request.full_path == again.response.request.full_path and first.status == again.status == 200
    assert len(states(app)) == 2


def test_a_basket_that_changed_in_another_tab_is_read_again_first(app, three):
    rosa = known(app, "rosa")
    choose(rosa, "coro", three["Anna"])
    form = rosa.page(f"{MINE}/riepilogo").form("riepilogo")
    choose(rosa, "coro", three["Anna"], three["Bea"])
    page = form.submit(**TICKED)
    assert page.status == 422 and "Nel frattempo hai cambiato" in page.text and "Bea Greco" in page.text
    assert len(states(app)) == 1
    assert page.form("riepilogo").submit(**TICKED).path == f"{MINE}/ricevuta"


def test_what_does_not_pass_is_said_beside_the_name_and_the_rest_waits(app, three):
    with app.app_context():
        course("grandi", age_min=11, age_max=14)
    rosa = known(app, "rosa")
    page = choose(rosa, "grandi", three["Anna"])
    assert "È per chi ha da 11 a 14 anni: in quella data ne ha 9." in page.text and "Vai al riepilogo" not in page.text
    assert rosa.page(f"{MINE}/riepilogo").path == f"{MINE}/da-confermare"
    choose(rosa, "coro", three["Bea"])
    page = rosa.page(f"{MINE}/da-confermare").form("togli")
    first = page.submit()  # the choir comes first: it was made first
    assert "Tolto dalle iscrizioni" in first.text and "Bea Greco" not in first.text
    last = first.form("togli").submit()
    assert "Niente da confermare" in last.text


def test_together_is_said_and_kept(app, three):
    rosa = known(app, "rosa")
    page = choose(rosa, "coro", three["Anna"], three["Bea"], together="y")
    assert "Un gruppo di 2 non può entrare insieme" in page.text
    with app.app_context():
        course("duo", 2)
    page = choose(rosa, "duo", three["Anna"], three["Bea"], together="y")
    assert "tutti insieme o nessuno" in page.text
    form = rosa.page("/attivita/duo/iscriviti").form("iscriviti")
    assert form.values["together"] == "y"


def test_nobody_is_chosen_or_somebody_elses_child(app, three):
    rosa = known(app, "rosa")
    page = choose(rosa, "robot")
    assert page.status == 422 and "Scegli almeno una persona." in page.text
    with app.app_context():
        other = family("pino", "dino")[1][0].id
    page = choose(rosa, "robot", other)
    assert page.status == 422 and "Dino" not in page.text
    assert rosa.get("/attivita/nessuna/iscriviti").status_code == 404
    assert app.test_client().get("/attivita/robot/iscriviti").status_code == 303
    assert rosa.page("/attivita/robot/iscriviti/domande").path == "/attivita/robot/iscriviti"  # nobody is in the basket


def test_an_adult_enrols_themselves_with_their_date_of_birth(app, three):
    pino = _newcomer(app, "pino")
    page = choose(pino, "coro", "me")
    assert page.status == 422 and "Scrivi la data di nascita" in page.text
    page = page.form("iscriviti").submit(who=["me"], birth_date=years_ago(30).isoformat())
    assert page.path == f"{MINE}/da-confermare" and "Pino Greco" in page.text
    summary = pino.page(f"{MINE}/riepilogo")
    assert "in cui mi si riconosce" in summary.text and "Uscire senza un adulto" not in summary.text
    receipt = summary.form("riepilogo").submit(terms="y")
    assert "Posizione in lista d'attesa: 1." in receipt.text
    page = pino.page("/attivita/coro/iscriviti")
    assert page.form("iscriviti").node is not None and "disabled" in page.html


def _newcomer(app, name: str) -> CheckingClient:
    with app.app_context():
        person(name)
        db.session.commit()
    return known(app, name)


def test_a_minor_alone_reads_what_to_do(app, three):
    page = choose(_newcomer(app, "nino"), "coro", "me", birth_date=years_ago(15).isoformat())
    assert page.status == 422 and "chiedi a un genitore" in page.text


def test_when_it_is_closed_the_page_says_since_when_and_offers_no_form(app, three):
    with app.app_context():
        course("chiuso", enrol_closes_at=now() - timedelta(minutes=1))
        course("presto", enrol_opens_at=now() + DAY)
    rosa = known(app, "rosa")
    for slug, words in (("chiuso", "Le iscrizioni sono chiuse da"), ("presto", "Le iscrizioni aprono")):
        page = rosa.page(f"/attivita/{slug}/iscriviti")
        assert words in page.text
        assert [form for form in page.tree.iter("form") if form.get("action", "").endswith("iscriviti")] == []
        sent = rosa.post(f"/attivita/{slug}/iscriviti", data=_token(page) | {"who": "me", "birth_date": "1990-01-01"})
        assert sent.status_code == 200 and "Da confermare" not in rosa.page(MINE).text


# --- what is done with an enrolment


@pytest.fixture
def offered(app, three) -> int:
    """Ciro waited for the choir, and is offered a place."""
    with app.app_context():
        coro = db.session.scalars(sa.select(Enrolment)).one().activity
        ciro = db.session.get_one(families.Participant, three["Ciro"])
        rosa = families.people_of(ciro)[0]
        (waiting,) = enrol(coro, ciro, by=rosa)
        ugo = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id)).first()
        enrolment.withdraw(ugo, "other", by=ugo.participant.person)
        db.session.commit()
        return waiting.id


def test_an_offer_has_its_hour_and_is_accepted(app, offered):
    rosa = known(app, "rosa")
    assert "Rispondi entro" in rosa.page(MINE).text
    page = rosa.page(f"{MINE}/{offered}")
    assert "C'è un posto" in page.text and "È tenuto fino a" in page.text and "Ritira l'iscrizione" not in page.text
    done = page.form("accetta").submit()
    assert "Il posto è tuo." in done.text and "Iscrizione confermata" in done.text
    assert page.form("accetta").submit().status == 422  # again: it is no offer any more


def test_an_offer_is_declined(app, offered):
    page = known(app, "rosa").page(f"{MINE}/{offered}").form("rifiuta").submit()
    assert "va a chi aspetta" in page.text and states(app)[-1] == ("coro", "Ciro", "withdrawn")


def test_an_offer_that_is_over_says_until_when_it_was(app, offered):
    page = known(app, "rosa").page(f"{MINE}/{offered}")
    with app.app_context():
        db.session.get_one(Enrolment, offered).held_until = now() - timedelta(seconds=1)
        db.session.commit()
    late = page.form("accetta").submit()
    assert late.status == 422 and "Il posto era tenuto fino a" in late.text


def test_who_withdraws_says_why(app, three):
    rosa = known(app, "rosa")
    choose(rosa, "coro", three["Anna"])
    confirm(rosa)
    page = rosa.page(rosa.page(MINE).link("Coro"))
    wrong = page.form("ritira").submit()
    assert wrong.status == 422 and "Scegli un motivo" in wrong.text
    page = wrong.form("ritira").submit(reason="schedule")
    assert "Iscrizione ritirata." in page.text and "Ritirata" in page.text
    assert [form for form in page.tree.iter("form") if form.get("action", "").endswith("ritira")] == []


def test_a_minor_asks_and_the_parent_confirms_with_consents_and_note(app, three):
    with app.app_context():
        rosa = families.people_of(db.session.get_one(families.Participant, three["Anna"]))[0]
        luca = child("luca", rosa, years=15, account=person("luca"))
        luca.emergency_phone = "0832 1"
        db.session.commit()
    client = known(app, "luca")
    page = answer(choose(client, "robot", "me"), "Un robot")
    assert "conferma un adulto" in page.text
    summary = client.page(f"{MINE}/riepilogo")
    assert "Consensi" not in summary.text
    receipt = summary.form("riepilogo").submit(terms="y")
    assert "Da confermare" in receipt.text
    own = client.page(client.page(MINE).link("Robot"))
    assert "deve confermare un adulto" in own.text and "Leggi e conferma" not in own.text
    rosa = known(app, "rosa")
    page = rosa.page(rosa.page(MINE).link("Robot"))
    page = rosa.page(page.link("Leggi e conferma"))
    wrong = page.form("conferma").submit(terms="y", participation="y", note="Asma")
    assert wrong.status == 422 and "Per inviare la nota serve il tuo consenso" in wrong.text and "Asma" in wrong.html
    done = wrong.form("conferma").submit(terms="y", participation="y", agrees="y")
    assert "Iscrizione confermata." in done.text and "Asma" in done.html
    with app.app_context():
        made = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id.desc())).first()
        assert (made.state, health.of(made)) == ("enrolled", "Asma")
    assert rosa.page(f"{MINE}/{made.id}/conferma").path == f"{MINE}/{made.id}"
    assert [one for one in client.page(f"{MINE}/{made.id}").tree.iter("form") if "ritira" in one.get("action", "")] == []


def test_a_minor_has_not_the_last_word(app, offered):
    with app.app_context():
        ciro = db.session.get_one(Enrolment, offered).participant
        ciro.birth_date, ciro.person_id = years_ago(15), person("ciro").id
        db.session.commit()
    client = known(app, "ciro")
    page = client.page(f"{MINE}/{offered}")
    assert "C'è un posto" in page.text and "Accetta il posto" not in page.text
    for verb in ("accetta", "rifiuta", "salute"):  # a form that the page does not show is sent all the same
        assert client.post(f"{MINE}/{offered}/{verb}", data=_token(page)).status_code == 403


def _token(page: Page) -> dict[str, str]:
    node = next(one for one in page.tree.iter("input") if one.get("name") == "csrf_token")
    return {"csrf_token": node.get("value")}


def test_the_note_on_health_is_changed_and_emptied_on_the_page(app, three):
    rosa = known(app, "rosa")
    answer(choose(rosa, "robot", three["Anna"]), "x")
    confirm(rosa)
    page = rosa.page(rosa.page(MINE).link("Robot"))
    wrong = page.form("salute").submit(note="Asma", agrees=None)
    assert wrong.status == 422 and "serve il tuo consenso" in wrong.text and "Asma" in wrong.html
    page = wrong.form("salute").submit(agrees="y")
    assert "Nota salvata." in page.text
    page = page.form("salute").submit(note="")
    assert "Nota cancellata." in page.text
    assert "Scrivi al massimo 1000 caratteri." in page.form("salute").submit(note="x" * 1001, agrees="y").text


def test_the_calendar_holds_each_session_once_and_nobodys_name(app, three):
    rosa = known(app, "rosa")
    choose(rosa, "coro", three["Anna"], three["Bea"])
    confirm(rosa)
    answer(choose(rosa, "robot", three["Anna"], three["Bea"]), "x", "y")
    confirm(rosa)
    sheet = rosa.get(f"{MINE}/calendario.ics")
    assert sheet.content_type.startswith("text/calendar") and sheet.headers["Cache-Control"] == "no-store"
    assert sheet.text.count("BEGIN:VEVENT") == 1 and "Robot" in sheet.text  # who waits has no session yet
    assert "Anna" not in sheet.text and "Bea" not in sheet.text
    page = rosa.page(rosa.page(MINE).link("Robot"))
    assert rosa.get(page.link("Aggiungi al calendario")).text.count("BEGIN:VEVENT") == 1


def test_an_enrolment_is_nobodys_but_its_familys(app, offered):
    others = known(app, "ugo")
    for path in ("", "/conferma", "/calendario.ics"):
        assert others.get(f"{MINE}/{offered}{path}").status_code == 404
        assert app.test_client().get(f"{MINE}/{offered}{path}").status_code == 303
    assert "Ciro" not in others.page(MINE).text
    assert others.get(f"{MINE}/ricevuta?n={offered}").status_code == 404
    for junk in ("", "?n=abc", f"?n={10**30}", "?n=0"):
        assert others.get(f"{MINE}/ricevuta{junk}").status_code == 404


def test_a_line_of_anothers_basket_is_not_taken_out(app, three):
    rosa = known(app, "rosa")
    choose(rosa, "coro", three["Anna"])
    with app.app_context():
        line = db.session.scalars(sa.select(BasketLine.id)).one()
    ugo = known(app, "ugo")
    answered = ugo.post(f"{MINE}/da-confermare/{line}/togli", data=_token(ugo.page(MINE)))
    assert answered.status_code == 404 and "Anna Greco" in rosa.page(f"{MINE}/da-confermare").text


def test_an_organisation_is_enrolled_by_who_acts_for_it(app, three):
    with app.app_context():
        dora = person("dora")
        coop = organisation("Coop Prova", dora)
        path = course("impresa", 1, takes_part="organisation")
        ask(path, "text", required=True)
        db.session.commit()
        number = coop.id
    client = known(app, "dora")
    page = client.page("/attivita/impresa/iscriviti")
    assert "scegli per conto di quale agisci" in page.text
    with app.app_context():
        db.session.execute(sa.update(SignIn).filter_by(person_id=dora.id).values(acting_for=number))
        db.session.commit()
    form = client.page("/attivita/impresa/iscriviti").form("iscriviti")
    wrong = form.submit(terms="y")
    assert wrong.status == 422 and "serve una risposta" in wrong.text
    name = next(name for name in form.values if name.startswith("question_"))
    receipt = wrong.form("iscriviti").submit(**{"terms": "y", name: "Mobilità"})
    assert receipt.path == f"{MINE}/ricevuta" and "Coop Prova" in receipt.text
    page = client.page(client.page(MINE).link("Impresa"))
    assert "Mobilità" in page.text and "Iscrizioni di Coop Prova" in client.page(MINE).text
    assert "registrala" in known(app, "ugo").page("/attivita/impresa/iscriviti").text


def test_the_form_comes_back_as_a_part_where_htmx_asks(app, three):
    rosa = known(app, "rosa")
    filled = rosa.page("/attivita/robot/iscriviti").form("iscriviti").values
    part = rosa.post("/attivita/robot/iscriviti", data=filled, headers={"HX-Request": "true"})
    assert part.status_code == 422 and part.text.lstrip().startswith('<div id="who-form">')
