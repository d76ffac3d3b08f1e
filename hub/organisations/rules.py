"""What organisations must be like, who may do what in them, and who may not belong."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from hub.accounts import rules as people
from hub.organisations.codes import tax_code, vat_number
from hub.refusal import Refusal

KINDS = (
    "association",
    "informal_group",
    "third_sector",
    "social_cooperative",
    "startup",
    "company",
    "public_body",
)
STATES = ("pending", "verified", "refused", "closed")
ROLES = ("legal_rep", "editor", "member")
ACTING_ROLES = ("legal_rep", "editor")
ANSWERS = ("accepted", "declined", "revoked")
# What may be written in the history beside a change of state, as the `reason` of a line whose state stays the same.
EVENTS = ("representative", "implementer", "not_implementer")

IDENTIFYING = ("kind", "name", "tax_code", "vat_number")  # what a manager verifies
CONTACTS = ("purpose", "email", "pec", "address")
WAYS = {
    "pending": {"verified", "refused", "closed"},
    "verified": {"pending", "closed"},
    "refused": {"pending", "closed"},
}
ADULT_YEARS = 18
ADULTS_OF_A_GROUP = 2
MOST_PENDING = 5


# --- the organisation


def checked(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """What an organisation says of itself, as it is kept. Raises Refusal beside the field that is wrong."""
    must_be_a_name(values["name"] or "")
    return dict(values) | {
        "tax_code": tax_code(values["kind"], values["tax_code"]),
        "vat_number": vat_number(values["vat_number"]),
        "pec": values["pec"] or None,
    }


def must_be_a_name(name: str) -> None:
    """A name goes into mails to people who have not asked for them: it leads nowhere."""
    low = name.casefold()
    if "://" in low or "www." in low:
        raise Refusal("Scrivi solo il nome, senza indirizzi di siti.", field="name", rule="name")


def must_not_hoard(pending: int) -> None:
    """One person cannot keep the managers busy with many requests."""
    if pending >= MOST_PENDING:
        raise Refusal(
            "Hai già %(pending)s organizzazioni in attesa di verifica: aspetta la risposta prima di registrarne un'altra.",
            rule="pending",
            pending=pending,
        )


def is_the_same(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    """Whether two descriptions ({"name", "tax_code"}) are of one organisation."""
    same_code = one["tax_code"] is not None and one["tax_code"] == other["tax_code"]
    return same_code or _plain(one["name"]) == _plain(other["name"])


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def must_be_new(waits: bool) -> None:
    """Whether the same person asks for this organisation for the first time."""
    if waits:
        raise Refusal(
            "L'hai già registrata, e aspetta la verifica: puoi modificarla invece di registrarla di nuovo.", rule="twin"
        )


def known() -> Refusal:
    """The refusal of a codice fiscale that a verified organisation has. Says nothing of who is in it."""
    return Refusal(
        "Un'organizzazione con questo codice fiscale è già registrata e verificata: chiedi al suo legale rappresentante"
        " di invitarti.",
        field="tax_code",
        rule="code-taken",
    )


def must_stay_of_its_kind(before: str, after: str) -> None:
    """A verified group that becomes an association is another organisation: what the group did stays the group's."""
    if "informal_group" in {before, after} and before != after:
        raise Refusal(
            "Un gruppo informale che si costituisce è un'organizzazione nuova: registrala, e poi chiudi questa.",
            field="kind",
            rule="kind",
        )


def must_go(before: str, after: str) -> None:
    """Whether an organisation in one state may pass to another."""
    if after not in WAYS.get(before, ()):
        raise Refusal(
            "Nel frattempo questa organizzazione è cambiata e l'operazione non è più possibile: ricarica la pagina.", rule="state"
        )


def must_be_alive(state: str) -> None:
    if state == "closed":
        raise Refusal("Questa organizzazione è chiusa: non si può più cambiare.", rule="closed")


def must_give_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi il motivo: chi fa parte dell'organizzazione lo leggerà.", field="reason", rule="reason")


def must_be_outside(is_member: bool) -> None:
    """Who verifies an organisation is not of it."""
    if is_member:
        raise Refusal("Fai parte di questa organizzazione: la verifica spetta a un altro gestore.", rule="own")


# --- people


def must_be_adult(birth_date: date | None, today: date, *, surely: bool = False, field: str | None = None) -> None:
    """Who stands for an organisation is of age, where we know when they were born; surely: we have to know."""
    if (surely or birth_date is not None) and not is_adult(birth_date, today):
        raise Refusal(
            "Chi rappresenta un'organizzazione deve avere almeno %(years)s anni.", field=field, rule="adult", years=ADULT_YEARS
        )


def must_be_born(birth_date: date | None, today: date) -> None:
    """A day of birth that can be."""
    if birth_date is None:
        raise Refusal(
            "Scrivi la tua data di nascita: per un gruppo informale servono almeno due persone maggiorenni.",
            field="birth_date",
            rule="birth-missing",
        )
    people.must_be_born(birth_date, today)


