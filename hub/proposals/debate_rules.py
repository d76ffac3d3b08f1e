"""What may be said of a proposal, and what is done about it, on plain values: comments, reports, moderation, appeals."""

import html
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hub.proposals.rules import LIVE_STATES, MODERATION_REASONS, REPORT_REASONS, STANCES
from hub.refusal import Refusal

SHORTEST_COMMENT = 3
LONGEST_WORDS, LONGEST_APPEAL = 500, 1000
APPEAL_DAYS = 30
MARKS_MOST = 3  # on one letter: no language heaps up more, and what does so covers the lines around it


class Limit(Protocol):
    """At most so many `times` in so many `minutes`."""

    times: int
    minutes: int


# --- words


def plain(text: str, without_tags: Callable[[str], str]) -> str:
    """A text as nothing but words, which are the same words as HTML: no tag, no sign that nobody sees or that turns the lines
    around, at most MARKS_MOST marks on a letter, one empty line between paragraphs.

    without_tags: leaves the words of a text, escaped as HTML.
    """
    shown = "".join(sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign.isprintable() or sign in "\n\t")
    before = None
    while before != shown:  # what an escaped tag leaves may be one: each turn leaves less
        before, shown = shown, html.unescape(without_tags(shown))
    lines = [" ".join(line.split()) for line in _few_marks(shown).split("\n")]
    kept = [line for line, last in zip(lines, ["", *lines], strict=False) if line or last]
    return "\n".join(kept).strip()


def _few_marks(text: str) -> str:
    kept, marks = [], 0
    for sign in unicodedata.normalize("NFC", text):
        marks = marks + 1 if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= MARKS_MOST:
            kept.append(sign)
    return "".join(kept)


def must_say_something(text: str, *, least: int, most: int, field: str = "text") -> None:
    if len(text) < least:
        raise Refusal("Scrivi almeno %(least)s caratteri.", field=field, rule="short", least=least)
    if len(text) > most:
        raise Refusal(
            "Il testo è di %(length)s caratteri: al massimo sono %(most)s.", field=field, rule="long", length=len(text), most=most
        )


# --- comments


def must_be_discussed(state: str, is_hidden: bool) -> None:
    """Whether a phase is open to it is asked apart."""
    if is_hidden:
        raise Refusal("Questa proposta è nascosta dai moderatori: ora non si può commentare.", rule="hidden")
    if state not in LIVE_STATES:
        raise Refusal("La discussione su questa proposta è chiusa: puoi ancora leggerla.", rule="closed")


def must_take_a_stance(stance: str | None, *, is_reply: bool) -> None:
    if is_reply and stance is not None:
        raise Refusal("Chi risponde a un commento non dice se è a favore: lo dice chi apre la discussione.", rule="stance")
    if not is_reply and stance not in STANCES:
        raise Refusal("Scegli se sei a favore, contrario, neutrale, o se fai una domanda.", field="stance", rule="stance")


def must_be_answerable(*, is_reply: bool, is_hidden: bool, is_removed: bool) -> None:
    """Of the comment that somebody answers."""
    if is_reply:
        raise Refusal("A una risposta non si risponde: scrivi sotto il commento da cui parte.", rule="depth")
    if is_hidden or is_removed:
        raise Refusal("Questo commento non c'è più: non si può rispondere.", rule="gone")


def must_be_within(limits: Sequence[Limit], told: Sequence[datetime], at: datetime) -> None:
    """told: when somebody did the same before, the newest first, as far as the longest of the limits looks back."""
    free_at = [told[one.times - 1] + timedelta(minutes=one.minutes) for one in limits if len(told) >= one.times]
    if free_at and max(free_at) > at:
        raise Refusal("Hai scritto molto in poco tempo: puoi scrivere di nuovo da %(when)s.", rule="too-many", when=max(free_at))


def must_be_ones_own(is_own: bool) -> None:
    if not is_own:
        raise Refusal("Può togliere un commento solo chi l'ha scritto.", rule="own")


def must_not_be_removed(is_removed: bool) -> None:
    if is_removed:
        raise Refusal("Questo commento è già stato rimosso da chi l'ha scritto.", rule="removed")


# --- reports and moderation


def must_be_reportable(*, is_there: bool, is_own: bool, is_reported: bool) -> None:
    if not is_there:
        raise Refusal("Qui non c'è più nulla da segnalare.", rule="gone")
    if is_own:
        raise Refusal("Non puoi segnalare quello che hai scritto tu: se vuoi, toglilo.", rule="own")
    if is_reported:
        raise Refusal("L'hai già segnalato: i moderatori lo guarderanno.", rule="reported")


def must_have_a_report_reason(reason: str | None, words: str) -> None:
    if reason not in REPORT_REASONS:
        raise Refusal("Scegli che cosa non va.", field="reason", rule="reason")
    if reason == "other" and not words:
        raise Refusal("Scrivi in poche parole che cosa non va.", field="words", rule="words")
    if len(words) > LONGEST_WORDS:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", field="words", rule="long", most=LONGEST_WORDS)


def must_be_moderated_by_another(is_own: bool) -> None:
    if is_own:
        raise Refusal("Sono parole tue: di queste decide un altro gestore.", rule="own")


def must_have_a_reason(reason: str | None) -> None:
    if reason not in MODERATION_REASONS:
        raise Refusal("Scegli il motivo.", field="reason", rule="reason")


def must_be_explained(words: str, *, field: str = "words") -> None:
    if not words:
        raise Refusal("Spiega perché: chi ha scritto lo legge, e può fare ricorso.", field=field, rule="words")
    if len(words) > LONGEST_WORDS:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", field=field, rule="long", most=LONGEST_WORDS)


def must_be_visible(*, is_hidden: bool, is_removed: bool = False) -> None:
    if is_hidden:
        raise Refusal("È già nascosto: qualcuno l'ha fatto prima di te.", rule="hidden")
    if is_removed:
        raise Refusal("L'ha già tolto chi l'ha scritto: non c'è più nulla da nascondere.", rule="removed")


def must_be_hidden(is_hidden: bool) -> None:
    if not is_hidden:
        raise Refusal("Non è nascosto.", rule="visible")


# --- appeals


def must_be_appealable(*, is_hidden: bool, until: datetime, at: datetime, is_appealed: bool) -> None:
    if is_appealed:
        raise Refusal("Il ricorso c'è già: ti scriviamo quando è deciso.", rule="appealed")
    if not is_hidden:
        raise Refusal("Non è più nascosto: non serve un ricorso.", rule="visible")
    if at >= until:
        raise Refusal("Il ricorso si poteva fare fino a %(until)s.", rule="late", until=until)


def must_be_undecided(is_decided: bool) -> None:
    if is_decided:
        raise Refusal("Su questo ricorso è già stato deciso.", rule="decided")


def must_decide_for_another(*, is_the_same: bool, is_own: bool, others: int) -> None:
    """others: how many managers there are beside who hid it."""
    if is_own:
        raise Refusal("Il ricorso è tuo: lo decide un altro gestore.", rule="own")
    if is_the_same and not others:
        raise Refusal(
            "Chi ha nascosto non decide il ricorso, e qui non ci sono altri gestori: chiedi a un amministratore di dare il ruolo"
            " di gestore a un'altra persona.",
            rule="only-manager",
        )
    if is_the_same:
        raise Refusal("L'hai nascosto tu: il ricorso lo decide un altro gestore.", rule="same")
