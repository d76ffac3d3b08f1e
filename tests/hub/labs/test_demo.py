"""The demo's edition of 2023, read back from the exported log: the figures of the project's documents, to the last minute."""

from collections import defaultdict

import pytest
import sqlalchemy as sa

from hub import demo
from hub.labs.models import Attendance, Enrolment, Session
from hub.participation.export import export_log
from hub.participation.seal import seal_log
from impact import Row
from impact import rows as rows_of
from tests.databases import Contents


@pytest.fixture
def contents() -> Contents:
    return demo.load


@pytest.fixture
def rows(session, tmp_path) -> list[Row]:
    seal_log()
    export_log(tmp_path / "log.csv", "csv")
    return [row for row in rows_of(tmp_path / "log.csv") if row.activity in ("steam-2023", "cap-2023")]


def by_activity(rows: list[Row], type: str) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if row.type == type:
            found[row.activity].append(row)
    return found


def test_the_exported_log_holds_the_figures_of_the_documents(rows):
    held, attended, enrolled = (by_activity(rows, type) for type in ("session.held", "attendance.recorded", "enrolment.created"))
    for activity, people, staff, hours in (("steam-2023", 41, 17, 220), ("cap-2023", 10, 25, 190)):
        assert sum(row.minutes for row in held[activity]) == hours * 60
        assert len({who for row in held[activity] for who in row.facts["trainers"]}) == staff
        assert len({row.person for row in attended[activity] if row.minutes}) == people
        assert len({row.person for row in enrolled[activity]}) == people
        assert {row.session for row in attended[activity]} == {row.session for row in held[activity]}


def test_it_met_from_the_first_to_the_last_day_of_the_lab(rows, session):
    days = sorted(row.ts_event.date().isoformat() for row in by_activity(rows, "session.held")["steam-2023"])
    assert (days[0], days[-1], len(set(days))) == ("2023-03-06", "2023-06-30", 60)


def test_the_registers_and_the_log_say_the_same(rows, session):
    logged = {row.event_id: (row.minutes, row.status) for row in rows if row.type == "attendance.recorded"}
    kept = {one.event_id: (one.minutes, one.status) for one in session.scalars(sa.select(Attendance))}
    assert logged == kept
    held = {row.event_id: row.minutes for row in rows if row.type == "session.held"}
    assert held == {one.event_id: one.minutes for one in session.scalars(sa.select(Session).filter_by(state="held"))}
    gone = session.scalars(sa.select(Enrolment).filter_by(state="withdrawn")).all()
    assert len(gone) == len(by_activity(rows, "enrolment.withdrawn")["steam-2023"]) == 3
