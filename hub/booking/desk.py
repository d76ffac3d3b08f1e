"""The desk on a phone or at the counter: who arrives, how a space is handed over, bookings for whoever stands there."""

from datetime import date, timedelta

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking import arrivals, assisted, dates, handover
from hub.booking.forms import ArrivalForm, CancelDateForm, DeskForm, HandoverForm, MoveDateForm
from hub.booking.models import Booking
from hub.booking.words import HANDOVER_CHECKS, HANDOVER_MOMENTS
from hub.clock import span, today, wall
from hub.db import db, undo, writes
from hub.forms import told
from hub.organisations.service import verified
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import search
from hub.spaces import service as spaces
from hub.spaces.forms import REACH_DAYS
from hub.spaces.ledger import Conflict
from hub.spaces.models import Occurrence, Space
from hub.spaces.rules import Slot, free_stretches

bp = Blueprint("desk", __name__, url_prefix="/gestione")
bp.app_template_filter("check_words")(HANDOVER_CHECKS.__getitem__)
bp.app_template_global("moment_words")(HANDOVER_MOMENTS.__getitem__)
CODE = "<string(minlength=14,maxlength=20):code>"
ID = "<int(max=2147483647):id>"
MOST_BYTES = 3 * handover.MOST_BYTES  # what is too large, but not absurd, is refused beside its field


@bp.url_value_preprocessor
def _photos(endpoint: str | None, _values: dict | None) -> None:
    """A photo may be larger than any other form."""
    if endpoint == "desk.hand_over":
        request.max_content_length = MOST_BYTES


@bp.route("/arrivi", methods=["GET", "POST"])
@managers
def expected() -> ResponseReturnValue:
    """Who is expected today; the code of whoever is here leads to their date."""
    form = ArrivalForm()
    if form.validate_on_submit():
        code = arrivals.code_of(form.code.data)
        if code:
            return go(url_for(".arrival", code=code))
        form.code.errors = [_("Nessuna prenotazione ha questo codice: controlla i numeri.")]
    return screen(
        "booking/staff/expected.html", status=form.http_status, form=form, found=arrivals.expected(today()), today=today()
    )


@bp.get(f"/arrivi/{CODE}")
@managers
@writes
def arrival(code: str) -> ResponseReturnValue:
    """What the QR of the receipt leads to: one booking, and whether its people are here."""
    booking, occurrence = _here(code)
    opened(booking.requester, "booking", booking.code, by=current_user)
    db.session.commit()
    photos = handover.with_photo(occurrence)
    return screen(
        "booking/staff/arrival.html",
        booking=booking,
        occurrence=occurrence,
        handovers=handover.handovers_of(occurrence),
        photos=photos,
        refusal=_why_not(booking, occurrence),
    )


def _why_not(booking: Booking, occurrence: Occurrence) -> str:
    """What speaks against letting them in, in words; "" where nothing does."""
    try:
        arrivals.rules.must_be_expected(booking.state, occurrence.status, wall(occurrence.starts_at).date(), today())
    except Refusal as refusal:
        return told(refusal)
    return ""


@bp.post(f"/arrivi/{CODE}/arrivo")
@managers
def arrive(code: str) -> ResponseReturnValue:
    booking, occurrence = _here(code)
    return _do(code, lambda: arrivals.arrive(booking, occurrence, by=current_user), _("Arrivo registrato."))


@bp.post(f"/arrivi/{CODE}/annulla-arrivo")
@managers
def undo_arrival(code: str) -> ResponseReturnValue:
    _booking, occurrence = _here(code)
    return _do(code, lambda: arrivals.undo_arrival(occurrence), _("Arrivo annullato."))


def _do(code: str, verb: object, words: str) -> ResponseReturnValue:
    try:
        verb()
        db.session.commit()
        flash(words, "success")
    except Refusal as refusal:
        undo()
        flash(told(refusal), "danger")
    return go(url_for(".arrival", code=code))


