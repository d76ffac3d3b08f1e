"""My family: who is in it, what is kept of each, who takes the children home, what is consented to, who looked."""

from datetime import date

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.clock import today
from hub.db import db, undo
from hub.families import consents, rules, service
from hub.families.forms import AddForm, ChildForm, ConsentForm, OwnForm, PickupForm
from hub.families.models import Consent, Participant
from hub.families.words import BASES, GENDERS, LOOKED_AT, OTHER_LOOK, PURPOSES, STANDING_PURPOSES, consent_words
from hub.filters import day
from hub.refusal import Refusal
from hub.screen import asked_page, go, screen

bp = Blueprint("families", __name__, url_prefix="/area-personale/famiglia")
bp.app_template_filter("comes_of_age")(rules.comes_of_age)
bp.app_template_filter("basis_words")(BASES.__getitem__)
bp.app_template_filter("consent_purpose")(PURPOSES.__getitem__)
bp.app_template_filter("family_look_words")(lambda what: LOOKED_AT.get(what, OTHER_LOOK))
bp.app_template_global("consent_words")(consent_words)
NUMBER = "int(max=2147483647)"
ONE = f"/<{NUMBER}:id>"


@bp.get("")
@residents
def family() -> ResponseReturnValue:
    """The children for whom I answer, and my own record."""
    return screen("families/family.html", children=service.children_of(current_user), own=service.record_of(current_user))


