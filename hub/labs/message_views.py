"""Messages to the people of an activity, for who works in it: written, looked at with how many read them, sent once."""

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import as_the_staff, residents
from hub.db import db, undo
from hub.filters import number
from hub.labs import messages as verbs
from hub.labs import programme, team
from hub.labs.message_forms import TO, MessageForm
from hub.labs.models import Activity
from hub.refusal import Refusal, must_pass
from hub.screen import go, screen

bp = Blueprint("messages", __name__, url_prefix="/gestione/attivita/<slug>/messaggi")
bp.before_request(as_the_staff)


@bp.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("", methods=["GET", "POST"])
@residents
def messages(slug: str) -> ResponseReturnValue:
    """Write, look at it, send it; and what was sent before."""
    activity, form, ready = _kept(slug), MessageForm(to="enrolled", necessary=True), None
    if form.validate_on_submit():
        try:
            if request.form.get("send"):
                return _send(activity, form)
            ready = None if request.form.get("again") else _look(activity, form)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen(
        "labs/staff/messages.html",
        status=form.http_status,
        form=form,
        activity=activity,
        readers=ready,
        to_words=TO,
        sent=verbs.sent(activity),
    )


def _look(activity: Activity, form: MessageForm) -> int:
    """How many will read it. Raises Refusal where it cannot be sent so."""
    found = verbs.readers(activity, form.to.data)
    must_pass(
        lambda: verbs.must_say_something(form.title.data or "", form.text.data or ""),
        lambda: verbs.must_be_public(activity.state),
        lambda: verbs.must_reach_somebody(found),
    )
    return found


def _send(activity: Activity, form: MessageForm) -> ResponseReturnValue:
    sending = form.once()
    if not sending.answer:
        message = verbs.send(activity, **form.told, by=current_user)
        sending.answer = url_for(".messages", slug=activity.slug)
        flash(_("Messaggio in partenza. Lo leggono in %(count)s.", count=number(message.told)), "success")
    db.session.commit()
    return go(sending.answer)


def _kept(slug: str) -> Activity:
    """An activity in which the reader works; to anybody else it has no such page."""
    activity = programme.activity_by(slug)
    if activity is None or not team.may_keep(activity, current_user):
        abort(404)
    return activity
