"""Fixtures that every test may ask for: a portal on each engine, its session, a client that checks what it gets."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from hub import create_app
from hub.db import db
from tests.client import CheckingClient
from tests.databases import ENGINES, PostgreSQL, Sqlite, environment, postgresql_server


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with postgresql_server() as server:
        databases = PostgreSQL(server)
        yield databases
        databases.close()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, migrated, empty database; the test runs once on each engine."""
    with request.getfixturevalue(request.param).fresh() as url:
        yield url


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """A portal in demo mode on a fresh database (without the demo's data)."""
    app = create_app(environment(database_url))
    app.testing = True
    app.test_client_class = CheckingClient
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session]:
    """The database session, inside an application context: for the tests of services."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    return app.test_client()
