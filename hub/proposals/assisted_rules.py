"""What an operator needs in order to help somebody take part, on plain values."""

from datetime import date

from hub.families.rules import years_old
from hub.organisations import codes
from hub.refusal import Refusal

LEAST_YEARS = 14  # who is younger takes part through their family and their school
BARE = str.maketrans("", "", " -./")


def proof(fiscal_code: str, document: str) -> str:
    """By what somebody is known: their fiscal code, or the number of a document, told apart. Raises Refusal."""
    code, number = fiscal_code.upper().translate(BARE), document.upper().translate(BARE)
    if code:
        if len(code) != codes.SIGNS:
            raise Refusal(
                "Un codice fiscale ha 16 caratteri: qui sono %(count)s. Confrontalo con la tessera sanitaria.",
                field="fiscal_code",
                rule="fiscal-code",
                count=len(code),
            )
        return codes.person_code(code, "fiscal_code")
    if len(number) < 5:
        raise Refusal(
            "Scrivi il codice fiscale; a chi non ne ha uno chiedi un documento, e scrivine il numero.",
            field="fiscal_code",
            rule="who",
        )
    return f"document:{number}"


def must_be_old_enough(born: date | None, day: date) -> None:
    if born is not None and years_old(born, day) < LEAST_YEARS:
        raise Refusal("Qui si partecipa dai %(years)s anni in su.", field="fiscal_code", rule="age", years=LEAST_YEARS)


def must_be_free(busy_with: str) -> None:
    """busy_with: whom the operator is helping now, "" where nobody."""
    if busy_with:
        raise Refusal("Stai già aiutando %(name)s: chiudi prima quella sessione.", rule="busy", name=busy_with)


def must_be_somebody_else(themselves: bool) -> None:
    if themselves:
        raise Refusal("Per te stesso partecipa con il tuo account, non allo sportello.", field="fiscal_code", rule="oneself")


def must_still_run(running: bool) -> None:
    if not running:
        raise Refusal(
            "La sessione è finita: dura al massimo mezz'ora. Aprine un'altra, se la persona è ancora qui.", rule="session-over"
        )


def must_be_of_this_session(same: bool) -> None:
    if not same:
        raise Refusal(
            "Questa pagina era di un'altra sessione: controlla chi stai aiutando adesso, poi invia di nuovo.",
            rule="another-session",
        )


def must_be_a_receipt(found: bool) -> None:
    if not found:
        raise Refusal("Nessuna ricevuta ha questo codice: controlla di averlo scritto tutto.", field="code", rule="unknown")


def must_be_unclaimed(claimed: bool) -> None:
    if claimed:
        raise Refusal("Questa ricevuta è già stata usata da un altro account.", field="code", rule="claimed")


def must_be_theirs(same: bool) -> None:
    """same: whether the fiscal code of who claims is that of who was helped, as far as both are known."""
    if not same:
        raise Refusal(
            "Questa ricevuta è di un'altra persona: il suo codice fiscale non è quello della tua identità digitale.",
            field="code",
            rule="another",
        )
