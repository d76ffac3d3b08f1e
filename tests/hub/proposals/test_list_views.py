"""The list of proposals: what fits, in which order, what is told of each, and what is not told while counts are sealed."""

import pytest

from hub.clock import now
from hub.db import db
from hub.proposals import listing
from hub.proposals.debate_models import ProposalComment, Support
from hub.proposals.index import index
from hub.proposals.listing import Sought
from hub.proposals.models import ProposalSdg
from hub.proposals.outcome_models import Answer
from hub.proposals.voices import voice_of
from tests.client import Page
from tests.hub.labs.makers import organisation, person
from tests.hub.proposals.makers import DAY, process, proposal

SECRET = {"submits": True, "supports": True, "hides_counts": True}


def titles(page: Page) -> list[str]:
    found = next(node for node in page.tree.iter("ul") if node.get("class") == "hub-found")
    return ["".join(node.itertext()) for node in found.iter("h2")]


def said(number: int) -> str:
    return f"Proposta numero {number}"


@pytest.fixture
def several(session):
    """Five proposals of two processes, the newest last; what tells them apart beside each."""
    one, two = process("uno"), process("due", title={"it": "Patto", "en": "Pact"})
    ada, bea, circle = person("ada"), person("bea"), organisation("Circolo")
    rows = [proposal(one, ada, at=now() - (9 - n) * DAY, title=said(n)) for n in range(3)]
    rows += [proposal(two, bea, at=now() - DAY, title=said(3), topic="imprese", area="inclusion")]
    rows += [proposal(two, bea, title=said(4), text="Un campo da calcio per il quartiere, aperto a chi abita vicino.")]
    for row in rows:
        index(row)
    rows[1].organisation_id = circle.id
    rows[2].place, rows[2].address = "city", "Piazza Mazzini"
    db.session.add(ProposalSdg(proposal_id=rows[3].id, sdg=5))
    db.session.flush()
    return rows


def support(row, *fans, phase=None):
    for number, fan in enumerate(fans):
        told = {"phase_id": (phase or row.process.phases[0]).id, "voice_id": voice_of(fan).id, "slot": row.id * 10 + number}
        db.session.add(Support(proposal_id=row.id, at=now(), **told))
    db.session.flush()


def found(**sought: object) -> list[str]:
    return [shown.proposal.title for shown in listing.look(Sought(**sought)).items]


def test_the_newest_come_first_and_each_filter_leaves_what_fits(several):
    assert found() == [said(n) for n in (4, 3, 2, 1, 0)]
    assert found(process=several[0].process_id) == [said(n) for n in (2, 1, 0)]
    assert found(topic="imprese") == found(area="inclusion") == found(sdg=5) == [said(3)]
    assert found(place="city") == [said(2)]
    assert found(who="organisation") == [said(1)]
    assert found(who="people", process=several[0].process_id) == [said(2), said(0)]
    assert found(words="campi") == [said(4)]
    assert found(words="campi", topic="imprese") == found(state="done") == []


def test_answers_filter_by_whether_and_which(several):
    manager = person("gina", role="manager")
    told = {"text": "Si può fare", "by_id": manager.id, "at": now()}
    db.session.add(Answer(proposal_id=several[0].id, kind="rejected", event_id="e1", replaced_at=now(), **told))
    db.session.add(Answer(proposal_id=several[0].id, kind="accepted", event_id="e2", **told))
    db.session.flush()
    assert found(answered="yes") == found(answered="accepted") == [said(0)]
    assert found(answered="rejected") == []
    assert found(answered="no") == [said(n) for n in (4, 3, 2, 1)]


def test_the_orders(several):
    fans = [person(f"fan{n}") for n in range(3)]
    support(several[2], *fans)
    support(several[0], fans[0])
    assert found(sort="supported")[:2] == [said(2), said(0)]
    for _ in range(2):
        db.session.add(ProposalComment(proposal_id=several[3].id, voice_id=voice_of(fans[0]).id, text="Sì", at=now()))
    gone = {"text": "No", "hidden_at": now()}
    for _ in range(3):
        db.session.add(ProposalComment(proposal_id=several[4].id, voice_id=voice_of(fans[0]).id, at=now(), **gone))
    db.session.flush()
    assert found(sort="discussed")[:2] == [said(3), said(4)]
    several[0].state = "answered"
    db.session.flush()
    assert found(sort="waiting") == [said(n) for n in (1, 2, 3, 4, 0)]


