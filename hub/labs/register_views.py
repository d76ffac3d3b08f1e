"""The registers, for who works in an activity and for managers: who was at each session, on a phone as on a desk."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub.access import acts_as, as_the_staff, residents
from hub.clock import now
from hub.db import db, undo, writes
from hub.doing import carry_out
from hub.families import service as families
from hub.forms import told
from hub.labs import attendance, leaving, register, register_papers, team
from hub.labs.attendance import Line
from hub.labs.models import Activity, Enrolment, Session, Trainer
from hub.labs.register_forms import NotHeldForm, Row, SheetForm, Worker, worked, workers_of
from hub.labs.register_papers import CELLS
from hub.labs.words import ATTENDANCES, CHOICES
from hub.refusal import Refusal, must_pass
from hub.screen import go, screen, wants_part

bp = Blueprint("register", __name__, url_prefix="/registro")
bp.before_request(as_the_staff)
NUMBER = "<int(max=2147483647):number>"
ID = "<int(max=2147483647):id>"
KIND, KINDS = "<string(maxlength=4):kind>", ("csv", "xlsx")
bp.app_template_filter("attendance_words")(ATTENDANCES.__getitem__)
bp.app_template_filter("attendance_sign")(CELLS.__getitem__)


@bp.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_global()
def keeps_registers() -> bool:
    """Whether the reader works in an activity now."""
    return current_user.is_authenticated and bool(team.kept_by(current_user))


@bp.get("")
@residents
def mine() -> ResponseReturnValue:
    """The activities in which the reader works."""
    return screen("labs/register/mine.html", activities=[one for one in team.kept_by(current_user) if one.state != "draft"])


@bp.get("/<slug>")
@residents
@writes
def overview(slug: str) -> ResponseReturnValue:
    """All of an activity's register: its sessions, and who was at each."""
    found = _kept(slug)
    shown = register.matrix(found)
    _noted(found, (row.member.enrolment for row in shown.rows))
    page = {"is_manager": acts_as("manager"), "signs": CELLS, "current": register.of_now(found.sessions, now())}
    return screen("labs/register/overview.html", activity=found, matrix=shown, **page)


@bp.get(f"/<slug>/presenze.{KIND}")
@residents
@writes
def table(slug: str, kind: str) -> Response:
    """The register as a file."""
    found = _kept(slug) if kind in KINDS else abort(404)
    shown = register.matrix(found)
    _noted(found, (row.member.enrolment for row in shown.rows))
    return register_papers.table(found, shown, kind)


@bp.get("/<slug>/ore")
@residents
def hours(slug: str) -> ResponseReturnValue:
    """Who worked in an activity, and for how long."""
    found = _kept(slug)
    return screen("labs/register/hours.html", activity=found, hours=register.hours(found))


@bp.get(f"/<slug>/ore.{KIND}")
@residents
def hours_table(slug: str, kind: str) -> Response:
    """The same as a file."""
    found = _kept(slug) if kind in KINDS else abort(404)
    return register_papers.hours_table(found, register.hours(found), kind)


# --- one session


@bp.get(f"/<slug>/{NUMBER}")
@residents
@writes
def sheet(slug: str, number: int) -> ResponseReturnValue:
    """The register of a session. ?tutti=si proposes everybody as present, ?carta=si that it is copied from the paper."""
    session = _session(slug, number)
    lines = attendance.lines(session)
    _noted(session.activity, (one.enrolment for one in lines))
    form = SheetForm(session, paper=bool(request.args.get("carta")))
    rows = [Row.of(one, bool(request.args.get("tutti"))) for one in lines]
    return _show(session, form, rows, workers_of(session, sent=False))


@bp.post(f"/<slug>/{NUMBER}")
@residents
def save(slug: str, number: int) -> ResponseReturnValue:
    """All lines at once, and that the session took place."""
    session = _session(slug, number)
    form, workers = SheetForm(session), workers_of(session, sent=True)
    rows = [Row.sent(one) for one in attendance.lines(session)]
    if form.validate_on_submit():
        try:
            written = _save(session, form, rows, workers)
            db.session.commit()
            flash(_written(written), "success")
            return go(url_for(".sheet", slug=slug, number=number))
        except Refusal as refusal:
            undo()
            form.place(refusal, rows, workers)
            session = _session(slug, number)
            _look_again(session, rows)
            if refusal.rule == "held-meanwhile":
                form.seen.data = session.event_id  # whoever was told has seen it
    return _show(session, form, rows, workers)


def _save(session: Session, form: SheetForm, rows: list[Row], workers: list[Worker]) -> int:
    """How many lines changed. Raises Refusal."""
    held = session.state == "held" or (form.held.data and session.starts_at <= now())
    length, by = form.minutes.data if held else None, current_user
    lasted = length if register.is_a_length(length) else None
    left = sum(1 for one in rows if one.line.expected and not one.status)
    marks: list[attendance.Mark] = []
    made: list[int] = []
    working: dict[Trainer, int] = {}
    must_pass(
        lambda: held and register.must_be_minutes(length),
        lambda: held and register.must_be_complete(left),
        *(lambda one=one: marks.append(one.mark) for one in rows if one.status),
        lambda: made.append(attendance.mark_all(session, marks, source=form.source, length=lasted, by=by)),
        lambda: held and working.update(worked(workers, lasted)),
    )
    if held:
        register.hold(session, length, working, by=by, seen=form.seen.data)
    return sum(made)


def _written(count: int) -> str:
    if not count:
        return _("Registro salvato: le presenze erano già così.")
    return ngettext("Registro salvato: %(num)s persona segnata.", "Registro salvato: %(num)s persone segnate.", count)


