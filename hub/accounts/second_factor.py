"""The second factor: an authenticator (TOTP, RFC 6238: six digits every 30 seconds) and ten codes on paper for its loss."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.accounts import rules
from hub.accounts.models import DataView, Person, RecoveryCode, SecondFactor, SignIn
from hub.accounts.service import CONTACTS_PATH, digest, end_sign_ins, has_second_factor, renew_sign_in
from hub.clock import now
from hub.db import db, reading
from hub.notices.service import notice
from hub.sealing import Unreadable, mark, seal, unseal

ISSUER = "Officine Mezzogiorno"
STEP_SECONDS, DRIFT = 30, 1  # a phone's clock may be a step early or late
CODES, CODE_DIGITS = 10, 16


@dataclass(frozen=True)
class State:
    """How far somebody's second factor has come. secret: while it is being set up alone; codes_left: on paper, not used."""

    on: bool = False
    secret: str | None = None
    codes_left: int = 0


def state(person: Person) -> State:
    """Off, being set up (then with the secret to be shown), or on."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    row = db.session.execute(sa.select(SecondFactor, unused.scalar_subquery()).filter_by(person_id=person.id)).one_or_none()
    if row is None:
        return State()
    factor, left = row
    return State(True, None, left) if factor.confirmed_at else State(False, _secret(factor))


def begin(person: Person) -> None:
    """Make a secret for an authenticator, over one that was never confirmed. Raises Refusal where a second factor is on."""
    row = db.session.get(SecondFactor, person.id, with_for_update=True)
    rules.must_be_off(row is None or row.confirmed_at is None)
    row = row or SecondFactor(person_id=person.id)
    row.secret, row.last_step, row.created_at = seal(pyotp.random_base32(), _purpose(person.id)), 0, now()
    db.session.add(row)
    db.session.flush()


def address(person: Person, secret: str) -> str:
    """What the QR code says: an otpauth:// address that authenticators read."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)


def turn_on(person: Person, code: str, token: str) -> tuple[list[str], str]:
    """With a code of the new authenticator the second factor is on; the codes for paper, and this browser's new token.

    The other browsers, which have shown no code, are signed out.
    """
    row = db.session.get(SecondFactor, person.id, with_for_update=True)
    rules.must_be_on(row is not None)
    rules.must_be_off(row.confirmed_at is None)
    rules.must_open(_use_step(row, code))
    row.confirmed_at = now()
    end_sign_ins(person, but=token)
    new = renew_sign_in(token, second_factor_at=now())
    _tell(person, news="on")
    return new_codes(person), new


def check(person: Person, code: str) -> None:
    """The code of this moment, or one from the paper: either opens once. Raises Refusal for any other.

    To be counted (throttle.CODE) before it is asked.
    """
    digits = "".join(sign for sign in code if sign.isdecimal())
    if len(digits) == CODE_DIGITS:
        return _use_paper(person, digits)
    row = db.session.get(SecondFactor, person.id, populate_existing=True)
    rules.must_open(row is not None and row.confirmed_at is not None and _use_step(row, digits))
    return None


def enter(token: str, code: str, *, hours: int) -> str:
    """The second half of signing in: with the right code the browser that awaits it is signed in, under a new token."""
    row = db.session.get(SignIn, digest(token))
    rules.must_be_signed_in(row is not None and row.awaits_code and row.expires_at > now())
    check(db.session.get_one(Person, row.person_id), code)
    at = now()
    return renew_sign_in(token, awaits_code=False, second_factor_at=at, expires_at=at + timedelta(hours=hours))


def awaited(token: str) -> int | None:
    """Whose code the browser with this token awaits: the number of a person. Read in a transaction of its own."""
    waiting = sa.select(SignIn.person_id).where(
        SignIn.token_hash == digest(token), SignIn.awaits_code.is_(True), SignIn.expires_at > now()
    )
    with reading(), Session(db.engine) as apart:
        return apart.scalar(waiting)


