"""The search of the list of spaces."""

from datetime import timedelta

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.clock import today
from hub.filters import day, minutes
from hub.forms import EurosField, Form, options
from hub.spaces.needs import LENGTHS, MOST_DAYS, Need
from hub.spaces.words import AUDIENCES, EQUIPMENT, LAYOUTS, PARTS

REACH_DAYS = 730
USUAL_MINUTES = 120


def coming(_form: Form, field: DateField) -> None:
    """A day that a calendar of bookings reaches: from today to two years ahead."""
    latest = today() + timedelta(days=REACH_DAYS)
    if field.data and not today() <= field.data <= latest:
        raise ValidationError(_("Scegli un giorno da oggi fino a %(latest)s.", latest=day(latest)))


class SearchForm(Form):
    """What somebody needs, in the address of the page: nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    people = IntegerField(_("Quante persone?"), [Optional(), NumberRange(1, 2000)], name="persone")
    first = DateField(_("Libero il giorno"), [Optional(), coming], name="giorno")
    length = SelectField(_("Per quanto tempo"), coerce=int, name="durata", default=USUAL_MINUTES)
    layout = SelectField(_("Disposizione"), [Optional()], name="disposizione", choices=options(LAYOUTS.items(), _("Qualsiasi")))
    last = DateField(_("Fino al giorno"), [Optional(), coming], name="al", description=_("Per cercare in più giorni."))
    part = SelectField(_("Parte del giorno"), [Optional()], name="parte", choices=options(PARTS.items(), _("Qualsiasi")))
    at = TimeField(_("Oppure inizio alle"), [Optional()], name="ora")
    budget = EurosField(_("Spesa massima in euro"), [Optional()], name="spesa")
    audience = SelectField(
        _("Chi prenota"),
        name="chi",
        default="resident",
        choices=options((code, words) for code, words in AUDIENCES.items() if code != "patronage"),
        description=_("Regole e prezzi possono cambiare."),
    )
    equipment = SelectMultipleField(
        _("Attrezzatura"),
        name="attrezzatura",
        choices=options(EQUIPMENT.items()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    step_free = BooleanField(_("Senza gradini"), name="senza-gradini")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.length.choices = options((length, minutes(length)) for length in LENGTHS)

    def validate_last(self, field: DateField) -> None:
        if field.data and self.first.data is None:
            raise ValidationError(_("Scrivi anche il primo giorno."))
        if field.data and self.first.data and not timedelta() <= field.data - self.first.data < timedelta(days=MOST_DAYS):
            raise ValidationError(_("L'ultimo giorno viene dopo il primo, al massimo %(days)s giorni in tutto.", days=MOST_DAYS))

    @property
    def more(self) -> bool:
        """Whether a wish is made beyond those that stand first."""
        return any(self[name].data or self[name].errors for name in ("last", "part", "at", "budget", "equipment", "step_free"))

    @property
    def need(self) -> Need:
        """What it asks for."""
        return Need(
            first=self.first.data,
            last=self.last.data,
            part=None if self.at.data else self.part.data or None,
            start=self.at.data.hour * 60 + self.at.data.minute if self.at.data else None,
            minutes=self.length.data,
            people=self.people.data,
            layout=self.layout.data or None,
            equipment=tuple(self.equipment.data or ()),
            step_free=self.step_free.data,
            budget_cents=self.budget.data,
            audience=self.audience.data,
        )


def address_of(need: Need) -> dict[str, object]:
    """A need as the address of the search holds it; what is left out is as nobody wished."""
    told = {
        "persone": need.people,
        "giorno": need.first and need.first.isoformat(),
        "al": need.last.isoformat() if need.last and need.last != need.first else None,
        "durata": need.minutes,
        "disposizione": need.layout,
        "parte": need.part,
        "ora": None if need.start is None else f"{need.start // 60:02}:{need.start % 60:02}",
        "spesa": None if need.budget_cents is None else f"{need.budget_cents // 100},{need.budget_cents % 100:02}",
        "chi": None if need.audience == "resident" else need.audience,
        "attrezzatura": list(need.equipment) or None,
        "senza-gradini": "y" if need.step_free else None,
    }
    return {name: value for name, value in told.items() if value is not None}
