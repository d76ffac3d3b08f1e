"""The demo's other hub: made up, and nobody answers at its address, so that one sees what is shown of one that is silent."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from hub.accounts.models import Person
from hub.agenda import partners
from hub.agenda.fetching import Fetched
from hub.agenda.models import PartnerHub
from hub.agenda.partners import Copy
from hub.clock import instants, now, today
from hub.ical import Entry, calendar

NAME, PLACE, SITE = "Officina del porto (dato sintetico)", "Taranto", "https://officina-del-porto.example/"
PLACE_OF_ALL = "Molo Sant'Eligio, Taranto"
DATES = (  # days ahead, from, to, title
    (2, time(17), time(19), "Riparare insieme: biciclette (dato sintetico)"),
    (5, time(18, 30), time(20), "Incontro con le cooperative (dato sintetico)"),
    (9, time(17), time(19), "Riparare insieme: radio e lampade (dato sintetico)"),
    (16, time(10), time(18), "Giornata aperta (dato sintetico)"),
    (30, time(17), time(19), "Riparare insieme: giocattoli (dato sintetico)"),
)


def load_partner(people: Mapping[str, Person]) -> PartnerHub:
    """Register it. people: by role, as hub.accounts.demo gives them. Flushes; the caller commits."""
    entries = [_entry(number, *one) for number, one in enumerate(DATES, 1)]
    events = [_date(one) for one in entries]
    copied = Copy(Fetched(calendar(*entries)), events, 0)
    where = {"site_url": SITE, "feed_url": f"{SITE}calendario.ics"}
    return partners.register(name=NAME, place=PLACE, **where, copied=copied, by=people["manager"])


def _entry(number: int, days: int, starts: time, ends: time, title: str) -> Entry:
    day = today() + timedelta(days=days)
    times = {"starts": _at(day, starts), "ends": _at(day, ends), "changed": now()}
    words = {"summary": title, "location": PLACE_OF_ALL, "description": "", "status": "CONFIRMED", "url": ""}
    return Entry(uid=f"{number}@officina-del-porto.example", sequence=0, **times, **words)


def _at(day: date, at: time) -> datetime:
    return instants(day, at)[0]


def _date(entry: Entry) -> dict:
    told = {"uid": entry.uid, "title": entry.summary, "place": entry.location, "text": "", "url": "", "all_day": False}
    return told | {"starts": entry.starts, "ends": entry.ends}
