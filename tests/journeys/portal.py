"""A portal as it is shipped: gunicorn and the worker in processes of their own, on a fresh database with the demo."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from hub import create_app, demo
from hub.accounts import passwords
from hub.accounts.demo import DEMO_PASSWORD
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.post import LocalMailbox
from tests import live
from tests.databases import environment

PATIENCE = 60  # seconds: other tests may be using the machine
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Portal:
    """url: where it answers. mailbox: what it has sent. database_url: what it keeps. routes: its pages."""

    url: str
    mailbox: LocalMailbox
    database_url: str
    routes: MapAdapter

    def endpoint(self, path: str) -> str | None:
        """The name of the page at this path, None where there is none."""
        try:
            return self.routes.match(path)[0]
        except HTTPException:
            return None

    def mail(self, address: str, words: str) -> EmailMessage:
        """The newest mail to this address with these words in its subject, waited for."""

        def arrived() -> EmailMessage | None:
            letters = self.mailbox.letters(limit=500)
            return next((mail for mail in letters if address in mail["To"] and words in mail["Subject"]), None)

        return wait_for(arrived, f"a mail to {address}: {words}")

    def somebody(self) -> str:
        """The address of a new citizen who has confirmed it; the password is the demo's."""
        address = f"persona{next(_numbers)}@officine.example"
        with self.inside():
            person = Person(email=address, given_name="Pia", family_name="Prova", password_hash=passwords.hashed(DEMO_PASSWORD))
            person.confirmed_at = person.created_at = now()
            db.session.add(person)
        return address

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Where the portal's services work on its database; what they did is committed at the end."""
        with _inside(self.database_url):
            yield
            db.session.commit()


@contextmanager
def serve(database_url: str, folder: Path, **settings: str) -> Iterator[Portal]:
    """Fill the database, unless it is, start both processes with these settings beside the usual ones, and end them."""
    with _inside(database_url) as app:
        demo.load()
        db.session.commit()
        routes = app.url_map.bind("localhost")
    processes = live.Portal(database_url, folder / "mail", **settings)
    try:
        yield Portal(processes.address, LocalMailbox(folder / "mail"), database_url, routes)
    finally:
        processes.stop()


def wait_for(what: Callable[[], object], words: str) -> object:
    """The first answer that is not empty."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE} s in vain for {words}")


@contextmanager
def _inside(database_url: str) -> Iterator[Flask]:
    app = create_app(environment(database_url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
