"""Calendars to follow from a calendar of one's own: of the spaces and of the programme for everybody, of what somebody has
booked, or is enrolled in, by a secret address."""

from flask import Blueprint, Response, abort, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from hub.access import public, residents
from hub.agenda import meetings, sheets, tokens
from hub.agenda.forms import SoughtForm
from hub.agenda.listing import OURS
from hub.agenda.meetings import Meetings
from hub.agenda.partners import hubs
from hub.agenda.sheets import Contents
from hub.db import db, undo
from hub.filters import language, local
from hub.forms import CreatingForm, tidy
from hub.ical import feed
from hub.labs.words import TOPICS
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.sealing import seal, unseal
from hub.spaces.service import spaces as published_spaces

bp = Blueprint("feeds", __name__)
HERE = "/area-personale/calendari"
NAME, ALL = "Officine Mezzogiorno", "tutti"


class FeedForm(CreatingForm):
    name = StringField(
        _l("Nome"),
        [DataRequired(_l("Scrivi un nome.")), Length(max=60, message=_l("Al massimo 60 caratteri."))],
        [tidy],
        description=_l("Per riconoscerlo, per esempio: telefono, computer di casa."),
    )


@bp.get("/calendari/spazi.ics")
@public
def spaces() -> ResponseReturnValue:
    """What takes place in all the spaces, without saying whose it is."""
    return _answer(sheets.of_spaces(), _("%(hub)s: uso degli spazi", hub=NAME), language())


@bp.get("/calendari/spazi/<slug>.ics")
@public
def space(slug: str) -> ResponseReturnValue:
    """The same of one space: whatever takes any part of it."""
    contents = sheets.of_spaces(slug)
    return _answer(contents, f"{NAME}: {_name_of(contents, slug)}", language())


@bp.get("/calendari/personale/<token>.ics")
@public
def personal(token: str) -> ResponseReturnValue:
    """Somebody's bookings and sessions, all or those of one space (?spazio=), for whoever holds the secret of the address."""
    person = tokens.holder(token) or abort(404)
    slug = request.args.get("spazio") or None
    contents = sheets.of_person(person, slug)
    with force_locale(person.language):
        name = _("%(hub)s: le mie prenotazioni", hub=NAME)
        name = f"{name}, {_name_of(contents, slug)}" if slug else name
        answer = _answer(contents, name, person.language)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/agenda.ics")
@public
def programme() -> ResponseReturnValue:
    """The sessions of the programme, those that fit (see `SoughtForm`); other hubs' dates where they are asked for."""
    return _programme({})


@bp.get("/agenda/<topic>.ics")
@public
def topic(topic: str) -> ResponseReturnValue:
    """The same of one topic."""
    return _programme({"argomento": topic})


def _programme(more: dict[str, str]) -> Response:
    """A feed of what is sought; 404 where that means nothing. hub: ours unless it says otherwise, `tutti` for all."""
    asked = {"hub": OURS} | request.args.to_dict() | more
    form = SoughtForm(MultiDict(asked | ({"hub": ""} if asked["hub"] == ALL else {})))
    form.offer((hub.id, hub.name) for hub in hubs())
    if not form.validate():
        abort(404)
    told = _("%(hub)s: agenda", hub=NAME)
    name = f"{told}, {TOPICS[form.topic.data]}" if form.topic.data else told
    return _answer(meetings.of_programme(form.sought), name, language())


def _name_of(contents: Contents | None, slug: str) -> str:
    return local(next(place.name for place in contents.places.values() if place.slug == slug)) if contents else ""


def _answer(contents: Contents | Meetings | None, name: str, words: str) -> Response:
    """The feed in a language, or 304 to whoever has it as it is.

    What it is made of is in memory and the transaction over before the first piece goes out. Last-Modified is told and
    never asked for: its seconds are too coarse, and it does not know of what was taken away.
    """
    if contents is None:
        abort(404)
    db.session.close()
    portal = request.url_root.rstrip("/")
    tag = contents.digest(portal, name, words)
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        pieces = feed(contents.entries(words, busy=_("Occupato")), name=name, portal=portal)
        answer = Response(pieces, content_type="text/calendar; charset=utf-8")
    answer.set_etag(tag)
    answer.last_modified = contents.changed
    return answer


@bp.route(HERE, methods=["GET", "POST"])
@residents
def feeds() -> ResponseReturnValue:
    """The secret addresses of my calendar, a new one, and the calendars of the spaces, which are everybody's."""
    form = FeedForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                token = tokens.make(form.name.data, by=current_user)
                session["feed"] = seal(token, _for_this_browser())
                sending.answer = url_for(".made")
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            session.pop("feed", None)
            form.show(refusal)
    live = tokens.live_of(current_user)
    full = len(live) >= tokens.MOST_LIVE
    return screen("agenda/feeds.html", status=form.http_status, form=form, live=live, full=full, spaces=published_spaces())


@bp.get(f"{HERE}/nuovo")
@residents
def made() -> ResponseReturnValue:
    """The address that was just made, which this browser was given to show once."""
    if "feed" not in session:
        return redirect(url_for(".feeds"), 303)
    token = unseal(session.pop("feed"), _for_this_browser())
    address = url_for(".personal", token=token, _external=True)
    example = next((one.slug for one in published_spaces()), None)
    subscribe = f"webcal://{address.partition('://')[2]}"
    return screen("agenda/feeds_made.html", address=address, subscribe=subscribe, example=example)


@bp.post(f"{HERE}/<int(max=2147483647):id>/revoca")
@residents
def revoke(id: int) -> ResponseReturnValue:
    token = tokens.of(current_user, id) or abort(404)
    tokens.revoke(token)
    db.session.commit()
    flash(_("Indirizzo revocato: da ora non apre più nulla."), "success")
    return go(url_for(".feeds"))


def _for_this_browser() -> str:
    return f"feed address shown to person:{current_user.id}"
