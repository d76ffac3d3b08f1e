"""Pages of people: registering, confirming the address, signing in and out, the personal area."""

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import credentials, service, throttle
from hub.accounts.forms import ConfirmForm, ForgottenForm, NewPasswordForm, ProfileForm, RegisterForm, ResendForm, SignInForm
from hub.accounts.identity import identity_of
from hub.accounts.pace import same_time
from hub.accounts.rules import mailbox, safe_next
from hub.accounts.sign_in import cookie, forget, welcome
from hub.db import db, undo
from hub.filters import language
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("accounts", __name__)


@bp.route("/registrati", methods=["GET", "POST"])
@public
@same_time
def register() -> ResponseReturnValue:
    """Open an account. Answers the same whether or not the address has one already."""
    if current_user.is_authenticated:
        return go(url_for(".me"))
    form = RegisterForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            sent = _may_be_sent(form.email.data)
            names = {"given_name": form.given_name.data, "family_name": form.family_name.data}
            # hashed before the first write, which on SQLite takes the only turn to write
            password_hash = service.new_password(form.password.data, email=form.email.data, names=tuple(names.values()))
            sending = form.once()
            if not sending.answer:
                next_url = form.next.data or ""
                if sent:
                    service.register(
                        email=form.email.data, password_hash=password_hash, language=language(), next_url=next_url, **names
                    )
                sending.answer = url_for(".registered")
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("accounts/register.html", status=form.http_status, form=form)


@bp.get("/registrati/controlla-la-posta")
@public
def registered() -> ResponseReturnValue:
    """A link is on its way."""
    return screen("accounts/registered.html", hours=service.LINK_HOURS)


@bp.route("/registrati/nuovo-link", methods=["GET", "POST"])
@public
@same_time
def resend() -> ResponseReturnValue:
    """Ask for another confirmation link. Answers the same for every address."""
    form = ResendForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            sent = _may_be_sent(form.email.data)
            sending = form.once()
            if not sending.answer:
                if sent:
                    service.resend(form.email.data, form.next.data or "")
                sending.answer = url_for(".registered")
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("accounts/resend.html", status=form.http_status, form=form)


@bp.route("/conferma/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> ResponseReturnValue:
    """Prove that an address is one's own: the link of the mail opens a page with a button."""
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            _person, next_url = service.confirm(token)
            db.session.commit()
            flash(_("Indirizzo confermato. Ora puoi entrare."), "success")
            return go(url_for(".sign_in", next=next_url or None))
        except Refusal:
            db.session.rollback()
    link = service.link(token)
    if form.is_submitted() or not service.is_open(link):
        again = ResendForm(formdata=None, next=link.next_url if link else "")
        return screen("accounts/link_closed.html", status=410, form=again)
    return screen("accounts/confirm.html", form=form)


@bp.route("/entra", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in, and go on from where one was."""
    form = SignInForm(next=request.args.get("next"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(safe_next(form.next.data, url_for(".me")), 303)
    if form.validate_on_submit():
        asked_from, account = throttle.network(request.remote_addr), mailbox(form.email.data)
        try:
            throttle.count(throttle.SIGN_IN_ADDRESS, asked_from)
            throttle.count(throttle.SIGN_IN_ACCOUNT, account)
            hours, browser = current_app.config["SIGN_IN_HOURS"], request.user_agent.string
            person, token = service.sign_in(form.email.data, form.password.data, hours=hours, user_agent=browser)
            throttle.give_back(throttle.SIGN_IN_ADDRESS, asked_from)
            throttle.forget(throttle.SIGN_IN_ACCOUNT, account)
            service.sign_out(cookie())
            db.session.commit()
            return welcome(person, token, form.next.data)
        except Refusal as refusal:
            db.session.rollback()
            if refusal.rule == "confirmed" and _may_be_sent(account):
                service.resend(account, form.next.data or "")
                db.session.commit()
            form.show(refusal)
    return screen("accounts/sign_in.html", status=form.http_status, form=form)


@bp.route("/entra/password-dimenticata", methods=["GET", "POST"])
@public
@same_time
def forgotten() -> ResponseReturnValue:
    """Ask for a link to choose a new password. Answers the same for every address."""
    form = ForgottenForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            sent = _may_be_sent(form.email.data)
            sending = form.once()
            if not sending.answer:
                if sent:
                    credentials.ask_reset(form.email.data, form.next.data or "")
                sending.answer = url_for(".forgotten_sent")
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("accounts/forgotten.html", status=form.http_status, form=form)


@bp.get("/entra/password-dimenticata/controlla-la-posta")
@public
def forgotten_sent() -> ResponseReturnValue:
    """A link is on its way, if there is an account."""
    return screen("accounts/forgotten_sent.html", minutes=credentials.RESET_HOURS * 60)


@bp.route("/entra/nuova-password/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password, by the link of the mail."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            person, next_url = credentials.reset(token, form.password.data)
            throttle.forget(throttle.SIGN_IN_ACCOUNT, person.email)
            db.session.commit()
            flash(_("La tua password è cambiata. Ora entra con quella nuova."), "success")
            return go(url_for(".sign_in", next=next_url or None))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    if not service.is_open(service.link(token, "reset")):
        return screen("accounts/reset_closed.html", status=410, form=ForgottenForm(formdata=None))
    return screen("accounts/reset.html", status=form.http_status, form=form)


def _may_be_sent(email: str) -> bool:
    return throttle.may_be_sent(mailbox(email), asked_from=request.remote_addr)


@bp.post("/esci")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in."""
    service.sign_out(cookie())
    db.session.commit()
    response = forget(go(url_for("pages.home")))
    flash(_("Sei uscito dal tuo account."), "success")
    return response


@bp.get("/area-personale")
@residents
def me() -> ResponseReturnValue:
    """The personal area: the ways to what is mine."""
    return screen("accounts/me.html")


@bp.route("/area-personale/dati", methods=["GET", "POST"])
@residents
def profile() -> ResponseReturnValue:
    """What I say of myself: name, phone, date of birth, language; but what a digital identity says stays as it says."""
    form = ProfileForm(obj=current_user)
    if identity := identity_of(current_user):
        del form.given_name, form.family_name, form.birth_date
    if form.validate_on_submit():
        try:
            fields = ("given_name", "family_name", "birth_date", "phone", "language")
            service.change_profile(current_user, **{name: form[name].data for name in fields if name in form})
            db.session.commit()
            flash(_("I tuoi dati sono aggiornati."), "success")
            return go(url_for(".me"))
        except Refusal as refusal:
            db.session.rollback()
            form.show(refusal)
    return screen("accounts/profile.html", status=form.http_status, form=form, identity=identity)
