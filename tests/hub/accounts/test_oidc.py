"""Signing in with SPID or CIE, against providers that really answer: the ways in, and all that can go wrong on the way."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, render_template, url_for
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from config import CLAIMS
from hub import create_app
from hub.accounts import gateway, identity, service, throttle
from hub.accounts.models import Attempt, Identity, MailToken, Person, SecondFactor, SignIn
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from tests.client import CheckingClient, Page
from tests.databases import compiled_templates, environment
from tests.hub.accounts.people import PASSWORD, enter, mail, person
from tests.live import free_port
from tests.oidc_provider import CLIENT, LEVEL_2, ROSA, Liar, Provider, certificate, liar, provider

WAY = "/entra/identita-digitale"
REFUSED = f"{WAY}/non-riuscito"
CODE = "GRCRSO83S58D969H"
OTHER_CODE = "VRDGPP70M20E506Y"
MARIO = {CLAIMS["fiscal_code"]: f"TINIT-{OTHER_CODE}", "given_name": "Giuseppe", "family_name": "Verdi"}
ANSWER = "La risposta del servizio di accesso con SPID e CIE non è quella che aspettavamo"


@pytest.fixture(scope="module")
def honest() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def lying() -> Iterator[Liar]:
    with liar() as running:
        yield running


@contextmanager
def portal(database_url: str, settings: dict[str, str]) -> Iterator[Flask]:
    app = create_app(environment(database_url, **settings))
    app.testing, app.test_client_class = True, CheckingClient
    app.jinja_env.bytecode_cache = compiled_templates()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(database_url: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """A portal whose gateway is the honest provider; the lying one where the test asks for it."""
    gateway_of = request.getfixturevalue("lying" if "lying" in request.fixturenames else "honest")
    with portal(database_url, gateway_of.settings) as app:
        yield app


def leave(client: FlaskClient, next_url: str = "") -> str:
    """Off to the provider; the address to which the browser is sent."""
    answer = client.get(WAY, query_string={"next": next_url} if next_url else {})
    assert answer.status_code == 303, answer.text
    return answer.location


def back(client: CheckingClient, address: str) -> Page:
    """Follow the way back, on the portal's own host."""
    assert address.startswith(f"http://localhost{WAY}/ritorno?"), address
    return client.page(address.removeprefix("http://localhost"))


def come(client: CheckingClient, honest: Provider, who: str, next_url: str = "") -> Page:
    """All the way: off, sign in there, back."""
    return back(client, honest.sign_in(leave(client, next_url), who))


def come_lying(client: CheckingClient, lying: Liar, next_url: str = "") -> Page:
    return back(client, lying.sign_in(leave(client, next_url)))


def kept(app: Flask) -> tuple[int, int, int, int]:
    """How many people, identities, sign-ins and mails there are."""
    with app.app_context():
        return tuple(db.session.scalar(sa.select(sa.func.count()).select_from(one)) for one in (Person, Identity, SignIn, Notice))


def level(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(sa.select(SignIn.level).order_by(SignIn.created_at)))


def link_in(row: Notice) -> str:
    assert row.kind == "accounts/identity_link"
    return row.payload["link"]


def must_have_been_refused(app: Flask, page: Page, status: int, words: str) -> None:
    """Told in words, in the public dress, with ways out; and nothing was made or changed."""
    assert (page.status, page.path) == (status, REFUSED if page.path != WAY else WAY), page.text
    assert words in page.text
    assert page.link("Prova di nuovo con SPID o CIE").startswith(WAY)
    assert page.link("Entra con e-mail e password").startswith("/entra")
    assert "info@officine.example" in page.text
    assert 'data-element="personal-area-login"' in page.html
    assert "code=" not in page.html and "state=" not in page.html
    assert page.response.headers["Cache-Control"] == "no-store"
    assert kept(app) == (0, 0, 0, 0)


# --- the way in, and back into the page where one was


def test_a_newcomer_is_in_at_once_and_back_where_they_were(app, client, honest):
    honest.knows("rosa")
    page = come(client, honest, "rosa", "/area-personale/dati?da=qui")
    assert page.response.request.full_path == "/area-personale/dati?da=qui"
    assert "Rosa Greco" in page.text
    assert kept(app) == (1, 1, 1, 0)
    assert level(app) == [2]
    cookie = client.get_cookie("session")
    assert cookie.http_only and cookie.same_site == "Lax"


def test_who_is_known_comes_back_as_the_same_person(app, client, honest):
    honest.knows("rosa")
    come(client, honest, "rosa")
    honest.knows("rosa", given_name="Rosa Maria", email="nuova@posta.example", acr="https://www.spid.gov.it/SpidL3")
    other = app.test_client()
    assert come(other, honest, "rosa").path == "/area-personale"
    assert kept(app) == (1, 1, 2, 0)
    with app.app_context():
        rosa = db.session.scalars(sa.select(Person)).one()
        assert (rosa.name, rosa.email) == ("Rosa Maria Greco", "rosa@posta.example")
        assert db.session.scalars(sa.select(Identity.level)).one() == 3
    assert level(app) == [2, 3]


