"""The register outside the portal: tables for a spreadsheet, and the sheet on paper that people sign."""

from collections.abc import Iterable
from pathlib import Path

from flask import Response
from flask_babel import gettext as _

from hub.filters import day, hour, language, local, moment
from hub.labs.attendance import PARTLY, Line, length_of
from hub.labs.models import Activity, Session
from hub.labs.papers import where
from hub.labs.register import Hours, Matrix, may_have_worked
from hub.labs.words import ATTENDANCES, SESSION_STATES, TRAINER_ROLES
from hub.pdf import pdf
from hub.tables import csv_file, xlsx_file

SHEET = Path(__file__).parent / "register.typ"
# One letter a cell, where there is no room for words: presente, assente, giustificato, in ritardo, uscita anticipata.
CELLS = {"present": "P", "absent": "A", "excused": "G", "late": "R", "left_early": "U"}
EMPTY_LINES = 3  # for who is not on the list


def table(activity: Activity, shown: Matrix, kind: str) -> Response:
    """kind: csv, a line for each record; xlsx, with the register as a table and its sessions too."""
    header = [_("Incontro"), _("Giorno"), _("Ora"), _("Chi"), _("Presenza"), _("Minuti")]
    rows = [
        (one.code, *_when(one), row.member.name, str(ATTENDANCES[row.cells[one.id][0]]), row.cells[one.id][1])
        for one in shown.sessions
        for row in shown.rows
        if one.id in row.cells
    ]
    if kind == "csv":
        return csv_file(f"presenze-{activity.slug}.csv", header, rows)
    whole = [_("Chi"), *(f"{one.number}. {day(one.starts_at, 'd/M/y')}" for one in shown.sessions)]
    whole += [_("Minuti di presenza"), _("Minuti svolti"), _("Incontri con presenza"), _("Incontri svolti")]
    people = [(row.member.name, *(_cell(row.cells.get(one.id)) for one in shown.sessions), *row.dose) for row in shown.rows]
    return xlsx_file(
        f"presenze-{activity.slug}.xlsx",
        [(_("Registro delle presenze"), whole, people), (_("Presenze"), header, rows), (_("Incontri"), *_sessions(shown))],
    )


def _when(session: Session) -> tuple[str, str]:
    return day(session.starts_at, "dd/MM/y"), f"{hour(session.starts_at)}–{hour(session.ends_at)}"


def _cell(cell: tuple[str, int] | None) -> str:
    if cell is None:
        return ""
    status, minutes = cell
    return f"{ATTENDANCES[status]} ({minutes})" if status in PARTLY else str(ATTENDANCES[status])


def _sessions(shown: Matrix) -> tuple[list[str], list[tuple]]:
    header = [_("Incontro"), _("Giorno"), _("Ora"), _("Stato"), _("Minuti"), _("Presenti"), _("Motivo")]
    rows = [
        (one.code, *_when(one), str(SESSION_STATES[one.state]), one.minutes, shown.there(one), one.reason)
        for one in shown.sessions
    ]
    return header, rows


def hours_table(activity: Activity, found: Iterable[Hours], kind: str) -> Response:
    """Who worked, for how many minutes, in how many sessions."""
    header = [_("Chi"), _("Ruolo"), _("Incontri"), _("Minuti"), _("Ore")]
    rows = [
        (one.trainer.name, str(TRAINER_ROLES[one.trainer.role]), one.sessions, one.minutes, one.minutes / 60) for one in found
    ]
    name = f"ore-{activity.slug}.{kind}"
    return csv_file(name, header, rows) if kind == "csv" else xlsx_file(name, [(_("Ore"), header, rows)])


def sheet(session: Session, lines: Iterable[Line]) -> Response:
    """The sheet on paper: who is expected, with room to sign, and who works in it."""
    activity = session.activity
    facts = [
        (_("Codice dell'incontro"), session.code),
        (_("Quando"), f"{moment(session.starts_at)}–{hour(session.ends_at)}"),
        (_("Dove"), local(where(session))),
        (_("Durata prevista in minuti"), str(length_of(session))),
    ]
    told = {
        "title": _("Foglio firme: %(title)s", title=local(activity.title)),
        "language": language(),
        "facts": [[term, words] for term, words in facts if words],
        "people": [one.name for one in lines if one.expected] + [""] * EMPTY_LINES,
        "trainers": [f"{one.name} ({TRAINER_ROLES[one.role]})" for one in may_have_worked(session)],
        "note": _("Contiene nomi: non lasciarlo in giro. Dopo l'incontro copialo nel registro del portale, poi consegnalo."),
        "words": {
            "people": _("Chi partecipa"),
            "trainers": _("Chi ci lavora"),
            "number": _("N."),
            "name": _("Nome e cognome"),
            "comes": _("Entra alle"),
            "goes": _("Esce alle"),
            "sign": _("Firma"),
            "lasted": _("Durata vera in minuti, o perché non si è svolto:"),
            "minutes": _("Minuti"),
        },
    }
    headers = {"Content-Disposition": f'attachment; filename="foglio-{session.code}.pdf"'}
    return Response(pdf(SHEET, **told), mimetype="application/pdf", headers=headers)
