"""Answers and the catalogue as files: XLSX, CSV, JSON, Parquet, Markdown. A file appears once it is whole.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, in CSV and in XLSX.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from impact.indicators.catalogue import CATALOGUE, VERSION, Answer
from impact.log import whole
from impact.row import LogError

FIRST = ("code", "name", "name_en", "unit", "period")
FIGURES = ("value", "numerator", "denominator", "n", "suppressed", "note", "note_it")
_NUMBERS = ("value", "numerator", "denominator", "n")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(cell: Any) -> Any:
    """A text that no spreadsheet computes."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def flat(answer: Answer) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of a table of these rows, and the rows: each breakdown in a column `by_...`, further figures at the end."""
    groups: dict[str, None] = {}
    more: dict[str, None] = {}
    rows = []
    for row in answer.indicators:
        by = {f"by_{name}": value for name, value in row["by"].items()}
        own = {name: value for name, value in row.items() if name != "by"}
        groups |= dict.fromkeys(by)
        more |= dict.fromkeys(name for name in own if name not in (*FIRST, *FIGURES))
        rows.append(own | by)
    columns = [*FIRST, *groups, *FIGURES, *more]
    return columns, [{name: row.get(name) for name in columns} for row in rows]


def write(path: str | os.PathLike, answer: Answer) -> None:
    """Write the answer in the format that the name of the file ends with. Raises `LogError` for another ending."""
    path = Path(path)
    must_be_known(path)
    try:
        with whole(path) as part:
            _WRITERS[path.suffix.lower()](part, answer)
    except OSError as error:
        raise LogError(path, None, None, f"the file cannot be written: {error.strerror}") from None


def must_be_known(path: str | os.PathLike) -> None:
    if Path(path).suffix.lower() not in _WRITERS:
        raise LogError(path, None, None, f"is of no format that is written here: end it in {', '.join(_WRITERS)}")


def _json(part: Path, answer: Answer) -> None:
    part.write_text(json.dumps(answer.described(), ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _csv(part: Path, answer: Answer) -> None:
    part.write_text(as_csv(*flat(answer)), encoding="utf-8", newline="")


def as_csv(columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else neutral(value)


def _parquet(part: Path, answer: Answer) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, rows = flat(answer)
    arrays = {}
    for name in columns:
        values = [row[name] for row in rows]
        numbers = [value for value in values if value is not None and not isinstance(value, (str, bool))]
        if name in _NUMBERS or numbers:
            arrays[name] = pa.array([None if value is None else float(value) for value in values], pa.float64())
        else:
            arrays[name] = pa.array(values, pa.bool_() if name == "suppressed" else pa.string())
    told = {"log_head": answer.log_head or "", "definitions_version": answer.definitions_version}
    pq.write_table(pa.table(arrays).replace_schema_metadata(told), part)


def _xlsx(part: Path, answer: Answer) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for code in dict.fromkeys(row["code"] for row in answer.indicators):
        own = Answer([row for row in answer.indicators if row["code"] == code], answer.log_head, answer.rows, answer.threshold)
        columns, rows = flat(own)
        _sheet(book, code, columns, rows)
    _sheet(book, "definitions", *_definitions())
    about = {"log_head": answer.log_head, "rows": answer.rows, "threshold": answer.threshold}
    about["definitions_version"] = answer.definitions_version
    _sheet(book, "about", ["key", "value"], [{"key": key, "value": value} for key, value in about.items()])
    with part.open("wb") as file:
        book.save(file)


def _sheet(book: Any, title: str, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(columns)
    for row in rows:
        sheet.append([neutral(value) for value in row.values()])


_WRITERS: dict[str, Callable[[Path, Answer], None]] = {".xlsx": _xlsx, ".csv": _csv, ".json": _json, ".parquet": _parquet}


# --- the catalogue


def _definitions() -> tuple[list[str], list[dict[str, Any]]]:
    rows = [dict(_flat(chosen.described())) for chosen in CATALOGUE.values()]
    return list(rows[0]), rows


def _flat(told: dict[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}_")
        else:
            yield before + key, ", ".join(value) if isinstance(value, list) else value


def catalogue_json() -> str:
    told = {"indicators": [chosen.described() for chosen in CATALOGUE.values()], "definitions_version": VERSION}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def catalogue_csv() -> str:
    return as_csv(*_definitions())


def catalogue_text() -> str:
    lines = [f"{code}  {chosen.name['it']} / {chosen.name['en']} ({chosen.unit})" for code, chosen in CATALOGUE.items()]
    return "\n".join([*lines, f"Definitions {VERSION}.", ""])


def catalogue_md() -> str:
    """Everything that an indicator carries, for people: a section each, Italian first."""
    return f"# Catalogo degli indicatori / Indicator catalogue {VERSION}\n\n" + "\n".join(map(_section, CATALOGUE.values()))


def _section(chosen: Any) -> str:
    told = chosen.described()
    definition = told["definition"]
    lines = [f"## {chosen.code} {chosen.name['it']} / {chosen.name['en']}", ""]
    pairs = {"Domanda / Question": told["question"], "Numeratore / Numerator": definition["numerator"]}
    pairs |= {"Denominatore / Denominator": definition["denominator"], "Esclusioni / Exclusions": definition["exclusions"]}
    pairs |= {"Limiti / Limits": told["limits"]}
    lines += [f"- **{label}**: {words['it']} / {words['en']}" for label, words in pairs.items()]
    nature = f"{chosen.level}, {'direct' if chosen.direct else 'indirect'}, {'additive' if chosen.additive else 'not additive'}"
    lines += [f"- **Unità / Unit**: {chosen.unit}; **ToC**: {nature}; **n**: {chosen.counts}, at least {chosen.minimum_n}"]
    sources = [*told["source_events"], *told["side_files"]]
    lines += [f"- **Fonti / Sources**: {_listed(sources)}", f"- **Per / By**: {_listed(told['disaggregations'])}"]
    lines += [f"- **SDG**: {_listed(chosen.sdg)}; **IRIS+ 5.3**: {_listed(chosen.iris)}; **version**: {chosen.version}", ""]
    return "\n".join(lines)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "-"
