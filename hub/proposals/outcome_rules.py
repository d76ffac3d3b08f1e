"""What becomes of proposals, on plain values: when an answer may be given, by when it is promised, what a result asks, and
which proposals become one or several."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Protocol

from hub.proposals.rules import LIVE_STATES
from hub.refusal import Refusal

DOABLE = ("accepted", "partly", "already_done")  # answers of which a result may come
ANSWERED_STATES = ("answered", "in_execution", "done", "stopped")
ANSWERABLE_STATES = (*LIVE_STATES, *ANSWERED_STATES)
REALISING = ("adopted", "partly")  # sources whose proposal follows its result; the others only inspired it
OPEN_RESULTS = ("planned", "running")  # of which news is promised
WHOLE = 10_000  # basis points
MOST_MERGED, MOST_PARTS = 10, 5
LONGEST_ANSWER, LONGEST_ACT, LONGEST_UPDATE = 6000, 160, 4000
HTTPS, LONGEST_URL = "https://", 500
SOON_DAYS = 7  # before its day an answer is due soon


class Dated(Protocol):
    """A phase: what it is open to, half-open instants."""

    opens_at: datetime
    closes_at: datetime
    submits: bool
    answers: bool


def answerable_from(phases: Iterable[Dated], at: datetime) -> datetime:
    """The first instant from `at` on at which answers may be given.

    They may while a phase answers, and from the end of the last such phase on: an answer that is late is better than none. A
    process without such a phase answers once its last submissions have closed.
    """
    phases = list(phases)
    answering = [one for one in phases if one.answers]
    if not answering:
        return max([at, *(one.closes_at for one in phases if one.submits)])
    if at >= max(one.closes_at for one in answering):
        return at
    return max(at, min(one.opens_at for one in answering if at < one.closes_at))


def must_answer_now(phases: Iterable[Dated], at: datetime) -> None:
    """Raises Refusal, which says from when on."""
    opens = answerable_from(phases, at)
    if opens > at:
        raise Refusal("Le risposte si danno dal %(opens)s, come dicono le fasi del processo.", opens=opens, rule="answers")


def must_be_another(is_author: bool) -> None:
    """Nobody judges their own proposal."""
    if is_author:
        raise Refusal("Sei tra gli autori di questa proposta: se ne deve occupare un altro gestore.", rule="own")


def must_be_answerable(state: str, is_hidden: bool) -> None:
    if is_hidden:
        raise Refusal("La proposta è nascosta da un moderatore: prima va resa di nuovo visibile.", rule="hidden")
    if state not in ANSWERABLE_STATES:
        raise Refusal("Questa proposta non aspetta più una risposta: è stata ritirata, unita o divisa.", rule="closed")


def must_be_new(state: str) -> None:
    """Taken up is what was only published so far."""
    if state != "published":
        raise Refusal("Questa proposta è già in esame, oppure ha già una risposta.", rule="taken-up")


def must_follow(live: int | None, seen: int | None) -> None:
    """An answer takes the place of the one that whoever writes it has read. live, seen: their numbers, None for none."""
    if live != seen:
        raise Refusal(
            "Nel frattempo è arrivata un'altra risposta: leggila, poi decidi se cambiarla.",
            field="text",
            rule="answered-meanwhile",
        )


def must_be_reasoned(kind: str, text: str) -> None:
    if kind != "accepted" and not text:
        raise Refusal(
            "Scrivi il motivo: solo chi accoglie una proposta per intero può farne a meno.", field="text", rule="reasoned"
        )


def must_keep_results(kind: str, has_results: bool) -> None:
    """What is being done was not refused."""
    if has_results and kind not in DOABLE:
        raise Refusal(
            "C'è già un risultato che nasce da questa proposta: la risposta può essere accolta, accolta in parte o già fatta.",
            field="kind",
            rule="has-results",
        )


def due_on(starts: date, days: int) -> date:
    """The last day of a promise, in whole days of the calendar: the day on which it begins does not count."""
    return starts + timedelta(days=days)


def late_by(due: date, today: date) -> int:
    """By how many days a promise is late; 0 to its last day."""
    return max(0, (today - due).days)


# --- results


def must_be_doable(titles: Iterable[tuple[str, str | None]]) -> None:
    """titles: (title of the proposal, its answer or None) of each that a result is to come of."""
    for title, answer in titles:
        if answer not in DOABLE:
            raise Refusal(
                "«%(title)s» non è stata accolta: prima serve una risposta che la accoglie, anche in parte.",
                title=title,
                field="sources",
                rule="doable",
            )


def must_have_sources(count: int) -> None:
    if not count:
        raise Refusal("Scegli almeno una proposta da cui nasce il risultato.", field="sources", rule="sources")


def must_be_in_step(state: str, progress: int) -> None:
    """progress: basis points. What is concluded is whole, and what has not begun is nothing yet."""
    if state == "done" and progress != WHOLE:
        raise Refusal("Se è conclusa, l'avanzamento è 100.", field="progress", rule="done")
    if state == "planned" and progress:
        raise Refusal("Se è da cominciare, l'avanzamento è 0.", field="progress", rule="planned")


def must_have_happened(day: date, today: date) -> None:
    if day > today:
        raise Refusal("Un aggiornamento racconta che cosa è successo: scegli un giorno fino a oggi.", field="day", rule="day")


def must_show(url: str, has_file: bool, words: str) -> None:
    """Evidence is an address or a file, and is told in words to who cannot open it."""
    if url and has_file:
        raise Refusal("Aggiungi un indirizzo oppure un file, non tutti e due.", field="evidence_url", rule="one-evidence")
    if url and not (url.startswith(HTTPS) and len(url) > len(HTTPS)):
        raise Refusal("L'indirizzo deve cominciare con https://", field="evidence_url", rule="https")
    if (url or has_file) and not words:
        raise Refusal("Scrivi in poche parole che cosa mostra.", field="evidence_words", rule="evidence-words")
    if words and not (url or has_file):
        raise Refusal(
            "Manca quello che descrivi: aggiungi un indirizzo o un file.", field="evidence_words", rule="evidence-missing"
        )


def state_by(results: Collection[str]) -> str:
    """The state of an answered proposal by those of the results that realise it."""
    if "running" in results or {"planned", "done"} <= set(results):
        return "in_execution"
    if "planned" in results or not results:
        return "answered"
    return "done" if "done" in results else "stopped"


# --- merge and split


def must_be_several(count: int) -> None:
    if count < 2:
        raise Refusal("Scrivi il codice di almeno un'altra proposta.", field="others", rule="several")
    if count > MOST_MERGED:
        raise Refusal(
            "Si uniscono al massimo %(most)s proposte alla volta.", most=MOST_MERGED, field="others", rule="too-many-merged"
        )


def must_be_of_one_process(processes: Collection[int]) -> None:
    if len(set(processes)) > 1:
        raise Refusal("Si uniscono solo proposte dello stesso processo.", field="others", rule="one-process")


def must_be_live(titles: Iterable[tuple[str, str, bool]], field: str | None) -> None:
    """titles: (title, state, whether a moderator hides it) of each proposal that is to go on in others."""
    for title, state, is_hidden in titles:
        if state in ANSWERED_STATES:
            raise Refusal("«%(title)s» ha già una risposta: non cambia più.", title=title, field=field, rule="answered")
        if state not in LIVE_STATES or is_hidden:
            raise Refusal(
                "«%(title)s» non è più aperta: è stata ritirata, unita, divisa o nascosta.",
                title=title,
                field=field,
                rule="not-live",
            )


def must_be_in_time(submits: bool, states: Collection[str], is_manager: bool) -> None:
    """Proposals go on in others while the process collects them; under review managers may still put them in order."""
    if submits or (is_manager and all(state == "under_review" for state in states)):
        return
    if is_manager:
        raise Refusal(
            "Le proposte si uniscono e si dividono mentre il processo le raccoglie, oppure quando sono in esame.", rule="in-time"
        )
    raise Refusal(
        "Le proposte si uniscono e si dividono mentre il processo le raccoglie: adesso può farlo solo chi le esamina.",
        rule="in-time",
    )


def must_write_for_all(is_author_of_all: bool, is_manager: bool) -> None:
    """Nobody closes a proposal of others, but for managers."""
    if not (is_author_of_all or is_manager):
        raise Refusal(
            "Puoi unire solo proposte di cui sei tra gli autori: per le altre chiedi al gestore.", field="others", rule="authors"
        )


def must_be_parts(titles: Collection[str]) -> None:
    if not 2 <= len(titles) <= MOST_PARTS:
        raise Refusal("Una proposta si divide in due o più parti, al massimo %(most)s.", most=MOST_PARTS, rule="parts")
    if len({title.casefold() for title in titles}) < len(titles):
        raise Refusal("Ogni parte deve avere un titolo diverso.", rule="parts-apart")


def must_have_room(count: int, most: int | None) -> None:
    """count: the live proposals that an author would have; most: that the process lets them have, None for any number."""
    if most is not None and count > most:
        raise Refusal(
            "In questo processo si possono avere al massimo %(most)s proposte: dividila in meno parti, o chiedi al gestore.",
            most=most,
            rule="room",
        )
