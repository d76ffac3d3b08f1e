"""Following a proposal by a button on its page; and how often one wants mails about proposals."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.accounts.models import Person
from hub.db import db, undo
from hub.proposals import following
from hub.proposals.debate_forms import WishForm
from hub.proposals.models import Proposal
from hub.proposals.news_words import headline
from hub.proposals.outcome_models import News
from hub.proposals.showing import is_author, shown_proposal
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen, wants_part

bp = Blueprint("following", __name__, url_prefix="/proposte")


@bp.app_template_global("news_line")
def _news_line(kind: str, data: dict) -> str:
    """A piece of news in one line, for the mails that tell it."""
    return headline(News(kind=kind, data=data))


@bp.app_template_global("following_of")
def _following_of(proposal: Proposal) -> tuple[bool, bool]:
    """Whether the reader follows a proposal, and whether they are an author, who hears of it in any case."""
    if not current_user.is_authenticated:
        return False, False
    return following.is_following(proposal, current_user), is_author(proposal, current_user)


@bp.route("/<code>/segui", methods=["GET", "POST"])
@residents
def follow(code: str) -> ResponseReturnValue:
    """Follow it. Who had to sign in first comes back by GET, to the button."""
    return _do(code, following.follow, _("Ora segui questa proposta: ti scriviamo quando succede qualcosa."))


@bp.route("/<code>/smetti-di-seguire", methods=["GET", "POST"])
@residents
def unfollow(code: str) -> ResponseReturnValue:
    return _do(code, following.unfollow, _("Non segui più questa proposta."))


def _do(code: str, verb: Callable[..., None], words: str) -> ResponseReturnValue:
    found = shown_proposal(code) or abort(404)
    if request.method == "GET":
        return go(url_for("proposals.proposal", code=code, _anchor="segui"))
    verb(found, by=db.session.get_one(Person, current_user.id))
    db.session.commit()
    if wants_part():
        return screen("proposals/_follow.html", proposal=found, said=words)
    flash(words, "success")
    return go(url_for("proposals.proposal", code=code, _anchor="segui"))


@bp.route("/avvisi", methods=["GET", "POST"])
@residents
def wishes() -> ResponseReturnValue:
    """How often I want mails about proposals, and those that I follow."""
    form, page = WishForm(every=following.preference(current_user)), asked_page()
    if form.validate_on_submit():
        try:
            following.choose(form.every.data or "", by=db.session.get_one(Person, current_user.id))
            db.session.commit()
            flash(_("Scelta salvata."), "success")
            return go(url_for(".wishes"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    found, more = following.followed(current_user, page=page)
    return screen("proposals/wishes.html", status=form.http_status, form=form, followed=found, page=page, more=more)
