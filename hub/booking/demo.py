"""Bookings made up for the demo: what is asked for, who comes today, and the weeks before. Each title says «dato sintetico».

What is to come goes through the same door as real requests. Nobody books in the past: what took place is written down as it
would stand, and is not told to anybody but whoever missed it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.booking import arrivals, charges, decision, service
from hub.booking.history import record_act
from hub.booking.models import Booking, BookingChange, Payment, Turned
from hub.clock import now, span, today
from hub.db import db
from hub.organisations.models import Organisation
from hub.spaces import closures, ledger
from hub.spaces import service as spaces
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot, at_minute
from impact.acts import SpaceBooked

WEEKS = 8
SENT_DAYS = 12  # so long before, what took place had been asked for


class Asked(NamedTuple):
    """A request: so many days from now, at which of the day's free times. approved: None where nobody has to decide."""

    space: str
    days: int
    index: int
    minutes: int
    people: int
    title: str
    purpose: str
    approved: bool | None = False
    by: str = "citizen"


class Held(NamedTuple):
    """What took place, or does today. weekday: None for today; begins: minutes after midnight; contact: of whom the desk booked
    for, "" where it was the demo's association; terms: what a manager granted; weeks: how many of the last ones."""

    space: str
    layout: str
    weekday: int | None
    begins: int
    minutes: int
    people: int
    title: str
    purpose: str
    audience: str = "ets"
    contact: str = ""
    terms: str = "list"
    weeks: int = WEEKS


ASKED = (
    Asked("aula-1", 5, 2, 120, 18, "Corso di italiano per nuovi cittadini (dato sintetico)", "course", True),
    Asked("campata-nord", 6, 10, 180, 45, "Prove aperte della compagnia di quartiere (dato sintetico)", "culture", True),
    Asked("officina-grande", 9, 12, 240, 150, "Assemblea della rete degli hub (dato sintetico)", "meeting"),
    Asked("stalli-corte", 12, 6, 300, 6, "Banco dell'orto sociale (dato sintetico)", "other"),
    Asked("sala-riunioni", 3, 4, 60, 8, "Incontro di progetto (dato sintetico)", "meeting", None),
    Asked("portico", 16, 6, 240, 40, "Mostra di fotografie (dato sintetico)", "culture"),
    Asked("portico", 16, 8, 240, 60, "Mercatino dei libri usati (dato sintetico)", "other", by="administrator"),
    Asked("officina-grande", 23, 12, 240, 180, "Festa aziendale (dato sintetico)", "party", by="administrator"),
)
LATE, DOUBTED = 3, 7  # of these the answer is overdue, and the refusal announced
WHY_NOT = "A quell'ora il volume della musica disturba gli altri spazi (dato sintetico)."
SCHOOL, FIRM, GROUP = "Scuola Esempio (demo)", "Impresa Esempio (demo)", "Gruppo Prova (demo)"
HELD = (
    Held("aula-1", "banchi", 0, 16 * 60, 120, 18, "Scuola di italiano (dato sintetico)", "course", terms="free"),
    Held("laboratorio-digitale", "isole", 1, 9 * 60, 180, 16, "Stampa 3D a scuola (dato sintetico)", "lab", "school", SCHOOL),
    Held("aula-2", "ferro", 2, 17 * 60, 120, 14, "Doposcuola di quartiere (dato sintetico)", "course"),
    Held("campata-nord", "vuota", 3, 18 * 60, 180, 25, "Prove di danza (dato sintetico)", "work", "resident", GROUP),
    Held("officina-grande", "platea", 5, 18 * 60, 240, 160, "Concerto (dato sintetico)", "culture", "company", FIRM, weeks=3),
    Held("officina-grande", "isole", 4, 18 * 60, 180, 70, "Cena sociale (dato sintetico)", "party", terms="free", weeks=2),
    Held("campata-nord", "isole", None, 10 * 60, 120, 24, "Laboratorio di riciclo (dato sintetico)", "lab", terms="free"),
    Held("aula-1", "banchi", None, 10 * 60, 120, 20, "Corso di informatica (dato sintetico)", "course", "school", SCHOOL),
    Held("aula-1", "banchi", None, 12 * 60, 90, 12, "Sportello compiti (dato sintetico)", "course"),
    Held("officina-grande", "platea", None, 14 * 60, 120, 140, "Incontro con le scuole (dato sintetico)", "meeting",
         "school", SCHOOL, "free"),
    Held("campata-sud", "cerchio", None, 17 * 60 + 30, 120, 15, "Gruppo di lettura (dato sintetico)", "meeting",
         "resident", GROUP),
)  # fmt: skip
MISSED = {"Doposcuola di quartiere (dato sintetico)": (2,), "Prove di danza (dato sintetico)": (1, 5)}  # how many weeks ago
UNPAID = "Prove di danza (dato sintetico)"  # the last one still has to be paid
TURNED = (("aula-1", "notice", 5), ("officina-grande", "prime_share", 3), ("sala-riunioni", "length", 2))
TURNED += (("corte-urbana", "residents_first", 1),)
WORKS = {"it": "Manutenzione delle stampanti 3D (dato sintetico)", "en": "Maintenance of the 3D printers (made-up data)"}


