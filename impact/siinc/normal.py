"""The normal distribution in Decimal: the same digits on every machine, which no library of floats promises."""

from decimal import Decimal, localcontext

from impact.siinc.contract import ARITHMETIC
from impact.siinc.curves import ENDLESS, Curve

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
FAR = Decimal(12)  # standard deviations beyond which the tail is below 1e-32
DIGITS = Decimal("1e-30")


def density(z: Decimal) -> Decimal:
    return Decimal(0) if abs(z) > FAR else (-z * z / 2).exp() / (2 * PI).sqrt()


def below(z: Decimal) -> Decimal:
    """P(Z < z), by the series of Abramowitz and Stegun 26.2.11, to 30 decimals."""
    if abs(z) > FAR:
        return Decimal(z > 0)
    term = total = z
    odd = 3
    while abs(term) > DIGITS:
        term = term * z * z / odd
        total += term
        odd += 2
    return Decimal("0.5") + density(z) * total


def quantile(p: Decimal) -> Decimal:
    """The z with P(Z < z) = p, 0 < p < 1, by Newton's steps from 0, held to steps of 1."""
    z = Decimal(0)
    for _ in range(200):
        step = (below(z) - p) / density(z)
        z -= max(min(step, Decimal(1)), Decimal(-1))
        if abs(step) < Decimal("1e-25"):
            return z
    raise ArithmeticError(f"no quantile was found for {p}")


def mean_share(curve: Curve, mean: Decimal, deviation: Decimal) -> Decimal:
    """The mean of f(a) for a normal achievement; `deviation` is above 0.

    On a piece level + slope x a from l to h it is (level + slope x mean)(P(h) - P(l)) - slope x deviation x (d(h) - d(l)).
    """
    total = Decimal(0)
    for low, high, level, slope in curve.pieces():
        at_low, at_high = ((end - mean) / deviation if end != ENDLESS else FAR * 2 for end in (low, high))
        total += (level + slope * mean) * (below(at_high) - below(at_low))
        total -= slope * deviation * (density(at_high) - density(at_low))
    return total


def chance_of_pay(curve: Curve, mean: Decimal, deviation: Decimal) -> Decimal:
    """P(f(a) > 0) for a normal achievement."""
    paying = next((piece.low for piece in curve.pieces() if piece.level or piece.slope), None)
    return Decimal(0) if paying is None else 1 - below((paying - mean) / deviation)


def expected_share(curve: Curve, mean: Decimal, deviation: Decimal) -> Decimal:
    """`mean_share` in the arithmetic of contracts, to 30 decimals."""
    with localcontext(ARITHMETIC):
        return mean_share(curve, mean, deviation).quantize(DIGITS)
