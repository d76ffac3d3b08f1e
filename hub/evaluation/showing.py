"""How a figure is shown: its number with its unit, or why there is none; what the codes of its table are called."""

from datetime import date
from typing import NamedTuple

from babel.numbers import format_decimal, format_percent
from flask_babel import gettext as _
from markupsafe import Markup

from hub.charts import bars
from hub.evaluation.figures import EVERYTHING
from hub.evaluation.models import ImpactRelease, ImpactTable
from hub.evaluation.words import COLUMNS, MEASURED, UNITS
from hub.filters import day, language, local
from hub.labs.words import WITHDRAWALS

MOST_BARS = 40
DOCUMENTED = ("OM01", "OM02", "OM05", "OM06", "OM31")  # of these the figures of 2023 are facts in the demo too


class Line(NamedTuple):
    """One row of a table: what it is of, its figure in words, how many stand behind it in words, the number for a chart."""

    words: str
    figure: str
    n: str
    value: float | None


class Shown(NamedTuple):
    """A table of an indicator. column: what its lines are; late: it is of earlier figures than the others, which had to wait."""

    by: str
    title: str
    column: str
    lines: list[Line]
    chart: Markup | None
    table: ImpactTable
    late: bool
    note: str


def figure(row: dict) -> str:
    """41, 220 ore, 80,5%; or that it is hidden, or that there is none."""
    if row["suppressed"]:
        return _("nascosto")
    if row["value"] is None:
        return _("nessun dato")
    if row["unit"] == "%":
        return format_percent(row["value"], "#,##0.#%", locale=language())
    number = format_decimal(round(row["value"], 2), locale=language())
    return f"{number} {UNITS.get(row['unit'], row['unit'])}".strip()


def headline(table: ImpactTable | None) -> str:
    """The one figure of an indicator as a whole; where it has several, or none yet, in words."""
    if table is None or not table.rows:
        return _("nessun dato")
    if len(table.rows) > 1:
        return _("più voci")
    return figure(table.rows[0])


def note(table: ImpactTable | None) -> str:
    """Why a whole table has no figure, "" where it has some."""
    rows = table.rows if table else []
    if not rows or any(row["value"] is not None for row in rows):
        return ""
    return rows[0]["note_it" if language() == "it" else "note"] or ""


def period_name(key: str) -> str:
    """Tutti gli anni, 2023, Edizione 2023."""
    if key == EVERYTHING:
        return _("Tutti gli anni")
    return _("Edizione %(code)s", code=key.removeprefix("edizione-")) if key.startswith("edizione-") else key


def label(by: dict, names: dict[str, dict]) -> str:
    """What a row is of: the name of an activity or a space, a month, a reason."""
    return ", ".join(_label(column, value, names) for column, value in by.items()) or _("Totale")


def _label(column: str, value: object, names: dict[str, dict]) -> str:
    text = str(value)
    if value is None or text == "unknown":
        return _("non noto")
    if column == "month":
        return day(date.fromisoformat(f"{text}-01"), "LLLL y")
    if column == "activity":
        return local(names[text]) if text in names else text
    return str((WITHDRAWALS if column == "reason" else MEASURED.get(column, {})).get(text, text))


def _line(row: dict, release: ImpactRelease) -> Line:
    n = "–" if row["n"] is None else format_decimal(row["n"], locale=language())
    return Line(label(row["by"], release.names), figure(row), n, None if row["suppressed"] else row["value"])


def shown(table: ImpactTable, release: ImpactRelease, *, drawn: bool = True) -> Shown:
    """A table as a page shows it, with its chart where it has figures."""
    title = {"activity": _("Per attività"), "month": _("Per mese")}.get(table.by, _("In tutto"))
    lines = [_line(row, release) for row in table.rows if row["by"] or not table.by]
    if all(row["value"] is None and not row["suppressed"] for row in table.rows):
        lines = []
    values = [(line.words, line.value) for line in lines if line.value is not None][:MOST_BARS]
    is_share = bool(table.rows) and table.rows[0]["unit"] == "%" and all(0 <= value <= 1 for _words, value in values)
    chart = bars(title, values, share=is_share) if drawn and table.by and values else None
    column = str(COLUMNS.get(table.by, _("Voce")))
    return Shown(table.by, title, column, lines, chart, table, table.release_id != release.id, note(table))


def is_documented(code: str) -> bool:
    """Whether the demo's figures of 2023 of this indicator are those of the project's papers."""
    return code in DOCUMENTED
