"""`python -m impact evaluate` and `freeze`, run as other programs run them."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from impact.__main__ import main
from tests.impact.evaluation.samples import anorexia, plan_text

ROOT = Path(__file__).parents[3]
AMEND = ("amend", "absent.toml", "--at", "2026-04-01T10:00:00+02:00", "--reason", "x", "--scores", "unseen")


def impact(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "error", "-m", "impact", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


@pytest.fixture
def here(capsys):
    """The command in this process, for the tables: (status, output, errors)."""

    def here(*arguments) -> tuple[int, str, str]:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return here


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    (tmp_path / "plan.toml").write_text(plan_text())
    return tmp_path / "plan.toml", anorexia(tmp_path)


def test_a_plan_not_frozen_gives_1_and_one_frozen_gives_0_with_the_same_bytes_each_time(files):
    plan, scores = files
    run = impact("evaluate", plan, scores)
    assert (run.returncode, run.stderr) == (1, "")
    assert json.loads(run.stdout)["payable"] is False
    assert "esplorativa - non pagabile" in json.loads(run.stdout)["sentences"]["it"]
    frozen = impact("freeze", plan, "--at", "2026-03-01T10:00:00+01:00")
    assert (frozen.returncode, frozen.stderr) == (0, "")
    first, second = impact("evaluate", plan, scores), impact("evaluate", plan, scores)
    assert first.returncode == 0
    assert json.loads(first.stdout)["payable"] is True
    assert json.loads(first.stdout)["provenance"]["sha256"] == json.loads(frozen.stdout)["sha256"]
    assert first.stdout == second.stdout


def test_an_amended_plan_is_run_as_amended_and_says_so(files, here):
    plan, scores = files
    amend = ("amend", plan, "--at", "2026-04-01T10:00:00+02:00", "--reason", "un centro chiude")
    assert here(*amend, "--set", "plan.alpha=0.01", "--scores", "unseen")[0] == 2
    here("freeze", plan, "--at", "2026-03-01T10:00:00+01:00")
    status, output, _ = here(*amend, "--set", "plan.alpha=0.01", "--set", "clusters.column='arm'", "--scores", "unseen")
    assert (status, json.loads(output)["amendments"], json.loads(output)["is_frozen"]) == (0, 1, True)
    status, output, _ = here("evaluate", plan, scores)
    (told,) = json.loads(output)["provenance"]["amendments"]
    assert (status, json.loads(output)["provenance"]["alpha"]) == (0, 0.01)
    assert (told["reason"], told["change"]) == ("un centro chiude", {"plan": {"alpha": 0.01}, "clusters": {"column": "arm"}})
    assert here(*amend, "--set", "plan.alpha=0.05", "--scores", "seen")[0] == 0
    status, output, _ = here("evaluate", plan, scores, "--format", "text")
    assert status == 1
    assert "il piano è stato modificato dopo aver visto i punteggi" in output


def test_csv_and_text_say_the_same(files, here):
    row = next(csv.DictReader(io.StringIO(here("evaluate", *files, "--format", "csv")[1])))
    assert row["did_estimate"] == "3.4568965517"
    assert row["means_change_comparison"] == "-0.45"
    assert json.loads(row["did_ci"]) == [pytest.approx(-0.7045, abs=1e-4), pytest.approx(7.6183, abs=1e-4)]
    _, text, _ = here("evaluate", *files, "--format", "text")
    assert "did estimate" in text
    assert "3.4568965517" in text
    assert "\nsentences it " in text


def test_a_formula_in_the_plan_or_in_the_scores_stays_text_in_csv(files, here):
    plan, scores = files
    plan.write_text(plan_text(title="=1+1"))
    scores.write_text(
        scores.read_text().replace("post\n", "post,reason\n").replace("80.2\n", ",=2+2\n").replace("80.1\n", "80.1,\n")
    )
    lines = scores.read_text().splitlines()
    scores.write_text("\n".join(line + "," * (lines[0].count(",") - line.count(",")) for line in lines) + "\n")
    row = next(csv.DictReader(io.StringIO(here("evaluate", plan, scores, "--format", "csv")[1])))
    assert row["provenance_title"] == "'=1+1"
    assert json.loads(row["attrition_reasons_comparison"]) == [{"reason": "=2+2", "persons": 1}]
    assert not any(cell.startswith(("=", "+", "@")) for cell in (*row, *row.values()))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (("plan", 'estimator = "did"', 'estimator = "twfe"'), "plan.toml, line 3, column plan.estimator: 'twfe' is not one of"),
        (("scores", ",80.2", ",eighty"), "scores.csv, line 2, column post: 'eighty' is not a number"),
        (("scores", ",80.2", ",NaN"), "scores.csv, line 2, column post: 'NaN' is not a number"),
        (("scores", "cont02,", "cont01,"), "scores.csv, line 3, column person: 'cont01' stands in line 2, too"),
        (("scores", "comparison,cont,80.7", "control,cont,80.7"), "line 2, column arm: 'control' is not one of"),
        (("scores", ",pre,", ",before,"), "line 1, column pre: the column is missing"),
        (("scores", "programme", "comparison"), "scores.csv, column arm: the arm programme has 0 of 0 persons"),
    ],
)
def test_bad_input_gives_2_and_one_sentence(files, here, damage, words):
    which, old, new = damage
    path = files[which == "scores"]
    count = -1 if old == "programme" else 1
    path.write_text(path.read_text().replace(old, new, count))
    status, output, errors = here("evaluate", *files)
    assert (status, output) == (2, "")
    assert words in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "absent.toml", "absent.csv"), "absent.toml: the file cannot be opened"),
        (("evaluate", "absent.toml"), "required: SCORES.csv"),
        (("freeze", "absent.toml"), "required: --at"),
        (("freeze", "absent.toml", "--at", "yesterday"), "'yesterday' is not a time with its offset"),
        (("freeze", "absent.toml", "--at", "2026-03-01T10:00:00"), "is not a time with its offset"),
        ((*AMEND, "--set", "alpha=0.1"), "'alpha=0.1' is no change: write table, key and value"),
        ((*AMEND, "--set", "plan.alpha"), "is no change"),
        ((*AMEND, "--set", "plan.title=x y"), "texts within quotes"),
        ((*AMEND, "--set", "plan.alpha=0.1\nplan.seed=1"), "is not a text of one line"),
        ((*AMEND, "--set", "plan.alpha=0.1", "--reason", " "), "' ' is not a text of one line"),
        (AMEND, "required: --set"),
    ],
)
def test_a_wrong_command_line_gives_2_and_one_sentence(here, arguments, words):
    status, output, errors = here(*arguments)
    assert (status, output) == (2, "")
    assert words in errors
    assert errors.count("\n") == 1


def test_other_commands_do_not_wait_for_statsmodels():
    check = "import sys, impact.__main__; print(sorted({'numpy','scipy','statsmodels','pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
