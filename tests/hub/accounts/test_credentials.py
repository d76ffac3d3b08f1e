"""The password and the address: forgotten, changed, confirmed in both mailboxes; and what ends with the old ones."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import url_for

from hub.accounts import credentials, service
from hub.accounts.models import MailToken, Person, SignIn
from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.refusal import Refusal
from tests.hub.accounts.people import (
    PASSWORD,
    code_of,
    enter,
    kinds,
    last_token,
    link_to,
    mail,
    person,
    register,
    with_second_factor,
)

NEW = "un'altra frase lunga"
HERE = "/area-personale/sicurezza"


@pytest.fixture
def rosa(app) -> Person:
    with app.app_context():
        return person()


def forget(client, email: str = "rosa@posta.example", url: str = "/entra/password-dimenticata"):
    return client.page(url).form().submit(email=email)


def is_in(client) -> bool:
    return client.get("/area-personale").status_code == 200


def copy_of(app, client):
    """Another browser with a copy of this one's cookie."""
    other = app.test_client()
    other.set_cookie("session", client.get_cookie("session").value)
    return other


# --- the forgotten password


def test_from_the_sign_in_page_through_the_mail_to_a_new_password_and_on(app, client, rosa):
    asked = client.get("/area-personale/dati")
    forgotten = client.page(client.page(asked.location).link("dimenticato"))
    assert forgotten.form().submit(email="ROSA@posta.example").path == "/entra/password-dimenticata/controlla-la-posta"
    page = client.page(link_to(app, "reset"))
    page = page.form().submit(password=NEW)
    assert page.path == "/entra" and "La tua password è cambiata" in page.text
    assert page.form().submit(email=rosa.email, password=NEW).path == "/area-personale/dati"
    assert enter(app.test_client()).status == 422
    assert kinds(app) == ["reset", "password_changed"]


def test_the_link_of_a_reset_works_once_for_an_hour_and_by_the_button_alone(app, client, rosa):
    forget(client)
    path = link_to(app, "reset")
    for _ in range(3):
        assert client.page(path).status == 200
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert client.page(path).status == 410
    form = client.page(path).form()
    assert form.submit(password=NEW).path == "/entra"
    again = form.submit(password="una terza frase lunga")
    assert again.status == 410 and "vale una volta sola" in again.text
    assert client.page(path).status == 410
    assert client.page("/entra/nuova-password/nessuno").status == 410
    assert enter(client, password=NEW).path == "/area-personale"


def test_a_weak_new_password_is_said_beside_its_field_and_the_link_still_works(app, client, rosa):
    forget(client)
    page = client.page(link_to(app, "reset"))
    weak = page.form().submit(password="rosagreco2027")
    assert weak.status == 422 and "non può contenere il tuo nome" in weak.text
    assert "rosagreco2027" not in weak.html
    assert weak.form().submit(password=NEW).path == "/entra"


def test_a_reset_ends_every_sign_in_and_every_other_link(app, client, rosa):
    browsers = [app.test_client() for _ in range(2)]
    for browser in browsers:
        enter(browser)
    forget(client)
    first = link_to(app, "reset")
    forget(client)
    client.page(link_to(app, "reset")).form().submit(password=NEW)
    assert not any(is_in(browser) for browser in browsers)
    assert client.page(first).status == 410


def test_a_reset_ends_the_rest_of_an_account_that_was_guessed_at(app, client, rosa):
    for _ in range(11):
        enter(client, password="sbagliata del tutto")
    assert enter(client).status == 429
    forget(client)
    client.page(link_to(app, "reset")).form().submit(password=NEW)
    assert enter(client, password=NEW).path == "/area-personale"


def test_a_reset_does_not_go_around_the_second_factor(app, client):
    with app.app_context():
        secret = with_second_factor(person())
    forget(client)
    client.page(link_to(app, "reset")).form().submit(password=NEW)
    page = enter(client, password=NEW)
    assert page.path == "/entra/codice" and not is_in(client)
    assert page.form().submit(code=code_of(secret)).path == "/area-personale"


def test_who_was_never_confirmed_gets_that_link_and_who_is_not_there_none(app, client):
    register(client)
    for email in ("rosa@posta.example", "nobody@posta.example"):
        assert forget(client, email).path == "/entra/password-dimenticata/controlla-la-posta"
    assert kinds(app) == ["confirm", "confirm"]
    assert client.page(f"/conferma/{last_token(app)}").form().submit().path == "/entra"


def test_who_was_erased_gets_nothing(app, client, rosa):
    with app.app_context():
        db.session.get_one(Person, rosa.id).erased_at = now()
        db.session.commit()
    forget(client)
    assert kinds(app) == []


