"""How often what may be guessed may be tried: counted per account and per address, for everybody alike."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub import create_app
from hub.accounts import throttle
from hub.accounts.models import Attempt
from hub.accounts.throttle import CODE, MAIL_ACCOUNT, MAIL_ADDRESS, SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, Limit
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from tests.client import CheckingClient
from tests.databases import environment
from tests.hub.accounts.people import PASSWORD, code_of, enter, kinds, person, register, with_second_factor

LIMIT = Limit("trial", 3, 15)
TOO_MANY = "Troppi tentativi in poco tempo"


def tries(limit: Limit, key: str, times: int) -> int:
    """How many of so many tries were let through."""
    passed = 0
    for _ in range(times):
        try:
            throttle.count(limit, key)
            passed += 1
        except Refusal as refusal:
            assert refusal.rule == "too-many"
    return passed


@pytest.fixture
def rosa(app):
    with app.app_context():
        return person()


def test_so_many_tries_and_no_more_until_the_time_is_over(session):
    with time_machine.travel(now(), tick=False) as clock:
        assert tries(LIMIT, "rosa", 5) == 3
        assert tries(LIMIT, "altra", 1) == 1
        clock.shift(timedelta(minutes=14, seconds=30))
        with pytest.raises(Refusal) as refused:
            throttle.count(LIMIT, "rosa")
        assert refused.value.values == {"minutes": 1}
        clock.shift(timedelta(seconds=30))
        assert tries(LIMIT, "rosa", 5) == 3


def test_a_good_try_does_not_count(session):
    tries(LIMIT, "rosa", 3)
    throttle.give_back(LIMIT, "rosa")
    session.commit()
    assert tries(LIMIT, "rosa", 2) == 1
    throttle.forget(LIMIT, "rosa")
    session.commit()
    assert tries(LIMIT, "rosa", 5) == 3


def test_the_table_names_nobody_and_is_emptied(session):
    throttle.count(SIGN_IN_ACCOUNT, "rosa@posta.example")
    (bucket,) = session.scalars(sa.select(Attempt.bucket))
    assert len(bucket) == 64 and "rosa" not in bucket
    assert throttle.purge_attempts(now()) == 0
    assert throttle.purge_attempts(now() + timedelta(days=2)) == 1


@pytest.mark.parametrize("address, key", [
    ("192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ("", "unknown"),
    (None, "unknown"),
    ("not an address", "unknown"),
])  # fmt: skip
def test_a_household_is_one_address(address, key):
    assert throttle.network(address) == key


@pytest.mark.parametrize("email", ["rosa@posta.example", "nobody@posta.example"])
def test_after_ten_wrong_passwords_an_account_rests_whether_or_not_it_is_there(client, rosa, email):
    for _ in range(10):
        assert enter(client, email, "sbagliata del tutto").status == 422
    for password in ("sbagliata del tutto", PASSWORD):
        page = enter(client, email.upper(), password)
        assert page.status == 429 and TOO_MANY in page.text
    assert enter(client, "altra@posta.example").status == 422


def test_it_rests_after_a_restart_too_and_not_for_ever(app, client, rosa, database_url):
    with app.app_context():
        tries(SIGN_IN_ACCOUNT, rosa.email, 10)
    again = create_app(environment(database_url))
    again.test_client_class = CheckingClient
    assert enter(again.test_client()).status == 429
    with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
        assert enter(again.test_client()).path == "/area-personale"
    with again.app_context():
        db.engine.dispose()


def test_the_right_password_begins_the_count_anew(app, client, rosa):
    for _ in range(2):
        with app.app_context():
            assert tries(SIGN_IN_ACCOUNT, rosa.email, 9) == 9
        assert enter(app.test_client()).path == "/area-personale"


def test_one_address_cannot_try_many_accounts_and_good_tries_cost_it_nothing(app, client, rosa):
    with app.app_context():
        tries(SIGN_IN_ADDRESS, "127.0.0.1", 49)
    for _ in range(3):
        assert enter(app.test_client()).path == "/area-personale"
    assert enter(client, "nobody@posta.example").status == 422
    assert enter(client).status == 429
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert enter(elsewhere).path == "/area-personale"


def test_a_code_is_guessed_five_times_at_most(app, client):
    with app.app_context():
        secret = with_second_factor(person())
    page = enter(client)
    for _ in range(5):
        page = page.form().submit(code="000000")
        assert page.status == 422
    page = page.form().submit(code=code_of(secret))
    assert page.status == 429 and TOO_MANY in page.text
    assert client.get("/area-personale").status_code == 303
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert enter(client).form().submit(code=code_of(secret)).path == "/area-personale"


def ask(client, path: str, email: str):
    if path == "/registrati":
        return register(client, email)
    return client.page(path).form().submit(email=email)


@pytest.mark.parametrize("path", ["/registrati", "/registrati/nuovo-link", "/entra/password-dimenticata"])
def test_a_mailbox_gets_so_many_links_and_then_the_same_answer_and_none(app, client, rosa, path):
    with app.app_context():
        tries(MAIL_ACCOUNT, rosa.email, 4)
    fifth, sixth, unknown = (ask(client, path, email) for email in (rosa.email, rosa.email, "nobody@posta.example"))
    assert (fifth.path, fifth.text) == (sixth.path, sixth.text) == (unknown.path, unknown.text)
    assert fifth.path.endswith("/controlla-la-posta")
    assert len([kind for kind in kinds(app) if kind != "confirm"]) == 1


@pytest.mark.parametrize("path", ["/registrati", "/registrati/nuovo-link", "/entra/password-dimenticata"])
def test_one_address_asks_for_so_many_links(app, client, path):
    with app.app_context():
        tries(MAIL_ADDRESS, "127.0.0.1", 29)
    assert ask(client, path, "prima@posta.example").path.endswith("/controlla-la-posta")
    page = ask(client, path, "seconda@posta.example")
    assert page.status == 429 and TOO_MANY in page.text
    assert page.form().values["email"] == "seconda@posta.example"


def test_trying_to_enter_unconfirmed_fills_no_mailbox(app, client):
    register(client)
    for _ in range(6):
        assert "conferma il tuo indirizzo" in enter(client).text
    assert kinds(app) == ["confirm"] * 5


def test_a_stolen_browser_does_not_guess_the_password_either(app, client, rosa):
    enter(client)
    for _ in range(10):
        page = client.page("/area-personale/sicurezza/password").form()
        assert page.submit(current="sbagliata del tutto", password="un'altra frase lunga").status == 422
    page = client.page("/area-personale/sicurezza/indirizzo").form().submit(email="ladro@posta.example", password=PASSWORD)
    assert page.status == 429
    assert kinds(app) == []


def test_wrong_codes_count_wherever_they_are_asked(app, client, rosa):
    with app.app_context():
        secret = with_second_factor(rosa)
        tries(CODE, str(rosa.id), 4)
    page = enter(client)
    assert page.form().submit(code="000000").status == 422
    assert page.form().submit(code=code_of(secret)).status == 429
