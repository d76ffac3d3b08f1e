"""One signed statement for all tests that only read it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from impact.report.statement import Statement, state
from tests.impact.report import cases


class Stated(NamedTuple):
    folder: Path
    zip: Path
    key: Path
    public_key: str
    made: Statement


@pytest.fixture(scope="session")
def stated(tmp_path_factory) -> Stated:
    place = tmp_path_factory.mktemp("statement")
    folder = cases.bundle(place / "b")
    key, public = cases.key(place)
    made = state(folder, key=key)
    return Stated(folder, made.path, key, public, made)
