"""The managers' desk for what an activity asks who enrols."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import managers
from hub.db import db, undo
from hub.doing import carry_out
from hub.labs import questions as verbs
from hub.labs.desks import asked_activity
from hub.labs.forms import QuestionForm
from hub.labs.models import Activity, Question
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("questions", __name__, url_prefix="/gestione/attivita")
ID = "<int(max=2147483647):id>"


@bp.route("/<slug>/domande", methods=["GET", "POST"])
@managers
def questions(slug: str) -> ResponseReturnValue:
    """What is asked, and one question more."""
    found, form = asked_activity(slug), QuestionForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                verbs.ask(found, **form.told)
                sending.answer = url_for(".questions", slug=slug)
            db.session.commit()
            flash(_("Domanda aggiunta."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/questions.html", None, form.http_status, form=form, activity=found)


@bp.route(f"/<slug>/domande/{ID}", methods=["GET", "POST"])
@managers
def question(slug: str, id: int) -> ResponseReturnValue:
    activity, found = _asked(slug, id)
    form = QuestionForm(data=QuestionForm.shown(found))
    if form.validate_on_submit():
        try:
            verbs.reword(found, **form.told)
            db.session.commit()
            flash(_("Domanda cambiata."), "success")
            return go(url_for(".questions", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    answered = verbs.is_answered(found)
    return screen(
        "labs/staff/question.html", None, form.http_status, form=form, activity=activity, question=found, answered=answered
    )


@bp.post(f"/<slug>/domande/{ID}/su")
@managers
def raise_up(slug: str, id: int) -> ResponseReturnValue:
    """Ask it earlier."""
    activity, found = _asked(slug, id)
    carry_out(lambda: verbs.raise_up(activity, found), _("Spostata più in alto."))
    return go(url_for(".questions", slug=slug))


@bp.post(f"/<slug>/domande/{ID}/togli")
@managers
def unask(slug: str, id: int) -> ResponseReturnValue:
    _activity, found = _asked(slug, id)
    carry_out(lambda: verbs.unask(found), _("Domanda tolta."))
    return go(url_for(".questions", slug=slug))


def _asked(slug: str, id: int) -> tuple[Activity, Question]:
    activity = asked_activity(slug)
    return activity, verbs.question_by(activity, id) or abort(404)
