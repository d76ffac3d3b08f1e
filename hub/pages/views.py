"""Pages of the house: home, and the choice of a language."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub.access import public
from hub.accounts.rules import safe_next
from hub.accounts.service import change_language
from hub.db import db
from hub.language import LANGUAGES, remember
from hub.screen import go, screen
from hub.spaces import service as spaces

bp = Blueprint("pages", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    return screen("pages/home.html", spaces=spaces.showcase())


@bp.post("/lingua")
@public
def language() -> ResponseReturnValue:
    """The reader's language from now on: kept in the browser, and with the person who has signed in."""
    chosen = request.form.get("lang")
    response = go(safe_next(request.form.get("next")))
    if chosen in LANGUAGES:
        remember(response, chosen)
        if current_user.is_authenticated:
            change_language(current_user, chosen)
            db.session.commit()
    return response
