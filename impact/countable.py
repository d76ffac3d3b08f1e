"""What a row must say, beyond being well formed, so that it can be counted: refused rather than guessed.

Limits: a session, a presence, a meeting with a mentor and a shift last at most a day; a feedback score lies on the scale
of its question, from 0 to 10 where the question is not known here.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from impact.acts import LARGEST_INTEGER
from impact.row import LogError, Row

LONGEST = 24 * 60  # minutes
TIMED = ("session.held", "attendance.recorded", "mentoring.held", "shift.recorded")
PRESENT = ("present", "late", "left_early")
SCALES: Mapping[str, tuple[int, int]] = {
    "page-clarity": (1, 5),
    "importance": (1, 5),
    "satisfaction": (1, 5),
    "recommend": (0, 10),
}
WIDEST = (0, 10)


def must_be_countable(row: Row, file: Any) -> None:
    """Raises `LogError` naming the place of what cannot be counted."""
    try:
        _must_last(row.type, row.status, row.minutes)
    except ValueError as error:
        raise LogError(file, row.line, "minutes", str(error)) from None
    try:
        must_be_counted_facts(row.type, row.facts)
    except ValueError as error:
        raise LogError(file, row.line, "facts", str(error)) from None


def must_be_believable(row: Row, file: Any) -> None:
    """Raises `LogError` for minutes that no act can last: all that is asked of a log whose chain is followed, not counted."""
    if row.type in TIMED and row.minutes is not None and row.minutes > LONGEST:
        raise LogError(file, row.line, "minutes", _too_long(row.type, row.minutes))


def _too_long(kind: str, minutes: int) -> str:
    return f"{minutes} is more than a day: {kind} lasts at most {LONGEST} minutes"


def _must_last(kind: str, status: str | None, minutes: int | None) -> None:
    if kind not in TIMED:
        return
    if minutes is None:
        if kind != "attendance.recorded" or status in PRESENT:
            raise ValueError(f"is empty: {kind} needs it{f' where the status is {status}' if status else ''}")
    elif minutes > LONGEST:
        raise ValueError(_too_long(kind, minutes))


def must_be_counted_facts(kind: str, facts: Mapping[str, Any]) -> None:
    """Raises `ValueError` for a fact that indicators read and that is not what they take it for."""
    for key, check in _FACTS.get(kind, {}).items():
        if key in facts:
            check(key, facts[key])
    if kind == "feedback.given":
        _must_be_on_scale(facts)


def _must_be_on_scale(facts: Mapping[str, Any]) -> None:
    if "score" not in facts:
        raise ValueError("'score' is missing: feedback.given needs it")
    low, high = SCALES.get(facts.get("question", ""), WIDEST)
    if not low <= facts["score"] <= high:
        asked = f" of {facts['question']!r}" if "question" in facts else ""
        raise ValueError(f"'score' is {facts['score']}, out of the scale{asked}: it goes from {low} to {high}")


def _whole(key: str, value: Any) -> None:
    if type(value) is not int or not 0 <= value <= LARGEST_INTEGER:
        raise ValueError(f"{key!r} is {value!r}, not a whole number from 0 up")


def _number(key: str, value: Any) -> None:
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1_000_000:
        raise ValueError(f"{key!r} is {value!r}, not a number up to a million")
    if Decimal(repr(value)).normalize().as_tuple().exponent < -6:
        raise ValueError(f"{key!r} is {value!r}: write at most six decimals")


def _quantity(key: str, value: Any) -> None:
    _number(key, value)
    if value < 0:
        raise ValueError(f"{key!r} is {value!r}, below zero")


def _code(key: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is {value!r}, not a code in quotes")


def _codes(key: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key!r} is {value!r}, not a list of codes")


_FACTS: dict[str, dict[str, Callable[[str, Any], None]]] = {
    "session.held": {"trainers": _codes},
    "space.booked": {"people": _whole},
    "space.used": {"people": _whole},
    "grant.awarded": {"cents": _whole},
    "grant.paid": {"cents": _whole},
    "mentoring.held": {"mentor": _code},
    "partnership.signed": {"orgs": _codes},
    "feedback.given": {"score": _number, "question": _code},
    "org.status": {"fte": _quantity},
}
