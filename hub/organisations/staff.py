"""The managers' desk for organisations: those that wait for verification, and each with everybody in it."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.clock import today
from hub.db import db, undo, writes
from hub.organisations import rules, service, verification
from hub.organisations.forms import DecisionForm
from hub.organisations.models import Organisation
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("organisations_staff", __name__, url_prefix="/gestione/organizzazioni")


@bp.get("")
@managers
def organisations() -> ResponseReturnValue:
    state = request.args.get("stato", rules.STATES[0])
    if state not in rules.STATES:
        abort(404)
    page = asked_page()
    found, more = verification.queue(state, page=page)
    counts = verification.counts()
    return screen("organisations/staff/organisations.html", rows=found, counts=counts, state=state, page=page, more=more)


@bp.route("/<int(max=2147483647):id>", methods=["GET", "POST"])
@managers
@writes
def organisation(id: int) -> ResponseReturnValue:
    """An organisation with its people, whose data is opened here: that is written down."""
    found = verification.organisation_by(id, locked=request.method == "POST") or abort(404)
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(found)
            words = _decide(found, form)
            db.session.commit()
            flash(words, "success")
            return go(url_for(".organisation", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = verification.organisation_by(id)
    form.look(found)
    members = verification.live(found)
    shown = {
        "form": form,
        "organisation": found,
        "members": [(one, _age_words(found, one.person.birth_date)) for one in members],
        "is_own": any(one.person_id == current_user.id for one in members),
        "same": verification.with_same_code(found),
        "changes": service.history(found),
    }
    if request.method == "GET":
        for one in members:
            opened(one.person, "organisation", str(id), by=current_user)
        db.session.commit()  # last: what is shown is loaded, and nothing is asked for again
    page, part = "organisations/staff/organisation.html", "organisations/staff/_organisation.html"
    return screen(page, part, form.http_status, **shown)


def _age_words(organisation: Organisation, birth_date: object) -> str:
    """Whether a member counts as an adult, which matters in an informal group alone."""
    if organisation.kind != "informal_group":
        return ""
    if birth_date is None:
        return _("data di nascita sconosciuta")
    return _("maggiorenne") if rules.is_adult(birth_date, today()) else _("minorenne")


def _decide(organisation: Organisation, form: DecisionForm) -> str:
    """Carry out the decision whose button was pressed; says it in words."""
    if form.verify.data:
        verification.verify(organisation, by=current_user)
        return _("Organizzazione verificata: chi ne fa parte riceve una mail.")
    if form.refuse.data:
        verification.refuse(organisation, form.reason.data or "", by=current_user)
        return _("Verifica rifiutata: chi fa parte dell'organizzazione riceve una mail.")
    if form.implementer.data or form.not_implementer.data:
        verification.mark_implementer(organisation, bool(form.implementer.data), by=current_user)
        return _("Salvato: chi fa parte dell'organizzazione riceve una mail.")
    raise Refusal("Scegli che cosa fare con uno dei pulsanti.")
