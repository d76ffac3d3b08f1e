"""What is kept of a person: told to them whole, and erased but for what must stay.

Each room says what it keeps, as a Drawer that its `personal.init` hangs up in the application.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.service import notice


@dataclass(frozen=True)
class Drawer:
    """What one room keeps of people.

    name: its key in the export; tell: what it keeps of a person, as rows of plain values and instants; settle: raises a
    Refusal while something of theirs must be ended first; forget: removes what may go; words, stays, why: for the page,
    what it is, what of it stays when a person is erased, and why.
    """

    name: str
    words: str
    tell: Callable[[Person], object]
    forget: Callable[[Person], None]
    settle: Callable[[Person], None] = lambda person: None
    stays: str = ""
    why: str = ""


def hang(app: Flask, *drawers: Drawer) -> None:
    """Add drawers to the application's, in the order of the rooms."""
    app.extensions.setdefault("personal_data", []).extend(drawers)


def told(person: Person, drawers: Iterable[Drawer]) -> dict[str, object]:
    """Everything that is kept of this person, drawer by drawer, ready for JSON; instants are ISO 8601 in UTC."""
    row = db.session.get_one(Person, person.id)
    return {"exported_at": _plain(now())} | {drawer.name: _plain(drawer.tell(row)) for drawer in drawers}


def rows(found: Iterable[object], *columns: str) -> list[dict[str, object]]:
    """These columns of each row."""
    return [{column: getattr(row, column) for column in columns} for row in found]


def erase(person: Person, drawers: Iterable[Drawer]) -> None:
    """Erase a person: all or nothing. Raises Refusal, having changed nothing, while something must be ended first.

    The last room first, since what stands on top of people goes before them. A last mail confirms it.
    """
    row = db.session.get_one(Person, person.id, with_for_update=True)
    drawers = list(drawers)
    for drawer in drawers:
        drawer.settle(row)
    for drawer in reversed(drawers):
        drawer.forget(row)
    notice("accounts/erased", to=row, private=True)
    row.email, row.given_name, row.family_name = f"{row.id}@erased.invalid", "—", ""
    row.password_hash = row.phone = row.birth_date = None
    row.erased_at = now()
    db.session.flush()


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
