"""Who writes proposals: begin, write with the draft kept as one types, look at it, publish, edit, withdraw."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.clock import now
from hub.db import db, undo
from hub.filters import hour
from hub.forms import told
from hub.once import new_key
from hub.organisations.models import Organisation
from hub.proposals import content as contents
from hub.proposals import drafts, processes
from hub.proposals.draft_forms import BeginForm, NamedForm, ProposalForm, PublishForm, WithdrawForm
from hub.proposals.index import similar
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from hub.proposals.showing import proposal_by
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from hub.screen import go, screen, wants_part
from hub.spaces.models import Space
from hub.spaces.service import spaces

bp = Blueprint("drafts", __name__, url_prefix="/proposte")


@bp.route("/nuova", methods=["GET", "POST"])
@residents
def new() -> ResponseReturnValue:
    """A new draft, in one of the processes that take proposals now."""
    found = [one for one in processes.published_processes() if processes.is_open(one, "submits")]
    form = BeginForm(which=_asked(found))
    form.offer(found)
    if form.validate_on_submit():
        process = next(one for one in found if one.slug == form.which.data)
        try:
            sending = form.once()
            if not sending.answer:
                made = drafts.begin(process, by=themselves(current_user))
                sending.answer = url_for(".write", code=made.code)
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("proposals/new.html", None, form.http_status, form=form, found=found)


def _asked(found: list[Process]) -> str | None:
    """The process of the address, or the only one there is."""
    asked = request.args.get("processo", "")
    return next((one.slug for one in found if one.slug == asked or len(found) == 1), None)


@bp.get("/mie")
@residents
def mine() -> ResponseReturnValue:
    """Drafts and proposals of the reader, or of the organisation that they act for."""
    ours = db.session.get(Organisation, current_user.acting_as.id) if current_user.acting_as else None
    found = drafts.of_organisation(ours.id) if ours else drafts.of_person(current_user)
    return screen("proposals/mine.html", found=found, organisation=ours, can_edit=drafts.can_be_edited)


@bp.route("/<code>/scrivi", methods=["GET", "POST"])
@residents
def write(code: str) -> ResponseReturnValue:
    """All fields on one page; what is typed is kept, right or wrong, every few seconds or by the button."""
    proposal = _ours(code)
    if request.method == "POST":
        return _keep(proposal)
    try:
        drafts.must_be_writable(proposal)
    except Refusal as refusal:
        flash(told(refusal), "warning")
        return go(url_for("proposals.proposal", code=code))
    form = ProposalForm.of(drafts.typed(proposal), spaces())
    if request.args.get("controlla"):
        _said(form)
    return _show_writing(proposal, form, drafts.seen(proposal))


def _keep(proposal: Proposal) -> ResponseReturnValue:
    """Keep what was typed; then on to where the button leads."""
    words, was = ProposalForm.typed(request.form), request.form.get("seen", "")
    form, code = ProposalForm.of(words, spaces()), proposal.code
    try:
        by = themselves(current_user)
        drafts.keep(proposal, words, was=was, by=by, tab=request.form.get("tab", "")[:64], stays=wants_part())
        drafts.name_me(proposal, NamedForm().named.data, by=by)
        db.session.commit()
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return _show_refused(_ours(code), form, was, refusal)
    at = _("Bozza salvata alle %(time)s", time=hour(now()))
    if wants_part():
        return _show_writing(proposal, form, drafts.seen(proposal), saved=at)
    if "save" in request.form:
        flash(f"{at}.", "success")
        return go(url_for(".write", code=code))
    if "files" in request.form:
        return go(url_for("proposal_files.attached", code=code))
    if _said(form) is None:
        return _show_writing(proposal, form, drafts.seen(proposal), saved=at, status=422)
    return go(url_for(".preview", code=code))


def _show_refused(proposal: Proposal, form: ProposalForm, was: str, refusal: Refusal) -> ResponseReturnValue:
    """What was typed is still on the page; where another tab or author wrote too, their words stand above it. A page that keeps
    by itself goes on being refused until its owner has seen them."""
    if refusal.rule != "seen":
        return _show_writing(proposal, form, was, refusal=told(refusal), status=422)
    if wants_part():
        return _show_writing(proposal, form, was, refusal=told(refusal), status=409)
    return _show_writing(proposal, form, drafts.seen(proposal), stored=drafts.typed(proposal), status=409)


def _show_writing(
    proposal: Proposal,
    form: ProposalForm,
    seen: str,
    *,
    saved: str = "",
    refusal: str = "",
    stored: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of writing. seen: what it shows; stored: the words of another tab or author, where they are others."""
    me = next((one for one in proposal.authors if one.left_at is None and one.voice.person_id == current_user.id), None)
    return screen(
        "proposals/write.html",
        "proposals/_saved.html",
        status,
        proposal=proposal,
        process=proposal.process,
        phase=processes.phase_at(proposal.process),
        form=form,
        named=NamedForm(formdata=None, named=me.named) if me else None,
        files=drafts.live_files(proposal),
        seen=seen,
        tab=new_key(),
        saved=saved,
        refusal=refusal,
        others=_others(form, stored) if stored is not None else [],
        until=drafts.edit_until(proposal) if proposal.published_at else None,
    )


