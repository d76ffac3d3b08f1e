"""My enrolments, those of the children for whom I answer, and of the organisation that I act for; what is done with them."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.clock import now
from hub.db import db, undo
from hub.filters import language, local, money
from hub.forms import Form
from hub.ical import calendar
from hub.labs import basket, health, mine, seats
from hub.labs import enrolment as enrolments
from hub.labs.enrol_forms import NotedForm, WithdrawForm, confirm_form
from hub.labs.models import Enrolment
from hub.labs.words import ENROLMENT_STATES, LOOKS
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("enrolments", __name__, url_prefix="/area-personale/iscrizioni")
bp.app_template_filter("enrolment_state")(ENROLMENT_STATES.__getitem__)
bp.app_template_filter("enrolment_look")(lambda state: LOOKS.get(state, "refused"))
ONE = "/<int(max=2147483647):id>"


@bp.get("")
@residents
def enrolled() -> ResponseReturnValue:
    """Mine and those of the children for whom I answer, or of the organisation that I act for."""
    page = asked_page()
    found, more = mine.enrolments_of(current_user, page=page)
    return screen(
        "labs/enrolled.html",
        enrolments=found,
        positions=mine.positions(found),
        page=page,
        more=more,
        waiting=0 if current_user.acting_as else basket.size_of(current_user),
    )


@bp.get(ONE)
@residents
def enrolment(id: int) -> ResponseReturnValue:
    """Everything about one of mine, and what I can do with it."""
    return _show(_mine(id), WithdrawForm())


def _show(found: Enrolment, form: Form, note: NotedForm | None = None) -> Response:
    may = mine.may_do(found, current_user)
    kept = health.of(found) if may["annotate"] else ""
    return screen(
        "labs/enrolment.html",
        status=422 if form.errors or (note and note.errors) else 200,
        enrolment=found,
        activity=found.activity,
        form=form,
        note=note or NotedForm(formdata=None, note=kept, agrees=bool(kept)),
        may=may,
        sessions=mine.sessions_of([found.activity]),
        position=seats.position(found),
        late=enrolments.is_late(found, now()),
    )


@bp.route(f"{ONE}/conferma", methods=["GET", "POST"])
@residents
def confirm(id: int) -> ResponseReturnValue:
    """A guardian confirms what a minor asked for, with the consents."""
    found = _mine(id)
    if not mine.may_do(found, current_user)["confirm"]:
        return go(url_for(".enrolment", id=id))
    form = confirm_form([basket.asked_of(found.participant)], minors=True, asks_note=basket.may_note(found, current_user))
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                note = (form.note.data or "") if "note" in form else ""
                mine.confirm(found, form.agreed[found.participant_id], note, by=current_user)
                sending.answer = url_for(".enrolment", id=id)
            db.session.commit()
            flash(_("Iscrizione confermata."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = _mine(id)
    return screen(
        "labs/enrol_confirm.html",
        status=form.http_status,
        form=form,
        enrolment=found,
        activity=found.activity,
        sessions=mine.sessions_of([found.activity]),
    )


@bp.post(f"{ONE}/accetta")
@residents
def accept(id: int) -> ResponseReturnValue:
    """Yes to a place that is offered."""
    return _do(id, lambda found: enrolments.accept(found, by=current_user), _("Il posto è tuo."))


@bp.post(f"{ONE}/rifiuta")
@residents
def decline(id: int) -> ResponseReturnValue:
    """No to a place that is offered."""
    return _do(id, lambda found: mine.decline(found, by=current_user), _("Posto rifiutato: va a chi aspetta."))


def _do(id: int, verb: Callable[[Enrolment], object], words: str) -> ResponseReturnValue:
    """Have the last word on an enrolment of mine; said on its page, where it could not be had."""
    found = _mine(id)
    if not mine.answers(found, current_user):
        abort(403)
    try:
        verb(found)
        db.session.commit()
        flash(words, "success")
        return go(url_for(".enrolment", id=id))
    except Refusal as refusal:
        undo()
        form = WithdrawForm(formdata=None)
        form.show(refusal)
        return _show(_mine(id), form)


@bp.post(f"{ONE}/ritira")
@residents
def withdraw(id: int) -> ResponseReturnValue:
    """Give the place up, or wait no longer."""
    found, form = _mine(id), WithdrawForm()
    if not mine.may_do(found, current_user)["withdraw"]:
        return go(url_for(".enrolment", id=id))
    if form.validate_on_submit():
        try:
            mine.leave(found, form.reason.data, by=current_user)
            db.session.commit()
            flash(_("Iscrizione ritirata."), "success")
            return go(url_for(".enrolment", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = _mine(id)
    return _show(found, form)


@bp.post(f"{ONE}/salute")
@residents
def note(id: int) -> ResponseReturnValue:
    """Another note on health, or none any more."""
    found, form = _mine(id), NotedForm()
    if not mine.may_do(found, current_user)["annotate"]:
        abort(403)
    if form.validate_on_submit():
        try:
            mine.annotate(found, form.note.data or "", by=current_user)
            db.session.commit()
            flash(_("Nota salvata.") if form.note.data else _("Nota cancellata."), "success")
            return go(url_for(".enrolment", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = _mine(id)
    return _show(found, WithdrawForm(formdata=None), form)


@bp.get(f"{ONE}/calendario.ics")
@residents
def calendar_file(id: int) -> ResponseReturnValue:
    """The sessions of one enrolment."""
    return _calendar([_mine(id)], f"iscrizione-{id}.ics")


@bp.get("/calendario.ics")
@residents
def calendar_of_all() -> ResponseReturnValue:
    """The sessions of all that I and the children for whom I answer have a place in."""
    return _calendar(mine.enrolments_of(current_user, size=1000)[0], "incontri.ics")


def _calendar(found: list[Enrolment], name: str) -> Response:
    sheet = calendar(*mine.entries(found, language()), portal=request.url_root.rstrip("/"))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(sheet, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


def _mine(id: int) -> Enrolment:
    """An enrolment of mine, or of whom I answer or act for, locked where this request may change it; to anybody else it does
    not exist."""
    return mine.enrolment_of(current_user, id, locked=request.method == "POST") or abort(404)


@bp.app_template_global("enrolled_rows")
def _rows(found: Enrolment) -> list[tuple[str, str]]:
    """What an enrolment is, as terms and words."""
    activity = found.activity
    rows = [
        (_("Chi"), found.participant.name if found.participant else found.organisation.name),
        (_("Attività"), local(activity.title)),
        (_("Iscrizione fatta da"), found.through.name if found.through else ""),
        (_("Insieme ad altri"), _("sì: entrate tutti o nessuno") if found.group_id else ""),
        (_("Costo"), money(found.cost_cents) if found.cost_cents else _("gratuito")),
        *((local(question.words), _answered(found.answers.get(str(question.id)))) for question in activity.questions),
    ]
    return [(term, words) for term, words in rows if words]


def _answered(value: object) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("sì") if value else _("no")
        case float():
            return str(value).replace(".", ",") if language() == "it" else str(value)
        case _:
            return str(value)
