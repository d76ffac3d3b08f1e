"""Supporting, endorsing and voting: buttons on the page of a proposal, and what somebody supports.

Without a script a button leads back to the page; htmx puts the answer in the place of the button, and the focus on it.
"""

from collections.abc import Callable

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.accounts.throttle import network
from hub.db import db, undo
from hub.forms import CreatingForm, told
from hub.once import new_key
from hub.proposals import standing, supporting
from hub.proposals.models import Proposal
from hub.proposals.showing import proposal_by, shown_proposal
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen, wants_part
from hub.sealing import mark

bp = Blueprint("supports", __name__, url_prefix="/proposte")
bp.app_template_global("sending_key")(new_key)
PARTS = {"sostegno": "proposals/_support.html", "voto": "proposals/_vote.html"}


@bp.route("/<code>/sostieni", methods=["GET", "POST"])
@residents
def support(code: str) -> ResponseReturnValue:
    """Support it. Who had to sign in first comes back by GET, to the button."""
    if request.method == "GET":
        return _back(code, "sostegno")
    return _do(code, "sostegno", lambda found: _support(found), _("Il tuo sostegno è contato."))


def _support(found: Proposal) -> None:
    supporting.support(found, by=themselves(current_user), device=_device())


@bp.post("/<code>/ritira-sostegno")
@residents
def revoke(code: str) -> ResponseReturnValue:
    """Support it no longer."""
    words = _("Hai ritirato il tuo sostegno.")
    return _do(code, "sostegno", lambda found: supporting.revoke(found, by=themselves(current_user)), words)


@bp.post("/<code>/appoggia")
@residents
def endorse(code: str) -> ResponseReturnValue:
    """Endorse it in the name of the organisation for which one acts."""
    words = _("Ora la tua organizzazione appoggia questa proposta.")
    return _do(code, "sostegno", lambda found: supporting.endorse(found, by=themselves(current_user)), words)


@bp.post("/<code>/ritira-appoggio")
@residents
def unendorse(code: str) -> ResponseReturnValue:
    """Endorse it no longer."""
    words = _("La tua organizzazione non appoggia più questa proposta.")
    return _do(code, "sostegno", lambda found: supporting.unendorse(found, by=themselves(current_user)), words)


@bp.route("/<code>/vota", methods=["GET", "POST"])
@residents
def vote(code: str) -> ResponseReturnValue:
    """Vote on it, or vote otherwise than before."""
    if request.method == "GET":
        return _back(code, "voto")
    choice = request.form.get("choice", "")
    return _do(
        code, "voto", lambda found: supporting.vote(found, choice, by=themselves(current_user)), _("Il tuo voto è registrato.")
    )


@bp.get("/sostegni")
@residents
def mine() -> ResponseReturnValue:
    """What I support, or the organisation for which I act endorses; and how many more I may."""
    return _mine()


def _mine(refused: str = "") -> ResponseReturnValue:
    page = asked_page()
    given, more = standing.given_by(current_user, page=page)
    left = [] if current_user.acting_as else standing.left_by(current_user)
    status = 422 if refused else 200
    return screen("proposals/supports.html", None, status, given=given, more=more, page=page, left=left, refused=refused)


@bp.post("/sostegni/<code>/ritira")
@residents
def revoke_mine(code: str) -> ResponseReturnValue:
    """Take one back from the list, where a proposal stands also when it can no longer be read."""
    found = proposal_by(code)
    if found is None or found.published_at is None:
        abort(404)
    back = supporting.unendorse if current_user.acting_as else supporting.revoke
    said, refused = _done(lambda: back(found, by=themselves(current_user)), _("Ritirato."), found.code)
    if refused:
        return _mine(refused)
    flash(said, "success")
    return go(url_for(".mine"))


def _device() -> str:
    """A keyed digest of the network and the browser that somebody comes with."""
    return mark(f"{network(request.remote_addr)}\0{request.user_agent.string}", "support")[:32]


def _back(code: str, part: str) -> ResponseReturnValue:
    found = shown_proposal(code) or abort(404)
    return go(url_for("proposals.proposal", code=found.code, _anchor=part))


def _do(code: str, part: str, verb: Callable[[Proposal], object], words: str) -> ResponseReturnValue:
    """Do something about a proposal, once however often it is sent; then its part anew, with what came of it."""
    found = shown_proposal(code) or abort(404)
    said, refused = _done(lambda: verb(found), words, code)
    if said and not wants_part():
        flash(said, "success")
        return go(url_for("proposals.proposal", code=code, _anchor=part))
    found = shown_proposal(code) or abort(404)
    told_now = {"done": said, "refused": refused, "proposal": found, "standing": standing.standing(found, current_user)}
    return screen("proposals/acted.html", PARTS[part], 422 if refused else 200, part=PARTS[part], **told_now)


def _done(verb: Callable[[], object], words: str, code: str) -> tuple[str, str]:
    """(words, "") where it was done, now or by the same form before; ("", why not) where it was refused."""
    try:
        sending = CreatingForm().once()
        if not sending.answer:
            verb()
            sending.answer = url_for("proposals.proposal", code=code)
        db.session.commit()
        return words, ""
    except Refusal as refusal:
        undo()
        return "", told(refusal)
