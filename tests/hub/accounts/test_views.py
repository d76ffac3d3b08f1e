"""The pages of people, as a browser meets them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import url_for

from hub.accounts import roles, service
from hub.accounts.models import Identity, Person, SignIn
from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from tests.hub.accounts.people import PASSWORD, enter, last_token, mail, person, register, statements

WRONG = "E-mail o password non corrispondono"


@pytest.fixture
def rosa(app) -> Person:
    with app.app_context():
        return person()


def sessions(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(SignIn))


def test_from_the_page_where_one_was_through_the_mail_and_back_there(app, client):
    asked = client.get("/area-personale/dati?da=qui")
    assert asked.status_code == 303
    assert asked.location == "/entra?next=/area-personale/dati?da%3Dqui"
    sign_in = client.page(asked.location)
    told = register(client, url=sign_in.link("Registrati"))
    assert told.path == "/registrati/controlla-la-posta"
    page = client.page(f"/conferma/{last_token(app)}")
    assert "Conferma il tuo indirizzo" in page.text
    confirmed = page.form().submit()
    assert (confirmed.path, confirmed.status) == ("/entra", 200)
    assert "Indirizzo confermato" in confirmed.text
    arrived = confirmed.form().submit(email="ROSA@posta.example ", password=PASSWORD)
    assert arrived.response.request.full_path == "/area-personale/dati?da=qui"
    assert "Rosa Greco" in arrived.text


def test_signing_out_kills_every_copy_of_the_cookie(app, client, rosa):
    assert enter(client).path == "/area-personale"
    cookie = client.get_cookie("session")
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.path == "/" and not cookie.secure
    copy = app.test_client()
    copy.set_cookie("session", cookie.value)
    assert copy.get("/area-personale").status_code == 200
    csrf_token = client.page("/area-personale/dati").form().values["csrf_token"]
    out = client.post("/esci", data={"csrf_token": csrf_token})
    assert (out.status_code, out.location) == (303, "/")
    assert client.get_cookie("session") is None
    assert copy.get("/area-personale").status_code == 303
    assert client.get("/area-personale").status_code == 303
    assert sessions(app) == 0


def test_each_sign_in_has_a_token_of_its_own_and_drops_what_the_browser_held(app, client, rosa):
    client.set_cookie("session", "chosen-by-another")
    page = client.page("/entra")
    before = page.form().values["csrf_token"]
    page.form().submit(email="rosa@posta.example", password=PASSWORD)
    assert client.get_cookie("session").value != "chosen-by-another"
    assert client.page("/area-personale/dati").form().values["csrf_token"] != before
    with client.session_transaction() as held:
        assert "_user_id" not in held
    client.post("/esci", data={"csrf_token": before})
    assert sessions(app) == 1


def test_signing_in_again_ends_the_browsers_older_sign_in(app, client, rosa):
    enter(client)
    page = client.page("/area-personale/dati")
    token = page.form().values["csrf_token"]
    again = client.post("/entra", data={"csrf_token": token, "email": rosa.email, "password": PASSWORD, "next": "/spazi"})
    assert (again.status_code, again.location) == (303, "/spazi")
    assert sessions(app) == 1


def test_a_sign_in_ends_after_its_hours(client, rosa):
    enter(client)
    with time_machine.travel(now() + timedelta(hours=11, minutes=59)):
        assert client.get("/area-personale").status_code == 200
    with time_machine.travel(now() + timedelta(hours=12, minutes=1)):
        assert client.get("/area-personale").status_code == 303


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(client, rosa):
    wrong = enter(client, password="sbagliata del tutto")
    unknown = enter(client, "nobody@posta.example")
    assert wrong.status == unknown.status == 422
    assert WRONG in wrong.text
    assert wrong.text == unknown.text
    assert PASSWORD not in wrong.html and "sbagliata" not in wrong.html
    assert client.get_cookie("session") is None


def test_who_has_not_confirmed_is_told_after_the_right_password_alone(app, client):
    register(client)
    assert WRONG in enter(client, password="sbagliata del tutto").text
    assert len(mail(app)) == 1
    page = enter(client, url="/entra?next=/spazi")
    assert page.status == 422 and "conferma il tuo indirizzo" in page.text
    assert len(mail(app)) == 2
    confirmed = client.page(f"/conferma/{last_token(app)}").form().submit()
    assert confirmed.form().values["next"] == "/spazi"


def test_registering_an_address_that_has_an_account_looks_the_same(app, client, rosa):
    known = register(client, "ROSA@posta.example")
    new = register(client, "nuova@posta.example")
    assert (known.status, known.path, known.text) == (new.status, new.path, new.text)
    assert [row.kind for row in mail(app)] == ["accounts/already_registered", "accounts/confirm"]


def test_sending_the_form_twice_registers_once(app, client):
    form = client.page("/registrati").form()
    values = {"given_name": "Rosa", "family_name": "Greco", "email": "rosa@posta.example", "password": PASSWORD}
    assert form.submit(**values).path == "/registrati/controlla-la-posta"
    assert form.submit(**values).path == "/registrati/controlla-la-posta"
    assert len(mail(app)) == 1
    other = form.submit(**values | {"email": "altra@posta.example"})
    assert other.status == 422 and "era già stato inviato con altri dati" in other.text
    assert len(mail(app)) == 1


def test_a_weak_password_stands_beside_its_field_and_is_not_sent_back(client):
    page = register(client, password="rosarosarosa")
    assert page.status == 422 and "non può contenere il tuo nome" in page.text
    assert "rosarosarosa" not in page.html
    assert page.form().values["email"] == "rosa@posta.example"
    wrong = register(client, "rosa@", given_name="<b>Rosa</b>", family_name="", password="")
    for words_shown in ("L'indirizzo e-mail non è completo", "Usa solo lettere", "Scrivi il tuo cognome", "Scegli una password"):
        assert words_shown in wrong.text


def test_opening_the_link_confirms_nothing_until_the_button_is_pressed(app, client):
    register(client)
    for _ in range(3):
        assert client.get(f"/conferma/{last_token(app)}").status_code == 200
    assert client.head(f"/conferma/{last_token(app)}").status_code == 200
    with app.app_context():
        assert db.session.scalar(sa.select(Person.confirmed_at)) is None


def test_a_link_that_is_spent_expired_or_unknown_offers_another(app, client):
    register(client, url="/registrati?next=/spazi")
    token = last_token(app)
    page = client.page(f"/conferma/{token}")
    with time_machine.travel(now() + timedelta(hours=25)):
        late = page.form().submit()
        assert late.status == 410 and "non funziona più" in late.text
        assert client.page(f"/conferma/{token}").status == 410
        sent = late.form().submit(email="rosa@posta.example")
        assert sent.path == "/registrati/controlla-la-posta"
        assert client.page(f"/conferma/{last_token(app)}").form().submit().form().values["next"] == "/spazi"
        assert client.page(f"/conferma/{last_token(app)}").status == 410
    assert client.page("/conferma/unknown").status == 410


def test_pressing_the_button_twice_says_the_same(app, client):
    register(client)
    form = client.page(f"/conferma/{last_token(app)}").form()
    assert form.submit().path == form.submit().path == "/entra"


def test_asking_for_a_link_tells_nothing_of_who_has_an_account(app, client, rosa):
    answers = set()
    for email in ("rosa@posta.example", "nobody@posta.example"):
        page = client.page("/registrati/nuovo-link").form().submit(email=email)
        answers.add((page.status, page.path, page.text))
    assert len(answers) == 1
    assert [row.kind for row in mail(app)] == ["accounts/already_registered"]
    assert client.page("/registrati/nuovo-link").form().submit(email="no").status == 422


@pytest.mark.parametrize("evil", ["//evil.it", "/\\evil.it", "https:evil.it", "///evil.it", "/\t/evil.it", "https://evil.it"])
def test_no_page_leads_out_of_the_portal(client, rosa, evil):
    token = client.page("/entra").form().values["csrf_token"]
    data = {"csrf_token": token, "email": "rosa@posta.example", "password": PASSWORD, "next": evil}
    assert client.post("/entra", data=data).location == "/area-personale"
    assert client.get("/entra", query_string={"next": evil}).location == "/area-personale"


def test_who_is_signed_in_has_no_use_for_the_doors(client, rosa):
    enter(client)
    assert client.get("/entra?next=/spazi").location == "/spazi"
    assert client.get("/registrati").location == "/area-personale"


def test_htmx_is_sent_to_sign_in_as_a_whole_page(client):
    part = client.get("/area-personale?a=1", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (200, "/entra?next=/area-personale?a%3D1")


def test_a_form_sent_after_the_sign_in_ended_leads_back_to_its_page(app, client, rosa):
    enter(client)
    page = client.page("/area-personale/dati")
    with app.app_context():
        db.session.execute(sa.delete(SignIn))
        db.session.commit()
    sent = page.form().submit(headers={"Referer": "http://localhost/area-personale/dati"})
    assert sent.path == "/entra"
    assert sent.form().values["next"] == "/area-personale/dati"


def test_a_persons_language_wins_over_the_browsers(app, client, rosa):
    enter(client)
    in_english = {"Accept-Language": "en"}
    assert 'lang="it"' in client.get("/area-personale", headers=in_english).text
    client.page("/area-personale/dati").form().submit(language="en", phone="+39 333 1234567")
    with app.app_context():
        kept = db.session.scalars(sa.select(Person)).one()
        assert (kept.language, kept.phone) == ("en", "+39 333 1234567")
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "it"}).text
    other = app.test_client()
    enter(other)
    assert 'lang="en"' in other.get("/area-personale").text


def test_the_profile_says_what_is_wrong(client, rosa):
    enter(client)
    page = client.page("/area-personale/dati").form().submit(given_name=" ", phone="zero", language="fr")
    assert page.status == 422
    for shown in ("Scrivi il tuo nome", "Scrivi solo il numero"):
        assert shown in page.text


def test_personal_pages_are_never_kept_and_cost_one_query_for_the_person(app, client, rosa):
    enter(client)
    with app.app_context():
        engine = db.engine
    with statements(engine) as asked:
        assert client.get("/area-personale").headers["Cache-Control"] == "no-store"
        assert client.get("/entra").status_code == 303
        assert sum("sign_in.token_hash" in statement for statement in asked) == 2
    with statements(engine) as asked:
        assert app.test_client().get("/entra").headers["Cache-Control"] == "no-cache"
        assert asked == []


def test_staff_find_their_desks_in_the_personal_area(app, client, rosa):
    with app.app_context():
        roles.grant_role(db.session.get(Person, rosa.id), "manager")
        db.session.commit()
    enter(client)
    page = client.page("/area-personale")
    assert page.link("Richieste") == "/gestione/richieste"
    assert "Posta in uscita" not in page.text
    assert client.get("/gestione/posta").status_code == 403


def test_the_mails_are_whole_in_both_languages(app, client, rosa):
    register(client, "rosa@posta.example")
    register(client, "nuova@posta.example")
    token = last_token(app)
    with app.app_context():
        told = db.session.scalars(sa.select(Notice).order_by(Notice.id)).all()
        known, new = (words(row, row.language) for row in told)
        assert known[0] == "Hai già un account" and "http://localhost/entra" in known[1]
        assert f"http://localhost/conferma/{token}" in new[1]
        assert "24 ore" in new[1]
        for row in told:
            assert all(words(row, language)[1] for language in ("it", "en"))


@pytest.mark.parametrize("headers", [{"Host": "evil.it"}, {"X-Forwarded-Host": "evil.it"}])
def test_links_in_mails_never_come_from_the_request(app, client, headers):
    client.get("/registrati", headers=headers)
    register(client)
    with app.app_context():
        assert "evil.it" not in words(db.session.scalars(sa.select(Notice)).one(), "it")[1]


def test_junk_is_refused_in_words_and_never_breaks(client, rosa):
    token = client.page("/entra").form().values["csrf_token"]
    for junk in (
        "\x00",
        "a\x00@posta.it",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "x" * 5000,
        "'; --",
    ):
        sent = client.post("/entra", data={"csrf_token": token, "email": junk, "password": junk})
        assert sent.status_code in (400, 422)
    assert client.get("/conferma/%00").status_code in (400, 410)
    for cookie in ("", "x" * 3000, "è", "remember"):
        client.set_cookie("session", cookie)
        client.set_cookie("remember_token", cookie)
        assert client.get("/area-personale").status_code == 303


def test_a_foreign_remember_cookie_does_not_sign_anybody_out(client, rosa):
    enter(client)
    client.set_cookie("remember_token", "1|abc")
    assert client.get("/area-personale").status_code == 200


def test_the_paths_in_the_mails_are_those_of_the_pages(app):
    with app.test_request_context():
        assert url_for("accounts.confirm", token="x") == service.CONFIRM_PATH + "x"
        assert url_for("accounts.sign_in") == service.SIGN_IN_PATH


def test_a_date_of_birth_is_told_and_corrected_and_has_to_be_possible(app, client, rosa):
    enter(client)
    page = client.page("/area-personale/dati").form().submit(birth_date="1890-01-01")
    assert (page.status, "Controlla l'anno della data di nascita" in page.text) == (422, True)
    page = client.page("/area-personale/dati").form().submit(birth_date="31/12/1990")
    assert page.status == 422
    client.page("/area-personale/dati").form().submit(birth_date="1990-12-31")
    assert client.page("/area-personale/dati").form().values["birth_date"] == "1990-12-31"


def test_what_a_digital_identity_says_is_not_changed_by_hand(app, client, rosa):
    with app.app_context():
        db.session.add(Identity(person_id=rosa.id, fiscal_code="RSSMRA80A01H501U", level=2, identified_at=now()))
        db.session.commit()
    enter(client)
    page = client.page("/area-personale/dati")
    assert "Come dice la tua identità digitale" in page.text
    page.form().submit(given_name="Un'altra", family_name="Persona", birth_date="1950-01-01", phone="0832 123456")
    with app.app_context():
        row = db.session.get(Person, rosa.id)
        assert (row.name, row.birth_date, row.phone) == ("Rosa Greco", None, "0832 123456")
    assert "RSSMRA80A01H501U" in client.page("/area-personale/dati").text
