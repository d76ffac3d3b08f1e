"""Processes and their phases, on plain values: what a draft may be, what it lacks to be published, how it is extended."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from hub.refusal import Refusal, must_pass

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_LEAST, SLUG_MOST = 3, 50
TAKEN_WORDS = ("nuovo", "regole", "ricevuta")  # pages that stand where a process would
MOST_PHASES = 12
SHORTEST = timedelta(hours=1)
ACT_MOST, REASON_MOST = 160, 500
TEXT_MOST, DECISIONS_MOST = 20_000, 5000


@dataclass(frozen=True)
class Terms:
    """A phase: from when to when (half-open instants), and what it is open to. row: its place in the form, from 0, None where
    there is no form; by it a refusal finds the field beside which it stands."""

    name: dict[str, str]
    opens_at: datetime | None
    closes_at: datetime | None
    switches: Collection[str] = ()
    supports_most: int | None = None
    hides_counts: bool = False
    row: int | None = field(default=None, compare=False)

    def field(self, name: str) -> str:
        return name if self.row is None else f"phases-{self.row}-{name}"


# --- a draft


def must_be_an_address(slug: str) -> None:
    if not (SLUG_LEAST <= len(slug) <= SLUG_MOST and SLUG.fullmatch(slug)) or slug in TAKEN_WORDS:
        raise Refusal(
            "Usa da %(least)s a %(most)s lettere minuscole senza accenti, cifre e trattini, per esempio idee-2027.",
            least=SLUG_LEAST,
            most=SLUG_MOST,
            field="slug",
            rule="slug",
        )


def taken() -> Refusal:
    return Refusal("Un altro processo ha già questo indirizzo: scrivine un altro.", field="slug", rule="slug-taken")


def must_be_a_draft(state: str) -> None:
    if state != "draft":
        raise Refusal("Questo processo è già pubblico: le sue regole restano come sono state annunciate.", rule="published")


def must_keep_its_terms(state: str, changed: Collection[str]) -> None:
    """Once a process is public its words may still be made clearer; what it promised stays. changed: names of columns."""
    if state != "draft" and changed:
        raise Refusal(
            "Il processo è già pubblico: si possono correggere i testi, non l'indirizzo, i limiti e i giorni promessi.",
            field=sorted(changed)[0],
            rule="terms-kept",
        )


def must_be_phases(phases: Sequence[Terms]) -> None:
    """All that is wrong with the phases of a draft, in the order of their times. Raises Refusal."""
    checks: list[Callable[[], object]] = [partial(must_be_few, len(phases))]
    for one in phases:
        checks += [partial(check, one) for check in (must_be_named, must_be_timed, must_be_open_to_something, must_limit_sense)]
    timed = [one for one in phases if one.opens_at and one.closes_at]
    checks += [partial(must_follow, first, then) for first, then in pairwise(timed)]
    must_pass(*checks)


def must_be_few(count: int) -> None:
    if count > MOST_PHASES:
        raise Refusal("Un processo ha al massimo %(most)s fasi.", most=MOST_PHASES, rule="few-phases")


def must_be_named(one: Terms) -> None:
    if not one.name.get("it"):
        raise Refusal("Scrivi come si chiama la fase.", field=one.field("name_it"), rule="phase-name")
    if not one.name.get("en"):
        raise Refusal("Scrivi come si chiama la fase in inglese.", field=one.field("name_en"), rule="phase-name-en")


def must_be_timed(one: Terms) -> None:
    if one.opens_at is None:
        raise Refusal("Scrivi il giorno e l'ora in cui comincia.", field=one.field("opens_at"), rule="phase-opens")
    if one.closes_at is None:
        raise Refusal("Scrivi il giorno e l'ora in cui finisce.", field=one.field("closes_at"), rule="phase-closes")
    if one.closes_at - one.opens_at < SHORTEST:
        raise Refusal(
            "Una fase dura almeno un'ora: scegli una fine dopo %(least)s.",
            least=one.opens_at + SHORTEST,
            field=one.field("closes_at"),
            rule="phase-length",
        )


def must_be_open_to_something(one: Terms) -> None:
    if not one.switches:
        raise Refusal("Scegli almeno una cosa che si fa in questa fase.", field=one.field("switches"), rule="phase-switches")


def must_limit_sense(one: Terms) -> None:
    """A limit on supports, or counts that are hidden, mean something where there are supports or votes."""
    if one.supports_most is not None and "supports" not in one.switches:
        raise Refusal(
            "In questa fase non si sostengono proposte: lascia vuoto il limite, o aggiungi il sostegno.",
            field=one.field("supports_most"),
            rule="phase-limit",
        )
    if one.hides_counts and not {"supports", "votes"} & set(one.switches):
        raise Refusal(
            "In questa fase non si sostiene e non si vota: non c'è niente da nascondere.",
            field=one.field("hides_counts"),
            rule="phase-hides",
        )


def must_follow(first: Terms, then: Terms) -> None:
    """One phase after the other: where one ends the next may begin, at the same minute."""
    if then.opens_at < first.closes_at:
        raise Refusal(
            "Comincia prima che finisca la fase precedente: scegli %(least)s o più tardi.",
            least=first.closes_at,
            field=then.field("opens_at"),
            rule="phase-order",
        )


# --- published


def must_be_ready(
    title: dict[str, str], summary: dict[str, str], text: dict[str, str], office: str, phases: Sequence[Terms], now: datetime
) -> None:
    """All that a draft lacks before everybody may see it. Raises Refusal."""
    must_pass(
        lambda: must_be_titled(title),
        lambda: must_be_told(summary, text),
        lambda: must_have_an_office(office),
        lambda: must_have_phases(phases),
        lambda: must_be_phases(phases),
        lambda: must_still_come(phases, now),
    )


def must_be_titled(title: dict[str, str]) -> None:
    if not (title.get("it") and title.get("en")):
        raise Refusal("Scrivi il titolo in italiano e in inglese.", rule="title")


def must_be_told(summary: dict[str, str], text: dict[str, str]) -> None:
    if not (summary.get("it") and text.get("it")):
        raise Refusal("Scrivi di che cosa si tratta, in una frase e per esteso: chi partecipa lo legge.", rule="told")


def must_have_an_office(office: str) -> None:
    if not office.strip():
        raise Refusal("Scrivi quale ufficio risponde alle proposte.", rule="office")


def must_have_phases(phases: Sequence[Terms]) -> None:
    if not phases:
        raise Refusal("Aggiungi almeno una fase: senza date nessuno sa quando partecipare.", rule="no-phases")
    if not any("submits" in one.switches for one in phases):
        raise Refusal("Aggiungi una fase in cui si presentano proposte.", rule="no-submissions")


def must_still_come(phases: Sequence[Terms], now: datetime) -> None:
    """Nobody announces what they have missed already."""
    if phases and phases[0].closes_at is not None and phases[0].closes_at <= now:
        raise Refusal(
            "La prima fase è già finita il %(closes)s: sposta le date in avanti.", closes=phases[0].closes_at, rule="past"
        )


def must_run(is_published: bool, is_concluded: bool) -> None:
    if not is_published:
        raise Refusal("È ancora una bozza: cambia le date nelle fasi.", rule="draft")
    if is_concluded:
        raise Refusal("Questo processo è concluso: non cambia più.", rule="concluded")


# --- extended


def must_be_extended(closes_before: datetime, closes_at: datetime, act: str, reason: str, now: datetime) -> None:
    """A phase that is not over may end later, by an act that says why. Raises Refusal."""
    must_not_be_over(closes_before, now)
    must_pass(
        lambda: must_end_later(closes_before, closes_at),
        lambda: must_name_an_act(act),
        lambda: must_say_why(reason),
    )


def must_not_be_over(closes: datetime, now: datetime) -> None:
    if closes <= now:
        raise Refusal("Questa fase è finita il %(closes)s: una fase finita non si riapre.", closes=closes, rule="phase-over")


def must_end_later(closes_before: datetime, closes_at: datetime) -> None:
    if closes_at <= closes_before:
        raise Refusal(
            "Una fase si può solo prorogare: scegli un momento dopo %(closes)s.",
            closes=closes_before,
            field="closes_at",
            rule="later",
        )


def must_name_an_act(act: str) -> None:
    if not act.strip():
        raise Refusal("Scrivi con quale atto, per esempio Determinazione n. 12 del 3 marzo 2027.", field="act", rule="act")
    if len(act.strip()) > ACT_MOST:
        raise Refusal("Scrivi l'atto in %(most)s caratteri al massimo.", most=ACT_MOST, field="act", rule="act-long")


def must_say_why(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi il motivo della proroga: lo leggono tutti.", field="reason", rule="reason")
    if len(reason.strip()) > REASON_MOST:
        raise Refusal("Scrivi il motivo in %(most)s caratteri al massimo.", most=REASON_MOST, field="reason", rule="reason-long")


# --- concluded


def must_be_over(last_closes: datetime, now: datetime) -> None:
    if now < last_closes:
        raise Refusal("L'ultima fase finisce %(closes)s: concludi il processo dopo.", closes=last_closes, rule="not-over")


def must_be_answered(waiting: int) -> None:
    """waiting: how many proposals have no answer yet."""
    if waiting:
        raise Refusal(
            "Ci sono proposte che aspettano una risposta (%(waiting)s): rispondi a tutte, poi concludi.",
            waiting=waiting,
            rule="unanswered",
        )


# --- labs and their meetings


def must_be_public(state: str) -> None:
    """state: of an activity of the programme."""
    if state == "draft":
        raise Refusal("Questa attività è ancora una bozza: pubblicala, poi collegala.", field="activity", rule="activity-draft")


def must_be_unused(count: int) -> None:
    """count: of the proposals that were put on the agenda of its meetings."""
    if count:
        raise Refusal(
            "Nei suoi incontri ci sono proposte del processo all'ordine del giorno: prima toglile.", rule="activity-used"
        )


def must_be_on_show(is_shown: bool) -> None:
    if not is_shown:
        raise Refusal(
            "In questo processo non c'è una proposta pubblicata con questo codice. I codici sono come PR-2027-000123.",
            field="proposal",
            rule="proposal",
        )


def must_take_place(state: str) -> None:
    """state: of a session of the programme."""
    if state in ("cancelled", "not_held"):
        raise Refusal("Questo incontro non si è svolto.", rule="session-off")


def must_be_unminuted(is_published: bool) -> None:
    if is_published:
        raise Refusal("Il verbale di questo incontro è pubblico: non cambia più, e nemmeno l'ordine del giorno.", rule="minuted")


def must_be_as_read(is_same: bool) -> None:
    if not is_same:
        raise Refusal(
            "Nel frattempo qualcun altro ha scritto il verbale: controlla com'è adesso, poi invia di nuovo.", rule="seen"
        )


def must_be_minutes(text: str, decisions: str) -> None:
    if not text.strip():
        raise Refusal("Scrivi che cosa si è detto.", field="text", rule="minutes")
    for words, most, name in ((text, TEXT_MOST, "text"), (decisions, DECISIONS_MOST, "decisions")):
        if len(words) > most:
            raise Refusal("Scrivi al massimo %(most)s caratteri.", most=most, field=name, rule="minutes-long")


def must_have_been_held(state: str) -> None:
    """Minutes tell of what took place, and of how many were there: the register says both first."""
    if state != "held":
        raise Refusal("Prima segna nel registro che l'incontro si è svolto, e chi c'era.", rule="unheld")


def must_be_known(is_known: bool) -> None:
    if not is_known:
        raise Refusal("Prima scrivi il verbale.", rule="no-minutes")
