"""The calendar of all the spaces: a day or a week, for everybody; the staff read whose each use is.

It is written once for all who ask for the same, and kept for as long as nothing is committed, nor a hold ends by itself.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Response, current_app, get_flashed_messages, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from hub.access import acts_as, public
from hub.agenda import days
from hub.agenda.days import Days
from hub.agenda.forms import CalendarForm, is_within_reach
from hub.clock import now, today, wall
from hub.db import db, version
from hub.filters import day, hour, language, local
from hub.forms import options
from hub.screen import screen, wants_part
from hub.spaces.rules import Slot

bp = Blueprint("agenda", __name__)
HUB = Path(__file__).parents[1]
MOST_KEPT = 24  # of half a megabyte each, for the busiest weeks


@bp.get("/calendario")
@public
def calendar() -> ResponseReturnValue:
    """A day, or the week that it is in, of one space or of all; 304 to whoever has it as it is and has not signed in."""
    sheet = _sheet()
    tag = "" if sheet.refused or current_user.is_authenticated or get_flashed_messages() else _tag(sheet.content)
    if tag and request.if_none_match.contains_weak(tag):
        db.session.close()
        answer = Response(status=304)
    else:
        answer = screen("agenda/calendar.html", "agenda/_calendar.html", 422 if sheet.refused else 200, sheet=sheet)
    if tag:
        answer.set_etag(tag, weak=True)
    return answer


class Sheet(NamedTuple):
    """The calendar as a page shows it. content: a digest of all that it tells; refused: whether the form was, which is told
    in it; until: see `Days`; versions: what the database was at when it was found to be so, by whose count (see db.version).
    """

    html: Markup
    content: str
    refused: bool
    until: float
    versions: dict[int, Hashable]


def _sheet() -> Sheet:
    """What is asked for: as it was kept, where nothing can have changed; else looked up, and written where it did change."""
    whose, count = version()
    named, asked = acts_as("manager"), [request.args.get(name) for name in ("giorno", "vista", "spazio")]
    key = (named, language(), request.script_root, today(), *asked)
    kept: dict[tuple, Sheet] = current_app.extensions.setdefault("calendars", {})
    known = kept.get(key)
    if known and known.versions.get(whose) == count and now().timestamp() < known.until:
        return known
    sheet = _looked_up(key, named, known)
    sheet.versions[whose] = count
    for other, held in list(kept.items()):  # names are kept no longer than nothing changes: they may have been erased
        if other[0] and held.versions.get(whose) != count:
            kept.pop(other, None)
    if len(kept) >= MOST_KEPT:
        kept.clear()
    if not sheet.refused:
        kept[key] = sheet
    return sheet


def _looked_up(key: tuple, named: bool, known: Sheet | None) -> Sheet:
    """The calendar as it stands now: the sheet that is known, where that tells the same."""
    form, (places, hours) = CalendarForm(request.args), days.ground()
    form.space.choices = options(((place.slug, local(place.name)) for place in places), _("Tutti"))
    asked = form.validate()
    chosen_day = (form.day.data if asked else None) or today()
    if asked:
        form.day.data = chosen_day
    weekly = asked and form.view.data == "settimana"
    slug = form.space.data if asked else ""
    chosen = [place for place in places if slug in ("", None, place.slug)]
    first, count = (chosen_day - timedelta(days=chosen_day.weekday()), 7) if weekly else (chosen_day, 1)
    looked = days.look(chosen, first, count, named=named)
    content = _digest(key, looked, places, hours)
    if known and known.content == content:
        return known
    html = render_template(
        "agenda/_sheet.html",
        form=form,
        first=first,
        weekly=weekly,
        ways=_ways(chosen_day, looked, slug),
        shown=list(looked.shown(chosen, hours)),
        dates=[(day(date), day(date, "EEE d MMM")) for date in looked.days],
        today=today(),
        clock=Clock(),
        named=named,
    )
    return Sheet(Markup(html), content, not asked, looked.until, {})  # noqa: S704 - a template's own, which escapes what it is given


class Clock(dict):
    """From when to when, in seconds since 1970, as Lecce's clocks show it to this reader, 08:00–22:00: the same few come again
    and again. Within one day, whose midnights are 00:00 and 24:00."""

    def __missing__(self, times: tuple[int, int]) -> str:
        opens, closes = (hour(wall(datetime.fromtimestamp(second, UTC))) for second in times)
        return self.setdefault(times, f"{opens}–{'24:00' if closes == '00:00' else closes}")

    def hours(self, slots: Iterable[Slot]) -> str:
        return ", ".join(self[int(slot.starts.timestamp()), int(slot.ends.timestamp())] for slot in slots)


def _ways(shown: date, looked: Days, slug: str | None) -> dict[str, str]:
    """Where the links of the page lead: earlier and later (none beyond reach), today, to find a free space, to follow."""

    weekly, step = looked.count == 7, timedelta(days=looked.count)

    def to(other: date) -> str:
        return url_for(".calendar", giorno=other.isoformat(), vista="settimana" if weekly else None, spazio=slug or None)

    turned = {"earlier": shown - step, "later": shown + step, "today": today()}
    ways = {name: to(other) for name, other in turned.items() if is_within_reach(other)}
    ways["feed"] = url_for("feeds.space", slug=slug) if slug else url_for("feeds.spaces")
    first, last = (max(day, today()).isoformat() for day in (looked.first, looked.days[-1]))
    ways["find"] = url_for("spaces.catalogue", giorno=first, al=last if last > first else None)
    return ways


def _tag(content: str) -> str:
    """What changes whenever the page does: what it tells, how it was asked for, and how it is dressed.

    The secret of the browser's forms is in it, since the page holds some: kept beyond that secret, they could not be sent.
    """
    if "csrf_token" not in session:
        generate_csrf()
    dress = _dress(current_app.jinja_env.globals["asset"])
    return _digest(content, request.full_path, wants_part(), session["csrf_token"], dress)


@cache
def _dress(asset: Callable[[str], str]) -> str:
    """A digest of the templates and the words of this version of the portal, and the addresses of its own files."""
    files = sorted([*HUB.glob("templates/**/*.html"), *HUB.glob("translations/**/*.mo")])
    return _digest([asset(name) for name in ("hub.css", "hub.js", "fonts.css")], [file.read_bytes() for file in files])


def _digest(*told: object) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()
