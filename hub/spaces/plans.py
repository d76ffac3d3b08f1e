"""A sketch of each layout, from its kind and how many people it holds: where the chairs and the tables stand."""

import math
from dataclasses import dataclass, field
from functools import cache, cached_property

WIDTH, HEIGHT, MARGIN = 180, 120, 14


@dataclass
class Plan:
    """chairs: centres (x, y); tables: (x, y, width, height). In units of a 180 x 120 drawing."""

    chair: float = 2.5
    chairs: list[tuple[float, float]] = field(default_factory=list)
    tables: list[tuple[float, float, float, float]] = field(default_factory=list)

    @cached_property
    def dots(self) -> str:
        """The chairs as the path of an SVG: a dot of no length each, which a round line cap makes visible."""
        return "".join(f"M{x} {y}h0" for x, y in self.chairs)


@cache
def plan(kind: str, people: int) -> Plan:
    """The sketch of one layout; people as they are, up to the 240 chairs that a drawing can tell apart."""
    count = min(people, 240)
    match kind:
        case "theatre":
            return _rows(count, tables=False)
        case "classroom" | "workshop":
            return _rows(count, tables=True)
        case "u_shape":
            return _around(count, sides=("left", "bottom", "right"))
        case "meeting":
            return _around(count, sides=("left", "bottom", "right", "top"))
        case "circle":
            return _circle(count)
        case "market":
            return Plan(tables=[(x, y, 30, 18) for y in (26, 76) for x in (20, 75, 130)])
        case _:
            return Plan()


def _rows(count: int, *, tables: bool) -> Plan:
    columns = max(1, math.ceil(math.sqrt(count * 1.6)))
    rows = math.ceil(count / columns)
    step_x, step_y = (WIDTH - 2 * MARGIN) / columns, (HEIGHT - 2 * MARGIN - 8) / rows
    at = [(MARGIN + step_x * (n % columns + 0.5), MARGIN + 8 + step_y * (n // columns + 0.5)) for n in range(count)]
    size = min(step_x, step_y) * 0.3
    desks = [(x - step_x * 0.4, y - step_y * 0.45, step_x * 0.8, step_y * 0.2) for x, y in at] if tables else []
    return Plan(min(size, 4), _rounded(at), [tuple(round(v, 1) for v in desk) for desk in desks])


def _around(count: int, *, sides: tuple[str, ...]) -> Plan:
    left, top, right, bottom = 45, 30, WIDTH - 45, HEIGHT - 30
    lengths = {"left": bottom - top, "right": bottom - top, "bottom": right - left, "top": right - left}
    total = sum(lengths[side] for side in sides)
    chairs = []
    for n in range(count):
        along = (n + 0.5) * total / count
        for side in sides:
            if along <= lengths[side]:
                break
            along -= lengths[side]
        chairs.append(
            {
                "left": (left - 9, top + along),
                "right": (right + 9, bottom - along),
                "bottom": (left + along, bottom + 9),
                "top": (right - along, top - 9),
            }[side]
        )
    if len(sides) == 4:
        tables = [(left, top, right - left, bottom - top)]
    else:
        tables = [(left, top, 10, bottom - top), (right - 10, top, 10, bottom - top), (left, bottom - 10, right - left, 10)]
    return Plan(min(4, total / count * 0.35), _rounded(chairs), tables)


def _circle(count: int) -> Plan:
    radius = 44
    turns = [2 * math.pi * n / count for n in range(count)]
    at = [(WIDTH / 2 + radius * math.cos(turn), HEIGHT / 2 + radius * math.sin(turn)) for turn in turns]
    return Plan(min(4, 2 * math.pi * radius / count * 0.35), _rounded(at))


def _rounded(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(round(x, 1), round(y, 1)) for x, y in points]
