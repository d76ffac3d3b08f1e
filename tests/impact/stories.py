"""Small logs, written as what happened: each verb adds a row, `folder` writes them with their side files."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from impact import Row, write_csv
from tests.impact.samples import event_id

SIDES = {
    "people": "person kind age_band gender centre cohort disability",
    "activities": "activity kind theme edition scheduled_minutes group sdg",
    "openings": "space month bookable_minutes",
    "costs": "activity month eligible_cents",
    "schools": "person school_year promoted",
}


class Story:
    """Days are texts, "2023-03-06"; things happen at noon in UTC, and are recorded in the order in which they are told."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.sides: dict[str, list[dict[str, Any]]] = {}

    def tell(self, kind: str, day: str, person: str | None = None, activity: str | None = None, **cells: Any) -> str:
        """One event; returns its id. Cells that are no columns are facts."""
        number = len(self.rows) + 1
        columns = {name: cells.pop(name) for name in ("session", "minutes", "status", "ref") if name in cells}
        at = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
        recorded = cells.pop("recorded", datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number))
        row = Row(event_id(number), at, recorded, kind, person, activity, facts=cells, **columns)
        self.rows.append(row)
        return row.event_id

    def enrol(self, people: str, activity: str = "a", day: str = "2023-03-01") -> None:
        for person in people.split():
            self.tell("enrolment.created", day, person, activity, channel="web")

    def leave(self, person: str, activity: str = "a", day: str = "2023-04-01", reason: str = "school") -> str:
        return self.tell("enrolment.withdrawn", day, person, activity, status=reason)

    def hold(
        self, session: str, day: str, people: str = "", *, activity: str = "a", minutes: int = 60, trainers: str = ""
    ) -> str:
        """A session; in people, `p1 p2:30 p3:absent` are there all the time, for 30 minutes, not at all."""
        held = self.tell("session.held", day, None, activity, session=session, minutes=minutes, trainers=trainers.split())
        for told in people.split():
            person, _, how = told.partition(":")
            self.mark(person, session, day, how or str(minutes), activity)
        return held

    def mark(self, person: str, session: str, day: str, how: str = "60", activity: str = "a") -> str:
        there, status = (int(how), "present") if how.isdigit() else (0, how)
        return self.tell("attendance.recorded", day, person, activity, session=session, minutes=there, status=status)

    def void(self, ref: str, day: str = "2023-12-01") -> str:
        return self.tell("event.voided", day, ref=ref)

    def side(self, name: str, **cells: Any) -> None:
        self.sides.setdefault(name, []).append(cells)

    def people(self, names: str, **cells: Any) -> None:
        for person in names.split():
            self.side("people", person=person, **cells)

    def folder(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        write_csv(folder / "log.csv", self.rows)
        for name, rows in self.sides.items():
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, SIDES[name].split(), restval="")
                writer.writeheader()
                writer.writerows(rows)
        return folder
