"""Booking in steps: when and how, details, who, summary. The draft is kept at each, and resumed after signing in."""

from datetime import datetime, timedelta

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from hub.access import public, residents
from hub.booking import charges, limits, service
from hub.booking.forms import DetailsForm, SlotForm, SubmitForm, WhoForm, WishForm, address_of_series
from hub.booking.models import Booking
from hub.booking.words import RULES, STEPS
from hub.clock import today, wall
from hub.db import db, undo
from hub.organisations.members import organisations_to_act_for
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen
from hub.spaces import rules as space_rules
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Layout, Space
from hub.spaces.needs import audiences_of
from hub.spaces.rules import Slot
from hub.spaces.sentences import cancelling
from hub.spaces.terms import Terms

bp = Blueprint("booking_steps", __name__)


bp.after_request(never_kept)  # a draft is personal even before anybody has signed in for it


@bp.route("/spazi/<slug>/prenota", methods=["GET", "POST"])
@public
def when(slug: str) -> ResponseReturnValue:
    space = spaces.space_by(slug) or abort(404)
    return _choose(space, None, url_for(".when", slug=slug))


@bp.route("/prenota/<key>/quando", methods=["GET", "POST"])
@public
def another_time(key: str) -> ResponseReturnValue:
    booking = _draft(key)
    if booking.series:
        return redirect(url_for("series.repeat", slug=booking.space.slug, **address_of_series(booking)), 303)
    return _choose(booking.space, booking, url_for(".another_time", key=key))


def _choose(space: Space, booking: Booking | None, address: str) -> ResponseReturnValue:
    """The first step, of a new booking or of a draft: a wish, the free times that fit it, the choice of one."""
    known = spaces.house()
    terms = known.terms(space)
    wish = WishForm(_wish(space, terms, booking))
    wish.offer(space, terms)
    form = SlotForm(starts=request.args.get("inizio") or (booking and booking.slot.starts.isoformat()))
    conflict = None
    if request.method == "POST" and wish.validate() and form.validate():
        layout = _layout(space, wish)
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
            _turned_away(space, refusal)
            form.show(refusal)
            conflict = (layout, slot) if isinstance(refusal, Conflict) else None
    return _show_choice(space, wish, form, conflict, address, known)


def _book(booking: Booking | None, layout: Layout, slot: Slot, attendees: int) -> Booking:
    by = current_user if current_user.is_authenticated else None
    if booking is None:
        return service.draft(layout, slot, attendees, by=by)
    service.change_slot(booking, layout, slot, attendees, by=by)
    return booking


def _show_choice(
    space: Space, wish: WishForm, form: SlotForm, conflict: tuple[Layout, Slot] | None, address: str, known: spaces.House
) -> ResponseReturnValue:
    slots, opening = [], None
    if wish.validate() and _fits(space, wish):
        layout = _layout(space, wish)
        who = current_user if current_user.is_authenticated else None
        mine, audience = service.held_by(who, space) if who else None, service.known_audience(who)
        asked = {"known": known, "ignoring": mine, "audience": audience}
        slots = spaces.free_slots(space, layout, wish.day.data, wish.minutes.data, **asked)
        opening = spaces.days_of(space, wish.day.data, 1, known, audience)[0]
    form.offer(slots)
    chosen = next((slot for slot in slots if slot.starts.isoformat() == form.starts.data), None)
    return screen(
        "booking/when.html",
        "booking/_slots.html",
        422 if form.errors or wish.errors else 200,
        space=space,
        terms=(terms := known.terms(space)),
        latest=today() + timedelta(days=terms.horizon_days),
        wish=wish,
        form=form,
        opening=opening,
        at=chosen and f"{wall(chosen.starts):%H:%M}",
        address=address,
        steps=STEPS,
        alternatives=_alternatives(conflict, wish.attendees.data) if conflict else None,
    )


def _layout(space: Space, wish: WishForm) -> Layout:
    return next(layout for layout in space.layouts if layout.id == wish.layout.data)


