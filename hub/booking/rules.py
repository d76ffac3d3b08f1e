"""Rules of a booking, on plain values: from which state to which it may go, and what it must respect on the way."""

from datetime import datetime, timedelta

from hub.refusal import Refusal

STATES = (
    "draft",
    "held",
    "submitted",
    "changes_requested",
    "approved",
    "rejected",
    "withdrawn",
    "cancelled",
    "done",
    "no_show",
)
PURPOSES = ("meeting", "lab", "course", "culture", "party", "work", "other")
WAYS = {
    "draft": {"held", "submitted", "approved"},
    "held": {"draft", "held", "submitted", "approved"},
    "submitted": {"changes_requested", "approved", "rejected", "withdrawn"},
    "changes_requested": {"submitted", "approved", "rejected", "withdrawn"},
    "approved": {"cancelled", "done", "no_show"},
}
LIVE_STATES = ("submitted", "changes_requested", "approved")
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


def must_give_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi il motivo: chi ha fatto la richiesta lo leggerà.", field="reason", rule="reason")
