"""A group from a file: looked at row by row, then enrolled whole by the last word. Until then nothing of it is kept here."""

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.accounts import throttle
from hub.accounts.throttle import Limit
from hub.clock import today
from hub.db import db, reading, undo
from hub.filters import local
from hub.forms import told
from hub.labs import roster, seats
from hub.labs.acting import must_not_flood, nobody_meant, organisation_meant, public_activity, told_on_page, way_to
from hub.labs.models import Activity, Enrolment, Question
from hub.labs.roster_forms import FileForm, LastWordForm
from hub.labs.roster_rules import REQUIRED, Line, Wrong
from hub.labs.roster_words import COLUMNS
from hub.labs.table_file import MOST_BYTES, MOST_ROWS
from hub.organisations.models import Organisation
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.tables import csv_file, xlsx_file

bp = Blueprint("group_files", __name__, url_prefix="/attivita/<slug>/gruppo")
FILES = Limit("group-files", 60, 60)  # files that one person has looked at


@bp.url_value_preprocessor
def _files(endpoint: str | None, _values: dict | None) -> None:
    """A list may be larger than any other form; what is too large, but not absurd, is refused beside its field."""
    if endpoint in ("group_files.file", "group_files.confirm"):
        request.max_content_length = request.max_form_memory_size = 3 * MOST_BYTES


@bp.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/file", methods=["GET", "POST"])
@residents
def file(slug: str) -> ResponseReturnValue:
    """Send a file: all that is wrong with it row by row, or what it would do. Only looks."""
    form, wrong = FileForm(), []
    try:
        if request.method == "POST":
            throttle.count(FILES, current_user.subject)
            undo()
        activity, ours = public_activity(slug), organisation_meant()
        if ours is None:
            return nobody_meant(activity)
        if form.validate_on_submit():
            return _look(activity, ours, form.sent)
    except Refusal as refusal:
        form.show(refusal)
        wrong = getattr(refusal, "wrong", [])
        undo()
        activity, ours = public_activity(slug), organisation_meant()
        if ours is None:
            return nobody_meant(activity)
    return _upload(activity, ours, form, wrong)


def _look(activity: Activity, ours: Organisation, sent: bytes) -> Response:
    """What a file would do. Raises Refusal for what is wrong with it."""
    must_send(sent)
    lines = roster.read(activity, sent)
    if wrong := roster.against(activity, lines, organisation=ours, by=current_user):
        raise roster.NotAll(wrong)
    packed = roster.packed(activity, lines, organisation=ours, by=current_user)
    return _preview(activity, ours, lines, LastWordForm(formdata=None, lines=packed))


def must_send(sent: bytes) -> None:
    if not sent:
        raise Refusal("Scegli un file, che non sia vuoto.", field="file", rule="file")


@bp.post("/file/conferma")
@residents
def confirm(slug: str) -> ResponseReturnValue:
    """The last word on a file that was looked at: everybody is enrolled, or nobody."""
    form, lines = LastWordForm(), []
    try:
        with reading():
            activity, ours = public_activity(slug), organisation_meant()
            if ours is None:
                return nobody_meant(activity)
            lines = roster.unpacked(form.lines.data or "", activity, organisation=ours, by=current_user)
            db.session.rollback()
        if form.validate_on_submit():
            must_not_flood(lines)
            return _carry_out(slug, lines, form)
    except Refusal as refusal:
        undo()
        wrong = getattr(refusal, "wrong", [])
        if wrong or not lines:  # another file has to be sent
            again = FileForm(formdata=None)
            again.show(refusal)
            return _upload(public_activity(slug), organisation_meant(), again, wrong)
        form.show(refusal)
    undo()
    return _preview(public_activity(slug), organisation_meant(), lines, form)


def _carry_out(slug: str, lines: list[Line], form: LastWordForm) -> ResponseReturnValue:
    sending = form.once()
    if not sending.answer:
        activity, ours = public_activity(slug), organisation_meant()
        how = {"channel": "import", "together": form.together.data}
        made = roster.enrol(activity, lines, organisation=ours, by=current_user, **how)
        sending.answer = way_to("groups.group", activity)
        flash(_outcome(made), "success")
    db.session.commit()
    return go(sending.answer)


def _outcome(made: list[Enrolment]) -> str:
    seated = sum(one.seat is not None for one in made)
    return _("Iscrizioni fatte: %(seated)s. In lista d'attesa: %(waiting)s.", seated=seated, waiting=len(made) - seated)


def _upload(activity: Activity, ours: Organisation, form: FileForm, wrong: list[Wrong]) -> Response:
    rows = [(one.row, _column(activity, one.column), one.written, told(one.why)) for one in wrong]
    limits = {"rows_most": MOST_ROWS, "bytes_most": MOST_BYTES // 1_000_000}
    page = told_on_page(activity, ours) | limits
    return screen("labs/group_file.html", status=form.http_status, form=form, wrong=rows, **page)


def _preview(activity: Activity, ours: Organisation, lines: list[Line], form: LastWordForm) -> Response:
    return screen(
        "labs/group_preview.html",
        status=form.http_status,
        form=form,
        lines=lines,
        places=seats.places(activity),
        today=today(),
        **told_on_page(activity, ours),
    )


# --- what a file looks like


@bp.get("/colonne")
@residents
def columns(slug: str) -> ResponseReturnValue:
    """What each column may hold."""
    activity = public_activity(slug)
    return screen("labs/group_columns.html", columns=_columns(activity), **told_on_page(activity, organisation_meant()))


@bp.get("/modello.csv")
@residents
def model_csv(slug: str) -> ResponseReturnValue:
    """An empty list to fill in."""
    return csv_file(f"elenco-{slug}.csv", [name for name, *_more in _columns(public_activity(slug))], [])


@bp.get("/modello.xlsx")
@residents
def model_xlsx(slug: str) -> ResponseReturnValue:
    """The same, for a spreadsheet."""
    header = [name for name, *_more in _columns(public_activity(slug))]
    return xlsx_file(f"elenco-{slug}.xlsx", [(_("Elenco"), header, [])])


def _columns(activity: Activity) -> list[tuple[str, str, str, bool]]:
    """(name, what it may hold, an example, whether it must be filled in) of each column of a list for this activity."""
    left_out = () if activity.asks_health else ("note", "health")
    kept = {code: one for code, one in COLUMNS.items() if code not in left_out}
    own = [(str(one.name), str(one.text), str(one.example), code in REQUIRED) for code, one in kept.items()]
    return own + [(local(one.words), _kind(one), "", one.required) for one in activity.questions]


def _kind(question: Question) -> str:
    match question.kind:
        case "choice":
            return _("Una di queste risposte: %(choices)s.", choices=", ".join(question.choices))
        case "number":
            return _("Un numero.")
        case "consent":
            return _("Sì oppure no.")
        case _:
            return _("Una risposta scritta.")


def _column(activity: Activity, code: str) -> str:
    """What a column is called on the page; "" where it is about the whole row."""
    if code in COLUMNS:
        return str(COLUMNS[code].name)
    return next((local(one.words) for one in activity.questions if f"question_{one.id}" == code), "")
