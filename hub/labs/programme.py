"""The programme: activities, from their draft to their end."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import enrolment, sessions
from hub.labs.models import Activity, Edition, Enrolment, Partner, Seat, Session
from hub.labs.rules import SHOWN_STATES, must_be_alive
from hub.organisations.models import Organisation
from hub.refusal import Refusal, must_pass
from hub.spaces.models import Occurrence, Space

PER_PAGE = 30
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_MOST, SLUG_LEAST = 50, 3
TAKEN_WORDS = ("nuova", "edizioni", "edizione", "calendario", "iscrizioni", "certificati", "attestati", "presenze")
WHOLE = (
    joinedload(Activity.edition),
    selectinload(Activity.sessions).selectinload(Session.occurrences).joinedload(Occurrence.space).selectinload(Space.atoms),
    selectinload(Activity.sessions).selectinload(Session.occurrences).joinedload(Occurrence.layout),
    selectinload(Activity.sessions).selectinload(Session.trainers),
    selectinload(Activity.partners),
    selectinload(Activity.trainers),
    selectinload(Activity.questions),
)


# --- what there is


def activity_by(slug: str, *, locked: bool = False, published_only: bool = False) -> Activity | None:
    """An activity with all that it is made of; locked against other changes where one is about to be made.

    published_only: None for a draft. Whoever changes an activity takes this lock before any of the ledger's.
    """
    mine = sa.select(Activity).where(Activity.slug == slug)
    if published_only:
        mine = mine.where(Activity.state.in_(SHOWN_STATES))
    if locked:  # first the lock, then the look: what was read while waiting for it may be old
        db.session.execute(mine.with_only_columns(Activity.id).with_for_update(key_share=True)).all()
    return db.session.scalars(mine.options(*WHOLE).execution_options(populate_existing=locked)).unique().one_or_none()


def activities(
    *, state: str = "", kind: str = "", edition: str = "", words: str = "", page: int = 1
) -> tuple[list[Activity], bool]:
    """A page of the activities for which these hold, those that begin last first; are there more?"""
    begins = sa.select(sa.func.min(Session.starts_at)).where(Session.activity_id == Activity.id).scalar_subquery()
    found = sa.select(Activity).options(joinedload(Activity.edition), selectinload(Activity.sessions))
    for column, wanted in ((Activity.state, state), (Activity.kind, kind), (Edition.code, edition)):
        found = found.where(column == wanted) if wanted else found
    found = found.outerjoin(Edition, Edition.id == Activity.edition_id)
    if words:
        said = sa.cast(Activity.title["it"].as_string(), sa.String)
        found = found.where(sa.or_(said.icontains(words, autoescape=True), Activity.slug.icontains(words, autoescape=True)))
    page_of = found.order_by(begins.desc().nulls_first(), Activity.id.desc()).offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    rows = db.session.scalars(page_of).unique().all()
    return list(rows[:PER_PAGE]), len(rows) > PER_PAGE


# --- verbs


def create(*, slug: str = "", partners: Iterable[str] = (), by: Person | None, **told: object) -> Activity:
    """A draft. told: columns of Activity, by name; partners: names of organisations. Raises Refusal.

    slug: its address; where it is empty one is made of the title.
    """
    wanted = slug or free_slug(slug_of(told["title"]["it"]))
    _must_hold(wanted, None, told)
    activity = Activity(slug=wanted, state="draft", created_at=now(), updated_at=now(), created_by_id=by and by.id)
    activity.sessions, activity.trainers, activity.questions, activity.partners = [], [], [], []
    _write(activity, told, partners)
    db.session.add(activity)
    _flush()
    return activity


def change(activity: Activity, *, slug: str = "", partners: Iterable[str] = (), **told: object) -> None:
    """What it is: columns by name, and with whom it is made. Raises Refusal. The caller holds the lock of the activity."""
    must_be_alive(activity.state)
    wanted = slug or activity.slug
    _must_hold(wanted, activity, told)
    if told["takes_part"] != activity.takes_part:
        must_be_without_people(_has_people(activity))
    activity.slug = wanted
    _write(activity, told, partners)
    if activity.state == "published":
        _must_be_complete(activity)
    _flush()


def _flush() -> None:
    """Where two draw up the same address at once, the database lets one."""
    try:
        db.session.flush()
    except IntegrityError as error:
        if "slug" not in str(error.orig):
            raise
        raise taken() from error


def _has_people(activity: Activity) -> bool:
    return db.session.scalar(sa.select(Enrolment.id).where(Enrolment.activity_id == activity.id).limit(1)) is not None


def _must_hold(slug: str, activity: Activity | None, told: dict[str, object]) -> None:
    must_pass(
        lambda: must_be_an_address(slug),
        lambda: must_be_free((activity is not None and slug == activity.slug) or _is_free(slug)),
        lambda: must_keep_its_address(activity.state if activity else "draft", slug == (activity and activity.slug)),
        lambda: must_be_ages(told.get("age_min"), told.get("age_max")),
        lambda: must_open_before_it_closes(told.get("enrol_opens_at"), told.get("enrol_closes_at")),
        lambda: must_leave_residents_the_beginning(
            told.get("residents_until"), told.get("enrol_opens_at"), told.get("enrol_closes_at")
        ),
    )


def _write(activity: Activity, told: dict[str, object], partners: Iterable[str]) -> None:
    for name, value in told.items():
        setattr(activity, name, value)
    activity.updated_at = now()
    wanted = list(dict.fromkeys(partners))
    for partner in list(activity.partners):
        if partner.name not in wanted:
            activity.partners.remove(partner)
    known = {partner.name for partner in activity.partners}
    activity.partners += [Partner(name=name, organisation_id=_registered(name)) for name in wanted if name not in known]


def _registered(name: str) -> int | None:
    """The verified organisation of this name, where it is registered here."""
    verified = sa.select(Organisation.id).where(Organisation.name == name, Organisation.state == "verified")
    return db.session.scalar(verified.order_by(Organisation.id).limit(1))


def publish(activity: Activity) -> None:
    """Everybody sees it from now on. Raises Refusal where something is missing."""
    must_be_a_draft(activity.state)
    _must_be_complete(activity)
    activity.state, activity.updated_at = "published", now()
    db.session.flush()


def _must_be_complete(activity: Activity) -> None:
    planned = [one for one in activity.sessions if one.state == "planned"]
    places = db.session.scalar(sa.select(sa.func.count()).where(Seat.activity_id == activity.id))
    must_pass(
        lambda: must_be_told(activity.summary.get("it"), activity.text.get("it")),
        lambda: must_meet(len(activity.sessions)),
        lambda: must_be_somewhere([one.starts_at for one in planned if not (one.standing or one.place)]),
        lambda: must_take_enrolments(activity.takes_part, places, activity.enrol_opens_at, activity.enrol_closes_at),
    )


def cancel(activity: Activity, reason: str, *, by: Person) -> None:
    """It does not take place, or not any longer: what was still to come is called off, nobody is enrolled any more, and its
    people read why.

    Raises Refusal. The caller holds the lock of the activity.
    """
    must_pass(lambda: must_be_published(activity.state), lambda: sessions.must_give_reason(reason))
    coming = [one for one in activity.sessions if one.state == "planned" and one.ends_at > now()]
    must_have_some_to_come(len(coming))
    ended = enrolment.end_all(activity, reason, by=by)
    sessions.release(coming, reason.strip())
    activity.state, activity.updated_at = "cancelled", now()
    db.session.flush()
    sessions.tell("activity_cancelled", coming, "CANCELLED", by=by, about=ended, reason=reason.strip())


def close(activity: Activity) -> None:
    """It is over, and its registers are complete. Raises Refusal. The caller holds the lock of the activity."""
    must_be_published(activity.state)
    must_be_recorded([one.starts_at for one in activity.sessions if one.state == "planned"])
    activity.state, activity.updated_at = "closed", now()
    db.session.flush()


def discard(activity: Activity) -> None:
    """Throw a draft away, with its sessions and all that was prepared. Raises Refusal."""
    must_be_a_draft(activity.state)
    for session in list(activity.sessions):
        sessions.drop(session)
    for row in (*activity.trainers, *activity.questions):
        db.session.delete(row)
    db.session.delete(activity)
    db.session.flush()


# --- addresses


def slug_of(words: str) -> str:
    """Words as an address has them: letters without accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_MOST].strip("-") or "attivita"


