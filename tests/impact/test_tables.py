"""Opening a log for counting: what is refused and in which words, and that the quick reader never reads otherwise."""

import csv
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact import COLUMNS, LogError, rows, seal, write_csv, write_parquet
from impact.countable import must_be_countable
from impact.engines.duck import DuckDB, NotPlain
from impact.indicators import compute
from impact.log import is_parquet
from impact.tables import opened
from tests.impact.chance import random_story
from tests.impact.samples import event_id, sealed, unsealed
from tests.impact.stories import Story


def count(path) -> int:
    with opened(path) as log:
        return log.engine.row(log.events.aggregate(n=log.events.count()))["n"]


HEADER = "event_id,ts_event,ts_recorded,type,person,activity,session,minutes,status,ref,facts"
HELD = "e1,2023-03-06T15:00:00Z,2023-03-06T17:00:00Z,session.held,,a,s1,60,,,"
CAME = "e2,2023-03-06T15:00:00Z,2023-03-06T17:00:00Z,attendance.recorded,p1,a,s1,60,present,,"
BAD = {
    "missing column": (HEADER.replace("minutes,", ""), "line 1, column minutes: the column is missing"),
    "a column twice": (HEADER + ",type", "line 1, column type: the column stands twice"),
    "unknown type": (
        CAME.replace("attendance.recorded", "attendance.record"),
        "line 3, column type: 'attendance.record' is not an act, did you mean",
    ),
    "duplicate event id": (CAME.replace("e2", "e1"), "line 3, column event_id: 'e1' stands in an earlier row"),
    "negative minutes": (CAME.replace(",60,", ",-5,"), "line 3, column minutes: '-5' is not a whole number"),
    "fractional minutes": (CAME.replace(",60,", ",60.5,"), "line 3, column minutes: '60.5' is not a whole number"),
    "absurd minutes": (CAME.replace(",60,", ",1441,"), "line 3, column minutes: 1441 is more than a day"),
    "minutes that are NaN": (CAME.replace(",60,", ",NaN,"), "line 3, column minutes: 'NaN' is not a whole number"),
    "a presence without minutes": (CAME.replace(",60,", ",,"), "line 3, column minutes: is empty: attendance.recorded needs it"),
    "a void of nothing": (
        "v,2023-03-06T15:00:00Z,2023-03-06T17:00:00Z,event.voided,,,,,,gone,",
        "line 3, column ref: 'gone' is not an event of this log",
    ),
    "a void without ref": (
        "v,2023-03-06T15:00:00Z,2023-03-06T17:00:00Z,event.voided,,,,,,,",
        "line 3, column ref: is empty: event.voided needs it",
    ),
    "attendance without session": (CAME.replace(",s1,", ",,"), "line 3, column session: is empty: attendance.recorded needs it"),
    "attendance without person": (CAME.replace("p1", ""), "line 3, column person: is empty"),
    "unknown status": (CAME.replace("present", "here"), "line 3, column status: 'here' is not one of present"),
    "no time": (CAME.replace("2023-03-06T15:00:00Z,", ",", 1), "line 3, column ts_event: is empty"),
    "not a time": (CAME.replace("2023-03-06T15:00:00Z", "06/03/2023", 1), "line 3, column ts_event: '06/03/2023' is not a time"),
    "a day that is none": (
        CAME.replace("2023-03-06T15", "2023-02-30T15", 1),
        "line 3, column ts_event: '2023-02-30T15:00:00Z' is not a time",
    ),
    "an hour that Rome skipped": (
        CAME.replace("2023-03-06T15:00:00Z", "2023-03-26T02:30:00", 1),
        "line 3, column ts_event: 2023-03-26 02:30:00 does not exist",
    ),
    "too few cells": ("e2,2023", "line 3, column ts_recorded: the row has 2 cells and the header 11"),
    "too many cells": (CAME + ",more,", "line 3, column facts: the row has 13 cells"),
    "broken quotes": (CAME.replace("p1", '"p1'), "line 3: the row is not CSV"),
    "facts that are no JSON": (CAME + "{", "line 3, column facts: '{' is not JSON"),
    "facts with NaN": (CAME + '"{""x"":NaN}"', "line 3, column facts: holds NaN"),
    "free text in facts": (CAME + '"{""x"":""Anna Rossi""}"', "line 3, column facts: 'x' holds 'Anna Rossi'"),
    "a score out of scale": (
        CAME.replace("attendance.recorded", "feedback.given") + '"{""score"":11,""question"":""q""}"',
        "line 3, column facts: 'score' is 11, out of the scale of 'q'",
    ),
    "a score out of its scale": (
        CAME.replace("attendance.recorded", "feedback.given") + '"{""score"":0,""question"":""satisfaction""}"',
        "it goes from 1 to 5",
    ),
    "no score": (CAME.replace("attendance.recorded", "feedback.given"), "line 3, column facts: 'score' is missing"),
    "trainers that are no list": (
        HELD.replace("e1", "e2") + '"{""trainers"":""t1""}"',
        "line 3, column facts: 'trainers' is 't1', not a list",
    ),
    "cents that are no number": (
        CAME.replace("attendance.recorded", "grant.paid") + '"{""cents"":""many""}"',
        "line 3, column facts: 'cents' is 'many'",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_place(tmp_path, name):
    bad, words = BAD[name]
    lines = [bad, HELD] if bad.startswith("event_id") else [HEADER, HELD, bad]
    path = tmp_path / "log.csv"
    path.write_text("\n".join([*lines, CAME.replace("e2", "e9"), ""]))
    with pytest.raises(LogError, match=r"log\.csv") as refused:
        count(path)
    assert words in str(refused.value)


def test_the_line_is_that_of_the_file_even_where_cells_hold_line_ends(tmp_path):
    path = tmp_path / "log.csv"
    first = HELD.replace(",a,", ',"a\nb",')
    path.write_text("\n".join([HEADER, first, "", CAME, CAME.replace("e2", "e1"), ""]))
    with pytest.raises(LogError, match="line 6, column event_id: 'e1' stands in an earlier row"):
        count(path)


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_repeated_id_and_a_void_of_nothing_are_found_in_a_sealed_log_too(tmp_path, write):
    story = Story()
    story.hold("s1", "2023-03-06", "p1 p2")
    again = [*story.rows, story.rows[0]]
    write(tmp_path / "log", seal(again))
    line = {write_csv: 5, write_parquet: 4}[write]
    with pytest.raises(LogError, match=f"line {line}, column event_id: .* stands in an earlier row"):
        count(tmp_path / "log")
    story.void("nothing")
    write(tmp_path / "log", seal(story.rows))
    with pytest.raises(LogError, match=f"line {line}, column ref: 'nothing' is not an event"):
        count(tmp_path / "log")


def test_a_void_of_a_void_brings_the_event_back(tmp_path):
    story = Story()
    held = story.hold("s1", "2023-03-06")
    void = story.void(held)
    assert count(_log(tmp_path, story)) == 0
    second = story.void(void)
    assert count(_log(tmp_path, story)) == 1
    story.void(second)
    assert count(_log(tmp_path, story)) == 0


def test_voids_in_a_circle_are_refused(tmp_path):
    story = Story()
    story.hold("s1", "2023-03-06")
    story.void(event_id(3))
    story.void(event_id(2))
    with pytest.raises(LogError, match="line 3, column ref: voids cancel each other in a circle"):
        count(_log(tmp_path, story))


def _log(tmp_path, story):
    write_csv(tmp_path / "log.csv", story.rows)
    return tmp_path / "log.csv"


def test_the_head_is_the_hash_of_the_last_sealed_row(tmp_path):
    write_csv(tmp_path / "log.csv", sealed(50))
    with opened(tmp_path) as log:
        assert (log.rows, log.head) == (50, sealed(50)[-1].hash)
    write_csv(tmp_path / "log.csv", unsealed(50))
    with opened(tmp_path) as log:
        assert (log.rows, log.head) == (50, None)


# --- the quick reader reads as the careful one, or does not read

TIMES = [
    "2023-03-06T15:00:00Z",
    "2023-03-06 15:00:00.5+02:00",
    "2023-07-01T09:30:00",
    "2023-10-29T02:30:00",
    "2023-03-06T15:00Z",
    "2023-3-6",
    "",
    "9999-12-31T23:59:59-10:00",
]
CELLS = st.sampled_from(["", "p1", "città", "e\u0301", '"', "a,b", "a\nb", "=1+1", " x ", "a\r", "NULL", "\u00a0"])
TYPES = ["session.held", "attendance.recorded", "shift.recorded", "nonsense", ""]
ROW = st.tuples(
    st.uuids().map(str),
    st.sampled_from(TIMES),
    st.sampled_from(TIMES),
    st.sampled_from(TYPES),
    CELLS,
    CELLS,
    CELLS,
    st.sampled_from(["", "60", "060", "-1", "60.0", "1e2", "99999999999999999", "1441", "0"]),
    st.sampled_from(["", "present", "absent", "late", "a b"]),
    CELLS,
    st.sampled_from(["", "{}", '{"score": 4}', '{"trainers":["t1"]}', "{", '{"a":1,"a":2}', '{"x":"e\u0301"}']),
)


@given(
    st.lists(ROW, max_size=6), st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.booleans()
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_quick_reader_agrees_with_the_careful_one(tmp_path, cells, end, quoting, has_mark):
    path = tmp_path / "log.csv"
    with path.open("w", newline="", encoding="utf-8-sig" if has_mark else "utf-8") as file:
        csv.writer(file, lineterminator=end, quoting=quoting).writerows([COLUMNS[:11], *cells])
    agree(path)


@given(st.text('",\na=\r e', max_size=60), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_quick_reader_takes_no_malformed_csv_for_something_else(tmp_path, text, is_row):
    path = tmp_path / "log.csv"
    path.write_text("\n".join([HEADER, HELD, (CAME.replace(",a,", f",{text},") if is_row else text), ""]), newline="")
    agree(path)


def agree(path) -> None:
    """Where the quick reader is sure of a file, the careful one reads the same, row by row."""
    try:
        careful = list(rows(path))
        for row in careful:
            must_be_countable(row, path)
    except LogError:
        careful = None
    with DuckDB(threads=1) as duck:
        try:
            duck.read(path, is_parquet=is_parquet(path))
            quick = duck.rows(duck.log.order_by("place"))
        except NotPlain:
            return
        if any(row["odd"] for row in quick):
            return
        if careful is None:
            with pytest.raises(LogError):
                count(path)
            return
        assert len(quick) == len(careful)
        for one, other in zip(quick, careful, strict=True):
            for name in ("event_id", "type", "person", "activity", "session", "minutes", "status", "ref"):
                assert one[name] == getattr(other, name), name
            assert one["recorded"] == other.ts_recorded


def test_plain_files_take_the_quick_way(tmp_path):
    """Else ten million rows would pass through Python."""
    write_csv(tmp_path / "log.csv", sealed(100))
    write_parquet(tmp_path / "log.parquet", unsealed(100))
    for name in ("log.csv", "log.parquet"):
        with DuckDB() as duck:
            duck.read(tmp_path / name, is_parquet=name.endswith("parquet"))
            assert not any(row["odd"] for row in duck.rows(duck.log))


def test_names_beyond_ascii_are_the_same_however_they_are_spelt(tmp_path):
    """é as one letter, and as e with an accent."""
    story = Story()
    story.hold("s1", "2023-03-06", "p1", activity="caff\u00e9")
    story.hold("s2", "2023-03-07", "p1", activity="caffe\u0301")
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as file:
        cells = [[*row[:11]] for row in story.rows]
        for row in cells:
            row[1], row[2], row[10] = row[1].isoformat(), row[2].isoformat(), "{}"
        csv.writer(file).writerows([COLUMNS[:11], *cells])
    with opened(path) as log:
        assert log.engine.row(log.events.aggregate(n=log.events.activity.nunique()))["n"] == 1


def test_of_many_rows_only_those_whose_keys_repeat_are_sorted_with_the_same_answer(tmp_path, monkeypatch):
    """The ways that large logs take, on a small one; the spies show that they were taken."""
    story = random_story(11, 300)
    types = {row.event_id: row.type for row in story.rows}
    story.rows = [row for row in story.rows if types.get(row.ref) != "event.voided"]
    kept = {row.event_id for row in story.rows}
    story.rows = [row for row in story.rows if row.ref is None or row.ref in kept]
    folder = story.folder(tmp_path / "log")
    plain = compute(folder, threshold=0, by=("activity",)).indicators
    parts = []
    repeated = DuckDB._repeated
    monkeypatch.setattr("impact.engines.duck.FEW", 5)
    monkeypatch.setattr("impact.engines.duck.AT_ONCE", 10)
    monkeypatch.setattr(DuckDB, "_repeated", lambda self, *told: parts.append([*repeated(self, *told)]) or parts[-1])
    assert compute(folder, threshold=0, by=("activity",)).indicators == plain
    assert max(map(len, parts)) > 3
    assert any(len(part) for found in parts for part in found)  # some keys do repeat
    story.rows.append(story.rows[3])
    with pytest.raises(LogError, match=f"column event_id: '{story.rows[3].event_id}' stands in an earlier row"):
        count(story.folder(tmp_path / "again"))


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_too_little_memory_is_said_in_words(tmp_path, name):
    {"log.csv": write_csv, "log.parquet": write_parquet}[name](tmp_path / name, sealed(3000))
    with pytest.raises(LogError, match="DuckDB has too little memory"), opened(tmp_path / name, memory="200KB") as log:
        log.engine.keep(log.events)


# --- databases


def _sqlite(path, story) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE participation_log ({', '.join(COLUMNS[:11])})")
        for row in story.rows:
            cells = [*row[:11]]
            cells[1], cells[2], cells[10] = cells[1].isoformat(), cells[2].isoformat(), "{}"
            connection.execute(f"INSERT INTO participation_log VALUES ({', '.join('?' * 11)})", cells)
    connection.close()
    return f"sqlite:///{path}"


def test_a_database_is_read_as_a_file_is(tmp_path):
    story = Story()
    story.void(story.hold("s1", "2023-03-06", "p1 p2"))
    url = _sqlite(tmp_path / "log.db", story)
    assert [row.event_id for row in rows(url)] == [row.event_id for row in story.rows]
    assert count(url) == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////nowhere/at/all.db", "there is no such file"),
        ("mysql://host/hub", "is not a database that is read here"),
        (
            "postgresql://nobody:secret@127.0.0.1:1/hub?connect_timeout=1",
            "postgresql://127.0.0.1/hub: the database cannot be read",
        ),
    ],
)
def test_a_database_that_cannot_be_read_is_said_without_its_password(url, words):
    with pytest.raises(LogError) as refused:
        count(url)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_database_without_a_log_is_refused(tmp_path):
    sqlite3.connect(tmp_path / "x.db").close()
    with pytest.raises(LogError, match="neither a table log_entry nor a table participation_log"):
        count(f"sqlite:///{tmp_path / 'x.db'}")
