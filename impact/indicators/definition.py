"""What an indicator is: its question, its definition in two languages, where its events come from, what it cannot say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from impact.indicators.view import PERSONAL, Log

CATALOGUE: dict[str, "Indicator"] = {}
VERSION = "1.0"

Words = Mapping[str, str]  # {"it": ..., "en": ...}
LEVELS = ("input", "activity", "output", "outcome", "impact")

ALL = ("activity", "month", *PERSONAL)
PEOPLE = PERSONAL
EVENT = ("activity", "month")


def both(it: str, en: str) -> Words:
    return {"it": it, "en": en}


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One row of the catalogue.

    by: what it may be broken down by; splits: a column that its answer always has more (a reason, a question); needs: side
    files without which it has no data; counts: of what `n` is the number; additive: whether the figures of parts (of months,
    of activities) may be summed; protected: whether small cells are hidden; per: a denominator that is always the same;
    factor: what numerator / denominator is
    multiplied by; is_count: whether no events at all mean 0. sdg: targets; iris: codes of IRIS+ 5.3, with ~ the nearest.
    """

    code: str
    name: Words
    asks: Words
    numerator: Words
    denominator: Words
    exclusions: Words
    limits: Words
    unit: str
    events: tuple[str, ...]
    by: tuple[str, ...]
    sdg: tuple[str, ...]
    iris: tuple[str, ...]
    level: str
    direct: bool
    additive: bool
    counts: str
    minimum_n: int
    protected: bool
    needs: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    per: int | None = None
    factor: Fraction = field(default=Fraction(1))
    is_count: bool = False
    version: str = VERSION
    compute: Callable[[Log], Any]

    def is_share(self, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Whether these rows of its answer tell of how many people, of all of them, something is true."""
        numbers = [row for row in rows if row["value"] is not None]
        is_of_people = all(row["n"] == row["denominator"] and row["numerator"] in range(row["n"] + 1) for row in numbers)
        return self.protected and self.unit == "%" and is_of_people

    def described(self) -> dict[str, Any]:
        """The entry of the catalogue as plain data."""
        return {
            "code": self.code,
            "name": dict(self.name),
            "question": dict(self.asks),
            "definition": {
                "numerator": dict(self.numerator),
                "denominator": dict(self.denominator),
                "exclusions": dict(self.exclusions),
            },
            "unit": self.unit,
            "source_events": list(self.events),
            "side_files": [f"{name}.csv" for name in self.needs],
            "disaggregations": [*self.by, *self.splits],
            "sdg_targets": list(self.sdg),
            "iris": list(self.iris),
            "toc_level": self.level,
            "direct": self.direct,
            "additive": self.additive,
            "n_counts": self.counts,
            "minimum_n": self.minimum_n,
            "small_cells_hidden": self.protected,
            "limits": dict(self.limits),
            "version": self.version,
        }


NONE = both("Nessuna.", "None.")
VOIDED = both("Eventi annullati; di più registrazioni vale l'ultima.", "Voided events; of several records the last one counts.")
NO_DENOMINATOR = both("Nessuno: è un conteggio.", "None: it is a count.")


def indicator(code: str, **parts: Any) -> Callable[[Callable[[Log], Any]], Callable[[Log], Any]]:
    """Enter a function in the catalogue. It returns one row for each group of `log.by`: numerator, denominator (left out
    where there is none) and n, as an ibis table; or, where more than a division is needed, a list of dicts that may also hold
    `value`, `note` and further keys.
    """
    parts = {"denominator": NO_DENOMINATOR, "exclusions": NONE, "direct": True, "additive": False, "minimum_n": 1} | parts
    parts.setdefault("protected", parts["counts"] == "persons")

    def enter(compute: Callable[[Log], Any]) -> Callable[[Log], Any]:
        CATALOGUE[code] = Indicator(code=code, compute=compute, **parts)
        return compute

    return enter
