"""The steps of a booking, and what a manager decides."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import ClassVar

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.booking.models import Booking
from hub.booking.recurrence import MOST_DATES, Recurrence
from hub.booking.words import (
    CHARGES,
    DESK_CHANNELS,
    FREE_REASONS,
    FREQUENCIES,
    HANDOVER_CHECKS,
    HANDOVER_MOMENTS,
    METHODS,
    PAYMENTS,
    PURPOSES,
    REFUSAL_REASONS,
    SCOPES,
)
from hub.clock import today, wall
from hub.filters import hour, local, minutes
from hub.forms import CreatingForm, EurosField, Form, options, tidy
from hub.organisations.models import Organisation
from hub.refusal import Refusal
from hub.spaces.forms import coming
from hub.spaces.models import Layout, Space
from hub.spaces.needs import LENGTHS
from hub.spaces.rules import Slot, at_minute
from hub.spaces.terms import Terms
from hub.spaces.words import AUDIENCES, WEEKDAYS


class WishForm(Form):
    """What is wanted, in the address of the page: the free times follow from it."""

    class Meta:
        csrf = False

    layout = SelectField(_("Disposizione"), coerce=int, name="disposizione")
    day = DateField(_("Giorno"), [InputRequired(_("Scegli un giorno.")), coming], name="giorno")
    minutes = SelectField(_("Per quanto tempo"), coerce=int, name="durata")
    attendees = IntegerField(
        _("Quante persone"), [InputRequired(_("Scrivi quante persone verranno.")), NumberRange(1, 5000)], name="persone"
    )

    def offer(self, space: Space, terms: Terms) -> None:
        """Say what this space offers, on these terms."""
        self.layout.choices = options((layout.id, _layout_words(layout)) for layout in space.layouts)
        offered = [length for length in LENGTHS if terms.min_minutes <= length <= terms.max_minutes]
        self.minutes.choices = options((length, minutes(length)) for length in offered or [terms.min_minutes])


class SlotForm(CreatingForm):
    """The time, chosen among the free ones; the wish that they were computed from is sent beside it."""

    starts = RadioField(_("A che ora"), [InputRequired(_("Scegli un orario."))], validate_choice=False, choices=[])

    def offer(self, slots: list[Slot]) -> None:
        self.starts.choices = options((slot.starts.isoformat(), f"{hour(slot.starts)}–{hour(slot.ends)}") for slot in slots)

    def validate_starts(self, field: RadioField) -> None:
        try:
            chosen = datetime.fromisoformat(field.data or "")
        except ValueError:
            raise ValidationError(_("Scegli un orario dall'elenco.")) from None
        within_reach = abs(chosen.year - today().year) <= 3  # beyond the calendar there is no arithmetic of instants
        if chosen.tzinfo is None or chosen.second or chosen.microsecond or not within_reach:
            raise ValidationError(_("Scegli un orario dall'elenco."))


class DetailsForm(Form):
    title = StringField(
        _("Titolo dell'attività"),
        [DataRequired(_("Scrivi un titolo: serve a riconoscere la prenotazione.")), Length(max=120)],
        description=_("Per esempio: Assemblea dei soci."),
        filters=[tidy],
    )
    purpose = SelectField(
        _("Che cosa farete"),
        [InputRequired(_("Scegli che cosa farete."))],
        choices=options(PURPOSES.items(), _("Scegli…")),
    )
    details = TextAreaField(
        _("Altre informazioni per il gestore"),
        [Optional(), Length(max=2000)],
        description=_("Bisogni particolari, attrezzature, accessibilità. Non scrivere dati sulla salute."),
        filters=[tidy],
    )
    public = BooleanField(
        _("Mostra il titolo nel calendario pubblico"),
        description=_("Altrimenti chi guarda il calendario vede solo che lo spazio è occupato. Il tuo nome non compare mai."),
    )

    @property
    def described(self) -> dict[str, object]:
        """What it says, as `service.describe` takes it."""
        return {name: self[name].data for name in ("title", "purpose", "details", "public")}


class WhoForm(Form):
    """Who asks. What does not concern them is not asked, see `ask`."""

    phone = StringField(
        _("Telefono (facoltativo)"),
        [Optional(), Length(max=40)],
        description=_("Lo usiamo solo se c'è un problema con questa prenotazione."),
        filters=[tidy],
    )
    resident = BooleanField(_("Abito a Lecce"), description=_("Chi abita in città può avere regole e prezzi diversi."))
    school = BooleanField(_("Prenotiamo per una scuola"))
    free_reason = SelectField(
        _("Uso gratuito (facoltativo)"),
        choices=options(FREE_REASONS.items(), _("Non lo chiedo")),
        description=_("Se lo chiedi, decide il gestore: la prenotazione non si conferma da sola."),
    )
    free_words = TextAreaField(_("Perché chiedi l'uso gratuito"), [Optional(), Length(max=1000)], filters=[tidy])

    def ask(self, kind: str | None, cents: int) -> None:
        """Leave out what does not concern an organisation of this kind (None: a private person), or what costs nothing."""
        for name, concerned in {
            "resident": kind is None,
            "school": kind == "public_body",
            "free_reason": cents > 0,
            "free_words": cents > 0,
        }.items():
            if not concerned:
                del self[name]

    @property
    def introduced(self) -> dict[str, object]:
        """Who it says they are, as `service.introduce` takes it."""
        return {name: self[name].data for name in ("phone", "resident", "school") if name in self}

    @property
    def asked(self) -> dict[str, str]:
        """Why they should pay nothing, as `charges.ask_free` takes it; empty where they do not ask, or it costs nothing."""
        if "free_reason" not in self:
            return {"reason": "", "words": ""}
        return {"reason": self.free_reason.data, "words": self.free_words.data or ""}

    def validate_phone(self, field: StringField) -> None:
        if sum(sign.isdigit() for sign in field.data) < 6 or set(field.data) - set("+0123456789 ()./-"):
            raise ValidationError(_("Scrivi un numero di telefono, per esempio 0832 123456."))


class SeenForm(Form):
    """A form about a booking as somebody saw it: refused where it has changed since, in another tab or by somebody else."""

    seen = HiddenField()

    def look(self, booking: Booking) -> None:
        """Note what the page shows."""
        self.seen.data = str(booking.version)

    def must_be_as_seen(self, booking: Booking) -> None:
        if self.seen.data != str(booking.version):
            raise Refusal(
                "Questa prenotazione nel frattempo è cambiata: controlla com'è adesso, poi invia di nuovo.", rule="seen"
            )


class SubmitForm(SeenForm, CreatingForm):
    terms = BooleanField(
        _("Ho letto le regole d'uso dello spazio e le rispetterò"),
        [DataRequired(_("Per prenotare devi accettare le regole d'uso."))],
    )


class ReasonForm(SeenForm):
    """A change of mind, with or without a reason."""

    reason = TextAreaField(_("Motivo (facoltativo)"), [Optional(), Length(max=1000)], filters=[tidy])


class DecisionForm(SeenForm):
    """What the manager says of a request."""

    charge = RadioField(_("Quanto paga"), choices=options(CHARGES.items()), default="list")
    reason_code = SelectField(_("Motivo del rifiuto"), choices=options(REFUSAL_REASONS.items(), _("Scegli…")))
    reason = TextAreaField(
        _("Motivo, o modifiche da chiedere"),
        [Optional(), Length(max=1000)],
        description=_("Serve per rifiutare e per chiedere modifiche: chi ha fatto la richiesta lo leggerà."),
        filters=[tidy],
    )

    def ask(self, state: str, announced: str) -> None:
        """Fit the words to what can be done in this state. announced: the reason of an announced refusal, which holds on."""
        if state == "approved":
            self.reason.label.text = _("Motivo dell'annullamento")
            self.reason.description = _("Chi ha prenotato lo leggerà.")
        if not self.reason_code.data:
            self.reason_code.data = announced

    approve = SubmitField(_("Approva"))
    ask_changes = SubmitField(_("Chiedi modifiche"))
    announce = SubmitField(_("Annuncia il rifiuto"))
    refuse = SubmitField(_("Rifiuta"))
    cancel = SubmitField(_("Annulla la prenotazione"))


class RuleForm(WishForm):
    """How a booking recurs, in the address of the page."""

    at = TimeField(_("Inizio alle"), [InputRequired(_("Scrivi l'ora di inizio."))], name="ora")
    freq = SelectField(_("Si ripete"), choices=options(FREQUENCIES.items()), name="ogni")
    interval = IntegerField(
        _("Ogni quanti giorni, settimane o mesi"), [InputRequired(_("Scrivi un numero.")), NumberRange(1, 52)], name="intervallo"
    )
    weekdays = SelectMultipleField(
        _("In questi giorni (se si ripete ogni settimana)"),
        coerce=int,
        choices=options(enumerate(WEEKDAYS)),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        name="giorni",
    )
    until = DateField(_("Fino al giorno"), [Optional(), coming], name="fino")
    count = IntegerField(_("Oppure quante volte"), [Optional(), NumberRange(2, MOST_DATES)], name="volte")

    def validate_count(self, field: IntegerField) -> None:
        if field.data and self.until.data:
            raise ValidationError(_("Scrivi l'ultimo giorno oppure quante volte, non tutti e due."))

    @property
    def recurrence(self) -> Recurrence:
        days = tuple(self.weekdays.data or ())
        return Recurrence(self.day.data, self.freq.data, self.interval.data, days, self.until.data, self.count.data)


def address_of_series(booking: Booking) -> dict[str, object]:
    """The rule of an unfinished series, as the address of the page holds it on which it is chosen."""
    first = min(booking.occurrences, key=lambda one: one.recurrence_at)
    at = wall(first.recurrence_at)
    rule = Recurrence.read(booking.series.rrule, at.date())
    told = {
        "vedi": 1,
        "bozza": booking.key,
        "disposizione": booking.layout_id,
        "persone": booking.attendees,
        "giorno": rule.first.isoformat(),
        "ora": f"{at:%H:%M}",
        "durata": Slot(first.starts_at, first.ends_at).minutes,
        "ogni": rule.freq,
        "intervallo": rule.interval,
        "giorni": list(rule.weekdays),
        "fino": rule.until and rule.until.isoformat(),
        "volte": rule.count,
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


class SeriesForm(CreatingForm):
    """The dates that were chosen stand beside it, by day."""

    starts = HiddenField()


class ScopeForm(SeenForm):
    """Which of the dates of a series a change is about."""

    scope = RadioField(_("Che cosa cambia"), choices=options(SCOPES.items()), default="this")

    def offer_scope(self, several: bool) -> None:
        """Ask only where there are several dates."""
        if not several:
            self.scope.choices = self.scope.choices[:1]


class MoveDateForm(ScopeForm):
    layout = SelectField(_("Disposizione"), coerce=int)
    day = DateField(_("Nuovo giorno"), [InputRequired(_("Scegli un giorno.")), coming])
    at = TimeField(_("Nuova ora di inizio"), [InputRequired(_("Scrivi l'ora di inizio."))])
    minutes = IntegerField(_("Durata in minuti"), [InputRequired(_("Scrivi quanto dura.")), NumberRange(15, 1440)])
    called: ClassVar = {"starts": "at", "attendees": "layout"}

    @property
    def when(self) -> dict[str, object]:
        """What it says, as `dates.move` takes it."""
        start = self.at.data.hour * 60 + self.at.data.minute
        return {"day": self.day.data, "start": start, "minutes": self.minutes.data, "scope": self.scope.data}

    @property
    def slot(self) -> Slot:
        """When this date would be."""
        return _slot(self.day.data, self.at.data, self.minutes.data)

    def offer_all(self, spaces: Iterable[Space], several: bool) -> None:
        """Say which layouts all the spaces have."""
        layouts = ((layout.id, f"{local(space.name)}: {_layout_words(layout)}") for space in spaces for layout in space.layouts)
        self.layout.label.text, self.layout.choices = _("Spazio e disposizione"), options(layouts)
        self.offer_scope(several)


class CancelDateForm(ScopeForm):
    reason = TextAreaField(_("Perché la annulli"), [Optional(), Length(max=1000)], filters=[tidy])

    def offer(self, several: bool) -> None:
        self.offer_scope(several)


class ObjectionForm(SeenForm):
    """What the requester says against an announced refusal."""

    words = TextAreaField(
        _("Le tue osservazioni"), [DataRequired(_("Scrivi perché la richiesta va accolta.")), Length(max=2000)], filters=[tidy]
    )


class ArrivalForm(Form):
    """The code that whoever arrives shows, however it is typed."""

    code = StringField(
        _("Codice della prenotazione"),
        [DataRequired(_("Scrivi il codice.")), Length(max=120)],
        description=_("Basta il numero, per esempio 123."),
    )


class HandoverForm(CreatingForm):
    """How a space is, when it is handed over or given back."""

    moment = RadioField(_("Quando"), choices=options(HANDOVER_MOMENTS.items()))
    checks = SelectMultipleField(
        _("In ordine"),
        choices=options(HANDOVER_CHECKS.items()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=_("Spunta solo quello che hai controllato ed è a posto."),
    )
    notes = TextAreaField(_("Note (facoltative)"), [Optional(), Length(max=2000)], filters=[tidy])
    photo = FileField(_("Foto (facoltativa)"), description=_("Senza persone riconoscibili. Al massimo 8 MB."))

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `handover.hand_over` takes it."""
        photo = self.photo.data.read() if self.photo.data else None
        checks = {code: code in (self.checks.data or ()) for code in HANDOVER_CHECKS}
        return {"moment": self.moment.data, "checks": checks, "notes": self.notes.data or "", "photo": photo}


