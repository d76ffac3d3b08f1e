"""Officine Mezzogiorno, the portal: `create_app` puts the rooms together, lowest first."""

from collections.abc import Mapping

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from hub import assets, commands, db, errors, filters, health, language, web
from hub.accounts import personal as accounts_personal
from hub.accounts import sign_in
from hub.accounts.my_data import bp as my_data
from hub.accounts.views import bp as accounts
from hub.booking import personal as booking_personal
from hub.booking.staff import bp as booking_staff
from hub.booking.steps import bp as booking_steps
from hub.booking.views import bp as booking
from hub.evaluation.views import bp as evaluation
from hub.notices.staff import bp as notices_staff
from hub.notices.views import bp as notices
from hub.pages import navigation
from hub.pages.views import bp as pages
from hub.spaces.views import bp as spaces

GROUND = (web, db, language, filters, assets, errors, health, commands, sign_in, navigation)
PERSONAL = (accounts_personal, booking_personal)
ROOMS = (notices, notices_staff, accounts, my_data, spaces, booking, booking_steps, booking_staff, evaluation, pages)


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The portal for this environment (the process's own where none is given)."""
    app = Flask(__name__, static_folder=None)
    app.config.update(config.load() if environ is None else config.load(environ))
    if hops := app.config["PROXY_HOPS"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    for part in (*GROUND, *PERSONAL):
        part.init(app)
    for room in ROOMS:
        app.register_blueprint(room)
    return app
