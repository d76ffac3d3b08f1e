"""The managers' desk for the certificates of an activity: to whom, issued to one or to all, revoked with a reason."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.db import db, undo, writes
from hub.doing import carry_out
from hub.families import service as families
from hub.forms import told
from hub.labs import certificates
from hub.labs.certificate_forms import IssueForm, KindForm, RevokeForm
from hub.labs.desks import asked_activity
from hub.labs.models import Activity, Certificate
from hub.labs.prints import certificate_file
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("certificate_desk", __name__, url_prefix="/gestione/attivita/<slug>/attestati")


@bp.route("", methods=["GET", "POST"])
@managers
@writes
def lines(slug: str) -> ResponseReturnValue:
    """Who was there for how long, and what was issued to them; issue to all that reach a share. Who looks is noted."""
    activity, form = asked_activity(slug), IssueForm()
    if form.validate_on_submit():
        try:
            issued = certificates.issue_all(activity, form.kind.data, form.percent.data, by=current_user)
            db.session.commit()
            _say(issued)
            return go(url_for(".lines", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    found = certificates.lines(activity)
    if request.method == "GET":
        people = {line.enrolment.participant_id: line.enrolment.participant for line in found if line.enrolment.participant}
        families.viewed_all(people.values(), "enrolments", slug, by=current_user)
        db.session.commit()
        undo()  # what follows is only shown
    return screen(
        "labs/staff/certificates.html",
        status=form.http_status,
        activity=activity,
        form=form,
        lines=found,
        stale=sum(not line.holds(paper) for line in found for paper in line.papers if paper.revoked_at is None),
    )


def _say(issued: certificates.Issued) -> None:
    flash(_("Attestati nuovi: %(new)s. Già emessi: %(same)s.", new=issued.new, same=issued.same), "success")
    if issued.stale:
        flash(_("Attestati da revocare prima, perché le ore sono cambiate: %(count)s.", count=issued.stale), "danger")


@bp.post("/<int(max=2147483647):id>")
@managers
def issue(slug: str, id: int) -> ResponseReturnValue:
    """Issue to one."""
    activity, form = asked_activity(slug), KindForm()
    line = next((one for one in certificates.lines(activity) if one.enrolment.id == id), None) or abort(404)
    kind = form.kind.data if form.validate() else ""
    carry_out(lambda: certificates.issue(line.enrolment, kind, by=current_user), _("Attestato emesso."))
    return go(url_for(".lines", slug=slug))


@bp.route("/<key>/revoca", methods=["GET", "POST"])
@managers
def revoke(slug: str, key: str) -> ResponseReturnValue:
    activity = asked_activity(slug)
    found, form = _asked(activity, key), RevokeForm()
    if form.validate_on_submit():
        try:
            certificates.revoke(found, form.reason.data)
            db.session.commit()
            flash(_("Attestato revocato."), "success")
            return go(url_for(".lines", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = _asked(activity, key)
    return screen("labs/staff/certificate_revoke.html", status=form.http_status, activity=activity, form=form, certificate=found)


@bp.get("/<key>.pdf")
@managers
@writes
def paper(slug: str, key: str) -> ResponseReturnValue:
    """A certificate as it was issued: who it is of reads that it was opened. One that was revoked is closed."""
    found = _asked(asked_activity(slug), key)
    try:
        certificates.must_be_printable(found.revoked_at is None, certificates.is_nameless(found.enrolment))
    except Refusal as refusal:
        flash(told(refusal), "danger")
        return go(url_for(".lines", slug=slug))
    answer = certificate_file(found)
    if found.enrolment.participant:
        families.viewed(found.enrolment.participant, "certificate", slug, by=current_user)
        db.session.commit()
    return answer


def _asked(activity: Activity, key: str) -> Certificate:
    return certificates.certificate_by(key, activity=activity) or abort(404)


@bp.app_template_filter()
def hundredths(line: certificates.Line) -> str:
    """How many hundredths of what was held somebody was there for, cut and never rounded up: 74 where it is 74.9."""
    return str(line.dose.minutes * 100 // line.dose.of_minutes) if line.dose.of_minutes else "0"
