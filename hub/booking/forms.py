"""The steps of a booking, and what a manager decides."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from hub.booking.models import Booking
from hub.booking.words import PURPOSES
from hub.clock import today
from hub.filters import hour, local, minutes
from hub.forms import CreatingForm, Form, options, tidy
from hub.refusal import Refusal
from hub.spaces.forms import coming
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot

LENGTHS = (60, 90, 120, 180, 240, 300, 360, 480, 600, 720)


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

    def offer(self, space: Space) -> None:
        """Say what this space offers."""
        self.layout.choices = options((layout.id, _layout_words(layout)) for layout in space.layouts)
        offered = [length for length in LENGTHS if space.min_minutes <= length <= space.max_minutes]
        self.minutes.choices = options((length, minutes(length)) for length in offered or [space.min_minutes])


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


class WhoForm(Form):
    phone = StringField(
        _("Telefono (facoltativo)"),
        [Optional(), Length(max=40)],
        description=_("Lo usiamo solo se c'è un problema con questa prenotazione."),
        filters=[tidy],
    )

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

    reason = TextAreaField(
        _("Motivo, o modifiche da chiedere"),
        [Optional(), Length(max=1000)],
        description=_("Serve per rifiutare e per chiedere modifiche: chi ha fatto la richiesta lo leggerà."),
        filters=[tidy],
    )
    approve = SubmitField(_("Approva"))
    ask_changes = SubmitField(_("Chiedi modifiche"))
    refuse = SubmitField(_("Rifiuta"))
    cancel = SubmitField(_("Annulla la prenotazione"))


def _layout_words(layout: Layout) -> str:

    return f"{local(layout.name)} ({_('fino a %(people)s persone', people=layout.capacity)})"
