"""Enrolling: whom and with which answers, the basket, its summary with all consents, and the receipt."""

from collections.abc import Iterable

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.clock import now
from hub.db import db, undo
from hub.families import service as families
from hub.families.models import Participant
from hub.filters import day, hour, local, minutes, money
from hub.forms import Form, told
from hub.labs import basket as baskets
from hub.labs import enrolment as enrolments
from hub.labs import health, mine, papers, programme, rules, seats
from hub.labs.enrol_forms import (
    ONESELF,
    ConfirmForm,
    WhoForm,
    answers_form,
    confirm_form,
    organisation_form,
)
from hub.labs.models import Activity, BasketLine, Session
from hub.organisations.members import organisations_to_act_for
from hub.organisations.models import Organisation
from hub.refusal import Refusal, refusals
from hub.screen import go, never_kept, screen

bp = Blueprint("enrolling", __name__)
bp.app_template_filter("session_place")(lambda session: local(papers.where(session)))
NUMBER = "int(max=2147483647)"
MINE = "/area-personale/iscrizioni"
RECEIPT_MOST = baskets.MOST_LINES
OF_RECORD = {"age", "born", "birth", "emergency", "residents_first"}  # rules that look at what stands in somebody's record


bp.after_request(never_kept)  # who is to be enrolled is personal, whatever the address


# --- whom, and what the activity asks


