"""What a family says of itself: a child, their guardians, who takes them home, what is consented to."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, EmailField, HiddenField, RadioField, StringField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from hub.accounts.forms import EMAIL, ONE_LINE, SHORT
from hub.families.words import BASES, GENDERS
from hub.forms import CreatingForm, Form, options, tidy

PHONE = Regexp(r"^\+?[0-9][0-9 ./-]{4,28}$", message=_("Scrivi solo il numero. Esempio: 0832 123456 oppure +39 333 1234567"))
WHOLE_NAME = Length(max=160, message=_("Al massimo 160 caratteri."))


class SaidFields(Form):
    """What is told of anybody who takes part."""

    gender = RadioField(
        _("Genere (facoltativo)"),
        [Optional()],
        choices=options(GENDERS.items()),
        default="",
        description=_("Serve solo a contare, senza nomi, quanto le attività sono per tutti."),
    )
    resident = BooleanField(
        _("Abita a Lecce"),
        description=_(
            "Lo dichiari tu (articolo 46 del DPR 445/2000). Alcune attività nei primi giorni sono solo per chi abita in città."
        ),
    )

    @property
    def said(self) -> dict[str, object]:
        """What it says, as `hub.families.service` takes it."""
        names = ("given_name", "family_name", "birth_date", "gender", "resident", "emergency_name", "emergency_phone")
        said = {name: self[name].data for name in names if name in self}
        return said | {name: said[name] or "" for name in ("gender", "emergency_name", "emergency_phone")}


class ChildForm(SaidFields):
    given_name = StringField(_("Nome"), [DataRequired(_("Scrivi il nome.")), SHORT, ONE_LINE], [tidy])
    family_name = StringField(_("Cognome"), [DataRequired(_("Scrivi il cognome.")), SHORT, ONE_LINE], [tidy])
    birth_date = DateField(_("Data di nascita"), [InputRequired(_("Scrivi la data di nascita."))])
    emergency_name = StringField(
        _("Chi chiamare in caso di emergenza"),
        [DataRequired(_("Scrivi il nome di chi chiamare.")), WHOLE_NAME, ONE_LINE],
        [tidy],
        description=_("Una persona adulta che risponde durante le attività: puoi essere anche tu."),
    )
    emergency_phone = TelField(_("Il suo telefono"), [DataRequired(_("Scrivi il numero di telefono.")), PHONE], [tidy])


class OwnForm(SaidFields):
    """What somebody says of themselves; their name is their account's."""

    birth_date = DateField(
        _("La tua data di nascita"),
        [InputRequired(_("Scrivi la tua data di nascita."))],
        description=_("Serve a sapere se un'attività è per la tua età, e se per iscriverti serve un genitore."),
    )
    emergency_name = StringField(_("Chi chiamare in caso di emergenza (facoltativo)"), [Optional(), WHOLE_NAME, ONE_LINE], [tidy])
    emergency_phone = TelField(_("Il suo telefono (facoltativo)"), [Optional(), PHONE], [tidy])


class GuardianFields(Form):
    """As what somebody answers for a child, and what they declare."""

    basis = RadioField(_("Tu chi sei per questa persona"), [InputRequired(_("Scegli chi sei."))], choices=options(BASES.items()))
    other = RadioField(
        _("L'altro genitore"),
        [InputRequired(_("Scegli una delle due dichiarazioni."))],
        choices=options(
            {
                "agrees": _("Dichiaro che l'altro genitore, o chi ne risponde con me, è d'accordo"),
                "none": _("Dichiaro di essere l'unica persona che ne risponde"),
            }.items()
        ),
        description=_(
            "Le scelte per un minore spettano a entrambi i genitori (articoli 316, 337-ter e 337-quater del codice civile)."
            " È una dichiarazione sostitutiva (DPR 445/2000): se è falsa, la legge la punisce."
        ),
    )

    @property
    def declared(self) -> dict[str, object]:
        return {"basis": self.basis.data, "other_agrees": self.other.data == "agrees"}


class AddForm(ChildForm, GuardianFields, CreatingForm):
    """A child and who adds them."""


class AnswerForm(GuardianFields):
    """To answer for a child whom another guardian has added."""


class AcceptForm(Form):
    """A button: a mail program that opens links by itself must not accept anything."""


class PickupForm(CreatingForm):
    name = StringField(_("Nome e cognome"), [DataRequired(_("Scrivi nome e cognome.")), WHOLE_NAME, ONE_LINE], [tidy])
    phone = TelField(_("Telefono (facoltativo)"), [Optional(), PHONE], [tidy])


class ConsentForm(Form):
    """A button: the purpose that is said yes to, or the number of the consent that is taken back."""

    give = HiddenField()
    withdraw = HiddenField()


class InviteForm(CreatingForm):
    email = EmailField(_("E-mail della persona da invitare"), EMAIL, [tidy])


class LeaveForm(Form):
    sure = BooleanField(_("Sì, non rispondo più di questa persona"), [DataRequired(_("Per continuare spunta la casella."))])


class FindForm(Form):
    """Sent by GET, and with no token: it changes nothing. All three must be right: it is no list of people."""

    class Meta:
        csrf = False

    given_name = StringField(_("Nome"), [DataRequired(_("Scrivi il nome.")), SHORT], [tidy], name="nome")
    family_name = StringField(_("Cognome"), [DataRequired(_("Scrivi il cognome.")), SHORT], [tidy], name="cognome")
    birth_date = DateField(_("Data di nascita"), [InputRequired(_("Scrivi la data di nascita."))], name="nascita")


class HandOverForm(CreatingForm):
    email = EmailField(_("E-mail della persona"), EMAIL, [tidy])
    checked = BooleanField(
        _("Ho controllato chi è con un documento, di persona o in videochiamata"),
        [DataRequired(_("Prima di passare la scheda controlla chi è."))],
    )
