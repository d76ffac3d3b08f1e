"""A real mail server on this machine, whose manners a test chooses, and the worker processes that talk to it."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.controller import Controller

import config
from hub.notices.service import notice
from tests.databases import environment


@dataclass(frozen=True)
class Reader:
    """Whoever is told something."""

    subject: str = "person:1"
    email: str = "ada@lecce.example"
    name: str = "Ada D'Agostino"
    language: str = "it"


def tell(number: int = 1, **payload: object):
    """A notice to the citizen with this number."""
    return notice("notices/trial", to=Reader(f"person:{number}", f"citizen{number}@lecce.example"), **payload)


@dataclass
class PostOffice:
    """rcpt, data: the answers to RCPT and DATA; hang_up: drop the line when a mail is in; hold: keep the sender waiting
    for the answer to the mail with this number (counted from 1); manners: further settings of aiosmtpd's server."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    hang_up: bool = False
    hold: int = 0
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    manners: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [BytesParser(policy=default).parsebytes(raw) for raw in self.raw]

    @property
    def keys(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]

    def __enter__(self) -> "PostOffice":
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.manners)
        self.controller.start()
        return self

    def let_go(self) -> None:
        """Answer the sender that was kept waiting."""
        self.released.set()

    def __exit__(self, *_) -> None:
        self.let_go()
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.data.startswith("250"):
            self.raw.append(envelope.original_content)
            self.senders.append(envelope.mail_from)
        if self.hold and len(self.raw) == self.hold:
            self.held.set()
            while not self.released.is_set():
                await asyncio.sleep(0.02)
        if self.hang_up:
            server.transport.abort()
        return self.data


@contextmanager
def worker(database_url: str, mail_url: str, *arguments: str) -> Iterator[subprocess.Popen]:
    """A worker in a process of its own, as `flask hub work` starts it; it does not outlive the test."""
    command = [sys.executable, "-m", "flask", "--app", "hub", "hub", "work", *arguments]
    settings = environment(database_url, MAIL_URL=mail_url)
    process = subprocess.Popen(command, cwd=config.ROOT, env=os.environ | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
