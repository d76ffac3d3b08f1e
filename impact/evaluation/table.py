"""The values of a TOML file, each asked for by table and key: what is wrong with one is said with the line where it stands."""

import math
import re
import tomllib
from datetime import date, datetime
from typing import Any, NoReturn

from impact.row import LogError

TABLES = ("plan", "clusters", "covariates", "scale", "reliability", "multiplicity")
_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")


class PlanError(LogError):
    """A plan that cannot be run; `column` is the key, as in `plan.alpha`."""


def parsed(content: bytes, path: Any) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise PlanError(path, None, None, "the file is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        words, line = str(error), re.search(r"at line (\d+)", str(error))
        raise PlanError(path, int(line[1]) if line else None, None, f"the file is not TOML: {words}") from None


class Table:
    """The values of a plan, each asked for by table and key, with the line where it stands for the error."""

    def __init__(self, path: Any, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data
        for name in (*TABLES, "frozen"):
            if not isinstance(data.get(name, {}), dict):
                raise PlanError(path, self.line(None, name), name, f"is not a table: write [{name}]")
        if "plan" not in data:
            raise PlanError(path, None, "plan", "the table [plan] is missing")

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def has(self, table: str, key: str) -> bool:
        return key in self.data.get(table, {})

    def line(self, table: str | None, key: str | None) -> int | None:
        current, header = None, None
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := _TABLE.fullmatch(line.split("#")[0].rstrip()):
                current = found[1]
                header = number if current == table else header
            elif current == table and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return header

    def fail(self, table: str, key: str, words: str) -> NoReturn:
        raise PlanError(self.path, self.line(table, key), f"{table}.{key}", words)

    def get(self, table: str, key: str) -> Any:
        if not self.has(table, key):
            self.fail(table, key, "the key is missing")
        return self.data[table][key]

    def text_of(self, table: str, key: str) -> str:
        value = self.get(table, key)
        if not isinstance(value, str) or not value.strip():
            self.fail(table, key, f"{value!r} is not a text")
        return value

    def number(self, table: str, key: str, is_good: Any = lambda value: True, wanted: str = "a number") -> float:
        value = self.get(table, key)
        if type(value) not in (int, float) or not math.isfinite(value) or not is_good(value):
            self.fail(table, key, f"{value!r} is not {wanted}")
        return value

    def whole(self, table: str, key: str, least: int, most: int) -> int:
        value = self.get(table, key)
        if type(value) is not int or not least <= value <= most:
            self.fail(table, key, f"{value!r} is not a whole number from {least} to {most}")
        return value

    def names(self, table: str, key: str, least: int = 0) -> tuple[str, ...]:
        value = self.get(table, key)
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value) or len(value) < least:
            self.fail(table, key, f"{value!r} is not a list of{f' {least} or more' if least else ''} names of columns")
        if len(set(value)) < len(value):
            self.fail(table, key, f"{value!r} repeats a name")
        return tuple(value)

    def moment(self, table: str, key: str) -> str:
        value = self.get(table, key)
        if isinstance(value, date):  # a datetime is a date
            return value.isoformat()
        try:
            return datetime.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            self.fail(table, key, f"{value!r} is not a time: write it in ISO 8601")
