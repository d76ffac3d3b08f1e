"""The indicators: `compute("folder", by=("activity",))` gives the whole catalogue from a log, `CATALOGUE` says what each is.

The names are found when first asked for: ibis and DuckDB take a second, which other commands need not wait.
"""

from importlib import import_module
from typing import Any

__all__ = ["CATALOGUE", "VERSION", "Answer", "Indicator", "compute", "compute_from"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("impact.indicators.catalogue"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
