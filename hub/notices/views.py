"""What a person was told, in their personal area, and which mails they want; in the demo, the mailbox that stands for all."""

from pathlib import Path

from flask import Blueprint, abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.db import db
from hub.filters import language
from hub.notices import service
from hub.notices.forms import ChoiceForm, StopForm
from hub.notices.letter import STOP_PATH, stopped_by, words
from hub.notices.post import LocalMailbox
from hub.notices.words import TOPICS
from hub.screen import go, screen
from hub.web import csrf

bp = Blueprint("notices", __name__)
ONE = "/area-personale/messaggi/<string(minlength=12,maxlength=36):key>"


@bp.get("/area-personale/messaggi")
@residents
def messages() -> ResponseReturnValue:
    pages = max(1, -(-service.message_count(current_user.subject) // service.PER_PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    rows = [(row, words(row, language())[0]) for row in service.messages(current_user.subject, page=page)]
    return screen("notices/messages.html", rows=rows, page=page, pages_count=pages, trail=_trail((_("Messaggi"), None)))


@bp.get(ONE)
@residents
def message(key: str) -> ResponseReturnValue:
    row = service.message(current_user.subject, key) or abort(404)
    subject, body = words(row, language())
    trail = _trail((_("Messaggi"), url_for(".messages")), (subject, None))
    return screen("notices/message.html", row=row, subject=subject, body=body, trail=trail)


@bp.post(f"{ONE}/letto")
@residents
def read(key: str) -> ResponseReturnValue:
    service.mark_read(service.message(current_user.subject, key) or abort(404))
    db.session.commit()
    return go(url_for(".messages"))


@bp.route("/area-personale/mail", methods=["GET", "POST"])
@residents
def choices() -> ResponseReturnValue:
    """Which of the mails that I may do without I want."""
    unwanted = {one.topic for one in service.choices(current_user.subject)}
    form = ChoiceForm(wanted=[topic for topic in TOPICS if topic not in unwanted])
    if form.validate_on_submit():
        service.choose(current_user.subject, form.wanted.data)
        db.session.commit()
        flash(_("Scelta salvata."), "success")
        return go(url_for(".choices"))
    trail = _trail((_("Le mail che ricevo"), None))
    notes = {topic: text for topic, (_words, text) in TOPICS.items()}
    return screen("notices/choices.html", status=form.http_status, form=form, notes=notes, trail=trail)


@bp.route(f"{STOP_PATH}<token>", methods=["GET", "POST"])
@public
@csrf.exempt
def stop(token: str) -> ResponseReturnValue:
    """The link of a mail ends the mails of its topic, signed in or not: by the button, or by one click in a mail program
    (RFC 8058), which knows nothing of our forms."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if request.method == "POST" and not one_click and not StopForm().validate():
        abort(400)
    subject, topic = stopped_by(token) or abort(404)
    if request.method == "POST":
        service.opt_out(subject, topic)
        db.session.commit()
    trail = [(_("Home"), url_for("pages.home")), (_("Le mail che ricevi"), None)]
    done = request.method == "POST"
    return screen("notices/stop.html", form=StopForm(), token=token, topic=TOPICS[topic][0], done=done, trail=trail)


def _trail(*steps: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [(_("Home"), url_for("pages.home")), (_("Area personale"), url_for("accounts.me")), *steps]


@bp.get("/posta-dimostrativa")
@public
def mailbox() -> ResponseReturnValue:
    """The mails of the demo, to follow the links that a real mailbox would hold; with `?id=` one of them in full."""
    config = current_app.config
    if config["HUB_MODE"] != "demo" or not config["MAIL_URL"].startswith("maildir:"):
        abort(404)
    letters = LocalMailbox(Path(config["MAIL_URL"].removeprefix("maildir:"))).letters()
    trail = [(_("Home"), url_for("pages.home")), (_("Posta dimostrativa"), url_for(".mailbox"))]
    if "id" not in request.args:
        return screen("notices/mailbox.html", letters=letters, trail=trail)
    opened = next((mail for mail in letters if mail["Message-ID"] == request.args["id"]), None) or abort(404)
    body = opened.get_body(("plain",)).get_content()
    files = [part.get_filename() for part in opened.iter_attachments()]
    trail.append((opened["Subject"], None))
    return screen("notices/letter.html", mail=opened, body=body, files=files, trail=trail)
