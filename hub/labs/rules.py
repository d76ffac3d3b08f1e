"""The programme and enrolment, on plain values: closed lists, ages, times to enrol, and what each step asks."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from hub.families.rules import OWN_ENROLMENT_YEARS, years_old
from hub.refusal import Refusal, must_pass

KINDS = ("event", "lab", "workshop", "course", "accelerator", "camp")
STATES = ("draft", "published", "cancelled", "closed")
SHOWN_STATES = ("published", "cancelled", "closed")  # what everybody may read
AREAS = ("education", "entrepreneurship", "inclusion", "community")
THEMES = ("steam", "life-skills", "entrepreneurship", "inclusion", "community")  # as impact.md 9.1 has them
AGE_RULES = ("on_start", "calendar_year")
TAKES_PART = ("person", "organisation", "none")
LANGUAGES = ("it", "en", "lis", "ar", "fr", "es", "uk", "sq")
ACCESSIBILITY = ("step_free", "toilet", "hearing_loop", "lis", "easy_read", "quiet_room", "companion")
TRAINER_ROLES = ("trainer", "tutor", "operator", "mentor", "coordinator")
SESSION_STATES = ("planned", "held", "not_held", "cancelled")
QUESTION_KINDS = ("text", "choice", "number", "consent")
SEATED_STATES = ("pending", "offered", "enrolled", "completed")
UNSEATED_LIVE_STATES = ("waiting",)
HELD_STATES = ("pending", "offered")  # a place is kept until somebody says yes
ENDED_STATES = ("withdrawn", "expired", "rejected")
ENROLMENT_STATES = (*SEATED_STATES, *UNSEATED_LIVE_STATES, *ENDED_STATES)
CHANNELS = ("web", "assisted", "paper", "import")
WITHDRAWALS = ("distance", "family", "health", "interest", "moved", "schedule", "school", "work", "other", "unsaid")
ATTENDANCES = ("present", "absent", "excused", "late", "left_early")
SOURCES = ("list", "qr", "code", "paper", "import")
CERTIFICATE_KINDS = ("attendance", "pcto")
NEED_AREAS = ("business", "finance", "legal", "market", "product", "people", "impact", "space", "other")
REMINDERS = (48, 24)  # hours before a session
MOST_PLACES = 2000
ANSWER_LENGTH = 1000
REASON_LENGTH = 300
NUMBER = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,6})?")
WAYS = {
    "": {"pending", "waiting", "enrolled"},
    "pending": {"enrolled", "withdrawn", "expired", "rejected"},
    "waiting": {"offered", "withdrawn", "expired", "rejected"},
    "offered": {"enrolled", "withdrawn", "expired", "rejected"},
    "enrolled": {"completed", "withdrawn", "rejected"},
    "completed": {"enrolled"},
}


def must_go(before: str, after: str) -> None:
    """Whether an enrolment in one state may pass to another."""
    if after not in WAYS.get(before, ()):
        raise changed()


def changed() -> Refusal:
    """Somebody else, or the clock, was quicker."""
    return Refusal(
        "Questa iscrizione nel frattempo è cambiata e l'operazione non è più possibile: ricarica la pagina.", rule="state"
    )


def age_for(born: date, starts: date, rule: str) -> int:
    """The age in years that counts for an activity that begins on a day: on that day, or that they reach in its year."""
    return starts.year - born.year if rule == "calendar_year" else years_old(born, starts)


def must_be_of_age(born: date | None, starts: date, rule: str, least: int | None, most: int | None) -> None:
    """Ages in years, both included; None where there is no limit. Where there is one, the birth date must be known."""
    if least is None and most is None:
        return
    if born is None:
        raise Refusal("Qui conta l'età: aggiungi prima la data di nascita.", field="participant", rule="born")
    age = age_for(born, starts, rule)
    if (least is None or least <= age) and (most is None or age <= most):
        return
    if most is None:
        raise Refusal(
            "È per chi ha almeno %(least)s anni: in quella data ne ha %(age)s.",
            least=least,
            age=age,
            field="participant",
            rule="age",
        )
    if least is None:
        raise Refusal(
            "È per chi ha al massimo %(most)s anni: in quella data ne ha %(age)s.",
            most=most,
            age=age,
            field="participant",
            rule="age",
        )
    raise Refusal(
        "È per chi ha da %(least)s a %(most)s anni: in quella data ne ha %(age)s.",
        least=least,
        most=most,
        age=age,
        field="participant",
        rule="age",
    )


def must_be_open(opens: datetime | None, closes: datetime | None, now: datetime) -> None:
    """Enrolment is open from one instant to another, half-open, by the server's clock."""
    if opens is None or closes is None:
        raise Refusal("Per questa attività non ci sono iscrizioni.", rule="no-enrolment")
    if now < opens:
        raise Refusal("Le iscrizioni aprono %(opens)s.", opens=opens, rule="not-yet")
    if now >= closes:
        raise Refusal("Le iscrizioni sono chiuse da %(closes)s.", closes=closes, rule="late")


