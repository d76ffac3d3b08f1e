"""The managers' desk for processes: from a preset to a public process that is extended by an act and concluded."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.clock import now
from hub.db import db, undo
from hub.doing import carry_out, done
from hub.proposals import planning
from hub.proposals.desks import asked_process
from hub.proposals.presets import PRESETS
from hub.proposals.process_forms import ExtendForm, NewProcessForm, PhasesForm, ProcessForm, PublishForm
from hub.proposals.process_models import Phase, Process
from hub.proposals.processes import stage
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("processes_staff", __name__, url_prefix="/gestione/processi")
NUMBER = "<int(max=2147483647):number>"


@bp.get("")
@managers
def processes() -> ResponseReturnValue:
    found = planning.processes()
    return screen("proposals/staff/processes.html", processes=[(one, stage(one)) for one in found])


@bp.route("/nuovo", methods=["GET", "POST"])
@managers
def new() -> ResponseReturnValue:
    """A draft with the terms and the phases of a preset."""
    form = NewProcessForm(preset=next(iter(PRESETS)))
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                begun = planning.begin(**form.told, by=current_user)
                sending.answer = url_for(".process", slug=begun.slug)
            db.session.commit()
            flash(_("Bozza scritta: ora racconta di che cosa si tratta e controlla le date delle fasi."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("proposals/staff/new.html", None, form.http_status, form=form, presets=PRESETS)


@bp.get("/<slug>")
@managers
def process(slug: str) -> ResponseReturnValue:
    """All of it at a glance, and what can be done."""
    return _overview(asked_process(slug), PublishForm())


@bp.post("/<slug>/pubblica")
@managers
def publish(slug: str) -> ResponseReturnValue:
    found, form = asked_process(slug), PublishForm()
    if form.validate_on_submit():

        def published() -> None:
            form.must_be_as_seen(found)
            planning.publish(found)

        if done(form, published, _("Pubblicato: da ora lo vedono tutti.")):
            return go(url_for(".process", slug=slug))
    return _overview(found, form)


def _overview(found: Process, form: PublishForm) -> ResponseReturnValue:
    form.look(found)
    return screen(
        "proposals/staff/process.html",
        None,
        form.http_status,
        process=found,
        form=form,
        at=now(),
        stage=stage(found),
        changes=planning.changes(found),
        waiting=planning.waiting(found),
        activities=planning.activities_of(found),
    )


@bp.route("/<slug>/modifica", methods=["GET", "POST"])
@managers
def edit(slug: str) -> ResponseReturnValue:
    """Its words; of a draft its terms too."""
    found = asked_process(slug)
    form = ProcessForm(data=ProcessForm.shown(found), public=found.state == "published")
    if form.validate_on_submit():

        def edited() -> None:
            form.must_be_as_seen(found)
            planning.edit(found, **form.told)

        if done(form, edited, _("Processo cambiato.")):
            return go(url_for(".process", slug=found.slug))
    form.look(found)
    return screen("proposals/staff/edit.html", None, form.http_status, form=form, process=found, slug=slug)


@bp.route("/<slug>/fasi", methods=["GET", "POST"])
@managers
def phases(slug: str) -> ResponseReturnValue:
    """The phases of a draft, all at once."""
    found = asked_process(slug)
    form = PhasesForm.of(found)
    if form.validate_on_submit():

        def written() -> None:
            form.must_be_as_seen(found)
            planning.set_phases(found, form.told)

        if done(form, written, _("Fasi salvate.")):
            return go(url_for(".phases" if request.form.get("ancora") else ".process", slug=slug))
    form.look(found)
    return screen("proposals/staff/phases.html", None, form.http_status, form=form, process=found)


@bp.route(f"/<slug>/fasi/{NUMBER}/proroga", methods=["GET", "POST"])
@managers
def extend(slug: str, number: int) -> ResponseReturnValue:
    """A phase ends later; what comes after it moves with it."""
    found = asked_process(slug)
    phase, form = _phase(found, number), ExtendForm()
    if form.validate_on_submit():

        def extended() -> None:
            form.must_be_as_seen(found)
            planning.extend(phase, form.closes_at.instant, act=form.act.data, reason=form.reason.data, by=current_user)

        if done(form, extended, _("Fase prorogata: chi ha proposte o bozze nel processo riceve una mail.")):
            return go(url_for(".process", slug=slug))
    form.look(found)
    context = {"form": form, "process": found, "phase": phase, "after": [one for one in found.phases if one.number > number]}
    return screen("proposals/staff/extend.html", None, form.http_status, **context)


def _phase(found: Process, number: int) -> Phase:
    return next((one for one in found.phases if one.number == number), None) or abort(404)


@bp.post("/<slug>/concludi")
@managers
def conclude(slug: str) -> ResponseReturnValue:
    found = asked_process(slug)
    carry_out(lambda: planning.conclude(found), _("Processo concluso: il documento finale è definitivo."))
    return go(url_for(".process", slug=slug))


@bp.post("/<slug>/elimina")
@managers
def discard(slug: str) -> ResponseReturnValue:
    """Throw a draft away."""
    found = asked_process(slug)
    is_draft = found.state == "draft"
    carry_out(lambda: planning.discard(found), _("Bozza eliminata."))
    return go(url_for(".processes") if is_draft else url_for(".process", slug=slug))
