"""The private investor's side, a contract of its own: a rate that follows the social result, and what it comes to.

Rates are shares a year (0.035 is 3.5 %), days are counted act/365: amounts grow by (1 + rate) ^ (days / 365).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from impact.siinc.contract import ARITHMETIC, cents

RATE_PLACES = Decimal("1e-8")


class InvestorError(ValueError):
    """Cash flows or terms that have no rate; the message says why."""


@dataclass(frozen=True)
class Terms:
    """`principal` goes out at `start` and comes back at `end` at a rate from `r_min` to `r_max`."""

    principal: Decimal
    start: date
    end: date
    r_min: Decimal
    r_max: Decimal

    def __post_init__(self) -> None:
        if self.principal <= 0 or self.end <= self.start:
            raise InvestorError(
                f"{self.principal} from {self.start} to {self.end} is no investment: an amount above 0, a later end"
            )
        if not -1 < self.r_min <= self.r_max:
            raise InvestorError(
                f"rates from {self.r_min} to {self.r_max} are no range: above -1, and the first not above the second"
            )


def rate(paid: Decimal, pool: Decimal, r_min: Decimal, r_max: Decimal) -> Decimal:
    """r_min + (r_max - r_min) x min(1, paid / pool): the whole range once the pool of the target is paid."""
    with localcontext(ARITHMETIC):
        return r_min + (r_max - r_min) * min(Decimal(1), paid / pool)


def cash_flows(terms: Terms, yearly: Decimal) -> list[tuple[date, Decimal]]:
    """What the investor pays (below 0) and gets back, to the cent."""
    with localcontext(ARITHMETIC):
        years = Decimal((terms.end - terms.start).days) / 365
        back = cents(terms.principal * (1 + yearly) ** years)
    return [(terms.start, -terms.principal), (terms.end, back)]


def xirr(flows: Iterable[tuple[date, Decimal]]) -> Decimal:
    """The internal rate of return of dated cash flows, act/365, to 8 decimals.

    Raises `InvestorError` unless money goes both ways on two days or more, and where no rate is found.
    """
    from pyxirr import InvalidPaymentsError
    from pyxirr import xirr as rate_of

    flows = sorted(flows)
    if len({day for day, _ in flows}) < 2:
        raise InvestorError("a rate of return needs flows on two days or more")
    try:
        found = rate_of([day for day, _ in flows], [float(amount) for _, amount in flows])
    except InvalidPaymentsError:
        raise InvestorError("a rate of return needs money that goes out and money that comes back") from None
    if found is None:
        raise InvestorError("these flows have no rate of return: most of the money was lost at once, or they turn too often")
    return Decimal(repr(found)).quantize(RATE_PLACES, context=ARITHMETIC)
