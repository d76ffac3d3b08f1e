"""A booking that recurs: the rule, its dates one by one, and what becomes of each date later."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from hub.access import public, residents
from hub.booking import dates, series, service
from hub.booking.forms import CancelDateForm, MoveDateForm, RuleForm, SeriesForm
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import today, wall
from hub.db import db, undo
from hub.filters import wall_date
from hub.forms import told
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import search
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Layout, Occurrence, Space
from hub.spaces.rules import Slot
from hub.spaces.search import Alternative

bp = Blueprint("series", __name__)
bp.app_template_global("refusal_words")(told)
CODE = "<string(minlength=14,maxlength=20):code>"
KEEP, LEAVE = "keep", "leave"
ENDED = {"withdrawn": _l("Richiesta ritirata."), "cancelled": _l("Prenotazione annullata.")}  # with the last of its dates


@bp.after_request
def _private(response: Response) -> Response:
    if request.endpoint != "series.repeat" or "bozza" in request.args:
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/spazi/<slug>/ripeti", methods=["GET", "POST"])
@public
def repeat(slug: str) -> ResponseReturnValue:
    """The rule in the address; its dates with what stands in their way; what is chosen of each is sent."""
    space = spaces.space_by(slug) or abort(404)
    known = spaces.house()
    asked = RuleForm(_asked(space))
    asked.offer(space, known.terms(space))
    form, found, draft = SeriesForm(), [], _unfinished()
    picked = _picked_of(draft) if draft else {}
    wish, rule = None, None
    if (request.args.get("vedi") or request.method == "POST") and asked.validate():
        wish, rule = _wish(space, asked, draft), asked.recurrence
        if request.method == "POST" and form.validate():
            picked = {name: value for name, value in request.form.items() if name.startswith("date-")}
            try:
                sending = form.once()
                if not sending.answer:
                    booking = series.draft_series(wish, rule, _picks(wish, rule), by=_reader(), instead_of=draft)
                    sending.answer = url_for("booking_steps.details", key=booking.key)
                db.session.commit()
                return go(sending.answer)
            except Refusal as refusal:
                undo()
                form.show(refusal)
        try:
            found = series.propose(wish, rule, by=_reader())
        except Refusal as refusal:
            asked.show(refusal)
    return screen(
        "booking/repeat.html",
        status=422 if form.errors or asked.errors else 200,
        space=space,
        asked=asked,
        form=form,
        found=found,
        picked=picked,
        rule=rule,
        wish=wish,
        draft=draft,
        sent=request.method == "POST",
    )


def _unfinished() -> Booking | None:
    """The draft of a series that the address names, for whoever may go on with it."""
    key = request.args.get("bozza")
    booking = service.booking_by_key(key, locked=request.method == "POST") if key else None
    if booking is None or booking.series is None or booking.state not in ("draft", "held"):
        return None
    return booking if booking.requester_id in (None, current_user.is_authenticated and current_user.id) else None


def _picked_of(draft: Booking) -> dict[str, str]:
    """What was chosen of each date of a draft, as the page sends it."""
    return {f"date-{wall_date(one.recurrence_at)}": _value_of(one, draft) for one in draft.occurrences}


def _value_of(occurrence: Occurrence, draft: Booking) -> str:
    if occurrence.status != "planned":
        return LEAVE
    as_ruled = occurrence.layout_id == draft.layout_id and occurrence.starts_at == occurrence.recurrence_at
    return KEEP if as_ruled else _elsewhere(occurrence.layout_id, occurrence.starts_at)


def _elsewhere(layout_id: int, starts: datetime) -> str:
    return f"{layout_id}@{starts.isoformat()}"


@bp.app_template_filter("pick_value")
def _pick_value(other: Alternative) -> str:
    return _elsewhere(other.layout.id, other.slot.starts)


def _asked(space: Space) -> MultiDict:
    """What the address says, and for what it leaves out something that most people want."""
    usual = {"disposizione": space.layouts[0].id, "giorno": today() + timedelta(days=7), "ora": "18:00", "durata": 120}
    usual |= {"persone": min(10, space.layouts[0].capacity), "ogni": "weekly", "intervallo": 1}
    asked = MultiDict({name: str(value) for name, value in usual.items()})
    for name in request.args:
        asked.setlist(name, request.args.getlist(name))
    return asked


def _reader() -> object:
    return current_user if current_user.is_authenticated else None


def _wish(space: Space, asked: RuleForm, draft: Booking | None) -> Wish:
    layout = next(layout for layout in space.layouts if layout.id == asked.layout.data)
    start = asked.at.data.hour * 60 + asked.at.data.minute
    audience = draft.audience if draft else service.usual_audience(_reader())
    return Wish(layout, start, asked.minutes.data, asked.attendees.data, audience)


def _picks(wish: Wish, rule: Recurrence) -> list[Pick]:
    """What was chosen of each date: as the rule has it, elsewhere or at another time, or nothing."""
    return [_pick(wish, wish.slot(day), request.form.get(f"date-{day.isoformat()}", LEAVE)) for day in rule.days]


def _pick(wish: Wish, slot: Slot, value: str) -> Pick:
    if value == KEEP:
        return Pick(slot.starts, wish.layout, slot)
    layout_id, _at, starts = value.partition("@")
    try:
        begins = datetime.fromisoformat(starts) if starts else None
    except ValueError:
        begins = None
    layout = db.session.get(Layout, int(layout_id)) if begins and layout_id.isdecimal() and len(layout_id) < 10 else None
    if layout is None or not layout.space.published or begins.tzinfo is None or abs(begins.year - today().year) > 4:
        return Pick(slot.starts)
    return Pick(slot.starts, layout, Slot(begins, begins + timedelta(minutes=wish.minutes)))


@bp.route(f"/prenotazioni/{CODE}/date/<int(max=2147483647):id>", methods=["GET", "POST"])
@residents
def one_date(code: str, id: int) -> ResponseReturnValue:
    """One date of somebody's booking: moved, alone or with the others; the address may propose where to."""
    booking, occurrence = _own(code, id)
    every, several = spaces.spaces(), len(booking.planned) > 1
    form = MoveDateForm(
        **{"formdata": request.args} if request.method == "GET" and request.args else {},
        layout=occurrence.layout_id,
        day=wall(occurrence.starts_at).date(),
        at=wall(occurrence.starts_at).time(),
        minutes=Slot(occurrence.starts_at, occurrence.ends_at).minutes,
    )
    form.offer_all(every, several)
    others = None
    if form.validate_on_submit():
        layout = next(layout for space in every for layout in space.layouts if layout.id == form.layout.data)
        try:
            form.must_be_as_seen(booking)
            dates.move(booking, occurrence, layout, **form.when, by=current_user)
            db.session.commit()
            flash(_("Data spostata: ti abbiamo mandato una mail."), "success")
            return go(url_for("booking.booking", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            if isinstance(refusal, Conflict):
                others = search.alternatives(layout.space, layout, form.slot, booking.attendees, booking.audience, most=4)
    form.look(booking)
    cancelling = CancelDateForm(formdata=None)
    cancelling.look(booking)
    cancelling.offer(several)
    return screen(
        "booking/date.html",
        status=form.http_status,
        booking=booking,
        occurrence=occurrence,
        fixed=dates.is_fixed(booking, occurrence),
        form=form,
        others=others,
        cancelling=cancelling,
    )


@bp.post(f"/prenotazioni/{CODE}/date/<int(max=2147483647):id>/annulla")
@residents
def cancel_date(code: str, id: int) -> ResponseReturnValue:
    booking, occurrence = _own(code, id)
    form = CancelDateForm()
    form.offer(len(booking.planned) > 1)
    return _change(
        form, booking, lambda: dates.cancel_dates(booking, occurrence, form.scope.data, "", by=current_user), _("Data annullata.")
    )


@bp.post(f"/prenotazioni/{CODE}/date/<int(max=2147483647):id>/riprendi")
@residents
def take_up(code: str, id: int) -> ResponseReturnValue:
    booking, occurrence = _own(code, id)
    form = CancelDateForm(scope="this")
    form.offer(False)
    return _change(form, booking, lambda: dates.take_up(booking, occurrence, by=current_user), _("Data ripresa."))


def _change(form: CancelDateForm, booking: Booking, verb: object, words: str) -> ResponseReturnValue:
    """Do it, and say on the booking's page how it went."""
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(booking)
            verb()
            db.session.commit()
            flash(ENDED.get(booking.state, words), "success")
        except Refusal as refusal:
            undo()
            form.show(refusal)
    for error in (*form.form_errors, *(error for field in form for error in field.errors)):
        flash(error, "danger")
    return go(url_for("booking.booking", code=booking.code))


def _own(code: str, id: int) -> tuple[Booking, Occurrence]:
    booking = service.booking_by_code(code, locked=request.method == "POST")
    if booking is None or booking.submitted_at is None or not service.is_of(booking, current_user):
        abort(404)
    return booking, next((one for one in booking.occurrences if one.id == id), None) or abort(404)
