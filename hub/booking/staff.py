"""The manager's desk for requests: the list, and the decision on each."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking import service
from hub.booking.forms import DecisionForm
from hub.booking.models import Booking
from hub.clock import now
from hub.db import db, undo, writes
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("booking_staff", __name__, url_prefix="/gestione")
SHOWN = ("submitted", "changes_requested", "approved", "rejected", "withdrawn", "cancelled")


@bp.get("/richieste")
@managers
def requests() -> ResponseReturnValue:
    state = request.args.get("stato", SHOWN[0])
    if state not in SHOWN:
        abort(404)
    page = asked_page()
    found, more = service.requests(state, page=page)
    return screen("booking/staff/requests.html", bookings=found, state=state, shown=SHOWN, page=page, more=more)


@bp.route("/richieste/<string(minlength=14,maxlength=20):code>", methods=["GET", "POST"])
@managers
@writes
def decide(code: str) -> ResponseReturnValue:
    booking = service.booking_by_code(code, locked=request.method == "POST")
    if booking is None or booking.submitted_at is None:
        abort(404)
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(booking)
            words = _decide(booking, form)
            db.session.commit()
            flash(words, "success")
            return go(url_for(".decide", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(booking)
    if request.method == "GET":
        opened(booking.requester, "booking", booking.code, by=current_user)
        db.session.commit()
    return screen(
        "booking/staff/decide.html",
        "booking/staff/_decide.html",
        form.http_status,
        booking=booking,
        form=form,
        waiting=booking.state in ("submitted", "changes_requested"),
        can_cancel=booking.state == "approved" and booking.slot.starts > now(),
        kept=service.keeps_its_place(booking),
        rivals=service.rivals(booking),
    )


def _decide(booking: Booking, form: DecisionForm) -> str:
    """Carry out the decision whose button was pressed; says it in words."""
    reason = (form.reason.data or "").strip()
    if form.approve.data:
        service.approve(booking, by=current_user)
        return _("Richiesta approvata: chi l'ha fatta riceve una mail.")
    if form.ask_changes.data:
        service.ask_changes(booking, reason, by=current_user)
        return _("Modifiche richieste: chi ha fatto la richiesta riceve una mail.")
    if form.cancel.data:
        service.cancel(booking, reason, by=current_user)
        return _("Prenotazione annullata: chi l'ha fatta riceve una mail.")
    if form.refuse.data:
        service.refuse(booking, reason, by=current_user)
        return _("Richiesta rifiutata: chi l'ha fatta riceve una mail.")
    raise Refusal("Scegli che cosa fare con uno dei pulsanti.")
