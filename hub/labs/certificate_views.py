"""Certificates for whoever has one, and for everybody who holds one in their hands and asks whether it is genuine."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import throttle
from hub.accounts.throttle import Limit
from hub.db import undo
from hub.forms import told
from hub.labs import certificates, mine
from hub.labs.certificate_forms import FindForm, NameForm
from hub.labs.models import Certificate
from hub.labs.prints import certificate_file, dates, held_days
from hub.labs.words import CERTIFICATE_KINDS
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("certificates", __name__)
bp.app_template_global("certificates_of")(certificates.of_enrolment)
bp.app_template_filter("certified_name")(certificates.called)
bp.app_template_filter("grouped")(certificates.grouped)
bp.app_template_filter("certificate_kind")(CERTIFICATE_KINDS.__getitem__)
NAMES_ADDRESS = Limit("certificate-address", 30, 60)  # names asked for from one address
NAMES_CODE = Limit("certificate-code", 10, 60)  # names asked for of one certificate


@bp.get("/attestati")
@public
def find() -> ResponseReturnValue:
    """Whoever has a paper in their hands types its code."""
    form = FindForm(request.args)
    asked = "codice" in request.args
    if asked and form.validate():
        code = certificates.code_of(form.code.data)
        if code and certificates.certificate_by(code):
            return redirect(url_for(".genuine", key=certificates.grouped(code)), 303)
        form.show(_unknown())
    return screen("labs/certificate_find.html", status=form.http_status if asked else 200, form=form)


def _unknown() -> Refusal:
    return Refusal("Nessun attestato ha questo codice: controlla di averlo scritto tutto.", field="code", rule="unknown")


@bp.route("/attestati/<key>", methods=["GET", "POST"])
@public
def genuine(key: str) -> ResponseReturnValue:
    """Whether a certificate is genuine, and of what: never of whom. Who has read the name on the paper may ask if it is right."""
    form, right = NameForm(), None
    if form.validate_on_submit():
        try:
            throttle.count(NAMES_ADDRESS, throttle.network(request.remote_addr))
            throttle.count(NAMES_CODE, certificates.code_of(key) or "")
            right = certificates.is_named(_asked(key), form.name.data)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    found = certificates.certificate_by(key)
    if found is None:
        form = FindForm(formdata=None, code=key[:200])
        form.show(_unknown())
        return screen("labs/certificate_find.html", status=404, form=form)
    return screen(
        "labs/certificate_genuine.html",
        status=form.http_status,
        form=form,
        right=right,
        certificate=found,
        activity=found.enrolment.activity,
        days=dates(held_days(found.enrolment.activity.sessions)),
        nameless=certificates.is_nameless(found.enrolment),
    )


def _asked(key: str) -> Certificate:
    return certificates.certificate_by(key) or abort(404)


@bp.get("/area-personale/iscrizioni/<int(max=2147483647):id>/attestati/<key>.pdf")
@residents
def paper(id: int, key: str) -> ResponseReturnValue:
    """A certificate of mine, or of whom I answer or act for."""
    enrolment = mine.enrolment_of(current_user, id) or abort(404)
    found = certificates.certificate_by(key, enrolment=enrolment) or abort(404)
    try:
        certificates.must_be_printable(found.revoked_at is None, certificates.is_nameless(found.enrolment))
    except Refusal as refusal:
        flash(told(refusal), "danger")
        return go(url_for("enrolments.enrolment", id=id))
    return certificate_file(found)
