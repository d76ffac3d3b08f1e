"""Hours for school (PCTO), pupil by pupil: for managers those of an activity, for a school those of all it enrolled."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers, residents
from hub.filters import local
from hub.labs import school_hours
from hub.labs.desks import asked_activity
from hub.labs.school_hours import Pupil
from hub.screen import screen
from hub.tables import csv_file, xlsx_file

bp = Blueprint("school_hours", __name__)
bp.app_template_filter("clock_length")(school_hours.clock)
DESK, MINE = "/gestione/attivita/<slug>/ore-scuola", "/area-personale/ore-scuola"


@bp.get(DESK)
@managers
def of_activity(slug: str) -> ResponseReturnValue:
    """The pupils that schools enrolled in an activity."""
    activity = asked_activity(slug)
    return screen("labs/staff/school_hours.html", activity=activity, pupils=school_hours.hours(activity=activity))


@bp.get(f"{DESK}.csv")
@managers
def activity_csv(slug: str) -> ResponseReturnValue:
    return _of(slug, "csv")


@bp.get(f"{DESK}.xlsx")
@managers
def activity_xlsx(slug: str) -> ResponseReturnValue:
    return _of(slug, "xlsx")


def _of(slug: str, form: str) -> Response:
    return _file(school_hours.hours(activity=asked_activity(slug)), f"ore-scuola-{slug}", form)


@bp.get(MINE)
@residents
def of_school() -> ResponseReturnValue:
    """The pupils of the school that I act for."""
    school = current_user.acting_as
    return screen("labs/school_hours.html", school=school, pupils=school_hours.hours(school=school) if school else [])


@bp.get(f"{MINE}.csv")
@residents
def school_csv() -> ResponseReturnValue:
    return _mine("csv")


@bp.get(f"{MINE}.xlsx")
@residents
def school_xlsx() -> ResponseReturnValue:
    return _mine("xlsx")


def _mine(form: str) -> Response:
    """Whoever acts for nobody has no pupils."""
    school = current_user.acting_as or abort(404)
    return _file(school_hours.hours(school=school), "ore-scuola", form)


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
