"""What the calendar of the spaces shows: in its address, where nothing is sent and nothing needs protecting."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField
from wtforms.validators import Optional, ValidationError

from hub.clock import today
from hub.filters import day
from hub.forms import Form, options

REACH_DAYS = 730
VIEWS = {"giorno": _("Un giorno"), "settimana": _("Una settimana")}


def within_reach(_form: Form, field: DateField) -> None:
    """A day that the calendar turns to: two years back and two ahead."""
    if field.data and not is_within_reach(field.data):
        reach = timedelta(days=REACH_DAYS)
        words = _("Scegli un giorno da %(first)s a %(last)s.", first=day(today() - reach), last=day(today() + reach))
        raise ValidationError(words)


def is_within_reach(value: date) -> bool:
    return abs(value - today()) <= timedelta(days=REACH_DAYS)


class CalendarForm(Form):
    """The day, the view and the space to show."""

    class Meta:
        csrf = False

    day = DateField(_("Giorno"), [Optional(), within_reach], name="giorno")
    space = SelectField(_("Spazio"), [Optional()], name="spazio")
    view = SelectField(_("Mostra"), [Optional()], name="vista", choices=options(VIEWS.items()))
