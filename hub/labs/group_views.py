"""A school or a day centre enrols its group one by one, and sees what came of it. The staff does it for one, on paper."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import acts_as, residents
from hub.clock import now
from hub.db import db, undo, writes
from hub.families import keeping
from hub.families import service as families
from hub.forms import Form, told
from hub.labs import enrolment, mine, roster, seats
from hub.labs.acting import must_not_flood, nobody_meant, organisation_meant, public_activity, told_on_page, way_to
from hub.labs.enrol_forms import WithdrawForm
from hub.labs.models import Activity, Enrolment
from hub.labs.roster_forms import ButtonForm, OneForm, one_form
from hub.labs.roster_rules import Line, Wrong, read_row
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("groups", __name__, url_prefix="/attivita/<slug>/gruppo")
NUMBER = "<int(max=2147483647):id>"


@bp.after_request
def _private(response: Response) -> Response:
    """Who is in a group is personal, whatever the address."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("")
@residents
@writes
def group(slug: str) -> ResponseReturnValue:
    """Those whom the organisation enrolled, how they stand, and the ways to enrol more. That somebody looked is noted."""
    activity, ours, page = public_activity(slug), organisation_meant(), asked_page()
    if ours is None:
        return nobody_meant(activity)
    found, more = roster.group_of(activity, ours, page=page)
    families.viewed_all([one.participant for one in found], "group", slug, by=current_user)
    db.session.commit()
    undo()  # what follows is only shown
    return screen(
        "labs/group.html",
        enrolments=found,
        agreed=roster.agreed(found),
        positions=mine.positions(found),
        doubles=roster.doubles(activity, found) if acts_as("manager") else set(),
        closed=[told(one) for one in enrolment.closed(activity)],
        places=seats.places(activity),
        page=page,
        more=more,
        **told_on_page(activity, ours),
    )


@bp.route("/aggiungi", methods=["GET", "POST"])
@residents
def add(slug: str) -> ResponseReturnValue:
    """One more of the group."""
    activity, ours = public_activity(slug), organisation_meant()
    if ours is None:
        return nobody_meant(activity)
    form = one_form(activity)
    if form.is_submitted() and (line := _line(activity, form)):
        try:
            db.session.rollback()  # so far it only looked, and tries are counted outside
            must_not_flood([line])
            sending = form.once()
            if not sending.answer:
                (made,) = roster.enrol(activity, [line], organisation=ours, by=current_user, channel="assisted")
                sending.answer = way_to(".group", activity)
                flash(_named(made), "success")
            db.session.commit()
            return go(sending.answer)
        except roster.NotAll as refusal:
            undo()
            _blame(form, refusal.wrong)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/group_add.html", status=form.http_status, form=form, **told_on_page(activity, ours))


def _line(activity: Activity, form: OneForm) -> Line | None:
    """What the form says, as a line of a list; None where something is wrong, which then stands beside its field."""
    valid = form.validate()
    line, wrong = read_row(1, form.cells, roster.terms(activity))
    _blame(form, [one for one in wrong if not form[one.column].errors])
    return line if valid else None


def _blame(form: OneForm, wrong: list[Wrong]) -> None:
    """Put what does not pass beside its field."""
    for one in wrong:
        one.why.field = one.column or None
        form.show(one.why)


def _named(made: Enrolment) -> str:
    name = made.participant.name
    return _("%(name)s: iscrizione confermata.", name=name) if made.seat else _("%(name)s è in lista d'attesa.", name=name)


# --- what is done with one


@bp.get(f"/{NUMBER}")
@residents
@writes
def one(slug: str, id: int) -> ResponseReturnValue:
    """One of the group: what is kept of them, what was signed, and how to withdraw them. That somebody looked is noted."""
    found = _asked(slug, id)
    families.viewed(found.participant, "group", slug, by=current_user)
    db.session.commit()
    undo()  # what follows is only shown
    return _show(found, WithdrawForm())


def _show(found: Enrolment, form: Form) -> Response:
    record, activity = found.participant, found.activity
    ours = roster.is_ours(record)
    keeper = keeping.keeper_of(record)
    return screen(
        "labs/group_one.html",
        status=form.http_status,
        form=form if "reason" in form else WithdrawForm(formdata=None),
        refused=form,
        enrolment=found,
        record=record,
        ours=ours,
        guardian=keeper.guardian if keeper and ours else "",
        agreed=roster.agreed([found])[found.id],
        live=found.ended_at is None and not seats.is_over(activity, now()),
        position=seats.position(found),
        **told_on_page(activity, found.through),
    )


@bp.post(f"/{NUMBER}/ritira")
@residents
def withdraw(slug: str, id: int) -> ResponseReturnValue:
    """They give up their place, or wait no longer."""
    form = WithdrawForm()
    return _do(slug, id, form, lambda found: mine.leave(found, form.reason.data, by=current_user), _("Iscrizione ritirata."))


@bp.post(f"/{NUMBER}/consenso")
@residents
def take_back(slug: str, id: int) -> ResponseReturnValue:
    """Whoever signed a consent takes it back."""
    purpose = request.form.get("purpose", "")
    return _do(slug, id, ButtonForm(), lambda found: roster.take_back(found, purpose, by=current_user), _("Consenso ritirato."))


def _do(slug: str, id: int, form: Form, verb: Callable[[Enrolment], object], words: str) -> ResponseReturnValue:
    found = _asked(slug, id)
    if form.validate_on_submit():
        try:
            verb(found)
            db.session.commit()
            flash(words, "success")
            return go(url_for(".one", slug=slug, id=id, per=told_on_page(found.activity, found.through)["per"]))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            found = _asked(slug, id)
    return _show(found, form)


def _asked(slug: str, id: int) -> Enrolment:
    """Somebody whom the organisation enrolled, or for the staff any organisation; to others they do not exist."""
    if not (current_user.acting_as or acts_as("manager")):
        abort(404)
    activity, ours = public_activity(slug), organisation_meant()
    return roster.one_of(activity, id, ours, locked=request.method == "POST") or abort(404)
