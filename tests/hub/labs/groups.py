"""A school with its operator, and lists of pupils, for the tests of groups."""

import csv
import io
from datetime import date

from openpyxl import Workbook

from hub.accounts.models import Person
from hub.clock import today
from hub.db import db
from hub.labs import roster
from hub.labs.models import Activity, Enrolment
from hub.labs.roster_rules import Line, Terms, read_row
from hub.organisations.models import Organisation
from tests.hub.labs.makers import organisation, person

HEADER = [
    *("Nome", "Cognome", "Data di nascita", "Chi ne risponde", "E-mail di chi ne risponde", "Chi chiamare in emergenza"),
    *("Telefono di emergenza", "Consenso a partecipare", "Consenso a foto e video", "Consenso alla valutazione"),
    *("Esce senza un adulto",),
]
BORN = date(today().year - 12, 3, 1)
TERMS = Terms(today(), (), asks_health=False)


def pupil(name: str = "Anna", family: str = "Greco", **more: str) -> list[str]:
    """A row under HEADER: twelve years old or so, with the consent to take part alone."""
    row = [name, family, f"{BORN:%d/%m/%Y}", "Rosa Greco", "", "Ada Greco", "0832 777777", "sì", "", "", ""]
    for column, value in more.items():
        row[COLUMNS.index(column)] = value
    return row


COLUMNS = (
    *("given_name", "family_name", "birth_date", "guardian", "email", "emergency_name", "emergency_phone"),
    *("participation", "photo", "assessment", "leave_alone"),
)


def cells(**more: object) -> dict[str, object]:
    """A row by the codes of its columns."""
    return dict(zip(COLUMNS, pupil(), strict=True)) | more


def line(row: int = 2, **more: object) -> Line:
    """A line of a list, which must be right."""
    found, wrong = read_row(row, cells(**more), TERMS)
    assert not wrong, wrong
    return found


def table(*rows: list[str], header: list[str] | None = None, separator: str = ";", encoding: str = "utf-8-sig") -> bytes:
    """A CSV, as a spreadsheet writes it."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows([header or HEADER, *rows])
    return text.getvalue().encode(encoding)


def sheet(*rows: list[object], header: list[str] | None = None) -> bytes:
    """An XLSX."""
    book = Workbook()
    for row in (header or HEADER, *rows):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def school(name: str = "Scuola Galateo", *operators: Person) -> tuple[Organisation, Person]:
    """A verified organisation, and who acts for it now."""
    operator = operators[0] if operators else person("olga")
    made = organisation(name, operator)
    operator.acting_as = made
    return made, operator


def group(activity: Activity, *lines: Line, ours: Organisation, by: Person, **how: object) -> list[Enrolment]:
    """Enrol these from a list; committed."""
    made = roster.enrol(activity, lines, organisation=ours, by=by, **{"channel": "import"} | how)
    db.session.commit()
    return made
