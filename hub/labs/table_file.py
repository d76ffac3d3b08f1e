"""A table that somebody sends, CSV or XLSX, as rows of plain cells: nothing of it is computed, and what is too large is refused
before it is unpacked."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from openpyxl import load_workbook

from hub.refusal import Refusal

MOST_BYTES = 2_000_000  # as it is sent
MOST_UNPACKED, MOST_PARTS = 20_000_000, 300  # of an XLSX, which is an archive
MOST_ROWS, MOST_COLUMNS = 200, 60  # besides the header
FURTHEST_ROW = 2 * MOST_ROWS  # how far down a sheet is looked at: empty rows between others are forgiven
MOST_SIGNS = 2000  # of a cell
SEPARATORS = ";,\t"
OLD_XLS, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
ENTITIES = tuple("<!D".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))  # of a DOCTYPE, which may explode


class Formula(str):
    """A cell that a spreadsheet would compute."""


Cell = str | date
Row = tuple[int, list[Cell]]


def rows_of(sent: bytes) -> list[Row]:
    """(its number in the spreadsheet, its cells) of each row that holds something, the header first. Raises Refusal."""
    if len(sent) > MOST_BYTES:
        raise Refusal(
            "Il file è troppo grande: al massimo %(most)s MB.", field="file", rule="file-size", most=MOST_BYTES // 1_000_000
        )
    if sent.startswith(OLD_XLS):
        raise Refusal(
            "È un vecchio file .xls, o è protetto da una password: salvalo come .xlsx senza password.",
            field="file",
            rule="file-kind",
        )
    rows = _limited(_xlsx(sent) if sent.startswith(ZIP) else _csv(_text(sent)))
    if not rows:
        raise Refusal("Il file è vuoto: usa il modello.", field="file", rule="file-empty")
    return rows


def _limited(rows: Iterable[Row]) -> list[Row]:
    found = []
    for number, cells in rows:
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise Refusal(
                "Il file ha più di %(most)s colonne: usa il modello.", field="file", rule="file-columns", most=MOST_COLUMNS
            )
        if len(found) > MOST_ROWS:
            raise Refusal(
                "Il file ha più di %(most)s righe: dividilo in più file.", field="file", rule="file-rows", most=MOST_ROWS
            )
        if any(len(cell) > MOST_SIGNS for cell in cells if isinstance(cell, str)):
            raise Refusal(
                "Alla riga %(row)s una cella ha più di %(most)s caratteri: accorciala.",
                field="file",
                rule="file-cell",
                row=number,
                most=MOST_SIGNS,
            )
        found.append((number, cells))
    return found


# --- CSV


def _text(sent: bytes) -> str:
    """The words of a CSV: UTF-8, or Windows-1252 as spreadsheets of Windows write it."""
    text = None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = sent.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or any(ord(sign) < 32 and sign not in "\r\n\t" for sign in text):
        raise Refusal("Questo file non è una tabella: manda un file .xlsx, oppure .csv.", field="file", rule="file-kind")
    return text


def _csv(text: str) -> Iterator[Row]:
    """The rows of a CSV, whose separator is the one that its first line has most of."""
    first, _end, rest = text.partition("\n")
    skipped = first.lower().startswith("sep=")  # a line that a spreadsheet writes for itself
    separator = max(SEPARATORS, key=(rest.partition("\n")[0] if skipped else first).count)
    lines = io.StringIO(rest if skipped else text, newline="")
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), 2 if skipped else 1):
            yield number, [cell.strip() for cell in cells]
    except csv.Error:
        raise Refusal(
            "Le virgolette del file non tornano: salvalo di nuovo dal foglio di calcolo.", field="file", rule="file-quotes"
        ) from None


# --- XLSX


def _xlsx(sent: bytes) -> Iterator[Row]:
    """The rows of the first sheet. Whatever the library cannot read is refused in words: a file may be broken in any way."""
    try:
        _must_unpack_to_little(sent)
        book = load_workbook(io.BytesIO(sent), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # which the file may state as it likes
            rows = sheet.iter_rows(max_row=FURTHEST_ROW, max_col=MOST_COLUMNS + 1)
            return iter([(number, [_cell(one) for one in row]) for number, row in enumerate(rows, 1)])
        finally:
            book.close()
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(
            "Il file non si apre: salvalo di nuovo come .xlsx, oppure come .csv.", field="file", rule="file-broken"
        ) from error


def _must_unpack_to_little(sent: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        parts = archive.infolist()
        # what an archive states of a part is all that is ever unpacked of it
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Refusal("Il file contiene troppo: copia le righe nel modello.", field="file", rule="file-bomb")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and any(mark in archive.read(part) for mark in ENTITIES):
                raise Refusal("Il file contiene troppo: copia le righe nel modello.", field="file", rule="file-bomb")


def _cell(cell: object) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        return Formula(value if isinstance(value, str) else getattr(value, "text", None) or "=")  # one of many cells at once
    match value:
        case None:
            return ""
        case bool():
            return "sì" if value else "no"
        case datetime():
            return value.date()
        case date():
            return value
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()
