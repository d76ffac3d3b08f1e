"""The edition of 2023 in the demo: who was there, when, for how long.

What the project's documents say holds to the last minute: 41 kids of the day centre Volare Alto, 17 trainers and operators,
220 hours; 10 startups, 25 teachers and tutors, 190 hours. From the press: 6 March to 30 June, ages 11 to 17. Who they were, on
which days they met and who came is made up from a fixed seed, and says «dato sintetico» where it is shown.
"""

import secrets
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

import sqlalchemy as sa
from stdnum import luhn

from hub.accounts.models import Person
from hub.clock import ROME, now
from hub.db import db
from hub.families.models import Participant
from hub.labs.models import Activity, Attendance, Enrolment, EnrolmentChange, Seat, Session, SessionTrainer, Trainer
from hub.organisations.models import Organisation
from hub.participation.log import Happened, pseudonym, record_all
from hub.spaces.service import holiday
from impact.acts import AttendanceRecorded, EnrolmentCreated, EnrolmentWithdrawn, SessionHeld

SEED = 2023
KIDS, TRAINERS = 41, 17
STARTUPS, TUTORS = 10, 25
MADE_UP = "dato sintetico"
AFTERNOONS, CAMP_DAYS = 56, 4  # 56 of 210 minutes and 4 of 360 are 220 hours
CAP_DAYS = 38  # of 300 minutes: 190 hours
LEAVERS = ("schedule", "distance", "interest")  # why some kids left halfway


class Meeting(NamedTuple):
    """One session: its day, its first minute by the clock of Rome, its minutes."""

    day: date
    at: time
    minutes: int

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.day, self.at, ROME).astimezone(UTC)


class Course(NamedTuple):
    """What is filled: an activity, when it met, who worked in it, who took part and through whom, why some of them left."""

    activity: Activity
    meetings: list[Meeting]
    trainers: list[Trainer]
    whose: list[Participant] | list[Organisation]
    through: Organisation | None = None
    leavers: tuple[str, ...] = ()


def steam_meetings() -> list[Meeting]:
    """From 6 March to 30 June 2023: afternoons on four days of the week, then the camp."""
    afternoons = _days(date(2023, 3, 6), date(2023, 6, 26), weekdays=(0, 1, 3, 4))
    camp = [date(2023, 6, 27) + timedelta(days=number) for number in range(CAMP_DAYS)]
    return [Meeting(day, time(15), 210) for day in _spread(afternoons, AFTERNOONS)] + [Meeting(day, time(9), 360) for day in camp]


def cap_meetings() -> list[Meeting]:
    """From September to December 2023: nobody wrote down when."""
    return [Meeting(day, time(14), 300) for day in _spread(_days(date(2023, 9, 11), date(2023, 12, 15), (1, 2, 3, 4)), CAP_DAYS)]


def _days(first: date, last: date, weekdays: tuple[int, ...]) -> list[date]:
    """The working days from one to another, on these weekdays."""
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in every if day.weekday() in weekdays and not holiday(day)]


