"""A mentor and an organisation: what they met for, as either side sees it, writes it and confirms it."""

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import as_the_staff, residents
from hub.doing import carry_out, done, made
from hub.labs import meetings as verbs
from hub.labs import path_hours, paths
from hub.labs.models import Meeting, Mentorship
from hub.labs.path_forms import MeetingForm, VoidForm
from hub.screen import go, screen

bp = Blueprint("mentoring", __name__, url_prefix="/area-personale/abbinamenti")
bp.before_request(as_the_staff)  # managers speak for mentors without an account
ONE = "/<int(max=2147483647):id>"
MEETING = f"{ONE}/incontri/<int(max=2147483647):number>"


@bp.route(ONE, methods=["GET", "POST"])
@residents
def mentorship(id: int) -> ResponseReturnValue:
    """What the organisation needs, the meetings so far; and one that took place."""
    (found, side), form, here = _mine(id), MeetingForm(), url_for(".mentorship", id=id)
    words = _("Incontro scritto: conta quando lo conferma anche l'altra parte.")
    if form.validate_on_submit() and made(form, lambda: verbs.write(found, side, **form.told, by=current_user), words, here):
        return go(here)
    found, side = _mine(id)
    enrolment = found.enrolment
    return screen(
        "labs/mentorship.html",
        status=form.http_status,
        form=form,
        mentorship=found,
        side=side,
        activity=enrolment.activity,
        needs=paths.needs_of([enrolment])[enrolment.id],
        people=paths.people_of(enrolment),
        hours=path_hours.hours(enrolment),
        meetings=verbs.meetings_of([found]),
        alive=paths.goes_on(found),
    )


@bp.post(f"{MEETING}/conferma")
@residents
def confirm(id: int, number: int) -> ResponseReturnValue:
    """It took place as the other side wrote."""
    _found, side, meeting = _meeting(id, number)
    carry_out(lambda: verbs.confirm(meeting, side, by=current_user), _("Confermato: i minuti contano."))
    return go(url_for(".mentorship", id=id))


@bp.route(f"{MEETING}/contesta", methods=["GET", "POST"])
@residents
def void(id: int, number: int) -> ResponseReturnValue:
    """It did not take place so, and why; whoever wrote it takes it back in the same way."""
    _found, _side, meeting = _meeting(id, number)
    form, back = VoidForm(), url_for(".mentorship", id=id)
    words = _("Incontro annullato: l'altra parte legge perché.")
    if form.validate_on_submit() and done(form, lambda: verbs.void(meeting, form.reason.data, by=current_user), words):
        return go(back)
    found, side, meeting = _meeting(id, number)
    trail = [(_("I percorsi"), url_for("paths.mine")), (paths.across(found, side), back)]
    return screen(
        "labs/meeting_void.html",
        status=form.http_status,
        form=form,
        meeting=meeting,
        activity=found.enrolment.activity,
        back=back,
        trail=trail,
    )


def _mine(id: int) -> tuple[Mentorship, str]:
    """One in which I speak for a side, and for which; to anybody else it does not exist."""
    found = paths.mentorship_by(id) or abort(404)
    return found, paths.side_of(found, current_user) or abort(404)


def _meeting(id: int, number: int) -> tuple[Mentorship, str, Meeting]:
    found, side = _mine(id)
    return found, side, verbs.meeting_of(found, number) or abort(404)
