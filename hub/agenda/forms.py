"""What the calendars show, in their address, where nothing is sent and nothing needs protecting; and other hubs."""

from collections.abc import Iterable
from datetime import date, timedelta

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from hub.agenda.addresses import web_address
from hub.agenda.listing import HOSTED, OURS, Sought
from hub.agenda.words import FAULTS
from hub.clock import today
from hub.filters import day
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.showcase import Wish
from hub.labs.words import AREAS, KINDS, TOPICS

REACH_DAYS = 730
SPANS = {"giorno": _("Un giorno"), "settimana": _("Una settimana"), "mese": _("Un mese")}
VIEWS = {"giorno": _("Un giorno"), "settimana": _("Una settimana")}


def within_reach(_form: Form, field: DateField) -> None:
    """A day that the calendar turns to: two years back and two ahead."""
    if field.data and not is_within_reach(field.data):
        reach = timedelta(days=REACH_DAYS)
        words = _("Scegli un giorno da %(first)s a %(last)s.", first=day(today() - reach), last=day(today() + reach))
        raise ValidationError(words)


def is_within_reach(value: date) -> bool:
    return abs(value - today()) <= timedelta(days=REACH_DAYS)


def _most(letters: int) -> Length:
    return Length(max=letters, message=_("Al massimo %(max)d caratteri."))


class CalendarForm(Form):
    """The day, the view and the space to show."""

    class Meta:
        csrf = False

    day = DateField(_("Giorno"), [Optional(), within_reach], name="giorno")
    space = SelectField(_("Spazio"), [Optional()], name="spazio")
    view = SelectField(_("Mostra"), [Optional()], name="vista", choices=options(VIEWS.items()))


class SoughtForm(Form):
    """What somebody looks for in the agenda."""

    class Meta:
        csrf = False

    topic = SelectField(_("Argomento"), [Optional()], name="argomento", choices=options(TOPICS.items(), _("Qualsiasi")))
    age = IntegerField(_("Età"), [Optional(), NumberRange(0, 120, _("Scrivi un'età da 0 a 120 anni."))], name="eta")
    kind = SelectField(_("Tipo"), [Optional()], name="tipo")
    area = SelectField(_("Area"), [Optional()], name="area", choices=options(AREAS.items(), _("Qualsiasi")))
    hub = SelectField(_("Chi lo organizza"), [Optional()], name="hub")
    free = BooleanField(_("Solo con posti liberi"), name="posti")

    def offer(self, hubs: Iterable[tuple[int, str]]) -> None:
        """The other hubs to choose from: (number, name)."""
        self.kind.choices = options((*KINDS.items(), (HOSTED, _("Iniziative ospitate"))), _("Qualsiasi"))
        others = ((str(number), name) for number, name in hubs)
        self.hub.choices = options(((OURS, _("Officine Mezzogiorno")), *others), _("Tutti gli hub"))

    @property
    def sought(self) -> Sought:
        words = {name: self[name].data or "" for name in ("kind", "area", "topic")}
        return Sought(Wish(**words, age=self.age.data, free=self.free.data), self.hub.data or "")

    @property
    def asked(self) -> dict[str, object]:
        """What was filled in, as an address says it again."""
        names = ("topic", "age", "kind", "area", "hub")
        told = {self[name].name: self[name].data for name in names if self[name].data not in (None, "")}
        return told | ({"posti": "y"} if self.free.data else {})


class AgendaForm(SoughtForm):
    """... and on which days."""

    day = DateField(_("Giorno"), [Optional(), within_reach], name="giorno")
    view = SelectField(_("Mostra"), [Optional()], name="vista", choices=options(SPANS.items()))

    @property
    def more(self) -> bool:
        """Whether something is sought beyond what stands first."""
        return any(self[name].data or self[name].errors for name in ("area", "age", "free", "hub"))


class PartnerForm(CreatingForm):
    """Another hub, and where its calendar is."""

    name = StringField(_("Nome dell'hub"), [DataRequired(_("Scrivi il nome.")), _most(160)], [tidy])
    place = StringField(_("Dove si trova"), [_most(160)], [tidy], description=_("Per esempio: Taranto."))
    site_url = StringField(_("Sito"), [_most(500)], [tidy])
    feed_url = StringField(
        _("Indirizzo del calendario"),
        [DataRequired(_("Scrivi l'indirizzo del calendario.")), _most(1000)],
        [tidy],
        description=_("Un file iCalendar (.ics). Senza altra indicazione lo chiediamo con https."),
    )

    @property
    def told(self) -> dict[str, str]:
        """What the verbs take, addresses as they are asked for. Raises Refusal."""
        site = self.site_url.data and web_address(self.site_url.data, "site_url", 500)
        told = {"site_url": site or "", "feed_url": web_address(self.feed_url.data)}
        return {"name": self.name.data, "place": self.place.data or ""} | told

    def fault(self, code: str) -> None:
        """What was wrong with the calendar, beside its address."""
        self.feed_url.errors = [*self.feed_url.errors, FAULTS[code]]
