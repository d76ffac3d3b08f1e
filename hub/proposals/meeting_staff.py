"""The managers' desk for community labs: activities that belong to a process, the agenda of their meetings, the minutes."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.doing import carry_out, done, made
from hub.labs.models import Session
from hub.labs.programme import activity_by
from hub.proposals import meetings, planning
from hub.proposals.desks import asked_process
from hub.proposals.process_forms import AgendaForm, AttachForm, MinutesForm
from hub.proposals.process_models import Process
from hub.proposals.showing import shown_proposal
from hub.screen import go, screen

bp = Blueprint("meetings_staff", __name__, url_prefix="/gestione/processi")


def _meeting(found: Process, code: str) -> Session:
    return meetings.meeting_by(found, code) or abort(404)


@bp.route("/<slug>/laboratori", methods=["GET", "POST"])
@managers
def labs(slug: str) -> ResponseReturnValue:
    """The activities of a process, with their meetings, and one more."""
    found, form = asked_process(slug), AttachForm()
    form.offer(planning.activities_to_attach(found))
    if form.validate_on_submit():
        activity = activity_by(form.activity.data, published_only=True) or abort(404)
        if made(form, lambda: planning.attach(found, activity), _("Attività collegata."), url_for(".labs", slug=slug)):
            return go(url_for(".labs", slug=slug))
    activities = planning.activities_of(found)
    context = {"form": form, "process": found, "activities": activities, "meetings": meetings.meetings_in(activities)}
    return screen("proposals/staff/labs.html", None, form.http_status, **context)


@bp.post("/<slug>/laboratori/<name>/togli")
@managers
def detach(slug: str, name: str) -> ResponseReturnValue:
    found = asked_process(slug)
    activity = planning.attached(found, name) or abort(404)
    carry_out(lambda: planning.detach(found, activity), _("Attività staccata dal processo."))
    return go(url_for(".labs", slug=slug))


@bp.get("/<slug>/incontri/<code>")
@managers
def meeting(slug: str, code: str) -> ResponseReturnValue:
    """The agenda of a meeting, and its minutes."""
    found = asked_process(slug)
    return _shown(found, _meeting(found, code))


@bp.post("/<slug>/incontri/<code>/proposte")
@managers
def put(slug: str, code: str) -> ResponseReturnValue:
    """A proposal goes on the agenda."""
    found, form = asked_process(slug), AgendaForm()
    session, here = _meeting(found, code), url_for(".meeting", slug=slug, code=code)
    if form.validate_on_submit():
        words = _("Proposta all'ordine del giorno.")
        if made(form, lambda: meetings.put_on_agenda(session, found, form.proposal.data), words, here):
            return go(here)
    return _shown(found, session, agenda=form)


@bp.post("/<slug>/incontri/<code>/proposte/<name>/togli")
@managers
def take_off(slug: str, code: str, name: str) -> ResponseReturnValue:
    """A proposal is not discussed there."""
    found = asked_process(slug)
    session, proposal = _meeting(found, code), shown_proposal(name) or abort(404)
    carry_out(lambda: meetings.take_off_agenda(session, proposal), _("Proposta tolta dall'ordine del giorno."))
    return go(url_for(".meeting", slug=slug, code=code))


@bp.post("/<slug>/incontri/<code>/verbale")
@managers
def write(slug: str, code: str) -> ResponseReturnValue:
    """Keep the minutes as a draft, or publish them for good."""
    found, form = asked_process(slug), MinutesForm()
    session = _meeting(found, code)
    if form.validate_on_submit():
        is_public = bool(request.form.get("pubblica"))

        def written() -> None:
            told = {"seen": form.seen.data or "", "by": current_user}
            meetings.write(session, form.text.data, form.decisions.data or "", **told)
            if is_public:
                meetings.publish(session)

        words = _("Verbale pubblicato: non cambia più.") if is_public else _("Bozza del verbale salvata.")
        if done(form, written, words):
            return go(url_for(".meeting", slug=slug, code=code))
    return _shown(found, session, minutes=form)


def _shown(
    found: Process, session: Session, *, agenda: AgendaForm | None = None, minutes: MinutesForm | None = None
) -> ResponseReturnValue:
    """The page of a meeting, with the form that was refused."""
    kept = meetings.minutes_of(session)
    wrong = agenda or minutes
    minutes = minutes or MinutesForm(formdata=None, data={"text": kept.text, "decisions": kept.decisions} if kept else {})
    minutes.seen.data = meetings.seen_of(kept)
    return screen(
        "proposals/staff/meeting.html",
        None,
        wrong.http_status if wrong else 200,
        process=found,
        session=session,
        agenda=meetings.agenda(session, found),
        offered=meetings.to_discuss(session, found),
        agenda_form=agenda or AgendaForm(formdata=None),
        minutes_form=minutes,
        wrong=wrong or minutes,
        minutes=kept,
        present=meetings.present(session),
    )