def load_bookings(people: dict[str, Person], association: Organisation) -> None:
    """Fill the desks. people: by role, as hub.accounts.demo gives them. Flushes; the caller commits."""
    _ask(people)
    every = {space.slug: space for space in spaces.spaces()}
    for held in HELD:
        for weeks, day in _days_of(held):
            _write(held, weeks, day, every[held.space], people, association)
    db.session.flush()
    arrivals.close()
    db.session.add_all(
        Turned(space_id=every[slug].id, rule=rule, at=now() - timedelta(days=4 * times))
        for slug, rule, count in TURNED
        for times in range(1, count + 1)
    )
    lab = every["laboratorio-digitale"]
    closures.close([lab], Slot(*span(today() + timedelta(days=20))), WORKS, by=people["manager"])
    db.session.flush()


def _ask(people: dict[str, Person]) -> None:
    made = []
    for asked in ASKED:
        query = sa.select(Layout).join(Layout.space).where(Space.slug == asked.space).order_by(Layout.id)
        layout, by = db.session.scalars(query).first(), people[asked.by]
        booking = service.draft(layout, _first_free(layout, asked), asked.people, by=by)
        service.describe(booking, title=asked.title, purpose=asked.purpose, details="", public=True)
        service.submit(booking, by=by)
        if asked.approved:
            decision.approve(booking, by=people["manager"])
        made.append(booking)
    made[LATE].answer_by = now() - timedelta(days=1)
    decision.announce_refusal(made[DOUBTED], WHY_NOT, code="unsuitable", by=people["manager"])


def _first_free(layout: Layout, asked: Asked) -> Slot:
    """A free time about so many days from now: holidays and closed days are stepped over."""
    day = today() + timedelta(days=asked.days)
    while not (free := spaces.free_slots(layout.space, layout, day, asked.minutes)):
        day += timedelta(days=1)
    return free[min(asked.index, len(free) - 1)]


def _days_of(held: Held) -> Iterator[tuple[int, date]]:
    """(weeks ago, day) of each time that it took place."""
    if held.weekday is None:
        yield 0, today()
        return
    monday = today() - timedelta(days=today().weekday())
    for weeks in range(1, held.weeks + 1):
        yield weeks, monday + timedelta(days=held.weekday - 7 * weeks)


def _write(
    held: Held, weeks: int, day: date, space: Space, people: dict[str, Person], association: Organisation
) -> Booking | None:
    """One of them, where the hub was open at that time."""
    layout = next(layout for layout in space.layouts if layout.code == held.layout)
    slot = Slot(at_minute(day, held.begins), at_minute(day, held.begins + held.minutes))
    if not any(opening.holds(slot) for opening in spaces.days_of(space, day, 1)[0].slots):
        return None
    sent, manager = slot.starts - timedelta(days=SENT_DAYS), people["manager"]
    booking = Booking(state="submitted", space=space, layout=layout, attendees=held.people, title=held.title, occurrences=[])
    booking.purpose, booking.audience, booking.public = held.purpose, held.audience, True
    booking.created_at = booking.submitted_at = booking.terms_accepted_at = sent
    if held.contact:
        booking.contact_name, booking.channel, booking.entered_by_id = held.contact, "assisted", manager.id
    else:
        booking.requester, booking.organisation = people["citizen"], association
    one = ledger.plan(space, layout, slot)
    booking.occurrences.append(one)
    db.session.add(booking)
    db.session.flush()
    charges.charge(booking, spaces.house().terms(space, day, held.audience))
    charges.grant(booking, held.terms, by=manager)
    booking.state = "approved"
    _changed(booking, "draft", "submitted", sent, booking.requester or manager)
    _changed(booking, "submitted", "approved", sent + timedelta(days=2), manager)
    ledger.occupy(one)
    record_act(SpaceBooked, booking, one, at=sent)
    if slot.starts <= now() and weeks not in MISSED.get(held.title, ()):
        one.arrived_at, one.arrived_by_id = slot.starts, manager.id
    if weeks and not (held.title == UNPAID and weeks == 1):
        _pay(booking, day, manager, deposit_back=weeks > 1)
    return booking


def _changed(booking: Booking, before: str, after: str, at: datetime, by: Person) -> None:
    db.session.add(BookingChange(booking=booking, before=before, after=after, at=at, actor_id=by.id, level=0))


def _pay(booking: Booking, day: date, manager: Person, *, deposit_back: bool) -> None:
    """What was due was paid on the day, and the deposit given back where it was."""
    moved = {"payment": booking.due_cents, "deposit": booking.deposit_cents}
    moved["deposit_return"] = booking.deposit_cents if deposit_back else 0
    db.session.add_all(
        Payment(booking_id=booking.id, kind=kind, method="desk", cents=cents, paid_on=day, by_id=manager.id, at=now())
        for kind, cents in moved.items()
        if cents
    )
