"""Who is in my organisation: members and their roles, the invitations sent, and the page that an invitation leads to."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.db import db, reading, undo
from hub.doing import done
from hub.organisations import invitations as asked
from hub.organisations import members, service
from hub.organisations.forms import AcceptForm, HandOverForm, InviteForm, LeaveForm, MemberForm
from hub.organisations.models import Invitation, Membership
from hub.organisations.rules import ACTING_ROLES
from hub.organisations.words import INVITATION_ENDS, ROLES_TOLD
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen

bp = Blueprint("organisations_people", __name__)
NUMBER = "int(max=2147483647)"
ONE = f"/area-personale/organizzazioni/<{NUMBER}:id>"


bp.after_request(never_kept)  # an invitation is personal even before anybody has signed in for it


@bp.route(f"{ONE}/inviti", methods=["GET", "POST"])
@residents
def invitations(id: int) -> ResponseReturnValue:
    """Invite somebody by mail; who was invited and has not answered."""
    own = _seen(id, *ACTING_ROLES)
    form = InviteForm()
    form.offer(own.role)
    if form.validate_on_submit():
        try:
            asked.must_not_flood(form.email.data, id, by=current_user)
            sending = form.once()
            if not sending.answer:
                asked.invite(form.email.data, form.role.data, by=_own(id, *ACTING_ROLES))
                sending.answer = url_for(".invitations", id=id)
            db.session.commit()
            flash(_("Invito inviato a %(email)s.", email=form.email.data), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _invitations(own, form)


def _invitations(own: Membership, form: InviteForm) -> Response:
    page = {"own": own, "organisation": own.organisation, "unanswered": asked.unanswered(own.organisation)}
    return screen(
        "organisations/invitations.html", status=form.http_status, form=form, standing=asked.standing, told=ROLES_TOLD, **page
    )


@bp.post(f"{ONE}/inviti/<{NUMBER}:invitation>/rinvia")
@residents
def resend(id: int, invitation: int) -> ResponseReturnValue:
    """Another link for the same invitation."""
    own = _seen(id, *ACTING_ROLES)
    with reading():
        email = _invitation(own, invitation).email
        db.session.rollback()

    def send() -> None:
        asked.must_not_flood(email, id, by=current_user)
        own = _own(id, *ACTING_ROLES)
        asked.resend(_invitation(own, invitation), by=own)

    return _change(id, own, send, _("Invito inviato di nuovo a %(email)s.", email=email))


@bp.post(f"{ONE}/inviti/<{NUMBER}:invitation>/revoca")
@residents
def revoke(id: int, invitation: int) -> ResponseReturnValue:
    """Take an invitation back."""
    own = _own(id, *ACTING_ROLES)
    return _change(id, own, lambda: asked.revoke(_invitation(own, invitation), by=own), _("Invito revocato."))


def _change(id: int, own: Membership, verb: Callable[[], None], words: str) -> Response:
    """Do something with an invitation; said above the list, where it could not be done."""
    role = own.role
    try:
        verb()
        db.session.commit()
        flash(words, "success")
        return go(url_for(".invitations", id=id))
    except Refusal as refusal:
        undo()
        form = InviteForm(formdata=None)
        form.offer(role)
        form.show(refusal)
        return _invitations(_own(id, *ACTING_ROLES), form)


def _invitation(own: Membership, id: int) -> Invitation:
    return asked.invitation_of(own.organisation, id) or abort(404)


@bp.route(f"{ONE}/persone/<{NUMBER}:member>", methods=["GET", "POST"])
@residents
def member(id: int, member: int) -> ResponseReturnValue:
    """What a member may do; or sending them away."""
    own, form = _own(id, "legal_rep"), MemberForm()
    theirs = _theirs(own, member)
    if theirs.id == own.id or theirs.ended_at is not None:
        return go(url_for("organisations.organisation", id=id))
    if form.validate_on_submit():
        try:
            words = _apply(form, theirs, own)
            db.session.commit()
            flash(words, "success")
            return go(url_for("organisations.organisation", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            own = _own(id)
            theirs = _theirs(own, member)
    form.role.data = form.role.data or theirs.role
    return screen(
        "organisations/member.html",
        status=form.http_status,
        form=form,
        theirs=theirs,
        organisation=own.organisation,
        told=ROLES_TOLD,
    )


def _apply(form: MemberForm, theirs: Membership, own: Membership) -> str:
    """Carry out what was asked for by the button; says it in words."""
    name = theirs.person.name
    if form.remove.data:
        members.remove(theirs, by=own)
        return _("%(name)s non fa più parte dell'organizzazione.", name=name)
    members.change_role(theirs, form.role.data or theirs.role, by=own)
    return _("Salvato che cosa può fare %(name)s.", name=name)


@bp.route(f"{ONE}/rappresentanza", methods=["GET", "POST"])
@residents
def hand_over(id: int) -> ResponseReturnValue:
    """Let another member stand for the organisation."""
    own, form = _own(id, "legal_rep"), HandOverForm()
    others = [one for one in service.members_of(own.organisation) if one.id != own.id]
    form.offer(others)
    if form.validate_on_submit():
        try:
            members.hand_over(_theirs(own, form.member.data), by=own, level=current_user.level)
            db.session.commit()
            flash(_("Rappresentanza passata: avete ricevuto entrambi un messaggio."), "success")
            return go(url_for("organisations.organisation", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            own = _own(id)
    return screen(
        "organisations/hand_over.html", status=form.http_status, form=form, others=others, organisation=own.organisation
    )


@bp.route(f"{ONE}/esci", methods=["GET", "POST"])
@residents
def leave(id: int) -> ResponseReturnValue:
    """Go of one's own will."""
    own, form = _own(id), LeaveForm()
    if form.validate_on_submit():
        try:
            members.leave(by=own)
            db.session.commit()
            flash(_("Non fai più parte dell'organizzazione."), "success")
            return go(url_for("organisations.mine"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            own = _own(id)
    return screen("organisations/leave.html", status=form.http_status, form=form, own=own, organisation=own.organisation)


@bp.get("/inviti/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """Who invites, to what, as what; for who has signed in or not."""
    return _invited(token, AcceptForm())


@bp.post("/inviti/<token>/accetta")
@residents
def accept(token: str) -> ResponseReturnValue:
    """Join."""
    found = asked.invitation_with(token)
    form = AcceptForm()
    if found is None or not _asks_birth(found):
        del form.birth_date
    if form.validate_on_submit():
        try:
            organisation = asked.accept(token, by=current_user, birth_date=form.birth_date and form.birth_date.data)
            db.session.commit()
            flash(_("Ora fai parte di %(organisation)s.", organisation=organisation.name), "success")
            return go(url_for("organisations.organisation", id=organisation.id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _invited(token, form)


@bp.post("/inviti/<token>/rifiuta")
@public
def decline(token: str) -> ResponseReturnValue:
    """Say no, signed in or not."""
    form = AcceptForm()
    del form.birth_date
    told = _("Invito rifiutato. Lo diciamo a chi te l'ha mandato.")
    if form.validate_on_submit() and done(form, lambda: asked.decline(token), told):
        return go(url_for("pages.home"))
    return _invited(token, form)


def _invited(token: str, form: AcceptForm) -> Response:
    found = asked.invitation_with(token)
    own = None
    if found and current_user.is_authenticated:
        own = service.membership_of(current_user, found.organisation_id)
    standing = asked.standing(found)
    if own:
        return screen("organisations/invitation_closed.html", own=own)
    if standing != "open":
        return screen("organisations/invitation_closed.html", status=410, why=INVITATION_ENDS[standing])
    if form.birth_date and not (current_user.is_authenticated and _asks_birth(found)):
        del form.birth_date
    page = {"invitation": found, "organisation": found.organisation, "token": token, "told": ROLES_TOLD}
    return screen("organisations/invitation.html", status=form.http_status, form=form, **page)


def _asks_birth(found: Invitation) -> bool:
    return found.organisation.kind == "informal_group" and service.asks_birth(current_user)


def _seen(id: int, *roles: str) -> Membership:
    """My place in an organisation as it was in a transaction of its own, which is over: what follows may count tries."""
    if request.method != "POST":
        return _own(id, *roles)
    with reading():
        own = _own(id, *roles, locked=False)
        db.session.expunge_all()
        db.session.rollback()
    return own


def _own(id: int, *roles: str, locked: bool | None = None) -> Membership:
    """My place in an organisation, locked where this request may change it; to who is not of it, it does not exist."""
    locked = request.method == "POST" if locked is None else locked
    own = service.membership_of(current_user, id, locked=locked) or abort(404)
    if roles and own.role not in roles:
        abort(403)
    return own


def _theirs(own: Membership, id: int) -> Membership:
    return members.member(own.organisation, id) or abort(404)
