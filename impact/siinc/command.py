"""`python -m impact settle CONTRACT.json VALUES.json` and `python -m impact simulate CONTRACT.json --se 0.221`."""

import argparse
import csv
import json
import sys
from decimal import Decimal
from typing import Any

from impact.show import show
from impact.siinc.contract import ContractError, read_contract
from impact.siinc.document import decimal_of

FORMATS = ("json", "csv", "text")


def add_settle(commands: Any) -> None:
    words = "What is due under a contract for verified values. Status 0 if it could be settled, 1 if it is withheld."
    command = commands.add_parser("settle", help="settle a contract", description=words)
    command.add_argument("contract", metavar="CONTRACT.json", help="the terms")
    command.add_argument("values", metavar="VALUES.json", help="the verified values, what was paid before, the gates")
    command.add_argument("--assume-gates", action="store_true", help="a gate that VALUES.json does not speak of has passed")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_settle)


def run_settle(options: argparse.Namespace) -> int:
    from impact.siinc.settle import read_values, settle

    contract = read_contract(options.contract)
    settled = settle(contract, read_values(options.values, contract), assume_gates=options.assume_gates)
    show_rows(settled.document(), "lines", options.format)
    return 1 if settled.status == "withheld" else 0


def add_simulate(commands: Any) -> None:
    words = "What a contract pays for noise alone, where it jumps and ends, what it costs whom. To be read before signing."
    command = commands.add_parser("simulate", help="try a contract before it is signed", description=words)
    command.add_argument("contract", metavar="CONTRACT.json", help="the terms")
    command.add_argument("--se", type=_errors, required=True, help="standard error of the metric, or several: 0.156,0.221")
    command.add_argument("--effects", type=_numbers, help="true effects above the baseline; none, half the target, the target")
    command.add_argument("--metric", metavar="CODE", help="the metric that is an estimate (the first of the contract)")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_simulate)


def run_simulate(options: argparse.Namespace) -> int:
    from impact.siinc.simulate import simulate

    contract = read_contract(options.contract)
    metric = contract.metric(options.metric) if options.metric else contract.metrics[0]
    if metric is None:
        known = ", ".join(one.code for one in contract.metrics)
        raise ContractError(options.contract, None, "/metrics", f"has no metric {options.metric}: it has {known}")
    distance = metric.target - metric.baseline
    effects = options.effects or [Decimal(0), distance / 2, distance]
    show_rows(simulate(contract, metric, options.se, effects), "noise", options.format)
    return 0


def add_indigo(commands: Any) -> None:
    words = "A contract and its settlements in the shape of the INDIGO project schema, as JSON."
    command = commands.add_parser("indigo", help="export a contract and its settlements", description=words)
    command.add_argument("contract", metavar="CONTRACT.json", help="the terms")
    command.add_argument("values", metavar="VALUES.json", nargs="*", help="the verified values of each period, in order")
    command.add_argument("--assume-gates", action="store_true", help="a gate that VALUES.json does not speak of has passed")
    command.add_argument("--format", choices=("json",), default="json")
    command.set_defaults(command=run_indigo)


def run_indigo(options: argparse.Namespace) -> int:
    from impact.siinc.indigo import project
    from impact.siinc.settle import read_values, settle

    contract = read_contract(options.contract)
    settled = [settle(contract, read_values(path, contract), assume_gates=options.assume_gates) for path in options.values]
    show(project(contract, settled), options.format)
    return 0


def show_rows(answer: dict[str, Any], rows: str, form: str) -> None:
    """JSON whole; CSV with one row for each of the `rows`, the rest of the answer beside it; text for people."""
    if form == "json":
        show(answer, form)
        return
    rest = {key: value for key, value in answer.items() if key != rows}
    if form == "text":
        print("\n".join("  ".join(f"{key} {_cell(value) or '-'}" for key, value in row.items()) for row in answer[rows]))
        show(rest, form)
        return
    table = [*answer[rows]] or [{}]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*table[0], *rest])
    writer.writerows([*map(_cell, row.values()), *map(_cell, rest.values())] for row in table)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _numbers(text: str) -> list[Decimal]:
    numbers = [decimal_of(part.strip()) for part in text.split(",")]
    if None in numbers:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers: write decimals with a point, as in 0,0.2,0.4")
    return numbers


def _errors(text: str) -> list[Decimal]:
    numbers = _numbers(text)
    if min(numbers) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: a standard error is above 0")
    return numbers
