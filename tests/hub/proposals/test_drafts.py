"""Drafts, publication, versions and withdrawal, as services."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.db import db
from hub.participation.models import LogEntry
from hub.proposals import answers, content, drafts, news
from hub.proposals.index import matching
from hub.proposals.models import Proposal, ProposalFile, ProposalSdg, ProposalVersion
from hub.proposals.showing import proposal_by
from tests.hub.labs.makers import organisation, person, refused
from tests.hub.proposals.makers import CONTENT, HOUR, by, process

SAID = {name: CONTENT[name] for name in content.FIELDS}


@pytest.fixture
def ada(session):
    return person("ada")


def draft(of, who):
    return drafts.begin(of, by=by(who))


def published(of, who, **said):
    row = draft(of, who)
    drafts.publish(row, SAID | said, by=by(who))
    return row


def test_a_draft_is_kept_as_it_is_typed_even_when_it_is_wrong(ada):
    row = draft(process(), ada)
    drafts.keep(row, {"title": "x" * 500, "needs_cents": "molti", "sdgs": "99", "altro": "no"}, was=drafts.seen(row), by=by(ada))
    db.session.expire(row)
    assert (row.draft["title"], row.draft["needs_cents"], row.draft["sdgs"]) == ("x" * 500, "molti", "99")
    assert "altro" not in row.draft and row.published_at is None


def test_another_tab_finds_that_the_draft_has_changed_and_nothing_is_lost(ada):
    row = draft(process(), ada)
    was = drafts.seen(row)
    drafts.keep(row, {"title": "Dalla prima"}, was=was, by=by(ada))
    drafts.keep(row, {"title": "Dalla prima"}, was=was, by=by(ada))  # the same words twice are no conflict
    told = refused(drafts.keep, row, {"title": "Dalla seconda"}, was=was, by=by(ada))
    assert told.rule == "seen" and row.draft["title"] == "Dalla prima"
    drafts.keep(row, {"title": "Dalla seconda"}, was=drafts.seen(row), by=by(ada))
    assert row.draft["title"] == "Dalla seconda"


def test_a_page_that_keeps_while_one_types_is_not_taken_for_another(ada):
    """It may send words before it hears that those before were kept; what comes from it once it was left is refused."""
    row = draft(process(), ada)
    page = {"was": drafts.seen(row), "tab": "una", "by": by(ada)}
    drafts.keep(row, {"title": "Un"}, **page, stays=True)
    drafts.keep(row, {"title": "Un orto"}, **page, stays=True)
    other = {"title": "Dalla seconda"}
    assert refused(drafts.keep, row, other, was=page["was"], tab="altra", by=by(ada)).rule == "seen"
    drafts.keep(row, {"title": "Un orto grande"}, **page)
    assert refused(drafts.keep, row, {"title": "Un orto g"}, **page, stays=True).rule == "seen"
    assert drafts.typed(row)["title"] == "Un orto grande"


def test_what_is_published_is_a_version_that_stays_and_is_found(ada):
    row = published(process(), ada, sdgs=[11, 13])
    assert (row.state, row.current, row.draft, row.title) == ("published", 1, {}, SAID["title"])
    version = db.session.scalars(sa.select(ProposalVersion)).one()
    assert version.sha256 == content.digest(version.content) and version.content["sdgs"] == [11, 13]
    goals = sa.select(ProposalSdg.sdg).filter_by(proposal_id=row.id).order_by(ProposalSdg.sdg)
    assert db.session.scalars(goals).all() == [11, 13]
    assert db.session.scalars(matching(["orto"])).all() == [row.id]
    assert [one.kind for one in news.story(row)] == ["published"]
    log = db.session.scalars(sa.select(LogEntry)).one()
    assert (log.type, log.activity) == ("proposal.submitted", row.code)


def test_nothing_is_published_or_begun_while_the_process_takes_no_proposals(ada):
    found = process("chiuso", {"submits": True, "closes_at": now() + HOUR})
    row = draft(found, ada)
    with time_machine.travel(now() + 2 * HOUR, tick=False):
        assert refused(drafts.publish, row, SAID, by=by(ada)).rule == "submits"
        assert refused(drafts.begin, found, by=by(ada)).rule == "submits"
        drafts.keep(row, {"title": "Scritta tardi"}, was=drafts.seen(row), by=by(ada))
    assert row.draft["title"] == "Scritta tardi" and row.published_at is None


def test_a_person_has_no_more_live_proposals_than_the_process_allows(ada):
    found = process(proposals_most=1)
    first = published(found, ada)
    second = draft(found, ada)
    assert refused(drafts.publish, second, SAID, by=by(ada)).rule == "proposals-most"
    drafts.withdraw(first, "Ne ho una migliore", by=by(ada))
    drafts.publish(second, SAID, by=by(ada))
    drafts.publish(draft(process("altro", proposals_most=1), ada), SAID, by=by(ada))


def test_nobody_fills_the_house_with_drafts(ada, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 1)
    found = process()
    row = draft(found, ada)
    assert refused(drafts.begin, found, by=by(ada)).rule == "drafts"
    drafts.discard(row, by=by(ada))
    draft(found, ada)


def test_what_is_published_is_edited_in_its_window_as_a_new_version(ada):
    row = published(process(edit_hours=48), ada)
    drafts.edit(row, SAID | {"title": "Un orto più grande", "sdgs": []}, reason="Più spazio", by=by(ada))
    assert (row.current, row.title, len(row.versions)) == (2, "Un orto più grande", 2)
    assert (row.versions[0].content["title"], row.versions[1].reason) == (SAID["title"], "Più spazio")
    assert db.session.scalars(sa.select(ProposalSdg).filter_by(proposal_id=row.id)).all() == []
    assert [(one.kind, one.data) for one in news.story(row)][1] == ("edited", {"number": 2, "reason": "Più spazio"})
    assert refused(drafts.edit, row, SAID | {"title": "Un orto più grande", "sdgs": []}, by=by(ada)).rule == "unchanged"
    with time_machine.travel(row.published_at + 48 * HOUR, tick=False):
        assert refused(drafts.edit, row, SAID, by=by(ada)).rule == "edit-window"
        assert refused(drafts.keep, row, {"title": "Tardi"}, was=drafts.seen(row), by=by(ada)).rule == "edit-window"


def test_who_follows_is_not_flooded_with_versions(ada, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_VERSIONS", 2)
    row = published(process(edit_hours=48), ada)
    drafts.edit(row, SAID | {"title": "Un orto più grande"}, by=by(ada))
    assert refused(drafts.edit, row, SAID, by=by(ada)).rule == "most-versions"
    with time_machine.travel(row.published_at + 25 * HOUR, tick=False):
        drafts.edit(row, SAID, by=by(ada))
    assert row.current == 3


def test_what_was_answered_is_neither_edited_nor_withdrawn(ada):
    row = published(process(), ada)
    answers.answer(row, "rejected", "Il cortile serve ad altro.", by=person("gina", role="manager"))
    assert refused(drafts.edit, row, SAID | {"title": "Un altro orto"}, by=by(ada)).rule == "closed"
    assert refused(drafts.withdraw, row, "Basta", by=by(ada)).rule == "closed"


def test_what_a_moderator_hides_is_not_edited(ada):
    row = published(process(), ada)
    row.hidden_at = now()
    db.session.flush()
    assert refused(drafts.edit, row, SAID | {"title": "Un altro orto"}, by=by(ada)).rule == "hidden"


def test_who_withdraws_says_why_and_it_stays_readable(ada):
    row = published(process(), ada)
    assert refused(drafts.withdraw, row, "", by=by(ada)).field == "reason"
    drafts.withdraw(row, "Lo fa già il quartiere", by=by(ada))
    assert (row.state, row.closed_reason, row.content["title"]) == ("withdrawn", "Lo fa già il quartiere", SAID["title"])
    assert [one.kind for one in news.story(row)] == ["published", "withdrawn"]
    assert refused(drafts.discard, row, by=by(ada)).rule == "published"
    assert refused(drafts.withdraw, row, "Ancora", by=by(ada)).rule == "closed"


def test_changes_that_are_given_up_leave_the_published_version_and_its_files(ada):
    row = draft(process(), ada)
    attached = {"kind": "png", "name": "a.png", "words": "Un orto", "size": 3, "sha256": "x", "data": b"abc", "at": now()}
    kept = ProposalFile(proposal_id=row.id, by_id=row.author_id, **attached)
    db.session.add(kept)
    db.session.flush()
    drafts.publish(row, SAID, by=by(ada))
    assert row.content["files"] == [kept.id]
    drafts.keep(row, {"title": "Altro"}, was=drafts.seen(row), by=by(ada))
    kept.removed_at = now()
    added = ProposalFile(proposal_id=row.id, by_id=row.author_id, **attached)
    db.session.add(added)
    db.session.flush()
    drafts.drop_changes(row, by=by(ada))
    db.session.expire_all()
    assert (row.draft, [one.id for one in drafts.live_files(row)]) == ({}, [kept.id])


def test_an_organisations_proposal_belongs_to_it(ada):
    ours, bea, carlo = organisation("Orti", ada), person("bea"), person("carlo")
    found, in_its_name = process(proposals_most=1), replace(by(ada), organisation=ours)
    row = drafts.begin(found, by=in_its_name)
    assert drafts.written_by(row, ada) is row and drafts.written_by(row, carlo) is None
    assert drafts.of_organisation(ours.id) == [row] and drafts.of_person(ada) == []
    drafts.publish(row, SAID, by=in_its_name)
    log = db.session.scalars(sa.select(LogEntry).filter_by(type="proposal.submitted")).one()
    assert '"org"' in log.facts
    drafts.publish(draft(found, ada), SAID, by=by(ada))  # a person's are counted apart from an organisation's
    ours.memberships[0].ended_at = now()
    db.session.flush()
    assert drafts.written_by(proposal_by(row.code), ada) is None
    assert drafts.written_by(row, bea) is None


def test_an_organisation_that_is_not_verified_publishes_nothing(ada):
    ours = organisation("Orti", ada)
    row = drafts.begin(process(), by=replace(by(ada), organisation=ours))
    ours.state = "closed"
    db.session.flush()
    assert refused(drafts.publish, row, SAID, by=by(ada)).rule == "verified"


def test_drafts_of_others_are_nobodys_business(ada):
    row = draft(process(), ada)
    assert drafts.written_by(row, person("bea")) is None
    assert drafts.of_person(person("carlo")) == [] and drafts.of_person(ada) == [row]


def test_a_draft_goes_with_its_files(ada):
    row = draft(process(), ada)
    drafts.discard(row, by=by(ada))
    assert db.session.scalars(sa.select(Proposal)).all() == []
