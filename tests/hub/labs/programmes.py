"""Activities and their sessions for the tests: as a manager makes them, with what is usual left to say once."""

from datetime import date, datetime, timedelta

from hub.accounts.models import Person
from hub.clock import ROME, now, today, wall
from hub.db import db
from hub.labs import programme, sessions
from hub.labs.models import Activity, Session
from hub.labs.seats import set_places
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.service import holiday

MANAGER, CITIZEN = "gestore@officine.example", "cittadina@officine.example"
TOLD = {
    "kind": "lab",
    "title": {"it": "STEAM e futuro", "en": "STEAM and future"},
    "summary": {"it": "Costruiamo un robot.", "en": "We build a robot."},
    "text": {"it": "Dieci incontri per imparare facendo."},
    "area": "education",
    "theme": "steam",
    "takes_part": "person",
}


def activity(by: Person, *, slug: str = "steam-2027", places: int = 20, **more: object) -> Activity:
    """A draft that lacks nothing but sessions."""
    window = {"enrol_opens_at": now() - timedelta(days=1), "enrol_closes_at": now() + timedelta(days=300)}
    made = programme.create(slug=slug, by=by, **TOLD | window | more)
    if places:
        set_places(made, places, by=by)
    return made


def working_day(days: int) -> date:
    """So many days ahead, or the first day after on which the hub is open."""
    day = today() + timedelta(days=days)
    while holiday(day) or day.weekday() > 4:
        day += timedelta(days=1)
    return day


def slot(days: int = 20, hour: int = 16, minutes: int = 120) -> Slot:
    """A time on a working day some days ahead."""
    starts = datetime.combine(working_day(days), datetime.min.time().replace(hour=hour), ROME)
    return Slot(starts.astimezone(now().tzinfo), (starts + timedelta(minutes=minutes)).astimezone(now().tzinfo))


def layout(space: Space, code: str | None = None) -> Layout:
    return next(one for one in space.layouts if code in (None, one.code))


def published(by: Person, *where: Layout, when: Slot | None = None, **more: object) -> tuple[Activity, Session]:
    """An activity that everybody sees, with one session."""
    made = activity(by, **more)
    session = sessions.schedule(made, when or slot(), where)
    programme.publish(made)
    db.session.flush()
    return made, session


def clock(session: Session) -> str:
    """When it begins, on Lecce's clocks: 2027-03-28 18:00."""
    return f"{wall(session.starts_at):%Y-%m-%d %H:%M}"
