"""The walk of the README, as it is written there: from the log of the demo to a signed statement in five commands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT
from impact import LogError, seal, write_csv
from impact.report.demo import MADE_UP, make_up
from tests.databases import environment
from tests.impact.stories import Story


def commands() -> list[str]:
    """The lines of the README, their remarks gone."""
    section = (ROOT / "README.md").read_text().split("## From the log to a signed statement\n")[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    return [line.split(" # ")[0].strip() for line in block.splitlines()]


def run(folder: Path, settings: dict[str, str], command: str) -> str:
    told = subprocess.run(command, shell=True, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=300)
    assert (told.returncode, told.stderr) == (0, ""), command
    return told.stdout


def test_five_commands_from_the_log_to_a_signed_statement(tmp_path):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    settings = os.environ | environment(f"sqlite:///{tmp_path}/hub.sqlite") | {"PYTHONPATH": str(ROOT)}
    for prepared in ("prepare", "seal-log"):
        run(tmp_path, settings, f".venv/bin/flask --app hub hub {prepared}")
    assert len(commands()) == 5
    told = [run(tmp_path, settings, command) for command in commands()]
    assert "people.csv, activities.csv, openings.csv" in told[0]
    stated, reproduced = json.loads(told[3]), json.loads(told[4])
    assert (stated["signed"], stated["synthetic"], stated["status"]) == (True, True, "payable")
    assert (reproduced["byte_equal"], reproduced["signature"], reproduced["trusted"]) == (True, "valid", True)
    results = json.loads((tmp_path / "report" / "results.json").read_text())
    found = {row["code"]: row["value"] for row in results["indicators"]}
    assert (found["OM01"], found["OM02"], found["OM05"]) == (220, 17, 41)  # the sources': 220 hours, 17 trainers, 41 kids
    assert results["flow"]["programme"]["enrolled"] == 41
    assert MADE_UP in (tmp_path / "report" / "it" / "report.html").read_text()
    lines = (tmp_path / "walk" / "scores.csv").read_text().splitlines()
    assert all(line.endswith(f",{MADE_UP}") for line in lines[1:])


def test_what_is_made_up_overwrites_nothing_and_wants_the_log_of_the_demo(tmp_path):
    story = Story()
    story.enrol("p1 p2", "steam-2023")
    write_csv(tmp_path / "log.csv", seal(story.rows))
    written = make_up(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in written}
    with pytest.raises(LogError, match="is not overwritten"):
        make_up(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in written} == before
    other = Story()
    other.enrol("p1 p2", "chess")
    (tmp_path / "other").mkdir()
    write_csv(tmp_path / "other" / "log.csv", seal(other.rows))
    with pytest.raises(LogError, match="0 people enrolled in steam-2023"):
        make_up(tmp_path / "other")
