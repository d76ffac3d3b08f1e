"""My organisations: founding one, its data, in whose name I act, and its end."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import residents
from hub.accounts.rules import safe_next
from hub.db import db, undo
from hub.forms import Form
from hub.organisations import members, service
from hub.organisations.forms import ActForm, BirthForm, CloseForm, ContactsForm, EditForm, FoundForm, IdentityForm
from hub.organisations.models import Membership, Organisation
from hub.organisations.rules import ACTING_ROLES, CONTACTS, IDENTIFYING
from hub.organisations.words import HAPPENED, KINDS, LOOKS, STATES, role_words
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("organisations", __name__, url_prefix="/area-personale/organizzazioni")
bp.app_template_filter("organisation_kind")(KINDS.__getitem__)
bp.app_template_filter("organisation_state")(STATES.__getitem__)
bp.app_template_filter("organisation_look")(LOOKS.__getitem__)
bp.app_template_filter("organisation_role")(role_words)
bp.app_template_filter("organisation_event")(
    lambda change: HAPPENED[change.reason if change.before == change.after else (change.before, change.after)]
)
ONE = "/<int(max=2147483647):id>"


@bp.get("")
@residents
def mine() -> ResponseReturnValue:
    return _mine(ActForm())


def _mine(form: ActForm) -> Response:
    found = service.memberships_of(current_user)
    acting = [one.organisation for one in found if one.role in ACTING_ROLES and one.organisation.state == "verified"]
    return screen("organisations/mine.html", status=form.http_status, memberships=found, acting_choices=acting, form=form)


@bp.post("/agisci")
@residents
def act() -> ResponseReturnValue:
    """Act in an organisation's name, or in one's own, in this browser; and on from where one was."""
    form = ActForm()
    if form.validate_on_submit():
        try:
            members.act_for(form.chosen, by=current_user)
            db.session.commit()
            return go(safe_next(form.next.data, url_for(".mine")))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return _mine(form)


@bp.route("/nuova", methods=["GET", "POST"])
@residents
def found() -> ResponseReturnValue:
    """Register an organisation that one stands for."""
    form, twin = FoundForm(), None
    if not service.asks_birth(current_user):
        del form.birth_date
    if form.validate_on_submit():
        values = _values(form, (*IDENTIFYING, *CONTACTS))
        try:
            sending = form.once()
            if not sending.answer:
                made = service.found(values, by=current_user, birth_date=form.birth_date and form.birth_date.data)
                sending.answer = url_for(".organisation", id=made.id)
            db.session.commit()
            flash(_("Organizzazione registrata: ora aspetta la verifica."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
            twin = service.waiting_like(values, by=current_user) if refusal.rule == "twin" else None
    return screen("organisations/found.html", "organisations/_found.html", form.http_status, form=form, twin=twin)


@bp.get(ONE)
@residents
def organisation(id: int) -> ResponseReturnValue:
    """Everything about one of mine, for whoever belongs to it."""
    own = _own(id)
    return screen(
        "organisations/organisation.html",
        own=own,
        organisation=own.organisation,
        members=service.members_of(own.organisation),
        changes=service.history(own.organisation),
    )


@bp.route(f"{ONE}/modifica", methods=["GET", "POST"])
@residents
def edit(id: int) -> ResponseReturnValue:
    """Its data; of a verified one, what it changes without being verified again."""
    own = _own(id, *ACTING_ROLES)
    is_verified = own.organisation.state == "verified"
    form = (ContactsForm if is_verified else EditForm)(obj=own.organisation)
    names = CONTACTS if is_verified else (*IDENTIFYING, *CONTACTS)
    return _revise(own, form, names, "organisations/edit.html", "organisations/_edit.html")


@bp.route(f"{ONE}/denominazione", methods=["GET", "POST"])
@residents
def identity(id: int) -> ResponseReturnValue:
    """What identifies a verified organisation: it is verified again."""
    own = _own(id, "legal_rep")
    if own.organisation.state != "verified":
        return go(url_for(".edit", id=id))
    form = IdentityForm(obj=own.organisation)
    return _revise(own, form, IDENTIFYING, "organisations/identity.html", "organisations/_identity.html")


def _revise(own: Membership, form: Form, names: tuple[str, ...], page: str, part: str) -> Response:
    is_stale = False
    if form.validate_on_submit():
        try:
            form.must_be_as_seen(own.organisation)
            before = own.organisation.state
            service.revise(_values(form, names), by=own, level=current_user.level)
            db.session.commit()
            sent = own.organisation.state != before
            flash(_("Dati salvati e inviati: ora aspettano la verifica.") if sent else _("Dati salvati."), "success")
            return go(url_for(".organisation", id=own.organisation_id))
        except Refusal as refusal:
            undo()
            form.show(refusal)
            is_stale = refusal.rule == "seen"
            own = _own(own.organisation_id)
    form.look(own.organisation)
    return screen(page, part, form.http_status, form=form, own=own, organisation=own.organisation, is_stale=is_stale)


@bp.route(f"{ONE}/nascita", methods=["GET", "POST"])
@residents
def birth(id: int) -> ResponseReturnValue:
    """When I was born, which an informal group needs to know of its members."""
    own = _own(id)
    form = BirthForm()
    if own.organisation.kind != "informal_group" or own.person.birth_date is not None:
        return go(url_for(".organisation", id=id))
    if form.validate_on_submit():
        told = _("Data di nascita salvata.")
        return _do(form, lambda: members.declare_birth(form.birth_date.data, by=own), told, id) or _birth(id, form)
    return _birth(id, form)


def _birth(id: int, form: BirthForm) -> Response:
    return screen("organisations/birth.html", status=form.http_status, form=form, organisation=_own(id).organisation)


@bp.route(f"{ONE}/chiudi", methods=["GET", "POST"])
@residents
def close(id: int) -> ResponseReturnValue:
    own = _own(id, "legal_rep")
    form = CloseForm()
    if form.validate_on_submit():

        def end() -> None:
            form.must_be_as_seen(own.organisation)
            service.close(by=own, level=current_user.level)

        if done := _do(form, end, _("Organizzazione chiusa."), id):
            return done
        own = _own(id)
    form.look(own.organisation)
    return screen("organisations/close.html", status=form.http_status, form=form, organisation=own.organisation)


def _do(form: Form, verb: Callable[[], None], words: str, id: int) -> Response | None:
    """Carry a verb out and go to the organisation's page; None where it was refused, which the form then shows."""
    try:
        verb()
        db.session.commit()
        flash(words, "success")
        return go(url_for(".organisation", id=id))
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return None


def _own(id: int, *roles: str) -> Membership:
    """My place in an organisation, locked where this request may change it; to who is not of it, it does not exist."""
    own = service.membership_of(current_user, id, locked=request.method == "POST") or abort(404)
    if roles and own.role not in roles:
        abort(403)
    return own


def _values(form: Form, names: tuple[str, ...]) -> dict[str, str | None]:
    return {name: form[name].data for name in names}


@bp.app_template_global("organisation_rows")
def _rows(organisation: Organisation) -> list[tuple[str, str]]:
    """What an organisation says of itself, as terms and words."""
    rows = [
        (_("Tipo"), str(KINDS[organisation.kind])),
        (_("Nome"), organisation.name),
        (_("Codice fiscale"), organisation.tax_code),
        (_("Partita IVA"), organisation.vat_number),
        (_("Che cosa fa"), organisation.purpose),
        (_("E-mail"), organisation.email),
        (_("PEC"), organisation.pec),
        (_("Indirizzo"), organisation.address),
    ]
    return [(term, words) for term, words in rows if words]
