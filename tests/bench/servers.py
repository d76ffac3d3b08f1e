"""Starting the two applications under the server that the repository ships, and reading what they cost the machine."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.load import HOST, Client, request

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the benchmark, long enough to pass"
WORKERS = 2
KINDS = {"sync": ("--worker-class", "sync", "--threads", "1"), "gthread": ()}  # gthread: as gunicorn.conf.py says
TICK = os.sysconf("SC_CLK_TCK")


def settings(database_url: str, port: int = 5000) -> dict[str, str]:
    """The portal's settings in the benchmark: production, quiet."""
    return {
        "HUB_MODE": "production",
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "MAIL_URL": f"maildir:{tempfile.gettempdir()}/hub-bench-mail",
        "MAIL_FROM": "Bench <noreply@bench.example>",
        "CONTACT_EMAIL": "info@bench.example",
        "CONTACT_PEC": "pec@bench.example",
        "CONTACT_PHONE": "0832 123456",
        "OWNER_TAX_CODE": "12345678903",
        "DPO_EMAIL": "dpo@bench.example",
        "TRANSPARENCY_URL": "https://bench.example",
        "LOG_LEVEL": "ERROR",
        "WEB_WORKERS": str(WORKERS),
    }


@dataclass
class Server:
    """A running application. started: seconds from the start of the process to its first page."""

    port: int
    process: subprocess.Popen
    database: int | None
    started: float

    @property
    def workers(self) -> list[int]:
        return _children(self.process.pid)

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU so far: of the workers, and of PostgreSQL's processes (0 where it is not on this machine)."""
        return cpu_of_children(self.process.pid), cpu_of_children(self.database)

    def memory(self) -> tuple[float, float]:
        """MiB of the workers: as PSS, which other programs on the machine make look smaller, and as if they were alone.

        PSS divides a page among all who map it, be it a test next door. Alone: what is private, and what is shared once.
        """
        maps = [_memory(worker) for worker in self.workers]
        private = sum(one["Private_Clean"] + one["Private_Dirty"] for one in maps)
        shared = max(one["Shared_Clean"] + one["Shared_Dirty"] for one in maps)
        return sum(one["Pss"] for one in maps) / 1024, (private + shared) / 1024

    def answer(self, path: str, *, cookie: str = "") -> tuple[bytes, bytes]:
        """Head and body of a page, which must be there."""
        client = Client(self.port)
        status, head, body = client.ask(request(path, cookie=cookie))
        client.close()
        if status != 200:
            raise SystemExit(f"{path} answered {status}: {head.decode()}")
        return head, body


@contextmanager
def serve(application: str, url: str, kind: str, first: str) -> Iterator[Server]:
    """The application ("wsgi:app", "tests.bench.limit_app:app") on a database, ready once this page of it is answered."""
    port = _free_port()
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "HOST")}
    environ |= settings(url, port) | {"BENCH_DATABASE": url}
    # workers are not renewed in mid-run: the CPU of one that has ended could not be read
    command = [sys.executable, "-m", "gunicorn", *KINDS[kind], "--max-requests", "0", "--log-level", "error", application]
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        started = _wait(port, process, first, begun)
        yield Server(port, process, postmaster(url), started)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen, page: str, begun: float) -> float:
    """Seconds until the page was answered; afterwards until every worker is there."""
    while True:
        if process.poll() is not None:
            raise SystemExit(f"The server ended with {process.returncode} before it answered.")
        if time.monotonic() - begun > 60:
            raise SystemExit("The server did not answer within a minute.")
        client = Client(port)
        try:
            status, _, body = client.ask(request(page))
        except OSError:
            time.sleep(0.01)
            continue
        finally:
            client.close()
        started = time.monotonic() - begun
        if status != 200:
            raise SystemExit(f"{page} answered {status}: {body[:2000]!r}")
        while len(_children(process.pid)) < WORKERS:
            time.sleep(0.05)
        return started


def postmaster(url: str) -> int | None:
    """The process that all of PostgreSQL's hang on, where it runs on this machine."""
    if url.startswith("sqlite"):
        return None
    with psycopg.connect(url) as connection:
        backend = connection.info.backend_pid
        try:
            return int(_stat(backend)[1])
        except OSError:
            return None


def cpu_of_children(pid: int | None) -> float:
    """Seconds of CPU so far of the processes that this one has started; 0 for none."""
    return sum(map(_cpu, _children(pid))) if pid else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on: [0] state, [1] parent, [11] and [12] ticks of CPU."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory(pid: int) -> dict[str, int]:
    """The kB of each line of smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(kilobytes.split()[0]) for name, kilobytes in (line.split(":") for line in lines)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
