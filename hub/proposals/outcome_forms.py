"""The forms of what becomes of proposals: an answer, a result and its updates, merging and splitting."""

from collections.abc import Iterable
from datetime import date

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from hub.clock import today
from hub.filters import local
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.models import Activity
from hub.proposals.content import SHORTEST
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Answer, Result
from hub.proposals.outcome_rules import LONGEST_ACT, LONGEST_ANSWER, LONGEST_UPDATE, LONGEST_URL, MOST_PARTS
from hub.proposals.rules import LONGEST_TEXT, LONGEST_TITLE
from hub.proposals.words import ANSWERS, RESULT_STATES, SOURCE_KINDS
from hub.refusal import Refusal

REACH_YEARS = 20
FROM_PROPOSAL = "source_"


def within_reach(_form: Form, field: DateField) -> None:
    if field.data and abs(field.data.year - today().year) > REACH_YEARS:
        raise ValidationError(_("Scegli un giorno più vicino."))


class AnswerForm(CreatingForm):
    kind = RadioField(_("La risposta"), [InputRequired(_("Scegli la risposta."))], choices=options(ANSWERS.items()))
    text = TextAreaField(
        _("Il motivo"),
        [Optional(), Length(max=LONGEST_ANSWER)],
        [tidy],
        description=_("Lo leggono tutti. È obbligatorio, tranne quando la proposta è accolta per intero."),
    )
    act = StringField(
        _("L'atto (facoltativo)"),
        [Optional(), Length(max=LONGEST_ACT)],
        [tidy],
        description=_("Per esempio: Determina dirigenziale 120 del 3 marzo 2027."),
    )
    seen = HiddenField()

    def look(self, answer: Answer | None) -> None:
        """Note which answer the page shows."""
        self.seen.data = str(answer.id) if answer else ""

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `answers.answer` takes it."""
        shown = (self.seen.data or "")[:20]  # longer is none of ours, and a number of thousands of digits no number
        seen = int(shown) if shown.isdecimal() else None
        return {"kind": self.kind.data, "text": self.text.data or "", "act": self.act.data or "", "seen": seen}


class ResultForm(CreatingForm):
    """A result. A field for each proposal that it may come of is added by `with_sources`."""

    title = StringField(
        _("Che cosa si fa"), [DataRequired(_("Scrivi che cosa si fa.")), Length(min=5, max=LONGEST_TITLE)], [tidy]
    )
    text = TextAreaField(
        _("Racconta meglio (facoltativo)"),
        [Optional(), Length(max=LONGEST_UPDATE)],
        [tidy],
        description=_("Chi lo fa, dove, con quali soldi: quello che già si sa."),
    )
    starts_on = DateField(_("Comincia il giorno (facoltativo)"), [Optional(), within_reach])
    ends_on = DateField(_("Finisce il giorno (facoltativo)"), [Optional(), within_reach])
    activity = SelectField(
        _("L'attività del programma (facoltativa)"),
        [Optional()],
        coerce=str,
        description=_("Le sue stanze, i suoi incontri e le sue ore diventano parte della storia delle proposte."),
    )
    seen = HiddenField()

    @classmethod
    def with_sources(cls, proposals: Iterable[Proposal]) -> type["ResultForm"]:
        """The form for a new result: of each of these proposals it asks how the result comes of it."""
        kinds = options(SOURCE_KINDS.items(), _("Non c'entra"))
        fields = {
            f"{FROM_PROPOSAL}{one.id}": SelectField(f"{one.title} ({one.code})", [Optional()], choices=kinds) for one in proposals
        }
        return type("NewResultForm", (cls,), fields)

    def offer(self, activities: Iterable[Activity]) -> None:
        self.activity.choices = options(((str(one.id), local(one.title)) for one in activities), _("Nessuna"))

    @property
    def sources(self) -> dict[int, str]:
        """How it comes of each proposal that was chosen, by its number."""
        chosen = {name: field.data for name, field in self._fields.items() if name.startswith(FROM_PROPOSAL) and field.data}
        return {int(name.removeprefix(FROM_PROPOSAL)): kind for name, kind in chosen.items()}

    def validate_ends_on(self, field: DateField) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("Finisce prima di cominciare: controlla i due giorni."))

    @property
    def told(self) -> dict[str, object]:
        """What it says, by the columns of `Result`."""
        days: dict[str, date | None] = {"starts_on": self.starts_on.data, "ends_on": self.ends_on.data}
        activity = int(self.activity.data) if self.activity.data else None
        return {"title": self.title.data, "text": self.text.data or "", "activity_id": activity} | days

    @staticmethod
    def shown(result: Result) -> dict[str, object]:
        """What the form holds of a result that is edited."""
        activity = str(result.activity_id) if result.activity_id else ""
        held = {name: getattr(result, name) for name in ("title", "text", "starts_on", "ends_on")}
        return held | {"activity": activity}

    def look(self, result: Result) -> None:
        """Note which version of the result the page shows."""
        self.seen.data = str(result.version)

    def must_be_as_seen(self, result: Result) -> None:
        if self.seen.data != str(result.version):
            raise Refusal("Nel frattempo è cambiato: controlla com'è adesso, poi invia di nuovo.", rule="seen")


class LinkForm(CreatingForm):
    """One more proposal that a result comes of."""

    source = SelectField(_("Un'altra proposta"), [InputRequired(_("Scegli dall'elenco."))], coerce=str)
    kind = SelectField(_("Come"), [InputRequired(_("Scegli dall'elenco."))], choices=options(SOURCE_KINDS.items(), _("Scegli…")))

    def offer(self, proposals: Iterable[Proposal]) -> None:
        self.source.choices = options(((str(one.id), f"{one.title} ({one.code})") for one in proposals), _("Scegli…"))


class UpdateForm(CreatingForm):
    """News of a result."""

    called = {"file": "evidence_file"}
    day = DateField(_("Il giorno"), [InputRequired(_("Scegli un giorno.")), within_reach])
    text = TextAreaField(
        _("Che cosa è successo"), [DataRequired(_("Scrivi che cosa è successo.")), Length(max=LONGEST_UPDATE)], [tidy]
    )
    state = SelectField(_("A che punto è"), [InputRequired(_("Scegli dall'elenco."))], choices=options(RESULT_STATES.items()))
    progress = IntegerField(
        _("Avanzamento, da 0 a 100"),
        [InputRequired(_("Scrivi un numero.")), NumberRange(0, 100, _("Scrivi un numero da 0 a 100."))],
    )
    evidence_url = StringField(
        _("La prova: un indirizzo (facoltativo)"),
        [Optional(), Length(max=LONGEST_URL)],
        [tidy],
        description=_("Per esempio la pagina della delibera, o di un giornale. Comincia con https://"),
    )
    evidence_file = FileField(
        _("Oppure un file (facoltativo)"),
        description=_("Un PDF o un'immagine, fino a 5 MB: lo vedono tutti, ripulito dai dati nascosti."),
    )
    evidence_words = StringField(
        _("Che cosa mostra la prova"),
        [Optional(), Length(max=200)],
        [tidy],
        description=_("In poche parole, per chi non può aprirla."),
    )

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `results.update` takes it, but for the evidence."""
        return {"day": self.day.data, "text": self.text.data, "state": self.state.data, "progress": self.progress.data * 100}