class DeskForm(CreatingForm):
    """A booking that the desk makes for somebody. What is typed stays while the desk looks at other spaces and days."""

    space = SelectField(_("Spazio"))
    day = DateField(_("Giorno"), [InputRequired(_("Scegli un giorno.")), coming])
    look = SubmitField(_("Mostra gli orari liberi"))
    layout = SelectField(_("Disposizione"), coerce=int, validate_choice=False)
    at = TimeField(_("Inizio alle"), [InputRequired(_("Scrivi l'ora di inizio."))])
    minutes = SelectField(_("Per quanto tempo"), coerce=int, default=120)
    attendees = IntegerField(_("Quante persone"), [InputRequired(_("Scrivi quante persone verranno.")), NumberRange(1, 5000)])
    email = StringField(_("E-mail di chi prenota, se ha un account"), [Optional(), Length(max=254)], filters=[tidy])
    contact_name = StringField(_("Oppure nome e cognome"), [Optional(), Length(max=160)], filters=[tidy])
    phone = StringField(_("Telefono (facoltativo)"), [Optional(), Length(max=40)], filters=[tidy])
    organisation = SelectField(_("Per conto di (facoltativo)"), description=_("Un'organizzazione verificata."))
    audience = SelectField(
        _("Tariffa per"),
        choices=options((code, words) for code, words in AUDIENCES.items() if code != "patronage"),
        description=_("Se scegli un'organizzazione, conta il suo tipo."),
    )
    channel = RadioField(_("Come ha chiesto"), choices=options(DESK_CHANNELS.items()), default="assisted")
    title = StringField(_("Titolo dell'attività"), [DataRequired(_("Scrivi un titolo.")), Length(max=120)], filters=[tidy])
    purpose = SelectField(_("Che cosa farete"), choices=options(PURPOSES.items()))
    terms = RadioField(_("Quanto paga"), choices=options(CHARGES.items()), default="list")
    free_reason = SelectField(_("Perché è gratuito"), choices=options(FREE_REASONS.items(), _("Non è gratuito")))
    anyway = BooleanField(
        _("Prenota comunque"), description=_("Anche contro preavviso, durata e orari. Mai sopra un'altra prenotazione.")
    )
    reason = TextAreaField(_("Perché comunque"), [Optional(), Length(max=1000)], filters=[tidy])

    def offer(self, spaces: Iterable[Space], organisations: Iterable[Organisation]) -> Space | None:
        """Say what there is to choose from; gives the space that was chosen, None where none was."""
        spaces = list(spaces)
        self.space.choices = options((space.slug, local(space.name)) for space in spaces)
        self.organisation.choices = options(((str(one.id), one.name) for one in organisations), _("Nessuna"))
        self.minutes.choices = options((length, minutes(length)) for length in LENGTHS)
        chosen = next((space for space in spaces if space.slug == self.space.data), next(iter(spaces), None))
        self.layout.choices = options((layout.id, _layout_words(layout)) for layout in (chosen.layouts if chosen else ()))
        return chosen

    def validate_layout(self, field: SelectField) -> None:
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(_("Scegli una disposizione di questo spazio."))

    @property
    def slot(self) -> Slot:
        return _slot(self.day.data, self.at.data, self.minutes.data)

    @property
    def told(self) -> dict[str, object]:
        """What it says of who books and why, as `assisted.book_for` takes it."""
        words = ("email", "contact_name", "phone", "title", "reason")
        others = ("audience", "channel", "purpose", "terms", "free_reason", "anyway")
        return {name: (self[name].data or "").strip() for name in words} | {name: self[name].data for name in others}


