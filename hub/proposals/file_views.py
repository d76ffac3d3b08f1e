"""The files of a proposal: its authors add and remove them, everybody sees those of a published version."""

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public, residents
from hub.accounts import throttle
from hub.accounts.throttle import Limit
from hub.db import db, reading, undo
from hub.forms import told
from hub.proposals import drafts, files
from hub.proposals.draft_forms import FileForm
from hub.proposals.models import Proposal, ProposalFile
from hub.proposals.showing import proposal_by
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("proposal_files", __name__, url_prefix="/proposte/<code>")
ID = "<int(max=2147483647):id>"
SENT = Limit("proposal-files", 60, 60)  # files that one person has made anew
CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"


@bp.url_value_preprocessor
def _files(endpoint: str | None, _values: dict | None) -> None:
    """A file may be larger than any other form; what is too large, but not absurd, is refused beside its field."""
    if endpoint == "proposal_files.attached":
        request.max_content_length = 3 * files.MOST_BYTES


@bp.route("/allegati", methods=["GET", "POST"])
@residents
def attached(code: str) -> ResponseReturnValue:
    """The files that go with what is being written, and one more."""
    form = FileForm()
    try:
        if request.method == "POST":
            throttle.count(SENT, current_user.subject)
        proposal = _written(code)
        if form.validate_on_submit():
            name = form.file.data.filename if form.file.data else ""
            made = files.made_anew(form.sent)
            files.attach(_ours(code), made, name=name or "", words=form.words.data, by=themselves(current_user))
            db.session.commit()
            flash(_("File aggiunto."), "success")
            return go(url_for(".attached", code=code))
    except Refusal as refusal:
        undo()
        form.show(refusal)
        proposal = _ours(code)
    return screen(
        "proposals/files.html",
        None,
        form.http_status,
        form=form,
        proposal=proposal,
        files=drafts.live_files(proposal),
        most=files.MOST_FILES,
    )


@bp.post(f"/allegati/{ID}/togli")
@residents
def detach(code: str, id: int) -> ResponseReturnValue:
    proposal = _ours(code)
    found = next((one for one in drafts.live_files(proposal) if one.id == id), None) or abort(404)
    try:
        files.detach(proposal, found, by=themselves(current_user))
        db.session.commit()
        flash(_("File tolto."), "success")
    except Refusal as refusal:
        undo()
        flash(told(refusal), "danger")
    return go(url_for(".attached", code=code))


@bp.get(f"/file/{ID}")
@public
def file(code: str, id: int) -> Response:
    """The bytes of a file: of a published version for everybody, of a draft for who may write it."""
    proposal = proposal_by(code) or abort(404)
    if not files.is_public(proposal, id) and not (current_user.is_authenticated and drafts.written_by(proposal, current_user)):
        abort(404)
    return _sent(files.file_of(proposal, id) or abort(404))


def _sent(found: ProposalFile) -> Response:
    """As what it is, and in a box of its own: nothing in it acts, and a PDF opens apart from the portal."""
    response = Response(found.data, mimetype=files.TYPES[found.kind])
    response.headers.set("Content-Disposition", "attachment" if found.kind == "pdf" else "inline", filename=found.name)
    response.headers["Content-Security-Policy"] = CSP
    response.set_etag(found.sha256)
    return response.make_conditional(request)


def _written(code: str) -> Proposal:
    """One of ours that may be written, in a transaction that only reads and is over: what follows takes its time. Raises
    Refusal."""
    with reading():
        proposal = drafts.written_by(proposal_by(code), current_user) or abort(404)
        drafts.must_be_writable(proposal)
        if request.method == "POST":
            db.session.rollback()
    return proposal


def _ours(code: str) -> Proposal:
    """A proposal that the reader may write, locked where this request changes something; to others there is none here."""
    return drafts.written_by(proposal_by(code), current_user, locked=request.method == "POST") or abort(404)