def _spread(days: list[date], count: int) -> list[date]:
    """So many of them, the first one among them, evenly."""
    return [days[number * len(days) // count] for number in range(count)]


def load_edition(activities: dict[str, Activity], *, by: Person) -> None:
    """Give both activities of 2023, by slug, their people, their sessions and their registers. Flushes."""
    chance = Random(SEED)  # noqa: S311 - the same demo every time
    steam, cap = activities["steam-2023"], activities["cap-2023"]
    centre = _organisation("public_body", "Centro diurno Volare Alto", 1)
    kids = [_kid(number, chance) for number in range(1, KIDS + 1)]
    startups = [_organisation("startup", f"Startup {number:02d}", number + 1) for number in range(1, STARTUPS + 1)]
    db.session.add_all([centre, *kids, *startups])
    db.session.flush()
    for kid in kids:
        kid.subject = f"participant:{kid.id}"
    trainers, tutors = _staff(steam, TRAINERS, "trainer", "Formatore"), _staff(cap, TUTORS, "tutor", "Tutor")
    _fill(Course(steam, steam_meetings(), trainers, kids, centre, LEAVERS), chance, by)
    _fill(Course(cap, cap_meetings(), tutors, startups), chance, by)


def _organisation(kind: str, name: str, number: int) -> Organisation:
    digits = f"{number + 1:07d}999"  # an office that gives no numbers to organisations of the place
    return Organisation(
        kind=kind,
        name=f"{name} ({MADE_UP})",
        tax_code=digits + luhn.calc_check_digit(digits),
        email=f"organizzazione-{number}@officine.example",
        state="verified",
        created_at=now(),
    )


def _kid(number: int, chance: Random) -> Participant:
    """From 11 to 17 years old on the first day."""
    return Participant(
        given_name=f"Partecipante {number:02d}",
        family_name=f"({MADE_UP})",
        birth_date=date(2023, 3, 6) - timedelta(days=chance.randrange(11 * 366, 17 * 365)),
        gender=chance.choice("fm"),
        resident=True,
        subject=f"new:{secrets.token_hex(8)}",
        created_at=now(),
    )


def _staff(activity: Activity, count: int, role: str, called: str) -> list[Trainer]:
    made = [
        Trainer(
            activity=activity, subject=f"trainer:{secrets.token_hex(8)}", name=f"{called} {number:02d} ({MADE_UP})", role=role
        )
        for number in range(1, count + 1)
    ]
    db.session.add_all(made)
    return made


def _fill(course: Course, chance: Random, by: Person) -> None:
    """Everything that was: who was enrolled, what was held by whom, who came, who left."""
    activity, first = course.activity, course.meetings[0].starts
    db.session.add_all(Seat(activity_id=activity.id, number=number) for number in range(1, len(course.whose) + 1))
    sessions = [_session(activity, number, meeting) for number, meeting in enumerate(course.meetings, 1)]
    enrolments = [_enrolment(course, one, seat, by) for seat, one in enumerate(course.whose, 1)]
    db.session.add_all([*sessions, *enrolments])
    db.session.flush()
    db.session.add_all(
        EnrolmentChange(enrolment_id=one.id, before="", after="enrolled", by_id=by.id, at=one.created_at) for one in enrolments
    )
    record_all(Happened(EnrolmentCreated(activity=activity.slug, channel="paper"), one, first) for one in course.whose)
    _hold(course, sessions, chance)
    leaving = dict(zip(chance.sample(range(len(enrolments)), len(course.leavers)), course.leavers, strict=True))
    ends = {number: sessions[len(sessions) // 2].starts_at for number in leaving}
    _mark(course, sessions, enrolments, ends, chance, by)
    for number, reason in leaving.items():
        _leave(enrolments[number], course.whose[number], reason, ends[number], by)
    db.session.flush()


def _session(activity: Activity, number: int, meeting: Meeting) -> Session:
    return Session(
        activity=activity,
        number=number,
        title={"it": "Data e presenze: dato sintetico", "en": "Date and register: made-up data"},
        starts_at=meeting.starts,
        ends_at=meeting.starts + timedelta(minutes=meeting.minutes),
        state="held",
        minutes=meeting.minutes,
        ical_uid=f"{activity.slug}-{number}@officine.example",
        updated_at=now(),
    )


def _enrolment(course: Course, whose: Participant | Organisation, seat: int, by: Person) -> Enrolment:
    at = course.meetings[0].starts - timedelta(days=14)
    return Enrolment(
        activity=course.activity,
        participant=whose if isinstance(whose, Participant) else None,
        organisation=whose if isinstance(whose, Organisation) else None,
        through=course.through,
        state="completed",
        seat=seat,
        queued_at=at,
        key=secrets.token_hex(8),
        channel="paper",
        enrolled_by_id=by.id,
        created_at=at,
    )


def _hold(course: Course, sessions: list[Session], chance: Random) -> None:
    """Three work in each session, and each of them in some: whoever comes round, and two by chance."""
    acts = []
    for number, session in enumerate(sessions):
        first = course.trainers[number % len(course.trainers)]
        working = [first, *chance.sample([one for one in course.trainers if one is not first], 2)]
        facts = {"session_id": session.id, "activity_id": course.activity.id, "minutes": session.minutes}
        db.session.add_all(SessionTrainer(trainer_id=one.id, **facts) for one in working)
        known = tuple(pseudonym(one.subject) for one in working)
        told = SessionHeld(activity=course.activity.slug, session=session.code, minutes=session.minutes, trainers=known)
        acts.append(Happened(told, None, session.starts_at))
    for session, event in zip(sessions, record_all(acts), strict=True):
        session.event_id = event


def _mark(
    course: Course, sessions: list[Session], enrolments: list[Enrolment], ends: dict[int, datetime], chance: Random, by: Person
) -> None:
    """The registers: most come most of the time, some seldom; until they left, where they did (ends: by place in the list)."""
    habits = [chance.betavariate(7, 1.4) for _ in enrolments]
    acts, rows = [], []
    for session in sessions:
        for number, (enrolment, whose) in enumerate(zip(enrolments, course.whose, strict=True)):
            if number in ends and session.starts_at >= ends[number]:
                continue
            status, minutes = _came(habits[number], session.minutes, chance)
            told = AttendanceRecorded(activity=course.activity.slug, session=session.code, minutes=minutes, status=status)
            acts.append(Happened(told, whose, session.starts_at))
            rows.append({"session_id": session.id, "enrolment_id": enrolment.id, "status": status, "minutes": minutes})
    same = {"activity_id": course.activity.id, "source": "import", "marked_by_id": by.id, "marked_at": now()}
    told = [row | same | {"event_id": event} for row, event in zip(rows, record_all(acts), strict=True)]
    db.session.execute(sa.insert(Attendance), told)


def _came(habit: float, minutes: int, chance: Random) -> tuple[str, int]:
    """How somebody was at a session of so many minutes, and for how long. habit: how likely they come, from 0 to 1."""
    if chance.random() >= habit:
        return chance.choice(("absent", "absent", "excused")), 0
    if (drawn := chance.random()) < 0.06:
        return "late" if drawn < 0.03 else "left_early", minutes - chance.randrange(10, 60, 5)
    return "present", minutes


def _leave(enrolment: Enrolment, whose: Participant | Organisation, reason: str, at: datetime, by: Person) -> None:
    """They came to the first half, and then said that they would come no more."""
    enrolment.state, enrolment.seat, enrolment.ended_at, enrolment.end_reason = "withdrawn", None, at, reason
    gone = EnrolmentChange(enrolment_id=enrolment.id, before="enrolled", after="withdrawn", by_id=by.id, at=at)
    db.session.add(gone)
    told = EnrolmentWithdrawn(activity=enrolment.activity.slug, status=reason, channel="paper")
    record_all([Happened(told, whose, at)])
