"""One row of the participation log: its columns, and the checks that turn cells of a file into typed values.

What is written is strict (`impact.acts`); what is read is tolerant where the file format is: identifiers are any text,
statuses any code unless the format closes them, facts may hold keys that no act has.
"""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, NamedTuple
from unicodedata import normalize
from zoneinfo import ZoneInfo

from impact.acts import ACTS, LARGEST_INTEGER

ROME = ZoneInfo("Europe/Rome")


class Row(NamedTuple):
    """A typed row. Text is NFC, an empty cell is None; times are aware datetimes in UTC; `minutes` are whole minutes.

    `seq`, `prev_hash` and `hash` are None in a row not yet sealed. `line` is where the row begins in its file: the
    line of a CSV (the header is line 1), the row of a Parquet file counted from 1, None for a row from elsewhere.
    """

    event_id: str
    ts_event: datetime
    ts_recorded: datetime
    type: str
    person: str | None = None
    activity: str | None = None
    session: str | None = None
    minutes: int | None = None
    status: str | None = None
    ref: str | None = None
    facts: dict[str, Any] = {}  # never changed in place
    seq: int | None = None
    prev_hash: str | None = None
    hash: str | None = None
    line: int | None = None


COLUMNS: tuple[str, ...] = Row._fields[:14]
SEAL: tuple[str, ...] = COLUMNS[11:]
UNSEALED: tuple[str, ...] = COLUMNS[:11]


class LogError(ValueError):
    """A log that cannot be read. `line` and `column` are None where the fault is in no one place of the file."""

    def __init__(self, file: Any, line: int | None, column: str | None, words: str) -> None:
        self.file, self.line, self.column, self.words = str(file), line, column, words
        place = [self.file]
        place += [f"line {line}"] if line is not None else []
        place += [f"column {column}"] if column is not None else []
        super().__init__(f"{', '.join(place)}: {words}")


def typed(cells: Sequence[Any], file: Any, line: int) -> Row:
    """The row that these cells spell, in the order of `COLUMNS` (11 cells, or 14 in a sealed log).

    Cells are text, or the native values of a Parquet file. Raises `LogError` naming file, line and column.
    """
    values = []
    for column, read, cell in zip(COLUMNS, READERS, cells, strict=False):
        try:
            values.append(read(cell))
        except ValueError as error:
            raise LogError(file, line, column, str(error)) from None
    values += (None,) * (14 - len(values))
    row = Row(*values, line)
    act = ACTS.get(row.type)
    if act is None:
        raise LogError(file, line, "type", _unknown_type(row.type))
    for column in act.needs:
        if getattr(row, column) is None:
            raise LogError(file, line, column, f"is empty: {row.type} needs it")
    if act.statuses and row.status not in act.statuses:
        raise LogError(file, line, "status", f"{row.status!r} is not one of {', '.join(act.statuses)}")
    return row


def columns_in(names: Sequence[str], file: Any) -> tuple[str, ...]:
    """The columns to read from a file with these names: 11 of `COLUMNS`, or all 14 if it is sealed."""
    for column in COLUMNS:
        if names.count(column) > 1:
            raise LogError(file, 1, column, "the column stands twice in the header")
    columns = COLUMNS if any(column in names for column in SEAL) else UNSEALED
    for column in columns:
        if column not in names:
            why = "a sealed log has seq, prev_hash and hash" if column in SEAL else f"the header is {_short(list(names))}"
            raise LogError(file, 1, column, f"the column is missing: {why}")
    return columns


def nfc(text: str | None) -> str | None:
    return text if text is None or text.isascii() else normalize("NFC", text)


def _text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if not isinstance(cell, str):
        raise ValueError(f"holds {cell!r} where text is wanted: store the column as text")
    if cell.isascii():
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{cell!r} is not UTF-8: save the file in UTF-8") from None
    return normalize("NFC", cell)


def _required(cell: Any) -> str:
    text = _text(cell)
    if text is None:
        raise ValueError("is empty: every row needs it")
    return text


