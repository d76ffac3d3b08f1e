"""The second factor: setting it up, its code at the door, once each; paper for its loss; and the staff who must have it."""

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from hub import create_app
from hub.accounts import second_factor, service
from hub.accounts.models import Person, RecoveryCode, SecondFactor, SignIn
from hub.accounts.roles import grant_role
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from tests.client import CheckingClient
from tests.databases import environment
from tests.hub.accounts.people import PASSWORD, code_of, enter, kinds, person, with_second_factor

HERE = "/area-personale/sicurezza/secondo-fattore"


@pytest.fixture
def rosa(app) -> Person:
    with app.app_context():
        return person()


def rule_of(call, *args) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args)
    db.session.rollback()
    return refused.value.rule


def set_up(client, url: str = HERE):
    """Begin, and read the key; the page with the form for the first code."""
    page = client.page(url).form("comincia").submit()
    key = re.search(r'class="hub-key">([^<]+)', page.html)[1].replace(" ", "")
    return page, key


def paper(page) -> list[str]:
    return re.findall(r"<li><code>([\d ]+)</code>", page.html)


# --- setting it up


def test_it_is_on_with_the_first_code_and_the_paper_is_shown_once(app, client, rosa):
    enter(client)
    other = app.test_client()
    enter(other)
    page, key = set_up(client)
    assert (
        "data:image/svg+xml" in page.html
        and f"otpauth://totp/Officine%20Mezzogiorno:rosa%40posta.example?secret={key}" in page.html
    )
    assert client.page(HERE).html.count(key[:4]) == page.html.count(key[:4])  # the same after a reload
    cookie = client.get_cookie("session").value
    page = page.form("secondo-fattore").submit(code=code_of(key))
    codes = paper(page)
    assert page.path == f"{HERE}/codici" and len(set(codes)) == 10
    assert client.get_cookie("session").value != cookie
    assert other.get("/area-personale").status_code == 303
    again = client.page(f"{HERE}/codici")
    assert again.path == HERE and not paper(again) and "Attivo" in again.text
    assert key not in again.html and kinds(app) == ["second_factor"]
    assert client.page("/area-personale/sicurezza").text.count("ti restano 10 codici") == 1


def test_a_wrong_first_code_turns_nothing_on_and_loses_nothing(app, client, rosa):
    enter(client)
    page, key = set_up(client)
    for code in ("000000", "12345", "abcdef", "", code_of(key, 3)):
        wrong = page.form("secondo-fattore").submit(code=code)
        assert wrong.status == 422 and key[:4] in wrong.html
    assert enter(app.test_client()).path == "/area-personale"
    with app.app_context():
        assert not service.has_second_factor(rosa)


def test_who_begins_again_gets_another_key_and_who_has_finished_keeps_theirs(app, client, rosa):
    enter(client)
    _page, first = set_up(client)
    with app.app_context():
        second_factor.begin(rosa)
        db.session.commit()
    page = client.page(HERE)
    assert first[:4] + " " + first[4:8] not in page.html
    form = page.form("secondo-fattore")
    with app.app_context():
        secret = second_factor.state(rosa).secret
    form.submit(code=code_of(secret))
    begun = client.post(f"{HERE}/comincia", data={"csrf_token": client.page("/area-personale/dati").form().values["csrf_token"]})
    assert begun.location == HERE
    with app.app_context():
        assert second_factor.state(rosa).on


def test_the_secret_is_sealed_and_opens_for_its_person_alone(session):
    rosa, altra = person(), person("altra@posta.example")
    secret = with_second_factor(rosa)
    kept = session.scalar(sa.select(SecondFactor.secret))
    assert secret not in kept
    session.execute(sa.insert(SecondFactor).values(person_id=altra.id, secret=kept, created_at=now(), confirmed_at=now()))
    session.commit()
    assert rule_of(second_factor.check, altra, code_of(secret)) == "second-factor-readable"
    second_factor.check(rosa, code_of(secret))


