"""Reading and writing: round trips byte for byte, and an error in words for each thing a file may have wrong."""

import csv
import io
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact import COLUMNS, LogError, rows, seal, verify, write_csv, write_parquet
from tests.impact.samples import sealed, unsealed

WRITERS = {"log.csv": write_csv, "log.parquet": write_parquet}
HEADER = COLUMNS[:11]
GOOD = {
    "event_id": "e1",
    "ts_event": "2023-03-06T15:00:00Z",
    "ts_recorded": "2023-03-06T17:05:00Z",
    "type": "attendance.recorded",
    "person": "p7f3",
    "activity": "steam-2023",
    "session": "s01",
    "minutes": "90",
    "status": "present",
    "ref": "",
    "facts": "",
}


def without_lines(found):
    return [row._replace(line=None) for row in found]


@pytest.fixture
def log(tmp_path):
    """Write a CSV of rows given as changes to a good row, and return its path."""

    def make(*changes, header=HEADER):
        path = tmp_path / "log.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(GOOD | change for change in changes)
        return path

    return make


def read_one(path):
    (row,) = rows(path)
    return row


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("make", [sealed, lambda count: list(unsealed(count)), lambda count: []])
def test_what_is_written_is_read_back_and_written_again_byte_for_byte(tmp_path, name, make):
    path, again = tmp_path / name, tmp_path / f"again-{name}"
    log = make(100)
    assert WRITERS[name](path, log) == len(log)
    assert without_lines(rows(path)) == log
    WRITERS[name](again, rows(path))
    assert again.read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, again.name])


@pytest.mark.parametrize("first", WRITERS)
def test_a_log_that_goes_through_the_other_format_still_verifies(tmp_path, first):
    for name in (first, *(WRITERS.keys() - {first})):
        WRITERS[name](tmp_path / name, sealed(100) if name == first else rows(tmp_path / first))
    found = [verify(rows(tmp_path / name)) for name in WRITERS]
    assert found[0] == found[1]
    assert found[0].holds


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_composed_however_they_were_typed(tmp_path, name, form):
    row = next(unsealed(1))._replace(activity=normalize(form, 'caffè, città "&" co.'), facts={"lì": normalize(form, "è")})
    WRITERS[name](tmp_path / name, seal([row]))
    found = read_one(tmp_path / name)
    assert (found.activity, found.facts) == ('caffè, città "&" co.', {"lì": "è"})
    assert verify(rows(tmp_path / name)).holds


CODE = st.from_regex(r"[a-z0-9è😀\"',;\n ][a-zà😀\"',;\n\\ ]{0,8}", fullmatch=True)
FACT = st.integers(0, 2**53 - 1) | st.floats(-1e15, 1e15) | st.from_regex(r"[a-z0-9._:-]{1,9}", fullmatch=True)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(CODE, st.none() | st.integers(0, 10**6), st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), FACT)),
        max_size=5,
    )
)
def test_any_sealed_rows_survive_a_csv(given_rows):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    base = list(unsealed(len(given_rows)))
    log = [
        row._replace(type="session.held", status=None, activity=text, minutes=minutes, facts=facts, ts_event=moment)
        for row, (text, minutes, facts) in zip(base, given_rows, strict=True)
    ]
    file = io.StringIO(newline="")
    write_csv(file, seal(log))
    file.seek(0)
    assert [cells[-1] for cells in csv.reader(file)][1:] == [row.hash for row in seal(log)]


def test_columns_come_in_any_order_and_others_are_ignored(log):
    path = log({"note": "free text that nobody reads"}, header=("note", *reversed(HEADER)))
    assert read_one(path).minutes == 90


def test_a_byte_order_mark_and_blank_lines_are_skipped_and_lines_still_count(log):
    path = log({}, {"event_id": "e2"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"e2,", b"\r\ne2,"))
    assert [row.line for row in rows(path)] == [2, 4]


