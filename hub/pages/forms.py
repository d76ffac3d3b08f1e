"""What readers send: a rating, a report, a search; and what a manager answers."""

from flask_babel import lazy_gettext as _
from wtforms import EmailField, HiddenField, RadioField, SearchField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional

from hub.filters import local
from hub.forms import CreatingForm, Form, options, tidy
from hub.pages.models import Report
from hub.pages.rules import LONGEST_COMMENT, LONGEST_SUBJECT, LONGEST_TEXT, branch
from hub.pages.words import CATEGORIES, FAULTS, FAULTS_QUESTION, PRAISE, PRAISE_QUESTION, QUESTION, STARS
from hub.refusal import Refusal

LONGEST_QUERY = 100


def one_line(text: str | None) -> str | None:
    """A text on one line, without the signs that no reader sees."""
    return text and " ".join((tidy(text) or "").split())


def lines(text: str | None) -> str | None:
    """A text whose lines end in one sign, as the browser counted them: it sends two."""
    return text and text.replace("\r\n", "\n")


class RatingForm(CreatingForm):
    """Stars, one reason of the branch that they lead to, a comment. It stands at the foot of every public page."""

    page = HiddenField()
    stars = RadioField(
        QUESTION, [InputRequired(_("Scegli da 1 a 5 stelle."))], choices=options(STARS.items()), id="rating-stars", coerce=int
    )
    praise = RadioField(PRAISE_QUESTION, [Optional()], choices=options(PRAISE.items()), id="rating-praise")
    faults = RadioField(FAULTS_QUESTION, [Optional()], choices=options(FAULTS.items()), id="rating-faults")
    comment = TextAreaField(
        _("Vuoi aggiungere altri dettagli?"),
        [Optional(), Length(max=LONGEST_COMMENT, message=_("Al massimo %(max)d caratteri."))],
        description=_("Al massimo 200 caratteri. Non scrivere dati personali: non sappiamo chi sei e non possiamo risponderti."),
        filters=[one_line],
        id="rating-comment",
    )

    @property
    def reason(self) -> str | None:
        """The answer on the branch of these stars; one on the other branch, chosen before a change of mind, is left out."""
        chosen = self.faults.data if "trouble" in branch(self.stars.data) else self.praise.data
        return chosen or None


class ReportForm(CreatingForm):
    category = RadioField(
        _("Che cosa vuoi segnalare"), [InputRequired(_("Scegli che cosa vuoi segnalare."))], choices=options(CATEGORIES.items())
    )
    space = SelectField(_("Dove (facoltativo)"), [Optional()], validate_choice=False, choices=[])
    title = StringField(
        _("Oggetto"),
        [
            DataRequired(_("Scrivi in poche parole che cosa non va.")),
            Length(max=LONGEST_SUBJECT, message=_("Al massimo %(max)d caratteri.")),
        ],
        description=_("Per esempio: Rampa bloccata all'ingresso della corte."),
        filters=[one_line],
    )
    text = TextAreaField(
        _("Descrizione"),
        [
            DataRequired(_("Descrivi che cosa succede: che cosa volevi fare, che cosa hai visto, quando.")),
            Length(max=LONGEST_TEXT, message=_("Al massimo %(max)d caratteri.")),
        ],
        description=_("Che cosa volevi fare, che cosa è successo, quando. Non scrivere dati sulla salute tua o di altri."),
        filters=[tidy, lines],
    )
    email = EmailField(
        _("E-mail (facoltativa)"),
        [
            Optional(),
            Length(max=254, message=_("L'indirizzo è troppo lungo.")),
            Email(_("L'indirizzo e-mail non è completo. Esempio: nome@posta.it"), allow_smtputf8=False),
        ],
        description=_("Se la lasci, ti scriviamo quando prendiamo in carico la segnalazione e quando è risolta."),
        filters=[one_line],
    )

    def offer(self, spaces: list[tuple[str, dict]]) -> None:
        """Say which spaces there are: (slug, name in both languages) of each."""
        self.space.choices = options(((slug, local(name)) for slug, name in spaces), _("In nessuno spazio in particolare"))


class AnswerForm(Form):
    """What a manager does with a report as they saw it: refused where a colleague has been there since."""

    seen = HiddenField()
    answer = TextAreaField(
        _("Risposta"),
        [Optional(), Length(max=LONGEST_TEXT, message=_("Al massimo %(max)d caratteri."))],
        description=_("Serve per chiudere: chi ha segnalato la legge, sulla sua pagina e per e-mail se ha lasciato l'indirizzo."),
        filters=[tidy, lines],
    )
    take_charge = SubmitField(_("Prendi in carico"))
    close = SubmitField(_("Rispondi e chiudi"))

    def look(self, report: Report) -> None:
        """Note what the page shows."""
        self.seen.data = str(report.version)

    def must_be_as_seen(self, report: Report) -> None:
        if self.seen.data != str(report.version):
            raise Refusal(
                "Questa segnalazione nel frattempo è cambiata: controlla com'è adesso, poi invia di nuovo.", rule="seen"
            )


class SearchForm(Form):
    """What is looked for, in the address of the page: nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    query = SearchField(
        _("Che cosa cerchi?"),
        [Length(max=LONGEST_QUERY, message=_("Cerca con meno parole: al massimo %(max)d caratteri."))],
        name="q",
        filters=[one_line],
    )