def test_the_browser_is_sent_with_pkce_state_nonce_level_and_our_own_address(client, honest):
    for headers in ({}, {"X-Forwarded-Host": "evil.it"}, {"X-Forwarded-Proto": "https"}):
        answer = client.get(WAY, headers=headers)
        asked = {name: value for name, (value,) in parse_qs(urlsplit(answer.location).query).items()}
        assert answer.location.startswith(f"{honest.url}/oauth2/authorize?")
        assert asked["redirect_uri"] == f"http://localhost{WAY}/ritorno"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert (asked["acr_values"], asked["ui_locales"], asked["client_id"]) == (LEVEL_2, "it", "officine")
        assert len(asked["code_challenge"]) == 43 and len(asked["state"]) >= 20 and len(asked["nonce"]) >= 20
        assert {"openid", "profile", "email"} == set(asked["scope"].split())
        assert CLIENT["OIDC_CLIENT_SECRET"] not in answer.location
    assert client.get(WAY, headers={"Host": "evil.it"}).status_code == 400


def test_the_verifier_of_pkce_and_the_secret_go_to_the_provider_alone(app, client, lying):
    address = leave(client)
    page = back(client, lying.sign_in(address))
    assert page.path == "/area-personale"
    ((_path, form, headers),) = [one for one in lying.asked if one[0] == "/token"]
    assert len(form["code_verifier"][0]) >= 43 and form["redirect_uri"] == [f"http://localhost{WAY}/ritorno"]
    assert headers["Authorization"].startswith("Basic ")
    assert form["code_verifier"][0] not in address


def test_another_name_of_this_machine_is_sent_to_the_one_that_the_provider_knows(client):
    """The way back would not find the cookie of the other name."""
    answer = client.get(f"{WAY}?next=/spazi", base_url="http://127.0.0.1:5000")
    assert (answer.status_code, answer.location) == (303, f"http://localhost{WAY}?next=/spazi")


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.it",
        "/\\evil.it",
        "https:evil.it",
        "///evil.it",
        "/\t/evil.it",
        "https://evil.it",
        "http:///evil.it",
        "/.//evil.it",
        "%2F%2Fevil.it",
        f"{WAY}/conferma/..//evil.it",
    ],
)
def test_the_way_back_never_leads_out_of_the_portal(app, client, honest, evil):
    honest.knows("rosa")
    answer = client.get(honest.sign_in(leave(client, evil), "rosa").removeprefix("http://localhost"))
    assert (answer.status_code, answer.location) == (303, "/area-personale")


def test_several_windows_may_be_under_way_and_the_oldest_gives_way(app, client, honest):
    honest.knows("rosa")
    ways = [leave(client, f"/spazi?p={number}" + "x" * 400) for number in range(5)]
    assert len(client.get_cookie("form").value) < 3500
    refused = back(client, honest.sign_in(ways[1], "rosa"))
    assert (refused.status, refused.path) == (400, REFUSED)
    page = back(client, honest.sign_in(ways[2], "rosa"))
    assert page.response.request.full_path.startswith("/spazi?p=2x")


def test_the_longest_names_and_addresses_fit_in_the_cookie_and_in_the_buffer_of_nginx(app, client, honest):
    """4096 bytes are the most that browsers keep; beyond, nobody would ever come back."""
    long = {"given_name": "è" * 80, "family_name": "ù" * 80, "email": f"{'r' * 60}@{'posta.' * 30}example"}
    honest.knows("rosa", **long, email_verified=False)
    for _ in range(4):
        answer = client.get(WAY, query_string={"next": "/spazi?q=" + "x" * 480})
        assert sum(len(name) + len(value) + 4 for name, value in answer.headers) < 8192
    for refused in (True, False):
        address = leave(client, "/spazi?q=" + "y" * 480)
        page = back(client, honest.refuse(address) if refused else honest.sign_in(address, "rosa"))
        assert page.status == (400 if refused else 200)
        assert len(client.get_cookie("form").value) < 3900
    with app.app_context():
        person()
    honest.knows("rosa", **long | {"email": "rosa@posta.example"})
    assert come(client, honest, "rosa", "/spazi?q=" + "z" * 480).path == f"{WAY}/controlla-la-posta"
    assert len(client.get_cookie("form").value) < 3900


def test_nothing_is_asked_of_the_provider_before_somebody_wants_to_sign_in(database_url):
    settings = {"OIDC_ISSUER": f"http://127.0.0.1:{free_port()}", **CLIENT}
    with portal(database_url, settings) as app:
        client = app.test_client()
        page = client.page("/entra?next=/spazi")
        assert page.link("Entra con SPID o CIE") == f"{WAY}?next=/spazi"


def test_without_a_provider_there_is_no_such_way_in(database_url):
    with portal(database_url, {}) as app:
        client = app.test_client()
        assert "SPID" not in client.page("/entra").text
        for path in ("", "/ritorno", "/non-riuscito", "/indirizzo", "/controlla-la-posta", "/conferma/x"):
            assert client.get(WAY + path).status_code == 404, path


# --- how an identity comes to an account


