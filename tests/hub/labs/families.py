"""Families with an account, and courses, for the tests of the basket and its pages."""

from datetime import timedelta

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families.models import Participant
from hub.labs import basket
from hub.labs.models import Activity, BasketLine, HealthNote
from tests.hub.labs.makers import child, lab, person

PHONE = "0832 777777"


def family(name: str = "rosa", *children: str, years: int = 9) -> tuple[Person, list[Participant]]:
    """A parent and their children, each with somebody to call; committed."""
    parent = person(name)
    made = [child(one, parent, years=years) for one in children]
    for one in made:
        one.emergency_name, one.emergency_phone = "Nonna Ada", PHONE
    db.session.commit()
    return parent, made


def course(slug: str = "robot", places: int = 10, **columns: object) -> Activity:
    """See `makers.lab`; committed."""
    made = lab(slug, places, **columns)
    db.session.commit()
    return made


def put(activity: Activity, *who: Participant, by: Person, together: bool = False) -> list[BasketLine]:
    """Into the basket, committed."""
    lines = basket.put(activity, who, together=together, by=by)
    db.session.commit()
    return lines


def note_for(enrolment_id: int) -> HealthNote | None:
    return db.session.get(HealthNote, enrolment_id)


def soon(hours: float):
    return now() + timedelta(hours=hours)
