"""What an evaluator asks for, and which period a reader looks at."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from hub.evaluation.words import COLUMNS, FORMATS
from hub.forms import CreatingForm, Form, options


class PeriodForm(Form):
    """In the address of the page: nothing is sent, so nothing needs protecting. Its choices are those that were published."""

    class Meta:
        csrf = False

    period = SelectField(_("Periodo"), name="periodo")


class ExportForm(CreatingForm):
    """Which indicators, of when, by what, in which format."""

    first = DateField(_("Dal"), [Optional()], description=_("Lascia vuoto per cominciare dall'inizio."), name="dal")
    last = DateField(_("Al"), [Optional()], description=_("Lascia vuoto per arrivare a oggi."), name="al")
    by = SelectMultipleField(
        _("Diviso per"),
        choices=options(COLUMNS.items()),
        description=_("Al massimo tre, incrociati. Nessuno: il totale."),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        name="per",
    )
    format = SelectField(_("Formato"), choices=options(FORMATS.items()), name="formato")


class LogForm(CreatingForm):
    """Nothing to choose."""
