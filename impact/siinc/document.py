"""A JSON file whose every value knows its line, so that what is wrong in it can be named by file, line and pointer."""

import json
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from impact.row import LogError

LARGEST = Decimal("1e15")
SMALLEST = 40
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class ContractError(LogError):
    """A contract or its values that cannot be settled. `column` is the JSON pointer of what is wrong."""


class Node:
    """A value of the file with its place: `node["metrics"][0].number("weight")`. Wrong values raise `ContractError`."""

    def __init__(self, file: str, value: Any, lines: dict[str, int], pointer: str = "") -> None:
        self.file, self.value, self.pointer, self._lines = file, value, pointer, lines

    def fail(self, words: str) -> NoReturn:
        """Raise, at this value, or at what should hold it where it is missing."""
        place = self.pointer
        while place and place not in self._lines:
            place = place.rpartition("/")[0]
        raise ContractError(self.file, self._lines.get(place), self.pointer or None, words)

    def at(self, key: str) -> "Node":
        """The value under a key, None if there is none."""
        escaped = key.replace("~", "~0").replace("/", "~1")
        return Node(self.file, self.object().get(key), self._lines, f"{self.pointer}/{escaped}")

    def object(self) -> dict[str, Any]:
        if isinstance(self.value, dict):
            return self.value
        return self.fail(f"{_shown(self.value)} is not a JSON object")

    def items(self) -> Iterator["Node"]:
        if not isinstance(self.value, list):
            self.fail(f"{_shown(self.value)} is not a list" if self.value is not None else "is missing: give a list")
        for number, value in enumerate(self.value):
            yield Node(self.file, value, self._lines, f"{self.pointer}/{number}")

    def is_null(self) -> bool:
        return self.value is None

    def text(self) -> str:
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        return self.fail("is missing: write some text" if self.value in (None, "") else f"{_shown(self.value)} is not text")

    def one_of(self, choices: Iterable[str]) -> str:
        if isinstance(self.value, str) and self.value in choices:
            return self.value
        said = "is missing" if self.value is None else f"{_shown(self.value)} is not known"
        return self.fail(f"{said}: write one of {', '.join(choices)}")

    def truth(self) -> bool:
        if isinstance(self.value, bool):
            return self.value
        return self.fail(f"{_shown(self.value)} is not true or false")

    def number(self, *, low: Decimal | int | None = None, high: Decimal | int | None = None, cents: bool = False) -> Decimal:
        """A number of JSON or a decimal string, exactly as written; `cents`: with two decimals at most."""
        number = decimal_of(self.value)
        if number is None:
            said = "is missing" if self.value is None else f"{_shown(self.value)} is not a number"
            self.fail(f'{said}: write a decimal with a point, as in "0.75"')
        if (low is not None and number < low) or (high is not None and number > high):
            span = (
                f"from {low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
            )
            self.fail(f"{number} is out of range: it is {span}")
        if cents and number != round(number, 2):
            self.fail(f"{number} has parts of a cent: write two decimals at most")
        return number


def decimal_of(value: Any) -> Decimal | None:
    """The finite number that a text or a number of JSON spells, below 1e15, with at most 40 decimals; None otherwise."""
    if isinstance(value, str):
        value = Decimal(value) if _NUMBER.fullmatch(value) else None
    if not isinstance(value, Decimal) or abs(value) >= LARGEST or value.as_tuple().exponent < -SMALLEST:
        return None
    return value


def read(path: str | os.PathLike) -> Node:
    """The document of a JSON file (UTF-8). Raises `ContractError`: not readable, not JSON, a key twice, NaN."""
    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ContractError(name, None, None, f"the file cannot be opened: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ContractError(name, None, None, "the file is not UTF-8: save it in UTF-8") from None
    try:
        value = json.loads(text, parse_float=_decimal, parse_int=_decimal, parse_constant=_no_constant)
        return Node(name, value, _lines(text, name))
    except json.JSONDecodeError as error:
        raise ContractError(name, error.lineno, f"{error.colno}", f"the file is not JSON: {error.msg}") from None
    except RecursionError:
        raise ContractError(name, None, None, "the file is nested too deep") from None
    except _NotANumber as error:
        line = text[: max(text.find(str(error)), 0)].count("\n") + 1
        raise ContractError(name, line, None, f"{error} is not a number that can be settled") from None


class _NotANumber(Exception):
    pass


def _decimal(digits: str) -> Decimal:
    if not _NUMBER.fullmatch(digits):
        raise _NotANumber(digits)
    return Decimal(digits)


def _no_constant(name: str) -> NoReturn:
    raise _NotANumber(name)


def _lines(text: str, file: str) -> dict[str, int]:
    """The line of every pointer of a text that is JSON. Raises `ContractError` for a key that stands twice."""
    ends = [match.start() for match in re.finditer("\n", text)]
    tokens = ((match.group(), bisect_right(ends, match.start()) + 1) for match in _TOKEN.finditer(text))
    lines: dict[str, int] = {}

    def walk(mark: str, line: int, pointer: str) -> None:
        if pointer in lines:
            raise ContractError(file, line, pointer, "stands twice: write it once")
        lines[pointer] = line
        if mark not in "[{":
            return
        number = 0
        while (part := next(tokens))[0] not in "]}":
            if part[0] == ",":
                continue
            if mark == "[":
                walk(*part, f"{pointer}/{number}")
                number += 1
            else:
                next(tokens)  # the colon
                key = json.loads(part[0]).replace("~", "~0").replace("/", "~1")
                walk(*next(tokens), f"{pointer}/{key}")

    walk(*next(tokens), "")
    return lines


def _shown(value: Any) -> str:
    words = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= 60 else f"{words[:57]}..."
