"""Families for the tests of this room and of those above."""

from datetime import date

import pytest
import sqlalchemy as sa

from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.clock import today
from hub.db import db
from hub.families import service
from hub.families.models import Participant
from hub.notices.models import Notice
from tests.hub.organisations.conftest import somebody


@pytest.fixture
def people(session) -> dict[str, Person]:
    """The demo's people (citizen, manager, evaluator, administrator), and rosa, pino and ugo besides; committed."""
    loaded = load_people()
    for name in ("rosa", "pino", "ugo"):
        loaded[name] = somebody(name)
    session.commit()
    return loaded


def born(years: int, days: int = 0) -> date:
    """The day of birth of somebody who has been so many years old for so many days (not yet, where negative)."""
    return date.fromordinal(years_ago(today(), years).toordinal() - days)


def years_ago(day: date, years: int) -> date:
    """The same day of an earlier year; the last of February where that has no 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def said(name: str = "Anna", years: int = 11, **more: object) -> dict[str, object]:
    """What a guardian says of a child."""
    told = {"given_name": name, "family_name": "Greco", "birth_date": born(years, 100), "gender": "f", "resident": True}
    return told | {"emergency_name": "Nonna Ada", "emergency_phone": "0832 777777"} | more


def child(by: Person, name: str = "Anna", years: int = 11, **more: object) -> Participant:
    """A child whom somebody has added, committed."""
    made = service.add_child(said(name, years, **more), basis="parent", other_agrees=True, by=by)
    db.session.commit()
    return made


def link(kind: str) -> str:
    """The token in the last mail of this kind (families/...)."""
    sent = db.session.scalars(sa.select(Notice).filter_by(kind=f"families/{kind}").order_by(Notice.id.desc())).first()
    return sent.payload["link"].rpartition("/")[2]


def told() -> list[tuple[str, str]]:
    """(kind, address) of each notice of the room, in order."""
    rows = db.session.execute(sa.select(Notice.kind, Notice.address).order_by(Notice.id))
    return [(kind.removeprefix("families/"), address) for kind, address in rows if kind.startswith("families/")]
