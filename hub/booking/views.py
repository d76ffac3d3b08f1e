"""A booking that was sent: its page, its receipt and calendar entry, and what its requester may still do with it."""

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub.access import residents
from hub.booking import charges, dates, decision, papers, service
from hub.booking.forms import DetailsForm, ObjectionForm, ReasonForm, SeenForm
from hub.booking.models import Booking, BookingChange
from hub.booking.rules import WAITING_STATES
from hub.booking.words import DATES, FREE_REASONS, LEVELS, LOOKS, PROPOSALS, PURPOSES, REFUSAL_REASONS, STATES
from hub.clock import now, wall
from hub.db import db, undo
from hub.filters import day, hour, language, local, minutes, moment, money
from hub.ical import calendar
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence
from hub.spaces.sentences import cancelling

bp = Blueprint("booking", __name__)
bp.app_template_filter("state_words")(STATES.__getitem__)
bp.app_template_filter("state_look")(lambda state: LOOKS.get(state, "refused"))
bp.app_template_global("reason_words")(REFUSAL_REASONS.__getitem__)
bp.app_template_global("free_words")(FREE_REASONS.__getitem__)
bp.app_template_filter("purpose_words")(PURPOSES.__getitem__)
bp.app_template_filter("level_words")(LEVELS.__getitem__)
DATES_SHOWN = 12
bp.app_template_filter("date_words")(DATES.__getitem__)
bp.app_template_filter("proposed_words")(PROPOSALS.__getitem__)
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
    return _show(_own(code), ReasonForm())


def _show(booking: Booking, form: SeenForm, objection: ObjectionForm | None = None) -> ResponseReturnValue:
    """The booking's page, with the form that something is wrong in."""
    form.look(booking)
    if booking.state == "refusal_announced" and objection is None:
        objection = ObjectionForm(formdata=None)
    known = {"sign": _sign(booking), "fixed": False}
    if booking.state == "submitted":
        known["kept"] = service.keeps_its_place(booking)
    if booking.state == "approved":
        house = spaces.house()
        demanded = house.terms(booking.space, wall(booking.slot.starts).date(), booking.audience)
        known["fixed"] = dates.is_fixed(booking, booking.occurrence, house)
        known["cancelling"] = cancelling(demanded, booking.due_cents)
    status = 422 if form.errors else 200
    return screen("booking/booking.html", status=status, booking=booking, form=form, objection=objection, **known)


@bp.get(f"/prenotazioni/{CODE}/ricevuta.pdf")
@residents
def receipt(code: str) -> ResponseReturnValue:
    booking = _own(code)
    title = _("Ricevuta di prenotazione %(code)s", code=booking.code)
    note = _("Stato della prenotazione in questo momento: %(moment)s.", moment=moment(now()))
    pdf = papers.receipt_pdf(title, language(), note, _rows(booking), _sign(booking))
    name = f"{booking.code}.pdf"
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _sign(booking: Booking) -> dict[str, str] | None:
    """The QR that is shown at the desk, once the booking is confirmed."""
    if booking.state != "approved":
        return None
    address = current_app.config["PUBLIC_URL"] + url_for("desk.arrival", code=booking.code)
    words = _("Mostra questo codice QR all'arrivo, oppure di' il codice %(code)s.", code=booking.code)
    return {"svg": papers.qr(address), "alt": words}


