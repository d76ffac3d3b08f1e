"""The terms of a contract, read from CONTRACT.json and checked before anything is settled with them.

Beyond the keys of the format (impact.md 9.2) a contract may hold, all optional: `cap_ratio` (no more is paid than this
share of the verified private investment), `evidence_rule` of the contract or of one metric (`point` if left out;
`lower_bound`, `expected`), and what `indigo` and `investor` read: `title`, `parties`, `dates`, `investment`.
"""

import os
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

from impact.siinc.curves import CURVES, ZERO, Curve
from impact.siinc.document import ContractError, Node, read

__all__ = ["ARITHMETIC", "Clawback", "Contract", "ContractError", "Metric", "cents", "read_contract"]

ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
PERIODS = ("interim", "final")
MODES = ("none", "limited", "full")
RULES = ("point", "lower_bound", "expected")


def cents(amount: Decimal) -> Decimal:
    """The amount in euro and cents, half a cent away from zero."""
    return amount.quantize(Decimal("0.01"), context=ARITHMETIC)


@dataclass(frozen=True)
class Metric:
    """One line of a contract. `weight` is its share of the pool; `unit_price` is money a unit, for the curve `unit`."""

    code: str
    name: str
    weight: Decimal
    baseline: Decimal
    target: Decimal
    curve: Curve
    unit_price: Decimal
    periods: tuple[str, ...]
    evidence_rule: str

    def achievement(self, value: Decimal) -> Decimal:
        """The share of the way from baseline to target; for the curve `unit`, the units above the baseline."""
        gained = ARITHMETIC.subtract(value, self.baseline)
        return gained if self.curve.kind == "unit" else ARITHMETIC.divide(gained, ARITHMETIC.subtract(self.target, self.baseline))

    def value_at(self, achievement: Decimal) -> Decimal:
        """The value that gives this achievement."""
        scale = 1 if self.curve.kind == "unit" else self.target - self.baseline
        return self.baseline + achievement * scale

    def earned(self, share: Decimal, pool: Decimal) -> Decimal:
        """The money of a share (or of units) of this metric, not rounded."""
        part = self.unit_price if self.curve.kind == "unit" else ARITHMETIC.multiply(self.weight, pool)
        return ARITHMETIC.multiply(part, share)


@dataclass(frozen=True)
class Clawback:
    """What goes back when less was earned than paid: nothing, at most a share of what was paid, or all."""

    mode: str
    limit: Decimal

    def of(self, paid: Decimal, earned: Decimal) -> Decimal:
        excess = max(paid - earned, ZERO)
        if self.mode == "none":
            return cents(ZERO)
        return cents(excess if self.mode == "full" else min(excess, ARITHMETIC.multiply(self.limit, paid)))


@dataclass(frozen=True)
class Contract:
    """All terms. Money is in `currency`; `min_completeness` is 0 where the contract sets no minimum."""

    currency: str
    pool: Decimal
    maximum: Decimal
    interim_share: Decimal
    clawback: Clawback
    min_completeness: Decimal
    dispute_days: int | None
    cap_ratio: Decimal | None
    metrics: tuple[Metric, ...]
    source: Node

    def metric(self, code: str) -> Metric | None:
        return next((metric for metric in self.metrics if metric.code == code), None)


def read_contract(path: str | os.PathLike) -> Contract:
    """The contract of a file. Raises `ContractError` naming file, line and JSON pointer."""
    document = read(path)
    document.object()
    pool = document.at("pool_at_target").number()
    if pool <= 0:
        document.at("pool_at_target").fail(f"{pool} is not a pool: it is more than 0")
    return Contract(
        currency=_currency(document.at("currency")),
        pool=pool,
        maximum=document.at("max_total_payment").number(low=0),
        interim_share=document.at("interim_share").number(low=0, high=1),
        clawback=_clawback(document.at("clawback")),
        min_completeness=_optional(document.at("min_data_completeness"), high=1) or ZERO,
        dispute_days=_days(document.at("dispute_days")),
        cap_ratio=_optional(document.at("cap_ratio")),
        metrics=_metrics(document),
        source=document,
    )


def _currency(node: Node) -> str:
    code = node.text()
    return (
        code if re.fullmatch("[A-Z]{3}", code) else node.fail(f"{code!r} is not a currency: write its three letters, as in EUR")
    )


def _optional(node: Node, *, high: int | None = None) -> Decimal | None:
    return None if node.is_null() else node.number(low=0, high=high)


