"""Moderation: reports, what is hidden and shown again, appeals, and the public register."""

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.proposals import moderation, policy
from hub.proposals.comments import comment, discussion, remove
from hub.proposals.debate_models import Appeal, CommentReport, Moderation
from hub.proposals.models import Proposal, Voice
from hub.proposals.outcome_models import News
from hub.proposals.rules import MODERATION_REASONS
from hub.proposals.voices import By
from tests.hub.labs.makers import DAY, person, refused
from tests.hub.proposals.makers import by, process, proposal


@pytest.fixture
def garden(session) -> Proposal:
    return proposal(process(), person("ada"))


@pytest.fixture
def gina(session):
    return person("gina", role="manager")


@pytest.fixture
def gino(session):
    return person("gino", role="manager")


@pytest.fixture
def said(garden):
    return comment(garden, "Parole grosse", "against", by=by(person("bea")))


def mails(kind: str) -> list[tuple[str, str, str]]:
    """(given name, subject, body) of the mails of a kind, in Italian."""
    rows = db.session.scalars(sa.select(Notice).filter_by(kind=f"proposals/{kind}").order_by(Notice.id)).all()
    return [(row.name.split()[0], *words(row, "it")) for row in rows]


def test_one_reports_once_and_not_ones_own(said):
    carlo = by(person("carlo"))
    moderation.report(said, "offensive", "", by=carlo)
    assert refused(moderation.report, said, "spam", "", by=carlo).rule == "reported"
    assert refused(moderation.report, said, "spam", "", by=By(said.voice)).rule == "own"
    twice = {"proposal_id": said.proposal_id, "comment_id": said.id, "voice_id": carlo.voice.id, "reason": "spam", "at": now()}
    with pytest.raises(DBAPIError, match=r"one_report_a_comment|UNIQUE"), db.session.begin_nested():
        db.session.execute(sa.insert(CommentReport).values(**twice, words=""))


@pytest.mark.parametrize(
    ("reason", "text", "field"),
    [(None, "", "reason"), ("x", "", "reason"), ("other", " ", "words"), ("spam", "a" * 501, "words")],
)
def test_a_report_says_why(said, reason, text, field):
    assert refused(moderation.report, said, reason, text, by=by(person("carlo"))).field == field


def test_reports_have_a_limit_for_each_person(garden):
    bea, carlo = by(person("bea")), by(person("carlo"))
    rows = [comment(garden, f"Commento {number}", "for", by=bea) for number in range(10)]
    for row in rows:
        moderation.report(row, "spam", "", by=carlo)
    told = refused(moderation.report, garden, "spam", "", by=carlo)
    assert told.rule == "too-many" and told.values["when"] > now()


def test_the_queue_tells_what_is_reported_the_oldest_first(garden, said, gina):
    other = comment(garden, "Altro", "for", by=by(person("dora")))
    moderation.report(other, "spam", "", by=by(person("carlo")))
    moderation.report(said, "offensive", "", by=by(person("elio")))
    moderation.report(other, "off_topic", "", by=by(person("fede")))
    moderation.report(garden, "other", "Non so", by=by(person("ugo")))
    rows, more = moderation.reported()
    assert [(row.comment and row.comment.id, row.reports, row.reasons) for row in rows] == [
        (other.id, 2, ("off_topic", "spam")),
        (said.id, 1, ("offensive",)),
        (None, 1, ("other",)),
    ]
    assert not more
    moderation.dismiss(other, by=gina)
    moderation.hide(said, "offensive", "Insulti", by=gina)
    assert [row.comment for row in moderation.reported()[0]] == [None]


def test_what_its_author_removed_waits_for_no_moderator(garden, said):
    carlo = by(person("carlo"))
    for target in (said, garden):
        moderation.report(target, "offensive", "", by=carlo)
    remove(said, by=By(said.voice))
    assert [row.comment for row in moderation.reported()[0]] == [None]


def test_hiding_says_why_by_which_rules_and_until_when_one_may_appeal(said, gina):
    with time_machine.travel(now(), tick=False):
        act = moderation.hide(said, "offensive", "Insulta <b>chi</b> propone", by=gina)
        assert (act.policy, act.appeal_until) == (policy.CURRENT.version, now() + 30 * DAY)
    (shown,) = discussion(said.proposal).threads
    assert (shown.text, shown.reason, shown.is_removed) == ("", "offensive", False)
    ((name, subject, body),) = mails("hidden")
    assert (name, subject) == ("Bea", "Un tuo commento è stato nascosto")
    for part in ("Offende qualcuno", "Insulta chi propone", f"/proposte/ricorso/{act.id}", "/partecipa/regole/1"):
        assert part in body
    assert "Parole grosse" not in body


