"""iCalendar: events as other calendars read them (RFC 5545), through the `icalendar` library."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event, Timezone

from hub.clock import now, wall

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


def calendar(*entries: Entry, portal: str = "") -> bytes:
    """A published VCALENDAR with these events, times in Europe/Rome with the zone's own rule beside them.

    portal: the public address that the entries' URLs, paths of the portal, start from. An event that begins or ends in
    autumn's double hour has its times in UTC: on Rome's clocks that hour comes twice, and a local time could only mean the
    first (RFC 5545, 3.3.5).
    """
    sheet = Calendar()
    sheet.add("prodid", "-//Officine Mezzogiorno//hub//IT")
    sheet.add("version", "2.0")
    sheet.add("calscale", "GREGORIAN")
    sheet.add("method", "PUBLISH")
    sheet.add_component(EUROPE_ROME)
    for entry in entries:
        sheet.add_component(_event(entry, portal))
    return sheet.to_ical()


def _event(entry: Entry, portal: str) -> Event:
    event = Event()
    event.add("uid", _clean(entry.uid))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now())
    event.add("last-modified", entry.changed)
    times = [wall(entry.starts), wall(entry.ends)]
    if any(map(_comes_twice, times)):
        times = [time.astimezone(UTC) for time in times]
    event.add("dtstart", times[0])
    event.add("dtend", times[1])
    for name in ("summary", "location", "description", "status"):
        event.add(name, _clean(getattr(entry, name)))
    event.add("url", _clean(portal + entry.url))
    return event


def _clean(text: str) -> str:
    """Text without control characters, which the format excludes, nor the line ends of Unicode, where some readers cut."""
    return _UNWANTED.sub(" ", text.replace("\r\n", "\n"))


def _comes_twice(time: datetime) -> bool:
    return time.replace(fold=0).utcoffset() != time.replace(fold=1).utcoffset()
