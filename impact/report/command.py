"""`python -m impact keygen`, `statement`, `reproduce`, `report`, `demo-bundle`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from impact.show import show

FORMATS = ("json", "csv", "text")


def add_keygen(commands: Any) -> None:
    words = "Make an Ed25519 key: KEY.pem for whoever signs, to be kept secret, and KEY.pub.pem for everybody."
    command = commands.add_parser("keygen", help="make a key that signs statements", description=words)
    command.add_argument("key", metavar="KEY.pem", type=Path, help="the private key; it must not exist yet")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_keygen)


def run_keygen(options: argparse.Namespace) -> int:
    from impact.report.signing import keygen

    public, digits = keygen(options.key)
    show({"private": str(options.key), "public": str(public), "public_key": digits}, options.format)
    return 0


def add_statement(commands: Any) -> None:
    words = "Build the signed statement of a folder. Status 0 if it may pay, 1 if withheld or not signed: written all the same."
    command = commands.add_parser("statement", help="build the signed statement of a settlement", description=words)
    command.add_argument("folder", metavar="BUNDLE_DIR", type=Path, help="contract, plan, values, log, side files, scores")
    command.add_argument("--key", metavar="KEY.pem", type=Path, help="the private key of the verifier; without one nobody signs")
    command.add_argument("-o", "--output", metavar="BUNDLE.zip", type=Path, help="by default beside the folder, with its name")
    command.add_argument("--report", metavar="DIR", type=Path, help="write the report, too, into this folder")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_statement)


def run_statement(options: argparse.Namespace) -> int:
    from impact.report.figures import CheckFailed
    from impact.report.statement import state

    try:
        made = state(options.folder, key=options.key, output=options.output)
    except CheckFailed as error:
        print(error, file=sys.stderr)
        return 1
    settled, told = made.results["settlement"], made.manifest
    answer = {"statement": str(made.path), "signed": told["signed"], "public_key": made.public_key}
    answer |= {"synthetic": told["synthetic"], "status": settled["status"], "reasons": settled["reasons"]}
    answer |= {"payable": settled["payable"], "clawback": settled["clawback"], "currency": settled["currency"]}
    answer |= {"log_root": told["log_root"], "results": told["files"]["results.json"], "left_out": made.left_out}
    if options.report:
        from impact.report.pages import write

        answer["report"] = [str(path) for path in write(made.path, options.report)]
    show(answer, options.format)
    return 0 if made.results["payable"] else 1


def add_reproduce(commands: Any) -> None:
    words = "Compute a statement again, from its zip alone. Status 0 if it is byte-equal, 1 with what differs."
    command = commands.add_parser("reproduce", help="compute a statement again", description=words)
    command.add_argument("bundle", metavar="BUNDLE.zip", help="what `statement` wrote")
    command.add_argument("--public-key", metavar="KEY", help="the key that must have signed it: a PEM file, or its 64 digits")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_reproduce)


def run_reproduce(options: argparse.Namespace) -> int:
    from impact.report.reproduce import reproduce

    found = reproduce(options.bundle, public_key=options.public_key)
    answer = found.document()
    if options.format == "text":
        for one in answer.pop("differences"):
            ours, theirs = (json.dumps(one[side], ensure_ascii=False) for side in ("ours", "theirs"))
            print(f"{one['file']} {one['key'] or ''}: ours {ours}, theirs {theirs}")
    show(answer, options.format)
    return 0 if found.holds else 1


def add_report(commands: Any) -> None:
    words = "Write what people read of a statement: HTML, PDF, XLSX and CSV in Italian and English, and INDIGO as JSON."
    command = commands.add_parser("report", help="write the report of a statement", description=words)
    command.add_argument("bundle", metavar="BUNDLE.zip", help="what `statement` wrote")
    command.add_argument("folder", metavar="DIR", type=Path, help="where to")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_report)


def run_report(options: argparse.Namespace) -> int:
    from impact.report.pages import write

    show({"written": [str(path) for path in write(options.bundle, options.folder)]}, options.format)
    return 0


def add_demo_bundle(commands: Any) -> None:
    words = "Add to a folder with the log of the demo what a statement needs, made up and labelled «dato sintetico»."
    command = commands.add_parser("demo-bundle", help="make up contract, plan, scores and values for the demo", description=words)
    command.add_argument("folder", metavar="DIR", type=Path, help="a folder with log.csv or log.parquet")
    command.add_argument("--format", choices=FORMATS, default="json")
    command.set_defaults(command=run_demo_bundle)


def run_demo_bundle(options: argparse.Namespace) -> int:
    from impact.report.demo import make_up

    show({"folder": str(options.folder), "made_up": make_up(options.folder)}, options.format)
    return 0
