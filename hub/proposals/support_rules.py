"""Supporting, endorsing and voting, on plain values."""

from collections.abc import Collection
from datetime import datetime
from itertools import count

from hub.proposals.rules import CHOICES, LIVE_STATES
from hub.refusal import Refusal


def must_be_shown(state: str, hidden_at: datetime | None) -> None:
    """Only what everybody can read, and is not closed, gathers support and votes."""
    if hidden_at is not None:
        raise Refusal("Questa proposta ora non si può leggere: un moderatore la sta guardando.", rule="hidden")
    if state not in LIVE_STATES:
        raise closed()


def closed() -> Refusal:
    return Refusal("Questa proposta è chiusa: non raccoglie più né sostegni né voti.", rule="closed")


def changed() -> Refusal:
    """The database refuses what was open, and shown, when it was looked at."""
    return Refusal("Nel frattempo la fase o la proposta è stata chiusa: ricarica la pagina.", rule="changed")


def must_be_somebody(has_account: bool, confirmed_at: datetime | None) -> None:
    """An account whose address nobody has confirmed is nobody's; who is helped by an operator needs none."""
    if has_account and confirmed_at is None:
        raise Refusal("Prima conferma il tuo indirizzo: ti abbiamo mandato un'e-mail con il link da aprire.", rule="confirmed")


def must_be_known(level: int, least: int) -> None:
    """level, least: of the identity with which somebody came in, and which the process asks for (0 to 3)."""
    if level < least:
        raise Refusal(
            "Qui sostiene e vota chi entra con un'identità digitale di livello %(least)s o più: esci e scegli «Entra con SPID"
            " o CIE». Se non ce l'hai, allo sportello un operatore ti aiuta.",
            rule="identity",
            least=least,
        )


def must_act_alone(organisation: str | None) -> None:
    """People support and vote; organisations endorse. organisation: its name, where somebody acts in its name."""
    if organisation is not None:
        raise Refusal(
            "Ora agisci per conto di %(name)s: un'organizzazione può appoggiare una proposta, ma sostegni e voti sono di persone."
            " Torna ad agire per te.",
            rule="alone",
            name=organisation,
        )


def must_act_for_an_organisation(state: str | None) -> None:
    """state: of the organisation in whose name somebody acts, None of who acts for themselves."""
    if state is None:
        raise Refusal("Per appoggiare una proposta agisci per conto della tua organizzazione.", rule="organisation")
    if state != "verified":
        raise unverified()


def unverified() -> Refusal:
    return Refusal(
        "La tua organizzazione appoggia le proposte degli altri, da quando il gestore l'ha verificata.", rule="another"
    )


def must_be_anothers(is_ours: bool) -> None:
    if is_ours:
        raise Refusal("È una proposta della tua organizzazione, che può appoggiare quelle degli altri.", rule="another")


def free_slot(taken: Collection[int], most: int | None) -> int:
    """The smallest number, from 1, that no support of a person in the phase has. Raises Refusal beyond the last."""
    slot = next(number for number in count(1) if number not in taken)
    if most is not None and slot > most:
        raise limit(most)
    return slot


def limit(most: int) -> Refusal:
    if most == 1:
        return Refusal(
            "In questa fase si sostiene una proposta sola, e ne sostieni già un'altra: per sostenere questa, ritira l'altro"
            " sostegno da «I miei sostegni».",
            rule="limit",
        )
    return Refusal(
        "In questa fase si sostengono al massimo %(most)s proposte, e le hai già scelte: per sostenere questa, ritira un altro"
        " sostegno da «I miei sostegni».",
        rule="limit",
        most=most,
    )


def twice() -> Refusal:
    return Refusal("L'hai già sostenuta: il tuo sostegno è contato una volta.", rule="twice")


def endorsed_twice(name: str) -> Refusal:
    return Refusal("%(name)s la appoggia già.", rule="twice", name=name)


def must_be_there(is_there: bool) -> None:
    """Whether there is a support or an endorsement to take back."""
    if not is_there:
        raise Refusal("Non c'è niente da ritirare: forse l'hai già fatto da un'altra finestra.", rule="none")


def must_be_revocable(is_open: bool) -> None:
    if not is_open:
        raise over()


def over() -> Refusal:
    return Refusal("La fase in cui l'hai fatto è chiusa: quello che si è contato resta.", rule="over")


def must_be_a_choice(choice: str) -> None:
    if choice not in CHOICES:
        raise Refusal("Scegli una delle risposte.", field="choice", rule="choice")


def must_be_the_first_poll(is_of_this_phase: bool) -> None:
    """Votes of a phase that has closed stay; who voted in it has voted."""
    if not is_of_this_phase:
        raise Refusal("Hai votato questa proposta in una fase che è chiusa: quel voto resta.", rule="over")
