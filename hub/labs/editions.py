"""Editions of the programme, and how one becomes the next: the same activities, some weeks later."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from hub import clock
from hub.accounts.models import Person
from hub.clock import today
from hub.db import db
from hub.labs import sessions, team
from hub.labs.models import Activity, Edition, Question, Seat, Session, Trainer
from hub.labs.programme import SLUG, WHOLE, create, free_slug, slug_of
from hub.refusal import Refusal, must_pass
from hub.spaces import ledger
from hub.spaces.rules import Slot

MOST_WEEKS = 260
COPIED = (  # what a new edition takes over as it is
    *("kind", "title", "summary", "text", "area", "theme", "topic", "sdgs", "audience", "languages", "accessibility"),
    *("materials", "place", "cost_cents", "cost_words", "age_min", "age_max", "age_rule", "takes_part", "least"),
    *("waiting_most", "offer_hours", "skips_most", "cancel_hours", "asks_health", "scheduled_minutes", "synthetic"),
)
MOVED = ("enrol_opens_at", "enrol_closes_at", "residents_until")  # ... and what it takes over some weeks later


def editions() -> list[Edition]:
    """All editions, the newest first."""
    return list(db.session.scalars(sa.select(Edition).order_by(Edition.starts_on.desc(), Edition.id.desc())))


def edition_by(code: str) -> Edition | None:
    return db.session.scalars(sa.select(Edition).filter_by(code=code)).one_or_none()


def activities_of(edition: Edition) -> list[Activity]:
    """The activities of an edition with all that they are made of, in the order in which they were written."""
    theirs = sa.select(Activity).where(Activity.edition_id == edition.id).order_by(Activity.id)
    return list(db.session.scalars(theirs.options(*WHOLE)).unique())


def make(*, code: str, name: dict[str, str], starts_on: date, ends_on: date) -> Edition:
    """Raises Refusal."""
    must_pass(
        lambda: must_be_a_code(code), lambda: must_be_new(edition_by(code) is None), lambda: must_be_days(starts_on, ends_on)
    )
    edition = Edition(code=code, name=name, starts_on=starts_on, ends_on=ends_on)
    db.session.add(edition)
    db.session.flush()
    return edition


def change(edition: Edition, *, name: dict[str, str], starts_on: date, ends_on: date) -> None:
    """Raises Refusal. Its code stays: the activities are known by it."""
    must_be_days(starts_on, ends_on)
    edition.name, edition.starts_on, edition.ends_on = name, starts_on, ends_on
    db.session.flush()


def clone(edition: Edition, *, code: str, name: dict[str, str], weeks: int, by: Person) -> tuple[Edition, list[Session]]:
    """A new edition with the same activities as drafts, everything so many weeks later at the same time of the day.

    Each session takes its spaces again, where they are free: those for which they are not are given back, to be placed by
    hand. What was cancelled is not taken over. Raises Refusal.
    """
    must_be_some_weeks(weeks)
    days = timedelta(weeks=weeks)
    must_begin_later(edition.starts_on + days, today())
    made = make(code=code, name=name, starts_on=edition.starts_on + days, ends_on=edition.ends_on + days)
    old = [activity for activity in activities_of(edition) if activity.state != "cancelled"]
    must_have_activities(len(old))
    copies = [_copy(activity, made, edition.code, weeks, by) for activity in old]
    ledger.lock()
    lost = [_meet_again(activity, copy, weeks) for activity, copy in zip(old, copies, strict=True)]
    return made, [session for several in lost for session in several]


def _copy(activity: Activity, edition: Edition, old_code: str, weeks: int, by: Person) -> Activity:
    """The same activity without its sessions."""
    slug = activity.slug.replace(old_code, edition.code) if old_code in activity.slug else f"{activity.slug}-{edition.code}"
    told = {column: getattr(activity, column) for column in COPIED}
    told |= {column: later(getattr(activity, column), weeks) for column in MOVED if getattr(activity, column)}
    partners = [partner.name for partner in activity.partners]
    copy = create(slug=free_slug(slug_of(slug)), partners=partners, by=by, edition=edition, **told)
    copy.trainers += [Trainer(**_columns(one, OF_TRAINERS)) for one in team.working(activity)]
    copy.questions += [Question(**_columns(one, OF_QUESTIONS)) for one in activity.questions]
    seats = db.session.scalars(sa.select(Seat.number).where(Seat.activity_id == activity.id))
    db.session.add_all([Seat(activity_id=copy.id, number=number) for number in seats])
    db.session.flush()
    return copy


def _meet_again(activity: Activity, copy: Activity, weeks: int) -> list[Session]:
    """The sessions of an activity some weeks later, in its copy; gives those whose spaces are taken then."""
    trainers = {one.subject: one for one in copy.trainers}
    without_space = []
    for session in activity.sessions:
        if session.state == "cancelled":
            continue
        slot = Slot(later(session.starts_at, weeks), later(session.ends_at, weeks))
        layouts = [one.layout for one in session.standing]
        again = sessions.write(copy, slot, place=session.place, title=session.title)
        named = [trainers[one.trainer.subject] for one in session.trainers if one.trainer.subject in trainers]
        team.assign(again, named)
        if layouts and not sessions.take_if_free(again, layouts):
            without_space.append(again)
    return without_space


OF_TRAINERS = ("person_id", "subject", "name", "role", "public")
OF_QUESTIONS = ("number", "kind", "words", "choices", "required")


def _columns(row: Trainer | Question, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def later(instant: datetime, weeks: int) -> datetime:
    """The instant some weeks later when Lecce's clocks show the same time; in spring's gap, as long after it."""
    return clock.later(instant, timedelta(weeks=weeks))


# --- rules, on plain values


def must_be_a_code(code: str) -> None:
    if not (len(code) <= 20 and SLUG.fullmatch(code)):
        raise Refusal(
            "Usa lettere minuscole senza accenti, cifre e trattini, per esempio 2027.", field="code", rule="edition-code"
        )


def must_be_new(is_new: bool) -> None:
    if not is_new:
        raise Refusal("C'è già un'edizione con questo codice.", field="code", rule="edition-known")


def must_be_days(first: date, last: date) -> None:
    if last < first:
        raise Refusal("L'ultimo giorno viene dopo il primo.", field="ends_on", rule="edition-days")


def must_be_some_weeks(weeks: int) -> None:
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refusal("Scrivi un numero di settimane da 1 a %(most)s.", most=MOST_WEEKS, field="weeks", rule="weeks")


def must_begin_later(starts: date, today: date) -> None:
    """Nobody prepares what is over."""
    if starts <= today:
        raise Refusal(
            "La nuova edizione comincerebbe %(starts)s, che è già passato: scrivi più settimane.",
            starts=starts,
            field="weeks",
            rule="edition-past",
        )


def must_have_activities(count: int) -> None:
    if not count:
        raise Refusal("Questa edizione non ha attività da copiare.", rule="empty-edition")
