"""The managers' desk for money: what is open, what was paid at the desk or by transfer, what free use was worth."""

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking import charges, service
from hub.booking.forms import PaymentForm
from hub.booking.models import Booking
from hub.booking.words import METHODS, PAYMENTS, UNREGISTERED
from hub.clock import today
from hub.db import db, undo, writes
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.tables import csv_file

bp = Blueprint("payments", __name__, url_prefix="/gestione")
bp.app_template_filter("payment_words")(PAYMENTS.__getitem__)
bp.app_template_filter("method_words")(METHODS.__getitem__)
CODE = "<string(minlength=14,maxlength=20):code>"
FIRST_YEAR = 2023


@bp.get("/pagamenti")
@managers
def payments() -> ResponseReturnValue:
    """The bookings with something open."""
    which, page = request.args.get("vista", "da-incassare"), asked_page()
    if which not in charges.OPEN:
        abort(404)
    found, more = charges.open_accounts(which, page=page)
    return screen("booking/staff/payments.html", which=which, found=found, page=page, more=more)


@bp.route(f"/richieste/{CODE}/pagamenti", methods=["GET", "POST"])
@managers
@writes
def account(code: str) -> ResponseReturnValue:
    """What one booking costs, what was paid, and another payment."""
    booking = _sent(code)
    stands = charges.account(booking)
    form = PaymentForm(paid_on=today(), kind=_usual(stands))
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                charges.record_payment(booking, **form.told, by=current_user)
                sending.answer = url_for(".account", code=code)
            db.session.commit()
            flash(_("Movimento scritto: chi ha prenotato riceve una mail."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    if request.method == "GET":
        opened(booking.requester, "booking", booking.code, by=current_user)
        db.session.commit()
    return screen(
        "booking/staff/account.html",
        status=form.http_status,
        booking=booking,
        form=form,
        account=stands,
        payments=charges.payments_of(booking),
    )


def _usual(stands: charges.Account) -> str:
    """What is most likely written next: what is open."""
    if stands.to_give_back:
        return "refund"
    if stands.deposit > stands.kept and not stands.to_pay:
        return "deposit"
    return "deposit_return" if stands.kept and not stands.to_pay else "payment"


@bp.post(f"/richieste/{CODE}/pagamenti/<int(max=2147483647):id>/annulla")
@managers
def void(code: str, id: int) -> ResponseReturnValue:
    """Undo a line that was written by mistake."""
    booking = _sent(code)
    payment = charges.payment_by(id)
    if payment is None or payment.booking_id != booking.id:
        abort(404)
    try:
        charges.void(payment, by=current_user)
        db.session.commit()
        flash(_("Movimento annullato."), "success")
    except Refusal as refusal:
        undo()
        flash(_(refusal.words), "danger")
    return go(url_for(".account", code=code))


def _sent(code: str) -> Booking:
    booking = service.booking_by_code(code, locked=request.method == "POST")
    if booking is None or booking.submitted_at is None:
        abort(404)
    return booking


@bp.get("/vantaggio-economico")
@managers
def advantages() -> ResponseReturnValue:
    """What free and favoured use was worth in a year, by organisation: what the law on transparency asks to publish."""
    year = _asked_year()
    found = charges.advantages(year)
    years = range(today().year + 1, FIRST_YEAR - 1, -1)
    told = {"found": found, "total": sum(one.cents for one in found), "unregistered": UNREGISTERED}
    return screen("booking/staff/advantages.html", year=year, years=years, **told)


@bp.get("/vantaggio-economico.csv")
@managers
def advantages_file() -> Response:
    year = _asked_year()
    header = (_("Anno"), _("Organizzazione"), _("Prenotazioni"), _("Ore"), _("Vantaggio economico in euro"))
    rows = [
        (year, one.organisation or str(UNREGISTERED), one.bookings, round(one.minutes / 60, 2), one.cents / 100)
        for one in charges.advantages(year)
    ]
    return csv_file(f"vantaggio-economico-{year}.csv", header, rows)


def _asked_year() -> int:
    year = request.args.get("anno", today().year, type=int)
    if not FIRST_YEAR <= year <= today().year + 1:
        abort(404)
    return year
