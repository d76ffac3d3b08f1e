"""What is due under a contract for verified values: the lines, the caps, what was paid before, the clawback, the gates.

Nothing is imputed or carried forward: a metric without a verified value earns 0.00 and says so. Every amount is rounded
to the cent once, half away from zero: each line, then the cumulative entitlement.

Beyond the keys of the format VALUES.json may hold `lower_bounds` (code -> the bound of the value that is worse for the
enterprise, the upper one where the target is below the baseline) and `standard_errors` (code -> standard error of the
value), which the evidence rules `lower_bound` and `expected` need, and `verified_private_investment` for `cap_ratio`.
"""

import os
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from impact.siinc.contract import ARITHMETIC, PERIODS, Contract, ContractError, Metric, cents
from impact.siinc.curves import ZERO
from impact.siinc.document import Node, read
from impact.siinc.normal import expected_share

REASONS = ("not_verified", "not_signed", "disputed", "data_incomplete", "plan_not_frozen")
ARMS = ("programme", "comparison")


@dataclass(frozen=True)
class Gates:
    """What the file says of each gate, None where it says nothing."""

    verified: bool | None = None
    signed: bool | None = None
    disputed: bool | None = None
    plan_frozen: bool | None = None
    completeness: dict[str, Decimal | None] = field(default_factory=dict)

    def failing(self, minimum: Decimal, *, assume: bool) -> tuple[str, ...]:
        """Every reason why nothing may be paid, in the order of `REASONS`. `assume`: what is not said has passed."""
        shares = [self.completeness.get(arm) for arm in ARMS]
        complete = [None if share is None else share >= minimum for share in shares]
        passed = {
            "not_verified": self.verified,
            "not_signed": self.signed,
            "disputed": None if self.disputed is None else not self.disputed,
            "data_incomplete": None if None in complete and False not in complete else all(complete),
            "plan_not_frozen": self.plan_frozen,
        }
        return tuple(reason for reason in REASONS if not (assume if passed[reason] is None else passed[reason]))


@dataclass(frozen=True)
class Values:
    """What was verified for one period. A value is None, or not there, where a metric has no verified value."""

    period: str
    values: dict[str, Decimal | None]
    paid_before: Decimal
    gates: Gates = Gates()
    lower_bounds: dict[str, Decimal | None] = field(default_factory=dict)
    standard_errors: dict[str, Decimal | None] = field(default_factory=dict)
    verified_investment: Decimal | None = None


@dataclass(frozen=True)
class Line:
    """One metric: its verified value, how far it came, what that is worth before the share of the period."""

    metric: str
    value: Decimal | None
    achievement: Decimal | None
    entitlement: Decimal
    note: str | None


@dataclass(frozen=True)
class Settlement:
    """`payable` is due to the enterprise now, `clawback` a receivable of the payer: never netted, at most one above 0."""

    currency: str
    period: str
    status: str
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    cumulative_entitlement: Decimal
    paid_before: Decimal
    global_cap_applied: bool
    payable: Decimal
    clawback: Decimal

    def document(self) -> dict[str, Any]:
        """The JSON of the format: money as decimal strings with two decimals, achievements with six."""
        lines = [
            {
                "metric": line.metric,
                "value": None if line.value is None else format(line.value, "f"),
                "achievement": None if line.achievement is None else decimals(line.achievement, 6),
                "entitlement": str(line.entitlement),
                "note": line.note,
            }
            for line in self.lines
        ]
        head = {"status": self.status, "reasons": list(self.reasons), "period": self.period, "currency": self.currency}
        return head | {
            "lines": lines,
            "cumulative_entitlement": str(self.cumulative_entitlement),
            "paid_before": str(self.paid_before),
            "global_cap_applied": self.global_cap_applied,
            "payable": str(self.payable),
            "clawback": str(self.clawback),
        }


def decimals(number: Decimal, places: int) -> str:
    """The number with so many decimals, half away from zero, and no minus before a zero."""
    rounded = number.quantize(Decimal(1).scaleb(-places), context=ARITHMETIC)
    return format(abs(rounded) if rounded == 0 else rounded, "f")


