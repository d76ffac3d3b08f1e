"""How every command prints its answer: JSON, one CSV row with its header, or lines for people."""

import csv
import json
import sys
from typing import Any


def show(answer: dict[str, Any], form: str) -> None:
    """Print an answer on standard output; a nested object becomes columns `key_inner` in CSV, and lines in text."""
    if form == "json":
        print(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
        return
    flat = dict(_flat(answer))
    if form == "csv":
        cells = [_inert(value) if isinstance(value, str) else _spelt(value) for value in flat.values()]
        csv.writer(sys.stdout, lineterminator="\n").writerows((flat, cells))
        return
    cells = [value if isinstance(value, str) else _spelt(value) for value in flat.values()]
    width = max(16, *map(len, flat))
    for key, cell in zip(flat, cells, strict=True):
        print(f"{key.replace('_', ' '):{width}} {(cell or '-') if cell.isprintable() else repr(cell)}")


def _flat(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for key, value in answer.items():
        pairs += [(f"{key}_{inner}", held) for inner, held in _flat(value)] if isinstance(value, dict) else [(key, value)]
    return pairs


def _inert(text: str) -> str:
    """A text that a spreadsheet would compute gets an apostrophe before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _spelt(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
