"""What a statement says: everything that is computed from the files of a bundle, as plain values for results.json.

Floats have 11 significant digits, money and values of metrics are decimal texts. Nothing here depends on the clock, on the
machine or on where the folder lies.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from impact.chain import verify
from impact.disclosure import THRESHOLD
from impact.log import rows
from impact.merkle import Frontier, leaf_of
from impact.report import values as metrics
from impact.report.bundle import CONTRACT, PLAN, SCORES, VALUES, fail, verifications
from impact.row import Row
from impact.siinc.contract import ARITHMETIC, Contract, cents, read_contract
from impact.siinc.document import Node, read
from impact.siinc.investor import rate
from impact.siinc.settle import ARMS, Settlement, Values, decimals, read_values, settle

DIGITS = metrics.DIGITS
MOST_PAIRS = 1000  # of an arm: more than that no picture shows
LARGEST = 2**53 - 1  # of whole numbers in canonical JSON


class CheckFailed(Exception):
    """A bundle that can be read and does not hold; the message says why."""


def figures(folder: Path, *, signed: bool) -> dict[str, Any]:
    """The whole of results.json. Raises `LogError` for bad input, `CheckFailed` for a log whose chain does not hold."""
    from impact.evaluation import read_plan  # here: other commands need no statsmodels

    contract = read_contract(folder / CONTRACT)
    said = read(folder / VALUES)
    values = read_values(folder / VALUES, contract)
    plan = read_plan(folder / PLAN)
    head = {"title": _text(contract.source.at("title")) or plan.title, "at": _day(said.at("at"))}
    head |= {"synthetic": synthetic(folder), "signed": signed}
    evaluation, people = _evaluated(folder, plan)
    log = followed(folder)
    found = metrics.measured(contract, folder, evaluation, values.period)
    values = metrics.completed(values, found, evaluation)
    frozen = plan.is_frozen and _governs(contract, plan.last_sha256)
    values = replace(values, gates=metrics.gates(values.gates, signed=signed, frozen=frozen, evaluation=evaluation))
    settled = settle(contract, values)
    told = {
        **head,
        "payable": settled.status != "withheld",
        "reasons": list(settled.reasons),
        "log": log,
        "gates": _gates(values),
        "metrics": [_metric(contract, values, settled, found, line, verifications(folder)) for line in settled.lines],
        "settlement": settled.document(),
        "verified_private_investment": values.verified_investment,
        "payment": _payment(contract, values, settled),
        "investor": _investor(contract, settled),
        "evaluation": evaluation,
        **people,
        **_indicators(folder, contract, values.period, evaluation),
    }
    return plain(told)


def synthetic(folder: Path) -> bool:
    told = read(folder / VALUES).at("synthetic")
    return False if told.is_null() else told.truth()


def followed(folder: Path) -> dict[str, Any]:
    """The chain of the log and its Merkle root, in one reading."""
    frontier = Frontier()
    found = verify(_leaves(rows(folder), frontier))
    if not found.sealed:
        raise CheckFailed("The log is not sealed: there is no chain to state anything of.")
    if found.broken:
        told = ", ".join(f"{key} {value}" for key, value in found.broken._asdict().items())
        raise CheckFailed(f"The chain of the log is broken: {told}.")
    return {"rows": found.rows, "head": found.head, "root": frontier.root.hex()}


def _leaves(log: Iterable[Row], frontier: Frontier) -> Iterator[Row]:
    for row in log:
        if row.hash is not None:
            frontier.add(leaf_of(row))
        yield row


def _governs(contract: Contract, plan: str) -> bool:
    """False if the contract names another plan by its hash, `plan_sha256`."""
    told = contract.source.at("plan_sha256")
    return told.is_null() or told.text() == plan


def _gates(values: Values) -> dict[str, Any]:
    gates = values.gates
    told = {"verified": gates.verified, "signed": gates.signed, "disputed": gates.disputed, "plan_frozen": gates.plan_frozen}
    return told | {"completeness": {arm: gates.completeness.get(arm) for arm in ARMS}}


def _evaluated(folder: Path, plan: Any) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The answer of `evaluate`, and who was there when; the pairs of scores without names, where enough stand in each arm."""
    if not (folder / SCORES).is_file():
        return None, {"flow": None, "pairs": None}
    import numpy as np

    from impact.evaluation import evaluate, read_scores

    scores = read_scores(folder / SCORES, plan)
    evaluation = evaluate(plan, scores).answer()
    flow, pairs = {}, {}
    for arm, is_in in zip(ARMS, (scores.programme, ~scores.programme), strict=True):
        has_pre, has_post, has_both = ~np.isnan(scores.pre) & is_in, ~np.isnan(scores.post) & is_in, scores.complete & is_in
        counts = zip(("enrolled", "pre", "post", "both"), (is_in, has_pre, has_post, has_both), strict=True)
        flow[arm] = {name: int(np.sum(held)) for name, held in counts}
        pairs[arm] = sorted(map(list, zip(scores.pre[has_both].tolist(), scores.post[has_both].tolist(), strict=True)))
    enough = all(THRESHOLD <= len(held) <= MOST_PAIRS for held in pairs.values())
    return evaluation, {"flow": flow, "pairs": pairs if enough else None}