def free_slug(wanted: str) -> str:
    """This address, or where it is taken or too short the first free one with a number behind it."""
    number, slug = 1, wanted
    while len(slug) < SLUG_LEAST or slug in TAKEN_WORDS or not _is_free(slug):
        number += 1
        slug = f"{wanted[: SLUG_MOST - 1 - len(str(number))].rstrip('-')}-{number}"
    return slug


def _is_free(slug: str) -> bool:
    return db.session.scalar(sa.select(Activity.id).where(Activity.slug == slug)) is None


# --- rules, on plain values


def must_be_an_address(slug: str) -> None:
    if not (SLUG_LEAST <= len(slug) <= SLUG_MOST and SLUG.fullmatch(slug)) or slug in TAKEN_WORDS:
        raise Refusal(
            "Usa da %(least)s a %(most)s lettere minuscole senza accenti, cifre e trattini, per esempio steam-2027.",
            least=SLUG_LEAST,
            most=SLUG_MOST,
            field="slug",
            rule="slug",
        )


def must_be_free(is_free: bool) -> None:
    if not is_free:
        raise taken()


def taken() -> Refusal:
    return Refusal("Un'altra attività ha già questo indirizzo: scrivine un altro.", field="slug", rule="slug-taken")


def must_keep_its_address(state: str, is_same: bool) -> None:
    """Who has the link of something that was published finds it there for good, and so does whoever reads the log."""
    if state != "draft" and not is_same:
        raise Refusal("L'indirizzo di un'attività pubblicata non cambia più.", field="slug", rule="slug-kept")


