"""The forms of the staff for the programme: an activity, its sessions and their planner, editions, questions, the team."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.booking.recurrence import MOST_DATES, Recurrence, must_recur
from hub.booking.words import FREQUENCIES
from hub.clock import instants, today, wall
from hub.filters import local
from hub.forms import CreatingForm, EurosField, Form, options, tidy
from hub.labs.models import Activity, Edition, Question, Session, Trainer
from hub.labs.planner import Wish
from hub.labs.rules import MOST_PLACES
from hub.labs.sessions import REASON_MOST
from hub.labs.words import (
    ACCESSIBILITY,
    AGE_RULES,
    AREAS,
    KINDS,
    LANGUAGES,
    QUESTION_KINDS,
    SDGS,
    STATES,
    TAKES_PART,
    THEMES,
    TOPICS,
    TRAINER_ROLES,
)
from hub.refusal import Refusal
from hub.spaces.forms import coming
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.words import EQUIPMENT, LAYOUTS, WEEKDAYS

REACH_YEARS = 5
ONCE, EARLY = "once", time(6)


def within_reach(_form: Form, field: DateField) -> None:
    """A day of the programme: what took place may be written down later, and what is planned years ahead."""
    if field.data and abs(field.data.year - today().year) > REACH_YEARS:
        raise ValidationError(_("Scegli un giorno tra %(years)s anni fa e %(years)s anni da oggi.", years=REACH_YEARS))


class MomentField(DateTimeLocalField):
    """A day and an hour on Lecce's clocks; `instant` is when that is, None where it was left empty."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        super().process_formdata(valuelist)
        if abs(self.data.year - today().year) > REACH_YEARS:
            raise ValueError(_("Scegli un giorno più vicino."))
        if not self._instants:
            raise ValueError(_("Quella notte l'orologio va avanti e quest'ora non c'è: scegline un'altra."))

    @property
    def _instants(self) -> list[datetime]:
        return instants(self.data.date(), self.data.time())

    @property
    def instant(self) -> datetime | None:
        return self._instants[0] if self.data else None