def _days(node: Node) -> int | None:
    days = _optional(node)
    if days is not None and days != int(days):
        node.fail(f"{days} is not a whole number of days")
    return None if days is None else int(days)


def _clawback(node: Node) -> Clawback:
    if node.is_null():
        node.fail('is missing: write {"mode": "none"}, "limited" or "full"')
    mode = node.at("mode").one_of(MODES)
    limit = node.at("limit_share_of_paid")
    if limit.is_null() and mode != "limited":
        return Clawback(mode, ZERO)
    return Clawback(mode, limit.number(low=0, high=1))


def _metrics(document: Node) -> tuple[Metric, ...]:
    rule = _rule(document.at("evidence_rule"), "point")
    metrics: dict[str, Metric] = {}
    for node in document.at("metrics").items():
        metric = _metric(node, rule)
        if metric.code in metrics:
            node.at("code").fail(f"the metric {metric.code} stands twice: give each once")
        metrics[metric.code] = metric
    if not metrics:
        document.at("metrics").fail("a contract has at least one metric")
    with localcontext(ARITHMETIC):
        total = sum(metric.weight for metric in metrics.values())
    if total != 1:
        document.at("metrics").fail(f"the weights sum to {total}: they sum to 1")
    return tuple(metrics.values())


def _rule(node: Node, default: str) -> str:
    return default if node.is_null() else node.one_of(RULES)


def _metric(node: Node, rule: str) -> Metric:
    node.object()
    baseline, target = node.at("baseline").number(), node.at("target").number()
    if baseline == target:
        node.at("target").fail(f"the target is the baseline, {target}: no achievement is defined")
    kind = node.at("curve").one_of(CURVES)
    code = node.at("code").text()
    return Metric(
        code=code,
        name=code if node.at("name").is_null() else node.at("name").text(),
        weight=node.at("weight").number(low=0, high=1),
        baseline=baseline,
        target=target,
        curve=_READERS[kind](node, kind),
        unit_price=node.at("unit_price").number(low=0) if kind == "unit" else ZERO,
        periods=_periods(node.at("periods")),
        evidence_rule=_rule(node.at("evidence_rule"), rule),
    )


def _span(node: Node, kind: str) -> Curve:
    a_min, a_max = node.at("a_min").number(low=0), node.at("a_max").number(low=0)
    if kind == "ramp" and a_min >= 1:
        node.at("a_min").fail(f"{a_min} leaves no ramp: it begins below 1, the target")
    if a_max <= 0 or a_max < a_min or (kind == "ramp" and a_max == a_min):
        node.at("a_max").fail(f"{a_max} is no end for a curve that begins at {a_min}: it is higher")
    return Curve(kind, a_min, a_max)


def _tiers(node: Node, kind: str) -> Curve:
    tiers: list[tuple[Decimal, Decimal]] = []
    for tier in node.at("tiers").items():
        pair = [item.number() for item in tier.items()]
        if len(pair) != 2:
            tier.fail("a tier is a pair [achievement, share]")
        if pair[1] < 0:
            tier.fail(f"the share {pair[1]} is below 0")
        if tiers and (pair[0] <= tiers[-1][0] or pair[1] < tiers[-1][1]):
            tier.fail("tiers grow: a higher achievement, and not a lower share, than the tier before")
        tiers.append((pair[0], pair[1]))
    return Curve(kind, tiers=tuple(tiers)) if tiers else node.at("tiers").fail("is empty: give at least one [achievement, share]")


def _units(node: Node, kind: str) -> Curve:
    baseline, target, cap = (node.at(key).number() for key in ("baseline", "target", "cap_units"))
    if target < baseline:
        node.at("target").fail(f"the target {target} is below the baseline {baseline}: units are counted upwards")
    if cap < baseline:
        node.at("cap_units").fail(f"the cap {cap} is below the baseline {baseline}")
    return Curve(kind, cap=cap - baseline)


def _plain(node: Node, kind: str) -> Curve:
    return Curve(kind)


_READERS = {"proportional": _span, "ramp": _span, "tiers": _tiers, "unit": _units, "binary": _plain}


def _periods(node: Node) -> tuple[str, ...]:
    """When a metric is paid; at the end, where every metric counts, if nothing is said."""
    if node.is_null():
        return ("final",)
    periods = tuple(item.one_of(PERIODS) for item in node.items())
    return periods or node.fail("is empty: write when the metric is paid, interim, final or both")
