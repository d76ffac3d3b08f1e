"""The final document: who took part by channel, what was proposed and answered; nothing that nobody may know yet."""

from hub.clock import now
from hub.db import db
from hub.proposals.debate_models import ProposalComment, Support
from hub.proposals.outcome_models import Answer
from hub.proposals.summary import summary
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, process, proposal


def _support(of, who, *, slot=1, channel="web", **columns) -> None:
    given = {"phase_id": of.process.phases[0].id, "kind": "support", "slot": slot, "at": now()} | columns
    db.session.add(Support(proposal_id=of.id, voice_id=voice_of(who).id, channel=channel, **given))
    db.session.flush()


def _comment(on, who, **columns) -> None:
    db.session.add(ProposalComment(proposal_id=on.id, voice_id=voice_of(who).id, text="Bene", at=now(), **columns))
    db.session.flush()


def _answer(to, kind: str, text: str = "") -> None:
    manager = person(f"capo{to.id}")
    db.session.add(Answer(proposal_id=to.id, kind=kind, text=text, by_id=manager.id, at=now(), event_id=f"e{to.id}"))
    db.session.flush()


def test_each_person_counts_once_a_channel_and_once_in_all(session):
    found = process()
    ada, bea, ciro = person("ada"), person("bea"), person("ciro")
    first, second = proposal(found, ada), proposal(found, ada)
    _support(first, bea)
    _support(second, bea, slot=2, channel="assisted")
    _support(first, ciro, channel="assisted")
    _support(second, ciro, slot=2, revoked_at=now())
    _comment(first, bea)
    told = summary(found)
    assert told.people == {
        "proposed": {"web": 1, "all": 1},
        "supported": {"web": 1, "assisted": 2, "all": 2},
        "voted": None,  # it still votes
        "commented": {"web": 1, "all": 1},
    }
    assert told.whole == {"web": 2, "assisted": 2, "all": 3}
    assert [(line.tally.supports, line.comments) for line in told.lines] == [(2, 1), (1, 0)]


def test_what_was_answered_and_what_waits(session):
    found = process()
    ada = person("ada")
    first, second, _third = (proposal(found, ada) for _ in range(3))
    _answer(first, "accepted")
    _answer(second, "rejected", "Il cortile è vincolato.")
    told = summary(found)
    assert (told.answers, told.waiting) == ({"accepted": 1, "rejected": 1}, 1)
    assert [line.answer.kind if line.answer else None for line in told.lines] == ["accepted", "rejected", None]


def test_hidden_drafts_and_removed_words_are_not_in_it(session):
    found = process()
    ada, bea = person("ada"), person("bea")
    proposal(found, ada, state="draft")
    hidden, shown = proposal(found, ada), proposal(found, ada)
    hidden.hidden_at = now()
    _comment(shown, bea, hidden_at=now())
    told = summary(found)
    assert [line.proposal.id for line in told.lines] == [shown.id]
    assert told.people["commented"] == {"all": 0}


def test_a_sealed_process_tells_no_support_nor_vote(session):
    terms = {"submits": True, "supports": True, "discusses": True, "hides_counts": True}
    found = process("sigillato", terms)
    shown = proposal(found, person("ada"))
    _support(shown, person("bea"))
    told = summary(found)
    assert told.sealed
    assert (told.people["supported"], told.people["voted"], told.lines[0].tally) == (None, None, None)
    assert told.whole == {"web": 1, "all": 1}


def test_the_document_tells_what_it_counted_as_page_paper_and_table(app, client):
    with app.app_context():
        shown = proposal(process(), person("ada"), title="Panchine all'ombra")
        _support(shown, person("bea"))
        _answer(shown, "rejected", "Il cortile è vincolato.")
        db.session.commit()
    page = client.page("/partecipa/idee-2026/documento")
    assert "Documento provvisorio" in page.text
    assert "Panchine all'ombra" in page.text and "1 persona" in page.text and "Il cortile è vincolato." in page.text
    table = client.get("/partecipa/idee-2026/documento.csv").text
    assert '"Panchine all\'ombra"' in table and '"Non accolta"' in table
    assert client.get("/partecipa/idee-2026/documento.pdf").data.startswith(b"%PDF")
    assert client.get("/partecipa/nessuno/documento").status_code == 404


def test_a_concluded_process_has_its_last_word(app, client):
    with app.app_context():
        found = process("chiuso", {"submits": True, "opens_at": now() - 9 * DAY, "closes_at": now() - DAY})
        found.concluded_at = now()
        db.session.commit()
    page = client.page("/partecipa/chiuso/documento")
    assert "provvisorio" not in page.text
    assert "Nessuna proposta è stata pubblicata." in page.text
