"""What may be published: both sides of a share, a total beside one small part, and all of it after what was published before."""

import json
from datetime import date

import pytest

from impact.disclosure import DisclosureError
from impact.publish import Period, publish
from impact.releases import Register
from tests.impact.stories import Story
from tests.impact.test_indicators_command import impact

YEAR = Period("2023", date(2023, 1, 1), date(2023, 12, 31))
LATER = Period("two", date(2023, 1, 1), date(2024, 12, 31))


def names(first: int, last: int) -> str:
    return " ".join(f"p{number}" for number in range(first, last))


@pytest.fixture
def story():
    """Twelve in activity a, of whom nine complete it; ten in b, of whom five do."""
    story = Story()
    story.enrol(names(0, 12))
    story.hold("a1", "2023-03-06", f"{names(0, 9)} {names(9, 12).replace(' ', ':absent ')}:absent")
    story.enrol(names(20, 30), "b")
    story.hold("b1", "2023-04-06", f"{names(20, 25)} {names(25, 30).replace(' ', ':absent ')}:absent", activity="b")
    return story


def told(story, tmp_path, *periods: Period, only=("OM05", "OM13"), **more) -> dict:
    folder = story.folder(tmp_path / "log")
    (tmp_path / "register").mkdir(exist_ok=True)
    return publish(folder, periods or (YEAR,), tmp_path / "register", only=only, **more)


def values(answer: dict, code: str, by: str, period: str = "2023") -> dict:
    (table,) = [one for one in answer["tables"] if (one["code"], one["by"], one["period"]) == (code, by, period)]
    return {"".join(row["by"].values()): (row["value"], row["n"], row["suppressed"]) for row in table["rows"]}


def test_a_share_that_tells_of_three_is_hidden_and_the_total_that_would_tell_it_too(story, tmp_path):
    """In a, 9 of 12 complete and 3 do not. With 14 of 22 over everything and 5 of 10 in b, anybody takes b away from all."""
    answer = told(story, tmp_path)
    assert answer["refused"] == []
    assert values(answer, "OM13", "activity") == {"a": (None, 12, True), "b": (0.5, 10, False)}
    assert values(answer, "OM13", "") == {"": (None, 22, True)}
    assert values(answer, "OM05", "activity") == {"a": (9, 9, False), "b": (5, 5, False)}


def test_a_total_stays_where_what_is_hidden_stays_wide(story, tmp_path):
    """In c 20 of 24 complete: with 7 who do not in a and c together, those of a may be from 0 to 7."""
    story.enrol(names(40, 64), "c")
    story.hold("c1", "2023-05-06", f"{names(40, 60)} {names(60, 64).replace(' ', ':absent ')}:absent", activity="c")
    answer = told(story, tmp_path)
    shown = values(answer, "OM13", "activity")
    assert (shown["a"][0], shown["b"][0], shown["c"][0]) == (None, 0.5, None)
    assert values(answer, "OM13", "")[""][0] == pytest.approx(34 / 46)
    assert answer["refused"] == []


def test_the_same_figures_again_are_published_again_and_not_entered_twice(story, tmp_path):
    first = told(story, tmp_path)
    entered = [len(Register(file).releases()) for file in sorted((tmp_path / "register").iterdir())]
    again = told(story, tmp_path)
    assert again == first
    assert [len(Register(file).releases()) for file in sorted((tmp_path / "register").iterdir())] == entered


def test_two_who_came_since_are_not_told_and_five_are(story, tmp_path):
    told(story, tmp_path)
    story.hold("a2", "2023-06-06", names(60, 62))
    small = told(story, tmp_path)
    assert {(one["code"], one["by"]) for one in small["refused"]} >= {("OM05", ""), ("OM05", "activity")}
    assert "a correction that small tells who" in small["refused"][0]["why"]
    assert [one for one in small["tables"] if (one["code"], one["by"]) == ("OM05", "")] == []
    story.hold("a3", "2023-06-07", names(62, 65))
    assert values(told(story, tmp_path), "OM05", "") == {"": (19, 19, False)}


def test_a_longer_period_that_holds_two_more_is_not_told_beside_the_shorter(story, tmp_path):
    story.hold("a2", "2024-01-10", names(60, 62))
    answer = told(story, tmp_path, YEAR, LATER)
    assert ("OM05", "two", "") in {(one["code"], one["period"], one["by"]) for one in answer["refused"]}


def test_what_no_people_stand_behind_is_never_held_back(story, tmp_path):
    told(story, tmp_path, only=("OM01",))
    story.hold("a2", "2023-06-06")
    assert values(told(story, tmp_path, only=("OM01",)), "OM01", "") == {"": (3, 3, False)}
    assert list((tmp_path / "register").iterdir()) == []


def test_no_threshold_beneath_the_floor_is_taken(story, tmp_path):
    with pytest.raises(DisclosureError, match="the law's floor is 3"):
        told(story, tmp_path, threshold=2)


def test_the_command_writes_the_tables_whole_and_says_how_many(story, tmp_path):
    folder = story.folder(tmp_path / "log")
    options = ("--period", "2023=2023-01-01..2023-12-31", "--register", tmp_path / "made", "--only", "OM05")
    answer = impact("publish", folder, *options, "-o", tmp_path / "out.json")
    assert answer.returncode == 0 and json.loads(answer.stdout) == {"tables": 3, "refused": 0, "log_head": None}
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["periods"] == [["2023", "2023-01-01", "2023-12-31"]] and len(written["catalogue"]) == 37
    assert json.loads(impact("publish", folder, *options).stdout) == written


@pytest.mark.parametrize("period", ["2023", "2023=2023-01-01", "=2023-01-01..2023-12-31", "x=2023-12-31..2023-01-01"])
def test_a_period_that_is_none_is_refused_in_words(story, tmp_path, period):
    folder = story.folder(tmp_path / "log")
    answer = impact("publish", folder, "--period", period, "--register", tmp_path / "made")
    assert answer.returncode == 2 and period in answer.stderr and not (tmp_path / "made").exists()


def test_a_register_that_is_damaged_stops_everything(story, tmp_path):
    told(story, tmp_path)
    (tmp_path / "register" / "OM05.jsonl").write_text("damaged\n")
    folder = story.folder(tmp_path / "log")
    options = ("--period", "2023=2023-01-01..2023-12-31", "--register", tmp_path / "register", "--only", "OM05")
    answer = impact("publish", folder, *options)
    assert answer.returncode == 2 and "until the register is whole" in answer.stderr and answer.stdout == ""
