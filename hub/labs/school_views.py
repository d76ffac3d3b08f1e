"""Hours for school (PCTO), pupil by pupil: for managers those of an activity, for a school those of all it enrolled."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers, residents
from hub.db import db, undo, writes
from hub.families import service as families
from hub.filters import local
from hub.labs import school_hours
from hub.labs.desks import asked_activity
from hub.labs.models import Activity
from hub.labs.school_hours import Pupil
from hub.organisations.models import Organisation
from hub.screen import screen
from hub.tables import csv_file, xlsx_file

bp = Blueprint("school_hours", __name__)
bp.app_template_filter("clock_length")(school_hours.clock)
DESK, MINE = "/gestione/attivita/<slug>/ore-scuola", "/area-personale/ore-scuola"


@bp.get(DESK)
@managers
@writes
def of_activity(slug: str) -> ResponseReturnValue:
    """The pupils that schools enrolled in an activity."""
    activity = asked_activity(slug)
    return screen("labs/staff/school_hours.html", activity=activity, pupils=_of_activity(activity))


@bp.get(f"{DESK}.csv")
@managers
@writes
def activity_csv(slug: str) -> ResponseReturnValue:
    return _of(slug, "csv")


@bp.get(f"{DESK}.xlsx")
@managers
@writes
def activity_xlsx(slug: str) -> ResponseReturnValue:
    return _of(slug, "xlsx")


def _of(slug: str, form: str) -> Response:
    return _file(_of_activity(asked_activity(slug)), f"ore-scuola-{slug}", form)


def _of_activity(activity: Activity) -> list[Pupil]:
    return _noted(school_hours.hours(activity=activity), activity.slug)


def _noted(pupils: list[Pupil], ref: str = "") -> list[Pupil]:
    """These, of whom families read who looked. What follows is only shown."""
    records = {one.participant.id: one.participant for one in pupils}
    families.viewed_all(records.values(), "register", ref, by=current_user)
    db.session.commit()
    undo()
    return pupils


@bp.get(MINE)
@residents
@writes
def of_school() -> ResponseReturnValue:
    """The pupils of the school that I act for."""
    school = current_user.acting_as
    return screen("labs/school_hours.html", school=school, pupils=_of_school(school) if school else [])


@bp.get(f"{MINE}.csv")
@residents
@writes
def school_csv() -> ResponseReturnValue:
    return _mine("csv")


@bp.get(f"{MINE}.xlsx")
@residents
@writes
def school_xlsx() -> ResponseReturnValue:
    return _mine("xlsx")


def _mine(form: str) -> Response:
    """Whoever acts for nobody has no pupils."""
    school = current_user.acting_as or abort(404)
    return _file(_of_school(school), "ore-scuola", form)


def _of_school(school: Organisation) -> list[Pupil]:
    return _noted(school_hours.hours(school=school))


def _file(pupils: Iterable[Pupil], name: str, form: str) -> Response:
    header = [
        *(_("Scuola"), _("Attività"), _("Cognome"), _("Nome")),
        *(_("Ore e minuti di presenza"), _("Minuti di presenza"), _("Minuti svolti")),
        *(_("Incontri di presenza"), _("Incontri svolti")),
    ]
    rows = [_row(one) for one in pupils]
    if form == "csv":
        return csv_file(f"{name}.csv", header, rows)
    return xlsx_file(f"{name}.xlsx", [(_("Ore per la scuola"), header, rows)])


def _row(one: Pupil) -> list[object]:
    record, dose = one.participant, one.dose
    who = [one.school.name, local(one.activity.title), record.family_name, record.given_name]
    return [*who, school_hours.clock(dose.minutes), dose.minutes, dose.of_minutes, dose.sessions, dose.of_sessions]