@bp.route(f"/arrivi/{CODE}/consegna", methods=["GET", "POST"])
@managers
def hand_over(code: str) -> ResponseReturnValue:
    """The state of the space, when it is handed over or given back."""
    booking, occurrence = _here(code)
    form = HandoverForm(moment="out" if handover.handovers_of(occurrence) else "in")
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                handover.hand_over(occurrence, **form.told, by=current_user)
                sending.answer = url_for(".arrival", code=code)
            db.session.commit()
            flash(_("Consegna scritta."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("booking/staff/handover.html", status=form.http_status, booking=booking, occurrence=occurrence, form=form)


@bp.get(f"/arrivi/{CODE}/foto/{ID}")
@managers
def photo(code: str, id: int) -> Response:
    _booking, occurrence = _here(code)
    picture = handover.photo_of(occurrence, id) or abort(404)
    return Response(picture, mimetype="image/jpeg")


def _here(code: str) -> tuple[Booking, Occurrence]:
    booking = arrivals.booking_at(code, locked=request.method == "POST") or abort(404)
    return booking, arrivals.date_of(booking)


@bp.route("/prenota", methods=["GET", "POST"])
@managers
def book() -> ResponseReturnValue:
    """A booking for whoever stands at the desk: where and on which day, then the rest, with what is free beside it."""
    every, organisations = spaces.spaces(), verified()
    form = DeskForm(space=request.args.get("spazio"), day=_asked_day())
    space = form.offer(every, organisations)
    others: list[search.Alternative] = []
    if form.look.data:
        form.day.validate(form)
    elif form.validate_on_submit():
        layout = next(one for one in space.layouts if one.id == form.layout.data)
        organisation = next((one for one in organisations if str(one.id) == form.organisation.data), None)
        try:
            sending = form.once()
            if not sending.answer:
                told = form.told | {"organisation": organisation, "by": current_user}
                booking = assisted.book_for(layout, form.slot, form.attendees.data, **told)
                sending.answer = url_for("booking_staff.decide", code=booking.code)
            db.session.commit()
            flash(_("Prenotazione confermata."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            if isinstance(refusal, Conflict):
                others = search.alternatives(layout.space, layout, form.slot, form.attendees.data, form.audience.data)
    free = _free(space, form.day.data) if space and form.day.data and not form.day.errors else None
    return screen(
        "booking/staff/book.html", status=form.http_status, form=form, space=space, free=free, others=others, today=today()
    )


def _asked_day() -> date:
    """The day of the address; today where there is none, or none that is to come."""
    try:
        asked = date.fromisoformat(request.args.get("giorno") or today().isoformat())
    except ValueError:
        return today()
    return asked if today() <= asked <= today() + timedelta(days=REACH_DAYS) else today()


def _free(space: Space, day: date) -> list[Slot]:
    """When it is free, without set-up and clean-up."""
    opening = spaces.days_of(space, day, 1)[0]
    return free_stretches(opening.slots, spaces.busy(space, None, Slot(*span(day))))


@bp.route(f"/richieste/{CODE}/date/{ID}", methods=["GET", "POST"])
@managers
def move(code: str, id: int) -> ResponseReturnValue:
    """A manager moves a date to another time or space; the old place is kept until the new one is had."""
    booking, occurrence = _date(code, id)
    every = spaces.spaces()
    form = MoveDateForm(
        layout=occurrence.layout_id,
        day=wall(occurrence.starts_at).date(),
        at=wall(occurrence.starts_at).time(),
        minutes=(occurrence.ends_at - occurrence.starts_at) // timedelta(minutes=1),
    )
    form.offer_all(every, len(booking.planned) > 1)
    others: list[search.Alternative] = []
    if form.validate_on_submit():
        layout = next(layout for space in every for layout in space.layouts if layout.id == form.layout.data)
        try:
            form.must_be_as_seen(booking)
            dates.move(booking, occurrence, layout, **form.when, by=current_user)
            db.session.commit()
            flash(_moved(booking), "success")
            return go(url_for("booking_staff.decide", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            if isinstance(refusal, Conflict):
                others = search.alternatives(layout.space, layout, form.slot, booking.attendees, booking.audience)
    return _show_date(booking, occurrence, form, CancelDateForm(formdata=None), others)


def _moved(booking: Booking) -> str:
    if booking.requester is None:
        return _("Data spostata. Avvisa tu chi ha prenotato: non ha un account.")
    return _("Data spostata: chi ha prenotato riceve una mail.")


@bp.post(f"/richieste/{CODE}/date/{ID}/annulla")
@managers
def cancel_date(code: str, id: int) -> ResponseReturnValue:
    """A manager takes back one date, or several of a series; the others stand."""
    booking, occurrence = _date(code, id)
    form = CancelDateForm()
    form.offer(len(booking.planned) > 1)
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(booking)
            dates.cancel_dates(booking, occurrence, form.scope.data, form.reason.data or "", by=current_user)
            db.session.commit()
            flash(_("Data annullata."), "success")
            return go(url_for("booking_staff.decide", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    moving = MoveDateForm(formdata=None, layout=occurrence.layout_id, day=wall(occurrence.starts_at).date())
    moving.offer_all(spaces.spaces(), len(booking.planned) > 1)
    return _show_date(booking, occurrence, moving, form, [])


def _date(code: str, id: int) -> tuple[Booking, Occurrence]:
    booking = arrivals.booking_at(code, locked=request.method == "POST") or abort(404)
    return booking, next((one for one in booking.occurrences if one.id == id), None) or abort(404)


def _show_date(
    booking: Booking, occurrence: Occurrence, form: MoveDateForm, cancelling: CancelDateForm, others: list[search.Alternative]
) -> ResponseReturnValue:
    form.look(booking)
    cancelling.look(booking)
    cancelling.offer(len(booking.planned) > 1)
    return screen(
        "booking/staff/move.html",
        status=422 if form.errors or cancelling.errors else 200,
        booking=booking,
        occurrence=occurrence,
        form=form,
        cancelling=cancelling,
        others=others,
    )
