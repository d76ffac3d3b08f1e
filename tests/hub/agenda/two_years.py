"""A hub with two years of bookings, single and in series, and closures, across the nights when clocks change.

Written row by row, with what verbs would never say in one of its texts (CANARY), so that nothing of it is told by chance.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from dateutil.rrule import rrulestr

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.booking.models import Booking, BookingChange, Series
from hub.clock import ROME, starts_of, today
from hub.db import db
from hub.organisations.demo import load_organisations
from hub.organisations.models import Organisation
from hub.spaces.models import Closure, Occurrence, Space

NOW = datetime(2026, 9, 15, 10, tzinfo=UTC)
UNTIL = datetime(2028, 10, 1, tzinfo=UTC)
CANARY = "Canarino"
RECENTLY, LONG_AGO = NOW - timedelta(days=3), NOW - timedelta(days=60)


def rome(text: str, fold: int = 0) -> datetime:
    """2026-10-25 02:30 on Lecce's clocks, the first or the second time."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME, fold=fold).astimezone(UTC)


@dataclass
class Hub:
    spaces: dict[str, Space]
    people: dict[str, Person]
    organisation: Organisation
    made: int = 0
    named: dict[str, Booking] = field(default_factory=dict)

    def booking(self, slug: str, title: str = "", *, by: str = "citizen", state: str = "approved", **more: object) -> Booking:
        """A booking without dates; without a title it is one that nobody else may read."""
        self.made += 1
        space = self.spaces[slug]
        booking = Booking(
            key=f"key-{self.made}",
            state=state,
            space=space,
            layout=space.layouts[0],
            requester=self.people[by],
            attendees=5,
            title=title or f"{CANARY} {self.made}",
            public=bool(title),
            purpose="other",
            details=f"{CANARY} dettagli",
            phone=f"{CANARY} 0832",
            contact_name=f"{CANARY} persona",
            free_words=f"{CANARY} gratis",
            created_at=NOW - timedelta(days=200),
            submitted_at=NOW - timedelta(days=199),
            terms_accepted_at=NOW - timedelta(days=199),
            **more,
        )
        db.session.add(booking)
        db.session.flush()
        booking.occurrences = []
        self.named[booking.title] = booking
        return booking

    def date(self, booking: Booking, starts: datetime, ends: datetime, **more: object) -> Occurrence:
        values = {"space": booking.space, "layout": booking.layout, "updated_at": LONG_AGO, "status": "planned"}
        uid = f"date-{booking.id}-{len(booking.occurrences)}@officine.example"
        one = Occurrence(kind="booking", booking_id=booking.id, starts_at=starts, ends_at=ends, ical_uid=uid, **values | more)
        booking.occurrences.append(one)
        return one

    def single(self, slug: str, at: str, minutes: int = 120, title: str = "", *, fold: int = 0, **more: object) -> Occurrence:
        of_date = {name: more.pop(name) for name in ("status", "updated_at") if name in more}
        starts = rome(at, fold)
        return self.date(self.booking(slug, title, **more), starts, starts + timedelta(minutes=minutes), **of_date)

    def series(self, slug: str, first: str, rule: str, minutes: int = 120, title: str = "", **more: object) -> Booking:
        """A series with all the dates of its rule, from wall time to wall time."""
        booking = self.booking(slug, title, **more)
        booking.series = Series(booking_id=booking.id, rrule=rule, ical_uid=f"series-{booking.id}@officine.example", sequence=1)
        for at in rrulestr(rule, dtstart=datetime.fromisoformat(first)):
            ends = at + timedelta(minutes=minutes)
            times = [wall.replace(tzinfo=ROME).astimezone(UTC) for wall in (at, ends)]
            self.date(booking, *times, recurrence_at=times[0])
        return booking

    def closure(self, slug: str, starts: datetime, ends: datetime, reason: str, **more: object) -> None:
        closure = Closure(reason={"it": reason, "en": f"{reason} (en)"}, created_at=LONG_AGO)
        db.session.add(closure)
        db.session.flush()
        uid = f"closure-{closure.id}@officine.example"
        values = {"space": self.spaces[slug], "updated_at": LONG_AGO, "ical_uid": uid, "starts_at": starts, "ends_at": ends}
        db.session.add(Occurrence(kind="closure", closure_id=closure.id, **values | more))


def bare() -> Hub:
    """Its spaces and people alone; one of its organisations is verified, and the citizen acts for it."""
    spaces, people = demo.load_spaces(), load_people()
    organisation = load_organisations(people)["association"]
    db.session.flush()
    for person in people.values():
        person.family_name, person.phone = f"{CANARY} {person.id}", f"{CANARY} tel"
    organisation.purpose = f"{CANARY} scopo"
    return Hub(spaces, people, organisation)


