"""The managers' desk for closures: who is in the way, then the closure itself, or the block of one space for some hours."""

from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import BooleanField, DateField, HiddenField, SelectMultipleField, StringField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking import closing
from hub.clock import instants, now, starts_of
from hub.db import db, undo, writes
from hub.filters import local
from hub.forms import CreatingForm, Form, options, tidy
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import closures as standing
from hub.spaces import service as spaces
from hub.spaces.forms import coming
from hub.spaces.models import Space
from hub.spaces.rules import Slot

bp = Blueprint("closures", __name__, url_prefix="/gestione/chiusure")


class ClosureForm(Form):
    """What to close, when and why: in the address, so that a page can ask for the block of one space."""

    class Meta:
        csrf = False

    everything = BooleanField(_l("Tutto l'hub"), name="tutto")
    spaces = SelectMultipleField(_l("Quali spazi"), name="spazio", option_widget=CheckboxInput())
    first = DateField(_l("Dal giorno"), [InputRequired(_l("Scegli da quale giorno.")), coming], name="dal")
    first_at = TimeField(_l("Dalle ore"), [Optional()], name="dalle", description=_l("Vuoto: da quando comincia il giorno."))
    last = DateField(_l("Al giorno"), [Optional(), coming], name="al", description=_l("Vuoto: lo stesso giorno."))
    last_at = TimeField(_l("Alle ore"), [Optional()], name="alle", description=_l("Vuoto: fino alla fine del giorno."))
    reason = StringField(
        _l("Perché"),
        [DataRequired(_l("Scrivi perché: chi ha prenotato lo legge.")), Length(max=160)],
        name="motivo",
        filters=[tidy],
        description=_l("Per esempio: lavori al tetto. Lo leggono tutti."),
    )
    reason_en = StringField(
        _l("Perché, in inglese (facoltativo)"), [Optional(), Length(max=160)], name="motivo-en", filters=[tidy]
    )

    def offer(self, offered: list[Space]) -> None:
        self.spaces.choices = options((space.slug, local(space.name)) for space in offered)

    def chosen(self, offered: list[Space]) -> list[Space]:
        """The spaces to close."""
        return [space for space in offered if self.everything.data or space.slug in self.spaces.data]

    def validate_spaces(self, field: SelectMultipleField) -> None:
        if not self.everything.data and not field.data:
            raise ValidationError(_("Scegli almeno uno spazio, oppure tutto l'hub."))

    @property
    def slot(self) -> Slot:
        """From when to when; where the clocks show an hour twice, both are closed. Raises Refusal."""
        first, last = self.first.data, self.last.data or self.first.data
        starts = _instants(first, self.first_at.data, "first_at")[0] if self.first_at.data else starts_of(first)
        ends = _instants(last, self.last_at.data, "last_at")[-1] if self.last_at.data else starts_of(last + timedelta(days=1))
        return Slot(starts, ends)

    @property
    def words(self) -> dict[str, str]:
        return {"it": self.reason.data} | ({"en": self.reason_en.data} if self.reason_en.data else {})


def _instants(day: date, at: time, field: str) -> list[datetime]:
    found = instants(day, at)
    if not found:
        raise Refusal("Quella notte l'orologio va avanti e quest'ora non c'è: scegline un'altra.", field=field, rule="no-hour")
    return found


class ConfirmForm(CreatingForm):
    """The closure is made once, for the bookings that were shown."""

    seen = HiddenField()


@bp.get("")
@managers
def closures() -> ResponseReturnValue:
    """The closures that are not over: all, or those of one space."""
    offered = spaces.spaces()
    space = None
    if slug := request.args.get("spazio"):
        space = next((one for one in offered if one.slug == slug), None) or abort(404)
    found = standing.standing(atoms=space and space.atom_ids)
    shown = [(closed, [one for one in offered if closed.atoms & set(one.atom_ids)]) for closed in found]
    return screen("booking/staff/closures.html", closures=shown, space=space, whole=len(offered))


@bp.route("/nuova", methods=["GET", "POST"])
@managers
@writes
def closure() -> ResponseReturnValue:
    """What to close; then who is in the way; then it is closed."""
    offered, form = spaces.spaces(), ClosureForm(request.args)
    form.offer(offered)
    asked = _asked(form, offered) if "motivo" in request.args and "modifica" not in request.args else None
    if asked is None:
        return screen("booking/staff/closure.html", None, form.http_status, form=form)
    chosen, slot = asked
    confirm = ConfirmForm()
    if confirm.validate_on_submit():
        try:
            sending, words = confirm.once(), _("Questa chiusura è già scritta.")
            if not sending.answer:
                words = _told(closing.close(chosen, slot, form.words, seen=confirm.seen.data, by=current_user))
                sending.answer = url_for(".closures")
            db.session.commit()
            flash(words, "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            confirm.show(refusal)
    hits = closing.met(chosen, slot)
    confirm.seen.data = closing.seal(hits)
    if request.method == "GET":
        for hit in closing.sent(hits):
            opened(hit.booking.requester, "booking", hit.booking.code, by=current_user)
        db.session.commit()
    return screen(
        "booking/staff/closure_confirm.html",
        None,
        confirm.http_status,
        form=confirm,
        slot=slot,
        reason=form.words,
        hits=closing.sent(hits),
        held=len(hits) - len(closing.sent(hits)),
        touched=standing.touched(offered, standing.atoms_of(chosen)),
        whole=len(offered),
        asked=request.args.to_dict(flat=False),
    )


def _asked(form: ClosureForm, offered: list[Space]) -> tuple[list[Space], Slot] | None:
    """The spaces and the time, where they can be closed; else the form says why not."""
    if form.validate():
        try:
            standing.must_be_a_closure(form.slot, now())
            closing.must_leave_sessions(closing.sessions_met(form.chosen(offered), form.slot))
            return form.chosen(offered), form.slot
        except Refusal as refusal:
            form.show(refusal)
    return None


def _told(ended: list[closing.Hit]) -> str:
    """What was done, and who has to be called because they have no address."""
    if not ended:
        return _("Chiusura scritta. Nessuno aveva prenotato in quelle ore.")
    called = [f"{hit.booking.contact} {hit.booking.phone}".strip() for hit in ended if hit.booking.requester is None]
    words = _("Chiusura scritta. Prenotazioni toccate: %(count)s; chi ha un indirizzo riceve una mail.", count=len(ended))
    return f"{words} {_('Da chiamare: %(names)s.', names=', '.join(called))}" if called else words


@bp.post("/<int(max=2147483647):id>/togli")
@managers
def reopen(id: int) -> ResponseReturnValue:
    """What was closed is open again from now on."""
    found = standing.closure_by(id) or abort(404)
    try:
        standing.remove(found)
        db.session.commit()
        flash(_("Chiusura tolta: da ora si prenota di nuovo. Chi ha perso il posto non lo riprende da solo."), "success")
    except Refusal as refusal:
        undo()
        flash(_(refusal.words), "danger")
    return go(url_for(".closures"))
