"""The managers' desk for how supports come: bursts, and devices that several people share. Nothing follows by itself."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub.access import managers
from hub.db import db, undo, writes
from hub.proposals import patterns, processes
from hub.proposals.showing import proposal_by
from hub.screen import screen

bp = Blueprint("patterns", __name__, url_prefix="/gestione/sostegni")


@bp.get("")
@managers
def noted() -> ResponseReturnValue:
    """The proposals in whose supports there is something to look at. No names."""
    rows = [(proposal, found, processes.is_sealed(proposal.process)) for proposal, found in patterns.noted()]
    return screen("proposals/staff/patterns.html", rows=rows)


@bp.get("/<code>")
@managers
@writes
def of_proposal(code: str) -> ResponseReturnValue:
    """Whom it concerns, unless the process is sealed; each of them reads that it was looked at."""
    found = proposal_by(code)
    if found is None or found.published_at is None:
        abort(404)
    told = patterns.opened_by(found, current_user)
    db.session.commit()
    undo()
    sealed = processes.is_sealed(found.process)
    until = processes.seal_ends(found.process) if sealed else None
    return screen("proposals/staff/pattern.html", proposal=found, patterns=told, until=until)
