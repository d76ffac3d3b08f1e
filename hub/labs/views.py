"""The programme for everybody: the list of activities, and the page of each."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import public
from hub.clock import now
from hub.filters import language, local
from hub.ical import calendar
from hub.labs import programme, seats, showcase, team
from hub.labs.cover import cover
from hub.labs.metatag import metatag
from hub.labs.models import Activity, Session
from hub.labs.papers import calendar_entry
from hub.labs.prints import poster_file
from hub.labs.show_forms import ShowForm
from hub.screen import asked_page, screen

bp = Blueprint("labs", __name__)
bp.app_template_global("cover")(cover)
CALLED_OFF = ("cancelled", "not_held")


@bp.app_template_global()
def ages(activity: Activity) -> str:
    """For which ages it is: da 11 a 17 anni, both included."""
    least, most = activity.age_min, activity.age_max
    if least is None and most is None:
        return _("per tutte le età")
    if most is None:
        return _("dai %(least)s anni in su", least=least)
    return _("fino a %(most)s anni", most=most) if not least else _("da %(least)s a %(most)s anni", least=least, most=most)


@bp.app_template_filter()
def paragraphs(text: str) -> list[str]:
    """A text as it was written, by its empty lines."""
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


@bp.get("/attivita")
@public
def activities() -> ResponseReturnValue:
    """What is to come, the soonest first, or what was."""
    form, page = ShowForm(request.args), asked_page()
    valid = form.validate()
    found, count = showcase.find(form.wish, page) if valid else ([], 0)
    return screen(
        "labs/activities.html",
        "labs/_activities.html",
        200 if valid else 422,
        form=form,
        found=found,
        count=count,
        page=page,
        pages_count=-(-count // showcase.PER_PAGE),
        searched=bool(request.args),
    )


@bp.get("/attivita/<slug>")
@public
def activity(slug: str) -> ResponseReturnValue:
    """All that everybody may know of an activity, in the order of the national model's events."""
    found, at = _shown(slug), now()
    places = seats.places(found)
    return screen(
        "labs/activity.html",
        activity=found,
        places=places,
        stage=showcase.stage_of(found, places, at),
        named=[one for one in team.working(found) if one.public],
        spaces=_spaces(found.sessions),
        residents_first=found.residents_until is not None and at < found.residents_until,
        metatag=metatag(found),
    )


def _spaces(sessions: list[Session]) -> list[tuple[str, str]]:
    """(name, slug) of each space in which it is held, slug "" where it has no page; places outside the hub by their words."""
    found: dict[str, str] = {}
    for session in sessions:
        if session.place:
            found[session.place] = ""
        found |= {local(one.space.name): one.space.slug if one.space.published else "" for one in session.standing}
    return list(found.items())


@bp.get("/attivita/<slug>/calendario.ics")
@public
def calendar_file(slug: str) -> ResponseReturnValue:
    """Its sessions for a calendar, those that were called off as such."""
    found = _shown(slug)
    entries = [calendar_entry(one, language(), "CANCELLED" if one.state in CALLED_OFF else "CONFIRMED") for one in found.sessions]
    sheet = calendar(*entries, portal=request.url_root.rstrip("/"))
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}.ics"'}
    return Response(sheet, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


@bp.get("/attivita/<slug>/locandina.pdf")
@public
def poster(slug: str) -> ResponseReturnValue:
    """A sheet to hang up, with a QR code that leads to its page."""
    found = _shown(slug)
    return poster_file(found, where=[name for name, _slug in _spaces(found.sessions)], ages=ages(found))


def _shown(slug: str) -> Activity:
    """An activity that everybody may see; a draft does not exist."""
    return programme.activity_by(slug, published_only=True) or abort(404)
