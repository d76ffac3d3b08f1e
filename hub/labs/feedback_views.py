"""How it went: the form for who took part, and for managers what they said, all together."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from hub.access import managers, residents
from hub.charts import bars
from hub.db import db, undo
from hub.forms import Form, options, tidy, told
from hub.labs import feedback, mine
from hub.labs.desks import asked_activity
from hub.labs.models import Enrolment
from hub.refusal import Refusal
from hub.screen import go, screen
from impact.countable import SCALES

bp = Blueprint("feedback", __name__)
bp.app_template_global("feedback_stage")(feedback.stage)
QUESTIONS = {
    "recommend": _l("Quanto consiglieresti questa attività a un'altra persona?"),
    "satisfaction": _l("Quanto ti è piaciuta?"),
    "importance": _l("Quanto è importante per te quello che hai imparato o trovato qui?"),
}
ENDS = {
    "recommend": _l("Da 0 (per niente) a 10 (moltissimo)."),
    "satisfaction": _l("Da 1 (per niente) a 5 (moltissimo)."),
    "importance": _l("Da 1 (per niente) a 5 (moltissimo). Puoi non rispondere."),
}


def _scale(code: str) -> RadioField:
    """The answers to a question, whose scale impact fixes."""
    least, most = SCALES[code]
    needed = code in feedback.NEEDED
    marks = [InputRequired(_l("Scegli un numero."))] if needed else [Optional()]
    choices = options((str(score), str(score)) for score in range(least, most + 1))
    empty = [] if needed else options([("", _l("Non rispondo"))])
    return RadioField(QUESTIONS[code], marks, choices=[*choices, *empty], description=ENDS[code], default=None if needed else "")


class FeedbackForm(Form):
    recommend = _scale("recommend")
    satisfaction = _scale("satisfaction")
    importance = _scale("importance")
    comment = TextAreaField(
        _l("Vuoi aggiungere qualcosa? (facoltativo)"),
        [Length(max=feedback.COMMENT_LENGTH)],
        filters=[tidy],
        description=_l("Non scrivere nomi: quello che scrivi lo legge chi organizza, senza sapere di chi è."),
    )

    @property
    def scores(self) -> dict[str, int | None]:
        return {code: int(self[code].data) if self[code].data else None for code in feedback.QUESTIONS}


@bp.route("/area-personale/iscrizioni/<int(max=2147483647):id>/giudizio", methods=["GET", "POST"])
@residents
def give(id: int) -> ResponseReturnValue:
    """How it was, once it is over: by who took part, who answers for them, or who enrolled them."""
    found, form = mine.enrolment_of(current_user, id, locked=False) or abort(404), FeedbackForm()
    if form.validate_on_submit():
        try:
            feedback.give(found, form.scores, form.comment.data or "")
            db.session.commit()
            flash(_("Grazie: il giudizio è arrivato, senza il tuo nome."), "success")
            return go(url_for("enrolments.enrolment", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = mine.enrolment_of(current_user, id) or abort(404)
    why = _why_not(found)
    return screen("labs/feedback.html", status=form.http_status, enrolment=found, activity=found.activity, form=form, why=why)


def _why_not(found: Enrolment) -> str:
    """Why there can be no feedback now, in words; "" where there can."""
    try:
        feedback.must_be_open(feedback.stage(found))
    except Refusal as refusal:
        return told(refusal)
    return ""


@bp.get("/gestione/attivita/<slug>/giudizi")
@managers
def results(slug: str) -> ResponseReturnValue:
    """What was said of an activity: distributions, how many answered, and the words."""
    activity = asked_activity(slug)
    found = feedback.results(activity)
    return screen(
        "labs/staff/feedback.html",
        activity=activity,
        results=found,
        charts={one.question: _chart(one) for one in found.answers if one.counts},
        questions=QUESTIONS,
        ends=ENDS,
        least=feedback.LEAST_SHOWN,
        promoters_from=feedback.PROMOTERS_FROM,
        passives_from=feedback.PASSIVES_FROM,
    )


def _chart(one: feedback.Answers):
    return bars(str(QUESTIONS[one.question]), [(str(score), count) for score, count in one.counts.items()])
