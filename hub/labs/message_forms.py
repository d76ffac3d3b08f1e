"""What the staff of an activity writes to its people."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from hub.forms import CreatingForm, options, tidy
from hub.labs.enrol_forms import Required

TO = {
    "enrolled": _("A chi ha un posto"),
    "waiting": _("A chi è in lista d'attesa"),
    "both": _("A tutti e due"),
}


class MessageForm(CreatingForm):
    title = StringField(_("Titolo"), [Required()], [tidy], description=_("È l'oggetto della mail."))
    text = TextAreaField(
        _("Messaggio"),
        [Required()],
        [tidy],
        description=_("Solo testo. Non scrivere nomi di minori né notizie sulla salute: una mail si legge anche per caso."),
    )
    to = RadioField(_("A chi"), [InputRequired(_("Scegli a chi scrivere."))], choices=options(TO.items()))
    necessary = BooleanField(
        _("È necessario per partecipare"),
        description=_("Per esempio: che cosa portare. Se non lo è, chi non vuole queste mail non la riceve."),
    )

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `hub.labs.messages.send` takes it."""
        words = {"title": self.title.data or "", "text": self.text.data or ""}
        return words | {"to": self.to.data, "necessary": self.necessary.data}