@bp.route("/attivita/<slug>/iscriviti", methods=["GET", "POST"])
@residents
def enrol(slug: str) -> ResponseReturnValue:
    """Whom: oneself, the children one answers for, several at once. They go into the basket."""
    activity = _activity(slug)
    closed = [told(one) for one in _closed(activity)]
    if activity.takes_part == "organisation":
        return _enrol_organisation(activity, closed)
    own, there = families.record_of(current_user), baskets.lines_of(current_user, activity)
    form = WhoForm(
        who=[_value(line.participant) for line in there], together=any(line.together for line in there), birth_date=None
    )
    people = [one for one in baskets.candidates(current_user) if own is None or one.id != own.id]
    enrolled = _enrolled(activity, [*people, *([own] if own else [])])
    form.offer(
        [
            (ONESELF, _("Io (%(name)s)", name=current_user.name), own is not None and own.id in enrolled),
            *((_value(one), one.name, one.id in enrolled) for one in people),
        ]
    )
    if (own and own.birth_date) or current_user.birth_date:
        del form.birth_date
    if not closed and form.validate_on_submit():
        try:
            who = [one for one in people if _value(one) in form.who.data]
            if ONESELF in form.who.data:
                who.append(families.participant_of(current_user, form.birth_date and form.birth_date.data))
            lines = baskets.put(activity, who, together=form.together.data, by=current_user)
            asks = bool(activity.questions) or any(baskets.may_note(line, current_user) for line in lines)
            db.session.commit()
            return go(url_for(".questions", slug=slug) if asks else url_for(".basket"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen(
        "labs/enrol.html",
        "labs/_enrol.html",
        form.http_status,
        form=form,
        activity=activity,
        closed=closed,
        places=seats.places(activity),
        several=len(form.who.choices) > 1,
    )


def _value(record: Participant) -> str:
    return ONESELF if record.person_id == current_user.id else str(record.id)


def _closed(activity: Activity) -> list[Refusal]:
    """Why nobody can enrol in an activity now."""
    return refusals(
        lambda: rules.must_be_in_programme(activity.state),
        lambda: rules.must_take(activity.takes_part, "organisation" if activity.takes_part == "organisation" else "person"),
        lambda: rules.must_be_open(activity.enrol_opens_at, activity.enrol_closes_at, now()),
    )


def _enrolled(activity: Activity, people: Iterable[Participant]) -> set[int]:
    return {one.id for one in people if families.is_enrolled(one, activity.id)}


@bp.route("/attivita/<slug>/iscriviti/domande", methods=["GET", "POST"])
@residents
def questions(slug: str) -> ResponseReturnValue:
    """What the activity asks, of each whom I mean to enrol in it."""
    activity = _activity(slug)
    lines = baskets.lines_of(current_user, activity, locked=request.method == "POST")
    if not lines:
        return go(url_for(".enrol", slug=slug))
    notes = {line.id: health.opened(line.sealed_health) for line in lines if baskets.may_note(line, current_user)}
    form = answers_form(lines, notes)
    if form.validate_on_submit() and _answer(form, lines):
        db.session.commit()
        return go(url_for(".basket"))
    return screen(
        "labs/enrol_questions.html", "labs/_enrol_questions.html", form.http_status, form=form, activity=activity, lines=lines
    )


def _answer(form: Form, lines: list[BasketLine]) -> bool:
    """Keep the answers of each line; whether all of them were right, else none is kept."""
    wrong = []
    for line in lines:
        try:
            baskets.answer(line, form.given(line), form.note(line), by=current_user)
        except Refusal as refusal:
            wrong.append((line, refusal))
    if wrong:
        undo()
        for line, refusal in wrong:
            form.blame(line, refusal)
    return not wrong


def _enrol_organisation(activity: Activity, closed: list[str]) -> ResponseReturnValue:
    """An activity for organisations: whoever acts for one enrols it at once."""
    form = organisation_form(activity.questions)
    acting = current_user.acting_as
    if acting and not closed and form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                ours = db.session.get_one(Organisation, acting.id)
                made = enrolments.enrol_organisation(activity, ours, form.given, by=current_user, level=current_user.level)
                sending.answer = url_for(".receipt", n=[made.id])
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen(
        "labs/enrol_organisation.html",
        status=form.http_status,
        form=form,
        activity=activity,
        closed=closed,
        places=seats.places(activity),
        acting_choices=organisations_to_act_for(current_user),
    )


# --- the basket


@bp.get(f"{MINE}/da-confermare")
@residents
def basket() -> ResponseReturnValue:
    """Whom I mean to enrol, in which activities, and what speaks against it."""
    lines = baskets.lines_of(current_user)
    return screen("labs/enrol_basket.html", **_told(lines, baskets.against(lines, by=current_user)))


def _told(lines: list[BasketLine], against: dict[int, list[Refusal]]) -> dict[str, object]:
    """The basket as its pages show it: lines by activity, places of each, and what speaks against each line, in words."""
    found: dict[int, list[BasketLine]] = {}
    for line in lines:
        found.setdefault(line.activity_id, []).append(line)
    return {
        "lines": lines,
        "by_activity": list(found.values()),
        "places": seats.places_of(found),
        "against": {number: [told(one) for one in refused] for number, refused in against.items()},
        "of_record": {number for number, refused in against.items() if any(one.rule in OF_RECORD for one in refused)},
        "pending": {line.id for line in lines if families.enrols(current_user, line.participant) == "pending"},
    }


@bp.post(f"{MINE}/da-confermare/<{NUMBER}:id>/togli")
@residents
def remove(id: int) -> ResponseReturnValue:
    """One line less."""
    line = baskets.line_of(current_user, id) or abort(404)
    baskets.remove(line)
    db.session.commit()
    flash(_("Tolto dalle iscrizioni da confermare."), "success")
    return go(url_for(".basket"))


@bp.route(f"{MINE}/riepilogo", methods=["GET", "POST"])
@residents
def summary() -> ResponseReturnValue:
    """All of it on one page, with the consents and the conditions; confirmed, everybody is enrolled, or nobody."""
    lines = baskets.lines_of(current_user, locked=request.method == "POST")
    form, against = _confirm_form(lines), {}
    if request.method == "GET" and (not lines or baskets.against(lines, by=current_user)):
        return go(url_for(".basket"))
    numbers = [line.id for line in lines]
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                form.must_be_as_seen(numbers)
                made = baskets.confirm(lines, form.agreed, by=current_user)
                sending.answer = url_for(".receipt", n=[one.id for one in made])
            db.session.commit()
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            against = getattr(refusal, "against", {})
            lines = baskets.lines_of(current_user)
    form.look(line.id for line in lines)
    return screen(
        "labs/enrol_summary.html",
        "labs/_enrol_summary.html",
        form.http_status,
        form=form,
        people=_people(lines),
        **_told(lines, against),
    )


def _people(lines: list[BasketLine]) -> list[Participant]:
    return list({line.participant_id: line.participant for line in lines}.values())


def _confirm_form(lines: list[BasketLine]) -> ConfirmForm:
    answered = [one for one in _people(lines) if families.answers_for(current_user, one)]
    minors = any(families.is_minor(one) for one in answered)
    noted = [(line.id, line.participant.given_name) for line in lines if line.sealed_health]
    return confirm_form([baskets.asked_of(one) for one in answered], minors=minors, notes=noted)


@bp.get(f"{MINE}/ricevuta")
@residents
def receipt() -> ResponseReturnValue:
    """What came of a basket: who has a place, who waits."""
    asked = [int(text) for text in request.args.getlist("n")[:RECEIPT_MOST] if text.isdecimal() and len(text) < 10]
    found = mine.numbered(current_user, asked) if asked else []
    return screen("labs/enrol_receipt.html", enrolments=found or abort(404), positions=mine.positions(found))


def _activity(slug: str) -> Activity:
    return programme.activity_by(slug, published_only=True) or abort(404)


# --- in words


@bp.app_template_global("condition_words")
def _conditions(activity: Activity, together: bool = False) -> list[str]:
    """The conditions of an activity, a sentence each."""
    in_time = _(
        "Se non puoi venire, ritira l'iscrizione almeno %(hours)s ore prima dell'incontro: il posto va a chi aspetta.",
        hours=activity.cancel_hours,
    )
    queue = _(
        "Se i posti sono finiti si entra in lista d'attesa. Quando tocca a te il posto è tenuto %(hours)s ore: se non rispondi"
        " passa a chi viene dopo.",
        hours=activity.offer_hours,
    )
    group = _(
        "Insieme, tutti o nessuno: se i posti liberi non bastano per tutti, chi viene dopo può entrare prima di voi al massimo"
        " %(most)s volte; poi i posti si tengono per voi.",
        most=activity.skips_most,
    )
    cost = _("Costo: %(money)s.", money=money(activity.cost_cents)) if activity.cost_cents else _("È gratuita.")
    return [cost, in_time, queue, *([group] if together else [])]


@bp.app_template_global("session_words")
def _session(session: Session) -> str:
    """giovedì 4 marzo 2027, 16:00–18:00."""
    return f"{day(session.starts_at)}, {hour(session.starts_at)}–{hour(session.ends_at)}"


@bp.app_template_global("sessions_in_short")
def _in_short(activity: Activity) -> str:
    """How many sessions there are, how long in all, and when the first is."""
    met = [one for one in activity.sessions if one.state != "cancelled"]
    if not met:
        return _("date da definire")
    long = sum(one.slot.minutes for one in met)
    if len(met) == 1:
        return _session(met[0])
    first = _session(met[0])
    return _("%(count)s incontri (%(length)s in tutto), da %(first)s", count=len(met), length=minutes(long), first=first)
