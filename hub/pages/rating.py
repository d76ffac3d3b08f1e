"""The rating at the foot of every public page. It needs no script, and nobody is asked who they are."""

from functools import cache
from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from hub.access import public
from hub.accounts import throttle
from hub.accounts.rules import safe_next
from hub.db import db, undo
from hub.filters import language
from hub.once import new_key
from hub.pages import rules, service
from hub.pages.forms import RatingForm
from hub.refusal import Refusal
from hub.screen import go, screen, wants_part

bp = Blueprint("rating", __name__)

SECRETS = {"key", "token"}  # an address with one of these is somebody's own
NOT_PAGES = {"health", "rating", "feeds"}
FILES = (".atom", ".csv", ".ics", ".json", ".pdf", ".xlsx", ".zip")


def rateable() -> dict[str, str]:
    """The endpoints of the pages that anybody may rate, with the pattern of their address: ground for a closed list."""
    if "rateable" not in current_app.extensions:
        current_app.extensions["rateable"] = _rateable()
    return current_app.extensions["rateable"]


def _rateable() -> dict[str, str]:
    found = {}
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        is_file = rule.rule.endswith(FILES) or rule.endpoint.split(".")[0] in NOT_PAGES
        is_page = "GET" in rule.methods and not is_file
        if is_page and getattr(view, "access", None) == "public" and not rule.arguments & SECRETS:
            found.setdefault(rule.endpoint, rule.rule)
    return found


@bp.app_template_global("rating_block")
def _block() -> Markup:
    """The form for the page that is being written; nothing where it is none that can be rated.

    Its words are the same on every page of a language: they are put together once, and what differs is filled in.
    """
    if request.endpoint not in rateable():
        return Markup("")
    block = _blank(language(), request.script_root)
    for blank, value in zip(BLANKS, (generate_csrf(), new_key(), request.endpoint), strict=True):
        block = block.replace(blank, value)
    return Markup(block)  # noqa: S704 - a template's own, and three values that are plain letters and signs


BLANKS = ("(csrf-token)", "(sending-key)", "(page)")


@cache
def _blank(_language: str, _script_root: str) -> str:
    token, key, page = BLANKS
    form = RatingForm(formdata=None, sending_key=key, page=page)
    return render_template("pages/_rating.html", rating=form, csrf_token=lambda: token)


@bp.post("/giudizio")
@public
def rate() -> ResponseReturnValue:
    form = RatingForm()
    if form.validate_on_submit():
        try:
            pages, page = rateable(), form.page.data
            rules.must_be_rateable(page, pages)
            throttle.count(throttle.FORM_ADDRESS, throttle.network(request.remote_addr))
            sending = form.once()
            if not sending.answer:
                said = {"stars": form.stars.data, "reason": form.reason, "comment": form.comment.data or ""}
                service.rate(page, pages[page], **said, language=language())
                sending.answer = url_for(".thanks")
            db.session.commit()
            return screen("pages/_rating_thanks.html") if wants_part() else go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("pages/rating.html", "pages/_rating_form.html", form.http_status, rating=form)


@bp.get("/giudizio/grazie")
@public
def thanks() -> ResponseReturnValue:
    """Where whoever has no script lands, with the way back to the page that they were on."""
    came_from = urlsplit(request.referrer or "")
    here = came_from.netloc == request.host
    back = safe_next(came_from._replace(scheme="", netloc="", fragment="").geturl()) if here else "/"
    return screen("pages/rating_thanks.html", back=back)
