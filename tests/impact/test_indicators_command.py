"""`python -m impact indicators` and `catalogue`, as other programs run them; files, small cells, words."""

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from impact import LogError, write_csv
from impact.__main__ import main
from impact.indicators import CATALOGUE, compute
from impact.indicators.export import catalogue_md, write
from tests.impact.stories import Story
from tests.impact.test_command import impact as process


@pytest.fixture
def folder(tmp_path):
    """Ten people in March, of whom six are girls and four boys; one in April."""
    story = Story()
    girls, boys = " ".join(f"f{number}" for number in range(6)), " ".join(f"m{number}" for number in range(4))
    story.people(girls, gender="f")
    story.people(boys, gender="m")
    story.hold("s1", "2023-03-06", f"{girls} {boys}")
    story.hold("s2", "2023-04-03", "f0", activity="MINUS")
    folder = story.folder(tmp_path / "log")
    (folder / "log.csv").write_text((folder / "log.csv").read_text().replace("MINUS", "-1+2"))  # as a stranger would write it
    return folder


def impact(*arguments) -> CompletedProcess:
    """The command in this process, which needs not load its database again."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = left.code
    return CompletedProcess(arguments, status, output.getvalue(), errors.getvalue())


def test_in_a_process_of_its_own_it_says_the_same_and_warns_of_nothing(folder):
    arguments = ("indicators", folder, "--by", "gender")
    alone = process(*arguments)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == impact(*arguments).stdout
    assert process("indicators", folder, "--only", "OM99").returncode == 2


def run(*arguments) -> dict:
    done = impact("indicators", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_json_has_the_keys_that_others_read(folder):
    answer = run(folder, "--only", "OM05,OM08", "--from", "2023-03-01", "--to", "2023-03-31")
    assert set(answer) >= {"indicators", "log_head", "definitions_version"}
    keys = {"code", "name", "unit", "period", "by", "value", "numerator", "denominator", "n", "suppressed", "note"}
    first, second = answer["indicators"]
    assert set(first) >= keys
    assert (first["code"], first["value"], first["by"], first["period"]) == ("OM05", 10, {}, "2023-03-01/2023-03-31")
    assert (second["value"], second["numerator"], second["denominator"]) == (10, 600, 60)


def test_the_whole_catalogue_comes_without_only(folder):
    assert [row["code"] for row in run(folder)["indicators"] if row["by"] == {}] == [
        code for code, chosen in CATALOGUE.items() if not chosen.splits or "scores" in chosen.needs
    ]


def test_small_cells_are_hidden_and_what_would_tell_them_too(folder):
    """Four boys are hidden; six girls too, for ten less six is four. --threshold 0 is for the evaluator, who sees all."""
    rows = run(folder, "--only", "OM05", "--by", "gender")["indicators"]
    assert [(row["by"]["gender"], row["value"], row["n"], row["suppressed"]) for row in rows] == [
        ("f", None, None, True),
        ("m", None, None, True),
    ]
    assert all("too few people" in row["note"] for row in rows)
    rows = run(folder, "--only", "OM05", "--by", "gender", "--threshold", "0")["indicators"]
    assert [row["value"] for row in rows] == [6, 4]
    rows = run(folder, "--only", "OM05", "--by", "gender", "--threshold", "3")["indicators"]
    assert [row["value"] for row in rows] == [6, 4]


def test_a_share_that_tells_of_few_people_is_hidden_and_of_how_many_it_is_told(tmp_path):
    """In a, 9 of 12 complete: three did not. In b, 5 of 10. In c nobody does, and that is of all of them."""
    story = Story()
    for activity, enrolled, there in (("a", 12, 9), ("b", 10, 5), ("c", 8, 0)):
        names = [f"{activity}{number}" for number in range(enrolled)]
        story.enrol(" ".join(names), activity)
        marked = [name if number < there else f"{name}:absent" for number, name in enumerate(names)]
        story.hold(f"{activity}1", "2023-03-06", " ".join(marked), activity=activity)
    folder = story.folder(tmp_path / "log")

    def told(*more) -> list[tuple]:
        rows = run(folder, "--only", "OM13", "--by", "activity", *more)["indicators"]
        return [(row["value"], row["numerator"], row["denominator"], row["n"], row["suppressed"]) for row in rows]

    assert told() == [(None, None, None, 12, True), (0.5, 5, 10, 10, False), (0, 0, 8, 8, False)]
    assert told("--threshold", "3") == told("--threshold", "0") == [(0.75, 9, 12, 12, False), *told()[1:]]
    (row,) = run(folder, "--only", "OM11", "--by", "activity", "--from", "2023-03-06")["indicators"][:1]
    assert "too few people" in row["note"]


def test_the_parts_of_a_distribution_do_not_tell_a_hidden_one(tmp_path):
    """Nine left: 6 for school, 3 for health. Health is hidden, and school too: the total of nine stands in every row."""
    story = Story()
    for number in range(9):
        story.leave(f"p{number}", reason="school" if number < 6 else "health")
    folder = story.folder(tmp_path / "log")
    assert all(row["suppressed"] for row in run(folder, "--only", "OM15")["indicators"])
    for number in range(9, 11):
        story.leave(f"p{number}", reason="health")
    rows = run(story.folder(tmp_path / "log"), "--only", "OM15")["indicators"]
    assert [(row["by"]["reason"], row["numerator"], row["denominator"]) for row in rows] == [("health", 5, 11), ("school", 6, 11)]


def test_a_total_of_few_people_is_hidden_by_itself(folder):
    (row,) = run(folder, "--only", "OM08", "--from", "2023-04-01")["indicators"]
    assert (row["value"], row["numerator"], row["n"], row["suppressed"]) == (None, None, None, True)


def test_what_is_no_count_of_people_is_not_hidden(folder):
    rows = run(folder, "--only", "OM01", "--by", "month")["indicators"]
    assert [(row["by"]["month"], row["value"]) for row in rows] == [("2023-03", 1), ("2023-04", 1)]


def test_columns_of_a_breakdown_may_be_given_in_several_ways(folder):
    ways = (("--by", "activity", "month"), ("--by", "activity,month"), ("--by", "month", "--by", "activity"))
    first, *others = (run(folder, "--only", "OM01", *way) for way in ways)
    assert [list(row["by"]) for row in first["indicators"]] == [["activity", "month"]] * 2
    assert others == [first, first]


def test_csv_and_text(folder):
    done = impact("indicators", folder, "--only", "OM01", "--by", "activity", "month", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["by_activity"], row["by_month"], row["value"]) for row in rows] == [
        ("'-1+2", "2023-04", "1"),
        ("a", "2023-03", "1"),
    ], "what a spreadsheet would compute has an apostrophe before it"
    done = impact("indicators", folder, "--only", "OM05,OM03", "--by", "month", "--format", "text")
    assert done.stdout.splitlines() == [
        "OM05  Unique participants [month 2023-03]: 10 n (n 10)",
        "OM05  Unique participants [month 2023-04]: Hidden: too few people stand behind it.",
        "OM03  Volunteer hours: No data: there is nothing to count in the period.",
        "Log head none, it is not sealed; definitions 1.0.",
    ]


def test_files(folder, tmp_path):
    for name in ("x.csv", "x.json", "x.parquet", "x.xlsx"):
        done = impact("indicators", folder, "--by", "activity", "--threshold", "0", "-o", tmp_path / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    book = load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == [*CATALOGUE, "definitions", "about"]
    cells = list(book["OM01"].iter_rows(values_only=True))
    assert cells[0][:7] == ("code", "name", "name_en", "unit", "period", "by_activity", "value")
    assert [row[5:7] for row in cells[1:]] == [("'-1+2", 1), ("a", 1)]
    assert book["definitions"].max_row == 38
    assert json.loads((tmp_path / "x.json").read_text())["rows"] == 13
    table = pq.read_table(tmp_path / "x.parquet")
    found = {(row["code"], row["by_activity"]): row["value"] for row in table.to_pylist()}
    assert found["OM05", "a"] == 10
    assert table.schema.metadata[b"definitions_version"] == b"1.0"
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_left_half_written(folder, tmp_path):
    answer = compute(folder, only=("OM05",))
    with pytest.raises(LogError, match="the file cannot be written"):
        write(tmp_path / "nowhere" / "x.csv", answer)
    (tmp_path / "x.json").write_text("before")
    answer.indicators[0]["value"] = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(tmp_path / "x.json", answer)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["x.json"]
    assert (tmp_path / "x.json").read_text() == "before"


def test_a_cache_says_which_months_it_computed(folder, tmp_path):
    first = run(folder, "--only", "OM05", "--cache", tmp_path / "cache")
    second = run(folder, "--only", "OM05", "--cache", tmp_path / "cache")
    assert (first["recomputed"], second["recomputed"]) == (["2023-03", "2023-04"], [])


def test_side_files_may_lie_elsewhere(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "people.csv").rename(elsewhere / "people.csv")
    arguments = (folder / "log.csv", "--only", "OM05", "--by", "gender", "--threshold", "0")
    (row,) = run(*arguments)["indicators"]
    assert (row["value"], row["by"]) == (None, {"gender": None})
    assert "people.csv" in row["note"]
    assert [row["value"] for row in run(*arguments, "--side", elsewhere)["indicators"]] == [6, 4]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "yesterday"), "'yesterday' is not a day"),
        (("--from", "2023-05-01", "--to", "2023-04-01"), "the period begins on 2023-05-01 and ends before"),
        (("--only", "OM99"), "'OM99' is not an indicator"),
        (("--by", "shoe"), "invalid choice: 'shoe'"),
        (("--by", "activity,shoe"), "invalid choice: 'shoe'"),
        (("--threshold", "2"), "the law's floor is 3"),
        (("--threshold", "nan"), "the law's floor is 3"),
        (("--engine", "postgres"), "give a postgresql:// URL"),
        (("-o", "x.doc"), "x.doc: is of no format that is written here"),
        (("--scores", "OM05=x.csv"), "write OM24=FILE"),
        (("--scores", "OM24=absent.csv"), "absent.csv"),
        (("--side", "absent"), "absent: there is no such folder"),
    ],
)
def test_a_wrong_command_line_gives_2_and_one_sentence(folder, arguments, words):
    done = impact("indicators", folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_bad_input_gives_2_one_sentence_and_no_file(folder, tmp_path):
    log = folder / "log.csv"
    log.write_text(log.read_text().replace(",60,", ",9999,", 1))
    done = impact("indicators", folder, "-o", tmp_path / "x.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "log.csv, line 2, column minutes: 9999 is more than a day" in done.stderr
    assert not (tmp_path / "x.json").exists()


def test_an_empty_log_has_counts_of_0_and_shares_without_data(tmp_path):
    write_csv(tmp_path / "log.csv", [])
    found = {row["code"]: row for row in compute(tmp_path).indicators}
    assert (found["OM05"]["value"], found["OM01"]["value"]) == (0, 0)
    assert (found["OM11"]["value"], found["OM13"]["value"], found["OM16"]["value"]) == (None, None, None)


@pytest.mark.parametrize("form", ["json", "csv", "text", "md"])
def test_the_catalogue_is_printed(form):
    done = impact("catalogue", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(code in done.stdout for code in CATALOGUE)


def test_the_catalogue_in_json_and_markdown_carries_everything():
    (told,) = [one for one in json.loads(impact("catalogue").stdout)["indicators"] if one["code"] == "OM13"]
    assert told["name"] == {"it": "Tasso di completamento", "en": "Completion rate"}
    assert (told["unit"], told["sdg_targets"], told["toc_level"], told["additive"]) == ("%", ["4.4"], "output", False)
    assert "75 %" in told["definition"]["numerator"]["en"]
    section = catalogue_md().split("## OM05")[1].split("## OM06")[0]
    assert "PI4060" in section
    assert "not additive" in section
