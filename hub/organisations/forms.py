"""What people say of an organisation, whom they invite, and what managers decide."""

from collections.abc import Callable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, StopValidation, ValidationError

from hub.accounts.forms import EMAIL, ONE_LINE
from hub.filters import shown
from hub.forms import CreatingForm, Form, options, tidy
from hub.organisations import rules
from hub.organisations.codes import tax_code, vat_number
from hub.organisations.models import Membership, Organisation
from hub.organisations.words import KINDS, ROLES
from hub.refusal import Refusal


def _told(rule: Callable, *values: object) -> object:
    """What a rule makes of what was typed, or its words beside the field."""
    try:
        return rule(*values)
    except Refusal as refusal:
        values = {name: shown(value) for name, value in refusal.values.items()}
        raise ValidationError(gettext(refusal.words, **values)) from None


class IdentifyingFields(Form):
    """What a manager verifies."""

    kind = SelectField(
        _("Che tipo di organizzazione è"),
        [InputRequired(_("Scegli il tipo di organizzazione."))],
        choices=options(KINDS.items(), _("Scegli…")),
    )
    name = StringField(
        _("Nome o denominazione"),
        [DataRequired(_("Scrivi il nome dell'organizzazione.")), Length(max=160), ONE_LINE],
        [tidy],
        description=_("Come sta scritto nello statuto, o come vi fate chiamare."),
    )
    tax_code = StringField(
        _("Codice fiscale"),
        [Length(max=40)],
        [tidy],
        description=_(
            "11 cifre. Un'impresa individuale può usare il codice fiscale di chi la conduce. Un gruppo informale non ne ha uno."
        ),
    )
    vat_number = StringField(
        _("Partita IVA (facoltativa)"), [Length(max=40)], [tidy], description=_("11 cifre, se l'organizzazione ne ha una.")
    )

    def validate_name(self, field: Field) -> None:
        _told(rules.must_be_a_name, field.data)

    def validate_tax_code(self, field: Field) -> None:
        if self.kind.data in rules.KINDS:
            _told(tax_code, self.kind.data, field.data)

    def validate_vat_number(self, field: Field) -> None:
        _told(vat_number, field.data)


class ContactFields(Form):
    """What an organisation may change by itself."""

    purpose = TextAreaField(
        _("Che cosa fate"),
        [DataRequired(_("Scrivi in poche parole che cosa fate.")), Length(max=1000)],
        [tidy],
        description=_("Lo legge chi verifica l'organizzazione. Bastano due o tre frasi."),
    )
    email = EmailField(_("E-mail dell'organizzazione"), EMAIL, [tidy])
    pec = EmailField(
        _("PEC (facoltativa)"),
        [Optional(), Length(max=254), Email(_("L'indirizzo PEC non è completo. Esempio: nome@pec.it"), allow_smtputf8=False)],
        [tidy],
    )
    address = StringField(
        _("Indirizzo della sede"),
        [DataRequired(_("Scrivi l'indirizzo.")), Length(max=200), ONE_LINE],
        [tidy],
        description=_("Via, numero, comune. Un gruppo informale può indicare dove si riunisce."),
    )


def _born_if_needed(form: "FoundForm", field: Field) -> None:
    """A date of birth is asked of who founds an informal group, and ignored for the others."""
    if field.raw_data and field.raw_data[0] and form.kind.data == "informal_group":
        return
    field.process_errors, field.errors = [], []
    if form.kind.data == "informal_group":
        raise StopValidation(_("Scrivi la tua data di nascita: serve per un gruppo informale."))
    field.data = None
    raise StopValidation


DECLARED = _(
    "La dichiari tu, come prevede l'articolo 46 del DPR 445/2000: una dichiarazione falsa è punita dalla legge (art. 76)."
)


class FoundForm(IdentifyingFields, ContactFields, CreatingForm):
    birth_date = DateField(_("La tua data di nascita (solo per un gruppo informale)"), [_born_if_needed], description=DECLARED)
    declares = BooleanField(
        _("Dichiaro di essere il legale rappresentante, o la persona referente del gruppo informale"),
        [DataRequired(_("Solo chi rappresenta l'organizzazione può registrarla."))],
        description=_(
            "È una dichiarazione sostitutiva (articolo 46 del DPR 445/2000): se è falsa, la legge la punisce (articolo 76)."
        ),
    )


