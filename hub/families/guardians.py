"""Who else answers for a child, how a record is handed on, and the pages that the links of both lead to."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.db import db, reading, undo
from hub.doing import done
from hub.families import invitations as asked
from hub.families import rules, service
from hub.families.forms import AcceptForm, AnswerForm, InviteForm, LeaveForm
from hub.families.models import FamilyInvitation, Participant
from hub.forms import Form
from hub.organisations.words import INVITATION_ENDS
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen

bp = Blueprint("family_people", __name__)
NUMBER = "int(max=2147483647)"
ONE = f"/area-personale/famiglia/<{NUMBER}:id>"


bp.after_request(never_kept)  # an invitation is personal even before anybody has signed in for it


@bp.route(f"{ONE}/adulti", methods=["GET", "POST"])
@residents
def invitations(id: int) -> ResponseReturnValue:
    """Ask another adult to answer for the child too; who was asked and has not answered."""
    _seen(id)
    return _ask(id, asked.invite, ".invitations")


@bp.route(f"{ONE}/account", methods=["GET", "POST"])
@residents
def own_account(id: int) -> ResponseReturnValue:
    """Ask the child themselves, from fourteen on, to take their record over."""
    _seen(id)
    return _ask(id, asked.offer, ".own_account")


def _ask(id: int, verb: Callable, endpoint: str) -> ResponseReturnValue:
    form = InviteForm()
    if form.validate_on_submit():
        try:
            asked.must_not_flood(form.email.data, by=current_user)
            sending = form.once()
            if not sending.answer:
                verb(_mine(id), form.email.data, by=current_user)
                sending.answer = url_for(endpoint, id=id)
            db.session.commit()
            flash(_("Invito inviato a %(email)s.", email=form.email.data), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _asking(_mine(id), form, endpoint)


def _asking(record: Participant, form: Form, endpoint: str) -> Response:
    invited_as = "guardian" if endpoint == ".invitations" else "own"
    return screen(
        f"families/{'invitations' if invited_as == 'guardian' else 'account'}.html",
        status=form.http_status,
        record=record,
        form=form,
        standing=asked.standing,
        unanswered=[one for one in asked.unanswered(record) if one.invited_as == invited_as],
        old_enough=rules.OWN_ENROLMENT_YEARS,
    )


@bp.post(f"{ONE}/inviti/<{NUMBER}:invitation>/rinvia")
@residents
def resend(id: int, invitation: int) -> ResponseReturnValue:
    """Another link for the same invitation."""
    email = _seen(id, invitation)

    def send(found: FamilyInvitation) -> str:
        asked.resend(found, by=current_user)
        return _("Invito inviato di nuovo a %(email)s.", email=email)

    return _change(id, invitation, send, first=lambda: asked.must_not_flood(email, by=current_user))


@bp.post(f"{ONE}/inviti/<{NUMBER}:invitation>/revoca")
@residents
def revoke(id: int, invitation: int) -> ResponseReturnValue:
    """Take an invitation back."""

    def take_back(found: FamilyInvitation) -> str:
        asked.revoke(found, by=current_user)
        return _("Invito revocato.")

    return _change(id, invitation, take_back)


def _change(
    id: int, invitation: int, verb: Callable[[FamilyInvitation], str], first: Callable[[], object] = lambda: None
) -> Response:
    """Do something with an invitation; said above the list, where it could not be done."""
    endpoint = ".invitations"
    try:
        first()
        found = asked.invitation_of(_mine(id), invitation) or abort(404)
        endpoint = ".invitations" if found.invited_as == "guardian" else ".own_account"
        words = verb(found)
        db.session.commit()
        flash(words, "success")
        return go(url_for(endpoint, id=id))
    except Refusal as refusal:
        undo()
        form = InviteForm(formdata=None)
        form.show(refusal)
        return _asking(_mine(id), form, endpoint)


@bp.route(f"{ONE}/lascia", methods=["GET", "POST"])
@residents
def leave(id: int) -> ResponseReturnValue:
    """Answer for a child no longer; the last one to do so takes the record away."""
    record, form = _mine(id), LeaveForm()
    if form.validate_on_submit():
        try:
            gone = service.stop_answering(record, by=current_user)
            db.session.commit()
            flash(
                _("Non rispondi più di questa persona, e la sua scheda è cancellata.")
                if gone
                else _("Non rispondi più di questa persona."),
                "success",
            )
            return go(url_for("families.family"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            record = _mine(id)
    last = len(service.guardianships_of(record)) == 1
    return screen("families/leave.html", status=form.http_status, record=record, form=form, last=last)


# --- what the links lead to


@bp.get("/famiglia/inviti/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """What one is asked; whom it is about is told to who has signed in alone."""
    return _invited(token, _form(token))


@bp.post("/famiglia/inviti/<token>/accetta")
@residents
def accept(token: str) -> ResponseReturnValue:
    """Answer for the child too, or take one's own record over."""
    form = _form(token)
    if form.validate_on_submit():
        try:
            declared = form.declared if isinstance(form, AnswerForm) else {}
            record = asked.accept(token, by=current_user, **declared)
            db.session.commit()
            flash(_("Fatto: da ora trovi qui la scheda."), "success")
            return go(url_for("families.record", id=record.id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _invited(token, form)


@bp.post("/famiglia/inviti/<token>/rifiuta")
@public
def decline(token: str) -> ResponseReturnValue:
    """Say no, signed in or not."""
    form = AcceptForm()
    told = _("Invito rifiutato. Lo diciamo a chi te l'ha mandato.")
    if form.validate_on_submit() and done(form, lambda: asked.decline(token), told):
        return go(url_for("pages.home"))
    return _invited(token, form)


def _form(token: str) -> Form:
    """What has to be said by who accepts: as what they answer for the child, or nothing."""
    found = asked.invitation_with(token)
    return AnswerForm() if found and found.invited_as == "guardian" else AcceptForm()


def _invited(token: str, form: Form) -> Response:
    found = asked.invitation_with(token)
    standing = asked.standing(found)
    if found and current_user.is_authenticated and service.may_see(current_user, found.participant):
        return screen("families/invitation_closed.html", record=found.participant)
    if standing != "open":
        return screen("families/invitation_closed.html", status=410, why=INVITATION_ENDS[standing])
    if found.invited_as == "guardian" and not isinstance(form, AnswerForm):
        refused, form = form.form_errors, AnswerForm(formdata=None)
        form.form_errors.extend(refused)
    joins = service.guards(found.inviter, found.participant)
    return screen("families/invitation.html", status=form.http_status, form=form, invitation=found, token=token, joins=joins)


# --- whose it is


def _seen(id: int, invitation: int | None = None) -> str:
    """That the record is one of mine, in a transaction of its own, which is over: what follows may count tries. The address
    of an invitation about it, where one is named."""
    if request.method != "POST":
        _mine(id)
        return ""
    with reading():
        record = _mine(id, locked=False)
        email = (asked.invitation_of(record, invitation) or abort(404)).email if invitation else ""
        db.session.rollback()
    return email


def _mine(id: int, *, locked: bool | None = None) -> Participant:
    """A child for whom I answer, locked where this request may change it; to anybody else it does not exist."""
    locked = request.method == "POST" if locked is None else locked
    record = service.record_seen_by(current_user, id, locked=locked)
    return record if record and service.guards(current_user, record) else abort(404)
