"""Who was at a session: one record a person, corrected by another one and never erased; each stands in the log.

Whoever writes takes the lock of the activity first (`begin`), and sees then what others wrote meanwhile.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families.models import Participant
from hub.labs import people, seats
from hub.labs.models import Activity, Attendance, Enrolment, EnrolmentChange, Session
from hub.labs.rules import ATTENDANCES
from hub.participation.log import Happened, record_all
from hub.refusal import Refusal, must_pass
from hub.spaces.rules import Slot
from impact.acts import AttendanceRecorded, EventVoided

EARLY = timedelta(minutes=60)  # how long before its beginning a session's register opens: people come early
TAKING_PART = ("enrolled", "completed")
PARTLY = ("late", "left_early")
AWAY = ("absent", "excused")

_FIRST = sa.select(sa.func.min(EnrolmentChange.at)).where(
    EnrolmentChange.enrolment_id == Enrolment.id, EnrolmentChange.after == "enrolled"
)
_SINCE = _FIRST.correlate(Enrolment).scalar_subquery()
_ROSTER = (
    sa.select(Enrolment, _SINCE)
    .where(Enrolment.activity_id == sa.bindparam("activity"))
    .where(sa.or_(Enrolment.state.in_(TAKING_PART), _SINCE.is_not(None)))
    .options(joinedload(Enrolment.participant), joinedload(Enrolment.organisation))
)


class Member(NamedTuple):
    """Somebody who has a place in an activity for good, or had one. since: when they were enrolled."""

    enrolment: Enrolment
    since: datetime

    @property
    def name(self) -> str:
        """A person's or an organisation's; a dash for who was erased."""
        return name_of(self.enrolment)


class Line(NamedTuple):
    """A line of the register of a session. expected: they had their place when it was; record: what is written of them."""

    enrolment: Enrolment
    expected: bool
    record: Attendance | None

    @property
    def name(self) -> str:
        return name_of(self.enrolment)


class Mark(NamedTuple):
    """How somebody was. minutes: of presence, None where the status says it; seen: the number of the record that whoever
    marks had before them, 0 for none, None where it does not matter."""

    enrolment: Enrolment
    status: str
    minutes: int | None = None
    seen: int | None = None


class Entry(NamedTuple):
    """A record to be written: checked, and with where it comes from (see rules.SOURCES)."""

    enrolment: Enrolment
    status: str
    minutes: int
    source: str


# --- what there is


def name_of(enrolment: Enrolment) -> str:
    whose = enrolment.participant or enrolment.organisation
    return whose.name or "—"


def roster(activity: Activity) -> list[Member]:
    """Everybody who has a place for good, or ever had one, by name; as they stand now."""
    found = db.session.execute(_ROSTER, {"activity": activity.id}, execution_options={"populate_existing": True})
    members = [Member(enrolment, since or enrolment.created_at) for enrolment, since in found]
    return sorted(members, key=lambda one: (_sorted_as(one.enrolment), one.enrolment.id))


def _sorted_as(enrolment: Enrolment) -> tuple[str, str]:
    participant = enrolment.participant
    if participant is None:
        return enrolment.organisation.name.casefold(), ""
    return participant.family_name.casefold(), participant.given_name.casefold()


def records_of(session: Session) -> dict[int, Attendance]:
    """The live records of a session, by the number of the enrolment."""
    found = sa.select(Attendance).where(Attendance.session_id == session.id, Attendance.voided_at.is_(None))
    rows = db.session.scalars(found, execution_options={"populate_existing": True})
    return {row.enrolment_id: row for row in rows}


def correctable(session: Session) -> list[Attendance]:
    """The live records of a session, but for those of who was erased: the log would know them as somebody else."""
    erased = sa.select(Enrolment.id).join(Enrolment.participant).where(Participant.erased_at.is_not(None))
    nameless = set(db.session.scalars(erased.where(Enrolment.activity_id == session.activity_id)))
    return [record for enrolment, record in records_of(session).items() if enrolment not in nameless]


def lines(session: Session) -> list[Line]:
    """The register of a session: who had a place when it was, who came to the activity after it, and whoever it speaks of.
    Of whom it does not speak and who was erased since, nobody can say any more how they were."""
    records, found = records_of(session), []
    for one in roster(session.activity):
        standing = stood(one.enrolment.state, one.since, one.enrolment.ended_at, session.slot)
        if one.enrolment.id in records or (standing and not people.is_nameless(one.enrolment)):
            found.append(Line(one.enrolment, standing == "expected", records.get(one.enrolment.id)))
    return found


def length_of(session: Session) -> int:
    """Its minutes: as it was held, or as it is planned."""
    return session.minutes or (session.ends_at - session.starts_at) // timedelta(minutes=1)


def was_marked(session: Session, enrolment: Enrolment) -> bool:
    """Whether anything was ever written of somebody there, also what was taken back."""
    theirs = sa.select(Attendance.id).where(Attendance.session_id == session.id, Attendance.enrolment_id == enrolment.id)
    return db.session.scalar(theirs.limit(1)) is not None


# --- what is written


def begin(session: Session) -> datetime:
    """From now on nobody else writes in the registers of this activity, until the transaction ends. Gives this instant."""
    at = seats.begin(session.activity)
    db.session.expire(session)
    return at


def mark(
    session: Session, enrolment: Enrolment, status: str, minutes: int | None = None, *, source: str = "list", by: Person | None
) -> Attendance:
    """Write down how somebody was (see rules.ATTENDANCES, rules.SOURCES): what stood there is voided; where it is the same,
    nothing changes. minutes: of presence; None: all of it, or none. Gives the live record. Raises Refusal."""
    mark_all(session, [Mark(enrolment, status, minutes)], source=source, by=by)
    return records_of(session)[enrolment.id]


def mark_all(
    session: Session, marks: Iterable[Mark], *, source: str = "list", length: int | None = None, by: Person | None
) -> int:
    """The same for many at once, all or none. length: the minutes that the session is about to be said to have had.

    Gives how many records are new; each refusal is beside the field row_ID of its enrolment.
    """
    at, wanted = begin(session), []
    must_be_kept(session.activity.state, session.state)
    must_be_time(session.starts_at, at)
    known, lasted = {one.enrolment.id: one for one in lines(session)}, length or length_of(session)
    must_pass(
        *(lambda one=one: wanted.append(_checked(session, one, known.get(one.enrolment.id), lasted, source)) for one in marks)
    )
    return write(session, [one for one in wanted if one], at, by=by)


def _checked(session: Session, mark: Mark, line: Line | None, length: int, source: str) -> Entry | None:
    """What is to be written of somebody, None where it stands already. Raises Refusal."""
    field = f"row_{mark.enrolment.id}"
    must_be_on_the_register(line is not None, field)
    record = line.record
    if people.is_nameless(mark.enrolment):
        must_stay(record.status == mark.status and mark.minutes in (None, record.minutes), field)
        return None
    minutes = minutes_for(mark.status, mark.minutes, length, field)
    if record and (record.status, record.minutes) == (mark.status, minutes):
        return None
    if mark.seen is not None and mark.seen != (record.id if record else 0):
        before = db.session.get(Attendance, mark.seen) if mark.seen else None
        if before and before.session_id == session.id and (before.status, before.minutes) == (mark.status, minutes):
            return None  # whoever marks left it as they found it, and somebody else corrected it meanwhile
        raise marked_meanwhile(field)
    return Entry(mark.enrolment, mark.status, minutes, source)


def write(session: Session, entries: list[Entry], at: datetime, *, by: Person | None) -> int:
    """These records in place of those that stand: how many. The caller holds the lock."""
    live, activity, code = records_of(session), session.activity, session.code
    with in_words():
        void([live[one.enrolment.id] for one in entries if one.enrolment.id in live], at, by=by)
        acts = [
            AttendanceRecorded(activity=activity.slug, session=code, minutes=one.minutes, status=one.status) for one in entries
        ]
        whose = [one.enrolment.participant or one.enrolment.organisation for one in entries]
        events = record_all(Happened(act, who, session.starts_at) for act, who in zip(acts, whose, strict=True))
        same = {"activity_id": session.activity_id, "session_id": session.id, "marked_at": at, "marked_by_id": by and by.id}
        rows = [same | _columns(one, event) for one, event in zip(entries, events, strict=True)]
        if rows:
            db.session.execute(sa.insert(Attendance), rows)
    return len(rows)


def _columns(entry: Entry, event: str) -> dict[str, object]:
    said = {"status": entry.status, "minutes": entry.minutes, "source": entry.source}
    return said | {"enrolment_id": entry.enrolment.id, "event_id": event}


def unmark(session: Session, enrolment: Enrolment, *, by: Person) -> bool:
    """Take back what is written of somebody: whether there was something. Raises Refusal."""
    at = begin(session)
    must_be_kept(session.activity.state, session.state)
    record = records_of(session).get(enrolment.id)
    with in_words():
        void([record] if record else [], at, by=by)
    return record is not None


def void(records: Iterable[Attendance], at: datetime, *, by: Person | None) -> None:
    """These records hold no longer, and neither do their lines of the log."""
    gone = list(records)
    for record in gone:
        record.voided_at, record.voided_by_id = at, by and by.id
    db.session.flush()  # what comes in their place finds them gone
    record_all(Happened(EventVoided(ref=record.event_id), None, at) for record in gone)


def void_sessions(sessions: Iterable[Session], *, by: Person | None = None) -> None:
    """What is written of sessions that are called off while people were coming already holds no longer."""
    for session in sessions:
        void(records_of(session).values(), now(), by=by)


@contextmanager
def in_words() -> Iterator[None]:
    """A block whose changes are sent to the database at its end, which has the last word. Raises Refusal where it says no."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        words = str(error.orig)  # SQLite tells a unique index by its columns
        if any(sign in words for sign in ("one_live_attendance", "attendance.session_id", "attendance_kept_update")):
            raise marked_meanwhile() from error
        raise