def test_a_folder_gives_its_log(log, tmp_path):
    log({})
    assert read_one(tmp_path).person == "p7f3"
    write_parquet(tmp_path / "log.parquet", [])
    with pytest.raises(LogError, match=r"both log\.csv and log\.parquet"):
        rows(tmp_path)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2023-03-06T15:00:00Z", "2023-03-06T15:00:00+00:00"),
        ("2023-03-06 15:00", "2023-03-06T14:00:00+00:00"),
        ("2023-07-06T15:00:00.5", "2023-07-06T13:00:00.500000+00:00"),
        ("2023-03-06T15:00:00.123456+0530", "2023-03-06T09:30:00.123456+00:00"),
        ("2023-10-29T02:30:00+02:00", "2023-10-29T00:30:00+00:00"),
        ("2023-10-29T02:30:00+01", "2023-10-29T01:30:00+00:00"),
        ("2023-10-29T03:00:00", "2023-10-29T02:00:00+00:00"),
        ("2023-03-26T03:00:00", "2023-03-26T01:00:00+00:00"),
    ],
)
def test_times_become_utc_and_those_without_offset_are_of_rome(log, text, utc):
    assert read_one(log({"ts_event": text})).ts_event.isoformat() == utc


@pytest.mark.parametrize("number", ["90.0", "-1", "1e2", "٣", " 90", "1_000", "9007199254740992", "9" * 5000, "ninety"])
def test_minutes_are_digits(log, number):
    with pytest.raises(LogError, match=r"log\.csv, line 2, column minutes: '.* is not a whole number from 0 up"):
        read_one(log({"minutes": number}))


ERRORS = [
    ("event_id", "", "is empty: every row needs it"),
    ("ts_event", "", "is empty: every row needs a time"),
    ("ts_event", "6/3/2023 15:00", "is not a time: write it in ISO 8601"),
    ("ts_event", "2023-03-06", "is not a time"),
    ("ts_event", "2023-02-30T10:00:00Z", "is not a time"),
    ("ts_event", "2023-03-06T15:00:00.1234567Z", "at most six decimals"),
    ("ts_event", "0001-01-01T00:00:00+10:00", "is not a time"),
    ("ts_event", "2023-03-26T02:30:00", "2023-03-26 02:30:00 does not exist in Europe/Rome"),
    ("ts_recorded", "2023-10-29T02:30:00", "2023-10-29 02:30:00 came twice in Europe/Rome.*write its offset"),
    ("type", "", "is empty"),
    ("type", "atendance.recorded", "'atendance.recorded' is not an act, did you mean attendance.recorded"),
    ("type", "lunch", "'lunch' is not an act"),
    ("person", "", "is empty: attendance.recorded needs it"),
    ("session", "", "is empty: attendance.recorded needs it"),
    ("status", "", "None is not one of present, absent|is empty: attendance.recorded needs it"),
    ("status", "here", "'here' is not one of present, absent, excused, late, left_early"),
    ("status", "was here", "'was here' is not a code"),
    ("facts", "{", "'{' is not JSON"),
    ("facts", "[1]", "is not a JSON object"),
    ("facts", '"x"', "is not a JSON object"),
    ("facts", '{"a":1,"a":2}', "repeats a key"),
    ("facts", '{"è":1,"e\\u0300":2}', "repeats a key|is not a code"),
    ("facts", '{"\\u00c5":1,"\\u212b":2}', "repeats a key"),
    ("facts", '{"a":NaN}', "holds NaN"),
    ("facts", '{"a":1e400}', "'a' holds inf"),
    ("facts", '{"a":9007199254740992}', "'a' holds 9007199254740992"),
    ("facts", '{"a":' + "9" * 5000 + "}", "integers go up to"),
    ("facts", '{"a":true}', "'a' holds True: facts are numbers, codes and lists of them, no free text"),
    ("facts", '{"a":null}', "'a' holds None"),
    ("facts", '{"a":{"b":1}}', "no free text"),
    ("facts", '{"a":"Anna was late again"}', "'a' holds 'Anna was late again': facts are numbers, codes"),
    ("facts", '{"a":["t1",["t2"]]}', "no free text"),
    ("facts", '{"a":"🎉"}', "no free text"),
    ("facts", '{"a":"anna@example.org"}', "no free text"),
    ("facts", '{"a":"\\ud800"}', "no free text"),
    ("facts", '{"two words":1}', "which is not a code"),
    ("facts", "[" * 50_000, "is nested too deep"),
]


@pytest.mark.parametrize(("column", "cell", "words"), ERRORS, ids=range(len(ERRORS)))
def test_a_bad_cell_is_named_by_file_line_and_column(log, column, cell, words):
    path = log({}, {"event_id": "e2", column: cell})
    with pytest.raises(LogError, match=words) as caught:
        list(rows(path))
    error = caught.value
    assert (error.file, error.line, error.column) == (str(path), 3, column)
    assert str(error).startswith(f"{path}, line 3, column {column}: ")
    assert len(error.words) < 500


