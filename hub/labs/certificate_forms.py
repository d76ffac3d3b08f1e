"""What is asked about certificates: which to issue, the code of one, the name on it, why it is revoked."""

from flask_babel import lazy_gettext as _
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from hub.forms import Form, options, tidy
from hub.labs.certificates import USUAL_PERCENT
from hub.labs.rules import REASON_LENGTH
from hub.labs.words import CERTIFICATE_KINDS


class KindForm(Form):
    """Which certificate to issue to one."""

    kind = RadioField(_("Quale attestato"), [InputRequired(_("Scegli dall'elenco."))], choices=options(CERTIFICATE_KINDS.items()))


class IssueForm(KindForm):
    """To all that were there for long enough."""

    percent = IntegerField(
        _("Parte minima delle ore svolte, in percentuale"),
        [InputRequired(_("Scrivi un numero intero da 1 a 100.")), NumberRange(1, 100, _("Scrivi un numero intero da 1 a 100."))],
        default=USUAL_PERCENT,
        description=_("Si confrontano i minuti esatti, senza arrotondare."),
    )


class RevokeForm(Form):
    reason = TextAreaField(
        _("Motivo"),
        [DataRequired(_("Scrivi il motivo: lo legge chi ha l'attestato.")), Length(max=REASON_LENGTH)],
        filters=[tidy],
        description=_("Lo legge chi ha l'attestato, non chi lo controlla. Non scrivere nomi."),
    )


class FindForm(Form):
    """The code of a certificate, in the address of the page."""

    class Meta:
        csrf = False

    code = StringField(
        _("Codice di verifica"),
        [DataRequired(_("Scrivi il codice che sta sull'attestato.")), Length(max=200)],
        filters=[tidy],
        name="codice",
        description=_("Sono 16 lettere e cifre. Maiuscole, spazi e trattini non contano."),
    )


class NameForm(Form):
    """The name that stands on a certificate, to be told whether it is the right one."""

    name = StringField(
        _("Nome e cognome, come sull'attestato"),
        [DataRequired(_("Scrivi il nome che leggi sull'attestato.")), Length(max=200)],
        filters=[tidy],
    )
