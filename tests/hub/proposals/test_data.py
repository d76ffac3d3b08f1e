"""Proposals as open data: whole, explained column by column, without people, and without the counts that are sealed."""

import csv
import io
import zipfile

import pytest

from hub.clock import now, today
from hub.db import db
from hub.proposals.debate_models import ProposalComment, Support, Vote
from hub.proposals.models import ProposalSdg
from hub.proposals.outcome_models import Answer, Result, ResultSource, ResultUpdate
from hub.proposals.showing import proposal_by
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import organisation, person
from tests.hub.proposals.makers import DAY, process, proposal

FILES = ("processes", "phases", "proposals", "versions", "answers", "results", "updates")
COUNTS = ("supports", "helped", "endorsements", "votes_agree", "votes_disagree", "votes_pass")
OPEN = {"submits": True, "supports": True, "discusses": True}


def tables(client) -> dict[str, list[dict[str, str]]]:
    answer = client.get("/proposte/dati.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        texts = {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}
    assert "CC BY 4.0" in texts.pop("README.txt")
    return {name.removesuffix(".csv"): list(csv.reader(io.StringIO(text), delimiter=";")) for name, text in texts.items()}


def rows(found: dict, name: str) -> list[dict[str, str]]:
    header, *lines = found[name]
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.fixture
def codes(app) -> list[str]:
    """One proposal whose counts are told, of an organisation, answered and being done, and one whose counts are sealed."""
    with app.app_context():
        ada, bea, gina = person("ada"), person("bea"), person("gina", role="manager")
        told = proposal(process("uno", OPEN | {"votes": True, "opens_at": now() - 2 * DAY, "closes_at": now() + DAY}), ada)
        sealed = proposal(process("due", OPEN | {"votes": True, "hides_counts": True}), ada, title='=HYPERLINK("http://x")')
        for row in (told, sealed):
            at = {"phase_id": row.process.phases[0].id, "voice_id": voice_of(bea).id, "at": now()}
            db.session.add(Support(proposal_id=row.id, slot=1, **at))
            db.session.add(Vote(proposal_id=row.id, choice="agree", **at))
            db.session.add(ProposalComment(proposal_id=row.id, voice_id=voice_of(bea).id, text="Sì", at=now(), named=True))
        db.session.flush()
        told.organisation_id = organisation("Circolo").id
        db.session.add_all([ProposalSdg(proposal_id=told.id, sdg=11), ProposalSdg(proposal_id=told.id, sdg=5)])
        answer = {"kind": "accepted", "text": "Sì", "by_id": gina.id, "event_id": "e1", "at": now()}
        db.session.add(Answer(proposal_id=told.id, **answer))
        told.state = "in_execution"
        result = Result(process_id=told.process_id, title="L'orto", created_at=now(), created_by_id=gina.id, progress=2550)
        result.starts_on = today()
        db.session.add(result)
        db.session.flush()
        db.session.add(ResultSource(result_id=result.id, proposal_id=told.id, kind="adopted", at=now()))
        update = {"day": today(), "text": "Arata la terra", "state": "running", "progress": 2550, "by_id": gina.id, "at": now()}
        db.session.add(ResultUpdate(result_id=result.id, **update))
        proposal(told.process, ada, state="draft")
        process("bozza", published=False)
        db.session.commit()
        return [told.code, sealed.code]


def test_the_dictionary_names_exactly_the_columns_in_both_languages(client, codes):
    found = tables(client)
    assert set(found) == {*FILES, "dizionario"}
    told = rows(found, "dizionario")
    for name in FILES:
        assert [one["column"] for one in told if one["file"] == f"{name}.csv"] == found[name][0], name
    assert {one["file"] for one in told} == {f"{name}.csv" for name in FILES}
    for one in told:
        assert one["type"] in ("text", "integer", "decimal", "date", "instant", "boolean", "list"), one
        assert one["significato"].strip() and one["meaning"].strip() and one["significato"] != one["meaning"], one


def test_each_table_says_what_everybody_may_read(client, codes):
    found = tables(client)
    told, sealed = rows(found, "proposals")
    assert [told["code"], sealed["code"]] == codes
    assert (told["process"], told["organisation"], told["sdgs"], told["comments"], told["versions"]) == (
        *("uno", "Circolo", "5 11", "1", "1"),
    )
    assert told["url"].endswith(f"/proposte/{codes[0]}") and told["published_at"].endswith("Z")
    assert [one["slug"] for one in rows(found, "processes")] == ["due", "uno"]
    assert {one["process"] for one in rows(found, "phases")} == {"uno", "due"}
    assert [(one["proposal"], one["number"]) for one in rows(found, "versions")] == [(codes[0], "1"), (codes[1], "1")]
    assert [(one["proposal"], one["kind"]) for one in rows(found, "answers")] == [(codes[0], "accepted")]
    (result,) = rows(found, "results")
    assert (result["title"], result["progress"], result["proposals"]) == ("L'orto", "25,5", f"{codes[0]}:adopted")
    (update,) = rows(found, "updates")
    assert (update["result"], update["day"], update["text"]) == (result["id"], today().isoformat(), "Arata la terra")


def test_no_count_of_what_is_sealed_leaves_and_the_dictionary_says_why(client, codes):
    found = tables(client)
    told, sealed = rows(found, "proposals")
    assert {sealed[name] for name in COUNTS} == {""}
    assert (told["supports"], told["helped"], told["endorsements"]) == ("1", "0", "0")
    assert [told[name] for name in COUNTS[3:]] == [""] * 3  # people still vote
    words = {one["column"]: one for one in rows(found, "dizionario") if one["file"] == "proposals.csv"}
    assert all("riservati" in words[name]["significato"] and "sealed" in words[name]["meaning"] for name in COUNTS)


def test_nobody_is_named_and_no_cell_is_a_formula(client, codes):
    found = tables(client)
    text = repr(found)
    assert "Ada" not in text and "Greco" not in text and "posta.example" not in text
    assert rows(found, "proposals")[1]["title"].startswith("'=")


def test_what_a_moderator_hides_is_in_no_table(app, client, codes):
    with app.app_context():
        proposal_by(codes[0]).hidden_at = now()
        db.session.commit()
    found = tables(client)
    assert codes[0] not in repr(found) and codes[1] in repr(found)


def test_the_same_data_are_the_same_bytes(client, codes):
    first = client.get("/proposte/dati.zip")
    assert client.get("/proposte/dati.zip").data == first.data
    again = client.get("/proposte/dati.zip", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