def test_statuses_that_the_format_leaves_open_may_be_any_code(log):
    assert read_one(log({"type": "proposal.answered", "status": "adopted"})).status == "adopted"


def test_an_act_without_a_person_may_have_none(log):
    assert read_one(log({"type": "space.booked", "person": ""})).person is None


def test_facts_may_be_numbers_codes_and_lists_of_them(log):
    facts = '{"score":4.5,"n":3,"trainers":["t1","t-2"],"city":"citt\\u00e0","z":-1}'
    assert read_one(log({"facts": facts})).facts == {
        "score": 4.5,
        "n": 3,
        "trainers": ["t1", "t-2"],
        "city": "città",
        "z": -1,
    }


@pytest.mark.parametrize("column", HEADER)
def test_a_missing_column_is_named(log, column):
    with pytest.raises(LogError, match=f"log.csv, line 1, column {column}: the column is missing: the header is"):
        read_one(log({}, header=[name for name in HEADER if name != column]))


@pytest.mark.parametrize("column", COLUMNS[11:])
def test_the_columns_of_the_seal_come_together(log, column):
    with pytest.raises(LogError, match=f"column {column}: .*a sealed log has seq, prev_hash and hash"):
        read_one(log({}, header=[name for name in COLUMNS if name != column]))


def test_a_column_twice_is_refused(log):
    with pytest.raises(LogError, match="line 1, column facts: the column stands twice"):
        read_one(log({}, header=(*HEADER, "facts")))


@pytest.mark.parametrize(
    ("damage", "line", "words"),
    [
        (lambda data: b"", 1, "column event_id: the column is missing"),
        (lambda data: data.replace(b",", b";"), 1, "the column is missing: the header is .*event_id;ts_event"),
        (lambda data: data.replace(b"e2,", b""), 3, "column facts: the row has 10 cells and the header 11"),
        (lambda data: data.replace(b"e2,", b"e2,,"), 3, "the row has 12 cells and the header 11"),
        (lambda data: data.replace(b"e2,", b'"e"2,'), 3, "the row is not CSV"),
        (lambda data: data.replace(b"e2,", b'"e2,'), 3, "the row is not CSV"),
        (lambda data: data.replace(b"e2,", b"caff\xe8,"), 3, "column event_id: .* is not UTF-8"),
        (lambda data: data.replace(b"e2,", b"e" * 200_000 + b","), 3, "field larger than field limit"),
        (lambda data: data.decode().encode("utf-16"), 1, "the column is missing"),
    ],
)
def test_a_damaged_csv_is_named_by_line(log, damage, line, words):
    path = log({}, {"event_id": "e2"})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LogError, match=words) as caught:
        list(rows(path))
    assert caught.value.line == line


def test_a_log_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LogError, match=r"absent\.csv: there is no such file or folder"):
        rows(tmp_path / "absent.csv")
    with pytest.raises(LogError, match=r"neither log\.csv and|neither log\.csv nor"):
        rows(tmp_path)
    with pytest.raises(LogError, match="is not a database that is read here: give sqlite:///FILE or postgresql://"):
        next(rows("mysql://user:secret@example.org/hub"))