def settle(contract: Contract, values: Values, *, assume_gates: bool = False) -> Settlement:
    """What is due. `assume_gates`: a gate of which the file says nothing counts as passed."""
    with localcontext(ARITHMETIC):
        due = [metric for metric in contract.metrics if values.period == "final" or values.period in metric.periods]
        lines = tuple(_line(metric, contract, values) for metric in due)
        earned, cap = sum((line.entitlement for line in lines), ZERO), _cap(contract, values)
        share = Decimal(1) if values.period == "final" else contract.interim_share
        entitled, paid = cents(share * min(earned, cap)), cents(values.paid_before)
        payable = max(entitled - paid, cents(ZERO))
        clawback = contract.clawback.of(paid, entitled) if values.period == "final" else cents(ZERO)
    reasons = values.gates.failing(contract.min_completeness, assume=assume_gates)
    if reasons:
        payable = clawback = cents(ZERO)
    status = "withheld" if reasons else "payable" if payable > 0 else "clawback" if clawback > 0 else "nothing_due"
    head = (contract.currency, values.period, status, reasons, lines)
    return Settlement(*head, entitled, paid, earned > cap, payable, clawback)


def _cap(contract: Contract, values: Values) -> Decimal:
    if contract.cap_ratio is None:
        return contract.maximum
    if values.verified_investment is None:
        words = "is missing: the contract caps what is paid at a share (cap_ratio) of it"
        raise ContractError("VALUES", None, "/verified_private_investment", words)
    return min(contract.maximum, contract.cap_ratio * values.verified_investment)


def _line(metric: Metric, contract: Contract, values: Values) -> Line:
    value = values.values.get(metric.code)
    if value is None:
        return Line(metric.code, None, None, cents(ZERO), "no_verified_value")
    achievement = metric.achievement(value)
    share, note = _share(metric, value, values)
    return Line(metric.code, value, achievement, cents(metric.earned(share, contract.pool)), note)


def _share(metric: Metric, value: Decimal, values: Values) -> tuple[Decimal, str | None]:
    """What the evidence rule of the metric lets it earn, and what there is to say about it."""
    if metric.evidence_rule == "expected":
        error = values.standard_errors.get(metric.code)
        if error is None:
            return ZERO, "no_standard_error"
        if error > 0:
            scale = abs(metric.value_at(Decimal(1)) - metric.baseline)
            return expected_share(metric.curve, metric.achievement(value), error / scale), "expected"
    note = None
    if metric.evidence_rule == "lower_bound":
        value, note = values.lower_bounds.get(metric.code), "lower_bound"
        if value is None:
            return ZERO, "no_lower_bound"
    achievement = metric.achievement(value)
    share = metric.curve.share(achievement)
    if note is None and achievement > metric.curve.top()[0]:
        note = "capped"
    return share, note or ("below_minimum" if share == 0 else None)


def read_values(path: str | os.PathLike, contract: Contract) -> Values:
    """The values of a file for this contract. Raises `ContractError` naming file, line and JSON pointer."""
    document = read(path)
    document.object()
    investment = document.at("verified_private_investment")
    if contract.cap_ratio is not None and investment.is_null():
        investment.fail("is missing: the contract caps what is paid at a share (cap_ratio) of it")
    values = document.at("values")
    if values.is_null():
        values.fail("is missing: give the verified value of each metric, or null")
    return Values(
        period=document.at("period").one_of(PERIODS),
        values=_by_code(values, contract),
        paid_before=document.at("paid_before").number(low=0, cents=True),
        gates=_gates(document.at("gates")),
        lower_bounds=_by_code(document.at("lower_bounds"), contract),
        standard_errors=_by_code(document.at("standard_errors"), contract, low=0),
        verified_investment=None if investment.is_null() else investment.number(low=0),
    )


def _by_code(node: Node, contract: Contract, low: int | None = None) -> dict[str, Decimal | None]:
    if node.is_null():
        return {}
    found = {}
    for code in node.object():
        value = node.at(code)
        if contract.metric(code) is None:
            value.fail(f"{code} is no metric of the contract: they are {', '.join(metric.code for metric in contract.metrics)}")
        found[code] = None if value.is_null() else value.number(low=low)
    return found


def _gates(node: Node) -> Gates:
    if node.is_null():
        return Gates()
    said = {name: node.at(name) for name in ("verified", "signed", "disputed", "plan_frozen") if name in node.object()}
    completeness = node.at("completeness")
    shares = {} if completeness.is_null() else {arm: completeness.at(arm) for arm in ARMS if arm in completeness.object()}
    return Gates(
        **{name: gate.truth() for name, gate in said.items()},
        completeness={arm: None if share.is_null() else share.number(low=0, high=1) for arm, share in shares.items()},
    )