def must_leave_to_residents(resident: bool, until: datetime | None, now: datetime) -> None:
    """Until an instant only who lives in Lecce enrols."""
    if until is not None and now < until and not resident:
        raise Refusal(
            "Fino a %(until)s si iscrive solo chi abita a Lecce: torna da allora in poi.", until=until, rule="residents_first"
        )


# --- what may change


def must_be_alive(state: str) -> None:
    """Drafts and what is in the programme change; what was called off or is over stays as it was."""
    if state not in ("draft", "published"):
        raise Refusal("Questa attività è annullata o conclusa: non si cambia più.", rule="state")


# --- who enrols whom


def must_be_in_programme(state: str) -> None:
    """Drafts, and what was called off or is over, take nobody."""
    if state != "published":
        raise Refusal("Questa attività non è in programma: non ci si può iscrivere.", rule="programme")


def must_take(takes_part: str, whom: str) -> None:
    """Whether an activity is for persons or for organisations (whom)."""
    if takes_part == "none":
        raise Refusal("A questa attività si viene senza iscrizione.", rule="no-enrolment")
    if takes_part != whom and whom == "person":
        raise Refusal("A questa attività si iscrivono le organizzazioni, non le persone.", rule="takes-part")
    if takes_part != whom:
        raise Refusal("A questa attività si iscrivono le persone, non le organizzazioni.", rule="takes-part")


def must_answer_for(answers: bool, *, is_own_minor: bool = False) -> None:
    """Who decides: the guardians of a child, an adult for themselves, who acts for an organisation, the staff."""
    if not answers and is_own_minor:
        raise Refusal(
            "Sei minorenne: ti iscrive chi risponde di te. Dai %(years)s anni puoi farlo tu, se nel portale c'è chi conferma.",
            years=OWN_ENROLMENT_YEARS,
            field="participant",
            rule="alone",
        )
    if not answers:
        raise Refusal("Può farlo solo chi si iscrive, chi ne risponde, o il gestore.", field="participant", rule="whose")


def must_be_confirmed_by_another(is_own: bool) -> None:
    """A minor never says the last word on their own place."""
    if is_own:
        raise Refusal("Sei minorenne: deve confermare un genitore, o chi risponde di te.", rule="guardian")


def twice(name: str) -> Refusal:
    """Somebody has, or waits for, a place already."""
    return Refusal("C'è già un'iscrizione a questa attività: %(name)s.", name=name, field="participant", rule="twice")


# --- answers to an activity's questions


class Asked(NamedTuple):
    """A question. kind: see QUESTION_KINDS; words: in both languages; choices: the answers that it may have."""

    id: int
    kind: str
    words: dict[str, str]
    choices: tuple[str, ...]
    required: bool


