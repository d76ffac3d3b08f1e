"""The side files of a log: who the pseudonyms are in kind, what the activities are, openings, costs, schools.

All are CSV in UTF-8, and optional: what needs an absent one has no data, which is not 0. Columns are found by name and all
of those listed here must be there; further ones are ignored.
"""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from impact.acts import LARGEST_INTEGER
from impact.row import LogError, nfc

AGE_BANDS = ("0-10", "11-13", "14-17", "18-29", "30-64", "65+")
MINORS = AGE_BANDS[:3]
THEMES = ("steam", "life-skills", "entrepreneurship", "inclusion", "community")
Read = Callable[[str], Any]


def _text(cell: str) -> str | None:
    return nfc(cell) or None


def _required(cell: str) -> str:
    if not cell:
        raise ValueError("is empty: every row needs it")
    return nfc(cell)


def _one_of(*choices: str, empty: str | None = None) -> Read:
    def read(cell: str) -> str | None:
        if cell and cell not in choices:
            raise ValueError(f"{cell!r} is not one of {', '.join(choices)}")
        return cell or empty

    return read


def _yes(cell: str) -> int | None:
    """1 or 0: engines agree on whole numbers."""
    if cell.lower() not in _ANSWERS:
        raise ValueError(f"{cell!r} is neither yes nor no")
    return _ANSWERS[cell.lower()]


_ANSWERS = {"": None, "yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}


def _sure(cell: str) -> int:
    if (answer := _yes(cell)) is None:
        raise ValueError("is empty: write yes or no")
    return answer


def _whole(cell: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch("[0-9]{1,16}", cell) or int(cell) > LARGEST_INTEGER:
        raise ValueError(f"{cell!r} is not a whole number from 0 up: write it in digits, as in 90")
    return int(cell)


def _amount(cell: str) -> int:
    _required(cell)
    return _whole(cell)


def _month(cell: str) -> int:
    """The number of a month: 12 times its year, and 0 for January up to 11 for December."""
    if not re.fullmatch("[12][0-9]{3}-(0[1-9]|1[0-2])", cell):
        raise ValueError(f"{cell!r} is not a month: write it as in 2023-03")
    return int(cell[:4]) * 12 + int(cell[5:]) - 1


class Side(NamedTuple):
    """One file: how each column is read, the columns that may not repeat together, and the types of its table."""

    columns: dict[str, Read]
    unique: tuple[str, ...]


SIDES: dict[str, Side] = {
    "people": Side(
        {
            "person": _required,
            "kind": _one_of("person", "org", empty="person"),
            "age_band": _one_of(*AGE_BANDS),
            **dict.fromkeys(("gender", "centre", "cohort"), _text),
            "disability": _yes,
        },
        ("person",),
    ),
    "activities": Side(
        {
            "activity": _required,
            "kind": _text,
            "theme": _one_of(*THEMES),
            "edition": _text,
            "scheduled_minutes": _whole,
            "group": _yes,
            "sdg": _text,
        },
        ("activity",),
    ),
    "openings": Side({"space": _required, "month": _month, "bookable_minutes": _amount}, ("space", "month")),
    "costs": Side({"activity": _required, "month": _month, "eligible_cents": _amount}, ()),
    "schools": Side({"person": _required, "school_year": _required, "promoted": _sure}, ("person", "school_year")),
}
NUMBERS = ("month", "scheduled_minutes", "bookable_minutes", "eligible_cents", "disability", "group", "promoted")


def read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of the side files in a folder, by the name of the file; of an absent one there is no entry."""
    if not folder.is_dir():
        raise LogError(folder, None, None, "there is no such folder")
    files = {name: folder / f"{name}.csv" for name in SIDES}
    return {name: list(_rows(file, SIDES[name])) for name, file in files.items() if file.exists()}


def _rows(path: Path, side: Side) -> Iterator[dict[str, Any]]:
    seen: set[tuple] = set()
    for line, cells in _lines(path, tuple(side.columns)):
        row = {}
        for column, reader in side.columns.items():
            try:
                cells[column].encode()
                row[column] = reader(cells[column])
            except UnicodeEncodeError:
                raise LogError(path, line, column, "the text is not UTF-8: save the file in UTF-8") from None
            except ValueError as error:
                raise LogError(path, line, column, str(error)) from None
        key = tuple(row[column] for column in side.unique)
        if side.unique and key in seen:
            words = " and ".join(cells[column] for column in side.unique)
            raise LogError(path, line, side.unique[0], f"{words!r} stands in an earlier row: give it once")
        seen.add(key)
        yield row


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line at which it begins."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            for column in columns:
                if header.count(column) != 1:
                    words = "stands twice in the header" if column in header else f"is missing: the header is {header!r:.80}"
                    raise LogError(path, 1, column, f"the column {words}")
            line = lines.line_num + 1
            for cells in lines:
                if len(cells) == len(header):
                    yield line, dict(zip(header, cells, strict=True))
                elif cells:
                    words = f"the row has {len(cells)} cells and the header {len(header)}"
                    raise LogError(path, line, header[min(len(cells), len(header) - 1)], words)
                line = lines.line_num + 1
    except csv.Error as error:
        raise LogError(path, line, None, f"the row is not CSV: {error}") from None
    except OSError as error:
        raise LogError(path, None, None, f"the file cannot be opened: {error.strerror}") from None
