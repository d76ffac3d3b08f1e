"""`python -m impact evaluate PLAN.toml SCORES.csv`, `freeze PLAN.toml --at TIME` and `amend PLAN.toml --at TIME ...`."""

import argparse
import tomllib
from datetime import datetime
from typing import Any

from impact.show import show


def add_evaluate(commands: Any) -> None:
    words = "Estimate what a plan asks of scores before and after. Status 0 if the run may pay, 1 if it is exploratory only."
    command = commands.add_parser("evaluate", help="estimate the effect that a plan asks for", description=words)
    command.add_argument("plan", metavar="PLAN.toml", help="the analysis plan")
    command.add_argument("scores", metavar="SCORES.csv", help="person, arm, centre, pre, post (or wave, score)")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_evaluate)


def run_evaluate(options: argparse.Namespace) -> int:
    from impact.evaluation import evaluate, read_plan, read_scores  # here, for other commands need no statsmodels

    plan = read_plan(options.plan)
    found = evaluate(plan, read_scores(options.scores, plan))
    show(found.answer(), options.format)
    return 0 if found.payable else 1


def add_freeze(commands: Any) -> None:
    words = "Freeze a plan: append [frozen] with the time and the hash of all that stands before it."
    command = commands.add_parser("freeze", help="freeze an analysis plan", description=words)
    command.add_argument("plan", metavar="PLAN.toml", help="a plan that is not frozen yet")
    command.add_argument("--at", type=_moment, required=True, help="when it was signed, as in 2026-03-01T10:00:00+01:00")
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_freeze)


def run_freeze(options: argparse.Namespace) -> int:
    from impact.evaluation.plan import freeze

    plan = freeze(options.plan, options.at)
    show({"title": plan.title, "at": plan.frozen_at, "sha256": plan.sha256}, options.format)
    return 0


def add_amend(commands: Any) -> None:
    words = "Change a frozen plan: append what is changed, when and why, with the hash of all that stands before it."
    command = commands.add_parser("amend", help="change a frozen plan, for all to see", description=words)
    command.add_argument("plan", metavar="PLAN.toml", help="a plan that is frozen")
    command.add_argument("--at", type=_moment, required=True, help="when it was signed, as in 2026-04-01T10:00:00+02:00")
    command.add_argument("--reason", type=_line, required=True, help="why, in one line")
    command.add_argument("--set", type=_change, action="append", required=True, metavar="TABLE.KEY=VALUE", dest="changes")
    seen = "whether who decided it had seen scores: what was changed by then pays nothing"
    command.add_argument("--scores", choices=("unseen", "seen"), required=True, help=seen)
    command.add_argument("--format", choices=("json", "csv", "text"), default="json")
    command.set_defaults(command=run_amend)


def run_amend(options: argparse.Namespace) -> int:
    from impact.evaluation.plan import amend

    plan = amend(options.plan, options.at, reason=options.reason, changes=options.changes, scores=options.scores)
    last = plan.amendments[-1]
    told = {"title": plan.title, "at": last.at, "scores": last.scores, "amendments": len(plan.amendments)}
    show(told | {"is_frozen": plan.is_frozen, "sha256": plan.last_sha256}, options.format)
    return 0


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not a text of one line")
    return text


def _change(text: str) -> str:
    """One line of TOML that gives one key of one table a value."""
    try:
        ((_, keys),) = tomllib.loads(f"change.{_line(text)}")["change"].items()
        ((_, _),) = keys.items()
    except (ValueError, AttributeError):
        words = "write table, key and value, texts within quotes: plan.alpha=0.01 or clusters.column='school'"
        raise argparse.ArgumentTypeError(f"{text!r} is no change: {words}") from None
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time with its offset: write it as in 2026-03-01T10:00:00+01:00")
    return moment
