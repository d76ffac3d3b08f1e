"""Booking in steps: when and how, details, who, summary; then the booking's own page, receipt and calendar entry."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from hub.access import public, residents
from hub.booking import papers, service
from hub.booking.forms import DetailsForm, ReasonForm, SlotForm, SubmitForm, WhoForm, WishForm
from hub.booking.models import Booking
from hub.booking.words import LOOKS, PURPOSES, STATES, STEPS
from hub.clock import now, today, wall
from hub.db import db
from hub.filters import day, hour, language, local, minutes, moment
from hub.ical import calendar
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot

bp = Blueprint("booking", __name__)
bp.app_template_filter("state_words")(STATES.__getitem__)
bp.app_template_filter("state_look")(lambda state: LOOKS.get(state, "refused"))
bp.app_template_filter("purpose_words")(PURPOSES.__getitem__)
CODE = "<string(minlength=14,maxlength=20):code>"


@bp.after_request
def _private(response: Response) -> Response:
    """A draft is personal even before anybody has signed in for it."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/spazi/<slug>/prenota", methods=["GET", "POST"])
@public
def when(slug: str) -> ResponseReturnValue:
    space = spaces.space_by(slug) or abort(404)
    return _choose(space, None, url_for(".when", slug=slug))


@bp.route("/prenota/<key>/quando", methods=["GET", "POST"])
@public
def another_time(key: str) -> ResponseReturnValue:
    booking = _draft(key)
    return _choose(booking.space, booking, url_for(".another_time", key=key))


def _choose(space: Space, booking: Booking | None, address: str) -> ResponseReturnValue:
    """The first step, of a new booking or of a draft: a wish, the free times that fit it, the choice of one."""
    wish = WishForm(_wish(space, booking))
    wish.offer(space)
    form = SlotForm(starts=request.args.get("inizio") or (booking and booking.slot.starts.isoformat()))
    conflict = None
    if request.method == "POST" and wish.validate() and form.validate():
        layout = next(one for one in space.layouts if one.id == wish.layout.data)
        starts = datetime.fromisoformat(form.starts.data)
        slot = Slot(starts, starts + timedelta(minutes=wish.minutes.data))
        try:
            sending = form.once()
            if not sending.answer:
                chosen = _book(booking, layout, slot, wish.attendees.data)
                sending.answer = url_for(".details", key=chosen.key)
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
            conflict = (layout, slot) if isinstance(refusal, Conflict) else None
    return _show_choice(space, wish, form, conflict, address)


def _book(booking: Booking | None, layout: Layout, slot: Slot, attendees: int) -> Booking:
    by = current_user if current_user.is_authenticated else None
    if booking is None:
        return service.draft(layout, slot, attendees, by=by)
    service.change_slot(booking, layout, slot, attendees, by=by)
    return booking


def _show_choice(
    space: Space, wish: WishForm, form: SlotForm, conflict: tuple[Layout, Slot] | None, address: str
) -> ResponseReturnValue:
    slots, opening = [], None
    if wish.validate() and _fits(space, wish):
        layout = next(one for one in space.layouts if one.id == wish.layout.data)
        hours = spaces.hours()
        slots = spaces.free_slots(space, layout, wish.day.data, wish.minutes.data, known=hours)
        opening = spaces.days_of(space, wish.day.data, 1, hours)[0]
    form.offer(slots)
    return screen(
        "booking/when.html",
        "booking/_slots.html",
        422 if form.errors or wish.errors else 200,
        space=space,
        wish=wish,
        form=form,
        opening=opening,
        address=address,
        steps=STEPS,
        alternatives=_alternatives(conflict, wish.attendees.data) if conflict else None,
    )


def _fits(space: Space, wish: WishForm) -> bool:
    """Whether so many people fit in the layout; said beside the field where they do not."""
    layout = next(one for one in space.layouts if one.id == wish.layout.data)
    try:
        space_rules.must_fit(wish.attendees.data, layout.capacity)
    except Refusal as refusal:
        wish.show(refusal)
        return False
    return True


