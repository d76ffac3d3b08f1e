"""The managers' desk for other hubs, whose calendars are shown in the agenda: listed, tried, added, changed, ended."""

from flask import Blueprint, abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub.access import managers
from hub.accounts import throttle
from hub.agenda import partners as all_partners
from hub.agenda.fetching import Fault
from hub.agenda.forms import PartnerForm
from hub.agenda.models import PartnerHub
from hub.agenda.partners import Copy
from hub.agenda.words import FAULTS
from hub.clock import now
from hub.db import db, undo
from hub.forms import told as words_of
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("partners", __name__, url_prefix="/gestione/hub")
bp.app_template_filter("partner_fault")(FAULTS.__getitem__)
ASKED = throttle.Limit("partner-asked", 30, 60)  # by one manager
PREVIEW = 20


@bp.get("")
@managers
def partners() -> ResponseReturnValue:
    """The hubs, and how each of their calendars stands."""
    return screen("agenda/staff/partners.html", hubs=all_partners.hubs(), counts=all_partners.counts(), stale=_is_stale)


@bp.route("/nuovo", methods=["GET", "POST"])
@managers
def new() -> ResponseReturnValue:
    """Try the calendar of another hub, then add it. Nothing is kept of a try."""
    form, copied = PartnerForm(), None
    if form.validate_on_submit():
        try:
            told = form.told
            copied = _asked(told["feed_url"])
            if "prova" not in request.form:
                sending = form.once()
                if not sending.answer:
                    all_partners.register(**told, copied=copied, by=current_user)
                    sending.answer = url_for(".partners")
                db.session.commit()
                _tell(copied)
                return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
        except Fault as fault:
            form.fault(fault.code)
    return screen("agenda/staff/partner_new.html", None, form.http_status, form=form, copied=copied, most=PREVIEW)


@bp.route("/<int(max=2147483647):id>", methods=["GET", "POST"])
@managers
def partner(id: int) -> ResponseReturnValue:
    """Call it otherwise, or say where its calendar is now, which is tried at once."""
    hub = _known(id)
    form = PartnerForm(obj=hub)
    if form.validate_on_submit():
        try:
            told = form.told
            copied = _asked(told["feed_url"]) if told["feed_url"] != hub.feed_url else None
            all_partners.change(_known(id, locked=True), **told, copied=copied)
            db.session.commit()
            flash(_("Hub aggiornato."), "success")
            return go(url_for(".partners"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
        except Fault as fault:
            undo()
            form.fault(fault.code)
    return screen("agenda/staff/partner.html", None, form.http_status, form=form, hub=hub)


@bp.post("/<int(max=2147483647):id>/aggiorna")
@managers
def refresh(id: int) -> ResponseReturnValue:
    """Ask for its calendar now."""
    hub = _known(id)
    try:
        all_partners.must_not_insist(hub, now())
        _may_ask()
        turn = all_partners.take(id, now(), out_of_turn=True)
        db.session.commit()
        if turn:
            copied, fault = all_partners.ask(turn, current_app.extensions["fetch"])
            db.session.commit()
            _tell(copied) if copied else flash(FAULTS[fault], "warning")
    except Refusal as refusal:
        undo()
        flash(words_of(refusal), "warning")
    return go(url_for(".partners"))


@bp.post("/<int(max=2147483647):id>/togli")
@managers
def end(id: int) -> ResponseReturnValue:
    all_partners.end(_known(id, locked=True))
    db.session.commit()
    flash(_("Hub tolto: le sue date non si vedono più nell'agenda."), "success")
    return go(url_for(".partners"))


def _known(id: int, *, locked: bool = False) -> PartnerHub:
    return all_partners.hub_by(id, locked=locked) or abort(404)


def _may_ask() -> None:
    """Count a question to the net; no transaction is open when it goes out. Raises Refusal."""
    db.session.commit()
    throttle.count(ASKED, current_user.subject)


def _asked(address: str) -> Copy:
    _may_ask()
    return all_partners.copy(address, fetch=current_app.extensions["fetch"])


def _is_stale(hub: PartnerHub) -> bool:
    return all_partners.is_stale(hub, now())


def _tell(copied: Copy) -> None:
    if copied.events is None:
        flash(_("Il calendario è lo stesso di prima."), "success")
        return
    flash(ngettext("Letto: %(num)s data.", "Letto: %(num)s date.", len(copied.events)), "success")
    if copied.left_out:
        words = ngettext("%(num)s evento non si può leggere.", "%(num)s eventi non si possono leggere.", copied.left_out)
        flash(words, "warning")
