"""The register of releases: what was published before, so that a new table does not tell what an older one hid.

A file of JSON lines, one release a line, with the counts that were shown and none that was hidden. Before a table goes
out it is laid beside every earlier one of the same statistic:

- a group that two published counts differ by may not be small: all and all but one, a period and the same one a month
  longer, the same count before and after a correction;
- no hidden count, of this table or an older one, may be narrowed by all tables together (linear programming, as in
  `impact.disclosure`).

Of unique people (not additive) two counts differ by those who were in nothing else: that is held against "all but" and
against a period that grew, not against a month beside its year, which one table shows in any case.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impact.disclosure import (
    THRESHOLD,
    Audit,
    DisclosureError,
    Line,
    Range,
    group_of,
    is_additive,
    lines_of,
    must_be_threshold,
    ranges_of,
)

if TYPE_CHECKING:
    import pandas as pd

Span = tuple[str, str]  # ISO days, first and last


@dataclass(frozen=True)
class Scope:
    """Whom a count is of: a span of days, and for each key the values in it, or (`but`) all values but those."""

    span: Span
    only: tuple[tuple[str, frozenset], ...] = ()
    but: tuple[tuple[str, frozenset], ...] = ()

    def within(self, other: "Scope") -> bool:
        """True if everybody here is also there, by the conditions alone."""
        if not (other.span[0] <= self.span[0] and self.span[1] <= other.span[1]):
            return False
        only, but = dict(self.only), dict(self.but)
        held = all(key in only and only[key] <= values for key, values in other.only)
        return held and all(_apart(only.get(key), but.get(key), values) for key, values in other.but)


def _apart(only: frozenset | None, but: frozenset | None, values: frozenset) -> bool:
    return (only is not None and not only & values) or (but is not None and values <= but)


@dataclass(frozen=True)
class Release:
    """One table as published: `cells` are (what the keys say, None for a total; the count, None where hidden).

    `only` and `but` are the filters that the whole table was made with: key -> values kept, key -> values left out.
    A key `month` with values such as 2026-04 narrows the period. `additive`: as in `impact.disclosure.protect`.
    """

    statistic: str
    period: Span
    cells: tuple[tuple[Mapping[str, str | None], int | None], ...]
    additive: bool | tuple[str, ...]
    threshold: int = THRESHOLD
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    but: Mapping[str, Sequence[str]] = field(default_factory=dict)
    name: str = ""

    def scopes(self) -> list[tuple[Scope, int | None]]:
        return [(self.scope(by), count) for by, count in self.cells]

    def scope(self, by: Mapping[str, str | None]) -> Scope:
        only = {key: frozenset(values) for key, values in self.only.items()}
        only |= {key: frozenset([value]) for key, value in by.items() if value is not None and key != "month"}
        span = _month(by["month"], self.period) if by.get("month") is not None else self.period
        but = {key: frozenset(values) for key, values in self.but.items() if key not in by or by[key] is None}
        return Scope(span, tuple(sorted(only.items())), tuple(sorted(but.items())))


def released(
    table: "pd.DataFrame", *, statistic: str, period: Span, keys: list[str], n: str, additive: bool | tuple[str, ...], **how: Any
) -> Release:
    """The release of a protected table (`impact.disclosure.protect`): its shown counts, by its keys."""
    cells = []
    told = table[[*keys, n, "suppressed"]]
    for record in told.astype(object).where(told.notna(), None).to_dict("records"):
        by = {key: None if record[key] in (None, "total") else str(record[key]) for key in keys}
        if record[n] is not None or record["suppressed"]:  # a cell without data says nothing
            cells.append((by, None if record[n] is None else int(record[n])))
    return Release(statistic, period, tuple(cells), additive, **how)


class Register:
    """The file of releases. `publish` is the only way in: it reads, checks and adds under one lock."""

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)

    def releases(self) -> list[Release]:
        try:
            return list(_read(self.path.read_text("utf-8"), self.path))
        except FileNotFoundError:
            return []

    def check(self, release: Release) -> None:
        """Raises `DisclosureError` with the first reason why this may not be published after the earlier releases."""
        must_not_tell(release, self.releases())

    def publish(self, release: Release) -> None:
        """Check, and write down as published. Raises `DisclosureError`; then nothing was written."""
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            must_not_tell(release, list(_read(file.read(), self.path)))
            file.write(json.dumps(_document(release), ensure_ascii=False, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())


def must_not_tell(release: Release, earlier: Sequence[Release]) -> None:
    """Raises `DisclosureError` if this release, with the earlier ones of its statistic, tells a small group."""
    must_be_threshold(release.threshold)
    earlier = [old for old in earlier if old.statistic == release.statistic]
    for old in earlier:
        _must_not_differ_little(release, old)
    _must_stay_hidden(release, earlier)


def _must_not_differ_little(new: Release, old: Release) -> None:
    threshold = max(new.threshold, old.threshold)
    by_count: dict[int, list[Scope]] = {}
    for scope, count in old.scopes():
        by_count.setdefault(-1 if count is None else count, []).append(scope)
    for here, count in new.scopes():
        near = () if count is None else range(max(count - threshold + 1, 0), count + threshold)
        for other in near:
            for there in by_count.get(other, ()) if other != count else ():
                _must_not_compare(new, here, count, there, other)


def _must_not_compare(new: Release, here: Scope, count: int, there: Scope, other: int) -> None:
    if here == there:
        words = "a correction that small tells who: keep the published count until more have changed"
    elif _compares(here, there, new.additive):
        words = "the difference is a group smaller than the threshold: hide one of the two, or change the filter"
    else:
        return
    raise DisclosureError(f"{new.statistic} {_said(here)} is {count}, and {_said(there)} was published as {other}: {words}")


def _compares(here: Scope, there: Scope, additive: bool | tuple[str, ...]) -> bool:
    """True if one lies within the other and their difference is a group of its own."""
    small, large = (here, there) if here.within(there) else (there, here)
    if not small.within(large):
        return False
    if additive is True or small.but != large.but:
        return True
    if small.span != large.span:
        return small.span[0] == large.span[0] and small.only == large.only
    differing = {key for key, _ in set(small.only) ^ set(large.only)}
    return all(is_additive(key, additive) for key in differing)


def _must_stay_hidden(new: Release, earlier: Sequence[Release]) -> None:
    """No hidden count is shown elsewhere, or narrowed below the threshold by this table and the earlier ones together.

    Where they contradict each other, as after a correction, nobody can put all of them together: then two at a time.
    """
    known = {scope: count for release in (*earlier, new) for scope, count in release.scopes() if count is not None}
    hidden: dict[Scope, int] = {}
    for release in (new, *earlier):
        for scope, count in release.scopes():
            if count is None:
                hidden[scope] = max(release.threshold, hidden.get(scope, 0))
                if scope in known:
                    words = f"is hidden in one release and published as {known[scope]} in another"
                    raise DisclosureError(f"{new.statistic} {_said(scope)} {words}: publish it as it was, or neither")
    for scope, (low, high) in _ranges(hidden, known, new, earlier):
        if high - low < hidden[scope]:
            words = f"with the earlier releases it can be worked out to be {low}" + (f" to {high}" if high > low else "")
            raise DisclosureError(f"{new.statistic} {_said(scope)} is hidden, but {words}: hide more, or publish less often")


def _ranges(
    hidden: Mapping[Scope, int], known: Mapping[Scope, int], new: Release, earlier: Sequence[Release]
) -> Iterator[tuple[Scope, Range]]:
    """The range of each hidden count of which this release says something."""
    scopes = [*hidden, *known]
    place = {scope: number for number, scope in enumerate(scopes)}
    counts = [known.get(scope, 0) for scope in scopes]
    told, before = _lines(new, place), [_lines(old, place) for old in earlier]
    together = [*told, *(line for lines in before for line in lines)]
    spoken = {cell for line in told for cell in (line.total, *line.parts) if cell < len(hidden)}
    while spoken:
        group = sorted(group_of(min(spoken), set(range(len(hidden))), together))
        spoken -= set(group)
        found = _ranges_of(group, counts, together)
        pairs = [found] if found is not None else [_ranges_of(group, counts, [*told, *lines]) or [] for lines in before]
        for ranges in pairs:
            yield from ((scopes[cell], one) for cell, one in zip(group, ranges, strict=False))


def _ranges_of(group: list[int], counts: list[int], lines: list[Line]) -> list[Range] | None:
    """The ranges of these hidden counts, None where the lines contradict each other."""
    roof = 1000 * (THRESHOLD + max(counts))
    return ranges_of(len(group), *Audit(counts, lines).rows(group), roof=roof)


def _lines(release: Release, place: Mapping[Scope, int]) -> list[Line]:
    """The lines of a release, by the places of their scopes."""
    keys = sorted({key for by, _ in release.cells for key in by})
    cells = [place[scope] for scope, _ in release.scopes()]
    found = lines_of(
        [tuple(by.get(key) for key in keys) for by, _ in release.cells], [is_additive(key, release.additive) for key in keys]
    )
    return [Line(cells[line.total], tuple(cells[part] for part in line.parts), line.adds) for line in found]


def _month(month: str, period: Span) -> Span:
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return max(first.isoformat(), period[0]), min(last.isoformat(), period[1])


def _said(scope: Scope) -> str:
    words = [f"from {scope.span[0]} to {scope.span[1]}"]
    words += [f"{key} {', '.join(sorted(values))}" for key, values in scope.only]
    words += [f"{key} all but {', '.join(sorted(values))}" for key, values in scope.but]
    return f"({'; '.join(words)})"


def _document(release: Release) -> dict[str, Any]:
    document = {"statistic": release.statistic, "period": list(release.period), "additive": release.additive}
    document |= {"threshold": release.threshold, "name": release.name}
    document |= {"only": {key: sorted(values) for key, values in release.only.items()}}
    document |= {"but": {key: sorted(values) for key, values in release.but.items()}}
    return document | {"cells": [{"by": dict(by), "n": count} for by, count in release.cells]}


def _read(text: str, path: Path) -> Iterator[Release]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            document = json.loads(line)
            cells = tuple((cell["by"], cell["n"]) for cell in document.pop("cells"))
            additive = document.pop("additive")
            additive = additive if isinstance(additive, bool) else tuple(additive)
            yield Release(cells=cells, period=tuple(document.pop("period")), additive=additive, **document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            words = f"the line is not a release ({error}): nothing is published until the register is whole"
            raise DisclosureError(f"{path}, line {number}: {words}") from None
