"""What stands beside the log: bands in place of ages, no names, and the figures of the demo's edition of 2023."""

import csv
from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa

from hub import demo
from hub.evaluation import side_files
from hub.families.models import Participant
from hub.participation.models import LogEntry, Pseudonym
from tests.databases import Contents

DAY = date(2023, 3, 6)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, ""),
        (date(2012, 3, 7), "0-10"),
        (date(2012, 3, 6), "11-13"),
        (date(2009, 3, 7), "11-13"),
        (date(2009, 3, 6), "14-17"),
        (date(2005, 3, 7), "14-17"),
        (date(2005, 3, 6), "18-29"),
        (date(1993, 3, 6), "30-64"),
        (date(1958, 3, 7), "30-64"),
        (date(1958, 3, 6), "65+"),
    ],
)
def test_the_band_changes_on_the_birthday(born, band):
    assert side_files.age_band(born, DAY) == band


@pytest.fixture
def contents() -> Contents:
    return demo.load


@pytest.fixture
def tables(session, tmp_path) -> dict[str, list[dict]]:
    found = {}
    for path in side_files.write_side_files(tmp_path):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def test_everybody_in_the_log_has_one_line_and_no_name(tables, session, tmp_path):
    codes = Counter(row["person"] for row in tables["people"])
    assert set(codes.values()) == {1}
    assert set(session.scalars(sa.select(LogEntry.person).where(LogEntry.person.is_not(None)))) <= set(codes)
    names = [one.given_name for one in session.scalars(sa.select(Participant))]
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert not any(name in text for name in (*names, "officine.example", "person:", "participant:"))


def test_the_kids_of_2023_are_minors_of_one_centre_and_cohort(tables, session):
    kids = [row for row in tables["people"] if row["centre"]]
    assert len(kids) == 41
    assert {row["cohort"] for row in kids} == {"2023"}
    assert {row["age_band"] for row in kids} == {"11-13", "14-17"}
    assert {row["gender"] for row in kids} == {"f", "m"}
    startups = [row for row in tables["people"] if row["kind"] == "org" and row["cohort"] == "2023"]
    assert len(startups) == 10


def test_the_activities_say_what_was_promised_in_minutes(tables):
    minutes = {row["activity"]: row["scheduled_minutes"] for row in tables["activities"]}
    assert (minutes["steam-2023"], minutes["cap-2023"]) == (str(220 * 60), str(190 * 60))
    assert minutes["robot-in-officina"] == str(4 * 120)


def test_the_spaces_were_open_in_the_months_of_which_the_log_speaks(tables, session):
    assert {row["space"] for row in tables["openings"]} >= {"aula-1", "corte-urbana"}
    assert all(int(row["bookable_minutes"]) > 0 for row in tables["openings"])
    assert session.scalars(sa.select(Pseudonym)).all()