class HoursField(StringField):
    """A length as people write it (12 or 12,5 hours); its data is whole minutes, None where left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not self.typed:
            return
        try:
            minutes = Decimal(self.typed.replace(",", ".")) * 60
            if not 0 < minutes <= 60 * 5000 or minutes != int(minutes):  # in this order: 1e999990 has too many digits
                raise InvalidOperation
        except ArithmeticError:
            raise ValueError(_("Scrivi un numero di ore, per esempio 20 oppure 12,5.")) from None
        self.data = int(minutes)

    def _value(self) -> str:
        if self.data is None:
            return getattr(self, "typed", "")
        return f"{Decimal(self.data) / 60:f}".replace(".", ",")


def boxes_field(label: str, words: Mapping, **more: object) -> SelectMultipleField:
    """Boxes to tick, of a closed list."""
    boxes = {"option_widget": CheckboxInput(), "widget": ListWidget(prefix_label=False)}
    return SelectMultipleField(label, choices=options(words.items()), **boxes, **more)


def words_field(label: str, most: int, *first: object, many: bool = False, **more: object) -> StringField:
    """Words in one language."""
    kind = TextAreaField if many else StringField
    return kind(label, [*(first or [Optional()]), Length(max=most)], filters=[tidy], **more)


def number_field(label: str, least: int, most: int, *, needed: bool = False, **more: object) -> IntegerField:
    first = InputRequired(_("Scrivi un numero.")) if needed else Optional()
    words = _("Scrivi un numero da %(least)s a %(most)s.", least=least, most=most)
    return IntegerField(label, [first, NumberRange(least, most, words)], **more)


def in_both(italian: str | None, english: str | None) -> dict[str, str]:
    """Words in the languages in which they were written."""
    return {language: words for language, words in (("it", italian), ("en", english)) if words}


class SeenForm(Form):
    """A form about a row as somebody saw it: refused where it has changed since, in another tab or by somebody else."""

    seen = HiddenField()

    def look(self, row: Activity | Session) -> None:
        """Note what the page shows."""
        self.seen.data = str(row.version)

    def must_be_as_seen(self, row: Activity | Session) -> None:
        if self.seen.data != str(row.version):
            raise Refusal("Nel frattempo è cambiata: controlla com'è adesso, poi invia di nuovo.", rule="seen")


class FilterForm(Form):
    """Which activities to list, in the address of the page."""

    class Meta:
        csrf = False

    words = StringField(_("Cerca nel titolo"), [Optional(), Length(max=80)], name="cerca", filters=[tidy])
    state = SelectField(_("Stato"), [Optional()], name="stato", choices=options(STATES.items(), _("Tutti")))
    kind = SelectField(_("Tipo"), [Optional()], name="tipo", choices=options(KINDS.items(), _("Tutti")))
    edition = SelectField(_("Edizione"), [Optional()], name="edizione")

    def offer(self, editions: Iterable[Edition]) -> None:
        self.edition.choices = options(((one.code, local(one.name)) for one in editions), _("Tutte"))

    @property
    def asked(self) -> dict[str, str]:
        """What it says, as `programme.activities` takes it."""
        return {name: self[name].data or "" for name in ("words", "state", "kind", "edition")}


BILINGUAL = ("title", "summary", "text", "audience", "materials", "place", "cost_words")
MOMENTS = ("enrol_opens_at", "enrol_closes_at", "residents_until")


class ActivityForm(SeenForm, CreatingForm):
    """What an activity is. Words in English may be left out: readers in English then get the Italian."""

    title_it = words_field(_("Titolo"), 120, DataRequired(_("Scrivi il titolo.")))
    title_en = words_field(_("Titolo in inglese (facoltativo)"), 120)
    kind = SelectField(_("Tipo"), choices=options(KINDS.items()))
    edition = SelectField(_("Edizione"), [Optional()])
    slug = StringField(
        _("Indirizzo della pagina (facoltativo)"),
        [Optional(), Length(max=50)],
        filters=[tidy],
        description=_("Per esempio steam-2027. Vuoto: lo scriviamo noi dal titolo. Dopo la pubblicazione non cambia più."),
    )
    summary_it = words_field(_("In una frase"), 300, many=True, description=_("Si legge negli elenchi. Serve per pubblicare."))
    summary_en = words_field(_("In una frase, in inglese (facoltativo)"), 300, many=True)
    text_it = words_field(_("Che cos'è"), 8000, many=True, description=_("Lascia una riga vuota tra un paragrafo e l'altro."))
    text_en = words_field(_("Che cos'è, in inglese (facoltativo)"), 8000, many=True)
    area = SelectField(_("Area"), choices=options(AREAS.items()))
    theme = SelectField(_("Tema"), choices=options(THEMES.items()))
    topic = SelectField(_("Argomento del sito (facoltativo)"), [Optional()], choices=options(TOPICS.items(), _("Nessuno")))
    sdgs = boxes_field(_("Obiettivi dell'Agenda 2030 a cui contribuisce"), SDGS, coerce=int)
    audience_it = words_field(_("A chi è rivolto"), 500, many=True)
    audience_en = words_field(_("A chi è rivolto, in inglese (facoltativo)"), 500, many=True)
    takes_part = RadioField(_("Chi si iscrive"), choices=options(TAKES_PART.items()), default="person")
    age_min = number_field(_("Età minima"), 0, 120)
    age_max = number_field(_("Età massima"), 0, 120)
    age_rule = RadioField(_("Quando conta l'età"), choices=options(AGE_RULES.items()), default="on_start")
    languages = boxes_field(_("Lingue"), LANGUAGES)
    accessibility = boxes_field(_("Che cosa trova chi ha una disabilità"), ACCESSIBILITY)
    materials_it = words_field(_("Che cosa portare, che cosa diamo noi"), 500, many=True)
    materials_en = words_field(_("Che cosa portare, in inglese (facoltativo)"), 500, many=True)
    place_it = words_field(_("Come si arriva, dove trovarsi (facoltativo)"), 300)
    place_en = words_field(_("Dove trovarsi, in inglese (facoltativo)"), 300)
    cost_cents = EurosField(_("Costo in euro"), [Optional()], description=_("Vuoto o zero: è gratuito."))
    cost_words_it = words_field(
        _("Altro sul costo (facoltativo)"), 300, description=_("Per esempio: gratuito per chi ha l'ISEE basso.")
    )
    cost_words_en = words_field(_("Altro sul costo, in inglese (facoltativo)"), 300)
    enrol_opens_at = MomentField(_("Le iscrizioni aprono"), [Optional()])
    enrol_closes_at = MomentField(_("Le iscrizioni chiudono"), [Optional()])
    residents_until = MomentField(
        _("Fino a quando si iscrive solo chi abita a Lecce (facoltativo)"),
        [Optional()],
        description=_("Vuoto: nessuna precedenza."),
    )
    least = number_field(_("Quanti iscritti servono per partire (facoltativo)"), 1, MOST_PLACES)
    waiting_most = number_field(_("Quanti possono aspettare"), 0, 10_000, needed=True, default=50)
    offer_hours = number_field(_("Per quante ore un posto offerto resta tenuto"), 1, 720, needed=True, default=48)
    skips_most = number_field(
        _("Quante volte un gruppo può essere superato"),
        *(0, 20),
        needed=True,
        default=2,
        description=_("Poi i posti che si liberano si tengono per il gruppo. Chi si iscrive legge questa regola."),
    )
    cancel_hours = number_field(_("Fino a quante ore prima ci si ritira senza assenza"), 0, 8760, needed=True, default=48)
    scheduled_minutes = HoursField(
        _("Ore promesse (facoltativo)"), [Optional()], description=_("Solo se non sono la somma degli incontri.")
    )
    asks_health = BooleanField(
        _("Chiedi una nota sulla salute"),
        description=_("Solo se serve a chi tiene il corso, per esempio per una mensa. È cifrata, e la legge solo chi ci lavora."),
    )
    partners = words_field(_("Con chi si fa"), 2000, many=True, description=_("Un'organizzazione per riga."))

    def offer(self, editions: Iterable[Edition]) -> None:
        self.edition.choices = options(((str(one.id), local(one.name)) for one in editions), _("Nessuna"))
        self.sdgs.choices = options((number, f"{number}. {words}") for number, words in SDGS.items())

    def validate_partners(self, field: TextAreaField) -> None:
        if any(len(name) > 160 for name in self._lines):
            raise ValidationError(_("Scrivi ogni nome in 160 caratteri al massimo."))

    @property
    def _lines(self) -> list[str]:
        return [line.strip() for line in (self.partners.data or "").splitlines() if line.strip()]

    def told(self, editions: Iterable[Edition]) -> dict[str, object]:
        """What it says, as `programme.create` and `programme.change` take it."""
        chosen = next((one for one in editions if str(one.id) == self.edition.data), None)
        plain = ("kind", "area", "theme", "sdgs", "languages", "accessibility", "age_min", "age_max", "age_rule", "takes_part")
        plain += ("least", "waiting_most", "offer_hours", "skips_most", "cancel_hours", "asks_health", "scheduled_minutes")
        told = {name: self[name].data for name in plain}
        told |= {name: in_both(self[f"{name}_it"].data, self[f"{name}_en"].data) for name in BILINGUAL}
        told |= {name: self[name].instant for name in MOMENTS}
        told |= {"cost_cents": self.cost_cents.data or 0, "topic": self.topic.data or "", "edition": chosen}
        return told | {"slug": self.slug.data or "", "partners": self._lines}

    @staticmethod
    def shown(activity: Activity) -> dict[str, object]:
        """What the form holds of an activity that is changed."""
        names = ("kind", "slug", "area", "theme", "topic", "sdgs", "takes_part", "age_min", "age_max", "age_rule", "languages")
        names += ("accessibility", "cost_cents", "least", "waiting_most", "offer_hours", "skips_most", "cancel_hours")
        names += ("scheduled_minutes", "asks_health")
        kept = {name: getattr(activity, name) for name in names}
        for name in BILINGUAL:
            words = getattr(activity, name) or {}
            kept |= {f"{name}_{language}": words.get(language, "") for language in ("it", "en")}
        kept |= {name: wall(at).replace(tzinfo=None) for name in MOMENTS if (at := getattr(activity, name))}
        kept["edition"] = str(activity.edition_id or "")
        return kept | {"partners": "\n".join(partner.name for partner in activity.partners)}


class PlacesForm(Form):
    """How many places there are."""

    places = number_field(_("Posti"), 0, MOST_PLACES, needed=True)


class ReasonForm(SeenForm):
    """Why something does not take place."""

    reason = words_field(
        _("Motivo"),
        REASON_MOST,
        DataRequired(_("Scrivi il motivo: chi è iscritto lo legge.")),
        many=True,
        description=_("Lo legge chi è iscritto."),
    )


class SessionForm(SeenForm, CreatingForm):
    """When and where a session is, who works in it."""

    day = DateField(_("Giorno"), [InputRequired(_("Scegli un giorno.")), within_reach])
    starts = TimeField(_("Dalle"), [InputRequired(_("Scrivi a che ora comincia."))])
    ends = TimeField(
        _("Alle"), [InputRequired(_("Scrivi a che ora finisce."))], description=_("Fino alle 06:00 vale il giorno dopo.")
    )
    layouts = SelectField(_("Spazio e disposizione"), [Optional()], coerce=str)
    layouts_2 = SelectField(_("Anche (facoltativo)"), [Optional()], coerce=str)
    layouts_3 = SelectField(_("E anche (facoltativo)"), [Optional()], coerce=str)
    place = words_field(_("Oppure un luogo fuori dall'hub"), 200)
    title_it = words_field(_("Titolo dell'incontro (facoltativo)"), 120)
    title_en = words_field(_("Titolo in inglese (facoltativo)"), 120)
    trainers = SelectMultipleField(
        _("Chi ci lavora"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=_("Nessuno: ci lavorano tutti quelli dell'attività."),
    )
    anyway = BooleanField(
        _("Scrivilo comunque"),
        description=_("Anche fuori orario, o con meno sedie dei posti. Mai sopra un'altra prenotazione."),
    )
    reason = words_field(_("Perché cambia (facoltativo)"), REASON_MOST, many=True, description=_("Lo legge chi è iscritto."))

    def offer(self, spaces: Iterable[Space], trainers: Iterable[Trainer]) -> None:
        every = layout_choices(spaces)
        for name in ("layouts", "layouts_2", "layouts_3"):
            self[name].choices = options(every, _("Nessuno"))
        self.trainers.choices = options((one.id, f"{one.name} ({TRAINER_ROLES[one.role]})") for one in trainers)
        if not self.trainers.choices:
            del self.trainers

    @property
    def slot(self) -> Slot:
        """From when to when, on Lecce's clocks. Raises Refusal for an hour that does not exist."""
        starts = _instant(self.day.data, self.starts.data, "starts")
        at_night = self.ends.data <= EARLY and (self.ends.data < self.starts.data or self.ends.data == time())
        last = self.day.data + timedelta(days=1) if at_night else self.day.data
        return Slot(starts, _instant(last, self.ends.data, "ends"))

    def chosen(self, spaces: Iterable[Space]) -> list[Layout]:
        """The layouts, each once."""
        ids = {self[name].data for name in ("layouts", "layouts_2", "layouts_3")} - {""}
        return [layout for space in spaces for layout in space.layouts if str(layout.id) in ids]

    def named(self, trainers: Iterable[Trainer]) -> list[Trainer]:
        ticked = (self.trainers.data or []) if "trainers" in self else []
        return [one for one in trainers if one.id in ticked]

    @property
    def title(self) -> dict[str, str]:
        return in_both(self.title_it.data, self.title_en.data)

    @staticmethod
    def shown(session: Session) -> dict[str, object]:
        """What the form holds of a session that is moved."""
        starts, ends = wall(session.starts_at), wall(session.ends_at)
        kept = {"day": starts.date(), "starts": starts.time(), "ends": ends.time(), "place": session.place}
        kept |= {f"title_{language}": session.title.get(language, "") for language in ("it", "en")}
        held = [str(one.layout_id) for one in session.standing]
        kept |= dict(zip(("layouts", "layouts_2", "layouts_3"), held, strict=False))
        return kept | {"trainers": [one.trainer_id for one in session.trainers]}


