"""Messages of who works in an activity to its people: to who has a place, to who waits, or to all of them."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import people
from hub.labs.models import Activity, ActivityMessage
from hub.labs.rules import SEATED_STATES
from hub.labs.team import may_keep
from hub.refusal import Refusal, must_pass

TO = {"enrolled": SEATED_STATES, "waiting": ("waiting",), "both": (*SEATED_STATES, "waiting")}
TITLE_MOST, TEXT_MOST = 120, 5000


def readers(activity: Activity, to: str) -> int:
    """How many people would read a message. to: one of TO."""
    concerned = people.enrolments(activity, TO[to])
    return len({person.id for enrolment in concerned for person in people.recipients(enrolment)})


def send(activity: Activity, *, title: str, text: str, to: str, necessary: bool, by: Person) -> ActivityMessage:
    """Write to the people of an activity, each once. Raises Refusal.

    to: one of TO; necessary: whether they need it to take part: if not, who wants no such mail reads it in the personal area
    alone.
    """
    must_pass(
        lambda: must_work_here(may_keep(activity, by)),
        lambda: must_say_something(title, text),
        lambda: must_be_public(activity.state),
    )
    kind = "labs/message" if necessary else "labs/message_extra"
    concerned = people.enrolments(activity, TO[to])
    told = people.tell(kind, concerned, heading=title.strip(), text=text.strip())
    must_reach_somebody(told)
    message = ActivityMessage(activity_id=activity.id, title=title.strip(), text=text.strip(), told=told, by_id=by.id, at=now())
    db.session.add(message)
    db.session.flush()
    return message


def sent(activity: Activity) -> list[ActivityMessage]:
    """What was written to the people of an activity, the newest first, with who wrote it."""
    found = sa.select(ActivityMessage).filter_by(activity_id=activity.id).order_by(ActivityMessage.id.desc())
    return list(db.session.scalars(found.options(joinedload(ActivityMessage.by))))


# --- rules, on plain values


def must_work_here(works: bool) -> None:
    if not works:
        raise Refusal("Può scrivere agli iscritti solo chi lavora in questa attività.", rule="staff")


def must_say_something(title: str, text: str) -> None:
    if not title.strip():
        raise Refusal("Scrivi il titolo: è l'oggetto della mail.", field="title", rule="title")
    if not text.strip():
        raise Refusal("Scrivi il messaggio.", field="text", rule="text")
    if len(title.strip()) > TITLE_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=TITLE_MOST, field="title", rule="length")
    if len(text.strip()) > TEXT_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=TEXT_MOST, field="text", rule="length")


def must_be_public(state: str) -> None:
    """Of a draft nobody knows yet."""
    if state == "draft":
        raise Refusal("È ancora una bozza: non c'è nessuno a cui scrivere.", rule="draft")


def must_reach_somebody(told: int) -> None:
    if told == 0:
        raise Refusal("Non c'è nessuno a cui scrivere: scegli altri destinatari.", field="to", rule="nobody")
