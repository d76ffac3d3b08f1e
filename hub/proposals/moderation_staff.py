"""The moderators' desk: what readers report, what is hidden, the appeals; each thing with what was done about it."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.accounts.models import Person
from hub.db import db, undo, writes
from hub.forms import CreatingForm
from hub.proposals import comments, moderation
from hub.proposals.debate_forms import DecisionForm, ModerationForm, RestoringForm
from hub.proposals.debate_models import Appeal, ProposalComment
from hub.proposals.models import Proposal, Voice
from hub.proposals.showing import called, proposal_by, whose
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("moderation_staff", __name__, url_prefix="/gestione/moderazione")
VIEWS = {"segnalazioni": moderation.reported, "nascosti": moderation.hidden, "ricorsi": moderation.appealed}


@bp.get("")
@managers
def queue() -> ResponseReturnValue:
    view = request.args.get("vista", "segnalazioni")
    if view not in VIEWS:
        abort(404)
    page = asked_page()
    rows, more = VIEWS[view](page)
    alone = view == "ricorsi" and moderation.other_managers(current_user) == 0
    return screen("proposals/staff/moderation.html", view=view, rows=rows, page=page, more=more, alone=alone)


@bp.route("/<code>", methods=["GET", "POST"])
@managers
@writes
def proposal(code: str) -> ResponseReturnValue:
    """A proposal, with what was said against it and done about it."""
    return _desk(lambda: _proposal(code), url_for(".proposal", code=code))


@bp.route("/<code>/commenti/<int(max=2147483647):id>", methods=["GET", "POST"])
@managers
@writes
def comment(code: str, id: int) -> ResponseReturnValue:
    """The same of a comment."""
    return _desk(lambda: comments.comment_by(_proposal(code), id) or abort(404), url_for(".comment", code=code, id=id))


def _desk(find: Callable[[], moderation.Target], here: str) -> ResponseReturnValue:
    target = find()
    form = RestoringForm() if target.hidden_at is not None else ModerationForm()
    if request.method == "POST" and type(form).__name__ != request.form.get("kind"):
        flash(_("Nel frattempo è cambiato: guarda com'è adesso."), "warning")
        return go(here)
    if form.validate_on_submit():
        try:
            flash(_done(form, target, here), "success")
            return go(here)
        except Refusal as refusal:
            undo()
            target = find()
            form.show(refusal)
    if request.method == "GET":
        _note(target)
    return screen(
        "proposals/staff/moderate.html",
        status=form.http_status,
        form=form,
        target=target,
        proposal=target.proposal if isinstance(target, ProposalComment) else target,
        who=_who(target),
        reports=moderation.reports_about(target),
        acts=moderation.acts_about(target),
        own=moderation.is_by(target, current_user),
        here=here,
    )


def _done(form: CreatingForm, target: moderation.Target, here: str) -> str:
    """Do what the button says, once; in words."""
    me = db.session.get_one(Person, current_user.id)
    sending, said = form.once(), form.words.data or ""
    words, verb = _asked(form, target, said, me)
    if not sending.answer:
        verb()
        sending.answer = here
    db.session.commit()
    return words


def _asked(form: CreatingForm, target: moderation.Target, said: str, me: Person) -> tuple[str, Callable[[], object]]:
    if isinstance(form, RestoringForm):
        return _("È di nuovo visibile. Chi l'ha scritto è avvisato."), lambda: moderation.restore(target, said, by=me)
    if form.dismiss.data:
        return _("Resta visibile: le segnalazioni sono chiuse."), lambda: moderation.dismiss(target, by=me)
    if form.hide.data:
        words = _("È nascosto. Chi l'ha scritto è avvisato, e può fare ricorso.")
        return words, lambda: moderation.hide(target, form.reason.data, said, by=me)
    raise Refusal("Scegli che cosa fare con uno dei pulsanti.")


@bp.route("/ricorsi/<int(max=2147483647):id>", methods=["GET", "POST"])
@managers
@writes
def appeal(id: int) -> ResponseReturnValue:
    """An appeal, for another manager than who hid it."""
    form, row = DecisionForm(), db.session.get(Appeal, id) or abort(404)
    if form.validate_on_submit():
        try:
            me = db.session.get_one(Person, current_user.id)
            outcome = next((one for one in ("overturned", "upheld") if form[one].data), None)
            if outcome is None:
                raise Refusal("Scegli che cosa fare con uno dei pulsanti.")
            sending = form.once()
            if not sending.answer:
                moderation.decide(row, outcome, form.words.data or "", by=me)
                sending.answer = url_for(".queue", vista="ricorsi")
            db.session.commit()
            flash(_("Hai deciso il ricorso. Chi l'ha fatto è avvisato."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            row = db.session.get_one(Appeal, id)
    act = moderation.act_by(id)
    target = moderation.target_of(act)
    if request.method == "GET":
        _note(target)
    return screen(
        "proposals/staff/appeal.html",
        status=form.http_status,
        form=form,
        appeal=row,
        act=act,
        target=target,
        proposal=target.proposal if isinstance(target, ProposalComment) else target,
        in_force=moderation.is_in_force(act, target),
        mine=act.by_id == current_user.id or moderation.is_by(target, current_user),
        alone=moderation.other_managers(act.by) == 0,
    )


def _note(target: moderation.Target) -> None:
    """What only its author and moderators read is somebody's: that it was opened is told to whose it is."""
    if target.hidden_at is None:
        return
    voices = [target.voice_id] if isinstance(target, ProposalComment) else [one.voice_id for one in target.authors]
    code = target.proposal.code if isinstance(target, ProposalComment) else target.code
    for voice in (db.session.get_one(Voice, id) for id in voices):
        opened(voice.person, "moderation", code, by=current_user)
    db.session.commit()


def _who(target: moderation.Target) -> str:
    """Who said it, as everybody reads it: moderators know no more."""
    if isinstance(target, ProposalComment):
        return called(target.voice, target.named, target.organisation) or _("Una persona")
    return whose(target)


def _proposal(code: str) -> Proposal:
    found = proposal_by(code)
    return found if found is not None and found.published_at is not None else abort(404)
