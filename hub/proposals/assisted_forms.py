"""The forms of the desk where an operator helps somebody take part, and of who claims what they did there."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from hub.forms import Form, options, tidy
from hub.proposals.rules import LONGEST_COMMENT
from hub.proposals.words import CHANNELS, CHOICES, STANCES


class HelpForm(Form):
    """Who is here, and what they agree to."""

    name = StringField(_("Nome e cognome"), [DataRequired(_("Scrivi il nome di chi aiuti.")), Length(max=160)], filters=[tidy])
    fiscal_code = StringField(
        _("Codice fiscale"),
        [Length(max=40)],
        description=_("Serve perché nessuno conti due volte. Non lo conserviamo: ne resta un'impronta che non si può leggere."),
    )
    document = StringField(_("Numero del documento"), [Length(max=40)], description=_("Solo per chi non ha un codice fiscale."))
    email = StringField(
        _("E-mail (facoltativa)"),
        [Optional(), Length(max=254), Email(_("Scrivi un indirizzo e-mail, per esempio nome@posta.it."))],
        description=_("Se ce l'ha, riceve lì la sua ricevuta."),
    )
    place = StringField(
        _("Dove siete"),
        [DataRequired(_("Scrivi dove siete, per esempio: sportello delle Officine.")), Length(max=120)],
        filters=[tidy],
    )
    channel = RadioField(
        _("Come"),
        choices=options((code, CHANNELS[code]) for code in ("assisted", "paper")),
        default="assisted",
    )
    consent = BooleanField(
        _("Ho letto ad alta voce il testo qui sopra e la persona è d'accordo"),
        [DataRequired(_("Senza il suo accordo non si può cominciare."))],
    )


class FindForm(Form):
    """Which proposals."""

    class Meta(Form.Meta):
        csrf = False

    q = StringField(_("Cerca una proposta"), [Length(max=200)])


class VoteForm(Form):
    choice = RadioField(_("Che cosa vota"), choices=options(CHOICES.items()))


class SayForm(Form):
    """A comment in their words."""

    stance = RadioField(_("Com'è il commento"), choices=options(STANCES.items()))
    text = TextAreaField(_("Che cosa dice"), [Length(max=4 * LONGEST_COMMENT)], filters=[tidy])


class ClaimForm(Form):
    code = StringField(
        _("Codice della ricevuta"),
        [DataRequired(_("Scrivi il codice che trovi sulla ricevuta.")), Length(max=60)],
        description=_("Per esempio ABCD-EFGH-JKMN-PQRT."),
    )
