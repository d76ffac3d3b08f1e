"""Our calendars, read back by three readers that share no code, at the hours where clocks go forward and back."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events
import vobject

from hub.clock import ROME
from hub.ical import Entry, calendar

HOUR = timedelta(hours=1)
ENTRY = Entry(
    uid="OM-1@officine.example",
    sequence=3,
    starts=datetime(2026, 10, 15, 16, tzinfo=UTC),
    ends=datetime(2026, 10, 15, 18, tzinfo=UTC),
    changed=datetime(2026, 10, 1, 8, 30, tzinfo=UTC),
    summary="Prova d'orchestra",
    location="Officina Grande",
    description="OM-1",
    status="CONFIRMED",
    url="https://officine.example/prenotazioni/OM-1",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# What Rome's clocks show stands beside each instant.
STARTS = {
    "15 October 18:00, summer time": utc("2026-10-15 16:00"),
    "29 March 2026 01:30, before the gap": utc("2026-03-29 00:30"),
    "29 March 2026 03:00, after the gap": utc("2026-03-29 01:00"),
    "29 March 2026 03:30": utc("2026-03-29 01:30"),
    "28 March 2027 01:59": utc("2027-03-28 00:59"),
    "28 March 2027 03:00": utc("2027-03-28 01:00"),
    "25 October 2026 01:30": utc("2026-10-24 23:30"),
    "25 October 2026 02:00, the first": utc("2026-10-25 00:00"),
    "25 October 2026 02:30, the first": utc("2026-10-25 00:30"),
    "25 October 2026 02:00, the second": utc("2026-10-25 01:00"),
    "25 October 2026 02:30, the second": utc("2026-10-25 01:30"),
    "25 October 2026 03:00": utc("2026-10-25 02:00"),
    "25 October 2026 03:30": utc("2026-10-25 02:30"),
    "31 October 2027 02:30, the first": utc("2027-10-31 00:30"),
    "31 October 2027 02:30, the second": utc("2027-10-31 01:30"),
    "31 October 2027 18:00, winter time": utc("2027-10-31 17:00"),
    "26 August 2027 18:30": utc("2027-08-26 16:30"),
}
LENGTHS = (HOUR, 2 * HOUR, 24 * HOUR)
ENTRIES = [
    Entry(**{**vars(ENTRY), "uid": f"{number}-{length}", "starts": starts, "ends": starts + length})
    for number, starts in enumerate(STARTS.values())
    for length in LENGTHS
]
INSTANTS = {entry.uid: (entry.starts, entry.ends) for entry in ENTRIES}


def by_recurring_ical_events(sheet: bytes) -> dict[str, tuple[datetime, datetime]]:
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(sheet)).between((2026, 1, 1), (2028, 1, 1))
    return {str(event["UID"]): (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC)) for event in events}


def by_vobject(sheet: bytes) -> dict[str, tuple[datetime, datetime]]:
    events = vobject.readOne(sheet.decode()).vevent_list
    return {event.uid.value: (event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)) for event in events}


ICAL_JS = """
const ICAL = require("ical.js").default ?? require("ical.js");
const sheet = new ICAL.Component(ICAL.parse(require("fs").readFileSync(0, "utf8")));
sheet.getAllSubcomponents("vtimezone").forEach((zone) => ICAL.TimezoneService.register(new ICAL.Timezone(zone)));
const events = sheet.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
const seconds = (event) => [event.startDate.toUnixTime(), event.endDate.toUnixTime()];
console.log(JSON.stringify(Object.fromEntries(events.map((event) => [event.uid, seconds(event)]))));
"""


@pytest.fixture(scope="module")
def ical_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where Node finds ical.js, the engine of Thunderbird."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "ical.js@2.2.1"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip("npm cannot install ical.js here")
    return folder


def by_ical_js(sheet: bytes, folder: Path) -> dict[str, tuple[datetime, datetime]]:
    # In a zone of its own, so that the calendar's is the one that counts.
    settings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "America/New_York"}
    command = [shutil.which("node"), "-e", ICAL_JS]
    done = subprocess.run(command, cwd=folder, env=settings, input=sheet, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    return {uid: tuple(datetime.fromtimestamp(second, UTC) for second in pair) for uid, pair in found.items()}


@pytest.mark.parametrize("read", [by_recurring_ical_events, by_vobject])
def test_readers_in_python_find_the_instants(read: Callable[[bytes], dict]):
    assert read(calendar(*ENTRIES)) == INSTANTS


def test_ical_js_finds_the_instants(ical_js):
    assert by_ical_js(calendar(*ENTRIES), ical_js) == INSTANTS


def test_the_table_holds_both_hours_of_october_and_none_of_march():
    shown = [starts.astimezone(ROME) for starts in STARTS.values()]
    assert [f"{at:%d/%m/%Y %H:%M}" for at in shown if at.fold] == [
        "25/10/2026 02:00", "25/10/2026 02:30", "31/10/2027 02:30",
    ]  # fmt: skip
    assert not [at for at in shown if at.month == 3 and at.hour == 2]


def test_times_are_local_with_their_zone_but_in_the_hour_that_comes_twice():
    sheet = calendar(ENTRY).decode()
    assert "DTSTART;TZID=Europe/Rome:20261015T180000\r\n" in sheet
    night = Entry(**{**vars(ENTRY), "starts": utc("2026-10-24 22:30"), "ends": utc("2026-10-25 01:30")})
    sheet = calendar(night).decode()
    assert "DTSTART:20261024T223000Z\r\n" in sheet
    assert "DTEND:20261025T013000Z\r\n" in sheet


def test_lines_are_folded_at_75_octets_and_end_as_the_format_says():
    long = Entry(**{**vars(ENTRY), "summary": "Città, perché no? €10; 🎻 " * 20, "description": "àèìòù" * 60})
    sheet = calendar(long)
    lines = sheet.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in sheet.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])  # no letter is cut in two
    (event,) = icalendar.Calendar.from_ical(sheet).walk("VEVENT")
    assert str(event["SUMMARY"]) == long.summary
    assert vobject.readOne(sheet.decode()).vevent.description.value == long.description


@pytest.mark.parametrize("text", ["uno, due; tre", "a\\b", "prima riga\nseconda riga", "\\n non è un a capo", 'così: "qui"'])
def test_marks_of_the_format_are_escaped(text):
    sheet = calendar(Entry(**{**vars(ENTRY), "summary": text, "location": text}))
    (event,) = icalendar.Calendar.from_ical(sheet).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (text, text)
    assert vobject.readOne(sheet.decode()).vevent.summary.value == text


@pytest.mark.parametrize(
    "text", ["x\r\nATTENDEE:mailto:a@b.example", "x\nATTENDEE:y", "x\rATTENDEE:y", "x\u2028ATTENDEE:y", "x\x0cATTENDEE:y"]
)
def test_words_cannot_add_a_line(text):
    sheet = calendar(Entry(**{**vars(ENTRY), "summary": text, "description": text, "uid": "1", "location": text}))
    assert not [line for line in sheet.decode().splitlines() if line.startswith("ATTENDEE")]
    (event,) = icalendar.Calendar.from_ical(sheet).walk("VEVENT")
    assert "ATTENDEE" not in event


def test_an_event_keeps_who_it_is_and_how_often_it_changed():
    entry = Entry.from_json(json.loads(json.dumps(ENTRY.as_json())))
    assert entry == ENTRY
    sheet = icalendar.Calendar.from_ical(calendar(entry))
    (event,) = sheet.walk("VEVENT")
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == ("OM-1@officine.example", 3, "CONFIRMED")
    assert event["LAST-MODIFIED"].dt == ENTRY.changed
    assert event["DTSTAMP"].dt.tzinfo is not None
    assert (str(sheet["METHOD"]), str(sheet["VERSION"])) == ("PUBLISH", "2.0")
    assert len(sheet.walk("VTIMEZONE")) == 1
