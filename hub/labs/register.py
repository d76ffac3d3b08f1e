"""The register of an activity: whether each session took place, for how long, who worked in it, who was there; and its end.

Records of people are in `attendance`. Whoever writes takes the lock of the activity first (`attendance.begin`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import attendance, dose, people, programme, seats, team
from hub.labs.attendance import PARTLY, Entry, Member, begin, length_of, records_of, void
from hub.labs.attendance import mark as mark
from hub.labs.attendance import mark_all as mark_all
from hub.labs.attendance import unmark as unmark
from hub.labs.dose import Dose
from hub.labs.models import Activity, Attendance, Enrolment, Session, SessionTrainer, Trainer
from hub.labs.rules import SHOWN_STATES
from hub.participation.log import pseudonym, record
from hub.refusal import Refusal, must_pass
from impact.acts import EventVoided, SessionHeld

LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
REASON_MOST = 300


# --- what there is


def activity_by(slug: str) -> Activity | None:
    """An activity that was published, with its sessions and who works in it: what its register needs."""
    found = sa.select(Activity).where(Activity.slug == slug, Activity.state.in_(SHOWN_STATES))
    whole = (selectinload(Activity.sessions).selectinload(Session.trainers), selectinload(Activity.trainers))
    return db.session.scalars(found.options(*whole)).one_or_none()


class Row(NamedTuple):
    """Somebody in the register of an activity. cells: (status, minutes) by the number of the session."""

    member: Member
    cells: dict[int, tuple[str, int]]
    dose: Dose


class Matrix(NamedTuple):
    """The register of an activity: its sessions in order, and a row of everybody."""

    sessions: list[Session]
    rows: list[Row]

    def there(self, session: Session) -> int:
        """How many were at a session, for all of it or for a part."""
        cells = (row.cells.get(session.id) for row in self.rows)
        return sum(1 for cell in cells if cell and cell[1])


def matrix(activity: Activity) -> Matrix:
    """All of the register at once, in a fixed number of statements."""
    live = sa.select(Attendance.enrolment_id, Attendance.session_id, Attendance.status, Attendance.minutes)
    found: dict[int, dict[int, tuple[str, int]]] = {}
    for who, session, status, minutes in db.session.execute(
        live.where(Attendance.activity_id == activity.id, Attendance.voided_at.is_(None))
    ):
        found.setdefault(who, {})[session] = (status, minutes)
    doses = dose.doses(activity)
    rows = [Row(one, found.get(one.enrolment.id, {}), doses[one.enrolment.id]) for one in attendance.roster(activity)]
    return Matrix([one for one in activity.sessions if one.state != "cancelled"], rows)


class Hours(NamedTuple):
    """What somebody worked in an activity: minutes, in so many sessions that were held."""

    trainer: Trainer
    minutes: int
    sessions: int


def hours(activity: Activity) -> list[Hours]:
    """Of everybody who works in an activity, or did, by name; nothing yet counts as 0."""
    held = sa.join(SessionTrainer, Session, sa.and_(Session.id == SessionTrainer.session_id, Session.state == "held"))
    theirs = (
        sa.select(Trainer, sa.func.coalesce(sa.func.sum(SessionTrainer.minutes), 0), sa.func.count(SessionTrainer.minutes))
        .select_from(Trainer)
        .outerjoin(held, SessionTrainer.trainer_id == Trainer.id)
        .where(Trainer.activity_id == activity.id)
        .group_by(Trainer.id)
    )
    return sorted(
        (Hours(*row) for row in db.session.execute(theirs)), key=lambda one: (one.trainer.name.casefold(), one.trainer.id)
    )


def worked_by(person: Person) -> dict[int, int]:
    """The minutes that somebody with an account worked, by their number in each activity; nothing where they worked none."""
    theirs = sa.select(SessionTrainer.trainer_id, sa.func.sum(SessionTrainer.minutes)).join(SessionTrainer.trainer)
    held = theirs.where(Trainer.person_id == person.id, SessionTrainer.minutes > 0).group_by(SessionTrainer.trainer_id)
    return dict(tuple(row) for row in db.session.execute(held))


def may_have_worked(session: Session) -> list[Trainer]:
    """Who can be named as having worked in a session: who works in the activity, and whoever was named for it."""
    named = {line.trainer_id for line in session.trainers}
    return [one for one in session.activity.trainers if one.ended_at is None or one.id in named]


# --- whether it took place


def hold(session: Session, minutes: int, trainers: Mapping[Trainer, int], *, by: Person | None, seen: str | None = None) -> bool:
    """It took place, for so many minutes; trainers: who worked in it, and for how many of them.

    What was said otherwise before is voided, and whoever was there for the whole of it stays so. Where all is as it was,
    nothing changes: gives whether something did. Raises Refusal. seen: the log's line of its being held that whoever writes
    had before them, "" for none, None where it does not matter.
    """
    at = begin(session)
    must_be_open(session.activity.state, session.state)
    must_pass(
        lambda: must_have_begun(session.starts_at, at),
        lambda: must_be_minutes(minutes),
        *(partial(must_be_within, one.id, worked, minutes) for one, worked in trainers.items()),
    )
    worked = {one.id: length for one, length in trainers.items()}
    if (session.state, session.minutes) == ("held", minutes) and worked == {
        one.trainer_id: one.minutes for one in session.trainers
    }:
        return False
    must_have_seen(seen is None or session.event_id in (None, seen), session.minutes)
    _follow(session, minutes, at, by)
    _unsay(session, at)
    session.state, session.minutes, session.reason = "held", minutes, ""
    team.assign(session, trainers)
    for line in session.trainers:
        line.minutes = worked[line.trainer_id]
    known = tuple(pseudonym(one.subject) for one in sorted(trainers, key=lambda one: one.id))
    told = SessionHeld(activity=session.activity.slug, session=session.code, minutes=minutes, trainers=known)
    session.event_id = record(told, at=session.starts_at)
    db.session.flush()
    return True


def not_held(session: Session, reason: str, *, by: Person) -> None:
    """It did not take place, and why: what its register says of people is voided. Raises Refusal."""
    at = begin(session)
    must_be_open(session.activity.state, session.state)
    must_pass(lambda: must_have_begun(session.starts_at, at), lambda: must_say_why(reason))
    with attendance.in_words():
        void(records_of(session).values(), at, by=by)
    _unsay(session, at)
    session.state, session.minutes, session.reason = "not_held", None, reason.strip()
    db.session.flush()


def reopen(session: Session, *, by: Person) -> None:
    """Nobody knows any longer whether it took place: it was a mistake. Raises Refusal."""
    at = begin(session)
    must_go_on(session.activity.state)
    must_be_decided(session.state)
    _follow(session, (session.ends_at - session.starts_at) // timedelta(minutes=1), at, by)
    _unsay(session, at)
    session.state, session.minutes, session.reason = "planned", None, ""
    db.session.flush()


def _unsay(session: Session, at: datetime) -> None:
    """What the log says of its being held is voided, and nobody worked in it."""
    if session.event_id:
        record(EventVoided(ref=session.event_id), at=at)
        session.event_id = None
    for line in session.trainers:
        line.minutes = None


def _follow(session: Session, minutes: int, at: datetime, by: Person | None) -> None:
    """Whoever was there for the whole of it is so at its new length. Raises Refusal where somebody was there for longer."""
    before, records = length_of(session), attendance.correctable(session)
    whole = [one for one in records if one.status == "present" and one.minutes == before]
    others = [one for one in records if one not in whole]
    must_have_been_that_long(sum(1 for one in others if one.minutes > minutes - (one.status in PARTLY)))
    if whole and before != minutes:
        theirs = sa.select(Enrolment).where(Enrolment.id.in_([one.enrolment_id for one in whole]))
        found = {one.id: one for one in db.session.scalars(theirs)}
        entries = [Entry(found[one.enrolment_id], "present", minutes, one.source) for one in whole]
        attendance.write(session, entries, at, by=by)


# --- the end


def finish(activity: Activity, *, by: Person) -> list[Enrolment]:
    """All its sessions are decided: it is over, and whoever was there at least once has been through it; gives those.

    Who never came stays enrolled. Raises Refusal. The caller holds the lock of the activity.
    """
    programme.close(activity)
    doses, at = dose.doses(activity), now()
    done = [one for one in people.enrolments(activity, ["enrolled"]) if doses[one.id].minutes]
    for enrolment in done:
        seats.turn(enrolment, "completed", at, by=by)
    db.session.flush()
    return done


# --- the session of now


def of_now(sessions: Iterable[Session], at: datetime) -> Session | None:
    """The session that people come to at an instant: the one that is on, else the next that begins within the hour."""
    alive = [one for one in sessions if one.state in ("planned", "held") and one.starts_at - attendance.EARLY <= at < one.ends_at]
    return min(alive, key=lambda one: (one.starts_at > at, one.starts_at), default=None)


# --- rules, on plain values


def must_be_open(activity_state: str, session_state: str) -> None:
    """What took place is said of what was in the programme, and was not called off before."""
    attendance.must_be_kept(activity_state, "planned" if session_state == "not_held" else session_state)


def must_have_begun(starts: datetime, now: datetime) -> None:
    if now < starts:
        raise Refusal("L'incontro comincia %(starts)s: torna quando è cominciato.", starts=starts, field="held", rule="not-begun")


def is_a_length(minutes: int | None) -> bool:
    return minutes is not None and LEAST_MINUTES <= minutes <= MOST_MINUTES


def must_be_minutes(minutes: int | None) -> None:
    if not is_a_length(minutes):
        raise Refusal(
            "Scrivi quanti minuti è durato: da %(least)s a %(most)s.",
            least=LEAST_MINUTES,
            most=MOST_MINUTES,
            field="minutes",
            rule="length",
        )


def must_be_within(trainer: int, worked: int, minutes: int) -> None:
    """Nobody worked in a session for longer than it was."""
    if not 1 <= worked <= minutes:
        raise Refusal(
            "I minuti di chi ci ha lavorato vanno da 1 a %(most)s.", most=minutes, field=f"worked_{trainer}", rule="worked"
        )


def must_have_seen(has: bool, minutes: int | None) -> None:
    """minutes: for which somebody else has said meanwhile that it was held."""
    if not has:
        raise Refusal(
            "Nel frattempo qualcun altro ha scritto quanto è durato e chi ci ha lavorato: ora risulta di %(minutes)s minuti."
            " Controlla, poi salva di nuovo.",
            minutes=minutes,
            field="minutes",
            rule="held-meanwhile",
        )


def must_have_been_that_long(count: int) -> None:
    """count: of those who were there for longer than it is now said to have been."""
    if count:
        raise Refusal(
            "Persone con più minuti di così nel registro: %(count)s. Prima correggi i loro.",
            count=count,
            field="minutes",
            rule="minutes-over",
        )


def must_be_complete(count: int) -> None:
    """count: of those of whom nothing is written yet."""
    if count:
        raise Refusal(
            "Persone non ancora segnate: %(count)s. Segna anche loro: per chi manca scegli «Assente».",
            count=count,
            rule="incomplete",
        )


def must_say_why(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi perché non si è svolto.", field="reason", rule="reason")
    if len(reason.strip()) > REASON_MOST:
        raise Refusal("Scrivi il motivo in %(most)s caratteri al massimo.", most=REASON_MOST, field="reason", rule="reason-long")


def must_go_on(activity_state: str) -> None:
    if activity_state in ("closed", "cancelled"):
        raise Refusal("L'attività è finita: i dati si correggono, ma ogni incontro resta deciso.", rule="over")


def must_be_decided(session_state: str) -> None:
    if session_state not in ("held", "not_held"):
        raise Refusal("Di questo incontro non è ancora scritto se si è svolto.", rule="undecided")
