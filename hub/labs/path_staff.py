"""The managers' desk for the path of organisations: all needs with who is matched, hours and the gate, one organisation."""

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.doing import carry_out, done, made
from hub.labs import meetings, path_hours, paths
from hub.labs.desks import asked_activity
from hub.labs.models import Activity, Enrolment, Meeting, Need
from hub.labs.path_forms import MatchForm, NeedForm, VoidForm
from hub.labs.words import NEED_AREAS
from hub.screen import go, screen
from hub.tables import csv_file, xlsx_file

bp = Blueprint("paths_staff", __name__, url_prefix="/gestione/attivita/<slug>/percorso")
ONE = "/organizzazioni/<int(max=2147483647):id>"
NUMBER = "<int(max=2147483647):number>"
bp.app_template_filter("need_area")(lambda area: str(NEED_AREAS[area]))


@bp.get("")
@managers
def overview(slug: str) -> ResponseReturnValue:
    """Needs and who is matched, hours and the gate."""
    return _show(_asked(slug), MatchForm(formdata=None))


def _show(activity: Activity, form: MatchForm) -> ResponseReturnValue:
    there = paths.on_path(activity)
    form.offer(there, paths.mentors(activity))
    matched = paths.mentorships_in(activity)
    return screen(
        "labs/staff/path.html",
        status=form.http_status,
        form=form,
        activity=activity,
        enrolments=there,
        hours=path_hours.hours_of(activity),
        needs=paths.needs_of(there),
        mentorships=matched,
        of=lambda one: [each for each in matched if each.enrolment_id == one.id and each.ended_at is None],
    )


@bp.post("/abbinamenti")
@managers
def match(slug: str) -> ResponseReturnValue:
    """Match a mentor and an organisation, by hand."""
    found, form, here = _asked(slug), MatchForm(), url_for(".overview", slug=slug)
    there, working = paths.on_path(found), paths.mentors(found)
    form.offer(there, working)

    def verb() -> None:
        enrolment = next(one for one in there if str(one.id) == form.enrolment.data)
        trainer = next(one for one in working if str(one.id) == form.trainer.data)
        paths.match(found, enrolment, trainer, **form.told)

    if form.validate_on_submit() and made(form, verb, _("Abbinati: ricevono un messaggio tutti e due."), here):
        return go(here)
    return _show(_asked(slug), form)


@bp.post(f"/abbinamenti/{NUMBER}/fine")
@managers
def part(slug: str, number: int) -> ResponseReturnValue:
    """They are matched no longer."""
    found = next((one for one in paths.mentorships_in(_asked(slug)) if one.id == number), None) or abort(404)
    carry_out(lambda: paths.part(found), _("Abbinamento finito: lo diciamo a tutti e due."))
    return go(url_for(".overview", slug=slug))


@bp.get("/ore.csv")
@managers
def table(slug: str) -> Response:
    """The hours of each organisation, in minutes."""
    return csv_file(f"percorso-{slug}.csv", *_table(_asked(slug)))


@bp.get("/ore.xlsx")
@managers
def book(slug: str) -> Response:
    """The same as a workbook."""
    return xlsx_file(f"percorso-{slug}.xlsx", [(_("Ore del percorso"), *_table(_asked(slug)))])


def _table(activity: Activity) -> tuple[list[str], list[list[object]]]:
    """Header and rows, of who takes part."""
    header = [_("Organizzazione"), _("Minuti agli incontri del percorso"), _("Minuti con i mentor"), _("Minuti in tutto")]
    header += [_("Minuti del percorso"), _("Raggiunge l'80 per cento"), _("Minuti che mancano")]
    known, rows = path_hours.hours_of(activity), []
    for one in paths.on_path(activity):
        told = known[one.id]
        passes = _("sì") if told.passes else _("no")
        rows.append([one.organisation.name, told.sessions, told.meetings, told.done, told.total, passes, told.missing])
    return header, rows


# --- one organisation


