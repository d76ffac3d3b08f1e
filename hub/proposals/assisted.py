"""Assisted participation: an operator helps somebody who is there, for half an hour at most, with a receipt at the end.

Who is helped is known by their fiscal code, of which a keyed digest is kept: whoever comes twice, or has an account with a
digital identity, still counts once. With the code on the receipt they make what they did their own account's.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from stdnum.it import codicefiscale

from hub.accounts.credentials import Mailbox
from hub.accounts.models import Identity, Person
from hub.accounts.rules import mailbox
from hub.accounts.service import digest
from hub.clock import now, today
from hub.db import db, insert_unless_there
from hub.labs.certificates import code_of, grouped, new_code
from hub.notices.service import notice
from hub.proposals import assisted_rules as rules
from hub.proposals.joining import join, join_by_identity
from hub.proposals.models import Voice
from hub.proposals.outcome_models import AssistedAct, AssistedSession
from hub.proposals.rules import SESSION_MINUTES
from hub.proposals.voices import By, known_voice, voice_of
from hub.sealing import mark

SEEN_LEVEL = 2  # a document seen by an operator stands for a digital identity of level 2


@dataclass(frozen=True)
class Helped:
    """Whom an operator is to help: name; proof: see `rules.proof`; email: "" where they have none."""

    name: str
    proof: str
    email: str = ""


def begin(helped: Helped, *, place: str, consent: str, channel: str, by: Person) -> AssistedSession:
    """Open a session. consent: the words that were agreed to; channel: assisted, or paper where a form is entered. Raises
    Refusal."""
    _end_lapsed(by)
    going = open_session(by)
    rules.must_be_free(going.voice.full_name if going else "")
    voice = _voice(helped, by)
    at = now()
    session = AssistedSession(voice=voice, operator_id=by.id, channel=channel, place=place, consent=consent)
    session.started_at, session.lapses_at = at, at + timedelta(minutes=SESSION_MINUTES)
    session.claim_hash = digest(new_code())  # of no receipt yet
    db.session.add(session)
    db.session.flush()
    return session


def _voice(helped: Helped, by: Person) -> Voice:
    """Whose voice it is: of the account with this fiscal code, of who came before, or a new one."""
    known = sa.select(Identity).filter_by(fiscal_code=helped.proof)
    identity = db.session.scalars(known).one_or_none()
    if identity is not None:
        rules.must_be_somebody_else(identity.person_id == by.id)
        person = db.session.get_one(Person, identity.person_id)
        return join_by_identity(person) or voice_of(person)
    if not helped.proof.startswith("document:"):
        rules.must_be_old_enough(codicefiscale.get_birth_date(helped.proof, minyear=today().year - 99), today())
    theirs = mark(helped.proof, "voice")
    insert_unless_there(Voice, fiscal_digest=theirs, name=helped.name, created_at=now())
    voice = db.session.scalars(sa.select(Voice).filter_by(fiscal_digest=theirs)).one()
    if voice.person_id is None:
        voice.name, voice.email = helped.name, mailbox(helped.email) if helped.email else voice.email
        db.session.flush()
    else:
        rules.must_be_somebody_else(voice.person_id == by.id)
    return voice


def open_session(operator: Person) -> AssistedSession | None:
    """The session in which an operator is helping somebody right now."""
    running = sa.select(AssistedSession).filter_by(operator_id=operator.id, ended_at=None)
    running = running.where(AssistedSession.lapses_at > now()).options(joinedload(AssistedSession.voice))
    return db.session.scalars(running).one_or_none()


def helping(operator: Person) -> By:
    """Who acts at the desk of this operator: whoever is being helped. Raises Refusal once the session is over."""
    session = open_session(operator)
    rules.must_still_run(session is not None)
    return By(session.voice, channel=session.channel, level=SEEN_LEVEL, session=session)


def acts_of(session: AssistedSession) -> list[AssistedAct]:
    """What was done in a session, in order."""
    return list(db.session.scalars(sa.select(AssistedAct).filter_by(session_id=session.id).order_by(AssistedAct.id)))


def end(session: AssistedSession) -> str:
    """End a session: the code of its receipt, which is told here and in a mail to who was helped, and is kept nowhere."""
    if session.ended_at is None:
        session.ended_at = min(now(), session.lapses_at)
    code = new_code()
    session.claim_hash = digest(code)
    db.session.flush()
    voice = session.voice
    if voice.person is not None:
        notice("proposals/assisted", to=voice.person, **_told(session))
    elif voice.email:
        reader = Mailbox(f"voice:{voice.id}", voice.email, "it", voice.name)
        notice("proposals/assisted", to=reader, private=True, code=grouped(code), **_told(session))
    return grouped(code)


def _told(session: AssistedSession) -> dict[str, object]:
    acts = [{"act": one.act, "about": one.about} for one in acts_of(session)]
    return {"place": session.place, "at": session.started_at, "acts": acts, "link": "/partecipa/ricevuta"}


def _end_lapsed(operator: Person) -> None:
    running = AssistedSession.operator_id == operator.id, AssistedSession.ended_at.is_(None)
    lapsed = sa.update(AssistedSession).where(*running, AssistedSession.lapses_at <= now())
    db.session.execute(lapsed.values(ended_at=AssistedSession.lapses_at))


def last_session(operator: Person) -> AssistedSession | None:
    """The last session of an operator today, ended or lapsed, whose receipt can still be printed: nobody has claimed it."""
    mine = sa.select(AssistedSession).filter_by(operator_id=operator.id, claimed_at=None)
    recent = mine.where(AssistedSession.started_at > now() - timedelta(hours=12)).options(joinedload(AssistedSession.voice))
    return db.session.scalars(recent.order_by(AssistedSession.id.desc()).limit(1)).first()


def claim(text: str, *, by: Person) -> Voice:
    """Make what was done with an operator's help one's own account's, by the code of the receipt. A second time says the same.
    Raises Refusal."""
    code = code_of(text)
    asked = sa.select(AssistedSession).where(AssistedSession.claim_hash == digest(code or "")).with_for_update()
    session = db.session.scalars(asked.options(joinedload(AssistedSession.voice, innerjoin=True))).one_or_none()
    rules.must_be_a_receipt(code is not None and session is not None and session.ended_at is not None)
    voice, mine = session.voice, known_voice(by)
    if mine is not None and voice.id == mine.id:
        return mine
    rules.must_be_unclaimed(voice.person_id is not None or session.claimed_at is not None)
    identity = db.session.get(Identity, by.id)
    rules.must_be_theirs(identity is None or mark(identity.fiscal_code, "voice") == voice.fiscal_digest)
    return join(voice, db.session.get_one(Person, by.id))
