"""The commands as whoever runs the portal meets them: processes of their own, what they print, how they end."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from flask.testing import FlaskCliRunner

from config import ROOT
from hub import create_app
from hub.accounts.demo import DEMO_PASSWORD, PEOPLE, load_people
from hub.accounts.models import Person
from hub.accounts.service import has_second_factor, person_with
from hub.booking.models import Booking
from hub.db import db
from hub.demo import load_spaces
from hub.spaces.models import Space
from tests.databases import ENGINES, environment
from tests.hub.accounts.people import with_second_factor
from tests.hub.booking.conftest import ask, free_slot

FLASK = (sys.executable, "-m", "flask", "--app", "hub")


@pytest.fixture
def runner(app) -> FlaskCliRunner:
    with app.app_context():
        load_people()
        db.session.commit()
    return app.test_cli_runner()


def run(settings: dict[str, str], *words: str) -> str:
    """What a command prints, in a process of its own; it must end well and complain of nothing."""
    told = subprocess.run([*FLASK, *words], cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout


def contents(settings: dict[str, str]) -> dict[str, list]:
    app = create_app(settings)
    with app.app_context():
        found = {
            model.__tablename__: db.session.execute(sa.select(model.__table__).order_by(model.id)).all()
            for model in (Person, Space, Booking)
        }
        db.session.remove()
        db.engine.dispose()
    return found


def an_empty_database(request, engine, tmp_path):
    if engine == "sqlite":
        return f"sqlite:///{tmp_path}/not/there/yet/hub.sqlite"
    server = request.getfixturevalue("postgresql")
    name = f"hub_empty_{os.getpid()}"
    server._run(f"CREATE DATABASE {name}")
    request.addfinalizer(lambda: server._run(f"DROP DATABASE {name} WITH (FORCE)"))
    return server._url(name)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_start_fills_an_empty_database_and_the_second_keeps_it(request, tmp_path, engine):
    settings = environment(an_empty_database(request, engine, tmp_path))
    first = run(settings, "hub", "prepare")
    assert DEMO_PASSWORD in first and settings["PUBLIC_URL"] in first
    assert all(role in first and email in first for role, (email, *_) in PEOPLE.items())
    filled = contents(settings)
    assert all(filled.values())
    assert run(settings, "hub", "prepare") == first
    assert contents(settings) == filled


def test_the_ledger_of_the_demo_passes_its_audit(app, session):
    load_spaces()
    people = load_people()
    layout = session.scalars(sa.select(Space).filter_by(slug="aula-1")).one().layouts[0]
    ask(layout, free_slot(layout), people["citizen"])
    session.commit()
    told = app.test_cli_runner().invoke(args=["hub", "audit"])
    assert told.exit_code == 0
    assert told.output == "overlaps: 0\natoms_missing: 0\natoms_foreign: 0\n"


def test_the_audit_says_what_is_wrong_and_ends_with_1(app, session):
    load_spaces()
    people = load_people()
    layout = session.scalars(sa.select(Space).filter_by(slug="aule-1-2")).one().layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    session.execute(sa.text("DELETE FROM allocation WHERE occurrence_id = :id AND atom_id = :atom"),
                    {"id": booking.occurrence.id, "atom": layout.space.atom_ids[0]})  # fmt: skip
    session.commit()
    told = app.test_cli_runner().invoke(args=["hub", "audit"])
    assert told.exit_code == 1
    assert "atoms_missing: 1" in told.output


def test_a_role_is_granted_to_whoever_has_registered(app, runner):
    told = runner.invoke(args=["hub", "grant-role", " Cittadina@Officine.example ", "administrator"])
    assert told.exit_code == 0, told.output
    with app.app_context():
        assert person_with("cittadina@officine.example").roles == {"administrator"}


def test_a_role_granted_again_changes_nothing(app, runner):
    for _ in range(2):
        assert runner.invoke(args=["hub", "grant-role", "gestore@officine.example", "manager"]).exit_code == 0
    with app.app_context():
        assert person_with("gestore@officine.example").roles == {"manager"}


def test_nobody_is_granted_a_role_by_an_address_that_nobody_has(runner):
    told = runner.invoke(args=["hub", "grant-role", "nessuno@officine.example", "administrator"])
    assert told.exit_code == 1
    assert told.output == "Error: nobody has registered as nessuno@officine.example\n"


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(runner):
    told = runner.invoke(args=["hub", "grant-role", "cittadina@officine.example", "sindaco"])
    assert told.exit_code == 2
    assert all(role in told.output for role in ("manager", "evaluator", "administrator"))


@pytest.mark.parametrize(("email", "other"), [("gestore", "evaluator"), ("valutatore", "manager")])
def test_nobody_both_manages_and_evaluates(app, runner, email, other):
    told = runner.invoke(args=["hub", "grant-role", f"{email}@officine.example", other])
    assert told.exit_code == 1
    assert told.output.startswith("Error: ") and "%(" not in told.output and "Traceback" not in told.output
    with app.app_context():
        assert other not in person_with(f"{email}@officine.example").roles


def test_a_lost_second_factor_is_taken_away_from_the_server(app, runner):
    reset = ["hub", "reset-second-factor", " Admin@officine.example", "Telefono perso"]
    assert "Il secondo fattore non è attivo" in runner.invoke(args=reset).stderr
    with app.app_context():
        with_second_factor(person_with("admin@officine.example"))
    told = runner.invoke(args=reset)
    assert (told.exit_code, told.stdout.split(":")[1].strip()) == (0, "signs in with the password alone")
    with app.app_context():
        assert not has_second_factor(person_with("admin@officine.example"))
    assert runner.invoke(args=["hub", "reset-second-factor", "nessuno@officine.example", "x"]).exit_code == 1