@pytest.mark.parametrize(
    ("reason", "text", "field"), [(None, "Sì", "reason"), ("spam", "  ", "words"), ("spam", "a" * 501, "words")]
)
def test_hiding_needs_a_reason_and_words(said, gina, reason, text, field):
    assert refused(moderation.hide, said, reason, text, by=gina).field == field


def test_nobody_moderates_their_own_words(garden, gina):
    mine = comment(garden, "Sono io", "for", by=by(gina))
    assert refused(moderation.hide, mine, "spam", "Prova", by=gina).rule == "own"
    moderation.report(mine, "spam", "", by=by(person("carlo")))
    assert refused(moderation.dismiss, mine, by=gina).rule == "own" and moderation.reported()[0]
    moderation.hide(mine, "spam", "Prova", by=person("gino", role="manager"))
    assert refused(moderation.restore, mine, "Era buono", by=gina).rule == "own"


def test_what_is_hidden_is_not_hidden_again_and_what_was_removed_cannot_be(garden, said, gina):
    moderation.hide(said, "spam", "Pubblicità", by=gina)
    assert refused(moderation.hide, said, "spam", "Pubblicità", by=gina).rule == "hidden"
    other = comment(garden, "Altro", "for", by=by(person("carlo")))
    remove(other, by=By(other.voice))
    assert refused(moderation.hide, other, "spam", "Pubblicità", by=gina).rule == "removed"
    assert refused(moderation.restore, garden, "Sì", by=gina).rule == "visible"


def test_hidden_by_moderators_and_removed_by_the_author_are_told_apart(said, gina):
    moderation.hide(said, "spam", "Pubblicità", by=gina)
    remove(said, by=By(said.voice))
    (shown,) = discussion(said.proposal).threads
    assert (shown.reason, shown.is_removed) == ("spam", False)
    moderation.restore(said, "Non era pubblicità", by=gina)
    (shown,) = discussion(said.proposal).threads
    assert (shown.reason, shown.is_removed) == (None, True)


def test_a_hidden_proposal_is_news_and_its_authors_hear_without_its_title(garden, gina):
    moderation.hide(garden, "illegal", "Diffama", by=gina)
    moderation.restore(garden, "Era un errore", by=gina)
    told = db.session.execute(sa.select(News.kind, News.data, News.actor_id).order_by(News.id)).all()
    assert told == [("hidden", {"reason": "illegal"}, gina.id), ("restored", {}, gina.id)]
    ((name, subject, body),) = mails("hidden")
    assert (name, garden.code in subject, garden.title in subject + body) == ("Ada", True, False)
    assert [one[0] for one in mails("restored")] == ["Ada"]


def test_who_was_helped_hears_by_the_address_they_left(garden, gina):
    voice = Voice(name="Zia Pina", email="pina@posta.example", fiscal_digest="x" * 64, created_at=now())
    db.session.add(voice)
    db.session.flush()
    said = comment(garden, "Ditemi voi", "question", by=By(voice, channel="paper"))
    moderation.hide(said, "off_topic", "Non riguarda", by=gina)
    ((name, _subject, body),) = mails("hidden")
    assert name == "Zia" and "sportello" in body


def test_what_moderators_did_is_never_rewritten(said, gina):
    act = moderation.hide(said, "spam", "Pubblicità", by=gina)
    for name, statement in (
        ("moderation_kept_update", sa.update(Moderation).filter_by(id=act.id).values(reason="illegal")),
        ("moderation_kept_delete", sa.delete(Moderation).filter_by(id=act.id)),
    ):
        with pytest.raises(DBAPIError, match=name), db.session.begin_nested():
            db.session.execute(statement)


# --- appeals


def test_an_appeal_is_decided_by_another_than_who_hid(said, gina, gino):
    act = moderation.hide(said, "offensive", "Insulti", by=gina)
    row = moderation.appeal(act, "Non era un insulto", by=By(said.voice))
    assert [one.act.id for one in moderation.appealed()[0]] == [act.id]
    assert refused(moderation.decide, row, "overturned", "Ha ragione", by=gina).rule == "same"
    with pytest.raises(DBAPIError, match="appeal_by_another"), db.session.begin_nested():
        decided = {"outcome": "upheld", "words": "No", "decided_by_id": gina.id, "decided_at": now()}
        db.session.execute(sa.update(Appeal).filter_by(moderation_id=act.id).values(**decided))
    assert refused(moderation.decide, row, "overturned", " ", by=gino).field == "words"
    moderation.decide(row, "overturned", "Ha ragione", by=gino)
    assert (said.hidden_at, moderation.last_act(said).step, moderation.appealed()[0]) == (None, "restored", [])
    assert [(name, "Ha ragione" in body) for name, _subject, body in mails("restored")] == [("Bea", True)]
    assert refused(moderation.decide, row, "upheld", "Anzi no", by=gino).rule == "decided"
    with pytest.raises(DBAPIError, match="appeal_decided_once"), db.session.begin_nested():
        db.session.execute(sa.update(Appeal).filter_by(moderation_id=act.id).values(words="Altro"))
    with pytest.raises(DBAPIError, match="appeal_kept_delete"), db.session.begin_nested():
        db.session.execute(sa.delete(Appeal).filter_by(moderation_id=act.id))


