"""The feeds of two years, read by three readers that share no code: each finds what stands in the database, and no more."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest
import time_machine

from hub import create_app
from hub.agenda import tokens
from hub.clock import starts_of, today
from hub.db import db
from tests.calendars import by_ical_js, by_khal, by_recurring_ical_events, ical_js_folder, unfolded, vobject_events
from tests.databases import ENGINES, environment
from tests.hub.agenda.two_years import CANARY, NOW, UNTIL, load, standing

# what each feed is called here: its path, {token} being the citizen's; the space; whether it is somebody's own
FEEDS = {
    "all": ("/calendari/spazi.ics", None, False),
    "aula-1": ("/calendari/spazi/aula-1.ics", "aula-1", False),
    "aula-2": ("/calendari/spazi/aula-2.ics", "aula-2", False),
    "campata-nord": ("/calendari/spazi/campata-nord.ics", "campata-nord", False),
    "mine": ("/calendari/personale/{token}.ics", None, True),
    "mine in aula-1": ("/calendari/personale/{token}.ics?spazio=aula-1", "aula-1", True),
}


@dataclass
class Read:
    """The feeds of one engine as they came, and what stands in its database."""

    sheets: dict[str, bytes] = field(default_factory=dict)
    standing: dict[str, Counter] = field(default_factory=dict)


def read(url: str, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.setattr(tokens, "new_token", lambda: "t" * 43)
    app, found = create_app(environment(url)), Read()
    with app.app_context():
        hub = load()
        token = tokens.make("Telefono", by=hub.people["citizen"])
        db.session.commit()
        for name, (_, slug, mine) in FEEDS.items():
            found.standing[name] = Counter(standing(slug, hub.people["citizen"] if mine else None))
        db.session.remove()
        for name, (path, _, _) in FEEDS.items():
            answer = app.test_client().get(path.format(token=token), headers={"Accept-Language": "it"})
            assert answer.status_code == 200, name
            found.sheets[name] = answer.data
        db.session.remove()
        db.engine.dispose()
    return found


@pytest.fixture(scope="module")
def hubs(request: pytest.FixtureRequest) -> Iterator[dict[str, Read]]:
    found = {}
    with time_machine.travel(NOW, tick=False), pytest.MonkeyPatch.context() as monkeypatch:
        for engine in ENGINES:
            with request.getfixturevalue(engine).fresh() as url:
                found[engine] = read(url, monkeypatch)
        yield found


@pytest.fixture(scope="module")
def hub(hubs: dict[str, Read]) -> Read:
    return hubs["sqlite"]


@pytest.fixture(scope="module")
def days(hubs: dict[str, Read]) -> tuple:
    """From 92 days back on."""
    return starts_of(today()) - timedelta(days=92), UNTIL


@pytest.fixture(scope="module")
def ical_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ical_js_folder(tmp_path_factory.mktemp("node"))


def test_both_engines_say_the_same_to_the_letter(hubs):
    assert hubs["sqlite"].sheets == hubs["postgresql"].sheets
    assert sum(hubs["sqlite"].standing["all"].values()) > 500


@pytest.mark.parametrize("name", FEEDS)
def test_recurring_ical_events_finds_what_stands_in_the_database(hub, days, name):
    assert by_recurring_ical_events(hub.sheets[name], *days) == hub.standing[name]


@pytest.mark.parametrize("name", FEEDS)
def test_ical_js_finds_what_stands_in_the_database(hub, days, ical_js, name):
    assert by_ical_js(hub.sheets[name], *days, ical_js) == hub.standing[name]


@pytest.mark.parametrize("name", ["aula-2", "mine"])
def test_khal_finds_what_stands_in_the_database(hub, days, tmp_path, name):
    assert by_khal(hub.sheets[name], *days, tmp_path) == hub.standing[name]


@pytest.mark.parametrize("name", FEEDS)
def test_vobject_reads_each_event(hub, name):
    events = vobject_events(hub.sheets[name])
    assert len(events) == hub.sheets[name].count(b"BEGIN:VEVENT") > 20


@pytest.mark.parametrize("name", FEEDS)
def test_an_event_is_known_by_its_uid_and_a_date_of_a_series_by_when_its_rule_has_it(hub, name):
    events = icalendar.Calendar.from_ical(hub.sheets[name]).walk("VEVENT")
    known = [(str(event["UID"]), event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt) for event in events]
    assert len(known) == len(set(known))
    series = {str(event["UID"]) for event in events if "RRULE" in event}
    assert {uid for uid, date in known if date} <= series
    assert series
    for event in events:
        assert event["SEQUENCE"] >= 0 and event["LAST-MODIFIED"].dt.utcoffset() == timedelta()
        assert event["DTSTAMP"].dt.utcoffset() == timedelta()


@pytest.mark.parametrize("name", FEEDS)
def test_lines_are_as_the_format_wants_them(hub, name):
    sheet = hub.sheets[name]
    lines = sheet.split(b"\r\n")
    assert b"\n" not in sheet.replace(b"\r\n", b"") and lines[-1] == b""
    assert max(map(len, lines)) <= 75 and all(line.decode() is not None for line in lines)
    for line in unfolded(sheet).split("\r\n"):
        if line.startswith("RRULE") and "UNTIL" in line:
            assert re.search(r"UNTIL=\d{8}T\d{6}Z", line), line


def test_the_calendars_of_the_spaces_say_nothing_of_anybody(hub):
    for name in ("all", "aula-1", "aula-2", "campata-nord"):
        told = unfolded(hub.sheets[name])
        assert CANARY not in told and "OM-2026" not in told and "ATTENDEE" not in told, name
        assert "In attesa" not in told and "Bozza" not in told and "rejected" not in told
        assert "Occupato" in told and "Incontro" in told


def test_one_s_own_calendar_says_how_each_booking_stands(hub):
    events = icalendar.Calendar.from_ical(hub.sheets["mine"]).walk("VEVENT")
    stands = {str(event["SUMMARY"]): str(event["STATUS"]) for event in events}
    for state in ("submitted", "changes_requested", "refusal_announced"):
        assert stands[f"In attesa {state} (Aula 2)"] == "TENTATIVE"
    for state in ("rejected", "withdrawn", "cancelled"):
        assert stands[f"Finita da poco {state} (Aula 2)"] == "CANCELLED"
        assert f"Finita da tempo {state} (Aula 2)" not in stands
    assert stands["Assemblea (Aula 2)"] == "CONFIRMED"  # of the organisation that the citizen acts for
    assert "Bozza mai inviata (Aula 2)" not in stands
    assert all(str(event["DESCRIPTION"]).startswith("OM-2026-") for event in events)
    assert "Lavori all'impianto" not in stands


def test_a_series_is_written_by_its_rule_where_most_of_it_is(hub):
    def written(name: str, title: str) -> list[str]:
        events = icalendar.Calendar.from_ical(hub.sheets[name]).walk("VEVENT")
        return ["rule" if "RRULE" in e else "date" if "RECURRENCE-ID" in e else "alone" for e in events if title in e["SUMMARY"]]

    # in its own space: moved, another layout, longer, called off, and in the double room of which its space is a part
    assert Counter(written("aula-1", "Prova d'orchestra")) == {"rule": 1, "date": 6}
    assert Counter(written("all", "Prova d'orchestra")) == {"rule": 1, "date": 7}
    assert written("aula-2", "Prova d'orchestra") == ["alone", "alone"]
    assert written("aula-1", "Metà di qua") == ["alone"] * 5 == written("campata-nord", "Metà di qua")
    assert Counter(written("all", "Metà di qua")) == {"rule": 1, "date": 5}
    assert written("aula-1", "Quasi tutta altrove") == ["alone"]
    assert set(written("aula-2", "Ogni notte d'ottobre")) == {"alone"}
    assert set(written("aula-2", "Senza fine")) == set(written("aula-2", "Dopo marzo")) == {"alone"}
    assert Counter(written("aula-2", "Con una data in più")) == {"rule": 1, "alone": 1}
    assert written("aula-2", "Divisa") == ["rule"]
    assert written("aula-2", "Finita in primavera") == []
