"""`python -m impact COMMAND ...`

Exit status: 0 done, 1 the check failed, 2 bad input, with one sentence on standard error that names file, line and
column. Each command is a function that takes the parsed options, prints its answer and returns the status.
"""

import argparse
import re
import sys
from typing import Any, NoReturn

from impact import Broken, LogError, Verification, verify
from impact.evaluation.command import add_amend, add_evaluate, add_freeze
from impact.indicators.command import add_catalogue, add_indicators
from impact.publish import add_publish
from impact.reading import Reading
from impact.report.command import add_demo_bundle, add_keygen, add_report, add_reproduce, add_statement
from impact.show import show
from impact.siinc.command import add_indigo, add_settle, add_simulate
from impact.trace_command import add_roots, add_trace


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except LogError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> Parser:
    parser = Parser(prog="python -m impact", description="Evaluate a participation log and its outcomes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_verify(commands)
    add_freeze(commands)
    add_amend(commands)
    add_evaluate(commands)
    add_indicators(commands)
    add_catalogue(commands)
    add_publish(commands)
    add_settle(commands)
    add_simulate(commands)
    add_indigo(commands)
    add_trace(commands)
    add_roots(commands)
    for add in (add_keygen, add_statement, add_reproduce, add_report, add_demo_bundle):
        add(commands)
    return parser


def add_verify(commands: Any) -> None:
    words = "Check the columns of a log and follow its hash chain. Status 0 if it holds, 1 if it is broken or not sealed."
    command = commands.add_parser("verify", help="check a log and its chain", description=words)
    command.add_argument(
        "log", metavar="LOG", help="a CSV or Parquet file, a folder with log.csv or log.parquet, or the URL of a database"
    )
    command.add_argument("--head", type=_hash, help="the hash that the last row must have, known from elsewhere")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_verify)


def run_verify(options: argparse.Namespace) -> int:
    reading = Reading(options.log)
    found = verify(reading.rows(), head=options.head)
    if not found.broken:
        reading.must_be_sound()
    broken = found.broken._asdict() if found.broken else None
    if options.format == "csv":
        broken = broken or dict.fromkeys(Broken._fields)  # the same header for every answer
    answer = {"rows": found.rows, "head": found.head, "sealed": found.sealed, "broken": broken}
    answer |= {"holds": found.holds, "note": _note(found, options.head)}
    show(answer, options.format)
    return 0 if found.holds else 1


def _note(found: Verification, head: str | None) -> str:
    if found.rows == 0:
        return "The log has no rows, so there is no chain to accept."
    if not found.sealed:
        return "The columns are in order, but the log is not sealed: there is no chain to accept."
    if found.broken:
        return "Not accepted, see the broken row. The rows up to the head given here follow from the first."
    if head is None:
        return "The chain holds. Only a head kept elsewhere (--head) shows rows cut off its end, or a log chained anew."
    return "The chain holds and ends with the expected head."


def _hash(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a hash: write its 64 digits 0-9 a-f")
    return text


if __name__ == "__main__":
    sys.exit(main())
