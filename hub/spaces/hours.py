"""The managers' desk for opening hours: weeks and seasons, days unlike the others, and what the public sees of both."""

from datetime import time

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from hub.access import managers
from hub.clock import today
from hub.db import db, undo
from hub.filters import local
from hub.forms import CreatingForm, options, tidy
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import opening, service
from hub.spaces.forms import coming
from hub.spaces.models import Space
from hub.spaces.words import AUDIENCES, WEEKDAYS

bp = Blueprint("hours", __name__, url_prefix="/gestione/orari")
bp.app_template_filter("weekday_words")(WEEKDAYS.__getitem__)
EVERYBODY = _l("Per tutti")


class HoursForm(CreatingForm):
    """From when to when: of the day itself, midnight at its end is 00:00."""

    opens = TimeField(_l("Apre alle"), [InputRequired(_l("Scrivi a che ora apre."))])
    closes = TimeField(
        _l("Chiude alle"), [InputRequired(_l("Scrivi a che ora chiude."))], description=_l("00:00 è la fine del giorno.")
    )
    audience = SelectField(_l("Per chi"), choices=options(AUDIENCES.items(), EVERYBODY))

    @property
    def hours(self) -> dict[str, object]:
        """What it says of the hours, in minutes after midnight."""
        closes = _minutes(self.closes.data) or 24 * 60
        return {"opens": _minutes(self.opens.data), "closes": closes, "audience": self.audience.data or None}


class WeekForm(HoursForm):
    """Hours of some days of the week, for a season or for good."""

    weekdays = SelectMultipleField(
        _l("In quali giorni"),
        [InputRequired(_l("Scegli almeno un giorno."))],
        coerce=int,
        choices=options(enumerate(WEEKDAYS)),
        option_widget=CheckboxInput(),
    )
    valid_from = DateField(_l("Vale dal"), [InputRequired(_l("Scrivi da quando vale.")), coming])
    valid_to = DateField(_l("Fino al (facoltativo)"), [Optional(), coming])
    replacing = BooleanField(
        _l("Al posto degli orari che quei giorni hanno già"),
        description=_l("Prima e dopo questo periodo tornano gli orari di adesso. Se non lo scegli, le ore si aggiungono."),
    )

    @property
    def told(self) -> dict[str, object]:
        return self.hours | {name: self[name].data for name in ("weekdays", "valid_from", "valid_to", "replacing")}


class DayForm(HoursForm):
    """Hours of one day, in place of its week's."""

    valid_from = DateField(_l("Giorno"), [InputRequired(_l("Scegli un giorno.")), coming])
    reason_it = StringField(
        _l("Perché, in italiano"),
        [DataRequired(_l("Scrivi perché: chi guarda il calendario lo legge.")), Length(max=120)],
        filters=[tidy],
        description=_l("Per esempio: Notte bianca."),
    )
    reason_en = StringField(_l("Perché, in inglese (facoltativo)"), [Optional(), Length(max=120)], filters=[tidy])

    @property
    def told(self) -> dict[str, object]:
        return self.hours | {"day": self.valid_from.data, "reason": words_of(self.reason_it.data, self.reason_en.data)}


def words_of(italian: str, english: str | None) -> dict[str, str]:
    """Words in the languages in which they were written."""
    return {"it": italian} | ({"en": english} if english else {})


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


@bp.get("")
@managers
def hours() -> ResponseReturnValue:
    """The hours of the hub or of one space, and the coming days."""
    space, audience = _asked_space(), request.args.get("per") or None
    if audience and audience not in AUDIENCES:
        abort(404)
    spaces = service.spaces()
    return screen(
        "spaces/staff/hours.html",
        space=space,
        audience=audience,
        spaces=spaces,
        closed=opening.closed(spaces, space),
        lines=opening.lines(space),
        days=opening.days(space, audience),
        holiday=service.holiday,
        outside=opening.outside(),
        audiences=AUDIENCES,
        today=today(),
    )


@bp.route("/settimana", methods=["GET", "POST"])
@managers
def week() -> ResponseReturnValue:
    """Hours of some days of the week."""
    space, form = _asked_space(), WeekForm(valid_from=today())
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                opening.set_week(space, **form.told)
                sending.answer = _address(space)
            db.session.commit()
            flash(_("Orario scritto: qui sotto vedi i prossimi giorni come li vede il pubblico."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("spaces/staff/hours_week.html", None, form.http_status, form=form, space=_asked_space())


@bp.route("/giorno", methods=["GET", "POST"])
@managers
def special_day() -> ResponseReturnValue:
    """Hours of one day unlike the others: an opening on a holiday, a longer evening."""
    space, form = _asked_space(), DayForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                opening.set_day(space, **form.told)
                sending.answer = _address(space)
            db.session.commit()
            flash(_("Apertura scritta: per quel giorno valgono solo queste ore."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("spaces/staff/hours_day.html", None, form.http_status, form=form, space=_asked_space())


@bp.post("/<int(max=2147483647):id>/chiudi")
@managers
def end_hours(id: int) -> ResponseReturnValue:
    """A line holds until today, or goes where it has not begun."""
    line = opening.line_by(id) or abort(404)
    space = next((one for one in service.spaces() if one.id == line.space_id), None)
    opening.end_hours(line)
    db.session.commit()
    flash(_("Fatto: i giorni passati restano come erano."), "success")
    return go(_address(space))


def _asked_space() -> Space | None:
    """The space of the address; None is the hub itself."""
    slug = request.args.get("spazio")
    return (service.space_by(slug) or abort(404)) if slug else None


def _address(space: Space | None) -> str:
    return url_for(".hours", spazio=space.slug) if space else url_for(".hours")


@bp.app_template_global("owner_words")
def _owner_words(space: Space | None) -> str:
    """Whose hours they are."""
    return local(space.name) if space else _("Tutto l'hub")
