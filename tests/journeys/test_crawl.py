"""Every page that links lead to, for each kind of reader: it is there, it parses, it has no barrier."""

from collections import Counter, deque
from urllib.parse import urljoin, urlsplit

import pytest

from hub.accounts.demo import PEOPLE
from tests.client import check_html, parse
from tests.journeys.visit import Visit
from tests.journeys.words import left_over, said, sources

EACH = 3  # pages of one kind: sixty registers of one activity look the same
ITALIAN = sources()
# titles and names that the demo typed, in whatever language; and English that reads like "8 euro per 2 ore"
TYPED = ("(dato sintetico)", "Dato sintetico: ", "(demo)", "Community Acceleration Program", "Cost per person-hour")
FILES = (".ics", ".pdf", ".csv", ".json", ".xlsx", ".txt", ".xml", ".atom", ".zip")


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    """What each role was led to, a page of each endpoint: the same links lead there in English, under other words."""
    return {}


@pytest.mark.parametrize("role", ["visitor", *PEOPLE])
def test_every_page_that_links_lead_to(portal, visitor, found, role):
    wide, narrow = visitor(portal, 1280), visitor(portal, 360)
    if role != "visitor":
        for there in (wide, narrow):
            there.enter(PEOPLE[role][0])
    found[role] = crawl(wide, variants=2 if role == "visitor" else 1)
    for endpoint, path in found[role].items():
        for there in (wide, narrow):
            if there.key(endpoint) not in there.looked:
                there.open(path)
                there.look(endpoint)


@pytest.mark.parametrize("role", ["visitor", *PEOPLE])
def test_every_page_in_english(portal, visitor, found, role):
    there = visitor(portal, 360)
    there.open("/")
    if role != "visitor":
        there.enter(PEOPLE[role][0])
    there.page.get_by_role("button", name="English").click()
    try:
        for endpoint, path in (found.get(role) or crawl(there, variants=1)).items():
            if (endpoint, 360, "en") not in there.looked:  # axe has judged it in Italian
                there.looked.add((endpoint, 360, "en"))
                answer = there.page.goto(there.url + path)
                assert answer.status == 200, f"{path} answers {answer.status}"
                check_html(answer.text())
                there.must_fit(320)
                there.must_be_well(endpoint)
                words = {text for text in said(there.page, "en") if not any(mark in text for mark in TYPED)}
                left = left_over(words, ITALIAN)
                assert not left, f"{endpoint} ({path}): {left}"
    finally:  # the language of an account of the demo is everybody's
        there.page.get_by_role("button", name="Italiano").click()


def crawl(there: Visit, variants: int) -> dict[str, str]:
    """Follow every link, breadth first, to so many query strings of each path, and to so many pages of each endpoint; a page
    of each endpoint that was seen."""
    waiting, known, seen, found = deque(["/"]), {"/"}, Counter(), {}
    while waiting:
        url = waiting.popleft()
        path = urlsplit(url).path
        kind = there.portal.endpoint(path)
        if seen[path] >= variants or seen[kind] >= EACH * variants:
            continue
        seen.update((path, kind))
        answer = there.page.context.request.get(there.url + url)
        assert answer.status == 200, f"{url} answers {answer.status}"
        html = answer.text()
        check_html(html)
        found.setdefault(there.portal.endpoint(urlsplit(answer.url).path), url)
        for link in _links(html, answer.url, there.url):
            if link not in known:
                known.add(link)
                waiting.append(link)
    assert None not in found
    return found


def _links(html: str, base: str, portal: str) -> list[str]:
    """Where the page leads within the portal, without fragments."""
    links = [urljoin(base, node.get("href")) for node in parse(html).iter("a") if node.get("href")]
    inside = [urlsplit(link)._replace(fragment="").geturl().removeprefix(portal) for link in links if link.startswith(portal)]
    return [link for link in inside if not link.startswith("/static/") and not urlsplit(link).path.endswith(FILES)]
