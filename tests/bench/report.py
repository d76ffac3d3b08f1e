"""What the benchmark prints: tables, and the goals with what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of text, the first column to the left and the others to the right."""
    cells = [[_cell(value) for value in row] for row in [heads, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        first, *others = row
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]))
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case float() if abs(value) >= 100:
            return f"{value:.0f}"
        case float() if abs(value) >= 10:
            return f"{value:.1f}"
        case float():
            return f"{value:.2f}"
        case _:
            return str(value)


@dataclass
class Goals:
    """The goals of the project and whether they were met."""

    rows: list[tuple[str, str, str, object, str, str]] = field(default_factory=list)

    def at_most(self, goal: str, where: str, what: str, measured: float, limit: float, unit: str = "") -> None:
        self._add(goal, where, what, measured, f"<= {_cell(limit)}{unit}", measured <= limit)

    def at_least(self, goal: str, where: str, what: str, measured: float, limit: float, unit: str = "") -> None:
        self._add(goal, where, what, measured, f">= {_cell(limit)}{unit}", measured >= limit)

    def exactly(self, goal: str, where: str, what: str, measured: int, wanted: int) -> None:
        self._add(goal, where, what, measured, f"= {wanted}", measured == wanted)

    def _add(self, goal: str, where: str, what: str, measured: object, wanted: str, met: bool) -> None:
        self.rows.append((goal, where, what, measured, wanted, "met" if met else "NOT MET"))

    def show(self) -> None:
        order = sorted(self.rows, key=lambda row: int(row[0][1:]))
        table("Goals", ("goal", "where", "what", "measured", "wanted", ""), order)
        missed = sum(row[-1] != "met" for row in order)
        print(f"{len(order) - missed} met, {missed} not met.")