@bp.route(ONE, methods=["GET", "POST"])
@managers
def organisation(slug: str, id: int) -> ResponseReturnValue:
    """What it needs, its meetings and hours; and one need more, written for it."""
    (_activity, found), form, here = _enrolment(slug, id), NeedForm(), url_for(".organisation", slug=slug, id=id)
    if form.validate_on_submit() and made(
        form, lambda: paths.add_need(found, form.area.data, form.words.data), _("Bisogno aggiunto."), here
    ):
        return go(here)
    activity, found = _enrolment(slug, id)
    matched = paths.mentorships_of(found)
    return screen(
        "labs/staff/path_organisation.html",
        status=form.http_status,
        form=form,
        activity=activity,
        enrolment=found,
        hours=path_hours.hours(found),
        needs=paths.needs_of([found])[found.id],
        people=paths.people_of(found),
        mentorships=matched,
        meetings=meetings.meetings_of(matched),
    )


@bp.route(f"{ONE}/bisogni/{NUMBER}", methods=["GET", "POST"])
@managers
def need(slug: str, id: int, number: int) -> ResponseReturnValue:
    """Say a need better."""
    activity, found, wanted = _need(slug, id, number)
    form, back = NeedForm(data=NeedForm.shown(wanted)), url_for(".organisation", slug=slug, id=id)
    if form.validate_on_submit() and done(
        form, lambda: paths.change_need(found, wanted, form.area.data, form.words.data), _("Bisogno cambiato.")
    ):
        return go(back)
    trail = [(_("Il percorso"), url_for(".overview", slug=slug)), (found.organisation.name, back)]
    return screen("labs/path_need.html", status=form.http_status, form=form, activity=activity, back=back, trail=trail)


@bp.post(f"{ONE}/bisogni/{NUMBER}/stato")
@managers
def mark_need(slug: str, id: int, number: int) -> ResponseReturnValue:
    """It is met, or open again."""
    _activity, found, wanted = _need(slug, id, number)
    met = request.form.get("met") == "1"
    words = _("Segnato come risolto.") if met else _("Riaperto.")
    carry_out(lambda: paths.mark_need(found, wanted, met=met), words)
    return go(url_for(".organisation", slug=slug, id=id))


@bp.route(f"{ONE}/incontri/{NUMBER}/annulla", methods=["GET", "POST"])
@managers
def void(slug: str, id: int, number: int) -> ResponseReturnValue:
    """A meeting was wrong, confirmed or not: it counts no more, and both sides read why."""
    _found, meeting = _meeting(slug, id, number)
    form, back = VoidForm(), url_for(".organisation", slug=slug, id=id)
    words = _("Incontro annullato: lo leggono tutti e due.")
    if form.validate_on_submit() and done(form, lambda: meetings.void(meeting, form.reason.data, by=current_user), words):
        return go(back)
    found, meeting = _meeting(slug, id, number)
    trail = [(_("Il percorso"), url_for(".overview", slug=slug)), (found.organisation.name, back)]
    return screen(
        "labs/meeting_void.html",
        status=form.http_status,
        form=form,
        meeting=meeting,
        activity=found.activity,
        back=back,
        trail=trail,
    )


def _asked(slug: str) -> Activity:
    """The activity of the address, where organisations take part in it."""
    found = asked_activity(slug)
    return found if found.takes_part == "organisation" else abort(404)


def _enrolment(slug: str, id: int) -> tuple[Activity, Enrolment]:
    activity = _asked(slug)
    return activity, paths.enrolment_in(activity, id) or abort(404)


def _need(slug: str, id: int, number: int) -> tuple[Activity, Enrolment, Need]:
    activity, found = _enrolment(slug, id)
    return activity, found, paths.need_of(found, number) or abort(404)


def _meeting(slug: str, id: int, number: int) -> tuple[Enrolment, Meeting]:
    _activity, found = _enrolment(slug, id)
    theirs = meetings.meetings_of(paths.mentorships_of(found))
    return found, next((one for one in theirs if one.id == number), None) or abort(404)
