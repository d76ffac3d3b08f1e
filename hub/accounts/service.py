"""What people do with their account. Signing in hashes, so it reads and hashes before it begins to write."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from hub.accounts import passwords, rules
from hub.accounts.models import LANGUAGES, Identity, MailToken, Person, RoleGrant, SecondFactor, SignIn
from hub.clock import now, today
from hub.db import db, insert_unless_there, reading
from hub.notices.service import notice
from hub.refusal import Refusal
from hub.sealing import mark

LINK_HOURS = 24
CODE_MINUTES = 10  # how long a right password waits for the code of the second factor
CONFIRM_PATH, SIGN_IN_PATH, CONTACTS_PATH = "/conferma/", "/entra", "/contatti"
KEPT_DAYS = 30  # how long an expired link can still say that it expired, and an address that nobody confirmed is kept


def new_password(password: str, *, email: str, names: tuple[str, ...]) -> str:
    """The hash of a password that somebody chose; a Refusal where it is weak. To be called before the first write."""
    rules.must_be_strong(password, email=rules.mailbox(email), names=names)
    return passwords.hashed(password)


def register(*, email: str, password_hash: str, given_name: str, family_name: str, language: str, next_url: str = "") -> None:
    """A new account, still to be confirmed through the mail that this sends.

    Says nothing of an address that has an account: its owner is told by mail. One that nobody has confirmed belongs to
    nobody yet: the last registration counts, and the links of the earlier ones die.
    """
    values = {
        "password_hash": password_hash,
        "given_name": given_name,
        "family_name": family_name,
        "language": language,
        "created_at": now(),
    }
    created = insert_unless_there(Person, email=rules.mailbox(email), **values)
    person = person_with(email, locked=True)
    if person.confirmed_at is not None:
        notice("accounts/already_registered", to=person, link=SIGN_IN_PATH, private=True)
        return
    if not created:
        db.session.execute(sa.delete(MailToken).filter_by(person_id=person.id))
        for name, value in values.items():
            setattr(person, name, value)
    _send_confirmation(person, next_url)


def resend(email: str, next_url: str = "") -> None:
    """Another confirmation link for this address. Says nothing of who has an account: only the mail does."""
    person = person_with(email)
    if person is None:
        return
    if person.confirmed_at is None:
        _send_confirmation(person, next_url)
    else:
        notice("accounts/already_registered", to=person, link=SIGN_IN_PATH, private=True)


def _send_confirmation(person: Person, next_url: str) -> None:
    token = new_link(person, "confirm", hours=LINK_HOURS, next_url=next_url)
    notice("accounts/confirm", to=person, link=CONFIRM_PATH + token, hours=LINK_HOURS, private=True)


def new_link(person: Person, purpose: str, *, hours: int, next_url: str = "", payload: dict | None = None) -> str:
    """The token of a new link for this person's mailbox, good once and for so many hours."""
    token, ends = new_token(), now() + timedelta(hours=hours)
    row = MailToken(token_hash=digest(token), person_id=person.id, purpose=purpose, expires_at=ends)
    row.next_url, row.payload = rules.safe_next(next_url, ""), payload or {}
    db.session.add(row)
    db.session.flush()
    return token


def link(token: str, *purposes: str) -> MailToken | None:
    """The link with this token and one of these purposes ("confirm" where none is named), open or not; None where we
    never sent it."""
    found = sa.select(MailToken).where(MailToken.token_hash == digest(token), MailToken.purpose.in_(purposes or ("confirm",)))
    return db.session.scalars(found, execution_options={"populate_existing": True}).one_or_none()


def is_open(row: MailToken | None) -> bool:
    """Whether this link still works."""
    return row is not None and rules.is_open(row.expires_at, row.used_at, now())


def confirm(token: str) -> tuple[Person, str]:
    """The person whose address this link proves, and the page where they were ("" where none). Works once.

    A second press of the button says the same. Raises Refusal for a link that is unknown, or expired without being used.
    """
    row = link(token)
    rules.must_work(row is not None)
    person = db.session.get_one(Person, row.person_id, with_for_update=True)
    row = link(token)  # read again under the lock: a new registration may have ended it
    rules.must_work(is_open(row) or (row is not None and row.used_at is not None))
    row.used_at = row.used_at or now()
    person.confirmed_at = person.confirmed_at or row.used_at
    db.session.flush()
    return person, row.next_url


def sign_in(email: str, password: str, *, hours: int, user_agent: str = "") -> tuple[Person, str]:
    """The person, and the token for their cookie. Call it before anything else touches the session's transaction.

    Raises Refusal: rule "credentials" for a wrong password or an address that nobody has, after the same time;
    rule "confirmed" where the password is right and the address still to be confirmed (then call `resend`).
    """
    stored = _stored_hash(email)
    rules.must_match(passwords.matches(stored, password))
    renewed = passwords.hashed(password) if passwords.is_outdated(stored) else None
    person = person_with(email)
    # the password may have been changed while this one was being checked
    rules.must_match(person is not None and person.password_hash == stored)
    rules.must_be_confirmed(person.confirmed_at)
    if renewed:
        person.password_hash = renewed
    return person, open_sign_in(person, hours=hours, user_agent=user_agent)


def open_sign_in(person: Person, *, hours: int, user_agent: str = "", level: int = 0) -> str:
    """A new signed-in browser of somebody who has shown who they are; the token for its cookie.

    level: of the digital identity they came with, 0 with a password. From 2 on that was two proofs already; below, whoever
    has a second factor is let in by its code alone: `person.sign_in.awaits_code` says so.
    """
    token = new_token()
    begun = now()
    readable = "".join(letter for letter in user_agent if letter.isprintable())[:200]
    row = SignIn(token_hash=digest(token), person_id=person.id, created_at=begun, user_agent=readable or None, level=level)
    row.awaits_code = level < 2 and has_second_factor(person)
    row.expires_at = begun + (timedelta(minutes=CODE_MINUTES) if row.awaits_code else timedelta(hours=hours))
    db.session.add(row)
    db.session.flush()
    person.sign_in = row
    return token


