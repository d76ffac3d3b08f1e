"""The list of spaces and the page of each."""

from datetime import date, timedelta

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from hub.access import public
from hub.clock import now, today, wall
from hub.screen import screen
from hub.spaces import service
from hub.spaces.forms import SearchForm
from hub.spaces.plans import plan
from hub.spaces.words import EQUIPMENT, LAYOUTS, WEEKDAYS

bp = Blueprint("spaces", __name__)
bp.app_template_global("layout_plan")(plan)
bp.app_template_global("layout_words")(LAYOUTS.__getitem__)
bp.app_template_global("equipment_words")(EQUIPMENT.__getitem__)


@bp.get("/spazi")
@public
def catalogue() -> ResponseReturnValue:
    form = SearchForm(request.args)
    found, status = [], 200
    if form.validate():
        found = service.find(
            people=form.people.data,
            layout=form.layout.data or None,
            equipment=form.equipment.data or None,
            step_free=form.step_free.data,
            day=form.when.data,
        )
    else:
        status = 422
    searched = any(field.data for field in form)
    return screen("spaces/catalogue.html", "spaces/_results.html", status, form=form, found=found, searched=searched)


@bp.get("/spazi/<slug>")
@public
def space(slug: str) -> ResponseReturnValue:
    found = service.space_by(slug) or abort(404)
    soonest = wall(now() + timedelta(hours=found.notice_hours)).date()
    latest = today() + timedelta(days=found.horizon_days)
    first = min(max(_asked_day() or soonest, soonest), latest)
    hours = service.hours()
    return screen(
        "spaces/space.html",
        "spaces/_week.html",
        space=found,
        first=first,
        week=service.free_week(found, first, known=hours),
        hours=service.weekly_hours(found, hours),
        weekdays=WEEKDAYS,
        earlier=max(first - timedelta(days=7), soonest) if first > soonest else None,
        later=first + timedelta(days=7) if first + timedelta(days=7) <= latest else None,
    )


def _asked_day() -> date | None:
    """The day in the address, where there is one."""
    try:
        return date.fromisoformat(request.args.get("giorno", ""))
    except ValueError:
        return None
