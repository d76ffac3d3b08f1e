"""A contract and its settlements in the shape of the INDIGO project schema (INDIGO-Initiative/indigo-data-standard, 4.1.0).

What the contract does not say is left out, never filled in. Optional keys that are read: `title`; `parties` {payer,
enterprise, investor, verifier: {id, name}}; `dates` {signed, start, interim, end}; `investment` {principal, r_min, r_max};
in a metric `definition`, `population`, `validation`, `data_source`, `sdg_target` (else that of its `indicator`).
Amounts are JSON numbers there, so here they turn from decimals into floats, which print the same two decimals.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from impact.siinc.contract import ARITHMETIC, Contract, Metric, cents
from impact.siinc.document import Node
from impact.siinc.settle import Settlement, decimals
from impact.siinc.simulate import plain

PLAN = "outcomepaymentplan1"
RESULTS = {"interim": "Interim", "final": "Final"}


def project(contract: Contract, settlements: Sequence[Settlement] = ()) -> dict[str, Any]:
    """The project: metrics, prices, commitments, investment, results, payments planned and made."""
    with localcontext(ARITHMETIC):
        said = contract.source
        signed = _day(said.at("dates").at("signed")) if not said.at("dates").is_null() else None
        found = {
            "name": _value(_text(said.at("title"))),
            "dates": _kept({"outcomes_contract_signed": _value(signed)}),
            "outcome_metrics": [_metric(metric, node) for metric, node in _metrics(contract)],
            "outcome_pricings": [_pricing(contract, metric) for metric in contract.metrics],
            "outcome_payment_commitments": [_commitment(contract, settlements)],
            "investments": _investments(contract),
            "results": [_result(contract, one, number) for one in settlements for number in range(len(one.lines))],
            "outcome_payment_plans": [_kept({"id": _value(PLAN), "period": _period(contract, "final")})],
            "outcome_payments": [*_planned(contract), *_made(contract, settlements)],
        }
    return _kept(found)


def _metrics(contract: Contract) -> Iterable[tuple[Metric, Node]]:
    return zip(contract.metrics, contract.source.at("metrics").items(), strict=True)


def _metric(metric: Metric, node: Node) -> dict[str, Any]:
    target = _sdg_target(node, metric)
    way = f"from {plain(metric.baseline)} to {plain(metric.target)}"
    return _kept(
        {
            "id": metric.code,
            "definition": _value(_text(node.at("definition")) or metric.name),
            "target_population": _value(_text(node.at("population"))),
            "outcome_metric_target": _value(f"{metric.name}: {way}"),
            "outcome_validation_method": _value(_text(node.at("validation"))),
            "data_source_for_outcome_validation": _value(_text(node.at("data_source"))),
            "primary_sdg_goal": _value(target.split(".")[0] if target else None),
            "primary_sdg_target": _value(target),
        }
    )


def _sdg_target(node: Node, metric: Metric) -> str | None:
    if not node.at("sdg_target").is_null():
        return node.at("sdg_target").text()
    from impact.indicators import CATALOGUE  # here, for it brings a database

    known = CATALOGUE.get(_text(node.at("indicator")) or metric.code)
    return known.sdg[0] if known and known.sdg else None


def _pricing(contract: Contract, metric: Metric) -> dict[str, Any]:
    most = cents(metric.earned(metric.curve.top()[1], contract.pool))
    unit = metric.unit_price if metric.curve.kind == "unit" else None
    return _kept(
        {
            "outcome_metric_id": _value(metric.code),
            "currency": _value(contract.currency),
            "price_per_unit": None if unit is None else {"amount": _value(float(unit))},
            "maximum_price_if_all_targets_achieved": {"amount": _value(str(most))},
            "price_description": _value(_price_words(contract, metric)),
        }
    )


def _price_words(contract: Contract, metric: Metric) -> str:
    part = cents(metric.weight * contract.pool)
    curve = metric.curve
    if curve.kind == "unit":
        return f"{plain(metric.unit_price)} for each unit above {plain(metric.baseline)}, at most {plain(curve.cap)} units"
    if curve.kind == "tiers":
        steps = ", ".join(f"{plain(share)} from achievement {plain(least)}" for least, share in curve.tiers)
        return f"tiers: {part} times {steps}"
    if curve.kind == "binary":
        return f"binary: {part} on target, otherwise nothing"
    return f"{curve.kind}: {part} on target, from achievement {plain(curve.a_min)} up to {plain(curve.a_max)}"


def _commitment(contract: Contract, settlements: Sequence[Settlement]) -> dict[str, Any]:
    total = _paid(settlements)
    return _kept(
        {
            "organisation_id": _value(_party(contract, "payer")),
            "maximum_potential_outcome_payment": _money(contract, contract.maximum),
            "result_type": _value("Overall"),
            "period": _period(contract, "final"),
            "total_outcome_payments": _money(contract, total) if settlements else None,
        }
    )


def _paid(settlements: Sequence[Settlement]) -> Decimal:
    """What the last settlement found paid, with what it adds."""
    return max((one.paid_before + one.payable for one in settlements), default=Decimal(0))


def _investments(contract: Contract) -> list[dict[str, Any]]:
    node = contract.source.at("investment")
    if node.is_null():
        return []
    principal, best = node.at("principal").number(low=0), node.at("r_max").number()
    commitment = {"currency": _value(contract.currency), "amount": {"exact": _value(float(principal))}}
    found = {
        "id": "investment1",
        "organisation_id": _value(_party(contract, "investor")),
        "investment_commitment": commitment,
        "maximum_potential_return_type": _value("IRR"),
        "maximum_potential_return": _value(float(best)),
    }
    return [_kept(found)]


def _result(contract: Contract, settled: Settlement, number: int) -> dict[str, Any]:
    line = settled.lines[number]
    if line.value is None or line.achievement is None:
        words = "no verified value"
    else:
        of = "units above the baseline" if _is_unit(contract, line.metric) else "of the way to the target"
        words = f"{plain(line.value)} ({decimals(line.achievement, 6)} {of})"
    return _kept(
        {
            "outcome_metric_id": _value(line.metric),
            "result_level": _value("Outcome level"),
            "result_type": _value(RESULTS[settled.period]),
            "period": _period(contract, settled.period),
            "outcomes_achieved": _value(words),
            "outcomes_validator_organisation_ids": _value(_party(contract, "verifier")),
            "notes": f"entitlement {line.entitlement} {settled.currency}, settlement {settled.status}",
        }
    )


def _is_unit(contract: Contract, code: str) -> bool:
    metric = contract.metric(code)
    return metric is not None and metric.curve.kind == "unit"


def _planned(contract: Contract) -> list[dict[str, Any]]:
    """What is paid when every metric is on target: the interim share of those with an interim, then the rest."""
    early = sum((metric.weight for metric in contract.metrics if "interim" in metric.periods), Decimal(0))
    interim = cents(contract.interim_share * min(early * contract.pool, contract.maximum))
    final = cents(min(contract.pool, contract.maximum)) - interim
    amounts = {"interim": interim, "final": final}
    return [_payment(contract, period, "Planned", amount) for period, amount in amounts.items() if amount > 0]


def _made(contract: Contract, settlements: Sequence[Settlement]) -> list[dict[str, Any]]:
    return [_payment(contract, one.period, "Actual", one.payable) for one in settlements if one.payable > 0]


def _payment(contract: Contract, period: str, kind: str, amount: Decimal) -> dict[str, Any]:
    return _kept(
        {
            "outcome_payment_plan_id": _value(PLAN),
            "period": _period(contract, period),
            "payer_organisation_id": _value(_party(contract, "payer")),
            "recipient_organisation_id": _value(_party(contract, "enterprise")),
            "type": _value(kind),
            "money": _money(contract, amount),
            "notes": f"{period} payment",
        }
    )


def _money(contract: Contract, amount: Decimal) -> dict[str, Any]:
    return {"currency": _value(contract.currency), "amount": _value(float(cents(amount)))}


def _party(contract: Contract, role: str) -> str | None:
    parties = contract.source.at("parties")
    if parties.is_null() or parties.at(role).is_null():
        return None
    return parties.at(role).at("id").text()


def _period(contract: Contract, period: str) -> dict[str, Any] | None:
    dates = contract.source.at("dates")
    if dates.is_null():
        return None
    end = _day(dates.at("interim" if period == "interim" else "end"))
    return _kept({"start_date": _value(_day(dates.at("start"))), "end_date": _value(end)})


def _day(node: Node) -> str | None:
    if node.is_null():
        return None
    try:
        return date.fromisoformat(node.text()).isoformat()
    except ValueError:
        return node.fail(f"{node.value!r} is not a day: write it as in 2026-03-01")


def _text(node: Node) -> str | None:
    return None if node.is_null() else node.text()


def _value(value: Any) -> dict[str, Any] | None:
    return None if value is None else {"value": value}


def _kept(members: dict[str, Any]) -> dict[str, Any]:
    """What was said: without the members that are None or empty."""
    return {key: value for key, value in members.items() if value not in (None, {}, [])}
