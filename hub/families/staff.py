"""The managers' desk for a record whose person has come of age, and to whom nobody handed it."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.db import db, undo, writes
from hub.families import invitations, service
from hub.families.forms import FindForm, HandOverForm
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("families_staff", __name__, url_prefix="/gestione/schede")
NUMBER = "<int(max=2147483647):id>"


@bp.get("")
@managers
def records() -> ResponseReturnValue:
    """Find a record by the name and the day of birth of whom it is of: all of it, since it is no list of people."""
    form = FindForm(request.args)
    asked = bool(request.args)
    found = []
    if asked and form.validate():
        found = service.records_named(form.given_name.data, form.family_name.data, form.birth_date.data)
    return screen("families/staff/records.html", status=form.http_status, form=form, records=found, asked=asked)


@bp.route(f"/{NUMBER}", methods=["GET", "POST"])
@managers
@writes
def hand_over(id: int) -> ResponseReturnValue:
    """Send a young adult the link to their record; they read who of the staff opened it."""
    record = service.record_by(id, locked=request.method == "POST") or abort(404)
    form = HandOverForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                invitations.hand_over(record, form.email.data, by=current_user)
                service.viewed(record, "record", by=current_user)
                sending.answer = url_for(".hand_over", id=id)
            db.session.commit()
            flash(_("Invito inviato a %(email)s.", email=form.email.data), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            record = service.record_by(id)
    if request.method == "GET":
        service.viewed(record, "record", by=current_user)
        db.session.commit()
    return screen(
        "families/staff/hand_over.html",
        status=form.http_status,
        form=form,
        record=record,
        minor=service.is_minor(record),
        unanswered=invitations.unanswered(record),
    )
