"""The Parquet side of `impact.log`, apart because pyarrow costs a process 40 MB."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from impact.chain import canonical_facts
from impact.row import LogError, Row, columns_in, nfc, typed

GROUP = 65_536  # rows written together
BATCH = 8_192  # rows read together
BUFFER = 2**20  # bytes of each column read ahead, however large a row group is

_TYPES = {"ts_event": pa.timestamp("us", tz="UTC"), "minutes": pa.int64(), "seq": pa.int64()}
_TYPES["ts_recorded"] = _TYPES["ts_event"]


def read(path: Path) -> Iterator[Row]:
    line = 0
    try:
        with pq.ParquetFile(path, buffer_size=BUFFER, page_checksum_verification=True) as file:
            columns = columns_in(file.schema_arrow.names, path)
            for batch in file.iter_batches(BATCH, columns=list(columns)):
                cells = [_cells(batch.column(column), path, line, column) for column in columns]
                for values in zip(*cells, strict=True):
                    line += 1
                    yield typed(values, path, line)
    except (pa.ArrowException, OSError) as error:
        words = str(error).splitlines()[0]
        raise LogError(path, line + 1, None, f"the file is not whole, readable Parquet: {words}") from None


def write(path: Path, columns: tuple[str, ...], rows: Iterator[Row]) -> int:
    schema = pa.schema([(column, _TYPES.get(column, pa.string())) for column in columns])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as file:
        while group := list(islice(rows, GROUP)):
            count += len(group)
            file.write_table(pa.table([_array(name, group, schema) for name in columns], schema=schema))
    return count


def _cells(array: pa.Array, path: Path, line: int, column: str) -> list:
    """The values of one column; what Python cannot hold is refused by row: nanoseconds, bytes that are not UTF-8.

    A column of whole numbers with empty cells comes as floating-point from pandas: its whole values are taken as such.
    """
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        for number, scalar in enumerate(array, line + 1):
            if scalar.is_valid and scalar.value % 1000:
                raise LogError(path, number, column, "the time has more than six decimals")
        array = array.cast(pa.timestamp("us", array.type.tz))
    if column in ("minutes", "seq") and pa.types.is_floating(array.type):
        return [int(value) if value is not None and value.is_integer() else value for value in array.to_pylist()]
    try:
        return array.to_pylist()
    except UnicodeDecodeError:
        for number, scalar in enumerate(array, line + 1):
            try:
                scalar.as_py()
            except UnicodeDecodeError:
                raise LogError(path, number, column, "the text is not UTF-8") from None
        raise


def _array(name: str, group: Iterable[Row], schema: pa.Schema) -> pa.Array:
    values = [getattr(row, name) for row in group]
    if name == "facts":
        values = map(canonical_facts, values)
    elif schema.field(name).type == pa.string():
        values = map(nfc, values)
    return pa.array(values, schema.field(name).type)
