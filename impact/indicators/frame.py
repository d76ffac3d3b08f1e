"""From a function of the catalogue to the rows of an answer: divided, protected, with their words.

Every figure is a whole number or a fraction until here, where it is divided once: no engine's arithmetic shows.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import ibis

from impact.indicators.definition import Indicator, Words, both
from impact.indicators.view import DIMENSIONS, PERSONAL, Log, month_name
from impact.row import LogError

FIGURES = ("value", "numerator", "denominator", "n")
_PARTS_ADD = {  # the columns over which n adds up
    "persons": PERSONAL,
    "withdrawals": ("activity", "month", *PERSONAL, "reason"),
    "answers": ("activity", "month", *PERSONAL, "answer"),
}


def answer(chosen: Indicator, log: Log, threshold: int) -> list[dict[str, Any]]:
    """The rows of one indicator by `log.by`: code, name, name_en, unit, by, value, numerator, denominator, n, suppressed, note.

    `value` is a number or None, and then `note` says why; in data, % is a share from 0 to 1. threshold: cells in which
    fewer stand are hidden, 0 for none.
    """
    if why := _no_data(chosen, log):
        return [_row(chosen, dict.fromkeys((*log.by,)), {}, note=why)]
    asked = (*log.by, *chosen.splits)
    rows = _figures(chosen, log)
    if not rows:
        return [_row(chosen, dict.fromkeys(asked), {}, note=_EMPTY)]
    if threshold and chosen.protected:
        rows = _protected(chosen, log, rows, threshold)
    rows.sort(key=lambda row: [str(row["by"][name]) for name in asked])
    return rows


_EMPTY = both("Nessun dato: nel periodo non c'è niente da contare.", "No data: there is nothing to count in the period.")
_DIVISION = both("Nessun dato: il denominatore è zero.", "No data: the denominator is zero.")
_MONTHS = both("Nessun dato: chiedere mesi interi.", "No data: ask for whole months.")
_EVALUATE = both(
    "Nessun dato dal registro: lo calcola `python -m impact evaluate` sui punteggi.",
    "No data in the log: `python -m impact evaluate` computes it from the scores.",
)
_HIDDEN = both("Nascosto: ci sono dietro troppo poche persone.", "Hidden: too few people stand behind it.")


def _no_data(chosen: Indicator, log: Log) -> Words | None:
    if "evaluate" in chosen.needs:
        return _EVALUATE
    if wrong := [name for name in log.by if name not in chosen.by]:
        listed = ", ".join(wrong)
        return both(f"Nessun dato: non si divide per {listed}.", f"No data: it is not broken down by {listed}.")
    if "scores" in chosen.needs:
        file = f"--scores {chosen.code}=FILE"
        return None if chosen.code in log.scores else both(f"Nessun dato: manca {file}.", f"No data: absent {file}.")
    needed = [*chosen.needs, *(["people"] if set(log.by) & set(PERSONAL) else [])]
    if missing := [f"{name}.csv" for name in dict.fromkeys(needed) if not log.has(name)]:
        listed = ", ".join(missing)
        return both(f"Nessun dato: manca {listed}.", f"No data: absent {listed}.")
    if set(chosen.needs) & {"costs", "openings"} and not log.is_of_whole_months:
        return _MONTHS
    return None


def _figures(chosen: Indicator, log: Log) -> list[dict[str, Any]]:
    found = chosen.compute(log)
    rows = log.engine.rows(found) if isinstance(found, ibis.Table) else found
    names = (*log.by, *chosen.splits)
    return [_row(chosen, {name: _label(name, row.pop(name)) for name in names}, row) for row in map(dict, rows)]


def _label(name: str, value: Any) -> Any:
    return month_name(value) if name == "month" else value


def _row(chosen: Indicator, by: dict[str, Any], found: dict[str, Any], note: Words | None = None) -> dict[str, Any]:
    """One row from the figures of a function; `found` may hold value, unit, note and further keys."""
    numerator, denominator, n = (_plain(found.pop(name, None)) for name in ("numerator", "denominator", "n"))
    row = {"code": chosen.code, "name": chosen.name["it"], "name_en": chosen.name["en"], "unit": found.pop("unit", chosen.unit)}
    if note is None:
        denominator = denominator if chosen.per is None else chosen.per
        if chosen.is_count:
            numerator, n = numerator or 0, n or 0
    if "value" in found:
        value = found.pop("value")
    elif numerator is None or denominator == 0:
        value, note = None, note or _DIVISION
    else:
        value = _divided(numerator, denominator, chosen)
    if value is None and note is None:
        note = _EMPTY
    figures = {"value": _number(value), "numerator": _number(numerator), "denominator": _number(denominator), "n": n}
    words = {"note": note["en"] if note else None, "note_it": note["it"] if note else None}
    return (
        row | {"by": by} | figures | {"suppressed": False} | words | {name: _number(_plain(more)) for name, more in found.items()}
    )


def _divided(numerator: Any, denominator: Any, chosen: Indicator) -> Any:
    exact = Fraction(numerator) if denominator is None else Fraction(numerator) / Fraction(denominator)
    return exact * chosen.factor


def _plain(value: Any) -> Any:
    """Sums come as decimals from some engines."""
    if value is None or isinstance(value, (int, float, str, Fraction)):
        return value
    return Fraction(value)


def _number(value: Any) -> Any:
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value.numerator / value.denominator
    return value


def _protected(chosen: Indicator, log: Log, rows: list[dict[str, Any]], threshold: int) -> list[dict[str, Any]]:
    """Hide small cells, and those that with the totals would tell them. The totals are computed for this, and not shown."""
    import pandas as pd  # at the edge, and only here

    from impact.disclosure import DisclosureError, protect

    keys = [*log.by, *chosen.splits]
    table = [_cell(row, keys) for row in rows]
    for fewer in (some for size in range(len(log.by)) for some in combinations(log.by, size)):
        table += [_cell(row, keys) for row in _figures(chosen, log.broken_down(fewer))]
    adding = _PARTS_ADD.get(chosen.counts, ())
    if any(name in adding for name in chosen.splits):  # the denominator tells the total over the split
        table += _wholes(table, len(log.by))
    if not keys:
        hidden = [0 < (row["n"] or 0) < threshold for row in rows]
    else:
        adds = [key for key in keys if key in adding]
        frame = pd.DataFrame(table, columns=[*keys, "n"]).astype({"n": object})
        try:
            shown = protect(frame, keys=keys, n="n", values=[], threshold=threshold, additive=adds)
        except DisclosureError as error:
            raise LogError(chosen.code, None, None, f"the answer cannot be protected: {error}") from None
        hidden = list(shown["suppressed"][: len(rows)] != "")
    rows = [_without_figures(row) if is_hidden else row for row, is_hidden in zip(rows, hidden, strict=True)]
    return [without_share(row) if chosen.is_share([row]) and _tells_of_few(row, threshold) else row for row in rows]


def _tells_of_few(row: dict[str, Any], threshold: int) -> bool:
    """Whether few are those whom a share of people counts, or the rest: 3 of 41 tells of three."""
    sides = () if row["value"] is None else (row["numerator"], row["n"] - row["numerator"])
    return any(0 < side < threshold for side in sides)


def without_share(row: dict[str, Any]) -> dict[str, Any]:
    """The row without its share; how many people stand behind it is told."""
    return _without_figures(row) | {"n": row["n"]}


def _cell(row: dict[str, Any], keys: Sequence[str]) -> list[Any]:
    return [*(row["by"].get(key) for key in keys), row["n"]]


def _wholes(table: list[list[Any]], size: int) -> list[list[Any]]:
    """The totals over the split, which stands behind `size` columns and before n."""
    totals: dict[tuple, int] = {}
    for *group, _, n in table:
        totals[tuple(group[:size])] = totals.get(tuple(group[:size]), 0) + (n or 0)
    return [[*group, None, n] for group, n in totals.items()]


def _without_figures(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("code", "name", "name_en", "unit", "by")
    return (
        dict.fromkeys(row)
        | {name: row[name] for name in kept}
        | {"suppressed": True, "note": _HIDDEN["en"], "note_it": _HIDDEN["it"]}
    )


def order_of(by: Sequence[str]) -> tuple[str, ...]:
    """The columns of a breakdown, each once, in the catalogue's order."""
    return tuple(name for name in DIMENSIONS if name in by)
