"""A bundle for the demo: the log is the portal's, all the rest is made up from a fixed seed and says «dato sintetico».

The terms are those of the worked example of the specification (invented, too); skills and badges are nobody's. The kids of the
programme are the pseudonyms of the log, those of the comparison exist nowhere.
"""

import csv
import json
from datetime import datetime
from pathlib import Path
from random import Random

from impact.evaluation import freeze
from impact.log import rows, whole
from impact.report.bundle import CONTRACT, PLAN, SCORES, VALUES, fail

ACTIVITY, START, INTERIM, END = "steam-2023", "2023-03-06", "2023-04-30", "2023-06-30"
MADE_UP = "dato sintetico"
SEED = 2023
PAPER = "verification-M3.json"
FROZEN_AT = "2023-05-15T10:00:00+02:00"

PLAN_TEXT = f"""# {MADE_UP}
[plan]
title = "STEAM 2023 ({MADE_UP})"
estimator = "did"
alpha = 0.05
permutations = 20000
seed = {SEED}
direction = "higher"
min_completeness = 0.8
[scale]
min = 0
max = 100
"""

TERMS = {
    "title": f"STEAM 2023 ({MADE_UP})",
    "currency": "EUR",
    "pool_at_target": "45000.00",
    "max_total_payment": "54000.00",
    "interim_share": "0.50",
    "clawback": {"mode": "full"},
    "min_data_completeness": "0.80",
    "dispute_days": 15,
    "parties": {
        "payer": {"id": "payer", "name": f"Committente ({MADE_UP})"},
        "enterprise": {"id": "enterprise", "name": f"Impresa sociale ({MADE_UP})"},
        "verifier": {"id": "verifier", "name": f"Valutatore ({MADE_UP})"},
    },
    "dates": {"start": START, "interim": INTERIM, "end": END},
    "metrics": [
        {"code": "M1", "name": "Effetto competenze / Skill effect", "weight": "0.60", "baseline": "0", "target": "0.40",
         "a_min": "0.50", "a_max": "1.50", "curve": "proportional", "periods": ["final"], "indicator": "OM25"},
        {"code": "M2", "name": "Completamento / Completion", "weight": "0.25", "baseline": "0.50", "target": "0.80",
         "a_min": "0.50", "a_max": "1.20", "curve": "proportional", "periods": ["interim", "final"], "indicator": "OM13",
         "activity": ACTIVITY, "from": START, "to": END},
        {"code": "M3", "name": "Badge verificati / Verified badges", "weight": "0.15", "baseline": "0", "target": "30",
         "curve": "unit", "unit_price": "225.00", "cap_units": "41", "periods": ["interim", "final"]},
    ],
}  # fmt: skip

TOLD = {
    "synthetic": True,
    "period": "final",
    "at": "2023-07-31",
    "values": {"M3": "27"},
    "verifications": {"M3": PAPER},
    "paid_before": "8325.00",
    "gates": {"verified": True, "disputed": False},
}

VERIFICATION = {"synthetic": True, "label": MADE_UP, "metric": "M3", "seed": SEED, "sample": 30, "confirmed": 27}


def make_up(folder: Path) -> list[str]:
    """Write contract, plan (frozen), scores, values and a verification beside the log; their names.

    Raises `LogError`: no log, nobody enrolled in the activity of the demo, a file that is there already.
    """
    kids = sorted({row.person for row in rows(folder) if row.type == "enrolment.created" and row.activity == ACTIVITY})
    if len(kids) < 2:
        raise fail(folder, f"the log has {len(kids)} people enrolled in {ACTIVITY}: it is not the log of the demo")
    names = [CONTRACT, PLAN, VALUES, SCORES, PAPER]
    for name in names:
        if (folder / name).exists():
            raise fail(folder / name, "is there already, and is not overwritten")
    with whole(folder / PLAN) as part:
        part.write_text(PLAN_TEXT, encoding="utf-8")
    freeze(folder / PLAN, datetime.fromisoformat(FROZEN_AT))
    for name, document in {CONTRACT: TERMS, VALUES: TOLD, PAPER: VERIFICATION}.items():
        with whole(folder / name) as part:
            part.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    with whole(folder / SCORES) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("person", "arm", "centre", "pre", "post", "label"))
        writer.writerows(_scores(kids))
    return names


def _scores(kids: list[str]) -> list[tuple[str, ...]]:
    """Scores from 0 to 100: the programme gains six points on average, the comparison two; some have no second one."""
    chance = Random(SEED)  # noqa: S311 - made-up scores, no secret
    arms = [(kid, "programme", "volare-alto", 6) for kid in kids]
    arms += [(f"made-up-{number:02}", "comparison", "altro-centro", 2) for number in range(1, len(kids) + 1)]
    found = []
    for person, arm, centre, gain in arms:
        pre = min(max(chance.gauss(50, 10), 0), 100)
        post = min(max(pre + chance.gauss(gain, 7), 0), 100)
        is_there = chance.random() > 0.05
        found.append((person, arm, centre, f"{pre:.1f}", f"{post:.1f}" if is_there else "", MADE_UP))
    return found
