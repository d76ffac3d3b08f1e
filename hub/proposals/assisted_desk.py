"""The desk where an operator helps somebody take part: a session, what they do in it, and the receipt."""

import json
from collections.abc import Callable

from flask import Blueprint, abort, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.db import db, undo
from hub.doing import carry_out
from hub.forms import CreatingForm
from hub.proposals import assisted, assisted_rules, comments, drafts, listing, processes, supporting
from hub.proposals.assisted import Helped
from hub.proposals.assisted_forms import FindForm, HelpForm, SayForm, VoteForm
from hub.proposals.draft_forms import ProposalForm
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import AssistedSession
from hub.proposals.process_models import Process
from hub.proposals.showing import shown_proposal
from hub.proposals.voices import By
from hub.refusal import Refusal
from hub.screen import go, never_kept, screen
from hub.sealing import seal, unseal
from hub.spaces.service import spaces

bp = Blueprint("assisted", __name__, url_prefix="/gestione/partecipazione")
bp.after_request(never_kept)
NOW = "/adesso"
ONE = f"{NOW}/<string(minlength=14,maxlength=20):code>"


@bp.route("", methods=["GET", "POST"])
@managers
def begin() -> ResponseReturnValue:
    """Who is here: the beginning of a session, or the way to the one that is open."""
    if request.method == "GET" and assisted.open_session(current_user):
        return go(url_for(".going"))
    form = HelpForm()
    if form.validate_on_submit():
        try:
            proof = assisted_rules.proof(form.fiscal_code.data or "", form.document.data or "")
            helped = Helped(form.name.data, proof, form.email.data or "")
            found = assisted.begin(
                helped, place=form.place.data, consent=consent_words(), channel=form.channel.data, by=current_user
            )
            opened(found.voice.person, "assisted", by=current_user)
            db.session.commit()
            return go(url_for(".going"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    last = assisted.last_session(current_user)
    return screen("proposals/staff/assisted_begin.html", status=form.http_status, form=form, consent=consent_words(), last=last)


def consent_words() -> str:
    """What the operator reads aloud, and is kept with the session."""
    return _(
        "Ti aiuto a partecipare: scrivo io, ma scegli tu. Quello che fai vale come se lo facessi dal sito, con il tuo nome"
        " visibile solo se lo vuoi. Restano scritti il tuo nome, chi ti ha aiutato, dove e quando. Alla fine ricevi una"
        " ricevuta con un codice: con quello puoi ritrovare tutto, se un giorno apri un account. Sei d'accordo?"
    )


@bp.get(NOW)
@managers
def going() -> ResponseReturnValue:
    """The open session: what was done, and what one can do."""
    found = assisted.open_session(current_user)
    if found is None:
        return go(url_for(".begin"))
    form = FindForm(request.args)
    open_to_submit = [one for one in processes.published_processes() if processes.is_open(one, "submits")]
    return screen(
        "proposals/staff/assisted.html",
        status=200 if form.validate() else 422,
        form=form,
        helping=found,
        acts=_seen(found),
        found=listing.look(listing.Sought(words=form.q.data or "")).items if form.validate() else [],
        open_to_submit=open_to_submit,
    )


def _seen(found: AssistedSession) -> list:
    """What was done, without each time that a draft was kept."""
    return [act for act in assisted.acts_of(found) if act.act != "kept"]


@bp.get(ONE)
@managers
def proposal(code: str) -> ResponseReturnValue:
    """A proposal, with what whoever is helped can do about it."""
    return _proposal(code, VoteForm(formdata=None), SayForm(formdata=None))


def _proposal(code: str, vote: VoteForm, say: SayForm) -> ResponseReturnValue:
    found = assisted.open_session(current_user)
    if found is None:
        flash(_("La sessione è finita."), "warning")
        return go(url_for(".begin"))
    one = shown_proposal(code) or abort(404)
    phase = processes.phase_at(one.process)
    return screen(
        "proposals/staff/assisted_proposal.html",
        status=422 if vote.errors or say.errors else 200,
        helping=found,
        proposal=one,
        content=one.content,
        phase=phase,
        supports=supporting.support_of(one, found.voice),
        voted=supporting.vote_of(one, found.voice),
        vote=vote,
        say=say,
    )


@bp.post(f"{ONE}/sostieni")
@managers
def support(code: str) -> ResponseReturnValue:
    return _do(code, lambda one, by: supporting.support(one, by=by), _("Sostegno registrato."))


@bp.post(f"{ONE}/ritira-sostegno")
@managers
def revoke(code: str) -> ResponseReturnValue:
    return _do(code, lambda one, by: supporting.revoke(one, by=by), _("Sostegno ritirato."))


@bp.post(f"{ONE}/vota")
@managers
def vote(code: str) -> ResponseReturnValue:
    form = VoteForm()
    if not form.validate():
        return _proposal(code, form, SayForm(formdata=None))
    return _do(code, lambda one, by: supporting.vote(one, form.choice.data, by=by), _("Voto registrato."))


@bp.post(f"{ONE}/commenta")
@managers
def comment(code: str) -> ResponseReturnValue:
    form = SayForm()
    if not form.validate():
        return _proposal(code, VoteForm(formdata=None), form)
    one = shown_proposal(code) or abort(404)
    try:
        by, sending = _helped(), CreatingForm().once()
        if not sending.answer:
            comments.comment(one, form.text.data, form.stance.data, by=by)
            sending.answer = url_for(".proposal", code=code)
        db.session.commit()
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return _proposal(code, VoteForm(formdata=None), form)
    flash(_("Commento pubblicato."), "success")
    return go(url_for(".proposal", code=code))


def _helped() -> By:
    """Who is being helped, where the page that was sent is theirs: one that was left open is of whoever came before. Raises
    Refusal."""
    by = assisted.helping(current_user)
    assisted_rules.must_be_of_this_session(request.form.get("session") == str(by.session.id))
    return by


def _do(code: str, verb: Callable[[Proposal, By], object], words: str) -> ResponseReturnValue:
    one = shown_proposal(code) or abort(404)
    carry_out(lambda: verb(one, _helped()), words)
    return go(url_for(".proposal", code=code))


@bp.route(f"{NOW}/nuova/<slug>", methods=["GET", "POST"])
@managers
def propose(slug: str) -> ResponseReturnValue:
    """A proposal in their words, written and published at once."""
    if assisted.open_session(current_user) is None:
        flash(_("La sessione è finita."), "warning")
        return go(url_for(".begin"))
    process = processes.process_by(slug) or abort(404)
    sent = request.method == "POST"
    form = ProposalForm.of(ProposalForm.typed(request.form) if sent else {}, spaces())
    if sent and form.validate():
        try:
            by, sending = _helped(), CreatingForm().once()
            if not sending.answer:
                sending.answer = url_for(".proposal", code=_publish(process, form, by).code)
            db.session.commit()
            flash(_("Proposta pubblicata: %(code)s.", code=sending.answer.rpartition("/")[2]), "success")
            return go(url_for(".going"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    found = assisted.open_session(current_user)
    return screen(
        "proposals/staff/assisted_new.html",
        status=422 if sent else 200,
        form=form,
        process=processes.process_by(slug) or abort(404),  # read once more: what was refused was undone
        helping=found,
    )


def _publish(process: Process, form: ProposalForm, by: By) -> Proposal:
    row = drafts.begin(process, by=by)
    drafts.publish(row, form.content, by=by)
    return row


@bp.post("/chiudi")
@managers
def end() -> ResponseReturnValue:
    """End the session, or print another receipt of the last one: the code of the one before opens nothing any more."""
    found = assisted.open_session(current_user) or assisted.last_session(current_user)
    if found is None:
        return go(url_for(".begin"))
    code = assisted.end(found)
    db.session.commit()
    session["receipt"] = seal(json.dumps([found.id, code]), _for_this_browser())
    return go(url_for(".receipt"))


@bp.get("/ricevuta")
@managers
def receipt() -> ResponseReturnValue:
    """The receipt, which the browser was given to show once."""
    if "receipt" not in session:
        return go(url_for(".begin"))
    id, code = json.loads(unseal(session.pop("receipt"), _for_this_browser()))
    found = db.session.get_one(AssistedSession, id)
    return screen("proposals/staff/assisted_receipt.html", helping=found, acts=_seen(found), code=code)


def _for_this_browser() -> str:
    return f"receipt shown to person:{current_user.id}"
