"""The managers' desk for what readers say: how clear the pages are, and the faults that were reported."""

from babel.numbers import format_decimal, format_percent
from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.clock import now, wall
from hub.db import db, undo, writes
from hub.filters import language
from hub.pages import navigation, service
from hub.pages.forms import AnswerForm
from hub.pages.models import Report
from hub.pages.rules import NEXT, STATES
from hub.pages.words import PATTERNS, REASONS
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.tables import csv_file

bp = Blueprint("pages_staff", __name__, url_prefix="/gestione")
bp.app_template_filter("rating_reason")(REASONS.__getitem__)


@bp.app_template_filter()
def page_words(page: str) -> str:
    """What people call a page, by its endpoint; "" where it has no name of its own."""
    names = {way.endpoint: way.words for way in (*navigation.FOOTER, *navigation.ENTRIES)} | PATTERNS
    return str(names.get(page, ""))


@bp.app_template_filter()
def decimal(value: float) -> str:
    """3,7 in Italian, 3.7 in English."""
    return format_decimal(value, "#,##0.0", locale=language())


@bp.app_template_filter()
def percent(value: float) -> str:
    """A share from 0 to 1: 25%."""
    return format_percent(value, locale=language())


@bp.get("")
@managers
def desks() -> ResponseReturnValue:
    """Everything that a manager works with, by subject."""
    groups = [
        (words, [desk for desk in navigation.DESKS if desk.group == group]) for group, words in navigation.DESK_GROUPS.items()
    ]
    return screen("pages/staff/desks.html", groups=groups)


@bp.get("/giudizi")
@managers
def ratings() -> ResponseReturnValue:
    """How clear each page is to its readers, and what they wrote."""
    votes, page, number = service.votes(), request.args.get("pagina"), asked_page()
    if page and page not in {row.page for row in votes}:
        abort(404)
    comments, more = service.comments(page, number=number)
    return screen(
        "pages/staff/ratings.html", votes=votes, chosen=page, comments=comments, page=number, more=more, days=service.RECENT_DAYS
    )


@bp.get("/giudizi.csv")
@managers
def ratings_file() -> Response:
    """Every rating, for a spreadsheet."""
    header = ("data", "pagina", "indirizzo", "stelle", "risposta", "commento", "lingua")
    rows = (
        (
            wall(one.rated_at).isoformat(timespec="seconds"),
            *(one.page, one.path, one.stars, str(REASONS.get(one.reason, ""))),
            *(one.comment, one.language),
        )
        for one in service.ratings()
    )
    return csv_file(f"giudizi-{wall(now()):%Y%m%d-%H%M}.csv", header, rows)


@bp.get("/segnalazioni")
@managers
def reports() -> ResponseReturnValue:
    state = request.args.get("stato", STATES[0])
    if state not in STATES:
        abort(404)
    page = asked_page()
    found, more = service.reports(state, number=page)
    return screen("pages/staff/reports.html", reports=found, state=state, states=STATES, page=page, more=more)


@bp.route("/segnalazioni/<string(minlength=14,maxlength=20):code>", methods=["GET", "POST"])
@managers
@writes
def report(code: str) -> ResponseReturnValue:
    row = service.report_by_code(code, locked=request.method == "POST") or abort(404)
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(row)
            words = _handle(row, form)
            db.session.commit()
            flash(words, "success")
            return go(url_for(".report", code=code))
        except Refusal as refusal:
            undo()
            row = service.report_by_code(code)
            form.show(refusal)
    form.look(row)
    if request.method == "GET":
        opened(row.reporter, "report", row.code, by=current_user)
        db.session.commit()
    return screen(
        "pages/staff/report.html", "pages/staff/_report.html", form.http_status, report=row, form=form, can=NEXT[row.state]
    )


def _handle(row: Report, form: AnswerForm) -> str:
    """Take the step whose button was pressed; says it in words."""
    if form.close.data:
        service.close(row, form.answer.data or "", by=current_user)
        return _("Segnalazione chiusa con la tua risposta.")
    if form.take_charge.data:
        service.take_charge(row, by=current_user)
        return _("Segnalazione presa in carico.")
    raise Refusal("Scegli che cosa fare con uno dei pulsanti.")
