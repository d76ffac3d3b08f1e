"""Proposals as feeds: what a reader of feeds makes of them, that nothing changes by itself, and what they never tell."""

from datetime import timedelta

import feedparser
import pytest
import time_machine

from hub.clock import now
from hub.db import db
from hub.proposals import news
from hub.proposals.debate_models import Support
from hub.proposals.news_words import HEADLINES, headline
from hub.proposals.outcome_models import News
from hub.proposals.rules import NEWS_KINDS
from hub.proposals.showing import proposal_by
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, process, proposal

DATA = {
    "edited": {"number": 2, "reason": "Corretto l'indirizzo"},
    "withdrawn": {"reason": "Non serve più"},
    "merged": {"into": "PR-2026-000009", "title": "Orto e giardino"},
    "hidden": {"reason": "spam"},
    "answered": {"answer": "accepted", "anew": False},
    "result_linked": {"result": 1, "title": "Orto", "process": "uno"},
    "result_updated": {"result": 1, "title": "Orto", "process": "uno", "state": "running", "progress": 4000},
}


@pytest.fixture
def code(app) -> str:
    """A proposal, supported where counts are sealed, with a story."""
    with app.app_context():
        ada = person("ada")
        row = proposal(process("uno", {"supports": True, "hides_counts": True}), ada, at=now() - DAY)
        proposal(process("due"), ada, title="Un'altra & <altra>", at=now() - 2 * DAY)
        support = {"phase_id": row.process.phases[0].id, "voice_id": voice_of(ada).id, "slot": 1, "at": now()}
        db.session.add(Support(proposal_id=row.id, **support))
        news.tell(row, "published")
        news.tell(row, "edited", **DATA["edited"])
        db.session.commit()
        return row.code


def read(client, url: str) -> feedparser.FeedParserDict:
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    found = feedparser.parse(answer.data)
    assert not found.bozo and found.version == "atom10", found.get("bozo_exception")
    assert {link.rel for link in found.feed.links} == {"self", "alternate"} and found.feed.updated and found.feed.id
    assert next(link.href for link in found.feed.links if link.rel == "self").endswith(url)
    return found


def test_new_proposals_are_a_feed_of_all_and_of_each_process(client, code):
    found = read(client, "/proposte/feed.atom")
    assert [one.title for one in found.entries] == ["Un orto nella Corte Urbana", "Un'altra & <altra>"]
    first = found.entries[0]
    assert first.id.startswith("tag:") and first.id.endswith(code) and first.link.endswith(f"/proposte/{code}")
    assert "coltivare insieme" in first.summary
    assert len({one.id for one in found.entries}) == 2
    assert [one.title for one in read(client, "/partecipa/due/feed.atom").entries] == ["Un'altra & <altra>"]
    assert client.get("/partecipa/nessuno/feed.atom").status_code == 404


def test_the_story_of_a_proposal_is_a_feed_with_the_newest_first(client, code):
    found = read(client, f"/proposte/{code}/feed.atom")
    told = ["Gli autori hanno pubblicato la versione 2. Corretto l'indirizzo", "È stata pubblicata."]
    assert [one.title for one in found.entries] == told
    assert client.get("/proposte/PR-2026-999999/feed.atom").status_code == 404


def test_a_feed_is_the_same_until_something_happens(app, client, code):
    for url in ("/proposte/feed.atom", f"/proposte/{code}/feed.atom"):
        first = client.get(url)
        with time_machine.travel(now() + timedelta(hours=3), tick=False):
            again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
            assert client.get(url).data == first.data
    with app.app_context():
        row = proposal_by(code)
        fan = {"phase_id": row.process.phases[0].id, "voice_id": voice_of(person("bea")).id, "slot": 1, "at": now()}
        db.session.add(Support(proposal_id=row.id, **fan))
        row.draft, row.updated_at = {"title": "Di nascosto"}, now()
        db.session.commit()
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    with app.app_context():
        news.tell(proposal_by(code), "under_review")
        db.session.commit()
    changed = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and "in esame" in changed.text


def test_a_feed_names_nobody(client, code):
    for url in ("/proposte/feed.atom", "/partecipa/uno/feed.atom", f"/proposte/{code}/feed.atom"):
        assert "Ada" not in client.get(url).text and "Greco" not in client.get(url).text


def test_what_a_moderator_hides_is_in_no_feed(app, client, code):
    with app.app_context():
        proposal_by(code).hidden_at = now()
        db.session.commit()
    assert code not in client.get("/proposte/feed.atom").text
    assert client.get(f"/proposte/{code}/feed.atom").status_code == 404


def test_an_empty_feed_is_a_feed(client):
    assert read(client, "/proposte/feed.atom").entries == []


def test_pages_lead_readers_to_their_feeds(client, code):
    for page, feed in (("/proposte", "/proposte/feed.atom"), (f"/proposte/{code}", f"/proposte/{code}/feed.atom")):
        nodes = [node for node in client.page(page).tree.iter("link") if node.get("rel") == "alternate"]
        assert [node.get("href") for node in nodes] == [feed], page


def test_each_kind_of_news_has_its_words_in_both_languages(app):
    assert set(HEADLINES) == set(NEWS_KINDS)
    told = {}
    for language in ("it", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            told[language] = [headline(News(kind=kind, data=DATA.get(kind, {}))) for kind in NEWS_KINDS]
            more = (("answered", {"answer": "partly", "anew": True}), ("co_author", {"left": True}))
            more += (("published", {"merged": ["PR-2026-000001"]}), ("published", {"split": "PR-2026-000001"}))
            told[language] += [headline(News(kind=kind, data=data)) for kind, data in more]
    assert len(set(told["it"])) == len(told["it"]) and all(line.strip() for line in told["it"])
    assert "Orto: in corso, 40% fatto." in told["it"]
