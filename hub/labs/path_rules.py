"""The paths of organisations, on plain values: needs, who is matched with whom, one-to-one meetings, hours and their gate."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.labs.rules import NEED_AREAS
from hub.refusal import Refusal

SIDES = ("mentor", "other")  # as the columns of a meeting are called: who mentors, and the organisation
MENTOR_ROLES = ("mentor", "tutor")
TAKING_PART = ("enrolled", "completed")
GATE_PERCENT = 80
WORDS_MOST, TOPIC_MOST, REASON_MOST = 1000, 300, 300
MINUTES_MOST, PEOPLE_MOST, NEEDS_MOST = 720, 100, 50
REMIND_AFTER = timedelta(days=3)


class Hours(NamedTuple):
    """Of an organisation on a path, in minutes. sessions: it was there at; meetings: those that both sides confirmed; total:
    of the path, as it was promised, or else as it was held so far."""

    sessions: int
    meetings: int
    total: int

    @property
    def done(self) -> int:
        return self.sessions + self.meetings

    @property
    def passes(self) -> bool:
        """Whether it is at least the gate's share of the path, compared in whole minutes; never where there is no path yet."""
        return self.total > 0 and self.done * 100 >= self.total * GATE_PERCENT

    @property
    def missing(self) -> int:
        """The fewest whole minutes with which it would pass; 0 where it does, or where there is no path yet."""
        return max(0, -(-self.total * GATE_PERCENT // 100) - self.done)


class Taken(NamedTuple):
    """A time that somebody has spent already, half-open. whose: one of SIDES."""

    whose: str
    starts: datetime
    ends: datetime


# --- paths and needs


def must_be_a_path(takes_part: str) -> None:
    if takes_part != "organisation":
        raise Refusal("Bisogni, mentor e incontri ci sono solo nei percorsi a cui partecipano le organizzazioni.", rule="path")


def must_go_on(activity_state: str, enrolment_state: str, *, ended: bool = False) -> None:
    """Whether something new may be written of an organisation on a path. ended: the activity may be over."""
    if enrolment_state not in TAKING_PART:
        raise Refusal("L'organizzazione non partecipa più a questo percorso: non si scrive più niente.", rule="left")
    if activity_state not in (("published", "closed") if ended else ("published",)):
        raise Refusal("Questo percorso non è in corso.", rule="path-state")


def must_be_a_need(area: str, words: str) -> None:
    if area not in NEED_AREAS:
        raise Refusal("Scegli di che cosa si tratta.", field="area", rule="need-area")
    if not words.strip():
        raise Refusal("Scrivi di che cosa c'è bisogno.", field="words", rule="need-words")
    if len(words) > WORDS_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=WORDS_MOST, field="words", rule="need-words")


def must_leave_some_room(count: int) -> None:
    if count >= NEEDS_MOST:
        raise Refusal("Ci sono già %(most)s bisogni: segna come risolti quelli vecchi.", most=NEEDS_MOST, rule="needs")


def must_be_open(met_at: datetime | None) -> None:
    if met_at is not None:
        raise Refusal("Questo bisogno è segnato come risolto: riaprilo, poi correggi.", rule="need-met")


def must_be_some_people(people: int, roles: str) -> None:
    """How many of an organisation come, and as what: their names are not asked."""
    if not 1 <= people <= PEOPLE_MOST:
        raise Refusal("Scrivi un numero da 1 a %(most)s.", most=PEOPLE_MOST, field="people", rule="people")
    if len(roles) > TOPIC_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=TOPIC_MOST, field="roles", rule="people")


# --- who is matched with whom


def must_be_a_mentor(role: str, ended_at: datetime | None) -> None:
    if role not in MENTOR_ROLES or ended_at is not None:
        raise Refusal("Scegli un mentor o un tutor che lavora in questo percorso.", field="trainer", rule="mentor")


def must_be_apart(acts_for_it: bool) -> None:
    """The two sides of a meeting are two people: nobody mentors their own organisation."""
    if acts_for_it:
        raise Refusal(
            "Questa persona agisce per l'organizzazione: non può esserne anche il mentor.", field="trainer", rule="own-mentor"
        )


def must_begin_by_now(since: datetime, at: datetime) -> None:
    if since > at:
        raise Refusal("L'abbinamento comincia oggi, o è cominciato prima.", field="since", rule="since")


def matched_already() -> Refusal:
    return Refusal("Sono già abbinati.", field="trainer", rule="matched")


def must_be_matched(ended_at: datetime | None) -> None:
    if ended_at is not None:
        raise Refusal("Questo abbinamento è finito.", rule="unmatched")


# --- meetings


def must_be_a_meeting(starts: datetime, minutes: int, topic: str, *, since: datetime, at: datetime) -> None:
    """What took place, of two who were matched then: minutes from 1 to MINUTES_MOST, over by now."""
    if not topic.strip():
        raise Refusal("Scrivi in poche parole di che cosa avete parlato.", field="topic", rule="topic")
    if len(topic) > TOPIC_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=TOPIC_MOST, field="topic", rule="topic")
    if not 1 <= minutes <= MINUTES_MOST:
        raise Refusal("Scrivi una durata da 1 a %(most)s minuti.", most=MINUTES_MOST, field="minutes", rule="minutes")
    if starts + timedelta(minutes=minutes) > at:
        raise Refusal("Si scrive un incontro quando è finito: controlla giorno, ora e durata.", field="starts", rule="future")
    if starts < since:
        raise Refusal("Siete abbinati da %(since)s: l'incontro non può essere prima.", since=since, field="starts", rule="before")


def must_not_overlap(starts: datetime, minutes: int, taken: Iterable[Taken]) -> None:
    """Neither of the two is in two meetings at once."""
    ends = starts + timedelta(minutes=minutes)
    for one in taken:
        if starts < one.ends and one.starts < ends:
            told = {"starts": one.starts, "ends": one.ends, "field": "starts", "rule": "overlap"}
            if one.whose == "mentor":
                raise Refusal("Il mentor ha già un incontro da %(starts)s a %(ends)s.", **told)
            raise Refusal("L'organizzazione ha già un incontro da %(starts)s a %(ends)s.", **told)


def must_speak(speaks: bool) -> None:
    """Each side says yes for itself."""
    if not speaks:
        raise Refusal("Può farlo solo chi è parte di questo incontro.", rule="side")


def must_stand(voided_at: datetime | None) -> None:
    if voided_at is not None:
        raise Refusal("Questo incontro è già annullato.", rule="voided")


def must_be_another(has_confirmed: bool) -> None:
    """The same person never says yes for both sides."""
    if has_confirmed:
        raise Refusal("Hai già confermato tu per l'altra parte: qui deve confermare un'altra persona.", rule="two-people")


def must_be_undecided(event_id: str | None, is_manager: bool) -> None:
    """What both sides confirmed counts: a manager alone takes it back."""
    if event_id is not None and not is_manager:
        raise Refusal("Avete confermato in due: se c'è un errore, chiedi al gestore di annullarlo.", rule="both-confirmed")


def must_say_why(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi che cosa non va: lo legge l'altra parte.", field="reason", rule="reason")
    if len(reason) > REASON_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=REASON_MOST, field="reason", rule="reason")
