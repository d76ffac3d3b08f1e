"""The managers' desk for the programme: its activities, from a draft to what was cancelled or is over."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.db import db, undo
from hub.doing import carry_out
from hub.labs import editions, programme, register, seats, sessions, team
from hub.labs.desks import asked_activity
from hub.labs.forms import ActivityForm, FilterForm, PlacesForm, ReasonForm
from hub.labs.models import Activity
from hub.labs.papers import where
from hub.labs.rules import must_be_alive
from hub.labs.words import (
    ACCESSIBILITY,
    AGE_RULES,
    AREAS,
    KINDS,
    LANGUAGES,
    QUESTION_KINDS,
    SDGS,
    SESSION_STATES,
    STATES,
    TAKES_PART,
    THEMES,
    TOPICS,
    TRAINER_ROLES,
)
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("labs_staff", __name__, url_prefix="/gestione/attivita")
LOOKS = {"draft": "draft", "published": "open", "cancelled": "refused", "closed": "done"}
SESSION_LOOKS = {"planned": "open", "held": "done", "not_held": "refused", "cancelled": "refused"}
WORDS = {
    "accessibility": ACCESSIBILITY,
    "age_rule": AGE_RULES,
    "area": AREAS,
    "kind": KINDS,
    "language": LANGUAGES,
    "look": LOOKS,
    "question": QUESTION_KINDS,
    "sdg": SDGS,
    "session": SESSION_STATES,
    "session_look": SESSION_LOOKS,
    "state": STATES,
    "takes_part": TAKES_PART,
    "theme": THEMES,
    "topic": TOPICS,
    "trainer": TRAINER_ROLES,
}
bp.app_template_filter("place_of")(where)


@bp.app_template_filter()
def lab_words(code: str | int, which: str) -> str:
    """What a code of the programme's closed lists is called."""
    return str(WORDS[which].get(code, code))


@bp.get("")
@managers
def activities() -> ResponseReturnValue:
    """What there is, by state, kind, edition and title."""
    form, page = FilterForm(request.args), asked_page()
    form.offer(known := editions.editions())
    found, more = programme.activities(**form.asked, page=page) if form.validate() else ([], False)
    taken = seats.places_of([one.id for one in found])
    return screen(
        "labs/staff/activities.html",
        None,
        form.http_status,
        form=form,
        activities=found,
        places=taken,
        page=page,
        more=more,
        editions=known,
    )


@bp.route("/nuova", methods=["GET", "POST"])
@managers
def new() -> ResponseReturnValue:
    known = editions.editions()
    form = ActivityForm(edition=str(known[0].id) if known else "")
    form.offer(known)
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                made = programme.create(**form.told(known), by=current_user)
                sending.answer = url_for(".activity", slug=made.slug)
            db.session.commit()
            flash(_("Bozza scritta: ora aggiungi gli incontri, i posti e chi ci lavora."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/edit.html", None, form.http_status, form=form, activity=None)


@bp.get("/<slug>")
@managers
def activity(slug: str) -> ResponseReturnValue:
    """All of it at a glance, and what can be done."""
    return _overview(asked_activity(slug), None)


@bp.post("/<slug>/posti")
@managers
def places(slug: str) -> ResponseReturnValue:
    """More places, or fewer; who waits is offered those that come free."""
    found, form = asked_activity(slug), PlacesForm()
    if form.validate_on_submit():
        try:
            must_be_alive(found.state)
            seats.set_places(found, form.places.data, by=current_user)
            db.session.commit()
            flash(_("Posti: %(count)s.", count=form.places.data), "success")
            return go(url_for(".activity", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _overview(found, form)


def _overview(found: Activity, form: PlacesForm | None) -> ResponseReturnValue:
    taken = seats.places(found)
    form = form or PlacesForm(places=taken.count)
    return screen(
        "labs/staff/activity.html",
        None,
        form.http_status,
        activity=found,
        form=form,
        places=taken,
        troubles=sessions.troubles(found),
        trainers=team.working(found),
        of_session=team.trainers_of,
    )


@bp.route("/<slug>/modifica", methods=["GET", "POST"])
@managers
def edit(slug: str) -> ResponseReturnValue:
    found, known = asked_activity(slug), editions.editions()
    form = ActivityForm(data=ActivityForm.shown(found))
    form.offer(known)
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(found)
            programme.change(found, **form.told(known))
            db.session.commit()
            flash(_("Attività cambiata."), "success")
            return go(url_for(".activity", slug=found.slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(found)
    return screen("labs/staff/edit.html", None, form.http_status, form=form, activity=found)


@bp.post("/<slug>/pubblica")
@managers
def publish(slug: str) -> ResponseReturnValue:
    found = asked_activity(slug)
    carry_out(lambda: programme.publish(found), _("Pubblicata: da ora la vedono tutti."))
    return go(url_for(".activity", slug=slug))


@bp.post("/<slug>/concludi")
@managers
def close(slug: str) -> ResponseReturnValue:
    found = asked_activity(slug)
    carry_out(lambda: register.finish(found, by=current_user), _("Attività conclusa."))
    return go(url_for(".activity", slug=slug))


@bp.post("/<slug>/elimina")
@managers
def discard(slug: str) -> ResponseReturnValue:
    """Throw a draft away."""
    found = asked_activity(slug)
    is_draft = found.state == "draft"
    carry_out(lambda: programme.discard(found), _("Bozza eliminata."))
    return go(url_for(".activities") if is_draft else url_for(".activity", slug=slug))


@bp.route("/<slug>/annulla", methods=["GET", "POST"])
@managers
def cancel(slug: str) -> ResponseReturnValue:
    """Call the whole activity off, with a reason."""
    found, form = asked_activity(slug), ReasonForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(found)
            programme.cancel(found, form.reason.data, by=current_user)
            db.session.commit()
            flash(_("Attività annullata: chi era iscritto riceve una mail."), "success")
            return go(url_for(".activity", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(found)
    return screen("labs/staff/cancel.html", None, form.http_status, form=form, activity=found, places=seats.places(found))
