"""People and organisations for the tests of this room."""

from datetime import date

import pytest
import sqlalchemy as sa

from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.clock import now, today
from hub.db import db
from hub.notices.models import Notice
from hub.organisations import service, verification
from hub.organisations.models import Membership, Organisation

CODE, OTHER_CODE, COMPANY_CODE = "00000019992", "00000029991", "00000039990"
GROWN_UP, CHILD = date(1990, 5, 17), date(today().year - 11, 5, 17)
SAID = {
    "kind": "association",
    "name": "Circolo dei prova libri",
    "purpose": "Leggiamo insieme e scambiamo libri.",
    "tax_code": CODE,
    "vat_number": "",
    "email": "circolo@posta.example",
    "pec": "",
    "address": "Via dei Prova 3, Lecce",
}
GROUP = SAID | {"kind": "informal_group", "name": "Gruppo orto di prova", "tax_code": ""}


@pytest.fixture
def people(session) -> dict[str, Person]:
    """The demo's people (citizen, manager, evaluator, administrator), and rosa, pino and ugo besides; committed."""
    loaded = load_people()
    for name in ("rosa", "pino", "ugo"):
        loaded[name] = somebody(name)
    session.commit()
    return loaded


def somebody(name: str, birth_date: date | None = None) -> Person:
    """A person with this name, who shares the password of the demo's."""
    password = db.session.scalars(sa.select(Person.password_hash).where(Person.email.like("%officine.example"))).first()
    row = Person(email=f"{name}@posta.example", given_name=name.title(), family_name="Greco", birth_date=birth_date)
    row.password_hash, row.created_at, row.confirmed_at = password, now(), now()
    db.session.add(row)
    db.session.flush()
    return row


def founded(by: Person, *, birth_date: date | None = None, **values: str) -> Organisation:
    made = service.found(SAID | values, by=by, birth_date=birth_date)
    db.session.commit()
    return made


def verified(by: Person, manager: Person, **values: str) -> Organisation:
    made = founded(by, **values)
    verification.verify(made, by=manager)
    db.session.commit()
    return made


def grouped(*people: Person, manager: Person | None = None) -> Organisation:
    """An informal group of these people, the first of whom founded it; verified where a manager is named."""
    made = service.found(GROUP, by=people[0], birth_date=GROWN_UP)
    db.session.commit()
    for person in people[1:]:
        join(made, person)
    if manager:
        verification.verify(verification.organisation_by(made.id, locked=True), by=manager)
        db.session.commit()
    return made


def join(organisation: Organisation, person: Person, role: str = "member") -> Membership:
    place = Membership(organisation_id=organisation.id, person_id=person.id, role=role, since=now())
    db.session.add(place)
    db.session.commit()
    return place


def place(person: Person, organisation: Organisation) -> Membership:
    """Somebody's place, as a request finds it."""
    return service.membership_of(person, organisation.id, locked=True)


def told() -> list[tuple[str, str]]:
    """(kind, address) of each notice, in order; without the room."""
    rows = db.session.execute(sa.select(Notice.kind, Notice.address).order_by(Notice.id))
    return [(kind.removeprefix("organisations/"), address) for kind, address in rows if kind.startswith("organisations/")]


def token() -> str:
    """The token in the last invitation that was sent."""
    sent = db.session.scalars(sa.select(Notice).filter_by(kind="organisations/invited").order_by(Notice.id.desc())).first()
    return sent.payload["link"].removeprefix("/inviti/")
