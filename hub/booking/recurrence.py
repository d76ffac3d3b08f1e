"""How a booking recurs, on plain values: which dates a rule has on Lecce's calendar, and how RFC 5545 writes it.

The dates are dateutil's; a wall-clock time stays what it is when the clocks change.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday
from icalendar import vRecur

from hub.refusal import Refusal

FREQUENCIES = ("daily", "weekly", "monthly_date", "monthly_weekday", "monthly_last")
MOST_DATES = 366
LONGEST_DAYS = 3 * 366
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KINDS = {"daily": DAILY, "weekly": WEEKLY}


@dataclass(frozen=True)
class Recurrence:
    """A rule from its first day on: every so many days, weeks or months, until a day (included) or so many times.

    weekdays: of a weekly rule, from Monday as 0; the first day's where there are none. monthly_date: on the first day's
    number; monthly_weekday: on its weekday as it is counted in the month (the second Tuesday); monthly_last: on the last such
    weekday. What nobody wants of it is left out date by date.
    """

    first: date
    freq: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    until: date | None = None
    count: int | None = None

    @classmethod
    def read(cls, rule: str, first: date) -> "Recurrence":
        """What `rule` wrote, with the first of its dates."""
        parts = vRecur.from_ical(rule)
        kind, days = parts["FREQ"][0].lower(), parts.get("BYDAY", [])
        if kind == "monthly":
            kind = "monthly_date" if "BYMONTHDAY" in parts else "monthly_last" if days[0].startswith("-1") else "monthly_weekday"
        weekdays = tuple(CODES.index(day) for day in days) if kind == "weekly" else ()
        until = parts["UNTIL"][0].date() if "UNTIL" in parts else None
        return cls(first, kind, parts.get("INTERVAL", [1])[0], weekdays, until, parts.get("COUNT", [None])[0])

    @property
    def ordinal(self) -> int:
        """Which such weekday of its month the first day is, from 1; -1 where the rule wants the last."""
        return -1 if self.freq == "monthly_last" else (self.first.day - 1) // 7 + 1

    @cached_property
    def days(self) -> list[date]:
        """Its days in order; one more than MOST_DATES where it has too many."""
        found = rrule(KINDS.get(self.freq, MONTHLY), dtstart=datetime.combine(self.first, time()), **self._parts)
        return [day.date() for day in islice(found, MOST_DATES + 1)]

    @property
    def _parts(self) -> dict[str, object]:
        parts: dict[str, object] = {"interval": self.interval, "wkst": 0}
        if self.freq == "weekly":
            parts["byweekday"] = sorted(self.weekdays or {self.first.weekday()})
        elif self.freq == "monthly_date":
            parts["bymonthday"] = self.first.day
        elif self.freq != "daily":
            parts["byweekday"] = weekday(self.first.weekday(), self.ordinal)
        if self.count:
            parts["count"] = self.count
        else:
            parts["until"] = datetime.combine(self.until or self.first, time())
        return parts

    @property
    def rule(self) -> str:
        """As an RRULE on Lecce's clocks."""
        parts = [f"FREQ={'MONTHLY' if self.freq.startswith('monthly') else self.freq.upper()}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.freq == "weekly":
            parts.append(f"BYDAY={','.join(CODES[day] for day in sorted(self.weekdays or {self.first.weekday()}))}")
        elif self.freq == "monthly_date":
            parts.append(f"BYMONTHDAY={self.first.day}")
        elif self.freq != "daily":
            parts.append(f"BYDAY={self.ordinal}{CODES[self.first.weekday()]}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        else:
            parts.append(f"UNTIL={self.until or self.first:%Y%m%d}T235959")
        return ";".join(parts)


def must_recur(rule: Recurrence) -> None:
    """Whether a rule has an end, and dates that one person can look through. Raises Refusal."""
    if rule.count is None and rule.until is None:
        raise Refusal("Scrivi fino a quando, oppure quante volte.", field="until", rule="recurrence-end")
    if rule.until and rule.until <= rule.first:
        raise Refusal("L'ultimo giorno viene prima del primo, o è lo stesso.", field="until", rule="recurrence-end")
    if rule.until and rule.until - rule.first > timedelta(days=LONGEST_DAYS):
        raise Refusal("È troppo lontano: al massimo tre anni dal primo giorno.", field="until", rule="recurrence-end")
    if len(rule.days) < 2:
        raise Refusal(
            "Una serie ha almeno due date: allunga il periodo, o falla più fitta.", field="until", rule="recurrence-few"
        )
    if len(rule.days) > MOST_DATES:
        raise Refusal(
            "Sono più di %(most)s date: accorcia il periodo o falle più rade.",
            field="until",
            rule="recurrence-many",
            most=MOST_DATES,
        )
