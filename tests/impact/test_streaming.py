"""A long log is never in memory: a log of 17 MB is verified within two."""

import tracemalloc
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact import rows, seal, verify, write_csv, write_parquet
from tests.impact.samples import event_id, unsealed

MEGABYTE = 2**20


def many(count: int):
    """Rows that differ in their ids alone, made quickly."""
    (row,) = unsealed(1)
    return (row._replace(event_id=event_id(number)) for number in range(count))


def peak_of(work) -> float:
    """The most megabytes that Python held while this ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_csv_of_any_length_is_verified_in_the_same_memory(tmp_path):
    path = tmp_path / "log.csv"
    write_csv(path, seal(many(60_000)))
    assert path.stat().st_size > 15 * MEGABYTE
    assert peak_of(lambda: verify(rows(path))) < 2


def test_ids_that_only_grow_are_checked_for_repetition_in_constant_memory(tmp_path):
    write_csv(tmp_path / "log.csv", many(50_000))
    assert peak_of(lambda: verify(rows(tmp_path))) < 2


@pytest.mark.parametrize("groups", ["ours", "one"])
def test_a_parquet_file_is_read_by_batches_however_large_its_groups_are(tmp_path, groups):
    path = tmp_path / "log.parquet"
    write_parquet(path, seal(many(100_000)))
    if groups == "one":
        table = pq.read_table(path)
        pq.write_table(table, path, row_group_size=len(table))
        del table
    before, arrow = pa.total_allocated_bytes(), []

    def read():
        for row in islice(rows(path), 30_000):
            if row.seq % 1000 == 0:
                arrow.append(pa.total_allocated_bytes() - before)

    assert peak_of(read) < 16
    assert max(arrow) < 32 * MEGABYTE


def test_rows_are_written_as_they_come(tmp_path, monkeypatch):
    write_parquet(tmp_path / "warm", [])  # importing pyarrow is not to be counted
    monkeypatch.setattr("impact.parquet.GROUP", 1000)
    for write in (write_csv, write_parquet):
        assert peak_of(lambda write=write: write(tmp_path / "log", many(20_000))) < 4


def test_the_first_rows_are_given_before_the_last_are_read(tmp_path):
    path = tmp_path / "log.csv"
    write_csv(path, seal(many(1000)))
    path.write_text(path.read_text() + "damaged\n")
    first = rows(path)
    assert [next(first).seq for _ in range(3)] == [1, 2, 3]
    first.close()
