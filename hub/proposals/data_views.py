"""Proposals as open data, to be taken away."""

import hashlib

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from hub.access import public
from hub.db import db
from hub.proposals.data import archive

bp = Blueprint("proposal_data", __name__)


@bp.get("/proposte/dati.zip")
@public
def download() -> ResponseReturnValue:
    """All tables and their dictionary in one file, or 304 to whoever has it as it is."""
    packed = archive(request.url_root.rstrip("/"))
    db.session.close()
    answer = Response(packed, content_type="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="proposte-dati.zip"'
    answer.set_etag(hashlib.sha256(packed).hexdigest())
    return answer.make_conditional(request)
