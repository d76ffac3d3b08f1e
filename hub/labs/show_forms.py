"""The search of the programme, in the address of its list."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from hub.forms import Form, options
from hub.labs.showcase import Wish
from hub.labs.words import AREAS, KINDS, THEMES, TOPICS


class ShowForm(Form):
    """What somebody looks for: nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    theme = SelectField(_("Tema"), [Optional()], name="tema", choices=options(THEMES.items(), _("Tutti")))
    age = IntegerField(_("Età"), [Optional(), NumberRange(0, 120, _("Scrivi un'età da 0 a 120 anni."))], name="eta")  # in years
    kind = SelectField(_("Tipo"), [Optional()], name="tipo", choices=options(KINDS.items(), _("Tutti")))
    area = SelectField(_("Area"), [Optional()], name="area", choices=options(AREAS.items(), _("Tutte")))
    topic = SelectField(_("Argomento"), [Optional()], name="argomento", choices=options(TOPICS.items(), _("Tutti")))
    free = BooleanField(_("Solo con posti liberi"), name="posti")
    past = BooleanField(_("Edizioni passate"), name="passate")

    @property
    def more(self) -> bool:
        """Whether a wish is made beyond those that stand first."""
        return any(self[name].data or self[name].errors for name in ("area", "topic", "free", "past"))

    @property
    def wish(self) -> Wish:
        words = {name: self[name].data or "" for name in ("kind", "area", "theme", "topic")}
        return Wish(**words, age=self.age.data, free=self.free.data, past=self.past.data)