@bp.get(f"/prenotazioni/{CODE}/calendario.ics")
@residents
def calendar_file(code: str) -> ResponseReturnValue:
    booking = _own(code)
    status = {"approved": "CONFIRMED", "done": "CONFIRMED"}.get(booking.state, "CANCELLED")
    status = "TENTATIVE" if booking.state in WAITING_STATES else status
    entries = [papers.calendar_entry(booking, status, one) for one in booking.planned or booking.occurrences]
    sheet = calendar(*entries, portal=request.url_root.rstrip("/"))
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
            service.describe(booking, **form.described)
            service.submit(booking, by=current_user)
            db.session.commit()
            flash(_("Richiesta inviata di nuovo."), "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("booking/change.html", "booking/_change.html", form.http_status, booking=booking, form=form)


@bp.post(f"/prenotazioni/{CODE}/osservazioni")
@residents
def object_to_it(code: str) -> ResponseReturnValue:
    """The requester objects to an announced refusal."""
    booking = _own(code, locked=True)
    form = ObjectionForm()
    if form.validate_on_submit():
        try:
            decision.object_to_it(booking, form.words.data, by=current_user)
            db.session.commit()
            flash(_("Osservazioni inviate: la richiesta torna al gestore."), "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _show(booking, form, objection=form)


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
    return _show(booking, form)


def _own(code: str, *, locked: bool = False) -> Booking:
    """A booking that was sent, for whose it is; to anybody else it does not exist: the staff have a desk of their own."""
    booking = service.booking_by_code(code, locked=locked)
    if booking is None or booking.submitted_at is None or not service.is_of(booking, current_user):
        abort(404)
    return booking


@bp.app_template_global("booking_events")
def _events(booking: Booking) -> list[dict[str, str]]:
    """What happened to a booking since it was sent, and what comes, as `pages.timeline` takes it."""
    sent = [change for change in booking.changes if change.after not in ("draft", "held")]
    events = [{"when": moment(one.at), "words": _what(one), "note": _why(one), "kind": _look(one)} for one in sent]
    waits = [{"words": _("Risposta del gestore"), "kind": "next"}] if booking.state in WAITING_STATES else []
    return events + waits


def _what(change: BookingChange) -> str:
    if change.before == change.after:
        return _("Date cambiate")
    objected = (change.before, change.after) == ("refusal_announced", "submitted")
    return _("Osservazioni inviate") if objected else str(STATES[change.after])


def _why(change: BookingChange) -> str:
    words = [str(REFUSAL_REASONS[change.reason_code])] if change.reason_code else []
    return ". ".join([*words, *([change.reason] if change.reason not in ("", "-") else [])])


def _look(change: BookingChange) -> str:
    return "refused" if LOOKS.get(change.after, "refused") == "refused" else "done"


@bp.app_template_global("booking_rows")
def _rows(booking: Booking, listed: int | None = None) -> list[tuple[str, str]]:
    """What a booking is, as terms and words: for its page, its summary and its receipt.

    listed: what it costs by the list, for whoever has asked already.
    """
    rows = [
        (_("Codice"), booking.code if booking.submitted_at else ""),
        (_("Stato"), str(STATES[booking.state]) if booking.submitted_at else ""),
        (_("Spazio"), local(booking.space.name)),
        (_("Disposizione"), local(booking.layout.name)),
        *_when(booking),
        (_("Persone"), str(booking.attendees)),
        (_("Titolo"), booking.title),
        (_("Attività"), str(PURPOSES[booking.purpose]) if booking.purpose else ""),
        (_("Altre informazioni"), booking.details),
        (_("Nel calendario pubblico"), _("con il titolo") if booking.public else ""),
        *_costs(booking, listed),
        (_("Chi prenota"), booking.contact),
        (_("Per conto di"), booking.organisation.name if booking.organisation else ""),
        (_("Telefono"), booking.phone),
    ]
    return [(term, words) for term, words in rows if words]


def _when(booking: Booking) -> list[tuple[str, str]]:
    slot = booking.slot
    if len(booking.occurrences) == 1:
        hours = f"{hour(slot.starts)}–{hour(slot.ends)} ({minutes(slot.minutes)})"
        return [(_("Giorno"), day(slot.starts)), (_("Orario"), hours)]
    planned = booking.planned
    shown = [_date(booking, one) for one in planned[:DATES_SHOWN]]
    more = len(planned) - len(shown)
    rest = [ngettext("e un'altra data", "e altre %(num)s date", more)] if more else []
    return [(_("Date"), "\n".join([*shown, *rest]))]


def _date(booking: Booking, one: Occurrence) -> str:
    """One date of several; its space where it is another than the booking's."""
    elsewhere = f", {local(one.space.name)}" if one.space_id != booking.space_id else ""
    return f"{day(one.starts_at, 'EEE d MMM y')}, {hour(one.starts_at)}–{hour(one.ends_at)}{elsewhere}"


def _costs(booking: Booking, listed: int | None) -> list[tuple[str, str]]:
    """What it costs: by the list while it is a draft, as it was agreed on once it was sent."""
    cents = booking.price_cents if booking.submitted_at else listed
    if cents is None:
        cents = charges.list_price(booking)
    due = booking.due_cents - booking.refund_cents if booking.submitted_at else cents
    granted = {True: _("concesso"), False: _("non concesso"), None: ""}[booking.free_granted]
    why = [str(FREE_REASONS[booking.free_reason]), booking.free_words] if booking.free_reason else []
    asked = _("chiesto: %(reason)s", reason=". ".join(filter(None, why))) if why else ""
    return [
        (_("Prezzo"), money(cents) if cents else _("Gratuito")),
        (_("Uso gratuito"), granted or asked),
        (_("Patrocinio"), _("concesso") if booking.audience == "patronage" else ""),
        (_("Da pagare"), money(due) if due != cents else ""),
        (_("Cauzione"), money(booking.deposit_cents) if booking.deposit_cents else ""),
    ]
