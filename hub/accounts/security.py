"""The security of my account: password, address, the browsers in which I am signed in."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import credentials, rules, second_factor, service, throttle
from hub.accounts.forms import AddressForm, ConfirmForm, PasswordForm
from hub.accounts.models import SignIn
from hub.accounts.pace import same_time
from hub.accounts.sign_in import cookie, forget, identified_just_now, is_sure, remember
from hub.db import db, undo
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("security", __name__)
HERE = "/area-personale/sicurezza"
bp.app_template_filter("sign_in_name")(service.name_of)


@bp.app_template_filter("device_words")
def device_words(sign_in: SignIn) -> str:
    """Which browser on which system, as far as it tells."""
    browser, system = rules.device(sign_in.user_agent)
    if browser and system:
        return _("%(browser)s su %(system)s", browser=browser, system=system)
    return browser or system or _("Dispositivo non riconosciuto")


@bp.get(HERE)
@residents
def overview() -> ResponseReturnValue:
    return screen(
        "accounts/security.html",
        sign_ins=service.sign_ins(current_user),
        wish=credentials.wished_address(current_user),
        factor=second_factor.state(current_user),
    )


@bp.route(f"{HERE}/password", methods=["GET", "POST"])
@residents
def password() -> ResponseReturnValue:
    """Change my password; who has none yet chooses one through a link in their mail."""
    has_one = current_user.password_hash is not None
    form = PasswordForm() if has_one else ConfirmForm()
    if form.validate_on_submit():
        try:
            return _change_password(form) if has_one else _send_link()
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/password.html", status=form.http_status, form=form, has_one=has_one)


def _change_password(form: PasswordForm) -> ResponseReturnValue:
    throttle.count(throttle.SIGN_IN_ACCOUNT, current_user.email)
    token = credentials.change_password(current_user, form.current.data, form.password.data, cookie())
    throttle.forget(throttle.SIGN_IN_ACCOUNT, current_user.email)
    db.session.commit()
    response = remember(go(url_for(".overview")), token)
    flash(_("La tua password è cambiata. Se eri entrato da altri dispositivi, lì devi entrare di nuovo."), "success")
    return response


def _send_link() -> ResponseReturnValue:
    if throttle.may_be_sent(current_user.email, asked_from=request.remote_addr):
        credentials.ask_reset(current_user.email)
    db.session.commit()
    return go(url_for("accounts.forgotten_sent"))


@bp.route(f"{HERE}/indirizzo", methods=["GET", "POST"])
@residents
@same_time
def address() -> ResponseReturnValue:
    """Ask for another address. Answers the same whether or not it has an account."""
    form = AddressForm()
    if not current_user.password_hash or identified_just_now():
        del form.password
    if form.validate_on_submit():
        try:
            throttle.count(throttle.SIGN_IN_ACCOUNT, current_user.email)
            rules.must_be_oneself(is_sure(form.password.data if form.password else None))
            mail = rules.mailbox(form.email.data)
            sent = throttle.may_be_sent(mail, asked_from=request.remote_addr)
            throttle.forget(throttle.SIGN_IN_ACCOUNT, current_user.email)
            sending = form.once()
            if not sending.answer:
                if sent:
                    credentials.ask_new_address(current_user, mail)
                sending.answer = url_for(".overview")
            db.session.commit()
            flash(_("Ti abbiamo scritto a entrambi gli indirizzi: apri i due link per completare il cambio."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen(
        "accounts/address.html", status=form.http_status, form=form, hours=service.LINK_HOURS, fresh=identified_just_now()
    )


@bp.post(f"{HERE}/indirizzo/annulla")
@residents
def give_up_address() -> ResponseReturnValue:
    credentials.give_up_new_address(current_user)
    db.session.commit()
    flash(_("Il tuo indirizzo resta quello di prima."), "success")
    return go(url_for(".overview"))


@bp.route("/conferma-indirizzo/<token>", methods=["GET", "POST"])
@public
def confirm_address(token: str) -> ResponseReturnValue:
    """One of the two mailboxes agrees to the change: the link of the mail opens a page with a button."""
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            done = credentials.confirm_address(token, cookie())
            db.session.commit()
            waiting = _(
                "Grazie. Ora apri il link che ti abbiamo mandato all'altro indirizzo: l'ultimo dei due completa il cambio."
            )
            flash(_("Il tuo indirizzo è cambiato: da adesso entri con quello nuovo.") if done else waiting, "success")
            return go(url_for(".overview"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    link = service.link(token, *credentials.SIDES)
    if not service.is_open(link):
        return screen("accounts/address_closed.html", status=410)
    return screen("accounts/address_confirm.html", status=form.http_status, form=form, link=link)


@bp.post(f"{HERE}/accessi/<name>/chiudi")
@residents
def end_sign_in(name: str) -> ResponseReturnValue:
    """Sign one of my browsers out."""
    ended = service.end_sign_in(current_user, name)
    if ended is None:
        abort(404)
    db.session.commit()
    if ended.token_hash == current_user.sign_in.token_hash:
        return _out(_("Sei uscito dal tuo account."))
    flash(_("Quel dispositivo è uscito dal tuo account."), "success")
    return go(url_for(".overview"))


@bp.post(f"{HERE}/accessi/chiudi")
@residents
def end_sign_ins() -> ResponseReturnValue:
    """Sign all my browsers out, this one too."""
    service.end_sign_ins(current_user)
    db.session.commit()
    return _out(_("Sei uscito dal tuo account su tutti i dispositivi."))


def _out(words: str) -> ResponseReturnValue:
    response = forget(go(url_for("pages.home")))
    flash(words, "success")
    return response
