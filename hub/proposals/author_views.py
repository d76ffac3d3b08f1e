"""Who writes a proposal together: its authors, those who were invited, and the page that an invitation leads to."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.db import db, reading, undo
from hub.doing import done
from hub.organisations.words import INVITATION_ENDS
from hub.proposals import authors as asked
from hub.proposals import drafts
from hub.proposals.author_forms import AcceptForm, InviteForm, LeaveForm
from hub.proposals.models import Proposal
from hub.proposals.showing import is_author, proposal_by
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen

bp = Blueprint("proposal_authors", __name__, url_prefix="/proposte")
NUMBER = "int(max=2147483647)"


bp.after_request(never_kept)  # an invitation is personal even before anybody has signed in for it


@bp.route("/<code>/autori", methods=["GET", "POST"])
@residents
def authors(code: str) -> ResponseReturnValue:
    """Invite somebody by mail; who writes it, and who was invited and has not answered."""
    _seen(code)
    form = InviteForm()
    if form.validate_on_submit():
        try:
            asked.must_not_flood(form.email.data, by=current_user)
            sending = form.once()
            if not sending.answer:
                asked.invite(_ours(code), form.email.data, by=current_user)
                sending.answer = url_for(".authors", code=code)
            db.session.commit()
            flash(_("Invito inviato a %(email)s.", email=form.email.data), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _authors(code, form)


def _authors(code: str, form: InviteForm) -> Response:
    proposal = _ours(code, locked=False)
    return screen(
        "proposals/authors.html",
        status=form.http_status,
        proposal=proposal,
        form=form,
        title=drafts.typed(proposal).get("title", ""),
        authors=asked.authors(proposal),
        unanswered=asked.unanswered(proposal),
        standing=asked.standing,
        can_leave=is_author(proposal, current_user),
    )


@bp.post(f"/<code>/autori/<{NUMBER}:invitation>/rinvia")
@residents
def resend(code: str, invitation: int) -> ResponseReturnValue:
    """Another link for the same invitation."""
    email = _seen(code, invitation)

    def send(proposal: Proposal) -> str:
        asked.resend(asked.invitation_of(proposal, invitation) or abort(404), by=current_user)
        return _("Invito inviato di nuovo a %(email)s.", email=email)

    return _change(code, send, first=lambda: asked.must_not_flood(email, by=current_user))


@bp.post(f"/<code>/autori/<{NUMBER}:invitation>/revoca")
@residents
def revoke(code: str, invitation: int) -> ResponseReturnValue:
    """Take an invitation back."""

    def take_back(proposal: Proposal) -> str:
        asked.revoke(asked.invitation_of(proposal, invitation) or abort(404))
        return _("Invito revocato.")

    return _change(code, take_back)


def _change(code: str, verb: Callable[[Proposal], str], first: Callable[[], object] = lambda: None) -> Response:
    """Do something with an invitation; said above the list, where it could not be done."""
    try:
        first()
        words = verb(_ours(code))
        db.session.commit()
        flash(words, "success")
        return go(url_for(".authors", code=code))
    except Refusal as refusal:
        undo()
        form = InviteForm(formdata=None)
        form.show(refusal)
        return _authors(code, form)


@bp.route("/<code>/autori/lascia", methods=["GET", "POST"])
@residents
def leave(code: str) -> ResponseReturnValue:
    """Be an author no longer."""
    proposal, form = _ours(code), LeaveForm()
    if form.validate_on_submit():
        try:
            asked.leave(proposal, by=themselves(current_user))
            db.session.commit()
            flash(_("Non sei più tra gli autori."), "success")
            return go(url_for("drafts.mine"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            proposal = _ours(code, locked=False)
    title = drafts.typed(proposal).get("title", "")
    return screen("proposals/author_leave.html", status=form.http_status, proposal=proposal, form=form, title=title)


@bp.get("/inviti/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """Who invites, to write what; for who has signed in or not."""
    return _invited(token, AcceptForm())


@bp.post("/inviti/<token>/accetta")
@residents
def accept(token: str) -> ResponseReturnValue:
    """Be an author too."""
    form = AcceptForm()
    if form.validate_on_submit():
        try:
            proposal = asked.accept(token, named=form.named.data, by=themselves(current_user))
            db.session.commit()
            flash(_("Fatto: ora sei tra gli autori."), "success")
            endpoint = "proposals.proposal" if proposal.published_at else "drafts.write"
            return go(url_for(endpoint, code=proposal.code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _invited(token, form)


@bp.post("/inviti/<token>/rifiuta")
@public
def decline(token: str) -> ResponseReturnValue:
    """Say no, signed in or not."""
    form = AcceptForm()
    told = _("Invito rifiutato. Lo diciamo a chi te l'ha mandato.")
    if form.validate_on_submit() and done(form, lambda: asked.decline(token), told):
        return go(url_for("pages.home"))
    return _invited(token, form)


def _invited(token: str, form: AcceptForm) -> Response:
    found = asked.invitation_with(token)
    standing = asked.standing(found)
    if found and current_user.is_authenticated and is_author(found.proposal, current_user):
        return screen("proposals/invitation_closed.html", proposal=found.proposal)
    if standing != "open":
        return screen("proposals/invitation_closed.html", status=410, why=INVITATION_ENDS[standing])
    words = drafts.typed(found.proposal)
    page = {"invitation": found, "proposal": found.proposal, "words": words, "token": token}
    return screen("proposals/invitation.html", status=form.http_status, form=form, **page)


def _seen(code: str, invitation: int | None = None) -> str:
    """That the proposal is one of ours, in a transaction of its own, which is over: what follows may count tries. The address
    of an invitation to it, where one is named."""
    if request.method != "POST":
        _ours(code)
        return ""
    with reading():
        proposal = _ours(code, locked=False)
        email = (asked.invitation_of(proposal, invitation) or abort(404)).email if invitation is not None else ""
        db.session.rollback()
    return email


def _ours(code: str, *, locked: bool | None = None) -> Proposal:
    """A proposal that the reader may write, locked where this request may change it; to anybody else it does not exist."""
    locked = request.method == "POST" if locked is None else locked
    return drafts.written_by(proposal_by(code), current_user, locked=locked) or abort(404)
