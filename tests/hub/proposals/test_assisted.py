"""Assisted participation: sessions of half an hour, a receipt, and what was done becoming one's own account's, once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.accounts.models import Identity
from hub.clock import now
from hub.db import db
from hub.labs.certificates import new_code
from hub.notices.models import Notice
from hub.participation.log import known_as, pseudonym
from hub.proposals import assisted, supporting
from hub.proposals.assisted import Helped
from hub.proposals.assisted_rules import proof
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Voice
from hub.proposals.outcome_models import AssistedSession
from hub.proposals.voices import themselves, voice_of
from tests.hub.labs.makers import person, refused
from tests.hub.proposals.makers import process, proposal

NONNA = "RSSMRA45T50E506U"  # a woman born on 10 December 1945
CHILD = "RSSMRA20A01E506S"


def begin(operator, code: str = NONNA, *, email: str = "", name: str = "Maria Rossi", **more) -> AssistedSession:
    terms = {"place": "Sportello delle Officine", "consent": "Acconsento.", "channel": "assisted"} | more
    return assisted.begin(Helped(name, proof(code, ""), email), by=operator, **terms)


def support(of, voice: Voice, slot: int = 1, **columns) -> Support:
    given = {"phase_id": of.process.phases[0].id, "kind": "support", "slot": slot, "channel": "assisted", "at": now()}
    row = Support(proposal_id=of.id, voice_id=voice.id, **(given | columns))
    db.session.add(row)
    db.session.flush()
    return row


@pytest.fixture
def operator(session):
    return person("olga", role="manager")


# --- who is helped


def test_a_code_is_checked_and_told_apart_from_a_document():
    assert proof(" rss mra 45t50 e506u ", "") == NONNA
    assert proof("", "ca 12345-ab") == "document:CA12345AB"
    assert refused(proof, "RSSMRA45T50", "").rule == "fiscal-code"
    assert refused(proof, "RSSMRA45T50E506X", "").field == "fiscal_code"
    assert refused(proof, "", "12").rule == "who"


def test_the_same_person_has_one_voice_however_often_they_come(operator):
    first = begin(operator)
    assisted.end(first)
    second = begin(operator, name="Maria Rossi in Greco", email="maria@posta.example")
    assert second.voice_id == first.voice_id
    assert (second.voice.full_name, second.voice.email) == ("Maria Rossi in Greco", "maria@posta.example")
    stored = db.session.scalars(sa.select(Voice.fiscal_digest).where(Voice.fiscal_digest.is_not(None))).all()
    assert len(stored) == 1 and NONNA not in stored[0]


def test_who_has_an_account_with_that_fiscal_code_acts_as_themselves(operator):
    maria = person("maria")
    db.session.add(Identity(person_id=maria.id, fiscal_code=NONNA, level=2, identified_at=now()))
    db.session.flush()
    assert begin(operator).voice.person_id == maria.id


def test_an_operator_helps_somebody_else_of_fourteen_or_more_and_one_at_a_time(operator):
    db.session.add(Identity(person_id=operator.id, fiscal_code="GRCLGO80A01E506Z", level=2, identified_at=now()))
    db.session.flush()
    helped = Helped("Olga", "GRCLGO80A01E506Z")
    where = {"place": "Qui", "consent": "Sì.", "channel": "assisted"}
    assert refused(assisted.begin, helped, by=operator, **where).rule == "oneself"
    assert refused(begin, operator, CHILD).rule == "age"
    begin(operator)
    told = refused(begin, operator, NONNA)
    assert told.rule == "busy" and told.values["name"] == "Maria Rossi"


# --- half an hour


def test_a_session_ends_by_itself_after_half_an_hour(operator):
    with time_machine.travel(now(), tick=False) as clock:
        session = begin(operator)
        clock.shift(timedelta(minutes=29, seconds=59))
        by = assisted.helping(operator)
        assert (by.voice.id, by.channel, by.session.id) == (session.voice_id, "assisted", session.id)
        by.did("supported", "PR-2026-000001")
        clock.shift(timedelta(seconds=1))
        assert refused(assisted.helping, operator).rule == "session-over"
        with pytest.raises(DBAPIError, match="assisted_act_in_session"), db.session.begin_nested():
            by.did("supported", "PR-2026-000002")
        assert [one.about for one in assisted.acts_of(session)] == ["PR-2026-000001"]
        assert begin(operator).id != session.id
        assert session.ended_at == session.lapses_at


def test_the_database_refuses_a_longer_one(operator):
    session = begin(operator)
    assisted.end(session)
    late = {"lapses_at": session.lapses_at + timedelta(hours=1)}
    with pytest.raises(DBAPIError, match="assisted_session_kept_update"), db.session.begin_nested():
        db.session.execute(sa.update(AssistedSession).filter_by(id=session.id).values(**late))
    columns = {name: getattr(session, name) for name in ("voice_id", "operator_id", "channel", "place", "consent", "started_at")}
    with pytest.raises(DBAPIError, match="assisted_session_length"), db.session.begin_nested():
        db.session.execute(sa.insert(AssistedSession).values(**columns, **late, claim_hash="x"))


# --- the receipt


def test_the_receipt_goes_by_mail_to_who_has_one_and_its_code_is_kept_nowhere(operator):
    session = begin(operator, email="maria@posta.example")
    assisted.helping(operator).did("supported", "PR-2026-000001")
    code = assisted.end(session)
    mail = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/assisted")).one()
    assert (mail.address, mail.private, mail.payload["code"]) == ("maria@posta.example", True, code)
    assert code not in session.claim_hash


def test_a_second_receipt_makes_the_first_worthless(operator):
    session = begin(operator)
    first, second = assisted.end(session), assisted.end(session)
    maria = person("maria")
    assert refused(assisted.claim, first, by=maria).rule == "unknown"
    assert assisted.claim(second.lower(), by=maria).person_id == maria.id


def test_what_was_done_becomes_the_account_s_once(operator):
    found = process()
    session = begin(operator)
    given = support(proposal(found, person("ada")), session.voice)
    code, was = pseudonym(session.voice.subject), session.voice.subject
    receipt = assisted.end(session)
    maria, other = person("maria"), person("altra")
    voice = assisted.claim(receipt, by=maria)
    assert (voice.person_id, given.voice_id, voice.name) == (maria.id, voice.id, "")
    assert (known_as(maria.subject), known_as(was)) == (code, None)
    assert assisted.claim(receipt, by=maria).id == voice.id
    assert refused(assisted.claim, receipt, by=other).rule == "claimed"
    assert refused(assisted.claim, new_code(), by=other).rule == "unknown"


def test_nothing_counts_twice_where_the_account_did_the_same(operator):
    found = process("idee", {"supports": True, "votes": True, "supports_most": 2})
    ada, maria = person("ada"), person("maria")
    first, second, third = (proposal(found, ada) for _ in range(3))
    session = begin(operator)
    mine = voice_of(maria)
    own = support(first, mine, 1, channel="web")
    same, moved = support(first, session.voice, 1), support(second, session.voice, 2)
    phase = found.phases[0].id
    for voice, choice in ((mine, "agree"), (session.voice, "disagree")):
        db.session.add(Vote(proposal_id=third.id, phase_id=phase, voice_id=voice.id, choice=choice, at=now()))
    db.session.flush()
    pseudonym(maria.subject)
    pseudonym(session.voice.subject)
    voice = assisted.claim(assisted.end(session), by=maria)
    assert voice.id == mine.id and voice.fiscal_digest is not None
    live = sa.select(Support.id, Support.slot).filter_by(voice_id=mine.id, revoked_at=None).order_by(Support.id)
    assert db.session.execute(live).all() == [(own.id, 1), (moved.id, 2)]
    assert db.session.get(Support, same.id).revoked_at is not None
    votes = sa.select(Vote.choice).filter_by(voice_id=mine.id, replaced_at=None)
    assert db.session.scalars(votes).all() == ["agree"]
    assert known_as(f"voice:{session.voice_id}") is None


def test_a_support_that_finds_no_number_left_is_taken_back(operator):
    found = process("uno", {"supports": True, "supports_most": 1})
    ada, maria = person("ada"), person("maria")
    first, second = proposal(found, ada), proposal(found, ada)
    session = begin(operator)
    own, extra = support(first, voice_of(maria), 1, channel="web"), support(second, session.voice, 1)
    assisted.claim(assisted.end(session), by=maria)
    assert (own.revoked_at, db.session.get(Support, extra.id).revoked_at is None) == (None, False)


def test_a_claim_ends_what_no_operator_has_ended(operator):
    """A session that lapsed, and one that still runs, of who claims another: nobody has to end them, and both desks go on."""
    late, busy = person("lea", role="manager"), person("ugo", role="manager")
    with time_machine.travel(now(), tick=False) as clock:
        lapsed = begin(late)
        clock.shift(timedelta(hours=1))
        running, receipt = begin(busy), assisted.end(begin(operator))
        assisted.claim(receipt, by=person("maria"))
        db.session.expire_all()
        assert (lapsed.ended_at, running.ended_at) == (lapsed.lapses_at, now())
        assert refused(assisted.helping, busy).rule == "session-over"
        assert [begin(one, "VRDLGU70A01E506A", name="Luigi").voice.name for one in (late, busy)] == ["Luigi", "Luigi"]


def test_who_comes_with_a_digital_identity_is_whom_an_operator_helped_by_its_code(operator):
    """By the account's own act, or at a desk, whichever comes first: nobody supports the same twice."""
    found = process()
    first = proposal(found, person("ada"))
    for name, code, at_a_desk in (("maria", NONNA, False), ("lucia", "GRCLGO80A01E506Z", True)):
        assisted.end(begin(operator, code, name=name))
        given = support(first, db.session.scalars(sa.select(Voice).filter_by(name=name)).one())
        account = person(name)
        mine = voice_of(account)
        db.session.add(Identity(person_id=account.id, fiscal_code=code, level=2, identified_at=now()))
        db.session.flush()
        account.level = 2
        voice = begin(operator, code).voice if at_a_desk else themselves(account).voice
        assert (voice.id, db.session.get(Support, given.id).voice_id, themselves(account).voice.id) == (mine.id,) * 3
        assert themselves(account).level == 2
        assert refused(supporting.support, first, by=themselves(account)).rule == "twice"


def test_somebody_else_s_digital_identity_opens_no_receipt(operator):
    receipt = assisted.end(begin(operator))
    other = person("altra")
    db.session.add(Identity(person_id=other.id, fiscal_code="GRCLGO80A01E506Z", level=2, identified_at=now()))
    db.session.flush()
    assert refused(assisted.claim, receipt, by=other).rule == "another"
