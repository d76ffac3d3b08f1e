"""The report as files: HTML and tagged PDF, XLSX and CSV, in Italian and English; INDIGO and results as JSON."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any

import jinja2
import typst
from markupsafe import Markup

from impact.log import whole
from impact.report import bundle, charts
from impact.report.reproduce import inspect
from impact.report.story import Report, report
from impact.report.tables import is_number, shown, write_csv, write_xlsx
from impact.report.words import LANGUAGES
from impact.siinc.contract import Contract, read_contract
from impact.siinc.indigo import project
from impact.siinc.settle import Gates, Settlement, Values, settle

HERE = Path(__file__).parent


def write(source: str | os.PathLike, folder: Path) -> list[Path]:
    """Write the report of a statement (a zip) into a folder: `it/` and `en/`, indigo.json, results.json; the files.

    Raises `LogError` for a zip that is not what its manifest and signature say.
    """
    with TemporaryDirectory(prefix="impact-") as temporary:
        unpacked = Path(temporary)
        names = bundle.unpack(source, unpacked)
        manifest, found = inspect(unpacked, names)
        if found.differences:
            one = found.differences[0]
            raise bundle.fail(source, f"{one.file} is not what the statement says: see `reproduce`")
        results = bundle.read_json(unpacked, bundle.RESULTS)
        contract = read_contract(unpacked / bundle.CONTRACT)
        told = {language: report(results, manifest, found.public_key, language) for language in LANGUAGES}
        indigo = project(contract, [settlement(contract, results)])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            written = [path for one in told.values() for path in _language(folder / one.language, one)]
            written.append(_text(folder / "indigo.json", json.dumps(indigo, ensure_ascii=False, indent=2) + "\n"))
            shutil.copyfile(unpacked / bundle.RESULTS, folder / bundle.RESULTS)
        except OSError as error:
            raise bundle.fail(error.filename or folder, f"the file cannot be written: {error.strerror}") from None
    return [*written, folder / bundle.RESULTS]


def _language(folder: Path, told: Report) -> list[Path]:
    folder.mkdir(exist_ok=True)
    page, paper, book = (folder / f"report.{kind}" for kind in ("html", "pdf", "xlsx"))
    _text(page, html(told))
    with whole(paper) as part:
        part.write_bytes(pdf(told))
    write_xlsx(book, told.tables)
    tables = [folder / f"{table.code}.csv" for table in told.tables]
    for path, table in zip(tables, told.tables, strict=True):
        write_csv(path, table)
    return [page, paper, book, *tables]


def _text(path: Path, text: str) -> Path:
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="")
    return path


def html(told: Report) -> str:
    """One page with everything in it: no scripts, nothing fetched."""
    return _page().render(
        report=told,
        shown=partial(shown, language=told.language),
        is_number=is_number,
        picture=lambda svg, name: Markup(charts.picture(svg, name)),  # noqa: S704 - drawn by the library, which escapes words
    )


@cache
def _page() -> jinja2.Template:
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    return page.from_string((HERE / "report.html").read_text("utf-8"))


def pdf(told: Report) -> bytes:
    """Tagged for screen readers (PDF/UA-1), the same bytes twice."""
    inputs = {"values": json.dumps(_paper(told), ensure_ascii=False)}
    template = (HERE / "report.typ").read_bytes()
    try:
        return typst.compile(template, sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:  # a sign that no font has: the standard refuses it, a plain PDF shows a box
        return typst.compile(template, sys_inputs=inputs)


def _paper(told: Report) -> dict[str, Any]:
    """As the template reads it: cells as texts, hashes broken into groups, columns as wide as their longest word wants."""
    document = asdict(told)
    for section, own in zip(document["sections"], told.sections, strict=True):
        section["tables"] = []
        for table in (one for one in own.tables if one.shown):
            rows = [[_breakable(shown(cell, told.language)) for cell in row] for row in table.rows]
            cells = [list(table.columns), *rows]
            widths = [max(8, min(30, max(len(row[place]) for row in cells))) for place in range(len(table.columns))]
            section["tables"].append({"caption": table.caption, "columns": list(table.columns), "rows": rows, "widths": widths})
    document["lead"] = [_breakable(words) for words in told.lead]
    return document


def _breakable(text: str) -> str:
    """Long hashes may be broken (with a space of no width) where a line ends."""
    return " ".join(word if len(word) < 40 else "\u200b".join(wrap(word, 16)) for word in text.split(" "))


def settlement(contract: Contract, results: Mapping[str, Any]) -> Settlement:
    """The settlement that results.json tells, as an object again."""
    settled, told = results["settlement"], results["metrics"]
    by_code = {key: {one["code"]: _decimal(one[key]) for one in told} for key in ("value", "lower_bound", "standard_error")}
    gates = dict(results["gates"])
    shares = {arm: _decimal(share) for arm, share in gates.pop("completeness").items()}
    values = Values(
        period=settled["period"],
        values=by_code["value"],
        paid_before=Decimal(settled["paid_before"]),
        gates=Gates(**gates, completeness=shares),
        lower_bounds=by_code["lower_bound"],
        standard_errors=by_code["standard_error"],
        verified_investment=_decimal(results["verified_private_investment"]),
    )
    return settle(contract, values)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