# --- rules, on plain values


def stood(state: str, since: datetime, ended: datetime | None, slot: Slot) -> str:
    """How somebody with an enrolment stood when a session was: expected, later (they came to the activity after it), or ""
    (they had left)."""
    if ended is not None and (ended <= slot.starts or since >= slot.ends):
        return ""
    if since >= slot.ends:
        return "later" if state in TAKING_PART else ""
    return "expected"


def minutes_for(status: str, minutes: int | None, length: int, field: str | None = None) -> int:
    """The minutes of presence that go with a status, of a session of so many. Raises Refusal."""
    if status not in ATTENDANCES:
        raise Refusal("Scegli una voce dell'elenco: presente, assente...", field=field, rule="status")
    if status in AWAY:
        return 0
    most = length - 1 if status in PARTLY else length
    if minutes is None and status in PARTLY:
        raise Refusal("Scrivi per quanti minuti c'era: da 1 a %(most)s.", most=most, field=field, rule="minutes-missing")
    if minutes is not None and not 1 <= minutes <= most:
        raise Refusal("I minuti di presenza vanno da 1 a %(most)s.", most=most, field=field, rule="minutes")
    return length if minutes is None else minutes


def must_be_kept(activity_state: str, session_state: str) -> None:
    """There is a register of what takes place, and it can be corrected afterwards."""
    if activity_state == "draft":
        raise Refusal("L'attività è ancora una bozza: il registro c'è dopo la pubblicazione.", rule="draft")
    if session_state == "cancelled":
        raise Refusal("Questo incontro è stato annullato: non ha un registro.", rule="session-cancelled")
    if session_state == "not_held":
        raise Refusal("Qui risulta che l'incontro non si è svolto: prima riapri il registro.", rule="not-held")


def must_be_time(starts: datetime, now: datetime) -> None:
    if now < starts - EARLY:
        raise Refusal("Il registro si apre un'ora prima dell'incontro: %(starts)s.", starts=starts - EARLY, rule="early")


def must_be_on_the_register(is_on: bool, field: str | None = None) -> None:
    if not is_on:
        raise Refusal("Non ha un posto in questa attività: non è nel registro.", field=field, rule="not-enrolled")


def must_stay(is_same: bool, field: str | None = None) -> None:
    """What is written of who was erased is never written otherwise."""
    if not is_same:
        raise Refusal(
            "Questa persona ha cancellato i suoi dati: quello che è scritto nel registro resta così.", field=field, rule="erased"
        )


def marked_meanwhile(field: str | None = None) -> Refusal:
    """Somebody else was quicker."""
    return Refusal(
        "Nel frattempo qualcun altro l'ha segnato: guarda com'è adesso, poi salva di nuovo.", field=field, rule="marked"
    )
