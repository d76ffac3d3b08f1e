"""iCalendar: events as other calendars read them (RFC 5545), through the `icalendar` library."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, Timezone, vDuration, vRecur

from hub.clock import ROME, now, wall

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")

# The library's own Europe/Rome (long RDATE lists) puts October's events an hour late in ical.js and vobject: this is the
# rule itself, which they all read alike.
EUROPE_ROME = Timezone.from_ical(
    "\r\n".join(
        (
            "BEGIN:VTIMEZONE",
            "TZID:Europe/Rome",
            "BEGIN:DAYLIGHT",
            "DTSTART:19960331T020000",
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "TZNAME:CEST",
            "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0200",
            "END:DAYLIGHT",
            "BEGIN:STANDARD",
            "DTSTART:19961027T030000",
            "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
            "TZNAME:CET",
            "TZOFFSETFROM:+0200",
            "TZOFFSETTO:+0100",
            "END:STANDARD",
            "END:VTIMEZONE",
            "",
        )
    )
)


@dataclass(frozen=True)
class Entry:
    """One event for a calendar. uid is stable for life, sequence grows at every change; status is an RFC 5545 one."""

    uid: str
    sequence: int
    starts: datetime
    ends: datetime
    changed: datetime
    summary: str
    location: str
    description: str
    status: str
    url: str

    def as_json(self) -> dict[str, object]:
        """The entry as a notice's payload keeps it."""
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: dict[str, object]) -> "Entry":
        instants = {name: datetime.fromisoformat(values[name]) for name in ("starts", "ends", "changed")}
        return cls(**(values | instants))


@dataclass(frozen=True)
class Recurring:
    """Events that recur by a rule: `master` is as most of them are, at the time of the first.

    rule: the value of an RRULE, see `rule_of`; left_out: when the rule has one that does not take place; others: those that
    are not as the master, by when the rule has them. All of them are known by the master's uid.
    """

    master: Entry
    rule: str
    left_out: tuple[datetime, ...] = ()
    others: tuple[tuple[datetime, Entry], ...] = ()


def rule_of(text: str) -> str:
    """A rule on Lecce's clocks as an event writes it that begins on them: its UNTIL, where it has one, in UTC.

    Raises ValueError for what is not a rule.
    """
    rule = vRecur.from_ical(text)
    if "FREQ" not in rule:
        raise ValueError("a rule says how often")
    if until := rule.get("UNTIL"):
        last = until[0] if isinstance(until[0], datetime) else datetime.combine(until[0], time(23, 59, 59))
        rule["UNTIL"] = [last if last.tzinfo else last.replace(tzinfo=ROME, fold=1).astimezone(UTC)]
    return rule.to_ical().decode()


def dates_of(rule: str, first: datetime, most: int) -> list[datetime]:
    """When a rule (see `rule_of`) that begins at an instant has its events, in Lecce; no more than so many.

    Raises ValueError for a rule that makes no sense.
    """
    return list(islice(rrulestr(rule, dtstart=wall(first)), most))


REFRESH = timedelta(hours=1)  # how often whoever follows a feed should look


def feed(items: Iterable[Entry | Recurring], *, name: str, portal: str = "") -> Iterator[bytes]:
    """A calendar to be followed, piece by piece: it is never in memory as a whole.

    name: what calendars show it as; portal: see `calendar`. An event is stamped with its last change, so that a feed in
    which nothing changed has the same bytes.
    """
    sheet = _sheet()
    for known_as in ("name", "x-wr-calname"):
        sheet.add(known_as, _clean(name))
    sheet.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    sheet.add("x-published-ttl", vDuration(REFRESH))
    head, end, _ = sheet.to_ical().partition(b"END:VCALENDAR\r\n")
    piece = [head]
    for item in items:
        events = _recurring(item, portal) if isinstance(item, Recurring) else (_event(item, portal, item.changed),)
        piece += (event.to_ical() for event in events)
        if len(piece) > EVENTS_IN_A_PIECE:
            yield b"".join(piece)
            piece = []
    yield b"".join((*piece, end))


EVENTS_IN_A_PIECE = 50


def comes_twice(instant: datetime) -> bool:
    """Whether Lecce's clocks show this time twice, in autumn."""
    time = wall(instant)
    return time.replace(fold=0).utcoffset() != time.replace(fold=1).utcoffset()


def calendar(*entries: Entry, portal: str = "") -> bytes:
    """A published VCALENDAR with these events, times in Europe/Rome with the zone's own rule beside them.

    portal: the public address that the entries' URLs, paths of the portal, start from. An event that begins or ends in
    autumn's double hour has its times in UTC: on Rome's clocks that hour comes twice, and a local time could only mean the
    first (RFC 5545, 3.3.5).
    """
    sheet = _sheet()
    for entry in entries:
        sheet.add_component(_event(entry, portal, now()))
    return sheet.to_ical()


def _sheet() -> Calendar:
    sheet = Calendar()
    sheet.add("prodid", "-//Officine Mezzogiorno//hub//IT")
    sheet.add("version", "2.0")
    sheet.add("calscale", "GREGORIAN")
    sheet.add("method", "PUBLISH")
    sheet.add_component(EUROPE_ROME)
    return sheet


def _event(entry: Entry, portal: str, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", _clean(entry.uid))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamp)
    event.add("last-modified", entry.changed)
    times = [wall(entry.starts), wall(entry.ends)]
    if any(map(comes_twice, times)):
        times = [time.astimezone(UTC) for time in times]
    event.add("dtstart", times[0])
    event.add("dtend", times[1])
    for name in ("summary", "location", "description", "status"):
        if words := _clean(getattr(entry, name)):
            event.add(name, words)
    if entry.url:
        event.add("url", _clean(portal + entry.url))
    return event


def _recurring(series: Recurring, portal: str) -> Iterator[Event]:
    """The event with the rule, then those that are not as it says."""
    master = _event(series.master, portal, series.master.changed)
    master.add("rrule", vRecur.from_ical(series.rule))
    if series.left_out:
        master.add("exdate", [wall(date) for date in series.left_out])
    yield master
    for date, entry in series.others:
        event = _event(entry, portal, entry.changed)
        event.add("recurrence-id", wall(date))
        yield event


def _clean(text: str) -> str:
    """Text without control characters, which the format excludes, nor the line ends of Unicode, where some readers cut."""
    return _UNWANTED.sub(" ", text.replace("\r\n", "\n"))
