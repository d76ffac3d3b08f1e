"""The managers' desk for who works in an activity."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import managers
from hub.db import db, undo
from hub.doing import carry_out
from hub.labs import team as verbs
from hub.labs.desks import asked_activity
from hub.labs.forms import TrainerForm
from hub.labs.models import Activity, Trainer
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("team", __name__, url_prefix="/gestione/attivita")
ID = "<int(max=2147483647):id>"


@bp.route("/<slug>/squadra", methods=["GET", "POST"])
@managers
def team(slug: str) -> ResponseReturnValue:
    """Who works there, and somebody more."""
    found, form = asked_activity(slug), TrainerForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                verbs.take_on(found, **form.told)
                sending.answer = url_for(".team", slug=slug)
            db.session.commit()
            flash(_("Aggiunto alla squadra."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    gone = [one for one in found.trainers if one.ended_at]
    return screen(
        "labs/staff/team.html", None, form.http_status, form=form, activity=found, working=verbs.working(found), gone=gone
    )


@bp.route(f"/<slug>/squadra/{ID}", methods=["GET", "POST"])
@managers
def trainer(slug: str, id: int) -> ResponseReturnValue:
    """What somebody does there, and whether the page names them."""
    activity, found = _asked(slug, id)
    form = TrainerForm(role=found.role, public=found.public)
    del form.email, form.name
    if form.validate_on_submit():
        verbs.change(found, **form.told)
        db.session.commit()
        flash(_("Fatto."), "success")
        return go(url_for(".team", slug=slug))
    return screen("labs/staff/trainer.html", None, form.http_status, form=form, activity=activity, trainer=found)


@bp.post(f"/<slug>/squadra/{ID}/fine")
@managers
def let_go(slug: str, id: int) -> ResponseReturnValue:
    _activity, found = _asked(slug, id)
    carry_out(lambda: verbs.let_go(found), _("Non lavora più in questa attività: le ore che ha fatto restano sue."))
    return go(url_for(".team", slug=slug))


def _asked(slug: str, id: int) -> tuple[Activity, Trainer]:
    activity = asked_activity(slug)
    return activity, verbs.trainer_by(activity, id) or abort(404)
