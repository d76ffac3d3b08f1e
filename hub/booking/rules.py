"""Rules of a booking, on plain values: from which state to which it may go, and what it must respect on the way."""

from datetime import date, datetime, timedelta

from hub.refusal import Refusal
from hub.spaces.needs import audience_of as audience_of  # what a search asks first, a booking asks as well

STATES = (
    "draft",
    "held",
    "submitted",
    "changes_requested",
    "refusal_announced",
    "approved",
    "rejected",
    "withdrawn",
    "cancelled",
    "done",
    "no_show",
)
PURPOSES = ("meeting", "lab", "course", "culture", "party", "work", "other")
CHANNELS = ("web", "assisted", "paper")
REFUSAL_REASONS = ("taken", "unsuitable", "against_rules", "priority", "works", "incomplete", "conduct", "other")
FREE_REASONS = ("social", "school", "partner", "institutional", "other")
PAYMENT_KINDS = ("payment", "refund", "deposit", "deposit_return")
PAYMENT_METHODS = ("desk", "transfer")
WAYS = {
    "draft": {"held", "submitted", "approved"},
    "held": {"draft", "held", "submitted", "approved"},
    "submitted": {"changes_requested", "refusal_announced", "approved", "rejected", "withdrawn"},
    "changes_requested": {"submitted", "refusal_announced", "approved", "rejected", "withdrawn"},
    "refusal_announced": {"submitted", "approved", "rejected", "withdrawn"},
    "approved": {"cancelled", "done", "no_show"},
    "no_show": {"approved"},
    "done": {"approved"},
}
WAITING_STATES = ("submitted", "changes_requested", "refusal_announced")
LIVE_STATES = (*WAITING_STATES, "approved")
HOLD_MINUTES = 20
LIVE_HOLDS = 3
DRAFT_DAYS = 30


def must_go(before: str, after: str) -> None:
    """Whether a booking in one state may pass to another."""
    if after not in WAYS.get(before, ()):
        raise Refusal(
            "Questa prenotazione nel frattempo è cambiata e l'operazione non è più possibile: ricarica la pagina.",
            rule="state",
        )


def must_not_hoard(live_holds: int) -> None:
    """One person cannot keep many places waiting."""
    if live_holds >= LIVE_HOLDS:
        raise Refusal(
            "Hai già %(holds)s prenotazioni da completare: finiscine una, o aspetta che scadano dopo %(minutes)s minuti.",
            holds=live_holds,
            minutes=HOLD_MINUTES,
            rule="live-holds",
        )


def must_be_in_time_to_cancel(starts: datetime, now: datetime, cancel_hours: int) -> None:
    """The requester's own cancellation; a manager may always cancel."""
    if starts - timedelta(hours=cancel_hours) < now:
        raise Refusal(
            "Si annulla fino a %(hours)s ore prima dell'inizio: ora scrivi al gestore dello spazio.",
            hours=cancel_hours,
            rule="cancel-late",
        )


def must_be_before(starts: datetime, now: datetime) -> None:
    """What has begun is not decided or cancelled any more."""
    if starts <= now:
        raise Refusal("L'orario richiesto è già passato.", rule="past")


def must_be_the_requester(is_theirs: bool) -> None:
    """What is the requester's alone to do; the staff refuse or cancel, with a reason."""
    if not is_theirs:
        raise Refusal("Solo chi ha fatto la richiesta può ritirarla.", rule="requester")


def must_speak_for(named: str | None, acting_for: str | None) -> None:
    """Who sends it speaks for the organisation (its name, or None) that the summary names, or for themselves."""
    if named != acting_for:
        raise Refusal(
            "Nel frattempo hai cambiato per conto di chi agisci: torna al passo «Chi prenota» e controlla.", rule="speak-for"
        )


def must_have_none_to_come(count: int) -> None:
    """Nobody who leaves, and no organisation that closes, keeps a place or a request for one."""
    if count:
        raise Refusal(
            "Ci sono ancora %(count)s prenotazioni in attesa o confermate: prima ritirale o annullale, poi torna qui.",
            rule="bookings-to-come",
            count=count,
        )


def must_give_reason(reason: str, code: str = "") -> None:
    """A reason in words; the list has names for most of them (code: one of REFUSAL_REASONS)."""
    if not reason.strip() and code in ("", "other"):
        raise Refusal("Scrivi il motivo: chi ha fatto la richiesta lo leggerà.", field="reason", rule="reason")


def must_say_why_free(reason: str, words: str) -> None:
    """Whoever asks to pay nothing says why, in words where the list has no name for it."""
    if reason == "other" and not words.strip():
        raise Refusal("Scrivi perché l'uso dovrebbe essere gratuito.", field="free_words", rule="free-words")


def must_name_the_free_reason(terms: str, reason: str) -> None:
    """The desk grants free use for one of the reasons of the list."""
    if terms == "free" and not reason:
        raise Refusal("Scegli perché l'uso è gratuito.", field="free_reason", rule="free-reason")


def must_be_waiting(state: str) -> None:
    """Prices are agreed on before the confirmation."""
    if state not in WAITING_STATES:
        raise Refusal("La richiesta è già decisa: il prezzo non cambia più.", field="charge", rule="price-decided")


