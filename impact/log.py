"""Read and write a participation log: a CSV or Parquet file, or a folder with `log.csv` or `log.parquet`; read a database.

Reading is lazy: one row (CSV) or one batch (Parquet) is in memory at a time. Choices that the format leaves open:

- Columns are found by name, in any order; further columns are ignored. The three of the seal come together or not at
  all. Blank lines and a byte order mark are skipped.
- A time without offset is Europe/Rome. One that does not exist there (clocks forward), or exists twice (clocks back),
  is refused rather than guessed.
- Whole numbers are digits: `90.0` is refused. A floating-point column of a Parquet file may hold whole values.
- `event_id` may not repeat among unsealed rows. Ids that only grow, as those of UUID version 7 in id order, are checked
  in constant memory; otherwise a 16-byte digest of each id is held, about 100 bytes a row. In a sealed log `seq`
  grows by one at every row, so a row put in twice already breaks the chain.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import chain, takewhile
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from impact import database
from impact.chain import canonical_facts, utc
from impact.row import COLUMNS, UNSEALED, LogError, Row, columns_in, nfc, typed


def rows(source: str | os.PathLike) -> Iterator[Row]:
    """The rows of a log, in the order of the file. Raises `LogError`, in words, at the first row that cannot be read."""
    if database.is_url(source):
        return _unrepeated(lambda: database.rows(str(source)), database.shown(str(source)))
    path = locate(source)
    if is_parquet(path):
        # Here, for a portal that only records acts would pay 40 MB in each process for pyarrow.
        from impact.parquet import read
    else:
        read = _read_csv
    return _unrepeated(lambda: read(path), path)


def write_csv(target: str | os.PathLike | TextIO, rows: Iterable[Row]) -> int:
    """Write rows as a CSV (UTF-8, one header, \\n at line ends) and return how many.

    `target` is a path, where the file appears only once it is whole, or a text file open with `newline=""`. The
    columns of the seal are written unless the first row is unsealed. Raises `LogError` for a text that a spreadsheet
    would take for a formula (acts never hold one), and for a sealed row after an unsealed first one.
    """
    if hasattr(target, "write"):
        return _write_csv(target, rows, "the CSV")
    with whole(target) as part, open(part, "w", encoding="utf-8", newline="") as file:
        return _write_csv(file, rows, target)


def write_parquet(path: str | os.PathLike, rows: Iterable[Row]) -> int:
    """Write rows as a Parquet file, in groups of 65,536, and return how many.

    Times are UTC microseconds, `minutes` and `seq` 64-bit integers, everything else text, `facts` canonical JSON. The
    columns of the seal and the whole file: as in `write_csv`.
    """
    from impact.parquet import write  # as in rows()

    with whole(path) as part:
        return write(part, *_columns_of(rows, path))


def _columns_of(rows: Iterable[Row], file: object) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The columns that these rows need, by the first of them, and the rows."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return COLUMNS, rows
    rows = chain((first,), rows)
    return (UNSEALED, _only_unsealed(rows, file)) if first.seq is None else (COLUMNS, rows)


def _only_unsealed(rows: Iterable[Row], file: object) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        if row.seq is not None:
            raise LogError(file, number, "seq", "the row is sealed after an unsealed one: give the sealed rows first")
        yield row


@contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place at the end, or goes away if writing fails."""
    part = Path(f"{os.fspath(path)}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def locate(source: str | os.PathLike) -> Path:
    """The file of a log, given by itself or by its folder."""
    path = Path(source)
    if not path.is_dir():
        if not path.exists():
            raise LogError(path, None, None, "there is no such file or folder")
        return path
    found = [path / name for name in ("log.csv", "log.parquet") if (path / name).is_file()]
    if len(found) == 1:
        return found[0]
    raise LogError(path, None, None, f"the folder has {'both' if found else 'neither'} log.csv and log.parquet: keep one")


def is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1" or path.suffix.lower() == ".parquet"
    except OSError as error:
        raise LogError(path, None, None, f"the file cannot be opened: {error.strerror}") from None


def _read_csv(path: Path) -> Iterator[Row]:
    # Bytes that are not UTF-8 become lone surrogates, which the reader of the cell refuses by line and column.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, strict=True)
        line = 1
        try:
            header = next(lines, [])
            pick = itemgetter(*map(header.index, columns_in(header, path)))
            line = lines.line_num + 1
            for cells in lines:
                if len(cells) == len(header):
                    yield typed(pick(cells), path, line)
                elif cells:
                    words = f"the row has {len(cells)} cells and the header {len(header)}"
                    raise LogError(path, line, header[min(len(cells), len(header) - 1)], words)
                line = lines.line_num + 1
        except csv.Error as error:
            raise LogError(path, line, None, f"the row is not CSV: {error}") from None


def _write_csv(file: TextIO, rows: Iterable[Row], name: object) -> int:
    columns, rows = _columns_of(rows, name)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    line = 1
    for line, row in enumerate(rows, 2):
        cells = [nfc(cell) if isinstance(cell, str) else cell for cell in row[: len(columns)]]
        for column, cell in zip(columns, cells, strict=True):
            if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                raise LogError(name, line, column, f"a spreadsheet would take {cell!r} for a formula: write Parquet")
        cells[1], cells[2], cells[10] = utc(row.ts_event), utc(row.ts_recorded), canonical_facts(row.facts)
        writer.writerow(cells)
    return line - 1


def _unrepeated(read: Callable[[], Iterator[Row]], path: object) -> Iterator[Row]:
    """The rows, once it is sure that no unsealed one repeats an event_id."""
    greatest, seen = "", None
    for row in read():
        if row.seq is None:
            if seen is None and row.event_id <= greatest:
                seen = _digests_before(row.line, read())
            if seen is None:
                greatest = row.event_id
            elif (digest := _digest(row)) not in seen:
                seen.add(digest)
            else:
                raise LogError(path, row.line, "event_id", f"{row.event_id!r} stands in an earlier row: use it once")
        yield row


def _digests_before(line: int, rows: Iterator[Row]) -> set[bytes]:
    return {_digest(row) for row in takewhile(lambda row: row.line < line, rows)}


def _digest(row: Row) -> bytes:
    return blake2b(row.event_id.encode(), digest_size=16).digest()
