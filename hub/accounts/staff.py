"""The administrator's desk for people: finding one, their roles, a second factor that was lost."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import administrators
from hub.accounts import roles, second_factor
from hub.accounts.data_views import opened
from hub.accounts.forms import ReasonForm, RolesForm, SearchForm
from hub.accounts.models import Person
from hub.accounts.words import ROLE_NAMES, ROLE_TASKS
from hub.db import db, undo, writes
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.web import log

bp = Blueprint("accounts_staff", __name__, url_prefix="/gestione/persone")
bp.app_template_filter("role_words")(ROLE_NAMES.__getitem__)
NUMBER = "<int(max=2147483647):id>"


@bp.get("")
@administrators
def people() -> ResponseReturnValue:
    """Whoever works here; or whom the administrator looks for."""
    form = SearchForm(request.args)
    found, more, asked = [], False, "cerca" in request.args
    try:
        if asked and form.validate():
            found, more = roles.search(form.cerca.data)
        elif not asked:
            found = roles.staff()
    except Refusal as refusal:
        form.show(refusal)
    return screen(
        "accounts/staff/people.html",
        status=form.http_status,
        form=form,
        people=found,
        more=more,
        asked=asked,
        most=roles.MOST_FOUND,
    )


@bp.route(f"/{NUMBER}", methods=["GET", "POST"])
@administrators
@writes
def person(id: int) -> ResponseReturnValue:
    """Somebody's roles, and what became of them."""
    somebody, has_second_factor = _card(id)
    form = RolesForm()
    if form.validate_on_submit():
        try:
            change = roles.revoke_role if form.take.data else roles.grant_role
            change(somebody, form.role.data, by=current_user, reason=form.reason.data)
            db.session.commit()
            flash(_("Fatto: la persona riceve un'e-mail e deve entrare di nuovo."), "success")
            return go(url_for(".person", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            somebody, has_second_factor = _card(id)
    history = roles.history(somebody)
    if request.method == "GET":
        opened(somebody, "person", by=current_user)
        db.session.commit()
    return screen(
        "accounts/staff/person.html",
        status=form.http_status,
        person=somebody,
        form=form,
        tasks=ROLE_TASKS,
        history=history,
        has_second_factor=has_second_factor,
    )


@bp.route(f"/{NUMBER}/secondo-fattore", methods=["GET", "POST"])
@administrators
def reset_second_factor(id: int) -> ResponseReturnValue:
    """Take the second factor of somebody away who has lost it."""
    somebody, _has = _card(id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            second_factor.reset(somebody, by=current_user, reason=form.reason.data)
            db.session.commit()
            log.warning("second factor reset", person=somebody.id, by=current_user.id)
            flash(_("Il secondo fattore è tolto: la persona riceve un'e-mail e deve entrare di nuovo."), "success")
            return go(url_for(".person", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            somebody, _has = _card(id)
    return screen("accounts/staff/second_factor.html", status=form.http_status, person=somebody, form=form)


def _card(id: int) -> tuple[Person, bool]:
    return roles.card_of(id) or abort(404)