def test_a_forgotten_form_sent_twice_sends_one_mail(app, client, rosa):
    form = client.page("/entra/password-dimenticata").form()
    assert form.submit(email=rosa.email).path == form.submit(email=rosa.email).path
    assert kinds(app) == ["reset"]


def test_two_browsers_with_one_reset_link_change_it_once(session):
    rosa = person()
    credentials.ask_reset(rosa.email)
    session.commit()
    token = session.scalars(sa.select(Notice)).one().payload["link"].rpartition("/")[2]
    assert token not in session.scalars(sa.select(MailToken.token_hash)).one()
    credentials.reset(token, NEW)
    session.commit()
    with pytest.raises(Refusal, match="già stato usato"):
        credentials.reset(token, "una terza frase lunga")
    session.rollback()
    assert service.sign_in(rosa.email, NEW, hours=1)


@pytest.mark.parametrize("kind", ["confirm", "old_address", "new_address"])
def test_a_link_for_something_else_resets_nothing(session, kind):
    rosa = person()
    token = service.new_link(rosa, kind, hours=1, payload={"email": "x@posta.example"})
    session.commit()
    with pytest.raises(Refusal):
        credentials.reset(token, NEW)
    session.rollback()
    assert service.sign_in(rosa.email, PASSWORD, hours=1)


# --- the password, by whoever knows it


def test_whoever_knows_the_password_changes_it_and_stays_in_this_browser_alone(app, client, rosa):
    enter(client)
    other, copy = app.test_client(), copy_of(app, client)
    enter(other)
    page = client.page(f"{HERE}/password").form().submit(current=PASSWORD, password=NEW)
    assert page.path == HERE and "La tua password è cambiata" in page.text
    assert is_in(client) and not is_in(other) and not is_in(copy)
    assert enter(app.test_client()).status == 422
    assert enter(app.test_client(), password=NEW).path == "/area-personale"
    assert kinds(app) == ["password_changed"]


def test_a_changed_password_keeps_what_the_sign_in_was(app, client, rosa):
    enter(client)
    with app.app_context():
        db.session.execute(sa.update(SignIn).values(level=2))
        before = db.session.scalars(sa.select(SignIn)).one()
        db.session.commit()
    client.page(f"{HERE}/password").form().submit(current=PASSWORD, password=NEW)
    with app.app_context():
        after = db.session.scalars(sa.select(SignIn)).one()
        assert (after.level, after.expires_at, after.created_at) == (2, before.expires_at, before.created_at)
        assert after.token_hash != before.token_hash


def test_a_password_is_not_changed_without_the_old_one_nor_to_a_weak_one(app, client, rosa):
    enter(client)
    form = client.page(f"{HERE}/password").form()
    wrong = form.submit(current="sbagliata del tutto", password=NEW)
    assert wrong.status == 422 and "La password non è giusta" in wrong.text
    weak = form.submit(current=PASSWORD, password="corta")
    assert weak.status == 422 and "troppo corta" in weak.text
    empty = form.submit(current="", password="")
    assert "Scrivi la password" in empty.text and "Scegli una password" in empty.text
    for page in (wrong, weak):
        assert PASSWORD not in page.html and NEW not in page.html
    assert kinds(app) == [] and is_in(client)


def test_a_password_that_changed_meanwhile_is_not_the_old_one(session):
    rosa = person()
    token = service.open_sign_in(rosa, hours=1)
    session.commit()
    session.expunge(rosa)
    session.execute(sa.update(Person).values(password_hash="another"))
    session.commit()
    with pytest.raises(Refusal) as refused:
        credentials.change_password(rosa, PASSWORD, NEW, token)
    assert refused.value.field == "current"


def test_who_has_no_password_is_sent_a_link_for_one(app, client, rosa):
    enter(client)
    with app.app_context():
        db.session.get_one(Person, rosa.id).password_hash = None
        db.session.commit()
    page = client.page(f"{HERE}/password")
    assert "non ha una password" in page.text
    assert page.form().submit().path == "/entra/password-dimenticata/controlla-la-posta"
    client.page(link_to(app, "reset")).form().submit(password=NEW)
    assert enter(app.test_client(), password=NEW).path == "/area-personale"


# --- the address


def wish(client, email: str = "nuova@posta.example", password: str = PASSWORD):
    return client.page(f"{HERE}/indirizzo").form().submit(email=email, password=password)


