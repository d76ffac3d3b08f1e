"""Comments: who may say what and when, what is left of hostile texts, and the discussion as it is read."""

import html
import unicodedata
from datetime import timedelta

import nh3
import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.db import db
from hub.proposals import comments, moderation
from hub.proposals.comments import comment, discussion, remove, without_tags
from hub.proposals.debate_models import ProposalComment
from hub.proposals.models import Proposal, ProposalAuthor
from hub.proposals.voices import By
from tests.hub.accounts.people import statements
from tests.hub.labs.makers import organisation, person, refused, years_ago
from tests.hub.proposals.makers import by, process, proposal

HOSTILE = [
    ("<script>alert(1)</script>Ciao", "Ciao"),
    ("&lt;script&gt;alert(1)&lt;/script&gt;Ciao", "Ciao"),
    ("&amp;lt;img src=x onerror=alert(1)&amp;gt;Ciao", "Ciao"),
    ('<a href="javascript:alert(1)">premi</a> qui', "premi qui"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("<b>grassetto</b> & <i>corsivo", "grassetto & corsivo"),
    ("se a < b e b > c", "se a < b e b > c"),
    ("testo \u202egirato\u202c e \u2066isolato\u2069", "testo girato e isolato"),
    ("nulla\u0000qui\u0007", "nullaqui"),
    ("a" + "\u0301" * 40 + "bc", "á" + "\u0301" * 3 + "bc"),
    ("uno\r\n\r\n\r\n\r\ndue   tre\n", "uno\n\ndue tre"),
    ("https://example.org/?a=1&b=2", "https://example.org/?a=1&b=2"),
    ("\u200b\u200b\u200b", ""),
]


@pytest.fixture
def garden(session) -> Proposal:
    return proposal(process(), person("ada"))


@pytest.mark.parametrize(("typed", "kept"), HOSTILE)
def test_a_text_is_nothing_but_words(typed, kept):
    assert without_tags(typed) == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize("typed", [typed for typed, _kept in HOSTILE])
def test_the_words_are_the_same_words_as_html(typed):
    kept = without_tags(typed)
    assert html.unescape(nh3.clean(kept, tags=set())) == kept
    assert without_tags(kept) == kept


def test_a_million_signs_are_refused_like_any_text_that_is_too_long(garden):
    told = refused(comment, garden, "<b>" * 500_000, "for", by=by(person("bea")))
    assert told.rule == "short"
    assert refused(comment, garden, "a" * 1_000_000, "for", by=by(person("bia"))).rule == "long"


def test_what_is_said_is_kept_by_whom_and_how(garden):
    row = comment(garden, " Che bello! ", "for", named=True, by=by(person("bea")))
    assert (row.text, row.stance, row.named, row.channel, row.voice.person.given_name) == (
        "Che bello!",
        "for",
        True,
        "web",
        "Bea",
    )
    answer = comment(garden, "Anche per me", parent=row, by=by(person("carlo")))
    assert (answer.parent_id, answer.stance) == (row.id, None)


@pytest.mark.parametrize(
    ("text", "stance", "rule", "field"),
    [
        ("sì", "for", "short", "text"),
        ("a" * 2001, "for", "long", "text"),
        ("Bello", None, "stance", "stance"),
        ("Bello", "x", "stance", "stance"),
    ],
)
def test_a_comment_is_refused_beside_its_field(garden, text, stance, rule, field):
    told = refused(comment, garden, text, stance, by=by(person("bea")))
    assert (told.rule, told.field) == (rule, field)


def test_the_longest_and_the_shortest_pass(garden):
    bea = by(person("bea"))
    assert len(comment(garden, "&" * 2000, "for", by=bea).text) == 2000
    assert comment(garden, "sì!", "for", by=bea).text == "sì!"


def test_threads_are_two_deep(garden):
    top = comment(garden, "Primo", "for", by=by(person("bea")))
    answer = comment(garden, "Secondo", parent=top, by=by(person("carlo")))
    assert refused(comment, garden, "Terzo", parent=answer, by=by(person("dora"))).rule == "depth"
    deeper = {"proposal_id": garden.id, "parent_id": answer.id, "voice_id": top.voice_id, "text": "Terzo", "at": now()}
    with pytest.raises(DBAPIError, match="comment_two_deep"), db.session.begin_nested():
        db.session.execute(sa.insert(ProposalComment).values(**deeper, channel="web", named=False))


def test_an_answer_takes_no_stance(garden):
    top = comment(garden, "Primo", "for", by=by(person("bea")))
    assert refused(comment, garden, "Secondo", "against", top, by=by(person("carlo"))).rule == "stance"
    answer = {"proposal_id": garden.id, "parent_id": top.id, "voice_id": top.voice_id, "text": "Sì", "at": now(), "stance": "for"}
    with pytest.raises(DBAPIError, match="stance_of_a_thread"), db.session.begin_nested():
        db.session.execute(sa.insert(ProposalComment).values(**answer, channel="web", named=False))


@pytest.mark.parametrize(("state", "rule"), [("withdrawn", "closed"), ("answered", "closed"), ("hidden", "hidden")])
def test_nothing_is_said_of_what_is_closed_or_hidden(garden, state, rule):
    if state == "hidden":
        garden.hidden_at = now()
    else:
        garden.state = state
        garden.closed_at, garden.closed_reason = (now(), "Altro") if state == "withdrawn" else (None, "")
    db.session.flush()
    assert refused(comment, garden, "Bello", "for", by=by(person("bea"))).rule == rule
    row = {"proposal_id": garden.id, "voice_id": by(person("bia")).voice.id, "text": "Bello", "at": now(), "stance": "for"}
    with pytest.raises(DBAPIError, match="comment_while_open"), db.session.begin_nested():
        db.session.execute(sa.insert(ProposalComment).values(**row, channel="web", named=False))


def test_nothing_is_said_outside_a_phase_that_discusses(session):
    quiet = proposal(process("idee", {"submits": True, "supports": True}), person("ada"))
    assert refused(comment, quiet, "Bello", "for", by=by(person("bea"))).rule == "discusses"
    row = {"proposal_id": quiet.id, "voice_id": by(person("bia")).voice.id, "text": "Bello", "at": now(), "stance": "for"}
    with pytest.raises(DBAPIError, match="comment_while_open"), db.session.begin_nested():
        db.session.execute(sa.insert(ProposalComment).values(**row, channel="web", named=False))


def test_ten_in_an_hour_and_the_words_say_when_there_may_be_one_more(garden):
    bea = by(person("bea"))
    with time_machine.travel(now(), tick=False) as clock:
        first = now()
        for number in range(10):
            comment(garden, f"Commento {number}", "for", by=bea)
            clock.shift(60)
        told = refused(comment, garden, "Uno di troppo", "for", by=bea)
        assert (told.rule, told.values["when"]) == ("too-many", first + timedelta(hours=1))
        assert comment(garden, "Altri possono", "for", by=by(person("carlo")))
        clock.move_to(first + timedelta(hours=1))
        assert comment(garden, "Di nuovo", "for", by=bea)
        assert refused(comment, garden, "Ancora", "for", by=bea).rule == "too-many"


def test_an_author_removes_the_words_and_the_thread_stays(garden):
    bea = by(person("bea"))
    top = comment(garden, "Me ne pento", "for", by=bea)
    comment(garden, "Io no", parent=top, by=by(person("carlo")))
    assert refused(remove, top, by=by(person("dora"))).rule == "own"
    remove(top, by=bea)
    assert (top.text, top.removed_at is not None) == ("", True)
    assert refused(remove, top, by=bea).rule == "removed"
    assert refused(comment, garden, "Tardi", parent=top, by=by(person("elio"))).rule == "gone"
    (said,) = discussion(garden).threads
    assert (said.is_removed, said.is_shown, [one.text for one in said.answers]) == (True, False, ["Io no"])


def test_what_was_removed_never_comes_back(garden):
    bea = by(person("bea"))
    top = comment(garden, "Me ne pento", "for", by=bea)
    remove(top, by=bea)
    with pytest.raises(DBAPIError, match="comment_kept_update"), db.session.begin_nested():
        db.session.execute(sa.update(ProposalComment).filter_by(id=top.id).values(text="Ecco", removed_at=None))
    with pytest.raises(DBAPIError, match="comment_kept_delete"), db.session.begin_nested():
        db.session.execute(sa.delete(ProposalComment).filter_by(id=top.id))


def test_who_has_not_signed_a_proposal_is_not_found_by_their_comments(garden):
    ada, club = garden.author, organisation("Circolo Prova", person("olga"))
    db.session.execute(sa.update(ProposalAuthor).values(named=False))
    comment(garden, "Senza nome", "for", by=By(ada))
    comment(garden, "Con il nome", "for", named=True, by=By(ada))
    comment(garden, "Insieme", "for", by=By(ada, organisation=club))
    assert {said.text: said.is_author for said in discussion(garden).threads} == {
        "Senza nome": True,
        "Con il nome": False,
        "Insieme": False,
    }
    db.session.execute(sa.update(ProposalAuthor).values(named=True))
    assert [said.is_author for said in discussion(garden).threads] == [False, True, True]


def test_a_name_is_shown_where_it_is_wanted_and_never_a_minors(garden):
    club = organisation("Associazione Prova", person("olga"))
    comment(garden, "Senza nome", "for", by=by(person("bea")))
    comment(garden, "Con il nome", "for", named=True, by=by(person("carlo")))
    comment(garden, "Minorenne", "for", named=True, by=by(person("dora", born=years_ago(16))))
    comment(garden, "Insieme", "for", named=True, by=By(by(person("elio")).voice, organisation=club))
    comment(garden, "Sono io", "neutral", by=by(db.session.get_one(type(garden.author.person), garden.author.person_id)))
    shown = {said.text: (said.who, said.is_author) for said in discussion(garden).threads}
    assert shown == {
        "Senza nome": (None, False),
        "Con il nome": ("Carlo Greco", False),
        "Minorenne": (None, False),
        "Insieme": ("Associazione Prova", False),
        "Sono io": (None, True),
    }


def test_counts_by_stance_leave_out_what_nobody_reads(garden):
    bea, gina = by(person("bea")), person("gina", role="manager")
    rows = [comment(garden, f"Commento {stance}", stance, by=bea) for stance in ("for", "for", "against", "question")]
    remove(rows[0], by=bea)
    moderation.hide(rows[2], "spam", "Pubblicità", by=gina)
    talk = discussion(garden)
    assert talk.counts == {"for": 1, "against": 0, "neutral": 0, "question": 1}
    assert (talk.total, talk.matching, len(talk.threads)) == (2, 4, 4)
    only = discussion(garden, stance="against")
    assert [(said.text, said.reason) for said in only.threads] == [("", "spam")]


def test_the_order_and_the_first_answers(garden):
    everyone = [by(person(f"p{number}")) for number in range(8)]
    tops = [comment(garden, f"Commento {number}", "for", by=everyone[number]) for number in range(3)]
    for number in range(7):
        comment(garden, f"Risposta {number}", parent=tops[1], by=everyone[number])
    assert [said.text for said in discussion(garden).threads] == ["Commento 2", "Commento 1", "Commento 0"]
    oldest = discussion(garden, order="oldest").threads
    assert [said.text for said in oldest] == ["Commento 0", "Commento 1", "Commento 2"]
    assert ([one.text for one in oldest[1].answers], oldest[1].answer_count) == ([f"Risposta {n}" for n in range(5)], 7)
    whole, pages = comments.thread(garden, tops[1])
    assert (len(whole.answers), pages) == (7, 1)


def test_five_thousand_comments_cost_as_many_statements_as_five(garden):
    def cost() -> int:
        db.session.expire_all()
        with statements(db.engine) as told:
            talk = discussion(garden, page=2)
        assert talk.page == min(2, talk.pages)
        return len(told)

    bea = by(person("bea")).voice
    common = {"proposal_id": garden.id, "voice_id": bea.id, "named": False, "channel": "web", "at": now()}
    first = [common | {"text": f"Commento {number}", "stance": "for"} for number in range(25)]
    ids = list(db.session.scalars(sa.insert(ProposalComment).returning(ProposalComment.id), first))
    few = cost()
    many = [common | {"text": f"Commento {number}", "stance": "against"} for number in range(2475)]
    db.session.execute(sa.insert(ProposalComment), many)
    answers = [common | {"text": f"Risposta {number}", "parent_id": ids[number % 25]} for number in range(2500)]
    db.session.execute(sa.insert(ProposalComment), answers)
    assert cost() == few
    assert discussion(garden).total == 5000
    assert discussion(garden, page=10**6).page == 125
