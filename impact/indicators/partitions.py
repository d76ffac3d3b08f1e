"""What is computed by month and kept: the attendance of each month, which costs most, under a fingerprint of its rows.

The piece of a month is a Parquet file of its valid, last attendance records; it depends on the rows of attendance that
stand in that month (by their session), and on nothing else. Attendance of sessions that the log does not hold is in no
piece: a later record may carry another day, and so another month. A new event or a void changes the fingerprint of the months
that it touches, and of no others: only those are computed again. Unique people are counted from the pieces, never summed.
"""

import os
from pathlib import Path

import duckdb
import ibis
import pyarrow.parquet as pq

from impact.engines.duck import DuckDB, quoted
from impact.indicators.view import ATTENDANCE, RECORD, Log
from impact.row import LogError

FORMAT = f"1-{duckdb.__version__}"  # fingerprints are DuckDB's hashes, which another version may change


def use(folder: Path, log: Log) -> list[int]:
    """Give the log its attendance from the pieces in this folder; returns the months that had to be computed anew."""
    if not isinstance(log.engine, DuckDB):
        raise LogError("--cache", None, None, "keeps what DuckDB computes: leave out --cache or --engine")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogError(folder, None, None, f"the folder cannot be made: {error.strerror}") from None
    records = log.placed(log.rows_of(ATTENDANCE).select(*RECORD))
    placed = records.filter(records.is_placed)
    wanted = {row["month"]: folder / f"{row['month']}-{row['print']}.parquet" for row in _fingerprints(log, placed)}
    anew = sorted(month for month, file in wanted.items() if not _is_whole(file))
    if anew:
        finished = log.engine.keep(_last(log, placed.filter(placed.month.isin(anew))))
        for month in anew:
            _write(log, finished.filter(finished.month == month), wanted[month])
    for old in folder.glob("*.parquet"):
        if old not in wanted.values():
            old.unlink(missing_ok=True)
    pieces = log.engine.keep(_last(log, records.filter(~records.is_placed)))
    if wanted:
        files = ", ".join(map(quoted, wanted.values()))
        pieces = pieces.union(log.engine.view(f"SELECT * FROM read_parquet([{files}])"))  # noqa: S608
    log.give("attendance", pieces)
    return anew


def _last(log: Log, records: ibis.Table) -> ibis.Table:
    return log.finished(log.engine.last(records, ("person", "activity", "session"), ATTENDANCE))


def _fingerprints(log: Log, placed: ibis.Table) -> list[dict]:
    """For each month, a digest of its rows that does not depend on their order."""
    sql = log.engine.connection.compile(placed.select("month", *RECORD))
    digest = f"hash({', '.join(RECORD)})"
    figures = f"format('{FORMAT}-{{}}-{{}}-{{}}', count(*), bit_xor({digest}), sum({digest}::HUGEINT)) AS print"
    return log.engine.rows(log.engine.view(f"SELECT month, {figures} FROM ({sql}) GROUP BY month"))  # noqa: S608


def _is_whole(file: Path) -> bool:
    try:
        pq.read_metadata(file)
    except (OSError, ValueError):
        return False
    return True


def _write(log: Log, records: ibis.Table, file: Path) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        log.engine.connection.to_parquet(records, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
