"""Signing in with SPID or CIE: off to the gateway and back, into the page where one was; and the links that join accounts."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import claims, gateway, identity, service, throttle
from hub.accounts.claims import Proof
from hub.accounts.forms import ConfirmForm, IdentityAddressForm, ProofForm
from hub.accounts.models import Person
from hub.accounts.pace import same_time
from hub.accounts.rules import mailbox, must_be_oneself, safe_next
from hub.accounts.sign_in import cookie, identified_just_now, is_sure, welcome
from hub.clock import now, today
from hub.db import db, undo, writes
from hub.filters import language, shown
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen
from hub.sealing import Unreadable, seal, unseal
from hub.web import log

bp = Blueprint("oidc", __name__, url_prefix="/entra/identita-digitale")
TRIPS, SHOWN, REFUSED = "trips", "identity", "identity_refused"  # what the browser's own signed cookie holds meanwhile
MOST_TRIPS = 3  # begun in so many windows at once; a cookie has little room
KEPT = timedelta(minutes=30)  # how long a trip may take, and an identity that was shown waits for the next step
TRIES = throttle.Limit("identity-address", 50, 15)  # returns from the gateway that did not sign anybody in, from one address
STATUS = {"gateway-slow": 504, "gateway-away": 502, "gateway-answer": 502, "too-many": 429}  # of refusals; else 400


def with_gateway(view: Callable) -> Callable:
    """A page that is not there where the settings name no gateway."""

    @wraps(view)
    def entered(**values: str) -> ResponseReturnValue:
        return view(**values) if current_app.config["OIDC_ISSUER"] else abort(404)

    return entered


bp.after_request(never_kept)  # these pages speak of one person, who may not be signed in yet


@bp.get("")
@public
@with_gateway
def begin() -> ResponseReturnValue:
    """Off to the gateway. What the way back needs is kept in this browser, under the state that comes back with it."""
    address = urlsplit(current_app.config["PUBLIC_URL"])
    if urlsplit(f"//{request.host}").hostname != address.hostname:  # the way back would not find this browser's cookie
        return redirect(address.geturl() + request.full_path.rstrip("?"), 303)
    next_url = safe_next(request.args.get("next"), "")
    try:
        url, trip = gateway.way_in(_redirect_uri(), language())
    except Refusal as refusal:
        return _say(_told(refusal, next_url))
    trips = sorted(session.get(TRIPS, {}).items(), key=lambda one: one[1]["at"])[1 - MOST_TRIPS :]
    for old in (REFUSED, SHOWN):
        session.pop(old, None)
    session[TRIPS] = dict(trips) | {trip.pop("state"): trip | {"next": next_url, "at": _seconds()}}
    return redirect(url, 303)


@bp.get("/ritorno")
@public
@writes
@with_gateway
def finish() -> ResponseReturnValue:
    """Back from the gateway. Whatever goes wrong is told on a page of its own, whose address holds no code."""
    trips = session.get(TRIPS, {})
    trip = trips.pop(request.args.get("state", ""), None)
    session[TRIPS] = trips
    next_url = trip["next"] if trip else ""
    try:
        _must_be_granted(request.args.get("error"), request.args.get("iss"))
        _must_have_begun(trip)
        # before any transaction: on SQLite one that writes would hold the only turn to write while the gateway thinks
        throttle.count(TRIES, throttle.network(request.remote_addr))
        proof = _proof(trip)
        return _arrive(proof, next_url)
    except Refusal as refusal:
        undo()
        session[REFUSED] = _told(refusal, next_url)
        return redirect(url_for(".refused"), 303)


@bp.get("/non-riuscito")
@public
@with_gateway
def refused() -> ResponseReturnValue:
    """Why it did not work, and what to do now. A browser that keeps no cookies finds out here, too."""
    return _say(session.get(REFUSED) or _told(_lost(), ""))


@bp.route("/indirizzo", methods=["GET", "POST"])
@public
@with_gateway
@same_time
def address() -> ResponseReturnValue:
    """Ask for the e-mail where the identity says none. Answers the same for every address."""
    kept = _shown()
    if kept is None:
        return _say(_told(_lost(), ""))
    (proof, next_url), form = kept, IdentityAddressForm()
    if form.validate_on_submit():
        try:
            sent = throttle.may_be_sent(mailbox(form.email.data), asked_from=request.remote_addr)
            if person := identity.recognise(proof):  # another window was quicker
                return _enter(person, proof, next_url)
            sending = form.once()
            if not sending.answer:
                if sent:
                    identity.ask(proof, form.email.data, language=language(), next_url=next_url)
                sending.answer = url_for(".mailed")
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/identity_address.html", status=form.http_status, form=form, proof=proof)


@bp.get("/controlla-la-posta")
@public
@with_gateway
def mailed() -> ResponseReturnValue:
    """A link is on its way."""
    return screen("accounts/identity_mailed.html", hours=service.LINK_HOURS)


@bp.route("/conferma/<token>", methods=["GET", "POST"])
@public
@with_gateway
def confirm(token: str) -> ResponseReturnValue:
    """The link of the mail: with the identity that this browser has shown, a button that links the two and signs in."""
    form, (proof, _next) = ConfirmForm(), _shown() or (None, "")
    if form.validate_on_submit():
        try:
            person, next_url = identity.confirm(token, proof)
            return _enter(person, proof, next_url)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    link = identity.link(token)
    if not service.is_open(link):
        return screen("accounts/identity_link_closed.html", status=410)
    here = identity.is_for(link, proof)
    return screen("accounts/identity_confirm.html", status=form.http_status, form=form, proof=proof if here else None)


@bp.route("/collega", methods=["GET", "POST"])
@residents
@with_gateway
def join() -> ResponseReturnValue:
    """Link the identity that was just shown to the account of who is signed in, who shows the password again."""
    kept = _shown()
    if kept is None:
        return _say(_told(_lost(), ""))
    (proof, next_url), form = kept, ProofForm()
    if not current_user.password_hash or identified_just_now():
        del form.password
    if form.validate_on_submit():
        try:
            throttle.count(throttle.SIGN_IN_ACCOUNT, current_user.email)
            must_be_oneself(is_sure(form.password.data if form.password else None))
            person = identity.join(current_user, proof)
            throttle.forget(throttle.SIGN_IN_ACCOUNT, current_user.email)
            response = _enter(person, proof, next_url)
            flash(_("La tua identità digitale è collegata. Da ora puoi entrare con SPID o CIE."), "success")
            return response
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("accounts/identity_join.html", status=form.http_status, form=form, proof=proof)


def _proof(trip: dict[str, str]) -> Proof:
    """Who has come back, after what the gateway says of them."""
    config, code = current_app.config, request.args.get("code", "")
    kept = {name: trip[name] for name in ("nonce", "code_verifier")}
    said = gateway.claims(code, redirect_uri=_redirect_uri(), **kept)
    acr = said.get("acr")
    level = config["OIDC_LEVELS"].get(acr, 0) if isinstance(acr, str) else 0
    claims.must_reach(level, config["OIDC_LEVEL"])
    return claims.proof(said, config["OIDC_CLAIMS"], level=level, today=today())


def _arrive(proof: Proof, next_url: str) -> ResponseReturnValue:
    """Somebody whom we know goes on where they were; for anybody else an account is found, or made."""
    signed_in = current_user if current_user.is_authenticated else None
    if person := identity.recognise(proof, by=signed_in):
        throttle.give_back(TRIES, throttle.network(request.remote_addr))
        return _enter(person, proof, next_url)
    session.pop(TRIPS)  # whatever else was under way: a cookie has little room
    session[SHOWN] = seal(json.dumps([proof.as_json(), next_url, _seconds()], ensure_ascii=False), SHOWN)
    if next_url.startswith(identity.CONFIRM_PATH):
        return redirect(next_url, 303)
    if signed_in:
        return redirect(url_for(".join"), 303)
    if proof.email is None:
        return redirect(url_for(".address"), 303)
    if person := identity.enrol(proof, language=language()):
        throttle.give_back(TRIES, throttle.network(request.remote_addr))
        return _enter(person, proof, next_url)
    db.session.rollback()  # what counts does so in a transaction of its own
    if throttle.may_be_sent(mailbox(proof.email), asked_from=request.remote_addr):
        identity.ask(proof, proof.email, language=language(), next_url=next_url)
    db.session.commit()
    return redirect(url_for(".mailed"), 303)


def _enter(person: Person, proof: Proof, next_url: str) -> ResponseReturnValue:
    """Sign this browser in, at the level of the identity, and go on."""
    hours, browser = current_app.config["SIGN_IN_HOURS"], request.user_agent.string
    token = service.open_sign_in(person, hours=hours, user_agent=browser, level=proof.level)
    service.sign_out(cookie())
    db.session.commit()
    spent = next_url.startswith(identity.CONFIRM_PATH)  # the link of a mail, which is of no use any longer
    return welcome(person, token, "" if spent else next_url)


def _shown() -> tuple[Proof, str] | None:
    """The identity that this browser has shown and that waits for the next step, and the page where it goes on.

    It waits in the browser's own cookie, sealed: nothing of somebody who has no account is kept by the portal, nobody who
    comes to the browser later can read it, and after half an hour it is worth nothing.
    """
    try:
        kept, next_url, at = json.loads(unseal(session.get(SHOWN, ""), SHOWN))
    except Unreadable:
        return None
    return (Proof.from_json(kept), next_url) if _seconds() - at < KEPT.total_seconds() else None


def _must_have_begun(trip: dict[str, object] | None) -> None:
    if trip is None or _seconds() - trip["at"] >= KEPT.total_seconds():
        raise _lost()


def _must_be_granted(error: str | None, issuer: str | None) -> None:
    """issuer: who says that it answers (RFC 9207), where the gateway tells."""
    if error == "access_denied":
        raise Refusal(
            "Non hai dato il consenso, o hai interrotto l'accesso con SPID o CIE. Non è cambiato nulla.", rule="consent"
        )
    if error or (issuer and issuer.rstrip("/") != current_app.config["OIDC_ISSUER"].rstrip("/")):
        raise Refusal("L'accesso con SPID o CIE non è riuscito: il servizio ha risposto con un errore.", rule="gateway-answer")


def _lost() -> Refusal:
    return Refusal(
        "Questo passaggio è scaduto, è già stato usato o è cominciato in un altro browser. Succede anche a chi torna indietro,"
        " o a chi non accetta i cookie.",
        rule="state",
    )


def _told(refusal: Refusal, next_url: str) -> dict[str, object]:
    """A refusal as the cookie keeps it. Of what went wrong the log gets the kind alone: claims and codes stand nowhere."""
    if STATUS.get(refusal.rule, 400) >= 500:
        kind = type(refusal.__cause__ or refusal).__name__
        log.warning("identity gateway", id=g.get("request_id"), rule=refusal.rule, kind=kind)
    return {"rule": refusal.rule, "words": refusal.words, "values": refusal.values, "next": next_url}


def _say(told: dict) -> ResponseReturnValue:
    italian, values = told["words"], {name: shown(value) for name, value in told["values"].items()}
    words = _(italian, **values)
    status = STATUS.get(told["rule"], 400)
    return screen("accounts/identity_refused.html", status=status, words=words, next_url=told["next"])


def _redirect_uri() -> str:
    """The way back, as it is registered at the gateway: never from the Host header."""
    return current_app.config["PUBLIC_URL"] + url_for(".finish")


def _seconds() -> float:
    return now().timestamp()
