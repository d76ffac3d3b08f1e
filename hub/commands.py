"""`flask hub …`: what runs beside the web server."""

import logging
import signal
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy.exc import SQLAlchemyError

from hub import demo
from hub.accounts import second_factor
from hub.accounts.demo import DEMO_PASSWORD, PEOPLE
from hub.accounts.models import ROLES
from hub.accounts.roles import grant_role
from hub.accounts.service import person_with, purge_expired
from hub.accounts.throttle import purge_attempts
from hub.agenda import partners
from hub.booking.arrivals import close, remind
from hub.booking.decision import escalate, expire, settle
from hub.booking.limits import purge_turned
from hub.booking.service import sweep
from hub.clock import now
from hub.db import db, is_unavailable, must_hold_guarantees, reading
from hub.evaluation import figures
from hub.evaluation.exports import purge_exports
from hub.evaluation.runs import LongRuns, make_all
from hub.evaluation.side_files import write_side_files
from hub.families.invitations import purge_family_invitations
from hub.labs import meetings, paths, seats
from hub.labs.basket import purge_baskets
from hub.labs.feedback import invite as ask_how_it_was
from hub.labs.health import purge_notes
from hub.labs.reminders import remind as remind_of_sessions
from hub.labs.roster import purge_groups
from hub.notices.post import post
from hub.notices.service import purge_private
from hub.notices.work import Worker
from hub.once import purge_sendings
from hub.organisations.invitations import purge_invitations
from hub.pages.service import forget_old_addresses
from hub.participation.export import FORMATS, export_log
from hub.participation.seal import seal_log
from hub.proposals import supporting, telling
from hub.proposals.authors import purge_author_invitations
from hub.refusal import Refusal
from hub.spaces.service import audit


class HubGroup(AppGroup):
    """Commands that say in a sentence when the database is away."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except SQLAlchemyError as error:
            if not is_unavailable(error):
                raise
            raise click.ClickException("The database cannot be reached, or is locked: nothing was lost, try again.") from error


hub = HubGroup("hub", help="What runs beside the web server.")


def purge() -> None:
    """Delete what nobody needs any longer."""
    purge_expired(now())
    purge_private(now())
    purge_sendings(now())
    purge_attempts(now())
    purge_invitations(now())
    purge_family_invitations(now())
    purge_author_invitations(now())
    purge_notes(now())
    purge_groups(now())
    purge_baskets(now())
    purge_turned(now())
    supporting.purge_devices(now())
    forget_old_addresses(now())
    purge_exports()


def refresh_partners() -> None:
    """Ask the other hubs for their calendars, those whose turn it is."""
    partners.refresh(current_app.extensions["fetch"])


# What the worker does unasked: every so many seconds, each in a transaction of its own.
DUTIES = [
    *((60, duty) for duty in (seal_log, sweep, settle, expire, close, seats.settle, refresh_partners)),
    *((60, duty) for duty in (supporting.log_unsealed, telling.tell_followers, telling.send_digests)),
    *((600, duty) for duty in (remind, escalate, paths.settle, meetings.remind, ask_how_it_was, remind_of_sessions)),
    (600, figures.ask_if_moved),
    (3600, purge),
]


def init(app: Flask) -> None:
    app.cli.add_command(hub)


@hub.command()
def prepare() -> None:
    """Bring the database up to date; in the demo, fill an empty one and say who may sign in."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade()
    if current_app.config["HUB_MODE"] != "demo":
        return
    demo.load()
    db.session.commit()
    click.echo(f"Officine Mezzogiorno: {current_app.config['PUBLIC_URL']}")
    click.echo(f"Demo accounts, all with the password {DEMO_PASSWORD}:")
    for role, (email, *_) in PEOPLE.items():
        click.echo(f"  {role:14} {email}")
    click.echo(f"Mail of the demo: {current_app.config['PUBLIC_URL']}/posta-dimostrativa")


@hub.command("audit")
def audit_ledger() -> None:
    """Ask the ledger whether anything overlaps or is half written; exit 1 if so."""
    found = audit()
    for name, count in found.items():
        click.echo(f"{name}: {count}")
    if any(found.values()):
        raise SystemExit(1)


@hub.command("grant-role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
def grant(email: str, role: str) -> None:
    """Give a role to somebody who has registered: how production gets its first administrator."""
    person = person_with(email)
    if person is None:
        raise click.ClickException(f"nobody has registered as {email}")
    try:
        grant_role(person, role)
    except Refusal as refusal:
        raise click.ClickException(refusal.words % refusal.values) from refusal
    db.session.commit()
    click.echo(f"{email}: {role}")


@hub.command("reset-second-factor")
@click.argument("email")
@click.argument("reason")
def reset_second_factor(email: str, reason: str) -> None:
    """Take the second factor of somebody away who has lost it, when no other administrator can; REASON goes to them by mail."""
    person = person_with(email)
    if person is None:
        raise click.ClickException(f"nobody has registered as {email}")
    try:
        second_factor.reset(person, by=None, reason=reason)
    except Refusal as refusal:
        raise click.ClickException(refusal.words % refusal.values) from refusal
    db.session.commit()
    click.echo(f"{email}: signs in with the password alone")


@hub.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def work(once: bool) -> None:
    """Send the mails that are due, seal the log, compute figures and files, clear what has expired.

    Runs until SIGTERM or SIGINT, and ends after the mail in hand. Any number of workers may run side by side. Figures and files
    take minutes: with --once they are left to `figures`.
    """
    must_hold_guarantees(current_app)
    way_out = post(current_app.config["MAIL_URL"], urlsplit(current_app.config["PUBLIC_URL"]).hostname)
    long_runs = LongRuns()
    worker = Worker(way_out, DUTIES if once else [*DUTIES, (5, long_runs)])
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: worker.stop.set())
    try:
        if not once:
            return worker.run()
        return worker.run_once()
    finally:
        long_runs.end()
        way_out.close()


@hub.command("figures")
def make_figures() -> None:
    """Compute the figures of the public pages now, where the log has moved, and the files that evaluators wait for."""
    figures.ask_if_moved(at_once=True)
    db.session.commit()
    click.echo(f"Runs ended: {make_all()}.")


@hub.command("seal-log")
def seal() -> None:
    """Give every row of the participation log that has none its place in the chain."""
    click.echo(f"Rows sealed: {seal_log()}.")


@hub.command("export-log")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="csv or parquet; by FILE's suffix where left out.")
@click.option("--side", is_flag=True, help="Write people.csv, activities.csv and openings.csv beside FILE.")
def export(file: Path, form: str | None, side: bool) -> None:
    """Write the sealed participation log to FILE, for `python -m impact`. Its folder is made if there is none."""
    form = form or file.suffix.lstrip(".").lower()
    if form not in FORMATS:
        raise click.UsageError("say --format csv or --format parquet, or give FILE one of these suffixes")
    file.parent.mkdir(parents=True, exist_ok=True)
    click.echo(f"Rows written: {export_log(file, form)}.")
    if side:
        with reading():
            written = write_side_files(file.parent)
            db.session.rollback()
        click.echo(f"Side files written: {', '.join(path.name for path in written)}.")
