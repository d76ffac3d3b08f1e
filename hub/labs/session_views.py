"""The managers' desk for sessions: one by one, or all that a rule has at once by the planner."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from hub.access import managers
from hub.clock import today
from hub.db import db, undo
from hub.doing import carry_out
from hub.labs import planner, seats, sessions, team
from hub.labs.desks import asked_activity, asked_session
from hub.labs.forms import AcceptForm, PlannerForm, ReasonForm, SessionForm, layout_words
from hub.labs.models import Activity
from hub.labs.planner import Plan, Wish
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import service as spaces
from hub.spaces.models import Layout

bp = Blueprint("sessions", __name__, url_prefix="/gestione/attivita")
bp.app_template_filter("layout_words")(layout_words)
NUMBER = "<int(max=2147483647):number>"
LEAVE, NOWHERE = "leave", "none"


@bp.route("/<slug>/incontri/nuovo", methods=["GET", "POST"])
@managers
def new(slug: str) -> ResponseReturnValue:
    """One more session."""
    found, every = asked_activity(slug), spaces.spaces()
    form = SessionForm(day=today() + timedelta(days=14))
    form.offer(every, team.working(found))
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                told = {"place": form.place.data or "", "title": form.title, "trainers": form.named(found.trainers)}
                sessions.schedule(found, form.slot, form.chosen(every), **told, anyway=form.anyway.data)
                sending.answer = url_for("labs_staff.activity", slug=slug)
            db.session.commit()
            flash(_("Incontro aggiunto."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/session.html", None, form.http_status, form=form, activity=found, session=None)


@bp.route(f"/<slug>/incontri/{NUMBER}", methods=["GET", "POST"])
@managers
def session(slug: str, number: int) -> ResponseReturnValue:
    """Another time, another space, another title; its people are told of the first two."""
    found, every = asked_session(slug, number), spaces.spaces()
    working = team.working(found.activity)
    form = SessionForm(data=SessionForm.shown(found))
    form.offer(every, working)
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(found)
            told = {"place": form.place.data or "", "title": form.title, "trainers": form.named(working)}
            told |= {"anyway": form.anyway.data, "reason": form.reason.data or "", "by": current_user}
            moved = sessions.move(found, form.slot, form.chosen(every), **told)
            db.session.commit()
            is_public = found.activity.state == "published"
            flash(_("Incontro spostato: chi è iscritto riceve una mail.") if moved and is_public else _("Fatto."), "success")
            return go(url_for("labs_staff.activity", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(found)
    return screen("labs/staff/session.html", None, form.http_status, form=form, activity=found.activity, session=found)


@bp.route(f"/<slug>/incontri/{NUMBER}/annulla", methods=["GET", "POST"])
@managers
def call_off(slug: str, number: int) -> ResponseReturnValue:
    """A session does not take place, with a reason."""
    found, form = asked_session(slug, number), ReasonForm()
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(found)
            sessions.call_off(found, form.reason.data, by=current_user)
            db.session.commit()
            flash(_("Incontro annullato: chi è iscritto riceve una mail."), "success")
            return go(url_for("labs_staff.activity", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    form.look(found)
    return screen("labs/staff/call_off.html", None, form.http_status, form=form, activity=found.activity, session=found)


@bp.post(f"/<slug>/incontri/{NUMBER}/togli")
@managers
def drop(slug: str, number: int) -> ResponseReturnValue:
    """Throw a draft's session away."""
    found = asked_session(slug, number)
    carry_out(lambda: sessions.drop(found), _("Incontro tolto."))
    return go(url_for("labs_staff.activity", slug=slug))


@bp.route("/<slug>/pianifica", methods=["GET", "POST"])
@managers
def plan(slug: str) -> ResponseReturnValue:
    """A rule in the address; rooms for each of its dates; what is chosen of each is sent, and written down whole."""
    found = asked_activity(slug)
    asked, form = PlannerForm(_usual(found)), AcceptForm()
    wish, proposed = None, None
    if (request.args.get("vedi") or request.method == "POST") and asked.validate():
        try:
            wish = asked.wish
            if request.method == "POST" and form.validate() and (answer := _accepted(found, wish, form)):
                return go(answer)
            proposed = planner.propose(wish)
        except Refusal as refusal:
            undo()
            asked.show(refusal)
    return screen(
        "labs/staff/plan.html",
        None,
        422 if asked.errors or form.errors else 200,
        activity=found,
        asked=asked,
        form=form,
        plan=proposed,
        chosen=_chosen(proposed) if proposed else {},
        room=request.args.get("stanza"),
        address={name: request.args.getlist(name) for name in request.args if name != "stanza"},
        is_draft=found.state == "draft",
    )


def _accepted(found: Activity, wish: Wish, form: AcceptForm) -> str | None:
    """Write down what was chosen; where that leads, or None where it was refused, which the form then says."""
    try:
        sending, words = form.once(), _("Questi incontri sono già scritti.")
        if not sending.answer:
            made = planner.accept(found, wish, _picks(wish))
            sending.answer = url_for("labs_staff.activity", slug=found.slug)
            words = _("Incontri aggiunti: %(count)s.", count=len(made))
        db.session.commit()
        flash(words, "success")
        return sending.answer
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return None


def _usual(found: Activity) -> MultiDict:
    """What the address says, and for what it leaves out something that most activities want."""
    people = seats.places(found).count or 10
    usual = {"giorno": today() + timedelta(days=14), "ora": "16:00", "durata": 120, "persone": people, "intervallo": 1}
    asked = MultiDict({name: str(value) for name, value in usual.items()} | {"ogni": "weekly"})
    for name in request.args:
        asked.setlist(name, request.args.getlist(name))
    return asked


def _picks(wish: Wish) -> Mapping[date, Layout | None]:
    """What was chosen of each date: a room, none for now; a date that is left out is not there."""
    layouts = {str(layout.id): layout for space in spaces.spaces() for layout in space.layouts}
    sent = {day: request.form.get(f"date-{day.isoformat()}", LEAVE) for day in wish.days}
    return {day: layouts.get(value) for day, value in sent.items() if value == NOWHERE or value in layouts}


def _chosen(proposed: Plan) -> dict[date, str]:
    """What is ticked of each date: what was sent; else the room that the address names, or the one that is proposed."""
    room = request.args.get("stanza", "")
    found = {}
    for one in proposed.dates:
        best = str(one.best.id) if one.best else LEAVE
        named = room if room in {str(layout.id) for layout in one.rooms} else best
        found[one.day] = request.form.get(f"date-{one.day.isoformat()}", named) if request.method == "POST" else named
    return found
