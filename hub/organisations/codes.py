"""The codes by which the State knows an organisation: codice fiscale and partita IVA. What is wrong with one, in words."""

import re

from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat
from stdnum.it import codicefiscale, iva

from hub.refusal import Refusal

DIGITS, SIGNS = 11, 16
RUN_BY_A_PERSON = ("startup", "company")  # an enterprise may go by the codice fiscale of who runs it


def tax_code(kind: str, text: str | None) -> str | None:
    """The codice fiscale of an organisation of this kind as it is kept: 11 digits, or for an enterprise the 16 signs of
    whoever runs it; None for an informal group. Raises Refusal (field "tax_code")."""
    code = _bare(text)
    if kind == "informal_group":
        if code:
            raise Refusal(
                "Un gruppo informale non ha un codice fiscale: lascia vuoto, oppure scegli un altro tipo di organizzazione.",
                field="tax_code",
                rule="code-of-a-group",
            )
        return None
    if not code:
        raise Refusal(
            "Scrivi il codice fiscale dell'organizzazione: 11 cifre. Solo un gruppo informale non ne ha uno.",
            field="tax_code",
            rule="code-missing",
        )
    if code[0].isalpha() and kind in RUN_BY_A_PERSON:
        return _of_a_person(code)
    if len(code) == SIGNS and code[0].isalpha():
        raise Refusal(
            "Questo è il codice fiscale di una persona. Qui serve quello dell'organizzazione: 11 cifre.",
            field="tax_code",
            rule="code-of-a-person",
        )
    return _of_a_body(code, "tax_code")


def vat_number(text: str | None) -> str | None:
    """The partita IVA as it is kept: 11 digits; None where there is none. Raises Refusal (field "vat_number")."""
    code = _bare(text)
    return _of_a_body(code, "vat_number") if code else None


def _bare(text: str | None) -> str:
    """Without what people write between the signs, or before them."""
    code = re.sub(r"[\s.:/-]", "", text or "").upper()
    return code[2:] if re.match(r"IT[0-9]", code) else code


def _of_a_body(code: str, field: str) -> str:
    if wrong := dict.fromkeys(re.findall(r"[^0-9]", code)):
        raise Refusal(
            "Qui vanno solo cifre, 11 in tutto: togli %(wrong)s.", field=field, rule="code-signs", wrong=" ".join(wrong)
        )
    if len(code) != DIGITS:
        raise Refusal("Servono 11 cifre: qui sono %(count)s.", field=field, rule="code-length", count=len(code))
    try:
        return iva.validate(code)
    except InvalidChecksum:
        raise Refusal(
            "L'ultima cifra serve a scoprire gli errori, e non va d'accordo con le prime dieci: confrontale una per una con"
            " il certificato dell'Agenzia delle Entrate.",
            field=field,
            rule="code-check",
        ) from None
    except InvalidComponent:
        raise Refusal(
            "Le cifre dall'ottava alla decima indicano l'ufficio che ha dato il codice, e l'ufficio %(office)s non esiste:"
            " confrontale con il certificato dell'Agenzia delle Entrate.",
            field=field,
            rule="code-office",
            office=code[7:10],
        ) from None
    except InvalidFormat:
        raise Refusal(
            "Un codice non comincia con sette zeri: confrontalo con il certificato dell'Agenzia delle Entrate.",
            field=field,
            rule="code-zeros",
        ) from None


def _of_a_person(code: str) -> str:
    if len(code) != SIGNS:
        raise Refusal(
            "Servono 11 cifre, o i 16 caratteri del codice fiscale di chi ha l'impresa: qui sono %(count)s.",
            field="tax_code",
            rule="code-length",
            count=len(code),
        )
    return person_code(code, "tax_code")


def person_code(code: str, field: str) -> str:
    """The codice fiscale of a person, 16 signs that go together. Raises Refusal beside this field."""
    try:
        return codicefiscale.validate(code)
    except InvalidChecksum:
        raise Refusal(
            "L'ultima lettera serve a scoprire gli errori, e non va d'accordo con il resto: confronta i 16 caratteri uno per"
            " uno con la tessera sanitaria.",
            field=field,
            rule="code-check",
        ) from None
    except (InvalidComponent, InvalidFormat):
        raise Refusal(
            "Un codice fiscale di 16 caratteri è fatto così: RSSMRA85T10A562S. Confronta il tuo con la tessera sanitaria.",
            field=field,
            rule="code-signs",
        ) from None
