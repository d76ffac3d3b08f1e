"""The list of spaces and the page of each."""

from datetime import date, timedelta

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import public
from hub.clock import now, today, wall
from hub.filters import day, hour, local, minutes, money
from hub.screen import screen
from hub.spaces import price_list, search, service
from hub.spaces.forms import REACH_DAYS, SearchForm, address_of
from hub.spaces.needs import Need
from hub.spaces.plans import plan
from hub.spaces.sentences import regulation
from hub.spaces.words import EQUIPMENT, LAYOUTS, MISSES, WEEKDAYS

bp = Blueprint("spaces", __name__)
bp.app_template_global("layout_plan")(plan)
bp.app_template_global("layout_words")(LAYOUTS.__getitem__)
bp.app_template_global("equipment_words")(EQUIPMENT.__getitem__)
bp.app_template_global("search_for")(address_of)


@bp.get("/spazi")
@public
def catalogue() -> ResponseReturnValue:
    """Who can do what is needed: as a list, or by the days of a month."""
    form = SearchForm(request.args)
    valid = form.validate()
    by_month = valid and not form.first.data and request.args.get("vista") == "mese"
    month = _asked_month() if by_month else None
    if month:
        return _month(form, month)
    found = search.find(form.need) if valid else search.Found([], [])
    return screen(
        "spaces/catalogue.html",
        "spaces/_results.html",
        200 if valid else 422,
        form=form,
        found=found,
        need=form.need if valid else None,
        searched=bool(request.args),
    )


def _month(form: SearchForm, month: date) -> ResponseReturnValue:
    """The days of a month on which something is free, by week."""
    following = (month + timedelta(days=31)).replace(day=1)
    need = form.need.but(first=max(month, today()), last=following - timedelta(days=1))
    weeks: dict[date, list] = {}
    for date_, answers in search.free_days(need):
        weeks.setdefault(date_ - timedelta(days=date_.weekday()), []).append((date_, answers))
    earlier = (month - timedelta(days=1)).replace(day=1)
    reach = (today() + timedelta(days=REACH_DAYS)).replace(day=1)
    return screen(
        "spaces/catalogue.html",
        "spaces/_month.html",
        form=form,
        need=need,
        month=month,
        weeks=weeks,
        searched=True,
        earlier=earlier if month > today() else None,
        later=following if following < reach else None,
    )


def _asked_month() -> date:
    """The first day of the month in the address, within reach; of this month, where it says none."""
    try:
        asked = date.fromisoformat(f"{request.args.get('mese', '')}-01")
    except ValueError:
        asked = today()
    return min(max(asked, today()), today() + timedelta(days=REACH_DAYS)).replace(day=1)


@bp.get("/spazi/<slug>")
@public
def space(slug: str) -> ResponseReturnValue:
    found = service.space_by(slug, priced=True) or abort(404)
    known = service.house()
    terms = known.terms(found)
    soonest = wall(now() + timedelta(hours=terms.notice_hours)).date()
    latest = today() + timedelta(days=terms.horizon_days)
    first = min(max(_asked_day() or soonest, soonest), latest)
    return screen(
        "spaces/space.html",
        "spaces/_week.html",
        space=found,
        first=first,
        terms=terms,
        week=service.free_week(found, first, known=known),
        hours=service.weekly_hours(found, known),
        prices=price_list.in_force(found.prices),
        weekdays=WEEKDAYS,
        rules=regulation(known.demands, found.id, today()),
        earlier=max(first - timedelta(days=7), soonest) if first > soonest else None,
        later=first + timedelta(days=7) if first + timedelta(days=7) <= latest else None,
    )


def _asked_day() -> date | None:
    """The day in the address, where there is one."""
    try:
        return date.fromisoformat(request.args.get("giorno", ""))
    except ValueError:
        return None


@bp.app_template_global("miss_words")
def _miss_words(miss: search.Miss, asked: Need) -> str:
    """What to change of what was asked for, and to what."""
    need, free = miss.need, miss.free
    told = {
        "time": lambda: f"{day(free.day)}, {', '.join(hour(slot.starts) for slot in free.slots(3))}",
        "day": lambda: day(free.day),
        "length": lambda: minutes(need.minutes),
        "people": lambda: _("al massimo %(people)s persone", people=need.people),
        "budget": lambda: money(need.budget_cents),
        "layout": lambda: local(miss.answer.layout.name),
        "equipment": lambda: ", ".join(str(EQUIPMENT[code]) for code in asked.equipment if code not in need.equipment),
    }.get(miss.wish, str)()
    return f"{MISSES[miss.wish]} ({told})" if told else str(MISSES[miss.wish])