def _metric(
    contract: Contract,
    values: Values,
    settled: Settlement,
    found: Mapping[str, metrics.Measured],
    line: Any,
    papers: Mapping[str, str],
) -> dict[str, Any]:
    metric, one = contract.metric(line.metric), found.get(line.metric)
    told = {"code": metric.code, "name": metric.name, "value": line.value}
    told |= {"baseline": metric.baseline, "target": metric.target, "curve": metric.curve.kind}
    told |= {"evidence_rule": metric.evidence_rule}
    told |= {"measured_by": one.by if one else None, "measured": one.value if one else None}
    told |= {"activity": one.activity if one else None, "numerator": one.numerator if one else None}
    told |= {"denominator": one.denominator if one else None, "verification": papers.get(metric.code)}
    told |= {"lower_bound": values.lower_bounds.get(metric.code), "standard_error": values.standard_errors.get(metric.code)}
    with localcontext(ARITHMETIC):
        share = None if line.achievement is None else metric.achievement(line.value)
        if share is not None and metric.curve.kind == "unit":
            share = share / (metric.target - metric.baseline)
        due = cents(metric.weight * contract.pool)
    told |= {"achievement": None if share is None else decimals(share, 6), "at_target": str(due)}
    return told | {"entitlement": str(line.entitlement), "note": line.note}


def _payment(contract: Contract, values: Values, settled: Settlement) -> dict[str, Any]:
    """From what each metric earned to what is paid: amounts that add up to `total`, in order."""
    with localcontext(ARITHMETIC):
        earned = sum((line.entitlement for line in settled.lines), Decimal(0))
        cap = contract.maximum
        if contract.cap_ratio is not None and values.verified_investment is not None:
            cap = min(cap, contract.cap_ratio * values.verified_investment)
        capped = cents(min(earned, cap))
        steps = [("metric", line.metric, line.entitlement) for line in settled.lines]
        steps += [("cap", None, capped - earned), ("share", None, settled.cumulative_entitlement - capped)]
        steps += [("paid_before", None, -settled.paid_before)]
        total = settled.payable - settled.clawback
        steps += [("withheld", None, total - sum((amount for *_, amount in steps), Decimal(0)))]
        achieved = decimals(earned / contract.pool, 6)
    told = [{"step": step, "metric": code, "amount": str(cents(amount) + 0)} for step, code, amount in steps]
    head = {"pool_at_target": str(cents(contract.pool)), "max_total_payment": str(cents(contract.maximum))}
    return head | {"steps": told, "total": str(cents(total) + 0), "portfolio_achievement": achieved}


def _investor(contract: Contract, settled: Settlement) -> dict[str, Any] | None:
    """The yearly rate of a separate contract, where `investment` has `r_min` and `r_max`; known with the final settlement."""
    node = contract.source.at("investment")
    if node.is_null() or settled.period != "final" or node.at("r_min").is_null() or node.at("r_max").is_null():
        return None
    low, high = node.at("r_min").number(), node.at("r_max").number()
    return {"rate": decimals(rate(settled.cumulative_entitlement, contract.pool, low, high), 6), "r_min": low, "r_max": high}


def _indicators(folder: Path, contract: Contract, period: str, evaluation: Mapping[str, Any] | None) -> dict[str, Any]:
    """The catalogue, protected, from the contract's first day to the end of the period, or of the whole log."""
    from impact.indicators import compute

    dates = contract.source.at("dates")
    ends = ("start", "interim" if period == "interim" else "end")
    first, last = (None, None) if dates.is_null() else (_date(dates.at(key)) for key in ends)
    by_plan = metrics.plan_kinds(contract).values()
    scores = {"OM24": folder / SCORES} if evaluation is not None and "effect_size" in by_plan else None
    answer = compute(folder, side=folder, first=first, last=last, threshold=THRESHOLD, scores=scores)
    found = [_with_effect(row, evaluation) if scores and row["code"] == metrics.EFFECT else row for row in answer.indicators]
    return {"indicators": found, "threshold": THRESHOLD, "definitions_version": answer.definitions_version}


def _with_effect(row: dict[str, Any], evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The row of OM25 with what `evaluate` found, unless too few stand in an arm."""
    sizes, n = evaluation["effect_size"], evaluation["n"]
    if min(n[arm] for arm in ARMS) < THRESHOLD:
        return row
    value = sizes["d_ppc2" if evaluation["provenance"]["estimator"] == "did" else "g_post"]
    return row | {"value": value, "n": n["programme"] + n["comparison"], "note": None, "note_it": None}


def _text(node: Node) -> str | None:
    return None if node.is_null() else node.text()


def _date(node: Node) -> date | None:
    if node.is_null():
        return None
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        raise fail(node.file, f"{node.pointer} {node.value!r} is not a day: write it as in 2026-03-01") from None


def _day(node: Node) -> str | None:
    found = _date(node)
    return None if found is None else found.isoformat()


def plain(value: Any) -> Any:
    """As values of canonical JSON."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else str(value)
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    return [plain(held) for held in value]
