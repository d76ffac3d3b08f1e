"""Our calendars, read back by three readers that share no code, at the hours where clocks go forward and back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events
import vobject

from hub.clock import ROME
from hub.ical import Entry, Recurring, calendar, dates_of, feed, rule_of
from tests.calendars import at, happenings_by_ical_js, ical_js_folder

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


@pytest.fixture(scope="module")
def ical_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ical_js_folder(tmp_path_factory.mktemp("node"))


@pytest.mark.parametrize("read", [by_recurring_ical_events, by_vobject])
def test_readers_in_python_find_the_instants(read: Callable[[bytes], dict]):
    assert read(calendar(*ENTRIES)) == INSTANTS


def test_ical_js_finds_the_instants(ical_js):
    found = happenings_by_ical_js(calendar(*ENTRIES), ical_js)
    assert {uid: (at(starts), at(ends)) for uid, starts, ends, *_ in found} == INSTANTS


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


# --- feeds and series

RULE = "FREQ=WEEKLY;BYDAY=TH;COUNT=6"


def followed(*items: Entry | Recurring) -> bytes:
    return b"".join(feed(items, name="Officine, prova", portal="https://officine.example"))


def test_a_feed_says_what_it_is_called_and_how_often_to_look():
    sheet = icalendar.Calendar.from_ical(followed(ENTRY))
    assert (str(sheet["NAME"]), str(sheet["X-WR-CALNAME"])) == ("Officine, prova", "Officine, prova")
    lines = followed(ENTRY).split(b"\r\n")
    assert {b"METHOD:PUBLISH", b"REFRESH-INTERVAL;VALUE=DURATION:PT1H", b"X-PUBLISHED-TTL:PT1H"} <= set(lines)
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert followed(ENTRY) == followed(ENTRY)  # no clock in it


def test_a_feed_of_nothing_is_still_a_calendar():
    assert icalendar.Calendar.from_ical(followed()).walk("VEVENT") == []


def test_a_feed_comes_in_pieces():
    pieces = list(feed([ENTRY] * 500, name="Officine"))
    assert len(pieces) > 5
    assert b"".join(pieces).count(b"BEGIN:VEVENT") == 500


def test_a_series_leaves_out_and_moves_dates_by_the_time_of_its_rule():
    rule = rule_of(RULE)
    dates = dates_of(rule, ENTRY.starts, 10)
    moved = Entry(**{**vars(ENTRY), "starts": dates[4] + HOUR, "ends": dates[4] + 2 * HOUR, "summary": "Spostata"})
    sheet = followed(Recurring(ENTRY, rule, tuple(dates[1:3]), ((dates[4], moved),)))
    # after 25 October the rule's 18:00 stays 18:00
    assert b"EXDATE;TZID=Europe/Rome:20261022T180000,20261029T180000\r\n" in sheet
    assert b"RECURRENCE-ID;TZID=Europe/Rome:20261112T180000\r\n" in sheet
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(sheet)).between((2026, 1, 1), (2028, 1, 1))
    assert sorted((event["DTSTART"].dt.astimezone(UTC), str(event["SUMMARY"])) for event in found) == [
        (utc("2026-10-15 16:00"), ENTRY.summary),
        (utc("2026-11-05 17:00"), ENTRY.summary),
        (utc("2026-11-12 18:00"), "Spostata"),
        (utc("2026-11-19 17:00"), ENTRY.summary),
    ]


@pytest.mark.parametrize(
    "until, told",
    [
        ("20261105T180000", "20261105T170000Z"),
        ("20261022T180000", "20261022T160000Z"),
        ("20261105", "20261105T225959Z"),
        ("20261105T170000Z", "20261105T170000Z"),
    ],
)
def test_the_end_of_a_rule_is_told_in_utc(until, told):
    rule = rule_of(f"FREQ=WEEKLY;BYDAY=TH;UNTIL={until}")
    assert f"UNTIL={told}" in rule
    assert f"{dates_of(rule, ENTRY.starts, 10)[-1]:%Y%m%d}" == until[:8]


@pytest.mark.parametrize("text", ["", "robaccia", "COUNT=3", "FREQ=MAI", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;UNTIL=ieri", "A=1"])
def test_what_is_not_a_rule_is_refused(text):
    with pytest.raises(ValueError):
        dates_of(rule_of(text), ENTRY.starts, 3)