def load() -> Hub:
    hub = bare()
    _singles(hub)
    _nights(hub)
    _series(hub)
    _odd_series(hub)
    hub.closure("aula-1", rome("2026-05-20 00:00"), rome("2026-07-02 00:00"), "Lavori all'impianto")  # began long ago
    hub.closure("officina-grande", rome("2026-10-25 00:00"), rome("2026-10-26 00:00"), "Chiuso per la festa")  # 25 hours
    hub.closure("aula-2", rome("2027-02-01 08:00"), rome("2027-02-01 20:00"), "Tolta", status="cancelled", updated_at=RECENTLY)
    db.session.flush()
    booking = hub.named["Prova d'orchestra, ogni settimana"]
    change = BookingChange(booking_id=booking.id, before="submitted", after="approved", reason=f"{CANARY} motivo", at=LONG_AGO)
    db.session.add(change)
    db.session.flush()
    return hub


def _singles(hub: Hub) -> None:
    """Two a week over two years and a half, in turn in five spaces, of three people; every third with a title for all."""
    slugs, people = ("aula-1", "officina-grande", "campata-sud", "aule-1-2", "corte-urbana"), ("citizen", "manager", "evaluator")
    day = date(2026, 3, 2)
    for number in range(250):
        slug, by, title = slugs[number % 5], people[number % 3], f"Incontro {number}; sala, è!" if number % 3 == 0 else ""
        hub.single(slug, f"{day} {9 + number % 9:02}:{number % 4 * 15:02}", 45 + number % 5 * 30, title, by=by)
        day += timedelta(days=3 + number % 2)
    ours = {"by": "evaluator", "organisation_id": hub.organisation.id}
    hub.single("aula-2", "2026-10-01 17:00", title="Assemblea", **ours)
    for state in ("submitted", "changes_requested", "refusal_announced"):
        hub.single("aula-2", "2026-11-03 10:00", state=state, title=f"In attesa {state}")
    for state in ("rejected", "withdrawn", "cancelled"):
        gone = {"status": "cancelled", "state": state}
        hub.single("aula-2", "2026-11-04 10:00", title=f"Finita da poco {state}", updated_at=RECENTLY, **gone)
        hub.single("aula-2", "2026-11-05 10:00", title=f"Finita da tempo {state}", updated_at=LONG_AGO, **gone)
    hub.single("aula-2", "2026-07-07 10:00", title="Nessuno è venuto", state="no_show", status="no_show", updated_at=RECENTLY)
    hub.single("aula-2", "2026-07-08 10:00", title="Svolta", state="done", status="done")
    draft = hub.single("aula-2", "2026-11-06 10:00", title="Bozza mai inviata")
    hub.named["Bozza mai inviata"].state = "draft"
    draft.updated_at = RECENTLY


def _nights(hub: Hub) -> None:
    """The nights when clocks change, and one that begins on either side."""
    for day in ("2026-10-25", "2027-10-31"):
        hub.single("aula-1", f"{day} 01:30", 180, f"Notte lunga {day}")
        hub.single("aula-2", f"{day} 02:30", 30, f"Prima delle due {day}")
        hub.single("aula-2", f"{day} 02:30", 30, f"Seconda delle due {day}", fold=1)
        hub.single("corte-urbana", f"{day} 03:00", 60, f"Dopo {day}")
    for day in ("2027-03-28", "2028-03-26"):
        hub.single("aula-1", f"{day} 01:30", 60, f"Notte corta {day}")
        hub.single("corte-urbana", f"{day} 03:00", 60, f"Dopo il salto {day}")


