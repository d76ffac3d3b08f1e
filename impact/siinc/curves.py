"""The five curves: what share of its part a metric earns at an achievement, and where it jumps or ends.

Achievement is a = (V - B)/(T - B), so 0 at the baseline and 1 at the target, whichever of them is higher; for `unit` it
is V - B, in units. A curve is also told in pieces, each a straight line on a range of achievements: with them the mean
over an uncertain achievement has a closed form (`impact.siinc.normal`).
"""

from decimal import Decimal
from typing import NamedTuple

CURVES = ("proportional", "ramp", "tiers", "unit", "binary")
ZERO, ONE = Decimal(0), Decimal(1)
ENDLESS = Decimal("Infinity")


class Piece(NamedTuple):
    """From `low` (included) to `high` (not included) the curve is `level + slope x a`."""

    low: Decimal
    high: Decimal
    level: Decimal
    slope: Decimal


class Curve(NamedTuple):
    """A kind and its terms. `a_min`, `a_max` are shares of the way to the target; `cap` is in units above the baseline."""

    kind: str
    a_min: Decimal = ZERO
    a_max: Decimal = ONE
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    cap: Decimal = ZERO

    def share(self, a: Decimal) -> Decimal:
        """f(a): the share of the metric's part that is earned; for `unit` the number of units that are paid."""
        if self.kind == "proportional":
            return ZERO if a < self.a_min else min(a, self.a_max)
        if self.kind == "ramp":
            return ZERO if a <= self.a_min else (min(a, self.a_max) - self.a_min) / (1 - self.a_min)
        if self.kind == "tiers":
            return next((share for least, share in reversed(self.tiers) if a >= least), ZERO)
        if self.kind == "unit":
            return min(max(a, ZERO), self.cap)
        return ONE if a >= 1 else ZERO

    def pieces(self) -> list[Piece]:
        """The pieces where the curve is not 0, in order, the last without end."""
        if self.kind == "proportional":
            return [Piece(self.a_min, self.a_max, ZERO, ONE), Piece(self.a_max, ENDLESS, self.a_max, ZERO)]
        if self.kind == "ramp":
            slope = 1 / (1 - self.a_min)
            rise = Piece(self.a_min, self.a_max, -self.a_min * slope, slope)
            return [rise, Piece(self.a_max, ENDLESS, (self.a_max - self.a_min) * slope, ZERO)]
        if self.kind == "tiers":
            ends = [least for least, _ in self.tiers[1:]] + [ENDLESS]
            return [Piece(least, end, share, ZERO) for (least, share), end in zip(self.tiers, ends, strict=True)]
        if self.kind == "unit":
            return [Piece(ZERO, self.cap, ZERO, ONE), Piece(self.cap, ENDLESS, self.cap, ZERO)]
        return [Piece(ONE, ENDLESS, ONE, ZERO)]

    def cliffs(self) -> list[tuple[Decimal, Decimal]]:
        """Where the curve jumps up: (achievement, by how much)."""
        found, before = [], ZERO
        for piece in self.pieces():
            jump = piece.level + piece.slope * piece.low - before
            if jump > 0:
                found.append((piece.low, jump))
            if piece.high != ENDLESS:
                before = piece.level + piece.slope * piece.high
        return found

    def top(self) -> tuple[Decimal, Decimal]:
        """The achievement from which nothing more is earned, and what is earned there."""
        last = self.pieces()[-1]
        return last.low, last.level
