"""What people fill in about themselves."""

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
    SubmitField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, Length, Optional, Regexp

from hub.accounts.models import ROLES
from hub.accounts.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD
from hub.accounts.words import ROLE_NAMES
from hub.forms import CreatingForm, Form, tidy
from hub.language import LANGUAGES

EMAIL = (
    DataRequired(_l("Scrivi il tuo indirizzo e-mail.")),
    Length(max=254, message=_l("L'indirizzo è troppo lungo.")),
    Email(_l("L'indirizzo e-mail non è completo. Esempio: nome@posta.it"), allow_smtputf8=False),
)
ONE_LINE = Regexp(r"^[^\x00-\x1f\x7f<>]*$", message=_l("Usa solo lettere, spazi, apostrofi e trattini."))
SHORT = Length(max=80, message=_l("Al massimo 80 caratteri."))


CHOSEN = ([DataRequired(_l("Scegli una password."))],)
KNOWN = ([DataRequired(_l("Scrivi la password.")), Length(max=1000, message=_l("La password è troppo lunga."))],)
STRONG = _l(
    "Da %(least)s a %(most)s caratteri. Tre o quattro parole a caso sono facili da ricordare e difficili da indovinare.",
    least=SHORTEST_PASSWORD,
    most=LONGEST_PASSWORD,
)
REASON = (
    [DataRequired(_l("Scrivi il motivo.")), Length(max=500, message=_l("Al massimo 500 caratteri."))],
    [tidy],
)


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class RegisterForm(CreatingForm):
    given_name = StringField(_l("Nome"), [DataRequired(_l("Scrivi il tuo nome.")), SHORT, ONE_LINE], [_stripped])
    family_name = StringField(_l("Cognome"), [DataRequired(_l("Scrivi il tuo cognome.")), SHORT, ONE_LINE], [_stripped])
    email = EmailField(
        _l("E-mail"), EMAIL, [_stripped], description=_l("Ti mandiamo un'e-mail con un link da aprire per confermare.")
    )
    password = PasswordField(_l("Password"), *CHOSEN, description=STRONG)
    next = HiddenField()


class ResendForm(CreatingForm):
    email = EmailField(_l("E-mail"), EMAIL, [_stripped], description=_l("L'indirizzo con cui ti sei registrato."))
    next = HiddenField()


class ConfirmForm(Form):
    """A button: a mail program that opens links by itself must not confirm anything."""


class SignInForm(Form):
    email = EmailField(_l("E-mail"), EMAIL, [_stripped])
    password = PasswordField(_l("Password"), *KNOWN)
    next = HiddenField()


class ForgottenForm(CreatingForm):
    email = EmailField(_l("E-mail"), EMAIL, [_stripped], description=_l("L'indirizzo con cui entri."))
    next = HiddenField()


class NewPasswordForm(Form):
    password = PasswordField(_l("Nuova password"), *CHOSEN, description=STRONG)


class PasswordForm(Form):
    current = PasswordField(_l("Password di adesso"), *KNOWN)
    password = PasswordField(_l("Nuova password"), *CHOSEN, description=STRONG)


class ProofForm(Form):
    """password: left out where a digital identity of a few minutes ago is enough, or the person has no password."""

    password = PasswordField(_l("Password"), *KNOWN, description=_l("Per essere sicuri che sei tu."))


class AddressForm(ProofForm, CreatingForm):
    email = EmailField(_l("Nuova e-mail"), EMAIL, [_stripped])


class CodeForm(Form):
    """The code of a second factor, from the authenticator or from paper: digits, with spaces or dashes if one likes."""

    code = StringField(
        _l("Codice di verifica"),
        [DataRequired(_l("Scrivi il codice.")), Regexp(r"^[0-9 .-]{6,40}$", message=_l("Il codice è fatto di sole cifre."))],
        [_stripped],
        description=_l("Le 6 cifre che l'app mostra adesso, oppure uno dei tuoi codici di recupero."),
    )
    next = HiddenField()


class TurnOffForm(ProofForm):
    code = CodeForm.code


class RolesForm(Form):
    role = RadioField(
        _l("Ruolo"),
        [DataRequired(_l("Scegli un ruolo."))],
        choices=[SelectChoice(role, ROLE_NAMES[role]) for role in ROLES],
    )
    reason = TextAreaField(_l("Motivo"), *REASON, description=_l("Resta nello storico e arriva per e-mail alla persona."))
    give = SubmitField(_l("Dai il ruolo"))
    take = SubmitField(_l("Togli il ruolo"))


class ReasonForm(Form):
    reason = TextAreaField(_l("Motivo"), *REASON, description=_l("Arriva per e-mail alla persona."))


class SearchForm(Form):
    """Sent by GET, and with no token: it changes nothing."""

    cerca = StringField(
        _l("Nome, cognome o e-mail"),
        [DataRequired(_l("Scrivi chi cerchi.")), Length(max=100, message=_l("Al massimo 100 caratteri."))],
        [_stripped],
    )

    class Meta:
        csrf = False


class IdentityAddressForm(CreatingForm):
    """The address of who came with a digital identity that says none."""

    email = EmailField(
        _l("E-mail"), EMAIL, [_stripped], description=_l("Ti mandiamo un link da aprire in questo stesso browser.")
    )


class ProfileForm(Form):
    given_name = StringField(_l("Nome"), [DataRequired(_l("Scrivi il tuo nome.")), SHORT, ONE_LINE], [_stripped])
    family_name = StringField(_l("Cognome"), [DataRequired(_l("Scrivi il tuo cognome.")), SHORT, ONE_LINE], [_stripped])
    birth_date = DateField(
        _l("Data di nascita (facoltativa)"),
        [Optional()],
        description=_l("Serve solo per un gruppo informale, che ha almeno due persone maggiorenni."),
    )
    phone = TelField(
        _l("Telefono (facoltativo)"),
        [
            Optional(),
            Regexp(
                r"^\+?[0-9][0-9 ./-]{4,28}$", message=_l("Scrivi solo il numero. Esempio: 0832 123456 oppure +39 333 1234567")
            ),
        ],
        [_stripped],
        description=_l("Lo usiamo solo se c'è un imprevisto con una tua prenotazione."),
    )
    language = RadioField(
        _l("Lingua delle pagine e delle e-mail"),
        [DataRequired(_l("Scegli una lingua."))],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )


class EraseForm(Form):
    """To have one's data erased: said twice, with the password and with a box."""

    password = PasswordField(_l("La tua password"), [DataRequired(_l("Scrivi la tua password, per conferma.")), Length(max=1000)])
    sure = BooleanField(
        _l("Ho letto che cosa si cancella e che cosa resta, e voglio cancellare i miei dati"),
        [DataRequired(_l("Per cancellare i tuoi dati devi spuntare la casella."))],
    )
