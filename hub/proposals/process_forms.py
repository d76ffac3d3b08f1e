"""The forms of the staff for processes: what one is, its phases, an extension, its labs and their minutes."""

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from hub.clock import wall
from hub.filters import local
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.forms import MomentField, SeenForm, boxes_field, in_both, number_field, words_field
from hub.labs.models import Activity
from hub.proposals import process_rules
from hub.proposals.planning import TERMS
from hub.proposals.presets import PRESETS
from hub.proposals.process_models import Phase, Process
from hub.proposals.process_rules import MOST_PHASES, Terms
from hub.proposals.processes import switches
from hub.proposals.words import LEVELS, SWITCHES
from hub.proposals.words import PRESETS as PRESET_NAMES
from hub.refusal import Refusal

BLANK_ROWS = 2  # for new phases, without JavaScript
LANGUAGES = ("it", "en")
BILINGUAL = ("title", "summary", "text")


class SeenProcessForm(SeenForm):
    """A form about a process as somebody saw it."""

    def must_be_as_seen(self, row: Process) -> None:
        if self.seen.data != str(row.version):
            raise Refusal("Nel frattempo il processo è cambiato: controlla com'è adesso, poi invia di nuovo.", rule="seen")


class PublishForm(SeenProcessForm):
    """A draft is published as its page showed it."""


class NewProcessForm(CreatingForm):
    """What a process begins with."""

    preset = RadioField(_("Da dove si parte"), choices=options((code, PRESET_NAMES[code]) for code in PRESETS))
    title_it = words_field(_("Titolo"), 120, DataRequired(_("Scrivi il titolo.")))
    title_en = words_field(_("Titolo in inglese"), 120, description=_("Serve per pubblicare."))
    office = words_field(
        _("Ufficio che risponde"),
        160,
        DataRequired(_("Scrivi quale ufficio risponde alle proposte.")),
        description=_("Per esempio: Settore Innovazione sociale, Comune di Lecce."),
    )
    opens_at = MomentField(_("La prima fase comincia"), [InputRequired(_("Scegli il giorno e l'ora."))])

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `planning.begin` takes it."""
        title = in_both(self.title_it.data, self.title_en.data)
        return {"preset": self.preset.data, "title": title, "office": self.office.data, "opens_at": self.opens_at.instant}


class ProcessForm(SeenProcessForm):
    """What a process says and promises. Once it is public only the words are asked."""

    title_it = words_field(_("Titolo"), 120, DataRequired(_("Scrivi il titolo.")))
    title_en = words_field(_("Titolo in inglese"), 120, description=_("Serve per pubblicare."))
    slug = StringField(
        _("Indirizzo della pagina"),
        [DataRequired(_("Scrivi l'indirizzo.")), Length(max=50)],
        filters=[tidy],
        description=_("Per esempio idee-2027. Dopo la pubblicazione non cambia più."),
    )
    summary_it = words_field(_("In una frase"), 300, many=True, description=_("Si legge negli elenchi. Serve per pubblicare."))
    summary_en = words_field(_("In una frase, in inglese (facoltativo)"), 300, many=True)
    text_it = words_field(
        _("Di che cosa si tratta"),
        8000,
        many=True,
        description=_("Lascia una riga vuota tra un paragrafo e l'altro. Serve per pubblicare."),
    )
    text_en = words_field(_("Di che cosa si tratta, in inglese (facoltativo)"), 8000, many=True)
    office = words_field(_("Ufficio che risponde"), 160, DataRequired(_("Scrivi quale ufficio risponde alle proposte.")))
    level_least = SelectField(_("Che identità serve per sostenere e votare"), choices=options(LEVELS.items()), coerce=int)
    edit_hours = number_field(_("Per quante ore una proposta pubblicata si può ancora correggere"), 0, 8760, needed=True)
    answer_days = number_field(_("Entro quanti giorni si promette una risposta"), 1, 365, needed=True)
    update_days = number_field(_("Ogni quanti giorni si promettono notizie di quello che si realizza"), 1, 730, needed=True)
    proposals_most = number_field(
        _("Quante proposte può avere una persona (facoltativo)"), 1, 1000, description=_("Vuoto: nessun limite.")
    )

    def __init__(self, *args, public: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("slug", *TERMS) if public else ():
            del self[name]

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `planning.edit` takes it."""
        words = {name: in_both(*(self[f"{name}_{language}"].data for language in LANGUAGES)) for name in BILINGUAL}
        plain = {name: self[name].data for name in ("slug", *TERMS) if name in self}
        return words | plain | {"office": self.office.data}

    @staticmethod
    def shown(process: Process) -> dict[str, object]:
        """What the form holds of a process that is changed."""
        kept = {name: getattr(process, name) for name in ("slug", "office", *TERMS)}
        for name in BILINGUAL:
            words = getattr(process, name) or {}
            kept |= {f"{name}_{language}": words.get(language, "") for language in LANGUAGES}
        return kept


