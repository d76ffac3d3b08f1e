"""The agenda for everybody: a day, a week or a month as a list; and the addresses by which it is followed elsewhere."""

from datetime import date, timedelta

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import public
from hub.agenda import listing
from hub.agenda.forms import AgendaForm, is_within_reach
from hub.agenda.models import PartnerHub
from hub.agenda.partners import hubs, is_stale
from hub.clock import now, today
from hub.filters import day
from hub.labs.words import TOPICS
from hub.screen import asked_page, screen

bp = Blueprint("listing", __name__)
USUAL = "settimana"


@bp.get("/agenda")
@public
def agenda() -> ResponseReturnValue:
    """What takes place on the days that are asked for; where nothing is asked, in this week."""
    form, page = AgendaForm(request.args), asked_page()
    known = hubs()
    form.offer((hub.id, hub.name) for hub in known)
    valid = form.validate()
    around, view = (form.day.data if valid else None) or today(), (form.view.data if valid else None) or USUAL
    form.day.data, form.view.data = (around, view) if valid else (form.day.data, form.view.data)
    first, count = listing.days_of(view, around)
    found = listing.look(first, count, form.sought, known, page=page) if valid else listing.NOTHING
    return screen(
        "agenda/agenda.html",
        "agenda/_agenda.html",
        200 if valid else 422,
        form=form,
        found=found,
        title=_title(view, first),
        ways=_ways(view, around, first, count, form.asked if valid else {}),
        view=view,
        page=page,
        pages_count=-(-found.count // listing.PER_PAGE),
        hubs=known,
        stale=[hub for hub in known if form.hub.data in ("", None, str(hub.id)) and _is_stale(hub)],
        sought=bool(form.asked) if valid else True,
        today=today(),
    )


@bp.get("/agenda/segui")
@public
def follow() -> ResponseReturnValue:
    """The addresses of our calendars, for whoever follows them and for hubs that show them beside theirs."""
    return screen("agenda/follow.html", topics=TOPICS.items())


def _title(view: str, first: date) -> str:
    if view == "settimana":
        return _("Settimana da %(day)s", day=day(first))
    words = day(first, "LLLL y" if view == "mese" else "EEEE d MMMM y")
    return words[:1].upper() + words[1:]


def _ways(view: str, around: date, first: date, count: int, asked: dict[str, object]) -> dict[str, str | None]:
    """Where the page turns to, with the same filters: each view, today, the time before and after, the file to follow."""

    def way(to: date, view: str = view) -> str:
        return url_for(".agenda", giorno=to.isoformat(), vista=view, **asked)

    ways = {name: way(around, name) for name in ("giorno", "settimana", "mese")}
    before, after = first - timedelta(days=1), first + timedelta(days=count)
    topic = asked.get("argomento")
    rest = {name: value for name, value in asked.items() if name != "argomento"}
    feed = url_for("feeds.topic", topic=topic, **rest) if topic else url_for("feeds.programme", **rest)
    return ways | {
        "today": way(today()),
        "earlier": way(before) if is_within_reach(before) else None,
        "later": way(after) if is_within_reach(after) else None,
        "all": url_for(".agenda", giorno=around.isoformat(), vista=view),
        "feed": feed,
    }


def _is_stale(hub: PartnerHub) -> bool:
    return is_stale(hub, now())
