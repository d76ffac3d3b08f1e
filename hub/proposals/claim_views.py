"""Making what was done at the desk one's own account's."""

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.accounts import throttle
from hub.accounts.throttle import Limit
from hub.db import db, undo
from hub.proposals import assisted
from hub.proposals.assisted_forms import ClaimForm
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("claim", __name__)
CODES = Limit("receipt-code", 10, 60)  # codes that one person tries


@bp.route("/partecipa/ricevuta", methods=["GET", "POST"])
@residents
def receipt() -> ResponseReturnValue:
    form = ClaimForm()
    if form.validate_on_submit():
        try:
            throttle.count(CODES, current_user.subject)
            assisted.claim(form.code.data, by=current_user)
            db.session.commit()
            flash(_("Fatto: quello che hai fatto allo sportello ora è nel tuo account."), "success")
            return go(url_for("drafts.mine"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("proposals/receipt.html", status=form.http_status, form=form)
