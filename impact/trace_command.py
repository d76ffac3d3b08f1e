"""`python -m impact trace CONTRACT.json VALUES.json LOG --metric CODE` (or `--void EVENT`) and `python -m impact roots LOG`."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impact.row import LogError
from impact.siinc.command import FORMATS, show_rows
from impact.siinc.contract import read_contract


def add_trace(commands: Any) -> None:
    words = "From a line of a settlement to the rows of the log behind it, with proofs; or what the void of a row would change."
    command = commands.add_parser("trace", help="from a payment to the rows behind it, and back", description=words)
    command.add_argument("contract", metavar="CONTRACT.json", help="the terms; its metrics name their indicators")
    command.add_argument("values", metavar="VALUES.json", help="the verified values")
    command.add_argument("log", metavar="LOG", help="a CSV or Parquet file, or a folder with side files")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--metric", metavar="CODE", help="list the rows behind this metric")
    what.add_argument("--void", metavar="EVENT", help="settle again as if this event were void")
    command.add_argument("--side", metavar="DIR", help="the folder of the side files, if not the log's own")
    command.add_argument("--assume-gates", action="store_true", help="a gate that VALUES.json does not speak of has passed")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_trace)


def run_trace(options: argparse.Namespace) -> int:
    from impact import trace as tracing
    from impact.siinc.settle import read_values

    contract = read_contract(options.contract)
    values = read_values(options.values, contract)
    how = {"measure": _measure(options.log, options.side), "assume_gates": options.assume_gates}
    if options.void:
        effect = tracing.without(options.log, options.void, contract, values, **how).document()
        show_rows(effect, "values", options.format)
        return 0
    source = tracing.sources(contract).get(options.metric)
    if source is None:
        words = f'no metric {options.metric!r} names an indicator: write "indicator": "OM13" in it'
        raise LogError(options.contract, None, "/metrics", words)
    show_rows(tracing.trace(options.log, contract, values, source, **how).document(), "events", options.format)
    return 0


def _measure(log: str, side: str | None) -> Callable:
    """The figure of the catalogue with the side files of the log's own folder, also for a copy of the log elsewhere."""
    from impact.trace import Source, catalogue_figure

    folder = side or (log if os.path.isdir(log) else None)

    def measure(source_log: str | Path, source: Source) -> Any:
        return catalogue_figure(source_log, source, side=folder)

    return measure


def add_roots(commands: Any) -> None:
    words = "The Merkle root (RFC 6962) of a sealed log at the end of each day on which rows were recorded."
    command = commands.add_parser("roots", help="the root of the log, day by day", description=words)
    command.add_argument("log", metavar="LOG", help="a sealed CSV or Parquet file, or a folder with one")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_roots)


def run_roots(options: argparse.Namespace) -> int:
    from impact.log import rows
    from impact.merkle import daily_roots

    try:
        found = [{"day": one.day.isoformat(), "size": one.size, "root": one.root} for one in daily_roots(rows(options.log))]
    except LogError:
        raise
    except ValueError as error:
        raise LogError(options.log, None, "hash", str(error)) from None
    show_rows({"roots": found}, "roots", options.format)
    return 0