def test_a_local_account_is_linked_through_its_mail_in_the_same_browser(app, client, honest):
    with app.app_context():
        person()
    honest.knows("rosa")
    told = come(client, honest, "rosa", "/spazi?p=2")
    assert (told.path, told.status) == (f"{WAY}/controlla-la-posta", 200)
    assert client.get_cookie("session") is None
    page = client.page(link_in(mail(app)[-1]))
    assert "Rosa Greco" in page.text and CODE in page.text
    assert kept(app)[1:3] == (0, 0)  # opened, and nothing more
    arrived = page.form().submit()
    assert arrived.response.request.full_path == "/spazi?p=2"
    assert (kept(app)[:3], level(app)) == ((1, 1, 1), [2])
    assert come(app.test_client(), honest, "rosa").path == "/area-personale"


def test_the_link_in_another_browser_asks_for_the_identity_first(app, client, honest):
    with app.app_context():
        person()
    honest.knows("rosa")
    come(client, honest, "rosa", "/spazi")
    elsewhere = app.test_client()
    page = elsewhere.page(link_in(mail(app)[-1]))
    assert "entra prima con SPID o CIE in questo browser" in page.text and CODE not in page.text and "Greco" not in page.text
    away = elsewhere.get(page.link("Entra con SPID o CIE")).location
    again = back(elsewhere, honest.sign_in(away, "rosa"))
    assert again.path == link_in(mail(app)[-1])
    assert again.form().submit().path == "/spazi"
    assert (kept(app)[:3], len(mail(app))) == ((1, 1, 1), 1)


def test_whoever_presses_without_reading_lets_nobody_in(app, client, honest):
    """Somebody with an identity of their own types another's address, and waits for them to press the button."""
    with app.app_context():
        person()
    honest.knows("mallo", **MARIO, email=None)
    come(client, honest, "mallo").form().submit(email="rosa@posta.example")
    link = link_in(mail(app)[-1])
    victim = app.test_client()
    main = next(victim.page(link).tree.iter("main"))
    assert list(main.iter("form")) == []
    honest.knows("rosa")
    refused = back(victim, honest.sign_in(leave(victim, link), "rosa"))
    assert refused.path == link and "entra prima con SPID o CIE" in refused.text
    token = victim.page("/entra").form().values["csrf_token"]
    pressed = victim.post(link, data={"csrf_token": token})
    assert pressed.status_code == 422 and "con la stessa identità" in pressed.text
    assert kept(app)[1:3] == (0, 0)


def test_a_mail_that_went_to_a_stranger_lets_nobody_in(app, client, honest):
    """Whoever mistypes their address must not give their identity to whose it is."""
    honest.knows("rosa", email=None)
    come(client, honest, "rosa").form().submit(email="sbagliata@posta.example")
    stranger = app.test_client()
    link = link_in(mail(app)[-1])
    token = stranger.page("/entra").form().values["csrf_token"]
    assert stranger.post(link, data={"csrf_token": token}).status_code == 422
    assert kept(app)[1:3] == (0, 0)


def test_an_identity_without_an_address_is_asked_for_one(app, client, honest):
    honest.knows("rosa", email=None)
    page = come(client, honest, "rosa", "/spazi")
    assert page.path == f"{WAY}/indirizzo" and "Rosa Greco" in page.text
    assert page.form().values["email"] == ""
    assert page.response.headers["Cache-Control"] == "no-store"
    wrong = page.form().submit(email="rosa@")
    assert wrong.status == 422 and "non è completo" in wrong.text
    told = wrong.form().submit(email="Rosa@posta.example")
    assert told.path == f"{WAY}/controlla-la-posta"
    assert kept(app) == (1, 0, 0, 1)
    assert wrong.form().submit(email="Rosa@posta.example").path == told.path  # sent twice
    assert kept(app) == (1, 0, 0, 1)
    assert client.page(link_in(mail(app)[-1])).form().submit().path == "/spazi"
    assert kept(app)[:3] == (1, 1, 1)


def test_a_typed_address_is_answered_the_same_whosever_it_is(app, client, honest):
    with app.app_context():
        person("locale@posta.example")
    honest.knows("verdi", **MARIO, email="altra@posta.example")
    come(app.test_client(), honest, "verdi")
    honest.knows("rosa", email=None)
    come(client, honest, "rosa")
    answers = set()
    for email in ("locale@posta.example", "altra@posta.example", "nuova@posta.example"):
        page = client.page(f"{WAY}/indirizzo").form().submit(email=email)
        answers.add((page.status, page.path, page.text))
    assert len(answers) == 1
    assert [row.kind.rpartition("_")[2] for row in mail(app)] == ["link", "other", "link"]


def test_the_address_of_an_account_with_another_identity_is_refused_in_words(app, client, honest):
    honest.knows("rosa")
    come(app.test_client(), honest, "rosa")
    honest.knows("verdi", **MARIO)
    page = come(client, honest, "verdi")
    assert (page.status, page.path) == (400, REFUSED)
    assert "già collegato a un'altra identità digitale" in page.text
    assert kept(app) == (1, 1, 1, 0)


