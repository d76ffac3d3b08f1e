"""The evaluator's files: ask for them, see how far they are, take them away; who took what, for the administrators too."""

import tempfile
from collections.abc import Callable

from flask import Blueprint, abort, flash, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import administrators, evaluators
from hub.clock import now
from hub.db import db, undo, writes
from hub.evaluation import exports, figures, showing
from hub.evaluation.forms import ExportForm, LogForm
from hub.evaluation.models import Export
from hub.evaluation.rules import is_kept
from hub.evaluation.words import COLUMNS, FAULTS, FORMATS, KINDS, LOOKS, STATES
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("exports", __name__, url_prefix="/valutazione")
WORDS = {"states": STATES, "looks": LOOKS, "faults": FAULTS, "kinds": KINDS, "formats": FORMATS, "columns": COLUMNS}


@bp.route("/indicatori", methods=["GET", "POST"])
@evaluators
def desk() -> ResponseReturnValue:
    form = ExportForm()
    if form.validate_on_submit():
        asked = {name: form[name].data for name in ("format", "first", "last", "by")}
        if way := _asked(form, lambda: exports.ask_indicators(**asked, asked_by=current_user)):
            return go(way)
    return _desk(form, LogForm(formdata=None))


@bp.post("/registro/prepara")
@evaluators
def pack_log() -> ResponseReturnValue:
    """The sealed log with its side files, as one file."""
    form = LogForm()
    if form.validate_on_submit() and (way := _asked(form, lambda: exports.ask_log(asked_by=current_user))):
        return go(way)
    return _desk(ExportForm(formdata=None), form)


def _asked(form: ExportForm | LogForm, ask: Callable[[], Export]) -> str | None:
    """The page of what was asked for; None where it was refused. Commits."""
    try:
        sending = form.once()
        if not sending.answer:
            sending.answer = url_for(".export", id=ask().id)
        db.session.commit()
        return sending.answer
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return None


def _desk(form: ExportForm, log_form: LogForm) -> ResponseReturnValue:
    status = max(form.http_status, log_form.http_status)
    told = {"made": exports.latest(), "taken": exports.downloads(10), "last": exports.last_release()}
    told |= {"release": figures.latest(), "refused": figures.refused()}
    return screen(
        "evaluation/exports.html", status=status, form=form, log_form=log_form, showing=showing, is_here=_is_here, **told, **WORDS
    )


def _is_here(export: Export) -> bool:
    """Whether its bytes can be taken away."""
    return export.state == "done" and is_kept(export.ended_at, now())


@bp.get("/file/<int(max=2147483647):id>")
@evaluators
def export(id: int) -> ResponseReturnValue:
    """How far a file is; htmx asks again for this alone while it is being made."""
    found = exports.export_of(id) or abort(404)
    told = {"is_here": _is_here, "columns_of": lambda by: [str(COLUMNS[column]) for column in by or ()]}
    return screen("evaluation/export.html", "evaluation/_export.html", export=found, **told, **WORDS)


@bp.get("/file/<int(max=2147483647):id>/scarica")
@evaluators
@writes
def download(id: int) -> ResponseReturnValue:
    """The file itself; that it was taken, by whom, is entered first."""
    found = exports.export_of(id) or abort(404)
    if not _is_here(found):
        flash(_("Il file non c'è più, o non è ancora pronto."), "warning")
        return go(url_for(".export", id=id))
    exports.downloaded(found.name, found.sha256, by=current_user)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - sent from the disk, piece by piece, and closed with the answer
    for piece in exports.bytes_of(found):
        file.write(piece)
    db.session.commit()
    file.seek(0)
    return send_file(file, mimetype="application/octet-stream", as_attachment=True, download_name=found.name)


@bp.get("/scaricamenti")
@administrators
def downloads() -> ResponseReturnValue:
    """Who took which file of the log or of its figures away."""
    return screen("evaluation/downloads.html", taken=exports.downloads())
