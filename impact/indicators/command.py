"""`python -m impact indicators LOG` and `python -m impact catalogue`."""

import argparse
import json
import sys
from datetime import date
from typing import Any

DIMENSIONS = ("activity", "month", "cohort", "age_band", "gender", "centre")
FLOOR = 3


def add_indicators(commands: Any) -> None:
    words = "Compute the catalogue of indicators from a log: all of it, or --only some."
    command = commands.add_parser("indicators", help="compute the indicators from a log", description=words)
    command.add_argument(
        "log", metavar="LOG", help="a CSV or Parquet file, a folder with side files, sqlite:///FILE or postgresql://..."
    )
    command.add_argument("--from", dest="first", type=_day, metavar="D", help="the first day, in Rome, as in 2023-03-01")
    command.add_argument("--to", dest="last", type=_day, metavar="D", help="the last day, itself counted")
    names = f"break down by these, crossed, of {', '.join(DIMENSIONS)}"
    command.add_argument("--by", nargs="+", action="extend", type=_dimensions, default=[], metavar="COLUMN", help=names)
    command.add_argument(
        "--threshold", type=_threshold, default=5, help="hide cells of fewer people: 5; at least 3, or 0 for none"
    )
    command.add_argument("--engine", choices=("duckdb", "postgres", "spark"), default="duckdb")
    command.add_argument("--only", type=_codes, action="extend", default=[], metavar="OM05,OM13")
    command.add_argument("--side", metavar="DIR", help="the folder of the side files, if not the log's own")
    command.add_argument(
        "--scores", type=_scores, action="append", default=[], metavar="OM24=FILE", help="scores of OM24, OM26 or OM28"
    )
    command.add_argument("--cache", metavar="DIR", help="keep what is computed by month, and compute only months that changed")
    command.add_argument("-o", "--output", metavar="FILE", help="write to FILE.xlsx, .csv, .json or .parquet")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_indicators)


def run_indicators(options: argparse.Namespace) -> int:
    from impact.indicators import compute, export  # here: other commands need no database

    if options.output:
        export.must_be_known(options.output)
    by = [name for names in options.by for name in names]
    chosen = {"by": by, "only": options.only, "first": options.first, "last": options.last}
    places = {"engine": options.engine, "side": options.side, "scores": dict(options.scores), "cache": options.cache}
    answer = compute(options.log, threshold=options.threshold, **chosen, **places)
    if options.output:
        export.write(options.output, answer)
    elif options.format == "json":
        print(json.dumps(answer.described(), ensure_ascii=False, indent=2, allow_nan=False))
    elif options.format == "csv":
        sys.stdout.write(export.as_csv(*export.flat(answer)))
    else:
        _print(answer)
    return 0


def _print(answer: Any) -> None:
    for row in answer.indicators:
        groups = ", ".join(f"{name} {value}" for name, value in row["by"].items() if value is not None)
        value = row["note"] if row["value"] is None else f"{_spelt(row)} {row['unit']} (n {row['n']})"
        line = f"{row['code']}  {row['name_en']}{f' [{groups}]' if groups else ''}: {value}"
        print(line if line.isprintable() else repr(line))
    if answer.recomputed is not None:
        print(f"Months computed anew: {', '.join(answer.recomputed) or 'none'}.")
    print(f"Log head {answer.log_head or 'none, it is not sealed'}; definitions {answer.definitions_version}.")


def _spelt(row: dict[str, Any]) -> str:
    """For people: in text a share is read as hundredths."""
    return f"{row['value'] * (100 if row['unit'] in ('%', 'pp') else 1):.10g}"


def add_catalogue(commands: Any) -> None:
    words = "Print what each indicator is: question, definition, unit, sources, limits."
    command = commands.add_parser("catalogue", help="print the catalogue of indicators", description=words)
    command.add_argument("--format", choices=("json", "csv", "text", "md"), default="json")
    command.set_defaults(command=run_catalogue)


def run_catalogue(options: argparse.Namespace) -> int:
    from impact.indicators import export

    sys.stdout.write(getattr(export, f"catalogue_{options.format}")())
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as in 2023-03-01") from None


def _threshold(text: str) -> int:
    if text.isascii() and text.isdigit() and (text == "0" or int(text) >= FLOOR):
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text!r} is refused: the law's floor is {FLOOR}; 0 hides nothing, and is not for publication"
    )


def _dimensions(text: str) -> list[str]:
    names = _codes(text)
    for name in names:
        if name not in DIMENSIONS:
            raise argparse.ArgumentTypeError(f"invalid choice: {name!r} (choose from {', '.join(DIMENSIONS)})")
    return names


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",")]


def _scores(text: str) -> tuple[str, str]:
    code, _, file = text.partition("=")
    if code not in ("OM24", "OM26", "OM28") or not file:
        raise argparse.ArgumentTypeError(f"{text!r}: write OM24=FILE, OM26=FILE or OM28=FILE")
    return code, file