_TOKEN = re.compile(r"[\w.:/+=-]{1,64}")  # letters and digits of any alphabet: no spaces, no symbols, no free text


def _status(cell: Any) -> str | None:
    text = _text(cell)
    if text is not None and not _TOKEN.fullmatch(text):
        raise ValueError(f"{text!r} is not a code: use letters, digits and . _ : / + = - without spaces, 64 at most")
    return text


_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII)


def _time(cell: Any) -> datetime:
    moment = cell
    if isinstance(cell, str) and cell:
        if not _TIME.fullmatch(cell):
            raise ValueError(_not_a_time(cell))
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            raise ValueError(_not_a_time(cell)) from None
    elif cell is None or cell == "":
        raise ValueError("is empty: every row needs a time")
    elif not isinstance(cell, datetime):
        raise ValueError(_not_a_time(cell))
    try:
        return (_in_rome(moment) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError:
        raise ValueError(_not_a_time(cell)) from None


def _not_a_time(cell: Any) -> str:
    return f"{cell!r} is not a time: write it in ISO 8601, with at most six decimals, as in 2023-03-06T15:00:00.000000Z"


def _in_rome(moment: datetime) -> datetime:
    """The instant of a Rome wall clock, which the two nights of the year when clocks change may not have, or twice."""
    early, late = moment.replace(tzinfo=ROME, fold=0), moment.replace(tzinfo=ROME, fold=1)
    change = late.utcoffset() - early.utcoffset()
    if change.total_seconds() > 0:
        raise ValueError(f"{moment} does not exist in Europe/Rome, where the clocks went forward: write another time")
    if change:
        raise ValueError(f"{moment} came twice in Europe/Rome, where the clocks went back: write its offset")
    return early


def _whole(cell: Any) -> int | None:
    if cell is None or cell == "":
        return None
    is_digits = isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) <= 16
    number = int(cell) if is_digits else cell
    if type(number) is int and 0 <= number <= LARGEST_INTEGER:
        return number
    raise ValueError(f"{_short(cell)} is not a whole number from 0 up: write it in digits, as in 90")


def facts_of(cell: Any) -> dict[str, Any]:
    """The facts that a cell spells. Raises `ValueError` in words."""
    text = _text(cell)
    if text is None or text == "{}":
        return {}
    try:
        facts = _JSON.decode(text)
        if "\\" in text:  # what was escaped is not NFC yet
            facts = _JSON.decode(normalize("NFC", json.dumps(facts, ensure_ascii=False)))
    except RecursionError:
        raise ValueError("is nested too deep: use numbers, codes and lists of them") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{_short(text)} is not JSON: {error.msg} at character {error.pos + 1}") from None
    if not isinstance(facts, dict):
        raise ValueError(f"{_short(text)} is not a JSON object: write one, as in {{}}")
    for key, value in facts.items():
        for item in value if isinstance(value, list) else (value,):
            if not _is_fact(item):
                raise ValueError(f"{key!r} holds {_short(item)}: facts are numbers, codes and lists of them, no free text")
    return facts


def _is_fact(value: Any) -> bool:
    if type(value) is str:
        return _TOKEN.fullmatch(value) is not None
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST_INTEGER


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeats a key: write each once")
    for key in members:
        if not _TOKEN.fullmatch(key):
            raise ValueError(f"has the key {_short(key)}, which is not a code")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 17:
        raise ValueError(f"holds {_short(digits)}: integers go up to {LARGEST_INTEGER}")
    return int(digits)


def _no_constant(name: str) -> float:
    raise ValueError(f"holds {name}, which JSON does not have")


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_no_constant)


def _short(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 80 else f"{words[:77]}..."


def _unknown_type(name: str) -> str:
    near = get_close_matches(name, ACTS, n=1)
    return f"{name!r} is not an act{f', did you mean {near[0]}?' if near else ''} The acts are {', '.join(ACTS)}"


# One reader a column, in the order of COLUMNS.
READERS = (
    *(_required, _time, _time, _required),
    *(_text, _text, _text, _whole, _status, _text, facts_of),
    *(_whole, _text, _text),
)