def test_an_appeal_that_is_turned_down_leaves_it_hidden(said, gina, gino):
    row = moderation.appeal(moderation.hide(said, "offensive", "Insulti", by=gina), "Non era un insulto", by=By(said.voice))
    moderation.decide(row, "upheld", "È un insulto", by=gino)
    assert said.hidden_at is not None and moderation.appealed()[0] == []
    assert [(name, "È un insulto" in body) for name, _subject, body in mails("appeal_upheld")] == [("Bea", True)]


def test_where_there_is_one_manager_the_words_say_so(said, gina):
    row = moderation.appeal(moderation.hide(said, "offensive", "Insulti", by=gina), "Non era un insulto", by=By(said.voice))
    assert refused(moderation.decide, row, "overturned", "Ha ragione", by=gina).rule == "only-manager"


def test_a_manager_does_not_decide_their_own_appeal(garden, gina, gino):
    mine = comment(garden, "Sono io", "for", by=by(gino))
    row = moderation.appeal(moderation.hide(mine, "spam", "Prova", by=gina), "Non lo era", by=By(mine.voice))
    assert refused(moderation.decide, row, "overturned", "Avevo ragione", by=gino).rule == "own"


def test_an_appeal_has_its_time_and_there_is_one(said, gina):
    with time_machine.travel(now(), tick=False) as clock:
        act = moderation.hide(said, "offensive", "Insulti", by=gina)
        clock.move_to(act.appeal_until)
        assert refused(moderation.appeal, act, "Non era un insulto", by=By(said.voice)).rule == "late"
        clock.move_to(act.at + DAY)
        assert refused(moderation.appeal, act, "no", by=By(said.voice)).rule == "short"
        moderation.appeal(act, "Non era un insulto", by=By(said.voice))
        assert refused(moderation.appeal, act, "Ancora", by=By(said.voice)).rule == "appealed"


def test_what_is_visible_again_needs_no_appeal(said, gina):
    act = moderation.hide(said, "offensive", "Insulti", by=gina)
    moderation.restore(said, "Ci ho ripensato", by=gina)
    assert refused(moderation.appeal, act, "Non era un insulto", by=By(said.voice)).rule == "visible"
    again = moderation.hide(said, "offensive", "Insulti", by=gina)
    assert refused(moderation.appeal, act, "Non era un insulto", by=By(said.voice)).rule == "visible"
    assert moderation.appeal(again, "Non era un insulto", by=By(said.voice))
    assert [row.act.id for row in moderation.hidden()[0]] == [again.id]


# --- what everybody may know


def test_the_register_holds_numbers_by_reason_alone(garden, said, gina, gino):
    other = comment(garden, "Altro", "for", by=by(person("carlo")))
    moderation.hide(other, "spam", "Pubblicità", by=gina)
    row = moderation.appeal(moderation.hide(said, "offensive", "Insulti", by=gina), "Non era un insulto", by=By(said.voice))
    moderation.decide(row, "overturned", "Ha ragione", by=gino)
    counts = dict(moderation.register())
    assert tuple(counts) == MODERATION_REASONS
    assert counts["offensive"] == {"hidden": 1, "restored": 1, "appeals": 1, "accepted": 1}
    assert counts["spam"] == {"hidden": 1, "restored": 0, "appeals": 0, "accepted": 0}


def test_each_version_of_the_rules_is_whole_in_both_languages():
    assert len({one.version for one in policy.VERSIONS}) == len(policy.VERSIONS)
    for one in policy.VERSIONS:
        assert policy.policy_of(one.version) is one
        assert [len(texts) for _title, texts in one.sections["it"]] == [len(texts) for _title, texts in one.sections["en"]]
        assert set(one.reasons["it"]) == set(one.reasons["en"]) and len(one.version) <= 10
    assert set(policy.CURRENT.reasons["it"]) == set(MODERATION_REASONS)
    assert policy.policy_of("0") is None
