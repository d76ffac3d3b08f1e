"""Made-up people for the demo, one for each role. Their names and addresses say that nobody is behind them."""

from functools import cache

import sqlalchemy as sa

from hub.accounts import passwords
from hub.accounts.models import Person
from hub.accounts.roles import grant_role
from hub.clock import now
from hub.db import db

DEMO_PASSWORD = "officina-di-prova"  # noqa: S105 - shown to whoever starts the demo; production has no demo accounts
PEOPLE = {
    "citizen": ("cittadina@officine.example", "Serena", "Prova (demo)"),
    "manager": ("gestore@officine.example", "Gino", "Esempio (demo)"),
    "evaluator": ("valutatore@officine.example", "Vito", "Campione (demo)"),
    "administrator": ("admin@officine.example", "Ada", "Modello (demo)"),
}


_hashed = cache(passwords.hashed)


def load_people() -> dict[str, Person]:
    """The demo's person for each role (citizen, manager, evaluator, administrator), made where they are not there yet.

    All are confirmed and share DEMO_PASSWORD. Flushes; the caller commits.
    """
    password_hash = _hashed(DEMO_PASSWORD)
    return {role: _person(role, password_hash) for role in PEOPLE}


def _person(role: str, password_hash: str) -> Person:
    email, given_name, family_name = PEOPLE[role]
    found = db.session.scalars(sa.select(Person).filter_by(email=email)).one_or_none()
    if found:
        return found
    at = now()
    person = Person(email=email, given_name=given_name, family_name=family_name, password_hash=password_hash)
    person.confirmed_at = person.created_at = at
    db.session.add(person)
    db.session.flush()
    if role != "citizen":
        grant_role(person, role)
    return person