def layout_choices(spaces: Iterable[Space]) -> list[tuple[str, str]]:
    """Every layout of these spaces: (its number as text, words)."""
    return [(str(layout.id), layout_words(layout)) for space in spaces for layout in space.layouts]


def layout_words(layout: Layout) -> str:
    people = _("fino a %(people)s persone", people=layout.capacity)
    return f"{local(layout.space.name)}: {local(layout.name)} ({people})"


def _instant(day: date, at: time, field: str) -> datetime:
    found = instants(day, at)
    if not found:
        raise Refusal("Quella notte l'orologio va avanti e quest'ora non c'è: scegline un'altra.", field=field, rule="no-hour")
    return found[0]


class PlannerForm(Form):
    """The dates of a rule and what each of them needs, in the address of the page."""

    class Meta:
        csrf = False

    day = DateField(_("Primo giorno"), [InputRequired(_("Scegli un giorno.")), coming], name="giorno")
    at = TimeField(_("Inizio alle"), [InputRequired(_("Scrivi l'ora di inizio."))], name="ora")
    minutes = number_field(_("Durata in minuti"), 15, 1440, needed=True, name="durata")
    people = number_field(_("Quante persone"), 1, 5000, needed=True, name="persone")
    freq = SelectField(
        _("Si ripete"), choices=options([(ONCE, _("Una volta sola")), *FREQUENCIES.items()]), name="ogni", default="weekly"
    )
    interval = number_field(_("Ogni quanti giorni, settimane o mesi"), 1, 52, needed=True, name="intervallo")
    weekdays = SelectMultipleField(
        _("In questi giorni (se si ripete ogni settimana)"),
        coerce=int,
        choices=options(enumerate(WEEKDAYS)),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        name="giorni",
    )
    until = DateField(_("Fino al giorno"), [Optional(), coming], name="fino")
    count = number_field(_("Oppure quante volte"), 2, MOST_DATES, name="volte")
    layout = SelectField(_("Disposizione"), [Optional()], name="disposizione", choices=options(LAYOUTS.items(), _("Qualsiasi")))
    equipment = boxes_field(_("Attrezzatura"), EQUIPMENT, name="attrezzatura")
    step_free = BooleanField(_("Senza gradini"), name="senza-gradini")

    @property
    def days(self) -> tuple[date, ...]:
        """Raises Refusal for a rule that makes no sense."""
        if self.freq.data == ONCE:
            return (self.day.data,)
        count = None if self.until.data else self.count.data
        weekdays = tuple(self.weekdays.data or ())
        rule = Recurrence(self.day.data, self.freq.data, self.interval.data, weekdays, self.until.data, count)
        must_recur(rule)
        return tuple(rule.days)

    @property
    def wish(self) -> Wish:
        """What is wanted, as the planner takes it. Raises Refusal."""
        start = self.at.data.hour * 60 + self.at.data.minute
        wanted = (self.layout.data or None, tuple(self.equipment.data or ()), self.step_free.data)
        return Wish(self.days, start, self.minutes.data, self.people.data, *wanted)


