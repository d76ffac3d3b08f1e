"""My paths: those of the organisations that I may act for, and whom I mentor."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.doing import carry_out, done, made
from hub.labs import meetings, path_hours, paths
from hub.labs.models import Enrolment, Need
from hub.labs.path_forms import NeedForm, PeopleForm
from hub.screen import go, screen

bp = Blueprint("paths", __name__, url_prefix="/area-personale/percorsi")
bp.app_template_global("has_confirmed")(meetings.has_confirmed)
bp.app_template_global("has_paths")(lambda: paths.has_paths(current_user))
ONE = "/<int(max=2147483647):id>"
NEED = f"{ONE}/bisogni/<int(max=2147483647):number>"


@bp.get("")
@residents
def mine() -> ResponseReturnValue:
    """The paths of my organisations, and whom I mentor."""
    return screen("labs/paths.html", paths=paths.paths_of(current_user), mentored=paths.mentored_by(current_user))


@bp.get(ONE)
@residents
def path(id: int) -> ResponseReturnValue:
    """What an organisation of mine needs, who mentors it, its meetings and hours."""
    return _show(_mine(id))


def _show(found: Enrolment, need: NeedForm | None = None, people: PeopleForm | None = None) -> ResponseReturnValue:
    told, matched = paths.people_of(found), paths.mentorships_of(found)
    kept = {"people": told.people, "roles": told.roles} if told else {}
    return screen(
        "labs/path.html",
        status=422 if any(form and form.errors for form in (need, people)) else 200,
        enrolment=found,
        activity=found.activity,
        hours=path_hours.hours(found),
        needs=paths.needs_of([found])[found.id],
        mentorships=matched,
        meetings=meetings.meetings_of(matched),
        form=need or NeedForm(formdata=None),
        people=people or PeopleForm(formdata=None, data=kept),
        alive=found.activity.state == "published",
    )


@bp.post(f"{ONE}/bisogni")
@residents
def add_need(id: int) -> ResponseReturnValue:
    found, form, here = _mine(id), NeedForm(), url_for(".path", id=id)
    if form.validate_on_submit() and made(
        form, lambda: paths.add_need(found, form.area.data, form.words.data), _("Bisogno aggiunto."), here
    ):
        return go(here)
    return _show(_mine(id), need=form)


@bp.route(NEED, methods=["GET", "POST"])
@residents
def need(id: int, number: int) -> ResponseReturnValue:
    """Say a need better."""
    found, wanted = _need(id, number)
    form, back = NeedForm(data=NeedForm.shown(wanted)), url_for(".path", id=id)
    if form.validate_on_submit() and done(
        form, lambda: paths.change_need(found, wanted, form.area.data, form.words.data), _("Bisogno cambiato.")
    ):
        return go(back)
    trail = [(_("I percorsi"), url_for(".mine")), (found.organisation.name, back)]
    return screen("labs/path_need.html", status=form.http_status, form=form, activity=found.activity, back=back, trail=trail)


@bp.post(f"{NEED}/stato")
@residents
def mark_need(id: int, number: int) -> ResponseReturnValue:
    """It is met, or open again."""
    found, wanted = _need(id, number)
    met = request.form.get("met") == "1"
    words = _("Segnato come risolto.") if met else _("Riaperto.")
    carry_out(lambda: paths.mark_need(found, wanted, met=met), words)
    return go(url_for(".path", id=id))


@bp.post(f"{ONE}/persone")
@residents
def say_people(id: int) -> ResponseReturnValue:
    """How many of us come."""
    found, form = _mine(id), PeopleForm()
    if form.validate_on_submit() and done(
        form, lambda: paths.say_people(found, form.people.data, form.roles.data or ""), _("Salvato.")
    ):
        return go(url_for(".path", id=id))
    return _show(_mine(id), people=form)


def _mine(id: int) -> Enrolment:
    """The path of an organisation that I may act for; to anybody else it does not exist."""
    return paths.path_of(current_user, id) or abort(404)


def _need(id: int, number: int) -> tuple[Enrolment, Need]:
    found = _mine(id)
    return found, paths.need_of(found, number) or abort(404)
