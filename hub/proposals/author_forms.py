"""Forms of who writes a proposal together."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, EmailField
from wtforms.validators import DataRequired

from hub.accounts.forms import EMAIL
from hub.forms import CreatingForm, Form, tidy


class InviteForm(CreatingForm):
    email = EmailField(
        _("E-mail della persona da invitare"),
        EMAIL,
        [tidy],
        description=_("Riceve un link che vale 14 giorni, con il tuo nome e il titolo della proposta."),
    )


class AcceptForm(Form):
    named = BooleanField(
        _("Mostra il mio nome tra gli autori"),
        description=_("Senza la spunta la pagina dice quanti siete, e non il tuo nome. Si può cambiare quando si vuole."),
    )


class LeaveForm(Form):
    sure = BooleanField(_("Sì, non sono più tra gli autori"), [DataRequired(_("Per continuare spunta la casella."))])