def test_a_database_url_is_not_repeated_in_the_error():
    with pytest.raises(LogError) as caught:
        next(rows("mysql://user:secret@example.org/hub"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("ids", [["a", "b", "b"], ["b", "a", "b"], ["c", "b", "a", "d", "b"], ["a", "a"]])
def test_an_event_id_used_twice_is_found_in_any_order(log, ids):
    path = log(*({"event_id": name} for name in ids))
    with pytest.raises(LogError, match="stands in an earlier row") as caught:
        list(rows(path))
    assert (caught.value.line, caught.value.column) == (len(ids) + 1, "event_id")


def test_event_ids_in_any_order_without_repetition_pass(log):
    ids = ["c", "b", "a", "e", "d"]
    assert [row.event_id for row in rows(log(*({"event_id": name} for name in ids)))] == ids


def parquet(tmp_path, **columns):
    table = pa.table({name: columns.get(name, pa.array([cell or None])) for name, cell in GOOD.items()})
    pq.write_table(table, tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def test_parquet_types_that_say_the_same_are_read_alike(tmp_path, log):
    moment = datetime(2023, 3, 6, 15, tzinfo=UTC)
    expected = read_one(log({}))._replace(line=1)
    for change in (
        {"minutes": pa.array([90], pa.int16())},
        {"activity": pa.array(["steam-2023"]).dictionary_encode()},
        {"session": pa.array(["s01"], pa.large_string())},
        {"minutes": pa.array([90.0])},  # pandas, where other rows have none
        {"ts_event": pa.array([moment], pa.timestamp("ns", "UTC"))},
        {"ts_event": pa.array([moment], pa.timestamp("s", "America/New_York"))},
        {"ts_event": pa.array([moment.replace(tzinfo=None) + timedelta(hours=1)], pa.timestamp("ms"))},
    ):
        assert read_one(parquet(tmp_path, **change)) == expected


@pytest.mark.parametrize(
    ("column", "array", "words"),
    [
        ("minutes", pa.array([90.5]), "90.5 is not a whole number from 0 up"),
        ("minutes", pa.array([float("nan")]), "nan is not a whole number"),
        ("minutes", pa.array([True]), "True is not a whole number"),
        ("activity", pa.array([7]), "holds 7 where text is wanted"),
        ("facts", pa.array([{"channel": "web"}]), "where text is wanted"),
        ("activity", pa.array([b"caff\xe8"]).view(pa.string()), "the text is not UTF-8"),
        ("ts_event", pa.array([1_678_114_800_000_000_001], pa.timestamp("ns", "UTC")), "more than six decimals"),
        ("ts_event", pa.array([datetime(2023, 3, 6, tzinfo=UTC).date()]), "is not a time"),
        ("ts_event", pa.array([datetime(2023, 3, 26, 2, 30, tzinfo=UTC)], pa.timestamp("us")), "does not exist in Europe"),
        ("status", pa.array(["here"]), "'here' is not one of"),
    ],
)
def test_a_bad_value_of_a_parquet_file_is_named_by_row_and_column(tmp_path, column, array, words):
    with pytest.raises(LogError, match=words) as caught:
        read_one(parquet(tmp_path, **{column: array}))
    assert (caught.value.line, caught.value.column) == (1, column)


def test_a_damaged_parquet_file_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "log.parquet"
    write_parquet(path, sealed(5000))
    data = path.read_bytes()
    for damaged in (b"", b"PAR1", b"not parquet", data[:-100], data[:200] + b"\xff" * 400 + data[600:]):
        path.write_bytes(damaged)
        with pytest.raises(LogError, match="is not whole, readable Parquet"):
            list(rows(path))


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_appears_only_when_it_is_whole(tmp_path, name):
    def failing():
        yield from sealed(3)
        raise RuntimeError("the database went away")

    (tmp_path / name).write_text("what was there before")
    with pytest.raises(RuntimeError):
        WRITERS[name](tmp_path / name, failing())
    assert [file.read_text() for file in tmp_path.iterdir()] == ["what was there before"]


def test_a_csv_goes_to_an_open_file_too():
    file = io.StringIO(newline="")
    assert write_csv(file, sealed(2)) == 2
    first, second, third, end = file.getvalue().split("\n")
    assert first == "event_id,ts_event,ts_recorded,type,person,activity,session,minutes,status,ref,facts,seq,prev_hash,hash"
    assert second.startswith("01950000-0001-7000-8000-000000000001,2026-03-02T14:01:00.000000Z,2026-03-02T14:01:01.000001Z,")
    assert third.split(",")[10:12] == ['"{""question"":""q1""', '""score"":4.5}"']
    assert end == ""


@pytest.mark.parametrize("cell", ["=1+1", "+39", "-x", "@sum", "\tx", "\rx"])
def test_no_cell_of_a_csv_is_a_formula(cell):
    with pytest.raises(LogError, match="column session: a spreadsheet would take"):
        write_csv(io.StringIO(), [next(unsealed(1))._replace(session=cell)])


@pytest.mark.parametrize("name", WRITERS)
def test_sealed_rows_come_before_unsealed_ones(tmp_path, name):
    log = sealed(3)
    WRITERS[name](tmp_path / name, [*log[:2], *list(unsealed(3))[2:]])
    assert [row.seq for row in rows(tmp_path / name)] == [1, 2, None]
    with pytest.raises(LogError, match="give the sealed rows first"):
        WRITERS[name](tmp_path / name, [next(unsealed(1)), log[1]])
