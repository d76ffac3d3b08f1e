"""Logs for the tests: rows made from acts, as the portal makes them, with ids and times that only depend on a number."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from impact import Row, acts, seal

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def event_id(number: int) -> str:
    return f"0195{number >> 16:04x}-{number & 0xFFFF:04x}-7000-8000-{number:012x}"


def row_of(number: int, act: acts.Act, who: str | None = None, **changes) -> Row:
    moment = START + timedelta(minutes=number)
    columns = act.columns(who)
    return Row(event_id(number), moment, moment + timedelta(seconds=number % 60, microseconds=1), **columns | changes)


def unsealed(count: int) -> Iterator[Row]:
    """Rows of an afternoon school: mostly attendance, now and then a session, a booking, a score."""
    for number in range(1, count + 1):
        session, kid = f"s{number // 40}", f"p{number % 41:03}"
        if number % 40 == 0:
            act = acts.SessionHeld(activity="steam-2026", session=session, minutes=120, trainers=("t1", "t2"))
        elif number % 40 == 1:
            act = acts.SpaceBooked(activity="officina-grande", session=f"OM-2026-{number:06}", minutes=120, people=40)
        elif number % 40 == 2:
            act = acts.FeedbackGiven(activity="steam-2026", question="q1", score=4.5)
        else:
            act = acts.AttendanceRecorded(activity="steam-2026", session=session, minutes=90, status="present")
        yield row_of(number, act, kid)


def sealed(count: int) -> list[Row]:
    return list(seal(unsealed(count)))
