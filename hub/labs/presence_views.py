"""The door of a session: the QR of a ticket, or its code, says who is here. To whoever keeps no register it says nothing."""

from flask import Blueprint, Response, abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import as_the_staff, residents
from hub.booking.papers import qr
from hub.clock import now, today
from hub.db import db, undo, writes
from hub.families import service as families
from hub.forms import told
from hub.labs import attendance, health, register, team, tickets
from hub.labs.models import Enrolment
from hub.labs.register_forms import TicketForm
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("presence", __name__, url_prefix="/presenze")
bp.before_request(as_the_staff)
KEY = "<string(minlength=12,maxlength=32):key>"


@bp.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_global()
def ticket_of(enrolment: Enrolment) -> dict[str, str] | None:
    """The QR of a ticket as SVG, and its code, for whoever has a place."""
    if enrolment.state not in attendance.TAKING_PART:
        return None
    address = current_app.config["PUBLIC_URL"] + url_for("presence.ticket", key=enrolment.key)
    return {"svg": qr(address), "code": tickets.code_of(enrolment)}


@bp.route("", methods=["GET", "POST"])
@residents
def door() -> ResponseReturnValue:
    """The sessions of now, and whose code it is."""
    if not (current_user.has_role("manager") or team.kept_by(current_user)):
        abort(404)
    form = TicketForm()
    if form.validate_on_submit():
        found = tickets.typed(form.code.data, current_user)
        if found is None or not team.may_keep(found[0].activity, current_user):
            form.code.errors = [_("Nessuno di chi aspettiamo adesso ha questo codice: controlla le lettere e i numeri.")]
        else:
            return _admit(found[0], found[1])
    return screen("labs/register/door.html", status=form.http_status, form=form, sessions=tickets.sessions_of_now(current_user))


@bp.get(f"/{KEY}")
@residents
@writes
def ticket(key: str) -> ResponseReturnValue:
    """What the QR leads to: whoever shows it is here. What was taken back, or written otherwise, is not written again, and
    where nobody has scanned anything a button asks first."""
    found = _shown(key)
    told_now, why = tickets.shown(found), ""
    if told_now.session and not told_now.was_marked and _is_scanned():
        try:
            told_now = tickets.admit(found, "qr", by=current_user)
        except Refusal as refusal:
            undo()
            found, why = _shown(key), told(refusal)
            told_now = tickets.shown(found)
    if found.participant and not why:
        families.viewed_all([found.participant], "register", found.activity.slug, by=current_user)
    db.session.commit()
    undo()
    return screen("labs/register/ticket.html", enrolment=found, told=told_now, why=why, has_note=_has_note(found))


@bp.post(f"/{KEY}")
@residents
def admit(key: str) -> ResponseReturnValue:
    """They are here, though it was taken back or written otherwise."""
    return _admit(_shown(key), "qr")


@bp.post(f"/{KEY}/togli")
@residents
def undo_it(key: str) -> ResponseReturnValue:
    """It was somebody else."""
    found = _shown(key)
    session = register.of_now(found.activity.sessions, now())
    try:
        if session and attendance.unmark(session, found, by=current_user):
            flash(_("Presenza tolta."), "success")
        db.session.commit()
    except Refusal as refusal:
        undo()
        flash(told(refusal), "danger")
    return go(url_for(".ticket", key=key))


def _admit(found: Enrolment, source: str) -> ResponseReturnValue:
    key = found.key
    try:
        tickets.admit(found, source, by=current_user)
        db.session.commit()
    except Refusal as refusal:
        undo()
        flash(told(refusal), "danger")
    return go(url_for(".ticket", key=key))


def _shown(key: str) -> Enrolment:
    """Whose ticket it is, for whoever keeps the register; to anybody else there is none."""
    found = tickets.by_key(key)
    if found is None or found.activity.state == "draft" or not team.may_keep(found.activity, current_user):
        abort(404)
    return found


def _is_scanned() -> bool:
    """Whether a camera, or who types the address, has opened the page, or the sign-in that they came through: not another
    site, an image, or a browser that loads it beforehand. Browsers that do not say so are not believed."""
    told = request.headers
    goes_there = (told.get("Sec-Fetch-Mode"), told.get("Sec-Fetch-Dest")) == ("navigate", "document")
    return goes_there and told.get("Sec-Fetch-Site") in ("none", "same-origin") and "Sec-Purpose" not in told


def _has_note(found: Enrolment) -> bool:
    """Whether there is a note on health that can be read today."""
    days = health.days_of(found.activity) if found.activity.asks_health else []
    return bool(days) and health.is_readable(days, today()) and health.noted_in(found.activity, found.id) is not None
