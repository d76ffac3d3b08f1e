"""Digital identities: whom a proof is of, and how it comes to an account. By the fiscal code alone, never by the e-mail.

A proof whose fiscal code nobody has makes a new account, or is linked to one whose owner agrees: signed in, or through a link
in their mail. That link works only where the identity itself has just been shown. Otherwise whoever gets a mail by mistake
would come into somebody else's account, and whoever presses a button without reading would let somebody else into theirs.
"""

import sqlalchemy as sa

from hub.accounts import claims, rules, service
from hub.accounts.claims import Proof
from hub.accounts.models import Identity, MailToken, Person
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.notices.service import notice

CONFIRM_PATH = "/entra/identita-digitale/conferma/"


def identity_of(person: Person) -> Identity | None:
    """The digital identity of this person's account, if there is one."""
    return db.session.get(Identity, person.id, populate_existing=True)


def recognise(proof: Proof, *, by: Person | None = None) -> Person | None:
    """Who has this fiscal code, with the name, birth date and level brought up to date; None where nobody has.

    by: who is signed in already; a Refusal where it is somebody else.
    """
    owner = sa.select(Person).join(Identity).where(Identity.fiscal_code == proof.fiscal_code)
    # locked person first, as everywhere: whoever erases or links them waits, or is waited for
    person = db.session.scalars(owner.with_for_update(of=Person), execution_options={"populate_existing": True}).one_or_none()
    held = identity_of(person) if person else None
    if held is None:
        return None
    claims.must_be_alone(by is None or by.id == person.id)
    _bring_up_to_date(person, held, proof)
    return person


def enrol(proof: Proof, *, language: str) -> Person | None:
    """A new account with the address that the provider vouches for. None where somebody has an account with that address,
    who is to be asked; a Refusal where that account has another identity."""
    before = db.session.begin_nested()
    created = insert_unless_there(Person, **_account(proof, proof.email, language), confirmed_at=now())
    person = service.person_with(proof.email, locked=True)
    held = identity_of(person)
    if held and held.fiscal_code == proof.fiscal_code:
        return person  # another browser of theirs was quicker
    claims.must_have_no_other(held and held.fiscal_code, proof.fiscal_code)
    if person.confirmed_at and not created:
        return None
    if not created:
        _take_over(person)
    if not _attach(person, proof):  # quicker, and with another address: the account made here was one too many
        before.rollback()
        return recognise(proof)
    return person


def ask(proof: Proof, email: str, *, language: str, next_url: str = "") -> None:
    """Send a link to the address that is to get this identity. Says nothing of whose it is: only the mail does."""
    created = insert_unless_there(Person, **_account(proof, rules.mailbox(email), language))
    person = service.person_with(email, locked=True)
    if identity_of(person):
        notice("accounts/identity_other", to=person, link=service.SIGN_IN_PATH, private=True)
        return
    if not created and person.confirmed_at is None:
        person.created_at = now()  # or it might be thrown away while the link is on its way
    _send_link(person, proof, next_url)


def link(token: str) -> MailToken | None:
    """The link with this token, open or not; None where we never sent it."""
    return service.link(token, "identity")


def is_for(row: MailToken, proof: Proof | None) -> bool:
    """Whether the identity that this browser has shown is the one that the link is to bring to the account."""
    return proof is not None and row.payload["fiscal_code"] == proof.fiscal_code


def confirm(token: str, proof: Proof | None) -> tuple[Person, str]:
    """The account that the link brings this identity to, and the page where they were ("" where none). Works once; a second
    press of the button says the same."""
    row = link(token)
    rules.must_work(row is not None)
    claims.must_be_shown_here(is_for(row, proof))
    person = db.session.get_one(Person, row.person_id, with_for_update=True)
    row = link(token)  # read again under the lock: a new registration may have ended it
    held = identity_of(person)
    rules.must_work(service.is_open(row) or (row is not None and held is not None))
    claims.must_have_no_other(held and held.fiscal_code, proof.fiscal_code)
    row.used_at = row.used_at or now()
    if person.confirmed_at is None:
        _take_over(person, but=row)
    claims.must_be_alone(held is not None or _attach(person, proof))
    _bring_up_to_date(person, identity_of(person), proof)
    return person, row.next_url


def join(by: Person, proof: Proof) -> Person:
    """Link this identity to the account of who is signed in, who is told by mail."""
    person = db.session.get_one(Person, by.id, with_for_update=True, populate_existing=True)
    held = identity_of(person)
    claims.must_have_no_other(held and held.fiscal_code, proof.fiscal_code)
    if held is None:
        claims.must_be_alone(_attach(person, proof))
        notice("accounts/identity_linked", to=person, level=proof.level, private=True)
    _bring_up_to_date(person, identity_of(person), proof)
    return person


def _account(proof: Proof, email: str, language: str) -> dict[str, object]:
    """What a new account knows of its person; the password is theirs to choose, through the link to reset it."""
    names = {"given_name": proof.given_name, "family_name": proof.family_name, "birth_date": proof.birth_date}
    return names | {"email": rules.mailbox(email), "language": language, "created_at": now()}


def _take_over(person: Person, *, but: MailToken | None = None) -> None:
    """An address that nobody had confirmed is theirs now: what somebody else may have prepared there, a password above all,
    opens nothing."""
    kept = but.token_hash if but else ""
    db.session.execute(sa.delete(MailToken).where(MailToken.person_id == person.id, MailToken.token_hash != kept))
    person.password_hash = person.phone = None
    person.confirmed_at = now()


def _attach(person: Person, proof: Proof) -> bool:
    """Whether the identity went to this account: not where it stands at another. Waits for another browser's."""
    row = {"fiscal_code": proof.fiscal_code, "level": proof.level, "identified_at": now()}
    db.session.flush()
    if not insert_unless_there(Identity, person_id=person.id, **row):
        return False
    _bring_up_to_date(person, identity_of(person), proof)
    return True


def _bring_up_to_date(person: Person, held: Identity, proof: Proof) -> None:
    person.given_name, person.family_name = proof.given_name, proof.family_name
    person.birth_date = proof.birth_date or person.birth_date
    held.level = max(held.level, proof.level)
    db.session.flush()


def _send_link(person: Person, proof: Proof, next_url: str) -> None:
    """The payload holds no more than tells whether it is the same identity that comes back."""
    hours = service.LINK_HOURS
    token = service.new_link(person, "identity", hours=hours, next_url=next_url, payload={"fiscal_code": proof.fiscal_code})
    path = CONFIRM_PATH + token
    notice("accounts/identity_link", to=person, link=path, hours=hours, who=proof.name, private=True)