def test_drafts_and_what_a_moderator_hides_are_not_listed(several):
    proposal(several[0].process, person("zoe"), state="draft")
    several[4].hidden_at = now()
    db.session.flush()
    assert found() == [said(n) for n in (3, 2, 1, 0)]
    assert found(words="campi") == []


def test_while_counts_are_sealed_no_order_and_no_number_tells_them(several):
    """Neither the process's own list nor the one of all, in which what is sealed stands as if nobody supported it."""
    hidden = process("tre", SECRET)
    fans = [person(f"fan{n}") for n in range(3)]
    rows = [proposal(hidden, fans[0], at=now() - n * DAY, title=f"Segreta {n}") for n in (2, 3)]
    support(rows[0])
    support(rows[1], *fans)
    support(several[0], fans[0])
    assert found(process=hidden.id, sort="supported") == ["Segreta 2", "Segreta 3"]
    assert found(sort="supported")[0] == said(0)
    assert [shown.tally for shown in listing.look(Sought(process=hidden.id)).items] == [None, None]
    assert not listing.can_sort_by_support([hidden], None) and not listing.can_sort_by_support([hidden, rows[0].process], hidden)
    assert listing.can_sort_by_support([hidden, several[0].process], None)


def test_pages_are_counted_and_one_beyond_the_last_says_so(session):
    one, ada = process(), person("ada")
    for number in range(listing.PER_PAGE + 1):
        proposal(one, ada, title=said(number))
    first, second = listing.look(Sought()), listing.look(Sought(), 2)
    assert (len(first.items), first.count, len(second.items), second.count) == (20, 21, 1, 21)
    assert (listing.look(Sought(), 3).items, listing.look(Sought(), 3).count) == ([], 21)


def test_the_page_tells_each_proposal_and_leads_to_it(app, client):
    with app.app_context():
        one, ada = process("uno"), person("ada")
        mine = proposal(one, ada, title="Un campo da calcio")
        index(mine)
        support(mine, person("bea"))
        code = mine.code
        db.session.commit()
    page = client.page("/proposte?q=campi")
    assert titles(page) == ["Un campo da calcio"]
    assert "Ada Greco" in page.text and "1 persona la sostiene" in page.text and "Pubblicata" in page.text
    assert page.link("Un campo da calcio") == f"/proposte/{code}"
    part = client.get("/proposte?q=campi", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="proposals"') and "Un campo da calcio" in part
    assert client.page("/proposte?q=piscina").status == 200
    assert "Nessuna proposta fa al caso" in client.page("/proposte?q=piscina").text
    assert "oltre l'ultima" in client.page("/proposte?page=9").text


def test_what_the_list_cannot_look_for_is_said_beside_the_criterion(client):
    assert "Non c'è ancora nessuna proposta" in client.page("/proposte").text
    for query in ("processo=nessuno", "stato=draft", "obiettivo=99", "ordine=x", "luogo=mare", "spazio=x", "q=" + "a" * 101):
        page = client.page(f"/proposte?{query}")
        assert page.status == 422 and "Controlla i criteri" in page.text, query


def test_an_order_by_support_is_not_offered_while_it_is_sealed(app, client):
    with app.app_context():
        proposal(process("tre", SECRET), person("ada"))
        db.session.commit()
    page = client.page("/proposte?processo=tre&ordine=supported")
    assert page.status == 200 and "si saprà quando la fase sarà chiusa" in page.text
    assert "Dalla più sostenuta" not in page.text


def test_what_is_written_already_is_told_to_who_writes_it_again(app, client):
    with app.app_context():
        mine = proposal(process(), person("ada"), title="Orto nella Corte Urbana")
        index(mine)
        code = mine.code
        db.session.commit()
    page = client.page("/proposte/simili?titolo=Orti+in+corte&testo=")
    assert "puoi sostenerle invece di ripeterle" in page.text and page.link("Orto nella Corte") == f"/proposte/{code}"
    assert "Nessuna proposta simile" in client.page("/proposte/simili?titolo=Piscina&testo=nuoto").text
    assert client.page("/proposte/simili").status == 200
    part = client.get("/proposte/simili?titolo=Orti+in+corte", headers={"HX-Request": "true"}).text
    assert 'id="similar"' in part and "<html" not in part
