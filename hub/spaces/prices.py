"""The managers' desk for the price list."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from hub.access import managers
from hub.clock import today
from hub.db import db, undo
from hub.filters import local
from hub.forms import CreatingForm, EurosField, options
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import price_list, service
from hub.spaces.models import Space
from hub.spaces.words import AUDIENCES, UNITS

bp = Blueprint("prices", __name__, url_prefix="/gestione")
bp.app_template_filter("audience_words")(AUDIENCES.__getitem__)
bp.app_template_filter("unit_words")(UNITS.__getitem__)


class PriceForm(CreatingForm):
    """A line of the price list of one space."""

    layout = SelectField(_l("Disposizione"), coerce=int)
    audience = SelectField(_l("Per chi"), choices=options(AUDIENCES.items(), _l("Per tutti gli altri")))
    unit = RadioField(_l("Unità"), [InputRequired(_l("Scegli l'unità."))], choices=options(UNITS.items()))
    euros = EurosField(_l("Prezzo in euro"), [InputRequired(_l("Scrivi il prezzo: 0 se è gratuito."))])
    valid_from = DateField(_l("Vale dal"), [InputRequired(_l("Scrivi da quando vale."))])
    valid_to = DateField(_l("Fino al (facoltativo)"), [Optional()])

    def offer(self, space: Space) -> None:
        """Say which layouts this space has."""
        layouts = ((layout.id, local(layout.name)) for layout in space.layouts)
        self.layout.choices = options([(0, _("Qualsiasi")), *layouts])

    def told(self, space: Space) -> dict[str, object]:
        """What it says, as `price_list.set_price` takes it."""
        return {
            "layout": next((layout for layout in space.layouts if layout.id == self.layout.data), None),
            "audience": self.audience.data or None,
            "unit": self.unit.data,
            "cents": self.euros.data,
            "valid_from": self.valid_from.data,
            "valid_to": self.valid_to.data,
        }


@bp.get("/tariffe")
@managers
def prices() -> ResponseReturnValue:
    """What every space costs, from today on."""
    spaces = service.spaces()
    by_space = {space.id: [] for space in spaces}
    for line in price_list.lines():
        by_space.setdefault(line.space_id, []).append(line)
    return screen("spaces/staff/prices.html", spaces=spaces, lines=by_space)


@bp.route("/tariffe/<slug>", methods=["GET", "POST"])
@managers
def price(slug: str) -> ResponseReturnValue:
    """The lines of one space, and another one."""
    space = service.space_by(slug) or abort(404)
    form = PriceForm(valid_from=today())
    form.offer(space)
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                price_list.set_price(space, **form.told(space))
                sending.answer = url_for(".price", slug=slug)
            db.session.commit()
            flash(_("Tariffa scritta. Chi ha già prenotato paga il prezzo che conosce."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    lines = price_list.lines(space)
    return screen("spaces/staff/price.html", status=form.http_status, space=space, form=form, lines=lines)


@bp.post("/tariffe/<slug>/<int(max=2147483647):id>/chiudi")
@managers
def end_price(slug: str, id: int) -> ResponseReturnValue:
    """A line holds until today, or goes where it has not begun."""
    space, line = service.space_by(slug), price_list.line_by(id)
    if space is None or line is None or line.space_id != space.id:
        abort(404)
    price_list.end_price(line)
    db.session.commit()
    flash(_("La tariffa vale fino a oggi."), "success")
    return go(url_for(".price", slug=slug))
