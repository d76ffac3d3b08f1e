"""What a person was told, in their personal area; and in the demo, the mailbox that stands for everybody's."""

from pathlib import Path

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.db import db
from hub.filters import language
from hub.notices import service
from hub.notices.letter import words
from hub.notices.post import LocalMailbox
from hub.screen import go, screen

bp = Blueprint("notices", __name__)
ONE = "/area-personale/messaggi/<int(max=2147483647):id>"


@bp.get("/area-personale/messaggi")
@residents
def messages() -> ResponseReturnValue:
    pages = max(1, -(-service.message_count(current_user.subject) // service.PER_PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    rows = [(row, words(row, language())[0]) for row in service.messages(current_user.subject, page=page)]
    return screen("notices/messages.html", rows=rows, page=page, pages_count=pages, trail=_trail((_("Messaggi"), None)))


@bp.get(ONE)
@residents
def message(id: int) -> ResponseReturnValue:
    row = service.message(current_user.subject, id) or abort(404)
    subject, body = words(row, language())
    trail = _trail((_("Messaggi"), url_for(".messages")), (subject, None))
    return screen("notices/message.html", row=row, subject=subject, body=body, trail=trail)


@bp.post(f"{ONE}/letto")
@residents
def read(id: int) -> ResponseReturnValue:
    service.mark_read(service.message(current_user.subject, id) or abort(404))
    db.session.commit()
    return go(url_for(".messages"))


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
