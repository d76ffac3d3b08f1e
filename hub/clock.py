"""What time it is, and how the wall clock of Lecce becomes an instant.

What happened is a UTC instant. Opening hours and what people type are Europe/Rome wall-clock time; on the night the
clocks go forward an hour does not exist, on the night they go back one comes twice: both are said, never guessed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date on Lecce's calendars."""
    return now().astimezone(ROME).date()


def instants(day: date, at: time) -> list[datetime]:
    """The UTC instants when Lecce's clocks show this time: one as a rule, none in spring's gap, two in autumn's fold."""
    found = []
    for fold in (0, 1):
        wall = datetime.combine(day, at, ROME).replace(fold=fold)
        instant = wall.astimezone(UTC)
        if instant.astimezone(ROME).replace(tzinfo=None) == wall.replace(tzinfo=None) and instant not in found:
            found.append(instant)
    return found


def starts_of(day: date) -> datetime:
    """The instant when this day begins in Lecce (midnight exists once on every day there)."""
    return datetime.combine(day, time(), ROME).astimezone(UTC)


def span(day: date, days: int = 1) -> tuple[datetime, datetime]:
    """Half-open instants [from, to) of whole days in Lecce; a day has 23, 24 or 25 hours."""
    return starts_of(day), starts_of(day + timedelta(days=days))


@dataclass(frozen=True, order=True)
class Period:
    """A week (from Monday), a month or a year of Lecce's calendar, by its first day."""

    first: date
    kind: str

    @classmethod
    def around(cls, day: date, kind: str) -> "Period":
        """The week, the month or the year in which a day is."""
        first = {"week": day - timedelta(days=day.weekday()), "month": day.replace(day=1), "year": day.replace(month=1, day=1)}
        return cls(first[kind], kind)

    @property
    def days(self) -> int:
        """How many days it has."""
        longest = timedelta(days={"week": 7, "month": 31, "year": 366}[self.kind])
        return (Period.around(self.first + longest, self.kind).first - self.first).days

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Half-open instants [from, to)."""
        return span(self.first, self.days)


def wall(instant: datetime) -> datetime:
    """An instant on Lecce's clocks (aware, Europe/Rome)."""
    return instant.astimezone(ROME)


def later(instant: datetime, length: timedelta) -> datetime:
    """The instant when Lecce's clocks show this much later than at another, in UTC; in spring's gap, as long after it."""
    at = wall(instant)
    return (at.replace(tzinfo=None) + length).replace(tzinfo=ROME, fold=at.fold).astimezone(UTC)
