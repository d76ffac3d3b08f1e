"""How a mail leaves: through a mail server, or into a folder of this machine (a Maildir, for the demo)."""

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from mailbox import Maildir
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

ANSWER_SECONDS = 15  # for each answer of the server
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class Undelivered(Exception):
    """The mail did not go. why: a few words without personal data; for_good: it never will."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.why, self.for_good = why, for_good


class Post(Protocol):
    def deliver(self, mail: EmailMessage, address: str) -> None:
        """Hand the mail over for this address. Raises Undelivered."""

    def close(self) -> None:
        """Nothing more for now."""


def post(mail_url: str, greeting: str) -> Post:
    """The way out that MAIL_URL names (checked in config.py). greeting: the name this machine gives to a server."""
    if mail_url.startswith("maildir:"):
        return LocalMailbox(Path(mail_url.removeprefix("maildir:")))
    return MailServer(mail_url, greeting)


class LocalMailbox:
    """A folder of mails, which the demo shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, mail: EmailMessage, address: str) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        Maildir(self.folder).add(mail.as_bytes(policy=mail.policy.clone(linesep="\n")))

    def close(self) -> None:
        """A folder needs no goodbye."""

    def letters(self, limit: int = 50) -> list[EmailMessage]:
        """The mails of the folder, newest first."""
        files = [path for part in ("new", "cur") for path in (self.folder / part).glob("*")]
        newest = sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)[:limit]
        return [BytesParser(policy=default).parsebytes(path.read_bytes()) for path in newest]


class MailServer:
    """An SMTP server. One conversation serves the mails that wait together."""

    def __init__(self, url: str, greeting: str) -> None:
        parts = urlsplit(url)
        self.host, self.greeting = parts.hostname, greeting
        self.encrypted = parts.scheme == "smtps"
        self.starttls = parse_qs(parts.query).get("starttls") == ["yes"]
        self.port = parts.port or (465 if self.encrypted else 587 if self.starttls else 25)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.server: smtplib.SMTP | None = None

    def deliver(self, mail: EmailMessage, address: str) -> None:
        try:
            self._talk().send_message(mail, parseaddr(mail["From"])[1], [address])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, words),) = error.recipients.values()
            raise Undelivered(_answer("RCPT", code, words), for_good=code >= 500) from None
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            raise Undelivered(_answer(type(error).__name__, error.smtp_code, error.smtp_error)) from None
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Undelivered(type(error).__name__) from None

    def _talk(self) -> smtplib.SMTP:
        """A conversation that is open: a server may have hung up since the last mail."""
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self.server.noop()[0] == 250:
                    return self.server
            self._hang_up()
        if self.encrypted:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(self.host, self.port, self.greeting, timeout=ANSWER_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, self.greeting, timeout=ANSWER_SECONDS)
        self.server = server
        if self.starttls:
            server.starttls(context=ssl.create_default_context())
        if self.user:
            server.login(self.user, self.password)
        return server

    def close(self) -> None:
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.server.quit()
            self._hang_up()

    def _hang_up(self) -> None:
        """End without a word: whoever did not answer is not asked to say goodbye."""
        if self.server is not None:
            self.server.close()
            self.server = None


def _answer(step: str, code: int, words: bytes | str) -> str:
    """Which step was answered with which codes; the server's words are left out, as they often repeat the address."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    found = _ENHANCED.search(text)
    return f"{step} {code}{' ' + found.group() if found else ''}"