class OthersForm(Form):
    """Which proposals become one, in the address of the page."""

    class Meta:
        csrf = False

    others = StringField(
        _("I codici delle altre proposte"),
        [DataRequired(_("Scrivi il codice di almeno un'altra proposta.")), Length(max=300)],
        [tidy],
        name="con",
        description=_(
            "Per esempio PR-2026-000123: lo trovi in cima alla pagina di ogni proposta. Più codici si separano con uno spazio."
        ),
    )


class MergeForm(CreatingForm):
    """What the proposal says that several become."""

    others = HiddenField()
    title = StringField(_("Titolo"), [DataRequired(_("Scrivi un titolo.")), Length(max=LONGEST_TITLE)], [tidy])
    text = TextAreaField(
        _("Che cosa proponete"), [DataRequired(_("Scrivi che cosa proponete.")), Length(max=LONGEST_TEXT)], [tidy]
    )


class PartsForm(CreatingForm):
    """What the proposals say that one becomes; a part that is left empty is none."""

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(title, text) of each that is filled in."""
        typed = ((self._fields[f"title_{n}"].data or "", self._fields[f"text_{n}"].data or "") for n in NUMBERS)
        return [part for part in typed if any(part)]

    def validate(self, extra_validators: dict | None = None) -> bool:
        """A part that is begun is whole."""
        is_valid = super().validate(extra_validators)
        for number in NUMBERS:
            title, text = self._fields[f"title_{number}"], self._fields[f"text_{number}"]
            for field, other, name in ((title, text, "title"), (text, title, "text")):
                if (field.data or other.data) and len(field.data or "") < SHORTEST[name]:
                    field.errors = [*field.errors, _("Scrivi almeno %(least)s caratteri.", least=SHORTEST[name])]
                    is_valid = False
        return is_valid


NUMBERS = range(1, MOST_PARTS + 1)
SplitForm = type(
    "SplitForm",
    (PartsForm,),
    {
        f"{name}_{number}": kind(words, [Optional(), Length(max=most)], [tidy])
        for number in NUMBERS
        for name, kind, words, most in (
            ("title", StringField, _("Titolo"), LONGEST_TITLE),
            ("text", TextAreaField, _("Che cosa proponete"), LONGEST_TEXT),
        )
    },
)
