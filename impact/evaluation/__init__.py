"""Designs and estimators: `evaluate(read_plan(...), read_scores(...))` pairs the numbers of a run with the sentences they allow.

The names are found when first asked for: numpy, scipy and statsmodels take a second, which other commands need not wait.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "plan": ("Plan", "PlanError", "amend", "freeze", "read_plan"),
    "scores": ("Scores", "ScoresError", "read_scores"),
    "result": ("Evaluation", "evaluate"),
}

__all__ = ["Evaluation", "Plan", "PlanError", "Scores", "ScoresError", "amend", "evaluate", "freeze", "read_plan", "read_scores"]


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"impact.evaluation.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
