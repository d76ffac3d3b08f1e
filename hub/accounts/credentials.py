"""What opens an account, and how it changes: the password, by the old one or by a link; the address, by links to both.

Passwords are checked and hashed before the first write.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.accounts import passwords, rules, service
from hub.accounts.models import MailToken, Person
from hub.clock import now
from hub.db import db, reading
from hub.notices.service import notice

RESET_HOURS = 1
FORGOTTEN_PATH, RESET_PATH, ADDRESS_PATH = "/entra/password-dimenticata", "/entra/nuova-password/", "/conferma-indirizzo/"
SIDES = ("old_address", "new_address")


@dataclass(frozen=True)
class Mailbox:
    """An address to write to that is not, or no longer, the one of the person whom it concerns."""

    subject: str
    email: str
    language: str
    name: str


def ask_reset(email: str, next_url: str = "") -> None:
    """A link to choose a new password, for who has an account; one that was never confirmed gets its confirmation link.

    Says nothing of who has an account: only the mail does.
    """
    person = service.person_with(email)
    if person is None or person.erased_at is not None:
        return
    if person.confirmed_at is None:
        service.resend(email, next_url)
        return
    token = service.new_link(person, "reset", hours=RESET_HOURS, next_url=next_url)
    notice("accounts/reset", to=person, link=RESET_PATH + token, minutes=RESET_HOURS * 60, private=True)


def reset(token: str, password: str) -> tuple[Person, str]:
    """The person has this password from now on; the page where they were ("" where none). Works once.

    They are signed in nowhere any longer, and their other links are dead. To sign in they show their second factor as ever.
    """
    with reading(), Session(db.engine) as apart:
        found = sa.select(Person).join(MailToken, MailToken.person_id == Person.id)
        person = apart.scalar(found.where(MailToken.token_hash == service.digest(token), MailToken.purpose == "reset"))
    rules.must_work(person is not None)
    password_hash = service.new_password(password, email=person.email, names=(person.given_name, person.family_name))
    person = db.session.get_one(Person, person.id, with_for_update=True)
    row = service.link(token, "reset")
    rules.must_work(service.is_open(row))
    person.password_hash, row.used_at = password_hash, now()
    _close_links(person)
    service.end_sign_ins(person)
    notice("accounts/password_changed", to=person, link=FORGOTTEN_PATH)
    return person, row.next_url


def change_password(person: Person, current: str, new: str, token: str) -> str:
    """The person has the new password; other browsers are signed out, this one has a new token. Hashes before it writes."""
    rules.must_be_oneself(passwords.matches(person.password_hash, current), field="current")
    password_hash = service.new_password(new, email=person.email, names=(person.given_name, person.family_name))
    row = db.session.get_one(Person, person.id, with_for_update=True)
    rules.must_be_oneself(row.password_hash == person.password_hash, field="current")  # it may have changed meanwhile
    row.password_hash = password_hash
    _close_links(row)
    service.end_sign_ins(row, but=token)
    notice("accounts/password_changed", to=row, link=FORGOTTEN_PATH)
    return service.renew_sign_in(token)


def ask_new_address(person: Person, email: str) -> None:
    """Links to both mailboxes, the present and the new one: the address changes when both were opened.

    Says nothing of an address that has an account: its owner is told by mail. An earlier wish is given up.
    """
    person = db.session.get_one(Person, person.id, with_for_update=True)
    email = rules.mailbox(email)
    rules.must_be_another_address(email, person.email)
    give_up_new_address(person)
    told = {"email": email, "hours": service.LINK_HOURS, "private": True}
    token = service.new_link(person, "old_address", hours=service.LINK_HOURS, payload={"email": email})
    notice("accounts/old_address", to=person, link=ADDRESS_PATH + token, **told)
    owner = service.person_with(email)
    if owner is not None and owner.confirmed_at is not None:
        notice("accounts/address_taken", to=owner, link=service.SIGN_IN_PATH, private=True)
        return
    token = service.new_link(person, "new_address", hours=service.LINK_HOURS, payload={"email": email})
    notice("accounts/new_address", to=_mailbox(person, email), link=ADDRESS_PATH + token, **told)


def wished_address(person: Person) -> dict[str, MailToken]:
    """The links of the change that is under way, by their purpose (old_address, new_address); none where there is none.

    Where the new address has an account, the link to it is missing: a page must show that as one not opened yet.
    """
    found = sa.select(MailToken).where(MailToken.person_id == person.id, MailToken.purpose.in_(SIDES))
    rows = {row.purpose: row for row in db.session.scalars(found.where(MailToken.expires_at > now()))}
    return rows if "old_address" in rows else {}


def give_up_new_address(person: Person) -> None:
    """The address stays as it is, and the links that would change it are dead."""
    db.session.execute(sa.delete(MailToken).where(MailToken.person_id == person.id, MailToken.purpose.in_(SIDES)))


def confirm_address(token: str, browser: str = "") -> bool:
    """One of the two mailboxes says yes; whether that was the last word: then the address is the new one.

    browser: the token of the browser in which the link was opened, the only one that stays signed in. Pressing the button
    twice says the same. Raises Refusal for a link that works no longer, and where the address is somebody's meanwhile.
    """
    row = service.link(token, *SIDES)
    rules.must_work(row is not None)
    person = db.session.get_one(Person, row.person_id, with_for_update=True)
    row = service.link(token, *SIDES)  # read again under the lock: a new wish may have ended it
    rules.must_work(row is not None and (service.is_open(row) or row.used_at is not None))
    email = row.payload["email"]
    if person.email == email:
        return True
    row.used_at = row.used_at or now()
    db.session.flush()
    sides = wished_address(person)
    if not all(side in sides and sides[side].used_at for side in SIDES):
        return False
    _move(person, email, browser)
    return True


def _move(person: Person, email: str, browser: str) -> None:
    """The address is the new one. An account with it that nobody has confirmed belongs to nobody, and makes room."""
    before = _mailbox(person, person.email)
    try:
        with db.session.begin_nested():
            db.session.execute(sa.delete(Person).where(Person.email == email, Person.confirmed_at.is_(None)))
            person.email = email
            db.session.flush()
    except sa.exc.IntegrityError:
        rules.must_be_nobodys(False)
    _close_links(person)
    service.end_sign_ins(person, but=browser)
    told = {"email": email, "link": service.CONTACTS_PATH}
    notice("accounts/address_changed", to=before, private=True, **told)
    notice("accounts/address_changed", to=person, **told)


def _mailbox(person: Person, email: str) -> Mailbox:
    return Mailbox(person.subject, email, person.language, person.name)


def _close_links(person: Person) -> None:
    """Whatever was sent before the account was opened another way works no longer; a link that was used can still say so."""
    db.session.execute(sa.delete(MailToken).where(MailToken.person_id == person.id, MailToken.used_at.is_(None)))
