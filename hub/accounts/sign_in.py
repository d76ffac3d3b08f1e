"""Who is asking: the cookie of a signed-in browser, and the way to the sign-in page and back."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, request, session, url_for
from flask_login import LoginManager, current_user

from hub.accounts import passwords, service
from hub.accounts.models import Person
from hub.accounts.rules import safe_next
from hub.clock import now
from hub.db import db, only_reads, reading
from hub.screen import go


def init(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # nothing about who is signed in stands in Flask's own session
    app.config["REMEMBER_COOKIE_NAME"] = "-"  # nor in Flask-Login's cookie, which would be looked at before ours
    manager.request_loader(_person)
    manager.unauthorized_handler(_ask_to_sign_in)
    manager.needs_refresh_handler(_ask_for_second_factor)
    manager.init_app(
        app, add_context_processor=False
    )  # its own asks for the person even on the page that says the database is down
    app.context_processor(lambda: {"current_user": current_user})
    app.before_request(_know_the_person)


def cookie() -> str:
    """The token that this browser sends, "" where it has none."""
    return request.cookies.get(current_app.config["SIGN_IN_COOKIE_NAME"], "")


def identified_just_now() -> bool:
    """Whether this browser came with a digital identity a few minutes ago, which is as good as a password once more."""
    return current_user.level > 0 and current_user.sign_in.created_at > now() - timedelta(minutes=10)


def is_sure(password: str | None) -> bool:
    """Whether whoever sits at this signed-in browser has shown once more that they are its person.

    password: what they typed; None where nothing was asked, since a digital identity used just now is enough.
    """
    if password is None:
        return identified_just_now()
    return passwords.matches(current_user.password_hash, password)


def welcome(person: Person, token: str, next_url: str | None) -> Response:
    """Sign this browser in, and go on from where the person was; first to the code, where their second factor is to come."""
    if person.sign_in.awaits_code:
        return remember(go(url_for("second_factor.sign_in_code", next=safe_next(next_url, "") or None)), token)
    return remember(go(safe_next(next_url, url_for("accounts.me"))), token)


def remember(response: Response, token: str) -> Response:
    """Sign this browser in. What it held for its forms is dropped, so that nothing prepared by another outlives it."""
    session.clear()
    name, secure = current_app.config["SIGN_IN_COOKIE_NAME"], current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def forget(response: Response) -> Response:
    """Take the cookie and what was held for forms away from this browser."""
    session.clear()
    name, secure = current_app.config["SIGN_IN_COOKIE_NAME"], current_app.config["SESSION_COOKIE_SECURE"]
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def _know_the_person() -> None:
    """Load who has signed in before the words of the page are chosen, since their language wins; no cookie, no query."""
    if cookie():
        current_user.is_authenticated  # noqa: B018 - asking loads


def _person(_request: Request) -> Person | None:
    """The person of this request, as a snapshot: it outlives a rollback, and changing it changes nothing kept."""
    if not (token := cookie()):
        return None
    read_only = only_reads()
    with reading():
        person = service.person_of(token)
        if person:
            db.session.expunge_all()
        if not read_only:
            db.session.rollback()  # on SQLite the turn to write is taken by the view's first statement, not here
    return person


def _ask_to_sign_in() -> Response:
    return go(url_for("accounts.sign_in", next=_where_they_are()))


def _ask_for_second_factor() -> Response:
    return go(url_for("second_factor.page", next=_where_they_are()))


def _where_they_are() -> str:
    """The page to come back to: this one, or the one whose form was sent where this one cannot be opened by a link."""
    if "GET" in request.url_rule.methods:
        return safe_next(request.full_path.rstrip("?"))
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return "/"
    return safe_next(came_from._replace(scheme="", netloc="", fragment="").geturl())