def test_who_is_signed_in_links_their_identity_with_the_password(app, client, honest):
    with app.app_context():
        person("locale@posta.example")
    enter(client, "locale@posta.example")
    before = client.get_cookie("session").value
    honest.knows("rosa")
    page = come(client, honest, "rosa", "/area-personale/dati")
    assert page.path == f"{WAY}/collega"
    assert CODE in page.text and "locale@posta.example" in page.text and kept(app)[1] == 0
    wrong = page.form().submit(password="sbagliata del tutto")
    assert wrong.status == 422 and "non è giusta" in wrong.text and kept(app)[1] == 0
    arrived = wrong.form().submit(password=PASSWORD)
    assert arrived.path == "/area-personale/dati" and "identità digitale è collegata" in arrived.text
    assert client.get_cookie("session").value != before
    assert (kept(app)[:3], level(app)) == ((1, 1, 1), [2])
    assert [row.kind for row in mail(app)] == ["accounts/identity_linked"]
    again = come(client, honest, "rosa", "/spazi")  # linked already: to show it once more
    assert (again.path, kept(app)[:3]) == ("/spazi", (1, 1, 1))


def test_who_is_signed_in_never_becomes_somebody_else(app, client, honest):
    with app.app_context():
        person("locale@posta.example")
    honest.knows("rosa")
    come(app.test_client(), honest, "rosa")
    enter(client, "locale@posta.example")
    page = come(client, honest, "rosa")
    assert (page.status, page.path) == (400, REFUSED) and "già collegata a un altro account" in page.text
    assert page.link("Vai alla tua area personale")
    assert "locale@posta.example" in client.page("/area-personale/dati").text
    assert kept(app)[:3] == (2, 1, 2)


def test_an_address_registered_by_another_and_never_confirmed_is_the_owners(app, client, honest):
    with app.app_context():
        person(confirmed=False)
    honest.knows("rosa")
    assert come(client, honest, "rosa").path == "/area-personale"
    assert enter(app.test_client()).status == 422
    assert kept(app)[:3] == (1, 1, 1)


def test_what_was_shown_waits_half_an_hour_and_for_nobody_else(app, client, honest):
    honest.knows("rosa", email=None)
    come(client, honest, "rosa")
    assert CODE not in client.get_cookie("form").value
    with client.session_transaction() as held:
        assert CODE not in json.dumps(dict(held)) and "Greco" not in json.dumps(dict(held))
        held["identity"] = held["identity"][:-4] + "AAAA"
    assert client.page(f"{WAY}/indirizzo").status == 400
    come(client, honest, "rosa")
    with time_machine.travel(now() + timedelta(minutes=31)):
        late = client.page(f"{WAY}/indirizzo")
        assert late.status == 400 and "è scaduto" in late.text
    assert app.test_client().page(f"{WAY}/indirizzo").status == 400


def test_a_link_that_is_spent_expired_or_unknown_offers_the_way_in(app, client, honest):
    with app.app_context():
        person()
    honest.knows("rosa")
    come(client, honest, "rosa")
    link = link_in(mail(app)[-1])
    form = client.page(link).form()
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        assert client.page(link).status == 410
    assert form.submit().path == "/area-personale"
    for spent in (link, f"{WAY}/conferma/unknown", f"{WAY}/conferma/{'x' * 400}"):
        page = client.page(spent)
        assert page.status == 410 and page.link("Entra con SPID o CIE") == WAY
    arrived = come(client, honest, "rosa", link)  # the spent link is no place to come back to
    assert arrived.path == "/area-personale"


def test_below_level_two_the_second_factor_is_still_to_come_and_above_it_is_not(database_url, honest):
    with portal(database_url, {**honest.settings, "OIDC_ACR": "https://www.spid.gov.it/SpidL1"}) as app:
        honest.knows("rosa")
        come(app.test_client(), honest, "rosa")
        with app.app_context():
            rosa = db.session.scalars(sa.select(Person.id)).one()
            db.session.add(SecondFactor(person_id=rosa, secret="x", created_at=now(), confirmed_at=now()))
            db.session.commit()
        strong, weak = app.test_client(), app.test_client()
        assert come(strong, honest, "rosa").path == "/area-personale"
        honest.knows("rosa", acr="https://www.spid.gov.it/SpidL1")
        answer = weak.get(honest.sign_in(leave(weak, "/spazi"), "rosa").removeprefix("http://localhost"))
        assert answer.status_code == 303 and answer.location.startswith(url_of(app, "second_factor.sign_in_code"))
        assert weak.get("/area-personale").status_code == 303


def url_of(app: Flask, endpoint: str) -> str:
    with app.test_request_context():
        return url_for(endpoint)


def test_the_personal_page_can_say_what_is_linked_and_offer_to_link(app, session):
    row = Identity(person_id=1, fiscal_code=CODE, level=2, identified_at=now())
    with app.test_request_context("/area-personale/sicurezza"):
        linked, offered = (render_template("accounts/_identity.html", identity=one) for one in (row, None))
        assert CODE in linked and "SPID o CIE" in linked
        assert f'href="{WAY}?next=/area-personale/sicurezza"' in offered
        app.config["OIDC_ISSUER"] = ""
        assert not render_template("accounts/_identity.html", identity=None).strip()


