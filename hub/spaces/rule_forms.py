"""A rule as a manager types it: what it says, by its kind, then where, for whom and from when it holds."""

from collections.abc import Iterable
from datetime import time

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, RadioField, SelectField, SelectMultipleField, SubmitField, TimeField
from wtforms.validators import InputRequired, Optional, StopValidation
from wtforms.widgets import CheckboxInput

from hub.filters import local
from hub.forms import CreatingForm, EurosField, options
from hub.spaces.forms import coming
from hub.spaces.models import Space
from hub.spaces.sentences import PERIODS, PERS
from hub.spaces.words import AUDIENCES, WEEKDAYS

REFUND_STEPS = (1, 2, 3)


def _number(words: str, help: str = "", *, needed: bool = True) -> IntegerField:
    return IntegerField(words, [InputRequired(_l("Scrivi un numero."))] if needed else [Optional()], description=help)


def _per() -> RadioField:
    return RadioField(_l("Di chi"), [InputRequired(_l("Scegli di chi."))], choices=options(PERS.items()))


def _period() -> SelectField:
    return SelectField(_l("In quanto tempo"), choices=options(PERIODS.items()), default="month")


class RuleForm(CreatingForm):
    """What every rule has. own: the names of the fields that its kind adds, which are the params that it is kept with."""

    own: tuple[str, ...] = ()
    help = ""

    space = SelectField(_l("Dove"))
    audience = SelectField(_l("Per chi"), choices=options(AUDIENCES.items(), _l("Per tutti")))
    valid_from = DateField(
        _l("Vale dal"), [InputRequired(_l("Scrivi da quando vale.")), coming], description=_l("Il giorno dell'attività.")
    )
    valid_to = DateField(_l("Fino al (facoltativo)"), [Optional(), coming])
    preview = SubmitField(_l("Guarda che cosa cambia"))
    write = SubmitField(_l("Scrivi la regola"))

    def offer(self, offered: Iterable[Space]) -> None:
        """Say where it may hold."""
        self.space.choices = options(((space.slug, local(space.name)) for space in offered), _("Tutto l'hub"))

    @classmethod
    def shown(cls, params: dict) -> dict[str, object]:
        """The params of a rule as the fields show them."""
        return params

    @property
    def params(self) -> dict[str, object]:
        """What it says, as the rule is kept."""
        return {name: self[name].data for name in self.own}

    def told(self, offered: Iterable[Space]) -> dict[str, object]:
        """What it says, as `regulations.wanted` takes it."""
        return {
            "space": next((space for space in offered if space.slug == self.space.data), None),
            "audience": self.audience.data or None,
            "params": self.params,
            "valid_from": self.valid_from.data,
            "valid_to": self.valid_to.data,
        }


class NoticeForm(RuleForm):
    own, help = ("hours",), _l("Quanto prima, almeno, si prenota.")
    hours = _number(_l("Quante ore prima"))


class HorizonForm(RuleForm):
    own, help = ("days",), _l("Quanto prima, al massimo, si prenota.")
    days = _number(_l("Quanti giorni prima"))


class LengthForm(RuleForm):
    own, help = ("min", "max"), _l("Quanto può durare una prenotazione.")
    min = _number(_l("Durata più breve, in minuti"))
    max = _number(_l("Durata più lunga, in minuti"))


class GridForm(RuleForm):
    own, help = ("minutes",), _l("A quali orari si può iniziare.")
    minutes = _number(_l("Ogni quanti minuti"), _l("5, 10, 15, 20, 30 o 60, contati dall'apertura."))


class ApprovalForm(RuleForm):
    own, help = ("by", "people", "minutes"), _l("Se decide un gestore, o la prenotazione si conferma da sola.")
    by = RadioField(
        _l("Chi conferma"),
        [InputRequired(_l("Scegli chi conferma."))],
        choices=options([("manager", _l("Un gestore")), ("automatic", _l("Il portale, da solo"))]),
    )
    people = _number(_l("Da solo fino a quante persone (facoltativo)"), needed=False)
    minutes = _number(_l("Da solo fino a quanti minuti (facoltativo)"), needed=False)

    @property
    def params(self) -> dict[str, object]:
        most = {name: self[name].data for name in ("people", "minutes") if self[name].data is not None}
        return {"by": self.by.data} | (most if self.by.data == "automatic" else {})


def _both(form: RuleForm, field: IntegerField) -> None:
    """Percent and hours of a refund are written together."""
    name, step = field.name.split("_")
    other = form[f"{'before' if name == 'percent' else 'percent'}_{step}"]
    if _is_empty(field) and not _is_empty(other):
        field.errors = []  # an empty field is no number either, but that is not what is wrong
        raise StopValidation(_("Scrivi la percentuale e le ore, o lascia vuote tutte e due."))


def _is_empty(field: IntegerField) -> bool:
    return not (field.raw_data and field.raw_data[0].strip())


def _percent(step: int) -> IntegerField:
    return IntegerField(_l("Rimborso %(step)s: quanto, in percentuale", step=step), [_both, Optional()])


