"""The evaluator's desk: the participation log as it stands, and its export for whoever wants to verify it elsewhere."""

import tempfile
from pathlib import Path

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub.access import evaluators
from hub.clock import now, wall
from hub.db import db, writes
from hub.evaluation import exports
from hub.participation.export import export_log
from hub.participation.seal import standing
from hub.screen import screen

bp = Blueprint("evaluation", __name__, url_prefix="/valutazione")


@bp.get("/registro")
@evaluators
def log() -> ResponseReturnValue:
    return screen("evaluation/log.html", standing=standing())


@bp.get("/registro.csv")
@evaluators
@writes
def log_file() -> ResponseReturnValue:
    """The sealed log, as `python -m impact verify` reads it; that it was taken, by whom, is entered first."""
    by = current_user._get_current_object()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        export_log(file, "csv")
        opened = file.open("rb")  # outlives its folder: sent from the disk, piece by piece
    name = f"registro-{wall(now()):%Y%m%d-%H%M}.csv"
    exports.downloaded(name, exports.digest_of(opened), by=by)
    db.session.commit()
    return send_file(opened, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=name)
