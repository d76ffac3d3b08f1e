"""Notes on health, for who works in an activity: whose there are, and on the days on which they are needed what they say."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub.access import as_the_staff, residents, with_two_proofs
from hub.clock import today
from hub.db import db, undo, writes
from hub.forms import told
from hub.labs import health, programme, team
from hub.labs.models import Activity
from hub.refusal import Refusal
from hub.screen import screen

bp = Blueprint("health_notes", __name__, url_prefix="/gestione/attivita/<slug>/salute")
bp.before_request(as_the_staff)
NUMBER = "<int(max=2147483647):id>"


@bp.get("")
@residents
def notes(slug: str) -> ResponseReturnValue:
    """Of whom there is a note, and from when to when it can be read."""
    activity = _kept(slug)
    return screen(
        "labs/staff/health.html",
        activity=activity,
        enrolments=health.noted(activity),
        readable=health.is_readable(health.days_of(activity), today()),
        days=health.next_days(activity),
    )


@bp.get(f"/{NUMBER}")
@residents
@with_two_proofs
@writes
def note(slug: str, id: int) -> ResponseReturnValue:
    """What one note says: whoever answers for whom it is about reads that it was opened."""
    activity = _kept(slug)
    enrolment = health.noted_in(activity, id) or abort(404)
    words, why, status = "", "", 200
    try:
        words = health.read(enrolment, by=current_user)
        db.session.commit()
    except Refusal as refusal:
        undo()
        why, status = told(refusal), 403
    page = {"activity": activity, "enrolment": enrolment, "words": words, "why": why}
    return screen("labs/staff/health_note.html", status=status, **page)


def _kept(slug: str) -> Activity:
    """An activity in which the reader works; to anybody else it has no such page."""
    activity = programme.activity_by(slug)
    if activity is None or not team.may_keep(activity, current_user):
        abort(404)
    return activity