def must_tell_birth_oneself(is_identified: bool) -> None:
    """Who came with a digital identity has their date of birth from there."""
    if is_identified:
        raise Refusal(
            "La tua data di nascita arriva dalla tua identità digitale, e finora non è arrivata: entra di nuovo con SPID o CIE.",
            rule="birth-identity",
        )


def is_adult(birth_date: date | None, today: date) -> bool:
    """Whether somebody born on this day is of age; not where the day is unknown."""
    if birth_date is None:
        return False
    return (birth_date.year + ADULT_YEARS, birth_date.month, birth_date.day) <= (today.year, today.month, today.day)


def must_have_two_adults(births: Iterable[date | None], today: date) -> None:
    """A verified informal group has two members of age at least. births: of its members, None where unknown."""
    births = list(births)
    adults, unknown = sum(is_adult(birth, today) for birth in births), births.count(None)
    if adults >= ADULTS_OF_A_GROUP:
        return
    if unknown:
        raise Refusal(
            "Un gruppo informale ha almeno due persone maggiorenni. Qui quelle sicure sarebbero %(adults)s: di %(unknown)s non"
            " conosciamo la data di nascita.",
            rule="two-adults",
            adults=adults,
            unknown=unknown,
        )
    raise lone(adults)


def lone(adults: int = 1) -> Refusal:
    """The refusal of an informal group that would be left with one adult, or none."""
    return Refusal(
        "Un gruppo informale ha almeno due persone maggiorenni: qui sarebbero %(adults)s. Prima serve un'altra persona.",
        rule="two-adults",
        adults=adults,
    )


def apart() -> Refusal:
    """The refusal of an evaluator in the organisation whose work they judge."""
    return Refusal("Chi valuta non può far parte dell'organizzazione che realizza le attività valutate.", rule="evaluator-apart")


# --- roles


def must_act(role: str) -> None:
    """What only who acts for an organisation may do in it."""
    if role not in ACTING_ROLES:
        raise Refusal("Può farlo solo chi rappresenta l'organizzazione o chi è persona delegata.", rule="role")


def must_represent(role: str) -> None:
    """What only its legal representative may do in it."""
    if role != "legal_rep":
        raise Refusal("Può farlo solo chi rappresenta l'organizzazione.", rule="role")


def must_invite_below(role: str, offered: str) -> None:
    """Who may make others act for the organisation: its legal representative alone."""
    must_act(role)
    if offered != "member" and role != "legal_rep":
        raise Refusal(
            "Solo chi rappresenta l'organizzazione può invitare una persona delegata: tu puoi invitare membri.",
            field="role",
            rule="role",
        )


def must_stay(role: str) -> None:
    """An organisation always has somebody who stands for it."""
    if role == "legal_rep":
        raise Refusal(
            "Rappresenti questa organizzazione: prima passa la rappresentanza a un'altra persona, oppure chiudila.",
            rule="representative",
        )


def must_have_handed_over(role: str, name: str) -> None:
    """Whoever has their data erased stands for nobody any more."""
    if role == "legal_rep":
        raise Refusal(
            "Rappresenti %(name)s: prima passa la rappresentanza a un'altra persona, oppure chiudi l'organizzazione.",
            rule="representative",
            name=name,
        )


def must_belong(ended_at: datetime | None) -> None:
    if ended_at is not None:
        raise Refusal("Questa persona nel frattempo è uscita dall'organizzazione: ricarica la pagina.", rule="left")


def must_be_able_to_act(role: str | None, state: str | None) -> None:
    """Who may act in an organisation's name: None where somebody does not belong to it."""
    if role not in ACTING_ROLES:
        raise Refusal("Non puoi agire per conto di questa organizzazione.", field="organisation", rule="acting-role")
    if state != "verified":
        raise Refusal(
            "Potrai agire per conto di questa organizzazione quando il gestore l'avrà verificata.",
            field="organisation",
            rule="acting-state",
        )


# --- invitations


def standing(answer: str | None, expires_at: datetime, at: datetime) -> str:
    """How an invitation stands: open, expired, or as it was answered."""
    return answer or ("open" if at < expires_at else "expired")


def must_be_open(standing: str) -> None:
    if standing != "open":
        raise Refusal("Questo invito non è più aperto: chiedine uno nuovo a chi te l'ha mandato.", rule="invitation")


def must_not_be_invited(is_open: bool) -> None:
    if is_open:
        raise Refusal(
            "Questo indirizzo ha già un invito aperto: qui sotto puoi rimandarlo o revocarlo.", field="email", rule="invited"
        )


def must_be_a_newcomer(is_member: bool) -> None:
    if is_member:
        raise Refusal("Fai già parte di questa organizzazione.", rule="member")