def test_the_path_in_the_mail_is_that_of_the_page(app):
    with app.test_request_context():
        assert url_for("oidc.confirm", token="x") == identity.CONFIRM_PATH + "x"


# --- refusals: each in words, and none makes or changes anything


def test_consent_that_is_withheld_is_told_and_the_page_where_one_was_is_not_lost(app, client, honest):
    must_have_been_refused(app, back(client, honest.refuse(leave(client))), 400, "Non hai dato il consenso")
    state = parse_qs(urlsplit(leave(client, "/spazi")).query)["state"][0]  # which that provider forgets to give back
    page = client.page(f"{WAY}/ritorno?error=access_denied&state={state}")
    must_have_been_refused(app, page, 400, "Non hai dato il consenso")
    assert page.link("Entra con e-mail e password") == "/entra?next=/spazi"
    honest.knows("rosa")
    again = client.get(page.link("Prova di nuovo")).location
    assert back(client, honest.sign_in(again, "rosa")).path == "/spazi"


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "<script>alert(1)</script>", "x" * 3000])
def test_an_error_of_the_provider_is_told_without_its_words(app, client, honest, error):
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    page = client.page(f"{WAY}/ritorno?" + f"error={error}&error_description=boh&state={state}")
    must_have_been_refused(app, page, 502, "ha risposto con un errore")
    assert "alert(1)" not in page.html and "boh" not in page.text


def test_an_answer_that_says_that_it_is_another_providers_is_refused(app, client, honest):
    honest.knows("rosa")
    address = honest.sign_in(leave(client), "rosa")
    must_have_been_refused(app, back(client, f"{address}&iss=https://evil.it"), 502, "ha risposto con un errore")
    address = honest.sign_in(leave(client), "rosa")
    assert back(client, f"{address}&iss={honest.url}").path == "/area-personale"


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?code=&state="])
def test_a_way_back_that_this_browser_did_not_begin_is_refused(app, client, query):
    must_have_been_refused(app, client.page(f"{WAY}/ritorno{query}"), 400, "cominciato in un altro browser")


def test_a_browser_that_lost_its_cookie_or_keeps_none_is_told(app, client, honest):
    honest.knows("rosa")
    address = honest.sign_in(leave(client), "rosa")
    stranger = app.test_client()
    must_have_been_refused(app, back(stranger, address), 400, "cookie")
    must_have_been_refused(app, app.test_client(use_cookies=False).page(REFUSED), 400, "cookie")


def test_a_way_back_works_once(app, client, honest):
    """Opened twice, the back button, an address that somebody copied."""
    honest.knows("rosa")
    address = honest.sign_in(leave(client), "rosa")
    assert back(client, address).path == "/area-personale"
    again = back(client, address)
    assert (again.status, again.path) == (400, REFUSED) and "è già stato usato" in again.text
    assert again.link("Vai alla tua area personale")
    assert kept(app) == (1, 1, 1, 0)
    assert back(app.test_client(), address).status == 400


def test_a_code_that_is_spent_is_refused_even_with_the_cookie_of_before(app, client, honest):
    honest.knows("rosa")
    address = honest.sign_in(leave(client), "rosa")
    cookie = client.get_cookie("form").value
    back(client, address)
    copy = app.test_client()
    copy.set_cookie("form", cookie)
    page = back(copy, address)
    assert (page.status, page.path) == (400, REFUSED) and "è già stato usato" in page.text
    assert kept(app) == (1, 1, 1, 0)


def test_a_way_back_after_half_an_hour_is_too_late(app, client, honest):
    honest.knows("rosa")
    address = honest.sign_in(leave(client), "rosa")
    with time_machine.travel(now() + timedelta(minutes=31)):
        must_have_been_refused(app, back(client, address), 400, "è scaduto")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({CLAIMS["fiscal_code"]: None}, "non ci ha detto il tuo codice fiscale"),
        ({CLAIMS["fiscal_code"]: "TINIT-GRCRSO83S58D969X"}, "non è valido"),
        ({CLAIMS["fiscal_code"]: {"a": 1}}, "non si leggono"),
        ({"given_name": None}, "non si leggono"),
        ({"birthdate": "domani"}, "non si leggono"),
        ({"acr": None}, "con quale livello di sicurezza"),
        ({"acr": "https://www.spid.gov.it/SpidL9"}, "con quale livello di sicurezza"),
        ({"acr": ["https://www.spid.gov.it/SpidL2"]}, "con quale livello di sicurezza"),
        ({"acr": "https://www.spid.gov.it/SpidL1"}, "livello di sicurezza 1, ma qui serve almeno il livello 2"),
    ],
)
def test_an_identity_that_says_too_little_is_refused(app, client, honest, said, words):
    honest.knows("rosa", **said)
    must_have_been_refused(app, come(client, honest, "rosa"), 400, words)


