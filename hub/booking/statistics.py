"""The managers' statistics: how the spaces are used, as tables with a chart, and as files."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import DateField
from wtforms.validators import InputRequired, ValidationError

from hub.access import managers
from hub.booking import usage
from hub.booking.words import REFUSAL_REASONS, RULES, STATES, UNREGISTERED
from hub.charts import bars, heat
from hub.clock import now, today
from hub.filters import local
from hub.forms import Form
from hub.screen import screen
from hub.spaces.words import AUDIENCES, WEEKDAYS
from hub.tables import csv_file, xlsx_file

bp = Blueprint("statistics", __name__, url_prefix="/gestione")
LONGEST_DAYS, USUAL_DAYS = 731, 90


class PeriodForm(Form):
    """Whole days, in the address of the page."""

    class Meta:
        csrf = False

    first = DateField(_l("Dal"), [InputRequired(_l("Scrivi il primo giorno."))], name="dal")
    last = DateField(_l("Al"), [InputRequired(_l("Scrivi l'ultimo giorno."))], name="al")

    def validate_last(self, field: DateField) -> None:
        if self.first.data and field.data and not timedelta() <= field.data - self.first.data < timedelta(days=LONGEST_DAYS):
            raise ValidationError(_("L'ultimo giorno viene dopo il primo, al massimo due anni dopo."))


class Table(NamedTuple):
    """One statistic. columns: (words, kind): text, count, hours (of minutes) or share (from 0 to 1, None: of nothing)."""

    code: str
    title: str
    note: str
    columns: list[tuple[str, str]]
    rows: list[tuple]
    chart: Markup | None = None

    def plain(self) -> list[list[object]]:
        """The rows as a spreadsheet computes with them."""
        return [[_plain(cell, kind) for cell, (_words, kind) in zip(row, self.columns, strict=True)] for row in self.rows]


def _plain(cell: object, kind: str) -> object:
    if kind == "hours":
        return round(cell / 60, 2)
    if kind == "share":
        return None if cell is None else round(cell, 4)
    return cell if kind == "count" else str(cell)


@bp.get("/statistiche")
@managers
def statistics() -> ResponseReturnValue:
    form = _asked()
    valid = form.validate()
    tables = _tables(form.first.data, form.last.data, drawn=True) if valid else []
    return screen("booking/staff/statistics.html", status=form.http_status, form=form, tables=tables)


@bp.get("/statistiche.xlsx")
@managers
def book() -> Response:
    """All the tables as one file."""
    first, last = _period()
    sheets = [(table.title, [words for words, _kind in table.columns], table.plain()) for table in _tables(first, last)]
    return xlsx_file(f"statistiche-{first}-{last}.xlsx", sheets)


@bp.get("/statistiche/<code>.csv")
@managers
def table(code: str) -> Response:
    """One table."""
    first, last = _period()
    found = next((table for table in _tables(first, last) if table.code == code), None) or abort(404)
    return csv_file(f"{code}-{first}-{last}.csv", [words for words, _kind in found.columns], found.plain())


def _asked() -> PeriodForm:
    """The period in the address; the last three months where there is none."""
    usual = {"dal": (today() - timedelta(days=USUAL_DAYS)).isoformat(), "al": today().isoformat()}
    return PeriodForm(request.args if request.args else MultiDict(usual))


def _period() -> tuple[date, date]:
    form = _asked()
    if not form.validate():
        abort(404)
    return form.first.data, form.last.data


def _tables(first: date, last: date, *, drawn: bool = False) -> list[Table]:
    """Every statistic of a period; with its chart where it is drawn."""
    known = usage.figures(first, last)
    return [
        _spaces(known, drawn),
        _hours(known, drawn),
        _audiences(known, drawn),
        _prime(known, first, drawn),
        _no_shows(known, drawn),
        _refusals(first, last, drawn),
        _decisions(first, last),
    ]


def _spaces(known: usage.Figures, drawn: bool) -> Table:
    rows = [(local(name), used, opened, share) for name, used, opened, share in usage.by_space(known)]
    title = _("Uso degli spazi")
    chart = bars(title, [(row[0], row[3] or 0) for row in rows], share=True) if drawn else None
    columns = [(_("Spazio"), "text"), (_("Ore usate"), "hours"), (_("Ore di apertura"), "hours"), (_("Uso"), "share")]
    return Table("spazi", title, _("Ore usate sul totale delle ore di apertura, chiusure escluse."), columns, rows, chart)


def _hours(known: usage.Figures, drawn: bool) -> Table:
    cells = usage.by_weekday(known)
    rows = [
        (str(WEEKDAYS[weekday]), f"{hour:02}:00", known.used_hours[weekday, hour], known.open_hours[weekday, hour], share)
        for (weekday, hour), share in cells.items()
    ]
    title = _("Uso per giorno e ora")
    names = [str(name) for name in WEEKDAYS]
    shares = {(names[weekday], str(hour)): share for (weekday, hour), share in cells.items()}
    hours = [str(hour) for hour in sorted({hour for _weekday, hour in cells})]
    chart = heat(title, shares, names, hours) if drawn and cells else None
    columns = [
        *((_("Giorno"), "text"), (_("Ora"), "text")),
        *((_("Ore usate"), "hours"), (_("Ore di apertura"), "hours"), (_("Uso"), "share")),
    ]
    return Table("ore", title, _("Di tutti gli spazi insieme: più scuro, più usato."), columns, rows, chart)


def _audiences(known: usage.Figures, drawn: bool) -> Table:
    named = AUDIENCES | {usage.PROGRAMME: _("Attività del programma")}
    rows = [(str(named[audience]), *counts) for audience, *counts in usage.by_audience(known)]
    title = _("Chi usa gli spazi")
    chart = bars(title, [(row[0], row[3] / 60) for row in rows]) if drawn and rows else None
    columns = [(_("Chi"), "text"), (_("Prenotazioni"), "count"), (_("Date"), "count"), (_("Ore"), "hours")]
    return Table("chi", title, _("Ore di uso confermato, per chi prenota; con le attività dell'hub."), columns, rows, chart)


def _prime(known: usage.Figures, first: date, drawn: bool) -> Table:
    windows = usage.prime_windows(known, first)
    rows = [(name or str(UNREGISTERED), minutes, share) for name, minutes, share in usage.prime(known, windows)]
    columns = [(_("Organizzazione"), "text"), (_("Ore"), "hours"), (_("Parte delle ore di punta"), "share")]
    note = _("Ore di uso negli spazi e nelle ore di cui parla una regola sulle ore di punta.")
    title = _("Ore di punta")
    chart = bars(title, [(row[0], row[2]) for row in rows], share=True) if drawn and rows else None
    return Table("punta", title, note if windows else _("Nessuna regola dice quali sono le ore di punta."), columns, rows, chart)


def _no_shows(known: usage.Figures, drawn: bool) -> Table:
    rows = [(local(name), over, unused, share) for name, over, unused, share in usage.no_shows(known, now())]
    columns = [(_("Spazio"), "text"), (_("Date passate"), "count"), (_("Non utilizzate"), "count"), (_("Parte"), "share")]
    title = _("Mancati arrivi")
    chart = bars(title, [(row[0], row[3] or 0) for row in rows], share=True) if drawn and rows else None
    return Table("assenze", title, _("Date confermate a cui non è venuto nessuno."), columns, rows, chart)


def _refusals(first: date, last: date, drawn: bool) -> Table:
    rows = [(str(RULES.get(rule, rule)), local(name), times) for rule, name, times in usage.turned_away(first, last)]
    by_rule: Counter = Counter()
    for rule, _space, times in rows:
        by_rule[rule] += times
    columns = [(_("Regola"), "text"), (_("Spazio"), "text"), (_("Volte"), "count")]
    title = _("Fermati da una regola")
    chart = bars(title, by_rule.most_common()) if drawn and rows else None
    return Table("rifiuti", title, _("Quante volte una regola ha fermato una richiesta."), columns, rows, chart)


def _decisions(first: date, last: date) -> Table:
    states, reasons = usage.decided(first, last)
    wanted = ("submitted", "approved", "changes_requested", "refusal_announced", "rejected", "withdrawn", "cancelled")
    rows = [(str(STATES[state]), "", states[state]) for state in wanted if state in states]
    rows += [
        (str(STATES["rejected"]), str(REFUSAL_REASONS.get(code, _("Senza motivo scelto"))), count)
        for code, count in _most(reasons)
    ]
    columns = [(_("Passaggio"), "text"), (_("Motivo"), "text"), (_("Volte"), "count")]
    return Table(
        "decisioni", _("Richieste e decisioni"), _("Quante volte una richiesta è passata a questo stato."), columns, rows
    )


def _most(counts: dict[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
