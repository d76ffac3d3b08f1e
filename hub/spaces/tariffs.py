"""What a space costs, on plain values: the price list, and the cheapest way through it for a length of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from hub.refusal import Refusal

# The hours that each unit covers; a time that has begun counts as a whole hour.
HOURS = {"hour": 1, "half_day": 5, "day": 24}


@dataclass(frozen=True)
class Rate:
    """A line of the price list (see `models.Price`): integer euro cents for a unit, from one date to another."""

    space_id: int
    layout_id: int | None
    audience: str | None
    unit: str
    cents: int
    valid_from: date
    valid_to: date | None

    def stands_for(self, space_id: int, layout_id: int, audience: str, day: date) -> bool:
        ours = self.space_id == space_id and self.layout_id in (None, layout_id) and self.audience in (None, audience)
        return ours and self.valid_from <= day <= (self.valid_to or day)


def price(rates: Iterable[Rate], *, space_id: int, layout_id: int, audience: str, minutes: int, day: date) -> int:
    """Euro cents for so many minutes on a day: of each unit the most particular line, then the cheapest sum of units.

    0 where the list says nothing: the space is free of charge.
    """
    standing = [rate for rate in rates if rate.stands_for(space_id, layout_id, audience, day)]
    costs = {}
    for rate in sorted(standing, key=lambda rate: (rate.audience is None, rate.layout_id is None, -rate.valid_from.toordinal())):
        costs.setdefault(rate.unit, rate.cents)
    return cheapest(tuple(sorted((HOURS[unit], cents) for unit, cents in costs.items())), -(-minutes // 60)) if costs else 0


@cache
def cheapest(costs: tuple[tuple[int, int], ...], hours: int) -> int:
    """The lowest price that covers so many hours with units of (hours, cents)."""
    if hours <= 0:
        return 0
    return min(cents + cheapest(costs, hours - covered) for covered, cents in costs)


def must_begin_in_time(first: date, today: date) -> None:
    """Nobody is charged by a price that was not there yet when they booked."""
    if first < today:
        raise Refusal("Una tariffa vale da oggi in poi: scegli oggi o un giorno futuro.", field="valid_from", rule="price-past")


def must_end_in_time(first: date, last: date | None) -> None:
    if last and last < first:
        raise Refusal("La tariffa finisce prima di cominciare: controlla le due date.", field="valid_to", rule="price-dates")
