"""A made-up organisation for the demo. Its name says that nobody is behind it; its codice fiscale passes the check of the
last digit, and is of an office that gives none to organisations of the place."""

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.db import db
from hub.organisations import service, verification
from hub.organisations.models import Organisation

ASSOCIATION = {
    "kind": "association",
    "name": "Associazione Prova (demo)",
    "purpose": "Dato sintetico: un'associazione inventata, per provare il portale.",
    "tax_code": "00000019992",
    "vat_number": None,
    "email": "associazione@officine.example",
    "pec": None,
    "address": "Via dell'Esempio 1, Lecce",
}


def load_organisations(people: dict[str, Person]) -> dict[str, Organisation]:
    """The demo's association, verified, which its citizen stands for; made where it is not there yet.

    people: by role, as hub.accounts.demo.load_people gives them. Flushes; the caller commits.
    """
    known = db.session.scalars(sa.select(Organisation).filter_by(tax_code=ASSOCIATION["tax_code"], state="verified")).first()
    if known is None:
        known = service.found(ASSOCIATION, by=people["citizen"])
        verification.verify(known, by=people["manager"])
    return {"association": known}