@bp.route("/aggiungi", methods=["GET", "POST"])
@residents
def add() -> ResponseReturnValue:
    """A child for whom I answer from now on."""
    form = AddForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                child = service.add_child(form.said, **form.declared, by=current_user)
                sending.answer = url_for(".record", id=child.id)
            db.session.commit()
            flash(_("Scheda salvata. Ora puoi iscriverlo alle attività."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("families/add.html", "families/_add.html", form.http_status, form=form)


@bp.route("/io", methods=["GET", "POST"])
@residents
def me() -> ResponseReturnValue:
    """My own record, made here or with my first enrolment."""
    own = service.record_of(current_user)
    if own is not None:
        return go(url_for(".record", id=own.id))
    form = OwnForm(birth_date=current_user.birth_date)
    if service.is_identified(current_user):
        del form.birth_date
    if form.validate_on_submit():
        try:
            own = service.participant_of(current_user, form.birth_date and form.birth_date.data)
            service.change(own, form.said, by=current_user)
            db.session.commit()
            return go(url_for(".record", id=own.id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("families/me.html", status=form.http_status, form=form)


@bp.get(ONE)
@residents
def record(id: int) -> ResponseReturnValue:
    """Everything about one of mine."""
    return _show(_mine(id), PickupForm())


def _show(record: Participant, form: PickupForm) -> Response:
    return screen(
        "families/record.html",
        status=form.http_status,
        record=record,
        form=form,
        own=record.person_id == current_user.id,
        minor=service.is_minor(record),
        answers=service.answers_for(current_user, record),
        changes=service.may_change(current_user, record),
        guardianships=service.guardianships_of(record),
        pickups=service.pickups_of(record),
        agreed=_standing(record),
    )


def _standing(record: Participant) -> list[tuple[str, Consent | None]]:
    """What is consented to for all activities, purpose by purpose; to go home alone is asked for a child."""
    live = {one.purpose: one for one in consents.consents_of(record) if one.activity_id is None and one.withdrawn_at is None}
    asked = [purpose for purpose in STANDING_PURPOSES if purpose != "leave_alone" or service.is_minor(record)]
    return [(purpose, live.get(purpose)) for purpose in asked]


@bp.route(f"{ONE}/modifica", methods=["GET", "POST"])
@residents
def edit(id: int) -> ResponseReturnValue:
    """Correct what is kept."""
    record = _mine(id)
    if not service.may_change(current_user, record):
        abort(403)
    own = record.person_id == current_user.id
    form = (OwnForm if own else ChildForm)(obj=record)
    if own and service.is_identified(current_user):
        del form.birth_date
    if form.validate_on_submit():
        try:
            service.change(record, form.said, by=current_user)
            db.session.commit()
            flash(_("Dati salvati."), "success")
            return go(url_for(".record", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            record = _mine(id)
    return screen("families/edit.html", "families/_edit.html", form.http_status, form=form, record=record, own=own)


@bp.post(f"{ONE}/ritiro")
@residents
def add_pickup(id: int) -> ResponseReturnValue:
    """Another adult who may take the child home."""
    record, form = _mine(id), PickupForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                service.add_pickup(record, name=form.name.data, phone=form.phone.data or "", by=current_user)
                sending.answer = url_for(".record", id=id, _anchor="pickups")
            db.session.commit()
            flash(_("%(adult)s può venire a prendere %(name)s.", adult=form.name.data, name=record.given_name), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            record = _mine(id)
    return _show(record, form)


@bp.post(f"{ONE}/ritiro/<{NUMBER}:pickup>/togli")
@residents
def end_pickup(id: int, pickup: int) -> ResponseReturnValue:
    """Somebody takes the child home no longer."""
    record = _mine(id)
    if not service.answers_for(current_user, record):
        abort(403)
    ended = service.end_pickup(record, pickup, by=current_user) or abort(404)
    db.session.commit()
    flash(_("%(adult)s non può più venire a prendere %(name)s.", adult=ended.name, name=record.given_name), "success")
    return go(url_for(".record", id=id, _anchor="pickups"))


@bp.route(f"{ONE}/consensi", methods=["GET", "POST"])
@residents
def agreements(id: int) -> ResponseReturnValue:
    """What is consented to, purpose by purpose, and the history of it."""
    record, form = _mine(id), ConsentForm()
    if form.validate_on_submit():
        try:
            words = _agree(record, form)
            db.session.commit()
            flash(words, "success")
            return go(url_for(".agreements", id=id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            record = _mine(id)
    given = consents.consents_of(record)
    return screen(
        "families/agreements.html",
        status=form.http_status,
        record=record,
        form=form,
        own=record.person_id == current_user.id and not service.is_minor(record),
        answers=service.answers_for(current_user, record),
        agreed=_standing(record),
        given=given,
        titles=service.titles_of(one.activity_id for one in given if one.activity_id),
    )


def _agree(record: Participant, form: ConsentForm) -> str:
    """Carry out what was asked for by the button; says it in words."""
    if form.give.data in STANDING_PURPOSES:
        consents.give_consent(record, form.give.data, by=current_user)
        return _("Consenso dato: puoi ritirarlo quando vuoi.")
    text = form.withdraw.data or ""
    given = consents.consent_of(record, int(text) if text.isdecimal() and len(text) < 10 else 0)
    rules.must_stand(given is not None)
    consents.take_back(given, by=current_user)
    return _("Consenso ritirato.")


@bp.get(f"{ONE}/accessi")
@residents
def looks(id: int) -> ResponseReturnValue:
    """Who of the staff opened what is kept of one of mine."""
    record, page = _mine(id), asked_page()
    found, more = service.views_of(record, page=page)
    return screen("families/looks.html", record=record, views=found, page=page, more=more)


def _mine(id: int) -> Participant:
    """A record that I may read, locked where this request may change it; to anybody else it does not exist."""
    return service.record_seen_by(current_user, id, locked=request.method == "POST") or abort(404)


@bp.app_template_filter("age")
def _age(born: date) -> int:
    """How old somebody is today."""
    return rules.years_old(born, today())


@bp.app_template_global("record_rows")
def _rows(record: Participant) -> list[tuple[str, str]]:
    """What is kept of somebody, as terms and words."""
    born = record.birth_date
    rows = [
        (_("Nome"), record.name),
        (_("Data di nascita"), _("%(day)s (%(years)s anni)", day=day(born, "d MMMM y"), years=_age(born)) if born else ""),
        (_("Genere"), str(GENDERS[record.gender]) if record.gender else ""),
        (_("Abita a Lecce"), _("sì") if record.resident else _("no")),
        (_("In caso di emergenza"), " · ".join(filter(None, (record.emergency_name, record.emergency_phone)))),
    ]
    return [(term, words) for term, words in rows if words]
