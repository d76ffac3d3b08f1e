"""The event vocabulary: one frozen dataclass per act that the participation log may hold.

An act carries what happened; who did it stands beside it, as a pseudonym. Fields named after a column of the log
fill that column, every other field becomes a fact (a number, a code or a list of codes; never free text):

>>> SpaceBooked(activity="officina-grande", session="OM-2026-000123", minutes=120, people=40).columns("p7f3")["facts"]
{'people': 40}

Units: `minutes` are whole minutes, `cents` are euro cents, `fte` are full-time equivalents, `people` are heads.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, dataclass_transform, get_args, get_origin, get_type_hints

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
LARGEST_INTEGER = 2**53 - 1  # the integers that JSON carries exactly (RFC 8785, 3.2.2.3)

ACTS: dict[str, type["Act"]] = {}


class ActError(ValueError):
    """An act that cannot be recorded; the message names the act and the field and says what would pass."""


def _code(value: Any) -> str:
    if isinstance(value, str) and CODE.fullmatch(value):
        return value
    raise ActError(f"{value!r} is not a code: use 1 to 64 of a-z A-Z 0-9 . _ : - starting with a letter or a digit")


def _codes(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        raise ActError(f"{values!r} is not a list of codes")
    codes = tuple(_code(value) for value in values)
    if len(set(codes)) < len(codes):
        raise ActError(f"{codes!r} repeats a code: name each once")
    return codes


def _partners(values: Any) -> tuple[str, ...]:
    codes = _codes(values)
    if len(codes) < 2:
        raise ActError(f"{codes!r} is not a partnership: name at least two organisations")
    return codes


def _count(value: Any) -> int:
    if type(value) is int and 0 <= value <= LARGEST_INTEGER:
        return value
    raise ActError(f"{value!r} is not a whole number from 0 up")


def _number(value: Any) -> float:
    if type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST_INTEGER:
        return value
    raise ActError(f"{value!r} is not a number")


def _quantity(value: Any) -> float:
    if _number(value) < 0:
        raise ActError(f"{value!r} is below zero")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ActError(f"{value!r} is not one of {', '.join(choices)}")

    return check


Code = Annotated[str, _code]
Codes = Annotated[tuple[str, ...], _codes]
Partners = Annotated[tuple[str, ...], _partners]
Count = Annotated[int, _count]
Number = Annotated[float, _number]
Quantity = Annotated[float, _quantity]

Channel = Literal["web", "assisted", "paper", "import"]
Withdrawal = Literal["distance", "family", "health", "interest", "moved", "schedule", "school", "work", "other", "unsaid"]
Attendance = Literal["present", "absent", "excused", "late", "left_early"]
Answer = Literal["accepted", "partly", "rejected", "not_competent", "already_done"]
Rank = Literal["fundable", "fit_not_funded", "below_threshold"]
Instalment = Literal["advance", "interim", "balance", "outcome"]
Standing = Literal["registered", "active", "closed"]


class Act:
    """What all acts share: checked on construction, frozen, and turned into columns of the log by `columns`."""

    type: ClassVar[str]
    personal: ClassVar[bool]  # the row has no meaning without a person or an organisation
    statuses: ClassVar[tuple[str, ...]]  # every status of this type in any log; empty where a log may use others
    needs: ClassVar[tuple[str, ...]]  # the columns without which a row of this type cannot be counted
    checks: ClassVar[Mapping[str, Callable[[Any], Any]]]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            try:
                object.__setattr__(self, field.name, self.checks[field.name](value))
            except ActError as error:
                raise ActError(f"{type(self).__name__}.{field.name}: {error}") from None

    def columns(self, person: str | None = None) -> dict[str, Any]:
        """The columns `type, person, activity, session, minutes, status, ref, facts` of the log row.

        `person` is the pseudonym of a person or organisation, a code. Raises `ActError` when the act needs one and
        none is given, or when it is not a code. `facts` is a new dict of numbers, codes and lists of codes.
        """
        if person is None and self.personal:
            raise ActError(f"{type(self).__name__}: say who, this act is of a person or an organisation")
        row = {"type": self.type, "person": None if person is None else _person(person)}
        row |= dict.fromkeys(("activity", "session", "minutes", "status", "ref"))
        facts = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in row:
                row[field.name] = value
            elif value not in (None, ()):
                facts[field.name] = list(value) if isinstance(value, tuple) else value
        return row | {"facts": facts}


def _person(person: Any) -> str:
    try:
        return _code(person)
    except ActError as error:
        raise ActError(f"person: {error}") from None


def _check_of(hint: Any) -> Callable[[Any], Any]:
    """The check that an annotation stands for: `Annotated[..., check]`, `Literal[...]`, or either of them or None."""
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    if get_origin(hint) is Annotated:
        return hint.__metadata__[0]
    (inner,) = (option for option in get_args(hint) if option is not NoneType)
    return _check_of(inner)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def act(name: str, *, personal: bool = False, closed: bool = False) -> Callable[[type], type]:
    """Enter a class in the vocabulary as the act `name`; `closed` holds foreign logs, too, to its statuses."""

    def enter(cls: type) -> type:
        cls = dataclass(frozen=True, kw_only=True)(cls)
        hints = get_type_hints(cls, include_extras=True)
        cls.type, cls.personal = name, personal
        cls.checks = {field.name: _check_of(hints[field.name]) for field in fields(cls)}
        cls.statuses = get_args(hints["status"]) if closed else ()
        cls.needs = tuple(column for column in ("activity", "session", "ref") if column in cls.checks)
        cls.needs += ("person",) * personal + ("status",) * closed
        ACTS[name] = cls
        return cls

    return enter


@act("enrolment.created", personal=True)
class EnrolmentCreated(Act):
    activity: Code
    channel: Channel


@act("enrolment.withdrawn", personal=True)
class EnrolmentWithdrawn(Act):
    activity: Code
    status: Withdrawal
    channel: Channel | None = None


@act("session.held")
class SessionHeld(Act):
    activity: Code
    session: Code
    minutes: Count
    trainers: Codes = ()


@act("attendance.recorded", personal=True, closed=True)
class AttendanceRecorded(Act):
    """Minutes are those of presence: `present`, `late` and `left_early` have some, `absent` and `excused` have 0."""

    activity: Code
    session: Code
    minutes: Count
    status: Attendance

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.minutes > 0) != (self.status in ("present", "late", "left_early")):
            raise ActError(f"AttendanceRecorded.minutes: {self.minutes} does not go with {self.status!r}")


@act("event.voided")
class EventVoided(Act):
    """Cancels the event whose id is `ref`."""

    ref: Code


@dataclass(frozen=True, kw_only=True)
class SpaceAct(Act):
    """`activity` is the code of the space, `session` the code of the booking, `people` how many are expected or came."""

    activity: Code
    session: Code
    minutes: Count
    people: Count | None = None


@act("space.booked")
class SpaceBooked(SpaceAct):
    pass


@act("space.cancelled")
class SpaceCancelled(SpaceAct):
    pass


@act("space.used")
class SpaceUsed(SpaceAct):
    pass


@act("space.no_show")
class SpaceNoShow(SpaceAct):
    pass


@act("proposal.submitted")
class ProposalSubmitted(Act):
    """`activity` is the code of the proposal, here and in the two acts that follow."""

    activity: Code


@act("proposal.supported")
class ProposalSupported(Act):
    activity: Code


@act("proposal.answered")
class ProposalAnswered(Act):
    activity: Code
    status: Answer


@act("call.applied", personal=True)
class CallApplied(Act):
    """`activity` is the code of the call, `session` of the application; `cents` what is asked."""

    activity: Code
    session: Code
    cents: Count | None = None


@act("call.ranked", personal=True)
class CallRanked(Act):
    activity: Code
    session: Code
    status: Rank


@act("grant.awarded", personal=True)
class GrantAwarded(Act):
    activity: Code
    session: Code
    cents: Count


@act("grant.paid", personal=True)
class GrantPaid(Act):
    activity: Code
    session: Code
    cents: Count
    status: Instalment | None = None


@act("mentoring.held", personal=True)
class MentoringHeld(Act):
    """One person with one mentor (a pseudonym)."""

    activity: Code
    session: Code
    minutes: Count
    mentor: Code


@act("partnership.signed")
class PartnershipSigned(Act):
    orgs: Partners


@act("badge.verified", personal=True)
class BadgeVerified(Act):
    activity: Code


@act("feedback.given")
class FeedbackGiven(Act):
    """`question` is the code of the question, which fixes the scale of `score`."""

    activity: Code
    score: Number
    question: Code


@act("shift.recorded", personal=True)
class ShiftRecorded(Act):
    minutes: Count


@act("org.status", personal=True, closed=True)
class OrgStatus(Act):
    status: Standing
    fte: Quantity | None = None
