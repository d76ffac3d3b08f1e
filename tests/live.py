"""The portal as it runs: the real web server and worker in processes of their own, and a client over the wire."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.client import Page
from tests.databases import environment

ROOT = Path(__file__).parent.parent
PATIENCE = 180  # seconds that a portal may take to start: on a machine with much to do, all of them are slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Portal:
    """A web server (two processes) and a worker on one database; any of them may be killed and comes back."""

    def __init__(self, database_url: str, mail: Path, **more: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        settings = environment(
            database_url, MAIL_URL=f"maildir:{mail}", PUBLIC_URL=self.address, PORT=str(self.port), WEB_THREADS="2"
        )
        self._environment = {**os.environ, **settings, **more}
        self.web = self._start("-m", "gunicorn")
        self.worker = self._start("-m", "flask", "--app", "hub", "hub", "work")
        self._wait()

    def kill_a_web_process(self) -> None:
        """kill -9 of one of the processes that answer; the web server starts another."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        if children:
            os.kill(int(children[0]), signal.SIGKILL)

    def kill_the_worker(self) -> None:
        """kill -9 of the worker, and a new one, as systemd would."""
        self.worker.kill()
        self.worker.wait()
        self.worker = self._start("-m", "flask", "--app", "hub", "hub", "work")

    def stop_the_worker(self) -> None:
        """Let the worker end after the mail in hand."""
        self.worker.terminate()
        self.worker.wait(timeout=60)

    def send_what_is_due(self) -> None:
        """One round of a worker."""
        work = [sys.executable, "-m", "flask", "--app", "hub", "hub", "work", "--once"]
        subprocess.run(work, cwd=ROOT, env=self._environment, check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End both at once: the web server without waiting for browsers that keep their connection."""
        self.web.send_signal(signal.SIGINT)
        self.worker.terminate()
        for process in (self.web, self.worker):
            process.wait(timeout=60)

    def _start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return urllib.request.urlopen(f"{self.address}/healthz", timeout=5).close()
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError("the web server does not answer")


@contextmanager
def portal(database_url: str, mail: Path) -> Iterator[Portal]:
    running = Portal(database_url, mail)
    try:
        yield running
    finally:
        running.stop()


@dataclass
class Answer:
    """As much of a response as a Page looks at."""

    status_code: int
    text: str
    url: str

    @property
    def request(self) -> "Answer":
        return self

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def full_path(self) -> str:
        return urlsplit(self.url)._replace(scheme="", netloc="").geturl()


class LiveClient:
    """A browser without a window: cookies, redirects, and patience where a connection breaks.

    What it sends again is the same form with the same key, as a person does who sees no answer.
    """

    def __init__(self, address: str, patience: float = 60) -> None:
        self.address, self.patience, self.broken = address, patience, 0
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def page(self, url: str) -> Page:
        return Page(self, self._open(url))

    def post(self, url: str, *, data: dict, **_: object) -> Answer:
        return self._open(url, urlencode(data).encode())

    def _open(self, url: str, body: bytes | None = None) -> Answer:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                with self._opener.open(self.address + url if url.startswith("/") else url, body, timeout=30) as response:
                    return Answer(response.status, response.read().decode(), response.url)
            except urllib.error.HTTPError as error:
                with error:
                    text = error.read().decode()
                    if error.code != 503:
                        return Answer(error.code, text, error.url)
            except (OSError, HTTPException):
                pass  # the process that answered is dead: ask again
            self.broken += 1
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer from {url}")
            time.sleep(0.1)
