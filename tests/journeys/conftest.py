"""The portal, the browser and its visitors, shared by the journeys of one package."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from hub import demo
from tests.databases import PostgreSQL, Sqlite
from tests.journeys.portal import Portal, serve
from tests.journeys.visit import Visit, visit
from tests.tools import chromium, flags


@pytest.fixture(scope="package")
def portal(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal on SQLite."""
    with sqlite.fresh(contents=demo.load) as url, serve(url, tmp_path_factory.mktemp("portal")) as served:
        yield served


@pytest.fixture
def portal_on_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with postgresql.fresh(contents=demo.load) as url, serve(url, tmp_path_factory.mktemp("portal")) as served:
        yield served


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=flags())


@pytest.fixture(scope="package")
def looked() -> set[tuple]:
    """The pages that axe has judged in this run."""
    return set()


@pytest.fixture
def citizen(portal: Portal, visitor: Callable[..., Visit]) -> Callable[..., Visit]:
    """citizen(width, javascript=…): somebody new who has signed in."""

    def enter(width: int = 1280, **more: bool) -> Visit:
        there = visitor(portal, width, **more)
        there.enter(portal.somebody())
        return there

    return enter


@pytest.fixture
def visitor(browser: Browser, looked: set[tuple]) -> Iterator[Callable[..., Visit]]:
    """visitor(portal, width, javascript=…): somebody in a fresh browser; several may be there at once."""
    with ExitStack() as stack:
        yield lambda portal, width=1280, **more: stack.enter_context(visit(browser, portal, looked, width, **more))
