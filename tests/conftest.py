"""Fixtures that every test may ask for: a portal on each engine, its session, a client that checks what it gets."""

import zlib
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import settings
from sqlalchemy.orm import scoped_session

from hub import create_app
from hub.db import db
from tests.client import CheckingClient
from tests.databases import ENGINES, Contents, PostgreSQL, Sqlite, compiled_templates, environment, mailbox, postgresql_server

LONG = ("test_crawl", "journeys/", "race", "evaluation/", "test_demo")  # in the names of files, the longest first
settings.register_profile("the same in every run", derandomize=True, deadline=None)
settings.load_profile("the same in every run")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-engine", action="store_true", help="run the tests of views, too, on both engines")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--every-engine"):
        _leave_views_out(config, items)
    items.sort(key=_turn_of)


def _turn_of(item: pytest.Item) -> int:
    """Long files go first, so that what is left at the end are short ones and two processes come to it together.

    A file stays together in one process, which makes what its tests share once (`make test` asks for it).
    """
    return next((turn for turn, part in enumerate(LONG) if part in item.nodeid.partition("::")[0]), len(LONG))


def _leave_views_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test of a view, which asks for the portal and not for its session, runs on one engine: its name says which.

    What the engines do differently is in services, whose tests run on both; running every view on both took four minutes more.
    """
    left = [item for item in items if _is_of_a_view(item) and item.callspec.params["database_url"] != _engine_of(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(map(id, left))
    items[:] = [item for item in items if id(item) not in gone]


def _is_of_a_view(item: pytest.Item) -> bool:
    asked, given = set(item.fixturenames), getattr(item, "callspec", None)
    return given is not None and "database_url" in given.params and "app" in asked and "session" not in asked


def _engine_of(item: pytest.Item) -> str:
    name = item.nodeid.replace("postgresql", "").replace("sqlite", "")
    return ENGINES[zlib.crc32(name.encode()) % 2]


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with postgresql_server() as server:
        databases = PostgreSQL(server)
        yield databases
        databases.close()


@pytest.fixture
def contents() -> Contents | None:
    """What the database holds when a test begins: nothing, unless a module says otherwise (such as `demo.load`)."""
    return None


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, contents: Contents | None) -> Iterator[str]:
    """The URL of a fresh, migrated database; the test runs once on each engine."""
    with request.getfixturevalue(request.param).fresh("reused", contents) as url:
        yield url


@pytest.fixture(scope="session")
def portals() -> dict[str, Flask]:
    """The portals made so far, by database: making one, and its templates and statements, takes longer than most tests."""
    return {}


@pytest.fixture
def app(database_url: str, portals: dict[str, Flask]) -> Iterator[Flask]:
    """A portal in demo mode on a fresh database (without the demo's data), with its settings and mailbox as if it were new."""
    if database_url not in portals:
        portals[database_url] = create_app(environment(database_url))
        portals[database_url].jinja_env.bytecode_cache = compiled_templates()
    app = portals[database_url]
    app.testing, app.test_client_class = True, CheckingClient
    settings = app.config.copy()
    app.config["MAIL_URL"] = mailbox()
    yield app
    app.config.clear()
    app.config.update(settings)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session]:
    """The database session, inside an application context: for the tests of services."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture(params=ENGINES)
def database_of_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """An application context on a fresh database, whose transaction a state machine begins anew for each example."""
    with request.getfixturevalue(request.param).fresh() as url, create_app(environment(url)).app_context():
        yield
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    return app.test_client()
