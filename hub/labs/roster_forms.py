"""What an organisation says of those whom it enrols: one by one, or in a file."""

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, EmailField, Field, HiddenField, RadioField, SelectField, StringField, TelField
from wtforms.validators import DataRequired, Optional

from hub.families.words import GENDERS
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.enrol_forms import Required, note_field, question_field
from hub.labs.models import Activity
from hub.labs.roster_words import COLUMNS
from hub.organisations.models import Organisation

DECLARED = _(
    "Dichiaro che abbiamo i moduli di consenso firmati da chi risponde di ogni minore, che li conserviamo noi, e che li mostriamo"
    " al centro quando li chiede"
)


class FileForm(Form):
    file = FileField(_("File con l'elenco (.xlsx oppure .csv)"))

    @property
    def sent(self) -> bytes:
        return self.file.data.read() if self.file.data else b""


class LastWordForm(CreatingForm):
    """A list that was looked at, and what is declared of it."""

    lines = HiddenField()
    together = BooleanField(
        _("Solo tutti insieme"), description=_("Se non c'è posto per tutti, aspettano insieme: nessuno entra da solo.")
    )
    declared = BooleanField(DECLARED, [DataRequired(_("Per iscrivere serve la dichiarazione."))])


class OneForm(CreatingForm):
    """One who is enrolled: the fields are the columns of a list, and the same rules look at them; see `one_form`."""

    given_name = StringField(COLUMNS["given_name"].name, [Required()], [tidy])
    family_name = StringField(COLUMNS["family_name"].name, [Required()], [tidy])
    birth_date = DateField(COLUMNS["birth_date"].name, [Required()])
    gender = RadioField(COLUMNS["gender"].name, [Optional()], choices=options(GENDERS.items()), default="")
    resident = BooleanField(COLUMNS["resident"].name)
    guardian = StringField(COLUMNS["guardian"].name, [], [tidy], description=COLUMNS["guardian"].text)
    email = EmailField(COLUMNS["email"].name, [], [tidy], description=COLUMNS["email"].text)
    emergency_name = StringField(COLUMNS["emergency_name"].name, [Required()], [tidy])
    emergency_phone = TelField(COLUMNS["emergency_phone"].name, [Required()], [tidy])
    participation = BooleanField(COLUMNS["participation"].name, [Required()])
    photo = BooleanField(COLUMNS["photo"].name)
    assessment = BooleanField(COLUMNS["assessment"].name)
    leave_alone = BooleanField(COLUMNS["leave_alone"].name)
    declared = BooleanField(DECLARED, [DataRequired(_("Per iscrivere serve la dichiarazione."))])

    @property
    def cells(self) -> dict[str, object]:
        """What it says, as a row of a list."""
        named = [field for field in self if field.name in COLUMNS or field.name.startswith("question_")]
        return {field.name: _cell(field.data) for field in named}

    @property
    def asked(self) -> list[Field]:
        return [field for field in self if field.name.startswith("question_")]


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "x" if value else ""
    return "" if value is None else value


def one_form(activity: Activity) -> OneForm:
    """The form for an activity, with its questions, and a note on health where it takes one."""
    fields: dict[str, Field] = {f"question_{question.id}": question_field(question) for question in activity.questions}
    if activity.asks_health:
        fields |= {"note": note_field(), "health": BooleanField(COLUMNS["health"].name)}
    return type("OneForm", (OneForm,), fields)()


class ButtonForm(Form):
    """A button."""


class WhichForm(Form):
    """For which organisation the staff writes. Sent by GET, and with no token: it changes nothing."""

    class Meta:
        csrf = False

    organisation = SelectField(_("Organizzazione"), name="per")

    def offer(self, verified: Iterable[Organisation]) -> None:
        self.organisation.choices = options(((str(one.id), one.name) for one in verified), gettext("Scegli"))
