"""Another hub's calendar, read as far as it can be: run as a program of its own, since the file is not ours.

    python foreign.py SINCE UNTIL < calendar.ics > dates.json

It imports nothing of the portal. Memory and time of the processor are limited before a byte is read; a series that takes
long, or makes no sense, is left out alone. What is asked of it are dates that end after SINCE and begin before UNTIL
(instants in ISO 8601); what comes is {"events": [...], "left_out": how many events, or series, could not be read}.
Ends with NO_CALENDAR where the file is none; where it asks for too much, with TOO_MUCH, or killed by the system.
"""

import json
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

MEMORY, SECONDS = 512 * 1024 * 1024, 10  # of the processor
SERIES_SECONDS = 2.0  # ... and for one series
NO_CALENDAR, TOO_MUCH = 3, 4
MOST_DATES, MOST_EVENTS = 400, 2000  # of one series; of the whole calendar
ROME = ZoneInfo("Europe/Rome")
TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
LENGTHS = {"uid": 300, "title": 300, "place": 300, "text": 4000, "url": 1000}


class TooLong(BaseException):
    """A series took longer than one may: not an Exception, so that no library swallows it."""


def dates(body: bytes, since: datetime, until: datetime) -> dict[str, object]:
    """What is to come of a calendar (see the module's first words). Raises ValueError where it is none."""
    calendar = Calendar.from_ical(body)
    if calendar.name != "VCALENDAR":
        raise ValueError("no calendar")
    found, left_out = [], 0
    for series in _series(calendar):
        try:
            with _in_time():
                found += list(islice(_of(series, since, until), MOST_DATES))
        except (Exception, TooLong):  # what is wrong with theirs may be anything; the others are read all the same
            left_out += 1
    found.sort(key=lambda one: (one["starts"], one["title"]))
    return {"events": found[:MOST_EVENTS], "left_out": left_out + max(len(found) - MOST_EVENTS, 0)}


def _series(calendar: Calendar) -> Iterator[list[Event]]:
    """The events by their UID; one without is alone."""
    known: dict[str, list[Event]] = {}
    for number, event in enumerate(calendar.walk("VEVENT")):
        known.setdefault(str(event.get("UID") or f"\n{number}"), []).append(event)
    yield from known.values()


@contextmanager
def _in_time() -> Iterator[None]:
    """A block that is ended where it takes long."""

    def end(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, SERIES_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _of(series: list[Event], since: datetime, until: datetime) -> Iterator[dict[str, object]]:
    """The dates of one event, or series, that are to be told. Raises what the library does where it makes no sense."""
    if len(series) == 1 and not any(name in series[0] for name in ("RRULE", "RDATE")):
        events = iter(series)
    else:
        events = _recurring(series, since)
    for event in events:
        if event.get("CLASS", "PUBLIC").upper() != "PUBLIC" or event.get("STATUS", "").upper() == "CANCELLED":
            continue
        told = _told(event)
        if told["starts"] >= until:  # they come in order
            return
        if told["ends"] > since or told["starts"] >= since:
            yield told


def _recurring(series: list[Event], since: datetime) -> Iterator[Event]:
    for event in series:
        rules = event.get("RRULE") or []
        for rule in rules if isinstance(rules, list) else [rules]:
            if any(often in TOO_OFTEN for often in rule.get("FREQ", [])):
                raise ValueError("more often than a day has hours")
    whole = Calendar()
    whole.subcomponents = list(series)
    return recurring_ical_events.of(whole).after(since)


def _told(event: Event) -> dict[str, object]:
    starts, ends = event.start, event.end
    instants = _instant(starts), _instant(ends)
    told = {
        "uid": event.get("UID", ""),
        "title": event.get("SUMMARY", ""),
        "place": event.get("LOCATION", ""),
        "text": event.get("DESCRIPTION", ""),
        "url": event.get("URL", ""),
    }
    words = {name: _clean(str(words), LENGTHS[name], lines=name == "text") for name, words in told.items()}
    if not words["url"].startswith(("https://", "http://")) or len(str(told["url"])) > LENGTHS["url"]:
        words["url"] = ""
    return words | {"starts": instants[0], "ends": max(instants), "all_day": not isinstance(starts, datetime)}


def _instant(value: date | datetime) -> datetime:
    """In UTC: a time without its zone is Lecce's, and a day begins there at midnight."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value if value.tzinfo else value.replace(tzinfo=ROME)).astimezone(UTC).replace(microsecond=0)


def _clean(text: str, most: int, *, lines: bool) -> str:
    """Text without what no reader sees, nor half characters, cut where it is long."""
    kept = "".join(sign if sign.isprintable() else "\n" if lines and sign == "\n" else " " for sign in text)
    kept = kept if lines else " ".join(kept.split())
    kept = kept.strip()
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    since, until = map(datetime.fromisoformat, sys.argv[1:3])
    try:
        told = json.dumps(dates(sys.stdin.buffer.read(), since, until), default=datetime.isoformat)
    except MemoryError:
        raise SystemExit(TOO_MUCH) from None
    except Exception:  # what is wrong with theirs may be anything
        raise SystemExit(NO_CALENDAR) from None
    sys.stdout.write(told)


if __name__ == "__main__":
    main()
