"""The discussion of a proposal: read by everybody, written by whoever has signed in; reports, and appeals.

Whoever wrote a comment while their sign-in ended gets it back with the way to sign in: the form looks at its own token.
"""

from collections.abc import Callable
from typing import NoReturn

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import acts_as, public, residents
from hub.db import db, undo
from hub.forms import CreatingForm
from hub.proposals import comments, debate_rules, moderation, policy, processes
from hub.proposals.debate_forms import AnswerForm, AppealForm, CommentForm, ReportForm
from hub.proposals.debate_models import ProposalComment
from hub.proposals.models import Proposal
from hub.proposals.rules import STANCES
from hub.proposals.showing import shown_proposal
from hub.proposals.voices import known_voice, themselves
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen
from hub.web import csrf

bp = Blueprint("debate", __name__)
bp.app_template_global("acts_as_manager")(lambda: acts_as("manager"))
ONE = "/proposte/<code>/commenti/<int(max=2147483647):id>"


@bp.app_template_global("can_discuss")
def _can_discuss(proposal: Proposal) -> bool:
    """Whether a comment on it would be accepted now."""
    try:
        debate_rules.must_be_discussed(proposal.state, proposal.hidden_at is not None)
    except Refusal:
        return False
    return processes.is_open(proposal.process, "discusses")


@bp.app_template_global("discussion_of")
def _discussion_of(proposal: Proposal) -> comments.Discussion:
    """The page of the discussion that the address asks for, or the first."""
    stance, order = request.args.get("posizione"), request.args.get("ordine")
    return comments.discussion(
        proposal,
        stance=stance if stance in STANCES else None,
        order=order if order in comments.ORDERS else comments.ORDERS[0],
        page=asked_page(),
    )


@bp.app_template_global("own_voice")
def _own_voice() -> int | None:
    """The number of the reader's voice, None of who has none yet."""
    voice = known_voice(current_user) if current_user.is_authenticated else None
    return voice and voice.id


@bp.get("/proposte/<code>/discussione")
@public
def discussion(code: str) -> ResponseReturnValue:
    return screen("proposals/discussion.html", "proposals/_discussion.html", proposal=_proposal(code))


@bp.route("/proposte/<code>/discussione/scrivi", methods=["GET", "POST"])
@public
@csrf.exempt
def write(code: str) -> ResponseReturnValue:
    """A comment of one's own."""
    form = CommentForm()

    def verb() -> str:
        said = {"text": form.text.data or "", "stance": form.stance.data, "named": form.named.data}
        row = comments.comment(_proposal(code), **said, by=themselves(current_user))
        return url_for(".discussion", code=code, _anchor=f"commento-{row.id}")

    if answer := sent(form, verb, _("Il tuo commento è pubblicato.")):
        return answer
    return _shown(
        form, "proposals/comment.html", "proposals/_comment_form.html", _proposal(code, form), action=url_for(".write", code=code)
    )


@bp.route(ONE, methods=["GET", "POST"])
@public
@csrf.exempt
def thread(code: str, id: int) -> ResponseReturnValue:
    """A comment with all that was answered to it; and the form to answer it."""
    form = AnswerForm()

    def verb() -> str:
        parent = _comment(code, id)
        row = comments.comment(parent.proposal, form.text.data or "", None, parent, form.named.data, by=themselves(current_user))
        return url_for(".thread", code=code, id=id, page=comments.page_of_answer(row), _anchor=f"commento-{row.id}")

    if answer := sent(form, verb, _("La tua risposta è pubblicata.")):
        return answer
    row = _comment(code, id, form)
    if row.parent_id is not None:
        page = comments.page_of_answer(row)
        return go(url_for(".thread", code=code, id=row.parent_id, page=page, _anchor=f"commento-{id}"))
    page = asked_page()
    said, pages = comments.thread(row.proposal, row, page=page)
    more = {"said": said, "page": min(page, pages), "page_count": pages, "action": url_for(".thread", code=code, id=id)}
    return _shown(form, "proposals/thread.html", "proposals/_comment_form.html", row.proposal, **more)


@bp.route(f"{ONE}/rimuovi", methods=["GET", "POST"])
@residents
def remove(code: str, id: int) -> ResponseReturnValue:
    """Take one's own words back, after one more question."""
    row, form = _comment(code, id), CreatingForm()
    voice = known_voice(current_user)
    if voice is None or voice.id != row.voice_id or row.removed_at is not None:
        abort(404)
    if form.validate_on_submit():
        try:
            comments.remove(row, by=themselves(current_user))
            db.session.commit()
            flash(_("Il commento è rimosso. Quello che altri hanno risposto resta."), "success")
            return go(url_for(".discussion", code=code))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("proposals/comment_remove.html", status=form.http_status, form=form, proposal=_proposal(code), row=row)