def _fits(space: Space, wish: WishForm) -> bool:
    """Whether so many people fit in the layout; said beside the field where they do not."""
    try:
        space_rules.must_fit(wish.attendees.data, _layout(space, wish).capacity)
    except Refusal as refusal:
        wish.show(refusal)
        return False
    return True


def _wish(space: Space, terms: Terms, booking: Booking | None) -> MultiDict:
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
            "giorno": today() + timedelta(days=1 + terms.notice_hours // 24),
            "durata": min(max(120, terms.min_minutes), terms.max_minutes),
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
        service.describe(booking, **form.described)
        db.session.commit()
        return go(url_for(".who", key=key))
    return screen("booking/details.html", "booking/_details.html", form.http_status, booking=booking, form=form, steps=STEPS)


@bp.route("/prenota/<key>/chi", methods=["GET", "POST"])
@residents
def who(key: str) -> ResponseReturnValue:
    booking = _draft(key)
    form = WhoForm(
        phone=booking.phone or current_user.phone or "",
        resident=booking.audience == "resident",
        school=booking.audience == "school",
        free_reason=booking.free_reason,
        free_words=booking.free_words,
    )
    kind = current_user.acting_as and current_user.acting_as.kind
    prices = {audience: charges.list_price(booking, audience) for audience in audiences_of(kind)}
    form.ask(kind, max(prices.values()))
    conflict = None
    if form.validate_on_submit():
        try:
            service.introduce(booking, **form.introduced, by=current_user)
            charges.ask_free(booking, **form.asked)
            db.session.commit()
            return go(url_for(".summary", key=key))
        except Refusal as refusal:
            _turned_away(booking.space, refusal)
            form.show(refusal)
            conflict = _conflict_of(booking, refusal)
    return screen(
        "booking/who.html",
        "booking/_who.html",
        form.http_status,
        booking=booking,
        form=form,
        steps=STEPS,
        alternatives=conflict,
        prices=prices,
        acting_choices=organisations_to_act_for(current_user),
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
                form.must_be_as_seen(booking)
                service.submit(booking, by=current_user)
                sending.answer = url_for("booking.booking", code=booking.code)
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            _turned_away(booking.space, refusal)
            form.show(refusal)
            conflict = _conflict_of(booking, refusal)
    form.look(booking)
    known = spaces.house()
    terms, cents = known.terms(booking.space, wall(booking.slot.starts).date(), booking.audience), charges.list_price(booking)
    return screen(
        "booking/summary.html",
        "booking/_summary.html",
        form.http_status,
        booking=booking,
        form=form,
        steps=STEPS,
        alternatives=conflict,
        terms=terms,
        cents=cents,
        refunds=cancelling(terms, cents) if cents else "",
        automatic=service.confirms_itself(booking, known),
    )


def _turned_away(space: Space, refusal: Refusal) -> None:
    """Undo what was refused, and count the rules of the space that said no."""
    space_id = space.id
    db.session.rollback()
    if counted := [one for one in refusal.all if one.rule in RULES]:
        limits.count_turned(space_id, counted)
        db.session.commit()
    undo()


def _conflict_of(booking: Booking, refusal: Refusal) -> dict[str, list] | None:
    if isinstance(refusal, Conflict) and booking.series is None:
        return _alternatives((booking.layout, booking.slot), booking.attendees)
    return None


def _draft(key: str) -> Booking:
    """An unfinished booking, for whoever holds its address, or for its owner once it has one; off to its page once sent."""
    booking = service.booking_by_key(key, locked=request.method == "POST") or abort(404)
    if booking.requester_id is not None:
        if not current_user.is_authenticated:
            abort(current_app.login_manager.unauthorized())
        if booking.requester_id != current_user.id:
            abort(404)
    if booking.state not in ("draft", "held"):
        abort(go(url_for("booking.booking", code=booking.code)))  # sent already, perhaps from another tab
    return booking
