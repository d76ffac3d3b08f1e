"""Spark gives what DuckDB gives on the same log, to the last digit: `make test-spark`, which installs PySpark apart."""

import pytest

from impact import LogError
from impact.indicators import compute
from tests.impact.test_engines import BREAKDOWNS, valid_story

pytest.importorskip("pyspark", reason="PySpark is not installed: make test-spark", exc_type=ImportError)
pytestmark = pytest.mark.filterwarnings("default")  # PySpark's own warnings are not ours to mend


def test_the_whole_catalogue_is_equal_on_spark(tmp_path):
    story = valid_story(3)
    folder = story.folder(tmp_path / "log")
    for by in BREAKDOWNS[::2]:
        here = compute(folder, by=by, threshold=0)
        there = compute(folder, engine="spark", by=by, threshold=0)
        assert there.indicators == here.indicators
        assert (there.rows, there.log_head) == (here.rows, here.log_head)


def test_bad_input_is_refused_before_spark_is_started(tmp_path):
    story = valid_story(3)
    folder = story.folder(tmp_path / "log")
    log = folder / "log.csv"
    log.write_text(log.read_text().replace("attendance.recorded", "attendance.lost", 1))
    with pytest.raises(LogError, match=r"column type: 'attendance.lost' is not an act"):
        compute(folder, engine="spark")
