"""What a contract pays for nothing but noise, where it jumps and ends, and what it costs whom: to be read before signing.

One metric is taken as an estimate with a normal error of standard error `se` around a true effect; the others, where
money is summed, stand exactly on target. Shares are of what that metric is due on target, as in impact.md 1.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from impact.siinc.contract import ARITHMETIC, Contract, Metric, cents
from impact.siinc.curves import ONE, ZERO
from impact.siinc.investor import rate
from impact.siinc.normal import chance_of_pay, mean_share, quantile
from impact.siinc.settle import Values, decimals, settle

LEVEL = Decimal("0.95")  # of the lower bound, two-sided
POWER = Decimal("0.80")


@dataclass(frozen=True)
class Noise:
    """What one metric pays at one true effect: the chance of any pay and the mean share of the amount due on target.

    `by_bound_*`: the same where the lower 95 % bound earns instead of the estimate.
    """

    se: Decimal
    effect: Decimal
    chance: Decimal
    share: Decimal
    by_bound_chance: Decimal
    by_bound_share: Decimal


def noise(metric: Metric, se: Decimal, effect: Decimal) -> Noise:
    """`se` above 0, in the unit of the metric, as the true effect is."""
    with localcontext(ARITHMETIC):
        mean, deviation = metric.achievement(metric.baseline + effect), _deviation(metric, se)
        bound = mean - quantile((1 + LEVEL) / 2) * deviation
        on_target = metric.curve.share(metric.achievement(metric.target)) or ONE
        chances = (chance_of_pay(metric.curve, at, deviation) for at in (mean, bound))
        shares = (mean_share(metric.curve, at, deviation) / on_target for at in (mean, bound))
        (chance, by_bound_chance), (share, by_bound_share) = chances, shares
    return Noise(se, effect, chance, share, by_bound_chance, by_bound_share)


def _deviation(metric: Metric, se: Decimal) -> Decimal:
    return se if metric.curve.kind == "unit" else se / abs(metric.target - metric.baseline)


def detectable(se: Decimal) -> Decimal:
    """The effect found with 80 % power at 5 % two-sided, for a normal estimate: (z of 97.5 % + z of 80 %) x se."""
    with localcontext(ARITHMETIC):
        return (quantile((1 + LEVEL) / 2) + quantile(POWER)) * se


def simulate(contract: Contract, metric: Metric, ses: Sequence[Decimal], effects: Sequence[Decimal]) -> dict[str, Any]:
    """The whole answer of the command, money and shares as decimal strings (shares with six decimals)."""
    with localcontext(ARITHMETIC):
        table = [_row(contract, metric, noise(metric, se, effect)) for se in ses for effect in effects]
        return {
            "currency": contract.currency,
            "metric": metric.code,
            "evidence_rule": metric.evidence_rule,
            "noise": table,
            "detectable_effect": {format(se, "f"): decimals(detectable(se), 6) for se in ses},
            "cliffs": [cliff for one in contract.metrics for cliff in _cliffs(contract, one)],
            "caps": [_cap(contract, one) for one in contract.metrics],
            "costs": _costs(contract, metric),
            "warnings": _warnings(contract, metric, ses),
        }


def _row(contract: Contract, metric: Metric, found: Noise) -> dict[str, Any]:
    due = metric.earned(metric.curve.share(metric.achievement(metric.target)), contract.pool)
    return {
        "se": format(found.se, "f"),
        "true_effect": format(found.effect, "f"),
        "chance_of_pay": decimals(found.chance, 6),
        "expected_share": decimals(found.share, 6),
        "expected_payment": str(cents(found.share * due)),
        "lower_bound_chance_of_pay": decimals(found.by_bound_chance, 6),
        "lower_bound_expected_share": decimals(found.by_bound_share, 6),
        "lower_bound_expected_payment": str(cents(found.by_bound_share * due)),
    }


def _cliffs(contract: Contract, metric: Metric) -> list[dict[str, str]]:
    return [
        {
            "metric": metric.code,
            "value": plain(metric.value_at(achievement)),
            "achievement": decimals(achievement, 6),
            "jump": str(cents(metric.earned(jump, contract.pool))),
        }
        for achievement, jump in metric.curve.cliffs()
    ]


def _cap(contract: Contract, metric: Metric) -> dict[str, str]:
    achievement, share = metric.curve.top()
    return {
        "metric": metric.code,
        "value": plain(metric.value_at(achievement)),
        "achievement": decimals(achievement, 6),
        "most": str(cents(metric.earned(share, contract.pool))),
    }


def _costs(contract: Contract, metric: Metric) -> list[dict[str, Any]]:
    """What each party pays and gets in the cases that settle most: nothing, on target, this metric 0, all at their caps."""
    cases = {
        "nothing_reached": {one.code: one.baseline for one in contract.metrics},
        "all_on_target": {one.code: one.target for one in contract.metrics},
        "all_on_target_but_metric_at_baseline": {one.code: one.target for one in contract.metrics}
        | {metric.code: metric.baseline},
        "all_at_their_caps": {one.code: one.value_at(one.curve.top()[0]) for one in contract.metrics},
    }
    return [_cost(contract, name, values) for name, values in cases.items()]


def _cost(contract: Contract, case: str, values: dict[str, Decimal]) -> dict[str, Any]:
    exact = dict.fromkeys(values, ZERO)
    investment = contract.source.at("investment")
    principal = None if investment.is_null() else investment.at("principal").number(low=0)
    known = Values("final", dict(values), ZERO, lower_bounds=dict(values), standard_errors=exact, verified_investment=principal)
    settled = settle(contract, known, assume_gates=True)
    paid = settled.payable
    cost = {"case": case, "outcome_payer_pays": str(paid), "enterprise_gets": str(paid)}
    cost["global_cap_applied"] = settled.global_cap_applied
    if principal is not None:
        yearly = rate(paid, contract.pool, investment.at("r_min").number(), investment.at("r_max").number())
        cost["investor_rate"] = decimals(yearly, 6)
    return cost


def _warnings(contract: Contract, metric: Metric, ses: Sequence[Decimal]) -> list[str]:
    found = []
    distance = abs(metric.target - metric.baseline)
    for se in ses:
        least = detectable(se)
        if distance < least:
            words = f"the target of {metric.code} is {plain(distance)} from its baseline, below the detectable effect"
            found.append(f"{words} of {decimals(least, 3)} (80 % power, 5 % two-sided, se {plain(se)})")
    reachable = sum((cents(one.earned(one.curve.top()[1], contract.pool)) for one in contract.metrics), ZERO)
    if reachable > contract.maximum:
        found.append(
            f"all metrics at their caps earn {cents(reachable)}, which max_total_payment cuts to {cents(contract.maximum)}"
        )
    if contract.maximum < contract.pool:
        found.append(f"max_total_payment {contract.maximum} is below the pool {contract.pool}: the target cannot be paid in full")
    for one in contract.metrics:
        due = cents(one.earned(one.curve.share(one.achievement(one.target)), contract.pool))
        part = cents(one.weight * contract.pool)
        if due != part:
            found.append(f"{one.code} on target earns {due}, and its weight is {part} of the pool")
    return found


def plain(number: Decimal) -> str:
    """The digits of a number without an exponent or trailing zeros, at most twelve decimals."""
    text = decimals(number, 12).rstrip("0").rstrip(".")
    return text or "0"
