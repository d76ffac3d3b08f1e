"""The manager's desk for requests: the list, and the decision on each."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking import charges, decision, service
from hub.booking.forms import DecisionForm
from hub.booking.models import Booking
from hub.booking.rules import WAITING_STATES
from hub.booking.words import DESK_CHANNELS, LEVELS
from hub.clock import now
from hub.db import db, undo, writes
from hub.filters import minutes
from hub.forms import told
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.spaces.ledger import Conflict
from hub.spaces.words import AUDIENCES

bp = Blueprint("booking_staff", __name__, url_prefix="/gestione")
SHOWN = (
    *("submitted", "changes_requested", "refusal_announced", "approved", "rejected", "withdrawn", "cancelled"),
    *("done", "no_show"),
)


@bp.get("/richieste")
@managers
def requests() -> ResponseReturnValue:
    state = request.args.get("stato", SHOWN[0])
    if state not in SHOWN:
        abort(404)
    page = asked_page()
    found, more = service.requests(state, page=page)
    return screen(
        "booking/staff/requests.html", bookings=found, state=state, shown=SHOWN, page=page, more=more, is_late=decision.is_late
    )


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
            if isinstance(refusal, Conflict) and decision.settle():
                db.session.commit()  # it lost to a rival: that is what became of it
    form.look(booking)
    form.ask(booking.state, _announced(booking))
    if request.method == "GET":
        opened(booking.requester, "booking", booking.code, by=current_user)
        db.session.commit()
    return screen(
        "booking/staff/decide.html",
        "booking/staff/_decide.html",
        form.http_status,
        booking=booking,
        form=form,
        waiting=booking.state in WAITING_STATES,
        can_cancel=booking.state == "approved" and booking.slot.starts > now(),
        kept=service.keeps_its_place(booking),
        about=_about(booking),
        rivals=decision.rivals(booking),
        not_yet=[told(one) for one in decision.against_refusing(booking)],
        objected=decision.objected(booking),
        late=decision.is_late(booking, now()),
        own=decision.concerns(booking, current_user),
    )


def _announced(booking: Booking) -> str:
    """The reason from the list of an announced refusal; "" where there is none."""
    codes = [change.reason_code for change in booking.changes if change.after == "refusal_announced"]
    return codes[-1] if codes and booking.state in WAITING_STATES else ""


def _about(booking: Booking) -> list[tuple[str, str]]:
    """What only the desk is told of a booking, as terms and words."""
    padding = (booking.occurrence.setup_min, booking.occurrence.cleanup_min)
    setup, cleanup = (minutes(one) for one in padding)
    rows = [(_("Tariffa per"), str(AUDIENCES[booking.audience]))]
    if booking.requester:
        rows += [(_("E-mail"), booking.requester.email), (_("Identità"), str(LEVELS[booking.level]))]
    else:
        rows.append((_("Come si avvisa"), _("Non ha un account: per telefono o di persona.")))
    if booking.channel in DESK_CHANNELS:
        rows.append((_("Come ha chiesto"), str(DESK_CHANNELS[booking.channel])))
    if any(padding):
        rows.append((_("Allestimento e riordino"), _("%(setup)s prima, %(cleanup)s dopo", setup=setup, cleanup=cleanup)))
    return rows


def _decide(booking: Booking, form: DecisionForm) -> str:
    """Carry out the decision whose button was pressed; says it in words."""
    reason = (form.reason.data or "").strip()
    if form.approve.data:
        if booking.price_cents:
            charges.grant(booking, form.charge.data, by=current_user)
        decision.approve(booking, by=current_user)
        return _("Richiesta approvata: chi l'ha fatta riceve una mail.")
    if form.ask_changes.data:
        decision.ask_changes(booking, reason, by=current_user)
        return _("Modifiche richieste: chi ha fatto la richiesta riceve una mail.")
    if form.cancel.data:
        service.cancel(booking, reason, by=current_user)
        return _("Prenotazione annullata: chi l'ha fatta riceve una mail.")
    if form.announce.data:
        decision.announce_refusal(booking, reason, code=form.reason_code.data, by=current_user)
        return _("Rifiuto annunciato: chi ha chiesto ha tempo per rispondere.")
    if form.refuse.data:
        decision.refuse(booking, reason, code=form.reason_code.data, by=current_user)
        return _("Richiesta rifiutata: chi l'ha fatta riceve una mail.")
    raise Refusal("Scegli che cosa fare con uno dei pulsanti.")
