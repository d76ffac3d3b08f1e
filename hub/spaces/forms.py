"""The search of the list of spaces."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from hub.forms import Form
from hub.spaces.words import EQUIPMENT, LAYOUTS


class SearchForm(Form):
    """Filters in the address of the page: nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    people = IntegerField(_("Quante persone?"), [Optional(), NumberRange(1, 2000)], name="persone")
    layout = SelectField(_("Disposizione"), [Optional()], name="disposizione", choices=[("", _("Qualsiasi")), *LAYOUTS.items()])
    equipment = SelectField(
        _("Attrezzatura"), [Optional()], name="attrezzatura", choices=[("", _("Qualsiasi")), *EQUIPMENT.items()]
    )
    day = DateField(_("Libero il giorno"), [Optional()], name="giorno")
    step_free = BooleanField(_("Senza gradini"), name="senza-gradini")
