"""Pages of the second factor: setting it up, its code at the door, codes for paper, doing without it."""

import json

import segno
from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import second_factor, throttle
from hub.accounts.forms import CodeForm, TurnOffForm
from hub.accounts.rules import must_be_oneself, safe_next
from hub.accounts.service import has_second_factor
from hub.accounts.sign_in import cookie, identified_just_now, is_sure, remember
from hub.db import db, undo
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.sealing import seal, unseal

bp = Blueprint("second_factor", __name__)
HERE = "/area-personale/sicurezza/secondo-fattore"


@bp.route("/entra/codice", methods=["GET", "POST"])
@public
def sign_in_code() -> ResponseReturnValue:
    """The second half of signing in, after the right password."""
    form = CodeForm(next=request.args.get("next"))
    person_id = second_factor.awaited(cookie())
    if person_id is None:
        return redirect(url_for("accounts.sign_in", next=safe_next(form.next.data, "") or None), 303)
    if form.validate_on_submit():
        try:
            throttle.count(throttle.CODE, str(person_id))
            token = second_factor.enter(cookie(), form.code.data, hours=current_app.config["SIGN_IN_HOURS"])
            throttle.forget(throttle.CODE, str(person_id))
            db.session.commit()
            return remember(go(safe_next(form.next.data, url_for("accounts.me"))), token)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/code.html", status=form.http_status, form=form)


@bp.route(HERE, methods=["GET", "POST"])
@residents
def page() -> ResponseReturnValue:
    """Off; being set up, until the first code comes; on, where a browser that was signed in before shows a code once."""
    form = CodeForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            throttle.count(throttle.CODE, str(current_user.id))
            return _show_again(form) if has_second_factor(current_user) else _turn_on(form)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    state = second_factor.state(current_user)
    address = second_factor.address(current_user, state.secret) if state.secret else None
    return screen(
        "accounts/second_factor.html",
        status=form.http_status,
        form=form,
        state=state,
        address=address,
        picture=segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff") if address else None,
        required=current_app.config["STAFF_SECOND_FACTOR"] == "required" and bool(current_user.roles),
    )


def _turn_on(form: CodeForm) -> ResponseReturnValue:
    codes, token = second_factor.turn_on(current_user, form.code.data, cookie())
    throttle.forget(throttle.CODE, str(current_user.id))
    db.session.commit()
    response = remember(go(url_for(".paper", next=safe_next(form.next.data, "") or None)), token)
    _hand_over(codes)
    return response


def _show_again(form: CodeForm) -> ResponseReturnValue:
    token = second_factor.show_again(current_user, form.code.data, cookie())
    throttle.forget(throttle.CODE, str(current_user.id))
    db.session.commit()
    return remember(go(safe_next(form.next.data, url_for("security.overview"))), token)


@bp.post(f"{HERE}/comincia")
@residents
def begin() -> ResponseReturnValue:
    """Make the secret of a new authenticator, over one that showed no code yet."""
    next_url = safe_next(CodeForm().next.data, "") or None
    try:
        second_factor.begin(current_user)
        db.session.commit()
    except Refusal:
        undo()  # it is on already, as the page says
    return go(url_for(".page", next=next_url))


@bp.get(f"{HERE}/codici")
@residents
def paper() -> ResponseReturnValue:
    """The codes for paper, which the browser was given to show once."""
    if "codes" not in session:
        return redirect(url_for(".page"), 303)
    codes = json.loads(unseal(session.pop("codes"), _for_this_browser()))
    return screen("accounts/recovery_codes.html", codes=codes, next_url=safe_next(request.args.get("next"), ""))


@bp.route(f"{HERE}/codici/nuovi", methods=["GET", "POST"])
@residents
def new_paper() -> ResponseReturnValue:
    """Ten new codes for paper instead of the old ones."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            throttle.count(throttle.CODE, str(current_user.id))
            codes = second_factor.change_codes(current_user, form.code.data)
            throttle.forget(throttle.CODE, str(current_user.id))
            db.session.commit()
            _hand_over(codes)
            return go(url_for(".paper"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/recovery_codes_new.html", status=form.http_status, form=form)


@bp.route(f"{HERE}/disattiva", methods=["GET", "POST"])
@residents
def turn_off() -> ResponseReturnValue:
    """Do without the second factor: asks for the password and a code."""
    form = TurnOffForm()
    if not current_user.password_hash or identified_just_now():
        del form.password
    if form.validate_on_submit():
        try:
            throttle.count(throttle.SIGN_IN_ACCOUNT, current_user.email)
            throttle.count(throttle.CODE, str(current_user.id))
            must_be_oneself(is_sure(form.password.data if form.password else None))
            token = second_factor.turn_off(current_user, form.code.data, cookie())
            throttle.forget(throttle.SIGN_IN_ACCOUNT, current_user.email)
            throttle.forget(throttle.CODE, str(current_user.id))
            db.session.commit()
            response = remember(go(url_for("security.overview")), token)
            flash(_("Il secondo fattore non è più attivo."), "success")
            return response
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/second_factor_off.html", status=form.http_status, form=form, fresh=identified_just_now())


def _hand_over(codes: list[str]) -> None:
    """To this browser alone, to be shown on the next page: they are kept nowhere in the clear."""
    session["codes"] = seal(json.dumps(codes), _for_this_browser())


def _for_this_browser() -> str:
    return f"recovery codes shown to person:{current_user.id}"
