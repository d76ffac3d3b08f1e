"""Minor-safe publishing: which cells of a table may not be shown, and the proof that what is shown does not tell them.

A cell is hidden when few people stand behind it (primary), and when it would let a reader work out such a cell from the
totals (complementary). The proof is an audit by linear programming: given all that is published, no hidden count may be
narrowed to a range narrower than the threshold. The floor of 3 is that of the Regole deontologiche SISTAN (G.U. n. 11 of
14.1.2019, annex 1, art. 5); the project's default of 5 is for minors.

The reader of the audit knows the totals, that counts are whole and not below zero, and not which hidden cell is the
small one: so publish one sign for both kinds (`public`), and keep the kinds for the evaluator. Two cells of 4 in a total
of 8 would otherwise be told exactly by the word "primary" alone. Not judged here, and for the caller to see to: a figure
that is the same for everybody in a cell, such as a rate of 0 or 1.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD = 5
FLOOR = 3
TOTAL = "total"
PRIMARY, COMPLEMENTARY = "primary", "complementary"


class DisclosureError(ValueError):
    """A table that cannot be judged, or that may not be published; the message says why in a sentence."""


class Line(NamedTuple):
    """A total and the cells that it is made of, by their places in the table; `adds`: it is their sum."""

    total: int
    parts: tuple[int, ...]
    adds: bool


Range = tuple[float, float]  # lowest and highest count that fit all that is published


def protect(
    table: "pd.DataFrame",
    *,
    keys: list[str],
    n: str,
    values: list[str],
    threshold: int = THRESHOLD,
    additive: bool | Collection[str],
) -> "pd.DataFrame":
    """A copy of the table with a column `suppressed` ('', 'primary', 'complementary') and the hidden cells emptied.

    One row is one cell: `keys` say which (a null or "total" in a key is the total over it), `n` how many people stand
    behind it, `values` are the columns to empty beside `n`. `additive`: a total is the sum of its parts, and a part that
    is not in the table is 0; otherwise (unique people over months) a total is at least each part and at most their sum.
    Where only some keys divide people without overlap, such as gender, name those. Rows whose `n` and values are all null
    have no data: nothing to hide. Raises `DisclosureError`.
    """
    must_be_threshold(threshold)
    places, counts = _cells(table, keys, n, values)
    lines = lines_of(places, [is_additive(key, additive) for key in keys])
    _must_add_up(lines, counts, places, keys)
    kinds = suppress(counts, lines, depth=[place.count(None) for place in places], threshold=threshold)
    shown = table.copy()
    for column in dict.fromkeys([*values, n]):
        shown[column] = shown[column].astype(object).where([kind == "" for kind in kinds], None)
    shown["suppressed"] = kinds
    return shown


def public(table: "pd.DataFrame") -> "pd.DataFrame":
    """The protected table as the public may see it: `suppressed` true or false, since its kind tells too much."""
    return table.assign(suppressed=[kind != "" for kind in table["suppressed"]])


def must_be_threshold(threshold: int) -> None:
    if type(threshold) is not int or threshold < FLOOR:
        words = "the law's floor is 3 (Regole deontologiche SISTAN, G.U. 14.1.2019 n. 11, annex 1, art. 5)"
        raise DisclosureError(f"a threshold of {threshold!r} is refused: {words}")


def suppress(counts: Sequence[int | None], lines: Sequence[Line], *, depth: Sequence[int], threshold: int) -> list[str]:
    """'', 'primary' or 'complementary' for each count; `depth` is over how many keys it is a total (hidden last).

    Hides one cell more, the cheapest that shares a line with the exposed one, until the audit of each hidden cell holds.
    What holds goes on holding when more is hidden, so each is asked once; with all hidden nothing is known, so it ends.
    """
    primary = [place for place, count in enumerate(counts) if count is not None and 0 < count < threshold]
    audit = Audit(counts, lines)
    hidden, waiting = set(primary), list(primary)
    while waiting:
        cell = waiting.pop()
        while audit.exposes(cell, hidden, threshold):
            other = _next(cell, hidden, counts, lines, depth)
            hidden.add(other)
            waiting.append(other)
    kinds = dict.fromkeys(hidden, COMPLEMENTARY) | dict.fromkeys(primary, PRIMARY)
    return [kinds.get(cell, "") for cell in range(len(counts))]


def _next(exposed: int, hidden: set[int], counts: Sequence, lines: Sequence[Line], depth: Sequence[int]) -> int:
    """The cell to hide next: beside the exposed one if there is any left, else beside those that hang together with it.

    First from a sum that hides nothing else; details before totals, not empty, in lines that already hide something, small.
    """
    group = group_of(exposed, hidden, lines)
    lonely = dict.fromkeys(range(len(counts)), 0)
    nearness: dict[int, int] = {}
    for line in lines:
        members = {line.total, *line.parts}
        if members.isdisjoint(group):
            for member in members if members.isdisjoint(hidden) else ():
                lonely[member] += 1
            continue
        near = 3 if exposed not in members else 2 if not line.adds else int(len(members & hidden) > 1)
        nearness |= {member: min(near, nearness.get(member, near)) for member in members}
    candidates = [cell for cell in nearness if cell not in hidden and counts[cell] is not None]
    return min(candidates, key=lambda cell: (nearness[cell], depth[cell], counts[cell] == 0, lonely[cell], counts[cell], cell))


def group_of(cell: int, hidden: set[int], lines: Iterable[Line]) -> set[int]:
    """The hidden cells that hang together with this one through lines: no other can tell of it."""
    held = [hidden.intersection((line.total, *line.parts)) for line in lines]
    group, grown = {cell}, True
    while grown:
        joined = [cells for cells in held if cells & group]
        larger = group.union(*joined)
        grown, group = larger != group, larger
    return group


class Audit:
    """What a reader can work out of a table: the range of a hidden count, by two linear programmes.

    Counts that are None are known to nobody: lines with one say nothing. Every solution of a programme is a whole table
    that fits what is published, and goes on fitting when more is hidden: the range that those span spares most
    programmes of the other cells.
    """

    def __init__(self, counts: Sequence[int | None], lines: Iterable[Line]) -> None:
        self.counts = counts
        self.lines = [line for line in lines if all(counts[cell] is not None for cell in (line.total, *line.parts))]
        self.low, self.high = dict(enumerate(counts)), dict(enumerate(counts))

    def exposes(self, cell: int, hidden: set[int], threshold: int) -> bool:
        """True if what is not hidden narrows this count to a range narrower than the threshold."""
        if self.high[cell] - self.low[cell] >= threshold:
            return False
        group = sorted(group_of(cell, hidden, self.lines))
        equal, below = self.rows(group)
        if not equal and not below:
            return False
        roof = 1000 * (THRESHOLD + max(self.counts[member] for member in group))
        for sign in (1, -1):
            table = _extreme(group.index(cell), sign, len(group), equal, below, roof)
            for member, count in zip(group, table, strict=True):
                self.low[member], self.high[member] = min(self.low[member], count), max(self.high[member], count)
            if self.high[cell] - self.low[cell] >= threshold:
                return False
        return True

    def rows(self, group: Sequence[int]) -> tuple[list, list]:
        """Rows (coefficient of each place, bound) of what is known: sums that are equal, and sums that are at most it."""
        places = {cell: place for place, cell in enumerate(group)}
        equal, below = [], []
        for total, parts, adds in self.lines:
            if total not in places and places.keys().isdisjoint(parts):
                continue
            whole = self._row(places, {total: -1} | dict.fromkeys(parts, 1))
            if adds:
                equal.append(whole)
                continue
            coefficients, bound = whole
            below.append(({place: -sign for place, sign in coefficients.items()}, -bound))  # the total is at most the sum
            below += [self._row(places, {part: 1, total: -1}) for part in parts]
        return equal, below

    def _row(self, places: dict[int, int], signs: dict[int, int]) -> tuple[dict[int, int], int]:
        known = sum(sign * self.counts[cell] for cell, sign in signs.items() if cell not in places)
        return {places[cell]: sign for cell, sign in signs.items() if cell in places}, -known


def ranges_of(size: int, equal: list, below: list, *, roof: int) -> list[Range] | None:
    """The range of each of `size` unknown whole numbers >= 0 under these rows; None if no numbers fit.

    Rows are (coefficient of each place, bound). A number that reaches `roof` has no end.
    """
    found = []
    for place in range(size):
        least, most = (_extreme(place, sign, size, equal, below, roof) for sign in (1, -1))
        if least is None or most is None:
            return None
        found.append((least[place], float("inf") if most[place] >= roof else most[place]))
    return found


def _extreme(place: int, sign: int, size: int, equal: list, below: list, roof: int) -> list[int] | None:
    """Numbers that fit these rows with the one at `place` as small (sign 1) or as large (-1) as can be.

    Where the programme without "whole" has a whole solution, as for tables of two keys, it is the answer, and far cheaper.
    """
    import numpy as np  # here, as pandas above: the portal only records, and should not pay for them
    from scipy.optimize import linprog

    aim = np.zeros(size)
    aim[place] = sign
    known = _matrix("eq", equal, size) | _matrix("ub", below, size)
    for whole in (0, 1):
        answer = linprog(aim, bounds=(0, roof), integrality=np.full(size, whole), method="highs", **known)
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise DisclosureError(f"the audit did not come to an end: {answer.message}")
        numbers = np.round(answer.x)
        if np.abs(answer.x - numbers).max() < 1e-6:
            break
    return [int(number) for number in numbers]


def _matrix(name: str, rows: list, size: int) -> dict[str, object]:
    if not rows:
        return {}
    from scipy.sparse import csr_array

    entries = [(sign, number, place) for number, (signs, _) in enumerate(rows) for place, sign in signs.items()]
    signs, numbers, places = zip(*entries, strict=True) if entries else ((), (), ())
    return {f"A_{name}": csr_array((signs, (numbers, places)), (len(rows), size)), f"b_{name}": [bound for _, bound in rows]}


def _cells(table: "pd.DataFrame", keys: list[str], n: str, values: list[str]) -> tuple[list[tuple], list[int | None]]:
    """The place of each row (its keys, None for a total) and its count (None without data)."""
    for column in (*keys, n, *values):
        if column not in table.columns:
            raise DisclosureError(f"the table has no column {column!r}: it has {', '.join(map(str, table.columns))}")
    empty = table[list(dict.fromkeys([*values, n]))].isna()
    rows, blank = _rows_of(table[keys]), _rows_of(table[keys].isna())
    places = [tuple(map(_key, row, gone)) for row, gone in zip(rows, blank, strict=True)]
    counts = []
    for place, count, nothing, all_nothing in zip(places, table[n], empty[n], empty.all(axis=1), strict=True):
        if nothing and not all_nothing:
            raise DisclosureError(f"{_named(place, keys)} has a value and no {n}: how many people stand behind it is not known")
        if not nothing and (count != int(count) or count < 0):
            raise DisclosureError(f"{_named(place, keys)} has {n} = {count}: a count is a whole number from 0 up")
        counts.append(None if nothing else int(count))
    if len(set(places)) < len(places):
        twice = next(place for number, place in enumerate(places) if place in places[:number])
        raise DisclosureError(f"{_named(twice, keys)} stands in two rows: one row is one cell")
    return places, counts


def _rows_of(table: "pd.DataFrame") -> Iterator[tuple]:
    return table.itertuples(index=False, name=None) if len(table.columns) else iter([()] * len(table))


def _key(key: object, blank: bool) -> object:
    return None if blank or key == TOTAL else key


def is_additive(key: str, additive: bool | Collection[str]) -> bool:
    """True if totals over this key are sums."""
    return additive if isinstance(additive, bool) else key in additive


def lines_of(places: list[tuple], adds: Sequence[bool]) -> list[Line]:
    """Each total with its parts, over one key or several at once; `adds`, for each key, whether totals over it are sums."""
    parts: dict[tuple, list[int]] = {}
    for cell, place in enumerate(places):
        told = [number for number, key in enumerate(place) if key is not None]
        for size in range(1, len(told) + 1):
            for over in combinations(told, size):
                total = tuple(None if number in over else key for number, key in enumerate(place))
                parts.setdefault((total, over), []).append(cell)
    where = {place: cell for cell, place in enumerate(places)}
    return [
        Line(where[total], tuple(cells), all(adds[number] for number in over))
        for (total, over), cells in parts.items()
        if total in where
    ]


def _must_add_up(lines: list[Line], counts: list, places: list[tuple], keys: list[str]) -> None:
    for total, parts, adds in lines:
        if None in (counts[total], *(counts[part] for part in parts)):
            continue
        most, least = sum(counts[part] for part in parts), max(counts[part] for part in parts)
        if adds and most != counts[total]:
            words = f"its parts sum to {most}: give every part, or say that the table is not additive"
            raise DisclosureError(f"{_named(places[total], keys)} is {counts[total]} and {words}")
        if not least <= counts[total] <= most:
            words = f"its parts allow {least} to {most} unique people: a part is missing or wrong"
            raise DisclosureError(f"{_named(places[total], keys)} is {counts[total]} and {words}")


def _named(place: tuple, keys: list[str]) -> str:
    words = [f"{name} {TOTAL if key is None else key}" for name, key in zip(keys, place, strict=True)]
    return f"the cell {', '.join(words) or 'of the whole table'}"