class SeenForm(Form):
    """A form about an organisation as somebody saw it: refused where it has changed since, by somebody else or in another tab."""

    seen = HiddenField()

    def look(self, organisation: Organisation) -> None:
        """Note what the page shows."""
        self.seen.data = str(organisation.version)

    def must_be_as_seen(self, organisation: Organisation) -> None:
        if self.seen.data != str(organisation.version):
            raise Refusal(
                "Nel frattempo questi dati sono cambiati: guarda come sono adesso, poi correggi e invia di nuovo.", rule="seen"
            )


class EditForm(IdentifyingFields, ContactFields, SeenForm):
    """All of it, while a manager has still to verify it."""


class ContactsForm(ContactFields, SeenForm):
    """What a verified organisation changes freely."""


class IdentityForm(IdentifyingFields, SeenForm):
    """What a verified organisation changes at the price of being verified again."""

    accepts = BooleanField(
        _("Ho capito che fino alla nuova verifica nessuno potrà agire per conto dell'organizzazione"),
        [DataRequired(_("Per continuare devi averlo letto."))],
    )


class InviteForm(CreatingForm):
    email = EmailField(_("E-mail della persona da invitare"), EMAIL, [tidy])
    role = RadioField(_("Che cosa potrà fare"), [InputRequired(_("Scegli che cosa potrà fare."))])

    def offer(self, role: str) -> None:
        """The roles to which somebody with this role may invite."""
        offered = ("member", "editor") if role == "legal_rep" else ("member",)
        self.role.choices = options((name, ROLES[name]) for name in offered)


class BirthForm(Form):
    birth_date = DateField(
        _("La tua data di nascita"), [InputRequired(_("Scrivi la tua data di nascita."))], description=DECLARED
    )


class AcceptForm(BirthForm):
    """Joining; with a date of birth where an informal group needs it (`del form.birth_date` where not)."""


class MemberForm(Form):
    role = RadioField(
        _("Che cosa può fare"),
        [Optional()],
        choices=options((name, ROLES[name]) for name in ("member", "editor")),
    )
    save = SubmitField(_("Salva"))
    remove = SubmitField(_("Togli dall'organizzazione"))


class HandOverForm(Form):
    member = RadioField(_("Chi rappresenterà l'organizzazione"), [InputRequired(_("Scegli una persona."))], coerce=int)
    accepts = BooleanField(
        _("Ho capito che non rappresenterò più l'organizzazione e potrò solo agire per suo conto"),
        [DataRequired(_("Per continuare devi averlo letto."))],
    )

    def offer(self, others: list[Membership]) -> None:
        self.member.choices = options((one.id, one.person.name) for one in others)


class LeaveForm(Form):
    """A button: leaving is asked for on a page of its own."""


class CloseForm(SeenForm):
    accepts = BooleanField(
        _("Sì, chiudi questa organizzazione: non si può riaprire"),
        [DataRequired(_("Per chiudere l'organizzazione conferma di volerlo."))],
    )


class ActForm(Form):
    """In whose name this browser acts: an organisation's number, or nothing."""

    organisation = SelectField(_("Per conto di"), choices=[], validate_choice=False)
    next = HiddenField()

    @property
    def chosen(self) -> int | None:
        """The number; None for oneself. One that is none becomes 0, which no organisation has."""
        text = self.organisation.data or ""
        return (int(text) if text.isdecimal() and len(text) < 10 else 0) if text else None


class DecisionForm(SeenForm):
    """What a manager says of an organisation."""

    reason = TextAreaField(
        _("Motivo"),
        [Optional(), Length(max=1000)],
        [tidy],
        description=_(
            "Serve per non verificare: chi fa parte dell'organizzazione lo leggerà, e potrà correggere e inviare di nuovo."
        ),
    )
    verify = SubmitField(_("Verifica"))
    refuse = SubmitField(_("Non verificare"))
    implementer = SubmitField(_("Segna come ente attuatore"))
    not_implementer = SubmitField(_("Non è più ente attuatore"))
