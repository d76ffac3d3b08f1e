"""The impact, for everybody: the theory of change with its figures, a page for each indicator, the open data."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hub.access import public
from hub.evaluation import figures, showing
from hub.evaluation.forms import PeriodForm
from hub.evaluation.models import ImpactRelease
from hub.evaluation.words import COUNTED, EVENTS, UNITS
from hub.forms import options
from hub.screen import screen
from hub.tables import csv_file
from impact import toc

bp = Blueprint("impact", __name__, url_prefix="/impatto")
bp.app_template_filter("figure")(showing.figure)
COLUMNS = ("code", "period", "by", "group", "value", "unit", "numerator", "denominator", "n", "suppressed", "note", "head")


@bp.get("")
@public
def impact() -> ResponseReturnValue:
    release = figures.latest()
    form, period = _period(release)
    tables = figures.overview(period) if release and not form.errors else {}
    told = {
        "levels": [(level, toc.LEVEL_NAMES[level], [one for one in toc.LINKS if one.level == level]) for level in toc.LEVELS],
        "links": {one.code: one for one in toc.LINKS},
        "areas": {one.code: one for one in toc.AREAS},
        "effects": toc.EFFECTS,
        "purpose": toc.PURPOSE,
    }
    told |= {"names": {one["code"]: one["name"] for one in release.catalogue} if release else {}}
    glance = _at_a_glance(tables, release) if release else []
    ways = {"showing": showing, "tables": tables, "glance": glance, "period": period}
    return screen("evaluation/impact.html", status=form.http_status, form=form, release=release, **told, **ways)


def _at_a_glance(tables: dict, release: ImpactRelease) -> list[tuple[str, list[str]]]:
    """Each activity that has figures, with what it did: hours, trainers, participants, minors."""
    found: dict[str, dict[str, dict]] = {}
    for code in figures.AT_A_GLANCE:
        table = tables.get((code, "activity"))
        for row in table.rows if table else []:
            if row["by"].get("activity"):
                found.setdefault(row["by"]["activity"], {})[code] = row
    cells = ([showing.figure(rows[code]) if code in rows else "–" for code in figures.AT_A_GLANCE] for rows in found.values())
    return [(showing.label({"activity": slug}, release.names), row) for slug, row in zip(found, cells, strict=True)]


@bp.get("/<string(length=4):code>")
@public
def indicator(code: str) -> ResponseReturnValue:
    """One indicator: what it asks, how it is counted, what it may not be used for, its figures."""
    release = figures.latest()
    told = next((one for one in release.catalogue if one["code"] == code), None) if release else None
    if told is None:
        abort(404)
    form, period = _period(release)
    tables = figures.of_indicator(code, period) if not form.errors else {}
    order = [tables[by] for by in ("", "activity", "month") if by in tables]
    return screen(
        "evaluation/indicator.html",
        status=form.http_status,
        form=form,
        release=release,
        told=told,
        link=toc.link_of(code),
        levels=toc.LEVEL_NAMES,
        effects=toc.EFFECTS,
        events=[EVENTS.get(event, event) for event in told["source_events"]],
        counted=COUNTED.get(told["n_counts"], told["n_counts"]),
        units=UNITS,
        whole=tables.get(""),
        parts_shown=[showing.shown(table, release) for table in order if table.by or len(table.rows) > 1],
        showing=showing,
        period=period,
    )


def _period(release: ImpactRelease | None) -> tuple[PeriodForm, str]:
    """The period in the address, all years where there is none; errors where it is none that was published."""
    form = PeriodForm(MultiDict({"periodo": request.args.get("periodo") or figures.EVERYTHING}))
    keys = [key for key, *_days in release.periods] if release else [figures.EVERYTHING]
    form.period.choices = options((key, showing.period_name(key)) for key in keys)
    form.validate()
    return form, form.period.data


# --- open data


@bp.get("/dati.csv")
@public
def table() -> Response:
    """Everything that is published, a row a figure."""
    release = figures.latest() or abort(404)
    rows = [[row[name] for name in COLUMNS] for row in _rows()]
    return csv_file(f"impatto-{release.at:%Y%m%d}.csv", COLUMNS, rows)


@bp.get("/dati.json")
@public
def document() -> Response:
    """The same, with the dictionary, the theory of change and the log that it is of."""
    release = figures.latest() or abort(404)
    told = {"computed_at": release.at.isoformat(), "log_head": release.head, "log_rows": release.log_rows}
    told |= {"definitions_version": release.definitions_version, "threshold": release.threshold, "licence": "CC-BY-4.0"}
    told |= {"periods": [dict(zip(("key", "first", "last"), one, strict=True)) for one in release.periods]}
    told |= {"names": release.names, "theory_of_change": toc.document(), "dictionary": release.catalogue, "figures": _rows()}
    return Response(json.dumps(told, ensure_ascii=False), content_type="application/json; charset=utf-8")


@bp.get("/dizionario.csv")
@public
def dictionary() -> Response:
    """What each indicator is, in both languages."""
    release = figures.latest() or abort(404)
    rows = [dict(_flat(one)) for one in release.catalogue]
    return csv_file("impatto-dizionario.csv", rows[0], [row.values() for row in rows])


def _rows() -> list[dict]:
    """Each published figure as plain data."""
    found = []
    for one in figures.everything():
        for row in one.rows:
            group = " ".join(str(value) for value in row["by"].values())
            own = {name: row[name] for name in ("value", "unit", "numerator", "denominator", "n", "suppressed", "note")}
            told = {"code": one.code, "period": one.period, "by": " ".join(row["by"]), "group": group, "head": one.release.head}
            found.append(own | told | {"suppressed": "yes" if row["suppressed"] else "no"})
    return found


def _flat(told: dict, before: str = "") -> Iterator[tuple[str, object]]:
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}_")
        else:
            yield before + key, " ".join(map(str, value)) if isinstance(value, list) else value
