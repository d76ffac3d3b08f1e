"""The verified value of each metric of a contract: given by hand, or measured as the contract says.

A metric of CONTRACT.json says what measures it, in keys that `settle` ignores:

    "indicator": "OM13", "activity": ..., "from": ..., "to": ...    the catalogue, on the log (as `trace` reads it)
    "evaluate": "effect_size"                                       the primary effect of the plan in SD: d_ppc2, or g_post
    "evaluate": "estimate"                                          ... in score units
    "indicator": "OM25"                                             the same as "evaluate": "effect_size"

What values.json gives is the evaluator's word and goes first (null: there is no verified value); what is measured stands
beside it. A metric of which values.json says nothing has the value that is measured, with 11 significant digits; the
exploratory run of a plan gives none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from impact.siinc.contract import Contract, Metric
from impact.siinc.settle import Gates, Values
from impact.trace import Source, catalogue_figure, sources

DIGITS = 11
EFFECT = "OM25"
KINDS = ("effect_size", "estimate")


@dataclass(frozen=True)
class Measured:
    """What a metric was measured to be. `bound` is the worse end for the enterprise; None where nothing defines it."""

    by: str
    value: Decimal | None
    activity: str | None = None
    numerator: Any = None
    denominator: Any = None
    bound: Decimal | None = None
    error: Decimal | None = None


def measured(contract: Contract, folder: Path, evaluation: Mapping[str, Any] | None, period: str) -> dict[str, Measured]:
    """The metrics that are due in the period and say what measures them. `evaluation`: the answer of `evaluate`."""
    found, by_log, by_plan = {}, sources(contract), plan_kinds(contract)
    for metric in contract.metrics:
        if period != "final" and period not in metric.periods:
            continue
        if kind := by_plan.get(metric.code):
            found[metric.code] = _by_plan(metric, kind, evaluation)
        elif metric.code in by_log:
            found[metric.code] = _by_log(by_log[metric.code], folder)
    return found


def plan_kinds(contract: Contract) -> dict[str, str]:
    """Metrics that the plan measures -> effect_size or estimate. Raises `ContractError`."""
    found = {}
    for code, source in sources(contract).items():
        if source.indicator == EFFECT:
            found[code] = "effect_size"
    for node in contract.source.at("metrics").items():
        told = node.at("evaluate")
        if told.is_null():
            continue
        if not node.at("indicator").is_null() and node.at("indicator").text() != EFFECT:
            told.fail("stands beside an indicator of the log: a metric is measured in one way")
        found[node.at("code").text()] = told.one_of(KINDS)
    return found


def _by_log(source: Source, folder: Path) -> Measured:
    figure = catalogue_figure(folder, source, side=folder)
    value = None if figure.value is None else decimal(float(figure.value))
    return Measured(source.indicator, value, source.activity, figure.numerator, figure.denominator)


def _by_plan(metric: Metric, kind: str, evaluation: Mapping[str, Any] | None) -> Measured:
    if evaluation is None:
        return Measured(kind, None)
    estimator = evaluation["provenance"]["estimator"]
    if kind == "estimate":
        primary = evaluation[estimator]
        ends, error = primary["ci"], primary["se" if estimator == "did" else "se_ols"]
        return Measured("estimate", decimal(primary["estimate"]), bound=_worse(metric, ends), error=decimal(error))
    sizes = evaluation["effect_size"]
    if estimator == "did":
        return Measured("d_ppc2", decimal(sizes["d_ppc2"]))
    return Measured("g_post", decimal(sizes["g_post"]), bound=_worse(metric, sizes["g_post_ci"]))


def _worse(metric: Metric, ends: list[float]) -> Decimal:
    return decimal(min(ends) if metric.target > metric.baseline else max(ends))


def decimal(value: float) -> Decimal:
    """As it is written in results.json."""
    return Decimal(f"{value:.{DIGITS}g}")


def completed(values: Values, found: Mapping[str, Measured], evaluation: Mapping[str, Any] | None) -> Values:
    """The values with those that are measured where the file says nothing."""
    exploratory = evaluation is not None and not evaluation["payable"]
    told, bounds, errors = dict(values.values), dict(values.lower_bounds), dict(values.standard_errors)
    for code, one in found.items():
        if code in told:
            continue
        told[code] = None if exploratory and one.by not in _LOG else one.value
        bounds.setdefault(code, one.bound)
        errors.setdefault(code, one.error)
    return replace(values, values=told, lower_bounds=bounds, standard_errors=errors)


_LOG = tuple(f"OM{number:02}" for number in range(1, 38))


def gates(said: Gates, *, signed: bool, frozen: bool, evaluation: Mapping[str, Any] | None) -> Gates:
    """The gates as the bundle shows them: what can be seen in it is not taken on anybody's word.

    `signed`: the statement bears a signature. Completeness comes from the scores, once there are any.
    """
    shares: dict[str, Decimal | None] = dict(said.completeness)
    if evaluation is not None:
        lost = evaluation["attrition"]
        shares = {arm: decimal(1 - lost[arm]) for arm in ("programme", "comparison")}
    is_frozen = frozen and said.plan_frozen is not False
    return replace(said, signed=signed and said.signed is not False, plan_frozen=is_frozen, completeness=shares)