def show_again(person: Person, code: str, token: str) -> str:
    """A browser that was signed in before the second factor was set up shows its code; its new token."""
    check(person, code)
    return renew_sign_in(token, second_factor_at=now())


def new_codes(person: Person) -> list[str]:
    """Ten new codes for paper, four groups of four digits each; the ones of before open nothing any longer."""
    db.session.execute(sa.delete(RecoveryCode).filter_by(person_id=person.id))
    codes = [f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}" for _ in range(CODES)]
    db.session.add_all(RecoveryCode(digest=_paper(person.id, code), person_id=person.id) for code in codes)
    db.session.flush()
    return [" ".join(code[at : at + 4] for at in range(0, CODE_DIGITS, 4)) for code in codes]


def change_codes(person: Person, code: str) -> list[str]:
    """Ten new codes for whoever shows a code."""
    rules.must_be_on(has_second_factor(person))
    check(person, code)
    return new_codes(person)


def turn_off(person: Person, code: str, token: str) -> str:
    """Whoever shows a code goes on without; their other browsers are signed out, this one has a new token."""
    rules.must_be_on(has_second_factor(person))
    check(person, code)
    _remove(person)
    end_sign_ins(person, but=token)
    _tell(person, news="off")
    return renew_sign_in(token, second_factor_at=None)


def reset(person: Person, *, by: Person | None, reason: str) -> None:
    """Take the second factor of somebody away who has lost it: they are told by mail, and their sign-ins end.

    by: the administrator, of whom the register of that person's data keeps it; None from the server's command line.
    """
    rules.must_be_somebody_else(person.id, by.id if by else None)
    rules.must_be_on(has_second_factor(person))
    _remove(person)
    end_sign_ins(person)
    if by:
        db.session.add(DataView(person_id=person.id, viewer_id=by.id, what="second_factor_reset", at=now()))
    _tell(person, news="reset", reason=reason)


def _remove(person: Person) -> None:
    db.session.execute(sa.delete(RecoveryCode).filter_by(person_id=person.id))
    db.session.execute(sa.delete(SecondFactor).filter_by(person_id=person.id))


def _use_step(row: SecondFactor, code: str) -> bool:
    """Whether this is the code of a step that was not used yet; it is used now. Of rivals at one moment one has it."""
    totp, present = pyotp.TOTP(_secret(row)), int(now().timestamp()) // STEP_SECONDS
    digits = "".join(sign for sign in code if sign.isdecimal()).encode()
    steps = range(present - DRIFT, present + DRIFT + 1)
    right = [step for step in steps if secrets.compare_digest(totp.generate_otp(step).encode(), digits)]
    mine = sa.update(SecondFactor).where(SecondFactor.person_id == row.person_id)
    return any(db.session.execute(mine.where(SecondFactor.last_step < step).values(last_step=step)).rowcount for step in right)


def _use_paper(person: Person, digits: str) -> None:
    mine = sa.update(RecoveryCode).filter_by(digest=_paper(person.id, digits), person_id=person.id)
    used = db.session.execute(mine.where(RecoveryCode.used_at.is_(None)).values(used_at=now()))
    rules.must_open(used.rowcount == 1 and has_second_factor(person))
    left = sa.select(sa.func.count()).select_from(RecoveryCode).filter_by(person_id=person.id, used_at=None)
    _tell(person, news="paper", left=db.session.scalar(left))


def _tell(person: Person, **news: object) -> None:
    notice("accounts/second_factor", to=person, link=CONTACTS_PATH, **news)


def _secret(row: SecondFactor) -> str:
    try:
        return unseal(row.secret, _purpose(row.person_id))
    except Unreadable:
        rules.must_be_readable(False)
        raise


def _purpose(person_id: int) -> str:
    """Each person's own: a row that is copied to somebody else opens nothing."""
    return f"second factor of person:{person_id}"


def _paper(person_id: int, digits: str) -> str:
    return mark(digits, f"recovery code of person:{person_id}")
