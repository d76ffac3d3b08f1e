"""What an identity provider says of a person, in claims whose names differ from one to another, made into plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from email_validator import EmailNotValidError, validate_email
from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale

from hub.refusal import Refusal

LONGEST_NAME, LONGEST_EMAIL = 80, 254
COUNTRY = "TINIT-"  # what SPID and CIE write before an Italian fiscal code


@dataclass(frozen=True)
class Proof:
    """What a provider vouches for: who has just signed in there, and how sure that is (level, 1 to 3).

    email: None where the provider gives none, or one that it has not verified.
    """

    fiscal_code: str
    given_name: str
    family_name: str
    birth_date: date | None
    email: str | None
    level: int

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"birth_date": self.birth_date and self.birth_date.isoformat()}

    @classmethod
    def from_json(cls, kept: dict) -> "Proof":
        return cls(**kept | {"birth_date": kept["birth_date"] and date.fromisoformat(kept["birth_date"])})


def proof(claims: Mapping[str, object], names: Mapping[str, str], *, level: int, today: date) -> Proof:
    """What these claims say. names: of the claim for each value; level: that of their acr. Raises Refusal."""

    def said(value: str) -> str:
        claim = claims.get(names[value])
        if isinstance(claim, list) and len(claim) == 1:
            (claim,) = claim  # a gateway to SAML may hand on its lists
        must_be_readable(claim is None or isinstance(claim, str))
        return " ".join((claim or "").split())

    return Proof(
        fiscal_code=fiscal_code(said("fiscal_code")),
        given_name=_name(said("given_name")),
        family_name=_name(said("family_name")),
        birth_date=_birth_date(said("birth_date"), today),
        email=_email(said("email")) if claims.get("email_verified") is not False else None,
        level=level,
    )


def fiscal_code(text: str) -> str:
    """The fiscal code of a person, 16 signs; those with letters instead of digits (omocodia) too. Raises Refusal."""
    code = text.upper().removeprefix(COUNTRY)
    if not code:
        raise Refusal(
            "L'identità digitale non ci ha detto il tuo codice fiscale, e senza non possiamo riconoscerti.", rule="fiscal-code"
        )
    try:
        code = codicefiscale.validate(code)
    except ValidationError:
        code = ""
    if len(code) != 16:
        raise Refusal("Il codice fiscale che abbiamo ricevuto dall'identità digitale non è valido.", rule="fiscal-code")
    return code


def must_reach(level: int, asked: int) -> None:
    """As sure as was asked for. level: of the acr that came back, 0 where there is none that we know."""
    if not level:
        raise Refusal(
            "L'identità digitale non ci ha detto con quale livello di sicurezza sei entrato, e senza non possiamo accettarla.",
            rule="level",
        )
    if level < asked:
        raise Refusal(
            "Sei entrato con il livello di sicurezza %(level)s, ma qui serve almeno il livello %(asked)s.",
            rule="level",
            level=level,
            asked=asked,
        )


def must_be_shown_here(is_here: bool) -> None:
    """A link in a mail proves the address alone: the identity that it brings must have been shown in the same browser."""
    if not is_here:
        raise Refusal(
            "Per usare questo link devi prima entrare con SPID o CIE in questo stesso browser, con la stessa identità.",
            rule="shown-here",
        )


def must_have_no_other(held: str | None, shown: str) -> None:
    """One fiscal code an account. held: the account's, if it has one."""
    if held and held != shown:
        raise Refusal(
            "L'account con questo indirizzo e-mail è già collegato a un'altra identità digitale, con un altro codice fiscale.",
            rule="other-identity",
        )


def must_be_alone(is_alone: bool) -> None:
    """One account a fiscal code."""
    if not is_alone:
        raise Refusal(
            "Questa identità digitale è già collegata a un altro account. Per usarlo, esci da questo ed entra con SPID o CIE.",
            rule="other-account",
        )


def must_be_readable(is_readable: bool) -> None:
    if not is_readable:
        raise Refusal("I dati che abbiamo ricevuto dall'identità digitale non sono completi o non si leggono.", rule="claims")


def _name(text: str) -> str:
    must_be_readable(0 < len(text) <= LONGEST_NAME and text.isprintable() and not set(text) & set("<>"))
    return text


def _birth_date(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    must_be_readable(day is not None and day <= today)
    return day


def _email(text: str) -> str | None:
    """An address that can be written to, else None: then it is asked for."""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        return None
    return found if len(found) <= LONGEST_EMAIL else None
