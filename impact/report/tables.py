"""Tables of a report: cells as values, shown to people in their language, to programs as they are.

One sheet of an XLSX, one CSV, one table beneath a chart: all three from the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from impact.indicators.export import as_csv, neutral
from impact.log import whole


class Share(float):
    """From 0 to 1, shown in %."""


class Money(Decimal):
    """An amount, shown with two decimals."""


@dataclass(frozen=True)
class Table:
    """`code` names the sheet and the file; rows hold one cell for each column. `shown`: False for what only files hold."""

    code: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    shown: bool = True


MARKS = {"it": (".", ","), "en": (",", ".")}
ANSWERS = {"it": ("sì", "no"), "en": ("yes", "no")}


def shown(cell: Any, language: str) -> str:
    """A cell for people: thousands and decimals as they write them, four significant digits."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return ANSWERS[language][0 if cell else 1]
    if isinstance(cell, Money):
        return _grouped(f"{cell:,.2f}", language)
    if isinstance(cell, Share):
        return _grouped(f"{100 * cell:,.1f}", language) + " %"
    if isinstance(cell, int):
        return _grouped(f"{cell:,}", language)
    if isinstance(cell, (float, Decimal)):
        rounded = Decimal(f"{cell:.4g}") if abs(cell) < 1000 else Decimal(f"{cell:.1f}")
        return _grouped(f"{rounded:,f}", language)
    return str(cell)


def _grouped(text: str, language: str) -> str:
    thousands, point = MARKS[language]
    return text.replace("-", "−").translate({ord(","): thousands, ord("."): point})


def is_number(cell: Any) -> bool:
    return isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)


def write_csv(path: Path, table: Table) -> None:
    rows = ({str(place): _plain(cell) for place, cell in enumerate(row)} for row in table.rows)
    with whole(path) as part:
        part.write_text(as_csv(map(neutral, table.columns), rows), encoding="utf-8", newline="")


def _plain(cell: Any) -> Any:
    if isinstance(cell, Share):
        return float(cell)
    return format(cell, "f") if isinstance(cell, Decimal) and cell >= 0 else cell


def write_xlsx(path: Path, tables: Sequence[Table]) -> None:
    """One sheet a table, its header frozen. A text that a spreadsheet would compute gets an apostrophe before it."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.code)
        sheet.freeze_panes = "A2"
        sheet.append([neutral(column) for column in table.columns])
        for row in table.rows:
            sheet.append([_stored(cell) for cell in row])
    with whole(path) as part, part.open("wb") as file:
        book.save(file)


def _stored(cell: Any) -> Any:
    if isinstance(cell, Share):
        return float(cell)
    return Decimal(cell) if isinstance(cell, Money) else neutral(cell)