def _series(hub: Hub) -> None:
    weekly = hub.series("aula-1", "2026-06-24 18:00", "FREQ=WEEKLY;BYDAY=WE;COUNT=90", 120, "Prova d'orchestra, ogni settimana")
    dates = weekly.occurrences
    dates[0].status = "skipped"
    dates[7].status, dates[7].updated_at = "no_show", RECENTLY
    dates[11].status = "done"
    dates[20].status, dates[20].updated_at = "cancelled", RECENTLY
    dates[21].status, dates[21].updated_at = "cancelled", LONG_AGO
    dates[22].starts_at += timedelta(days=1, hours=-3)
    dates[22].ends_at += timedelta(days=1, hours=-3)
    dates[23].space = hub.spaces["aula-2"]
    dates[24].layout = hub.spaces["aula-1"].layouts[1]
    dates[25].ends_at += timedelta(hours=1)
    dates[26].status = "skipped"
    dates[27].space, dates[27].starts_at = hub.spaces["aule-1-2"], dates[27].starts_at - timedelta(hours=1)

    # Ends at four in the morning of the days when clocks change.
    hub.series("corte-urbana", "2026-09-19 22:00", "FREQ=WEEKLY;BYDAY=SA;UNTIL=20271231T220000", 360, by="manager")
    hub.series("campata-nord", "2026-10-30 09:00", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20280930", 240, "Ultimo venerdì")
    hub.series("aula-2", "2026-10-05 08:30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=40", 90, state="submitted")
    ended = hub.series("aula-2", "2026-08-03 15:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=20", 60, "Annullata a metà", state="cancelled")
    for one in ended.occurrences:
        if one.starts_at > NOW:
            one.status, one.updated_at = "cancelled", RECENTLY
    # It began before the days on show.
    hub.series("laboratorio-digitale", "2026-03-01 10:00", "FREQ=DAILY;COUNT=300", 45, "Ogni mattina")
    over = hub.series("aula-2", "2026-03-02 07:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=8", 60, "Finita in primavera")
    assert over.occurrences[-1].starts_at < starts_of(today()) - timedelta(days=92)


def _odd_series(hub: Hub) -> None:
    """Those that cannot be written by their rule, wholly or in part."""
    hub.series("aula-2", "2026-10-20 02:30", "FREQ=DAILY;COUNT=10", 90, "Ogni notte d'ottobre")
    hub.series("aula-2", "2027-03-31 01:30", "FREQ=DAILY;COUNT=3", 60, "Dopo marzo").series.rrule = "robaccia"
    halves = hub.series("aula-1", "2027-01-12 08:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=10", 60, "Metà di qua, metà di là")
    for one in halves.occurrences[5:]:
        one.space = hub.spaces["campata-nord"]
    elsewhere = hub.series("aula-1", "2027-01-14 08:00", "FREQ=WEEKLY;BYDAY=TH;COUNT=5", 60, "Quasi tutta altrove")
    for one in elsewhere.occurrences[1:]:
        one.space = hub.spaces["campata-sud"]
    moved = hub.series("aula-2", "2027-01-15 08:00", "FREQ=WEEKLY;BYDAY=FR;COUNT=12", 60, "Spostata tutta")
    for one in moved.occurrences:
        one.starts_at += timedelta(hours=1)
        one.ends_at += timedelta(hours=1)
    added = hub.series("aula-2", "2027-01-16 08:00", "FREQ=WEEKLY;BYDAY=SA;COUNT=4", 60, "Con una data in più")
    hub.date(added, rome("2027-02-20 11:00"), rome("2027-02-20 12:00"))
    ever = hub.series("aula-2", "2027-01-17 08:00", "FREQ=WEEKLY;BYDAY=SU;COUNT=4", 60, "Senza fine")
    ever.series.rrule = "FREQ=WEEKLY;BYDAY=SU"
    # Its second half became another booking: the rule still has the dates, the booking does not.
    split = hub.series("aula-2", "2027-02-03 08:00", "FREQ=WEEKLY;BYDAY=WE;COUNT=6", 60, "Divisa")
    split.series.rrule = "FREQ=WEEKLY;BYDAY=WE;COUNT=12"
    first = hub.series("corte-urbana", "2026-10-24 23:00", "FREQ=WEEKLY;BYDAY=SA;COUNT=5", 300, "Comincia nella notte lunga")
    assert first.occurrences[0].ends_at - first.occurrences[0].starts_at == timedelta(hours=6)


def standing(slug: str | None = None, person: Person | None = None) -> list[tuple[datetime, datetime, str]]:
    """What takes place in the days on show, one occurrence of the database at a time: (from, to, what a feed calls it)."""
    since = starts_of(today()) - timedelta(days=92)
    atoms = {one.slug: set(one.atom_ids) for one in db.session.scalars(sa.select(Space))}
    found = []
    for one in db.session.scalars(sa.select(Occurrence)):
        booking = db.session.get(Booking, one.booking_id) if one.booking_id else None
        if slug and not atoms[slug] & atoms[one.space.slug]:
            continue
        if one.status not in ("planned", "done") or one.ends_at <= since:
            continue
        if booking is None:
            if person is None:
                found.append((one.starts_at, one.ends_at, db.session.get(Closure, one.closure_id).reason["it"]))
            continue
        waits = booking.state in ("submitted", "changes_requested", "refusal_announced")
        if booking.state not in ("approved", "done", "cancelled") and not (person and waits):
            continue
        if person is None:
            found.append((one.starts_at, one.ends_at, booking.title if booking.public else "Occupato"))
        elif booking.requester_id == person.id or booking.organisation_id:
            found.append((one.starts_at, one.ends_at, f"{booking.title} ({one.space.name['it']})"))
    return found
