"""People for the tests of this room, and what they find in their mail."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask

from hub.accounts import passwords
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from tests.client import CheckingClient, Page

PASSWORD = "lampara tufo scirocco"


def person(email: str = "rosa@posta.example", *, confirmed: bool = True, language: str = "it") -> Person:
    """A person kept in the database, committed."""
    row = Person(email=email, given_name="Rosa", family_name="Greco", language=language, created_at=now())
    row.password_hash = passwords.hashed(PASSWORD)
    row.confirmed_at = row.created_at if confirmed else None
    db.session.add(row)
    db.session.commit()
    return row


def mail(app: Flask) -> list[Notice]:
    """The mails that wait in the outbox, oldest first."""
    with app.app_context():
        return list(db.session.scalars(sa.select(Notice).order_by(Notice.id)))


def last_token(app: Flask) -> str:
    """The token of the last confirmation link that was sent."""
    return [token_of(row) for row in mail(app) if row.kind == "accounts/confirm"][-1]


def token_of(row: Notice) -> str:
    """The token in the link of a confirmation mail."""
    return row.payload["link"].removeprefix("/conferma/")


def register(client: CheckingClient, email: str = "rosa@posta.example", **values: object) -> Page:
    """Fill in the registration form and send it."""
    form = client.page(values.pop("url", "/registrati")).form()
    filled = {"given_name": "Rosa", "family_name": "Greco", "email": email, "password": PASSWORD} | values
    return form.submit(**filled)


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, the beginnings of transactions left out."""
    asked = []

    def listen(_conn, _cursor, statement, *_) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", listen)
    yield asked
    sa.event.remove(engine, "before_cursor_execute", listen)


def enter(client: CheckingClient, email: str = "rosa@posta.example", password: str = PASSWORD, *, url: str = "/entra") -> Page:
    """Fill in the sign-in form and send it."""
    return client.page(url).form().submit(email=email, password=password)
