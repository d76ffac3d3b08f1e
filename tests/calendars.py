"""Readers of calendars that share no code with ours: what happens when, by each of them."""

import configparser
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events
import vobject

Happening = tuple[datetime, datetime, str]  # from, to, in UTC; what it is called


def by_recurring_ical_events(sheet: bytes, since: datetime, until: datetime) -> Counter[Happening]:
    """What takes place in these days, as often as it is told; what was cancelled does not."""
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(sheet)).between(since, until)
    standing = (event for event in events if event.get("STATUS") != "CANCELLED")
    return Counter(
        (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC), str(event["SUMMARY"])) for event in standing
    )


KHAL = "{uid}\t{start-long}\t{end-long}\t{title}\t{status}"


def by_khal(sheet: bytes, since: datetime, until: datetime, folder: Path) -> Counter[Happening]:
    """The same by khal, in a home of its own; its clocks show UTC."""
    config, file = folder / "khal.conf", folder / "feed.ics"
    file.write_bytes(sheet)
    settings = configparser.ConfigParser(interpolation=None)
    settings["default"] = {"default_calendar": "hub"}
    settings["sqlite"] = {"path": str(folder / "khal.db")}
    long_forms = {"longdateformat": "%Y-%m-%d", "longdatetimeformat": "%Y-%m-%d %H:%M", "datetimeformat": "%Y-%m-%d %H:%M"}
    settings["locale"] = {"local_timezone": "UTC", "default_timezone": "UTC", "timeformat": "%H:%M", "dateformat": "%Y-%m-%d"}
    settings["locale"].update(long_forms)
    with config.open("w") as written:
        written.write(f"[calendars]\n[[hub]]\npath = {folder / 'vdir'}\n")
        settings.write(written)

    def khal(*command: str) -> str:
        environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "XDG_CACHE_HOME": str(folder)}
        command = [str(Path(sys.executable).with_name("khal")), "-c", str(config), *command]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    khal("import", "--batch", "-a", "hub", str(file))
    days = (f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}")
    lines = khal("list", "--day-format", "", "--format", KHAL, *days).splitlines()
    found = {tuple(line.split("\t")) for line in lines if line}  # what goes on for days is listed on each of them
    standing = ((_utc(starts), _utc(ends), title) for _, starts, ends, title, status in found if "CANCELLED" not in status)
    return Counter(row for row in standing if row[1] > since and row[0] < until)  # of the first day, it lists the morning too


def _utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


ICAL_JS = """
const ICAL = require("ical.js").default ?? require("ical.js");
const sheet = new ICAL.Component(ICAL.parse(require("fs").readFileSync(0, "utf8")));
sheet.getAllSubcomponents("vtimezone").forEach((zone) => ICAL.TimezoneService.register(new ICAL.Timezone(zone)));
const groups = {};
for (const event of sheet.getAllSubcomponents("vevent")) (groups[event.getFirstPropertyValue("uid")] ??= []).push(event);
const found = [];
const tell = (item, start, end) => {
  const status = item.component.getFirstPropertyValue("status");
  found.push([item.uid, start.toUnixTime(), end.toUnixTime(), item.summary, status]);
};
for (const parts of Object.values(groups)) {
  const master = parts.find((part) => !part.hasProperty("recurrence-id"));
  const exceptions = parts.filter((part) => part !== master);
  const event = new ICAL.Event(master, { exceptions, strictExceptions: true });
  if (!event.isRecurring()) { tell(event, event.startDate, event.endDate); continue; }
  const dates = event.iterator();
  for (let date = dates.next(); date; date = dates.next()) {
    const one = event.getOccurrenceDetails(date);
    tell(one.item, one.startDate, one.endDate);
  }
}
console.log(JSON.stringify(found));
"""


def by_ical_js(sheet: bytes, since: datetime, until: datetime, folder: Path) -> Counter[Happening]:
    """The same by ical.js, the engine of Thunderbird; folder: see `ical_js_folder`."""
    rows = ((at(starts), at(ends), title, status) for _, starts, ends, title, status in happenings_by_ical_js(sheet, folder))
    standing = ((starts, ends, title) for starts, ends, title, status in rows if status != "CANCELLED")
    return Counter(row for row in standing if row[1] > since and row[0] < until)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def happenings_by_ical_js(sheet: bytes, folder: Path) -> list[tuple[str, int, int, str, str]]:
    """Everything there is: uid, from, to (seconds), what it is called, its status."""
    # In a zone of its own, so that the calendar's is the one that counts.
    settings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "America/New_York"}
    command = [shutil.which("node"), "-e", ICAL_JS]
    done = subprocess.run(command, cwd=folder, env=settings, input=sheet, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def ical_js_folder(folder: Path) -> Path:
    """A folder where Node finds ical.js; the test is skipped where it cannot be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node and npm are not installed")
    install = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "ical.js@2.2.1"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip("npm cannot install ical.js here")
    return folder


def vobject_events(sheet: bytes) -> list[vobject.base.Component]:
    return vobject.readOne(sheet.decode()).vevent_list


def unfolded(sheet: bytes) -> str:
    """The lines of a calendar as they were before they were cut to 75 octets."""
    return sheet.decode().replace("\r\n ", "")