def must_be_without_people(has_people: bool) -> None:
    """Whoever enrolled did so as a person, or as an organisation."""
    if has_people:
        raise Refusal("C'è già chi si è iscritto: chi partecipa non cambia più.", field="takes_part", rule="takes-part-kept")


def must_be_ages(least: int | None, most: int | None) -> None:
    if least is not None and most is not None and most < least:
        raise Refusal("L'età massima viene dopo la minima.", field="age_max", rule="ages")


def must_open_before_it_closes(opens: datetime | None, closes: datetime | None) -> None:
    if (opens is None) != (closes is None):
        field = "enrol_closes_at" if closes is None else "enrol_opens_at"
        raise Refusal("Scrivi quando aprono e quando chiudono le iscrizioni.", field=field, rule="enrolment-both")
    if opens and closes <= opens:
        raise Refusal("Le iscrizioni chiudono dopo che sono aperte.", field="enrol_closes_at", rule="enrolment-order")


def must_leave_residents_the_beginning(until: datetime | None, opens: datetime | None, closes: datetime | None) -> None:
    if until and (opens is None or closes is None or not opens < until <= closes):
        raise Refusal(
            "La precedenza dei residenti finisce dopo che le iscrizioni aprono, e non dopo che chiudono.",
            field="residents_until",
            rule="residents-window",
        )


def must_be_a_draft(state: str) -> None:
    if state != "draft":
        raise Refusal("Questa attività non è più una bozza.", rule="state")


def must_be_published(state: str) -> None:
    if state != "published":
        raise Refusal("Questa attività non è in programma.", rule="state")


def must_be_told(summary: str | None, text: str | None) -> None:
    if not (summary and text):
        raise Refusal("Scrivi la frase di presentazione e la descrizione: chi si iscrive le legge.", rule="incomplete")


def must_meet(count: int) -> None:
    if not count:
        raise Refusal("Aggiungi almeno un incontro: senza una data nessuno sa quando venire.", rule="no-sessions")


def must_be_somewhere(lost: list[datetime]) -> None:
    """lost: when the sessions are that have neither a space nor a place."""
    if lost:
        raise Refusal("Trova uno spazio, o scrivi un luogo, per l'incontro di %(starts)s.", starts=lost[0], rule="without-space")


def must_take_enrolments(takes_part: str, places: int, opens: datetime | None, closes: datetime | None) -> None:
    if takes_part == "none":
        return
    if not places:
        raise Refusal("Scrivi quanti posti ci sono.", rule="no-places")
    if opens is None or closes is None:
        raise Refusal("Scrivi quando aprono e quando chiudono le iscrizioni.", rule="no-enrolment")


def must_have_some_to_come(count: int) -> None:
    if not count:
        raise Refusal("Gli incontri sono già finiti: segnala l'attività come conclusa.", rule="nothing-to-cancel")


def must_be_recorded(left: list[datetime]) -> None:
    """left: when the sessions are of which nobody has said whether they took place."""
    if left:
        raise Refusal(
            "Prima scrivi se l'incontro di %(starts)s si è svolto: il registro resta aperto.", starts=left[0], rule="unrecorded"
        )
