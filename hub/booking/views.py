"""A booking that was sent: its page, its receipt and calendar entry, and what its requester may still do with it."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.booking import papers, service
from hub.booking.forms import DetailsForm, ReasonForm
from hub.booking.models import Booking
from hub.booking.words import LEVELS, LOOKS, PURPOSES, STATES
from hub.clock import now
from hub.db import db, undo
from hub.filters import day, hour, language, local, minutes, moment
from hub.ical import calendar
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("booking", __name__)
bp.app_template_filter("state_words")(STATES.__getitem__)
bp.app_template_filter("state_look")(lambda state: LOOKS.get(state, "refused"))
bp.app_template_filter("purpose_words")(PURPOSES.__getitem__)
bp.app_template_filter("level_words")(LEVELS.__getitem__)
CODE = "<string(minlength=14,maxlength=20):code>"


@bp.get("/area-personale/prenotazioni")
@residents
def mine() -> ResponseReturnValue:
    page = asked_page()
    found, more = service.bookings_of(current_user, page=page)
    return screen("booking/mine.html", bookings=found, page=page, more=more)


@bp.get(f"/prenotazioni/{CODE}")
@residents
def booking(code: str) -> ResponseReturnValue:
    found, form = _own(code), ReasonForm()
    form.look(found)
    return screen("booking/booking.html", booking=found, form=form, kept=service.keeps_its_place(found))


@bp.get(f"/prenotazioni/{CODE}/ricevuta.pdf")
@residents
def receipt(code: str) -> ResponseReturnValue:
    booking = _own(code)
    title = _("Ricevuta di prenotazione %(code)s", code=booking.code)
    note = _("Stato della prenotazione in questo momento: %(moment)s.", moment=moment(now()))
    pdf = papers.receipt_pdf(title, language(), note, _rows(booking))
    name = f"{booking.code}.pdf"
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.get(f"/prenotazioni/{CODE}/calendario.ics")
@residents
def calendar_file(code: str) -> ResponseReturnValue:
    booking = _own(code)
    status = {"approved": "CONFIRMED", "done": "CONFIRMED"}.get(booking.state, "CANCELLED")
    status = "TENTATIVE" if booking.state in ("submitted", "changes_requested") else status
    sheet = calendar(papers.calendar_entry(booking, status), portal=request.url_root.rstrip("/"))
    headers = {"Content-Disposition": f'attachment; filename="{booking.code}.ics"'}
    return Response(sheet, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


@bp.route(f"/prenotazioni/{CODE}/modifica", methods=["GET", "POST"])
@residents
def change(code: str) -> ResponseReturnValue:
    booking = _own(code, locked=request.method == "POST")
    form = DetailsForm(obj=booking)
    if booking.state != "changes_requested":
        return redirect(url_for(".booking", code=code), 303)
    if form.validate_on_submit():
        try:
            service.describe(booking, title=form.title.data, purpose=form.purpose.data, details=form.details.data)
            service.submit(booking, by=current_user)
            db.session.commit()
            flash(_("Richiesta inviata di nuovo."), "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("booking/change.html", "booking/_change.html", form.http_status, booking=booking, form=form)


@bp.post(f"/prenotazioni/{CODE}/ritira")
@residents
def withdraw(code: str) -> ResponseReturnValue:
    return _end(code, lambda booking, reason: service.withdraw(booking, by=current_user), _("Richiesta ritirata."))


@bp.post(f"/prenotazioni/{CODE}/annulla")
@residents
def cancel(code: str) -> ResponseReturnValue:
    return _end(code, lambda booking, reason: service.cancel(booking, reason, by=current_user), _("Prenotazione annullata."))


def _end(code: str, verb: object, words: str) -> ResponseReturnValue:
    """The requester takes a booking back: said on its page, where it could not be."""
    booking = _own(code, locked=True)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(booking)
            verb(booking, form.reason.data or "")
            db.session.commit()
            flash(words, "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(booking)
    return screen("booking/booking.html", None, 422, booking=booking, form=form, kept=service.keeps_its_place(booking))


def _own(code: str, *, locked: bool = False) -> Booking:
    """A booking that was sent, for whose it is; to anybody else it does not exist: the staff have a desk of their own."""
    booking = service.booking_by_code(code, locked=locked)
    if booking is None or booking.submitted_at is None or not service.is_of(booking, current_user):
        abort(404)
    return booking


@bp.app_template_global("booking_rows")
def _rows(booking: Booking) -> list[tuple[str, str]]:
    """What a booking is, as terms and words: for its page, its summary and its receipt."""
    slot = booking.slot
    rows = [
        (_("Codice"), booking.code if booking.submitted_at else ""),
        (_("Stato"), str(STATES[booking.state]) if booking.submitted_at else ""),
        (_("Spazio"), local(booking.space.name)),
        (_("Disposizione"), local(booking.layout.name)),
        (_("Giorno"), day(slot.starts)),
        (_("Orario"), f"{hour(slot.starts)}–{hour(slot.ends)} ({minutes(slot.minutes)})"),
        (_("Persone"), str(booking.attendees)),
        (_("Titolo"), booking.title),
        (_("Attività"), str(PURPOSES[booking.purpose]) if booking.purpose else ""),
        (_("Altre informazioni"), booking.details),
        (_("Chi prenota"), booking.requester.name if booking.requester else ""),
        (_("Per conto di"), booking.organisation.name if booking.organisation else ""),
        (_("Telefono"), booking.phone),
    ]
    return [(term, words) for term, words in rows if words]
