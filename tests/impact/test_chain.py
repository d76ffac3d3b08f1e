"""The canonical row and the chain: the published vector, the reference implementation, and every way to tamper."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from unicodedata import normalize

import pyarrow.parquet as pq
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from impact import COLUMNS, GENESIS, Broken, Row, canonical, chain_hash, rows, seal, verify, write_csv, write_parquet
from impact.chain import canonical_facts
from tests.impact.samples import sealed, unsealed

VECTOR = Row(
    event_id="0190a1b2-0000-7000-8000-000000000001",
    ts_event=datetime(2023, 3, 6, 15, tzinfo=UTC),
    ts_recorded=datetime(2023, 3, 6, 17, 5, tzinfo=UTC),
    type="attendance.recorded",
    person="p7f3",
    activity="steam-2023",
    session="s01",
    minutes=90,
    status="present",
    facts={"channel": "web"},
    seq=1,
)
VECTOR_JSON = (
    '{"activity":"steam-2023","event_id":"0190a1b2-0000-7000-8000-000000000001","facts":{"channel":"web"},"minutes":90,'
    '"person":"p7f3","ref":null,"seq":1,"session":"s01","status":"present","ts_event":"2023-03-06T15:00:00.000000Z",'
    '"ts_recorded":"2023-03-06T17:05:00.000000Z","type":"attendance.recorded"}'
)
VECTOR_HASH = "daf685ff4d69453d6b05ed6921f3922e46629fdc0028936c5bf56e4044f61180"


def test_the_vector_of_the_file_format():
    assert canonical(VECTOR).decode() == VECTOR_JSON
    assert chain_hash(GENESIS, VECTOR) == VECTOR_HASH


def test_the_same_instant_and_the_same_letters_give_the_same_bytes():
    rome = VECTOR.ts_event.astimezone(timezone(timedelta(hours=1)))
    assert canonical(VECTOR._replace(ts_event=rome)) == canonical(VECTOR)
    composed, apart = (
        VECTOR._replace(activity=normalize(form, "caffè"), facts={normalize(form, "città"): normalize(form, "più")})
        for form in ("NFC", "NFD")
    )
    assert composed != apart
    assert canonical(composed) == canonical(apart)


def test_what_has_no_canonical_form_is_refused():
    for row in (
        VECTOR._replace(ts_event=datetime(2023, 3, 6, 15)),  # noqa: DTZ001
        VECTOR._replace(activity="\ud800"),
        VECTOR._replace(facts={"score": float("nan")}),
        VECTOR._replace(facts={"score": float("inf")}),
        VECTOR._replace(minutes=2**53),
    ):
        with pytest.raises(ValueError, match=r"."):
            canonical(row)


TEXT = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=5).map(lambda text: normalize("NFC", text))
FACTS = st.dictionaries(WORD, NUMBER | WORD | st.lists(NUMBER | WORD, max_size=3), max_size=4)
MOMENT = st.datetimes(timezones=st.just(UTC))


@settings(deadline=None)
@given(st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT), st.none() | st.integers(0, 2**53 - 1), FACTS, MOMENT)
def test_the_canonical_row_is_byte_equal_to_the_reference(texts, minutes, facts, moment):
    names = ("event_id", "person", "activity", "session", "status", "ref")
    row = VECTOR._replace(**dict(zip(names, texts, strict=True)), minutes=minutes, facts=facts, ts_event=moment)
    expected = {column: getattr(row, column) for column in COLUMNS[:12]}
    expected |= {name: text and normalize("NFC", text) for name, text in zip(names, texts, strict=True)}
    expected["ts_event"] = moment.strftime("%%04d-%m-%dT%H:%M:%S.%fZ") % moment.year
    expected["ts_recorded"] = "2023-03-06T17:05:00.000000Z"
    assert canonical(row) == rfc8785.dumps(expected)
    assert canonical_facts(facts).encode() == rfc8785.dumps(facts)


def test_keys_sort_by_utf_16_and_numbers_print_as_ecmascript_does():
    assert canonical_facts({"\uff21": 1, "\U00010000": 2, "b": 1e21, "a": 4.50, "A": -0.0, "c": 1e-7}) == (
        '{"A":0,"a":4.5,"b":1e+21,"c":1e-7,"\U00010000":2,"\uff21":1}'
    )


def test_a_sealed_log_holds_and_its_head_is_the_last_hash():
    log = sealed(50)
    assert verify(log) == (50, log[-1].hash, True, None)
    assert verify(log, head=log[-1].hash).holds


def test_sealing_goes_on_from_an_earlier_head():
    first, whole = sealed(20), sealed(50)
    rest = seal(list(unsealed(50))[20:], seq=20, head=first[-1].hash)
    assert [*first, *rest] == whole


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_other_tools_read_the_same_chain_out_of_our_files(tmp_path, name):
    """Only csv, pyarrow, json, hashlib and the reference: nothing of impact reads here."""
    path = tmp_path / name
    if name == "log.csv":
        write_csv(path, sealed(60))
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
    else:
        write_parquet(path, sealed(60))
        found = pq.read_table(path).to_pylist()
    head = "0" * 64
    for row in found:
        document = {column: row[column] if row[column] != "" else None for column in COLUMNS[:12]}
        document["facts"] = json.loads(row["facts"])
        for column in ("minutes", "seq"):
            document[column] = None if document[column] is None else int(document[column])
        for column in ("ts_event", "ts_recorded"):
            if isinstance(row[column], datetime):
                document[column] = row[column].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert row["prev_hash"] == head
        head = hashlib.sha256(head.encode() + rfc8785.dumps(document)).hexdigest()
        assert row["hash"] == head
    assert len(found) == 60


EDITS = {
    "event_id": ("0195ffff-0000-7000-8000-000000000001", "content of the row was changed"),
    "ts_event": ("2026-03-02T14:05:00.000001Z", "content of the row was changed"),
    "ts_recorded": ("2026-03-02T15:05:05.000001Z", "content of the row was changed"),
    "type": ("badge.verified", "content of the row was changed"),
    "person": ("p999", "content of the row was changed"),
    "activity": ("steam-2027", "content of the row was changed"),
    "session": ("s9", "content of the row was changed"),
    "minutes": ("91", "content of the row was changed"),
    "status": ("late", "content of the row was changed"),
    "ref": ("0195ffff-0000-7000-8000-000000000001", "content of the row was changed"),
    "facts": ('{"score":5}', "content of the row was changed"),
    "seq": ("6", "seq was changed: it is 6 where 5 was sealed"),
    "prev_hash": ("f" * 64, "prev_hash was changed"),
    "hash": ("f" * 64, "hash was changed"),
}


def broken_in(lines: list[list[str]], tmp_path, head: str | None = None) -> Broken | None:
    path = tmp_path / "tampered.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return verify(rows(path), head=head).broken


@pytest.fixture
def lines() -> list[list[str]]:
    """The header and ten sealed rows, as cells: the row with seq N is lines[N], at line N + 1."""
    file = io.StringIO(newline="")
    write_csv(file, sealed(10))
    return list(csv.reader(io.StringIO(file.getvalue())))


def test_every_column_has_its_edit():
    assert tuple(EDITS) == COLUMNS


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_cell_is_found_in_its_row(lines, tmp_path, column):
    cell, what = EDITS[column]
    assert lines[5][COLUMNS.index(column)] != cell
    lines[5][COLUMNS.index(column)] = cell
    broken = broken_in(lines, tmp_path)
    assert (broken.line, broken.seq, broken.event_id) == (6, 6 if column == "seq" else 5, lines[5][0])
    assert what in broken.what


@pytest.mark.parametrize("column", ["minutes", "hash"])
def test_an_edit_of_the_last_row_is_found_too(lines, tmp_path, column):
    lines[10][COLUMNS.index(column)] = EDITS[column][0]
    broken = broken_in(lines, tmp_path)
    assert (broken.seq, broken.what) == (10, "the content of the row or its hash was changed: they do not match")


@pytest.mark.parametrize("column", ["seq", "prev_hash", "hash"])
def test_a_row_whose_seal_was_emptied_is_found(lines, tmp_path, column):
    lines[5][COLUMNS.index(column)] = ""
    broken = broken_in(lines, tmp_path)
    assert (broken.line, broken.event_id) == (6, lines[5][0])
    assert "not sealed" in broken.what


def test_a_removed_row_is_found_at_the_row_after_it(lines, tmp_path):
    del lines[5]
    broken = broken_in(lines, tmp_path)
    assert (broken.seq, broken.line) == (6, 6)
    assert "seq is 6 where 5 was expected: a row was removed before this one" in broken.what


def test_the_first_row_cannot_be_removed_unseen(lines, tmp_path):
    del lines[1]
    assert broken_in(lines, tmp_path)[:2] == (2, 2)


def test_a_removed_row_is_found_even_if_the_rest_is_numbered_anew(lines, tmp_path):
    del lines[5]
    for number, cells in enumerate(lines[1:], 1):
        cells[COLUMNS.index("seq")] = str(number)
    broken = broken_in(lines, tmp_path)
    assert (broken.seq, broken.line) == (5, 6)
    assert "prev_hash is not the hash of the row before" in broken.what


def test_a_repeated_row_is_found(lines, tmp_path):
    lines.insert(6, lines[5])
    broken = broken_in(lines, tmp_path)
    assert (broken.seq, broken.line) == (5, 7)
    assert "seq is 5 where 6 was expected: the row was repeated" in broken.what


def test_a_forged_row_put_in_between_is_found_at_the_row_after_it(tmp_path):
    log = sealed(10)
    (forged,) = seal([next(unsealed(1))._replace(event_id="forged")], seq=5, head=log[4].hash)
    broken = verify([*log[:5], forged, *log[5:]]).broken
    assert (broken.seq, broken.event_id) == (6, log[5].event_id)
    assert "repeated, inserted or moved" in broken.what
    renumbered = [row._replace(seq=row.seq + 1) for row in log[5:]]
    broken = verify([*log[:5], forged, *renumbered]).broken
    assert (broken.seq, broken.event_id) == (7, log[5].event_id)
    assert "prev_hash is not the hash of the row before" in broken.what


def test_a_number_skipped_by_whoever_sealed_is_found_though_every_hash_is_right():
    first, second = sealed(2)
    (skipped,) = seal([second], seq=2, head=first.hash)
    broken = verify([first, skipped]).broken
    assert (broken.seq, broken.event_id) == (3, second.event_id)
    assert "seq is 3 where 2 was expected" in broken.what


def test_swapped_rows_are_found_at_the_first_of_them(lines, tmp_path):
    lines[5], lines[6] = lines[6], lines[5]
    broken = broken_in(lines, tmp_path)
    assert (broken.seq, broken.line) == (6, 6)
    assert "rows were swapped" in broken.what


def test_only_a_head_from_elsewhere_shows_a_log_cut_at_its_end(lines, tmp_path):
    head = lines[10][-1]
    assert broken_in(lines[:9], tmp_path) is None
    broken = broken_in(lines[:9], tmp_path, head)
    assert (broken.seq, broken.line) == (8, 9)
    assert "cut off the end" in broken.what


def test_only_a_head_from_elsewhere_shows_a_log_chained_anew(tmp_path):
    log = sealed(10)
    rewritten = [row._replace(minutes=600) if row.seq == 5 else row for row in log]
    forged = list(seal(rewritten))
    assert verify(forged).holds
    broken = verify(forged, head=log[-1].hash).broken
    assert broken.seq == 10
    assert "chained anew" in broken.what


def test_a_log_that_grew_after_the_head_names_the_first_row_that_the_head_does_not_cover():
    log = sealed(10)
    broken = verify(log, head=log[6].hash).broken
    assert broken.seq == 8
    assert "came later" in broken.what


def test_the_rows_of_a_broken_log_are_all_counted_and_the_head_is_where_it_still_holds(lines, tmp_path):
    log = sealed(10)
    log[4] = log[4]._replace(minutes=1)
    assert verify(log)[:3] == (10, log[3].hash, True)
    log[0] = log[0]._replace(minutes=1)
    assert verify(log).head == GENESIS


def test_a_log_without_seal_or_without_rows_does_not_hold():
    assert verify(unsealed(5)) == (5, None, False, None)
    assert not verify(unsealed(5)).holds
    assert verify([]) == (0, None, False, None)


def test_unsealed_rows_beside_sealed_ones_break_the_chain():
    log = sealed(5)
    late = list(unsealed(6))[5]
    assert verify([*log, late]).broken.event_id == late.event_id
    assert "not sealed" in verify([late, *log]).broken.what