@bp.route("/proposte/<code>/segnala", methods=["GET", "POST"])
@public
@csrf.exempt
def report_proposal(code: str) -> ResponseReturnValue:
    return _report(lambda form: _proposal(code, form), url_for("proposals.proposal", code=code))


@bp.route(f"{ONE}/segnala", methods=["GET", "POST"])
@public
@csrf.exempt
def report(code: str, id: int) -> ResponseReturnValue:
    return _report(lambda form: _comment(code, id, form), url_for(".discussion", code=code))


def _report(target: Callable[[CreatingForm], moderation.Target], back: str) -> ResponseReturnValue:
    """Ask the moderators to look at it."""
    form = ReportForm()

    def verb() -> str:
        moderation.report(target(form), form.reason.data, form.words.data or "", by=themselves(current_user))
        return back

    if answer := sent(form, verb, _("Grazie: i moderatori lo guarderanno.")):
        return answer
    row = target(form)
    about = row if isinstance(row, ProposalComment) else None
    shown = about if about and about.hidden_at is None else None
    proposal = about.proposal if about else row
    return _shown(
        form, "proposals/report.html", "proposals/_report_form.html", proposal, row=shown, back=back, action=request.path
    )


@bp.route("/proposte/ricorso/<int(max=2147483647):id>", methods=["GET", "POST"])
@residents
def appeal(id: int) -> ResponseReturnValue:
    """Why one's own words were hidden; the appeal, and what came of it."""
    form, act = AppealForm(), moderation.act_by(id)
    if act is None or act.step != "hidden" or not moderation.is_by(target := moderation.target_of(act), current_user):
        abort(404)
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                moderation.appeal(act, form.text.data, by=themselves(current_user))
                sending.answer = url_for(".appeal", id=id)
            db.session.commit()
            flash(_("Ricorso inviato: lo decide un altro gestore, e ti scriviamo."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    act = moderation.act_by(id)
    in_force = moderation.is_in_force(act, target)
    told = {"act": act, "target": target, "in_force": in_force, "rules": policy.policy_of(act.policy)}
    is_comment = isinstance(target, ProposalComment)
    proposal = target.proposal if is_comment else target
    return screen("proposals/appeal.html", status=form.http_status, form=form, proposal=proposal, is_comment=is_comment, **told)


@bp.get("/partecipa/regole")
@public
def rules() -> ResponseReturnValue:
    """The rules of the discussion, as they are now, and how often they were used."""
    return _rules(policy.CURRENT)


@bp.get("/partecipa/regole/<string(maxlength=10):version>")
@public
def rules_then(version: str) -> ResponseReturnValue:
    """The rules as they were."""
    return _rules(policy.policy_of(version) or abort(404))


def _rules(shown: policy.Policy) -> ResponseReturnValue:
    current = shown is policy.CURRENT
    register = moderation.register() if current else []
    return screen("proposals/policy.html", policy=shown, current=current, versions=policy.VERSIONS, register=register)


# --- what is typed is kept


def sent(form: CreatingForm, verb: Callable[[], str], words: str) -> ResponseReturnValue | None:
    """Do it once, and go where it says. None where the form is to be shown: for the first time, or again with what was typed,
    since something is to be corrected, the page is too old, or the sign-in has ended."""
    if request.method != "POST":
        return None
    if not form.validate():
        if is_stale(form):
            form["csrf_token"].errors = [_("La pagina è rimasta aperta a lungo: il testo è ancora qui, invialo di nuovo.")]
        return None
    if not current_user.is_authenticated:
        form.form_errors.append(_("Per inviare devi entrare. Il testo resta qui: entra in un'altra scheda, poi invialo."))
        return None
    try:
        sending = form.once()
        if not sending.answer:
            sending.answer = verb()
        db.session.commit()
        flash(words, "success")
        return go(sending.answer)
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return None


def _shown(form: CreatingForm, template: str, part: str, proposal: Proposal, /, **context: object) -> ResponseReturnValue:
    """The form, 400 where it did not come from a page of ours."""
    status = 400 if is_stale(form) else form.http_status
    return screen(template, part, status, form=form, proposal=proposal, **context)


def is_stale(form: CreatingForm) -> bool:
    """Whether it did not come from a page of ours, or from one that is too old."""
    return "csrf_token" in form and bool(form["csrf_token"].errors)


def _proposal(code: str, form: CreatingForm | None = None) -> Proposal:
    return shown_proposal(code) or _absent(form)


def _comment(code: str, id: int, form: CreatingForm | None = None) -> ProposalComment:
    return comments.comment_by(_proposal(code, form), id) or _absent(form)


def _absent(form: CreatingForm | None) -> NoReturn:
    """404; or 400 where a form was sent that is none of ours, which is looked at first."""
    abort(400 if form is not None and is_stale(form) else 404)
