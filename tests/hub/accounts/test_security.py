"""The page of one's own security: the browsers that are signed in, and ending them."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts import roles, rules, service
from hub.accounts.models import Person, SignIn
from hub.clock import now
from hub.db import db
from tests.hub.accounts.people import enter, person, statements

HERE = "/area-personale/sicurezza"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def rosa(app) -> Person:
    with app.app_context():
        return person()


def browser(app, user_agent: str):
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    enter(client)
    return client


def is_in(client) -> bool:
    return client.get("/area-personale").status_code == 200


def test_the_page_lists_the_browsers_and_says_which_is_this_one(app, rosa):
    here, there = browser(app, FIREFOX), browser(app, PHONE)
    page = here.page(HERE)
    assert re.search(r"Safari su iPhone.*Chiudi l'accesso.*Firefox su Linux.*Questo dispositivo", page.text)
    assert "Safari su iPhone" in there.page(HERE).text
    with app.app_context():
        for row in db.session.scalars(sa.select(SignIn)):
            assert row.token_hash not in page.html and row.token_hash[:16] not in page.html


def test_somebody_ends_one_browser_and_the_others_stay(app, rosa):
    here, there, third = browser(app, FIREFOX), browser(app, PHONE), browser(app, "curl/8.0")
    page = here.page(HERE)
    (form,) = [node for node in page.tree.iter("form") if "Safari su iPhone" in "".join(node.itertext())]
    ended = page.form(form.get("action")).submit()
    assert ended.path == HERE and "è uscito dal tuo account" in ended.text
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert page.form(form.get("action")).submit().status == 404


def test_ending_this_browser_by_its_name_signs_it_out(app, rosa):
    here = browser(app, FIREFOX)
    with app.app_context():
        name = service.name_of(db.session.scalars(sa.select(SignIn)).one())
    token = here.page("/area-personale/dati").form().values["csrf_token"]
    ended = here.post(f"{HERE}/accessi/{name}/chiudi", data={"csrf_token": token})
    assert ended.location == "/" and here.get_cookie("session") is None


def test_nobody_ends_a_browser_of_somebody_else(app, rosa):
    with app.app_context():
        person("altra@posta.example")
    mine, other = browser(app, FIREFOX), app.test_client()
    enter(other, "altra@posta.example")
    with app.app_context():
        name = service.name_of(db.session.scalars(sa.select(SignIn).filter_by(person_id=rosa.id)).one())
    token = other.page("/area-personale/dati").form().values["csrf_token"]
    for wrong in (name, "x", "è", "0" * 32):
        assert other.post(f"{HERE}/accessi/{wrong}/chiudi", data={"csrf_token": token}).status_code == 404
    assert is_in(mine)


def test_signing_out_everywhere_ends_every_copy_and_this_browser_too(app, rosa):
    browsers = [browser(app, agent) for agent in (FIREFOX, PHONE, "")]
    copies = [app.test_client() for _ in browsers]
    for copy, original in zip(copies, browsers, strict=True):
        copy.set_cookie("session", original.get_cookie("session").value)
    page = browsers[0].page(HERE).form("accessi/chiudi").submit()
    assert page.path == "/" and "su tutti i dispositivi" in page.text
    assert not any(is_in(one) for one in (*browsers, *copies))
    assert is_in(browser(app, FIREFOX))


def test_what_has_ended_or_awaits_its_code_is_not_listed(app, rosa):
    here = browser(app, FIREFOX)
    with app.app_context():
        db.session.add(SignIn(token_hash="a", person_id=rosa.id, created_at=now(), expires_at=now(), user_agent=PHONE))
        waiting = SignIn(token_hash="b", person_id=rosa.id, created_at=now(), expires_at=now() + timedelta(hours=1))
        waiting.user_agent, waiting.awaits_code = PHONE, True
        db.session.add(waiting)
        db.session.commit()
    assert "iPhone" not in here.page(HERE).text
    with time_machine.travel(now() + timedelta(hours=13)):
        assert not is_in(here)


@pytest.mark.parametrize("given", [True, False])
def test_a_role_given_or_taken_ends_the_sign_ins_of_that_person_alone(app, rosa, given):
    with app.app_context():
        ada = person("ada@posta.example")
        roles.grant_role(ada, "administrator")
        if not given:
            roles.grant_role(db.session.get_one(Person, rosa.id), "manager")
        db.session.commit()
    here, admin = browser(app, FIREFOX), app.test_client()
    enter(admin, "ada@posta.example")
    replay = here.get_cookie("session").value
    with app.app_context():
        change = roles.grant_role if given else roles.revoke_role
        change(db.session.get_one(Person, rosa.id), "manager", by=ada)
        db.session.commit()
    copy = app.test_client()
    copy.set_cookie("session", replay)
    assert not is_in(here) and not is_in(copy) and is_in(admin)


def test_the_page_costs_at_most_four_statements(app, rosa):
    here = browser(app, FIREFOX)
    with app.app_context():
        engine = db.engine
    for path in (HERE, f"{HERE}/password", f"{HERE}/indirizzo", f"{HERE}/secondo-fattore"):
        with statements(engine) as asked:
            assert here.get(path).status_code == 200
        assert len(asked) <= 4, (path, asked)


@pytest.mark.parametrize("user_agent, told", [
    (FIREFOX, ("Firefox", "Linux")),
    (PHONE, ("Safari", "iPhone")),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", ("Edge", "Windows")),
    ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", ("Chrome", "Android")),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", ("Safari", "macOS")),
    ("curl/8.0", ("", "")),
    ("", ("", "")),
    (None, ("", "")),
])  # fmt: skip
def test_a_browser_is_told_by_its_usual_name(user_agent, told):
    assert rules.device(user_agent) == told