def _before(step: int) -> IntegerField:
    return IntegerField(_l("Rimborso %(step)s: fino a quante ore prima", step=step), [_both, Optional()])


class CancelForm(RuleForm):
    own = ("hours", *(f"{name}_{step}" for step in REFUND_STEPS for name in ("percent", "before")))
    help = _l("Fino a quando si annulla, e quanto si rimborsa.")
    hours = _number(_l("Si annulla fino a quante ore prima"))
    percent_1, before_1 = _percent(1), _before(1)
    percent_2, before_2 = _percent(2), _before(2)
    percent_3, before_3 = _percent(3), _before(3)

    @classmethod
    def shown(cls, params: dict) -> dict[str, object]:
        steps = sorted(params.get("refunds", [[0, 100]]), reverse=True)
        rows = {
            f"{name}_{step}": value
            for step, (hours, percent) in zip(REFUND_STEPS, steps, strict=False)
            for name, value in (("percent", percent), ("before", hours))
        }
        return {"hours": params["hours"]} | rows

    @property
    def params(self) -> dict[str, object]:
        rows = [[self[f"{name}_{step}"].data for name in ("before", "percent")] for step in REFUND_STEPS]
        return {"hours": self.hours.data, "refunds": [row for row in rows if None not in row]}


class AssociationForm(RuleForm):
    help = _l("Lo spazio è solo per organizzazioni verificate.")


class ResidentsForm(RuleForm):
    own, help = ("days",), _l("Chi abita a Lecce, terzo settore, scuole ed enti pubblici prenotano per primi.")
    days = _number(_l("Gli altri prenotano da quanti giorni prima"))


class HoursQuotaForm(RuleForm):
    own, help = ("hours", "period", "per"), _l("Quante ore può avere ognuno in un certo tempo.")
    hours = _number(_l("Quante ore"))
    period, per = _period(), _per()


class LiveQuotaForm(RuleForm):
    own, help = ("count", "per"), _l("Quante prenotazioni in attesa o da svolgere può avere ognuno.")
    count = _number(_l("Quante prenotazioni"))
    per = _per()


class PrimeForm(RuleForm):
    own = ("percent", "period", "weekdays", "begins", "to")
    help = _l("Quanta parte delle ore più richieste può avere un'organizzazione.")
    percent = _number(_l("Quanta parte al massimo, in percentuale"))
    period = _period()
    weekdays = SelectMultipleField(
        _l("In quali giorni"),
        [InputRequired(_l("Scegli almeno un giorno."))],
        coerce=int,
        choices=options(enumerate(WEEKDAYS)),
        option_widget=CheckboxInput(),
    )
    begins = TimeField(_l("Dalle ore"), [InputRequired(_l("Scrivi da che ora."))])
    to = TimeField(_l("Alle ore"), [InputRequired(_l("Scrivi fino a che ora."))], description=_l("00:00 è la fine del giorno."))

    @classmethod
    def shown(cls, params: dict) -> dict[str, object]:
        at = {name: time(*divmod(params[key] % 1440, 60)) for name, key in (("begins", "from"), ("to", "to"))}
        return params | at

    @property
    def params(self) -> dict[str, object]:
        begins, ends = (at.hour * 60 + at.minute for at in (self.begins.data, self.to.data))
        told = {"percent": self.percent.data, "period": self.period.data, "weekdays": sorted(self.weekdays.data)}
        return told | {"from": begins, "to": ends or 1440}


class NoShowForm(RuleForm):
    own, help = ("count", "days"), _l("Chi non si presenta troppe volte aspetta prima di prenotare ancora.")
    count = _number(_l("Quante prenotazioni non utilizzate"))
    days = _number(_l("In quanti giorni"))


class CheckInForm(RuleForm):
    own, help = ("grace",), _l("Dopo quanto tempo un posto in cui nessuno è arrivato torna libero.")
    grace = _number(_l("Dopo quanti minuti"))


class AnswerForm(RuleForm):
    own, help = ("days",), _l("Entro quando un gestore risponde.")
    days = _number(_l("Entro quanti giorni"))


class AnnounceForm(RuleForm):
    own, help = ("days",), _l("Prima di un rifiuto si spiega perché, e si aspetta una risposta.")
    days = _number(_l("Quanti giorni per rispondere"))


class DepositForm(RuleForm):
    own, help = ("cents",), _l("Quanto si lascia come cauzione.")
    cents = EurosField(_l("Cauzione in euro"), [InputRequired(_l("Scrivi l'importo: 0 se non serve."))])


FORMS: dict[str, type[RuleForm]] = {
    "notice": NoticeForm,
    "horizon": HorizonForm,
    "length": LengthForm,
    "grid": GridForm,
    "approval": ApprovalForm,
    "cancel": CancelForm,
    "association": AssociationForm,
    "residents_first": ResidentsForm,
    "quota_hours": HoursQuotaForm,
    "quota_live": LiveQuotaForm,
    "prime_share": PrimeForm,
    "no_show": NoShowForm,
    "check_in": CheckInForm,
    "answer": AnswerForm,
    "announce_refusal": AnnounceForm,
    "deposit": DepositForm,
}