@pytest.mark.parametrize("order", [("old_address", "new_address"), ("new_address", "old_address")])
def test_the_address_changes_when_both_mailboxes_agree_in_either_order(app, client, rosa, order):
    enter(client)
    other = app.test_client()
    enter(other)
    page = wish(client, " Nuova@Posta.EXAMPLE")
    assert page.path == HERE and "nuova@posta.example" in page.text
    first, last = (link_to(app, kind) for kind in order)
    mailboxes = {row.kind: row.address for row in mail(app)}
    assert mailboxes == {"accounts/old_address": "rosa@posta.example", "accounts/new_address": "nuova@posta.example"}
    elsewhere = app.test_client()
    assert elsewhere.page(first).form().submit().path == "/entra"
    assert enter(app.test_client(), "nuova@posta.example").status == 422
    assert "aperto" in client.page(HERE).text
    done = client.page(last).form().submit()
    assert done.path == HERE and "Il tuo indirizzo è cambiato" in done.text
    assert is_in(client) and not is_in(other)
    assert enter(app.test_client()).status == 422
    assert enter(app.test_client(), "nuova@posta.example").path == "/area-personale"
    told = [(row.address, row.private) for row in mail(app) if row.kind == "accounts/address_changed"]
    assert told == [("rosa@posta.example", True), ("nuova@posta.example", False)]
    assert client.page(last).status == client.page(first).status == 410


def test_pressing_the_button_of_an_address_twice_says_the_same(app, client, rosa):
    enter(client)
    wish(client)
    for kind in ("old_address", "new_address"):
        form = client.page(link_to(app, kind)).form()
        assert form.submit().path == form.submit().path == HERE
    assert kinds(app).count("address_changed") == 2


def test_opening_the_links_of_an_address_changes_nothing(app, client, rosa):
    enter(client)
    wish(client)
    for kind in ("old_address", "new_address"):
        assert client.get(link_to(app, kind)).status_code == 200
        assert client.head(link_to(app, kind)).status_code == 200
    with app.app_context():
        assert db.session.scalar(sa.select(Person.email)) == "rosa@posta.example"


def test_a_taken_address_gets_the_same_answer_and_its_owner_is_told(app, client, rosa):
    with app.app_context():
        person("altra@posta.example")
    enter(client)
    taken = wish(client, "altra@posta.example")
    taken_html = taken.text.replace("altra@posta.example", "X")
    assert kinds(app) == ["old_address", "address_taken"]
    waiting = client.page(link_to(app, "old_address")).form().submit().text.replace("altra@posta.example", "X")
    free = wish(client, "nuova@posta.example").text.replace("nuova@posta.example", "X")
    assert taken_html == free
    assert waiting == client.page(link_to(app, "old_address")).form().submit().text.replace("nuova@posta.example", "X")
    assert [row.address for row in mail(app)] == [
        "rosa@posta.example",
        "altra@posta.example",
        "rosa@posta.example",
        "nuova@posta.example",
    ]


def test_an_address_that_is_taken_meanwhile_stays_its_owners(app, client, rosa):
    enter(client)
    wish(client)
    client.page(link_to(app, "old_address")).form().submit()
    with app.app_context():
        person("nuova@posta.example")
    page = client.page(link_to(app, "new_address")).form().submit()
    assert page.status == 422 and "è diventato quello di un altro account" in page.text
    with app.app_context():
        assert db.session.get_one(Person, rosa.id).email == "rosa@posta.example"


def test_an_account_that_nobody_confirmed_makes_room(app, client, rosa):
    register(app.test_client(), "nuova@posta.example")
    enter(client)
    wish(client)
    for kind in ("old_address", "new_address"):
        assert client.page(link_to(app, kind)).form().submit().path == HERE
    with app.app_context():
        assert db.session.scalars(sa.select(Person.email)).all() == ["nuova@posta.example"]
    assert client.page(f"/conferma/{last_token(app)}").status == 410


def test_a_new_wish_kills_the_links_of_the_old_one_and_so_does_giving_up(app, client, rosa):
    enter(client)
    wish(client, "prima@posta.example")
    first = [link_to(app, kind) for kind in ("old_address", "new_address")]
    wish(client, "seconda@posta.example")
    second = [link_to(app, kind) for kind in ("old_address", "new_address")]
    assert [client.page(path).status for path in (*first, *second)] == [410, 410, 200, 200]
    page = client.page(HERE)
    assert "seconda@posta.example" in page.text and "prima@posta.example" not in page.text
    given_up = page.form("indirizzo/annulla").submit()
    assert "seconda@posta.example" not in given_up.text
    assert [client.page(path).status for path in second] == [410, 410]


def test_half_of_an_old_wish_does_not_complete_a_new_one(app, client, rosa):
    enter(client)
    wish(client, "nuova@posta.example")
    client.page(link_to(app, "old_address")).form().submit()
    wish(client, "nuova@posta.example")
    client.page(link_to(app, "new_address")).form().submit()
    with app.app_context():
        assert db.session.scalar(sa.select(Person.email)) == "rosa@posta.example"


