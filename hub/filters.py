"""How values are shown: dates and times on Lecce's clocks, words in the reader's language, money."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale, gettext

from hub.clock import Period, now, wall


class Stretch(Protocol):
    """A time from one instant to another."""

    starts: datetime
    ends: datetime


def init(app: Flask) -> None:
    shown_as = (local, day, hour, clock, moment, stretch, minutes, number, money, wall_date)
    app.jinja_env.filters |= {filter.__name__: filter for filter in shown_as}
    app.jinja_env.globals |= {"now": now, "synthetic_data": app.config["HUB_MODE"] == "demo"}


def language() -> str:
    """The reader's language: it or en."""
    return str(get_locale() or "it")


def local(words: dict[str, str] | None) -> str:
    """Words kept in both languages ({"it": …, "en": …}) in the reader's one; Italian where there is no other."""
    return (words or {}).get(language()) or (words or {}).get("it", "")


def day(value: date | datetime, style: str = "EEEE d MMMM y") -> str:
    """giovedì 26 agosto 2027; an instant is shown by its day in Lecce. `style` is a Babel pattern."""
    return _day(wall(value).date() if isinstance(value, datetime) else value, style, language())


def hour(value: datetime | time) -> str:
    """18:30, on Lecce's clocks; in autumn's double hour it also says which of the two."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    at = wall(value)
    return f"{at:%H:%M}{_which(at)}"


def number(value: int) -> str:
    """2.000 in Italian, 2,000 in English."""
    return format_decimal(value, locale=language())


def money(cents: int) -> str:
    """Euro cents: 1250 is 12,50 € in Italian, €12.50 in English; whole euros have no decimals."""
    whole = "¤#,##0" if language() == "en" else "#,##0 ¤"
    style = {} if cents % 100 else {"format": whole, "currency_digits": False}
    return format_currency(Decimal(cents) / 100, "EUR", locale=language(), **style)


def wall_date(value: datetime) -> str:
    """The day of an instant in Lecce, as addresses and date fields write it: 2027-08-26."""
    return wall(value).date().isoformat()


def period(value: Period) -> str:
    """la settimana dal 1 novembre, novembre 2027, il 2027."""
    match value.kind:
        case "week":
            return gettext("la settimana dal %(first)s", first=day(value.first, "d MMMM"))
        case "month":
            return day(value.first, "LLLL y")
        case _:
            return gettext("il %(year)s", year=str(value.first.year))


def clock(value: int) -> str:
    """Minutes after midnight as a clock shows them: 510 is 08:30, 1440 is 24:00."""
    return f"{value // 60:02d}:{value % 60:02d}"


def _which(at: datetime) -> str:
    if at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset():
        return ""
    return " " + (gettext("(ora solare)") if at.fold else gettext("(ora legale)"))


def moment(value: datetime) -> str:
    """giovedì 26 agosto 2027, 18:30."""
    return f"{day(value)}, {hour(value)}"


def stretch(value: Stretch) -> str:
    """From when to when: whole days of Lecce's calendar, hours of one day, or from one moment to another."""
    first, last = wall(value.starts), wall(value.ends)
    until = last.date() - timedelta(days=1)
    if first.time() != time() or last.time() != time():
        if first.date() == last.date():
            return f"{moment(value.starts)}–{hour(value.ends)}"
        return gettext("da %(first)s a %(last)s", first=moment(value.starts), last=moment(value.ends))
    if first.date() == until:
        return gettext("%(day)s, tutto il giorno", day=day(until))
    return gettext("da %(first)s a %(last)s, giorni interi", first=day(first.date()), last=day(until))


def minutes(value: int) -> str:
    """A length: 45 minuti, 2 ore, 1 ora e 30 minuti."""
    hours, rest = divmod(value, 60)
    parts = [_length(hours * 3600, "hour", language())] if hours else []
    parts += [_length(rest * 60, "minute", language())] if rest or not hours else []
    return gettext(" e ").join(parts)


@lru_cache(4096)
def _day(value: date, style: str, locale: str) -> str:
    return format_date(value, style, locale)


@lru_cache(512)
def _length(seconds: int, unit: str, locale: str) -> str:
    return format_timedelta(seconds, unit, threshold=1_000_000, locale=locale)


def shown(value: object) -> str:
    """A refusal's value in words: an instant, a day, an hour, a length, a period, words in two languages, or the thing itself."""
    match value:
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case time():
            return hour(value)
        case timedelta():
            return minutes(value // timedelta(minutes=1))
        case Period():
            return period(value)
        case dict():
            return local(value)
        case _:
            return str(value)