def has_second_factor(person: Person) -> bool:
    """Whether this person has set up an authenticator."""
    found = sa.select(SecondFactor.person_id).where(SecondFactor.person_id == person.id, SecondFactor.confirmed_at.is_not(None))
    return db.session.scalar(found) is not None


def renew_sign_in(token: str, **values: object) -> str:
    """The same sign-in under a new token, with these values changed: what had a copy of the old one has nothing."""
    new = new_token()
    mine = sa.update(SignIn).filter_by(token_hash=digest(token)).values(token_hash=digest(new), **values)
    rules.must_be_signed_in(db.session.execute(mine).rowcount == 1)
    return new


def sign_out(token: str) -> None:
    """From now on this token opens nothing, whoever has a copy of it."""
    db.session.execute(sa.delete(SignIn).filter_by(token_hash=digest(token)))


def end_sign_ins(person: Person, *, but: str = "") -> None:
    """Sign this person out of every browser, except the one with this token."""
    db.session.execute(sa.delete(SignIn).where(SignIn.person_id == person.id, SignIn.token_hash != digest(but)))


def sign_ins(person: Person) -> list[SignIn]:
    """The browsers in which this person is signed in, the latest first."""
    found = sa.select(SignIn).where(SignIn.person_id == person.id, SignIn.expires_at > now(), SignIn.awaits_code.is_(False))
    return list(db.session.scalars(found.order_by(SignIn.created_at.desc(), SignIn.token_hash)))


def name_of(sign_in: SignIn) -> str:
    """What a page calls a sign-in by: it tells nothing of the token, nor of what is kept of it."""
    return mark(sign_in.token_hash, "sign-in")[:32]


def end_sign_in(person: Person, name: str) -> SignIn | None:
    """End this person's sign-in of this name; None where they have none."""
    ended = next((row for row in sign_ins(person) if secrets.compare_digest(name_of(row).encode(), name.encode())), None)
    if ended:
        db.session.execute(sa.delete(SignIn).filter_by(token_hash=ended.token_hash))
    return ended


def person_of(token: str) -> Person | None:
    """Who signed in with this token, with their roles, their sign-in and whom they act for, in one query.

    None where the sign-in has ended, still awaits its second factor, or never was.
    """
    found = (
        sa.select(Person, SignIn)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(SignIn.token_hash == digest(token), SignIn.expires_at > now(), SignIn.awaits_code.is_(False))
        .options(joinedload(Person.grants), joinedload(SignIn.organisation))
    )
    row = db.session.execute(found).unique().one_or_none()
    if row is None:
        return None
    person, sign_in = row
    person.sign_in, person.acting_as, person.level = sign_in, sign_in.organisation, sign_in.level
    return person


def people_with(role: str) -> list[Person]:
    """Who holds this role of the staff, in order of registration."""
    return list(db.session.scalars(sa.select(Person).join(Person.grants).where(RoleGrant.role == role).order_by(Person.id)))


def change_profile(person: Person, *, phone: str | None, language: str, **told: object) -> None:
    """What a person says of themselves. Raises Refusal.

    told: given_name, family_name and birth_date (a date or None); left as they are where a digital identity says them.
    """
    row = db.session.get_one(Person, person.id, with_for_update=True)
    row.phone = phone or None
    if db.session.get(Identity, person.id) is None:
        rules.must_be_born(told["birth_date"], today())
        for name in ("given_name", "family_name", "birth_date"):
            setattr(row, name, told[name])
    try:
        change_language(row, language)  # flushes
    except sa.exc.IntegrityError as error:
        rules.must_leave_groups_whole("two_adults_born" not in str(error.orig))
        raise


def change_language(person: Person, language: str) -> None:
    """The language (it, en) of the pages and the mails of this person."""
    if language not in LANGUAGES:
        raise Refusal("Questa lingua non c'è: scegli italiano o inglese.", field="language", rule="language")
    db.session.get_one(Person, person.id).language = language
    db.session.flush()


def purge_expired(at: datetime | None = None) -> int:
    """Delete what is over: sign-ins, links of long ago, addresses and authenticators that nobody confirmed; how many rows."""
    at = at or now()
    long_ago = at - timedelta(days=KEPT_DAYS)
    doomed = (
        sa.delete(SignIn).where(SignIn.expires_at <= at),
        sa.delete(MailToken).where(MailToken.expires_at <= long_ago),
        sa.delete(SecondFactor).where(SecondFactor.confirmed_at.is_(None), SecondFactor.created_at <= at - timedelta(days=1)),
        sa.delete(Person).where(Person.confirmed_at.is_(None), Person.created_at <= long_ago),
    )
    return sum(db.session.execute(statement).rowcount for statement in doomed)


def person_with(email: str, *, locked: bool = False) -> Person | None:
    """Whose address this is; locked: nobody else changes that person until the transaction ends."""
    found = sa.select(Person).filter_by(email=rules.mailbox(email))
    found = found.with_for_update().execution_options(populate_existing=True) if locked else found
    return db.session.scalars(found).one_or_none()


def _stored_hash(email: str) -> str | None:
    """Read in a transaction of its own, which is over when the hashing begins."""
    with reading(), Session(db.engine) as apart:
        return apart.scalar(sa.select(Person.password_hash).filter_by(email=rules.mailbox(email)))


def new_token() -> str:
    """A secret that nobody guesses: for a cookie, or a link in a mail."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of such a secret: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
