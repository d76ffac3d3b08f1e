"""The managers' desk for results: a new one from answered proposals, its words, its proposals, and news of it."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.clock import today
from hub.db import db, undo
from hub.doing import done, made
from hub.proposals import files, results
from hub.proposals.models import Proposal
from hub.proposals.outcome_forms import LinkForm, ResultForm, UpdateForm
from hub.proposals.outcome_models import Result
from hub.proposals.results import Evidence
from hub.proposals.showing import proposal_by
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("result_staff", __name__, url_prefix="/gestione")
ID = "<int(max=2147483647):id>"
MOST_OFFERED = 60


@bp.url_value_preprocessor
def _files(endpoint: str | None, _values: dict | None) -> None:
    """A file may be larger than any other form; what is too large, but not absurd, is refused beside its field."""
    if endpoint == "result_staff.result":
        request.max_content_length = 3 * files.MOST_BYTES


@bp.get("/risultati")
@managers
def desk() -> ResponseReturnValue:
    """All results, the newest first."""
    page = asked_page()
    found, more = results.results(page)
    return screen("proposals/staff/results.html", results=found, page=page, more=more)


@bp.route("/proposte/<code>/risultato", methods=["GET", "POST"])
@managers
def new(code: str) -> ResponseReturnValue:
    """A result that comes of this proposal, and of others of its process."""
    first = _proposal(code)
    offered = _offered(first)
    form = ResultForm.with_sources(offered)(**{f"source_{first.id}": "adopted"})
    form.offer(results.activities())
    known = {one.id: one for one in offered}
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                sources = {known[id]: kind for id, kind in form.sources.items()}
                found = results.create(first.process, sources, by=current_user, **form.told)
                sending.answer = url_for(".result", id=found.id)
            db.session.commit()
            flash(_("Risultato scritto: chi segue le proposte lo viene a sapere. Ora racconta a che punto è."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    first = _proposal(code)
    return screen("proposals/staff/result_new.html", None, form.http_status, form=form, proposal=first, offered=_offered(first))


@bp.route(f"/risultati/{ID}", methods=["GET", "POST"])
@managers
def result(id: int) -> ResponseReturnValue:
    """One result: its news, and more of it."""
    found = _asked(id)
    form = UpdateForm(day=today(), state=found.state, progress=found.progress // 100)
    if form.validate_on_submit() and made(
        form,
        lambda: results.update(found, **form.told, evidence=_evidence(form), by=current_user),
        _("Aggiornamento pubblicato: chi segue le proposte lo viene a sapere."),
        url_for(".result", id=id),
    ):
        return go(url_for(".result", id=id))
    return _overview(id, form, LinkForm(formdata=None))


def _evidence(form: UpdateForm) -> Evidence:
    """What proves the news. Raises Refusal where the file is none that can be shown."""
    sent = form.evidence_file.data
    told = {"url": form.evidence_url.data or "", "words": form.evidence_words.data or ""}
    if not (sent and sent.filename):
        return Evidence(**told)
    remade = files.made_anew(sent.read())
    return Evidence(**told, kind=remade.kind, data=remade.data)


@bp.post(f"/risultati/{ID}/proposte")
@managers
def link(id: int) -> ResponseReturnValue:
    """One more proposal that it comes of."""
    found, form = _asked(id), LinkForm()
    offered = _linkable(found)
    form.offer(offered)

    def verb() -> None:
        source = next(one for one in offered if str(one.id) == form.source.data)
        results.link(found, source, form.kind.data, by=current_user)

    here = url_for(".result", id=id)
    if form.validate_on_submit() and made(form, verb, _("Proposta aggiunta."), here):
        return go(here)
    return _overview(id, UpdateForm(formdata=None), form)


def _overview(id: int, form: UpdateForm, link_form: LinkForm) -> ResponseReturnValue:
    found = _asked(id)
    link_form.offer(_linkable(found))
    if not form.is_submitted() or (form.day.data is None and not form.errors):
        form.day.data, form.state.data, form.progress.data = today(), found.state, found.progress // 100
    return screen(
        "proposals/staff/result.html",
        None,
        422 if form.errors or link_form.errors else 200,
        form=form,
        link_form=link_form,
        result=found,
        sources=results.sources_of(found),
    )


@bp.route(f"/risultati/{ID}/modifica", methods=["GET", "POST"])
@managers
def edit(id: int) -> ResponseReturnValue:
    """Say better what a result is."""
    found = _asked(id)
    form = ResultForm(data=ResultForm.shown(found))
    form.offer(results.activities())

    def verb() -> None:
        form.must_be_as_seen(found)
        results.edit(found, **form.told)

    if form.validate_on_submit() and done(form, verb, _("Risultato cambiato.")):
        return go(url_for(".result", id=id))
    found = _asked(id)
    form.look(found)
    return screen("proposals/staff/result_edit.html", None, form.http_status, form=form, result=found)


def _proposal(code: str) -> Proposal:
    found = proposal_by(code)
    return found if found is not None and found.published_at is not None else abort(404)


def _offered(first: Proposal) -> list[Proposal]:
    """What a new result may come of: this proposal, and the newest accepted ones of its process."""
    others = [one for one in results.doable(first.process) if one.id != first.id]
    return [first, *others[: MOST_OFFERED - 1]]


def _linkable(found: Result) -> list[Proposal]:
    there = {one.proposal_id for one in results.sources_of(found)}
    return [one for one in results.doable(found.process) if one.id not in there]


def _asked(id: int) -> Result:
    """The result of the address, locked where this request changes it."""
    return results.result_by(id, locked=request.method == "POST") or abort(404)
