"""What is asked of who enrols: whom, the activity's own questions, what is consented to, why one leaves."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, Field, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.families.words import TEXT_VERSION, TEXTS, consent_words
from hub.filters import local
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.basket import Asked
from hub.labs.health import MOST
from hub.labs.models import BasketLine, Question
from hub.labs.words import WITHDRAWALS
from hub.refusal import Refusal

ONESELF = "me"


class Required:
    """Marks a field that must be filled in: the rules, which know all the questions, say so."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        pass


# --- whom


class WhoForm(Form):
    who = SelectMultipleField(_("Chi iscrivi"), choices=[], option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))
    birth_date = DateField(
        _("La tua data di nascita (se iscrivi te)"),
        [Optional()],
        description=_("Serve a sapere se l'attività è per la tua età, e se deve confermare un adulto."),
    )
    together = BooleanField(
        _("Solo tutti insieme"), description=_("Se non c'è posto per tutti, aspettate insieme: nessuno entra da solo.")
    )

    def offer(self, people: Iterable[tuple[str, str, bool]]) -> None:
        """Whom one may enrol: (value, name, whether they are enrolled already)."""
        self.who.choices = [SelectChoice(value, name, {"disabled": True} if there else None) for value, name, there in people]


# --- what an activity asks


def question_field(question: Question) -> Field:
    """The field of one question."""
    words, marks = local(question.words), [Required()] if question.required else []
    match question.kind:
        case "choice":
            choices = options((choice, choice) for choice in question.choices)
            return RadioField(words, marks, choices=choices, validate_choice=False)
        case "consent":
            return BooleanField(words, marks)
        case "number":
            return StringField(words, marks, [tidy], render_kw={"inputmode": "decimal"})
        case _:
            return StringField(words, marks, [tidy])


def as_typed(value: object) -> object:
    """An answer that was kept, as its field shows it: 3.5 is written 3,5."""
    return str(value).replace(".", ",") if isinstance(value, int | float) and not isinstance(value, bool) else value


def note_field() -> Field:
    return TextAreaField(
        _("Che cosa deve sapere chi tiene il corso (facoltativo)"),
        [Length(max=MOST, message=_("Scrivi al massimo %(most)s caratteri.", most=MOST))],
        [tidy],
        description=_(
            "Allergie, farmaci, che cosa fare in un'emergenza: solo quello che serve. Lo legge solo chi tiene il corso, dal"
            " giorno prima al giorno dopo di ogni incontro, e vedi chi l'ha letto. Si cancella 30 giorni dopo la fine."
        ),
    )


class AnswersForm(Form):
    """An activity's questions, for each line of the basket; see `answers_form`."""

    def given(self, line: BasketLine) -> dict[str, object]:
        """What was answered for one line, as `rules.checked_answers` takes it."""
        ids = [question.id for question in line.activity.questions]
        return {str(id): self[f"line_{line.id}_question_{id}"].data for id in ids}

    def note(self, line: BasketLine) -> str:
        name = f"line_{line.id}_health"
        return (self[name].data or "") if name in self else ""

    def of(self, line: BasketLine) -> list[Field]:
        """The fields of one line."""
        return [field for field in self if field.name.startswith(f"line_{line.id}_")]

    def blame(self, line: BasketLine, refusal: Refusal) -> None:
        """Put what speaks against one line beside its fields."""
        for one in refusal.all:
            one.field = one.field and f"line_{line.id}_{one.field}"
        self.show(refusal)


def answers_form(lines: Iterable[BasketLine], notes: Mapping[int, str]) -> AnswersForm:
    """The form of these lines; notes: on health, of those that may have one, by the line's number."""
    fields: dict[str, Field] = {}
    kept: dict[str, object] = {}
    for line in lines:
        for question in line.activity.questions:
            name = f"line_{line.id}_question_{question.id}"
            fields[name], kept[name] = question_field(question), as_typed(line.answers.get(str(question.id)))
        if line.id in notes:
            name = f"line_{line.id}_health"
            fields[name], kept[name] = note_field(), notes[line.id]
    return type("AnswersForm", (AnswersForm,), fields)(data=kept)