class PhaseForm(Form):
    """A row of the phases."""

    class Meta(Form.Meta):
        csrf = False

    name_it = words_field(_("Nome della fase"), 80)
    name_en = words_field(_("Nome in inglese"), 80)
    opens_at = MomentField(_("Comincia"), [Optional()])
    closes_at = MomentField(_("Finisce"), [Optional()], description=_("A quest'ora è già chiusa."))
    switches = boxes_field(_("Che cosa si fa in questa fase"), SWITCHES)
    supports_most = number_field(
        _("Quante proposte può sostenere una persona (facoltativo)"), 1, 1000, description=_("Vuoto: nessun limite.")
    )
    hides_counts = BooleanField(
        _("Nascondi i conteggi"), description=_("Fino alla fine della fase nessuno sa quanti sostengono o votano che cosa.")
    )
    drop = BooleanField(_("Togli questa fase"))

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written in it."""
        typed = [self.name_it, self.name_en, self.supports_most, self.switches, self.hides_counts]
        return not any(field.data for field in typed) and not any(field.raw_data and field.raw_data[0] for field in self._times)

    @property
    def _times(self) -> tuple[MomentField, MomentField]:
        return self.opens_at, self.closes_at

    def terms(self, row: int) -> Terms:
        """What it says, on plain values."""
        name = in_both(self.name_it.data, self.name_en.data)
        told = (tuple(self.switches.data or ()), self.supports_most.data, self.hides_counts.data)
        return Terms(name, self.opens_at.instant, self.closes_at.instant, *told, row=row)

    @staticmethod
    def shown(phase: Phase) -> dict[str, object]:
        kept = {f"name_{language}": phase.name.get(language, "") for language in LANGUAGES}
        kept |= {name: wall(getattr(phase, name)).replace(tzinfo=None) for name in ("opens_at", "closes_at")}
        return kept | {
            "switches": list(switches(phase)),
            "supports_most": phase.supports_most,
            "hides_counts": phase.hides_counts,
        }


class PhasesForm(SeenProcessForm):
    """All the phases of a draft, a row each, and blank rows for more."""

    phases = FieldList(FormField(PhaseForm), max_entries=MOST_PHASES + BLANK_ROWS)

    @classmethod
    def of(cls, process: Process) -> "PhasesForm":
        """With what was sent; else with what the process has, and some blank rows."""
        rows = [PhaseForm.shown(phase) for phase in process.phases]
        return cls(data={"phases": rows + [{}] * BLANK_ROWS})

    @property
    def told(self) -> list[Terms]:
        """What it says, as `planning.set_phases` takes it; without what is dropped, and without blank rows."""
        rows = [(number, entry.form) for number, entry in enumerate(self.phases)]
        return [row.terms(number) for number, row in rows if not row.drop.data and not row.is_blank]

    def validate(self, extra_validators: Mapping | None = None) -> bool:
        """What is dropped may be as wrong as it likes."""
        for entry in self.phases:
            if entry.form.drop.data:
                for name in ("opens_at", "closes_at", "supports_most"):
                    entry.form[name].process_errors = []
        return super().validate(extra_validators)

    def show(self, refusal: Refusal) -> None:
        """Put each rule's words beside the field of its row."""
        for one in refusal.all:
            _phases, _, place = (one.field or "").partition("phases-")
            row, _, name = place.partition("-")
            entry = self.phases[int(row)].form if row.isdigit() else None
            if entry is None:
                super().show(one)
                continue
            one.field = name
            entry.show(one)
        self.phases.errors = [entry.errors for entry in self.phases if entry.errors]


class ExtendForm(SeenProcessForm):
    """A phase ends later."""

    closes_at = MomentField(_("La nuova fine"), [InputRequired(_("Scegli il giorno e l'ora."))])
    act = words_field(
        _("Con quale atto"),
        process_rules.ACT_MOST,
        DataRequired(_("Scrivi con quale atto, per esempio Determinazione n. 12 del 3 marzo 2027.")),
        description=_("Per esempio: Determinazione n. 12 del 3 marzo 2027."),
    )
    reason = words_field(
        _("Motivo"),
        process_rules.REASON_MOST,
        DataRequired(_("Scrivi il motivo della proroga: lo leggono tutti.")),
        many=True,
        description=_("Lo leggono tutti, sulla pagina del processo."),
    )


class AttachForm(CreatingForm):
    """An activity of the programme belongs to the process."""

    activity = SelectField(_("Attività del programma"), [DataRequired(_("Scegli un'attività."))])

    def offer(self, activities: Iterable[Activity]) -> None:
        self.activity.choices = options(((one.slug, local(one.title)) for one in activities), _("Scegli"))


class AgendaForm(CreatingForm):
    """A proposal goes on the agenda of a meeting."""

    proposal = StringField(
        _("Codice della proposta"),
        [DataRequired(_("Scrivi il codice: si legge sulla pagina della proposta.")), Length(max=20)],
        filters=[tidy],
        description=_("Per esempio PR-2027-000123."),
    )


class MinutesForm(Form):
    """The minutes of a meeting. seen: of the words that were there, by `meetings.seen_of`."""

    seen = HiddenField()

    text = words_field(
        _("Che cosa si è detto"),
        process_rules.TEXT_MOST,
        DataRequired(_("Scrivi che cosa si è detto.")),
        many=True,
        description=_("Lo leggono tutti: non scrivere il nome di chi ha parlato, né altri dati personali."),
    )
    decisions = words_field(_("Che cosa si è deciso (facoltativo)"), process_rules.DECISIONS_MOST, many=True)