def test_with_another_secret_key_nobody_comes_in_and_the_words_say_what_to_do(app, client, database_url):
    with app.app_context():
        secret = with_second_factor(person())
    other = create_app(environment(database_url, SECRET_KEY="another secret, also long enough to pass"))
    other.test_client_class = CheckingClient
    page = enter(other.test_client()).form().submit(code=code_of(secret))
    assert page.status == 422 and "va configurato da capo" in page.text
    with other.app_context():
        db.engine.dispose()


def test_paper_is_kept_as_a_keyed_digest_alone(session):
    rosa = person()
    codes = second_factor.new_codes(rosa)
    kept = session.scalars(sa.select(RecoveryCode.digest)).all()
    assert len(kept) == 10 and all(len(one) == 64 for one in kept)
    assert all(re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", code) for code in codes)
    assert not any(service.digest(code.replace(" ", "")) in kept for code in codes)


# --- a code opens once


def test_a_code_is_good_a_step_early_and_a_step_late_and_once(session):
    rosa = person()
    secret = with_second_factor(rosa)
    with time_machine.travel(now(), tick=False) as clock:
        assert rule_of(second_factor.check, rosa, code_of(secret, -2)) == "code-right"
        assert rule_of(second_factor.check, rosa, code_of(secret, 2)) == "code-right"
        for later in (-1, 0, 1):
            second_factor.check(rosa, code_of(secret, later))
            session.commit()
            assert rule_of(second_factor.check, rosa, code_of(secret, later)) == "code-right"
        assert rule_of(second_factor.check, rosa, code_of(secret, 0)) == "code-right"
        clock.shift(timedelta(seconds=60))
        second_factor.check(rosa, f" {code_of(secret)[:3]} {code_of(secret)[3:]} ")


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, for SHA-1 and the last six digits."""
    secret = pyotp.random_base32()
    known = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [known.generate_otp(seconds // 30) for seconds in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
    assert len(secret) == 32


def test_a_second_factor_that_is_not_confirmed_opens_and_asks_nothing(app, client, rosa):
    with app.app_context():
        second_factor.begin(rosa)
        db.session.commit()
        secret = second_factor.state(rosa).secret
        assert rule_of(second_factor.check, rosa, code_of(secret)) == "code-right"
    assert enter(client).path == "/area-personale"


def test_paper_opens_once_each_for_its_person_and_the_old_sheet_dies_with_the_new(session):
    rosa, altra = person(), person("altra@posta.example")
    for row in (rosa, altra):
        with_second_factor(row)
    codes = second_factor.new_codes(rosa)
    session.commit()
    assert rule_of(second_factor.check, altra, codes[0]) == "code-right"
    second_factor.check(rosa, codes[0].replace(" ", "-"))
    session.commit()
    assert rule_of(second_factor.check, rosa, codes[0]) == "code-right"
    assert second_factor.state(rosa).codes_left == 9
    second_factor.new_codes(rosa)
    session.commit()
    assert rule_of(second_factor.check, rosa, codes[1]) == "code-right"
    assert second_factor.state(rosa).codes_left == 10


# --- at the door


def test_the_right_password_alone_opens_nothing_until_the_code_comes(app, client):
    with app.app_context():
        secret = with_second_factor(person())
    page = enter(client, url="/entra?next=/area-personale/dati")
    assert page.path == "/entra/codice"
    waiting = client.get_cookie("session").value
    for path in ("/area-personale", "/prenotazioni/OM-2026-000001", HERE):
        assert client.get(path).status_code == 303
    assert page.form().submit(code=code_of(secret)).path == "/area-personale/dati"
    assert client.get_cookie("session").value != waiting
    copy = app.test_client()
    copy.set_cookie("session", waiting)
    assert copy.get("/area-personale").status_code == 303
    assert copy.get("/entra/codice").location == "/entra"
    with app.app_context():
        row = db.session.scalars(sa.select(SignIn)).one()
        assert row.second_factor_at and not row.awaits_code
        assert row.expires_at - row.second_factor_at == timedelta(hours=12)


def test_one_code_does_not_open_two_doors(app, client):
    with app.app_context():
        secret = with_second_factor(person())
    code = code_of(secret)
    assert enter(client).form().submit(code=code).path == "/area-personale"
    seen = enter(app.test_client()).form().submit(code=code)
    assert seen.status == 422 and "già stato usato" in seen.text


def test_the_wait_for_the_code_ends_after_ten_minutes(app, client):
    with app.app_context():
        secret = with_second_factor(person())
    page = enter(client)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        assert page.form().submit(code=code_of(secret)).path == "/entra"
        assert client.get("/area-personale").status_code == 303


def test_nobody_has_a_use_for_the_code_page_without_a_password_first(client, rosa):
    assert client.get("/entra/codice?next=/spazi").location == "/entra?next=/spazi"
    enter(client)
    assert client.page("/entra/codice").path == "/area-personale"


def test_paper_opens_the_door_and_says_so_by_mail(app, client):
    with app.app_context():
        rosa = person()
        with_second_factor(rosa)
        codes = second_factor.new_codes(rosa)
        db.session.commit()
    assert enter(client).form().submit(code=codes[3]).path == "/area-personale"
    assert enter(app.test_client()).form().submit(code=codes[3]).status == 422
    assert kinds(app) == ["second_factor"]


def test_a_digital_identity_of_level_two_is_two_proofs_and_one_of_level_one_is_not(session):
    rosa = person()
    with_second_factor(rosa)
    for level, waits in ((0, True), (1, True), (2, False), (3, False)):
        token = service.open_sign_in(rosa, hours=12, level=level)
        assert rosa.sign_in.awaits_code is waits
        assert (service.person_of(token) is None) is waits


# --- doing without, and new paper


def test_it_is_turned_off_by_password_and_code_and_other_browsers_are_out(app, client, rosa):
    enter(client)
    page, key = set_up(client)
    page.form("secondo-fattore").submit(code=code_of(key))
    other = app.test_client()
    enter(other).form().submit(code=code_of(key, 1))
    with time_machine.travel(now() + timedelta(seconds=60)):
        form = client.page(f"{HERE}/disattiva").form()
        assert form.submit(password="sbagliata del tutto", code=code_of(key)).status == 422
        assert form.submit(password=PASSWORD, code="000000").status == 422
        assert other.get("/area-personale").status_code == 200
        off = form.submit(password=PASSWORD, code=code_of(key))
        assert off.path == "/area-personale/sicurezza" and "Non attivo" in off.text
        assert other.get("/area-personale").status_code == 303
        assert enter(app.test_client()).path == "/area-personale"
    assert kinds(app) == ["second_factor", "second_factor"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode)) == 0
        assert db.session.scalars(sa.select(SignIn.second_factor_at)).all() == [None, None]


def test_who_lost_the_phone_turns_it_off_with_paper(app, client):
    with app.app_context():
        rosa = person()
        with_second_factor(rosa)
        codes = second_factor.new_codes(rosa)
        db.session.commit()
    enter(client).form().submit(code=codes[0])
    off = client.page(f"{HERE}/disattiva").form().submit(password=PASSWORD, code=codes[1])
    assert "non è più attivo" in off.text


def test_new_paper_is_given_for_a_code(app, client, rosa):
    enter(client)
    page, key = set_up(client)
    old = paper(page.form("secondo-fattore").submit(code=code_of(key)))
    form = client.page(f"{HERE}/codici/nuovi").form()
    assert form.submit(code="000000").status == 422
    new = paper(form.submit(code=code_of(key, 1)))
    assert len(new) == 10 and not set(new) & set(old)
    with app.app_context():
        assert rule_of(second_factor.check, rosa, old[0]) == "code-right"
        second_factor.check(rosa, new[0])


@pytest.mark.parametrize("path", ["disattiva", "codici/nuovi"])
def test_what_is_off_is_neither_turned_off_nor_papered(client, rosa, path):
    enter(client)
    page = client.page(f"{HERE}/{path}").form()
    page = page.submit(**({"password": PASSWORD} if "password" in page.values else {}), code="123456")
    assert page.status == 422 and "non è attivo" in page.text


def test_what_nobody_finished_setting_up_is_thrown_away(session):
    rosa, altra = person(), person("altra@posta.example")
    with_second_factor(altra)
    second_factor.begin(rosa)
    session.commit()
    assert service.purge_expired(now() + timedelta(hours=23)) == 0
    assert service.purge_expired(now() + timedelta(hours=25)) == 1
    assert session.scalars(sa.select(SecondFactor.person_id)).all() == [altra.id]


# --- the staff


@pytest.fixture
def strict(app, database_url):
    """The portal as in production: the staff must have a second factor."""
    strict = create_app(environment(database_url, STAFF_SECOND_FACTOR="required"))
    strict.test_client_class = CheckingClient
    yield strict
    with strict.app_context():
        db.engine.dispose()


@pytest.fixture
def manager(strict) -> Person:
    with strict.app_context():
        row = person()
        grant_role(row, "manager")
        db.session.commit()
        return row


def test_the_staff_are_led_to_set_it_up_before_their_pages_and_back(strict, manager):
    client = strict.test_client()
    assert enter(client).path == "/area-personale"
    page = client.page("/gestione/richieste?stato=approved")
    assert page.path == HERE and "Per le pagine di chi lavora qui" in page.text
    assert client.get("/spazi").status_code == client.get("/area-personale/prenotazioni").status_code == 200
    page = page.form("comincia").submit()
    key = re.search(r'class="hub-key">([^<]+)', page.html)[1].replace(" ", "")
    page = page.form("secondo-fattore").submit(code=code_of(key))
    assert page.link("Li ho messi al sicuro") == "/gestione/richieste?stato=approved"
    assert client.page("/gestione/richieste").path == "/gestione/richieste"
    other = strict.test_client()
    assert enter(other, url="/entra?next=/gestione/richieste").form().submit(code=code_of(key, 1)).path == "/gestione/richieste"


def test_a_form_of_the_staff_is_not_accepted_without_it(strict, manager):
    client = strict.test_client()
    enter(client)
    token = client.page("/area-personale/dati").form().values["csrf_token"]
    sent = client.post("/gestione/richieste/OM-2026-000001", data={"csrf_token": token, "approve": "1"})
    assert sent.status_code == 303 and sent.location.startswith(HERE)


def test_a_browser_that_was_in_before_shows_its_code_once(strict, manager):
    client = strict.test_client()
    enter(client)
    with strict.app_context():
        secret = with_second_factor(manager)
    page = client.page("/gestione/richieste")
    assert page.path == HERE and "Sei entrato prima" in page.text
    assert page.form().submit(code="000000").status == 422
    cookie = client.get_cookie("session").value
    assert page.form().submit(code=code_of(secret)).path == "/gestione/richieste"
    assert client.get_cookie("session").value != cookie


def test_a_digital_identity_of_level_two_is_enough_for_the_staff(strict, manager):
    for level, path in ((1, HERE), (2, "/gestione/richieste")):
        client = strict.test_client()
        with strict.app_context():
            token = service.open_sign_in(manager, hours=1, level=level)
            db.session.commit()
        client.set_cookie("session", token)
        assert client.page("/gestione/richieste").path == path


def test_who_turns_it_off_is_out_of_the_staffs_pages(strict, manager):
    client = strict.test_client()
    enter(client)
    page, key = set_up(client)
    page.form("secondo-fattore").submit(code=code_of(key))
    assert client.page("/gestione/richieste").path == "/gestione/richieste"
    client.page(f"{HERE}/disattiva").form().submit(password=PASSWORD, code=code_of(key, 1))
    assert client.page("/gestione/richieste").path == HERE


def test_in_the_demo_it_is_not_asked_for(app, client, rosa):
    with app.app_context():
        grant_role(db.session.get_one(Person, rosa.id), "manager")
        db.session.commit()
    enter(client)
    assert client.get("/gestione/richieste").status_code == 200