def checked_answers(asked: Iterable[Asked], given: Mapping[str, object]) -> dict[str, object]:
    """The answers as they are kept, by the question's id as text: what is not asked, or left empty, is left out.

    given: text (of a choice: its words; of a number: as people write it, or the number), True for a box that is ticked.
    Raises Refusal for each wrong one, beside the field question_ID.
    """
    kept = {}
    must_pass(*(partial(_keep, one, given.get(str(one.id)), kept) for one in asked))
    return kept


def _keep(one: Asked, value: object, kept: dict[str, object]) -> None:
    said = {"question": one.words, "field": f"question_{one.id}"}
    if one.kind == "consent":
        if one.required and value is not True:
            raise Refusal("«%(question)s»: per iscriversi bisogna spuntare la casella.", **said, rule="consent")
        kept[str(one.id)] = value is True
        return
    text = "" if value is None else str(value).strip()
    if not text:
        if one.required:
            raise Refusal("«%(question)s»: serve una risposta.", **said, rule="required")
        return
    if one.kind == "choice" and text not in one.choices:
        raise Refusal("«%(question)s»: scegli una delle risposte dell'elenco.", **said, rule="choice")
    if one.kind == "number" and not NUMBER.fullmatch(text):
        raise Refusal("«%(question)s»: scrivi un numero, per esempio 3 oppure 3,5.", **said, rule="number")
    if len(text) > ANSWER_LENGTH:
        raise Refusal("«%(question)s»: scrivi al massimo %(most)s caratteri.", **said, most=ANSWER_LENGTH, rule="length")
    kept[str(one.id)] = _number(text) if one.kind == "number" else text


def _number(text: str) -> int | float:
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() else value


# --- places


def must_fit_in_the_hub(size: int, places: int) -> None:
    """A group that is larger than all the places there are would wait for ever."""
    if size > places:
        raise Refusal(
            "Posti in tutto: %(places)s. Un gruppo di %(size)s non può entrare insieme.",
            places=places,
            size=size,
            rule="group-size",
        )


def must_leave_room_to_wait(waiting: int, more: int, most: int) -> None:
    """The waiting list has an end too."""
    if more and waiting + more > most:
        raise Refusal("I posti sono finiti e anche la lista d'attesa è piena (%(most)s).", most=most, rule="waiting-full")


def must_be_in_time(state: str, held_until: datetime | None, now: datetime) -> None:
    """A place that is kept can be had until an instant, half-open, by the server's clock: also where nobody ended it yet."""
    if state not in (*HELD_STATES, "expired"):
        raise changed()
    if state == "expired" or held_until <= now:
        raise Refusal("Il posto era tenuto fino a %(until)s: ora è di chi viene dopo.", until=held_until, rule="offer-late")


def must_be_a_number_of_places(count: int) -> None:
    if not 0 <= count <= MOST_PLACES:
        raise Refusal("Scrivi un numero di posti da 0 a %(most)s.", most=MOST_PLACES, field="places", rule="places")


def must_keep_taken(count: int, taken: int) -> None:
    """There are never fewer places than people who have one."""
    if count < taken:
        raise Refusal("I posti già presi sono %(taken)s: non possono diventare meno.", taken=taken, field="places", rule="taken")


# --- leaving


def must_be_a_withdrawal(reason: str) -> None:
    if reason not in WITHDRAWALS:
        raise Refusal("Scegli un motivo dall'elenco.", field="reason", rule="reason")


def must_give_reason(reason: str) -> None:
    """Who is turned away reads why."""
    if not reason.strip():
        raise Refusal("Scrivi il motivo: lo legge chi si era iscritto.", field="reason", rule="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=REASON_LENGTH, field="reason", rule="reason")


def must_not_be_over(ends: datetime | None, now: datetime) -> None:
    """What is over keeps its people. ends: of the last session, None where there is none."""
    if ends is not None and now >= ends:
        raise Refusal("Questa attività è già finita.", rule="over")


def is_late(starts: datetime | None, cancel_hours: int, now: datetime) -> bool:
    """Whether who withdraws now counts as absent without notice at the session that begins next (None: there is none)."""
    return starts is not None and now >= starts - timedelta(hours=cancel_hours)
