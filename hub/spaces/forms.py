"""The search of the list of spaces."""

from datetime import timedelta

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional, ValidationError

from hub.clock import today
from hub.filters import day
from hub.forms import Form, options
from hub.spaces.words import EQUIPMENT, LAYOUTS

REACH_DAYS = 730


def coming(_form: Form, field: DateField) -> None:
    """A day that a calendar of bookings reaches: from today to two years ahead."""
    latest = today() + timedelta(days=REACH_DAYS)
    if field.data and not today() <= field.data <= latest:
        raise ValidationError(_("Scegli un giorno da oggi fino a %(latest)s.", latest=day(latest)))


class SearchForm(Form):
    """Filters in the address of the page: nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    people = IntegerField(_("Quante persone?"), [Optional(), NumberRange(1, 2000)], name="persone")
    layout = SelectField(_("Disposizione"), [Optional()], name="disposizione", choices=options(LAYOUTS.items(), _("Qualsiasi")))
    equipment = SelectField(
        _("Attrezzatura"), [Optional()], name="attrezzatura", choices=options(EQUIPMENT.items(), _("Qualsiasi"))
    )
    when = DateField(_("Libero il giorno"), [Optional(), coming], name="giorno")
    step_free = BooleanField(_("Senza gradini"), name="senza-gradini")
