"""The reader's language: the one they chose, else what their browser asks for; Italian is the source."""

from functools import cache
from gettext import NullTranslations

from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, force_locale, get_locale, get_translations

LANGUAGES = {"it": "Italiano", "en": "English"}
COOKIE = "lang"
babel = Babel()


def init(app: Flask) -> None:
    babel.init_app(app, locale_selector=chosen)
    app.jinja_env.install_gettext_callables(
        lambda words: _words().gettext(words), lambda one, more, count: _words().ngettext(one, more, count), newstyle=True
    )
    app.context_processor(lambda: {"locale": str(get_locale()), "languages": LANGUAGES})


@cache
def _catalogue(language: str) -> Translations | NullTranslations:
    """The words of a language, looked up once: Flask-Babel looks them up anew for every string of a page."""
    with force_locale(language):
        return get_translations()


def _words() -> Translations | NullTranslations:
    return _catalogue(str(get_locale()))


def chosen() -> str:
    """The language of this request. Asks the signed-in person only where the page has already loaded them."""
    person = g.get("_login_user")
    if person is not None and person.is_authenticated:
        return person.language
    if request.cookies.get(COOKIE) in LANGUAGES:
        return request.cookies[COOKIE]
    return request.accept_languages.best_match(LANGUAGES, "it")


def remember(response: Response, language: str) -> Response:
    """Keep the choice in this browser for a year (a technical cookie)."""
    response.set_cookie(COOKIE, language, max_age=31_536_000, samesite="Lax", httponly=True, secure=request.is_secure)
    return response