class AcceptForm(CreatingForm):
    """The rooms that were chosen stand beside it, by day."""

    starts = HiddenField()


class TrainerForm(CreatingForm):
    """Somebody who works in an activity."""

    email = StringField(
        _("E-mail del suo account"),
        [Optional(), Length(max=254)],
        filters=[tidy],
        description=_("Con un account tiene i registri di questa attività."),
    )
    name = words_field(
        _("Oppure nome e cognome"),
        160,
        description=_("Chi non ha un account e ha lo stesso nome in due attività conta come una persona sola."),
    )
    role = SelectField(_("Che cosa fa"), choices=options(TRAINER_ROLES.items()))
    public = BooleanField(_("La pagina dell'attività dice il suo nome"))

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `team.take_on` takes it."""
        words = {name: (self[name].data or "").strip() for name in ("email", "name") if name in self}
        return words | {"role": self.role.data, "public": self.public.data}


class QuestionForm(CreatingForm):
    """Something to ask who enrols."""

    words_it = words_field(_("Domanda"), 300, DataRequired(_("Scrivi la domanda.")))
    words_en = words_field(_("Domanda in inglese (facoltativo)"), 300)
    kind = RadioField(_("Che risposta"), choices=options(QUESTION_KINDS.items()), default="text")
    choices = words_field(
        _("Le risposte tra cui scegliere"), 2000, many=True, description=_("Una per riga, solo per una scelta.")
    )
    required = BooleanField(_("Senza risposta non ci si iscrive"))

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `questions.ask` takes it."""
        lines = [line.strip() for line in (self.choices.data or "").splitlines() if line.strip()]
        words = in_both(self.words_it.data, self.words_en.data)
        return {"kind": self.kind.data, "words": words, "choices": lines, "required": self.required.data}

    @staticmethod
    def shown(question: Question) -> dict[str, object]:
        words = {f"words_{language}": question.words.get(language, "") for language in ("it", "en")}
        return words | {"kind": question.kind, "choices": "\n".join(question.choices), "required": question.required}


