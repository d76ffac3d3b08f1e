"""The log that the portal's demo exports gives back the figures of the project's documents, in the engine's own reading."""

import pytest

from hub import demo
from hub.participation.export import export_log
from hub.participation.seal import seal_log
from impact.indicators import CATALOGUE, compute
from tests.databases import Contents

DOCUMENTS = {"steam-2023": (220, 17, 41), "cap-2023": (190, 25, 10)}  # hours, trainers or tutors, who took part
CODES = ("OM01", "OM02", "OM05")


@pytest.fixture
def contents() -> Contents:
    return demo.load


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_demo_gives_back_hours_trainers_and_participants(session, tmp_path, form):
    seal_log()
    export_log(tmp_path / f"log.{form}", form)
    answer = compute(tmp_path, only=CODES, by=("activity",))
    found = {(row["by"]["activity"], row["code"]): row["value"] for row in answer.indicators}
    for activity, figures in DOCUMENTS.items():
        assert tuple(found[activity, code] for code in CODES) == figures
    assert answer.log_head
    assert {row["code"] for row in compute(tmp_path).indicators} == set(CATALOGUE)