def _wish(space: Space, booking: Booking | None) -> MultiDict:
    """What is asked for: by the address or the form, else by the draft, else something that most people want."""
    first = space.layouts[0]
    if booking:
        wish = {
            "disposizione": booking.layout_id,
            "giorno": wall(booking.slot.starts).date(),
            "durata": booking.slot.minutes,
            "persone": booking.attendees,
        }
    else:
        wish = {
            "disposizione": first.id,
            "giorno": today() + timedelta(days=1 + space.notice_hours // 24),
            "durata": max(120, space.min_minutes),
            "persone": min(10, first.capacity),
        }
    given = request.form if request.method == "POST" else request.args
    return MultiDict({name: given.get(name, str(value)) for name, value in wish.items()})


def _alternatives(conflict: tuple[Layout, Slot], people: int) -> dict[str, list]:
    """The nearest ways to have it all the same: another time here, another space at that time."""
    layout, slot = conflict
    return {
        "times": spaces.nearest(layout.space, layout, slot),
        "layouts": spaces.elsewhere(slot, people, other_than=layout.space),
        "slot": slot,
        "layout": layout,
        "people": people,
    }


@bp.route("/prenota/<key>/dettagli", methods=["GET", "POST"])
@public
def details(key: str) -> ResponseReturnValue:
    booking = _draft(key)
    form = DetailsForm(obj=booking)
    if form.validate_on_submit():
        service.describe(booking, title=form.title.data, purpose=form.purpose.data, details=form.details.data)
        db.session.commit()
        return go(url_for(".who", key=key))
    return screen("booking/details.html", "booking/_details.html", _status(form), booking=booking, form=form, steps=STEPS)


@bp.route("/prenota/<key>/chi", methods=["GET", "POST"])
@residents
def who(key: str) -> ResponseReturnValue:
    booking = _draft(key)
    form = WhoForm(phone=booking.phone or current_user.phone or "")
    conflict = None
    if form.validate_on_submit():
        try:
            service.introduce(booking, phone=form.phone.data, by=current_user)
            db.session.commit()
            return go(url_for(".summary", key=key))
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
            conflict = _conflict_of(booking, refusal)
    return screen(
        "booking/who.html",
        "booking/_who.html",
        _status(form),
        booking=booking,
        form=form,
        steps=STEPS,
        alternatives=conflict,
    )


@bp.route("/prenota/<key>/riepilogo", methods=["GET", "POST"])
@residents
def summary(key: str) -> ResponseReturnValue:
    form = SubmitForm()
    booking = _draft(key)
    if not booking.title or booking.requester_id is None:
        return redirect(url_for(".details" if not booking.title else ".who", key=key), 303)
    conflict = None
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                service.submit(booking, by=current_user)
                sending.answer = url_for(".booking", code=booking.code)
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
            conflict = _conflict_of(booking, refusal)
    return screen(
        "booking/summary.html",
        "booking/_summary.html",
        _status(form),
        booking=booking,
        form=form,
        steps=STEPS,
        alternatives=conflict,
    )


def _conflict_of(booking: Booking, refusal: Refusal) -> dict[str, list] | None:
    if isinstance(refusal, Conflict):
        return _alternatives((booking.layout, booking.slot), booking.attendees)
    return None


def _status(form: object) -> int:
    return 422 if form.errors else 200


def _draft(key: str) -> Booking:
    """An unfinished booking, for whoever holds its address, or for its owner once it has one; off to its page once sent."""
    booking = service.booking_by_key(key, locked=request.method == "POST") or abort(404)
    if booking.requester_id is not None:
        if not current_user.is_authenticated:
            abort(current_app.login_manager.unauthorized())
        if booking.requester_id != current_user.id:
            abort(404)
    if booking.state not in ("draft", "held"):
        abort(go(url_for(".booking", code=booking.code)))  # sent already, perhaps from another tab
    return booking


@bp.get("/area-personale/prenotazioni")
@residents
def mine() -> ResponseReturnValue:
    page = asked_page()
    found, more = service.bookings_of(current_user, page=page)
    return screen("booking/mine.html", bookings=found, page=page, more=more)


@bp.get(f"/prenotazioni/{CODE}")
@residents
def booking(code: str) -> ResponseReturnValue:
    found = _own(code)
    return screen("booking/booking.html", booking=found, form=ReasonForm(), kept=service.keeps_its_place(found))


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
    if booking.requester_id != current_user.id or booking.state != "changes_requested":
        return redirect(url_for(".booking", code=code), 303)
    if form.validate_on_submit():
        try:
            service.describe(booking, title=form.title.data, purpose=form.purpose.data, details=form.details.data)
            service.submit(booking, by=current_user)
            db.session.commit()
            flash(_("Richiesta inviata di nuovo."), "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("booking/change.html", "booking/_change.html", _status(form), booking=booking, form=form)


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
            verb(booking, form.reason.data or "")
            db.session.commit()
            flash(words, "success")
            return go(url_for(".booking", code=code))
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("booking/booking.html", None, 422, booking=booking, form=form, kept=service.keeps_its_place(booking))


def _own(code: str, *, locked: bool = False) -> Booking:
    """A booking that was sent, for its requester or a manager; to anybody else it does not exist."""
    booking = service.booking_by_code(code, locked=locked)
    if booking is None or booking.submitted_at is None:
        abort(404)
    if booking.requester_id != current_user.id and not current_user.has_role("manager"):
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
        (_("Telefono"), booking.phone),
    ]
    return [(term, words) for term, words in rows if words]
