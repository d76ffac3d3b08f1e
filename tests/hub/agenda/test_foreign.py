"""Calendars that are not ours: what is read of good ones, and that bad ones harm nobody."""

import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.agenda import foreign, partners
from hub.agenda.fetching import Fault
from tests.hub.agenda.another_hub import calendar, event

SINCE, UNTIL = datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 10, 1, tzinfo=UTC)
SECONDLY = "RRULE:FREQ=SECONDLY"
OFTEN = f"RRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE=0,15,30,45;BYSECOND={','.join(map(str, range(60)))}"
GOOD = event("good", "20260922T180000", "Buono")
EVIL = {  # each beside a good event, which is read all the same
    "every second since 1970": event("x", "19700101T000000Z", "X", SECONDLY),
    "every minute": event("x", "20260901T000000", "X", "RRULE:FREQ=MINUTELY"),
    "thousands a day since 1970": event("x", "19700101T000000Z", "X", OFTEN),
    "a day that never comes": event("x", "20200101T000000Z", "X", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    "a huge count": event("x", "20260101T000000", "X", "RRULE:FREQ=DAILY;COUNT=999999999999999999999"),
    "a huge interval": event("x", "20260101T000000", "X", "RRULE:FREQ=DAILY;INTERVAL=99999999999999"),
    "no interval": event("x", "20260101T000000", "X", "RRULE:FREQ=DAILY;INTERVAL=0"),
    "a rule that is none": event("x", "20260101T000000", "X", "RRULE:FREQ=SOMETIMES"),
    "a rule without its frequency": event("x", "20260101T000000", "X", "RRULE:COUNT=3"),
    "until before it begins": event("x", "20260101T000000", "X", "RRULE:FREQ=DAILY;UNTIL=20200101T000000Z"),
    "year 9999": event("x", "99991231T235959Z", "X", "DURATION:P400D"),
    "year 1": event("x", "00010101T000000", "X"),
    "a month 13": event("x", "20261301T000000", "X"),
    "no time": "UID:x\r\nSUMMARY:X",
    "a huge length": event("x", "20260922T180000", "X", "DURATION:P999999999W"),
    "ends as a day, begins as a time": event("x", "20260922T180000", "X", "DTEND;VALUE=DATE:20260923"),
    "no such zone": "UID:x\r\nDTSTART;TZID=Mars/Olympus:20260101T000000\r\nRRULE:FREQ=HOURLY",
    "an event in an event": "UID:x\r\nDTSTART:99990101\r\nBEGIN:VEVENT\r\nUID:y\r\nEND:VEVENT",
    "an exception of nothing": event("x", "20260101T000000", "X", "RECURRENCE-ID:20250101T000000", "RRULE:FREQ=DAILY;BYDAY=9XX"),
    "dates in millions": event("x", "20260101T000000", "X", "RDATE:" + ",".join(["20250922T180000"] * 5000)),
    "two beginnings": event("x", "20260101T000000", "X", "DTSTART:20250101T000000", "DTSTART:99990101T000000"),
}
SLOW = ("thousands a day since 1970", "a day that never comes", "no interval")  # seconds each, until they are given up
QUICK = [one for name, one in EVIL.items() if name not in SLOW]
NO_CALENDAR = [
    b"",
    b"\x00" * 1000,
    b"<!doctype html><title>404</title>",
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:X\r\nEND:VCARD\r\n",
    b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n",
    b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 2000,
    b"BEGIN:VCALENDAR\r\n",
    b"END:VCALENDAR\r\n",
    calendar(GOOD)[:-20],
    calendar(GOOD) * 2,
    b"PK\x03\x04" + b"\xff\xfe" * 500,
]


def read(body: bytes) -> dict:
    return foreign.dates(body, SINCE, UNTIL)


def titles(body: bytes) -> list[str]:
    return [one["title"] for one in read(body)["events"]]


# --- what is read


def test_a_time_without_its_zone_is_lecces_and_a_day_is_a_whole_one():
    body = calendar(
        event("1", "20260922T180000", "Qui", "DTEND:20260922T200000"),
        event("2", "20260922T180000Z", "Là", "DURATION:PT30M"),
        "UID:3\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Vigilia",
        "UID:4\r\nDTSTART;TZID=America/New_York:20260922T180000\r\nSUMMARY:New York",
    )
    told = {
        one["title"]: (f"{one['starts']:%d %H:%M}", f"{one['ends']:%d %H:%M}", one["all_day"]) for one in read(body)["events"]
    }
    assert told == {
        "Qui": ("22 16:00", "22 18:00", False),
        "Là": ("22 18:00", "22 18:30", False),
        "New York": ("22 22:00", "22 22:00", False),
        "Vigilia": ("23 23:00", "24 23:00", True),
    }


def test_a_series_is_told_date_by_date_with_what_was_moved_and_left_out():
    weekly = event("s", "20260901T180000", "Coro", "DTEND:20260901T190000", "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20260908T180000")
    moved = event("s", "20260916T200000", "Coro altrove", "RECURRENCE-ID:20260915T180000")
    off = event("s", "20260922T180000", "Coro", "RECURRENCE-ID:20260922T180000", "STATUS:CANCELLED")
    found = read(calendar(weekly, moved, off))["events"]
    assert [(f"{one['starts']:%m-%d %H}", one["title"]) for one in found] == [
        ("09-01 16", "Coro"),
        ("09-16 18", "Coro altrove"),
        ("09-29 16", "Coro"),
    ]


def test_what_is_private_called_off_or_out_of_sight_is_not_told():
    body = calendar(
        GOOD,
        event("1", "20260922T180000", "Riservato", "CLASS:PRIVATE"),
        event("2", "20260922T180000", "Segreto", "CLASS:CONFIDENTIAL"),
        event("3", "20260922T180000", "Annullato", "STATUS:CANCELLED"),
        event("4", "20260722T180000", "Prima"),
        event("5", "20271022T180000", "Dopo"),
        event("6", "20260722T180000", "Ancora in corso", "DTEND:20260922T180000"),
    )
    assert titles(body) == ["Ancora in corso", "Buono"]


def test_words_are_cut_and_cleaned_and_an_address_is_one_of_the_web():
    body = calendar(
        event("1", "20260922T180000", "Uno\\, due\\ntre\x0b\x1b[31m", "URL:javascript:alert(1)", "LOCATION:" + "x" * 900),
        event("2", "20260922T190000", "<script>alert(1)</script>", "URL:https://hub.example/2", "DESCRIPTION:una\\nriga"),
    )
    one, two = read(body)["events"]
    assert one["title"].startswith("Uno, due tre") and one["title"].isprintable()
    assert (one["url"], len(one["place"]), one["place"][-1]) == ("", 300, "…")
    assert (two["title"], two["url"], two["text"]) == ("<script>alert(1)</script>", "https://hub.example/2", "una\nriga")


def test_no_series_and_no_calendar_fills_the_agenda():
    daily = [event(str(n), "20260801T000000Z", f"Ogni giorno {n}", "RRULE:FREQ=DAILY") for n in range(6)]
    found = read(calendar(*daily))
    assert (len(found["events"]), found["left_out"]) == (foreign.MOST_EVENTS, 6 * foreign.MOST_DATES - foreign.MOST_EVENTS)
    assert found["events"] == sorted(found["events"], key=lambda one: one["starts"])  # the soonest are those that stay


# --- what harms nobody


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_what_cannot_be_read_is_left_out_alone(evil):
    assert "Buono" in titles(calendar(evil, GOOD))


@pytest.mark.parametrize("body", NO_CALENDAR)
def test_what_is_no_calendar_is_told(body):
    with pytest.raises(Fault) as told:
        partners.read(body)
    assert told.value.code == "not_calendar"


def test_a_calendar_that_asks_for_too_much_is_given_up_and_not_the_portal(monkeypatch):
    slow = calendar(*(event(str(n), "19700101T000000Z", "X", OFTEN) for n in range(200)))
    monkeypatch.setattr(partners, "READING_SECONDS", 3.0)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(Fault) as told:
        partners.read(slow)
    assert told.value.code == "heavy" and resource.getrlimit(resource.RLIMIT_AS) == before


def test_the_processor_and_the_memory_are_limited_by_the_system():
    """The program itself, with a file that has it count for ever: it is killed, nobody waits for it."""
    slow = calendar(*(event(str(n), "19700101T000000Z", "X", OFTEN) for n in range(200)))
    day = (datetime.now(UTC).isoformat(), (datetime.now(UTC) + timedelta(days=9)).isoformat())
    limits = f"import sys; sys.argv[1:] = {day!r}; sys.path.insert(0, {str(Path(foreign.__file__).parent)!r}); import foreign;"
    command = [sys.executable, "-I", "-c", f"{limits} foreign.SECONDS = 1; foreign.main()"]
    assert subprocess.run(command, input=slow, capture_output=True, timeout=30).returncode < 0
    command[-1] = f"{limits} foreign.MEMORY = 20 << 20; foreign.main()"
    big = calendar(*(event(str(n), "20260922T180000", "X" * 2000) for n in range(900)))
    assert subprocess.run(command, input=big, capture_output=True, timeout=30).returncode == foreign.TOO_MUCH


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_calendar_with_bytes_changed_gives_dates_or_is_none(data):
    """Mutations of good and evil calendars: whatever comes, it is dates of the days that were asked for, or a ValueError."""
    chosen = data.draw(st.lists(st.sampled_from([GOOD, *QUICK]), max_size=3))
    body = bytearray(calendar(*chosen))
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert", "again"])):
            case "change":
                body[at] = data.draw(st.integers(0, 255))
            case "cut":
                del body[at : at + data.draw(st.integers(1, 40))]
                body = body or bytearray(b"X")
            case "insert":
                body[at:at] = data.draw(
                    st.sampled_from([b"\x00", b"\xff\xfe", b"\r\n", b";", b":", b"BEGIN:VEVENT\r\n", b"9" * 30])
                )
            case _:
                body[at:at] = body[at : at + 60]
    try:
        found = read(bytes(body))
    except ValueError:
        return
    for one in found["events"]:
        assert one["starts"] < UNTIL and one["ends"] >= SINCE and one["starts"] <= one["ends"]
        assert one["title"].isprintable() and "\x00" not in "".join(str(value) for value in one.values())
        one["title"].encode()
