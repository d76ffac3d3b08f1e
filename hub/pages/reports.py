"""Reporting a fault, and following what comes of it: no account is needed."""

from flask import Blueprint, abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public
from hub.accounts import throttle
from hub.db import db, undo
from hub.filters import language
from hub.pages import service
from hub.pages.forms import ReportForm
from hub.pages.words import CATEGORIES, LOOKS, STATES
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("reports", __name__)
bp.app_template_filter("report_category")(CATEGORIES.__getitem__)
bp.app_template_filter("report_state")(STATES.__getitem__)
bp.app_template_filter("report_look")(LOOKS.__getitem__)

TYPES = {"spazio": "space", "portale": "portal", "accessibilita": "accessibility", "altro": "other"}


@bp.route("/segnala-disservizio", methods=["GET", "POST"])
@public
def report() -> ResponseReturnValue:
    form = ReportForm(
        category=TYPES.get(request.args.get("tipo", "")),
        space=request.args.get("spazio"),
        email=current_user.email if current_user.is_authenticated else None,
    )
    if form.validate_on_submit():
        try:
            throttle.count(throttle.FORM_ADDRESS, throttle.network(request.remote_addr))
            sending = form.once()
            if not sending.answer:
                told = {name: form[name].data or "" for name in ("category", "space", "title", "text", "email")}
                row = service.report(**told, language=language())
                sending.answer = url_for(".followed", key=row.key)
            db.session.commit()
            flash(_("Segnalazione inviata. Grazie."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            form.show(refusal)
    undo()  # from here on only reading, to show the form
    form.offer(service.space_choices())
    usual = service.usual_days()
    return screen("pages/report.html", "pages/_report_form.html", form.http_status, form=form, usual=usual)


@bp.get("/segnalazioni/<string(maxlength=32):key>")
@public
def followed(key: str) -> ResponseReturnValue:
    """What came of a report, for whoever has its secret address."""
    row = service.report_by_key(key) or abort(404)
    address = current_app.config["PUBLIC_URL"] + url_for(".followed", key=key)
    response = screen("pages/report_followed.html", report=row, address=address)
    response.headers["Cache-Control"] = "no-store"
    return response
