"""Bundles of the worked example (impact.md 1.3): 41 kids enrolled, of whom 36 had completed by the interim and 32 by the end.

Each kid is there for 4 sessions until the interim, or for 1; of those who were, 4 stay away from the 4 sessions after it. So
the log itself gives M2 = 36/41 and 32/41; M1 = 0.31 and M3 = 14 and 27 are the evaluator's word.
"""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from impact import seal, write_csv
from impact.evaluation import freeze
from impact.report.signing import keygen
from tests.impact.evaluation.samples import plan_text
from tests.impact.siinc.terms import EXAMPLE
from tests.impact.stories import Story

KIDS = [f"k{number:02}" for number in range(41)]
DAYS = ("2023-03-06", "2023-03-13", "2023-04-03", "2023-04-17", "2023-05-08", "2023-05-15", "2023-06-05", "2023-06-12")
WAYS = {"M1": {"evaluate": "effect_size"}, "M2": {"indicator": "OM13", "activity": "a"}, "M3": {}}
PAPER = "verification-M3.json"


def contract(**changes: Any) -> dict[str, Any]:
    told = deepcopy(EXAMPLE) | {"title": "Volare Alto"} | changes
    told["metrics"] = [metric | WAYS.get(metric["code"], {}) for metric in told["metrics"]]
    return told


def told(period: str, **changes: Any) -> dict[str, Any]:
    given = {"M3": "14"} if period == "interim" else {"M1": "0.31", "M3": "27"}
    gates = {"verified": True, "disputed": False, "completeness": {"programme": "0.95", "comparison": "0.90"}}
    head = {"period": period, "at": "2023-07-31", "values": given, "verifications": {"M3": PAPER}}
    return head | {"paid_before": "0.00" if period == "interim" else "8325.00", "gates": gates} | changes


def log(folder: Path, sessions: int) -> None:
    story = Story()
    story.enrol(" ".join(KIDS))
    for number, day in enumerate(DAYS[:sessions]):
        there = KIDS[:36] if number < 4 else KIDS[:32]
        there = KIDS if number == 0 else there
        story.hold(f"s{number}", day, " ".join(there), trainers="t1 t2")
    story.people(
        " ".join(KIDS), kind="person", age_band="11-13", gender="f", centre="volare-alto", cohort="2023", disability="no"
    )
    story.folder(folder)
    write_csv(folder / "log.csv", seal(story.rows))


def scores(folder: Path, programme: int = 41, comparison: int = 38) -> None:
    """Made-up scores from a fixed seed."""
    chance = Random(7)
    lines = ["person,arm,centre,pre,post"]
    for arm, count, gain in (("programme", programme, 6), ("comparison", comparison, 2)):
        for number in range(count):
            pre = chance.gauss(50, 10)
            lines.append(f"{arm[0]}{number:02},{arm},{arm},{pre:.1f},{pre + chance.gauss(gain, 7):.1f}")
    (folder / "scores.csv").write_text("\n".join([*lines, ""]))


def bundle(folder: Path, period: str = "final", *, terms: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A folder that is ready to be stated; the interim one has no scores. changes: of values.json."""
    log(folder, 4 if period == "interim" else 8)
    (folder / "plan.toml").write_text(plan_text())
    freeze(folder / "plan.toml", datetime.fromisoformat("2023-05-20T10:00:00+02:00"))
    write(folder, "contract.json", terms or contract())
    write(folder, "values.json", told(period, **changes))
    write(folder, PAPER, {"sample": 30, "confirmed": 27})
    if period == "final":
        scores(folder)
    return folder


def write(folder: Path, name: str, document: Any) -> None:
    (folder / name).write_text(json.dumps(document, indent=1))


def key(folder: Path, name: str = "key") -> tuple[Path, str]:
    """A new private key, and the 64 digits of the public one."""
    path = folder / f"{name}.pem"
    return path, keygen(path)[1]
