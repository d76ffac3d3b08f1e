"""The cover of an activity: a drawing of its theme under the hub's sawtooth roof, always the same for the same address.

Colours are classes (`hub.css`), so that nothing in the page needs a style of its own.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

WIDTH, HEIGHT = 480, 200
FLOOR = 176  # where things stand
ROOF = 40
COLOURS = ("a", "b", "c")
FRAME = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
PRINTED = {  # as hub.css has them for the page
    "paper": "fill:#faf6ec",
    "roof": "fill:#b9772f",
    "floor": "fill:#e8cf98",
    "line": "fill:none;stroke:#004c99;stroke-width:4",
    "thin": "fill-opacity:.7",
    "a": "fill:#06c",
    "b": "fill:#e2c892",
    "c": "fill:#004c99",
}
PRINTED_THEMES = {
    "life-skills": {"a": "fill:#c8a05a"},
    "entrepreneurship": {"c": "fill:#4f8a5b"},
    "inclusion": {"c": "fill:#4f8a5b"},
    "community": {"b": "fill:#6aa373", "c": "fill:#c8a05a"},
}


class Dice:
    """Numbers that look random, and are the same each time for the same word."""

    def __init__(self, word: str) -> None:
        self._word, self._bytes, self._round = word, b"", 0

    def upto(self, most: int) -> int:
        """From 0 to one less than most, which is 256 at the most."""
        if not self._bytes:
            self._bytes = hashlib.blake2b(f"{self._round} {self._word}".encode()).digest()
            self._round += 1
        value, self._bytes = self._bytes[0], self._bytes[1:]
        return value * most // 256

    def colour(self) -> str:
        return COLOURS[self.upto(len(COLOURS))]


def _steam(dice: Dice) -> Iterator[str]:
    """Points, and the lines that connect them as on a circuit."""
    points = [(48 + 64 * number + dice.upto(24), 76 + dice.upto(84)) for number in range(7)]
    for (x, y), (to_x, to_y) in pairwise(points):
        yield f'<path class="line" d="M{x} {y}H{(x + to_x) // 2}V{to_y}H{to_x}"/>'
    for x, y in points:
        yield f'<circle class="{dice.colour()}" cx="{x}" cy="{y}" r="{8 + dice.upto(10)}"/>'


def _life_skills(dice: Dice) -> Iterator[str]:
    """People who talk: balloons, each with its tip."""
    for number in range(5):
        x, y, width = 30 + 88 * number + dice.upto(16), 68 + dice.upto(44), 56 + dice.upto(24)
        yield f'<rect class="{dice.colour()}" x="{x}" y="{y}" width="{width}" height="40" rx="16"/>'
        yield f'<path class="{COLOURS[dice.upto(3)]}" d="M{x + 16} {y + 36}l4 22 18-22z"/>'


def _entrepreneurship(dice: Dice) -> Iterator[str]:
    """What grows: bars, and the line over their tops."""
    tops = []
    for number in range(8):
        height = 18 + 9 * number + dice.upto(24)
        tops.append(f"{62 + 52 * number} {FLOOR - height - 12}")
        yield f'<rect class="{dice.colour()}" x="{44 + 52 * number}" y="{FLOOR - height}" width="36" height="{height}" rx="3"/>'
    yield f'<path class="line" d="M{"L".join(tops)}"/>'


def _inclusion(dice: Dice) -> Iterator[str]:
    """Circles that are different and have something in common."""
    for number in range(7):
        x, y, radius = 66 + 58 * number, 122 + dice.upto(24) - 12, 30 + dice.upto(16)
        yield f'<circle class="{dice.colour()} thin" cx="{x}" cy="{y}" r="{radius}"/>'


def _community(dice: Dice) -> Iterator[str]:
    """Houses around a square, and a sun."""
    yield f'<circle class="c" cx="{60 + dice.upto(200)}" cy="74" r="16"/>'
    for number in range(7):
        x, width, height = 34 + 60 * number, 44 + dice.upto(12), 34 + dice.upto(40)
        half, peak = width // 2, 12 + dice.upto(10)
        yield f'<path class="{dice.colour()}" d="M{x} {FLOOR}v-{height}l{half} -{peak} {half} {peak}V{FLOOR}z"/>'
        yield f'<rect class="paper" x="{x + half - 6}" y="{FLOOR - 20}" width="12" height="20"/>'


DRAWINGS: dict[str, Callable[[Dice], Iterator[str]]] = {
    "steam": _steam,
    "life-skills": _life_skills,
    "entrepreneurship": _entrepreneurship,
    "inclusion": _inclusion,
    "community": _community,
}


@lru_cache(512)
def cover(slug: str, theme: str) -> Markup:
    """The drawing as SVG, for the page itself: it says nothing that the words do not say, so it is hidden from readers."""
    head = f'<svg class="hub-cover hub-cover-{theme}" {FRAME} preserveAspectRatio="xMidYMid slice"'
    body = drawing(slug, theme)
    return Markup(f'{head} aria-hidden="true" focusable="false">{body}</svg>')  # noqa: S704 - numbers, and a theme of a closed list


def printed(slug: str, theme: str) -> str:
    """The same drawing as a file of its own, with the colours of `hub.css`, for papers."""
    style = "".join(f".{name}{{{look}}}" for name, look in (PRINTED | PRINTED_THEMES.get(theme, {})).items())
    return f'<svg xmlns="http://www.w3.org/2000/svg" {FRAME}><style>{style}</style>{drawing(slug, theme)}</svg>'


def drawing(slug: str, theme: str) -> str:
    """What is drawn, without its frame."""
    dice = Dice(f"{theme} {slug}")
    teeth = 6 + dice.upto(4)
    step = math.ceil(WIDTH / teeth)
    roof = "".join(f"M{step * number} {ROOF}V12L{step * (number + 1)} {ROOF}z" for number in range(teeth))
    drawn = "".join(DRAWINGS[theme](dice))
    parts = (
        f'<path class="paper" d="M0 0H{WIDTH}V{HEIGHT}H0z"/><path class="roof" d="{roof}"/>',
        f'{drawn}<path class="floor" d="M0 {FLOOR}H{WIDTH}V{HEIGHT}H0z"/>',
    )
    return "".join(parts)