def must_be_open_amount(cents: int, most: int) -> None:
    """No more is paid than is due, no more is given back than was paid. most: the euro cents that are open."""
    if not most:
        raise Refusal("Per questo movimento non c'è niente di aperto: guarda il conto.", field="kind", rule="payment-closed")
    if cents > most:
        raise Refusal(
            "È più di quanto è aperto: al massimo %(most)s euro.",
            field="euros",
            rule="payment-too-much",
            most=f"{most // 100},{most % 100:02}",
        )


def must_not_be_to_come(day: date, today: date) -> None:
    if day > today:
        raise Refusal("Questa data deve ancora venire: scrivi quando hai visto il denaro.", field="paid_on", rule="paid-on")


def must_be_a_standing_payment(undone: bool) -> None:
    if undone:
        raise Refusal("Questo movimento è già stato annullato.", rule="payment-void")


def must_keep_some(count: int) -> None:
    """A series in which every date is left out books nothing."""
    if not count:
        raise Refusal("Hai lasciato fuori tutte le date: tienine almeno una.", rule="series-empty")


def must_leave_to_the_hub(state: str, confirms_itself: bool) -> None:
    """What a manager has approved the requester does not change by themselves, except where no manager is asked."""
    if state == "approved" and not confirms_itself:
        raise Refusal(
            "Questa prenotazione è già approvata: per cambiare una data scrivi al gestore, oppure annullala e chiedine un'altra.",
            rule="date-approved",
        )


def must_be_alive(state: str) -> None:
    """Only what waits or is confirmed has dates to change."""
    if state not in LIVE_STATES:
        raise Refusal("Le date di questa prenotazione non si cambiano più.", rule="state")


def must_cost_no_more(cents: int, agreed: int) -> None:
    """After the confirmation the price stays: what costs more would be a gift."""
    if cents > agreed:
        raise Refusal("Il prezzo è già concordato, e così costerebbe di più: fai una nuova prenotazione.", rule="date-price")


def must_have_a_price_left(price_cents: int) -> None:
    """After the confirmation the price stays: one more date would be a gift."""
    if price_cents:
        raise Refusal("Il prezzo è già concordato: per un'altra data fai una nuova prenotazione.", rule="date-price")


def must_choose_reason(code: str) -> None:
    """A refusal has a reason from the list, so that refusals can be counted and compared."""
    if code not in REFUSAL_REASONS:
        raise Refusal("Scegli il motivo del rifiuto.", field="reason_code", rule="reason")


def must_not_judge_oneself(is_theirs: bool) -> None:
    """Nobody decides what they asked for, or what an organisation of theirs did."""
    if is_theirs:
        raise Refusal(
            "È una richiesta tua, o di un'organizzazione di cui fai parte: decide un altro gestore.", rule="own-request"
        )


def must_announce_first(announce_days: int | None, state: str, until: datetime | None, now: datetime) -> None:
    """Where a refusal is to be announced (law 241/1990, article 10-bis), the requester may object before it."""
    if announce_days is None:
        return
    if state != "refusal_announced":
        raise Refusal(
            "Per questo spazio il rifiuto si annuncia prima: chi ha chiesto ha %(days)s giorni per rispondere.",
            days=announce_days,
            rule="announce-first",
        )
    if until and now < until:
        raise Refusal("Chi ha chiesto può ancora rispondere, fino a %(until)s.", until=until, rule="announce-first")


def must_answer_objections(objected: bool, reason: str) -> None:
    """A refusal after an answer to its announcement says why the answer was not enough (law 241/1990, article 10-bis)."""
    if objected and not reason.strip():
        raise Refusal("Spiega perché le osservazioni di chi ha chiesto non bastano.", field="reason", rule="answer-objections")


def must_object_in_time(state: str, until: datetime | None, now: datetime) -> None:
    if state != "refusal_announced" or (until and until <= now):
        raise Refusal("Il tempo per rispondere è finito.", rule="objection-late")


def must_be_expected(state: str, status: str, day: date, today: date) -> None:
    """Whoever arrives has a confirmed booking for today; who was given up is still let in the day after."""
    if state in ("cancelled", "rejected", "withdrawn") or status in ("cancelled", "skipped"):
        raise Refusal("Questa prenotazione è annullata o non è stata accolta.", rule="arrival-cancelled")
    if state in WAITING_STATES:
        raise Refusal("Questa richiesta non è ancora confermata.", rule="arrival-waiting")
    if status == "done":
        raise Refusal("Questa data è già finita.", rule="arrival-done")
    late = status == "no_show" and day == today - timedelta(days=1)
    if day != today and not late:
        raise Refusal("Questa prenotazione non è per oggi: è per %(day)s.", day=day, rule="arrival-day")


def must_be_running(ends: datetime, now: datetime) -> None:
    if ends <= now:
        raise Refusal("Questa data è già finita: l'arrivo non si annulla più.", rule="arrival-done")


def must_say_why_anyway(anyway: bool, reason: str) -> None:
    """Who books against a rule says why: it stays in the history."""
    if anyway and not reason.strip():
        raise Refusal("Scrivi perché prenoti comunque: resta nella storia della prenotazione.", field="reason", rule="anyway")


def must_be_somebody(person: bool, contact: str) -> None:
    """A booking is for an account, or for somebody by name."""
    if not person and not contact.strip():
        raise Refusal("Scrivi il nome di chi prenota, o la sua e-mail se ha un account.", field="contact_name", rule="contact")
