"""People for the tests of this room, and what they find in their mail."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pyotp
import sqlalchemy as sa
from flask import Flask

from hub.accounts import passwords, second_factor
from hub.accounts.models import Person, SecondFactor
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from tests.client import CheckingClient, Page

PASSWORD = "lampara tufo scirocco"


_hashed = cache(passwords.hashed)  # the same password for all: it takes its time once


def person(email: str = "rosa@posta.example", *, confirmed: bool = True, language: str = "it") -> Person:
    """A person kept in the database, committed."""
    row = Person(email=email, given_name="Rosa", family_name="Greco", language=language, created_at=now())
    row.password_hash = _hashed(PASSWORD)
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
    """The token at the end of the link in a mail."""
    return row.payload["link"].rpartition("/")[2]


def link_to(app: Flask, kind: str) -> str:
    """The path in the last mail of this kind (accounts/...)."""
    return [row.payload["link"] for row in mail(app) if row.kind == f"accounts/{kind}"][-1]


def kinds(app: Flask) -> list[str]:
    """The kinds of the mails that wait, oldest first, without their room."""
    return [row.kind.removeprefix("accounts/") for row in mail(app)]


def with_second_factor(row: Person) -> str:
    """The secret of an authenticator that this person has set up, committed."""
    second_factor.begin(row)
    secret = second_factor.state(row).secret
    db.session.get_one(SecondFactor, row.id).confirmed_at = now()
    db.session.commit()
    return secret


def code_of(secret: str, later: int = 0) -> str:
    """What the authenticator shows now, or so many steps of 30 seconds later."""
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + later)


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