@bp.post(f"/<slug>/{NUMBER}/{ID}")
@residents
def row(slug: str, number: int, id: int) -> ResponseReturnValue:
    """One line by itself, as soon as it is chosen."""
    session = _session(slug, number)
    lines = attendance.lines(session)
    line = next((one for one in lines if one.enrolment.id == id), None) or abort(404)
    form, sent = SheetForm(session), Row.sent(line)
    if form.validate_on_submit():
        try:
            attendance.mark_all(session, [sent.mark], source=form.source, by=current_user)
            db.session.commit()
            if not wants_part():
                return go(url_for(".sheet", slug=slug, number=number, _anchor=f"row-{id}"))
            undo()  # what follows is only shown
            lines = attendance.lines(session)
            sent = Row.of(next(one for one in lines if one.enrolment.id == id))
            sent.saved = True
        except Refusal as refusal:
            undo()
            form.place(refusal, [sent], [])
            session = _session(slug, number)
            lines = _look_again(session, [sent])
    rows = [sent if one.enrolment.id == id else Row.of(one) for one in lines]
    return _show(session, form, rows, workers_of(session, sent=False), sent)


@bp.route(f"/<slug>/{NUMBER}/non-svolto", methods=["GET", "POST"])
@residents
def not_held(slug: str, number: int) -> ResponseReturnValue:
    """A session did not take place, and why."""
    session, form = _session(slug, number), NotHeldForm()
    if form.validate_on_submit():
        try:
            register.not_held(session, form.reason.data, by=current_user)
            db.session.commit()
            flash(_("Scritto: l'incontro non si è svolto."), "success")
            return go(url_for(".overview", slug=slug))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            session = _session(slug, number)
    marked = len(attendance.records_of(session))
    page = {"activity": session.activity, "session": session, "form": form, "marked": marked}
    return screen("labs/register/not_held.html", status=form.http_status, **page)


@bp.post(f"/<slug>/{NUMBER}/riapri")
@residents
def reopen(slug: str, number: int) -> ResponseReturnValue:
    """Whether it took place is open again."""
    session = _session(slug, number)
    carry_out(lambda: register.reopen(session, by=current_user), _("Registro riaperto."))
    return go(url_for(".sheet", slug=slug, number=number))


@bp.get(f"/<slug>/{NUMBER}/foglio.pdf")
@residents
@writes
def paper(slug: str, number: int) -> Response:
    """The sheet to be signed."""
    session = _session(slug, number)
    lines = attendance.lines(session)
    _noted(session.activity, (one.enrolment for one in lines))
    return register_papers.sheet(session, lines)


@bp.get(f"/<slug>/{NUMBER}/uscita")
@residents
@writes
def leaving_page(slug: str, number: int) -> ResponseReturnValue:
    """To whom minors are given at the end, who may go by themselves, and whom to call."""
    session, found, why = _session(slug, number), [], ""
    try:
        found = leaving.leavers(session, by=current_user)
        db.session.commit()
    except Refusal as refusal:
        why = told(refusal)
    undo()
    page = {"activity": session.activity, "session": session, "leavers": found, "why": why}
    return screen("labs/register/leaving.html", status=403 if why else 200, **page)


# --- what they share


def _kept(slug: str) -> Activity:
    """An activity whose register the reader keeps; to anybody else it has none."""
    found = register.activity_by(slug)
    if found is None or not team.may_keep(found, current_user):
        abort(404)
    return found


def _session(slug: str, number: int) -> Session:
    return next((one for one in _kept(slug).sessions if one.number == number), None) or abort(404)


def _noted(activity: Activity, enrolments: Iterable[Enrolment]) -> None:
    """Families read who opened a register that has their names. What follows is only shown."""
    people = [one.participant for one in enrolments if one.participant]
    families.viewed_all(people, "register", activity.slug, by=current_user)
    db.session.commit()
    undo()


def _look_again(session: Session, rows: list[Row]) -> list[Line]:
    """After a refusal: what stands now beside what was sent. Whoever was told that it changed meanwhile has seen it."""
    lines = attendance.lines(session)
    known = {one.enrolment.id: one for one in lines}
    for one in rows:
        one.line = known.get(one.id, one.line)
        if one.errors:
            one.seen = one.line.record.id if one.line.record else 0
    return lines


def _why_not(session: Session) -> str:
    """What speaks against writing in this register now, in words; "" where nothing does."""
    try:
        attendance.must_be_kept(session.activity.state, session.state)
        attendance.must_be_time(session.starts_at, now())
    except Refusal as refusal:
        return told(refusal)
    return ""


def _show(
    session: Session, form: SheetForm, rows: list[Row], workers: list[Worker], changed: Row | None = None
) -> ResponseReturnValue:
    """The sheet, or of it the one line that was changed."""
    wrong = bool(form.errors) or any(one.errors for one in (*rows, *workers))
    every = [one for one in session.activity.sessions if one.state != "cancelled" or one is session]
    place = every.index(session)
    return screen(
        "labs/register/sheet.html",
        "labs/register/_row.html" if changed else None,
        422 if wrong else 200,
        activity=session.activity,
        session=session,
        form=form,
        rows=rows,
        row=changed,
        workers=workers,
        statuses=CHOICES,
        why=_why_not(session),
        has_begun=session.starts_at <= now(),
        proposed=bool(request.args.get("tutti")),
        around=leaving.is_around(session),
        before=every[place - 1] if place else None,
        after=every[place + 1] if place + 1 < len(every) else None,
    )
