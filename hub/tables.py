"""Tables that people open in a spreadsheet: the one writer of CSV and XLSX for them, whose cells are text and never formulas.

Semicolons and a byte order mark, as an Italian spreadsheet expects. One that expects commas splits the lines elsewhere:
hence no formula may begin after a separator of any kind within a text either.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

from flask import Response
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

SEPARATED = re.compile(r"([,;\t\r\n][ \"']*)(?=([^ \"']))")


def csv_file(name: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """The table as a file of this name, to be taken away."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_text(header, rows), content_type="text/csv; charset=utf-8", headers=headers)


def csv_text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The table as CSV, its header first; every text in quotes."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([inert(name) for name in header])
    writer.writerows([_with_comma(inert(cell)) for cell in row] for row in rows)
    return file.getvalue()


def _with_comma(value: object) -> object:
    """A number as an Italian spreadsheet reads it: a point would make it a text, or a date."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else str(value).replace(".", ",")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 60  # characters of a column


def xlsx_file(name: str, sheets: Iterable[tuple[str, Iterable[str], Iterable[Iterable[object]]]]) -> Response:
    """Several tables as one file of this name: (title, header, rows) of each, a sheet a table."""
    book = Workbook()
    book.remove(book.active)
    for title, header, rows in sheets:
        sheet = book.create_sheet(SHEET_SIGNS.sub(" ", title)[:31])
        table = [[inert(cell) for cell in row] for row in (tuple(map(str, header)), *rows)]
        for row in table:
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for column, cells in enumerate(zip(*table, strict=True), 1):
            sheet.column_dimensions[get_column_letter(column)].width = min(max(len(str(cell)) for cell in cells) + 2, WIDEST)
    file = io.BytesIO()
    book.save(file)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), content_type=XLSX, headers=headers)


SHEET_SIGNS = re.compile(r"[\[\]:*?/\\]")


def inert(value: object) -> object:
    """The value as a cell that no spreadsheet computes: a text that begins like a formula gets an apostrophe before it.

    What a spreadsheet may skip before a formula is looked through, and invisible signs go. Numbers stay numbers.
    """
    if value is None or isinstance(value, int | float):
        return value
    text = SEPARATED.sub(lambda found: found[1] + "'" * _computes(found[2]), "".join(map(_plain, str(value))))
    first = text.lstrip(" \"'")[:1]
    return f"'{text}" if first in ("\t", "\r", "\n") or _computes(first) else text


def _plain(sign: str) -> str:
    if sign.isprintable() or sign in "\t\r\n":
        return sign
    return " " if unicodedata.category(sign) == "Zs" else ""


def _computes(sign: str) -> bool:
    """Whether what begins with this sign is a formula: in its full-width, small and raised forms too."""
    return sign != "" and unicodedata.normalize("NFKC", sign)[:1] in "=+-@−"
