"""The contract of impact.md 1.3, whose terms are invented, and files made of it."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

EXAMPLE = {
    "currency": "EUR",
    "pool_at_target": "45000.00",
    "max_total_payment": "54000.00",
    "interim_share": "0.50",
    "clawback": {"mode": "full", "limit_share_of_paid": "0.25"},
    "min_data_completeness": "0.80",
    "dispute_days": 15,
    "metrics": [
        {"code": "M1", "name": "Skill effect", "weight": "0.60", "baseline": "0", "target": "0.40", "a_min": "0.50",
         "a_max": "1.50", "curve": "proportional", "periods": ["final"]},
        {"code": "M2", "name": "Completion", "weight": "0.25", "baseline": "0.50", "target": "0.80", "a_min": "0.50",
         "a_max": "1.20", "curve": "proportional", "periods": ["interim", "final"]},
        {"code": "M3", "name": "Verified badges", "weight": "0.15", "baseline": "0", "target": "30", "curve": "unit",
         "unit_price": "225.00", "cap_units": "41", "periods": ["interim", "final"]},
    ],
}  # fmt: skip
PASSED = {
    "verified": True,
    "signed": True,
    "disputed": False,
    "plan_frozen": True,
    "completeness": {"programme": "0.95", "comparison": "0.80"},
}


def terms(**changes: Any) -> dict[str, Any]:
    return deepcopy(EXAMPLE) | changes


def one_metric(**changes: Any) -> dict[str, Any]:
    """A contract of one metric with all the weight, paid at the end; its pool is 1000, and twice that the maximum."""
    metric = {"code": "M", "weight": "1", "baseline": "0", "target": "1", "curve": "binary", "periods": ["final"]}
    return terms(pool_at_target="1000", max_total_payment="2000", metrics=[metric | changes])


def values(period: str = "final", paid: str = "0.00", gates: dict | None = PASSED, **verified: Any) -> dict[str, Any]:
    return {"period": period, "values": verified, "paid_before": paid, "gates": deepcopy(gates)}


def written(folder: Path, name: str, document: Any) -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2), encoding="utf-8")
    return path
