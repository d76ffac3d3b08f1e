"""The mail that waits and the mail that was given up, for the administrator."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import administrators
from hub.db import db
from hub.notices import outbox
from hub.notices.service import notice
from hub.screen import go, screen

bp = Blueprint("notices_staff", __name__)


@bp.get("/gestione/posta")
@administrators
def queue() -> ResponseReturnValue:
    trail = [(_("Home"), url_for("pages.home")), (_("Posta in uscita"), None)]
    return screen("notices/staff/queue.html", since=outbox.waiting_since(), dead=outbox.dead_letters(), trail=trail)


@bp.post("/gestione/posta/<int(max=2147483647):id>/riprova")
@administrators
def retry(id: int) -> ResponseReturnValue:
    if not outbox.retry(id):
        abort(404)
    db.session.commit()
    flash(_("Il messaggio è di nuovo in coda."), "success")
    return go(url_for(".queue"))


@bp.post("/gestione/posta/prova")
@administrators
def trial() -> ResponseReturnValue:
    """A mail to the administrator themselves: does the way out work?"""
    notice("notices/trial", to=current_user)
    db.session.commit()
    flash(_("Il messaggio di prova è in coda: arriva al tuo indirizzo."), "success")
    return go(url_for(".queue"))