class OrganisationForm(CreatingForm):
    """An activity's questions to an organisation, and the last word; see `organisation_form`."""

    terms = BooleanField(
        _("Ho letto le condizioni dell'attività e le accetto"), [DataRequired(_("Per iscrivere devi accettare le condizioni."))]
    )

    @property
    def given(self) -> dict[str, object]:
        return {field.name.removeprefix("question_"): field.data for field in self.asked}

    @property
    def asked(self) -> list[Field]:
        return [field for field in self if field.name.startswith("question_")]


def organisation_form(questions: Iterable[Question]) -> OrganisationForm:
    fields = {f"question_{question.id}": question_field(question) for question in questions}
    return type("OrganisationForm", (OrganisationForm,), fields)()


# --- what is consented to


class ConfirmForm(CreatingForm):
    """The last word, with all that is consented to; see `confirm_form`."""

    seen = HiddenField()
    terms = BooleanField(
        _("Ho letto le condizioni di ogni attività e le accetto"),
        [DataRequired(_("Per iscrivere devi accettare le condizioni."))],
    )

    def look(self, numbers: Iterable[int]) -> None:
        """Note what the page shows."""
        self.seen.data = ".".join(map(str, numbers))

    def must_be_as_seen(self, numbers: Iterable[int]) -> None:
        if self.seen.data != ".".join(map(str, numbers)):
            raise Refusal("Nel frattempo hai cambiato le iscrizioni da confermare: leggi il riepilogo com'è adesso.", rule="seen")

    def about(self, number: int) -> list[Field]:
        """The boxes about one participant."""
        return [field for field in self if field.name.startswith(f"about_{number}_")]

    @property
    def notes(self) -> list[Field]:
        return [field for field in self if field.name.startswith("health_")]

    @property
    def agreed(self) -> dict[int, set[str]]:
        """The purposes that are said yes to, by the participant's number; whoever was not asked is left out."""
        said: dict[int, set[str]] = {}
        for field in self:
            if field.name.startswith("about_"):
                _about, number, purpose = field.name.split("_", 2)
                said.setdefault(int(number), set()).update([purpose] if field.data else [])
        return said


class NotedForm(Form):
    """A note on health and the consent that it rests on."""

    note = note_field()
    agrees = BooleanField(TEXTS[TEXT_VERSION]["health"])

    def validate_agrees(self, field: BooleanField) -> None:
        if self.note.data and not field.data:
            raise ValidationError(gettext("Per inviare la nota serve il tuo consenso: oppure cancella la nota."))


def confirm_form(
    asked: Iterable[Asked], *, minors: bool, notes: Iterable[tuple[int, str]] = (), asks_note: bool = False
) -> ConfirmForm:
    """The form of a summary.

    minors: whether somebody is enrolled who is under age; notes: (line's number, name) of each note on health that was written
    already; asks_note: whether one may be written here.
    """
    fields: dict[str, Field] = {}
    kept: dict[str, object] = {}
    for one in asked:
        for purpose in one.purposes:
            name = f"about_{one.number}_{purpose}"
            fields[name], kept[name] = BooleanField(consent_words(purpose, own=one.own)), purpose in one.yes
    if minors:
        told = _("Per iscrivere un minore serve il tuo consenso.")
        fields["participation"] = BooleanField(consent_words("participation"), [DataRequired(told)])
    for number, name in notes:
        told = _("Per inviare la nota serve il tuo consenso: oppure cancella la nota.")
        words = gettext("%(name)s: %(words)s", name=name, words=consent_words("health"))
        fields[f"health_{number}"] = BooleanField(words, [DataRequired(told)])
    base = (NotedForm,) if asks_note else ()
    return type("ConfirmForm", (*base, ConfirmForm), fields)(data=kept)


class WithdrawForm(Form):
    reason = RadioField(
        _("Perché"), [InputRequired(_("Scegli un motivo, anche «preferisco non dirlo»."))], choices=options(WITHDRAWALS.items())
    )
