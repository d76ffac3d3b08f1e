"""No page sends anybody to another site, whatever its address or its form says, and whoever the request says that we are."""

import re
from urllib.parse import urljoin, urlsplit

import pytest

from hub import create_app, demo
from hub.accounts.demo import DEMO_PASSWORD, PEOPLE
from hub.db import db
from tests.databases import environment
from tests.test_access import form_token, path_of, routes, signed_in

EVIL = (
    "//evil.it", "///evil.it", "////evil.it", "/\\evil.it", "\\\\evil.it", "https:evil.it", "https://evil.it", "http:///evil.it",
    "/%09/evil.it", "/%5cevil.it", "/%2f%2fevil.it", "/\t/evil.it", "/\n/evil.it", "\t//evil.it", "//evil.it@",
    "//localhost@evil.it", "/.//evil.it", "/..//evil.it", "\uff0f\uff0fevil.it", "/\u2215/evil.it", "javascript:alert(1)",
    "data:text/html,x", "http://localhost.evil.it", "http://evil.it\\@localhost", "//evil.it/%2f..", "https:/evil.it",
    " //evil.it", "/\u2028/evil.it",
)  # fmt: skip
HOSTS = (
    "evil.it",
    "localhost.evil.it",
    "evil.it:80",
    "localhost@evil.it",
    "evil.it#localhost",
    "EVIL.IT",
    "127.0.0.1.evil.it",
    "",
)
NEXT = "nuovo-link|password-dimenticata|codice|entra|registrati|lingua|identita|agisci"


@pytest.fixture(scope="module")
def portal(sqlite):
    """A portal with the demo's data; what is written during this module is nobody's concern."""
    with sqlite.fresh(contents=demo.load) as url:
        app = create_app(environment(url))
        yield app
        with app.app_context():
            db.engine.dispose()


def leads_away(location: str) -> bool:
    """Whether a browser that is sent there, on its page of our portal, leaves it: read as browsers do, not as the standard."""
    read = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    if re.match(r"https?:/*[^/]", read):
        read = re.sub(r"^(https?):/*", r"\1://", read)
    there = urlsplit(urljoin("http://localhost/somewhere", re.sub(r"^/{2,}", "//", read)))
    return (there.scheme, there.netloc) != ("http", "localhost")


def test_the_judge_of_this_module_reads_as_browsers_do():
    away = [url for url in EVIL if leads_away(url)]
    assert {
        "//evil.it",
        "///evil.it",
        "/\\evil.it",
        "https:evil.it",
        "http:///evil.it",
        "/\t/evil.it",
        "javascript:alert(1)",
    } <= set(away)
    assert len([url for url in away if not urlsplit(url).netloc]) > 5  # what a look at the name of the host alone lets pass
    assert not leads_away("/entra?next=//evil.it") and not leads_away("http://localhost/spazi") and not leads_away("/%5cevil.it")


@pytest.mark.parametrize("evil", EVIL)
def test_no_address_leads_away(portal, evil):
    """Every page, for a visitor and for somebody signed in, with the address in every parameter that means a way on."""
    for client in (portal.test_client(), signed_in(portal, PEOPLE["citizen"][0])):
        for rule in routes(portal):
            if "GET" not in rule.methods:
                continue
            with client.get(path_of(rule), query_string={"next": evil, "iss": evil}) as answer:
                assert not leads_away(answer.location or "/"), (rule.endpoint, answer.location)


@pytest.mark.parametrize("evil", EVIL)
def test_no_form_leads_away(portal, evil):
    for client in (portal.test_client(), signed_in(portal, PEOPLE["citizen"][0])):
        token = form_token(client.get("/spazi").text)
        for rule in routes(portal):
            if "POST" not in rule.methods or not re.search(NEXT, rule.rule):
                continue
            sent = {"csrf_token": token, "next": evil, "lang": "it", "email": "x@posta.example", "code": "123456"}
            with client.post(path_of(rule), data=sent, headers={"Referer": re.sub(r"\s", "", evil)}) as answer:
                assert not leads_away(answer.location or "/"), (rule.endpoint, answer.location)


@pytest.mark.parametrize("evil", EVIL)
def test_signing_in_leads_to_a_page_of_ours(portal, evil):
    client = portal.test_client()
    token = form_token(client.get("/entra").text)
    sent = {"csrf_token": token, "email": PEOPLE["citizen"][0], "password": DEMO_PASSWORD, "next": evil}
    answer = client.post("/entra", data=sent)
    assert answer.status_code == 303 and not leads_away(answer.location)


@pytest.mark.parametrize("path", ["//evil.it", "//evil.it/..", "/%2f/evil.it", "/%5cevil.it", "//evil.it%2f..", "/\\evil.it/"])
def test_a_strange_path_of_ours_is_no_way_out(portal, path):
    """A server that tidies up addresses by a redirect can be made to send people elsewhere."""
    for client in (portal.test_client(), signed_in(portal, PEOPLE["citizen"][0])):
        answer = client.get("/", environ_overrides={"PATH_INFO": path, "REQUEST_URI": path, "RAW_URI": path})
        assert answer.status_code in (301, 302, 303, 308, 400, 404)
        assert not leads_away(answer.location or "/"), answer.location


@pytest.mark.parametrize("host", HOSTS)
def test_a_portal_by_another_name_answers_nobody(portal, host):
    client = portal.test_client()
    for rule in routes(portal):
        with client.open(path_of(rule), method="GET" if "GET" in rule.methods else "POST", headers={"Host": host}) as answer:
            assert answer.status_code == 400, (rule.endpoint, host)
            assert "evil" not in answer.text.lower() and "evil" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server", "X-Original-Host", "X-Original-URL"]
)
def test_what_a_proxy_might_say_is_not_believed_from_anybody(portal, name):
    for client in (portal.test_client(), signed_in(portal, PEOPLE["citizen"][0])):
        for rule in routes(portal):
            with client.open(
                path_of(rule), method="GET" if "GET" in rule.methods else "POST", headers={name: "host=evil.it"}
            ) as answer:
                body = b"" if answer.is_streamed and answer.direct_passthrough else answer.data
                assert b"evil.it" not in body and "evil.it" not in str(answer.headers), rule.endpoint


def test_a_proxy_that_is_believed_may_not_name_another_host_either(sqlite):
    with sqlite.fresh() as url:
        app = create_app(environment(url, PROXY_HOPS="1"))
        client = app.test_client()
        assert client.get("/entra", headers={"X-Forwarded-Host": "evil.it"}).status_code == 400
        assert client.get("/entra", headers={"X-Forwarded-Host": "localhost"}).status_code == 200
        with app.app_context():
            db.engine.dispose()
