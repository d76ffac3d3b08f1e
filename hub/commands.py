"""`flask hub …`: what runs beside the web server."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from hub.accounts.service import purge_expired
from hub.clock import now
from hub.db import is_unavailable, must_hold_guarantees
from hub.notices.post import post
from hub.notices.service import purge_private
from hub.notices.work import Worker
from hub.participation.export import FORMATS, export_log
from hub.participation.seal import seal_log

hub = AppGroup("hub", help="What runs beside the web server.")


def purge() -> None:
    """Delete what nobody needs any longer."""
    purge_expired(now())
    purge_private(now())


# What the worker does unasked: every so many seconds, each in a transaction of its own.
DUTIES = [(60, seal_log), (3600, purge)]


def init(app: Flask) -> None:
    app.cli.add_command(hub)


@hub.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def work(once: bool) -> None:
    """Send the mails that are due, seal the log, clear what has expired.

    Runs until SIGTERM or SIGINT, and ends after the mail in hand. Any number of workers may run side by side.
    """
    must_hold_guarantees(current_app)
    way_out = post(current_app.config["MAIL_URL"], urlsplit(current_app.config["PUBLIC_URL"]).hostname)
    worker = Worker(way_out, DUTIES)
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: worker.stop.set())
    if not once:
        return worker.run()
    try:
        return worker.run_once()
    except SQLAlchemyError as error:
        if not is_unavailable(error):
            raise
        raise click.ClickException("The database cannot be reached, or is locked: nothing was lost, try again.") from error
    finally:
        way_out.close()


@hub.command("seal-log")
def seal() -> None:
    """Give every row of the participation log that has none its place in the chain."""
    click.echo(f"Rows sealed: {seal_log()}.")


@hub.command("export-log")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="csv or parquet; by FILE's suffix where left out.")
def export(file: Path, form: str | None) -> None:
    """Write the sealed participation log to FILE, for `python -m impact`."""
    form = form or file.suffix.lstrip(".").lower()
    if form not in FORMATS:
        raise click.UsageError("say --format csv or --format parquet, or give FILE one of these suffixes")
    click.echo(f"Rows written: {export_log(file, form)}.")