def test_a_refusal_is_told_again_in_the_other_language(app, client, honest):
    """Its address holds no code, so that it can be read again, or in English, without trying once more."""
    honest.knows("rosa", acr="https://www.spid.gov.it/SpidL1")
    page = come(client, honest, "rosa")
    assert client.page(REFUSED).text == page.text
    assert client.get(REFUSED, headers={"Accept-Language": "en"}).status_code == 400


# --- a provider that lies


LIES: dict[str, Callable[[Liar], object]] = {
    "another key": lambda liar: setattr(
        liar, "sign", lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))
    ),
    "a key of no name": lambda liar: setattr(
        liar, "sign", lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, RSAKey.generate_key(2048))
    ),
    "signed with the secret that both know": lambda liar: setattr(
        liar,
        "sign",
        lambda claims: jwt.encode(
            {"alg": "HS256"}, claims, OctKey.import_key(CLIENT["OIDC_CLIENT_SECRET"]), algorithms=["HS256"]
        ),
    ),
    "signed by nobody": lambda liar: setattr(
        liar, "sign", lambda claims: "eyJhbGciOiJub25lIn0." + jwt.encode({"alg": "RS256"}, claims, liar.key).split(".")[1] + "."
    ),
    "cut short": lambda liar: setattr(liar, "sign", lambda claims: "a.b"),
    "no token": lambda liar: setattr(liar, "sign", lambda claims: None),
    "another issuer": lambda liar: setattr(liar, "token", lambda claims: claims | {"iss": "https://evil.it"}),
    "another audience": lambda liar: setattr(liar, "token", lambda claims: claims | {"aud": "altro", "azp": "officine"}),
    "no audience": lambda liar: setattr(liar, "token", lambda claims: {k: v for k, v in claims.items() if k != "aud"}),
    "another nonce": lambda liar: setattr(liar, "token", lambda claims: claims | {"nonce": "another"}),
    "no nonce": lambda liar: setattr(liar, "token", lambda claims: {k: v for k, v in claims.items() if k != "nonce"}),
    "expired": lambda liar: setattr(
        liar, "token", lambda claims: claims | {"iat": claims["iat"] - 900, "exp": claims["iat"] - 300}
    ),
    "no end": lambda liar: setattr(liar, "token", lambda claims: {k: v for k, v in claims.items() if k != "exp"}),
    "not yet begun": lambda liar: setattr(liar, "token", lambda claims: claims | {"nbf": claims["iat"] + 300}),
    "of nobody": lambda liar: setattr(liar, "token", lambda claims: {k: v for k, v in claims.items() if k != "sub"}),
    "a token that is no JSON": lambda liar: liar.lies.update({"/token": lambda *_: (200, b"<html>")}),
    "a token that is a list": lambda liar: liar.lies.update({"/token": lambda *_: (200, [])}),
    "a token without an id": lambda liar: liar.lies.update(
        {"/token": lambda _status, told: (200, {k: v for k, v in told.items() if k != "id_token"})}
    ),
    "a client that it does not know": lambda liar: liar.lies.update({"/token": lambda *_: (401, {"error": "invalid_client"})}),
    "keys that are none": lambda liar: liar.lies.update({"/jwks": lambda *_: (200, {"keys": "none"})}),
    "keys that are no JSON": lambda liar: liar.lies.update({"/jwks": lambda *_: (200, b"\xff\xfe")}),
    "no keys": lambda liar: liar.lies.update({"/jwks": lambda *_: (404, {})}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_believed(app, client, lying, lie):
    LIES[lie](lying)
    must_have_been_refused(app, come_lying(client, lying), 502, ANSWER)


DESCRIPTIONS = {
    "another's": {"issuer": "https://evil.it"},
    "nobody's": {"issuer": None},
    "without a way in": {"authorization_endpoint": None},
    "without a token": {"token_endpoint": None},
    "signing with a secret or not at all": {"id_token_signing_alg_values_supported": ["HS256", "none"]},
}


@pytest.mark.parametrize("lie", DESCRIPTIONS)
def test_a_description_that_cannot_be_is_not_believed(app, client, lying, lie):
    lying.lies["/.well-known/openid-configuration"] = lambda status, told: (
        status,
        {name: value for name, value in (told | DESCRIPTIONS[lie]).items() if value is not None},
    )
    must_have_been_refused(app, client.page(WAY), 502, ANSWER)


@pytest.mark.parametrize("told", [b"<html>", b"[]", b"null", b"\xff"])
def test_a_description_that_is_none_is_not_believed(app, client, lying, told):
    lying.lies["/.well-known/openid-configuration"] = lambda *_: (200, told)
    must_have_been_refused(app, client.page(WAY), 502, ANSWER)
    lying.lies["/.well-known/openid-configuration"] = lambda *_: (302, told)
    assert client.page(WAY).status == 502


def test_over_https_nobody_is_believed_without_a_certificate_and_nothing_goes_out_in_the_clear(
    database_url, tmp_path, monkeypatch
):
    trusted, tls = certificate(tmp_path)
    with liar(tls) as lying, portal(database_url, lying.settings) as app:
        must_have_been_refused(app, app.test_client().page(WAY), 502, "in questo momento non funziona")
        assert lying.asked == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with liar(tls) as lying, portal(database_url, lying.settings) as app:
        described = "/.well-known/openid-configuration"
        for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            lying.lies[described] = lambda status, told, name=endpoint: (status, told | {name: "http://127.0.0.1/x"})
            must_have_been_refused(app, app.test_client().page(WAY), 502, ANSWER)
        del lying.lies[described]
        assert come_lying(app.test_client(), lying).path == "/area-personale"


def test_a_clock_that_is_a_little_off_is_forgiven(app, client, lying):
    lying.token = lambda claims: claims | {"iat": claims["iat"] + 30, "exp": claims["iat"] - 30}
    assert come_lying(client, lying).path == "/area-personale"


def test_new_keys_are_asked_for_when_the_provider_changes_them(app, client, lying):
    assert come_lying(client, lying).path == "/area-personale"
    lying.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    lying.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, lying.key)
    assert come_lying(app.test_client(), lying).path == "/area-personale"