def _others(form: ProposalForm, stored: Mapping[str, str]) -> list[tuple[str, str]]:
    """(field, words) of what another tab or author keeps otherwise than this form."""
    theirs = ProposalForm.of(stored, spaces())
    return [
        (name, stored.get(name, ""))
        for name in contents.FIELDS
        if theirs[name].data != form[name].data or theirs[name].errors != form[name].errors
    ]


def _said(form: ProposalForm) -> dict | None:
    """What the form says, where it may be published; None where something is to be corrected, which the form then tells."""
    if not form.validate():
        return None
    try:
        contents.must_be_whole(form.content)
    except Refusal as refusal:
        form.show(refusal)
        return None
    return form.content


@bp.route("/<code>/anteprima", methods=["GET", "POST"])
@residents
def preview(code: str) -> ResponseReturnValue:
    """The draft as everybody would read it, and the last word."""
    proposal, form = _ours(code), PublishForm()
    if proposal.published_at is not None and not proposal.draft and not _changed_files(proposal):
        return go(url_for("proposals.proposal", code=code))  # it was published already, by this form perhaps
    said = _said(ProposalForm.of(drafts.typed(proposal), spaces()))
    if said is None:
        return go(url_for(".write", code=code, controlla=1))
    if form.validate_on_submit():
        try:
            if form.seen.data != drafts.seen(proposal):
                raise Refusal("Nel frattempo la bozza è cambiata: rileggila, poi pubblica.", rule="seen")
            _publish(proposal, said, form.reason.data or "")
            return go(url_for("proposals.proposal", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            proposal = _ours(code)
    form.seen.data = drafts.seen(proposal)
    return screen(
        "proposals/preview.html",
        None,
        form.http_status,
        form=form,
        proposal=proposal,
        process=proposal.process,
        content=said,
        space=db.session.get(Space, said["space_id"]) if said["space_id"] and said["place"] == "hub" else None,
        files=drafts.live_files(proposal),
        phase=processes.phase_at(proposal.process),
        similar=[] if proposal.published_at else similar(said["title"], said["text"]),
    )


def _publish(proposal: Proposal, said: dict, reason: str) -> None:
    by = themselves(current_user)
    if proposal.published_at is None:
        drafts.publish(proposal, said, by=by)
        words = _("Pubblicata: da ora la leggono tutti.")
    else:
        drafts.edit(proposal, said, reason=reason, by=by)
        words = _("Pubblicata la versione %(number)s: chi la segue lo saprà.", number=proposal.current)
    db.session.commit()
    flash(words, "success")


def _changed_files(proposal: Proposal) -> bool:
    return sorted(one.id for one in drafts.live_files(proposal)) != proposal.content["files"]


@bp.post("/<code>/lascia-modifiche")
@residents
def drop_changes(code: str) -> ResponseReturnValue:
    """Give up the changes that were not published."""
    proposal = _ours(code)
    drafts.drop_changes(proposal, by=themselves(current_user))
    db.session.commit()
    flash(_("Modifiche lasciate: la proposta resta com'è pubblicata."), "success")
    return go(url_for("proposals.proposal", code=code) if proposal.published_at else url_for(".write", code=code))


@bp.post("/<code>/elimina")
@residents
def discard(code: str) -> ResponseReturnValue:
    proposal = _ours(code)
    try:
        drafts.discard(proposal, by=themselves(current_user))
        db.session.commit()
        flash(_("Bozza eliminata."), "success")
    except Refusal as refusal:
        undo()
        flash(told(refusal), "danger")
    return go(url_for(".mine"))


@bp.route("/<code>/ritira", methods=["GET", "POST"])
@residents
def withdraw(code: str) -> ResponseReturnValue:
    """Take a published one back, with a reason."""
    proposal, form = _ours(code), WithdrawForm()
    if proposal.published_at is None:
        return go(url_for(".write", code=code))
    if form.validate_on_submit():
        try:
            drafts.withdraw(proposal, form.reason.data, by=themselves(current_user))
            db.session.commit()
            flash(_("Proposta ritirata: si può ancora leggere, con il motivo."), "success")
            return go(url_for("proposals.proposal", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            proposal = _ours(code)
    return screen("proposals/withdraw.html", None, form.http_status, form=form, proposal=proposal)


def _ours(code: str) -> Proposal:
    """A proposal that the reader may write, locked where this request changes something; to others there is none here."""
    return drafts.written_by(proposal_by(code), current_user, locked=request.method == "POST") or abort(404)