def test_a_wish_is_over_after_a_day(app, client, rosa):
    enter(client)
    wish(client)
    client.page(link_to(app, "old_address")).form().submit()
    form = client.page(link_to(app, "new_address")).form()
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert form.submit().status == 410
    with app.app_context(), time_machine.travel(now() + timedelta(hours=25)):
        assert credentials.wished_address(rosa) == {}


def test_an_address_is_not_changed_without_the_password_nor_to_itself_nor_to_nonsense(app, client, rosa):
    enter(client)
    wrong = wish(client, password="sbagliata del tutto")
    assert wrong.status == 422 and "La password non è giusta" in wrong.text
    assert wrong.form().values["email"] == "nuova@posta.example"
    assert "È già l'indirizzo del tuo account" in wish(client, "ROSA@posta.example").text
    assert "non è completo" in wish(client, "rosa@").text
    assert kinds(app) == []


def test_a_reset_link_sent_to_the_old_address_dies_with_it(app, client, rosa):
    enter(client)
    forget(app.test_client())
    wish(client)
    for kind in ("old_address", "new_address"):
        client.page(link_to(app, kind)).form().submit()
    assert client.page(link_to(app, "reset")).status == 410


def test_who_resets_their_password_stops_the_change_that_a_thief_began(app, client, rosa):
    enter(client)
    wish(client, "ladro@posta.example")
    forget(app.test_client())
    app.test_client().page(link_to(app, "reset")).form().submit(password=NEW)
    assert [client.page(link_to(app, kind)).status for kind in ("old_address", "new_address")] == [410, 410]


def test_who_came_by_digital_identity_shows_it_instead_of_a_password(app, client, rosa):
    enter(client)
    with app.app_context():
        db.session.get_one(Person, rosa.id).password_hash = None
        db.session.execute(sa.update(SignIn).values(level=2))
        db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert "entra di nuovo con SPID o CIE" in client.page(f"{HERE}/indirizzo").text
    page = client.page(f"{HERE}/indirizzo").form()
    assert "password" not in page.values
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert page.submit(email="nuova@posta.example").status == 422
    assert page.submit(email="nuova@posta.example").path == HERE


# --- all of them


def test_the_paths_in_the_mails_lead_to_the_pages(app):
    with app.test_request_context():
        assert url_for("accounts.reset", token="x") == credentials.RESET_PATH + "x"
        assert url_for("accounts.forgotten") == credentials.FORGOTTEN_PATH
        assert url_for("security.confirm_address", token="x") == credentials.ADDRESS_PATH + "x"
        assert url_for("pages.contacts") == service.CONTACTS_PATH


def test_the_mails_are_whole_in_both_languages_and_private_where_they_hold_a_link(app, client, rosa):
    with app.app_context():
        person("altra@posta.example")
    enter(client)
    wish(client, "altra@posta.example")
    wish(client)
    forget(app.test_client())
    for kind in ("old_address", "new_address"):
        client.page(link_to(app, kind)).form().submit()
    client.page(f"{HERE}/password").form().submit(current=PASSWORD, password=NEW)
    told = {row.kind: row for row in mail(app)}
    assert len(told) == 6
    with app.app_context():
        for kind, row in told.items():
            for language in ("it", "en"):
                subject, body = words(row, language)
                assert subject and "Rosa Greco" in body and "%(" not in body and "http://localhost/" in body, kind
            assert row.private or kind in ("accounts/password_changed", "accounts/address_changed")


@pytest.mark.parametrize("headers", [{"Host": "evil.it"}, {"X-Forwarded-Host": "evil.it", "X-Forwarded-Proto": "http"}])
def test_no_link_in_a_mail_comes_from_the_request(app, client, rosa, headers):
    enter(client)
    data = {"email": rosa.email, "csrf_token": client.page(f"{HERE}/indirizzo").form().values["csrf_token"]}
    answers = [client.post("/entra/password-dimenticata", data=data, headers=headers)]
    data |= {"email": "nuova@posta.example", "password": PASSWORD}
    answers.append(client.post(f"{HERE}/indirizzo", data=data, headers=headers))
    assert [answer.status_code for answer in answers] == ([400, 400] if "Host" in headers else [303, 303])
    assert not any("evil.it" in str(answer.headers) + answer.text for answer in answers)
    assert kinds(app) == ([] if "Host" in headers else ["reset", "old_address", "new_address"])
    with app.app_context():
        for row in mail(app):
            assert "evil.it" not in words(row, "it")[1] and f"http://localhost{row.payload['link']}" in words(row, "it")[1]
