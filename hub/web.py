"""What every answer shares: one line in the log, the headers that keep a page safe, protection of forms."""

import logging
import time
import traceback
import uuid

import structlog
from flask import Flask, Response, abort, current_app, g, request
from flask_login import current_user
from flask_wtf import CSRFProtect

from hub.screen import htmx

CSP = (
    "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
csrf = CSRFProtect()
log = structlog.get_logger("hub")


def _where_it_broke(_logger: object, _method: str, line: dict) -> dict:
    """An error as the places in the code that led to it, never its own words: a database's may repeat an address."""
    if error := line.pop("exc_info", None):
        line["kind"] = type(error).__name__
        line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return line


def init(app: Flask) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_broke,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]),
    )
    csrf.init_app(app)
    htmx.init_app(app)
    app.before_request(_begin)
    app.before_request(_refuse_nul)
    app.after_request(_protect)
    app.after_request(_write_line)


def _begin() -> None:
    g.request_id, g.begun = uuid.uuid4().hex[:16], time.perf_counter()


def _refuse_nul() -> None:
    """No text of ours holds the character NUL, which PostgreSQL cannot keep: such a request ends at the door."""
    if "\0" in request.path or any("\0" in value for _name, values in request.values.lists() for value in values):
        abort(400)


def _protect(response: Response) -> Response:
    """Headers of every answer; what is personal is never kept by a browser or a proxy."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if _is_personal():
        headers["Cache-Control"] = "no-store"
    headers.setdefault("Cache-Control", "no-cache")
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _is_personal() -> bool:
    """Whether the answer speaks of one person, or answers a form. Asks nothing of a database that may be down."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method == "POST" or getattr(view, "access", "public") != "public":
        return True
    return "_login_user" in g and current_user.is_authenticated


def _write_line(response: Response) -> Response:
    """One line a request: the route's pattern, never its values, since a path can hold a code or a token."""
    log.info(
        "request",
        id=g.get("request_id"),
        method=request.method,
        route=str(request.url_rule or "-"),
        status=response.status_code,
        ms=round((time.perf_counter() - g.begun) * 1000, 1) if "begun" in g else None,
    )
    return response
