"""My data: what is kept of me, a copy of it, who looked at it, and having it erased."""

import json

from flask import Blueprint, Response, current_app, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from hub.access import residents
from hub.accounts import personal_data, throttle
from hub.accounts.data_views import views_of
from hub.accounts.forms import EraseForm
from hub.accounts.rules import must_be_oneself
from hub.accounts.sign_in import forget, identified_just_now, is_sure
from hub.db import db, undo
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("my_data", __name__, url_prefix="/area-personale/i-miei-dati")
LOOKED_AT = {
    "booking": _l("La tua prenotazione"),
    "person": _l("La tua scheda personale"),
    "second_factor_reset": _l("Il tuo secondo fattore, che ha tolto"),
    "organisation": _l("I membri dell'organizzazione"),
    "report": _l("La tua segnalazione"),
    "support": _l("Il tuo sostegno a una proposta"),
    "moderation": _l("Quello che hai scritto, nascosto dai moderatori"),
}
bp.app_template_filter("looked_at_words")(lambda what: LOOKED_AT[what])


@bp.get("")
@residents
def my_data() -> ResponseReturnValue:
    return screen("accounts/my_data.html", drawers=_drawers())


@bp.get("/copia.json")
@residents
def copy() -> ResponseReturnValue:
    """Everything that is kept of me, to take away (GDPR art. 15 and 20)."""
    body = json.dumps(personal_data.told(current_user, _drawers()), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="i-miei-dati.json"'}
    return Response(body + "\n", content_type="application/json; charset=utf-8", headers=headers)


@bp.get("/accessi")
@residents
def views() -> ResponseReturnValue:
    page = asked_page()
    found, more = views_of(current_user, page=page)
    return screen("accounts/data_views.html", views=found, page=page, more=more)


@bp.route("/cancella", methods=["GET", "POST"])
@residents
def erase() -> ResponseReturnValue:
    """Have my data erased (GDPR art. 17), but for what must stay."""
    form = EraseForm()
    if not current_user.password_hash:
        del form.password
    if form.validate_on_submit():
        try:
            throttle.count(throttle.SIGN_IN_ACCOUNT, current_user.email)
            must_be_oneself(is_sure(form.password.data if form.password else None))
            personal_data.erase(current_user, _drawers())
            db.session.commit()
            response = forget(go(url_for("pages.home")))
            flash(_("I tuoi dati sono cancellati. Ti abbiamo scritto un'ultima e-mail di conferma."), "success")
            return response
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/erase.html", status=form.http_status, form=form, drawers=_drawers(), fresh=identified_just_now())


def _drawers() -> list[personal_data.Drawer]:
    return current_app.extensions["personal_data"]