# --- what a gateway may do otherwise


def test_claims_that_the_token_lacks_are_asked_for_where_the_provider_says_them(app, client, lying):
    said = {name: value for name, value in ROSA.items() if name != "acr"}
    lying.token = lambda claims: {name: value for name, value in claims.items() if name not in said}
    lying.userinfo = {"sub": "rosa", **said, "iss": "https://evil.it", "acr": "https://www.spid.gov.it/SpidL3"}
    assert come_lying(client, lying).path == "/area-personale"
    assert level(app) == [2]  # how sure it is says the signed token alone
    (headers,) = [headers for path, _form, headers in lying.asked if path == "/userinfo"]
    assert headers["Authorization"] == "Bearer open"


@pytest.mark.parametrize("told", [{"sub": "somebody else", **ROSA}, {}, [], b"<html>"])
def test_what_is_said_of_somebody_else_is_not_believed(app, client, lying, told):
    lying.token = lambda claims: {name: value for name, value in claims.items() if name != CLAIMS["fiscal_code"]}
    lying.lies["/userinfo"] = lambda *_: (200, told)
    must_have_been_refused(app, come_lying(client, lying), 502, ANSWER)


def test_claims_by_other_names_are_read_by_the_map_and_asked_for(database_url, lying):
    names = "fiscal_code=fiscalNumber given_name=name family_name=familyName birth_date=dateOfBirth"
    with portal(database_url, {**lying.settings, "OIDC_CLAIMS": names, "OIDC_ACR": "-"}) as app:
        told = {"fiscalNumber": [f"TINIT-{CODE}"], "name": "ROSA", "familyName": "GRECO", "dateOfBirth": "1983-11-18"}
        lying.token = lambda claims: {name: value for name, value in claims.items() if name not in CLAIMS.values()} | told
        lying.userinfo = {"sub": "rosa", "email": "rosa@posta.example", "email_verified": False}
        described = {"claims_parameter_supported": True, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
        lying.lies["/.well-known/openid-configuration"] = lambda status, true: (status, true | described)
        client = app.test_client()
        address = leave(client)
        asked = parse_qs(urlsplit(address).query)
        assert "acr_values" not in asked
        assert set(json.loads(asked["claims"][0])["id_token"]) == {"fiscalNumber", "name", "familyName", "dateOfBirth", "email"}
        assert back(client, lying.sign_in(address)).path == f"{WAY}/indirizzo"  # an address that it has not verified
        ((_path, form, headers),) = [one for one in lying.asked if one[0] == "/token"]
        assert form["client_secret"] == [CLIENT["OIDC_CLIENT_SECRET"]] and "Authorization" not in headers


# --- a provider that is away or slow


def test_a_provider_that_is_away_is_told_and_the_portal_goes_on(database_url):
    with portal(database_url, {"OIDC_ISSUER": f"http://127.0.0.1:{free_port()}", **CLIENT}) as app:
        client = app.test_client()
        page = client.page(f"{WAY}?next=/spazi")
        must_have_been_refused(app, page, 502, "in questo momento non funziona")
        assert page.link("Entra con e-mail e password") == "/entra?next=/spazi"
        assert client.get("/").status_code == 200


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a socket that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_provider_that_never_answers_is_waited_for_five_seconds_once(app, mute):
    app.config["OIDC_ISSUER"] = mute
    client, begun = app.test_client(), time.monotonic()
    must_have_been_refused(app, client.page(WAY), 504, "non risponde")
    assert 4 < time.monotonic() - begun < 9
    begun = time.monotonic()
    must_have_been_refused(app, client.page(WAY), 504, "non risponde")  # nobody else waits
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
@pytest.mark.parametrize(("lie", "status", "words"), [("slow", 504, "non risponde"), ("broken", 502, "non funziona")])
def test_a_provider_that_fails_on_the_way_back_is_told(app, client, lying, monkeypatch, path, lie, status, words):
    monkeypatch.setattr(gateway, "SECONDS", 0.3)
    lying.token = lambda claims: {name: value for name, value in claims.items() if name != "email"}
    lying.lies[path] = lambda *true: (time.sleep(1), true)[1] if lie == "slow" else (503, {})
    must_have_been_refused(app, come_lying(client, lying), status, words)
    assert client.get(WAY).status_code == (504 if lie == "slow" else 303)  # for a while nobody else waits


def test_others_write_while_the_provider_thinks(app, client, lying):
    """Its answer is waited for without a transaction: on SQLite one that writes would keep everybody else from writing."""
    waited = []

    def meanwhile(*true: object) -> object:
        begun = time.monotonic()
        with app.app_context():
            person("altra@posta.example")
        waited.append(time.monotonic() - begun)
        return true

    lying.lies["/token"] = meanwhile
    assert come_lying(client, lying).path == "/area-personale"
    assert waited and max(waited) < 2


def test_what_was_known_of_the_provider_is_asked_for_again_after_an_hour(app, client, lying):
    def asked() -> int:
        return len([path for path, *_ in lying.asked if path.startswith("/.well-known")])

    leave(client)
    leave(client)
    assert asked() == 1
    app.extensions["identity_gateway"].since -= gateway.KNOWN_SECONDS
    leave(client)
    assert asked() == 2


# --- limits, rivals, logs


def test_returns_that_lead_nowhere_are_limited_by_address(app, client, lying):
    lying.lies["/token"] = lambda *_: (400, {"error": "invalid_grant"})
    for _ in range(50):
        assert come_lying(client, lying).status == 400
    page = come_lying(client, lying)
    assert (page.status, page.path) == (429, REFUSED) and "Troppi tentativi" in page.text
    assert len([path for path, *_ in lying.asked if path == "/token"]) == 50
    assert kept(app) == (0, 0, 0, 0)
    del lying.lies["/token"]
    with time_machine.travel(now() + timedelta(minutes=16), tick=True):
        assert client.page(f"{WAY}/ritorno").status == 400


def test_who_comes_in_is_not_counted(app, client, honest):
    honest.knows("rosa")
    for _ in range(3):
        come(app.test_client(), honest, "rosa")
    with app.app_context():
        assert set(db.session.scalars(sa.select(Attempt.count))) == {0}


def test_mails_to_one_address_are_limited(app, client, honest):
    honest.knows("rosa", email=None)
    come(client, honest, "rosa")
    for _ in range(throttle.MAIL_ACCOUNT.times):
        assert client.page(f"{WAY}/indirizzo").form().submit(email="rosa@posta.example").status == 200
    page = client.page(f"{WAY}/indirizzo").form().submit(email="ROSA@posta.example")
    assert page.path == f"{WAY}/controlla-la-posta"  # nobody learns how often it was asked for
    assert len(mail(app)) == throttle.MAIL_ACCOUNT.times
    for number in range(throttle.MAIL_ADDRESS.times - throttle.MAIL_ACCOUNT.times - 1):
        client.page(f"{WAY}/indirizzo").form().submit(email=f"rosa{number}@posta.example")
    page = client.page(f"{WAY}/indirizzo").form().submit(email="rosalba@posta.example")
    assert page.status == 429 and "Troppi tentativi" in page.text


def test_two_browsers_of_one_person_that_come_back_at_once(app, honest):
    honest.knows("rosa")
    browsers = [FlaskClient(app, app.response_class) for _ in range(2)]
    ways = [honest.sign_in(leave(browser), "rosa").removeprefix("http://localhost") for browser in browsers]
    starting, ends = threading.Barrier(2), []

    def one(browser: FlaskClient, address: str) -> None:
        starting.wait(timeout=30)
        ends.append(browser.get(address).location)

    threads = [threading.Thread(target=one, args=pair) for pair in zip(browsers, ways, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert ends == ["/area-personale"] * 2
    assert kept(app) == (1, 1, 2, 0)


def test_the_log_tells_neither_codes_nor_states_nor_people(database_url, honest, capsys):
    with portal(database_url, {**honest.settings, "LOG_LEVEL": "DEBUG"}) as app:
        client = app.test_client()
        honest.knows("rosa")
        address = honest.sign_in(leave(client, "/spazi"), "rosa")
        back(client, address)
        honest.knows("rosa", acr=None)
        back(client, address)
        state = parse_qs(urlsplit(leave(client)).query)["state"][0]
        client.page(f"{WAY}/ritorno?error=server_error&error_description=Greco&state={state}")
        with app.app_context():
            person("altra@posta.example")
        honest.knows("altra", **MARIO, email="altra@posta.example")
        come(app.test_client(), honest, "altra")
        written = capsys.readouterr()
        told = [json.loads(line) for line in written.out.splitlines()]
        assert {f"{WAY}/ritorno", WAY} <= {line.get("route") for line in told}
        assert [(line["rule"], line["kind"]) for line in told if line["event"] == "identity gateway"] == [
            ("gateway-answer", "Refusal")
        ]
        asked = parse_qs(urlsplit(address).query)
        secrets = (asked["code"][0], asked["state"][0], state, CODE, OTHER_CODE, "Greco", "posta.example", "error_description")
        assert [secret for secret in secrets if secret in written.out + written.err] == []
        with app.app_context():
            token = db.session.scalars(sa.select(MailToken)).one()
            assert token.purpose == "identity" and not service.link("x", "identity")
