"""`python -m impact verify`, run as other programs run it: its output, its words and its exit status."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from impact import Row, acts, seal, write_csv, write_parquet
from tests.impact.samples import event_id, row_of, sealed, unsealed

ROOT = Path(__file__).parents[2]


def impact(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "error", "-m", "impact", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


@pytest.fixture
def log(tmp_path) -> Path:
    write_csv(tmp_path / "log.csv", sealed(10))
    return tmp_path / "log.csv"


def test_a_log_that_holds_gives_0_and_says_what_a_chain_cannot_show(log):
    run = impact("verify", log)
    answer = json.loads(run.stdout)
    head = sealed(10)[-1].hash
    note = answer.pop("note")
    assert answer == {"rows": 10, "head": head, "sealed": True, "broken": None, "holds": True}
    assert "Only a head kept elsewhere (--head) shows rows cut off its end" in note
    assert (run.returncode, run.stderr) == (0, "")


def test_a_folder_and_a_parquet_file_give_the_same_answer(log, tmp_path):
    write_parquet(tmp_path / "other.parquet", sealed(10))
    answers = {impact("verify", path).stdout for path in (log, log.parent, tmp_path / "other.parquet")}
    assert len(answers) == 1


def test_a_changed_row_gives_1_and_its_place(log):
    lines = log.read_text().splitlines(keepends=True)
    lines[4] = lines[4].replace(",90,", ",91,")
    log.write_text("".join(lines))
    run = impact("verify", log)
    answer = json.loads(run.stdout)
    assert (run.returncode, answer["rows"], answer["holds"]) == (1, 10, False)
    assert answer["broken"] == {
        "seq": 4,
        "line": 5,
        "event_id": "01950000-0004-7000-8000-000000000004",
        "what": "the content of the row was changed: the hash that it was sealed with does not match it",
    }
    assert answer["head"] == sealed(3)[-1].hash


def test_the_expected_head_shows_a_log_cut_at_its_end(log):
    head = sealed(10)[-1].hash
    assert impact("verify", log, "--head", head).returncode == 0
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-2]))
    assert impact("verify", log).returncode == 0
    run = impact("verify", log, "--head", head)
    assert (run.returncode, json.loads(run.stdout)["broken"]["seq"]) == (1, 8)


def test_an_unsealed_log_gives_1_for_there_is_no_chain_to_accept(tmp_path):
    write_csv(tmp_path / "log.csv", unsealed(3))
    run = impact("verify", tmp_path)
    answer = json.loads(run.stdout)
    assert (run.returncode, answer["sealed"], answer["head"], answer["broken"]) == (1, False, None, None)
    assert "not sealed" in answer["note"]


def test_an_empty_log_gives_1(tmp_path):
    write_csv(tmp_path / "log.csv", [])
    run = impact("verify", tmp_path)
    assert (run.returncode, json.loads(run.stdout)["rows"]) == (1, 0)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ((",90,", ",90.0,"), "log.csv, line 4, column minutes: '90.0' is not a whole number"),
        ((",present,", ",here,"), "log.csv, line 4, column status: 'here' is not one of"),
        (("event_id,", "id,"), "log.csv, line 1, column event_id: the column is missing"),
    ],
)
def test_bad_input_gives_2_and_one_sentence(log, damage, words):
    log.write_text(log.read_text().replace(*damage, 1))
    run = impact("verify", log)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def rechained(path: Path, change: Callable[[list[Row]], list[Row]]) -> Path:
    """A log that was sealed with what `change` makes of its rows."""
    write_csv(path, seal(change(list(unsealed(10)))))
    return path


def test_what_cannot_be_gives_2_although_the_chain_holds(tmp_path):
    long = rechained(tmp_path / "long.csv", lambda rows: [*rows[:4], rows[4]._replace(minutes=90_000), *rows[5:]])
    void = row_of(11, acts.EventVoided(ref="gone"))
    lost = rechained(tmp_path / "lost.csv", lambda rows: [*rows, void])
    run, other = impact("verify", long), impact("verify", lost)
    assert (run.returncode, run.stdout, other.returncode, other.stdout) == (2, "", 2, "")
    assert run.stderr.endswith(
        "line 6, column minutes: 90000 is more than a day: attendance.recorded lasts at most 1440 minutes\n"
    )
    assert other.stderr.endswith("line 12, column ref: 'gone' is not an event of this log: a void names what it cancels\n")


def test_a_void_of_an_event_of_the_log_is_sound(tmp_path):
    void = row_of(11, acts.EventVoided(ref=event_id(3)))
    run = impact("verify", rechained(tmp_path / "log.csv", lambda rows: [*rows, void]))
    assert (run.returncode, json.loads(run.stdout)["rows"]) == (0, 11)


def test_a_voided_row_that_was_taken_out_is_told_by_the_chain(tmp_path):
    void = row_of(11, acts.EventVoided(ref=event_id(3)))
    path = rechained(tmp_path / "log.csv", lambda rows: [*rows, void])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3] + lines[4:]))
    run = impact("verify", path)
    assert (run.returncode, json.loads(run.stdout)["broken"]["seq"]) == (1, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "required"),
        (("verify",), "required: LOG"),
        (("verify", "absent.csv"), "absent.csv: there is no such file or folder"),
        (("verify", "absent.csv", "--head", "beef"), "'beef' is not a hash: write its 64 digits"),
        (("verify", "absent.csv", "--format", "xml"), "invalid choice: 'xml'"),
        (("verify", "mysql://host/hub"), "give sqlite:///FILE or postgresql://..."),
    ],
)
def test_a_wrong_command_line_gives_2_and_one_sentence(arguments, words):
    run = impact(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_csv_has_one_header_for_every_answer(log):
    whole = list(csv.DictReader(io.StringIO(impact("verify", log, "--format", "csv").stdout)))
    log.write_text(log.read_text().replace(",90,", ",91,", 1))
    broken = list(csv.DictReader(io.StringIO(impact("verify", log, "--format", "csv").stdout)))
    assert list(whole[0]) == list(broken[0])
    assert (whole[0]["sealed"], whole[0]["holds"], broken[0]["holds"]) == ("true", "true", "false")
    assert (whole[0]["rows"], whole[0]["broken_seq"], broken[0]["broken_seq"]) == ("10", "", "3")


def test_text_is_for_people_and_shows_no_control_characters(tmp_path):
    first, second = sealed(2)
    write_csv(tmp_path / "log.csv", [first._replace(event_id="a\x1b[2J"), second])
    run = impact("verify", tmp_path, "--format", "text")
    assert run.returncode == 1
    assert "\x1b" not in run.stdout
    assert "broken line      2" in run.stdout


def test_the_library_never_imports_the_portal_and_acts_alone_never_import_pyarrow():
    check = "import sys, impact; print(sorted({'flask','sqlalchemy','wtforms','hub','pyarrow'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