class EditionNameForm(CreatingForm):
    """What an edition is called."""

    code = StringField(
        _("Codice"),
        [DataRequired(_("Scrivi un codice.")), Length(max=20)],
        filters=[tidy],
        description=_("Per esempio 2027. Non cambia più."),
    )
    name_it = words_field(_("Nome"), 120, DataRequired(_("Scrivi un nome.")))
    name_en = words_field(_("Nome in inglese (facoltativo)"), 120)

    @property
    def name(self) -> dict[str, str]:
        return in_both(self.name_it.data, self.name_en.data)


class EditionForm(EditionNameForm):
    starts_on = DateField(_("Primo giorno"), [InputRequired(_("Scegli un giorno.")), within_reach])
    ends_on = DateField(_("Ultimo giorno"), [InputRequired(_("Scegli un giorno.")), within_reach])

    @property
    def told(self) -> dict[str, object]:
        """What it says of an edition, but for its code."""
        return {"name": self.name, "starts_on": self.starts_on.data, "ends_on": self.ends_on.data}

    @staticmethod
    def shown(edition: Edition) -> dict[str, object]:
        words = {f"name_{language}": edition.name.get(language, "") for language in ("it", "en")}
        return words | {"code": edition.code, "starts_on": edition.starts_on, "ends_on": edition.ends_on}


class CloneForm(EditionNameForm):
    """An edition some weeks later."""

    weeks = number_field(
        _("Quante settimane dopo"),
        1,
        260,
        needed=True,
        default=52,
        description=_("52 settimane: un anno dopo, negli stessi giorni della settimana e alle stesse ore."),
    )
