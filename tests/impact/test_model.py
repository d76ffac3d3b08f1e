"""The main indicators beside a model in plain Python that reads the specification again: one row after another, no SQL."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.indicators import compute
from tests.impact.chance import random_story

ROME = ZoneInfo("Europe/Rome")
PRESENT = ("present", "late", "left_early")
CODES = ("OM01", "OM05", "OM07", "OM08", "OM11", "OM12", "OM13", "OM16")


def valid(rows: list) -> list:
    """The rows that hold: a void that holds cancels what it names. Raises ValueError for a circle."""
    by = {}
    for row in rows:
        if row.type == "event.voided":
            by.setdefault(row.ref, []).append(row)

    def holds(row, above=()):
        if row.event_id in above:
            raise ValueError
        return not any(holds(void, (*above, row.event_id)) for void in by.get(row.event_id, ()))

    return [row for row in rows if row.type != "event.voided" and holds(row)]


def last(rows: list, kind: str, *keys: str) -> list:
    """Of those of a type with the same keys, the last by recording, then by place."""
    kept = {}
    for _, row in sorted(enumerate(rows), key=lambda pair: (pair[1].ts_recorded, pair[0])):
        if row.type == kind:
            kept[tuple(getattr(row, key) for key in keys)] = row
    return list(kept.values())


class Model:
    def __init__(self, rows: list) -> None:
        rows = valid(rows)
        self.sessions = last(rows, "session.held", "activity", "session")
        day = {(row.activity, row.session): row.ts_event for row in self.sessions}
        records = last(rows, "attendance.recorded", "person", "activity", "session")
        self.records = [(row, day.get((row.activity, row.session), row.ts_event).astimezone(ROME).date()) for row in records]
        self.there = [(row, day) for row, day in self.records if row.status in PRESENT]
        self.rows = rows

    def figures(self, code: str) -> tuple:
        """numerator, denominator."""
        return getattr(self, code)()

    def OM01(self):
        return sum(row.minutes for row in self.sessions), 60

    def OM05(self):
        return len({row.person for row, _ in self.there}), None

    def OM07(self):
        return self.OM05()

    def OM08(self):
        return sum(row.minutes for row, _ in self.there), 60

    def OM11(self):
        return len(self.there), len(self.records)

    def OM12(self):
        key = lambda row: (row.activity, row.session)  # noqa: E731
        of = lambda kind: {key(row) for row in self.rows if row.type == kind}  # noqa: E731
        kept = [key(row) for row in last(self.rows, "space.booked", "person", "activity", "session")]
        kept = [one for one in kept if one not in of("space.cancelled")]
        return sum(one not in of("space.used") for one in kept), len(kept)

    def OM13(self):
        state = {}
        for _, row in sorted(enumerate(self.rows), key=lambda pair: (pair[1].ts_recorded, pair[0])):
            if row.type == "enrolment.created":
                state[row.person, row.activity] = True
            elif row.type == "enrolment.withdrawn" and (row.person, row.activity) in state:
                state[row.person, row.activity] = False
        done = 0
        for (person, activity), stayed in state.items():
            held = sum(row.minutes for row in self.sessions if row.activity == activity)
            there = sum(row.minutes for row, _ in self.there if (row.person, row.activity) == (person, activity))
            done += stayed and held > 0 and there >= 0.75 * held
        return done, len(state)

    def OM16(self):
        days = [day for _, day in self.records] + [row.ts_event.astimezone(ROME).date() for row in self.sessions]
        final = max((day.strftime("%Y-%m") for day in days), default="")
        months = {(row.person, day.strftime("%Y-%m")) for row, day in self.there}
        following = lambda month: _after(month)  # noqa: E731
        counted = [(person, month) for person, month in months if month < final]
        return sum((person, following(month)) in months for person, month in counted), len(counted)


def _after(month: str) -> str:
    from datetime import date

    return (date.fromisoformat(f"{month}-28") + timedelta(days=7)).strftime("%Y-%m")


@given(st.integers(0, 10**9), st.integers(0, 250))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_indicators_are_as_the_model_says(tmp_path, seed, events):
    story = random_story(seed, events)
    try:
        model = Model(story.rows)
    except ValueError:
        return  # voids in a circle, which are refused
    found = compute(story.folder(tmp_path / "log"), only=CODES, threshold=0).indicators
    for row in found:
        numerator, denominator = model.figures(row["code"])
        if denominator == 0:
            assert row["value"] is None, row
            continue
        assert (row["numerator"], row["denominator"]) == (numerator, denominator), row
        assert row["value"] == pytest.approx(numerator / (denominator or 1), rel=1e-15), row