class PaymentForm(CreatingForm):
    """Money that a manager has seen."""

    kind = SelectField(_("Che cosa"), choices=options(PAYMENTS.items()))
    method = RadioField(_("Come"), [InputRequired(_("Scegli come."))], choices=options(METHODS.items()))
    euros = EurosField(_("Importo in euro"), [InputRequired(_("Scrivi l'importo."))])
    paid_on = DateField(_("Giorno"), [InputRequired(_("Scrivi il giorno."))])
    reference = StringField(
        _("Riferimento (facoltativo)"),
        [Optional(), Length(max=80)],
        [tidy],
        description=_("Per esempio il numero della ricevuta o il CRO del bonifico."),
    )

    def validate_euros(self, field: EurosField) -> None:
        if not field.data:
            raise ValidationError(_("Scrivi un importo maggiore di zero."))

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `charges.record_payment` takes it."""
        told = {name: self[name].data for name in ("kind", "method", "paid_on")}
        return told | {"cents": self.euros.data, "reference": self.reference.data or ""}


def _slot(day: date, at: time, minutes: int) -> Slot:
    start = at.hour * 60 + at.minute
    return Slot(at_minute(day, start), at_minute(day, start + minutes))


def _layout_words(layout: Layout) -> str:
    return f"{local(layout.name)} ({_('fino a %(people)s persone', people=layout.capacity)})"
